"""Copies between any two places: what arrives is whole and right, what fails is reported, nothing is half-written."""

import errno
import hashlib
import io
import os
from pathlib import Path
from threading import Event
from types import SimpleNamespace

import pytest
from disk_space import stating
from omicsdk.core import (
    ChecksumMismatch,
    DiskFull,
    FolderBusy,
    ManualClock,
    NameClash,
    ServerError,
    SourceChanged,
    SystemClock,
    TruncatedTransfer,
    UnsafePath,
)
from omicsdk.core.clock import never
from omicsdk.fs import CopyOptions, Entry, parse_uri
from omicsdk.fs.copying import fetching
from omicsdk.fs.copying.copies import accepted, copy_files, is_there
from omicsdk.fs.copying.planning import CopyPlan, Source, plan_copy, select
from omicsdk.fs.copying.spool import Arrival, Spool, Unfinished, batches
from omicsdk.fs.stores.local import LocalStore
from omicsdk.fs.stream_source import StreamSource
from omicsdk.fs.uris import Stores
from omicsdk.transfer import Control, Outcome, TransferReport, items
from omicsdk.transfer.disk import RESERVE
from omicsdk.transfer.journal import Journal, JournalFile
from omicsdk.transfer.names import is_unfinished


def copied(source, target, stores=None, **options):
    with stores or Stores() as opened:
        uri = parse_uri(source)
        store = opened.of(uri)
        selection = Source(uri, store.stat(uri.path).is_folder, list(select(store, uri)))
        return copy_files(plan_copy([selection], parse_uri(target), ""), opened, CopyOptions(**options))


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def test_down(shelf, tmp_path):
    shelf.files.update({"p/a": b"1", "p/deep/b": b"22"})
    report = copied("shelf://p", str(tmp_path / "out"))
    assert report.ok
    assert tree(tmp_path / "out") == {"a": b"1", "deep/b": b"22"}
    assert report.outcomes[1].checksums == {"sha256": hashlib.sha256(b"22").hexdigest()}


def test_up(shelf, tmp_path):
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a").write_bytes(b"1")
    (tmp_path / "in" / "deep" / "b").write_bytes(b"22")
    report = copied(str(tmp_path / "in"), "shelf://p")
    assert [outcome.name for outcome in report.outcomes] == ["a", "deep/b"]
    assert shelf.files == {"p/a": b"1", "p/deep/b": b"22"}


def test_within_this_machine(shelf, tmp_path):
    (tmp_path / "a").write_bytes(b"new")
    (tmp_path / "a").chmod(0o640)
    (tmp_path / "b").write_bytes(b"old")
    assert copied(str(tmp_path / "a"), str(tmp_path / "b")).ok
    assert tree(tmp_path) == {"a": b"new", "b": b"new"}
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o640
    (failed,) = copied(str(tmp_path / "a"), str(tmp_path / "a")).failed
    assert "are the same file" in str(failed.error)
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="the system has no files whose size is not stated")
@pytest.mark.parametrize("path", ["/proc/version", "/sys/kernel/mm/transparent_hugepage/enabled"])
def test_files_of_the_kernel_have_more_or_less_than_their_size_states(path, tmp_path):
    """NetBSD pull request 24, rsyslog issue 5403: /proc states 0 bytes, /sys a page."""
    if not Path(path).exists():
        pytest.skip("this kernel has no such file")
    (outcome,) = copied(path, str(tmp_path / "copy")).outcomes
    content = Path(path).read_bytes()
    assert (tmp_path / "copy").read_bytes() == content
    assert (outcome.size, outcome.verification) == (len(content), "unverified")
    with Path(path).open("rb") as stream:
        assert StreamSource(stream, Path(path).stat().st_size, path, None).read(1) == content[1:]


@pytest.mark.parametrize(
    ("verification", "state"), [("verified", "done"), ("size only", "failed"), ("unverified", "failed")]
)
def test_a_required_checksum_is_one_that_was_compared(verification, state):
    outcome = Outcome("a", "done", 1, verification=verification)
    assert accepted(outcome, CopyOptions(require_checksum=True)).state == state


