"""Bytes that were sent are not sent again: by the journal, the platform's list, or what it has when its last response was lost."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fork_server import forked
from omicsdk.core import (
    BadRequest,
    ChecksumMismatch,
    FolderBusy,
    Forbidden,
    NotWritable,
    SourceChanged,
    TransportError,
    UsageError,
)
from omicsdk.core.checksums import digest
from omicsdk.transfer import Location, NoSuchUpload, PutTo, SentPart, Upload, abort_upload

MIB = 1024 * 1024


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "uploads.journal"


@pytest.fixture
def half(sink: Any, store: Any, file: Path, send: Any, journal: Path) -> list[int]:
    """An upload that was stopped; gives the parts that are there."""
    stop = threading.Event()
    answered = 0

    def watch(_: Any) -> None:
        nonlocal answered
        answered += 1
        if answered == 6:
            stop.set()

    sink.always = watch
    report = send(file, store, journal=journal, stop=stop, connections=1)
    sink.always = None
    assert report.counts["stopped"] == 1
    assert report.outcomes[0].error is None
    assert store.aborted == []
    there = sorted(int(key.partition("part=")[2].partition("&")[0]) for key in sink.stored)
    assert 0 < len(there) < 11
    sink.requests.clear()
    return there


def etags(sink: Any) -> dict[int, SentPart]:
    """What the sink would list of an upload."""
    import hashlib

    sent_parts: dict[int, SentPart] = {}
    for key, data in sink.stored.items():
        number = int(key.partition("part=")[2].partition("&")[0])
        md5 = hashlib.md5(data).hexdigest()
        sent_parts[number] = SentPart(number, len(data), md5, {"md5": md5})
    return sent_parts


def test_an_upload_that_was_stopped_continues(
    sink: Any, store: Any, file: Path, send: Any, journal: Path, half: list[int]
):
    report = send(file, store, journal=journal, checksums=["sha256"])
    report.raise_if_failed()
    assert store.begun == 1
    assert store.body == file.read_bytes()
    outcome = report.outcomes[0]
    assert outcome.bytes_kept > 0
    assert outcome.bytes_kept + outcome.bytes_fetched == 10_500
    assert len(sink.requests) <= 11 - len(half) + 1  # the one whose response was not seen
    assert [part.number for part in store.completed[0][0]] == list(range(1, 12))
    assert "sha256" in outcome.checksums


def test_a_file_that_was_sent_is_not_sent_again(sink: Any, store: Any, file: Path, send: Any, journal: Path):
    assert send(file, store, journal=journal, checksums=["sha256"]).ok
    assert send(file, PutTo(Location(sink.url("w"))), journal=journal).ok
    sink.requests.clear()
    again = send(file, store, journal=journal, checksums=["sha256"])
    assert again.outcomes[0].state == "skipped"
    assert set(again.outcomes[0].checksums) == {"sha256", "crc32c"}
    assert send(file, PutTo(Location(sink.url("w"))), journal=journal).outcomes[0].state == "skipped"
    assert sink.requests == []


def test_a_file_that_has_another_target_or_contents_is_sent(
    sink: Any, store: Any, parts: Any, file: Path, send: Any, journal: Path
):
    assert send(file, store, journal=journal).ok
    assert send(file, parts(sink, "other"), journal=journal).outcomes[0].state == "done"
    file.write_bytes(file.read_bytes() + b"more")
    assert send(file, store, journal=journal).outcomes[0].state == "done"


def test_parts_that_the_platform_lost_are_sent_again(
    sink: Any, store: Any, file: Path, send: Any, journal: Path, half: list[int]
):
    store.listed = {number: part for number, part in etags(sink).items() if number != half[0]}
    send(file, store, journal=journal).raise_if_failed()
    sent = [int(request.query.partition("part=")[2].partition("&")[0]) for request in sink.requests]
    assert half[0] in sent
    assert store.body == file.read_bytes()


def test_parts_that_only_the_platform_knows_are_held_against_the_file(
    sink: Any, store: Any, file: Path, send: Any, half: list[int], monkeypatch: pytest.MonkeyPatch
):
    listed = etags(sink)
    listed[half[0]] = SentPart(half[0], 1000, "0" * 32, {"md5": "0" * 32})  # other contents
    store.listed = listed
    monkeypatch.setattr(store, "unfinished", lambda _: "id1")
    report = send(file, store)
    report.raise_if_failed()
    assert store.begun == 1
    assert store.body == file.read_bytes()
    assert report.outcomes[0].bytes_kept == 1000 * (len(half) - 1)
    assert {part.etag for part in store.completed[0][0]} == {part.etag for part in etags(sink).values()}


def test_an_upload_of_other_parts_sizes_continues_with_those(
    sink: Any, store: Any, parts: Any, file: Path, send: Any, half: list[int], monkeypatch: pytest.MonkeyPatch
):
    class Counted(dict[int, SentPart]):
        passes = 0

        def __iter__(self) -> Iterator[int]:
            self.passes += 1
            return super().__iter__()

    other = parts(sink, part_size=4000)
    other.begun = 1
    other.listed = listed = Counted(etags(sink))
    monkeypatch.setattr(other, "unfinished", lambda _: "id1")
    report = send(file, other)
    report.raise_if_failed()
    assert other.body == file.read_bytes()
    assert len(other.completed[0][0]) == 11
    assert listed.passes == 1  # of 10,000 parts, a pass for each takes seconds


def test_a_journal_keeps_the_part_size(sink: Any, parts: Any, file: Path, send: Any, journal: Path, half: list[int]):
    other = parts(sink, part_size=4000)
    other.begun = 1
    assert send(file, other, journal=journal).ok
    assert len(other.completed[0][0]) == 11
    assert other.body == file.read_bytes()


def test_an_upload_that_the_platform_forgot_begins_again(
    store: Any, file: Path, send: Any, journal: Path, half: list[int]
):
    store.gone.add("id1")
    report = send(file, store, journal=journal)
    report.raise_if_failed()
    assert store.begun == 2
    assert store.body == file.read_bytes()
    assert report.outcomes[0].bytes_fetched == 10_500


def test_an_upload_that_is_forgotten_while_it_runs_begins_again(
    sink: Any, store: Any, file: Path, send: Any, reply: Any
):
    sink.fault("object", lambda _: None, lambda _: reply(404, {}, b"<Error><Code>NoSuchUpload</Code></Error>"))
    send(file, store).raise_if_failed()
    assert store.begun == 2
    assert store.body == file.read_bytes()


def test_a_platform_that_forgets_every_upload_ends_the_file(sink: Any, store: Any, file: Path, send: Any, reply: Any):
    sink.always = lambda _: reply(404, {}, b"<Error><Code>NoSuchUpload</Code></Error>")
    report = send(file, store)
    assert report.failed[0].error.code == "NoSuchUpload"
    assert store.begun == 3


def test_a_response_to_complete_that_was_lost_is_no_loss(
    store: Any, file: Path, send: Any, monkeypatch: pytest.MonkeyPatch
):
    plain = store.complete

    def complete(upload_id: str, *what: Any) -> Any:
        plain(upload_id, *what)
        store.gone.add(upload_id)
        raise TransportError("cut")

    monkeypatch.setattr(store, "complete", lambda *what: complete(*what) if not store.gone else plain(*what))
    monkeypatch.setattr(store, "finished", lambda parts: {"etag": "x"} if len(parts) == 11 else None)
    send(file, store).raise_if_failed()
    assert (store.begun, len(store.completed)) == (1, 1)


def test_an_end_that_was_not_recorded_is_found_out(
    sink: Any, store: Any, file: Path, send: Any, journal: Path, monkeypatch: pytest.MonkeyPatch
):
    send(file, store, journal=journal).raise_if_failed()
    whole = journal.read_bytes()
    journal.write_bytes(whole[: whole.rstrip(b"\n").rindex(b"\n") + 1])  # killed before the last record
    store.gone.add("id1")
    monkeypatch.setattr(store, "finished", lambda parts: {"etag": "x"} if len(parts) == 11 else None)
    sink.requests.clear()
    report = send(file, store, journal=journal)
    report.raise_if_failed()
    assert (store.begun, sink.requests, report.outcomes[0].bytes_fetched) == (1, [], 0)
    assert send(file, store, journal=journal).outcomes[0].state == "skipped"


def test_a_platform_that_forgets_what_it_is_to_complete_ends_the_file(store: Any, file: Path, send: Any):
    def forget(*_: Any) -> Any:
        raise NoSuchUpload("never heard of it")

    store.complete = forget
    report = send(file, store)
    assert isinstance(report.failed[0].error, NoSuchUpload)
    assert store.begun == 3


@pytest.mark.parametrize("code", ["InvalidPart", "EntityTooSmall", "BadDigest"])
def test_parts_of_which_the_store_makes_no_object_are_sent_again_by_the_next_run(
    store: Any, file: Path, send: Any, journal: Path, monkeypatch: pytest.MonkeyPatch, code: str
):
    def refuse(*_: Any) -> Any:
        raise BadRequest("no such parts", status=400, code=code)

    with monkeypatch.context() as patch:
        patch.setattr(store, "complete", refuse)
        error = send(file, store, journal=journal).failed[0].error
    assert "Run the same command again to send it from the beginning." in str(error)
    assert store.aborted == ["id1"]
    send(file, store, journal=journal).raise_if_failed()
    assert (store.begun, store.body) == (2, file.read_bytes())


@pytest.mark.parametrize("change", ["contents", "time", "file"])
def test_a_file_that_changed_between_two_runs_is_reported_and_abandoned(
    store: Any, file: Path, send: Any, journal: Path, half: list[int], change: str
):
    data = file.read_bytes()
    match change:
        case "contents":
            file.write_bytes(data + b"more")
        case "time":
            os.utime(file, ns=(1, 1))
        case _:
            stat = file.stat()
            (file.parent / "new").write_bytes(data)
            os.utime(file.parent / "new", ns=(stat.st_atime_ns, stat.st_mtime_ns))
            (file.parent / "new").replace(file)
    error = send(file, store, journal=journal).failed[0].error
    assert isinstance(error, SourceChanged)
    assert "reads.bin changed since an earlier run began to upload it. Run the same command again" in str(error)
    assert store.aborted == ["id1"]
    send(file, store, journal=journal).raise_if_failed()  # and the next run sends the new one
    assert store.begun == 2
    assert store.body == file.read_bytes()


@pytest.mark.parametrize("lists", [True, False])
@pytest.mark.parametrize("is_written", [True, False])
def test_kept_parts_of_a_touched_file_are_compared_with_it(
    sink: Any, store: Any, file: Path, send: Any, journal: Path, half: list[int], *, lists: bool, is_written: bool
):
    """Its size, time and inode are as before: its bytes may have been changed, or its mode."""
    before, changed = file.stat(), bytearray(file.read_bytes())
    if is_written:
        changed[0] ^= 1
    while file.stat().st_ctime_ns == before.st_ctime_ns:  # whose steps are as long as the kernel's
        with file.open("r+b") as opened:
            opened.write(changed)
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    store.listed = {n: SentPart(n, part.size, part.etag) for n, part in etags(sink).items()} if lists else None
    report = send(file, store, journal=journal, checksums=["sha256"])
    report.raise_if_failed()
    assert store.body == bytes(changed)
    assert store.begun == 1
    assert report.outcomes[0].bytes_kept >= 1000 * (len(half) - 1 - is_written)  # of one, no response was seen


def test_an_unfinished_upload_is_abandoned_on_request(
    store: Any, file: Path, send: Any, journal: Path, half: list[int]
):
    assert abort_upload(Upload(file, store), journal)
    assert store.aborted == ["id1"]
    assert not abort_upload(Upload(file, store), journal)
    assert send(file, store, journal=journal).ok
    assert store.begun == 2


def test_there_is_nothing_to_stop_of_a_single_put(sink: Any, file: Path, journal: Path):
    with pytest.raises(UsageError, match="single URL"):
        abort_upload(Upload(file, PutTo(Location(sink.url("a")))), journal)


def test_two_at_one_journal(store: Any, file: Path, send: Any, journal: Path):
    def busy(*_: Any) -> Any:
        with pytest.raises(FolderBusy, match=r"uploads\.journal"):
            send(file, store, journal=journal, wait=False)
        return {}

    store.complete = busy
    assert send(file, store, journal=journal).ok


def test_a_file_of_the_users_is_never_treated_as_a_journal(store: Any, file: Path, send: Any):
    before = file.read_bytes()
    for contents in (before, b"", b"text\n", b"no newline", b"00000000 []\n"):
        precious = file.parent / "precious"
        precious.write_bytes(contents)
        if not contents:
            continue
        with pytest.raises(NotWritable, match="not a journal of uploads"):
            send(file, store, journal=precious)
        assert precious.read_bytes() == contents


def test_no_url_and_no_secret_is_written(sink: Any, file: Path, send: Any, journal: Path, store: Any):
    send(file, store, journal=journal).raise_if_failed()
    send(
        file, PutTo(Location(sink.url("a", "sig=canary"), {"Authorization": "canary"})), journal=journal
    ).raise_if_failed()
    assert "canary" not in journal.read_text()
    assert oct(journal.stat().st_mode & 0o777) == "0o600"


def test_a_torn_journal_continues_with_what_is_whole(store: Any, file: Path, send: Any, journal: Path, half: list[int]):
    whole = journal.read_bytes()
    for cut in range(len(whole), 0, -7):
        journal.write_bytes(whole[:cut])
        store.listed = {}
        assert send(file, store, journal=journal).ok
        assert store.body == file.read_bytes()
        journal.write_bytes(b"")


_SENDER = """
import sys
sys.path.insert(0, {folder!r})
from collections.abc import Iterator
from pathlib import Path
from omicsdk.transfer import Location, MultipartStore, PartRules, Upload, upload

