"""A store that speaks S3's language as far as copies, lists and removals of small objects go; it verifies no signature.

    python -m buckets_service LISTED COPIED SOME

`listed` has LISTED objects and `few` has 100, whose bytes are not there; `copied` has COPIED and `some` has SOME of 4 KB, `one` has
one of 1 KB; any other bucket is empty at first. `GET /-/BUCKET` gives the ETags of its objects by key; `POST /-/again` puts all
buckets back into the state in which they began.
"""

import asyncio
import json
import re
import sys
from base64 import b64encode
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import md5
from html import escape, unescape
from itertools import islice
from urllib.parse import parse_qs, quote, unquote
from zlib import crc32

from answering import Request, Response, reply, serve

PREFIX = "runs/2026/"
"""What all keys that are there begin with."""
SIZE = 4096
"""Bytes of each object of `copied` and `some`."""

_PAGE = 1000
_DATE = "Sat, 31 Jan 2026 12:00:00 GMT"
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


@dataclass(frozen=True)
class Bucket:
    """The objects of a bucket.

    Attributes:
        sizes: Their sizes, by key.
        etags: Their ETags, by key.
        bodies: The bytes of those that have some, by key.
        pages: Pages of lists by query, as long as nothing changes.
        order: Keys in order, or nothing after a change.
    """

    sizes: dict[str, int] = field(default_factory=dict[str, int])
    etags: dict[str, str] = field(default_factory=dict[str, str])
    bodies: dict[str, bytes] = field(default_factory=dict[str, bytes])
    pages: dict[str, bytes] = field(default_factory=dict[str, bytes])
    order: list[str] = field(default_factory=list[str])

    def put(self, key: str, body: bytes, etag: str = "") -> str:
        """Store an object; return its ETag."""
        self.sizes[key], self.bodies[key] = len(body), body
        self.etags[key] = etag or md5(body, usedforsecurity=False).hexdigest()
        self.changed()
        return self.etags[key]

    def delete(self, key: str) -> None:
        """Delete an object, if there is one."""
        for kept in (self.sizes, self.etags, self.bodies):
            kept.pop(key, None)
        self.changed()

    def changed(self) -> None:
        """Forget what was made of the objects."""
        self.pages.clear()
        self.order.clear()

    def copy(self) -> "Bucket":
        """Return a bucket with the same objects."""
        return Bucket(dict(self.sizes), dict(self.etags), dict(self.bodies), dict(self.pages), list(self.order))

    def page(self, query: str) -> bytes:
        """Return the response to the request for a page."""
        found = self.pages.get(query)
        if found is None:
            found = self.pages[query] = self._page({name: values[0] for name, values in parse_qs(query).items()})
        return found

    def _page(self, asked: dict[str, str]) -> bytes:
        if not self.order:
            self.order.extend(sorted(self.sizes))
        prefix, most = asked.get("prefix", ""), int(asked.get("max-keys", _PAGE))
        entries = self._entries(prefix, asked.get("delimiter", ""), asked.get("continuation-token", ""))
        listed = list(islice(entries, most + 1))
        texts, more = [text for _, text in listed[:most]], len(listed) > most
        token = f"<NextContinuationToken>{escape(listed[most - 1][0])}</NextContinuationToken>" if more else ""
        text = (
            f"{_XML}<ListBucketResult {_NAMESPACE}><Name>bucket</Name><Prefix>{quote(prefix)}</Prefix>{token}"
            f"<KeyCount>{len(texts)}</KeyCount><MaxKeys>{most}</MaxKeys><EncodingType>url</EncodingType>"
            f"<IsTruncated>{str(more).lower()}</IsTruncated>{''.join(texts)}</ListBucketResult>"
        )
        return reply(200, body=text.encode(), kind="application/xml")

    def _entries(self, prefix: str, delimiter: str, after: str) -> Iterator[tuple[str, str]]:
        """Yield entries of a list, each with the token that continues after it."""
        at = bisect_right(self.order, max(after, prefix)) if after else bisect_right(self.order, prefix)
        at -= bool(at and not after and self.order[at - 1] == prefix)
        while at < len(self.order) and self.order[at].startswith(prefix):
            key = self.order[at]
            end = key.find(delimiter, len(prefix)) + 1 if delimiter else 0
            if end:
                folder = key[:end]
                last = f"{folder}\U0010ffff"
                at = bisect_right(self.order, last)
                yield last, f"<CommonPrefixes><Prefix>{quote(folder)}</Prefix></CommonPrefixes>"
                continue
            at += 1
            yield (
                key,
                f"<Contents><Key>{quote(key)}</Key><LastModified>2026-01-{at % 28 + 1:02}T{at % 24:02}:{at % 60:02}:00.000Z"
                f"</LastModified><ETag>&quot;{self.etags[key]}&quot;</ETag><Size>{self.sizes[key]}</Size>"
                "<StorageClass>STANDARD</StorageClass></Contents>",
            )


