"""The request log and the injected faults of the S3 server, whose requests stand under /_s3 in both."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl

from omicsdk.sandbox.s3.guard import Refusal, Wsgi, raw_target, refused
from omicsdk.sandbox.traffic.faults import S3_PREFIX, FaultBook
from omicsdk.sandbox.traffic.request_log import Entry, RequestLog

OWN_AGENT = "omicsdk-sandbox"
"""Marks the User-Agent of what the sandbox itself asks of its S3 server, which is neither logged nor disturbed."""
HANG_UP = "omicsdk.hang_up"
"""Where the environ of a request has the function that ends its connection."""
_PHRASES = {400: "Bad Request", 403: "Forbidden", 404: "Not Found", 500: "Internal Server Error", 503: "Slow Down"}


class S3Wire:
    """A WSGI application around the S3 server's.

    Args:
        app: The S3 server with its guard.
        log: Where requests are entered.
        book: The faults in force; `status` and `reset` are known here.
        now: The sandbox's time in seconds since 1970.
    """

    def __init__(self, app: Wsgi, log: RequestLog, book: FaultBook, now: Callable[[], float]) -> None:
        self._app = app
        self._log = log
        self._book = book
        self._now = now

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Logs a request, misbehaves where a fault wants it, and passes all others on."""
        if OWN_AGENT in environ.get("HTTP_USER_AGENT", ""):
            return self._app(environ, start_response)
        path, _, query = raw_target(environ).partition("?")
        path = S3_PREFIX + path.removeprefix("/")
        method: str = environ["REQUEST_METHOD"]
        entry = self._log.begin(_scope(method, path, query, environ), self._now())

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            entry.status = int(status.partition(" ")[0])
            return start_response(status, headers, *more)

        for rule in self._book.act(method, path, dict(parse_qsl(query, keep_blank_values=True))):
            if rule.action == "reset":
                environ[HANG_UP]()
                # werkzeug takes it for what it is: the client is gone, and there is nobody to answer.
                raise ConnectionResetError("a fault that was asked for")
            phrase = _PHRASES.get(rule.status, "Refused")
            refusal = Refusal(f"{rule.status} {phrase}", rule.code, "A fault that was asked for")
            more = [] if rule.retry_after is None else [("Retry-After", str(rule.retry_after))]
            return _counted(entry, refused(refusal, environ, start, more))
        return _counted(entry, self._app(environ, start))


def _counted(entry: Entry, body: Iterable[bytes]) -> Iterable[bytes]:
    held = b""
    try:
        for block in body:
            if held:
                yield held
            held = block
            entry.sent += len(block)
        # Before the last block goes: whoever has it may look at the log at once.
        entry.done = True
        if held:
            yield held
    finally:
        if close := getattr(body, "close", None):
            close()


def _scope(method: str, path: str, query: str, environ: dict[str, Any]) -> dict[str, Any]:
    """As much of an ASGI scope as the log reads."""
    names = {"range": "HTTP_RANGE", "user-agent": "HTTP_USER_AGENT", "authorization": "HTTP_AUTHORIZATION"}
    return {
        "method": method,
        "raw_path": path.encode("latin-1"),
        "query_string": b"" if "ignature=" in query else query.encode("latin-1"),  # a presigned one is a secret
        "headers": [(n.encode(), environ[key].encode("latin-1")) for n, key in names.items() if key in environ],
    }