def test_a_folder_in_the_place_of_a_copy_is_not_the_copy(shelf, monkeypatch):
    monkeypatch.setattr(shelf, "stat", lambda *_: Entry("a", "folder"))
    with Stores() as stores:
        assert not is_there(stores.of("shelf://"), "a", Arrival(1, {}))


def test_bytes_stay_in_a_spool_until_their_arrival_is_recorded(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "no space")

    with Spool(str(tmp_path), ["a"], "a copy") as spool:
        (spool.files / "a").touch()
        monkeypatch.setattr(JournalFile, "append_durably", full)
        with pytest.raises(DiskFull):
            spool.note({"a": Arrival(0, {})})
        assert (spool.files / "a").exists()


def test_progress_within_this_machine_counts_all_files_and_no_network(shelf, tmp_path):
    sizes = {"empty": 0, "small": 3, "large": 2_500_000}
    (tmp_path / "in").mkdir()
    for name, size in sizes.items():
        (tmp_path / "in" / name).write_bytes(bytes(size))
    states = []
    assert copied(str(tmp_path / "in"), str(tmp_path / "to"), progress=states.append).ok
    last, total = states[-1], sum(sizes.values())
    assert (last.files, last.files_done, last.bytes, last.bytes_done) == (3, 3, total, total)
    assert (last.bytes_fetched, last.final, last.phase) == (0, True, "over")
    assert copied(str(tmp_path / "in"), str(tmp_path / "other"), progress=states.append, require_checksum=True).failed
    assert (states[-1].files_done, states[-1].files_failed, states[-1].bytes) == (0, 3, 0)
    stop = Event()
    copied(
        str(tmp_path / "in/large"),
        str(tmp_path / "b"),
        progress=lambda state: states.append(state) or stop.set(),
        stop=stop,
    )
    assert states[-1].files_done == 0
    assert 0 < states[-1].bytes_done < sizes["large"]


@pytest.mark.parametrize("room", [1, 1000])
def test_within_a_platform_by_way_of_this_machine(shelf, tmp_path, room):
    shelf.files.update({"p/a": b"1", "p/deep/b": b"22", "p/c": b"3"})
    (tmp_path / "spool").mkdir()
    report = copied("shelf://p", "shelf://q", spool=str(tmp_path / "spool"), spool_bytes=room)
    assert report.ok
    assert [outcome.name for outcome in report.outcomes] == ["a", "c", "deep/b"]
    assert {name: data for name, data in shelf.files.items() if name[0] == "q"} == {
        "q/a": b"1",
        "q/deep/b": b"22",
        "q/c": b"3",
    }
    assert not list((tmp_path / "spool").iterdir())


def test_a_platform_that_can_copies_by_itself(shelf):
    shelf.files.update({"p/a": b"1", "p/b": b"2"})
    assert copied("shelf://p", "shelf://q", Stores({"shelf": {"copying": "yes"}})).ok
    assert sorted(shelf.copies) == [("p/a", "q/a"), ("p/b", "q/b")]


def test_what_is_wrong_does_not_appear(shelf, tmp_path):
    shelf.files.update({"p/a": b"1", "p/b": b"2"})
    shelf.reported_sha256["p/a"] = "0" * 64
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").write_bytes(b"old")
    report = copied("shelf://p", str(tmp_path / "out"))
    assert isinstance(report.outcomes[0].error, ChecksumMismatch)
    assert tree(tmp_path / "out") == {"a": b"old", "b": b"2"}


