"""Going on with an upload: the same one does, another does not, and nothing is left of one that came to its end."""

import stat
from pathlib import Path
from typing import Any

import pytest
from omicsdk.hca.upload.sources import LocalFile
from omicsdk.hca.upload.uploads import journal_of
from omicsdk.transfer import Control, Progress
from small_cells import UNIT
from upload_areas import OTHER, UUID, uri_of


@pytest.mark.usefixtures("small_etag_parts")
def test_a_stopped_upload_continues_with_its_parts(
    area: Any, service: Any, tmp_path: Path, home: Path, stored: Any, noise: Any
):
    path = tmp_path / "large.bin"
    path.write_bytes(noise(65 * UNIT))
    client = service._up.context.staging.client()
    control = Control(rate_limit=40 * UNIT)  # the large part takes a while, the small one does not

    def stop_with_a_part(_: Progress) -> None:
        for begun in client.list_multipart_uploads(Bucket=area.uri.bucket_name).get("Uploads", []):
            if client.list_parts(Bucket=area.uri.bucket_name, Key=begun["Key"], UploadId=begun["UploadId"]).get(
                "Parts"
            ):
                control.stop()

    first = area.send([path], control=control, progress=stop_with_a_part)
    assert first.counts["stopped"] == 1
    (journal,) = home.rglob("*.journal")
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600
    second = area.send([path], sync=False)
    assert second.counts["done"] == 1
    assert second.outcomes[0].bytes_kept >= 5 * UNIT
    assert stored("large.bin")["bytes"] == path.read_bytes()
    assert stored("large.bin")["Metadata"] == dict(second.files[0].checksums)
    assert not list(home.rglob("*.journal"))


def test_without_resume_nothing_is_remembered(area: Any, tmp_path: Path, home: Path):
    (tmp_path / "a.txt").write_text("text")
    control = Control()
    control.stop()
    area.send([tmp_path / "a.txt"], control=control, resume=False)
    assert not list(home.rglob("*.journal"))


def test_a_full_disk_is_reported_beforehand(folder: Path, caplog: Any):
    resource: Any = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        assert journal_of(uri_of(UUID), files("a")) is None
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "unfinished transfers are not recorded there" in caplog.text
    assert list((folder / "uploads").iterdir()) == []
    assert journal_of(uri_of(UUID), files("a")) is not None


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's unfinished work."""
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    return tmp_path / "state"


def files(*names: str) -> list[LocalFile]:
    return [LocalFile(f"/data/{name}", name, 1) for name in names]


def test_a_journal_belongs_to_these_files_and_this_area(folder: Path):
    mine = journal_of(uri_of(UUID), files("a", "b"))
    assert mine is not None
    assert mine == journal_of(uri_of(UUID), files("a", "b"))
    others = {
        journal_of(uri_of(OTHER), files("a", "b")),
        journal_of(uri_of(UUID), files("a")),
        journal_of(uri_of(UUID), files("b", "a", "c")),
        journal_of(uri_of(UUID), [LocalFile("/data/a", "other", 1), *files("b")]),
    }
    assert len(others) == 4
    assert mine not in others
