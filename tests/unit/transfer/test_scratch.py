"""Scratch databases: what a full folder of temporary files raises, and that nothing is left."""

import os
import tempfile
from pathlib import Path

import pytest
from omicsdk.core import NotWritable
from omicsdk.transfer.scratch import scratch_database

resource = pytest.importorskip("resource", reason="Windows has no limit on the size of files")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", os.fspath(tmp_path))
    return tmp_path


def test_rows_that_do_not_fit_the_disk(temporary: Path):
    def fill() -> None:
        with scratch_database() as database:
            database.execute("CREATE TABLE rows (row BLOB)")
            database.executemany("INSERT INTO rows VALUES (?)", ((bytes(1 << 20),) for _ in range(30)))

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))
    try:
        with pytest.raises(NotWritable, match=r"Cannot write .*: .+\. Free disk space there, or .* TMPDIR"):
            fill()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in temporary.iterdir() if path.name.startswith("omicsdk-")] == []


def test_an_error_of_the_block_is_raised_as_it_is(temporary: Path):
    with pytest.raises(ZeroDivisionError), scratch_database():
        raise ZeroDivisionError
    assert [path.name for path in temporary.iterdir() if path.name.startswith("omicsdk-")] == []
