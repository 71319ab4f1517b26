"""Copies from platform to platform that ended too early: the same copy does what is left, and nothing stays behind."""

import errno
import io
import os
import stat
import sys
from pathlib import Path

import pytest
from disk_space import stating
from omicsdk.core import DiskFull, FolderBusy, NotWritable, ServerError
from omicsdk.fs import CopyOptions, Entry, Put, parse_uri
from omicsdk.fs.copying.copies import copy_files, is_begun, put_for_good
from omicsdk.fs.copying.planning import CopyPlan, Source, plan_copy, select
from omicsdk.fs.copying.spool import OLD, Arrival, Spool, sweep
from omicsdk.fs.uris import Stores
from omicsdk.transfer import Control, Outcome, Progress, TransferReport
from omicsdk.transfer.engine.control import report_of, report_stopped


class Died(BaseException):
    """Whatever ends a process: nothing of ours is run after it but what releases files."""


@pytest.fixture
def moved(shelf, monkeypatch):
    """What was read and put, by paths. `deadly` are puts that end the run before they do anything, `after` such that do so after."""

    class Moved:
        def __init__(self):
            self.read: list[str] = []
            self.put: list[str] = []
            self.deadly: set[str] = set()
            self.stop_after: set[str] = set()

    seen = Moved()
    opened, put = shelf.open, shelf._put

    def counted_open(store, entry):
        stream = opened(store, entry)

        class Counted(io.BytesIO):
            def read(self, size=-1):
                if self.tell() == 0:
                    seen.read.append(entry.path)
                return super().read(size)

        return Counted(stream.getvalue())

    def counted_put(store, file, options):
        if file.path in seen.deadly:
            raise Died
        outcome = put(store, file, options)
        if outcome.state == "done":
            seen.put.append(file.path)
        if file.path in seen.stop_after:
            options.control.stop()
        return outcome

    monkeypatch.setattr(shelf, "open", counted_open)
    monkeypatch.setattr(shelf, "_put", counted_put)
    return seen


def planned(source="shelf://p", target="shelf://q", kind=""):
    with Stores() as stores:
        uri = parse_uri(source)
        store = stores.of(uri)
        selection = Source(uri, store.stat(uri.path).is_folder, list(select(store, uri)))
        return plan_copy([selection], parse_uri(target), kind)


def copied(plan=None, **options):
    with Stores() as stores:
        return copy_files(plan or planned(), stores, CopyOptions(**options))


def left(tmp_path):
    """Files of the state folder, but for the record of which folder a copy made."""
    return [path for path in (tmp_path / "state").rglob("*") if path.is_file() and path.parent.name != "copies"]


def watched(shelf, monkeypatch, tmp_path):
    """The bytes that lie in the spool at each put."""
    put, there = shelf._put, []

    def watching(store, file, options):
        there.append(sum(path.stat().st_size for path in left(tmp_path) if path.parent.name == "files"))
        return put(store, file, options)

    monkeypatch.setattr(shelf, "_put", watching)
    return there


def test_what_arrived_is_not_sent_again(shelf, moved, tmp_path):
    shelf.files.update({"p/a": b"1", "p/b": b"22", "p/c": b"333"})
    moved.stop_after.add("q/a")
    first = copied(spool_bytes=1, control=Control())
    assert [outcome.state for outcome in first.outcomes] == ["done", "stopped", "stopped"]
    again = copied(spool_bytes=1)
    assert [outcome.state for outcome in again.outcomes] == ["skipped", "done", "done"]
    assert (moved.read, moved.put) == (["p/a", "p/b", "p/c"], ["q/a", "q/b", "q/c"])
    assert not left(tmp_path)


