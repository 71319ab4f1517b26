"""Describe a value besides its type: meaning, format, bounds and default, in a few sentences."""

from __future__ import annotations

import json
import re
from typing import TypeGuard

from .texts import one_line, sentence, whole
from .values import Json, Object

# A longer pattern does not help a reader.
_PATTERN_LENGTH = 80
_SHOWN_LENGTH = 60
# The least bound of every Python number.
_WIDTHS = frozenset({"int32", "float", "double"})
_BOUNDS = {
    "minimum": "At least", "maximum": "At most", "exclusiveMinimum": "More than", "exclusiveMaximum": "Less than",
}  # fmt: skip


def describe(schema: Object) -> str:
    """Return the description of a value, followed by facts that it does not contain."""
    description = sentence(schema.get("description"))
    return " ".join(text for text in (description, facts_text(schema, description)) if text)


def facts_text(schema: Object, description: str = "") -> str:
    """Return sentences on a value's format, bounds, pattern and default, without those in `description`."""
    facts: list[str] = []
    form = schema.get("format")
    if isinstance(form, str) and form and form not in _WIDTHS and form not in description:
        facts.append(f"Format {one_line(form)}.")
    for bounds in (
        _range(schema, description),
        _lengths(schema, "Length", "characters"),
        _lengths(schema, "Items", "items"),
    ):
        if bounds:
            facts.append(bounds)
    if "multipleOf" in schema:
        facts.append(f"A multiple of {_as_text(schema['multipleOf'])}.")
    if schema.get("uniqueItems") is True:
        facts.append("Items are unique.")
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and len(pattern) <= _PATTERN_LENGTH:
        facts.append(f"Matches `{one_line(pattern)}`.")
    if "default" in schema and not ("default" in description or "omitted" in description):
        facts.append(f"Default: {_as_text(schema['default'])}.")
    if schema.get("deprecated") is True:
        facts.append("Deprecated.")
    return " ".join(facts)


def _range(schema: Object, description: str) -> str:
    bounds = {key: _as_text(whole(number)) for key in _BOUNDS if _is_number(number := schema.get(key))}
    if all(re.search(rf"(?<![\w.]){re.escape(number)}(?![\w])", description) for number in bounds.values()):
        return ""
    if "minimum" in bounds and "maximum" in bounds:
        return f"From {bounds['minimum']} to {bounds['maximum']}."
    return " ".join(f"{_BOUNDS[key]} {number}." for key, number in bounds.items())


def _lengths(schema: Object, kind: str, unit: str) -> str:
    least, most = schema.get(f"min{kind}"), schema.get(f"max{kind}")
    if least is not None and most is not None:
        return f"From {_as_text(least)} to {_as_text(most)} {unit}."
    if most is not None:
        return f"At most {_as_text(most)} {unit}."
    return f"At least {_as_text(least)} {unit}." if least else ""


def _is_number(value: Json) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _as_text(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=True, sort_keys=True)
    short = one_line(text)
    return (short if len(short) <= _SHOWN_LENGTH else f"{short[: _SHOWN_LENGTH - 3]}...") or "''"
