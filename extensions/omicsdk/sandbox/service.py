"""A platform's service in the sandbox: a document, a handler for each operation, requests, answers, refusals, and the
caller."""

import base64
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import FunctionType, ModuleType
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Scope

from omicsdk.core.batches import grouped as grouped
from omicsdk.sandbox.document import Operation, Pairs, operations, read_document, read_table
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.s3.staging import Staging
from omicsdk.sandbox.state.clock import Clock
from omicsdk.sandbox.state.credentials import Secrets, digest
from omicsdk.sandbox.state.database import Database
from omicsdk.sandbox.state.objects import ObjectStore
from omicsdk.sandbox.state.presigned import Signer
from omicsdk.sandbox.state.settings import Settings

JsonObject = dict[str, Any]

# `hca` may write, `admin` may also delete bundles and administer; without either a token only reads and subscribes.
ALL_GROUPS = ("hca", "admin")
# The name of each request in a response of the Human Cell Atlas, whose services are behind API Gateway.
REQUEST_ID = "X-AWS-REQUEST-ID"


@dataclass(frozen=True, slots=True)
class Caller:
    """The sender of a request.

    Attributes:
        email: Their address.
        groups: Their groups.
    """

    email: str
    groups: frozenset[str]

    def needs(self, group: str) -> "Caller":
        """The same; a 403 unless the caller belongs to a group."""
        if group not in self.groups:
            raise Problem(403, "Forbidden", f"{self.email} isn't in the group {group!r}")
        return self


