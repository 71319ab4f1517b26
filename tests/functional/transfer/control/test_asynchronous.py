"""Transfers awaited: the loop runs on, cancelling stops the transfer in order."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import NotWritable, UsageError
from omicsdk.transfer import Transfer, download, download_async

MIB = 1024 * 1024


def test_the_loop_runs_on_meanwhile(server: Any, target: Path, noise: Any) -> None:
    body, met = noise(MIB), asyncio.Event()

    async def both() -> Any:
        loop = asyncio.get_running_loop()
        server.always["one"] = lambda *_: asyncio.run_coroutine_threadsafe(ask(), loop).result(30)
        return await download_async([server.item("one", body, "md5")], target)

    async def ask() -> None:
        met.set()

    assert asyncio.run(both()).ok
    assert met.is_set()
    assert (target / "one").read_bytes() == body
    assert download_async.__name__ == "download_async"


def test_cancelling_stops_it_in_order(server: Any, fault: Any, target: Path, noise: Any) -> None:
    body = noise(20 * MIB)
    item = server.item("one", body, "md5")
    server.fault("one", fault.cut(6 * MIB, stall=True))

    async def main() -> None:
        loop, there = asyncio.get_running_loop(), asyncio.Event()

        def watch(progress: Any) -> None:
            if progress.bytes_fetched >= 6 * MIB:
                loop.call_soon_threadsafe(there.set)

        task = asyncio.create_task(download_async([item], target, connections=1, progress=watch))
        await there.wait()
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()  # an impatient caller does not tear the thread from its files either
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not [thread for thread in threading.enumerate() if thread.name == "omicsdk-transfer"]

    asyncio.run(main())
    assert download([item], target).outcomes[0].bytes_kept == 6 * MIB
    assert (target / "one").read_bytes() == body


def test_a_timeout_stops_it(server: Any, fault: Any, target: Path, noise: Any) -> None:
    item = server.item("one", noise(9 * MIB), "md5")
    server.always["one"] = fault.cut(5 * MIB, stall=True)

    async def main() -> None:
        async with asyncio.timeout(0.05):
            await download_async([item], target)

    with pytest.raises(TimeoutError):
        asyncio.run(main())


def test_errors_come_out_as_they_are(server: Any, target: Path) -> None:
    target.write_text("a file")
    with pytest.raises(NotWritable):
        asyncio.run(download_async([server.item("one", b"1")], target))


def test_waiting_may_be_cancelled_without_stopping(server: Any, fault: Any, target: Path, noise: Any) -> None:
    item = server.item("one", noise(9 * MIB), "md5")
    server.fault("one", fault.cut(5 * MIB, stall=True))

    async def main() -> Any:
        transfer = Transfer.download([item], target)
        with pytest.raises(UsageError, match="was not started"):
            await transfer.wait_async()
        async with transfer:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(transfer.wait_async(), 0.01)
            assert transfer.state == "running"
            transfer.stop()
            return await transfer.wait_async()

    assert asyncio.run(main()).counts["stopped"] == 1


def test_what_is_raised_is_not_logged_as_well(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    wrong: Any = "3"
    with pytest.raises(TypeError, match="connections"):
        asyncio.run(download_async([], tmp_path, connections=wrong))
    assert caplog.records == []


def test_help_states_what_is_different() -> None:
    assert str(download_async.__doc__).startswith("`download` as a coroutine.")
    assert str(Transfer.download.__doc__).startswith("Create a handle, not started yet, of `download`")
    assert all(
        "options: The options, as one object" in str(function.__doc__)
        for function in (download_async, Transfer.download)
    )
