"""A Pangea without a network that has fields and hands their files over to servers on loopback: fixtures for tests of files."""

import hashlib
import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from breakable import Server
from omicsdk.compat.pangea_api import Knex, Organization, SampleAnalysisResultField, SampleGroup
from omicsdk.core import ANONYMOUS
from omicsdk.pangea import FieldId, Pangea
from sink import Reply, Sink

LIBRARY = ("My Lab", "11b7a7e0-0000-4000-8000-000000000001")
"""Names of the organization and of the library that a FieldServer has, the latter's its uuid."""
STAMP = "2026-11-20T07:51:04.000000Z"


def field(uuid: str, name: str, data: Any) -> dict[str, Any]:
    """A field of a result in a manifest."""
    return {"uuid": uuid, "name": name, "stored_data": data}


def result(
    uuid: str, module: str, *fields: Any, replicate: str = "r", updated: str | None = "2026-01-01"
) -> dict[str, Any]:
    """A result in a manifest."""
    about = {"uuid": uuid, "module_name": module, "replicate": replicate, "updated_at": updated}
    return {**about, "fields": list(fields)}


def manifest(samples: dict[str, list[Any]], results_of_group: list[Any] | None = None) -> dict[str, Any]:
    """The manifest of the library, with the results of its samples and its own."""
    listed = [{"uuid": f"u-{name}", "name": name, "analysis_results": results} for name, results in samples.items()]
    return {"uuid": LIBRARY[1], "name": "Gut", "samples": listed, "analysis_results": results_of_group or []}


