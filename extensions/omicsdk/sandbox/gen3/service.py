"""What the services of the commons have in common: how one is made, with a document or without, and values in JSON."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard, TypeVar, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Scope

from omicsdk.sandbox.app import body_of
from omicsdk.sandbox.gen3.gateway import HOME, Front
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.routing import origin
from omicsdk.sandbox.service import Caller, Handler, Reply, Service

log = logging.getLogger("omicsdk.sandbox")

HTML = {"Content-Type": "text/html; charset=utf-8"}
HEALTHY = Reply(text="Healthy", headers=HTML)
"""How most services say that they are there."""
CRASH = Reply({"message": "internal server error"}, 500)
"""How most services fail."""
VERSION = "sandbox"
"""Which release services say that they are, where no client looks at it."""
State = TypeVar("State")
Item = TypeVar("Item")


class TrailingSlashes(Front):
    """Takes paths with and without a slash at their end, as the web frameworks of the services do.

    Args:
        app: The service's routes.
        stated: Paths, as the router sees them, that end in a slash where the service states them.
    """

    def __init__(self, app: ASGIApp, stated: tuple[str, ...] = ("/",)) -> None:
        super().__init__(app)
        self._stated = stated

    def meant(self, scope: Scope) -> Scope:
        """The request with the path as it is stated."""
        root = scope.get("root_path", "")
        bare = scope["path"].removeprefix(root).rstrip("/")
        return {**scope, "path": root + (f"{bare}/" if f"{bare}/" in self._stated else bare)}


def gen3_service(
    name: str,
    document: Mapping[str, Any],
    handlers: Mapping[str, Handler],
    *,
    same: Mapping[str, str] | None = None,
    answers: Mapping[str, Reply] | None = None,
    absent: Mapping[str, str] | None = None,
    error_body: Callable[[Problem], Mapping[str, object]] = Problem.body,
    around: Callable[[ASGIApp], ASGIApp] = TrailingSlashes,
    crashes: Mapping[str, Sequence[int]] | None = None,
    crash: Reply = CRASH,
) -> Service:
    """A service whose handlers get requests as they were sent, find out who asks and refuse in its own words.

    Args:
        name: The service's name, which is also that of its place below `/gen3/`.
        document: Its OpenAPI 3.1 document.
        handlers: Operation name to handler.
        same: Operations that do the same as another.
        answers: Operations that always answer the same.
        absent: Operations that the sandbox doesn't play, and why.
        error_body: The JSON that a refusal carries.
        around: Puts what concerns every request around the service's routes; by default slashes at the end of paths
            don't matter.
        crashes: Operations in which the real service fails in place of refusals, each with the statuses of these.
        crash: How it answers then.
    """
    always = {operation: _always(reply) for operation, reply in (answers or {}).items()}
    return Service(
        name=f"gen3/{name}",
        prefix=f"{HOME}/{name}",
        document=document,
        document_path="/openapi.json",
        handlers={**handlers, **always, **{each: handlers[other] for each, other in (same or {}).items()}},
        authenticate=lambda _headers: Caller("", frozenset()),
        error_body=error_body,
        error_type="application/json",
        request_id="",
        around=around,
        checks=False,
        absent=absent or {},
        crashes=crashes or {},
        crash=crash,
    )


def _always(reply: Reply) -> Handler:
    return lambda _call: reply


# -- services without a document


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Attributes:
        method: Its method.
        path: The parameters of its path.
        query: Its query, of what comes twice the last.
        headers: Its headers, names in lower case.
        content: Its body.
        origin: Scheme, host and port as the client reached them.
    """

    method: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes
    origin: str

    def json(self) -> Any:
        """Its body as JSON.

        Raises:
            Problem: 400; it isn't, or has half of a surrogate pair, which is no text.
        """
        try:
            value = json.loads(self.content)
            json.dumps(value, ensure_ascii=False).encode()
        except (ValueError, RecursionError) as error:
            raise bad_arguments(f"The body isn't JSON: {error}") from error
        return value


def json_answer(body: object, status: int = 200) -> Response:
    """An answer that is JSON."""
    return Response(json.dumps(body), status, media_type="application/json")


def plain_routes(
    state: State, answers: Mapping[str, Callable[[State, Asked], Response]], refused: Callable[[Problem], Response]
) -> list[BaseRoute]:
    """The routes of a service without a document.

    Args:
        state: What each function gets as its first argument.
        answers: By methods and path, such as `GET /status` or `GET,PUT /files/{key:path}`, what answers requests, off
            the event loop; what it refuses it raises as a Problem.
        refused: Makes the answer of a refusal.
    """

    def route(stated: str, answer: Callable[[State, Asked], Response]) -> Route:
        methods, _, path = stated.partition(" ")

        async def serve(request: Request) -> Response:
            query, headers = dict(request.query_params), request.headers
            try:
                content = await body_of(request.receive)
                asked = Asked(request.method, request.path_params, query, headers, content, origin(request))
                return await run_in_threadpool(answer, state, asked)
            except Problem as problem:
                return refused(problem)
            except Exception:
                log.exception("%s %s failed", request.method, request.url.path)
                return refused(Problem(500, "unhandled_exception", "The sandbox failed: see its log"))

        return Route(path, serve, methods=methods.split(","))

    return [route(*each) for each in answers.items()]


# -- values


def as_object(value: object) -> dict[str, Any]:
    """The members of a JSON object; none of anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def is_texts(value: object) -> TypeGuard[list[str]]:
    """Whether a JSON value is a list of texts."""
    return isinstance(value, list) and all(isinstance(each, str) for each in cast("list[object]", value))


def texts_of(fields: Mapping[str, Any], name: str) -> list[str]:
    """A field that is a list of texts; an empty one when it is missing or null.

    Raises:
        Problem: 400; it is something else.
    """
    found: object = fields.get(name) or []
    if not is_texts(found):
        raise bad_arguments(f"`{name}` has to be a list of texts")
    return found


def sorted_with_gaps(
    items: Iterable[Item], key: Callable[[Item], Any], *, reverse: bool, gaps_first: bool = False
) -> list[Item]:
    """Items in the order of a key; those of which it is None come together.

    Args:
        items: The items.
        key: Gives what they are sorted by.
        reverse: Whether the greatest comes first.
        gaps_first: Whether those without a key come before all others; by default behind them.
    """
    keyed = [(key(each), each) for each in items]
    lacking = [each for value, each in keyed if value is None]
    having = sorted((pair for pair in keyed if pair[0] is not None), key=lambda pair: pair[0], reverse=reverse)
    found = [each for _, each in having]
    return [*lacking, *found] if gaps_first else [*found, *lacking]
