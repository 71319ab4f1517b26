"""Validation of records against the dictionary, before anything is sent: cells as values, and what is wrong with them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from omicsdk.core.batches import batches
from omicsdk.core.errors import UsageError
from omicsdk.core.json_coding import encoded
from omicsdk.core.model import STRING, members
from omicsdk.core.page_items import items_at
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.dictionary import PROGRAM, PROJECT, Dictionary, Link, Node, Property, Shape
from omicsdk.gen3.errors import choice
from omicsdk.gen3.queries import arguments, name_of, response
from omicsdk.gen3.records.projects import Project, check_project, project_of
from omicsdk.gen3.records.tables import Finding, Given, Place, Row, Source, as_json, list_in

_WHOLE = re.compile(r"([+-]?\d{1,300})(\.0*)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
# Texts of cells that have no value: the property is taken away from the record.
EMPTY = ("", "null")


def type_of(row: Row, node_type: str | None = None) -> str:
    """Return the node of a row's record; empty if it does not state it.

    Args:
        row: The row.
        node_type: What rows without a type are.
    """
    type_name = row.values.get("type")
    return str(type_name).strip() if type_name not in (None, "") else node_type or ""


def record_of(row: Row, node: Node) -> dict[str, Any]:
    """Return the record of a row, as JSON has it.

    Args:
        row: The row. Cells of tables are texts: numbers and booleans are read as such where the dictionary says so, a
            list's values are divided by the table's separator or are a JSON array, `cases.submitter_id` names the targets
            of a link, and an empty cell takes the property away. Columns that the node does not know stay, unless they are
            empty.
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
        elif column in node.links and (targets_stated := _targets_in(cell)) is not None:
            record[column] = targets_stated
        elif cell not in EMPTY:
            record[column] = value_of(cell, node.properties.get(column), row.separator)
        elif column in node.properties and column not in node.system and column not in node.required:
            record[column] = None
    record.update({name: targets for name, targets in links.items() if targets})
    return record


def _targets_in(cell: Any) -> list[dict[str, Any]] | None:
    """The targets of a link that a cell states as JSON, which is how rows of an export are printed; None if it does not."""
    if not isinstance(cell, str) or not cell.startswith("["):
        return None
    try:
        parsed: object = json.loads(cell)
    except (ValueError, RecursionError):
        return None
    items = parsed if is_array(parsed) else []
    targets = [target for target in items if is_object(target)]
    return targets if targets and len(targets) == len(items) else None


def _add_targets(targets: list[dict[str, Any]], key: str, cell: Any, separator: str) -> None:
    for number, value in enumerate(() if cell in EMPTY or is_object(cell) else list_in(cell, separator)):
        if number == len(targets):
            targets.append({})
        targets[number][key] = value


def value_of(cell: Any, property_: Property | None, separator: str) -> Any:
    """Convert a cell to its value; return the text if it does not conform to the dictionary.

    Args:
        cell: The text; a list of texts, or an object, is one already.
        property_: The property; None if the dictionary has none.
        separator: The text between the values of a list.
    """
    if property_ is not None and property_.read_as == "array" and not is_object(cell):
        kind = property_.read_items_as
        return [value_of_text(part, kind) if isinstance(part, str) else part for part in list_in(cell, separator)]
    if property_ is None or not isinstance(cell, str):
        return cell
    if not property_.kinds and property_.choices:
        return next((choice for choice in property_.choices if str(choice) == cell), cell)
    return value_of_text(cell, property_.read_as)


def value_of_text(text: str, kind: str) -> Any:
    """Convert a text to a value of a JSON type; return the text if it is not one.

    Args:
        text: The text.
        kind: The type of JSON: boolean, integer, number or another one, of which every text is a value.
    """
    if kind == "boolean":
        return {"true": True, "false": False}.get(text.lower(), text)
    if kind in ("integer", "number") and (whole := _WHOLE.fullmatch(text)):
        return int(whole[1])
    if kind in ("integer", "number") and _NUMBER.fullmatch(text) and math.isfinite(number := float(text)):
        return int(number) if number.is_integer() else number
    return text


