"""Requests to the metadata service, and its refusals: JSON with `detail`, a text, or for malformed requests a list of faults.

The service is made with FastAPI, which reads requests with pydantic: this module does too, and reports the same faults.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, TypeVar

from annotated_types import Interval

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Handler, Reply
from omicsdk.sandbox.validation import LARGEST


class Refusal(Problem):
    """A refusal with the service's own detail.

    Args:
        status: The HTTP status.
        detail: What `detail` states: a text, an object, or a list of faults.
        crashes: Whether the real service fails on this with 500.
    """

    def __init__(self, status: int, detail: object, *, crashes: bool = False) -> None:
        super().__init__(status, "refused", str(detail), crashes=crashes)
        self.detail = detail


def error_body(problem: Problem) -> dict[str, object]:
    """The JSON that a refusal carries."""
    return {"detail": problem.detail if isinstance(problem, Refusal) else problem.title}


def unknown(guid: str) -> Refusal:
    """A 404 for a document that does not exist."""
    return Refusal(404, f"Not found: {guid}")


Count = Annotated[int, Interval(ge=0, le=LARGEST)]
"""A number of things; the real service checks no bounds, and its database fails on what is beyond them."""
_BOUNDS = ("greater_than_equal", "less_than_equal")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_NOT_STORED = "Value error, a NUL character can't be stored"
Fault = dict[str, Any]
Q = TypeVar("Q")
B = TypeVar("B")


@dataclass(frozen=True, slots=True)
class Nothing:
    """A query or body that is not read."""


def read(call: Call, query: type[Q], body: type[B] = Nothing) -> tuple[Q, B]:
    """The query and the body of a request.

    Args:
        call: The request.
        query: What the query may be, a dataclass; what this does not name is ignored.
        body: What the body may be; by default it is not looked at.

    Raises:
        Refusal: 422; there are faults, all of which are reported.
    """
    faults: list[Fault] = []
    stated = _read(query, dict(call.query), "query", faults)
    sent = _read(body, _body(call, faults) if body is not Nothing else {}, "body", faults)
    if faults:
        raise Refusal(422, faults, crashes=all(map(_is_unseen, faults)))
    return stated, sent


def read_body(call: Call, body: type[B]) -> B:
    """The body of a request; otherwise as `read`."""
    return read(call, Nothing, body)[1]


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import TypeAdapter  # it is slow to import

    return TypeAdapter(kind)


def _read(kind: Any, value: object, place: str, faults: list[Fault]) -> Any:
    """A value of a kind; faults are added to those that were found, and with faults the value means nothing."""
    from pydantic import ValidationError

    if any(each["loc"][0] == place for each in faults):
        return None
    try:
        return _adapter(kind).validate_python(value)
    except ValidationError as error:
        faults += (_fault(place, each) for each in error.errors(include_url=False))
    return None


def _fault(place: str, found: Mapping[str, Any]) -> Fault:
    fault = {**found, "loc": [place, *found["loc"]]}
    if found["type"] == "dataclass_type":  # the service has models in place of dataclasses
        del fault["ctx"]
    return fault


def _is_unseen(fault: Fault) -> bool:
    """Whether the real service does not see a fault, and fails later."""
    return fault["type"] in _BOUNDS or fault["msg"] == _NOT_STORED or fault["loc"][-1] == "guid"


def _body(call: Call, faults: list[Fault]) -> Any:
    content = call.content
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content and kind and kind != "application/json" and not kind.endswith("+json"):
        return content.decode(errors="replace")
    wrong = [*_text_faults(content)]
    faults += wrong
    return None if wrong else call.body


def storable(handler: Handler) -> Handler:
    """A handler of requests whose paths and queries the real service's database takes."""

    def handle(call: Call) -> Reply:
        if any("\0" in text for text in (call.path, *(value for _, value in call.query))):
            fault = {"type": "value_error", "loc": ["path"], "msg": _NOT_STORED, "input": None}
            raise Refusal(422, [fault], crashes=True)
        return handler(call)

    return handle


def _text_faults(content: bytes) -> Iterator[Fault]:
    try:
        body = json.loads(content, parse_constant=_no_constant) if content else None
    except (ValueError, RecursionError) as error:
        at, fault = (error.pos, error.msg) if isinstance(error, json.JSONDecodeError) else (0, str(error))
        context = {"error": fault}
        yield {"type": "json_invalid", "loc": ["body", at], "msg": "JSON decode error", "input": {}, "ctx": context}
        return
    if body is None:
        yield {"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}
    elif _NUL.search(content):
        yield {"type": "value_error", "loc": ["body"], "msg": _NOT_STORED, "input": None}


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} isn't JSON")
