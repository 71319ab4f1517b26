"""The storage behind the commons: what answers presigned URLs, as S3 does."""

from anyio.to_thread import run_sync
from starlette.types import Receive, Scope, Send

from omicsdk.sandbox.gen3.files import Files
from omicsdk.sandbox.gen3.storage_urls import Grant, granted
from omicsdk.sandbox.presigned import Signer, refuse, serve_file


class Storage:
    """The ASGI application below the prefix of presigned URLs.

    Args:
        files: The contents.
        signer: Checks the URLs.
    """

    def __init__(self, files: Files, signer: Signer) -> None:
        self._files = files
        self._signer = signer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        del receive
        path: str = scope["path"]
        if any(name == b"authorization" for name, _ in scope["headers"]):
            message = "Only one auth mechanism allowed; only the query or the Authorization header should be specified"
            await refuse(send, 400, "InvalidArgument", message)
            return
        fields = self._signer.check(path, scope["query_string"].decode("latin-1"))
        if isinstance(fields, tuple):
            await refuse(send, 403, *fields)
            return
        grant = granted(path, fields)
        if grant.method != scope["method"]:
            await refuse(send, 403, "SignatureDoesNotMatch", f"The URL was signed for {grant.method}.")
        else:
            await self._read(grant, scope, send)

    async def _read(self, grant: Grant, scope: Scope, send: Send) -> None:
        found = await run_sync(self._files.find, grant.url)
        if found is None:
            await refuse(send, 404, "NoSuchKey", "The specified key does not exist.")
            return
        with self._files.path(found).open("rb") as file:
            await serve_file(scope, send, file, etag=self._files.etag(grant.url), size=found.size, fields={})
