"""Uploads are stopped, paused, awaited and bounded in time from outside."""

import asyncio
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import Interrupted
from omicsdk.transfer import Control, Location, Progress, PutTo, Transfer, Upload, upload, upload_async
from omicsdk.transfer.network.wire import Wire
from omicsdk.transfer.uploads.journal import UploadJournal

MIB = 1024 * 1024


def test_a_stop_ends_it_at_once_though_the_store_is_silent(
    sink: Any, store: Any, file: Path, reply: Any, caplog: pytest.LogCaptureFixture
):
    control = Control()
    sink.always = lambda _: (control.stop(), reply(stall=True))[1]
    began = time.monotonic()
    with caplog.at_level(logging.DEBUG, "omicsdk.transfer"):
        report = upload([Upload(file, store), Upload(file, store, "second")], control=control)
    assert time.monotonic() - began < 30
    assert [outcome.state for outcome in report.outcomes] == ["stopped", "stopped"]
    assert "use a journal to resume them" in caplog.text


def test_a_stopped_upload_is_abandoned_on_request(sink: Any, store: Any, file: Path):
    control = Control()
    sink.always = lambda _: control.stop()
    report = upload([Upload(file, store)], control=control, abort=True)
    assert (report.outcomes[0].state, store.aborted) == ("stopped", ["id1"])


def test_each_outcome_is_reported_as_it_comes(sink: Any, store: Any, file: Path, reply: Any):
    states: list[tuple[int, str]] = []
    sink.always = lambda request: reply(411) if request.path == "bad" else None
    uploads = [Upload(file, store), Upload(file, PutTo(Location(sink.url("bad"))))]
    upload(uploads, finished=lambda number, outcome: states.append((number, outcome.state)))
    assert sorted(states) == [(0, "done"), (1, "failed")]


def test_a_stop_ends_it_though_a_call_of_the_store_hangs(sink: Any, store: Any, file: Path):
    stop, forever = threading.Event(), threading.Event()

    def hang(*_: Any) -> Any:
        stop.set()
        forever.wait()

    store.complete = hang
    try:
        assert upload([Upload(file, store)], stop=stop).counts["stopped"] == 1
    finally:
        forever.set()


@pytest.mark.parametrize("call", ["begin", "sign"])
def test_a_call_of_the_store_that_a_stop_ends_is_no_failure(store: Any, file: Path, call: str):
    control = Control()

    def interrupted(*_: Any) -> Any:
        control.stop()
        threading.Event().wait(0.05)  # the engine ends meanwhile
        raise Interrupted("Stopped while waiting for the service")

    setattr(store, call, interrupted)
    (outcome,) = upload([Upload(file, store)], control=control).outcomes
    assert (outcome.state, outcome.error) == ("stopped", None)


def test_nothing_goes_out_while_it_is_paused_and_all_after(sink: Any, store: Any, file: Path):
    control = Control()
    seen = 0

    def fault(_: Any) -> None:
        nonlocal seen
        if seen == 3:
            control.pause()
            threading.Timer(0.3, control.resume).start()
        seen += 1

    sink.always = fault
    report = upload([Upload(file, store, retries=0)], control=control, connections=2)
    report.raise_if_failed()
    assert store.body == file.read_bytes()
    assert report.outcomes[0].retries == 0


def test_a_time_budget_ends_it(sink: Any, store: Any, file: Path, clock: Any, reply: Any):
    sink.always = lambda _: (clock.advance(100), None)[1]
    report = upload([Upload(file, store)], control=Control(budget=300), clock=clock, connections=1)
    assert report.counts["stopped"] == 1
    assert 0 < len(sink.requests) < 11


def test_progress_ends_with_everything(sink: Any, store: Any, file: Path, clock: Any):
    updates: list[Progress] = []
    sink.always = lambda _: (clock.advance(1), None)[1]
    upload([Upload(file, store), Upload(file, PutTo(Location(sink.url("b"))))], progress=updates.append, clock=clock)
    assert updates[-1].final
    assert (updates[-1].files, updates[-1].files_done) == (2, 2)
    assert updates[-1].bytes == updates[-1].bytes_done == updates[-1].bytes_fetched == 21_000
    assert all(progress.bytes == 21_000 for progress in updates)
    done = [progress.bytes_done for progress in updates]
    assert done == sorted(done)
    assert len(updates) > 2


def test_progress_of_a_source_that_states_its_files_one_by_one(sink: Any, file: Path):
    updates: list[Progress] = []
    upload((Upload(file, PutTo(Location(sink.url(str(n))))) for n in range(3)), progress=updates.append)
    assert (updates[-1].files, updates[-1].bytes_done) == (3, 31_500)


