"""The journal: what was appended is read again, whatever happened to its end."""

import errno
import os
import tracemalloc
from array import array
from contextlib import closing
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.core import DiskFull, FolderBusy, NotWritable
from omicsdk.core.files import lock_now
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.journal import (
    HEADER,
    MISSING,
    DoneIndex,
    DoneState,
    Journal,
    JournalFile,
    done_line,
    line_of,
    remove_journal,
)
from omicsdk.transfer.network.plan import CELL

NAMES = ("a", "b/ü", 'c "quoted"\n', "d\udcff", 'e",', "f\\\\", 'a",1,2,{}]')
ACTIONS = st.one_of(
    st.tuples(st.just("begin"), st.sampled_from(NAMES), st.integers(0, 5 * CELL)),
    st.tuples(st.just("cell"), st.sampled_from(NAMES), st.integers(0, 9)),
    st.tuples(st.just("drop"), st.sampled_from(NAMES)),
    st.tuples(st.just("done"), st.sampled_from(NAMES), st.integers(0, 10**12)),
    st.tuples(st.just("forget"), st.sampled_from(NAMES)),
    st.tuples(st.just("open")),
)


@pytest.fixture
def open_journal(tmp_path: Path) -> Any:
    """Opens the same journal again and again."""
    opened = []

    def opener(path: Path = tmp_path / "work" / "x.journal") -> Journal:
        if opened:
            opened[-1].close()
        opened.append(Journal(path, lambda: False))
        return opened[-1]

    yield opener
    for journal in opened:
        journal.close()


def parts_of(journal: Journal) -> dict[str, object]:
    """How far unfinished files are, as values that stay as they are."""
    return {
        name: (part.size, part.validator, dict(part.checksums), list(part.cells))
        for name, part in journal.parts.items()
    }


def play(journal: Journal, done: dict[str, DoneState], action: str, name: str, *values: int) -> dict[str, DoneState]:
    """Carries out an action; gives what is done after it, when `done` was before."""
    part = journal.parts.get(name)
    if action == "begin":
        journal.begin(name, values[0], '"v"', {"md5": "0"})
    elif action == "cell" and part is not None and values[0] < len(part.cells):
        journal.cell(name, values[0], values[0] + 7)
    elif action == "drop":
        journal.drop(name)
    elif action == "done":
        state = DoneState(values[0], 5, {"sha256": '1"'})
        journal.finish([(name, state)])
        return done | {name: state}
    elif action == "forget":
        stored_state = journal.done_state(name)
        journal.forget(name)
        if stored_state is not None:
            return {other: state for other, state in done.items() if other != name}
    return done


