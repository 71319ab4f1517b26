"""Deletion of records, those that link to others first, with a dry run that reports what would be deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.batches import batches
from omicsdk.core.errors import BadRequest
from omicsdk.core.model import STRING, members
from omicsdk.core.page_items import found_at, items_at
from omicsdk.core.platform import deleting
from omicsdk.core.response import json_of
from omicsdk.core.type_guards import only_objects
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.dictionary import Dictionary
from omicsdk.gen3.errors import Gen3Error, Gen3UserError
from omicsdk.gen3.records.exports import BATCH, count_records, ids_of_node, types_of
from omicsdk.gen3.records.projects import Project, project_of

#: How far dependents of dependents are followed.
DEPTH = 50


@dataclass(slots=True)
class Deletion:
    """The result of a deletion or dry run.

    Attributes:
        counts: How many records of each node, in the order in which they go.
        project: Whether the project itself is deleted, too.
        dry_run: Whether nothing was deleted.
    """

    counts: dict[str, int] = field(default_factory=dict[str, int])
    project: bool = False
    dry_run: bool = False

    @property
    def total(self) -> int:
        """How many records."""
        return sum(self.counts.values())

    def as_dict(self) -> dict[str, Any]:
        """Its attributes for JSON."""
        return {"counts": self.counts, "total": self.total, "project": self.project, "dry_run": self.dry_run}


def check_batch(batch: int) -> None:
    """Check the number of records that are deleted at once.

    Raises:
        Gen3UserError: It is below 1.
    """
    if batch < 1:
        raise Gen3UserError(f"{batch} records cannot be deleted at once", remedy="Use a number from 1.")


@text_is_one_item
def delete_nodes(
    commons: Gen3,
    project: str | tuple[str, str],
    nodes: str | Sequence[str] | None = None,
    *,
    dictionary: Dictionary | None = None,
    dry_run: bool = False,
    batch: int = BATCH,
    on_deleted: Callable[[str, int], None] | None = None,
) -> Deletion:
    """Delete all records of nodes, those that link to others first.

    Args:
        project: The project, PROGRAM-CODE or PROGRAM/CODE.
        nodes: The nodes, in any order; all by default.
        dictionary: The dictionary of the commons; by default it is requested.
        dry_run: Nothing is deleted: it is only counted.
        batch: Records that are deleted at once, from 1.
        on_deleted: Called after each batch with the node and how many of its records are gone.

    Returns:
        What was deleted, or would be.

    Raises:
        Gen3UserError: There is no such project or node.
        BadRequest: Records of nodes that stay link to them; what was deleted before is gone.
        Gen3Error: The commons reports records as deleted that still exist.
    """
    check_batch(batch)
    meant = project_of(project)
    dictionary = dictionary or Dictionary.of(commons)
    counts_before = count_records(commons, meant, nodes, dictionary=dictionary)
    # Counted in the order of submission, so those that link to others are last, and go first.
    plan = {node: counts_before[node] for node in reversed(list(counts_before)) if counts_before[node]}
    if dry_run:
        return Deletion(plan, dry_run=True)
    deletion = Deletion(dict.fromkeys(plan, 0))
    eraser = _Eraser(commons, meant, batch, frozenset(plan))
    for node in plan:
        for ids in batches_of_node(commons, meant, node, batch):
            for kind, count in eraser.delete(dict.fromkeys(ids, node)).items():
                deletion.counts[kind] += count
                if on_deleted is not None:
                    on_deleted(kind, deletion.counts[kind])
    return deletion


@text_is_one_item
def delete_records(
    commons: Gen3,
    project: str | tuple[str, str],
    ids: str | Sequence[str],
    *,
    dictionary: Dictionary | None = None,
    dry_run: bool = False,
    batch: int = BATCH,
) -> Deletion:
    """Delete records, those that link to others first.

    Args:
        project: The project.
        ids: Their ids, in any order.
        dictionary: The dictionary of the commons; by default it is requested.
        dry_run: Nothing is deleted; where they fit into one batch, the commons states whether it would.
        batch: Records that are deleted at once, from 1.

    Returns:
        What was deleted, or would be.

    Raises:
        Gen3UserError: There is no such record, or the dictionary lacks its node; nothing is deleted.
        BadRequest: Other records link to them; what was deleted before is gone.
        Gen3Error: The commons responds that it did not delete them.
    """
    check_batch(batch)
    meant, ids_left = project_of(project), list(dict.fromkeys(ids))
    types = types_of(commons, ids_left)
    missing = [id for id in ids_left if id not in types]
    if missing:
        raise Gen3UserError(
            f"Record {missing[0]}{f' and {len(missing) - 1} more' if missing[1:] else ''} not found",
            remedy="Check the ids; nothing was deleted.",
        )
    dictionary = dictionary or Dictionary.of(commons)
    order = {node: index for index, node in enumerate(reversed(dictionary.order(types.values())))}
    ids_left.sort(key=lambda id: order[types[id]])
    counts = dict(Counter(types[id] for id in ids_left))
    if dry_run:
        # With more requests, a dry run of parents would be refused for children that earlier ones delete.
        if ids_left and len(ids_left) <= batch:
            trying = commons.sheepdog.try_delete_records
            try:
                trying.raw(program=meant.program, project=meant.code, ids=ids_left)
            except BadRequest as error:
                _explain(error)
                raise
        return Deletion(counts, dry_run=True)
    eraser = _Eraser(commons, meant, batch, frozenset(), frozenset(ids_left))
    for some in batches(ids_left, batch):
        eraser.delete({id: types[id] for id in some})
    return Deletion(counts)


def delete_project(
    commons: Gen3,
    project: str | tuple[str, str],
    *,
    dictionary: Dictionary | None = None,
    dry_run: bool = False,
    batch: int = BATCH,
    on_deleted: Callable[[str, int], None] | None = None,
) -> Deletion:
    """Delete a project with all of its records; arguments and errors as those of `delete_nodes`."""
    meant = project_of(project)
    deletion = delete_nodes(commons, meant, dictionary=dictionary, dry_run=dry_run, batch=batch, on_deleted=on_deleted)
    deletion.project = True
    if not dry_run:
        with deleting():
            commons.sheepdog.delete_project(program=meant.program, project=meant.code)
    return deletion


def batches_of_node(commons: Gen3, project: Project, node: str, batch: int = BATCH) -> Iterator[list[str]]:
    """Yield the remaining ids of a node in batches; the caller deletes each batch before the next.

    Args:
        commons: The commons.
        project: The project.
        node: The node.
        batch: Ids in a batch, from 1.

    Raises:
        Gen3Error: The commons reports records as deleted that still exist.
    """
    check_batch(batch)
    before: set[str] = set()
    while ids := ids_of_node(commons, project, node, batch):
        if still := before.intersection(ids):
            raise Gen3Error(
                f"The commons reported {min(still)} of {node} as deleted, but it still exists",
                remedy="Wait a while, then delete the rest.",
            )
        yield ids
        before = set(ids)


class _Eraser:
    """Delete batches of records, with those before them that link to them and are, by node or id, to be deleted as well."""

    def __init__(
        self, commons: Gen3, project: Project, batch: int, nodes: frozenset[str], ids: frozenset[str] = frozenset()
    ) -> None:
        self._commons = commons
        self._project = project
        self._batch = batch
        self._nodes = nodes
        self._ids = ids
        self._deleted_ids: set[str] = set()

    def delete(self, nodes: Mapping[str, str], depth: int = 0) -> Counter[str]:
        """Delete records, of which the nodes are given by their ids, and count what is gone by its node."""
        if depth == 0 and not self._ids:
            self._deleted_ids.clear()  # another call gets no record that is gone
        if not (left := self._left(nodes)):
            return Counter()
        counts = Counter[str]()
        try:
            self._delete(left, counts)
        except BadRequest as error:
            # A commons deletes no record that others link to, and states these.
            dependents = self._dependents(error.body)
            if not dependents or depth >= DEPTH:
                _explain(error)
                raise
            for some in batches(dependents.items(), self._batch):
                counts += self.delete(dict(some), depth + 1)
            self._delete(self._left(left), counts)
        return counts

    def _left(self, nodes: Mapping[str, str]) -> dict[str, str]:
        return {id: node for id, node in nodes.items() if id not in self._deleted_ids}

    def _delete(self, nodes: Mapping[str, str], counts: Counter[str]) -> None:
        if not nodes:
            return
        ids = list(nodes)
        deleting = self._commons.sheepdog.delete_records
        try:
            payload: object = json_of(deleting.raw(program=self._project.program, project=self._project.code, ids=ids))
        except BadRequest as error:
            # A request that is repeated, since its response was lost, does not find what it has deleted.
            if _hindering(error.body) or types_of(self._commons, ids):
                raise
        else:
            if found_at(payload, "success") is False:
                more = f" and {len(ids) - 1} more" if ids[1:] else ""
                reason = found_at(payload, "message") or "it gave no reason"
                raise Gen3Error(f"The commons did not delete {ids[0]}{more}: {reason}", remedy="Check the records.")
            items_at(payload, "entities", "delete_records", members(type=STRING))
        counts.update(nodes.values())
        self._deleted_ids.update(ids)

    def _dependents(self, body: object) -> dict[str, str]:
        """Return what prevents a deletion, if not all of it is deleted as well."""
        hindering = _hindering(body)
        is_complete = all(node in self._nodes or id in self._ids for id, node in hindering.items())
        return self._left(hindering) if is_complete else {}


def _hindering(body: object) -> dict[str, str]:
    """The records that link to those that were to be deleted: their nodes by their ids."""
    entities = only_objects(found_at(body, "entities"))
    errors = (error for entity in entities for error in only_objects(entity.get("errors")))
    dependents = (object_ for error in errors for object_ in only_objects(error.get("dependents")))
    return {str(dependent["id"]): str(dependent.get("type")) for dependent in dependents if "id" in dependent}


def _explain(error: BadRequest) -> None:
    """State which records prevent the deletion."""
    if hindering := _hindering(error.body):
        first, node = next(iter(hindering.items()))
        error.remedy = f"Records link to them, such as {node} {first}: delete those first, or with them."
