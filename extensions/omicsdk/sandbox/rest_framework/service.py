"""A service of the framework: what concerns paths and methods, roots, the caller, and handlers that get requests as they were
sent."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omicsdk.sandbox.document import operations
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.rest_framework.refusals import Refused, error_body
from omicsdk.sandbox.routing import Router, headers_of, origin, segments_of
from omicsdk.sandbox.service import Caller, Handler, Reply, Service

U = TypeVar("U")

MISSING = "Authentication credentials were not provided."


class Authentication(Generic[U]):
    """Authenticates callers.

    Args:
        by_token: The owner of a token; None for an unknown token.
        by_password: Who has a name and password; None where the service takes none.
        challenge: What a 401 states in WWW-Authenticate; empty where refusals are 403, as they are with sessions first.
    """

    def __init__(
        self,
        by_token: Callable[[str], U | None],
        by_password: Callable[[str, str], U | None] | None = None,
        *,
        challenge: str = "",
    ) -> None:
        self._by_token = by_token
        self._by_password = by_password
        self._challenge = challenge

    def refused(self, detail: str = MISSING) -> Refused:
        """The refusal of a user who is not known."""
        headers = {"WWW-Authenticate": self._challenge} if self._challenge else {}
        return Refused(401 if self._challenge else 403, detail, headers)

    def find(self, authorization: str | None) -> U | None:
        """The caller; None where the header is absent or of another scheme.

        Raises:
            Refused: The token, or the name and password, are not those of any user.
        """
        scheme, _, rest = (authorization or "").strip().partition(" ")
        match scheme.lower(), rest.split():
            case "token", [token]:
                return self._known(self._by_token(token), "Invalid token.")
            case "token", words:
                wrong = "Token string should not contain spaces." if words else "No credentials provided."
                raise self.refused(f"Invalid token header. {wrong}")
            case "basic", words if self._by_password is not None:
                return self._known(self._by_password(*self._name_and_password(words)), "Invalid username/password.")
            case _:
                return None

    def need(self, authorization: str | None) -> U:
        """The caller, who must be known.

        Raises:
            Refused: The caller is unknown.
        """
        return self._known(self.find(authorization), MISSING)

    def _known(self, found: U | None, refusal: str) -> U:
        if found is None:
            raise self.refused(refusal)
        return found

    def _name_and_password(self, words: Sequence[str]) -> tuple[str, str]:
        if len(words) != 1:
            wrong = "Credentials string should not contain spaces." if words else "No credentials provided."
            raise self.refused(f"Invalid basic header. {wrong}")
        try:
            # As the framework does, this passes over what base64 does not have.
            content = base64.b64decode(words[0].encode())
        except binascii.Error as error:
            raise self.refused("Invalid basic header. Credentials not correctly base64 encoded.") from error
        try:
            text = content.decode()
        except UnicodeDecodeError:
            text = content.decode("latin-1")
        name, _, password = text.partition(":")
        return name, password


METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
"""Methods that roots answer, all but the first with a refusal."""

_ALLOWED = {"Allow": "GET, HEAD, OPTIONS"}


def root_route(path: str, listed: Mapping[str, str], suffix: str = "") -> Route:
    """The route of a root.

    Args:
        path: The root, with a slash at its end.
        listed: Listed routes, each with its path below the root.
        suffix: Rest of the route's path after the root.
    """

    async def response(request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return JSONResponse({"detail": f'Method "{request.method}" not allowed.'}, 405, _ALLOWED)
        base = f"{origin(request)}{request.url.path.removesuffix(suffix)}"
        return JSONResponse({name: f"{base}{where}" for name, where in listed.items()}, headers=_ALLOWED)

    return Route(f"{path}{suffix}", response, methods=list(METHODS))


def error_page(title: str, details: str = "") -> str:
    """A page that the framework answers browsers with."""
    return (
        f'\n<!doctype html>\n<html lang="en">\n<head>\n  <title>{title}</title>\n</head>\n<body>\n  <h1>{title}</h1>'
        f"<p>{details}</p>\n</body>\n</html>\n"
    )


NOT_FOUND_PAGE = error_page("Not Found", "The requested resource was not found on this server.")
"""The page that represents what does not exist."""
_CRASH_PAGE = error_page("Server Error (500)")
_SUFFIX = ".json"
_PLAIN = "/:;@&=+$,!~*'()"
"""Characters that are unquoted in the address of a redirect."""

_ACCEPTED = ("application/json", "application/*", "*/*", "text/html", "text/*")


class PathMiddleware:
    """Answer what the routes of a service do not: wrong methods, OPTIONS, missing slashes, unacceptable formats.

    Args:
        app: The routes.
        document: The service's document.
        gate: Raises a Problem for a request that may not even learn which methods there are; gets the request's headers.
        suffixed: Paths, by how they begin, that also take the suffix `.json`.
        others: Paths that are not in the document and have routes.
    """

    def __init__(
        self,
        app: ASGIApp,
        document: Mapping[str, Any],
        check_access: Callable[[Mapping[str, str]], object] = lambda _headers: None,
        suffixed: Sequence[str] = (),
        others: Sequence[str] = (),
    ) -> None:
        self._app = app
        self._others = frozenset(others)
        self._paths = Router((operation.path, operation.method) for operation in operations(document))
        self._check_access = check_access
        self._suffixed = tuple(suffixed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root = scope.get("root_path", "")
        path = scope["path"].removeprefix(root)
        if path in self._others:
            await self._app(scope, receive, send)
            return
        path, stated = self._meant(path)
        methods = [*stated, *(["HEAD"] if "GET" in stated else []), "OPTIONS"]
        allowed = ", ".join(methods)
        try:
            response = await self._without_route(scope, methods) if stated else self._moved(scope, path)
        except Problem as problem:
            body, headers = json.dumps(error_body(problem)), {"Allow": allowed, **problem.headers}
            response = Response(body, problem.status, headers, media_type="application/json")
        if response is not None:
            await response(scope, receive, send)
            return
        scope = {**scope, "path": root + path, "method": "GET" if scope["method"] == "HEAD" else scope["method"]}
        await self._app(scope, receive, _allowing(send, allowed.encode()))

    def _meant(self, path: str) -> tuple[str, Sequence[str]]:
        """Return the path without an allowed format suffix, and its methods; none if the path is unknown."""
        tried = [path]
        if path.endswith(_SUFFIX) and path.startswith(self._suffixed):
            tried += [path.removesuffix(_SUFFIX), f"{path.removesuffix(_SUFFIX)}/"]
        return next(((each, methods) for each in tried if (methods := self._methods(each))), (path, ()))

    def _moved(self, scope: Scope, path: str) -> Response:
        """Send to the path with a slash at its end, where there is one."""
        if not self._methods(f"{path}/"):
            return Response(NOT_FOUND_PAGE, 404, media_type="text/html")
        query = scope["query_string"].decode("latin-1")
        where = f"{quote(scope['path'], safe=_PLAIN)}/{'?' if query else ''}{query}"
        # A client that follows this redirect turns a POST into a GET: as on deployed servers.
        return Response(b"", 301, {"Location": where, "Content-Type": "text/html; charset=utf-8"})

    async def _without_route(self, scope: Scope, methods: Sequence[str]) -> Response | None:
        """The response of what no route is requested; None for all else. It refuses methods and what is not JSON."""
        headers, method = headers_of(scope), scope["method"]
        if method not in methods or method == "OPTIONS":
            await run_in_threadpool(self._check_access, headers)
        if method not in methods:
            raise Refused(405, f'Method "{method}" not allowed.')
        _negotiate(scope, headers)
        return _described(methods) if method == "OPTIONS" else None

    def _methods(self, path: str) -> Sequence[str]:
        """The methods of the first template that fits a path; none where none does."""
        return next((methods for methods, _ in self._paths.matches(segments_of(path))), ())


def _negotiate(scope: Scope, headers: Mapping[str, str]) -> None:
    """Refuse requests for another form than JSON; pages for browsers are JSON here, too."""
    wanted = dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("format") if scope["query_string"] else None
    if wanted not in (None, "json", "api"):
        raise Refused(404, "Not found.")
    kinds = [each.partition(";")[0].strip().lower() for each in headers.get("accept", "*/*").split(",")]
    if not any(kind in _ACCEPTED for kind in kinds):
        raise Refused(406, "Could not satisfy the request Accept header.")


def _described(methods: Sequence[str]) -> Response:
    response = {
        "renders": ["application/json"],
        "parses": ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"],
    }
    return Response(json.dumps(response), 200, {"Allow": ", ".join(methods)}, media_type="application/json")


def _allowing(send: Send, methods: bytes) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and b"allow" not in dict(message["headers"]):
            message["headers"].append((b"allow", methods))
        await send(message)

    return sending


_DOCUMENT = "/openapi.json"


def framework_service(
    name: str,
    document: Mapping[str, Any],
    handlers: Mapping[str, Handler],
    *,
    middleware: type[PathMiddleware] = PathMiddleware,
    check_access: Callable[[Mapping[str, str]], object] = lambda _headers: None,
    suffixed: Sequence[str] = (),
    pages: Sequence[Route] = (),
    **more: Any,
) -> Service:
    """A service.

    Args:
        name: Its name, which is also its place.
        document: Its OpenAPI 3.1 document.
        handlers: Operation name to handler; each finds out the caller.
        middleware: Answers requests before they reach the routes.
        gate: Raises a Problem for a request that may not even learn which methods there are; gets the request's headers.
        suffixed: Paths, by how they begin, that also take the suffix `.json`.
        pages: Routes that the document does not state.
        more: Other properties of the service, such as `absent` and `crashes`.
    """
    return Service(
        name=name,
        prefix=f"/{name}",
        document=document,
        document_path=_DOCUMENT,
        handlers=handlers,
        authenticate=lambda _headers: Caller("", frozenset()),
        error_body=error_body,
        error_type="application/json",
        request_id="",
        around=lambda app: middleware(
            app, document, check_access, suffixed, [_DOCUMENT, *(each.path for each in pages)]
        ),
        pages=pages,
        checks=False,
        crash=Reply(text=_CRASH_PAGE, status=500, headers={"Content-Type": "text/html; charset=utf-8"}),
        **more,
    )