def test_streams_and_what_the_engine_downloads_are_reported_in_their_order(tmp_path):
    """As of a store of which some files have a URL, and others only a stream."""
    downloaded, entries = [], [Entry(name, "file", 1) for name in ("u", "s", "v", "t", "w")]

    def download(named_entries, folder, options):
        downloaded.extend(name for _, name in named_entries)
        return TransferReport([Outcome(name, "done", 1) for _, name in named_entries])

    mixed = SimpleNamespace(
        scheme="mixed", open=lambda entry: io.BytesIO(b"1") if entry.path in "st" else None, download=download
    )
    report = fetching.fetch([(entry, entry.path) for entry in entries], mixed, str(tmp_path))
    assert downloaded == ["u", "v", "w"]
    assert [(outcome.name, outcome.state) for outcome in report.outcomes] == [(name, "done") for name in "usvtw"]
    assert tree(tmp_path) == {"s": b"1", "t": b"1"}
    assert len(fetching.fetch([(entries[0], "u")], mixed, str(tmp_path)).outcomes) == 1


def test_one_that_fails_does_not_stop_the_others(shelf, tmp_path):
    shelf.files.update({"p/a": b"1", "p/b": b"2", "p/c": b"3"})
    shelf.broken.update({"p/a", "q/b"})
    report = copied("shelf://p", str(tmp_path / "out"))
    assert [outcome.state for outcome in report.outcomes] == ["failed", "done", "done"]
    across = copied("shelf://p", "shelf://q")
    assert [outcome.state for outcome in across.outcomes] == ["failed", "failed", "done"]
    assert all(isinstance(outcome.error, ServerError) for outcome in across.failed)
    assert shelf.files["q/c"] == b"3"


def test_what_exists_stays_when_it_shall(shelf, tmp_path):
    shelf.files.update({"p/a": b"1", "p/b": b"2"})
    (tmp_path / "a").write_bytes(b"mine")
    report = copied("shelf://p", str(tmp_path), overwrite=False)
    assert [outcome.state for outcome in report.outcomes] == ["skipped", "done"]
    assert tree(tmp_path)["a"] == b"mine"


@pytest.mark.parametrize("copying", ["", "yes"])
def test_what_exists_stays_on_a_platform_too(shelf, copying):
    shelf.files.update({"p/a": b"1", "p/b": b"2", "q/a": b"mine"})
    stores = Stores({"shelf": {"copying": copying}})
    report = copied("shelf://p", "shelf://q", stores, overwrite=False)
    assert [outcome.state for outcome in report.outcomes] == ["skipped", "done"]
    assert (shelf.files["q/a"], shelf.files["q/b"]) == (b"mine", b"2")


def test_names_that_lead_out_are_refused(shelf, tmp_path):
    shelf.files.update({"p/../../x": b"1"})
    with pytest.raises(UnsafePath):
        copied("shelf://p", str(tmp_path / "out"))
    assert not (tmp_path / "x").exists()


def test_a_stop_leaves_what_is_done(shelf, tmp_path):
    shelf.files.update({"p/a": b"1", "p/b": b"2"})
    control = Control()
    control.stop()
    report = copied("shelf://p", str(tmp_path / "out"), control=control)
    assert not report.ok
    assert [outcome.state for outcome in report.outcomes] == ["stopped", "stopped"]


@pytest.mark.parametrize("why", ["asked", "budget"])
def test_a_stop_in_the_middle_of_a_stream_leaves_nothing_half_written(shelf, tmp_path, monkeypatch, why):
    shelf.files["p/a"] = bytes(3 * 1024**2)
    control = Control(budget=3600)

    class Stream(io.BytesIO):
        def read(self, size=-1):
            control.stop(why)
            return super().read(size)

    monkeypatch.setattr(shelf, "open", lambda _store, entry: Stream(shelf.files[entry.path]))
    report = copied("shelf://p/a", str(tmp_path / "out/a"), control=control)
    assert [outcome.state for outcome in report.outcomes] == ["stopped"]
    assert report.why_stopped == control.why
    assert tree(tmp_path / "out") == {}


@pytest.fixture
def clock(monkeypatch):
    moved = ManualClock()
    for name in ("monotonic", "sleep"):
        monkeypatch.setattr(SystemClock, name, lambda _clock, *seconds, name=name: getattr(moved, name)(*seconds))
    return moved


