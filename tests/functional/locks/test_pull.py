"""Locks of services on loopback: resolved, pulled, and compared with what changed there."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from breakable import Faults, Request, Response, Server
from omicsdk import Lock, TransferFailed
from omicsdk.core.errors import ChecksumMismatch, FolderBusy, Forbidden, LocalChange, SomeFailed, SourceChanged
from omicsdk.locks import LockError, add
from omicsdk.transfer import Outcome
from omicsdk.transfer.journal import Journal
from portal_host import PortalHost, content


@pytest.fixture
def lock(portal: PortalHost) -> Lock:
    """A lock of two files of the GDC, one at a URL and one in a bucket of Google."""
    portal.gdc_manifest(Path())
    portal.put("files/a.bin", b"first content")
    portal.put("google/bucket/runs/b.bin", b"in a bucket")
    add("gdc_manifest.txt", to="data/gdc", name="gdc")
    add([portal.url("files/a.bin"), "gs://bucket/runs/b.bin"], to="data", name="web")
    lock = Lock.load()
    assert lock.update().is_written
    portal.requests.clear()
    return lock


def ends(outcomes: Iterable[Outcome]) -> dict[str, str]:
    return {outcome.name: outcome.state for outcome in outcomes}


def error_of(lock: Lock, path: str) -> Exception:
    """The error of a file whose pull fails, beside those of the others."""
    with pytest.raises(TransferFailed) as raised:
        lock.pull(retries=0)
    failed = [outcome for outcome in raised.value.report.failed if outcome.name == path]
    assert len(failed) == 1
    assert failed[0].error is not None
    return failed[0].error


def test_a_pull_has_what_the_lock_states_and_only_fetches_what_is_missing(lock: Lock, portal: PortalHost):
    report = lock.pull()
    assert ends(report.outcomes) == dict.fromkeys(
        ("data/a.bin", "data/b.bin", "data/gdc/n.bam", "data/gdc/t.bam"), "done"
    )
    assert report.verification == {"verified": 4, "size only": 0, "unverified": 0}
    assert Path("data/gdc/t.bam").read_bytes() == content("t.bam")
    assert [*lock.status()] == []
    Path("data/b.bin").unlink()
    portal.requests.clear()
    assert lock.pull().counts["done"] == 1
    assert {request.path for request in portal.requests} == {"google/bucket/runs/b.bin"}


def test_sources_are_pulled_by_name(lock: Lock):
    assert [*ends(lock.pull("gdc").outcomes)] == ["data/gdc/n.bam", "data/gdc/t.bam"]
    assert not Path("data/a.bin").exists()


def test_a_source_that_was_added_since_is_reported(lock: Lock, portal: PortalHost):
    messages = list[str]()
    add(portal.url("files/b.bin"), to="data", name="later")
    lock.pull(on_message=messages.append)
    assert [*lock.status(on_message=messages.append)] == []
    assert messages == ["omics.lock has no file of the source later: run `omics lock` if it is new"] * 2
    lock.pull("gdc", on_message=messages.append)
    (lock.folder / "omics.toml").unlink()
    lock.pull(on_message=messages.append)
    assert len(messages) == 2


def test_a_lock_is_enough_for_a_pull_elsewhere(lock: Lock, tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "omics.lock").write_bytes(lock.path.read_bytes())
    assert Lock.load(other).pull().counts["done"] == 4
    assert (other / "data/a.bin").read_bytes() == b"first content"


def test_a_dry_run_fetches_nothing(lock: Lock, portal: PortalHost):
    report = lock.pull(dry_run=True)
    assert report.counts["planned"] == 4
    assert portal.requests == []
    assert not Path("data").exists()


@pytest.mark.parametrize(
    "content", [b"other content", b"a longer content"], ids=["of the same size", "of another size"]
)
def test_other_content_upstream_is_not_taken(lock: Lock, portal: PortalHost, content: bytes):
    old = next(lock.files()).checksums["md5"]
    portal.put("files/a.bin", content)
    error = error_of(lock, "data/a.bin")
    assert isinstance(error, SourceChanged)
    assert f"md5 {old} -> " in error.message
    assert "omics lock web" in error.remedy
    assert not Path("data/a.bin").exists()
    assert Path("data/b.bin").exists()
    assert lock.update().is_refused
    assert [change.path for change in lock.update(accept=True).first_changes] == ["data/a.bin"]
    assert lock.pull().counts["done"] == 1
    assert Path("data/a.bin").read_bytes() == content


def test_a_damaged_copy_of_what_is_still_stated_is_no_change(lock: Lock, portal: PortalHost):
    portal.always["google/bucket/runs/b.bin"] = Faults.flip(3)
    error = error_of(lock, "data/b.bin")
    assert isinstance(error, ChecksumMismatch)
    assert not Path("data/b.bin").exists()


def test_a_file_of_an_older_lock_is_replaced_when_the_lock_is_updated(lock: Lock, portal: PortalHost):
    lock.pull()
    portal.put("files/a.bin", b"other content")
    lock.update(accept=True)
    (state,) = lock.status()
    assert (state.path, state.state) == ("data/a.bin", "changed")
    del portal.files["files/a.bin"]
    assert "not found" in str(error_of(lock, "data/a.bin"))
    assert Path("data/a.bin").read_bytes() == b"first content"
    portal.put("files/a.bin", b"other content")
    lock.pull()
    assert Path("data/a.bin").read_bytes() == b"other content"


def test_a_file_that_vanished_fails_alone(lock: Lock, portal: PortalHost):
    del portal.files["files/a.bin"]
    before = lock.path.read_bytes()
    error = str(error_of(lock, "data/a.bin"))
    assert "not found" in error
    assert "correct the source 'web' in omics.toml" in error
    with pytest.raises(SomeFailed, match="The lock is as it was"):
        lock.update()
    assert lock.path.read_bytes() == before
    assert Path("data/b.bin").exists()


def test_files_that_need_a_login_now_fail_alone(lock: Lock, portal: PortalHost):
    portal.tokens["gdc/"] = "x-auth-token: secret"
    assert isinstance(error_of(lock, "data/gdc/n.bam"), Forbidden)
    messages = list[str]()
    lock.pull("gdc", retries=0, check=False, on_message=messages.append)
    assert ["GDC_TOKEN" in message for message in messages] == [True]
    assert Path("data/b.bin").exists()


EDITS = {
    "of the same size": b"local content",
    "longer": b"first content, and notes",
    "shorter": b"first",
}


@pytest.mark.parametrize("edit", EDITS)
def test_a_file_that_was_edited_is_replaced_only_if_that_is_requested(lock: Lock, edit: str):
    lock.pull()
    Path("data/a.bin").write_bytes(EDITS[edit])
    assert [(state.path, state.state) for state in lock.status()] == [("data/a.bin", "changed")]
    Path("data/b.bin").unlink()
    assert isinstance(error_of(lock, "data/a.bin"), LocalChange)
    assert Path("data/a.bin").read_bytes() == EDITS[edit]
    assert Path("data/b.bin").exists()  # the others are fetched
    assert not any(Path().rglob("*.part"))
    assert lock.pull(overwrite=True).counts["done"] == 1
    assert Path("data/a.bin").read_bytes() == b"first content"


def test_a_file_that_was_edited_is_kept_when_its_lock_is_updated(lock: Lock, portal: PortalHost):
    lock.pull()
    Path("data/a.bin").write_bytes(b"local content")
    portal.put("files/a.bin", b"other content")
    lock.update()
    assert isinstance(error_of(lock, "data/a.bin"), LocalChange)
    assert Path("data/a.bin").read_bytes() == b"local content"


def test_a_file_that_another_program_put_there_is_kept_unless_it_is_the_locked_one(lock: Lock, portal: PortalHost):
    Path("data").mkdir()
    Path("data/a.bin").write_bytes(b"local content")
    Path("data/b.bin").write_bytes(b"in a bucket")
    assert isinstance(error_of(lock, "data/a.bin"), LocalChange)
    assert Path("data/a.bin").read_bytes() == b"local content"
    assert not any("b.bin" in request.path for request in portal.requests)
    Path("data/a.bin").write_bytes(b"")  # as a power cut leaves a file: there is nothing to lose
    assert lock.pull().counts["done"] == 1


def test_without_a_checksum_a_file_is_kept_if_it_was_edited_since_it_was_pulled(portal: PortalHost):
    portal.put("files/a.bin", b"first content")
    Path("list.tsv").write_text(f"url\tname\tsize\n{portal.url('files/a.bin')}\ta.bin\t13\n")
    add("list.tsv")
    lock = Lock.load()
    lock.update()
    assert next(lock.files()).checksums == {}
    lock.pull()
    Path("data/a.bin").write_bytes(b"local content")
    assert isinstance(error_of(lock, "data/a.bin"), LocalChange)
    assert Path("data/a.bin").read_bytes() == b"local content"


def test_damage_behind_the_same_size_and_time_is_found_by_reading(lock: Lock):
    import os

    lock.pull()
    before = Path("data/a.bin").stat()
    Path("data/a.bin").write_bytes(b"first_content")
    os.utime("data/a.bin", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [*lock.status()] == []
    assert [(state.path, state.state) for state in lock.status(verify=True)] == [("data/a.bin", "changed")]


def test_the_second_of_two_pulls_at_once_is_refused(lock: Lock):
    with pytest.raises(FolderBusy, match="omics pull"):
        busy(Path(".omics-transfer/transfer.journal"), lock.pull)


def busy(journal: Path, call: Callable[[], object]) -> None:
    """Call a function while another descriptor has the lock of a journal."""
    opened = Journal(journal, lambda: False)
    try:
        call()
    finally:
        opened.close()


def test_a_fault_in_the_last_line_is_found_before_the_first_request(lock: Lock, portal: PortalHost):
    lock.path.write_bytes(lock.path.read_bytes()[:-5])
    with pytest.raises(LockError, match="cut off"):
        lock.pull()
    assert portal.requests == []


def test_a_lock_that_is_replaced_during_a_pull_is_pulled_as_it_was(lock: Lock, portal: PortalHost):
    before = lock.path.read_bytes()
    head, *lines = before.splitlines(keepends=True)

    def replaced(server: Server, request: Request, response: Response) -> Response:
        other = lock.path.with_name("other")
        other.write_bytes(head + lines[-1])
        other.replace(lock.path)
        return Faults.fine(server, request, response)

    portal.always["files/a.bin"] = replaced
    portal.put("google/bucket/runs/b.bin", b"other content")
    report = lock.pull(retries=0, check=False)
    assert lock.path.read_bytes() != before
    assert sorted(ends(report.outcomes).values()) == ["done", "done", "done", "failed"]
    assert "is not the locked one" in str(report.failed[0].error)


def test_a_stopped_pull_is_resumed(lock: Lock, portal: PortalHost):
    stop = threading.Event()
    stop.set()
    report = lock.pull(stop=stop, check=False)
    assert report.counts["stopped"] == 4
    assert lock.pull().counts["done"] == 4


def test_another_copy_is_tried_after_one_that_differs(lock: Lock, portal: PortalHost):
    portal.put("mirror/a.bin", b"first content")
    text = lock.path.read_text().replace('"since"', f'"mirrors": ["{portal.url("mirror/a.bin")}"], "since"', 1)
    lock.path.write_text(text.replace('"kind": "http"', '"kind": "url"'))
    portal.always["files/a.bin"] = Faults.status(404)
    outcome: Outcome = lock.pull().outcomes[0]
    assert (outcome.name, outcome.state) == ("data/a.bin", "done")


def test_a_page_in_the_place_of_an_unverifiable_file_is_a_warning(portal: PortalHost):
    portal.put("files/c", b"<!DOCTYPE html><html><body>Log in</body></html>", etag=None)
    Path("list.tsv").write_text(f"url\tname\n{portal.url('files/c')}\tc\n")
    add("list.tsv", name="list")
    lock, messages = Lock.load(), list[str]()
    assert lock.update().unchecked == 1
    lock.pull(on_message=messages.append)
    assert any("web page" in message for message in messages)
