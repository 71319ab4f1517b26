"""Downloads by several threads: where a link is faster than one, others receive and write beside it."""

import threading
from pathlib import Path
from typing import Any

import pytest
from disk_space import SmallDisk
from omicsdk.core import DiskFull, TooManyOpenFiles
from omicsdk.transfer import Control, Item, Location, download
from omicsdk.transfer.downloads.engine import ASIDE
from omicsdk.transfer.downloads.job import SMALL
from omicsdk.transfer.downloads.receiving import ResponseWriter
from omicsdk.transfer.engine import engine
from omicsdk.transfer.network.plan import CELL, WHOLE
from omicsdk.transfer.network.wire import Wire
from omicsdk.transfer.network.wires import Wires
from waiting import remaining


@pytest.fixture(autouse=True)
def wires(monkeypatch: pytest.MonkeyPatch) -> list[Wires]:
    """Another thread is begun each time that the engine looks, whatever the rate, until there are three.

    Large files begin with four requests: on a fast machine one brings all before more are tried.
    """
    for name, value in {"PERIOD": 0.0, "FAST": 0, "BUSY": 0.0, "CORES": 99, "THREADS": 3}.items():
        monkeypatch.setattr(engine, name, value)
    monkeypatch.setattr("omicsdk.transfer.downloads.job.FIRST_LARGE", 4)
    made: list[Wires] = []
    begin = Wires.__init__
    monkeypatch.setattr(Wires, "__init__", lambda self, wire: (made.append(self), begin(self, wire))[1])
    return made


def writers(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the threads that write."""
    from omicsdk.transfer.disk import Disk

    names = set[str]()
    write = Disk.write_at

    def noted(descriptor: int, chunks: Any, offset: int) -> int:
        names.add(threading.current_thread().name)
        return write(descriptor, chunks, offset)

    monkeypatch.setattr(Disk, "write_at", staticmethod(noted))
    return names


def test_parts_of_one_file_are_written_by_several_threads(
    server: Any, target: Path, noise: Any, wires: list[Wires], monkeypatch: Any
) -> None:
    content = noise(WHOLE + 5 * CELL + 7)
    names = writers(monkeypatch)
    download([server.item("f", content, "sha256")], target, connections=8).raise_if_failed()
    assert (target / "f").read_bytes() == content
    assert [wire.threads for wire in wires] == [3]
    assert "omicsdk-wire" in names


def test_cells_are_recorded_while_the_engine_is_busy(
    server: Any, target: Path, noise: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine's thread waits, once a file has a record, until another thread has recorded a cell."""
    attend, journal, lost = ResponseWriter.attend, target / ".omics-transfer/transfer.journal", list[bool]()
    cell_done, done = ResponseWriter._cell_done, list[int]()

    def recorded() -> int:
        return journal.read_bytes().count(b'["cell"')

    def counted(self: Any) -> None:
        done.append(1)
        cell_done(self)

    def late(self: Any) -> None:
        if self.job.record is not None and not lost:
            before, cells = recorded(), len(done)
            # On a slow machine all may have arrived by now: then none is done meanwhile.
            lost.append(remaining(lambda: recorded() == before, 10.0) and len(done) > cells)
        attend(self)

    monkeypatch.setattr(ResponseWriter, "attend", late)
    monkeypatch.setattr(ResponseWriter, "_cell_done", counted)
    content = noise(WHOLE + 9 * CELL)
    download([server.item("f", content, "sha256")], target, connections=8).raise_if_failed()
    assert (target / "f").read_bytes() == content
    assert lost == [False]


def test_whole_files_are_written_by_several_threads(server: Any, target: Path, noise: Any, monkeypatch: Any) -> None:
    items = [server.item(f"f{number}", noise(CELL + number, number), "md5") for number in range(8)]
    names = writers(monkeypatch)
    report = download(items, target, connections=8)
    report.raise_if_failed()
    for item in items:
        assert (target / item.name).read_bytes() == server.files[item.name]
    assert report.bytes_fetched == sum(item.size for item in items)
    assert "omicsdk-wire" in names


def test_files_that_take_longer_to_hand_over_stay_in_the_engines_thread(
    server: Any, target: Path, noise: Any, wires: list[Wires], monkeypatch: Any
) -> None:
    items = [server.item(f"f{number}", noise(ASIDE - 1, number), "md5") for number in range(20)]
    names = writers(monkeypatch)
    download(items, target, connections=8).raise_if_failed()
    assert [wire.threads for wire in wires] == [3]
    assert names == {threading.current_thread().name}


def test_small_files_alone_start_no_further_thread(server: Any, target: Path, noise: Any, wires: list[Wires]) -> None:
    items = [server.item(f"f{number}", noise(SMALL, number), "md5") for number in range(50)]
    download(items, target).raise_if_failed()
    assert wires == []


def test_what_all_threads_wrote_is_kept_when_the_disk_is_full(
    server: Any, target: Path, noise: Any, wires: Any
) -> None:
    content = noise(WHOLE + 5 * CELL + 7)
    room = len(content) // 2
    item = server.item("f", content, "sha256")
    (outcome,) = download([item], target, connections=8, disk=SmallDisk(room)).outcomes
    assert isinstance(outcome.error, DiskFull)
    assert [wire.threads for wire in wires] == [3]
    (outcome,) = download([item], target).outcomes
    assert outcome.bytes_kept >= room


def test_a_response_that_is_another_file_is_given_in_the_engines_thread(
    server: Any, fault: Any, target: Path, noise: Any
) -> None:
    """The server forgets ranges half-way: each thread is sent the whole file, and one response brings it."""
    content = noise(WHOLE + 3 * CELL)
    item = server.item("f", content, "sha256")
    server.fault("f", fault.fine, fault.fine)
    server.always["f"] = fault.whole
    download([item], target, connections=8).raise_if_failed()
    assert (target / "f").read_bytes() == content


def test_a_stop_waits_for_the_threads_and_the_next_run_continues(server: Any, target: Path, noise: Any) -> None:
    content = noise(WHOLE + 6 * CELL)
    item = server.item("f", content, "sha256")
    control = Control()

    def stop_early(progress: Any) -> None:
        if progress.bytes_done > CELL:
            control.stop()

    first = download([item], target, connections=8, control=control, progress=stop_early)
    second = download([item], target, connections=8)
    second.raise_if_failed()
    assert (target / "f").read_bytes() == content
    if first.counts["stopped"]:
        assert second.outcomes[0].bytes_kept
    assert not [thread for thread in threading.enumerate() if thread.name == "omicsdk-wire"]


def test_a_folder_that_can_not_be_written_fails_the_file(
    server: Any, target: Path, noise: Any, monkeypatch: Any
) -> None:
    from omicsdk.transfer.disk import Disk

    def full(*_: Any) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Disk, "write_at", staticmethod(full))
    items = [server.item(f"f{number}", noise(CELL, number), "md5") for number in range(6)]
    report = download(items, target, connections=8)
    assert report.counts["failed"] == 6
    assert all("No space left" in str(outcome.error) or "full" in str(outcome.error) for outcome in report.outcomes)


