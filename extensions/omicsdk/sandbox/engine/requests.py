"""Requests as their operation states them: arguments and bodies decoded by their schemas, and everything that breaks the document."""

import json
import mmap
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, unquote

from jsonschema import exceptions as schema_errors
from jsonschema.exceptions import ValidationError

from omicsdk.sandbox.engine.operations import FORM, MULTIPART, NO_CONTENT, Content, Operation, is_json, media_type_of
from omicsdk.sandbox.engine.schemas import EMPTY, Schema, Schemas, as_list
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.state.objects import ObjectStore, StoredObject
from omicsdk.sandbox.validation import complaint, whole_number

_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|"}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_MOST_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Fault:
    """What of a request breaks the document.

    Attributes:
        place: The place of the argument: path, query, header, cookie or body.
        field: Its name, or the place of the value in the body.
        message: What is wrong.
        rule: The keyword of the schema that it breaks.
    """

    place: str
    field: tuple[str | int, ...]
    message: str
    rule: str


class Refused(Problem):
    """A request that breaks the document.

    Args:
        faults: What breaks it.
        status: The HTTP status; 0 for the one that the operation states for such requests.
    """

    def __init__(self, faults: Sequence[Fault], status: int = 0) -> None:
        first = faults[0]
        names = ".".join(map(str, first.field))
        where = first.place if first.place == "body" else f"{first.place} parameter {names}"
        inside = f" {names}" if first.place == "body" and names else ""
        super().__init__(
            status,
            "invalid_request",
            f"The {where}{inside} {first.message}",
            against=f"{where}{inside} breaks {first.rule}",
        )
        self.faults = faults


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


@dataclass(frozen=True, slots=True)
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

    path: Mapping[str, Any]
    query: Mapping[str, Any]
    headers: Mapping[str, Any]
    body: Any = None
    media_type: str = ""
    content: StoredObject | None = None
    files: Mapping[str, Upload] = field(default_factory=dict[str, Upload])


