"""A commons that answers at once, or after a given time, and keeps nothing: it is never what a client waits for.

    python -m data_commons.api SERVER CERTIFICATE DELAY RECORDS

Its objects are those that were PUT to /_objects/ID; their bytes are at SERVER under their ids. Its index has RECORDS records,
and reports it in the order of their GUIDs. It is a proxy, too: clients that CONNECT to it are answered by it within TLS, with the
certificate and key in the folder CERTIFICATE, whichever host and port they ask for.
"""

import asyncio
import contextlib
import hashlib
import json
import ssl
import sys
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, unquote

from answering import Answering, Request, Response, reply

PREFIX = "dg.BENCH"
LONGEST_PAGE = 1024
MOST_AT_ONCE = 100
_OBJECTS = "/ga4gh/drs/v1/objects"
_SIGNED = "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAEXAMPLE&X-Amz-Expires=3600&X-Amz-Signature={}".format(
    "0a" * 32
)
_TUNNEL = b"HTTP/1.1 200 Connection established\r\n\r\n"


def commons(server: str, records: int) -> Response:
    """Responses as a commons does.

    Args:
        server: Where the objects' bytes are.
        records: How many records the index has.
    """
    objects: dict[str, dict[str, object]] = {}
    counts = Counter[str]()
    listed = sorted((record_of(number) for number in range(records)), key=lambda record: str(record["did"]))
    guids = [str(record["did"]) for record in listed]

    @cache
    def page(start: str, limit: int) -> bytes:
        at = bisect_right(guids, start) if start else 0
        told = {"records": listed[at : at + limit], "limit": limit, "start": start or None, "page": None, "ids": None}
        return _told(told)

    def all_records(request: Request) -> bytes:
        query = {name: values[0] for name, values in parse_qs(request.query).items()}
        counts["pages"] += 1
        return page(query.get("start", ""), min(int(query.get("limit", 100)), LONGEST_PAGE))

    def one(id: str) -> bytes:
        counts["objects"] += 1
        return _told(objects[id]) if id in objects else _told({"msg": "no record found", "status_code": 404}, 404)

    def url(id: str) -> str:
        counts["urls"] += 1
        return f"{server}/{id.rpartition('/')[2]}?{_SIGNED}"

    def many(request: Request) -> bytes:
        ids = json.loads(request.body)["bulk_object_ids"]
        if len(ids) > MOST_AT_ONCE:
            return _told({"msg": "too many", "status_code": 413}, 413)
        found = [objects[id] for id in ids if id in objects]
        counts["objects"] += len(found)
        summary = {"requested": len(ids), "resolved": len(found), "unresolved": len(ids) - len(found)}
        return _told({"resolved_drs_objects": found, "unresolved_drs_objects": [], "summary": summary})

    def many_urls(request: Request) -> bytes:
        wanted = json.loads(request.body)["bulk_object_access_ids"]
        if len(wanted) > MOST_AT_ONCE:
            return _told({"msg": "too many", "status_code": 413}, 413)
        found = [
            {"drs_object_id": each["bulk_object_id"], "drs_access_id": way, "url": url(each["bulk_object_id"])}
            for each in wanted
            for way in each["bulk_access_ids"]
        ]
        return _told({"resolved_drs_object_access_urls": found, "unresolved_drs_objects": []})

    fixed = {
        "/wts/external_oidc": {"providers": []},
        "/index/guid/prefix": {"prefix": f"{PREFIX}/"},
        "/user/user": {"username": "bench", "authz": {}},
    }

    def response(request: Request) -> bytes:
        path = unquote(request.path).rstrip("/")
        if request.method == "POST" and path == f"{_OBJECTS}/access":
            return many_urls(request)
        if request.method == "POST" and path == _OBJECTS:
            return many(request)
        if request.method == "PUT" and path.startswith("/_objects/"):
            objects[path.removeprefix("/_objects/")] = json.loads(request.body)
            return reply(204)
        if path == "/_counts":
            return _told(counts)
        if path in ("/index/index", "/index"):
            return all_records(request)
        if path.startswith(f"{_OBJECTS}/"):
            id, _, way = path.removeprefix(f"{_OBJECTS}/").partition("/access/")
            return _told({"url": url(id)}) if way else one(id)
        return _told(fixed[path]) if path in fixed else _told({"error": "not found"}, 404)

    return response


