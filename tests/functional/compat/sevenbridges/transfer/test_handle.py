"""The documented handles in each of their states."""

import inspect
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.models.enums import TransferState
from omicsdk.compat.sevenbridges.models.file import File
from omicsdk.compat.sevenbridges.transfer.download import Download
from omicsdk.compat.sevenbridges.transfer.handle import retrying
from omicsdk.compat.sevenbridges.transfer.upload import Upload
from omicsdk.compat.sevenbridges.transfer.utils import Progress
from omicsdk.transfer import Patience

CALLS = ("start", "pause", "resume", "stop", "wait")
#: What may be called in which state; the rest is an SbgError.
ALLOWED = {
    "PREPARING": {"start"},
    "RUNNING": {"pause", "stop", "wait"},
    "PAUSED": {"resume", "stop", "wait"},
    "STOPPED": {"wait"},
    "COMPLETED": {"wait"},
    "FAILED": set[str](),  # waiting raises why
    "ABORTED": {"wait"},
}


@pytest.fixture(params=["upload", "download"])
def make(request: pytest.FixtureRequest, platform: Any, api: Any, tmp_path: Path) -> Callable[[], Any]:
    """Makes a handle whose bytes wait for the platform's gate."""
    (tmp_path / "local").write_bytes(b"some bytes")
    identity = platform.add("remote", b"some other bytes")

    def made() -> Any:
        if request.param == "upload":
            return Upload(tmp_path / "local", "me/project", api=api)
        return Download(file_path=tmp_path / "fetched", file=File.of(platform.files[identity], api))

    return made


def in_state(state: str, make: Callable[[], Any], platform: Any, error: Any) -> Any:
    handle = make()
    if state == "PREPARING":
        return handle
    if state == "FAILED":
        platform.fault("POST v2/upload/multipart", lambda _: error(403))
        platform.fault("GET v2/files/file-1/download_info", lambda _: error(403))
    elif state != "COMPLETED":
        platform.gate.clear()
    handle.start()
    if state not in ("FAILED", "COMPLETED"):
        assert platform.waiting.wait(20)
    if state == "PAUSED":
        handle.pause()
    elif state == "STOPPED":
        handle.stop()
    elif state == "ABORTED":
        handle._control.stop("interrupt")
    if state not in ("RUNNING", "PAUSED"):
        handle.join()
    assert handle.status == state
    return handle


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("state", ALLOWED)
def test_each_call_in_each_state(state: str, call: str, make: Any, platform: Any, error: Any):
    handle = in_state(state, make, platform, error)
    if call in ALLOWED[state]:
        if call == "wait":
            platform.gate.set()
            if state == "PAUSED":
                handle.resume()
        getattr(handle, call)()
    else:
        with pytest.raises(SbgError):
            getattr(handle, call)()
    platform.gate.set()
    if handle.status == TransferState.PAUSED:
        handle.resume()
    if handle.ident is not None:
        handle.join()


