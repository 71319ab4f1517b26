"""The records of a data set, and their files: tables, or JSON for records without a table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from omicsdk.core.errors import MissingExtra, OmicsError
from omicsdk.core.files import in_place_of
from omicsdk.core.json_text import written
from omicsdk.core.logs import logger
from omicsdk.core.model import STRING, array, check, members, optional
from omicsdk.core.page_items import items_at
from omicsdk.dtp.sds.layout import CASE, DATASET_DESCRIPTION, EXPERIMENT, TableKind, Version, layout
from omicsdk.dtp.sds.records import recorded_version, write_data_set
from omicsdk.dtp.sds.sheets import SdsError
from omicsdk.dtp.storage.datasets import MetadataFile, Subject, UnknownDataset
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.errors import Gen3UserError, choice
from omicsdk.gen3.queries import Query, literal
from omicsdk.gen3.records.projects import Project
from omicsdk.transfer.disk import write_error

_log = logger("omicsdk.dtp")


@dataclass(frozen=True, slots=True)
class DatasetRecords:
    """The records of a data set.

    Attributes:
        id: The data set's name.
        by_node: Records by their nodes, without properties that have no value; the experiment is one of them.
    """

    id: str
    by_node: Mapping[str, list[dict[str, Any]]] = field(repr=False)

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The data set's subjects; of those with the same study the first."""
        subjects = dict[str, Subject]()
        for case in self.by_node.get(CASE, ()):
            subject = Subject(str(case.get("subject_id") or case["submitter_id"]))
            subjects.setdefault(subject.study, subject)
        return tuple(subjects.values())

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """All records."""
        for records in self.by_node.values():
            yield from records


def records_of(
    commons: Gen3, dataset_id: str, program: str | None = None, project: str | None = None
) -> DatasetRecords:
    """Read the records of a data set.

    Args:
        commons: The commons.
        dataset_id: The data set's name: the experiment's submitter_id.
        program: The program that it is in; None for any.
        project: The project's code; None for any.

    Returns:
        The experiment and the records of the nodes of tables, as far as the commons has such nodes.

    Raises:
        UnknownDataset: The commons has none of that name that this login may see; the nearest is named.
        Gen3UserError: There are several of that name.
        AuthError: The commons refuses this login.
        TransportError: The commons cannot be reached.
    """
    experiment, home = _experiment(commons, dataset_id, program, project)
    dictionary = commons.dictionary()
    ids = {EXPERIMENT: [str(experiment["id"])]}
    for node in (kind.node for kind in layout().kinds if kind.node in dictionary):
        query = Query(node).project(home.id).with_path_to(EXPERIMENT, submitter_id=dataset_id).fields("id")
        rows = list(commons.query_rows(query))
        check("query", node, rows, array(members(id=STRING)))
        ids[node] = [row["id"] for row in rows]
    by_node = {
        node: [
            {name: value for name, value in record.items() if value is not None}
            for record in commons.export_records(home, each_ids)
        ]
        for node, each_ids in ids.items()
        if each_ids
    }
    return DatasetRecords(dataset_id, by_node)


_NAMED = members(submitter_id=STRING)
_PROGRAMS = optional(array(members(name=STRING)))
_EXPERIMENT_RECORD = members(
    id=STRING, submitter_id=STRING, projects=optional(array(members(code=STRING, programs=_PROGRAMS)))
)