def test_streams_keep_to_the_limit(shelf, tmp_path, clock):
    shelf.files["p/a"] = bytes(4 * 1024**2)
    began = clock.monotonic()
    assert copied("shelf://p/a", str(tmp_path / "out/a"), control=Control(rate_limit=1024**2)).ok
    assert 3.9 < clock.monotonic() - began < 4.2
    assert max(clock.slept) <= 0.2


def test_a_stream_that_waits_for_its_limit_can_be_stopped(shelf, tmp_path, clock):
    shelf.files["p/a"] = bytes(4 * 1024**2)
    report = copied("shelf://p/a", str(tmp_path / "out/a"), control=Control(rate_limit=1, budget=30))
    assert [outcome.state for outcome in report.outcomes] == ["stopped"]
    assert sum(clock.slept) < 31


def test_streams_end_with_the_time_that_they_may_take(shelf, tmp_path, monkeypatch):
    shelf.files["p/a"] = b"1"
    times = iter(range(0, 10**6, 60))
    monkeypatch.setattr(SystemClock, "monotonic", lambda _clock: float(next(times)))
    report = copied("shelf://p/a", str(tmp_path / "out/a"), control=Control(budget=30))
    assert [outcome.state for outcome in report.outcomes] == ["stopped"]


def test_of_a_copy_that_is_done_only_the_folder_that_it_made_is_remembered(shelf, tmp_path):
    shelf.files.update({"p/a": b"1"})
    assert copied("shelf://p", str(tmp_path / "out")).ok
    (record,) = (path for path in (tmp_path / "state").rglob("*") if path.is_file())
    assert record.read_text() == "{}"
    assert copied("shelf://p/", str(tmp_path / "there")).ok
    assert [path for path in (tmp_path / "state").rglob("*") if path.is_file()] == [record]


def test_batches_need_no_more_room_than_there_is(shelf):
    shelf.files.update({f"p/{number}": bytes(number) for number in range(1, 8)})
    with Stores() as stores:
        files = list(select(stores.of("shelf://"), parse_uri("shelf://p")))
    cut = [[file.entry.size for file in batch] for batch in batches(files, 6)]
    assert cut == [[1, 2, 3], [4], [5], [6], [7]]
    assert list(batches([], 6)) == []


def test_a_plan_of_nothing_is_done(shelf):
    assert copy_files(CopyPlan(parse_uri("shelf://q/"), []), Stores()).ok


def test_a_state_folder_that_can_not_be_written_is_no_hindrance(shelf, tmp_path, monkeypatch):
    shelf.files.update({"p/a": b"1"})
    (tmp_path / "file").touch()
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "file"))
    assert copied("shelf://p", str(tmp_path / "out")).ok
    assert copied(str(tmp_path / "out"), "shelf://q").ok
    assert shelf.files["q/a"] == b"1"


def test_a_file_that_is_written_to_while_it_is_copied_does_not_appear(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(bytes(3 * 1024**2))

    class Changing(io.FileIO):
        def read(self, size=-1):
            (tmp_path / "a").write_bytes(b"1" * 3 * 1024**2)
            os.utime(tmp_path / "a", (2e9, 2e9))
            return super().read(size)

    monkeypatch.setattr(LocalStore, "open", lambda _store, entry: Changing(entry.path))
    (failed,) = copied(str(tmp_path / "a"), str(tmp_path / "b")).failed
    assert isinstance(failed.error, SourceChanged)
    assert not (tmp_path / "b").exists()


def test_a_copy_is_no_younger_than_the_bytes_that_it_has(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"old")
    os.utime(tmp_path / "a", (1e9, 1e9))

    def replaced_once_it_is_open(_store, entry):
        stream = Path(entry.path).open("rb")  # noqa: SIM115 - closed by the caller
        (tmp_path / "new").write_bytes(b"new")
        (tmp_path / "new").replace(entry.path)
        return stream

    monkeypatch.setattr(LocalStore, "open", replaced_once_it_is_open)
    assert copied(str(tmp_path / "a"), str(tmp_path / "b")).ok
    assert (tmp_path / "b").read_bytes() == b"old"
    assert (tmp_path / "b").stat().st_mtime == 1e9  # so that a comparison of both sees that one is younger


@pytest.mark.parametrize("source", ["shelf://p", "in"])
def test_a_link_out_of_the_target_folder_is_refused_before_anything_is_written(shelf, tmp_path, monkeypatch, source):
    monkeypatch.chdir(tmp_path)
    shelf.files.update({"p/a": b"1", "p/out/b": b"2"})
    for name in ("in/out", "target", "elsewhere"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "in/a").write_bytes(b"1")
    (tmp_path / "in/out/b").write_bytes(b"2")
    (tmp_path / "target/out").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafePath, match="points outside the folder through the link"):
        copied(source, "target")
    assert (tree(tmp_path / "target"), tree(tmp_path / "elsewhere")) == ({}, {})


