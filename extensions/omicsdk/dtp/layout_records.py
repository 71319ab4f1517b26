"""The records of a data set in its commons: the experiment, and what is linked to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from omicsdk.dtp.sds.layout import CASE, EXPERIMENT, KINDS
from omicsdk.dtp.storage.datasets import Case, UnknownDataset
from omicsdk.gen3.dictionary import Dictionary
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.names import choice
from omicsdk.gen3.queries.paging import ask, rows
from omicsdk.gen3.queries.query import Query, literal
from omicsdk.gen3.records.exports import export_records
from omicsdk.gen3.records.projects import Project

if TYPE_CHECKING:
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
