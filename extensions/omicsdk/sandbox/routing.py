"""Routes by how their paths begin, and what they read of a request: documents have a hundred and more routes, and Starlette tries
one after the other."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Mount, Route
from starlette.types import Receive, Scope, Send

T = TypeVar("T")

_DEEPEST = 2
"""Number of segments of a path by which routes are grouped: those of a version and of a kind of resources."""


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """The headers of a request, by name in lower case; the first of several that have the same name."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}


def origin(scope: Mapping[str, Any]) -> str:
    """Scheme, host and port as the client reached them. Requests without a host do not come this far."""
    return f"{scope['scheme']}://{headers_of(scope)['host']}"


class PathIndex(Generic[T]):
    """Things by templates of paths.

    Args:
        things: Templates, such as `/files/{uuid}`, each with its thing.
    """

    def __init__(self, things: Iterable[tuple[str, T]]) -> None:
        starts = [(_start(template), thing) for template, thing in things]
        # Each start also has the objects of shorter ones, so that a lookup finds all candidates in one list.
        self._by_start: dict[tuple[str, ...], list[T]] = {
            start: [thing for other, thing in starts if other == start[: len(other)]]
            for start in {(), *(start for start, _ in starts)}
        }

    def candidates(self, path: str) -> Sequence[T]:
        """The things whose templates may fit a path, in their order; the others do not."""
        start = tuple(path.split("/", _DEEPEST + 1)[1 : _DEEPEST + 1])
        while (found := self._by_start.get(start)) is None:
            start = start[:-1]
        return found


def _start(template: str) -> tuple[str, ...]:
    """The segments before the first one that has a parameter."""
    segments = template.split("/")[1 : _DEEPEST + 1]
    fixed = next((place for place, each in enumerate(segments) if "{" in each), len(segments))
    return tuple(segments[:fixed])


class IndexedRouter:
    """A router that tries those routes only whose paths begin as a request's does.

    Args:
        routes: The routes; the first one that fits answers.
    """

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._index = PathIndex((_template(each), (each, getattr(each, "methods", None))) for each in routes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request.

        Raises:
            HTTPException: 404, no route has the path; 405, those that have it take other methods.
        """
        candidates = self._index.candidates(scope["path"].removeprefix(scope.get("root_path", "")))
        for route, methods in candidates:
            if methods is not None and scope["method"] not in methods:
                continue
            match, child = route.matches(scope)
            if match is Match.FULL:
                scope.update(child)
                await route.handle(scope, receive, send)
                return
        for route, methods in candidates:
            if route.matches(scope)[0] is Match.PARTIAL:
                raise HTTPException(405, headers={"Allow": ", ".join(methods or ())})
        raise HTTPException(404)


def _template(route: BaseRoute) -> str:
    if isinstance(route, Mount):
        return f"{route.path}/{{path}}"
    return route.path if isinstance(route, Route) else "/{path}"