_SENDER = """
import logging
from omicsdk.transfer import Location, PutTo, Upload, upload
logging.basicConfig(level=logging.INFO)
print("begins", flush=True)
upload([Upload({file!r}, PutTo(Location({url!r})))], journal={journal!r})
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_ctrl_c_ends_it_in_order(sink: Any, file: Path, tmp_path: Path, reply: Any):
    came = threading.Event()
    sink.always = lambda _: (came.set(), reply(stall=True))[1]
    script = _SENDER.format(file=str(file), url=sink.url("a"), journal=str(tmp_path / "journal"))
    running = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True)
    assert came.wait(60)
    running.send_signal(signal.SIGINT)
    _, stderr = running.communicate(timeout=30)
    assert "KeyboardInterrupt" in stderr
    assert "run the same again to resume" in stderr


_MEASURED = """
import resource
from omicsdk.transfer import Location, PutTo, Upload, upload
from omicsdk.transfer.s3.boto import S3Object
upload([Upload({small!r}, PutTo(Location({url!r}), needs=("sha256", "md5", "crc32c", "s3_etag")))]).raise_if_failed()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
upload([Upload({large!r}, PutTo(Location({url!r})), str(n), ("crc32c", "sha256")) for n in range(4)], connections=4).raise_if_failed()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is in KiB on Linux")
def test_memory_is_bounded_whatever_the_size(sink: Any, tmp_path: Path, file: Path):
    with (tmp_path / "large").open("wb") as large:
        large.truncate(96 * MIB)
    sink.largest_kept = MIB
    script = _MEASURED.format(small=str(file), large=str(tmp_path / "large"), url=sink.url("a"))
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=100, check=False)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) < 24 * 1024


def test_no_secret_gets_into_a_log_or_a_report(
    sink: Any, store: Any, file: Path, reply: Any, clock: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    """The store's URLs have a canary in their query."""

    def broken(_: object) -> Location:
        raise RuntimeError(f"no {sink.url('b', 'X-Amz-Signature=canary')}")

    secret = {"Authorization": "Bearer canary"}
    sink.fault("object", lambda _: reply(403), lambda _: reply(reset=True), lambda _: reply(503))
    sink.always = lambda request: (
        reply(403, {}, b"<Message>?Signature=canary</Message>") if request.path == "a" else None
    )
    uploads = [
        Upload(file, store),
        Upload(file, PutTo(broken)),
        Upload(file, PutTo(Location(sink.url("a", "X-Amz-Signature=canary"), secret))),
        Upload(file, PutTo(Location("http://127.0.0.1:1/a?X-Amz-Signature=canary", secret)), "refused", retries=1),
    ]
    with caplog.at_level(logging.DEBUG):
        report = upload(uploads, journal=tmp_path / "journal", clock=clock)
    assert report.counts == {**report.counts, "done": 1, "failed": 3}
    report.write_jsonl(tmp_path / "report.jsonl")
    report.write_html(tmp_path / "report.html")
    for text in (
        caplog.text,
        repr(uploads),
        str(report.to_dict()),
        *map(str, (outcome.error for outcome in report.failed)),
    ):
        assert "canary" not in text
    for path in ("journal", "report.jsonl", "report.html"):
        assert "canary" not in (tmp_path / path).read_text()


def test_waiting_for_another_process_can_be_stopped(store: Any, file: Path, tmp_path: Path, clock: Any):
    journal = tmp_path / "uploads.journal"
    with closing(UploadJournal(journal, lambda: False)):
        with pytest.raises(Interrupted, match="the time budget of 30 s is over while waiting"):
            upload([Upload(file, store)], journal=journal, control=Control(budget=30), clock=clock)
        control = Control()
        control.stop()
        with pytest.raises(Interrupted, match="it was stopped while waiting"):
            upload([Upload(file, store)], journal=journal, control=control)


def test_what_finished_raises_leaves_nothing_open(sink: Any, store: Any, file: Path, monkeypatch: pytest.MonkeyPatch):
    closed, close = list[Wire](), Wire.close

    def closing_it(wire: Wire) -> None:
        closed.append(wire)
        close(wire)

    def finished(*_: Any) -> None:
        raise LookupError("no such row")

    monkeypatch.setattr(Wire, "close", closing_it)
    uploads = [Upload(file, store), Upload(file, PutTo(Location(sink.url("other"))))]
    with pytest.raises(LookupError, match="no such row"):
        upload(uploads, finished=finished)
    assert len(closed) == 1


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
