"""Transfers of a program that has replaced how `requests` sends: it answers the requests for their bytes, too."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from omicsdk.compat.sevenbridges import Api
from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.transfer.download import Download
from omicsdk.compat.sevenbridges.transfer.upload import Upload
from omicsdk.core import ConnectFailed, TimedOut

PLATFORM, STORAGE = "https://api.example.org/v2", "https://storage.example.org/bytes"
CONTENT = bytes(range(256)) * 100_000


class Double(requests.adapters.HTTPAdapter):
    """Responds as the platform and its storage do; `faults` come first, for requests to the storage."""

    def __init__(self) -> None:
        self.parts = dict[str, bytes]()
        self.reports = list[dict[str, Any]]()
        self.faults = list[int | Exception]()
        self.ranged = True

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        url, body = str(request.url), request.body or b""
        assert isinstance(body, bytes)
        if url.startswith(STORAGE):
            return self._stored(url, request, body)
        if "/complete" in url:
            payload: Any = {"id": "f1", "name": "another name", "size": len(CONTENT)}
        elif request.method == "GET" and (match := re.search(r"/part/(\d+)$", url)):
            payload = {"url": f"{STORAGE}/{match[1]}"}
        elif url.endswith("/part/"):
            self.reports.append(json.loads(body))
            payload = {}
        else:
            payload = {"upload_id": "u1", "part_size": 10_000_000}
        return response(200, json.dumps(payload).encode())

    def _stored(self, url: str, request: requests.PreparedRequest, body: bytes) -> requests.Response:
        if self.faults:
            fault = self.faults.pop(0)
            if isinstance(fault, Exception):
                raise fault
            return response(fault)
        if request.method == "PUT":
            self.parts[url.rpartition("/")[2]] = body
            return response(200, ETag=f'"{len(body)}"')
        match = re.match(r"bytes=(\d+)-(\d*)", request.headers.get("Range", ""))
        if not (match and self.ranged):
            return response(200, CONTENT, ETag='"e"')
        start, end = int(match[1]), min(int(match[2] or len(CONTENT)), len(CONTENT) - 1) + 1
        headers = {"ETag": '"e"', "Content-Range": f"bytes {start}-{end - 1}/{len(CONTENT)}"}
        return response(206, CONTENT[start:end], **headers)


def response(status: int, content: bytes = b"", **headers: str) -> requests.Response:
    reply = requests.Response()
    reply.status_code, reply.raw = status, io.BytesIO(content)
    reply.headers.update(headers)
    return reply


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Double:
    adapter = Double()
    monkeypatch.setattr(requests.Session, "get_adapter", lambda *_, **__: adapter)
    return adapter


@pytest.fixture
def replaced(double: Double) -> Iterator[Api]:
    del double
    with Api(PLATFORM, "t") as api:
        yield api


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "reads.bin"
    path.write_bytes(CONTENT)
    return path


def test_the_parts_of_an_upload(replaced: Api, double: Double, file: Path):
    double.faults = [503, requests.ConnectionError("lost")]
    upload = Upload(file, "me/project", api=replaced, part_size=10_000_000, resume=False)
    upload.start()
    upload.wait()
    uploaded = upload.result()
    assert uploaded is not None
    assert (uploaded.id, uploaded.name) == ("f1", "another name")
    assert b"".join(double.parts[number] for number in "123") == CONTENT
    etags = {report["part_number"]: report["response"]["headers"]["ETag"] for report in double.reports}
    assert etags == {1: "10000000", 2: "10000000", 3: "5600000"}


@pytest.mark.parametrize("ranged", [True, False])
def test_the_bytes_of_a_download(replaced: Api, double: Double, tmp_path: Path, ranged: bool):
    double.ranged, double.faults = ranged, [503]
    download = Download(f"{STORAGE}/f1", tmp_path / "copy", api=replaced)
    download.start()
    download.wait()
    assert (tmp_path / "copy").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("raised", "kind"), [(requests.ConnectTimeout("no"), TimedOut), (requests.ConnectionError("no"), ConnectFailed)]
)
def test_a_storage_that_is_not_reached(
    replaced: Api, double: Double, file: Path, raised: Exception, kind: type[Exception]
):
    double.faults = [raised] * 9
    upload = Upload(file, "me/project", api=replaced, retry_count=0, resume=False)
    upload.start()
    with pytest.raises(SbgError) as caught:
        upload.wait()
    assert isinstance(caught.value, kind)


def test_an_exception_of_the_program_itself(replaced: Api, double: Double, file: Path):
    double.faults = [ZeroDivisionError("its own")] * 9
    upload = Upload(file, "me/project", api=replaced, resume=False)
    upload.start()
    with pytest.raises(SbgError, match="its own") as caught:
        upload.wait()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
