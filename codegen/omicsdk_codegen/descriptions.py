"""Descriptions for docstrings: of a value (meaning, format, bounds and default), and of an operation with its arguments and responses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TypeGuard

from .error_bodies import error_class
from .operations import Argument, Draft
from .shapes import Type
from .texts import WIDTH, beyond, clean, hanging, one_line, sentence, summary, whole
from .values import Json, Object, object_in

# A longer pattern does not help a reader.
_PATTERN_LENGTH = 80
_SHOWN_LENGTH = 60
# At most what fits in a line of a method's docstring, below two indents.
_LONGEST_LABEL = WIDTH - 8
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


def headline(draft: Draft) -> str:
    """One line on an operation: the document's, else method and path."""
    return described(draft) or f"{draft.operation.method} {one_line(draft.operation.path)}"


def described(draft: Draft) -> str:
    """The document's line on an operation; empty if it has none."""
    return summary(_title(draft), draft.operation.data.get("description"))


def _title(draft: Draft) -> str:
    """The document's summary; empty if it only repeats the operation's name, and a description states more."""
    data = draft.operation.data
    title = clean(data.get("summary"))
    names = {_letters(draft.name), _letters(one_line(data.get("operationId")))}
    return "" if _letters(title) in names and clean(data.get("description")) else title


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def operation_doc(
    draft: Draft, ordered: list[Argument], types: Mapping[str, str], response: str, errors: Mapping[Type, str]
) -> str:
    """Write the docstring of `build`.

    Args:
        draft: the operation.
        ordered: its arguments.
        types: their types by their names.
        response: what it returns.
        errors: the types of errors' bodies as texts.
    """
    data = draft.operation.data
    headline = _title(draft)
    pieces = [headline, beyond(headline, data.get("description"))]
    if not any(pieces):
        pieces = [f"{draft.operation.method} {one_line(draft.operation.path)}"]
    if data.get("deprecated") is True:
        pieces.append("Deprecated.")
    if ordered:
        entries = [_argument_doc(argument, types[argument.python]) for argument in ordered]
        pieces.append("Args:\n" + "\n".join(entries + _content_type_doc(draft)))
    pieces.append(f"Returns:\n{hanging('', _returned(draft, response), 4)}")
    raised = _raised(draft, errors)
    if raised:
        pieces.append("Raises:\n" + "\n".join(raised))
    return "\n\n".join(piece for piece in pieces if piece)


def _argument_doc(argument: Argument, annotation: str) -> str:
    texts = [describe(argument.schema), "" if argument.required else "Optional."]
    description = " ".join(text for text in texts if text) or "Required."
    label = f"{argument.python} ({annotation}): "
    # Sphinx, griffe and editors read the label from one line. The signature has the type, too.
    return hanging(label if len(label) <= _LONGEST_LABEL else f"{argument.python}: ", description, 4)


def _content_type_doc(draft: Draft) -> list[str]:
    if draft.default_type:
        return [hanging(f"{draft.content_type} (str): ", "Media type of the body. Optional.", 4)]
    if not draft.content_types:
        return []
    rule = "by default the first that can carry the arguments" if draft.other_bodies else "by default the first"
    text = f"Media type of the body, {rule}: {', '.join(map(one_line, draft.content_types))}. Optional."
    return [hanging(f"{draft.content_type} (str): ", text, 4)]


def _returned(draft: Draft, annotation: str) -> str:
    responses = object_in(draft.operation.data, "responses")
    texts: dict[str, None] = {}
    for case in draft.cases:
        for status in case.statuses:
            text = sentence(object_in(responses, status).get("description"))
            if text:
                texts[f"{status}: {text}" if status.isdigit() else text] = None
    if not texts:
        return "Nothing." if annotation == "None" else f"{annotation}."
    return " ".join(texts)


def _raised(draft: Draft, errors: Mapping[Type, str]) -> list[str]:
    responses = object_in(draft.operation.data, "responses")
    types = {body.status: f" ({errors[body.type]})" for body in draft.errors}
    texts: dict[str, list[str]] = {}
    for status in draft.error_statuses:
        description = sentence(object_in(responses, status).get("description"))
        label = "Any other error" if status == "default" else status
        name = f"{error_class(status)}{types.get(status, '')}"
        texts.setdefault(name, []).append(f"{label}: {description}" if description else f"{label}.")
    return [hanging(f"{name}: ", " ".join(labels), 4) for name, labels in texts.items()]
