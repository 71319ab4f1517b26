"""Services with scripted responses, for workflows whose responses are changed place by place."""

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from changed_responses import each_replaced
from omicsdk.core import NO_RETRY, ManualClock, OmicsError

C = TypeVar("C")

#: Requests that are answered.
MOST = 30
Responses = dict[str, list[tuple[int, Any]]]
"""Statuses and JSON by the method and the end of the path."""


def scripted(*pages: Any, status: int = 200) -> list[tuple[int, Any]]:
    """Responses in their order; the last one is repeated, but not for ever."""
    return [(status, page) for page in pages]


#: A response without a body, as of a proxy that cuts it off.
EMPTY = object()


def each_changed(responses: Responses) -> Iterator[Responses]:
    """Yield answers of which the first one of a path is empty, or has one place changed."""
    for place, ((status, page), *others) in responses.items():
        for changed in (EMPTY, *each_replaced(page)):
            yield {**responses, place: [(status, changed), *others]}


class Services:
    """The services of a commons, which answer with their scripted responses only."""

    def __init__(self, responses: Responses) -> None:
        self.left = {place: list(queue) for place, queue in responses.items()}
        self.requested_places: set[str] = set()
        self.requests = 0
        self.transport = httpx.MockTransport(self)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        requested = f"{request.method} {request.url.path}"
        self.requests += 1
        place = max((candidate for candidate in self.left if _is_at(requested, candidate)), key=len, default=None)
        if place is None or self.requests > MOST:
            return httpx.Response(404, json={"error": f"there is no {requested}"})
        self.requested_places.add(place)
        left = self.left[place]
        status, page = left.pop(0) if len(left) > 1 else left[0]
        text = "" if page is EMPTY else json.dumps(page)
        return httpx.Response(status, text=text, headers={"content-type": "application/json"})

    def use(self, act: Callable[[Path], object], folder: Path) -> None:
        """Call a workflow with a folder of its own; it may end with one of our errors."""
        with suppress(OmicsError):
            act(Path(tempfile.mkdtemp(dir=folder)))


def _is_at(requested: str, place: str) -> bool:
    method, _, path = place.partition(" ")
    return requested.startswith(f"{method} ") and requested.endswith(path)


def checks_of(
    workflows: Mapping[str, tuple[Callable[[C, Path], object], Responses]],
    connect: Callable[..., AbstractContextManager[C]],
) -> tuple[Callable[..., None], Callable[..., None]]:
    """Return two tests: each response of some workflows is used, and none of which one place is changed is more than an error.

    Args:
        workflows: By name what is done with a client and a folder, and the responses to it.
        connect: The class of the client, with all arguments but the transport, the retries and the clock.
    """

    def run(act: Callable[[C, Path], object], responses: Responses, folder: Path) -> Services:
        services = Services(responses)
        with connect(transport=services.transport, retry=NO_RETRY, clock=ManualClock()) as client:
            services.use(lambda target_folder: act(client, target_folder), folder)
        return services

    of_each = pytest.mark.parametrize(("act", "responses"), workflows.values(), ids=workflows)

    @of_each
    def used(act: Callable[[C, Path], object], responses: Responses, tmp_path: Path) -> None:
        assert run(act, responses, tmp_path).requested_places == responses.keys()

    @of_each
    def survived(act: Callable[[C, Path], object], responses: Responses, tmp_path: Path) -> None:
        for changed in each_changed(responses):
            run(act, changed, tmp_path)

    return used, survived