def bearer_token(headers: Mapping[str, str]) -> str:
    """The bearer token of a request; empty when it has none."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def basic_login(headers: Mapping[str, str]) -> tuple[str, str] | None:
    """Name and password of a request; None when it has none, both empty when they cannot be read."""
    kind, _, text = headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, password = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except ValueError:  # that of base64, or of a text that is not UTF-8
        return "", ""
    return name, password


class Tokens:
    """The tokens of one sandbox; only their digests are kept.

    Args:
        database: The sandbox's database.
        now: The sandbox's time in seconds since 1970.
    """

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._others: list[Callable[[str], Caller | None]] = []
        database.define(
            tokens="digest TEXT PRIMARY KEY, email TEXT NOT NULL, groups_ TEXT NOT NULL, ends REAL NOT NULL"
        )

    def issue(self, email: str, seconds: float = 3600.0, groups: Sequence[str] = ALL_GROUPS) -> str:
        """Make a token.

        Args:
            email: Its owner.
            seconds: Validity in seconds, in the sandbox's time.
            groups: The owner's groups: `hca` may write, `admin` may delete bundles and administer. Default both.

        Returns:
            The token.
        """
        token = secrets.token_hex(16)  # of letters and digits: --access-token accepts no word that begins with a dash
        row = (digest(token), email, json.dumps(sorted(groups)), self._now() + seconds)
        self._database.execute("INSERT INTO tokens VALUES (?, ?, ?, ?)", row)
        return token

    def accept(self, reader: Callable[[str], Caller | None]) -> None:
        """Take tokens of another kind as well.

        Args:
            reader: Returns a token's bearer; None for a token that is not of its kind. It may raise a Problem.
        """
        self._others.append(reader)

    def caller(self, authorization: str | None) -> Caller:
        """The bearer of an Authorization header.

        Raises:
            Problem: 401; there is no bearer token, or it is not one of the sandbox's, or it has ended.
        """
        scheme, _, token = (authorization or "").partition(" ")
        challenge = {"WWW-Authenticate": 'Bearer realm="sandbox"'}
        if scheme.lower() != "bearer" or not token.strip():
            raise Problem(401, "Unauthorized", "No authorization token provided", challenge)
        for reader in self._others:
            if caller := reader(token.strip()):
                return caller
        row = self._database.row("SELECT * FROM tokens WHERE digest = ?", (digest(token.strip()),))
        if row is None:
            raise Problem(401, "Unauthorized", "The token is not one that this server issued", challenge)
        if row["ends"] <= self._now():
            raise Problem(401, "Unauthorized", "The token has expired", challenge)
        return Caller(row["email"], frozenset(json.loads(row["groups_"])))


# The setting that states how known crashes of the real servers are answered.
STRICT_ERRORS = "sandbox.strict_errors"


@dataclass(frozen=True, slots=True)
class SandboxContext:
    """State and settings that all services of a sandbox share.

    Attributes:
        database: The SQLite file.
        objects: The contents that users see.
        clock: The sandbox's time.
        settings: The settings.
        signer: Makes presigned URLs.
        staging: The S3 server of staging buckets.
        tokens: The bearer tokens.
        secrets: Secrets from which the services' own credentials derive.
        documents: Service name to OpenAPI document, in place of the generated ones.
    """

    database: Database
    objects: ObjectStore
    clock: Clock
    settings: Settings
    signer: Signer
    staging: Staging
    tokens: Tokens
    secrets: Secrets
    documents: Mapping[str, Mapping[str, Any]]

    def document(self, service: str) -> Mapping[str, Any]:
        """The OpenAPI 3.1 document by which a service is served.

        Args:
            service: The service's name, such as dss.
        """
        return self.documents.get(service) or read_document(service)

    @property
    def crashes_as_real(self) -> bool:
        """Whether known crashes of the real servers are answered as those answer them."""
        return self.settings.text(STRICT_ERRORS) == "real"


@dataclass(slots=True)  # not frozen: that doubles the time in which one is made
class Call:
    """One request, checked against the document.

    Attributes:
        operation: The operation.
        arguments: Its arguments as the types that the document states, defaults filled in.
        body: Its JSON body, or None.
        caller: Its sender; None when the operation needs no token.
        origin: Scheme, host and port as the client reached them.
        prefix: Mount path, such as /dss/v1.
        path: The request's path below the prefix.
        query: The request's query parameters in their order.
        headers: The request's headers, names in lower case.
        content: The request's body as it was sent.
        server: Scheme, host and port that the server listens on, whatever name the client uses.
    """

    operation: Operation
    arguments: Mapping[str, Any]
    body: Any
    caller: Caller | None
    origin: str
    prefix: str
    path: str
    query: Pairs
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    content: bytes = b""
    server: str = ""

    def url(self, **changes: str | int) -> str:
        """The request's own absolute URL, with some query parameters replaced or added."""
        new = {name: str(value) for name, value in changes.items()}
        # First mentions win, as in the validation: a client that repeats parameters gets a clean URL back.
        parameters = dict(reversed(self.query))
        return self.service_url(self.path, {**parameters, **new})

    def service_url(self, path: str, query: Mapping[str, str]) -> str:
        """The absolute URL of a path of the same service; the path is not quoted yet."""
        text = f"{self.origin}{self.prefix}{quote(path)}"
        return f"{text}?{urlencode(query)}" if query else text

    @property
    def sender(self) -> Caller:
        """The sender of a request of an operation that needs a token."""
        assert self.caller is not None, f"{self.operation.name} is not secured in the document"
        return self.caller


@dataclass(slots=True)  # not frozen: that doubles the time in which one is made
class Reply:
    """A response.

    Attributes:
        body: A JSON value; None sends no body.
        status: The HTTP status.
        headers: Its headers.
        text: Text in place of JSON, as `text/plain` unless a header states otherwise.
        content: Bytes that are sent in place of JSON, as `application/octet-stream` unless a header states otherwise.
    """

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    text: str | None = None
    content: bytes | None = None


Handler = Callable[[Call], Reply]


