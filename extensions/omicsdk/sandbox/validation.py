"""Validation of requests against the document's operations, and conversion of their texts to values."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

from jsonschema import Draft202012Validator, FormatChecker, validators
from jsonschema import exceptions as schema_errors
from jsonschema.exceptions import ValidationError

from omicsdk.sandbox.document import Operation, Parameter
from omicsdk.sandbox.problems import Problem, bad_arguments

LARGEST = 2**63 - 1
"""The largest integer that SQLite keeps; the smallest one is next to its negative."""
_INTEGER = re.compile(r"[+-]?[0-9]+")
_LONGEST = len(str(LARGEST))
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")


def is_kept(number: int) -> bool:
    """Whether SQLite takes an integer: 64 bits with a sign."""
    return -LARGEST - 1 <= number <= LARGEST


def whole_number(text: str) -> int | None:
    """The integer that a text of ASCII digits is, with or without a sign; None for another text, or one beyond 64 bits."""
    if not _INTEGER.fullmatch(text) or len(text.lstrip("+-").lstrip("0")) > _LONGEST:
        return None
    number = int(text)
    return number if is_kept(number) else None


_Several = list[str] | dict[str, list[str]]
_STATED: Any = Draft202012Validator.TYPE_CHECKER


def _kept(kind: str) -> Callable[[object, object], bool]:
    def is_kept_number(_checker: object, value: object) -> bool:
        return _STATED.is_type(value, kind) and (not isinstance(value, int) or is_kept(value))

    return is_kept_number


_TYPES = _STATED.redefine_many({kind: _kept(kind) for kind in ("integer", "number")})
_Validator: Any = cast("Any", validators).extend(Draft202012Validator, type_checker=_TYPES)
"""Takes no number for one that the database cannot keep, wherever a document states a number."""


class RequestValidator:
    """Validator of one operation's requests.

    Args:
        operation: The operation.
        document: The document that it is in; schemas are looked up there.
        formats: Checks of the document's own formats.
        codes: Which error code a violated format gives, or a wrong parameter or field by `operation.name`; others give
            `illegal_arguments`.
    """

    def __init__(
        self, operation: Operation, document: Mapping[str, Any], formats: FormatChecker, codes: Mapping[str, str]
    ) -> None:
        self._operation = operation
        self._codes = codes
        # References begin with #/components/schemas, so each schema carries the document's components along.
        self._components = {"components": document.get("components", {})}
        self._formats = formats
        self._parameters = [
            (each, each.name.lower() if each.place == "header" else each.name, self._validator(each.schema))
            for each in operation.parameters
        ]
        self._body = None if operation.body is None else self._validator(operation.body)

    def _validator(self, schema: Mapping[str, Any]) -> Draft202012Validator:
        return _Validator({**schema, **self._components}, format_checker=self._formats)

    def arguments(
        self, path: Mapping[str, str], query: Sequence[tuple[str, str]], headers: Mapping[str, str]
    ) -> dict[str, Any]:
        """The arguments of a request, as the types that the document states, defaults filled in.

        A query parameter that comes twice counts the first time, unless it is a list: the Data Store's published
        client appends its original parameters to a next link again. One that is an object has members named
        `parameter.member`. Parameters that the operation does not have are ignored, as by the platform.

        Args:
            path: The path's parameters.
            query: The query's parameters in their order.
            headers: The request's headers, names in lower case.

        Returns:
            Name to value; an optional one that is absent and has no default is not in it.

        Raises:
            Problem: 400; a parameter is missing or is not what the document states.
        """
        found: dict[str, Any] = {}
        for parameter, validator, sent in self._sent(path, query, headers):
            if not sent and not isinstance(sent, str):
                if parameter.required:
                    raise _missing(parameter)
                if sent is None and "default" in parameter.schema:
                    found[parameter.name] = parameter.schema["default"]
                continue
            found[parameter.name] = value = _value(parameter, sent) if isinstance(sent, str) else sent
            self._complain(validator, value, f"{parameter.place} parameter '{parameter.name}'", f".{parameter.name}")
        return found

    def _sent(
        self, path: Mapping[str, str], query: Sequence[tuple[str, str]], headers: Mapping[str, str]
    ) -> Iterator[tuple[Parameter, Draft202012Validator, str | _Several | None]]:
        """Each parameter with its value: a text, or the members of a list or an object; None for no text."""
        sources = {"path": path, "query": dict(reversed(query)), "header": headers}
        for parameter, name, validator in self._parameters:
            several = _several(parameter, query)
            source = sources.get(parameter.place)
            text = None if source is None else source.get(name)
            yield parameter, validator, text if several is None else several

    def as_sent(
        self, path: Mapping[str, str], query: Sequence[tuple[str, str]], headers: Mapping[str, str]
    ) -> dict[str, Any]:
        """The arguments of a request as texts, unchecked; lists of texts where the document has a list.

        Args:
            path: The path's parameters.
            query: The query's parameters in their order; of one that comes twice and is no list the first counts.
            headers: The request's headers, names in lower case.

        Returns:
            Name to value; what is absent is not in it.
        """
        sent = self._sent(path, query, headers)
        return {parameter.name: value for parameter, _, value in sent if value or value == ""}

    def body(self, sent: object, present: bool) -> Any:
        """Check a request's JSON body.

        Args:
            sent: The decoded body; ignored when there was none.
            present: Whether there was one.

        Returns:
            The body; an empty object for an optional body that is absent or null, None for an operation without one.

        Raises:
            Problem: 400; the body is missing or is not what the document states.
        """
        if self._body is None:
            return None
        if not present or (sent is None and not self._operation.body_required):
            if self._operation.body_required:
                raise bad_arguments("The request has no JSON body, this operation needs one", against="body is missing")
            return {}
        self._complain(self._body, sent, "body")
        return sent

    def _complain(self, validator: Draft202012Validator, value: object, where: str, parameter: str = "") -> None:
        found = cast("Any", validator)  # its stubs have the wrong JSON types
        if found.is_valid(value):
            return
        error = cast("ValidationError", cast("Any", schema_errors).best_match(found.iter_errors(value)))
        place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in error.absolute_path)
        message = f"The {where}{place} {complaint(error)}"
        stated = cast("str", error.validator_value) if error.validator == "format" else ""
        field = f"{self._operation.name}{parameter}{place}"
        code = self._codes.get(field) or self._codes.get(stated, "illegal_arguments")
        raise Problem(400, code, message, against=f"{where}{place} breaks {error.validator}")


def _missing(parameter: Parameter) -> Problem:
    what = f"{parameter.place} parameter '{parameter.name}'"
    return bad_arguments(f"Missing {what}", against=f"{what} is missing")


def _mistyped(parameter: Parameter, complaint: str) -> Problem:
    what = f"{parameter.place} parameter '{parameter.name}'"
    return bad_arguments(f"The {what} {complaint}", against=f"{what} breaks type")


def _several(parameter: Parameter, query: Sequence[tuple[str, str]]) -> _Several | None:
    """The value of a query for a parameter that is a list or an object; None for one that is neither."""
    kind = parameter.schema.get("type") if parameter.place == "query" else None
    if kind == "array":
        values = [value for name, value in query if name == parameter.name]
        return [item for value in values for item in value.split(",")] if parameter.joined else values
    if kind != "object":
        return None
    found: dict[str, list[str]] = {}
    for name, value in query:
        start, dot, member = name.partition(".")
        if start == parameter.name and dot:
            found.setdefault(member, []).append(value)
    return found


def _value(parameter: Parameter, text: str) -> Any:
    stated = parameter.schema.get("type", "string")
    kinds = cast("list[str]", stated if isinstance(stated, list) else [stated])
    if "boolean" in kinds:
        if text.lower() not in ("true", "false"):
            raise _mistyped(parameter, f"is true or false, not '{text}'")
        return text.lower() == "true"
    if "integer" in kinds:
        if not _INTEGER.fullmatch(text):
            raise _mistyped(parameter, f"is a whole number, not '{text}'")
        number = whole_number(text)
        if number is None:
            raise _mistyped(parameter, "is beyond 64 bits")
        return number
    if "number" in kinds:
        if not _NUMBER.fullmatch(text):
            raise _mistyped(parameter, f"is a number, not '{text}'")
        return float(text)
    return text


_COMPLAINTS = {
    "enum": "is one of {limit}, not {shown}",
    "type": "is of type {limit}, not {shown}",
    "pattern": "doesn't match {limit}: {shown}",
    "minimum": "has the minimum {limit}, not {shown}",
    "maximum": "has the maximum {limit}, not {shown}",
    "format": "isn't a {limit}: {shown}",
    "maxLength": "has at most {limit} characters, not {length}",
    "minLength": "has at least {limit} characters, not {length}",
    "maxItems": "has at most {limit} items",
}


def complaint(error: ValidationError) -> str:
    value = repr(error.instance)
    shown = value if len(value) <= 80 else value[:77] + "..."
    complaint = _COMPLAINTS.get(str(error.validator))
    if complaint is None:
        return f"is wrong: {error.message[:200]}"
    limit = cast("Any", error.validator_value)
    length = len(error.instance) if isinstance(error.instance, str) else 0
    return complaint.format(
        limit=", ".join(map(str, limit)) if error.validator == "enum" else limit, shown=shown, length=length
    )