def record_of(number: int) -> dict[str, object]:
    """A record as the index tells it.

    Args:
        number: Tells records apart; GUIDs are spread evenly, as random ones are.
    """
    digest = hashlib.sha256(b"%d" % number).hexdigest()
    did = "-".join((digest[:8], digest[8:12], f"4{digest[13:16]}", f"8{digest[17:20]}", digest[20:32]))
    url = f"s3://bench/{did}/sample_{number:06}.bam"
    return {
        "did": f"{PREFIX}/{did}",
        "baseid": did,
        "rev": digest[32:40],
        "size": 1_000_000 + number,
        "file_name": f"sample_{number:06}.bam",
        "version": None,
        "uploader": None,
        "description": None,
        "acl": ["*"],
        "authz": ["/programs/bench/projects/one"],
        "form": "object",
        "hashes": {"md5": digest[:32]},
        "metadata": {},
        "urls": [url],
        "urls_metadata": {url: {}},
        "created_date": "2024-01-31T12:00:00.000000",
        "updated_date": "2024-01-31T12:00:00.000000",
        "content_created_date": None,
        "content_updated_date": None,
    }


def object_of(id: str, size: int, md5: str) -> dict[str, object]:
    """An object as the commons states it by DRS.

    Args:
        id: Its id.
        size: Its bytes.
        md5: Their MD5.
    """
    name = id.rpartition("/")[2]
    way = {"type": "s3", "access_id": "s3", "access_url": {"url": f"s3://bench/{name}"}, "region": ""}
    return {
        "id": id,
        "name": name,
        "self_uri": f"drs://{id.replace('/', ':')}",
        "form": "object",
        "size": size,
        "checksums": [{"type": "md5", "checksum": md5}],
        "access_methods": [way],
        "created_time": None,
        "updated_time": None,
        "index_created_time": "2024-01-31T12:00:00.000000",
        "index_updated_time": "2024-01-31T12:00:00.000000",
        "aliases": [],
        "mime_type": "application/json",
        "version": None,
    }


def _told(value: object, status: int = 200) -> bytes:
    return reply(status, body=json.dumps(value, separators=(",", ":")).encode())


class Entrance(asyncio.Protocol):
    """A connection that has not said yet whether it wants a tunnel; then what comes first within one.

    Args:
        make: Gives the protocol that answers.
        tls: What the tunnel's end shows.
    """

    def __init__(self, make: Callable[[], Answering], tls: ssl.SSLContext) -> None:
        self._make = make
        self._tls = tls
        self._came = b""
        self._transport: asyncio.Transport | None = None
        self._tunnel: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the way back."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Opens a tunnel, or hands the connection on."""
        self._came += data
        if self._tunnel is not None:
            return  # a request within TLS can be here before the tunnel is known to stand
        assert self._transport is not None
        if not self._came.startswith(b"CONNECT "[: len(self._came)]):
            self._hand_on(self._transport)
        elif self._came.endswith(b"\r\n\r\n"):
            self._came = b""
            self._tunnel = asyncio.get_running_loop().create_task(self._open(self._transport))

    async def _open(self, transport: asyncio.Transport) -> None:
        transport.write(_TUNNEL)
        with contextlib.suppress(OSError):  # it went
            within = await asyncio.get_running_loop().start_tls(transport, self, self._tls, server_side=True)
            if within is not None:
                self._hand_on(within)

    def _hand_on(self, transport: asyncio.Transport) -> None:
        inner = self._make()
        transport.set_protocol(inner)
        inner.connection_made(transport)
        if self._came:
            inner.data_received(self._came)


async def serve(response: Response, certificate: Path, delay: float) -> None:
    """Answers until the input ends.

    Args:
        response: What answers.
        certificate: The folder of cert.pem and key.pem.
        delay: Seconds from a request to its response.
    """
    loop = asyncio.get_running_loop()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    make = lambda: Entrance(lambda: Answering(response, delay), tls)  # noqa: E731 - each connection has its own
    listener = await loop.create_server(make, "127.0.0.1", 0, backlog=511)
    print(listener.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    listener.close()


if __name__ == "__main__":
    asyncio.run(serve(commons(sys.argv[1], int(sys.argv[4])), Path(sys.argv[2]), float(sys.argv[3])))