def _experiment(
    commons: Gen3, dataset_id: str, program: str | None, project: str | None
) -> tuple[Mapping[str, Any], Project]:
    """The experiment, and the project that it is in."""
    chosen = f"submitter_id: {literal(dataset_id)}, first: 0"
    data = commons.query(
        f"{{ experiment({chosen}) {{ id submitter_id project_id projects {{ code programs {{ name }} }} }} }}"
    )
    experiments = [
        (record, home)
        for record in items_at(data, EXPERIMENT, "query", _EXPERIMENT_RECORD)
        for home in _homes(record)
        if program in (None, home.program) and project in (None, home.code)
    ]
    if len(experiments) == 1:
        return experiments[0]
    if experiments:
        homes = ", ".join(home.id for _, home in experiments)
        raise Gen3UserError(
            f"There are several data sets {dataset_id!r} in {commons.base_url}: in {homes}",
            remedy="Choose one with gen3_program and gen3_project in the settings.",
        )
    every = items_at(commons.query("{ experiment(first: 1000) { submitter_id } }"), EXPERIMENT, "query", _NAMED)
    ids: list[str] = [record["submitter_id"] for record in every]
    where = f"{commons.base_url}" + (f", in {program or '*'}-{project or '*'}" if program or project else "")
    raise UnknownDataset(
        f"There is no data set {dataset_id!r} in {where}, or this login may not see it",
        remedy=choice(dataset_id, ids),
    )


def _homes(experiment: Mapping[str, Any]) -> Iterator[Project]:
    for project in experiment.get("projects") or ():
        for program in project.get("programs") or ():
            yield Project(program["name"], project["code"])


def write_metadata(
    records: DatasetRecords, version: Version | None, folder: Path, copied_names: Collection[str]
) -> list[MetadataFile]:
    """Write a data set's records beside its files: tables of the structure, and the experiment as JSON.

    Records that no table can hold are written as JSON instead. A file from the store is never replaced: the commons'
    records are then written as JSON beside it, or left out with a warning if the store has that file, too.

    Args:
        records: The records.
        version: The version of the structure, which has the headers; by default the one that the records state.
        folder: The data set's folder.
        copied_names: The names of the store's files.

    Returns:
        The files.
    """
    version = version or recorded_version(records.by_node.get(DATASET_DESCRIPTION, ()))
    files: list[MetadataFile] = []
    taken = {name.casefold() for name in copied_names}  # on some disks names that differ in case are one file

    def write_as_json(stem: str, count: int, value: Any) -> None:
        name = f"{stem}.json"
        if name in taken:
            _log.warning("%s is the store's file; the commons' records of it are left out", name)
        else:
            files.append(_file(folder / name, count, partial(_write_json, value)))

    for experiment in records.by_node.get(EXPERIMENT, [])[:1]:
        write_as_json(EXPERIMENT, 1, experiment)
    for kind in layout().kinds:
        records_of_kind = records.by_node.get(kind.node)
        if not records_of_kind:
            continue
        sheet = folder / f"{kind.stem}.xlsx"
        if sheet.name not in taken:
            file = _file(sheet, len(records_of_kind), partial(_write_sheet, kind, records, version))
            if not isinstance(file.error, SdsError | MissingExtra):
                files.append(file)
                continue
            _log.warning("%s cannot be written (%s); its records are written as JSON", sheet.name, file.error.message)
        write_as_json(kind.stem, len(records_of_kind), records_of_kind)
    return files


def _file(path: Path, count: int, write: Callable[[Path], None]) -> MetadataFile:
    try:
        write(path)
        return MetadataFile(path.name, count, path.stat().st_size)
    except OSError as error:
        return MetadataFile(path.name, count, error=write_error(error, str(path), path.name))
    except OmicsError as error:
        return MetadataFile(path.name, count, error=error)


def _write_json(value: Any, path: Path) -> None:
    with in_place_of(path) as file:
        file.write(f"{written(value, indent=4, ensure_ascii=False)}\n".encode("utf-8", "backslashreplace"))


def _write_sheet(kind: TableKind, records: DatasetRecords, version: Version, path: Path) -> None:
    # The writer recognizes samples as a data set's by their subjects: it gets them, too.
    subjects = records.by_node.get(CASE, []) if kind.node != CASE else []
    chosen = [*records.by_node[kind.node], *subjects]
    write_data_set(chosen, path.parent, version, records.id, overwrite=True, only=kind)
