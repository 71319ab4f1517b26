"""By which names records of a data set are known to a commons."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256

from omicsdk.dtp.sds.layout import EXPERIMENT, MANIFEST, SAMPLES, TableKind
from omicsdk.dtp.sds.reading import Entry
from omicsdk.gen3.records.tables import Finding, shown

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
