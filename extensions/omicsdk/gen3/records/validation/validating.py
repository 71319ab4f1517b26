"""Validation of records before anything is sent: against the dictionary, against each other, against what is there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from omicsdk.core.narrowing import is_object
from omicsdk.gen3.dictionary import Dictionary, Node
from omicsdk.gen3.dictionary.node import PROGRAM, PROJECT
from omicsdk.gen3.names import choice
from omicsdk.gen3.records.finding import Finding, shown
from omicsdk.gen3.records.known import Known
from omicsdk.gen3.records.project import Project
from omicsdk.gen3.records.row import Place, Row
from omicsdk.gen3.records.tables.source import Given, Source
from omicsdk.gen3.records.validation.checking import finding, findings_of
from omicsdk.gen3.records.validation.reading import record_of, targets_of, type_of

#: Rows whose links are looked up at once.
BLOCK = 500


class Checked(NamedTuple):
    """A row that was held against the dictionary.

    Attributes:
        number: Its place among all rows, from 0.
        row: The row.
        type: The node that it is a record of, as it says; empty where it doesn't.
        record: The record, as JSON has it; empty where its node isn't known.
        findings: What is wrong with it; nothing where it can be sent.
    """

    number: int
    row: Row
    type: str
    record: Mapping[str, Any]
    findings: tuple[Finding, ...]


class Names:
    """Which records there are among rows, and which names several of them have.

    Args:
        rows: The rows.
        dictionary: The dictionary.
        node_type: What rows without a type are.
    """

    def __init__(self, rows: Iterable[Row], dictionary: Dictionary, node_type: str | None) -> None:
        self._names: dict[str, set[str]] = {}
        self._ids: dict[str, set[str]] = {}
        self._twins: dict[tuple[str, str], Place | None] = {}
        for row in rows:
            node = dictionary.nodes.get(type_of(row, node_type))
            if node is None:
                continue
            if isinstance(name := row.values.get(node.key), str) and name:
                known = self._names.setdefault(node.name, set())
                if name in known:
                    self._twins[node.name, name] = None
                known.add(name)
            if isinstance(own := row.values.get("id"), str) and own:
                self._ids.setdefault(node.name, set()).add(own)

    @property
    def types(self) -> set[str]:
        """The nodes that there are rows of."""
        return set(self._names)

    def first(self, node: str, name: str, place: Place) -> Place | None:
        """Where a name stood before; None where no other row has it, or this is the first of them.

        Args:
            node: The row's node.
            name: Its name.
            place: Where it stands; it is kept, where it is the first.
        """
        if (node, name) not in self._twins:
            return None
        before = self._twins[node, name]
        if before is None:
            self._twins[node, name] = place
        return before

    def has(self, node: str, key: str, value: str) -> bool:
        """Whether there is a record among the rows."""
        return value in (self._ids if key == "id" else self._names).get(node, ())


def validate(
    records: Given | Iterable[Given],
    dictionary: Dictionary,
    *,
    project: Project | None = None,
    node_type: str | None = None,
    known: Known | None = None,
) -> Iterator[Finding]:
    """Finds what is wrong with records, in the order of the rows. Nothing is sent but questions about links.

    Args:
        records: The records; they are gone through twice.
        dictionary: The dictionary of the commons.
        project: The project that they are for; links to projects and project_id are held against it.
        node_type: What rows are that don't say.
        known: Tells which records there are already (`known_to`); without it a link may lead to what isn't among the rows.

    Yields:
        Each fault with its file, sheet, row, column and value, and what to do.

    Raises:
        Gen3UserError: A file can't be read.
    """
    source = Source(records)
    for each in checked(source, dictionary, Names(source, dictionary, node_type), project, node_type, known):
        yield from each.findings


def checked(
    rows: Iterable[Row],
    dictionary: Dictionary,
    names: Names,
    project: Project | None = None,
    node_type: str | None = None,
    known: Known | None = None,
) -> Iterator[Checked]:
    """Gives each row with what is wrong with it; arguments as those of `validate`.

    Args:
        rows: The rows.
        dictionary: The dictionary of the commons.
        names: Which records there are among the rows.
        project: The project that they are for.
        node_type: What rows are that don't say.
        known: Tells which records there are already.
    """
    links = _Links(names, project, known)
    numbered = enumerate(rows)
    while block := list(islice(numbered, BLOCK)):
        found = [_checked(number, row, dictionary, names, project, node_type) for number, row in block]
        links.look_up(found, dictionary)
        for each in found:
            node = dictionary.nodes.get(each.type)
            broken = () if node is None or not each.record else links.findings(each, node)
            yield each._replace(findings=(*each.findings, *broken))


def _checked(
    number: int, row: Row, dictionary: Dictionary, names: Names, project: Project | None, node_type: str | None
) -> Checked:
    stated = type_of(row, node_type)
    if not stated:
        told = finding(row, "missing-type", "The type is missing", "Add a column type, with the node's name.", "type")
        return Checked(number, row, "", {}, (*row.findings, told))
    node = dictionary.nodes.get(stated)
    if node is None or node.name in (PROGRAM, PROJECT):
        meant = choice(stated, [each.name for each in dictionary if each.submitted])
        what = f"{stated!r} is no node of the dictionary" if node is None else f"A {stated} is no record of a project"
        told = finding(row, "unknown-type", what, meant, "type", stated)
        return Checked(number, row, stated, {}, (*row.findings, told))
    record = record_of(row, node)
    found = [*row.findings, *findings_of(record, node, row), *_name_findings(row, record, node, names)]
    if project is not None and record.get("project_id") not in (None, "", project.id):
        told = f"The record is one of project {shown(record['project_id'])}, and is to be submitted to {project.id}"
        found.append(finding(row, "other-project", told, "Submit it there, or correct it.", "project_id"))
    # What comes from cells can be a fault of the cell itself; one fault of each column is enough.
    first = {each.column: each for each in reversed(found) if each.column}
    return Checked(number, row, stated, record, tuple(e for e in found if not e.column or first[e.column] is e))


def _name_findings(row: Row, record: Mapping[str, Any], node: Node, names: Names) -> Iterator[Finding]:
    name = record.get(node.key)
    if not isinstance(name, str):
        return
    first = names.first(node.name, name, row.place)
    if first is not None:
        where = Finding("", "", file=first.file, sheet=first.sheet, row=first.row).where
        yield finding(
            row,
            "duplicate",
            f"{node.name} {shown(name)} is in {where}, too",
            "Keep one of the rows: the later one would overwrite the earlier.",
            node.key,
            name,
        )


class _Links:
    """Links of rows, held against the rows and against what the commons has."""

    def __init__(self, names: Names, project: Project | None, known: Known | None) -> None:
        self._names = names
        self._project = project
        self._known = known
        self._answers: dict[tuple[str, str], dict[str, bool]] = {}

    def look_up(self, block: Iterable[Checked], dictionary: Dictionary) -> None:
        """Asks the commons about what these rows link to and no row is."""
        if self._known is None:
            return
        sought: dict[tuple[str, str], dict[str, None]] = {}
        for each in block:
            node = dictionary.nodes.get(each.type)
            for _, target, key, value in _stated(each, node) if node is not None else ():
                if not self._is_there(target, key, value) and value not in self._answers.get((target, key), {}):
                    sought.setdefault((target, key), {})[value] = None
        for (target, key), values in sought.items():
            found = self._known(target, key, list(values))
            self._answers.setdefault((target, key), {}).update({value: value in found for value in values})

    def _is_there(self, target: str, key: str, value: str) -> bool:
        if target == PROJECT and key != "id":
            return True  # held against the project that is meant
        return target == PROGRAM or self._names.has(target, key, value)

    def findings(self, each: Checked, node: Node) -> Iterator[Finding]:
        """Gives the links of a row that lead nowhere."""
        for link, target, key, value in _stated(each, node):
            if target == PROJECT and key != "id" and self._project is not None and value != self._project.code:
                told = f"{link} leads to project {shown(value)}, and the record is submitted to {self._project.id}"
                yield finding(each.row, "broken-link", told, f"Write {self._project.code}.", link, value)
            elif self._is_there(target, key, value):
                continue
            elif not self._answers.get((target, key), {}).get(value, True):
                told = f"There is no {target} with the {key} {shown(value)}, neither among the rows nor in the project"
                yield finding(each.row, "broken-link", told, f"Add the {target}, or correct the {key}.", link, value)


def _stated(each: Checked, node: Node) -> Iterator[tuple[str, str, str, str]]:
    """The links that a row states: their name, the node that they lead to, by which key, to what."""
    for link in node.links.values():
        for target in targets_of(each.record, link.name) if is_object(each.record) else ():
            key = "id" if target.get("id") else link.key
            if isinstance(value := target.get(key), str) and value:
                yield link.name, link.target, key, value