@dataclass(frozen=True, slots=True)
class Service:
    """One platform's service.

    Attributes:
        name: Its name, such as dss.
        prefix: Mount path, such as /dss/v1.
        document: Its OpenAPI 3.1 document.
        handlers: Operation name to handler; the engine answers operations without one from the document.
        document_path: Path of the document below the prefix; empty where it is not served.
        before: What is done before each handler; it may raise a Problem.
        rights: Raises a Problem where the sender may not request an operation that the engine answers.
        formats: Checks of the document's own formats, which return something false, or raise ValueError, for a wrong text.
        format_codes: Which error code a violated format gives, or a wrong parameter or field of a body by `operation.name`.
        restricted: Whether every operation needs a token at present, whatever the document states.
        authenticate: Returns the sender of a secured operation's request by its headers; None for bearer tokens.
        error_body: The JSON that a refusal carries.
        error_type: The Content-Type of a refusal.
        request_id: The header that carries a name of each request; empty for none.
        around: Puts what concerns every request, routed or not, around the service's routes.
        pages: Routes below the prefix that the document does not state, such as pages for browsers.
        checks: Whether requests are validated against the document before a handler sees them. Without it arguments are the texts
            that were sent (lists of them where the document has a list), the body is what is JSON of it, and handlers
            refuse as the service does.
        absent: Operations that the sandbox does not implement, and why; the response is 501.
        crashes: Operations in which the real server fails with 500 in place of refusals, each with the statuses of these.
        crash: Its response then.
        at_once: States for an operation and a query whether the handler only reads tables: the server's own thread answers then,
            which takes half as long as handing the request to another one.
        alone: Whether each handler of an operation that is no GET or HEAD runs in one transaction.
        by_document: Whether everything that platforms declare is as the document states it: errors, credentials and formats. Slashes
            at the end of paths then do not matter, those in values are percent-encoded, and HEAD is taken where GET is.
    """

    name: str
    prefix: str
    document: Mapping[str, Any]
    handlers: Mapping[str, Handler]
    document_path: str = "/openapi.json"
    before: Callable[[Call], object] = lambda _call: None
    rights: Callable[[Call], object] = lambda _call: None
    formats: Mapping[str, Callable[[str], object]] = field(default_factory=dict[str, Callable[[str], object]])
    format_codes: Mapping[str, str] = field(default_factory=dict[str, str])
    restricted: Callable[[], bool] = lambda: False
    authenticate: Callable[[Mapping[str, str]], Caller] | None = None
    error_body: Callable[[Problem], Mapping[str, object]] = Problem.body
    error_type: str = "application/problem+json"
    request_id: str = ""
    around: Callable[[ASGIApp], ASGIApp] | None = None
    pages: Sequence[BaseRoute] = ()
    checks: bool = True
    absent: Mapping[str, str] = field(default_factory=dict[str, str])
    crashes: Mapping[str, Sequence[int]] = field(default_factory=dict[str, Sequence[int]])
    crash: Reply = field(default_factory=lambda: Reply({"message": "Internal Server Error"}, 500))
    at_once: Callable[[Operation, Pairs], bool] = lambda _operation, _query: False
    alone: bool = False
    by_document: bool = False

    def has_handler(self, operation: str) -> bool:
        """Whether an operation is not answered by the engine: it has a handler, or is refused as absent."""
        return operation in self.handlers or operation in self.absent


@dataclass(frozen=True, slots=True)
class Traits:
    """The traits of a real service's operations, by their names.

    Attributes:
        absent: Those that the sandbox does not implement, by the reason.
        crashes: As `Service` has them.
        same: Those that do the same as another.
        responses: Those that always have the same response, as JSON.
        pages: Those that always have the same page.
    """

    absent: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])
    crashes: Mapping[str, Sequence[int]] = field(default_factory=dict[str, Sequence[int]])
    same: Mapping[str, str] = field(default_factory=dict[str, str])
    responses: Mapping[str, Any] = field(default_factory=dict[str, Any])
    pages: Mapping[str, str] = field(default_factory=dict[str, str])


def traits(service: str) -> Traits:
    """The traits of a real service's operations, as `operations.toml` lists them."""
    return Traits(**read_table("operations.toml").get(service, {}))


def response(reply: Reply, headers: Mapping[str, str], *, empty: bool = False) -> Response:
    """An HTTP response of a reply."""
    all_headers = {**headers, **reply.headers}
    if reply.content is not None and not empty:
        return Response(reply.content, reply.status, {"Content-Type": "application/octet-stream", **all_headers})
    if reply.text is not None and not empty:
        return Response(reply.text, reply.status, all_headers, media_type="text/plain")
    if reply.body is None or empty:
        return Response(b"", reply.status, all_headers)
    return Response(_encoded(reply.body), reply.status, {"Content-Type": "application/json", **all_headers})


def _encoded(body: Any) -> bytes:
    """A body as JSON: with msgspec, since the encoder of Python takes a fifth of the time of a page of objects."""
    import msgspec.json

    try:
        return msgspec.json.encode(body)
    except UnicodeEncodeError:  # a half of a surrogate pair, which has to be escaped
        return json.dumps(body, separators=(",", ":")).encode()


