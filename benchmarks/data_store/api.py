"""A Data Store that answers at once, or after a given time, and keeps nothing: it is never what a client waits for.

    python -m data_store.api SERVER DELAY

It knows no files: whatever is requested is answered with a redirect to SERVER, under its UUID, as the Data Store redirects
to presigned URLs. Bundles are what was PUT to /_bundles/UUID. What is registered is counted; GET /_counts returns the numbers.
Its document is the one that the sandbox serves, and so is Fusillade's beside it, which the published client's command reads
whatever it is asked to do.
"""

import asyncio
import json
import sys
from collections import Counter

from answering import Request, Response, reply, serve
from omicsdk.sandbox.document import plain_document, read_document

_SIGNED = "AWSAccessKeyId=ASIAEXAMPLE0000000000&Signature=b64b64b64b64b64b64b64b64b64%3D&x-amz-security-token={}&Expires=1800000000".format(
    "token" * 80
)
"""A query of the length that presigned URLs of temporary credentials have."""


def data_store(server: str, own: str) -> Response:
    """Responses as the Data Store does.

    Args:
        server: Where the files are.
        own: This server's URL.
    """
    documents = {
        "/v1/swagger.json": _document("dss", f"{own}/v1"),
        "/auth/swagger.json": _document("fusillade", f"{own}/auth"),
    }
    bundles: dict[str, bytes] = {}
    counts = Counter[str]()

    def response(request: Request) -> bytes:
        method, path = request.method, request.path
        kind, _, name = path.rpartition("/")
        if method == "GET" and kind == "/v1/files":
            return reply(302, f"Location: {server}/{name}?{_SIGNED}")
        if method == "GET" and kind == "/v1/bundles" and name in bundles:
            return reply(200, body=bundles[name])
        if method == "PUT" and kind in ("/v1/files", "/v1/bundles"):
            counts[kind.rpartition("/")[2]] += 1
            version = request.query.partition("version=")[2].partition("&")[0]
            return reply(201, body=json.dumps({"version": version}).encode())
        if method == "PUT" and kind == "/_bundles":
            bundles[name] = request.body
            return reply(204)
        if path == "/_counts":
            return reply(200, body=json.dumps(counts).encode())
        return reply(200, body=documents[path]) if path in documents else reply(404)

    return response


def _document(service: str, url: str) -> bytes:
    return json.dumps({**plain_document(read_document(service)), "servers": [{"url": url}]}).encode()


if __name__ == "__main__":
    asyncio.run(serve(lambda own: data_store(sys.argv[1], own), float(sys.argv[2])))