def column_of(row: Row, name: str) -> str:
    """The column of a row that has a property or link; the name itself if there is none.

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
    value = record.get(link)
    return [target for target in (value if is_array(value) else [value]) if is_object(target) and target]


_KINDS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "null": lambda value: value is None,
    "array": is_array,
    "object": is_object,
}
_TYPE_NAMES = {
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


def value_fault(property_: Property, value: Any) -> Fault | None:
    """Return what is wrong with a property's value.

    Args:
        property_: The property.
        value: The value, as JSON has it. None, which takes the property away, is right where it is not required.

    Returns:
        None if it is right.
    """
    if (value is None and not property_.required) or (isinstance(value, str) and property_.takes_any_text):
        return None
    return _fault(property_.shapes, value, property_.name)


def _fault(shapes: Sequence[Shape], value: Any, name: str) -> Fault | None:
    if not shapes:
        return None
    fitting = [shape for shape in shapes if _is_of(shape.kinds, value)]
    if not fitting:
        kinds = dict.fromkeys(kind for shape in shapes for kind in shape.kinds if kind != "null")
        expectation = " or ".join(_TYPE_NAMES.get(kind, kind) for kind in kinds) or "null"
        return Fault(
            "wrong-type", f"{as_json(value)} is not {expectation}, which {name} requires", _write(kinds, value)
        )
    faults: list[Fault] = []
    choices = [choice for shape in fitting if shape.choices is not None for choice in shape.choices]
    for shape in fitting:
        fault = _fault_of_shape(shape, value, name, choices)
        if fault is None:
            return None
        faults.append(fault)
    return faults[0]


def _is_of(kinds: Sequence[str], value: Any) -> bool:
    return not kinds or any(kind not in _KINDS or _KINDS[kind](value) for kind in kinds)


def _write(kinds: Mapping[str, None], value: Any) -> str:
    if "string" in kinds and not isinstance(value, str) and not is_array(value) and not is_object(value):
        return f"Write it in quotes: {as_json(str(value))}."
    if "array" in kinds and not is_array(value):
        return f"Write it as a list: {as_json([value])}."
    if "boolean" in kinds:
        return "Write true or false."
    if "integer" in kinds or "number" in kinds:
        return "Write the number alone, without a unit or quotes."
    return "Correct it."


def _fault_of_shape(shape: Shape, value: Any, name: str, choices: Sequence[Any]) -> Fault | None:
    if shape.choices is not None and not _is_among(value, shape.choices):
        allowed = [str(choice) for choice in choices if choice is not None]
        return Fault(
            "not-a-choice", f"{as_json(value)} is not one of the values of {name}", choice(str(value), allowed)
        )
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
    # For Python 1, 1.0 and True are equal.
    return any(type(value) is type(choice) and value == choice for choice in choices)


def _text_fault(shape: Shape, value: str, name: str) -> Fault | None:
    if shape.pattern is not None and not shape.pattern.search(value):
        return Fault(
            "wrong-pattern",
            f"{as_json(value)} does not have the form of {name}",
            f"It must match {shape.pattern.pattern}",
        )
    if shape.format == "date-time" and not _is_moment(value):
        return Fault(
            "wrong-format", f"{as_json(value)} is not a date with a time", "Write it as 2024-05-17T12:30:00+00:00."
        )
    return None


def _is_moment(text: str) -> bool:
    from datetime import datetime

    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _number_fault(shape: Shape, value: float, name: str) -> Fault | None:
    if shape.minimum is not None and value < shape.minimum:
        return Fault("out-of-bounds", f"{value} is too small for {name}", f"It must be at least {shape.minimum:g}.")
    if shape.maximum is not None and value > shape.maximum:
        return Fault("out-of-bounds", f"{value} is too large for {name}", f"It must be at most {shape.maximum:g}.")
    return None


def _item_faults(shape: Shape, values: Sequence[Any], name: str) -> Iterator[Fault]:
    for number, item in enumerate(values, 1):
        fault = _fault(shape.items, item, name)
        if fault is not None:
            yield Fault(fault.kind, f"Value {number} of the list: {fault.message}", fault.remedy)


# Given a node, a key (`id`, or what names its records) and values: those of the values that there are records of.
Known = Callable[[str, str, Sequence[str]], set[str]]
#: Records that are requested at once.
BATCH = 200


def known_to(commons: Gen3, project: Project, *, at_once: bool = True) -> Known:
    """Return a function that finds existing records of a project.

    Args:
        commons: The commons.
        project: The project.
        at_once: Check immediately that the project exists. Otherwise it is checked when no record is found: for a
            submission, which the commons refuses itself.

    Raises:
        NotFound: There is no such program.
        Gen3UserError: There is no such project in it. Records that link to nothing but their project would seem right.
    """
    if at_once:
        check_project(commons, project)
    is_there = at_once

    def find_existing(node: str, key: str, values: Sequence[str]) -> set[str]:
        nonlocal is_there
        existing: set[str] = set()
        for part in batches(values, BATCH):
            # first: 0 requests all of them: without it a commons returns ten.
            sought: dict[str, Any] = {"ids" if key == "id" else key: part, "first": 0}
            if node != PROJECT:
                sought["project_id"] = project.id
            payload = response(commons.peregrine, f"{{ {name_of(node)}{arguments(sought)} {{ {key} }} }}")
            existing.update(
                record[key] for record in items_at(payload, f"data.{node}", "query", members(**{key: STRING}))
            )
        if not existing and values and not is_there:
            check_project(commons, project)
        is_there = True
        return existing

    return find_existing


def findings_of(record: Mapping[str, Any], node: Node, row: Row) -> Iterator[Finding]:
    """Return what is wrong with a single record; the targets of its links are checked elsewhere.

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
        elif (property_ := node.properties.get(name)) is None:
            # Sheepdog's templates of file nodes have it, dictionaries do not: it is stored in the index.
            if name == "urls" and node.is_file and isinstance(value, str):
                continue
            if not node.additional and not (row.separator is not None and name == ""):
                problem = f"{node.name} has no property {name!r}"
                yield finding(row, "unknown-property", problem, choice(name, node.names), name, value)
        elif (fault := value_fault(property_, value)) is not None:
            yield finding(row, fault.kind, fault.message, fault.remedy, name, value)
    yield from _missing(record, node, row)
    try:
        encoded(record)
    except UsageError as error:  # it would stop the whole document
        yield finding(row, "not-json", error.message, error.remedy)


