"""A data set as records of a commons: what can be submitted, what is wrong, what is left out."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

from omicsdk.core.batches import grouped
from omicsdk.dtp.sds.folders import find_tables
from omicsdk.dtp.sds.layout import (
    CASE,
    DATASET_DESCRIPTION,
    DEFAULT_VERSION,
    EXPERIMENT,
    MANIFEST,
    SAMPLES,
    SUBJECTS,
    VERSIONS,
    TableKind,
    Version,
)
from omicsdk.dtp.sds.sheets import SdsError
from omicsdk.dtp.sds.tables import Entry, Table, absent, read_table, stated_version
from omicsdk.gen3.dictionary import Dictionary, Node
from omicsdk.gen3.errors import choice
from omicsdk.gen3.records.tables import Finding, Place, Row, as_json
from omicsdk.gen3.records.validation import Validation

_REPLACED = re.compile(r"['/,\s_]")


def _name_of(experiment: str, stem: str, *keys: str) -> str:
    """The submitter_id of a record: experiment, table and keys, joined by hyphens.

    Hyphens also replace spaces, slashes, commas, apostrophes and underscores of the keys.
    """
    return "-".join((experiment, stem, *(_REPLACED.sub("-", _relative(key)) for key in keys)))


def _relative(key: str) -> str:
    while key.startswith("./"):
        key = key[2:].lstrip("/")
    return key


def give_names(experiment: str, kind: TableKind, entries: Sequence[Entry]) -> dict[str, str]:
    """Give the records of a table their submitter_ids; one whose key is missing gets a finding instead.

    Where several records would have one name, files of manifests in folders are named by their whole path, and samples by
    their subject's id, too; files whose names differ only in what hyphens replace get a checksum of their name as a suffix.
    Names that are still equal are findings.

    Args:
        experiment: That of the data set.
        kind: The table.
        entries: Its records; each gets `submitter_id`.

    Returns:
        The submitter_ids by the keys; the first where there are several.
    """
    named: list[Entry] = []
    for entry in entries:
        if not kind.key:
            entry.values["submitter_id"] = _name_of(experiment, kind.stem)
        elif isinstance(key := entry.values.get(kind.key), str) and key:
            entry.values["submitter_id"] = _name_of(experiment, kind.stem, key)
            named.append(entry)
        elif not any(finding.column == kind.key for finding in entry.findings):
            header = entry.columns[kind.key]
            entry.findings.append(entry.finding("missing-key", f"The {header} is missing", "Add it.", kind.key))
    rename = {MANIFEST: _name_by_path, SAMPLES: _name_by_subject}.get(kind.stem)
    if rename is not None:
        for same in _collisions(named):
            for entry in same:
                rename(experiment, entry)
    if kind.stem == MANIFEST:
        _add_checksums(named)
    for same in _collisions(named):
        for entry in same[1:]:
            entry.findings.append(_duplicate(kind, same[0], entry))
    names_by_key: dict[str, str] = {}
    for entry in named:
        names_by_key.setdefault(entry.values[kind.key], entry.values["submitter_id"])
    return names_by_key


def _collisions(entries: Iterable[Entry]) -> list[list[Entry]]:
    groups = grouped((entry.values["submitter_id"], entry) for entry in entries)
    return [group for group in groups.values() if len(group) > 1]


def _name_by_path(experiment: str, entry: Entry) -> None:
    folder = posixpath.dirname(entry.place.file)
    name = _relative(entry.values["filename"])
    if folder and not name.startswith(f"{folder}/"):
        entry.values["filename"] = f"{folder}/{name}"
        entry.values["submitter_id"] = _name_of(experiment, MANIFEST, entry.values["filename"])


def _name_by_subject(experiment: str, entry: Entry) -> None:
    if isinstance(subject := entry.values.get("subject_id"), str):
        entry.values["submitter_id"] = _name_of(experiment, SAMPLES, subject, entry.values["sample_id"])


def _add_checksums(entries: Sequence[Entry]) -> None:
    for same in _collisions(entries):
        names = [_relative(entry.values["filename"]) for entry in same]
        for entry, name in zip(same, names, strict=True):
            if len(set(names)) > 1:
                mark = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
                entry.values["submitter_id"] += f"-{mark}"


def _duplicate(kind: TableKind, first: Entry, entry: Entry) -> Finding:
    mine, other = entry.values[kind.key], first.values[kind.key]
    where = f"row {first.place.row}" + ("" if first.place.file == entry.place.file else f" of {first.place.file}")
    header = entry.columns[kind.key]
    if _relative(mine) == _relative(other):
        message, remedy = f"The {header} {as_json(mine)} is also in {where}", "Keep one of the rows, or correct one."
    else:
        name = first.values["submitter_id"]
        message = f"The {header} {as_json(mine)} and {as_json(other)} in {where} are one name in a commons: {name}"
        remedy = "Make them differ in letters or digits."
    return entry.finding("duplicate", message, remedy, kind.key, mine)


Record = Mapping[str, Any]
#: Faults that a message lists.
_MAX_FAULTS = 10


@dataclass(slots=True)
class Converted:
    """A data set as records.

    Attributes:
        records: By the name of the file that they belong into: the records that can be submitted, those first that others
            link to.
        findings: What is wrong, with file, sheet, row and column. Records with faults, and those that link to them, are not
            among `records`.
        notes: What is left out because the dictionary has nothing for it; values that move, as an empty cell is before
            them; how the version was chosen, unless by what the data set states.
        version: The version of the structure that it was read as.
    """

    records: dict[str, list[Record]] = field(default_factory=dict[str, list[Record]])
    findings: list[Finding] = field(default_factory=list[Finding])
    notes: list[Finding] = field(default_factory=list[Finding])
    version: Version = DEFAULT_VERSION

    @property
    def counts(self) -> dict[str, int]:
        """How many records there are of each node."""
        return {str(records[0]["type"]): len(records) for records in self.records.values()}


def version_of(text: str) -> Version:
    """Return a version of the data sets' structure.

    Args:
        text: Its number.

    Raises:
        SdsError: It is unknown.
    """
    if text in VERSIONS:
        return text
    raise SdsError(f"Version {text!r} of the SDS is not supported", remedy=choice(str(text), VERSIONS))


def nearest_version(text: str) -> Version:
    """Return the version that a data set of some version is read as.

    Args:
        text: The version that it states; may be unknown, such as 2.0 or 3.1.0, or empty.

    Returns:
        That one where it is known; else the newest known one that is not newer, the oldest where each is newer, and 2.0.0
        where nothing like a version is stated.
    """
    if not _NUMBERS.fullmatch(text):
        return DEFAULT_VERSION
    numbers = _numbers(f"{text}.0.0")  # 2.0 is 2.0.0
    for version in reversed(VERSIONS):
        if _numbers(version) <= numbers:
            return version
    return VERSIONS[0]


_NUMBERS = re.compile(r"\d{1,9}(\.\d{1,9})*", re.ASCII)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]


def convert(
    folder: Path, dictionary: Dictionary, project: str, experiment: str, version: Version | None = None
) -> Converted:
    """Make records of a data set.

    Args:
        folder: The data set.
        dictionary: The dictionary of the commons.
        project: The code of the project that the records are for.
        experiment: The data set's name in the commons.
        version: The version of its structure; by default the one that its description states.

    Raises:
        SdsError: It is no data set, or a table cannot be read that each has; another one is a finding.
        Gen3UserError: The dictionary has no node for experiments or subjects.
    """
    converted = Converted()
    dictionary.node(CASE)  # the least that a dictionary of such data sets has
    link = next(iter(dictionary.node(EXPERIMENT).links), "projects")
    tables: dict[TableKind, list[Table]] = {}
    files = find_tables(folder)
    description = next(file for file in files if file.kind.stem == DATASET_DESCRIPTION)
    declared = stated_version(description.path, description.kind)
    # Where the data set states no version, one that the caller passes needs no note.
    version_text = declared or version or ""
    converted.version = version = version or nearest_version(declared)
    for kind, path, name in files:
        node = dictionary.nodes.get(kind.node)
        if node is None:
            converted.notes.append(
                Finding("left-out", f"The dictionary has no node {kind.node}", "It is skipped.", name)
            )
            continue
        try:
            table = read_table(path, name, kind, version, node)
        except SdsError as error:
            if kind.needed:
                raise
            converted.findings.append(Finding("unreadable", error.message, error.remedy, name))
        else:
            tables.setdefault(kind, []).append(table)
    for table in chain.from_iterable(tables.values()):
        converted.findings += table.findings
        converted.notes += table.notes
    records = _records(tables, dictionary, experiment)
    converted.notes += _other_version(records.get(description.kind, ()), version_text, version, description.name)
    experiment_record = {"type": EXPERIMENT, "submitter_id": experiment, link: [{"code": project}]}
    _check(converted, experiment_record, records, dictionary)
    return converted


def refused(folder: str, findings: Sequence[Finding], version: str) -> SdsError:
    """Return the error that lists a data set's faults.

    Args:
        folder: The data set.
        findings: Its faults, at least one.
        version: The version of the structure that it was read as.
    """
    lines = [f"  {finding}" for finding in findings[:_MAX_FAULTS]]
    more = [f"  and {len(findings) - _MAX_FAULTS} more"] if len(findings) > _MAX_FAULTS else []
    count = "1 fault" if len(findings) == 1 else f"{len(findings)} faults"
    return SdsError(
        "\n".join([f"{folder}, read as SDS {version}, has {count}:", *lines, *more]),
        remedy="Nothing was written." if len(findings) == 1 else "Correct them; nothing was written.",
        findings=findings,
    )


def _records(
    tables: Mapping[TableKind, Sequence[Table]], dictionary: Dictionary, experiment: str
) -> dict[TableKind, list[Entry]]:
    entries = {
        kind: [entry for table in tables_of_kind for entry in table.entries] for kind, tables_of_kind in tables.items()
    }
    names = {kind.stem: give_names(experiment, kind, entries_of_kind) for kind, entries_of_kind in entries.items()}
    subjects = names.get(SUBJECTS, {})
    for kind, kind_entries in entries.items():
        node = dictionary.nodes[kind.node]
        properties = tables[kind][0].headers.properties
        required = {name: absent(node.properties[name]) for name in properties if name in node.required}
        for entry in kind_entries:
            links = dict(_links(entry, node, experiment, subjects))
            entry.values = _record(entry.values, links, node, properties, required)
    return entries


def _record(
    values: Record, links: Record, node: Node, properties: Iterable[str], required: Mapping[str, Any]
) -> dict[str, Any]:
    """The record of a row, in the order of the table's properties; `required` has what replaces a missing value."""
    record: dict[str, Any] = {"type": node.name, **links}
    for name in ("submitter_id", *properties):
        value, default = values.get(name), required.get(name)
        if value is None:
            value = list[Any]() if default == [] else default  # a separate list for each record
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
            elif not any(finding.column == "subject_id" for finding in entry.findings):
                missing = subject is None
                message = "The subject id is missing" if missing else f"There is no subject {as_json(subject)}"
                remedy = "Add it." if missing else choice(str(subject), subjects)
                entry.findings.append(entry.finding("broken-link", message, remedy, "subject_id", subject))


