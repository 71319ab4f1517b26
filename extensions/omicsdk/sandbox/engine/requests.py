"""Requests as their operation states them: arguments and bodies decoded by their schemas, and everything that breaks the document."""

import math
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, unquote

from omicsdk.core.json_text import strict_value
from omicsdk.sandbox.document import (
    EMPTY,
    FORM,
    NO_CONTENT,
    Content,
    Operation,
    Pairs,
    Parameter,
    as_list,
    as_mapping,
    delimiter_of,
    is_json,
    media_type_of,
)
from omicsdk.sandbox.engine.schemas import Schemas
from omicsdk.sandbox.problems import Fault, Problem, Refused, complaint, nested_name, whole_number
from omicsdk.sandbox.service import grouped
from omicsdk.sandbox.state.objects import ObjectStore, StoredObject

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_MOST_FAULTS = 20
_TEXT = frozenset({"string"})
_NULLS = ("", "null")
_SEVERAL = frozenset({"array", "object"})
# Headers that documents may state as parameters, and that are none.
_OF_HTTP = ("accept", "content-type", "authorization")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form.

    Attributes:
        name: Its name.
        media_type: Its type.
        content: Its bytes.
    """

    name: str
    media_type: str
    content: StoredObject


@dataclass(slots=True)  # not frozen: that doubles the time in which one is made
class Received:
    """The body of a request as it was received.

    Attributes:
        text: Its bytes, of a body that is decoded.
        content: The stored bytes of another one.
        fields: Names and values of a form of several parts; None for other bodies.
        files: The files of that form, by field.
    """

    text: bytes = b""
    content: StoredObject | None = None
    fields: Pairs | None = None
    files: Mapping[str, Upload] = field(default_factory=dict[str, Upload])


@dataclass(slots=True)  # not frozen: that doubles the time in which one is made
class Sent:
    """The decoded content of a request.

    Attributes:
        path: Values of the path's parameters, by name.
        query: Those of the query, as their schemas have them.
        headers: Those of headers and cookies.
        body: The body's value; ABSENT is no body.
        media_type: The body's type.
        content: The bytes of a body that is none of JSON and forms.
        files: Files of a form, by field.
    """

    path: Mapping[str, Any] = field(default_factory=dict[str, Any])
    query: Mapping[str, Any] = field(default_factory=dict[str, Any])
    headers: Mapping[str, Any] = field(default_factory=dict[str, Any])
    body: Any = None
    media_type: str = ""
    content: StoredObject | None = None
    files: Mapping[str, Upload] = field(default_factory=dict[str, Upload])


class Reader:
    """Reads requests of one operation.

    Args:
        operation: The operation.
        schemas: The document's schemas.
        codes: The error codes of a violated format, or of a wrong parameter or field by `operation.name`; others are
            `illegal_arguments`.
    """

    def __init__(self, operation: Operation, schemas: Schemas, codes: Mapping[str, str] = EMPTY) -> None:
        self._operation = operation
        self._schemas = schemas
        self._codes = codes
        self._parameters = [
            (
                parameter,
                parameter.name.lower() if parameter.place == "header" else parameter.name,
                schemas.kinds(parameter.schema),
            )
            for parameter in operation.parameters
            if parameter.place in ("path", "query", "header", "cookie")
        ]
        self.defaults = {
            parameter.name: parameter.schema["default"]
            for parameter, _, kinds in self._parameters
            if "default" in parameter.schema and not kinds & _SEVERAL
        }

    def sent(
        self,
        path: Sequence[str],
        query: Pairs,
        headers: Mapping[str, str],
        received: Received,
        status: int = 400,
        *,
        is_handled: bool = False,
    ) -> Sent:
        """The decoded content of a request.

        Args:
            path: Values of the path's parameters, in their order.
            query: The query's parameters.
            headers: The headers, names in lower case.
            received: The body.
            status: The HTTP status for what breaks the document.
            is_handled: Whether a handler responds, which reads bodies that are no JSON itself, and gets an empty object for none.

        Raises:
            Problem: 415; the operation takes bodies of other types.
            Refused: The request breaks the document.
        """
        places, faults = self.arguments(path, query, headers)
        content = NO_CONTENT
        body: Any = None
        if not is_handled or self._operation.body is not None:
            is_empty = not received.text and received.content is None and received.fields is None
            content = self.content("" if is_empty else headers.get("content-type", ""))
        if received.fields is not None:
            body = self.form(content, received.fields)
            properties = self._schemas.properties(content.schema)
            kinds = {name: self._schemas.kinds(properties.get(name)) for name in received.files}
            files = {name: [""] if "array" in kinds[name] else "" for name in kinds}
            faults += self._faults(content.schema, {**files, **body}, "body", ())
        elif received.content is None and (content.is_json or not is_handled):
            body, body_faults = self.body(content, received.text)
            faults += body_faults
            if body is None and is_handled:
                body = {}
        if faults:
            raise self._refused(faults, status)
        return Sent(
            path=places["path"],
            query=places["query"],
            headers={**places["header"], **places["cookie"]},
            body=body,
            media_type=content.media_type,
            content=received.content,
            files=received.files,
        )

    def _refused(self, faults: Sequence[Fault], status: int) -> Refused:
        first = faults[0]
        name = f"{self._operation.name}{nested_name(first.field)}"
        code = self._codes.get(first.format, "illegal_arguments")
        # The codes are those of values: one that is missing has none.
        return Refused(faults, status, code if first.rule == "required" else self._codes.get(name, code))

    # -- arguments outside the body

    def arguments(
        self, path: Sequence[str], query: Pairs, headers: Mapping[str, str]
    ) -> tuple[dict[str, dict[str, Any]], list[Fault]]:
        """The arguments of a request by place and name, and what is wrong with them.

        A query parameter that comes twice counts the first time, unless it is a list: the Data Store's published
        client appends its original parameters to a next link again. Parameters that the operation does not have are ignored.

        Args:
            path: Values of the path's parameters, in their order.
            query: The query's parameters.
            headers: The headers, names in lower case.
        """
        in_path = dict(zip(self._operation.path_parameters, path, strict=False))
        places: dict[str, dict[str, Any]] = {"path": {**in_path}, "query": {}, "header": {}, "cookie": {}}
        faults: list[Fault] = []
        for parameter, sent in self._sent(in_path, query, headers):
            name, location = parameter.name, parameter.place
            if location == "header" and name.lower() in _OF_HTTP:
                continue
            if sent is None:
                if parameter.required and location != "path":
                    faults.append(Fault(location, (name,), "is missing", "required"))
                continue
            places[location][name] = value = self.typed(parameter.schema, sent)
            faults += self._faults(parameter.schema, value, location, (name,))
        return places, faults

    def as_sent(self, path: Sequence[str], query: Pairs, headers: Mapping[str, str]) -> dict[str, Any]:
        """The arguments of a request as texts, unchecked; lists of texts where the document has a list.

        The arguments are those of `arguments`.
        """
        in_path = dict(zip(self._operation.path_parameters, path, strict=False))
        sent = self._sent(in_path, query, headers)
        return {parameter.name: value for parameter, value in sent if value is not None}

    def _sent(
        self, path: Mapping[str, str], query: Pairs, headers: Mapping[str, str]
    ) -> Iterator[tuple[Parameter, Any]]:
        """Each parameter with what a request has of it; None for nothing."""
        cookies = cookies_of(headers) if "cookie" in headers else EMPTY
        sources: Mapping[str, Mapping[str, str]] = {"path": path, "cookie": cookies, "header": headers}
        for parameter, name, kinds in self._parameters:
            if parameter.place == "query":
                yield parameter, self._queried(parameter, kinds, query) if query else None
                continue
            sent = sources[parameter.place].get(name)
            if sent is not None:
                sent = _of_style(parameter, kinds, sent if parameter.place == "path" else unquote(sent))
            yield parameter, sent

    def _queried(self, parameter: Parameter, kinds: frozenset[str], query: Pairs) -> Any:
        """What a query has of a parameter: a text, a list of texts, or a mapping of texts; None for nothing."""
        name = parameter.name
        names = (name, f"{name}[]")
        values = [value for key, value in query if key in names]
        if parameter.is_deep or ("object" in kinds and parameter.delimiter == ","):
            nested = _nested((key.removeprefix(name), value) for key, value in query if key.startswith(f"{name}["))
            if nested:
                return nested
        if "object" in kinds and not parameter.delimiter and not parameter.is_encoded and not values:
            members = self._schemas.properties(parameter.schema)
            return {key: value for key, value in query if key in members} or _members(name, query) or None
        if "array" in kinds:
            split = parameter.delimiter
            return ([item for value in values for item in value.split(split)] if split else values) or None
        return _of_style(parameter, kinds, values[0]) if values else None

    def typed(self, schema: object, sent: Any) -> Any:
        """A text, or a structure of texts, as the types that a schema states; what is none of them stays a text."""
        flat = self._schemas.flat(schema)
        kinds = self._schemas.kinds(flat)
        if kinds == _TEXT and isinstance(sent, str):
            return sent
        if isinstance(sent, list):
            items = self._schemas.items(flat) or flat.get("items", EMPTY)
            typed_items = [self.typed(items, item) for item in cast("list[Any]", sent)]
            is_single = bool(kinds) and "array" not in kinds and len(typed_items) == 1
            return typed_items[0] if is_single else typed_items
        if isinstance(sent, dict):
            properties = self._schemas.properties(flat)
            other = flat.get("additionalProperties")
            return {
                name: self.typed(properties.get(name, other), member)
                for name, member in cast("dict[str, Any]", sent).items()
            }
        text = str(sent)
        decoded = _json(text) if kinds & _SEVERAL and text.startswith(("[", "{")) else None
        if isinstance(decoded, dict) and "object" in kinds:
            return cast("Any", decoded)
        if "array" in kinds and "string" not in kinds:
            is_list = isinstance(decoded, list)
            return cast("Any", decoded) if is_list else [self.typed(self._schemas.items(flat) or EMPTY, text)]
        readings = {"integer": whole_number(text), "number": _number(text), "boolean": _boolean(text)}
        values = [value for kind, value in readings.items() if kind in kinds and value is not None]
        valid = (value for value in values if self._schemas.is_valid(schema, value, sent=True))
        if (value := next(valid, None)) is not None or "string" in kinds or not kinds:
            if value is not None:
                return value
            is_null = "null" in kinds and text in _NULLS and not self._schemas.is_valid(schema, text, sent=True)
            return None if is_null else text
        return None if "null" in kinds and text in _NULLS else next(iter(values), text)

    # -- bodies

    def content(self, content_type: str) -> Content:
        """The body that the document states for a Content-Type.

        Raises:
            Problem: 415; the operation takes other types.
        """
        kind = media_type_of(content_type)
        bodies = self._operation.bodies
        if not kind or not bodies:
            return next(iter(bodies), NO_CONTENT)
        for content in bodies:
            expected = content.media_type
            wild = expected.partition("/")[0] if expected.endswith("/*") else None
            if expected == kind or expected == "*/*" or wild in ("*", kind.partition("/")[0]):
                return Content(kind, content.schema, content.media)
        changes = next((body for body in bodies if body.is_json or self._is_converted(body)), None)
        if changes is not None and is_json(kind):  # a patch, or JSON by another name
            return Content(kind, changes.schema, changes.media)
        expected = " or ".join(body.media_type for body in bodies)
        raise Problem(415, "illegal_arguments", f"The body is {kind}, and the operation takes {expected}")

    def _is_converted(self, content: Content) -> bool:
        """Whether a body is JSON for which a converter wrote application/octet-stream, as generated clients take it."""
        is_value = not {"properties", "items"}.isdisjoint(self._schemas.flat(content.schema))
        return content.media_type == "application/octet-stream" and is_value

    def body(self, content: Content, text: bytes) -> tuple[Any, list[Fault]]:
        """A decoded body, and what is wrong with it; None for no body.

        Args:
            content: What the document states about it.
            text: Its bytes: JSON, or a form of texts.

        Raises:
            Refused: It is not JSON.
        """
        if not text or not self._operation.bodies:
            is_missing = self._operation.needs_body
            return None, [Fault("body", (), "is missing", "required")] if is_missing else []
        if content.media_type == FORM:
            fields = parse_qsl(text.decode("utf-8", "replace"), keep_blank_values=True)
            value: Any = self.form(content, fields)
        else:
            value = decoded(text)
        return value, self.faults(content, value)

    def faults(self, content: Content, value: Any) -> list[Fault]:
        """What is wrong with a decoded body; null is none where none is required."""
        if value is None and not self._operation.needs_body:
            return []
        if content.media_type == "application/json-patch+json" and isinstance(value, list):
            return []
        if content.media_type == "application/merge-patch+json":
            return [] if isinstance(value, dict) else [Fault("body", (), "is no object", "type")]
        return self._faults(content.schema, value, "body", ())

    def form(self, content: Content, fields: Pairs) -> dict[str, Any]:
        """The fields of a form as their schema has them: those that come twice, or as `name[]`, are lists."""
        properties = self._schemas.properties(content.schema)
        other = self._schemas.flat(content.schema).get("additionalProperties", EMPTY)
        encoding = as_mapping(content.media.get("encoding"))
        flat = grouped((name.removesuffix("[]"), value) for name, value in fields)
        nested = _nested((name, values) for name, values in flat.items())
        typed_fields: dict[str, Any] = {}
        for name, values in nested.items():
            field_schema = properties.get(name, other)
            is_list = "array" in self._schemas.kinds(field_schema)
            delimiter = delimiter_of(as_mapping(encoding.get(name)))
            if is_list and delimiter and isinstance(values, list):
                values = [item for value in cast("list[str]", values) for item in value.split(delimiter)]
            field_values = as_list(values)
            is_one = len(field_values) == 1 and (not is_list or str(field_values[0]).startswith("["))
            sent: Any = field_values[0] if is_one else values
            typed_fields[name] = self.typed(field_schema, sent)
        return typed_fields

    def _faults(self, schema: object, value: object, location: str, name: tuple[str, ...]) -> list[Fault]:
        if self._schemas.is_valid(schema, value, sent=True):
            return []
        from jsonschema.exceptions import relevance

        errors = sorted(self._schemas.errors(schema, value, sent=True), key=cast("Any", relevance), reverse=True)
        return [fault_of(error, location, name) for error in islice(errors, _MOST_FAULTS)]


def cookies_of(headers: Mapping[str, str]) -> dict[str, str]:
    """The cookies of a request."""
    parts = (part.strip().partition("=") for part in headers.get("cookie", "").split(";") if part)
    return {name: value for name, _, value in parts}


def fault_of(error: "ValidationError", location: str, name: tuple[str, ...]) -> Fault:
    """The most relevant cause of an error of validation."""
    from jsonschema import exceptions

    cause = cast("ValidationError", cast("Any", exceptions).best_match([error]))
    steps = (*name, *cause.absolute_path)
    if cause.validator == "required":
        return Fault(location, (*steps, cause.message.split("'")[1]), "is missing", "required")
    rule = str(cause.validator)
    return Fault(location, steps, complaint(cause), rule, str(cause.validator_value) if rule == "format" else "")


def decoded(text: bytes) -> Any:
    """Decode JSON.

    Raises:
        Refused: It is none.
    """
    try:
        return strict_value(text)
    except (ValueError, RecursionError) as error:
        raise Refused([Fault("body", (), f"is not JSON: {error}", "JSON")]) from error


def _json(text: str) -> Any:
    try:
        return strict_value(text)
    except (ValueError, RecursionError):
        return None


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) and math.isfinite(float(text)) else None


def _boolean(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _of_style(parameter: Parameter, kinds: frozenset[str], text: str) -> Any:
    """What one text has of a parameter in its style (RFC 6570): texts of a list or of an object's members, or a text."""
    if parameter.is_encoded:
        return text
    bare = text.removeprefix(parameter.mark)
    is_list = "array" in kinds
    is_object = not is_list and "object" in kinds and "string" not in kinds and not bare.startswith("{")
    pieces = bare.split(parameter.delimiter) if parameter.delimiter and (is_list or is_object) else [bare]
    if is_object and parameter.is_exploded:
        return {name: value for name, _, value in (piece.partition("=") for piece in pieces)}
    if parameter.mark == ";":  # the name precedes each value, or the whole; an empty value has no equals sign
        pieces = [piece.removeprefix(parameter.name).removeprefix("=") for piece in pieces]
    if is_object and len(pieces) % 2 == 0:
        return dict(zip(pieces[::2], pieces[1::2], strict=True))
    return pieces if is_list else text if is_object else pieces[0]