def finding(row: Row, kind: str, message: str, remedy: str, name: str = "", value: object = None) -> Finding:
    """Return a finding about a row, with its place.

    Args:
        row: The row.
        kind: What kind of fault it is.
        message: What is wrong.
        remedy: What to do.
        name: The property or link; empty if it is about the row.
        value: The value, as JSON has it; of a table the finding has the cell.
    """
    column = column_of(row, name) if name else ""
    cell = row.values.get(column, value) if row.separator is not None and column else value
    return Finding(kind, message, remedy, *row.place, column, cell)


def _missing(record: Mapping[str, Any], node: Node, row: Row) -> Iterator[Finding]:
    for name in node.stated:
        if name not in record or (name == node.key and record[name] in (None, "")):
            yield finding(row, "missing-property", f"{name} is missing; each {node.name} requires it", "Add it.", name)
    for name, link in node.links.items():
        if not (link.required or name in node.required) or targets_of(record, name) or _is_misshapen(record.get(name)):
            continue
        problem = f"The link {name} to a {link.target} is missing"
        yield finding(row, "missing-link", problem, f"Add {_link_column(link, row)}.", name)
    for group in node.groups:
        present = [name for name in group.links if targets_of(record, name)]
        if group.required and not present:
            problem = f"None of the links {', '.join(group.links)} is given, but a {node.name} needs one"
            yield finding(row, "missing-link", problem, "Add one of them.", group.links[0])
        if group.exclusive and len(present) > 1:
            problem = f"The links {' and '.join(present)} are mutually exclusive"
            yield finding(row, "exclusive-links", problem, "Keep one of them.", present[1], record[present[1]])


def _link_column(link: Link, row: Row) -> str:
    if row.separator is not None:
        return f"a column {link.name}.{link.key}"
    return f'"{link.name}": [{{"{link.key}": ...}}]'


def _is_misshapen(value: object) -> bool:
    """Whether a link is stated as something else than objects, which is a separate finding."""
    return value not in (None, [], {}) and not is_object(value) and not is_array(value)


def _link_findings(link: Link, value: object, row: Row) -> Iterator[Finding]:
    if value is None:
        return
    targets = value if is_array(value) else [value]
    shape = f'Write [{{"{link.key}": "..."}}].'
    names: set[tuple[object, object]] = set()
    for target in targets:
        if not is_object(target):
            yield finding(
                row, "wrong-link", f"{as_json(target)} is not a target of {link.name}", shape, link.name, value
            )
            continue
        named = {key: target[key] for key in (link.key, "id") if target.get(key) not in (None, "")}
        if not named:
            keys = f"a {link.key} or id"
            yield finding(row, "wrong-link", f"{as_json(target)} in {link.name} lacks {keys}", shape, link.name, value)
        elif not all(isinstance(key_value, str) for key_value in named.values()):
            problem = f"{as_json(target)} in {link.name} has keys that are not texts"
            yield finding(row, "wrong-link", problem, shape, link.name, value)
        else:
            names.add((named.get(link.key), named.get("id")))
    if link.to_one and len(names) > 1:
        problem = f"{link.name} has {len(names)} targets, and {link.multiplicity} allows one"
        yield finding(row, "too-many-targets", problem, "Keep one of them.", link.name, value)