def _other_version(entries: Sequence[Entry], declared: str, version: Version, file: str) -> Iterator[Finding]:
    """How the version was chosen, where it is not the one that the data set states."""
    if declared == version:
        return
    versions = ", ".join(VERSIONS)
    if not declared:
        message = f"The data set does not state its version, and is read as one of {version}"
        remedy = f"State its Metadata Version, or pass version= (--sds-version): {versions}."
    else:
        message = f"The data set states version {as_json(declared)}, but is read as one of {version}"
        remedy = f"Check it, or pass version= (--sds-version): {versions}."
        if declared in VERSIONS:
            remedy = f"Use version={declared!r} (--sds-version {declared}), or correct it."
    entry = next((entry for entry in entries if "metadata_version" in entry.columns), None)
    if entry is None:
        yield Finding("other-version", message, remedy, file)
    else:
        yield entry.placed(entry.finding("other-version", message, remedy, "metadata_version", declared))


def _check(
    converted: Converted, experiment: Record, records: Mapping[TableKind, Sequence[Entry]], dictionary: Dictionary
) -> None:
    """Verify records against the dictionary, and sort them into files."""
    of_node = {kind.node: kind for kind in records}
    order = [name for name in dictionary.order() if name in of_node]
    entries = [entry for name in order for entry in records[of_node[name]]]
    rows = [
        Row(experiment, Place()),
        *(Row(entry.values, entry.place, None, tuple(entry.findings)) for entry in entries),
    ]
    taken_names: set[tuple[str, str]] = set()
    refused: set[tuple[str, str]] = set()
    for checked in Validation(rows, dictionary).checked():
        if checked.number == 0:
            converted.findings += checked.findings
            converted.records["experiment.json"] = [experiment]
            continue
        entry = entries[checked.number - 1]
        kind = of_node[checked.type]
        node = dictionary.nodes[checked.type]
        if checked.findings:
            converted.findings += _placed(entry, checked.findings, kind, node)
        name = (checked.type, str(entry.values.get("submitter_id")))
        links = node.links.values() if refused else ()
        targets = {(link.target, target.get(link.key)) for link in links for target in entry.values.get(link.name, ())}
        if checked.findings or (targets & refused) - taken_names:
            refused.add(name)
        else:
            taken_names.add(name)
            converted.records.setdefault(f"{kind.stem}.json", []).append(entry.values)


def _placed(entry: Entry, findings: Sequence[Finding], kind: TableKind, node: Node) -> Iterator[Finding]:
    # A fault of the id, or of a sample's subject, is a finding of the sheet; faults that follow from it are not mentioned.
    related = {finding.column for finding in entry.findings} & {kind.key, "subject_id"}
    for problem in findings:
        if problem in entry.findings or not (related and problem.column in ("submitter_id", *node.links)):
            yield entry.placed(problem)