def _members(name: str, query: Pairs) -> dict[str, list[str]]:
    """The members of an object that a query has as `name.member`, each with its values."""
    return grouped((key.removeprefix(f"{name}."), value) for key, value in query if key.startswith(f"{name}."))


def _nested(fields: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Fields whose names have brackets, such as `a[b][c]`, as nested mappings."""
    tree: dict[str, Any] = {}
    for name, value in fields:
        steps = [part for part in re.split(r"[\[\]]+", name) if part] or [name]
        inner = tree
        for step in steps[:-1]:
            deeper = inner.get(step)
            nested: dict[str, Any] = cast("dict[str, Any]", deeper) if isinstance(deeper, dict) else {}
            inner[step] = nested
            inner = nested
        inner[steps[-1]] = as_list(value)[0] if as_list(value) and len(steps) > 1 else value
    return tree


# -- forms of several parts


def parts_of(path: Path, content_type: str, objects: ObjectStore) -> Received:
    """Read a form of several parts, of any size, from a file.

    Args:
        path: The file with the body.
        content_type: The request's Content-Type, with the boundary.
        objects: Where its files are stored.

    Raises:
        Refused: It is no such form.
    """
    from werkzeug.formparser import FormDataParser
    from werkzeug.http import parse_options_header

    def opened(*_arguments: object, **_more: object) -> IO[bytes]:
        return tempfile.TemporaryFile(dir=objects.incoming)

    media_type, options = parse_options_header(content_type)
    with path.open("rb") as body:
        try:
            parser = FormDataParser(opened, silent=False)
            _, fields, files = parser.parse(body, media_type, path.stat().st_size, options)
        except ValueError as error:
            raise Refused([Fault("body", (), f"cannot be read: {error}", "multipart")]) from error
    uploads: dict[str, Upload] = {}
    for name, file in files.items(multi=True):
        with objects.receive() as incoming:
            while block := file.read(1 << 20):
                incoming.write(block)
        file.close()
        media_type = file.content_type or "application/octet-stream"
        uploads.setdefault(name, Upload(file.filename or "", media_type, incoming.finish()))
    return Received(fields=[*fields.items(multi=True)], files=uploads)
