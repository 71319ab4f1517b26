"""Whether a record is what its node in the dictionary wants: names, values, what is required, links as they are stated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from omicsdk.core.narrowing import is_array, is_object
from omicsdk.gen3.dictionary import Link, Node
from omicsdk.gen3.names import choice
from omicsdk.gen3.records.finding import Finding, shown
from omicsdk.gen3.records.row import Row
from omicsdk.gen3.records.validation.reading import column_of, targets_of
from omicsdk.gen3.records.validation.values import value_fault


def findings_of(record: Mapping[str, Any], node: Node, row: Row) -> Iterator[Finding]:
    """Gives what is wrong with a record by itself; whether the targets of its links are there is another matter.

    Args:
        record: The record, as JSON has it.
        node: What it is a record of.
        row: The row that it comes from.
    """
    for name, value in record.items():
        if name in node.links:
            yield from _link_findings(node.links[name], value, row)
        elif name == "type":
            continue
        elif (stated := node.properties.get(name)) is None:
            if not node.additional and not (row.separator is not None and name == ""):
                yield finding(
                    row,
                    "unknown-property",
                    f"{node.name} has no property {name!r}",
                    choice(name, node.names),
                    name,
                    value,
                )
        elif (fault := value_fault(stated, value)) is not None:
            yield finding(row, fault.kind, fault.message, fault.remedy, name, value)
    yield from _missing(record, node, row)


def finding(row: Row, kind: str, message: str, remedy: str, name: str = "", value: object = None) -> Finding:
    """Gives what is wrong with a row, with its place.

    Args:
        row: The row.
        kind: What kind of fault it is.
        message: What is wrong.
        remedy: What to do.
        name: The property or link; empty where it is about the row.
        value: The value, as JSON has it; of a table the cell is told.
    """
    column = column_of(row, name) if name else ""
    cell = row.values.get(column, value) if row.separator is not None and column else value
    place = row.place
    return Finding(kind, message, remedy, place.file, place.sheet, place.row, column, cell)


def _missing(record: Mapping[str, Any], node: Node, row: Row) -> Iterator[Finding]:
    for name in node.stated:
        if name not in record or (name == node.key and record[name] in (None, "")):
            yield finding(row, "missing-property", f"{name} is missing, which each {node.name} has", "Add it.", name)
    for name, link in node.links.items():
        if not (link.required or name in node.required) or targets_of(record, name) or _is_misshapen(record.get(name)):
            continue
        told = f"The link {name} to a {link.target} is missing"
        yield finding(row, "missing-link", told, f"Add {_link_column(link, row)}.", name)
    for group in node.groups:
        there = [name for name in group.links if targets_of(record, name)]
        if group.required and not there:
            told = f"None of the links {', '.join(group.links)} is there, and a {node.name} needs one"
            yield finding(row, "missing-link", told, "Add one of them.", group.links[0])
        if group.exclusive and len(there) > 1:
            told = f"The links {' and '.join(there)} exclude each other"
            yield finding(row, "exclusive-links", told, "Keep one of them.", there[1], record[there[1]])


def _link_column(link: Link, row: Row) -> str:
    if row.separator is not None:
        return f"a column {link.name}.{link.key}"
    return f'"{link.name}": [{{"{link.key}": ...}}]'


def _is_misshapen(stated: object) -> bool:
    """Whether a link is stated as something else than objects, which is told by itself."""
    return stated not in (None, [], {}) and not is_object(stated) and not is_array(stated)


def _link_findings(link: Link, value: object, row: Row) -> Iterator[Finding]:
    if value is None:
        return
    listed = value if is_array(value) else [value]
    shape = f'Write [{{"{link.key}": "..."}}].'
    names: set[tuple[object, object]] = set()
    for each in listed:
        if not is_object(each):
            yield finding(row, "wrong-link", f"{shown(each)} is no target of {link.name}", shape, link.name, value)
            continue
        named = {key: each[key] for key in (link.key, "id") if each.get(key) not in (None, "")}
        if not named:
            keys = f"a {link.key} or id"
            yield finding(row, "wrong-link", f"{shown(each)} in {link.name} lacks {keys}", shape, link.name, value)
        elif not all(isinstance(each, str) for each in named.values()):
            yield finding(
                row, "wrong-link", f"{shown(each)} in {link.name} has keys that aren't texts", shape, link.name, value
            )
        else:
            names.add((named.get(link.key), named.get("id")))
    if link.to_one and len(names) > 1:
        told = f"{link.name} has {len(names)} targets, and {link.multiplicity} allows one"
        yield finding(row, "too-many-targets", told, "Keep one of them.", link.name, value)