#: Rows whose links are looked up together.
BLOCK = 500


class Checked(NamedTuple):
    """A row that was compared with the dictionary.

    Attributes:
        number: Its place among all rows, from 0.
        row: The row.
        type: The node that it is a record of, as it states; empty if it does not.
        record: The record, as JSON has it; empty if its node is not known.
        findings: What is wrong with it; nothing if it can be sent.
    """

    number: int
    row: Row
    type: str
    record: Mapping[str, Any]
    findings: tuple[Finding, ...]


class Validation:
    """Rows compared with the dictionary, with each other, and with what the commons has.

    Args:
        rows: The rows; they are gone through twice.
        dictionary: The dictionary of the commons.
        project: The project that they are for; links to projects and project_id are compared with it.
        node_type: The node of rows that state none.
        known: Returns which records exist already; without it a link may point to what is not among the rows.
    """

    def __init__(
        self,
        rows: Iterable[Row],
        dictionary: Dictionary,
        project: Project | None = None,
        node_type: str | None = None,
        known: Known | None = None,
    ) -> None:
        self._rows = rows
        self._dictionary = dictionary
        self._project = project
        self._node_type = node_type
        self._known = known
        self._responses: dict[tuple[str, str], dict[str, bool]] = {}
        self._names: dict[str, set[str]] = {}
        self._ids: dict[str, set[str]] = {}
        # Names of several rows, in lower case, with the place of the first; complete once that row is validated.
        self._twins: dict[tuple[str, str], Place | None] = {}
        for row in rows:
            node = dictionary.nodes.get(type_of(row, node_type))
            if node is None:
                continue
            names = self._names.setdefault(node.name, set())
            if isinstance(name := row.values.get(node.key), str) and name:
                # Sheepdog compares names without case; of two new ones in a document it stores none of the document.
                if (name := name.lower()) in names:
                    self._twins[node.name, name] = None
                names.add(name)
            if isinstance(id := row.values.get("id"), str) and id:
                self._ids.setdefault(node.name, set()).add(id)

    @property
    def types(self) -> set[str]:
        """The nodes that there are rows of."""
        return set(self._names)

    def has(self, node: str, key: str, value: str) -> bool:
        """Whether there is a record among the rows.

        Args:
            node: Its node.
            key: `id`, or the property that names its records.
            value: The value of that.
        """
        return value in self._ids.get(node, ()) if key == "id" else value.lower() in self._names.get(node, ())

    def checked(self) -> Iterator[Checked]:
        """Yield each row with its findings."""
        for block in batches(enumerate(self._rows), BLOCK):
            rows_checked = [self._checked(number, row) for number, row in block]
            self._look_up(rows_checked)
            for checked in rows_checked:
                yield checked._replace(findings=(*checked.findings, *self._broken_links(checked)))

    def _checked(self, number: int, row: Row) -> Checked:
        type_name, dictionary, project = type_of(row, self._node_type), self._dictionary, self._project
        if not type_name:
            problem = finding(
                row, "missing-type", "The type is missing", "Add a column type, with the node's name.", "type"
            )
            return Checked(number, row, "", {}, (*row.findings, problem))
        node = dictionary.nodes.get(type_name)
        if node is None or node.name in (PROGRAM, PROJECT):
            meant = choice(type_name, [node_name.name for node_name in dictionary if node_name.submitted])
            what = (
                f"Unknown node {type_name!r}: it is not in the dictionary"
                if node is None
                else f"A {type_name} is not a record of a project"
            )
            problem = finding(row, "unknown-type", what, meant, "type", type_name)
            return Checked(number, row, type_name, {}, (*row.findings, problem))
        record = record_of(row, node)
        findings = [*row.findings, *findings_of(record, node, row), *self._name_findings(row, record, node)]
        if project is not None and record.get("project_id") not in (None, "", project.id):
            problem = f"The record belongs to project {as_json(record['project_id'])}, but is submitted to {project.id}"
            findings.append(finding(row, "other-project", problem, "Submit it there, or correct it.", "project_id"))
        # A fault may come from the cell itself; one fault per column is enough.
        first = {
            finding_of_column.column: finding_of_column
            for finding_of_column in reversed(findings)
            if finding_of_column.column
        }
        return Checked(
            number, row, type_name, record, tuple(e for e in findings if not e.column or first[e.column] is e)
        )

    def _name_findings(self, row: Row, record: Mapping[str, Any], node: Node) -> Iterator[Finding]:
        name = record.get(node.key)
        if not isinstance(name, str) or (twin := (node.name, name.lower())) not in self._twins:
            return
        first = self._twins[twin]
        if first is None:
            self._twins[twin] = row.place
            return
        problem = f"{node.name} {as_json(name)} is also in {first.where}"
        remedy = "Keep one of the rows: the later one would overwrite the earlier. Case does not distinguish names."
        yield finding(row, "duplicate", problem, remedy, node.key, name)

    def _look_up(self, block: Iterable[Checked]) -> None:
        """Request from the commons what these rows link to and no row is."""
        if self._known is None:
            return
        sought: dict[tuple[str, str], dict[str, None]] = {}
        for checked in block:
            for _, target, key, value in self._links(checked):
                if not self._is_there(target, key, value) and value not in self._responses.get((target, key), {}):
                    sought.setdefault((target, key), {})[value] = None
        for (target, key), values in sought.items():
            existing = self._known(target, key, list(values))
            self._responses.setdefault((target, key), {}).update({value: value in existing for value in values})

    def _is_there(self, target: str, key: str, value: str) -> bool:
        if target == PROJECT and key != "id":
            return True  # compared with the given project
        return target == PROGRAM or self.has(target, key, value)

    def _broken_links(self, checked: Checked) -> Iterator[Finding]:
        """The links of a row that have no target."""
        for link, target, key, value in self._links(checked):
            if target == PROJECT and key != "id" and self._project is not None and value != self._project.code:
                problem = (
                    f"{link} points to project {as_json(value)}, but the record is submitted to {self._project.id}"
                )
                yield finding(checked.row, "broken-link", problem, f"Write {self._project.code}.", link, value)
            elif self._is_there(target, key, value):
                continue
            elif not self._responses.get((target, key), {}).get(value, True):
                problem = (
                    f"There is no {target} with the {key} {as_json(value)}, neither among the rows nor in the project"
                )
                yield finding(
                    checked.row, "broken-link", problem, f"Add the {target}, or correct the {key}.", link, value
                )

    def _links(self, checked: Checked) -> Iterator[tuple[str, str, str, str]]:
        """The links that a row states: name, target node, key, and the target's value of that key."""
        node = self._dictionary.nodes.get(checked.type)
        for link in node.links.values() if node is not None and checked.record else ():
            for target in targets_of(checked.record, link.name):
                key = "id" if target.get("id") else link.key
                if isinstance(value := target.get(key), str) and value:
                    yield link.name, link.target, key, value


