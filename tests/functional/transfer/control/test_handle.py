"""The handle: states, waiting, callbacks, threads."""

import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import NotWritable, UsageError
from omicsdk.transfer import Control, Item, Location, Transfer, download
from waiting import remaining

MIB = 1024 * 1024
PATIENCE = 60.0


@pytest.fixture
def stalled(server: Any, fault: Any, noise: Any) -> tuple[Item, bytes, Callable[[Any], None], threading.Event]:
    """A file whose first response hangs after 6 MiB, and a callback that reports when these have arrived."""
    body, there = noise(20 * MIB), threading.Event()
    item = server.item("one", body, "sha256")
    server.fault("one", fault.cut(6 * MIB, stall=True))

    def watch(progress: Any) -> None:
        if progress.bytes_fetched >= 6 * MIB:
            there.set()

    return item, body, watch, there


def test_pause_and_resume_from_outside(stalled: Any, target: Path) -> None:
    item, body, watch, there = stalled
    transfer = Transfer.download([item], target, connections=1)
    paused, states = threading.Event(), []
    transfer.add_callback(watch)
    transfer.add_callback(lambda _: states.append(transfer.state))
    transfer.add_callback(lambda _: paused.set() if transfer.state == "paused" else None)
    assert transfer.state == "new"
    with transfer:
        assert there.wait(PATIENCE)
        transfer.pause()
        assert paused.wait(PATIENCE)
        assert not (target / "one").exists()
        transfer.resume()
    assert transfer.state == "done"
    assert transfer.wait().ok
    assert (target / "one").read_bytes() == body
    assert {"running", "paused"} <= set(states)
    assert (transfer.progress.bytes_done, transfer.progress.final) == (len(body), True)
    assert repr(transfer).startswith("<Transfer: done, <TransferReport: 1 done (1 verified), ")


def test_stop_leaves_what_the_next_run_continues_with(stalled: Any, target: Path) -> None:
    item, body, watch, there = stalled
    transfer = Transfer.download([item], target, connections=1, progress=watch).start()
    assert there.wait(PATIENCE)
    transfer.stop()
    assert transfer.state in ("stopping", "done")
    assert transfer.wait().counts["stopped"] == 1
    outcome = download([item], target).outcomes[0]
    assert (outcome.state, outcome.bytes_kept) == ("done", 6 * MIB)
    assert (target / "one").read_bytes() == body


def test_an_exception_in_the_block_stops_it(stalled: Any, target: Path) -> None:
    item, _, watch, there = stalled
    transfer = Transfer.download([item], target, connections=1, progress=watch)

    def block() -> None:
        with transfer:
            assert there.wait(PATIENCE)
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        block()
    assert transfer.state == "done"
    assert transfer.wait().counts["stopped"] == 1


def test_wrong_order_is_reported(server: Any, target: Path) -> None:
    transfer = Transfer.download([server.item("one", b"1", "md5")], target)
    with pytest.raises(UsageError, match="was not started"):
        transfer.wait()
    transfer.start()
    with pytest.raises(UsageError, match="started before"):
        transfer.start()
    assert transfer.wait().ok
    with pytest.raises(UsageError, match="and is done"):
        transfer.start()
    with pytest.raises(AttributeError):
        transfer.limit_rate = 1
    transfer.pause()  # too late to do anything
    transfer.stop()
    assert transfer.state == "done"


