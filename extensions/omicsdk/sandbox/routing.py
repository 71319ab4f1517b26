"""Routes by the segments of their paths, and what is read of every request: documents have a hundred and more paths."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Generic, TypeVar

from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import Receive, Scope, Send

T = TypeVar("T")

# A parameter in the template of a path; slashes stay in the value of one such as `{name:path}`.
PATH_PARAMETER = re.compile(r"\{([^{}:]*)(:[^{}]*)?\}")


# Key of a request's scope for the operations that its path has, with the values of its parameters, where a service's
# middleware has searched for them.
MATCH = "omics.match"
# Key of a request's scope for its decoded headers, beside those that they were decoded from.
_HEADERS = "omics.headers"


def headers_of(scope: Scope) -> dict[str, str]:
    """The headers of a request, by name in lower case; the first of several that have the same name."""
    sent, decoded = scope.get(_HEADERS, (None, {}))
    if sent is not scope["headers"]:  # each layer reads them, and some layers replace them
        sent = scope["headers"]
        decoded = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(sent)}
        scope[_HEADERS] = sent, decoded
    return decoded


def origin(scope: Scope) -> str:
    """Scheme, host and port as the client reached them. Requests without a host do not come this far."""
    return f"{scope['scheme']}://{headers_of(scope)['host']}"


def segments_of(path: str) -> list[str]:
    """The segments of a path; the last one is empty where it ends in a slash."""
    return path.split("/")[1:]


@dataclass(slots=True)
class _Node(Generic[T]):
    """What the templates that begin alike have in common.

    Attributes:
        fixed: The nodes after a segment without parameters.
        mixed: Those after a segment that has a parameter and more, such as `{id}.json`.
        parameter: That after a segment that is a parameter.
        path: That after a parameter in whose value slashes stay.
        entries: What has the template that ends here.
    """

    fixed: "dict[str, _Node[T]]" = field(default_factory=dict[str, "_Node[T]"])
    mixed: "dict[str, tuple[re.Pattern[str], _Node[T]]]" = field(
        default_factory=dict[str, "tuple[re.Pattern[str], _Node[T]]"]
    )
    parameter: "_Node[T] | None" = None
    path: "_Node[T] | None" = None
    entries: list[T] = field(default_factory=list[T])

    @property
    def continues(self) -> bool:
        """Whether templates have further segments after it."""
        return bool(self.fixed or self.mixed or self.parameter or self.path)

    def child(self, segment: str) -> "_Node[T]":
        """The node after a segment of a template."""
        match = PATH_PARAMETER.fullmatch(segment)
        if match is not None and match[2] == ":path":
            self.path = self.path or _Node()
            return self.path
        if match is not None:
            self.parameter = self.parameter or _Node()
            return self.parameter
        if "{" not in segment:
            return self.fixed.setdefault(segment, _Node())
        # Between two literals are the two groups of a parameter.
        literals = [re.escape(part) for part in PATH_PARAMETER.split(segment)[::3]]
        pattern = re.compile("(.+?)".join(literals))
        return self.mixed.setdefault(pattern.pattern, (pattern, _Node()))[1]


class Router(Generic[T]):
    """Finds entries by the segments of a path; fixed segments go before parameters.

    Args:
        entries: Templates of paths, such as `/files/{uuid}`, each with its entry.
    """

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        self._root: _Node[T] = _Node()
        for template, entry in entries:
            node = self._root
            for segment in segments_of(template):
                node = node.child(segment)
            node.entries.append(entry)

    def matches(self, segments: Sequence[str]) -> Iterator[tuple[list[T], list[str]]]:
        """The entries of each template that fits a path, with the values of its parameters.

        Args:
            segments: The path's segments, decoded.
        """
        count = len(segments)
        left: list[tuple[_Node[T], int, list[str]]] = [(self._root, 0, [])]  # the last one is compared next
        while left:
            node, start, values = left.pop()
            if start == count:
                if node.entries:
                    yield node.entries, values
                continue
            segment = segments[start]
            if node.path is not None:
                # As many segments as can be, but fixed segments after them go first.
                for end in (count, *range(start + 1, count if node.path.continues else 0)):
                    left.append((node.path, end, [*values, "/".join(segments[start:end])]))
            if node.parameter is not None and segment:
                left.append((node.parameter, start + 1, [*values, segment]))
            for pattern, child in reversed(node.mixed.values()):
                if match := pattern.fullmatch(segment):
                    left.append((child, start + 1, [*values, *match.groups()]))
            if (child := node.fixed.get(segment)) is not None:
                left.append((child, start + 1, values))


class Routes:
    """Routes of Starlette, of which those are tried whose paths fit.

    Args:
        routes: The routes.

    Attributes:
        fixed: Those whose paths have no parameters, by path.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        templates = [(_template(route), route) for route in routes]
        self.fixed: dict[str, list[BaseRoute]] = {}
        for template, route in templates:
            if "{" not in template:
                self.fixed.setdefault(template, []).append(route)
        self._router = Router(pair for pair in templates if pair[0] not in self.fixed)

    def find(self, scope: Scope) -> tuple[BaseRoute | None, list[str]]:
        """The route of a request, which then has its parameters; else None and the methods that its path takes."""
        allowed: list[str] = []
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        others = (route for routes, _ in self._router.matches(segments_of(path)) for route in routes)
        for route in chain(self.fixed.get(path, ()), others):
            match, child = route.matches(scope)
            if match is Match.FULL:
                scope.update(child)
                return route, []
            if match is Match.PARTIAL:
                allowed += getattr(route, "methods", None) or ()
        return None, allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request.

        Raises:
            HTTPException: 404, no route has the path; 405, those that have it take other methods.
        """
        route, allowed = self.find(scope)
        if route is None:
            raise not_routed(allowed)
        await route.handle(scope, receive, send)


def not_routed(allowed: Sequence[str]) -> HTTPException:
    """The refusal of a request that no route takes.

    Args:
        allowed: The methods that its path takes; none where no route has it.
    """
    return HTTPException(405, headers={"Allow": ", ".join(dict.fromkeys(allowed))}) if allowed else HTTPException(404)


def _template(route: BaseRoute) -> str:
    if isinstance(route, Mount):
        return f"{route.path}/{{path:path}}"
    return route.path if isinstance(route, Route) else "/{path:path}"
