"""The journal of uploads holds what was written, whatever is torn off."""

import errno
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import NotWritable
from omicsdk.transfer import SentPart
from omicsdk.transfer.uploads.journal import Finished, Unfinished, UploadJournal, key_of

KEY, OTHER = key_of("/a", "a", "s3://b/k"), key_of("/b", "b", "s3://b/l")


def opened(path: Path) -> UploadJournal:
    return UploadJournal(path, lambda: False)


@pytest.mark.parametrize("hashes", [hash, len], ids=["", "hashes that collide"])
def test_what_is_recorded_is_there_the_next_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hashes: object):
    monkeypatch.setattr("omicsdk.transfer.journal.hash", hashes, raising=False)
    path = tmp_path / "new folder" / "journal"
    log = opened(path)
    log.begin(KEY, Unfinished("id", (10, 20, 30), 5, ctime_ns=7))
    log.part(KEY, SentPart(2, 5, "etag", {"crc32c": "00000001"}))
    log.finish(OTHER, Finished((1, 2, 3), {"sha256": "aa"}))
    log.part("never begun", SentPart(1, 1))
    log.close()
    log.close()
    log = opened(path)
    unfinished = log.unfinished(KEY)
    assert unfinished == Unfinished("id", (10, 20, 30), 5, {2: SentPart(2, 5, "etag", {"crc32c": "00000001"})}, 7)
    assert log.finished(OTHER) == Finished((1, 2, 3), {"sha256": "aa"})
    assert (log.finished(KEY), log.unfinished(OTHER)) == (None, None)
    log.drop(KEY)
    log.begin(OTHER, Unfinished("id2", (1, 2, 3), 5))
    log.close()
    log = opened(path)
    assert (log.unfinished(KEY), log.finished(OTHER)) == (None, None)
    assert log.unfinished(OTHER) == Unfinished("id2", (1, 2, 3), 5)
    log.close()


def test_a_sync_that_fails_at_the_end_hides_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    path = tmp_path / "journal"
    log = opened(path)
    log.finish(KEY, Finished((1, 2, 3), {}))

    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", broken)
        log.close()
    assert "journal: Input/output error; the next run may send again" in caplog.text
    log = opened(path)  # it released the lock
    assert log.finished(KEY) is not None
    log.close()


@given(cut=st.integers(0, 2000), tail=st.binary(max_size=60))
def test_a_torn_end_loses_only_itself(tmp_path_factory: pytest.TempPathFactory, cut: int, tail: bytes):
    path = tmp_path_factory.mktemp("torn") / "journal"
    log = opened(path)
    log.begin(KEY, Unfinished("id", (10, 20, 30), 5))
    for number in range(1, 9):
        log.part(KEY, SentPart(number, 5, f"etag{number}"))
    log.close()
    whole = path.read_bytes()
    kept = whole[: max(cut, 40)]
    path.write_bytes(kept + tail)
    log = opened(path)
    state = log.unfinished(KEY)
    lines = kept.count(b"\n")
    assert len(state.parts if state else {}) >= max(0, lines - 2)
    assert all(part.etag == f"etag{number}" for number, part in (state.parts if state else {}).items())
    log.begin(OTHER, Unfinished("id2", (1, 2, 3), 5))
    log.close()
    log = opened(path)
    assert log.unfinished(OTHER) is not None
    log.close()


def test_many_finished_uploads_are_found(tmp_path: Path):
    path = tmp_path / "journal"
    keys = [key_of(f"/{number}", "", "") for number in range(3000)]
    log = opened(path)
    for number, key in enumerate(keys):
        log.finish(key, Finished((number, 0, 0), {}))
    log.close()
    log = opened(path)
    assert all(log.finished(key) == Finished((number, 0, 0), {}) for number, key in enumerate(keys))
    assert log.finished(key_of("/none", "", "")) is None
    log.close()


def test_a_large_file_of_the_users_is_not_even_read(tmp_path: Path):
    with (tmp_path / "data").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(NotWritable, match="not a journal of uploads"):
        opened(tmp_path / "data")
    assert (tmp_path / "data").stat().st_size == 1 << 40


def test_a_folder_is_no_journal(tmp_path: Path):
    with pytest.raises(NotWritable):
        opened(tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_what_may_be_lost_may_fail(tmp_path: Path):
    log = opened(tmp_path / "journal")
    log.begin(KEY, Unfinished("id", (10, 20, 30), 5))
    full = os.open("/dev/full", os.O_WRONLY)
    real, log._file._descriptor = log._file._descriptor, full
    log.part(KEY, SentPart(1, 5, "etag"))
    log.finish(KEY, Finished((10, 20, 30), {}))
    with pytest.raises(OSError):
        log.begin(KEY, Unfinished("id", (10, 20, 30), 5))
    log._file._descriptor = real
    os.close(full)
    log.close()
    log = opened(tmp_path / "journal")
    assert log.unfinished(KEY) == Unfinished("id", (10, 20, 30), 5)
    log.close()
