"""Pages that members of a JSON body request, as those of searches by POST."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from omicsdk.core.json_decoding import decoded
from omicsdk.core.json_encoding import encoded
from omicsdk.core.page_items import found_at
from omicsdk.core.request import Paging, Request


@dataclass(frozen=True, slots=True)
class BodyPaging(Paging):
    """The paging of a list whose `parameter` and `limit` are dotted keys of the request's JSON body."""

    def arguments(self, request: Request) -> Mapping[str, Any]:
        """Return what a request states of its page, by parameter."""
        body = _body(request)
        return {name: found_at(body, name) for name in (self.parameter, self.limit) if name}

    def with_argument(self, request: Request, name: str, value: object) -> Request:
        """Return a request with another value of one parameter; the others are unchanged."""
        headers = request.headers
        if request.content is None:  # of an optional body, in which the first page needs nothing
            headers = (*headers, ("content-type", "application/json"))
        return replace(request, headers=headers, content=encoded(_with(_body(request), name.split("."), value)))


def _body(request: Request) -> Any:
    return decoded(request.content) if isinstance(request.content, bytes) else {}


def _with(data: Any, steps: Sequence[str], value: object) -> dict[str, Any]:
    """Return a copy of an object with another value in the place that steps lead to."""
    step, *further = steps
    members: dict[str, Any] = data if data.__class__ is dict else {}
    return {**members, step: _with(members.get(step), further, value) if further else value}
