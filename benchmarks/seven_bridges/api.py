"""A platform that answers at once, or after a given time, and keeps nothing: it is never what a client waits for.

    python -m seven_bridges.api SERVER SINK DELAY

Its files' bytes are at SERVER under their ids; parts of uploads go to SINK. Its list of files is as long as `?project=` of
a query states (`bench/5000`). What is done is counted; GET /_counts returns the numbers. A file that was PUT to /_files/ID is reported as it
came, any other one is made up.
"""

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from urllib.parse import parse_qs

from answering import Request, Response, reply, serve

LONGEST_PAGE = 100
_PAGE = 50
_LIMITS = ("X-RateLimit-Limit: 1000000", "X-RateLimit-Remaining: 999999", "X-RateLimit-Reset: 1900000000")
_SIGNED = (
    "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAEXAMPLE&X-Amz-Expires=172800&X-Amz-Signature={}".format(
        "0a" * 32
    )
)


def platform(server: str, sink: str, own: str) -> Response:
    """Responses as the platform does.

    Args:
        server: Where the files' bytes are.
        sink: Where parts of uploads go.
        own: This server's URL.
    """
    base = f"{own}/v2"
    counts = Counter[str]()
    known: dict[str, bytes] = {}
    sizes: dict[str, int] = {}

    @cache
    def page(project: str, offset: int, limit: int) -> bytes:
        total = int(project.rpartition("/")[2])
        items = [file_of(base, f"{number:024x}", project) for number in range(offset, min(offset + limit, total))]
        links = [
            {
                "href": f"{base}/files?project={project}&offset={at}&limit={limit}&fields=_all",
                "rel": rel,
                "method": "GET",
            }
            for rel, at in (("next", offset + limit), ("prev", max(0, offset - limit)))
            if (at < total if rel == "next" else offset > 0)
        ]
        href = f"{base}/files?project={project}&offset={offset}&limit={limit}&fields=_all"
        told = {"href": href, "items": items, "links": links}
        return _told(told, f"X-Total-Matching-Query: {total}")

    def listed(request: Request) -> bytes:
        query = {name: values[0] for name, values in parse_qs(request.query).items()}
        counts["pages"] += 1
        limit = min(int(query.get("limit", _PAGE)), LONGEST_PAGE)
        return page(query["project"], int(query.get("offset", 0)), limit)

    def file(request: Request) -> bytes:
        name = request.path.split("/")[3]
        return known.get(name) or _told(file_of(base, name, "bench/1"))

    def saved(request: Request) -> bytes:
        counts["saved"] += 1
        return _told(json.loads(request.body))

    def saved_in_bulk(request: Request) -> bytes:
        items = json.loads(request.body)["items"]
        counts["saved"] += len(items)
        return _told({"items": [{"resource": {**file_of(base, each["id"], "bench/1"), **each}} for each in items]})

    def begun(request: Request) -> bytes:
        asked = json.loads(request.body)
        name = f"upload-{len(sizes)}"
        sizes[name] = asked["size"]
        told = {"upload_id": name, "part_size": asked.get("part_size"), "parallel_uploads": True}
        return _told(
            {"href": f"{base}/upload/multipart/{name}", "initialized": "2024-01-01T00:00:00Z", **asked, **told}
        )

    def part(request: Request) -> bytes:
        number = request.path.rpartition("/")[2]
        url = f"{sink}/bucket/key?partNumber={number}&{_SIGNED}"
        report = {"headers": ["ETag"], "success_codes": [200]}
        return _told({"method": "PUT", "url": url, "expires": "2034-01-01T00:00:00Z", "headers": {}, "report": report})

    def reported(_: Request) -> bytes:
        counts["parts"] += 1
        return _told({})

    def completed(request: Request) -> bytes:
        counts["uploads"] += 1
        return _told({**file_of(base, "f" * 24, "bench/1"), "size": sizes[request.path.split("/")[4]]})

    routes: list[tuple[str, Callable[[str], bool], Callable[[Request], bytes]]] = [
        ("GET", "/v2/files".__eq__, listed),
        ("GET", lambda path: path.endswith("/download_info"), lambda request: _told({"url": _url(server, request)})),
        ("GET", lambda path: path.startswith("/v2/files/"), file),
        ("PATCH", lambda path: path.startswith("/v2/files/"), saved),
        ("POST", "/v2/bulk/files/edit".__eq__, saved_in_bulk),
        ("POST", "/v2/upload/multipart".__eq__, begun),
        ("GET", lambda path: "/part/" in path, part),
        ("POST", lambda path: "/part" in path, reported),
        ("POST", lambda path: path.endswith("/complete"), completed),
        ("GET", "/_counts".__eq__, lambda _: _told(counts)),
    ]

    def response(request: Request) -> bytes:
        if request.method == "PUT" and request.path.startswith("/_files/"):
            name = request.path.rpartition("/")[2]
            known[name] = _told({**file_of(base, name, "bench/1"), **json.loads(request.body)})
            return reply(204)
        for method, fits, made in routes:
            if request.method == method and fits(request.path):
                return made(request)
        return reply(404)

    return response


def file_of(base: str, name: str, project: str) -> dict[str, object]:
    """A file as the platform states it with all its fields.

    Args:
        base: The platform's base URL.
        name: The file's id.
        project: Its project.
    """
    return {
        "href": f"{base}/files/{name}",
        "id": name,
        "name": f"sample_{name[-6:]}.R1.fastq.gz",
        "size": 1234567,
        "project": project,
        "created_on": "2024-01-31T12:00:00Z",
        "modified_on": "2024-02-01T12:00:00Z",
        "storage": {"type": "PLATFORM", "hosted_on_locations": ["aws:us-east-1"]},
        "origin": {"task": "7f0b0c1e-1111-4111-8111-111111111111"},
        "tags": ["raw", "2024"],
        "metadata": {
            "sample_id": f"S-{name[-6:]}",
            "library_id": "L1",
            "platform": "Illumina",
            "paired_end": "1",
            "experimental_strategy": "WGS",
            "species": "Homo sapiens",
        },
        "parent": "5f0b0c1e11114111811111111111",
        "type": "file",
    }


def _told(value: object, *headers: str) -> bytes:
    return reply(200, *_LIMITS, *headers, "X-Request-Id: 4b1c", body=json.dumps(value, separators=(",", ":")).encode())


def _url(server: str, request: Request) -> str:
    return f"{server}/{request.path.split('/')[3]}?{_SIGNED}"


if __name__ == "__main__":
    asyncio.run(serve(lambda own: platform(sys.argv[1], sys.argv[2], own), float(sys.argv[3])))
