"""A staging bucket that takes objects as S3 does, with their MD5 as ETag, and forgets them.

    python -m data_store.staging

Objects, their bytes and those that have tags are counted; GET /_counts returns the numbers.
"""

import asyncio
import json
from collections import Counter
from hashlib import md5

from answering import Request, Response, reply, serve


def bucket() -> Response:
    """Responses as S3 does to puts of whole objects and of tags."""
    counts = Counter[str]()

    def response(request: Request) -> bytes:
        if request.method == "PUT" and request.query.partition("=")[0] == "tagging":
            counts["tagged"] += 1
            return reply(200)
        if request.method == "PUT":
            counts["objects"] += 1
            counts["bytes"] += len(request.body)
            counts["tagged"] += b"\r\nx-amz-tagging:" in request.head
            return reply(200, f'ETag: "{md5(request.body, usedforsecurity=False).hexdigest()}"')
        return reply(200, body=json.dumps(counts).encode()) if request.path == "/_counts" else reply(404)

    return response


if __name__ == "__main__":
    asyncio.run(serve(lambda _: bucket()))