numbers = count()


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=settings().max_examples, deadline=None
)
@given(actions=st.lists(ACTIONS, max_size=12), data=st.data())
def test_any_torn_end_leaves_what_was_before_it(actions: list[Any], data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / f"{next(numbers)}.journal"
    journal = Journal(path, lambda: False)
    done = dict[str, DoneState]()
    states = [(parts_of(journal), done)]
    lengths = [path.stat().st_size]
    for action in actions:
        if action[0] == "open":
            journal.close()
            journal = Journal(path, lambda: False)
        else:
            done = play(journal, done, *action)
        states.append((parts_of(journal), done))
        lengths.append(path.stat().st_size)
    journal.close()
    whole = path.read_bytes()
    cut = data.draw(st.integers(lengths[0], len(whole)))
    garbage = data.draw(st.sampled_from([b"", b"\0" * 50, b'deadbeef ["done","a",1,1,{}]\n', b"x\n"]))
    path.write_bytes(whole[:cut] + garbage)
    again = Journal(path, lambda: False)
    reached = max(number for number, length in enumerate(lengths) if length <= cut)
    parts, done = states[reached]
    assert parts_of(again) == parts
    assert {name: state for name in NAMES if (state := again.done_state(name))} == done
    again.begin("new", 2 * CELL, "", {})
    again.close()
    third = Journal(path, lambda: False)
    assert third.parts["new"].size == 2 * CELL
    third.close()
    path.unlink()


def test_cells_and_files_survive(open_journal: Any) -> None:
    journal = open_journal()
    journal.begin("large", 3 * CELL + 1, '"tag"', {"sha1": "ab"})
    journal.cell("large", 0, 1)
    journal.cell("large", 3, 2**32 - 1)
    journal.finish([("small", DoneState(5, 17, {"md5": "cd"}))])
    journal = open_journal()
    part = journal.parts["large"]
    assert (part.size, part.validator, dict(part.checksums)) == (3 * CELL + 1, '"tag"', {"sha1": "ab"})
    assert list(part.cells) == [1, MISSING, MISSING, 2**32 - 1]
    assert journal.done_state("small") == DoneState(5, 17, {"md5": "cd"})
    assert journal.done_state("large") is None
    journal.cell("large", 1, 9)
    assert list(open_journal().parts["large"].cells) == [1, 9, MISSING, 2**32 - 1]


def test_a_cell_replaces_its_beginning(open_journal: Any) -> None:
    journal = open_journal()
    journal.begin("a", 3 * CELL, "", {"md5": "0"})
    journal.cell_begun("a", CELL + 5, 1)
    journal.cell("a", 1, 2)
    journal.cell("a", 2, 3)
    journal.cell_begun("a", 2 * CELL + 7, 4)
    for position in (0, 3 * CELL):  # nothing, and past the last one
        journal.cell_begun("a", position, 5)
    part = open_journal().parts["a"]
    assert (list(part.cells), part.beginnings) == ([MISSING, 2, 3], {2: (2 * CELL + 7, 4)})


def test_parts_of_several_runs_have_different_keys(open_journal: Any) -> None:
    open_journal().begin("a", 3 * CELL, "", {"md5": "0"})
    journal = open_journal()
    journal.begin("b", 3 * CELL, "", {"md5": "1"})
    journal.cell("a", 1, 5)
    parts = open_journal().parts
    assert {name: list(part.cells) for name, part in parts.items()} == {
        "a": [MISSING, 5, MISSING],
        "b": [MISSING, MISSING, MISSING],
    }


def test_a_finished_file_is_not_a_part(open_journal: Any) -> None:
    journal = open_journal()
    journal.begin("a", 3 * CELL, "", {"md5": "0"})
    journal.begin("b", 3 * CELL, "", {"md5": "1"})
    journal.finish([("a", DoneState(3 * CELL, 17, {"md5": "0"}))])
    assert list(open_journal().parts) == ["b"]


def test_a_forgotten_file_is_not_done_any_more(open_journal: Any) -> None:
    open_journal().finish([("a", DoneState(1, 1, {})), ("b", DoneState(2, 1, {}))])
    journal = open_journal()
    for name in ("a", "none"):
        journal.forget(name)
        assert journal.done_state(name) is None
    assert b'"none"' not in journal.path.read_bytes()
    assert [open_journal().done_state(name) for name in "ab"] == [None, DoneState(2, 1, {})]


def test_a_damaged_line_hides_what_follows(open_journal: Any) -> None:
    journal = open_journal()
    for number in range(10):
        journal.finish([(f"f{number}", DoneState(number, 1, {}))])
    data = bytearray(journal.path.read_bytes())
    data[data.index(b'"f5"') + 1] ^= 1
    journal.path.write_bytes(data)
    journal = open_journal()
    assert [journal.done_state(f"f{number}") is not None for number in range(10)] == [True] * 5 + [False] * 5


def test_another_format_is_begun_again(open_journal: Any) -> None:
    path = open_journal().path
    open_journal().finish([("a", DoneState(1, 1, {}))])
    for other in (["omics-transfer", 2, CELL], ["omics-transfer", 1, CELL * 2]):
        path.write_bytes(line_of(other) + done_line("a", DoneState(1, 1, {})))
        journal = open_journal()
        assert journal.done_state("a") is None
        assert path.read_bytes() == line_of(["omics-transfer", 1, CELL])
        journal.close()


@pytest.mark.parametrize("left", [b"", b"\0" * 5000, b"0", line_of(HEADER)[:-1], line_of(HEADER)[:15]])
def test_what_a_crash_left_of_a_journal_is_begun_again(open_journal: Any, left: bytes) -> None:
    path = open_journal().path
    path.write_bytes(left)
    open_journal().finish([("a", DoneState(1, 1, {}))])
    assert open_journal().done_state("a") == DoneState(1, 1, {})


@pytest.mark.parametrize("other", [b"id\tname\n1\tx\n", b"\x89PNG", b"12345678 [1, 2]\n", b"00000000\n"])
def test_a_file_that_is_no_journal_is_left_alone(tmp_path: Path, other: bytes) -> None:
    path = tmp_path / "mine"
    path.write_bytes(other)
    with pytest.raises(NotWritable, match="it is not a journal of a transfer"):
        Journal(path, lambda: False)
    assert path.read_bytes() == other


def test_old_lines_are_cleared_away(open_journal: Any) -> None:
    journal = open_journal()
    for number in range(550):
        journal.finish([("a", DoneState(number, 1, {}))])
        journal.begin("b", CELL, "", {"md5": str(number)})
    journal.cell("b", 0, 5)
    journal.finish([("c", DoneState(3, 1, {}))])
    long = journal.path.stat().st_size
    journal = open_journal()
    assert journal.path.stat().st_size < long / 50
    assert list(journal.path.parent.iterdir()) == [journal.path]
    for _ in range(2):
        assert journal.done_state("a") == DoneState(549, 1, {})
        assert journal.done_state("c") == DoneState(3, 1, {})
        assert (journal.parts["b"].cells, dict(journal.parts["b"].checksums)) == (array("q", [5]), {"md5": "549"})
        journal.finish([("d", DoneState(4, 1, {}))])
        journal = open_journal()
    assert journal.done_state("d") == DoneState(4, 1, {})


def test_lines_that_still_apply_are_not_rewritten(open_journal: Any) -> None:
    journal = open_journal()
    journal.begin("a", 1200 * CELL, "", {})
    for number in range(1200):
        journal.cell_begun("a", number * CELL + 1, 1)
    journal.finish([(f"f{number}", DoneState(number, 1, {})) for number in range(1200)])
    before = journal.path.stat().st_ino
    assert open_journal().path.stat().st_ino == before


class Full(Disk):
    """Has no room for the file that would replace a journal."""

    def __init__(self, method: str) -> None:
        super().__init__()
        setattr(self, method, self.refuse)

    def refuse(self, *_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def long_one(journal: Journal) -> Path:
    """Makes a journal worth being cleared up."""
    journal.finish([("a", DoneState(number, 1, {})) for number in range(1100)])
    journal.close()
    return journal.path


@pytest.mark.parametrize("method", ["rename", "sync", "append", "open_log"])
def test_what_cannot_be_cleared_away_stays(open_journal: Any, method: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    path = long_one(open_journal())
    before = path.read_bytes()
    disk = Disk()
    opened = []

    def open_log(name: str) -> int:
        opened.append(name)
        if method == "open_log" and name.endswith(".new"):
            raise OSError(errno.ENOSPC, "No space left on device")
        if name.endswith(".new") and method != "open_log":
            setattr(disk, method, Full(method).refuse)
        return Disk().open_log(name)

    disk.open_log = open_log
    again = Journal(path, lambda: False, disk)
    assert len(opened) == 2
    assert caplog.messages == [f"{path} cannot be rewritten: No space left on device"]
    assert again.done_state("a") == DoneState(1099, 1, {})
    again.close()
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_crash_while_it_was_cleared_up_leaves_no_trace(open_journal: Any) -> None:
    journal = open_journal()
    long_one(journal)
    new = journal.path.with_name(journal.path.name + ".new")
    new.write_bytes(journal.path.read_bytes()[:5000])
    journal = open_journal()
    assert journal.path.stat().st_size < 200
    assert journal.done_state("a") == DoneState(1099, 1, {})
    assert not new.exists()


def test_cells_whose_beginning_found_no_room_say_nothing(open_journal: Any, monkeypatch: Any) -> None:
    journal = open_journal()
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", Full("write").refuse)
        journal.begin("a", 3 * CELL, "", {"md5": "0"})
    journal.cell("a", 1, 5)
    journal.drop("a")
    assert open_journal().parts == {}


def test_after_a_sync_that_failed_nothing_is_promised(open_journal: Any, monkeypatch: Any) -> None:
    journal = open_journal()

    def broken(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", broken)
        with pytest.raises(OSError, match="Input/output"):
            journal.finish([("a", DoneState(1, 1, {}))])
    with pytest.raises(OSError, match="Input/output"):
        journal.finish([("b", DoneState(1, 1, {}))])
    assert open_journal().done_state("b") is None


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 10**6), st.booleans()), max_size=200))
def test_the_index_is_a_mapping(actions: list[tuple[int, int, bool]]) -> None:
    model = dict[bytes, int]()
    index = DoneIndex(2000, 10**7)
    for count_of, (number, _, removed) in enumerate(actions, 1):
        key = b'"%d"' % number
        if removed:
            index.remove(key)
            model.pop(key, None)
        else:
            index.put(key, count_of)
            model[key] = count_of
        assert len(index) == len(model)
    for number in range(31):
        assert index.get(b'"%d"' % number) == model.get(b'"%d"' % number)


