"""The records of a data set and where they go in a folder: sheets beside the files, records that have no sheet as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from logging import getLogger
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import MissingExtra, OmicsError
from omicsdk.core.files import put_in_place
from omicsdk.dtp.sds.layout import CASE, DATASET_DESCRIPTION, EXPERIMENT, KINDS, TableKind, Version
from omicsdk.dtp.sds.records import recorded_version, write_data_set
from omicsdk.dtp.sds.sheets import SdsError
from omicsdk.dtp.storage.datasets import Case, UnknownDataset, Written
from omicsdk.gen3.dictionary import Dictionary
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.names import choice
from omicsdk.gen3.queries.paging import ask, rows
from omicsdk.gen3.queries.query import Query, literal
from omicsdk.gen3.records.exports import export_records
from omicsdk.gen3.records.projects import Project

if TYPE_CHECKING:
    from omicsdk.dtp.storage.fetching import Landing
    from omicsdk.gen3.client import Gen3


@dataclass(frozen=True, slots=True)
class DatasetRecords:
    """The records of a data set.

    Attributes:
        id: The data set's name.
        by_node: Records by their nodes, without what they don't have; the experiment is one of them.
    """

    id: str
    by_node: Mapping[str, list[dict[str, Any]]] = field(repr=False)

    @property
    def cases(self) -> tuple[Case, ...]:
        """The data set's subjects, of those with the same study the first."""
        found = dict[str, Case]()
        for each in self.by_node.get(CASE, ()):
            case = Case(str(each.get("subject_id") or each["submitter_id"]), str(each["submitter_id"]))
            found.setdefault(case.study, case)
        return tuple(found.values())

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """All records."""
        for each in self.by_node.values():
            yield from each


def records_of(
    commons: Gen3, dataset_id: str, program: str | None = None, project: str | None = None
) -> DatasetRecords:
    """Gets the records of a data set.

    Args:
        commons: The commons.
        dataset_id: The data set's name: the experiment's submitter_id.
        program: The program that it is in; None where any may be.
        project: The project's code; None where any may be.

    Returns:
        The experiment and the records of the nodes that tables of data sets are of, as far as the commons has such nodes.

    Raises:
        UnknownDataset: The commons has none of that name that this login may see; the nearest is named.
        Gen3UserError: There are several of that name.
        AuthError: The commons doesn't let this login in.
        TransportError: The commons can't be reached.
    """
    found, home = _experiment(commons, dataset_id, program, project)
    dictionary = Dictionary.of(commons)
    nodes = [kind.node for kind in KINDS if kind.node in dictionary]
    ids = {EXPERIMENT: [str(found["id"])]}
    for node in nodes:
        query = Query(node).project(home.id).with_path_to(EXPERIMENT, submitter_id=dataset_id).fields("id")
        ids[node] = [str(each["id"]) for each in rows(commons, query)]
    by_node = {
        node: [_stated(each) for each in export_records(commons, home, each_ids)]
        for node, each_ids in ids.items()
        if each_ids
    }
    return DatasetRecords(dataset_id, by_node)


def _stated(record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if value is not None}


def _experiment(
    commons: Gen3, dataset_id: str, program: str | None, project: str | None
) -> tuple[Mapping[str, Any], Project]:
    """The experiment, and the project that it is in."""
    chosen = f"submitter_id: {literal(dataset_id)}, first: 0"
    data = ask(
        commons, f"{{ experiment({chosen}) {{ id submitter_id project_id projects {{ code programs {{ name }} }} }} }}"
    )
    found = [(each, home) for each in data[EXPERIMENT] for home in _homes(each) if _is_meant(home, program, project)]
    if len(found) == 1:
        return found[0]
    if found:
        homes = ", ".join(home.id for _, home in found)
        raise Gen3UserError(
            f"There are several data sets {dataset_id!r} in {commons.base_url}: in {homes}",
            remedy="Say which one with gen3_program and gen3_project in the settings.",
        )
    known = [each["submitter_id"] for each in ask(commons, "{ experiment(first: 1000) { submitter_id } }")[EXPERIMENT]]
    where = f"{commons.base_url}" + (f", in {program or '*'}-{project or '*'}" if program or project else "")
    raise UnknownDataset(
        f"There is no data set {dataset_id!r} in {where}, or this login may not see it",
        remedy=choice(dataset_id, known),
    )


def _homes(experiment: Mapping[str, Any]) -> Iterator[Project]:
    for project in experiment.get("projects") or ():
        for program in project.get("programs") or ():
            yield Project(str(program["name"]), str(project["code"]))


def _is_meant(home: Project, program: str | None, project: str | None) -> bool:
    return program in (None, home.program) and project in (None, home.code)


_log = getLogger("omicsdk.dtp")


def write_metadata(
    landing: Landing, records: DatasetRecords, version: Version | None, own: Container[str]
) -> Iterator[Written]:
    """Writes a data set's records beside its files: tables of the structure, and the experiment as JSON.

    A table that the structure can't hold is written as JSON in its place. What the store has of the same name is the data
    set's own and isn't replaced: the commons' records are then written as JSON beside it.

    Args:
        landing: The data set's folder.
        records: The records.
        version: The version of the structure, which says what headers are called; by default the one that the records state.
        own: Names of files that the store has.

    Yields:
        What became of each file.
    """
    experiment = records.by_node.get(EXPERIMENT, [])
    if experiment:
        yield _written(landing, f"{EXPERIMENT}.json", partial(_write_json, experiment[0]), 1)
    version = version or recorded_version(records.by_node.get(DATASET_DESCRIPTION.node, ()))
    for kind in KINDS:
        found = records.by_node.get(kind.node)
        if not found:
            continue
        sheet, document = f"{kind.stem}.xlsx", f"{kind.stem}.json"
        told = None
        if sheet not in own:
            told = _written(landing, sheet, partial(_write_sheet, kind, records, version), len(found))
        if told is not None and isinstance(told.error, SdsError | MissingExtra):
            _log.warning("%s can't be written (%s); its records are in %s", sheet, told.error.message, document)
            told = None
        yield told or _written(landing, document, partial(_write_json, found), len(found))


def _written(landing: Landing, name: str, write: Callable[[Path], None], many: int) -> Written:
    try:
        landing.write(name, write)
    except OmicsError as error:
        return Written(name, many, error=error)
    return Written(name, many, (landing.folder / name).stat().st_size)


def _write_json(value: Any, path: Path) -> None:
    path.write_text(json.dumps(value, indent=4, ensure_ascii=False) + "\n", encoding="utf-8")


def _write_sheet(kind: TableKind, records: DatasetRecords, version: Version, path: Path) -> None:
    """Has a table written by the writer of whole data sets, in a folder of its own."""
    with TemporaryDirectory(dir=path.parent) as folder:
        # samples are a data set's by their subjects, which the writer has to see
        cases = records.by_node.get(CASE, []) if kind.node != CASE else []
        write_data_set([*records.by_node[kind.node], *cases], Path(folder), version, records.id)
        put_in_place(Path(folder) / f"{kind.stem}.xlsx", path)
