"""What stands around the service's routes: bytes in answers, and refusals of what isn't routed."""

import base64
import json

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omicsdk.sandbox.service import Reply

_MARK = "Content-Transfer-Encoding"
_NOT_FOUND = (
    "The requested URL was not found on the server. If you entered the URL manually please check your spelling and try"
    " again."
)
_NOT_ALLOWED = "405 Method Not Allowed: The method is not allowed for the requested URL."


def packed(content: bytes, headers: dict[str, str]) -> Reply:
    """An answer of bytes: replies are texts, so they leave the handler as base64, and `Frame` unpacks them.

    Args:
        content: The bytes.
        headers: The answer's headers.
    """
    return Reply(text=base64.b64encode(content).decode(), headers={**headers, _MARK: "base64"})


class Frame:
    """Unpacks bytes, and tells what isn't routed in the service's words.

    Args:
        app: The service's routes.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message | None = None

        async def unpack(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and Headers(raw=message["headers"]).get(_MARK) == "base64":
                start = message
                return
            if start is not None:
                content = base64.b64decode(message["body"])
                headers = MutableHeaders(raw=start["headers"])
                del headers[_MARK]
                headers["Content-Length"] = str(len(content))
                await send(start)
                message = {**message, "body": content}
            await send(message)

        try:
            await self._app(scope, receive, unpack)
        except HTTPException as error:
            told = {404: _NOT_FOUND, 405: _NOT_ALLOWED}.get(error.status_code, error.detail)
            content = json.dumps({"message": told})
            await Response(content, error.status_code, error.headers, "application/json")(scope, receive, send)
