"""Parts that the commons' services share: their paths, their construction, with a document or without, and values in JSON.

A commons serves all of its services below one host, each at its path; the table is that of the public deployments. The sandbox
mounts each service below `/gen3/`, and paths are rewritten before they are routed.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeGuard, cast

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from omicsdk.sandbox.document import read_table
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.routing import PATH_PARAMETER
from omicsdk.sandbox.service import Call, Caller, Handler, Reply, SandboxContext, Service, refusal, response, traits

ErrorBody = Callable[[Problem], Mapping[str, object]]
# The services are below it, each under its name.
HOME = "/gen3"
SERVICES = (
    *("fence", "arborist", "wts", "manifest", "indexd", "metadata", "sheepdog", "peregrine", "guppy", "job"),
    "ws-storage",
)

_FORMS: Mapping[str, Sequence[tuple[str, str]]] = read_table("gen3/paths.toml")
_TABLE = {segment: [(re.compile(pattern), target) for pattern, target in forms] for segment, forms in _FORMS.items()}

_ROOT = 2  # how many slashes /gen3/SERVICE has

# The path below which a commons only reads: writes go to `/mds-admin`.
READ_ONLY = "/mds"


def inner_path(path: str) -> str | None:
    """The sandbox's path for a path of a commons; None for a path that is not one of a commons.

    Args:
        path: The path, decoded.
    """
    # nginx treats several slashes as one, and clients join endpoints and paths with one too many.
    segment, slash, rest = path.lstrip("/").partition("/")
    for pattern, target in _TABLE.get(segment, ()):
        match = pattern.fullmatch(slash + rest)
        if match:
            inner = HOME + target.format(*match.groups(""))
            # A service's own root needs its slash, or the router sends clients to a path that a commons does not have.
            return f"{inner}/" if inner.count("/") == _ROOT else inner
    return None


def middleware(
    app: ASGIApp, rewritten: Callable[[Scope], Scope], refused: Callable[[Problem], Reply] | None = None
) -> ASGIApp:
    """Rewrite requests, and word refusals of unknown routes.

    Args:
        app: The routes.
        rewritten: Makes the request that the routes get; a Problem that this raises is a refusal.
        refused: Makes the response when no route has the path or method, or `rewritten` raised; by default the sandbox does.
    """

    async def rewriting(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(rewritten(scope), receive, send)
        except (HTTPException, Problem) as error:
            if refused is None:
                raise
            if isinstance(error, HTTPException):
                error = Problem(error.status_code, "", error.detail, error.headers)
            await response(refused(error), {})(scope, receive, send)

    return rewriting


def with_inner_path(scope: Scope) -> Scope:
    """A request to the commons with the path at which the sandbox has it."""
    inner = inner_path(scope["path"])
    return scope if inner is None else {**scope, "path": inner, "gen3.path": scope["path"]}


def json_refusal(error_body: ErrorBody) -> Callable[[Problem], Reply]:
    """What makes the response of a refusal, of its JSON."""
    return lambda problem: refusal(problem, error_body, "application/json")


def trailing_slashes(app: ASGIApp, slashed: tuple[str, ...] = ("/",), error_body: ErrorBody | None = None) -> ASGIApp:
    """Take paths with and without a slash at their end, as the web frameworks of the services do.

    Args:
        app: The service's routes.
        slashed: Paths, as the router sees them, that end in a slash in the service's document.
        error_body: The JSON of a refusal; by default the sandbox words it.
    """

    def rewritten(scope: Scope) -> Scope:
        root = scope.get("root_path", "")
        bare = scope["path"].removeprefix(root).rstrip("/")
        return {**scope, "path": root + (f"{bare}/" if f"{bare}/" in slashed else bare)}

    return middleware(app, rewritten, json_refusal(error_body) if error_body else None)


HTML = {"Content-Type": "text/html; charset=utf-8"}
# The failure of most services.
CRASH = Reply({"message": "internal server error"}, 500)
# The JSON that services' refusals carry, where they have a form of their own.
ERROR_BODIES: Mapping[str, ErrorBody] = {
    "arborist": lambda problem: {"error": {"message": problem.title, "code": problem.status}},
    "manifest": lambda problem: {"error": problem.title},
    "ws-storage": lambda problem: {"Result": problem.title},
    "wts": lambda problem: {"message": problem.title},
}


def need_authorization(call: Call) -> None:
    """Refuse a request without credentials, of an operation that needs some.

    Raises:
        Problem: 401; there is no Authorization header.
    """
    if call.operation.secured and not call.headers.get("authorization"):
        raise Problem(401, "unauthorized", f"{call.operation.name} needs an Authorization header")


def gen3_service(
    name: str,
    document: Mapping[str, Any],
    handlers: Mapping[str, Handler],
    *,
    error_body: ErrorBody | None = None,
    around: Callable[[ASGIApp], ASGIApp] | None = trailing_slashes,
    crash: Reply = CRASH,
    rights: Callable[[Call], object] = need_authorization,
    checks: bool = False,
) -> Service:
    """A service whose handlers get requests as they were sent, determine the caller, and refuse as the service does.

    Args:
        name: The service's name, which is also that of its place below `/gen3/`.
        document: Its OpenAPI 3.1 document.
        handlers: Operation name to handler.
        error_body: The JSON that a refusal carries; by default as in `ERROR_BODIES`, or that of a Problem.
        around: Puts what concerns every request around the service's routes; by default slashes at the end of paths
            do not matter. None for nothing.
        crash: The response of operations in which the real service fails.
        rights: Raises a Problem where the sender may not request an operation that the engine answers.
        checks: Whether requests are validated against the document before a handler sees them.
    """
    operations = traits(f"gen3/{name}")
    always = {operation: _always(Reply(body)) for operation, body in operations.responses.items()}
    always |= {operation: _always(Reply(text=text, headers=HTML)) for operation, text in operations.pages.items()}
    return Service(
        name=f"gen3/{name}",
        prefix=f"{HOME}/{name}",
        document=document,
        handlers={**handlers, **always, **{alias: handlers[other] for alias, other in operations.same.items()}},
        authenticate=lambda _headers: Caller("", frozenset()),
        error_body=error_body or ERROR_BODIES.get(name, Problem.body),
        error_type="application/json",
        around=around,
        checks=checks,
        absent={operation: reason for reason, several in operations.absent.items() for operation in several},
        crashes=operations.crashes,
        crash=crash,
        rights=rights,
    )


def _always(reply: Reply) -> Handler:
    return lambda _call: reply


def crash_if_real(context: SandboxContext, why: str) -> None:
    """Fail where the real service is known to, although the sandbox would answer.

    Args:
        context: State and settings that all services share; its setting `sandbox.strict_errors` decides.
        why: Reason of the real service's failure.

    Raises:
        Problem: The service's 500; the setting is `real`.
    """
    if context.crashes_as_real:
        raise Problem(500, "crash", f"The real service fails: {why}", crashes=True)


def refusing(handlers: Mapping[str, Handler], refused: Callable[[Problem], Reply]) -> dict[str, Handler]:
    """Handlers of a service whose refusals are not the JSON of all others.

    Args:
        handlers: The handlers by operation.
        refused: Makes the response of a refusal.
    """

    def answering(handler: Handler) -> Handler:
        def handle(call: Call) -> Reply:
            try:
                return handler(call)
            except Problem as problem:
                reply = refused(problem)
            # Half of a surrogate pair, which a refusal may repeat, cannot be sent as text.
            return replace(reply, text=reply.text and reply.text.encode(errors="replace").decode())

        return handle

    return {name: answering(handler) for name, handler in handlers.items()}


def document_of(operations: Mapping[str, str]) -> dict[str, Any]:
    """The document of a service that publishes none.

    Args:
        operations: The names of its operations by method and path, such as `GET /status`; slashes stay in `{key:path}`.
    """
    paths: dict[str, dict[str, Any]] = {}
    for route, name in operations.items():
        methods, _, path = route.partition(" ")
        place = {"in": "path", "required": True, "schema": {"type": "string"}}
        matches = PATH_PARAMETER.finditer(path)
        parameters = [{"name": match[1], **place, "x-omics-raw-path": bool(match[2])} for match in matches]
        responses = {"default": {"description": ""}}
        operation: dict[str, Any] = {"x-omics-name": name, "parameters": parameters, "responses": responses}
        item = paths.setdefault(PATH_PARAMETER.sub(r"{\1}", path), {})
        item |= {method.lower(): operation for method in methods.split(",")}
    return {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": paths}


# -- values


def as_object(value: object) -> dict[str, Any]:
    """The members of a JSON object; none of anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """The members of a JSON list; of anything else it alone."""
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def as_text(value: object) -> str:
    """A value for comparison with a text: booleans in small letters, and 2.0 is not 2."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_texts(value: object) -> TypeGuard[list[str]]:
    """Whether a JSON value is a list of texts."""
    return isinstance(value, list) and all(isinstance(item, str) for item in cast("list[object]", value))
