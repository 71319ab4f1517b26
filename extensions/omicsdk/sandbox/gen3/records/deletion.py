"""What a deletion would take out, and what is in its way."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from omicsdk.sandbox.gen3.records.graph import Record
from omicsdk.sandbox.gen3.records.store import Store

_DEPENDED_ON = (
    "Unable to delete entity because at least 1 other(s) directly or indirectly depend on it. You can only delete"
    " this entity by deleting its dependents prior to, or during the same transaction as this one."
)


class Deletion:
    """One deletion of records of a project.

    Args:
        records: What is stored.
        project_id: The project, as PROGRAM-PROJECT.
        ids: What is to be deleted.

    Attributes:
        found: The records that are there, those that depend on others first.
        dependents: The ids of records that are in the way.
    """

    def __init__(self, records: Store, project_id: str, ids: Sequence[str]) -> None:
        self._graph = records.graph
        wanted = list(dict.fromkeys(ids))
        there = {
            each: record
            for each in wanted
            if (record := self._graph.by_id.get(each)) is not None
            and record.project_id == project_id
            and record.submitter_id is not None
        }
        self.missing = [each for each in wanted if each not in there]
        self._in_the_way = {each: self._sources_outside(each, there) for each in there}
        self.found = self._children_first(there)
        self.dependents = list(dict.fromkeys(each.id for every in self._in_the_way.values() for each in every))

    def _sources_outside(self, record_id: str, going: Mapping[str, Record]) -> list[Record]:
        # One is told, as by the service: there may be very many.
        return list(islice((each for each in self._graph.sources(record_id) if each.id not in going), 1))

    def _children_first(self, there: Mapping[str, Record]) -> list[Record]:
        ordered: dict[str, Record] = {}
        entered: set[str] = set()
        for first in there.values():
            waiting = [first]
            while waiting:
                record = waiting[-1]
                if record.id in entered:
                    ordered.setdefault(record.id, waiting.pop())
                    continue
                entered.add(record.id)
                waiting += [
                    each for each in self._graph.sources(record.id) if each.id in there and each.id not in entered
                ]
        return list(ordered.values())

    @property
    def success(self) -> bool:
        """Whether everything is there and nothing is in the way."""
        return not self.missing and not self.dependents

    def answer(self, number: int, message: str) -> dict[str, Any]:
        """What the service answers.

        Args:
            number: The transaction's number.
            message: What is said when everything is right.
        """
        entities = [*(self._told(record) for record in self.found), *(_not_found(each) for each in self.missing)]
        return {
            "code": 200 if self.success else 400,
            "deleted_entity_count": len(self.found) if self.success else 0,
            "dependent_ids": ",".join(self.dependents),
            "entities": entities,
            "entity_error_count": sum(not each["valid"] for each in entities),
            "message": message if self.success else "Deletion transaction failed.",
            "success": self.success,
            "transaction_id": number,
            "transactional_error_count": 0,
            "transactional_errors": [],
        }

    def _told(self, record: Record) -> dict[str, Any]:
        outside = self._in_the_way[record.id]
        dependents = [{"id": each.id, "type": each.type} for each in outside]
        wrong = {"dependents": dependents, "keys": [], "message": _DEPENDED_ON, "type": "INVALID_LINK"}
        return {
            "action": "delete",
            "errors": [wrong] if outside else [],
            "id": record.id,
            "type": record.type,
            "unique_keys": [{"project_id": record.project_id, "submitter_id": record.name}],
            "valid": not outside,
            "warnings": [],
        }


def _not_found(record_id: str) -> dict[str, Any]:
    wrong = {"id": record_id, "keys": ["id"], "message": "Entity not found.", "type": "NOT_FOUND"}
    return {
        "action": "delete",
        "errors": [wrong],
        "id": None,
        "type": None,
        "unique_keys": [],
        "valid": False,
        "warnings": [],
    }