def test_many_records_take_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "x.journal"
    sums = {"sha256": "ab" * 32}
    states = {f"d{number % 97}/file_{number}.fastq.gz": DoneState(number, number, sums) for number in range(50_000)}
    path.write_bytes(b"".join([line_of(HEADER), *(done_line(name, state) for name, state in states.items())]))
    tracemalloc.start()
    journal = Journal(path, lambda: False)
    used, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used < 15 * len(states)
    assert peak < used + 3 * 1024 * 1024
    assert all(journal.done_state(name) == state for name, state in states.items())
    assert journal.done_state("d1/file_50001.fastq.gz") is None
    journal.close()


def test_only_one_has_it(open_journal: Any) -> None:
    journal = open_journal()
    waits = []

    def wait() -> bool:
        waits.append(1)
        if len(waits) == 3:
            journal.close()
        return True

    Journal(journal.path, wait).close()
    assert len(waits) == 3
    second = Journal(journal.path, lambda: False)
    with pytest.raises(FolderBusy) as caught:
        Journal(journal.path, lambda: False)
    assert not Path("/proc/locks").exists() or f"until process {os.getpid()} has" in str(caught.value)
    second.close()


@pytest.mark.parametrize("where", ["omicsdk.transfer.journal.is_sound", "omicsdk.transfer.journal.try_lock"])
def test_an_interrupt_while_it_is_opened_leaves_it_unlocked(open_journal: Any, monkeypatch: Any, where: str) -> None:
    path = long_one(open_journal())

    def interrupted(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(where, interrupted)
        with pytest.raises(KeyboardInterrupt):
            open_journal()
    assert open_journal().done_state("a") == DoneState(1099, 1, {})
    assert list(path.parent.iterdir()) == [path]


def test_a_file_system_without_locks_is_used_and_that_is_stated(
    open_journal: Any, monkeypatch: Any, caplog: Any
) -> None:
    def without(descriptor: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("omicsdk.transfer.journal.lock_now", without)
    open_journal().finish([("a", DoneState(1, 1, {}))])
    open_journal()
    assert caplog.text.count("this file system has no locks") == 1


def test_a_lock_that_fails_is_an_error(tmp_path: Path, monkeypatch: Any) -> None:
    def broken(descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("omicsdk.transfer.journal.lock_now", broken)
    with pytest.raises(NotWritable, match="Input/output error"):
        Journal(tmp_path / "x.journal", lambda: False)
    assert [path for path in Path("/proc/self/fd").glob("*") if str(tmp_path) in str(path.resolve())] == []


# toil issue 3867 and jj pull request 6747: on NFS, an open file that another machine has removed is stale, and not only gone.
@pytest.mark.parametrize("code", [errno.ENOENT, errno.ESTALE])
@pytest.mark.parametrize(("name", "call"), [("lock_now", lock_now), ("os.fstat", os.fstat)])
def test_who_gets_the_lock_of_a_removed_file_takes_a_new_one(
    open_journal: Any, monkeypatch: Any, code: int, name: str, call: Any
) -> None:
    refusals = iter([OSError(code, os.strerror(code))])

    def once(descriptor: int) -> Any:
        for refusal in refusals:
            raise refusal
        return call(descriptor)

    monkeypatch.setattr(f"omicsdk.transfer.journal.{name}", once)
    open_journal().finish([("a", DoneState(1, 1, {}))])
    assert open_journal().done_state("a") == DoneState(1, 1, {})


def test_who_waited_for_a_journal_that_was_replaced_takes_the_new_one(open_journal: Any) -> None:
    journal = open_journal()

    def wait() -> bool:
        other = journal.path.with_name("other")
        Journal(other, lambda: False).close()
        other.replace(journal.path)
        journal.close()
        return True

    waited = Journal(journal.path, wait)
    waited.finish([("a", DoneState(1, 1, {}))])
    waited.close()
    assert open_journal().done_state("a") == DoneState(1, 1, {})


def test_a_full_disk_costs_hints_but_no_order(open_journal: Any, monkeypatch: Any) -> None:
    journal = open_journal()
    journal.begin("a", 3 * CELL, "", {"md5": "0"})
    real = os.write

    def full(descriptor: int, data: Any) -> int:
        if len(data) <= 7:
            raise OSError(28, "No space left on device")
        return real(descriptor, bytes(data)[:7])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space"):
            journal.finish([("b", DoneState(1, 1, {}))])
        patch.setattr(os, "write", lambda descriptor, _: full(descriptor, b"1"))
        journal.cell("a", 0, 1)
    journal.cell("a", 1, 2)
    journal = open_journal()
    assert list(journal.parts["a"].cells) == [MISSING, 2, MISSING]
    assert journal.done_state("b") is None


@pytest.mark.parametrize("failure", [KeyboardInterrupt, partial(OSError, errno.EIO, "Input/output error")])
def test_a_line_that_was_half_written_is_cut_before_the_next_one(open_journal: Any, failure: Any) -> None:
    journal = open_journal()
    journal.begin("a", 3 * CELL, "", {})
    with pytest.MonkeyPatch.context() as patch:

        def half(descriptor: int, data: bytes) -> None:
            os.write(descriptor, data[: len(data) // 2])
            patch.setattr(Disk, "truncate", Full("truncate").refuse)
            raise failure()

        patch.setattr(Disk, "append", lambda _, descriptor, data: half(descriptor, data))
        with pytest.raises((KeyboardInterrupt, OSError)):
            journal.finish([("b", DoneState(1, 1, {}))])
    journal.cell("a", 1, 2)
    journal.finish([("c", DoneState(1, 1, {}))])
    journal = open_journal()
    assert list(journal.parts["a"].cells) == [MISSING, 2, MISSING]
    assert [journal.done_state(name) is not None for name in "bc"] == [False, True]


def test_a_removed_file_is_unlocked(tmp_path: Path) -> None:
    file = JournalFile(tmp_path / "a", lambda: False, Disk(), read_only=False)
    (tmp_path / "same").hardlink_to(tmp_path / "a")
    file.remove()
    assert not (tmp_path / "a").exists()
    JournalFile(tmp_path / "same", lambda: False, Disk(), read_only=False).close()


def test_a_journal_that_another_process_took_meanwhile_stays(tmp_path: Path) -> None:
    path, notes = tmp_path / "a.journal", tmp_path / "a.journal-notes"
    notes.touch()
    with closing(Journal(path, lambda: False)) as other:
        assert not remove_journal(path, notes)
        assert notes.exists()
        other.finish([("a", DoneState(1, 1, {}))])
        with pytest.raises(FolderBusy):  # nor is there a second journal of the same transfer
            Journal(path, lambda: False)
    assert next(Journal(path, lambda: False, read_only=True).finished())[0] == "a"
    assert remove_journal(path, notes)
    assert remove_journal(None)
    assert not any(tmp_path.iterdir())


def test_the_name_of_a_journal_is_made_durable_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[list[str]] = []
    monkeypatch.setattr(Disk, "sync_folders", lambda _, folders: synced.append(folders))
    journal = Journal(tmp_path / "x.journal", lambda: False)
    for number in range(3):
        journal.finish([("a", DoneState(number, 1, {}))])
    journal.close()
    assert synced == [[str(tmp_path)]]


def test_a_journal_that_cannot_be_made_states_why(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotWritable, match="file"):
        Journal(tmp_path / "file" / "x.journal", lambda: False)

    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(DiskFull, match=r"x\.journal"):
        Journal(tmp_path / "x.journal", lambda: False)
