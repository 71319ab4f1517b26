"""A Data Store to talk to, with one bundle in it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import BearerToken, Retry

READS = bytes(range(256)) * 4096


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder that becomes a bundle: metadata and data, one of them in a sub-folder."""
    folder = tmp_path / "source"
    (folder / "reads").mkdir(parents=True)
    (folder / "cell_suspension_0.json").write_text(json.dumps({"organ": "brain", "describedBy": "cell_suspension"}))
    (folder / "links.json").write_text(json.dumps({"links": []}))
    (folder / "reads/R1.fastq").write_bytes(READS)
    (folder / "empty.txt").write_bytes(b"")
    return folder


@pytest.fixture
def bundle(omics_sandbox: Any, source: Path) -> Any:
    """That folder as a bundle of the sandbox."""
    return omics_sandbox.seed(source)


@pytest.fixture
def dss(omics_sandbox: Any) -> Iterator[Any]:
    """A client that is signed in."""
    from omicsdk.hca.dss import Dss

    url = omics_sandbox.swagger_url.rpartition("/")[0]
    quick = Retry(attempts=3, base=0.0)
    with Dss(url, credentials=BearerToken(omics_sandbox.token()), retry=quick) as client:
        yield client


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: workflows write there."""
    path = tmp_path / "work"
    path.mkdir()
    monkeypatch.chdir(path)
    return path


@pytest.fixture
def staged(omics_sandbox: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in omics_sandbox.environment().items():
        monkeypatch.setenv(name, value)
    return omics_sandbox.staging_bucket