class Store(MultipartStore):
    target = "sink://killed"
    rules = PartRules(single=0, part_size=5 << 20)
    part_checksum = "crc32c"
    def begin(self, source):
        return "id1"
    def sign(self, upload_id, cut, checksums):
        return Location({url!r} + f"?part={{cut.number}}")
    def complete(self, upload_id, parts, checksums):
        print(len(parts), flush=True)
        return {{}}
    def abort(self, upload_id):
        pass

report = upload([Upload({file!r}, Store())], journal={journal!r}, connections=2)
print(report.outcomes[0].state, report.outcomes[0].bytes_kept, flush=True)
"""


def test_an_upload_that_was_killed_continues(sink: Any, tmp_path: Path, journal: Path, noise: Any, reply: Any):
    path = tmp_path / "large"
    path.write_bytes(noise(40 * MIB))
    script = _SENDER.format(folder=str(tmp_path), url=sink.url("killed"), file=str(path), journal=str(journal))
    running = threading.Event()

    def fault(_: Any) -> Any:
        if len([key for key in sink.stored if key.startswith("killed")]) < 4:
            return None
        running.set()
        return reply(stall=True)

    sink.always = fault
    first = forked.start([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert running.wait(60)
    first.kill()
    first.communicate()
    before = dict(sink.stored)
    sink.always = None
    sink.requests.clear()
    again = forked.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert again.stdout.split()[:2] == ["8", "done"], again.stderr
    kept = int(again.stdout.split()[2])
    assert kept >= 5 * MIB * (len(before) - 2)  # those whose responses were in flight may be lost
    sent = {request.query for request in sink.requests}  # the killed one's last request may be read after all others
    assert len(sent) == 8 - kept // (5 * MIB)
    assert b"".join(sink.stored[f"killed?part={number}"] for number in range(1, 9)) == path.read_bytes()


def test_checksums_of_the_whole_never_hold_up_an_upload_that_continues(
    store: Any, file: Path, send: Any, journal: Path, half: list[int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("omicsdk.transfer.uploads.job.APART", 1)
    monkeypatch.setattr("omicsdk.transfer.uploads.job.PARTS_APART", 0)
    report = send(file, store, journal=journal, checksums=["sha256"])
    report.raise_if_failed()
    assert len(store.completed) == 1


@pytest.mark.parametrize("refusal", [Forbidden("you may not", status=403), TransportError("cut")])
def test_a_file_that_changed_is_sent_by_the_run_after_though_the_platform_stops_no_parts(
    store: Any, file: Path, send: Any, journal: Path, half: list[int], monkeypatch: pytest.MonkeyPatch, refusal: Any
):
    def abort(_: str) -> None:
        raise refusal

    file.write_bytes(file.read_bytes() + b"more")
    with monkeypatch.context() as patch:
        patch.setattr(store, "abort", abort)
        assert isinstance(send(file, store, journal=journal).failed[0].error, SourceChanged)
        again = send(file, store, journal=journal)
    assert again.ok == isinstance(refusal, Forbidden)  # what may be abandoned another time is not forgotten


def test_a_file_whose_place_another_took_since_is_sent_again(
    sink: Any, parts: Any, file: Path, send: Any, journal: Path
):
    other = file.with_name("other.bin")
    other.write_bytes(b"other" * 1000)
    for path in (file, other, file):
        send(path, PutTo(Location(sink.url("w"))), journal=journal).raise_if_failed()
        assert sink.stored["w"] == path.read_bytes()
    sink.requests.clear()
    assert send(file, PutTo(Location(sink.url("w"))), journal=journal).outcomes[0].state == "skipped"


@pytest.fixture
def end_not_recorded(store: Any, file: Path, send: Any, journal: Path) -> None:
    """The file was sent, and the process killed before it recorded that."""
    send(file, store, journal=journal).raise_if_failed()
    whole = journal.read_bytes()
    journal.write_bytes(whole[: whole.rstrip(b"\n").rindex(b"\n") + 1])
    store.gone.add("id1")


@pytest.mark.usefixtures("end_not_recorded")
def test_a_file_whose_end_was_not_recorded_has_the_checksums_that_were_requested(
    store: Any, file: Path, send: Any, journal: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(store, "finished", lambda parts: {"etag": "x"})
    outcome = send(file, store, checksums=["sha256"], journal=journal).outcomes[0]
    assert (store.begun, outcome.bytes_fetched) == (1, 0)
    assert outcome.checksums["sha256"] == digest(file.read_bytes(), "sha256")
    recorded = send(file, store, checksums=["sha256"], journal=journal).outcomes[0]
    assert (recorded.state, recorded.checksums["sha256"]) == ("skipped", digest(file.read_bytes(), "sha256"))


@pytest.mark.usefixtures("end_not_recorded")
def test_a_file_whose_end_was_not_recorded_is_held_against_what_the_platform_has(
    store: Any, file: Path, send: Any, journal: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(store, "finished", lambda parts: {"sha256": "0" * 64})
    report = send(file, store, checksums=["sha256"], journal=journal)
    assert isinstance(report.failed[0].error, ChecksumMismatch)


def test_what_a_platform_made_otherwise_is_not_treated_as_right_by_the_next_run(
    store: Any, file: Path, send: Any, journal: Path, monkeypatch: pytest.MonkeyPatch
):
    plain = store.complete

    def complete(upload_id: str, *what: Any) -> Any:
        plain(upload_id, *what)
        store.gone.add(upload_id)
        raise ChecksumMismatch("object", algorithm="crc32c", expected="a", actual="b")

    monkeypatch.setattr(store, "complete", complete)
    monkeypatch.setattr(store, "finished", lambda parts: {"etag": "x"})
    assert isinstance(send(file, store, journal=journal).failed[0].error, ChecksumMismatch)
    monkeypatch.setattr(store, "complete", plain)
    send(file, store, journal=journal).raise_if_failed()
    assert (store.begun, len(store.completed)) == (2, 2)


@pytest.mark.usefixtures("end_not_recorded")
def test_a_file_that_changed_when_its_lost_end_was_found_is_reported(
    store: Any, file: Path, send: Any, journal: Path, monkeypatch: pytest.MonkeyPatch
):
    def finished(_: Any) -> Any:
        file.write_bytes(file.read_bytes()[::-1])
        os.utime(file, ns=(1, 1))
        return {"etag": "x"}

    monkeypatch.setattr(store, "finished", finished)
    report = send(file, store, checksums=["sha256"], journal=journal)
    assert isinstance(report.failed[0].error, SourceChanged)
    assert store.aborted == []  # it is complete: giving it up could take away what is there
    send(file, store, journal=journal).raise_if_failed()
    assert store.begun == 2


@pytest.mark.usefixtures("end_not_recorded")
def test_a_lost_end_that_only_name_and_size_show_is_not_called_verified(
    store: Any, file: Path, send: Any, journal: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(store, "finished", lambda parts: {"size": "10500", "doubtful": "by name and size"})
    outcome = send(file, store, journal=journal).outcomes[0]
    assert (store.begun, outcome.state, outcome.verification) == (1, "done", "size only")
