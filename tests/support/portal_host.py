"""Services behind lists on loopback: files, Azul with what it answers first, Google's storage and Seven Bridges, as far as a download needs them."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import pytest
from breakable import Request, Response, Server
from loopback import Head
from omicsdk.core.checksums import digest
from unsettled import unsettled

SAMPLES = Path(__file__).parents[1] / "data" / "portals" / "samples"


def content(name: str) -> bytes:
    """What the file of a name in the samples holds."""
    return f"content of {name}\n".encode()


#: The UUIDs that the samples have, by numbers.
U = "{0:08x}-0000-4000-8000-{0:012x}".format


class PortalHost(Server):
    """One server for all of them; what the samples call https://files.example.org."""

    def __init__(self) -> None:
        self.azul: dict[str, dict[str, Any]] = {}
        self.azul_states: dict[str, list[dict[str, Any]]] = {}  # by uuid, what is answered before the file's place
        self.gdc: dict[str, dict[str, Any]] = {}  # what the GDC states of files, by their ids
        self.tokens: dict[str, str] = {}  # by start of a path, "header: value" that it wants
        super().__init__()

    @property
    def name(self) -> str:
        return f"127.0.0.1:{self.port}"

    def sample(self, name: str, folder: Path) -> Path:
        """A sample whose URLs are this server's, in a folder."""
        data = (SAMPLES / name).read_bytes()
        if not name.endswith(".zip"):
            data = data.replace(b"https://files.example.org", self.url("").rstrip("/").encode())
            data = data.replace(b"files.example.org", self.name.encode())
        path = folder / name
        path.write_bytes(data)
        return path

    def gdc_manifest(self, folder: Path) -> Path:
        """The sample of a manifest of the GDC in a folder; this server has its two files."""
        for number, name in ((41, "t.bam"), (42, "n.bam")):
            self.put(f"gdc/data/{U(number)}", content(name))
        return self.sample("gdc_manifest.txt", folder)

    def environment(self) -> dict[str, str]:
        """The variables that point to its services."""
        return {
            "OMICS_GDC_URL": self.url("gdc"),
            "OMICS_GOOGLE_URL": self.url("google"),
            "AWS_ENDPOINT_URL_S3": self.url("s3"),
            "SB_API_ENDPOINT": self.url("sb"),
            "SB_AUTH_TOKEN": "0" * 32,
        }

    def respond(self, connection: Any, reader: Any, head: Head) -> bool:
        sent = reader.read(int(head.headers.get("content-length", 0)))
        token = next((text for start, text in self.tokens.items() if head.path.startswith(start)), "")
        header, _, value = token.partition(": ")
        payload: Any = None
        if token and head.headers.get(header.lower()) != value:
            return self._send(connection, self._noted(head), Response(403, {}, b'{"message": "no access"}'))
        if head.path.startswith(("index/", "fetch/repository/files/")):
            payload = self._azul(head.path, parse_qs(head.query))
        elif head.path.startswith("sb/files/") and head.path.endswith("/download_info"):
            payload = {"url": self.url("sb-storage/" + head.path.split("/")[2])}
        elif head.path == "gdc/files":
            payload = self._gdc(json.loads(sent))
        elif head.method == "HEAD":
            return self._send(connection, self._noted(head), self._google(unquote(head.path)))
        if payload is not None:
            content = json.dumps(payload).encode()
            return self._send(
                connection, self._noted(head), Response(200, {"Content-Type": "application/json"}, content)
            )
        return super().respond(connection, reader, head)

    def _gdc(self, search: dict[str, Any]) -> Any:
        ids = sorted(id for id in search["filters"]["content"]["value"] if id in self.gdc)
        page = ids[search["from"] : search["from"] + search["size"]]
        hits = [{"file_id": id, **self.gdc[id]} for id in page]
        return {"data": {"hits": hits, "pagination": {"count": len(hits), "total": len(ids)}}}

    def _azul(self, path: str, query: dict[str, list[str]]) -> Any:
        if path == "index/catalogs":
            catalog = {"atlas": "hca", "internal": False, "plugins": {}}
            return {"default_catalog": "dcp1", "catalogs": {"dcp1": catalog}}
        if path == "index/files":
            uuids = json.loads(query["filters"][0])["fileId"]["is"]
            hits = [
                {"entryId": uuid, "files": [{"uuid": uuid, **self.azul[uuid]}]} for uuid in uuids if uuid in self.azul
            ]
            return {"hits": hits, "pagination": {"next": None}, "termFacets": {}}
        uuid = path.rpartition("/")[2]
        states = self.azul_states.get(uuid)
        return states.pop(0) if states else {"Status": 302, "Location": self.url(f"storage/{uuid}")}

    def _noted(self, head: Head) -> Request:
        request = Request(head.path, head.query, head.headers, method=head.method)
        self.requests.append(request)
        return request

    def _google(self, path: str) -> Response:
        body = self.files.get(path)
        if body is None:
            return Response(404)
        sums = {name: base64.b64encode(bytes.fromhex(digest(body, name))).decode() for name in ("crc32c", "md5")}
        headers = {"x-goog-hash": ",".join(f"{name}={value}" for name, value in sums.items())}
        if path.startswith("s3/"):
            headers = {"Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
        return Response(200, headers, b"", length=len(body))


@pytest.fixture
def portal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[PortalHost]:
    """The services, which the environment of an empty folder points to."""
    unsettled(monkeypatch, tmp_path)
    host = PortalHost()
    for name, value in host.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    yield host
    host.close()
