"""The fields of stored objects: of requests, of updates and patches, and those that the server sets."""

import copy
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from omicsdk.sandbox.document import Schema, as_mapping
from omicsdk.sandbox.engine.plan import Path
from omicsdk.sandbox.engine.schemas import WORD_SETS, Schemas, words
from omicsdk.sandbox.problems import Problem

_CREATED = WORD_SETS["created"]
_UPDATED = WORD_SETS["updated"]
_SECONDS = 1_000_000_000_000  # smaller numbers are seconds, greater ones milliseconds
_WHOLE = (frozenset({"integer"}), frozenset({"integer", "null"}))
_COUNTED = WORD_SETS["counted"]


def at(value: Any, path: Path) -> Any:
    """A nested field of an object; None where there is none."""
    for name in path:
        value = cast("Mapping[str, Any]", value).get(name) if isinstance(value, Mapping) else None
    return value


def wrapped(value: Any, path: Path) -> Any:
    """An object within the fields around it."""
    for name in reversed(path):
        value = {name: value}
    return value


def with_value(fields: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """The same fields with another value of a nested one."""
    name, *rest = path
    inner = fields.get(name)
    if rest:
        return {**fields, name: with_value(as_mapping(inner), tuple(rest), value)}
    return {**fields, name: value}


def sent_fields(schemas: Schemas, sent: Schema, stored: Schema, body: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a request that are stored: not what is `readOnly`, and in the response's spelling.

    Args:
        schemas: The document's schemas.
        sent: The schema of the request's object.
        stored: That of the response's object.
        body: The request's object.
    """
    requested, properties = schemas.properties(sent), schemas.properties(stored)
    spelled = {words(name): name for name in properties}
    fields: dict[str, Any] = {}
    for name, value in body.items():
        stored_name = name if name in properties else spelled.get(words(name), name)
        if schemas.flat(requested.get(name)).get("readOnly"):
            continue
        fields[stored_name] = value
    for name, property_schema in requested.items():
        default = schemas.flat(property_schema).get("default")
        stored_name = name if name in properties else spelled.get(words(name), name)
        if (
            default is not None
            and stored_name in properties
            and stored_name not in fields
            and not schemas.flat(property_schema).get("readOnly")
        ):
            fields[stored_name] = copy.deepcopy(default)
    return fields


def stamped(schemas: Schemas, schema: Schema, fields: Mapping[str, Any], now: float, number: int) -> dict[str, Any]:
    """Fields with those that a server sets: times, and numbers that count.

    Args:
        schemas: The document's schemas.
        schema: The object's schema.
        fields: Its fields.
        now: The sandbox's time.
        number: The number of a new object; 0 for one that is changed.
    """
    stamped_fields = dict(fields)
    for name, property_schema in schemas.properties(schema).items():
        spelled = words(name)
        if spelled in _UPDATED or (number and spelled in _CREATED and name not in stamped_fields):
            time = _time(schemas, property_schema, now)
            if time is not None and (name not in stamped_fields or not number):
                stamped_fields[name] = time
        elif number and spelled in _COUNTED and name not in stamped_fields and schemas.kinds(property_schema) in _WHOLE:
            stamped_fields[name] = number
    return stamped_fields


def _time(schemas: Schemas, schema: object, now: float) -> Any:
    flat, kinds = schemas.flat(schema), schemas.kinds(schema)
    written = datetime.fromtimestamp(now, UTC)
    if "string" in kinds and flat.get("format") in (None, "date-time", "date"):
        if flat.get("format") == "date":
            return written.date().isoformat()
        return written.isoformat(timespec="seconds").replace("+00:00", "Z")
    if kinds & {"integer", "number"} and "string" not in kinds:
        example = flat.get("example", 0)
        return int(now * 1000) if isinstance(example, int) and example > _SECONDS else int(now)
    return None


def slug(text: str) -> str:
    """A text as a slug: small letters and digits, with dashes between."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def merged(fields: Mapping[str, Any], changes: Mapping[str, Any], *, null_removes: bool) -> dict[str, Any]:
    """Fields after a merge patch (RFC 7396).

    Args:
        fields: The present ones.
        changes: The patch.
        null_removes: Whether null removes a field; otherwise it is the field's value.
    """
    result = dict(fields)
    for name, value in changes.items():
        if value is None and null_removes:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            changed = cast("Mapping[str, Any]", value)
            result[name] = merged(as_mapping(result.get(name)), changed, null_removes=null_removes)
        else:
            result[name] = value
    return result


def patched(fields: Mapping[str, Any], operations: Sequence[Any]) -> dict[str, Any]:
    """Fields after a JSON patch (RFC 6902).

    Args:
        fields: The present ones.
        operations: The patch.

    Raises:
        Problem: 400, it is none; 409, a place does not exist or a test fails.
    """
    from jsonpath import JSONPatch  # few services take such patches
    from jsonpath.exceptions import JSONPatchError

    try:
        patch = JSONPatch(operations)
    except JSONPatchError as error:
        raise Problem(400, "illegal_arguments", f"The body is no JSON patch: {error}") from error
    try:
        changed = patch.apply(copy.deepcopy(dict(fields)))
    except JSONPatchError as error:
        raise Problem(409, "conflict", f"The patch cannot be applied: {error}") from error
    if not isinstance(changed, dict):
        raise Problem(409, "conflict", "After the patch the object is none")
    return cast("dict[str, Any]", changed)