def test_progress_is_that_of_the_whole_copy_and_counts_bytes_as_they_pass(shelf, moved, monkeypatch):
    """Each batch is one download and one upload, each with a progress of its own."""
    shelf.files.update({"p/a": b"1111", "p/b": b"2222", "p/c": b"33", "p/d": b"4444"})
    shelf.unsized.add("p/c")
    shelf.broken.add("q/d")
    put, states = shelf.put, list[Progress]()

    def reporting(store, files, options):
        options.progress(Progress(files=1, bytes=4, bytes_done=2, bytes_fetched=2, rate=8.0, connections=1))
        report = put(store, files, options)
        counts, size = report.counts, sum(outcome.size or 0 for outcome in report.outcomes)
        end = Progress(
            1, counts["done"], counts["failed"], size, size, bytes_fetched=4, retries=1, final=True, phase="over"
        )
        options.progress(end)
        return report

    monkeypatch.setattr(shelf, "put", reporting)
    copied(spool_bytes=4, progress=states.append)
    assert {state.files for state in states} == {4}
    assert [state.final for state in states] == [False] * (len(states) - 1) + [True]
    # A byte counts half when it is here, and whole when it is at the target.
    half_sent = next(state for state in states if state.connections)
    assert (half_sent.bytes_done, half_sent.bytes, half_sent.unsized, half_sent.files_done) == (3, 12, 1, 0)
    done = [state.bytes_done for state in states if not state.files_failed]
    assert done == sorted(done)
    end = states[-1]
    assert (end.files_done, end.files_failed, end.bytes_done, end.bytes, end.unsized) == (3, 1, 10, 10, 0)
    assert (end.bytes_fetched, end.retries, end.phase, end.fraction) == (16, 4, "over", 1.0)


def test_what_came_is_not_fetched_again_after_a_death(shelf, moved, tmp_path):
    shelf.files.update({"p/a": b"1", "p/b": b"22"})
    moved.deadly.add("q/b")
    with pytest.raises(Died):
        copied()
    assert left(tmp_path)
    moved.deadly.clear()
    assert copied().ok
    assert moved.read == ["p/a", "p/b"]
    assert (shelf.files["q/a"], shelf.files["q/b"]) == (b"1", b"22")
    assert not left(tmp_path)


def test_ctrl_c_states_what_was_done_by_the_names_of_the_copy(shelf, moved, monkeypatch, tmp_path):
    shelf.files.update({"p/a": b"1", "p/b": b"22"})
    put = shelf.put

    def interrupted(store, files, options):
        report = put(store, files[:1], options)
        options.control.stop("interrupt")
        report_stopped(options.control, report)

    monkeypatch.setattr(shelf, "put", interrupted)
    with pytest.raises(KeyboardInterrupt) as raised:
        copied()
    stopped_copy = report_of(raised.value)
    assert [(outcome.name, outcome.state) for outcome in stopped_copy.outcomes] == [("a", "done"), ("b", "stopped")]
    monkeypatch.setattr(shelf, "put", put)
    assert copied().ok
    assert (moved.read, moved.put) == (["p/a", "p/b"], ["q/a", "q/b"])
    assert not left(tmp_path)


def test_a_failure_is_resumed_too(shelf, moved):
    shelf.files.update({"p/a": b"1", "p/b": b"22"})
    shelf.broken.add("q/b")
    assert [outcome.state for outcome in copied().outcomes] == ["done", "failed"]
    shelf.broken.clear()
    assert [outcome.state for outcome in copied().outcomes] == ["skipped", "done"]
    assert (moved.read, moved.put) == (["p/a", "p/b"], ["q/a", "q/b"])


def test_a_source_that_changed_is_fetched_again(shelf, moved, tmp_path):
    shelf.files.update({"p/a": b"1", "p/b": b"22"})
    shelf.broken.add("q/b")
    copied()
    shelf.broken.clear()
    shelf.files.update({"p/a": b"9", "p/b": b"99"})
    assert copied().ok
    assert (shelf.files["q/a"], shelf.files["q/b"]) == (b"9", b"99")
    assert not left(tmp_path)


@pytest.mark.parametrize("now", [None, b"other", b"9"])
def test_what_is_gone_from_the_target_or_other_is_sent_again(shelf, moved, now):
    shelf.files.update({"p/a": b"1", "p/b": b"22"})
    shelf.broken.add("q/b")
    copied()
    shelf.broken.clear()
    del shelf.files["q/a"]
    if now is not None:
        shelf.files["q/a"] = now
    assert [outcome.state for outcome in copied().outcomes] == ["done", "done"]
    assert shelf.files["q/a"] == b"1"


def test_files_without_version_and_checksum_are_never_believed(shelf, moved, monkeypatch):
    shelf.files.update({"p/a": b"1", "p/b": b"22"})
    look = shelf._stat

    def without(store, path):
        return look(store, path)._replace(checksums={})

    monkeypatch.setattr(shelf, "_stat", without)
    shelf.broken.add("q/b")
    copied()
    shelf.broken.clear()
    shelf.files["p/b"] = b"99"
    assert copied().ok
    assert shelf.files["q/b"] == b"99"


