"""What the benchmark of transfers measures with does what it claims."""

import http.client
import json
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmark asks Linux for what it measures")

WORKER = Path(__file__).parents[2] / "benchmarks" / "transferring" / "worker.py"


@pytest.fixture
def sink():
    """A connection to the sink of uploads."""
    from transferring.sink import answer

    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = http.client.HTTPConnection(*listener.getsockname(), timeout=10)
        connection.connect()
        accepted, _ = listener.accept()
    thread = threading.Thread(target=answer, args=(accepted,))
    thread.start()
    yield connection
    connection.close()
    thread.join()


def asked(connection, method, target, body=None, headers=None):
    connection.request(method, target, body, headers or {})
    answer = connection.getresponse()
    return answer, answer.read()


def test_the_sink_takes_a_multipart_upload(sink):
    begun, xml = asked(sink, "POST", "/bucket/key?uploads")
    assert begun.status == 200
    assert b"<UploadId>" in xml
    body = bytes(3 << 20)
    part, _ = asked(sink, "PUT", "/bucket/key?partNumber=1&uploadId=1", body, {"x-amz-checksum-crc32c": "aBc+/w=="})
    assert len(part.headers["ETag"].strip(chr(34))) == 16  # no MD5, which a resumed upload would be compared with
    assert part.headers["x-amz-checksum-crc32c"] == "aBc+/w=="
    _, xml = asked(sink, "POST", "/bucket/key?uploadId=1", b"<CompleteMultipartUpload/>")
    assert b"<CompleteMultipartUploadResult>" in xml
    given_up, _ = asked(sink, "DELETE", "/bucket/key?uploadId=1")
    assert given_up.status == 204


def test_the_sink_counts_what_came(sink):
    before = int(asked(sink, "GET", "/")[1])
    asked(sink, "PUT", "/bucket/key", bytes(100_000))
    assert int(asked(sink, "GET", "/")[1]) - before == 100_000


def test_the_sink_lets_a_client_wait_for_its_leave(sink):
    sink.sock.sendall(b"PUT /bucket/key HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
    assert sink.sock.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
    sink.sock.sendall(b"abcd")
    assert sink.sock.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_commands_are_spelled_without_what_differs_from_run_to_run():
    from transferring.programs import spelled

    out = Path("/dev/shm/omicsdk-bench-x_1/out")
    command = ["/usr/bin/curl", "--output", out / "one", "http://127.0.0.1:4711/one"]
    assert spelled(command, ["sync", "-f", out]) == "curl --output OUT/one URL/one && sync -f OUT"


def test_files_that_are_missing_or_cut_are_found(tmp_path):
    from transferring.files import Served, whole

    files = [Served("one", 3, "", ""), Served("two", 3, "", "")]
    (tmp_path / "one").write_bytes(b"abc")
    with pytest.raises(RuntimeError, match="1 of 2 files aren't whole"):
        whole(tmp_path, files)()
    (tmp_path / "two").write_bytes(b"ab")
    with pytest.raises(RuntimeError, match="two"):
        whole(tmp_path, files)()
    (tmp_path / "two").write_bytes(b"abc")
    whole(tmp_path, files)()


def test_cases_have_names_of_their_own():
    from transferring.cases import ENTRIES

    names = [entry.name for entry in ENTRIES]
    assert len(set(names)) == len(names)


def test_a_worker_tells_what_a_task_took_and_why_one_failed():
    lines = [json.dumps({"do": "nothing"}), json.dumps({"do": "what"})]
    done = subprocess.run([sys.executable, WORKER], input="\n".join(lines) + "\n", capture_output=True, text=True)
    took, failed = map(json.loads, done.stdout.splitlines())
    assert took["wall"] < 10
    assert set(took) == {"wall", "cpu", "rose"}
    assert failed == {"error": "KeyError: 'what'"}


@pytest.mark.parametrize("by_calls", [True, False])
def test_files_behind_an_api_are_found_as_the_package_finds_them(by_calls: bool):
    from transferring.worker import _finder

    find = _finder("http://127.0.0.1:9/v1", by_calls=by_calls)
    locate, renew = find("name", "http://127.0.0.1:9/f7", 20_000, "a" * 64)
    if by_calls:
        assert callable(locate)
        assert renew is None
    else:
        assert locate.url == "http://127.0.0.1:9/v1/files/f7?replica=aws"
        assert callable(renew)
