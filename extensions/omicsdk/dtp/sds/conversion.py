"""A data set as records of a commons: what can be submitted, what is wrong, what is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omicsdk.dtp.sds.errors import SdsError
from omicsdk.dtp.sds.folder import find_tables
from omicsdk.dtp.sds.identity import experiment_record, give_names
from omicsdk.dtp.sds.layout import (
    CASE,
    DATASET_DESCRIPTION,
    DEFAULT_VERSION,
    EXPERIMENT,
    KINDS,
    SUBJECTS,
    VERSIONS,
    TableKind,
    Version,
)
from omicsdk.dtp.sds.reading import Entry, Table, read_table, stated_version
from omicsdk.dtp.sds.values import absent
from omicsdk.gen3.dictionary import Dictionary, Node
from omicsdk.gen3.names import choice
from omicsdk.gen3.records.tables import Finding, Place, Row, shown
from omicsdk.gen3.records.validation import Names, checked

Record = Mapping[str, Any]


@dataclass(slots=True)
class Converted:
    """A data set as records.

    Attributes:
        records: By the name of the file that they belong into: the records that can be submitted, those first that others
            link to.
        findings: What is wrong, with file, sheet, row and column. Records with faults, and those that link to them, aren't
            among `records`.
        notes: What is left out because the dictionary has nothing for it; how the version was chosen, unless by what the
            data set states.
        version: The version of the structure that it was read as.
    """

    records: dict[str, list[Record]] = field(default_factory=dict[str, list[Record]])
    findings: list[Finding] = field(default_factory=list[Finding])
    notes: list[Finding] = field(default_factory=list[Finding])
    version: Version = DEFAULT_VERSION

    @property
    def counts(self) -> dict[str, int]:
        """How many records there are of each node."""
        return {str(each[0]["type"]): len(each) for each in self.records.values()}


def version_of(text: str) -> Version:
    """Gives a version of the data sets' structure.

    Args:
        text: What was given.

    Raises:
        SdsError: It is none that is known.
    """
    for version in VERSIONS:
        if version == text:
            return version
    raise SdsError(f"Version {text!r} of the SDS isn't supported", remedy=choice(str(text), VERSIONS))


def nearest_version(stated: str) -> Version:
    """Gives the version that a data set of some version is read as.

    Args:
        stated: The version that it states; may be none that is known, such as 2.0 or 3.1.0, or empty.

    Returns:
        That one where it is known; else the newest known one that isn't newer, the oldest where each is newer, and 2.0.0
        where nothing like a version is stated.
    """
    if not _NUMBERS.fullmatch(stated):
        return DEFAULT_VERSION
    for version in reversed(VERSIONS):
        if _numbers(version) <= _numbers(stated):
            return version
    return VERSIONS[0]


_NUMBERS = re.compile(r"\d{1,9}(\.\d{1,9})*", re.ASCII)


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(number) for number in version.split(".")]
    return (*numbers, *(0 for _ in range(3 - len(numbers))))


def convert(
    folder: Path, dictionary: Dictionary, project: str, experiment: str, version: Version | None = None
) -> Converted:
    """Makes records of a data set.

    Args:
        folder: The data set.
        dictionary: The dictionary of the commons.
        project: The code of the project that the records are for.
        experiment: The data set's name in the commons.
        version: The version of its structure; by default the one that its description states.

    Raises:
        SdsError: It is no data set, or a table can't be read that each has; another one is told.
        Gen3UserError: The dictionary has no node for experiments or subjects.
    """
    found = Converted()
    dictionary.node(CASE)  # the least that a dictionary of such data sets has
    link = next(iter(dictionary.node(EXPERIMENT).links), "projects")
    tables: dict[TableKind, list[Table]] = {}
    files = find_tables(folder)
    description = next(each for each in files if each.kind is DATASET_DESCRIPTION)
    stated = stated_version(description.path)
    # A version that was given is no guess where the data set states none.
    said = stated or version or ""
    found.version = version = version or nearest_version(stated)
    for kind, path, name in files:
        node = dictionary.nodes.get(kind.node)
        if node is None:
            found.notes.append(Finding("left-out", f"The dictionary has no node {kind.node}", "It is left out.", name))
            continue
        try:
            table = read_table(path, name, kind, version, node)
        except SdsError as error:
            if kind.needed:
                raise
            found.findings.append(Finding("unreadable", error.message, error.remedy, name))
        else:
            tables.setdefault(kind, []).append(table)
    for table in (table for each in tables.values() for table in each):
        found.findings += table.findings
        found.notes += table.notes
    records = _records(tables, dictionary, experiment)
    found.notes += _other_version(records.get(DATASET_DESCRIPTION, ()), said, version, description.name)
    own = experiment_record(experiment, project, link)
    _check(found, own, records, dictionary)
    return found


def _records(
    tables: Mapping[TableKind, Sequence[Table]], dictionary: Dictionary, experiment: str
) -> dict[TableKind, list[Entry]]:
    entries = {kind: [entry for table in each for entry in table.entries] for kind, each in tables.items()}
    subjects = give_names(experiment, SUBJECTS, entries.get(SUBJECTS, []))
    for kind in KINDS:
        if kind not in entries:
            continue
        if kind is not SUBJECTS:
            give_names(experiment, kind, entries[kind])
        node = dictionary.nodes[kind.node]
        order = _order(tables[kind][0], node)
        for entry in entries[kind]:
            links = dict(_links(entry, node, experiment, subjects))
            entry.values = _whole(entry.values, links, node, order)
    return entries


def _order(table: Table, node: Node) -> list[tuple[str, Any]]:
    """Properties as records have them, with the value of each required one where a sheet leaves it out."""
    return [
        (name, absent(node.properties[name]) if name in node.required else None) for name in table.headers.properties
    ]


def _whole(values: Record, links: Record, node: Node, order: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    record: dict[str, Any] = {"type": node.name, **links}
    if "submitter_id" in values:
        record["submitter_id"] = values["submitter_id"]
    for name, without in order:
        value = values.get(name)
        if value is None:
            value = list[Any]() if without == [] else without
        if value is not None:
            record[name] = value
    return record


def _links(
    entry: Entry, node: Node, experiment: str, subjects: Mapping[str, str]
) -> Iterator[tuple[str, list[dict[str, str]]]]:
    for link in node.links.values():
        if link.target == EXPERIMENT:
            yield link.name, [{link.key: experiment}]
        elif link.target == CASE:
            subject = entry.values.get("subject_id")
            if isinstance(subject, str) and subject in subjects:
                yield link.name, [{link.key: subjects[subject]}]
            elif not any(each.column == "subject_id" for each in entry.findings):
                told = "The subject id is missing" if subject is None else f"There is no subject {shown(subject)}"
                remedy = "Add it." if subject is None else choice(str(subject), subjects)
                entry.findings.append(entry.finding("broken-link", told, remedy, "subject_id", subject))


def _other_version(entries: Sequence[Entry], stated: str, version: Version, file: str) -> Iterator[Finding]:
    """How the version was chosen, where it isn't the one that the data set states."""
    if stated == version:
        return
    known = ", ".join(VERSIONS)
    if not stated:
        told = f"The data set doesn't say of which version it is, and is read as one of {version}"
        remedy = f"State its Metadata Version, or give version= (--sds-version): {known}."
    else:
        told = f"The data set says that it is of version {shown(stated)}, and is read as one of {version}"
        given = stated if stated in VERSIONS else ""
        remedy = (
            f"Give version={given!r} (--sds-version {given}), or correct it."
            if given
            else f"Check it, or give version= (--sds-version): {known}."
        )
    entry = next((each for each in entries if "metadata_version" in each.columns), None)
    if entry is None:
        yield Finding("other-version", told, remedy, file)
    else:
        yield entry.placed(entry.finding("other-version", told, remedy, "metadata_version", stated))