def test_nothing_is_kept_of_a_file_that_no_run_finds_again(shelf, tmp_path, monkeypatch):
    shelf.files["p/a.txt"] = b"1"
    shelf.bare |= {"p/a.txt"}
    shelf.broken |= {"q.txt"}
    journals, put = [], shelf.put
    monkeypatch.setattr(shelf, "put", lambda *args: journals.append(args[2].journal) or put(*args))
    assert not copied(planned("shelf://p/a.txt", "shelf://q.txt"), spool=str(tmp_path)).ok
    assert journals == [None]  # the target discards what it has of it
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_only_one_run_at_a_time_makes_a_copy(shelf, moved, monkeypatch):
    shelf.files.update({"p/a": b"1"})
    seen = []
    put = shelf._put

    def second(store, file, options):
        monkeypatch.setattr(shelf, "_put", put)
        with pytest.raises(FolderBusy, match="shelf://q/") as busy:
            copied()
        seen.append(busy.value.remedy)
        shelf.files["o/a"] = b"other"
        assert copied(planned("shelf://o")).ok  # another one to the same place is not kept from it
        return put(store, file, options)

    monkeypatch.setattr(shelf, "_put", second)
    assert copied().ok
    assert "the same command" in seen[0]
    assert shelf.files["q/a"] == b"1"


def test_a_full_disk_gets_its_room_back(shelf, moved, monkeypatch, tmp_path):
    shelf.files.update({"p/a": b"1", "p/b": b"22"})
    opened = shelf.open

    class Full(io.BytesIO):
        def read(self, size=-1):
            if self.tell():
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().read(1)

    monkeypatch.setattr(
        shelf, "open", lambda store, entry: Full(b"22") if entry.path == "p/b" else opened(store, entry)
    )
    report = copied()
    assert [outcome.state for outcome in report.outcomes] == ["done", "failed"]
    assert isinstance(report.outcomes[1].error, DiskFull)
    assert not [path for path in left(tmp_path) if path.parent.name == "files"]
    monkeypatch.setattr(shelf, "open", opened)
    assert copied().ok
    assert moved.put == ["q/a", "q/b"]


# quantcast/qfs issue 255: FUSE mounts may state 0 of 0 bytes, which is not a full disk.
@pytest.mark.parametrize(("space", "stored"), [((7, 100), [6, 6, 6, 6]), ((0, 0), [12, 12, 12, 12])])
def test_no_more_is_fetched_at_once_than_the_disk_holds(shelf, moved, monkeypatch, tmp_path, space, stored):
    shelf.files.update({f"p/{name}": bytes(3) for name in "abcd"})
    there = watched(shelf, monkeypatch, tmp_path)
    monkeypatch.setattr(os, "statvfs", stating(lambda: space))
    assert copied().ok
    assert there == stored


def test_what_failed_makes_room_for_what_follows(shelf, moved, monkeypatch, tmp_path):
    shelf.files.update({f"p/{name}": bytes(3) for name in "abcd"})
    there = watched(shelf, monkeypatch, tmp_path)
    shelf.broken.update(f"q/{name}" for name in "abcd")
    copied(spool_bytes=7)
    assert there == [6, 6, 6, 6]


def test_a_folder_that_the_first_run_made_is_not_gone_into(shelf, moved):
    shelf.files.update({"p/a": b"1", "p/b": b"22"})
    plan = planned()
    assert not is_begun(plan)
    shelf.broken.add("q/b")
    copied(plan)
    assert is_begun(plan)
    assert not is_begun(planned(kind="folder"))
    shelf.broken.clear()
    copied(plan)
    assert not is_begun(plan)


def test_a_plan_of_what_is_left_continues_as_well(shelf, moved):
    shelf.files.update({"p/a": b"1", "p/b": b"22"})
    plan = planned()
    moved.deadly.add("q/b")
    with pytest.raises(Died):
        copied(plan)
    moved.deadly.clear()
    assert copied(CopyPlan(plan.base, plan.files[1:], plan.descriptions)).ok
    assert moved.read == ["p/a", "p/b"]


def test_what_only_the_journal_has_is_searched(shelf, tmp_path):
    class Forgetful(shelf):
        """Believes its journal, as the engine of uploads does."""

        def put(self, files, options):
            there = (tmp_path / "journal").exists()
            if there:
                return TransferReport([Outcome(file.path, "skipped", 1) for file in files])
            return super().put(files, options)

    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "journal").touch()
    options = CopyOptions(journal=str(tmp_path / "journal"))
    puts = [Put(str(tmp_path / "a"), "q/a"), Put(str(tmp_path / "a"), "q/b")]
    shelf.files["q/b"] = b"1"
    report = put_for_good(Forgetful(), puts, options)
    assert [outcome.state for outcome in report.outcomes] == ["done", "skipped"]
    assert shelf.files["q/a"] == b"1"