def test_one_name_that_leads_out_keeps_all_from_being_written(shelf, tmp_path):
    shelf.files.update({"p/a": b"1", "p/b/../../x": b"1"})
    with pytest.raises(UnsafePath):
        copied("shelf://p", str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_files_whose_names_are_one_on_the_target_disk_are_refused(shelf, tmp_path, monkeypatch):
    shelf.files.update({"p/a": b"1", "p/A": b"2"})
    monkeypatch.setattr(items, "folds_case", lambda _existing: True)
    with pytest.raises(NameClash):
        copied("shelf://p", str(tmp_path / "out"))


def test_what_can_not_be_requested_is_not_replaced_where_nothing_shall_be(shelf, monkeypatch):
    shelf.files.update({"p/a": b"new", "q/a": b"mine"})
    look = shelf._stat

    def refused(store, path):
        if path == "q/a":
            raise ServerError("not now")
        return look(store, path)

    monkeypatch.setattr(shelf, "_stat", refused)
    report = copied("shelf://p", "shelf://q", Stores({"shelf": {"copying": "yes"}}), overwrite=False)
    assert [outcome.state for outcome in report.outcomes] == ["failed"]
    assert shelf.files["q/a"] == b"mine"


def test_a_journal_that_another_process_continues_with_stays(shelf):
    with Unfinished("down", ["x"]) as first:
        first.keep = False
        other = Journal(first.path, never)  # which waited for this one's end: a third one must find it at work
    assert first.path.exists()
    with pytest.raises(FolderBusy):
        Journal(first.path, never)
    other.close()
    with Unfinished("down", ["x"]) as last:
        last.keep = False
    assert not last.is_there


class Endless(io.RawIOBase):
    """A stream that never ends."""

    def read(self, size=-1):
        return bytes(max(1, size))


@pytest.mark.parametrize(("is_sized", "error"), [(False, DiskFull), (True, TruncatedTransfer)])
def test_a_stream_without_an_end_does_not_fill_the_disk(shelf, tmp_path, monkeypatch, is_sized, error):
    shelf.files["p/a"] = b"1"
    if not is_sized:
        shelf.unsized.add("p/a")
    monkeypatch.setattr(shelf, "open", lambda _, entry: Endless())

    def space():
        return RESERVE + 5_000_000 - sum(path.stat().st_size for path in tmp_path.rglob("*.part")), 1 << 40

    monkeypatch.setattr(os, "statvfs", stating(space))
    report = copied("shelf://p/a", str(tmp_path / "a"))
    assert isinstance(report.outcomes[0].error, error)
    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.stat().st_size] == []


def small_files(folder, count=450):
    for number in range(count):
        (folder / f"{number % 7}").mkdir(parents=True, exist_ok=True)
        (folder / f"{number % 7}" / f"{number}").write_bytes(b"%d" % number * (number % 50))
    return folder


