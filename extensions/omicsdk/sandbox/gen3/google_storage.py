"""The commons' gs:// buckets as Google's storage serves them, with a bearer token: objects are read, described and put."""

import base64
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qs

from anyio.to_thread import run_sync
from starlette.types import Message, Receive, Scope, Send

from omicsdk.sandbox.gen3.access import Access, bearer_token
from omicsdk.sandbox.gen3.storage import Files
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.routing import headers_of
from omicsdk.sandbox.state.presigned import Body, Signer, StorageServer, not_allowed
from omicsdk.sandbox.state.settings import Setting, Settings

PREFIX = "/google"
PAYING = "google.requester_pays"
SETTINGS = (
    Setting(
        PAYING, "", "Requester-pays buckets of Google's storage, separated by commas: requests without userProject fail"
    ),
)


class GoogleStorage(StorageServer):
    """The ASGI application below the prefix, at the paths of Google's XML API: /BUCKET/KEY.

    Args:
        files: The contents by URL.
        access: The users whose tokens are accepted in place of those of Google accounts.
        signer: As for every storage; nothing here is signed.
        settings: The switches.
    """

    def __init__(self, files: Files, access: Access, signer: Signer, settings: Settings) -> None:
        super().__init__(files.objects, signer)
        settings.declare(*SETTINGS)
        self._files, self._access, self._settings = files, access, settings

    async def response(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Response one request."""
        bucket, _, key = scope["path"].removeprefix(f"{PREFIX}/").partition("/")
        url, method = f"gs://{bucket}/{key}", scope["method"]
        if method not in ("GET", "HEAD", "PUT"):
            raise not_allowed()
        await run_sync(self._check, headers_of(scope))
        pays = parse_qs(scope["query_string"].decode("latin-1")).get("userProject")
        if bucket in self._settings.text(PAYING).split(",") and not pays:
            raise Problem(400, "UserProjectMissing", "Bucket is a requester pays bucket but no user project provided.")
        if method == "PUT":
            body = Body(scope, receive, "md5")
            with self.objects.receive(body.length) as incoming:
                async for block in body.blocks():
                    await run_sync(incoming.write, block)
            await run_sync(self._files.enter, url, incoming.finish(), body.checksum)
            await self.accept(send, body.checksum)
            return
        content, etag = await run_sync(self._files.with_etag, url) or (None, "")

        async def send_with_sums(message: Message) -> None:
            if message["type"] == "http.response.start" and content is not None:
                sums = f"crc32c={_base64(content.crc32c)},md5={_base64(etag)}"
                message["headers"] = [*message["headers"], (b"x-goog-hash", sums.encode())]
            await send(message)

        await self.give(scope, send_with_sums, content, etag=etag, fields={})

    def _check(self, headers: Mapping[str, str]) -> None:
        is_own = hmac.compare_digest(bearer_token(headers).encode(), self._access.secrets.token.encode())
        if not is_own and not self._access.anyone(headers).number:
            message = "Anonymous caller does not have storage.objects access to the Google Cloud Storage object."
            raise Problem(403, "AccessDenied", message)


def _base64(hexadecimal: str) -> str:
    return base64.b64encode(bytes.fromhex(hexadecimal)).decode()