def key_of(number: int) -> str:
    """Return the key of an object."""
    return f"{PREFIX}sample_{number:06}.fastq.gz"


def body_of(number: int) -> bytes:
    """Return the bytes of an object of `copied` and `some`."""
    return (b"%08d" % number) * (SIZE // 8)


def _listed(count: int) -> Bucket:
    keys = [key_of(number) for number in range(count)]
    etags = {key: md5(key.encode(), usedforsecurity=False).hexdigest() for key in keys}
    return Bucket({key: number * 7919 for number, key in enumerate(keys)}, etags)


def _copied(count: int) -> Bucket:
    found = Bucket()
    for number in range(count):
        found.put(key_of(number), body_of(number))
    return found


def service(listed: int, copied: int, some: int) -> Response:
    """Answer requests for buckets and objects.

    Args:
        listed: Objects of `listed`.
        copied: Objects of `copied`.
        some: Objects of `some`.
    """
    first = {"listed": _listed(listed), "few": _listed(100), "copied": _copied(copied), "some": _copied(some)}
    first["one"] = Bucket()
    first["one"].put(key_of(0), body_of(0)[:1024])
    buckets = {name: bucket.copy() for name, bucket in first.items()}

    def response(request: Request) -> bytes:
        _, name, *below = request.path.split("/", 2)
        if name == "-":
            return own(below[0])
        bucket = buckets.setdefault(name, Bucket())
        key = unquote(below[0]) if below else ""
        if not key:
            return of_bucket(request, bucket)
        if request.method in ("GET", "HEAD"):
            return _object(request, bucket, key)
        if request.method == "DELETE":
            bucket.delete(key)
            return b"HTTP/1.1 204 No Content\r\n\r\n"
        source = _header(request.lines, "x-amz-copy-source")
        if source:
            of, _, old = unquote(source).lstrip("/").partition("/")
            etag = bucket.put(key, buckets[of].bodies[old], buckets[of].etags[old])
            text = f"{_XML}<CopyObjectResult><LastModified>2026-01-31T12:00:00.000Z</LastModified><ETag>&quot;{etag}&quot;</ETag></CopyObjectResult>"
            return reply(200, body=text.encode(), kind="application/xml")
        sums = re.findall(rb"^x-amz-checksum-[a-z0-9]+:.*", request.lines, re.MULTILINE | re.IGNORECASE)
        stated = (line.decode().strip() for line in sums)
        return reply(200, f'ETag: "{bucket.put(key, request.body)}"', *stated)

    def of_bucket(request: Request, bucket: Bucket) -> bytes:
        if request.method == "GET":
            return bucket.page(request.query)
        if request.method == "POST":
            for key in re.findall(rb"<Key>([^<]*)</Key>", request.body):
                bucket.delete(unescape(key.decode()))
            return reply(200, body=f"{_XML}<DeleteResult {_NAMESPACE}/>".encode(), kind="application/xml")
        return reply(200)

    def own(asked: str) -> bytes:
        if asked == "again":
            buckets.clear()
            buckets.update((name, bucket.copy()) for name, bucket in first.items())
            return reply(200)
        return reply(200, body=json.dumps(buckets[asked].etags if asked in buckets else {}).encode())

    return response


def _object(request: Request, bucket: Bucket, key: str) -> bytes:
    if key not in bucket.sizes:
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" if request.method == "HEAD" else _no_key()
    body, more, status = bucket.bodies.get(key, b""), list[str](), 200
    span = re.search(rb"^range:\s*bytes=(\d+)-(\d*)", request.head, re.MULTILINE)
    if span is not None:
        start, end = int(span[1]), min(int(span[2] or len(body)), len(body) - 1)
        more, status = [f"Content-Range: bytes {start}-{end}/{len(body)}"], 206
        body = body[start : end + 1]
    found = reply(
        status,
        f'ETag: "{bucket.etags[key]}"',
        # Of the whole object, in base 64; a client that misses one may say so for each object.
        *([] if span else [f"x-amz-checksum-crc32: {b64encode(crc32(body).to_bytes(4, 'big')).decode()}"]),
        "x-amz-checksum-type: FULL_OBJECT",
        f"Last-Modified: {_DATE}",
        "Accept-Ranges: bytes",
        *more,
        body=body,
        kind="application/octet-stream",
    )
    return found if request.method == "GET" else found[: len(found) - len(body)]


def _no_key() -> bytes:
    text = f"{_XML}<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>"
    return reply(404, body=text.encode(), kind="application/xml")


def _header(lines: bytes, name: str) -> str:
    found = re.search(rf"^{name}:\s*(.*?)\s*$".encode(), lines, re.MULTILINE | re.IGNORECASE)
    return "" if found is None else found[1].decode()


if __name__ == "__main__":
    asyncio.run(serve(lambda _: service(*map(int, sys.argv[1:4]))))
