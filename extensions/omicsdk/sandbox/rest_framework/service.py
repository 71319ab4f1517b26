"""Django REST framework as a service has it: logins, refusals, pages of lists, paths with suffixes and slashes."""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qsl, quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from omicsdk.sandbox.document import Operation, Pairs, operations
from omicsdk.sandbox.problems import Problem, or_raise
from omicsdk.sandbox.routing import MATCH, Router, headers_of, origin, segments_of
from omicsdk.sandbox.service import Call, Caller, Handler, Reply, Service, traits

# Fields, each with what is wrong about it.
Complaints = Mapping[str, Sequence[str]]

# Key of complaints that are about all fields.
NO_FIELD = "non_field_errors"


class Invalid(Problem):
    """A 400 that states what is wrong about which field.

    Args:
        complaints: Fields, each with its complaints.
        crashes: Whether real servers fail on this with 500.
    """

    def __init__(self, complaints: Complaints, *, crashes: bool = False) -> None:
        message = "; ".join(f"{name}: {text}" for name, all in complaints.items() for text in all)
        super().__init__(400, "invalid", message, crashes=crashes)
        self.complaints = {name: list(texts) for name, texts in complaints.items()}

    def body(self) -> dict[str, object]:
        """The fields with their complaints."""
        return {**self.complaints}


class Refused(Problem):
    """A refusal that has one sentence, under `detail`.

    Args:
        status: HTTP status.
        detail: The sentence.
        headers: Further headers.
        crashes: Whether real servers fail on this with 500.
    """

    def __init__(
        self, status: int, detail: str, headers: Mapping[str, str] | None = None, *, crashes: bool = False
    ) -> None:
        super().__init__(status, "refused", detail, headers, crashes=crashes)

    def body(self) -> dict[str, object]:
        """The sentence."""
        return {"detail": self.title}


def not_found(*, crashes: bool = False) -> Refused:
    """404 for an object that does not exist, or that may not be seen."""
    return Refused(404, "Not found.", crashes=crashes)


def forbidden(detail: str = "You do not have permission to perform this action.") -> Refused:
    """403 for what a user may not do."""
    return Refused(403, detail)


def invalid(field: str, *texts: str) -> Invalid:
    """400 about one field."""
    return Invalid({field: texts})


def error_body(problem: Problem) -> Mapping[str, object]:
    """The JSON that a refusal carries; one of the sandbox's own is a sentence, too."""
    return problem.body() if isinstance(problem, Invalid | Refused) else {"detail": problem.title}