def _check(found: Converted, own: Record, records: Mapping[TableKind, Sequence[Entry]], dictionary: Dictionary) -> None:
    """Holds records against the dictionary, and sorts them into files."""
    of_node = {kind.node: kind for kind in records}
    order = [name for name in dictionary.order() if name in of_node]
    entries = [entry for name in order for entry in records[of_node[name]]]
    rows = [Row(own, Place()), *(Row(entry.values, entry.place, None, tuple(entry.findings)) for entry in entries)]
    taken: set[tuple[str, str]] = set()
    refused: set[tuple[str, str]] = set()
    for each in checked(rows, dictionary, Names(rows, dictionary, None)):
        if each.number == 0:
            found.findings += each.findings
            found.records["experiment.json"] = [own]
            continue
        entry = entries[each.number - 1]
        kind = of_node[each.type]
        node = dictionary.nodes[each.type]
        if each.findings:
            found.findings += _placed(entry, each.findings, kind, node)
        name = (each.type, str(entry.values.get("submitter_id")))
        if each.findings or any(each in refused and each not in taken for each in _targets(entry.values, node)):
            refused.add(name)
        else:
            taken.add(name)
            found.records.setdefault(f"{kind.stem}.json", []).append(entry.values)


def _placed(entry: Entry, findings: Sequence[Finding], kind: TableKind, node: Node) -> Iterator[Finding]:
    # A fault of the id, or of a sample's subject, is told by itself; what follows from it for the record isn't told, too.
    told = {each.column for each in entry.findings} & {kind.key, "subject_id"}
    for each in findings:
        if each in entry.findings or not (told and each.column in ("submitter_id", *node.links)):
            yield entry.placed(each)


def _targets(record: Record, node: Node) -> Iterator[tuple[str, str]]:
    for link in node.links.values():
        for target in record.get(link.name, ()):
            yield link.target, target.get(link.key)
