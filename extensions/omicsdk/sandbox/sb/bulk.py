"""Requests about many things at once: each is answered by itself, and what fails for one doesn't stop the others."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.sb.problems import error_body
from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.service import Reply

_T = TypeVar("_T")


def record_of(sb: Sb, work: Callable[[], object]) -> JsonObject:
    """What came of one of many: a resource, or why there is none; nothing stays of what was refused."""
    try:
        with sb.documents.transaction():
            return {"resource": work(), "error": None}
    except Problem as problem:
        return {"resource": None, "error": error_body(problem)}


def in_bulk(sb: Sb, things: Iterable[_T], answer: Callable[[_T], JsonObject]) -> Reply:
    """An answer about many things.

    Args:
        sb: The platform.
        things: What stands in the request, such as identities.
        answer: Gives the resource of one of them.
    """

    def one(thing: _T) -> JsonObject:
        return record_of(sb, lambda: answer(thing))

    return Reply({"items": [one(thing) for thing in things]})