@pytest.mark.parametrize("slow", [False, True])
def test_many_small_files_within_this_machine(tmp_path, shelf, monkeypatch, slow):
    monkeypatch.setattr(fetching, "_SLOW", -1 if slow else 1e9)
    concurrent, in_threads = list[int](), fetching.in_threads

    def noted(call, items, *rest):
        concurrent.append(len(items))
        return in_threads(call, items, *rest)

    monkeypatch.setattr(fetching, "in_threads", noted)
    source, target = small_files(tmp_path / "in"), tmp_path / "out"
    os.utime(source / "3" / "3", ns=(10**18 + 1, 10**18 + 2))
    (source / "3" / "3").chmod(0o640)
    (target / "4").mkdir(parents=True)
    (target / "4" / "4").symlink_to(source / "4" / "11")
    descriptors = len(list(Path("/dev/fd").iterdir()))
    report = copied(f"{source}/", str(target))
    assert report.ok
    assert len(list(Path("/dev/fd").iterdir())) < descriptors + 20
    assert bool(concurrent) is slow
    assert tree(target) == tree(source)
    assert [(outcome.name, outcome.verified) for outcome in report.outcomes] == [
        (name, "its size") for name in tree(source)
    ]
    status = (target / "3" / "3").stat()
    assert (status.st_mtime_ns, status.st_mode & 0o777) == (10**18 + 2, 0o640)
    assert not (target / "4" / "4").is_symlink()
    assert (source / "4" / "11").read_bytes() == b"11" * 11


def test_small_files_have_names_that_copies_leave_out_until_they_are_complete(tmp_path, shelf, monkeypatch):
    names, fsync = list[str](), os.fsync

    def noted(descriptor):
        names.extend(path.name for path in (tmp_path / "out").rglob("*") if path.is_file())
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    source = small_files(tmp_path / "in", 20)
    assert copied(f"{source}/", str(tmp_path / "out")).ok
    assert names
    assert all(map(is_unfinished, names))


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="needs extended attributes")
def test_attributes_of_small_files_are_copied(tmp_path, shelf):
    (tmp_path / "a").write_bytes(b"1")
    try:
        os.setxattr(tmp_path / "a", "user.of", b"me")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    assert copied(str(tmp_path / "a"), str(tmp_path / "b")).ok
    assert os.getxattr(tmp_path / "b", "user.of") == b"me"


@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
def test_what_a_disk_refuses_among_small_files_is_copied_alone(tmp_path, shelf, monkeypatch, call):
    source, refused = small_files(tmp_path / "in", 20), iter([False] * 5 + [True])
    real = getattr(os, call)

    def once(*arguments):
        if next(refused, False):
            raise OSError(28, "No space left on device")
        return real(*arguments)

    monkeypatch.setattr(os, call, once)
    assert copied(f"{source}/", str(tmp_path / "out")).ok
    monkeypatch.undo()
    assert tree(tmp_path / "out") == tree(source)


# rclone issue 738 and libuv issue 2596: shares of Windows refuse the times and permissions of files that they have stored.
@pytest.mark.parametrize("call", ["fchmod", "utime", "chmod"])
def test_a_disk_that_keeps_no_times_or_permissions_has_the_files(tmp_path, shelf, monkeypatch, caplog, call):
    def refuse(*_, **__):
        raise PermissionError(1, "Operation not permitted")

    source = small_files(tmp_path / "in", 20)
    (source / "large").write_bytes(bytes(fetching._STRIDE + 1))
    monkeypatch.setattr(os, call, refuse)
    report = copied(f"{source}/", str(tmp_path / "out"))
    monkeypatch.undo()
    assert report.ok
    assert tree(tmp_path / "out") == tree(source)
    assert len(caplog.records) == (call != "fchmod")


@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
def test_an_interrupt_among_small_files_leaves_nothing_half_written(tmp_path, shelf, monkeypatch, call):
    source, real, left = small_files(tmp_path / "in", 20), getattr(os, call), iter(range(5))

    def interrupted(*arguments):
        if next(left, None) is None:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(os, call, interrupted)
    with pytest.raises(KeyboardInterrupt):
        copied(f"{source}/", str(tmp_path / "out"))
    monkeypatch.undo()
    assert tree(tmp_path / "out").items() <= tree(source).items()