def test_what_can_not_be_requested_is_sent_again_and_not_believed(shelf, tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / "journal").write_bytes(b"a has arrived")
    look = shelf._stat

    def refused(store, path):
        if (tmp_path / "journal").exists():
            raise ServerError("not now")
        return look(store, path)

    monkeypatch.setattr(shelf, "_stat", refused)
    believing_journals(shelf, monkeypatch)
    options = CopyOptions(journal=str(tmp_path / "journal"))
    report = put_for_good(shelf(), [Put(str(tmp_path / "a"), "q/a")], options)
    assert [outcome.state for outcome in report.outcomes] == ["done"]
    assert shelf.files["q/a"] == b"1"


@pytest.mark.parametrize("source", ["shelf://p", "in"])
def test_what_differs_is_sent_though_an_unfinished_copy_states_that_it_arrived(shelf, tmp_path, monkeypatch, source):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for name in ("a", "b"):
        (tmp_path / "in" / name).write_bytes(b"1")
        shelf.files[f"p/{name}"] = b"1"
    shelf.broken.add("q/b")
    believing_journals(shelf, monkeypatch)
    plan = planned(source)._replace(differing=True)
    assert [outcome.state for outcome in copied(plan).outcomes] == ["done", "failed"]
    shelf.files["q/a"] = b"x"
    monkeypatch.setattr(shelf, "_stat", lambda _store, path: Entry(path, "file", 1))  # nothing but sizes to compare
    assert [outcome.state for outcome in copied(plan).outcomes] == ["done", "failed"]
    assert shelf.files["q/a"] == b"1"


def believing_journals(shelf, monkeypatch):
    """Has puts leave out what a journal has, as the engine does."""
    put = shelf._put

    def remembering(store, file, options):
        journal = Path(options.journal)
        if journal.exists() and Path(file.path).name in journal.read_text().split():
            return Outcome(file.path, "skipped", Path(file.source).stat().st_size)
        outcome = put(store, file, options)
        if outcome.state == "done":
            with journal.open("a") as lines:
                lines.write(f"{Path(file.path).name}\n")
        return outcome

    monkeypatch.setattr(shelf, "_put", remembering)


def test_old_leftovers_go_unless_they_are_in_use(tmp_path):
    names = {}
    for what in ("old", "used", "young"):
        with Spool(str(tmp_path), [what], "there") as spool:
            (spool.files / "x").write_bytes(b"half")
        names[what] = spool.files.parent
    with Spool(str(tmp_path), ["used"], "there"):
        late = max(path.stat().st_mtime for path in tmp_path.rglob("*")) + OLD + 1
        for path in (names["young"], *names["young"].rglob("*")):
            os.utime(path, (late, late))
        (tmp_path / "omics-mine").mkdir()  # what is not ours by its name
        sweep(tmp_path, late)
        assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == sorted(
            [names["used"].name, names["young"].name, "omics-mine"]
        )
    assert not names["old"].with_name(f"{names['old'].name}.journal").exists()


def test_a_spool_remembers_what_arrived_though_its_end_was_torn_off(tmp_path):
    with Spool(str(tmp_path), ["x"], "there") as spool:
        spool.note({"a": Arrival(1, {"md5": "0" * 32}, "dss://aws/made")})
    (journal,) = tmp_path.glob("*.journal")
    with journal.open("ab") as file:
        file.write(b'00000000 ["arrived"')
    with Spool(str(tmp_path), ["x"], "there") as spool:
        assert spool.arrivals == {"a": Arrival(1, {"md5": "0" * 32}, "dss://aws/made")}
        spool.keep = False
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_a_spool_among_others_is_its_owners_only(tmp_path, monkeypatch):
    tmp_path.chmod(0o777)
    with Spool(str(tmp_path), ["x"], "there") as spool:
        (folder,) = tmp_path.iterdir()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert spool.files.is_relative_to(folder)
    other = os.getuid() + 1
    monkeypatch.setattr(os, "getuid", lambda: other)
    folder.rename(tmp_path / f"omics-{other}")
    with pytest.raises(NotWritable, match="belongs to another user"), Spool(str(tmp_path), ["x"], "there"):
        pass


def test_where_there_is_no_state_folder_the_temporary_one_serves(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    with Spool(None, ["x"], "there") as spool:
        assert spool.files.is_relative_to(tmp_path)
