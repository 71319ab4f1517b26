"""How the metadata service refuses: JSON with `detail`, a text, or for malformed requests (422) a list of faults."""

import json
import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from omicsdk.sandbox.gen3.service import as_object
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call


class Refusal(Problem):
    """A refusal with the service's own detail.

    Args:
        status: The HTTP status.
        detail: What `detail` says: a text, an object, or a list of faults.
        crashes: Whether the real service fails on this with 500.
    """

    def __init__(self, status: int, detail: object, *, crashes: bool = False) -> None:
        super().__init__(status, "refused", str(detail), crashes=crashes)
        self.detail = detail


def error_body(problem: Problem) -> dict[str, object]:
    """The JSON that a refusal carries."""
    return {"detail": problem.detail if isinstance(problem, Refusal) else problem.title}


def unknown(guid: str) -> Refusal:
    """A 404 for a document that isn't there."""
    return Refusal(404, f"Not found: {guid}")


_FLAGS = {
    **dict.fromkeys(("true", "1", "t", "yes", "y", "on"), True),
    **dict.fromkeys(("false", "0", "f", "no", "n", "off"), False),
}
_INTEGER = re.compile(r"[+-]?\d{1,18}(?:\.0+)?")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_KINDS: Mapping[type, tuple[str, str]] = {
    str: ("string_type", "string"),
    dict: ("dict_type", "dictionary"),
    list: ("list_type", "list"),
}
_MISSING = object()
OBJECT: type[dict[str, Any]] = dict
LIST: type[list[Any]] = list
V = TypeVar("V")


class Reading:
    """Reads one request and gathers its faults.

    Args:
        call: The request.

    Attributes:
        faults: What is wrong with it.
        seen: Whether the real service sees one of the faults itself.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._query = dict(call.query)
        self.faults: list[dict[str, Any]] = []
        self.seen = False

    def fault(
        self, kind: str, place: list[str | int], message: str, value: object, *, crashes: bool = False, **context: str
    ) -> None:
        """Notes a fault.

        Args:
            kind: Its kind, such as `missing`.
            place: Where it is: `body`, `query` or `path`, then keys and indexes.
            message: What is wrong.
            value: What was sent.
            crashes: Whether the real service doesn't see it, and fails with 500 later.
            context: Further facts.
        """
        self.seen = self.seen or not crashes
        found: dict[str, Any] = {"type": kind, "loc": place, "msg": message, "input": value}
        self.faults.append({**found, "ctx": context} if context else found)

    # -- the query

    def flag(self, name: str, default: bool) -> bool:
        """A parameter that is true or false."""
        text = self._query.get(name)
        if text is None:
            return default
        if text.lower() not in _FLAGS:
            message = "Input should be a valid boolean, unable to interpret input"
            self.fault("bool_parsing", ["query", name], message, text)
        return _FLAGS.get(text.lower(), default)

    def number(self, name: str, default: int) -> int:
        """A parameter that is a whole number, not negative."""
        text = self._query.get(name)
        if text is None:
            return default
        if not _INTEGER.fullmatch(text.strip()):
            message = "Input should be a valid integer, unable to parse string as an integer"
            self.fault("int_parsing", ["query", name], message, text)
            return default
        number = int(text.strip().partition(".")[0])
        if number < 0:
            message = "Input should be greater than or equal to 0"
            self.fault("greater_than_equal", ["query", name], message, text, crashes=True)
        return number

    # -- the body; what is of another kind, or missing, is read as an empty value

    def body(self, kind: type[V]) -> V:
        """The body, of a kind."""
        return self.typed(self._sent(), kind)

    def fields(self) -> dict[str, Any]:
        """The body as an object of a stated form."""
        body = self._sent()
        if not isinstance(body, dict) and body is not _MISSING:
            message = "Input should be a valid dictionary or object to extract fields from"
            self.fault("model_attributes_type", ["body"], message, body)
        return as_object(cast("object", body))

    def field(
        self, fields: Mapping[str, Any], name: str, kind: type[V], *, required: bool = False, nullable: bool = False
    ) -> V:
        """A field of the body.

        Args:
            fields: The body.
            name: The field.
            kind: What it is: a text, an object or a list.
            required: Whether it must be there.
            nullable: Whether null counts as absent.
        """
        value = fields.get(name, _MISSING)
        if value is _MISSING and required and not self.faults:
            self.fault("missing", ["body", name], "Field required", dict(fields))
        return kind() if value is None and nullable else self.typed(value, kind, name)

    def texts(self, fields: Mapping[str, Any], name: str, *, nullable: bool = False) -> list[str]:
        """A field of the body that is a list of texts; it may be absent, and null where the service takes that."""
        found = self.field(fields, name, LIST, nullable=nullable)
        return [self.typed(each, str, name, place) for place, each in enumerate(found)]

    def typed(self, value: object, kind: type[V], *place: str | int) -> V:
        """A value at a place of the body, of a kind."""
        if isinstance(value, kind):
            return value
        if value is not _MISSING:
            fault, word = _KINDS[kind]
            self.fault(fault, ["body", *place], f"Input should be a valid {word}", value)
        return kind()

    def _sent(self) -> Any:
        content = self._call.content
        kind = self._call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if content and kind and kind != "application/json" and not kind.endswith("+json"):
            return content.decode(errors="replace")
        try:
            body = json.loads(content, parse_constant=_no_constant) if content else None
        except (ValueError, RecursionError) as error:
            at, told = (error.pos, error.msg) if isinstance(error, json.JSONDecodeError) else (0, str(error))
            self.fault("json_invalid", ["body", at], "JSON decode error", {}, error=told)
            return _MISSING
        if body is None:
            self.fault("missing", ["body"], "Field required", None)
            return _MISSING
        if _NUL.search(content):
            self.fault("value_error", ["body"], "Value error, a NUL character can't be stored", None, crashes=True)
        return body


@contextmanager
def reading(call: Call) -> Generator[Reading]:
    """Reads one request within a block.

    Raises:
        Refusal: 422 at the end of the block; there was a fault.
    """
    found = Reading(call)
    yield found
    if found.faults:
        raise Refusal(422, found.faults, crashes=not found.seen)


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} isn't JSON")