def refusal(
    problem: Problem,
    body: Callable[[Problem], Mapping[str, object]] = Problem.body,
    media_type: str = "application/problem+json",
) -> Reply:
    """The reply to a request that is refused.

    Args:
        problem: Why.
        body: Returns the JSON of it.
        media_type: The type of that JSON.
    """
    return Reply(body(problem), problem.status, {"Content-Type": media_type, **problem.headers})


def crash() -> Problem:
    """The refusal of a request that the sandbox failed on."""
    return Problem(500, "unhandled_exception", "The operation failed in the sandbox: see its log")


def unrouted(scope: Scope, error: HTTPException) -> Problem:
    """The refusal of a request that no route or operation takes."""
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "illegal_arguments")
    return Problem(error.status_code, code, f"The sandbox has no {scope['method']} {scope['path']}", error.headers)


def is_reading(operation: Operation, _query: object = ()) -> bool:
    """Whether an operation is a GET or HEAD."""
    return operation.method in ("GET", "HEAD")


S = TypeVar("S")
K = TypeVar("K")


def handlers_in(document: Mapping[str, Any], state: object, *modules: ModuleType) -> dict[str, Handler]:
    """Handlers of operations: the functions of modules that are named as an operation of the document.

    Args:
        document: The service's document.
        state: First argument of each function.
        modules: Modules of the functions; those of `for_each` are in a module's HANDLERS.
    """
    names = {operation.name for operation in operations(document)}
    handlers: dict[str, Callable[..., Reply]] = {}
    for module in modules:
        handlers |= {name: value for name, value in vars(module).items() if _is_of(module, value)}
        handlers |= getattr(module, "HANDLERS", {})
    return {name: partial(function, state) for name, function in handlers.items() if name in names}


def _is_of(module: ModuleType, member: object) -> bool:
    return isinstance(member, FunctionType) and member.__module__ == module.__name__


def named(*kinds: str) -> dict[str, str]:
    """Kinds by their words in names of operations, which have underscores for hyphens."""
    return {kind.replace("-", "_"): kind for kind in kinds}


def for_each(
    kinds: Mapping[str, K], functions: Mapping[str, Callable[[S, Call, K], Reply]]
) -> dict[str, Callable[[S, Call], Reply]]:
    """Functions of operations that several kinds of objects have alike, by the operations' names.

    Args:
        kinds: The kinds by their words in names of operations.
        functions: The handlers, which get the kind last, by names of operations with `{}` for the kind.
    """

    def of_kind(function: Callable[[S, Call, K], Reply], kind: K) -> Callable[[S, Call], Reply]:
        return lambda state, call: function(state, call, kind)

    return {
        name.format(noun): of_kind(handler, kind) for noun, kind in kinds.items() for name, handler in functions.items()
    }


def page_token(text: str) -> str:
    """Make the token of a page.

    Args:
        text: What the page begins after.
    """
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def text_of_token(token: str) -> str | None:
    """Return the text of a token that `page_token` made; None for any other token."""
    try:
        # Not by `altchars`: from Python 3.15 on it warns of + and /, which a client may send.
        standard = token.replace("-", "+").replace("_", "/")
        return base64.b64decode(standard + "=" * (-len(token) % 4), validate=True).decode()
    except ValueError:  # binascii's errors are such, too
        return None


def page(call: Call, body: Mapping[str, object], key: str, next_page: Mapping[str, str | int] | None) -> Reply:
    """Make the response of one page.

    Args:
        call: The request.
        body: The page.
        key: The path of the page's items in the body; dots separate names of nested objects.
        next_page: The query parameters that point to the next page; None on the last one.

    Returns:
        The response with its paging headers.
    """
    # The published client reads the key on the last page too.
    headers = {"X-OpenAPI-Pagination": "false", "X-OpenAPI-Paginated-Content-Key": key}
    if next_page is None:
        return Reply(body, 200, headers)
    link = f'<{call.url(**next_page)}>; rel="next"'
    return Reply(body, 206, {"Link": link, **headers, "X-OpenAPI-Pagination": "true"})
