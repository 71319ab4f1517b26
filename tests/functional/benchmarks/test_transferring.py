"""The tools of the transfer benchmark."""

import http.client
import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmark asks Linux for what it measures")

WORKER = Path(__file__).parents[3] / "benchmarks" / "transferring" / "worker.py"


@pytest.fixture
def sink():
    """A connection to the sink of uploads."""
    from transferring.sink import response

    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = http.client.HTTPConnection(*listener.getsockname(), timeout=60)
        connection.connect()
        accepted, _ = listener.accept()
    thread = threading.Thread(target=response, args=(accepted,))
    thread.start()
    yield connection
    connection.close()
    thread.join()


def response_to(connection, method, target, body=None, headers=None):
    connection.request(method, target, body, headers or {})
    response = connection.getresponse()
    return response, response.read()


def test_the_sink_takes_a_multipart_upload(sink):
    begun, xml = response_to(sink, "POST", "/bucket/key?uploads")
    assert begun.status == 200
    assert b"<UploadId>" in xml
    body = bytes(3 << 20)
    part, _ = response_to(
        sink, "PUT", "/bucket/key?partNumber=1&uploadId=1", body, {"x-amz-checksum-crc32c": "aBc+/w=="}
    )
    assert len(part.headers["ETag"].strip(chr(34))) == 16  # no MD5, which a resumed upload would be compared with
    assert part.headers["x-amz-checksum-crc32c"] == "aBc+/w=="
    _, xml = response_to(sink, "POST", "/bucket/key?uploadId=1", b"<CompleteMultipartUpload/>")
    assert b"<CompleteMultipartUploadResult>" in xml
    given_up, _ = response_to(sink, "DELETE", "/bucket/key?uploadId=1")
    assert given_up.status == 204


def test_the_sink_counts_what_came(sink):
    before = int(response_to(sink, "GET", "/")[1])
    response_to(sink, "PUT", "/bucket/key", bytes(100_000))
    assert int(response_to(sink, "GET", "/")[1]) - before == 100_000


def test_the_sink_lets_a_client_wait_for_its_leave(sink):
    sink.sock.sendall(b"PUT /bucket/key HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    assert sink.sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    sink.sock.sendall(b"abcd")
    assert sink.sock.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_a_worker_states_what_a_task_took_and_why_one_failed():
    lines = [json.dumps({"do": "nothing"}), json.dumps({"do": "what"})]
    done = subprocess.run([sys.executable, WORKER], input="\n".join(lines) + "\n", capture_output=True, text=True)
    took, failed = map(json.loads, done.stdout.splitlines())
    assert took["wall"] < 10
    assert set(took) == {"wall", "cpu", "rose"}
    assert failed == {"error": "KeyError: 'what'"}


BUSY_SERVER = """
import sys, time
for _ in sys.stdin:
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
    print("served", flush=True)
"""


def test_the_floor_counts_what_every_server_takes(tmp_path):
    """A service that only redirects takes a core's time as the server of the bytes does."""
    from transferring.floor import Floor

    with subprocess.Popen(
        [sys.executable, "-c", BUSY_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None

        def receive() -> None:
            print("request", file=server.stdin, flush=True)
            assert server.stdout.readline() == "served\n"

        floor = Floor(tmp_path, receive, [], None)
        assert 0.25 < floor.measure() < 5
        assert floor.measure(serving=False) < 0.25
        server.stdin.close()
