"""Receiving notifications: what is taken, what is refused, and when a sender hears that it arrived."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import pytest
from notification_message import MESSAGE, signed
from omicsdk.core import TimedOut, UsageError
from omicsdk.hca.dss import Listener, notifications
from waiting import until


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener(path="/hook") as listening:
        yield listening


def post(url: str, message: dict[str, Any] | None = None, **how: Any) -> "Sent":
    return Sent(url, {"json": MESSAGE if message is None else message, **how})


class Sent:
    """A request in a thread; `status` waits for its response."""

    def __init__(self, url: str, how: dict[str, Any]) -> None:
        def send() -> None:
            self._response = httpx.post(url, trust_env=False, timeout=30, **how)

        self._thread = threading.Thread(target=send)
        self._thread.start()

    @property
    def status(self) -> int:
        self._thread.join(30)
        return self._response.status_code


def test_a_sender_is_answered_when_it_is_dealt_with(listener: Listener):
    sent = post(listener.url)
    with listener.receive(30) as notification:
        assert notification.payload == MESSAGE
        assert sent._thread.is_alive()
    assert sent.status == 200


def test_what_fails_comes_again_and_what_is_known_does_not(listener: Listener):
    sent = post(listener.url)
    with pytest.raises(ZeroDivisionError), listener.receive(30):
        _ = 1 / 0
    assert sent.status == 503
    again = post(listener.url)
    with listener.receive(30) as notification:
        assert notification.transaction_id == "t1"
    assert again.status == 200
    assert post(listener.url).status == 200  # not passed to a handler
    with pytest.raises(TimedOut, match="no notification was received at"), listener.receive(0.01):
        raise AssertionError


def test_two_attempts_at_once_are_one_notification(listener: Listener):
    first, second = post(listener.url), post(listener.url)
    with listener.receive(30):
        pass
    assert (first.status, second.status) == (200, 200)
    with pytest.raises(TimedOut), listener.receive(0.01):
        raise AssertionError


def test_a_loop_that_fails_gets_the_notification_again(listener: Listener):
    sent = post(listener.url)
    with pytest.raises(ZeroDivisionError):
        print(*(1 / 0 for _ in listener))
    assert sent.status == 503
    again = post(listener.url)
    received = iter(listener)
    assert next(received).subscription_id == "s1"
    other = post(listener.url, {**MESSAGE, "transaction_id": "t2"})
    assert next(received).transaction_id == "t2"
    assert again.status == 200
    received.close()  # as `break` does it
    assert other.status == 503


def test_a_waiting_request_at_the_end_gets_a_503_to_retry():
    with Listener() as listening:
        sent = post(listening.url)
        until(lambda: listening._waiting)
    assert sent.status == 503


def test_other_requests(listener: Listener):
    root = listener.url.removesuffix("/hook")
    with httpx.Client(trust_env=False) as client:
        assert client.post(root).status_code == 404
        response = client.get(listener.url)
        assert (response.status_code, response.headers["allow"]) == (405, "POST, PUT")
        assert client.head(listener.url).status_code == 405
        assert client.post(listener.url, content=iter([b"{}"])).status_code == 411
    connection = HTTPConnection(root.removeprefix("http://"))
    connection.putrequest("POST", "/hook")
    connection.putheader("Content-Length", "99999999")
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_connection_that_breaks_is_no_trouble(listener: Listener):
    port = int(listener.url.split(":")[2].partition("/")[0])
    for start in (b"", b"nonsense\r\n\r\n", b"POST /hook HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(start)
    sent = post(listener.url)
    with listener.receive(30):
        pass
    assert sent.status == 200


def test_a_port_that_is_taken(listener: Listener):
    port = int(listener.url.split(":")[2].partition("/")[0])
    with pytest.raises(UsageError, match=f"cannot listen at 127.0.0.1:{port}"):
        Listener(port=port)


@pytest.mark.sandbox
@pytest.mark.parametrize("encoding", ["application/json", "multipart/form-data"])
def test_a_subscription_with_attachments_from_end_to_end(omics_sandbox: Any, dss: Any, source: Path, encoding: str):
    with Listener(keys={"mine": "s3cret"}, path="/hook") as listening:
        made = dss.put_subscription(
            replica="aws",
            callback_url=listening.url,
            encoding=encoding,
            hmac_key_id="mine",
            hmac_secret_key="s3cret",
            jmespath_query="event_type == 'CREATE'",
            attachments={"organs": {"type": "jmespath", "expression": "files.cell_suspension_json[].organ"}},
        )
        bundle = omics_sandbox.seed(source)
        with listening.receive(30) as notification:
            assert notification.subscription_id == made.uuid
            assert (notification.bundle_uuid, notification.key_id) == (bundle["bundle_uuid"], "mine")
            assert notification.attachments == {"organs": ["brain"]}


OMICS = str(Path(sys.executable).with_name("omics"))


class Listening:
    """`omics dss listen` as a process."""

    def __init__(self, *words: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [OMICS, "dss", "listen", "--port", "0", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        assert self.process.stderr is not None
        self.first_line = self.process.stderr.readline()
        self.url = self.first_line.split()[-1]


def test_closing_waits_for_the_response_to_what_was_dealt_with(monkeypatch):
    at_it, go_on = threading.Event(), threading.Event()
    respond = notifications.Handler._respond

    def slowly(handler: Any, status: int, message: str) -> None:
        at_it.set()
        go_on.wait(30)
        respond(handler, status, message)

    monkeypatch.setattr(notifications.Handler, "_respond", slowly)
    listener = Listener().start()
    sent = post(listener.url)
    with listener.receive(30):
        pass
    assert at_it.wait(30)
    closing = threading.Thread(target=listener.close)
    closing.start()
    closing.join(0.2)
    assert closing.is_alive()
    go_on.set()
    assert sent.status == 200
    closing.join(30)
    assert not closing.is_alive()


def test_the_command_prints_lines_and_ends():
    listening = Listening("--max", "2", "--hmac-key-id", "k", OMICS_DSS_HMAC_KEY="secret")
    import time

    bodies = [json.dumps({**MESSAGE, "transaction_id": f"t{n}"}).encode() for n in range(2)]
    assert post(listening.url).status == 401
    for body in bodies:
        assert Sent(listening.url, {"content": body, "headers": signed(body, at=time.time())}).status == 200
    out, err = listening.process.communicate(timeout=30)
    assert [json.loads(line)["transaction_id"] for line in out.splitlines()] == ["t0", "t1"]
    assert listening.process.returncode == 0
    assert "a request was refused: the request has no Authorization header" in err
    assert "secret" not in err


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_the_command_ends_by_ctrl_c():
    listening = Listening()
    assert listening.process.stderr is not None
    assert "signatures are not verified" in listening.process.stderr.readline()
    listening.process.send_signal(signal.SIGINT)
    out, err = listening.process.communicate(timeout=30)
    assert (listening.process.returncode, out, err) == (130, "", "omics: interrupted.\n")


def test_a_command_for_each_notification(tmp_path: Path):
    script = tmp_path / "deal.py"
    script.write_text(
        "import json, pathlib, sys\n"
        "message = json.load(sys.stdin)\n"
        "mark = pathlib.Path(sys.argv[1])\n"
        "first = not mark.exists()\n"
        "mark.write_text(message['transaction_id'])\n"
        "sys.exit(first)\n"
    )
    listening = Listening("--once", "--exec", f"'{sys.executable}' '{script}' '{tmp_path / 'mark'}'")
    assert post(listening.url).status == 503
    assert post(listening.url).status == 200
    _, err = listening.process.communicate(timeout=30)
    assert listening.process.returncode == 3
    assert "t1: " in err
    assert "exited with 1; the notification will be sent again" in err
    assert (tmp_path / "mark").read_text() == "t1"


def test_nothing_comes(capfd: pytest.CaptureFixture[str]):
    from omicsdk.cli.main import main

    assert main(["dss", "listen", "--port", "0", "--timeout", "0.01"]) == 1
    err = capfd.readouterr().err
    assert "no notification was received at http://127.0.0.1:" in err
    assert "callback URL" in err
