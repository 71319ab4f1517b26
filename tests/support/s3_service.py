"""A service of S3 without a network: a function that answers the requests of omicsdk's own client."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import ConnectionLost
from omicsdk.core.sending.connections import WireFailure
from omicsdk.fs.stores.s3 import S3Store
from omicsdk.transfer.network.wire import Ask, Ended, Receiver
from omicsdk.transfer.s3.client import S3Client

KEYS = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_CONFIG_FILE": "",
    "AWS_SHARED_CREDENTIALS_FILE": "",
}


class Request(NamedTuple):
    """A request as it would be sent."""

    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


class Answer(NamedTuple):
    """A response."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}

    def pieces(self) -> Iterator[bytes]:
        """Yield its body."""
        yield self.body


def refusal(code: str, status: int = 400, **headers: str) -> Answer:
    """An error of S3; headers have underscores for their hyphens."""
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>"
    return Answer(status, body.encode(), {name.replace("_", "-"): value for name, value in headers.items()})


class Service:
    """Sends requests to a function.

    Args:
        answer: The function.

    Attributes:
        requests: The requests so far.
    """

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self.answer = answer
        self.requests: list[Request] = []

    @contextmanager
    def get(self, url: str, headers: Any, *, method: str = "GET", body: Any = None) -> Generator[Answer]:
        yield self.respond_to(url, headers, method, body)

    def new_wire(self, connections: int) -> "_Wire":
        """Return what takes the place of connections for concurrent requests."""
        self.connections = connections
        return _Wire(self)

    def respond_to(self, url: str, headers: Any, method: str, body: Any) -> Answer:
        """Answer a request."""
        parts = urlsplit(url)
        data = b"" if body is None else body.read(body.length)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        request = Request(method, parts.netloc, unquote(parts.path), query, dict(headers), data)
        self.requests.append(request)
        return self.answer(request)


class _Wire:
    """Connections whose requests are answered when they are waited for, the last one first. A function may raise WireFailure."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._flying: list[tuple[Ask, Receiver]] = []

    @property
    def flying(self) -> int:
        return len(self._flying)

    def start(self, ask: Ask, receiver: Receiver) -> None:
        self._flying.append((ask, receiver))

    def poll(self, timeout: float) -> list[Ended]:
        del timeout
        ask, receiver = self._flying.pop()
        try:
            answer = self._service.respond_to(ask.url, ask.headers, ask.method, ask.body)
        except WireFailure as failure:
            return [Ended(receiver, failure.error, failure.lasting)]
        lines = (f"{name}: {value}" for name, value in answer.headers.items())
        receiver.lines += [f"{line}\r\n".encode() for line in (f"HTTP/1.1 {answer.status} OK", *lines, "")]
        is_cut = any(receiver.take(piece) == 0 for piece in answer.pieces())
        return [Ended(receiver, ConnectionLost("the body was cut off") if is_cut else None)]

    def wake(self) -> None:
        """No poll waits."""

    def forget_routes(self) -> None:
        """No request has a route."""

    def cancel(self, _: Any) -> None:
        """No request is in transit."""

    def close(self) -> None:
        self._flying.clear()


def client_of(
    service: Any, *, environ: Mapping[str, str] = KEYS, clock: Clock = SYSTEM_CLOCK, **options: Any
) -> S3Client:
    """Return a client of a service."""
    return S3Client(environ=environ, pool=service, clock=clock, **options)


def store_of(service: Any, **options: Any) -> S3Store:
    """Return a store of a service."""
    return S3Store(client=client_of(service, **options))


def page_of(objects: Mapping[str, int], folders: Any = (), *, truncated: bool = False, **more: object) -> bytes:
    """Return a page of a list of objects, by their keys and sizes."""
    listed = "".join(f"<Contents><Key>{key}</Key><Size>{size}</Size></Contents>" for key, size in objects.items())
    below = "".join(f"<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>" for folder in folders)
    facts = "".join(f"<{name}>{value}</{name}>" for name, value in more.items())
    state = "true" if truncated else "false"
    return f"<ListBucketResult><IsTruncated>{state}</IsTruncated>{facts}{listed}{below}</ListBucketResult>".encode()


class Bucket(Service):
    """A bucket that has objects of a byte each, and markers of folders without any."""

    def __init__(self, *keys: str) -> None:
        super().__init__(self.respond)
        self.keys = sorted(keys)

    def respond(self, request: Request) -> Answer:
        """Answer a HEAD, or a request for a list."""
        key = request.path[1:]
        if request.method == "HEAD":
            headers = {"content-length": "1", "etag": '"e"'}
            return Answer(headers=headers) if key in self.keys else Answer(404)
        return Answer(body=self.page(request.query.get("prefix", ""), request.query.get("delimiter", "")))

    def page(self, prefix: str, delimiter: str) -> bytes:
        """Return the list of what a prefix and a delimiter select."""
        keys = [key for key in self.keys if key.startswith(prefix)]
        rests = {key: key[len(prefix) :].partition("/") for key in keys} if delimiter else {}
        folders = sorted({f"{prefix}{rest[0]}/" for rest in rests.values() if rest[1]})
        return page_of({key: 1 for key in keys if not (delimiter and rests[key][1])}, folders)
