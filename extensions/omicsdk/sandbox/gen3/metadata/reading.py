"""How the metadata service refuses: JSON with `detail`, a text, or for malformed requests (422) a list of faults."""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

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


_TRUE = frozenset({"true", "1", "t", "yes", "y", "on"})
_FALSE = frozenset({"false", "0", "f", "no", "n", "off"})
_INTEGER = re.compile(r"[+-]?\d{1,18}(?:\.0+)?")
_NOTHING = object()


class Reading:
    """Reads one request and gathers its faults.

    Args:
        call: The request.
    """

    def __init__(self, call: Call) -> None:
        self._call = call
        self._query = dict(call.query)
        self._faults: list[dict[str, Any]] = []
        self._seen = False  # whether the real service sees one of them itself

    def fault(
        self,
        kind: str,
        place: list[str | int],
        message: str,
        value: object,
        *,
        crashes: bool = False,
        **context: str,
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
        self._seen = self._seen or not crashes
        found: dict[str, Any] = {"type": kind, "loc": place, "msg": message, "input": value}
        self._faults.append({**found, "ctx": context} if context else found)

    def done(self) -> None:
        """Ends the reading.

        Raises:
            Refusal: 422; there was a fault.
        """
        if self._faults:
            raise Refusal(422, self._faults, crashes=not self._seen)

    def flag(self, name: str, default: bool) -> bool:
        """A query parameter that is true or false."""
        text = self._query.get(name)
        if text is None:
            return default
        if text.lower() in _TRUE | _FALSE:
            return text.lower() in _TRUE
        self.fault("bool_parsing", ["query", name], "Input should be a valid boolean, unable to interpret input", text)
        return default

    def number(self, name: str, default: int) -> int:
        """A query parameter that is a whole number, not negative."""
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

    def document(self) -> dict[str, Any]:
        """The body as an object."""
        body = self._body()
        if isinstance(body, dict):
            return cast("dict[str, Any]", body)
        if body is not _NOTHING:
            self.fault("dict_type", ["body"], "Input should be a valid dictionary", body)
        return {}

    def list_of_any(self) -> list[Any]:
        """The body as a list."""
        body = self._body()
        if isinstance(body, list):
            return cast("list[Any]", body)
        if body is not _NOTHING:
            self.fault("list_type", ["body"], "Input should be a valid list", body)
        return []

    def fields(self) -> dict[str, Any]:
        """The body as an object of a stated form."""
        body = self._body()
        if isinstance(body, dict):
            return cast("dict[str, Any]", body)
        if body is not _NOTHING:
            message = "Input should be a valid dictionary or object to extract fields from"
            self.fault("model_attributes_type", ["body"], message, body)
        return {}

    def text(self, fields: Mapping[str, Any], name: str) -> str:
        """A field of the body that must be there and is a text."""
        value = self._needed(fields, name)
        if value is not _NOTHING and not isinstance(value, str):
            self.fault("string_type", ["body", name], "Input should be a valid string", value)
        return value if isinstance(value, str) else ""

    def object(self, fields: Mapping[str, Any], name: str, *, required: bool = False) -> dict[str, Any]:
        """A field of the body that is an object; null counts as absent."""
        value = self._needed(fields, name) if required else fields.get(name)
        if isinstance(value, dict):
            return cast("dict[str, Any]", value)
        if value is not None and value is not _NOTHING:
            self.fault("dict_type", ["body", name], "Input should be a valid dictionary", value)
        return {}

    def texts(self, fields: Mapping[str, Any], name: str, *, nullable: bool = False) -> list[str]:
        """A field of the body that is a list of texts; it may be absent, and null where the service takes that."""
        value = fields.get(name)
        if value is None and (nullable or name not in fields):
            return []
        if not isinstance(value, list):
            self.fault("list_type", ["body", name], "Input should be a valid list", value)
            return []
        found: list[str] = []
        for place, each in enumerate(cast("list[Any]", value)):
            if isinstance(each, str):
                found.append(each)
            else:
                self.fault("string_type", ["body", name, place], "Input should be a valid string", each)
        return found

    def _needed(self, fields: Mapping[str, Any], name: str) -> Any:
        if name not in fields:
            if not self._faults:
                self.fault("missing", ["body", name], "Field required", dict(fields))
            return _NOTHING
        return fields[name]

    def _body(self) -> Any:
        content = self._call.content
        kind = self._call.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not content:
            self.fault("missing", ["body"], "Field required", None)
            return _NOTHING
        if kind and kind != "application/json" and not kind.endswith("+json"):
            return content.decode(errors="replace")
        try:
            body = json.loads(content, parse_constant=_no_constant)
        except json.JSONDecodeError as error:
            self.fault("json_invalid", ["body", error.pos], "JSON decode error", {}, error=error.msg)
            return _NOTHING
        except (ValueError, RecursionError) as error:
            self.fault("json_invalid", ["body", 0], "JSON decode error", {}, error=str(error))
            return _NOTHING
        if body is None:
            self.fault("missing", ["body"], "Field required", None)
            return _NOTHING
        if b"\\u0000" in content and _has_nul(body):
            self.fault("value_error", ["body"], "Value error, a NUL character can't be stored", None, crashes=True)
        return body


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} isn't JSON")


def _has_nul(value: Any) -> bool:
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, str):
            if "\0" in each:
                return True
        elif isinstance(each, dict):
            members = cast("dict[str, Any]", each)
            left += [*members.keys(), *members.values()]
        elif isinstance(each, list):
            left += cast("list[Any]", each)
    return False