def test_a_thread_that_cannot_begin_leaves_it_new(server: Any, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    transfer = Transfer.download([server.item("one", b"1", "md5")], target)

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("cannot start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="cannot start"):
            transfer.start()
    assert transfer.state == "new"
    assert transfer.start().wait().ok


def test_who_waits_for_a_start_that_fails_is_not_left_waiting(
    server: Any, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    transfer = Transfer.download([server.item("one", b"1", "md5")], target)
    really_start, errors = threading.Thread.start, list[BaseException]()

    def wait() -> None:
        try:
            transfer.wait(PATIENCE)
        except (UsageError, TimeoutError) as error:
            errors.append(error)

    waiting = threading.Thread(target=wait)

    def refuse(_: threading.Thread) -> None:
        really_start(waiting)
        waiting.join(0.3)  # it waits for the end, or for this start
        raise RuntimeError("cannot start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(RuntimeError, match="cannot start"):
        transfer.start()
    waiting.join()
    assert [type(error) for error in errors] == [UsageError]


def test_where_few_threads_can_be_started_those_do_the_work(
    server: Any, target: Path, noise: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    really_start = threading.Thread.start

    def limited(thread: threading.Thread) -> None:
        if thread.name.startswith("omicsdk") and not thread.name.endswith("-0"):
            raise RuntimeError("cannot start new thread")
        really_start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    items = [server.item(f"f{number}", noise(2_000_000, number), "sha256") for number in range(12)]
    assert download(items, target).ok


def test_what_ends_the_engine_is_raised_by_wait(server: Any, target: Path) -> None:
    target.write_text("a file")
    transfer = Transfer.download([server.item("one", b"1")], target).start()
    for _ in range(2):
        with pytest.raises(NotWritable):
            transfer.wait()
    assert (transfer.state, repr(transfer)[:30]) == ("failed", "<Transfer: failed, NotWritable")
    with pytest.raises(NotWritable), Transfer.download([server.item("one", b"1")], target):
        pass


def test_an_exception_in_the_block_is_not_hidden_by_the_transfers_own(
    server: Any, target: Path, caplog: pytest.LogCaptureFixture
) -> None:
    target.write_text("a file")
    with pytest.raises(LookupError), Transfer.download([server.item("one", b"1")], target):
        raise LookupError
    assert "a file of that name exists" in caplog.text


def test_waiting_has_an_end(stalled: Any, target: Path) -> None:
    item, _, watch, there = stalled
    transfer = Transfer.download([item], target, connections=1, progress=watch).start()
    assert there.wait(PATIENCE)
    with pytest.raises(TimeoutError, match=r"still running after 0\.001 s"):
        transfer.wait(0.001)
    transfer.stop()
    assert transfer.wait(PATIENCE).counts["stopped"] == 1


def test_many_threads_may_wait_and_stop(stalled: Any, target: Path) -> None:
    item, _, watch, there = stalled
    threads = set(threading.enumerate())
    transfer = Transfer.download([item], target, connections=1, progress=watch).start()
    assert there.wait(PATIENCE)
    with ThreadPoolExecutor(8) as pool:
        waits = [pool.submit(transfer.wait) for _ in range(4)]
        for switch in (transfer.pause, transfer.resume, transfer.stop, transfer.stop):
            pool.submit(switch).result()
        reports = [wait.result(PATIENCE) for wait in waits]
    assert all(report is reports[0] for report in reports)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("omicsdk")]
    # The server's threads end when the connections that they serve are closed.
    assert not remaining(lambda: set(threading.enumerate()) - threads, 10)


def test_a_callback_that_fails_is_reported_and_called_no_more(
    server: Any, target: Path, noise: Any, caplog: pytest.LogCaptureFixture
) -> None:
    calls = []

    def broken(progress: Any) -> None:
        calls.append(progress)
        raise LookupError("drawing failed")

    seen = []
    with Transfer.download([server.item("one", noise(MIB), "md5")], target, progress=broken) as transfer:
        transfer.add_callback(seen.append)
    assert transfer.wait().ok
    assert len(calls) == 1
    assert seen[-1].final
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert record.exc_info is not None
    assert "drawing failed" in caplog.text


def test_a_callback_that_waits_for_its_own_transfer_is_reported(
    server: Any, target: Path, caplog: pytest.LogCaptureFixture
) -> None:
    transfer = Transfer.download([server.item("one", b"1", "md5")], target)
    transfer.add_callback(lambda _: transfer.wait())
    with transfer:
        pass
    assert "cannot wait for itself" in caplog.text


def test_one_control_may_govern_several(server: Any, fault: Any, target: Path, noise: Any) -> None:
    control, there = Control(), threading.Barrier(3, timeout=PATIENCE)
    for name in ("a", "b"):
        server.item(name, noise(5 * MIB), "md5")
        server.always[name] = fault.cut(MIB, stall=True)

    def once() -> Callable[[Any], None]:
        met = []

        def watch(progress: Any) -> None:
            if progress.bytes_fetched >= MIB and not met:
                met.append(there.wait())

        return watch

    def one(name: str) -> Transfer[Any]:
        item = Item(name, Location(server.url(name)), 5 * MIB)
        return Transfer.download([item], target / name, control=control, progress=once())

    with one("a") as first, one("b") as second:
        there.wait()
        control.stop()
    assert first.wait().counts["stopped"] == second.wait().counts["stopped"] == 1


def test_it_stops_when_the_program_dies(server: Any, fault: Any, target: Path, noise: Any) -> None:
    """Without that, Ctrl-C would block for hours until the prompt returns."""
    server.put("one", noise(9 * MIB))
    server.always["one"] = fault.cut(5 * MIB, stall=True)
    code = f"""
from omicsdk.transfer import Item, Location, Transfer
Transfer.download([Item("one", Location({server.url("one")!r}), {9 * MIB})], {str(target)!r}).start()
raise KeyboardInterrupt
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert "KeyboardInterrupt" in run.stderr
    assert run.returncode != 0


def test_it_continues_when_the_program_has_nothing_else_to_do(server: Any, target: Path, noise: Any) -> None:
    body = noise(20_000)
    server.put("one", body)
    code = f"""
from omicsdk.transfer import Item, Location, Transfer
Transfer.download([Item("one", Location({server.url("one")!r}), 20_000)], {str(target)!r}).start()
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE)
    assert (target / "one").read_bytes() == body
