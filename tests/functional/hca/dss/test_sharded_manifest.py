"""A manifest that several workers download comes to what one process makes of it."""

import hashlib
import pickle
from pathlib import Path
from typing import Any

import pytest
from dss_manifests import rows_of, write_manifest
from omicsdk.core import BearerToken, ChecksumMismatch, NotFound, UsageError
from omicsdk.hca.dss import Dss
from omicsdk.hca.dss.files import can_travel, filestore_path
from omicsdk.sandbox import Rule

pytestmark = pytest.mark.sandbox
FILES = 40


@pytest.fixture
def source(source: Path) -> Path:
    """The bundle's folder with many small files in it."""
    for number in range(FILES):
        (source / f"cell{number:02d}.txt").write_bytes(b"%d" % number * 1000)
    return source


@pytest.fixture
def rows(bundle: Any) -> list[dict[str, str]]:
    """Its files as a manifest lists them, one of them twice."""
    rows = rows_of(bundle)
    return [*rows, rows[0]]


def tree(folder: Path) -> dict[str, str]:
    """What a user sees there, by its checksum."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and ".omics-transfer" not in path.parts
    }


@pytest.mark.parametrize("layout", ["none", "bundle"])
def test_two_workers_do_what_one_process_does(dss: Dss, rows: Any, folder: Path, monkeypatch: Any, layout: str):
    manifest = write_manifest(folder.parent / "m.tsv", rows)
    alone, together = folder / "alone", folder / "together"
    results: list[Any] = []
    progress: list[Any] = []
    for place, workers in ((alone, None), (together, 2)):
        place.mkdir()
        monkeypatch.chdir(place)
        results.append(
            dss.download_manifest("../../m.tsv", "aws", layout=layout, progress=progress.append, workers=workers)
        )
    assert manifest.exists()
    assert tree(alone) == tree(together)
    assert (together / "m.tsv").read_bytes().count(b"file_path") == 1
    first, second = (
        [(outcome.name, outcome.state, outcome.label) for outcome in result.outcomes] for result in results
    )
    assert first == second
    assert len(first) == FILES + 4
    assert [bundle.folder for bundle in results[0].bundles] == [bundle.folder for bundle in results[1].bundles]
    last = progress[-1]
    assert (last.final, last.files, last.files_done) == (True, FILES + 4, FILES + 4)
    assert last.bytes == last.bytes_done == results[1].bytes_fetched
    assert results[1].throughput.total == pytest.approx(last.bytes)
    assert not [path for path in together.rglob("*") if path.name.endswith((".part", ".reports"))]


def test_the_same_call_continues_with_what_exists(dss: Dss, rows: Any, folder: Path):
    manifest = write_manifest(folder.parent / "m.tsv", rows)
    dss.download_manifest(manifest, "aws", workers=2)
    (folder / filestore_path(rows[0]["file_sha256"])).unlink()
    for workers, fetched in ((2, 1), (3, 0), (None, 0)):
        counts = dss.download_manifest(manifest, "aws", workers=workers).counts
        assert (counts["done"], counts["skipped"]) == (fetched, FILES + 4 - fetched)


def test_what_fails_is_reported_as_without_workers(dss: Dss, rows: Any, folder: Path, omics_sandbox: Any):
    rows[1] = {**rows[1], "file_sha256": "0" * 64}
    rows[2] = {**rows[2], "file_uuid": "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"}
    results = [
        dss.download_manifest(
            write_manifest(folder.parent / "m.tsv", rows), "aws", download_dir=name, workers=workers, check=False
        )
        for name, workers in (("alone", None), ("together", 2))
    ]
    alone, together = ([(type(failure.error), str(failure.error)) for failure in result.failed] for result in results)
    assert {kind for kind, _ in alone} == {ChecksumMismatch, NotFound}
    assert [kind for kind, _ in alone] == [kind for kind, _ in together]
    assert "Check file_sha256 in the manifest" in "".join(text for _, text in together)
    assert results[1].counts == results[0].counts
    assert not (folder / "m.tsv").exists()


def test_a_service_that_lets_no_user_in_is_stated_once_a_file(dss: Dss, rows: Any, folder: Path, omics_sandbox: Any):
    omics_sandbox.add_faults(Rule("status", path="*/files/*", status=403))
    result = dss.download_manifest(
        write_manifest(folder.parent / "m.tsv", rows), "aws", workers=2, retries=0, check=False
    )
    assert result.counts["failed"] == len(result.failed) == FILES + 4


def test_workers_and_a_scheduler_exclude_each_other(dss: Dss, rows: Any, folder: Path):
    manifest = write_manifest(folder.parent / "m.tsv", rows)
    with pytest.raises(UsageError, match="are mutually exclusive"):
        dss.download_manifest(manifest, "aws", workers=2, scheduler="tcp://127.0.0.1:1")
    with pytest.raises(UsageError, match="workers is 0"):
        dss.download_manifest(manifest, "aws", workers=0)
    assert not list(folder.iterdir())


def test_a_dry_run_needs_no_workers(dss: Dss, rows: Any, folder: Path):
    result = dss.download_manifest(
        write_manifest(folder.parent / "m.tsv", rows), "aws", scheduler="tcp://127.0.0.1:1", dry_run=True
    )
    assert result.counts["planned"] == FILES + 4
    assert not list(folder.iterdir())


def test_a_token_travels_unless_this_process_renews_it():
    token = BearerToken("a-token", origins=["https://dss.example.org"], expires_at=2e9)
    again = pickle.loads(pickle.dumps(token))
    url = "https://dss.example.org/v1"
    assert again.headers("GET", url) == token.headers("GET", url)
    assert again.goes_to(url)
    assert not again.goes_to("https://elsewhere.example.org")
    assert can_travel(token)
    assert can_travel(None)
    assert not can_travel(BearerToken("a-token", refresh=lambda: "another"))
