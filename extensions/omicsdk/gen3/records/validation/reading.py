"""A row of a table as the record that it stands for, by what the dictionary says of its node."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from omicsdk.core.narrowing import is_array, is_object
from omicsdk.gen3.dictionary import Node, Property
from omicsdk.gen3.records.row import Row

_WHOLE = re.compile(r"([+-]?\d{1,300})(\.0*)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
EMPTY = ("", "null")
"""Texts of cells that have no value: the property is taken away from the record."""


def type_of(row: Row, node_type: str | None = None) -> str:
    """Gives the node that a row is a record of; empty where it doesn't say.

    Args:
        row: The row.
        node_type: What rows without a type are.
    """
    stated = row.values.get("type")
    return str(stated).strip() if stated not in (None, "") else node_type or ""


def record_of(row: Row, node: Node) -> dict[str, Any]:
    """Gives the record that a row stands for, as JSON has it.

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
    """Gives what a cell means; the text itself where it isn't what the dictionary wants.

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
    """Gives what a record states as the targets of a link.

    Args:
        record: The record.
        link: The link's name.
    """
    stated = record.get(link)
    return [each for each in (stated if is_array(stated) else [stated]) if is_object(each) and each]
