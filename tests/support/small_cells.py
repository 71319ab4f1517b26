"""Transfers in small cells and parts, so that a file of many is small: a fixture for the modules that import it."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import pytest
from omicsdk.transfer import PartRules

CELL = 256 * 1024
"""Bytes of a cell where the fixture is used: a sixteenth."""
IN_PARTS = 4 * CELL + 70_000
"""Bytes of a file that is uploaded in four parts there, and downloaded in more than one request."""


@contextmanager
def cells_of(size: int) -> Iterator[pytest.MonkeyPatch]:
    """Have cells of downloads, and what is measured by them, another size."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (
            "network.plan",
            "checksums",
            "journal",
            "downloads.downloading",
            "downloads.receiving",
            "downloads.engine",
        ):
            patch.setattr(f"omicsdk.transfer.{module}.CELL", size)
        for module in ("network.plan", "downloads.receiving"):
            patch.setattr(f"omicsdk.transfer.{module}.RECORDED", size // 4)
        patch.setattr("omicsdk.transfer.network.plan.LARGEST_PART", 4 * size)
        patch.setattr("omicsdk.transfer.network.plan.WHOLE", 4 * size)
        patch.setattr("omicsdk.transfer.downloads.job.STEP", 2 * size)
        patch.setattr("omicsdk.transfer.downloads.job.PROGRESS", size // 4)
        patch.setattr("omicsdk.transfer.downloads.job.INLINE", size)
        patch.setattr("omicsdk.transfer.downloads.receiving.INLINE", size)
        patch.setattr("omicsdk.transfer.downloads.receiving.BATCH", size // 2)
        yield patch


@pytest.fixture
def small_cells() -> Iterator[None]:
    """Cells of downloads, and parts of objects that commands upload, are a sixteenth; moto accepts such parts."""
    least = 5 * 1024**2 // 16
    rules = PartRules(least=least, part_size=least, single=2 * CELL)
    with cells_of(CELL) as patch:
        patch.setattr("omicsdk.fs.stores.s3.WHOLE", 4 * CELL)
        patch.setattr("omicsdk.transfer.s3.uploads._USUAL", rules)
        patch.setattr(import_module("moto.s3.models"), "S3_UPLOAD_PART_MIN_SIZE", least)
        yield