class FieldServer:
    """Responds as the real server does, where it is about fields and their files."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.requests: list[tuple[str, str, Any]] = []
        self.orders: list[str] = []  # the work orders that requests name
        self.stored: dict[str, Any] = {}  # of each field
        self.manifest: dict[str, Any] = {}
        self._upload_numbers = count(1)
        self.uploads: dict[str, tuple[str, int]] = {}  # the field and the number of parts of each upload
        self.objects: dict[str, tuple[int, str]] = {}  # size and ETag of each field's object
        self.signatures = 0
        self.sign: Callable[[str, dict[str, Any]], dict[str, Any]] = lambda _, data: data
        self.faults: list[httpx.Response | Exception] = []
        self.completing: list[httpx.Response | Exception | None] = []
        self.knex = Knex("http://pangea.test", transport=httpx.MockTransport(self.response))
        self.client = Pangea("http://pangea.test", credentials=ANONYMOUS, transport=httpx.MockTransport(self.response))
        org = Organization(self.knex, "My Lab")
        org._fetched({"uuid": "org", "name": "My Lab", "created_at": STAMP, "updated_at": STAMP})
        self.library: SampleGroup = org.sample_group("Gut")
        self.library.uuid = LIBRARY[1]
        self.library._already_fetched = True

    def put_field(self, uuid: str = "f1", data: Any = None) -> FieldId:
        """A field on the server."""
        self.stored[uuid] = {} if data is None else data
        return FieldId(uuid)

    def field(self, uuid: str = "f1", data: Any = None, name: str = "reads", sample: str = "s 1") -> Any:
        """The same as an object of the face."""
        self.put_field(uuid, data)
        owner = self.library.sample(sample)
        result = owner.analysis_result("raw::x", replicate="r1")
        owner.uuid, result.uuid = "sample", "ar"
        owner._already_fetched = result._already_fetched = True
        made = SampleAnalysisResultField(self.knex, result, name)
        return made._fetched(self._blob(uuid, name))

    def _blob(self, uuid: str, name: str = "reads") -> dict[str, Any]:
        data = self.sign(uuid, dict(self.stored[uuid]))
        about = {"name": name, "created_at": STAMP, "updated_at": STAMP, "analysis_result": "ar"}
        return {"uuid": uuid, "stored_data": data, **about}

    def response(self, request: httpx.Request) -> httpx.Response:
        path, body = request.url.path, json.loads(request.content or b"null")
        if request.url.host == "127.0.0.1":
            return self._object(request)
        self.requests.append((request.method, path, body))
        self.orders.append(request.url.params.get("work_order_uuid", ""))
        if self.faults:
            return self._raised(self.faults.pop(0))
        uuid, action, *_ = (path.removeprefix("/api/sample_ar_fields/") + "/").split("/")
        if path.endswith("/manifest"):
            return httpx.Response(200, json=self.manifest)
        if uuid not in self.stored:
            return httpx.Response(404, json={"detail": "Not found."})
        match action:
            case "upload_s3":
                return self._begun(uuid, body)
            case "complete_upload_s3":
                return self._completed(uuid, body)
            case _:
                return httpx.Response(200, json=self._blob(uuid))

    def _begun(self, uuid: str, body: dict[str, Any]) -> httpx.Response:
        name = body["filename"]
        self.stored[uuid] = self.stored[uuid] or {
            "__type__": "s3",
            "uri": f"s3://bkt/pangea/v1/Gut/samples/s 1/{name}",
            "endpoint_url": self.sink.url("").rstrip("/"),
        }
        if body.get("stance") != "upload-multipart":
            fields = {"key": f"pangea/v1/Gut/samples/s 1/{name}", "policy": "canary", "signature": "canary"}
            return httpx.Response(200, json={"url": self.sink.url("bkt"), "fields": fields})
        upload_id = f"up{next(self._upload_numbers)}"
        self.uploads[upload_id] = uuid, body["n_parts"]
        urls = [
            self.sink.url("bkt/key", f"uploadId={upload_id}&partNumber={number}&Signature=canary")
            for number in range(1, body["n_parts"] + 1)
        ]
        return httpx.Response(200, json={"urls": urls, "upload_id": upload_id})

    def _completed(self, uuid: str, body: dict[str, Any]) -> httpx.Response:
        if self.completing and (planned := self.completing.pop(0)) is not None:
            return self._raised(planned)
        pieces = self.pieces(body["upload_id"])
        etags = {part["PartNumber"]: part["ETag"].strip('"') for part in body["parts"]}
        if etags != {number: hashlib.md5(piece).hexdigest() for number, piece in pieces.items()}:
            return httpx.Response(200)  # as the real server does
        digests = b"".join(hashlib.md5(pieces[number]).digest() for number in sorted(pieces))
        etag = f"{hashlib.md5(digests).hexdigest()}-{len(pieces)}"
        self.objects[uuid] = sum(map(len, pieces.values())), etag
        return httpx.Response(200, json={"status": "success", "upload_id": body["upload_id"]})

    def pieces(self, upload_id: str) -> dict[int, bytes]:
        """What the sink has of an upload."""
        received: dict[int, bytes] = {}
        for key, data in list(self.sink.stored.items()):
            if f"uploadId={upload_id}&" in key:
                received[int(key.partition("partNumber=")[2].partition("&")[0])] = data
        return received

    def body(self, upload_id: str) -> bytes:
        """The parts of an upload, put together."""
        pieces = self.pieces(upload_id)
        return b"".join(pieces[number] for number in sorted(pieces))

    def of(self, end: str) -> list[Any]:
        """The bodies of requests whose path ends so."""
        return [body for _, path, body in self.requests if path.endswith(end)]

    def _object(self, request: httpx.Request) -> httpx.Response:
        uuid = next((stored for stored in self.stored if self.objects.get(stored)), "")
        if not uuid:
            return httpx.Response(404)
        size, etag = self.objects[uuid]
        assert request.headers["range"] == "bytes=0-0"
        assert "authorization" not in request.headers
        return httpx.Response(206, headers={"content-range": f"bytes 0-0/{size}", "etag": f'"{etag}"'}, content=b"x")

    @staticmethod
    def _raised(planned: httpx.Response | Exception) -> httpx.Response:
        if isinstance(planned, Exception):
            raise planned
        return planned


@pytest.fixture
def pangea(sink: Sink, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[FieldServer]:
    """A server with fields; what it remembers is in a folder of the test's own."""
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("PANGEA_API_CACHE_DIR", str(tmp_path / "cache"))
    made = FieldServer(sink)
    # What it counts is the form; an ETag of a store is that of the file.
    sink.always = lambda sent: Reply(204, {"ETag": '"of the file"'}) if sent.method == "POST" else None
    yield made
    made.knex.close()
    made.client.close()


def signed(server: Server, path: str, signature: str = "1") -> dict[str, Any]:
    """What a field has of a file on S3 that a server has."""
    return {
        "__type__": "s3",
        "uri": f"s3://bkt/{path}",
        "endpoint_url": server.url("").rstrip("/"),
        "presigned_url": f"{server.url(path)}?Signature={signature}",
    }
