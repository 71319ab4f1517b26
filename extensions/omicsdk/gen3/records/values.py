"""Cells of a row as values of the dictionary's properties, and what is wrong with a value."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from omicsdk.core.type_guards import is_array, is_object
from omicsdk.gen3.dictionary import Node, Property, Shape
from omicsdk.gen3.errors import choice
from omicsdk.gen3.records.tables import Row, shown

_WHOLE = re.compile(r"([+-]?\d{1,300})(\.0*)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
EMPTY = ("", "null")
"""Texts of cells that have no value: the property is taken away from the record."""


def type_of(row: Row, node_type: str | None = None) -> str:
    """Return the node that a row is a record of; empty where it doesn't say.

    Args:
        row: The row.
        node_type: What rows without a type are.
    """
    stated = row.values.get("type")
    return str(stated).strip() if stated not in (None, "") else node_type or ""


def record_of(row: Row, node: Node) -> dict[str, Any]:
    """Return the record that a row stands for, as JSON has it.

    Args:
        row: The row. Cells of tables are texts: numbers and booleans are read as such where the dictionary says so, a
            list's values are divided by the table's separator, `cases.submitter_id` names the targets of a link, and an
            empty cell takes the property away. Columns that the node doesn't know stay, unless they are empty.
        node: What it is a record of.
    """
    if row.separator is None:
        return {**row.values, "type": node.name}
    record: dict[str, Any] = {"type": node.name}
    links: dict[str, list[dict[str, Any]]] = {}
    for column, cell in row.values.items():
        name, dot, key = column.partition(".")
        if column == "type":
            continue
        if dot:
            _add_targets(links.setdefault(name, []), key, cell, row.separator)
        elif column in node.links and (stated := _targets_in(cell)) is not None:
            record[column] = stated
        elif cell not in EMPTY:
            record[column] = value_of(cell, node.properties.get(column), row.separator)
        elif column in node.properties and column not in node.system and column not in node.required:
            record[column] = None
    record.update({name: targets for name, targets in links.items() if targets})
    return record


def _targets_in(cell: str) -> list[dict[str, Any]] | None:
    """The targets of a link that a cell states as JSON, which is how rows of an export are printed; None where it doesn't."""
    if not cell.startswith("["):
        return None
    try:
        stated: object = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    listed = stated if is_array(stated) else []
    targets = [each for each in listed if is_object(each)]
    return targets if targets and len(targets) == len(listed) else None


def _add_targets(targets: list[dict[str, Any]], key: str, cell: str, separator: str) -> None:
    for number, value in enumerate(cell.split(separator) if cell not in EMPTY else ()):
        if number == len(targets):
            targets.append({})
        targets[number][key] = value.strip()


def value_of(cell: str, stated: Property | None, separator: str) -> Any:
    """Return what a cell means; the text itself where it isn't what the dictionary wants.

    Args:
        cell: The text.
        stated: The property; None where the dictionary has none.
        separator: What stands between the values of a list.
    """
    if stated is None:
        return cell
    if stated.read_as == "array":
        return [_plain(each.strip(), stated.read_items_as) for each in cell.split(separator)]
    if not stated.kinds and stated.choices:
        return next((each for each in stated.choices if str(each) == cell), cell)
    return _plain(cell, stated.read_as)


def _plain(text: str, kind: str) -> Any:
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    if kind in ("integer", "number") and (whole := _WHOLE.fullmatch(text)):
        return int(whole[1])
    if kind in ("integer", "number") and _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        return int(number) if number.is_integer() else number
    return text


def column_of(row: Row, name: str) -> str:
    """The column of a row in which a property or link stands; the name itself where there is none.

    Args:
        row: The row.
        name: The property or link.
    """
    if row.separator is None or name in row.values:
        return name
    return next((column for column in row.values if column.partition(".")[0] == name), name)


def targets_of(record: Mapping[str, Any], link: str) -> list[Mapping[str, Any]]:
    """Return what a record states as the targets of a link.

    Args:
        record: The record.
        link: The link's name.
    """
    stated = record.get(link)
    return [each for each in (stated if is_array(stated) else [stated]) if is_object(each) and each]


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "null": lambda value: value is None,
    "array": is_array,
    "object": is_object,
}
_WORDS = {
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "array": "a list",
    "object": "an object",
    "null": "null",
}


