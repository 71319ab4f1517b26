"""Uploads to a failing store."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import ServerError, TransportError
from omicsdk.transfer import Location, Patience, PutTo, Upload, upload
from omicsdk.transfer.uploads.sending import FileBody
from omicsdk.transfer.uploads.store import Unconfirmed
from trials import RIGHT

CANARY = "canary"
RESTLESS = Patience(connect=5, silence=1)


@pytest.fixture(params=["parts", "whole"])
def way(request: pytest.FixtureRequest, sink: Any, store: Any) -> tuple[Any, Callable[[], bytes | None], str]:
    """Where to upload to, what is stored there, and the path of its requests."""
    if request.param == "parts":
        return store, lambda: store.body if store.completed else None, "object"
    to = PutTo(lambda _: Location(sink.url("whole", f"X-Amz-Signature={CANARY}")))
    return to, lambda: next((body for key, body in sink.stored.items() if key.startswith("whole")), None), "whole"


@pytest.mark.fault("upload: 408, 429, 500, 502, 503, 504 twice, with and without Retry-After", ends=RIGHT)
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("headers", [{}, {"Retry-After": "40"}])
def test_passing(
    trial: Any, sink: Any, way: Any, file: Path, reply: Any, clock: Any, status: int, headers: Any
) -> None:
    to, stored, path = way
    sink.fault(path, *[lambda _: reply(status, headers)] * 2)
    trial.upload(file, to, stored, clock=clock)
    assert clock.passed >= 35 if headers else clock.slept < 30


@pytest.mark.fault("upload: 503, always", ends="ServiceUnavailable")
def test_lasting(trial: Any, sink: Any, way: Any, file: Path, reply: Any, clock: Any) -> None:
    to, stored, _ = way
    sink.always = lambda _: reply(503)
    trial.upload(file, to, stored, clock=clock, retries=2)
    assert len(sink.requests) < 50


@pytest.mark.fault("upload: connection reset while a body is sent, or instead of a response", ends=RIGHT)
@pytest.mark.parametrize("read", [0, 500, None])
def test_reset(trial: Any, sink: Any, way: Any, file: Path, reply: Any, clock: Any, read: int | None) -> None:
    to, stored, path = way
    sink.fault(path, *[lambda _: reply(read=read, reset=True)] * 2)
    trial.upload(file, to, stored, clock=clock)


HEADS = {
    "200": b'HTTP/1.1 200 OK\r\nETag: "0123456789abcdef0123456789abcdef"\r\nContent-Length: 0\r\n',
    "307": b"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:9/elsewhere\r\nContent-Length: 0\r\n",
    "400": b"HTTP/1.1 400 No\r\nContent-Length: 0\r\n",
    "403": b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n",
    "404": b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n",
    "503": b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n",
}
"""How answers begin; each lacks the blank line at its end."""


@pytest.mark.fault("upload: connection closed before the response's head is whole", ends=RIGHT)
@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_half_a_head(
    trial: Any, sink: Any, way: Any, file: Path, reply: Any, clock: Any, head: bytes, reset: bool
) -> None:
    to, stored, path = way
    # Each place is cut once, closed or reset, in parts or whole, and those at the end in all ways; the last one lacks half of the
    # blank line.
    places = len(head) + 2
    for end in sorted({*range(int(reset) + 2 * (path == "whole"), places, 4), *range(places - 4, places)}):
        sink.fault(path, lambda _, end=end: reply(raw=(head + b"\r\n")[:end], reset=reset))
        before = len(sink.requests)
        report = trial.upload(file, to, stored, clock=clock)
        assert report.outcomes[0].retries == 1
        assert len(sink.requests) > before
        sink.stored.clear()


@pytest.mark.fault("upload: connection reset, always", ends=("ConnectionLost", "TransportError"))
def test_always_reset(trial: Any, sink: Any, way: Any, file: Path, reply: Any, clock: Any) -> None:
    to, stored, _ = way
    sink.always = lambda _: reply(read=100, reset=True)
    trial.upload(file, to, stored, clock=clock, retries=2)


@pytest.mark.fault("upload: a store that accepts the body and never responds", ends="TimedOut")
def test_no_response(trial: Any, sink: Any, way: Any, file: Path, reply: Any, clock: Any) -> None:
    to, stored, _ = way
    sink.always = lambda _: reply(stall=True, keep=False)
    trial.upload(file, to, stored, clock=clock, retries=0, patience=RESTLESS)


@pytest.mark.fault("upload: 403, the presigned URL has expired and is renewed", ends=RIGHT)
def test_ended(trial: Any, sink: Any, way: Any, file: Path, reply: Any, clock: Any) -> None:
    to, stored, path = way
    sink.fault(path, lambda _: reply(403))
    trial.upload(file, to, stored, clock=clock)


@pytest.mark.fault("upload: 403, always", ends="Forbidden")
def test_always_ended(trial: Any, sink: Any, way: Any, file: Path, reply: Any, clock: Any) -> None:
    to, stored, _ = way
    sink.always = lambda _: reply(403)
    trial.upload(file, to, stored, clock=clock, retries=2)
    assert len(sink.requests) < 50


@pytest.mark.fault("upload: a part arrives damaged, detected by its ETag, once", ends=RIGHT)
def test_damaged_once(trial: Any, sink: Any, store: Any, file: Path, reply: Any, clock: Any) -> None:
    sink.fault("object", lambda _: reply(headers={"ETag": f'"{"0" * 32}"'}))
    trial.upload(file, store, lambda: store.body if store.completed else None, clock=clock)


@pytest.mark.fault("upload: a part arrives damaged, detected by its ETag, always", ends="ChecksumMismatch")
def test_damaged_always(trial: Any, sink: Any, store: Any, file: Path, reply: Any, clock: Any) -> None:
    store.part_checksum = "md5"
    sink.always = lambda _: reply(headers={"ETag": f'"{"0" * 32}"'})
    trial.upload(file, store, lambda: store.body if store.completed else None, clock=clock, retries=2)


PAGE = b"<!DOCTYPE html><html><body>Log in to this network.</body></html>"
LIES: dict[str, Any] = {
    "a page": {"headers": {"Content-Type": "text/html"}, "body": PAGE},
    "a page with an ETag": {"headers": {"Content-Type": "text/html", "ETag": '"5f3"'}, "body": PAGE},
    "nothing": {"headers": {"ETag": ""}},
    "the ETag of other bytes": {"headers": {"ETag": f'"{"0" * 32}"'}},
}


@pytest.mark.fault("upload: 200 from a captive portal, or with the ETag of other bytes, once", ends=RIGHT)
@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_lie_once(trial: Any, sink: Any, way: Any, file: Path, reply: Any, clock: Any, lie: Any) -> None:
    to, stored, path = way
    is_silent = path == "whole" and lie is LIES["nothing"]  # HEAD shows that nothing is there
    sink.fault(path, lambda _: reply(**lie, keep=False))
    if is_silent:
        report = upload([Upload(file, to)], clock=clock)
        assert isinstance(report.failed[0].error, Unconfirmed)
        sink.faults.clear()
    trial.upload(file, to, stored, clock=clock)


@pytest.mark.fault(
    "upload: 200 from a captive portal, or with the ETag of other bytes, always",
    ends=("Unconfirmed", "ChecksumMismatch"),
)
@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_lie_always(trial: Any, sink: Any, way: Any, file: Path, reply: Any, clock: Any, lie: Any) -> None:
    to, stored, _ = way
    sink.always = lambda _: reply(**lie, keep=False)
    trial.upload(file, to, stored, clock=clock, retries=2)
    assert sink.stored == {}


@pytest.mark.fault("upload in one request: the source changes while it is sent", ends="SourceChanged")
@pytest.mark.parametrize("how", ["grows", "other bytes"])
def test_changes_whole(
    trial: Any, sink: Any, file: Path, clock: Any, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = FileBody.read

    def read(self: Any, length: int) -> bytes | int:
        with file.open("ab" if how == "grows" else "r+b") as other:
            other.write(b"other bytes")
        os.utime(file, ns=(1, 1))
        return plain(self, length)

    monkeypatch.setattr(FileBody, "read", read)
    trial.upload(file, PutTo(Location(sink.url("whole"))), lambda: None, clock=clock)
    assert sink.stored == {}


@pytest.mark.fault("upload: the source changes while it is sent", ends="SourceChanged")
@pytest.mark.parametrize("how", ["grows", "shrinks", "other bytes"])
def test_changes(trial: Any, sink: Any, store: Any, file: Path, clock: Any, how: str) -> None:
    def changes(_: Any) -> None:
        if how == "grows":
            with file.open("ab") as more:
                more.write(b"more")
        elif how == "shrinks":
            os.truncate(file, 3000)
        else:
            with file.open("r+b") as other:
                other.write(b"other bytes")
            os.utime(file, ns=(1, 1))

    sink.fault("object", lambda _: None, changes)
    trial.upload(file, store, lambda: store.body if store.completed else None, clock=clock, connections=1)


@pytest.mark.fault("upload: the source is removed while it is sent", ends=("SourceChanged", "TransferError", RIGHT))
def test_removed(trial: Any, sink: Any, store: Any, file: Path, clock: Any) -> None:
    sink.fault("object", lambda _: None, lambda _: file.unlink(missing_ok=True))
    content = file.read_bytes()
    report = upload([Upload(file, store, min_delay=0.01)], connections=1, clock=clock)
    (outcome,) = report.outcomes
    trial.ended(RIGHT if outcome.error is None else type(outcome.error).__name__)
    assert store.body == content if outcome.error is None else not store.completed


@pytest.mark.fault("upload: the call that completes it fails, once", ends=RIGHT)
@pytest.mark.parametrize("error", [TransportError("lost", method="POST", url="x"), ServerError("busy", status=503)])
def test_complete_fails(
    trial: Any, sink: Any, store: Any, file: Path, clock: Any, monkeypatch: Any, error: Exception
) -> None:
    real, errors = store.complete, [error]

    def complete(*arguments: Any) -> Any:
        if errors:
            raise errors.pop()
        return real(*arguments)

    monkeypatch.setattr(store, "complete", complete)
    trial.upload(file, store, lambda: store.body if store.completed else None, clock=clock)


@pytest.mark.fault("upload: no server is listening", ends="ConnectFailed")
def test_refused(trial: Any, sink: Any, file: Path, clock: Any) -> None:
    to = PutTo(Location(f"http://127.0.0.1:1/x?X-Amz-Signature={CANARY}"))
    trial.upload(file, to, lambda: None, clock=clock, retries=2)


@pytest.mark.fault("upload: the store is restarted after it began", ends="right file")
def test_restarted(trial: Any, store: Any, file: Path, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing, real = [Location("http://127.0.0.1:1/x")], store.sign
    monkeypatch.setattr(store, "sign", lambda *arguments: refusing.pop() if refusing else real(*arguments))
    store.has_one_server = True
    trial.upload(file, store, lambda: store.body if store.completed else None, clock=clock)
    assert refusing == []