class Reader:
    """Reads requests of one operation.

    Args:
        operation: The operation.
        schemas: The document's schemas.
    """

    def __init__(self, operation: Operation, schemas: Schemas) -> None:
        self._operation = operation
        self._schemas = schemas

    # -- arguments outside the body

    def arguments(
        self, path: Sequence[str], query: Sequence[tuple[str, str]], headers: Mapping[str, str]
    ) -> tuple[dict[str, dict[str, Any]], list[Fault]]:
        """The arguments of a request by place and name, and what is wrong with them.

        Args:
            path: Values of the path's parameters, in their order.
            query: The query's parameters.
            headers: The headers, names in lower case.
        """
        places: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
        faults: list[Fault] = []
        in_path = dict(zip(self._operation.path_parameters, path, strict=False))
        places["path"] |= in_path
        cookies = cookies_of(headers)
        for parameter in self._operation.parameters:
            name, place = str(parameter["name"]), str(parameter.get("in"))
            if place == "querystring" or (
                place == "header" and name.lower() in ("accept", "content-type", "authorization")
            ):
                continue
            schema = _schema_of(parameter)
            sent: Any
            if place == "query":
                sent = self._queried(parameter, schema, query)
            else:
                source = {"path": in_path, "cookie": cookies}.get(place, headers)
                sent = source.get(name.lower() if place == "header" else name)
                sent = sent if sent is None or place == "path" else unquote(sent)
                sent = sent if sent is None else self._split(parameter, schema, sent, ",")
            if sent is None:
                if parameter.get("required") and place != "path":
                    faults.append(Fault(place, (name,), "is missing", "required"))
                continue
            places[place][name] = value = self.typed(schema, sent)
            faults += _faults(self._schemas, schema, value, place, (name,))
        return places, faults

    def _queried(self, parameter: Mapping[str, Any], schema: Schema, query: Sequence[tuple[str, str]]) -> Any:
        """What a query has of a parameter: a text, a list of texts, or a mapping of texts; None for nothing."""
        name, style, explode = str(parameter["name"]), parameter.get("style", "form"), parameter.get("explode", True)
        kinds = self._schemas.kinds(schema)
        if style == "deepObject" or ("object" in kinds and not explode and style == "form"):
            found = _nested((key.removeprefix(name), value) for key, value in query if key.startswith(f"{name}["))
            if found:
                return found
        values = [value for key, value in query if key in (name, f"{name}[]")]
        if "object" in kinds and explode and not values and "content" not in parameter:
            members = self._schemas.properties(schema)
            return {key: value for key, value in query if key in members} or None
        if not values:
            return None
        if "array" in kinds:
            delimiter = _DELIMITERS.get(style, "," if explode is False else "")
            return [each for value in values for each in value.split(delimiter)] if delimiter else values
        return values[0]

    def _split(self, parameter: Mapping[str, Any], schema: Schema, sent: str, delimiter: str) -> Any:
        return sent.split(delimiter) if "array" in self._schemas.kinds(schema) and "content" not in parameter else sent

    def typed(self, schema: object, sent: Any) -> Any:
        """A text, or a structure of texts, as the types that a schema states; what is none of them stays a text."""
        flat = self._schemas.flat(schema)
        kinds = self._schemas.kinds(flat)
        if isinstance(sent, list):
            items = flat.get("items", EMPTY)
            listed = [self.typed(items, each) for each in cast("list[Any]", sent)]
            return listed if "array" in kinds or not kinds else listed[0] if len(listed) == 1 else listed
        if isinstance(sent, dict):
            properties = self._schemas.properties(flat)
            other = flat.get("additionalProperties")
            return {
                name: self.typed(properties.get(name, other), each)
                for name, each in cast("dict[str, Any]", sent).items()
            }
        text = str(sent)
        if "array" in kinds and "string" not in kinds:
            decoded = _json(text) if text.startswith("[") else None
            return (
                cast("list[Any]", decoded)
                if isinstance(decoded, list)
                else [self.typed(flat.get("items", EMPTY), text)]
            )
        if kinds & {"object"} and text.startswith("{"):
            decoded = _json(text)
            return cast("dict[str, Any]", decoded) if isinstance(decoded, dict) else text
        for kind, value in (("integer", whole_number(text)), ("number", _number(text)), ("boolean", _boolean(text))):
            if kind in kinds and value is not None and self._schemas.is_valid(schema, value, sent=True):
                return value
        if "string" not in kinds and kinds:
            if "null" in kinds and text in ("", "null"):
                return None
            guesses = ("integer", whole_number(text)), ("number", _number(text)), ("boolean", _boolean(text))
            return next((value for kind, value in guesses if kind in kinds and value is not None), text)
        return text

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
            stated = content.media_type
            wild = stated.partition("/")[0] if stated.endswith("/*") else None
            if stated == kind or stated == "*/*" or wild in ("*", kind.partition("/")[0]):
                return Content(kind, content.schema, content.stated)
        changes = next((each for each in bodies if each.is_json), None)
        if changes is not None and is_json(kind):  # a patch, or JSON by another name
            return Content(kind, changes.schema, changes.stated)
        stated = " or ".join(each.media_type for each in bodies)
        raise Problem(415, "unsupported_media_type", f"The body is {kind}, and the operation takes {stated}")

    def body(self, content: Content, text: bytes) -> tuple[Any, list[Fault]]:
        """Decode JSON, or a form of texts, and validate it.

        Args:
            content: What the document states about it.
            text: Its bytes, some.

        Raises:
            Refused: It is not JSON.
        """
        if content.media_type == FORM:
            value: Any = self.form(content.schema, parse_qsl(text.decode("utf-8", "replace"), keep_blank_values=True))
        else:
            value = decoded(text)
        if content.media_type == "application/json-patch+json" and isinstance(value, list):
            return cast("Any", value), []
        schema = content.schema
        if content.media_type == "application/merge-patch+json":
            return value, [] if isinstance(value, dict) else [Fault("body", (), "is no object", "type")]
        return value, _faults(self._schemas, schema, value, "body", ())

    def form(self, schema: Schema, fields: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """The fields of a form as their schema has them: those that come twice, or as `name[]`, are lists."""
        properties = self._schemas.properties(schema)
        flat: dict[str, list[str]] = {}
        for name, value in fields:
            flat.setdefault(name.removesuffix("[]"), []).append(value)
        nested = _nested((name, values) for name, values in flat.items())
        found: dict[str, Any] = {}
        for name, values in nested.items():
            stated = properties.get(name, EMPTY)
            is_list = "array" in self._schemas.kinds(stated)
            listed = as_list(values)
            is_one = len(listed) == 1 and (not is_list or str(listed[0]).startswith("["))
            sent: Any = listed[0] if is_one else values
            found[name] = self.typed(stated, sent)
        return found

    def form_faults(self, schema: Schema, fields: Mapping[str, Any], files: Mapping[str, Upload]) -> list[Fault]:
        """What is wrong with a form of several parts, of which files are texts by the document."""
        return _faults(self._schemas, schema, {**dict.fromkeys(files, ""), **fields}, "body", ())

    def missing(self) -> list[Fault]:
        """What is wrong with a request that has no body."""
        is_required = self._operation.data.get("requestBody", {}).get("required", False)
        return [Fault("body", (), "is missing", "required")] if is_required and self._operation.bodies else []


def cookies_of(headers: Mapping[str, str]) -> dict[str, str]:
    """The cookies of a request."""
    parts = (each.strip().partition("=") for each in headers.get("cookie", "").split(";") if each)
    return {name: value for name, _, value in parts}


def _schema_of(parameter: Mapping[str, Any]) -> Schema:
    content = parameter.get("content")
    if isinstance(content, Mapping):
        first: Mapping[str, Any] = next(iter(cast("Mapping[str, Any]", content).values()), EMPTY)
        return first.get("schema", EMPTY)
    return parameter.get("schema", EMPTY)


def _faults(schemas: Schemas, schema: object, value: object, place: str, name: tuple[str, ...]) -> list[Fault]:
    if schemas.is_valid(schema, value, sent=True):
        return []
    found: list[Fault] = []
    for error in schemas.errors(schema, value, sent=True):
        deepest = cast("ValidationError", cast("Any", schema_errors).best_match([error]))
        steps = (*name, *deepest.absolute_path)
        if deepest.validator == "required":
            steps = (*steps, deepest.message.split("'")[1])
            found.append(Fault(place, steps, "is missing", "required"))
        else:
            found.append(Fault(place, steps, complaint(deepest), str(deepest.validator)))
        if len(found) == _MOST_FAULTS:
            break
    return found


def decoded(text: bytes) -> Any:
    """Decode JSON.

    Raises:
        Refused: It is none.
    """
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Refused([Fault("body", (), f"is not JSON: {error}", "JSON")], 400) from error


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _boolean(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text.lower())


def _nested(fields: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Fields whose names have brackets, such as `a[b][c]`, as nested mappings."""
    found: dict[str, Any] = {}
    for name, value in fields:
        steps = [each for each in re.split(r"[\[\]]+", name) if each] or [name]
        inner = found
        for step in steps[:-1]:
            deeper = inner.get(step)
            nested: dict[str, Any] = cast("dict[str, Any]", deeper) if isinstance(deeper, dict) else {}
            inner[step] = nested
            inner = nested
        inner[steps[-1]] = as_list(value)[0] if as_list(value) and len(steps) > 1 else value
    return found


# -- forms of several parts


def parts_of(path: Path, content_type: str, objects: ObjectStore) -> tuple[list[tuple[str, str]], dict[str, Upload]]:
    """Read a form of several parts, of any size, from a file.

    Args:
        path: The file with the body.
        content_type: The request's Content-Type, with the boundary.
        objects: Where its files are stored.

    Returns:
        Its fields and its files.

    Raises:
        Refused: It is no such form.
    """
    match = re.search(r'boundary="?([^";]+)"?', content_type)
    if match is None or not path.stat().st_size:
        raise Refused([Fault("body", (), "has no boundary", "multipart")], 400)
    boundary = b"--" + match[1].encode("latin-1")
    fields: list[tuple[str, str]] = []
    files: dict[str, Upload] = {}
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
        at = whole.find(boundary)
        while at >= 0 and whole[at + len(boundary) : at + len(boundary) + 2] != b"--":
            head_end = whole.find(b"\r\n\r\n", at)
            end = whole.find(b"\r\n" + boundary, head_end + 2)
            if head_end < 0 or end < 0:
                raise Refused([Fault("body", (), "ends within a part", "multipart")], 400)
            head = whole[at + len(boundary) : head_end].decode("utf-8", "replace")
            name, file_name = (_attribute(head, key) for key in ("name", "filename"))
            kind = re.search(r"(?im)^content-type:\s*(\S[^\r\n]*)", head)
            start = head_end + 4
            if file_name is None:
                fields.append((name or "", whole[start:end].decode("utf-8", "replace")))
            else:
                with objects.receive(end - start) as incoming:
                    for offset in range(start, end, 1 << 20):
                        incoming.write(whole[offset : min(end, offset + (1 << 20))])
                media_type = kind[1] if kind else "application/octet-stream"
                files[name or ""] = Upload(file_name, media_type, incoming.finish())
            at = end + 2
    return fields, files


def _attribute(head: str, name: str) -> str | None:
    match = re.search(rf'(?i)content-disposition:[^\r\n]*[;\s]{name}="((?:[^"\\]|\\.)*)"', head)
    return match[1] if match else None


def is_text(content: Content) -> bool:
    """Whether a body is decoded, and not stored as bytes."""
    return (content.is_json and content.schema.get("format") != "binary") or content.media_type in (FORM, MULTIPART)