class Fault(NamedTuple):
    """What is wrong with a value.

    Attributes:
        kind: wrong-type, not-a-choice, wrong-pattern, wrong-format or out-of-bounds.
        message: What is wrong.
        remedy: What to do.
    """

    kind: str
    message: str
    remedy: str


def value_fault(stated: Property, value: Any) -> Fault | None:
    """Return what is wrong with a property's value.

    Args:
        stated: The property.
        value: The value, as JSON has it. None, which takes the property away, is right where it isn't required.

    Returns:
        None where it is right.
    """
    if (value is None and not stated.required) or (isinstance(value, str) and stated.takes_any_text):
        return None
    return _fault(stated.shapes, value, stated.name)


def _fault(shapes: Sequence[Shape], value: Any, name: str) -> Fault | None:
    if not shapes:
        return None
    fitting = [shape for shape in shapes if _is_of(shape.kinds, value)]
    if not fitting:
        kinds = dict.fromkeys(kind for shape in shapes for kind in shape.kinds if kind != "null")
        wanted = " or ".join(_WORDS.get(kind, kind) for kind in kinds) or "null"
        return Fault("wrong-type", f"{shown(value)} isn't {wanted}, as {name} is", _write(kinds, value))
    faults: list[Fault] = []
    choices = [choice for shape in fitting if shape.choices is not None for choice in shape.choices]
    for shape in fitting:
        fault = _fault_of_shape(shape, value, name, choices)
        if fault is None:
            return None
        faults.append(fault)
    return faults[0]


def _is_of(kinds: Sequence[str], value: Any) -> bool:
    return not kinds or any(_KINDS.get(kind, _anything)(value) for kind in kinds)


def _anything(_: Any) -> bool:
    return True


def _write(kinds: Mapping[str, None], value: Any) -> str:
    if "string" in kinds and not isinstance(value, str) and not is_array(value) and not is_object(value):
        return f"Write it in quotes: {shown(str(value))}."
    if "array" in kinds and not is_array(value):
        return f"Write it as a list: {shown([value])}."
    if "boolean" in kinds:
        return "Write true or false."
    if "integer" in kinds or "number" in kinds:
        return "Write the number alone, without a unit or quotes."
    return "Correct it."


def _fault_of_shape(shape: Shape, value: Any, name: str, choices: Sequence[Any]) -> Fault | None:
    if shape.choices is not None and not _is_among(value, shape.choices):
        words = [str(each) for each in choices if each is not None]
        return Fault("not-a-choice", f"{shown(value)} isn't one of the values of {name}", choice(str(value), words))
    if isinstance(value, str):
        return _text_fault(shape, value, name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number_fault(shape, value, name)
    if is_array(value):
        return next(_item_faults(shape, value, name), None)
    if is_object(value) and (missing := [key for key in shape.keys if key not in value]):
        return Fault("wrong-type", f"{name} lacks {', '.join(missing)}", "Add it.")
    return None


def _is_among(value: Any, choices: Sequence[Any]) -> bool:
    return any(type(value) is type(each) and value == each for each in choices)


def _text_fault(shape: Shape, value: str, name: str) -> Fault | None:
    if shape.pattern is not None and not shape.pattern.search(value):
        return Fault(
            "wrong-pattern",
            f"{shown(value)} isn't as {name} is written",
            f"What is right matches {shape.pattern.pattern}",
        )
    if shape.format == "date-time" and not _is_moment(value):
        return Fault("wrong-format", f"{shown(value)} is no date with a time", "Write it as 2024-05-17T12:30:00+00:00.")
    return None


def _is_moment(text: str) -> bool:
    from datetime import datetime

    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _number_fault(shape: Shape, value: float, name: str) -> Fault | None:
    if shape.minimum is not None and value < shape.minimum:
        return Fault("out-of-bounds", f"{value} is too small for {name}", f"It is at least {shape.minimum:g}.")
    if shape.maximum is not None and value > shape.maximum:
        return Fault("out-of-bounds", f"{value} is too large for {name}", f"It is at most {shape.maximum:g}.")
    return None


def _item_faults(shape: Shape, values: Sequence[Any], name: str) -> Iterator[Fault]:
    for number, each in enumerate(values, 1):
        fault = _fault(shape.items, each, name)
        if fault is not None:
            yield Fault(fault.kind, f"Value {number} of the list: {fault.message}", fault.remedy)
