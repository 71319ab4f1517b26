"""Uploads under a bandwidth limit, through a handle and awaited."""

import asyncio
import time
from pathlib import Path
from typing import Any

from omicsdk.transfer import Control, Location, PutTo, Transfer, Upload, upload, upload_async

MIB = 1024 * 1024


def test_a_limit_holds_for_bytes_that_go_out(sink: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(4 * MIB))
    began = time.monotonic()
    entries = [Upload(tmp_path / "file", PutTo(Location(sink.url(name))), name) for name in ("a", "b")]
    upload(entries, control=Control(rate_limit=8 * MIB)).raise_if_failed()
    assert time.monotonic() - began > 0.9


def test_an_upload_is_paused_and_continues(sink: Any, tmp_path: Path, reply: Any) -> None:
    (tmp_path / "file").write_bytes(bytes(range(256)) * 4096)
    control, stalls = Control(), [True]

    def first_stalls(_request: Any) -> Any:
        return reply(stall=True) if stalls and stalls.pop() else None

    sink.always = first_stalls
    states = []

    def turn(progress: Any) -> None:
        states.append(transfer.state)
        if transfer.state == "paused":
            transfer.resume()
        elif progress.bytes_fetched and "paused" not in states:
            transfer.pause()

    entry = Upload(tmp_path / "file", PutTo(Location(sink.url("a"))), "a", retries=0)
    transfer = Transfer.upload([entry], control=control, progress=turn)
    with transfer:
        pass
    transfer.wait().raise_if_failed()
    assert "paused" in states


def test_an_upload_may_be_awaited(sink: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"some bytes")
    report = asyncio.run(upload_async([Upload(tmp_path / "file", PutTo(Location(sink.url("a"))), "a")]))
    assert report.ok
