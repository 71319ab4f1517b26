"""Transfers in small cells and parts, so that a file of many is small: fixtures for the conftests that import them."""

from collections.abc import Generator
from contextlib import contextmanager
from functools import cache, partial
from importlib import import_module
from types import ModuleType

import pytest
from omicsdk.transfer import PartRules

CELL = 256 * 1024
"""Bytes of a cell where the fixtures are used: a sixteenth."""
UNIT, MIB = CELL // 4, CELL * 4
"""What is a MiB where cells have their usual size, and a MiB."""
IN_PARTS = 4 * CELL + 70_000
"""Bytes of a file that is uploaded in four parts there, and downloaded in more than one request."""
#: Modules with a constant that is a share of a cell, or a number of cells.
_SHARES = {
    "LARGEST_PART": ("network.plan",),
    "WHOLE": ("network.plan",),
    "STEP": ("downloads.job",),
    "PROGRESS": ("downloads.job",),
    "SMALL": ("downloads.job", "downloads.receiving"),
    "BATCH": ("network.plan", "downloads.receiving"),
    "ASIDE": ("downloads.engine",),
    "CELL": (
        "network.plan",
        "checksums",
        "journal",
        "downloads.downloading",
        "downloads.receiving",
        "downloads.engine",
    ),
}


@contextmanager
def cells_of(size: int, **shares: int) -> Generator[pytest.MonkeyPatch]:
    """Have cells of downloads, and what is measured by them, another size.

    Args:
        size: Bytes of a cell.
        shares: Constants that are something else than their share of a cell.
    """
    with pytest.MonkeyPatch.context() as patch:
        for module, name, usual in _usual():
            patch.setattr(module, name, shares.get(name, usual * size // (4 * MIB)))
        yield patch


@cache
def _usual() -> list[tuple[ModuleType, str, int]]:
    """The modules with their constants, as they are before any are changed."""
    modules = {name: [import_module(f"omicsdk.transfer.{module}") for module in of] for name, of in _SHARES.items()}
    return [
        (module, name, getattr(module, name))
        for name, modules_of_share in modules.items()
        for module in modules_of_share
    ]


@pytest.fixture
def usual_cells() -> None:
    """Cells of downloads have their size in a test that asks for it, beside others of small ones: more requests run at once."""


@pytest.fixture
def small_cells(request: pytest.FixtureRequest) -> Generator[None]:
    """Cells of downloads are a sixteenth."""
    if "usual_cells" in request.fixturenames:
        yield
        return
    with cells_of(CELL):
        yield


@pytest.fixture
def small_parts(small_cells: None, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """So are parts of objects of S3, and files that are sent whole; moto accepts such parts."""
    if "usual_cells" in request.fixturenames:
        return
    least, size, single = 5 * UNIT, 16 * UNIT, 8 * UNIT
    monkeypatch.setattr("omicsdk.transfer.uploads.store.LEAST_PART", least)
    for module in ("omicsdk.transfer.s3.boto", "omicsdk.transfer.s3.uploads"):
        monkeypatch.setattr(f"{module}.PartRules", partial(PartRules, least=least))
        monkeypatch.setattr(f"{module}.PART_SIZE", size)
        monkeypatch.setattr(f"{module}.SINGLE", single)
    usual = PartRules(least=least, part_size=size, single=single, adapts=True)
    monkeypatch.setattr("omicsdk.transfer.s3.uploads._USUAL", usual)
    monkeypatch.setattr("omicsdk.fs.stores.s3.WHOLE", 4 * CELL)
    monkeypatch.setattr(import_module("moto.s3.models"), "S3_UPLOAD_PART_MIN_SIZE", least)


@pytest.fixture
def small_etag_parts(small_parts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """So are the parts by which the Data Store computes ETags."""
    uploads = ("transfer.s3.boto", "transfer.uploads.engine", "transfer.uploads.transitions")
    for module in ("core.checksums", "sandbox.s3.staging", *uploads):
        monkeypatch.setattr(f"omicsdk.{module}.ETAG_PART", 64 * UNIT)