def test_who_waits_for_a_start_that_fails_is_not_left_waiting(make: Any, monkeypatch: pytest.MonkeyPatch):
    handle, errors = make(), list[SbgError]()
    really_start = threading.Thread.start

    def wait() -> None:
        try:
            handle.wait()
        except SbgError as error:
            errors.append(error)

    waiting = threading.Thread(target=wait, daemon=True)

    def refuse(_: threading.Thread) -> None:
        really_start(waiting)
        waiting.join(0.3)
        raise RuntimeError("cannot start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="cannot start"):
            handle.start()
    waiting.join(60)
    assert len(errors) == 1
    handle.start()
    handle.wait()


def test_a_transfer_that_is_paused_continues(make: Any, platform: Any, error: Any):
    handle = in_state("PAUSED", make, platform, error)
    platform.gate.set()
    handle.resume()
    assert handle.status in (TransferState.RUNNING, TransferState.COMPLETED)
    handle.wait()
    assert (handle.status, handle.progress) == ("COMPLETED", 100)
    assert handle.result()


def test_a_transfer_that_is_paused_can_be_stopped(make: Any, platform: Any, error: Any):
    handle = in_state("PAUSED", make, platform, error)
    handle.stop()
    assert handle.status == TransferState.STOPPED
    assert handle.result() is None
    assert not handle.is_alive()


def test_an_upload_that_is_stopped_is_abandoned(platform: Any, api: Any, tmp_path: Path, error: Any):
    (tmp_path / "local").write_bytes(b"some bytes")
    upload = in_state("STOPPED", lambda: Upload(tmp_path / "local", "me/project", api=api), platform, error)
    assert platform.aborted == ["up1"]
    assert upload.result() is None


def test_what_was_aborted_is_kept(platform: Any, api: Any, tmp_path: Path, error: Any):
    (tmp_path / "local").write_bytes(b"some bytes")
    in_state("ABORTED", lambda: Upload(tmp_path / "local", "me/project", api=api), platform, error)
    assert platform.aborted == []


def test_callbacks_are_reported_the_end(make: Any, platform: Any, error: Any):
    statuses: list[tuple[str, str]] = []

    def watched() -> Any:
        handle = make()
        handle.add_callback(lambda status: statuses.append(("callback", status)))
        handle.add_callback(errorback=lambda status: statuses.append(("errorback", status)))
        return handle

    for state in ("COMPLETED", "STOPPED", "FAILED", "ABORTED"):
        in_state(state, watched, platform, error)
        platform.gate.set()
        platform.waiting.clear()
    assert statuses == [
        ("callback", "COMPLETED"),
        ("callback", "STOPPED"),
        ("errorback", "FAILED"),
        ("errorback", "ABORTED"),
    ]


def test_a_failure_is_raised_by_wait_and_result(make: Any, platform: Any, error: Any):
    handle = in_state("FAILED", make, platform, error)
    for call in (handle.wait, handle.result):
        with pytest.raises(SbgError) as caught:
            call()
        assert caught.value.status == 403


def test_who_was_reported_a_failure_is_not_reported_again_by_wait(make: Any, platform: Any, error: Any):
    statuses: list[str] = []

    def watched() -> Any:
        handle = make()
        handle.add_callback(errorback=statuses.append)
        return handle

    handle = in_state("FAILED", watched, platform, error)
    handle.wait()
    assert statuses == ["FAILED"]
    with pytest.raises(SbgError):
        handle.result()


def test_callbacks_that_fail_change_nothing(make: Any, caplog: pytest.LogCaptureFixture):
    def broken(_: object) -> None:
        raise ValueError("oops")

    handle = make()
    handle.add_callback(broken, broken)
    handle.add_progress_callback(broken)
    handle.start()
    handle.wait()
    assert handle.status == TransferState.COMPLETED
    assert "oops" in caplog.text


def test_a_callback_can_stop_but_not_wait(make: Any, platform: Any):
    waited: list[SbgError] = []

    def call(_: object) -> None:
        try:
            handle.wait()
        except SbgError as error:
            waited.append(error)

    handle = make()
    handle.add_callback(call)
    handle.start()
    handle.join()
    assert len(waited) == 1


def test_progress_is_reported_with_the_last_part(make: Any):
    reports: list[Progress] = []
    handle = make()
    handle.add_progress_callback(reports.append)
    handle.start()
    handle.wait()
    last = reports[-1]
    assert (last.num_of_parts, last.parts_done, last.progress) == (1, 1, 100)
    assert last.bytes_done == last.file_size > 0


def test_time_is_reported_in_milliseconds(make: Any, platform: Any, clock: Any, error: Any):
    handle = in_state("RUNNING", make, platform, error)
    began = handle.start_time
    clock.advance(2.5)
    assert handle.duration >= 2500
    assert began is not None
    assert began <= clock.now() - 2.5
    platform.gate.set()
    handle.wait()
    took = handle.duration
    clock.advance(1)
    assert handle.duration == took


def test_ctrl_c_while_waiting(make: Any, platform: Any, error: Any, monkeypatch: pytest.MonkeyPatch):
    handle = in_state("RUNNING", make, platform, error)
    join, pressed = handle.join, threading.Event()

    def interrupted() -> None:
        if not pressed.is_set():
            pressed.set()
            raise KeyboardInterrupt
        join()

    monkeypatch.setattr(handle, "join", interrupted)
    with pytest.raises(KeyboardInterrupt):
        handle.wait()
    assert handle.status == TransferState.ABORTED


def test_run_works_without_a_thread(make: Any):
    handle = make()
    handle.run()
    assert handle.status == TransferState.COMPLETED
    with pytest.raises(SbgError):
        handle.run()


def test_what_threads_have_is_there(make: Any):
    handle = make()
    assert handle.daemon
    assert handle.isDaemon
    assert handle.name
    assert "PREPARING" in repr(handle)
    assert not handle.is_alive()


def test_an_apis_workers_bound_its_transfers_together(platform: Any, api: Any, tmp_path: Path):
    platform.chosen = 10
    api.upload_max_workers = 2
    platform.gate.clear()
    uploads = []
    for number in range(3):
        (tmp_path / f"f{number}").write_bytes(bytes(100))
        uploads.append(Upload(tmp_path / f"f{number}", "me/project", api=api))
        uploads[-1].start()
    assert platform.waiting.wait(20)
    uploads[0].add_progress_callback(None)
    assert len(platform.of("PUT", "storage/.*")) <= 2
    platform.gate.set()
    for upload in uploads:
        upload.wait()
    assert len(platform.of("PUT", "storage/.*")) == 30


def test_an_upload_that_can_not_be_abandoned_has_failed(platform: Any, api: Any, tmp_path: Path, error: Any):
    (tmp_path / "local").write_bytes(b"some bytes")
    platform.fault("DELETE v2/upload/multipart/up1", lambda _: error(408))
    upload = in_state("RUNNING", lambda: Upload(tmp_path / "local", "me/project", api=api), platform, error)
    for call in (upload.stop, upload.wait, upload.result):
        with pytest.raises(SbgError, match="abort_upload: no"):
            call()
    assert upload.status == "FAILED"


def test_a_handle_that_runs_in_the_callers_thread_is_stopped_and_waited_for_from_another(make: Any, platform: Any):
    platform.gate.clear()
    handle = make()
    raised: list[BaseException] = []

    def work() -> None:
        try:
            handle.run()
        except SbgError as error:
            raised.append(error)

    caller = threading.Thread(target=work)
    caller.start()
    assert platform.waiting.wait(20)
    waiter = threading.Thread(target=handle.wait)
    waiter.start()
    assert waiter.is_alive()
    handle.stop()
    assert handle.status == TransferState.STOPPED
    waiter.join(20)
    caller.join(20)
    assert not waiter.is_alive()
    assert len(raised) == 1


def test_who_waits_before_the_thread_is_there_waits_for_the_end(make: Any, monkeypatch: pytest.MonkeyPatch):
    handle, waited = make(), []
    start = threading.Thread.start

    def slowly(thread: threading.Thread) -> None:
        if thread is handle:
            waiter = threading.Thread(target=lambda: waited.append((handle.wait(), handle.status)))
            start(waiter)
            waiter.join(0.05)
            assert waited == []  # it was begun, and has not ended
            start(thread)
            waiter.join(20)
        else:
            start(thread)

    monkeypatch.setattr(threading.Thread, "start", slowly)
    handle.start()
    assert waited == [(None, TransferState.COMPLETED)]


def test_a_pause_and_a_resume_at_once_leave_status_and_transfer_alike(make: Any, platform: Any, error: Any):
    handle = in_state("RUNNING", make, platform, error)
    control, resumed = handle._control, threading.Event()
    pause = control.pause

    def resume() -> None:
        handle.resume()
        resumed.set()

    def pausing() -> None:
        threading.Thread(target=resume).start()
        resumed.wait(0.2)
        pause()

    control.pause = pausing
    handle.pause()
    assert resumed.wait(20)
    assert (handle.status, control.paused) == (TransferState.RUNNING, False)
    platform.gate.set()
    handle.wait()


@pytest.mark.parametrize("arguments", [{"part_size": "5"}, {"part_size": True}, {"retry_count": "6"}, {"timeout": "1"}])
def test_numbers_that_are_none(make: Any, api: Any, tmp_path: Path, arguments: dict[str, Any]):
    (tmp_path / "local").write_bytes(b"x")
    for kind in (
        lambda: Upload(tmp_path / "local", "me/project", api=api, **arguments),
        lambda: Download("https://x.example.org/y", tmp_path / "new", api=api, **arguments),
    ):
        with pytest.raises(SbgError, match=next(iter(arguments))) as caught:
            kind()
        assert caught.value.remedy


def test_files_are_given_the_time_that_the_documentation_states() -> None:
    assert retrying(None, None) == (6, Patience(silence=300))
    assert retrying(2, 40) == (2, Patience(silence=40))
    for method in (File.download, File.upload, Download.__init__, Upload.__init__):
        parameters = inspect.signature(method).parameters
        assert parameters["timeout"].default == 300
        assert (parameters.get("retry") or parameters["retry_count"]).default == 6