def page(call: Call, count: int, read: Callable[[int, int], Sequence[Any]], size: int) -> Reply:
    """One page of a list, the one that `?page=` requests.

    Args:
        call: The request.
        count: Number of all items.
        read: Reads items, by the number of those before them, and their own number.
        size: Number of items on a page.

    Raises:
        Refused: 404; there is no such page.
    """
    query = dict(call.query)
    last = max(1, -(-count // size))
    number = _number(query.get("page", "1"), last)
    if not 1 <= number <= last:
        raise Refused(404, "Invalid page.")
    items = list(read((number - 1) * size, size))
    return Reply(
        {
            "count": count,
            "next": page_url(call, query, number + 1) if number < last else None,
            "previous": page_url(call, query, number - 1) if number > 1 else None,
            "results": items,
        }
    )


def page_url(call: Call, query: Mapping[str, str], number: int) -> str:
    """The address of a page; the first has no number, and parameters are in the order of their names."""
    parameters = {name: value for name, value in query.items() if name != "page"}
    if number > 1:
        parameters["page"] = str(number)
    text = urlencode(sorted(parameters.items()))
    return call.service_url(call.path, {}) + (f"?{text}" if text else "")


def _number(text: str, last: int) -> int:
    if text == "last":
        return last
    try:
        return int(text)
    except ValueError:
        return 0


U = TypeVar("U")

MISSING = "Authentication credentials were not provided."


class Authentication(Generic[U]):
    """Authenticates callers.

    Args:
        by_token: The owner of a token; None for an unknown token.
        by_password: The owner of a name and password; None for unknown ones. None where the service takes none.
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
                return or_raise(self._by_token(token), self.refused("Invalid token."))
            case "token", words:
                wrong = "Token string should not contain spaces." if words else "No credentials provided."
                raise self.refused(f"Invalid token header. {wrong}")
            case "basic", words if self._by_password is not None:
                name, _, password = _decoded("".join(words)).partition(":")
                return or_raise(self._by_password(name, password), self.refused("Invalid username/password."))
            case _:
                return None

    def need(self, authorization: str | None) -> U:
        """The caller, who must be known.

        Raises:
            Refused: The caller is unknown.
        """
        return or_raise(self.find(authorization), self.refused())


def _decoded(word: str) -> str:
    """A name and a password; empty where they cannot be read."""
    try:
        # As the framework does, this passes over what base64 does not have.
        return base64.b64decode(word.encode()).decode()
    except ValueError:
        return ""


def error_page(title: str, details: str = "") -> str:
    """A page that the framework answers browsers with."""
    return (
        f'\n<!doctype html>\n<html lang="en">\n<head>\n  <title>{title}</title>\n</head>\n<body>\n  <h1>{title}</h1>'
        f"<p>{details}</p>\n</body>\n</html>\n"
    )


# The page that represents what does not exist.
NOT_FOUND_PAGE = error_page("Not Found", "The requested resource was not found on this server.")
# The page that represents a write to a page, which needs a browser's cookie.
_FORBIDDEN_PAGE = error_page("403 Forbidden", "CSRF verification failed. Request aborted.")
_CRASH_PAGE = error_page("Server Error (500)")
# The suffix that states the format.
SUFFIX = ".json"
# Methods that need no cookie.
_READING = ("GET", "HEAD", "OPTIONS")
# Characters that are unquoted in the address of a redirect.
_PLAIN = "/:;@&=+$,!~*'()"

_ACCEPTED = ("application/json", "application/*", "*/*", "text/html", "text/*")
_NO_PATH = re.compile(r"(?!)")
# Operations of a path, with the values of its parameters.
Match = tuple[list[Operation], list[str]]
_NO_MATCH: Match = ([], [])
_DOCUMENT = "/openapi.json"


@dataclass(frozen=True, slots=True)
class Paths:
    """What concerns the paths of a service.

    Attributes:
        roots: Paths that list others, each with the names of these and their paths below it.
        suffixed: Paths, by how they begin, that also take the suffix `.json`.
        pages: Unknown paths at which a deployed site looks for a page: it adds the slash at the end, and refuses writes.
        forms: Paths, by how they begin, of pages for browsers that refuse writes without a browser's cookie.
        route: The document's path that a path represents.
        check_access: Raises a Problem for a request that may not even learn which methods there are; gets the headers.
    """

    roots: Mapping[str, Mapping[str, str]]
    suffixed: tuple[str, ...]
    pages: re.Pattern[str] = _NO_PATH
    forms: re.Pattern[str] = _NO_PATH
    route: Callable[[str], str] = str
    check_access: Callable[[Mapping[str, str]], object] = lambda _headers: None


class PathMiddleware:
    """Answer what the routes of a service do not: roots, wrong methods, OPTIONS, missing slashes, unacceptable formats.

    Args:
        app: The routes.
        document: The service's document.
        paths: What concerns its paths.
    """

    def __init__(self, app: ASGIApp, document: Mapping[str, Any], paths: Paths) -> None:
        self._app = app
        self._paths = paths
        self._routes = Router((operation.path, operation) for operation in operations(document))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        root = scope.get("root_path", "")
        path, match = self._route(self._paths.route(scope["path"].removeprefix(root)))
        route_methods = ["GET"] if path in self._paths.roots else [operation.method for operation in match[0]]
        methods = [*route_methods, *(["HEAD"] if "GET" in route_methods else []), "OPTIONS"]
        allowed = {"Allow": ", ".join(methods)}
        try:
            if self._paths.forms.match(scope["path"].removeprefix(root)) and scope["method"] not in _READING:
                response = Response(_FORBIDDEN_PAGE, 403, media_type="text/html")
            else:
                response = (
                    await self._without_route(scope, path, methods)
                    if route_methods
                    else self._without_path(scope, path)
                )
        except Problem as problem:
            response = JSONResponse(error_body(problem), problem.status, {**allowed, **problem.headers})
        if response is not None:
            await response(scope, receive, send)
            return
        # HEAD is answered as GET, and the web server leaves out the body.
        scope = {**scope, "path": root + path, "method": "GET" if scope["method"] == "HEAD" else scope["method"]}
        if route_methods:
            scope[MATCH] = [match]
            send = _allowing(send, allowed["Allow"].encode())
        await self._app(scope, receive, send)

    def _route(self, path: str) -> tuple[str, Match]:
        """Return the path without an allowed format suffix, and what fits it; nothing if the path is unknown."""
        tried = [path]
        if path.endswith(SUFFIX) and path.startswith(self._paths.suffixed):
            tried += [path.removesuffix(SUFFIX), f"{path.removesuffix(SUFFIX)}/"]
        for candidate in tried:
            match = self._match(candidate)
            if match[0] or candidate in self._paths.roots:
                return candidate, match
        return path, _NO_MATCH

    def _match(self, path: str) -> Match:
        """The operations of the first template that fits a path; none where none does."""
        return next(self._routes.matches(segments_of(path)), _NO_MATCH)

    def _without_path(self, scope: Scope, path: str) -> Response | None:
        """Send to the path with a slash at its end, where there is one; the document is at no path of its own."""
        if path == _DOCUMENT:
            return None
        slashed = f"{path}/"
        if (
            self._match(slashed)[0]
            or slashed in self._paths.roots
            or (not path.endswith("/") and self._paths.pages.fullmatch(f"{path}/"))
        ):
            query = scope["query_string"].decode("latin-1")
            where = f"{quote(scope['path'], safe=_PLAIN)}/{'?' if query else ''}{query}"
            # A client that follows this redirect turns a POST into a GET: as on deployed servers.
            return Response(b"", 301, {"Location": where, "Content-Type": "text/html; charset=utf-8"})
        if scope["method"] not in _READING and self._paths.pages.fullmatch(path):
            return Response(_FORBIDDEN_PAGE, 403, media_type="text/html")
        return Response(NOT_FOUND_PAGE, 404, media_type="text/html")

    async def _without_route(self, scope: Scope, path: str, methods: Sequence[str]) -> Response | None:
        """The response of what no route is requested; None for all else. It refuses methods and what is not JSON."""
        headers, method, root = headers_of(scope), scope["method"], self._paths.roots.get(path)
        if root is None and (method not in methods or method == "OPTIONS"):
            await run_in_threadpool(self._paths.check_access, headers)
        if method not in methods:
            raise Refused(405, f'Method "{method}" not allowed.')
        _negotiate(scope, headers)
        allowed = {"Allow": ", ".join(methods)}
        if method == "OPTIONS":
            return JSONResponse({"renders": ["application/json"], "parses": _PARSED}, headers=allowed)
        if root is None:
            return None
        base = f"{origin(scope)}{scope['path'].removesuffix(SUFFIX)}"
        suffix = SUFFIX if scope["path"].endswith(SUFFIX) else "/"
        return JSONResponse({name: f"{base}{where}{suffix}" for name, where in root.items()}, headers=allowed)


_PARSED = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]


def _negotiate(scope: Scope, headers: Mapping[str, str]) -> None:
    """Refuse requests for another form than JSON; pages for browsers are JSON here, too."""
    requested = (
        dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("format") if scope["query_string"] else None
    )
    if requested not in (None, "json", "api"):
        raise Refused(404, "Not found.")
    kinds = [part.partition(";")[0].strip().lower() for part in headers.get("accept", "*/*").split(",")]
    if not any(kind in _ACCEPTED for kind in kinds):
        raise Refused(406, "Could not satisfy the request Accept header.")


def _allowing(send: Send, methods: bytes) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and b"allow" not in dict(message["headers"]):
            message["headers"].append((b"allow", methods))
        await send(message)

    return sending


def framework_service(
    name: str,
    document: Mapping[str, Any],
    handlers: Mapping[str, Handler],
    paths: Paths,
    *,
    at_once: Callable[[Operation, Pairs], bool],
) -> Service:
    """A service.

    Args:
        name: Its name, which is also its place.
        document: Its OpenAPI 3.1 document.
        handlers: Operation name to handler, which determines the caller.
        paths: What concerns its paths.
        at_once: Whether a handler only reads tables, as `Service` has it.
    """
    return Service(
        name=name,
        prefix=f"/{name}",
        document=document,
        handlers=handlers,
        authenticate=lambda _headers: Caller("", frozenset()),
        error_body=error_body,
        error_type="application/json",
        around=lambda app: PathMiddleware(app, document, paths),
        checks=False,
        crash=Reply(text=_CRASH_PAGE, status=500, headers={"Content-Type": "text/html; charset=utf-8"}),
        crashes=traits(name).crashes,
        at_once=at_once,
    )