def validate(
    records: Given | Iterable[Given],
    dictionary: Dictionary,
    *,
    project: Project | None = None,
    node_type: str | None = None,
    known: Known | None = None,
) -> Iterator[Finding]:
    """Find what is wrong with records, in the order of the rows. Only lookups of links are sent.

    Args:
        records: The records; they are gone through twice.
        dictionary: The dictionary of the commons.
        project: The project that they are for; links to projects and project_id are compared with it.
        node_type: The node of rows that state none.
        known: Returns which records exist already (`known_to`); without it a link may point to what is not among the
            rows.

    Yields:
        Each fault with its file, sheet, row, column and value, and what to do.

    Raises:
        Gen3UserError: A file cannot be read.
    """
    for checked in Validation(Source(records), dictionary, project, node_type, known).checked():
        yield from checked.findings


def validate_records(
    client: Gen3,
    project: str | tuple[str, str],
    records: Given | Iterable[Given],
    *,
    dictionary: Dictionary | None = None,
    node_type: str | None = None,
) -> Iterator[Finding]:
    """Find what is wrong with records for a project, in the order of the rows; nothing is submitted.

    Args:
        project: The project, PROGRAM-CODE or PROGRAM/CODE.
        records: The records: files (JSON, JSON Lines, TSV, CSV, XLSX), data frames, or dictionaries; read twice.
        dictionary: The dictionary of the commons; by default it is requested.
        node_type: The node of rows that state none.

    Yields:
        Each fault with its file, sheet, row, column and value, and a remedy.

    Raises:
        Gen3UserError: A file cannot be read, or there is no such project.
    """
    meant = project_of(project)
    find_existing = known_to(client, meant)
    yield from validate(
        records, dictionary or Dictionary.of(client), project=meant, node_type=node_type, known=find_existing
    )
