"""Routes by how their paths begin: documents have a hundred and more, and Starlette looks at one after the other."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Generic, TypeVar

from starlette.routing import BaseRoute, Match, Mount, Route, Router
from starlette.types import Receive, Scope, Send

T = TypeVar("T")

_DEEPEST = 2
"""How many segments of a path routes are told apart by: those of a version and of a kind of things."""


class PathIndex(Generic[T]):
    """Things by templates of paths.

    Args:
        things: Templates, such as `/files/{uuid}`, each with its thing.
    """

    def __init__(self, things: Iterable[tuple[str, T]]) -> None:
        self._by_start: dict[tuple[str, ...], list[tuple[int, T]]] = {}
        for number, (template, thing) in enumerate(things):
            segments = template.split("/")[1 : _DEEPEST + 1]
            fixed = next((place for place, each in enumerate(segments) if "{" in each), len(segments))
            self._by_start.setdefault(tuple(segments[:fixed]), []).append((number, thing))

    def candidates(self, path: str) -> Iterator[T]:
        """The things whose templates may fit a path, in their order; the others don't."""
        segments = path.split("/", _DEEPEST + 1)[1 : _DEEPEST + 1]
        starts = (self._by_start.get(tuple(segments[:length]), ()) for length in range(len(segments) + 1))
        for _, thing in heapq.merge(*starts, key=itemgetter(0)):
            yield thing


class IndexedRouter(Router):
    """A router that looks at those routes only whose paths begin as a request's does.

    Args:
        routes: The routes; the first one that fits answers.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        super().__init__(routes, redirect_slashes=False)
        self._index = PathIndex((_template(each), each) for each in routes)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        if scope["type"] == "http":
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            for route in self._index.candidates(path):
                match, child = route.matches(scope)
                if match is Match.FULL:
                    scope.update(child)
                    await route.handle(scope, receive, send)
                    return
        # Another method than those of the path, or no route at all.
        await super().app(scope, receive, send)


def _template(route: BaseRoute) -> str:
    if isinstance(route, Mount):
        return f"{route.path}/{{path}}"
    return route.path if isinstance(route, Route) else "/{path}"
