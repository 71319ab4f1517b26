"""A data set as records of a commons: what can be submitted, what is wrong, what is left out."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from omicsdk.dtp.sds.layout import (
    CASE,
    DATASET_DESCRIPTION,
    DEFAULT_VERSION,
    EXPERIMENT,
    KINDS,
    MANIFEST,
    SAMPLES,
    SUBJECTS,
    VERSIONS,
    TableKind,
    Version,
)
from omicsdk.dtp.sds.sheets import SUFFIXES, SdsError
from omicsdk.dtp.sds.tables import Entry, Table, absent, read_table, stated_version
from omicsdk.gen3.dictionary import Dictionary, Node
from omicsdk.gen3.names import choice, nearest
from omicsdk.gen3.records.tables import Finding, Place, Row, shown
from omicsdk.gen3.records.validation import Names, checked

_EXCEL = frozenset({".xlsx", ".xlsm", ".xls"})


class Found(NamedTuple):
    """A file of a table.

    Attributes:
        kind: What it is.
        path: The file.
        name: What it is called within the data set, with slashes.
    """

    kind: TableKind
    path: Path
    name: str


def find_tables(folder: Path) -> list[Found]:
    """Finds the tables of a data set: those of its folder, and those that folders within may have, at any depth.

    Args:
        folder: The data set's folder.

    Returns:
        Its tables; of each kind those of upper folders first. What begins with a dot or `~$` is passed over.

    Raises:
        SdsError: It is no folder, or no data set: a table is missing that each has.
    """
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "isn't there"
        raise SdsError(f"{folder} {what}", remedy="Give the folder of an SDS data set.")
    try:
        files = _files(folder)
        _refuse_incomplete(folder, files)
        found = [Found(kind, path, path.name) for kind in KINDS if (path := _table(kind, files)) is not None]
        for kind in KINDS:
            if kind.anywhere:
                found += [Found(kind, path, path.relative_to(folder).as_posix()) for path in _within(folder, kind)]
    except OSError as error:
        raise SdsError(f"{error.filename} can't be read: {error.strerror}", remedy="Check its permissions.") from error
    return sorted(found, key=lambda each: KINDS.index(each.kind))


def is_misnamed(folder: Path) -> bool:
    """Whether a folder would be a data set if its tables had their names, or has one within; `find_tables` says what to do.

    Args:
        folder: The folder.
    """
    if not folder.is_dir():
        return False
    needed = [kind for kind in KINDS if kind.needed]
    tables = {name: path for name, path in _files(folder).items() if path.suffix.casefold() in _EXCEL}
    within = (_files(each) for each in folder.iterdir() if each.is_dir())
    return any(_likely(f"{kind.stem}.xlsx", tables) for kind in needed) or any(
        all(_table(kind, files) for kind in needed) for files in within
    )


def _files(folder: Path) -> Mapping[str, Path]:
    """The files of a folder by their names in lower case."""
    return {each.name.casefold(): each for each in sorted(folder.iterdir()) if each.is_file()}


def _table(kind: TableKind, files: Mapping[str, Path]) -> Path | None:
    return next((files[name] for suffix in SUFFIXES if (name := f"{kind.stem}{suffix}") in files), None)


def _within(folder: Path, kind: TableKind) -> Iterator[Path]:
    for place, folders, names in os.walk(folder, onerror=_raised):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        if Path(place) != folder:
            files = {name.casefold(): Path(place, name) for name in sorted(names)}
            found = _table(kind, files)
            if found is not None:
                yield found


def _raised(error: OSError) -> None:
    raise error


def _refuse_incomplete(folder: Path, files: Mapping[str, Path]) -> None:
    needed = [kind for kind in KINDS if kind.needed]
    missing = [kind for kind in needed if _table(kind, files) is None]
    if not missing:
        return
    names = [f"{kind.stem}.xlsx" for kind in missing]
    inner = sorted(each for each in folder.iterdir() if each.is_dir() and all(_table(k, _files(each)) for k in needed))
    if len(missing) == len(needed) and inner:
        raise SdsError(f"{folder} is no SDS data set", remedy=f"Did you mean {inner[0]}?")
    if len(missing) == len(needed) and not any(_likely(name, files) for name in names):
        raise SdsError(
            f"{folder} is no SDS data set: it has neither {' nor '.join(names)}",
            remedy="Give the folder that has them.",
        )
    name = names[0]
    near = _likely(name, files)
    remedy = f"Did you mean {near.name}? Call it {name}." if near is not None else "Add it."
    if near is not None and near.stem.casefold() == missing[0].stem:
        remedy = f"Save {near.name} as {name}."
    raise SdsError(f"{folder} has no {name}, which each SDS data set has", remedy=remedy)


def _likely(name: str, files: Mapping[str, Path]) -> Path | None:
    # What is a table of another kind isn't a misspelt one.
    stems = {kind.stem for kind in KINDS} - {name.partition(".")[0]}
    near = nearest(name, [each for each in files if Path(each).stem not in stems])
    return files[near] if near is not None else None


_REPLACED = re.compile(r"['/,\s_]")


def name_of(experiment: str, kind: TableKind, key: str = "") -> str:
    """Gives a record's submitter_id.

    Args:
        experiment: The data set's.
        kind: The table that the record comes from.
        key: What names the record there; empty where there is one record at most.

    Returns:
        Experiment, table and key with hyphens between them, and in the place of blanks, slashes, commas, apostrophes and
        underscores of the key.
    """
    return f"{experiment}-{kind.stem}-{_written(key)}" if kind.key else f"{experiment}-{kind.stem}"


def _written(key: str) -> str:
    return _REPLACED.sub("-", _cleaned(key))


def _cleaned(key: str) -> str:
    while key.startswith("./"):
        key = key[2:].lstrip("/")
    return key


def give_names(experiment: str, kind: TableKind, entries: Sequence[Entry]) -> dict[str, str]:
    """Gives the records of a table their submitter_ids; those that lack what names them are told.

    Where the rule gives several records one name, files of manifests in folders are called by their whole path, samples by
    their subject's id, too; files whose names differ in what hyphens replace get a checksum of their name behind it. What is
    there twice all the same is told.

    Args:
        experiment: The data set's.
        kind: The table.
        entries: What its records state; each gets `submitter_id`.

    Returns:
        The submitter_ids by the keys; the first where there are several.
    """
    named: list[Entry] = []
    for entry in entries:
        if not kind.key:
            entry.values["submitter_id"] = name_of(experiment, kind)
        elif isinstance(key := entry.values.get(kind.key), str) and key:
            entry.values["submitter_id"] = name_of(experiment, kind, key)
            named.append(entry)
        elif not any(each.column == kind.key for each in entry.findings):
            header = entry.columns[kind.key]
            entry.findings.append(entry.finding("missing-key", f"The {header} is missing", "Add it.", kind.key))
    if kind is MANIFEST:
        _tell_apart(named, _by_path(experiment))
        _by_checksum(named)
    elif kind is SAMPLES:
        _tell_apart(named, _by_subject(experiment))
    for same in _collisions(named):
        for entry in same[1:]:
            entry.findings.append(_double(kind, same[0], entry))
    found: dict[str, str] = {}
    for entry in named:
        found.setdefault(entry.values[kind.key], entry.values["submitter_id"])
    return found


def _collisions(entries: Iterable[Entry]) -> list[list[Entry]]:
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.values["submitter_id"], []).append(entry)
    return [group for group in groups.values() if len(group) > 1]


def _tell_apart(entries: Sequence[Entry], rename: Callable[[Entry], None]) -> None:
    for same in _collisions(entries):
        for entry in same:
            rename(entry)


def _by_path(experiment: str) -> Callable[[Entry], None]:
    def rename(entry: Entry) -> None:
        folder = posixpath.dirname(entry.place.file)
        name = _cleaned(entry.values["filename"])
        if folder and not name.startswith(f"{folder}/"):
            entry.values["filename"] = f"{folder}/{name}"
            entry.values["submitter_id"] = name_of(experiment, MANIFEST, entry.values["filename"])

    return rename


def _by_checksum(entries: Sequence[Entry]) -> None:
    for same in _collisions(entries):
        names = [_cleaned(entry.values["filename"]) for entry in same]
        for entry, name in zip(same, names, strict=True):
            if len(set(names)) > 1:
                mark = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
                entry.values["submitter_id"] += f"-{mark}"


def _by_subject(experiment: str) -> Callable[[Entry], None]:
    def rename(entry: Entry) -> None:
        if isinstance(subject := entry.values.get("subject_id"), str):
            name = f"{_written(subject)}-{_written(entry.values['sample_id'])}"
            entry.values["submitter_id"] = f"{experiment}-{SAMPLES.stem}-{name}"

    return rename


def _double(kind: TableKind, first: Entry, entry: Entry) -> Finding:
    mine, other = entry.values[kind.key], first.values[kind.key]
    where = f"row {first.place.row}" + ("" if first.place.file == entry.place.file else f" of {first.place.file}")
    header = entry.columns[kind.key]
    if _cleaned(mine) == _cleaned(other):
        told = f"The {header} {shown(mine)} is in {where}, too"
        return entry.finding("duplicate", told, "Keep one of the rows, or correct one.", kind.key, mine)
    told = f"The {header} {shown(mine)} and {shown(other)} in {where} are one name in a commons: {first.values['submitter_id']}"
    return entry.finding("duplicate", told, "Make them differ in letters or digits.", kind.key, mine)


def experiment_record(experiment: str, project: str, link: str) -> Mapping[str, object]:
    """Gives the record of the data set itself.

    Args:
        experiment: Its submitter_id.
        project: The project's code.
        link: What its link to the project is called.
    """
    return {"type": EXPERIMENT, "submitter_id": experiment, link: [{"code": project}]}


Record = Mapping[str, Any]
#: Faults that a message lists.
_LISTED = 10


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


def refused(folder: str, findings: Sequence[Finding], version: str) -> SdsError:
    """Gives the error that tells of a data set's faults.

    Args:
        folder: The data set.
        findings: Its faults, at least one.
        version: The version of the structure that it was read as.
    """
    listed = [f"  {each}" for each in findings[:_LISTED]]
    more = [f"  and {len(findings) - _LISTED} more"] if len(findings) > _LISTED else []
    many = "1 fault" if len(findings) == 1 else f"{len(findings)} faults"
    return SdsError(
        "\n".join([f"{folder}, read as SDS {version}, has {many}:", *listed, *more]),
        remedy="Nothing was written." if len(findings) == 1 else "Correct them; nothing was written.",
        findings=findings,
    )


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