def test_without_descriptors_for_another_thread_the_first_continues(
    server: Any, target: Path, noise: Any, monkeypatch: Any, caplog: Any
) -> None:
    caplog.set_level("INFO", "omicsdk.transfer")

    real, made = engine.new_wire, list[object]()

    def one_only(settings: Any, answered: set[str]) -> Wire:
        made.append(settings)
        if len(made) > 1:
            raise TooManyOpenFiles("Cannot connect: too many files are open")
        return real(settings, answered)

    monkeypatch.setattr(engine, "new_wire", one_only)
    content = noise(2 * CELL)
    download([server.item("f", content, "md5")], target).raise_if_failed()
    assert caplog.text.count("no further thread moves bytes") == 1


def test_what_has_no_size_stays_with_the_engine(server: Any, target: Path, noise: Any, monkeypatch: Any) -> None:
    contents = {f"f{number}": noise(CELL + number, number) for number in range(6)}
    for name, content in contents.items():
        server.put(name, content)
    names = writers(monkeypatch)
    download([Item(name, Location(server.url(name))) for name in contents], target, connections=8).raise_if_failed()
    assert {name: (target / name).read_bytes() for name in contents} == contents
    assert names == {"MainThread"}


def test_large_files_are_received_by_two_threads_before_the_link_turns_out_to_be_fast(
    server: Any, target: Path, noise: Any, wires: list[Wires], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "FAST", 10**18)  # a rate that is never reached
    names = writers(monkeypatch)
    items = [server.item(f"f{number}", noise(CELL + number), "sha256") for number in range(8)]
    download(items, target, connections=4).raise_if_failed()
    assert [wire.threads for wire in wires] == [2]
    assert names == {"MainThread", "omicsdk-wire"}


def test_neither_small_files_nor_a_single_connection_begin_a_thread(
    server: Any, target: Path, noise: Any, wires: list[Wires], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "FAST", 10**18)
    download([server.item(f"f{number}", noise(ASIDE - 1), "sha256") for number in range(4)], target)
    monkeypatch.setattr(engine, "FAST", 0)
    download([server.item(f"g{number}", noise(CELL), "sha256") for number in range(4)], target, connections=1)
    assert not wires
