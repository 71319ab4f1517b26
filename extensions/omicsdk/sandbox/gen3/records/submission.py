"""What a submission would change: each record held against the dictionary, the project and the others sent with it.

Nothing is stored here, so that trying and doing are the same.
"""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from omicsdk.sandbox.gen3.records.dictionary import PROGRAM, PROJECT, Node
from omicsdk.sandbox.gen3.records.graph import Key, Record
from omicsdk.sandbox.gen3.records.linking import Linking
from omicsdk.sandbox.gen3.records.store import Store
from omicsdk.sandbox.gen3.records.validation import Fault, fault

CREATE, UPDATE = "create", "update"
"""What a submission may do: create new records only, or create and change."""
_NOT_STORED = frozenset(
    {"id", "type", "project_id", "submitter_id", "state", "created_datetime", "updated_datetime", "urls"}
)


@dataclass(slots=True)
class Entity:
    """One record of a submission.

    Attributes:
        document: What was sent.
        node: Its node type; None when that can't be told.
        action: create or update; None when it didn't come so far.
        id: Its id; None when it didn't come so far.
        faults: What is wrong with it.
        old: The stored record that it changes.
        record: What would be stored.
    """

    document: Mapping[str, Any]
    node: Node | None = None
    action: str | None = None
    id: str | None = None
    faults: list[Fault] = field(default_factory=list[Fault])
    old: Record | None = None
    record: Record | None = None

    def text(self, name: str) -> str | None:
        """A property of what was sent, None when it isn't a text."""
        value = self.document.get(name)
        return value if isinstance(value, str) else None

    @property
    def name(self) -> str:
        """Its submitter_id."""
        return self.text("submitter_id") or ""


class Submission:
    """One submission to a project.

    Args:
        records: What is stored.
        program: The program's name.
        project: The project's code.
        role: CREATE or UPDATE.

    Attributes:
        project_id: The project, as PROGRAM-PROJECT.
        entities: The records that were sent, in their order.
        refusals: What is wrong with the submission as a whole.
    """

    def __init__(self, records: Store, program: str, project: str, role: str) -> None:
        self._records = records
        self._role = role
        self.program = program
        self.project = project
        self.project_id = f"{program}-{project}"
        self.entities: list[Entity] = []
        self.refusals: list[Fault | str] = []

    def add(self, documents: Sequence[object]) -> None:
        """Adds all that was sent and finds out what would become of it.

        Args:
            documents: The records as they were sent.
        """
        for document in documents:
            self._read(document)
        if not self.entities:
            self.refusals.append("Nothing to submit")
        valid = [entity for entity in self.entities if not entity.faults]
        for entity in valid:
            self._place(entity)
        sent = self._sent(valid)
        linking = Linking(self._records, self.project_id, self.project, sent)
        for entity in valid:
            if entity.node is not None and entity.id is not None:
                self._link(entity, entity.node, entity.id, linking)

    # -- what was sent

    def _read(self, document: object) -> None:
        if not isinstance(document, dict):
            told = fault("INVALID_VALUE", f"Entity document must be an object, not a {type(document).__name__}")
            missing = fault("MISSING_PROPERTY", "'type' is a required property", "type")
            self.entities.append(Entity({}, faults=[told, missing]))
            return
        sent = cast("Mapping[str, Any]", document)
        node_type = sent.get("type")
        node = self._records.dictionary.nodes.get(node_type) if isinstance(node_type, str) else None
        if node is None:
            details = f'Node type "{node_type}" not found in dictionary'
            self.refusals.append({"message": f"Unable to parse entity. Details: [400] - {details}"})
            return
        entity = Entity(sent, node)
        entity.id = entity.text("id")
        self.entities.append(entity)
        if node.name in (PROGRAM, PROJECT) or not node.schema.get("submittable", True):
            told = f"{node.name} is not an entity that can be upload via the project endpoint."
            entity.faults.append(fault("INVALID_TYPE", told, "id"))
            return
        entity.faults += self._records.validator(node.name).faults(sent)
        if not entity.faults and sent.get("submitter_id") is None:
            told = f"Entity is not unique, multiple entities found with {self._key_text(None)}"
            entity.faults.append(fault("NOT_UNIQUE", told))

    def _place(self, entity: Entity) -> None:
        """Finds the stored record that is meant, and refuses what can't be meant."""
        assert entity.node is not None
        own_id, node = entity.text("id"), entity.node
        found = self._records.graph.named(node.name, self.project_id, entity.name)
        taken = None if own_id is None else self._records.graph.by_id.get(own_id)
        entity.action = UPDATE if found is not None and self._role == UPDATE else CREATE
        entity.id = found.id if found is not None and entity.action == UPDATE else (own_id or str(uuid.uuid4()))
        if found is not None and (self._role == CREATE or own_id not in (None, found.id)):
            entity.action, entity.id = CREATE, own_id or entity.id
            key = {"project_id": self.project_id, "submitter_id": entity.name}
            told = f"{node.name} with {key} already exists in the DB"
            entity.faults.append(fault("ERROR", told, *key))
        elif found is None and taken is not None:
            told = f"The id {own_id} is that of the {taken.type} {taken.name} of {taken.project_id}"
            entity.faults.append(fault("NOT_UNIQUE", told, "id"))
        entity.old = found
        said = entity.text("project_id")
        if said is not None and said != self.project_id:
            told = f"Key 'project_id' is a system property and cannot be updated from '{self.project_id}' to '{said}'"
            entity.faults.append(fault("INVALID_PERMISSIONS", told, "project_id"))

    def _sent(self, entities: Sequence[Entity]) -> dict[Key, str]:
        """The ids of what was sent by what it is called; what was sent twice is refused."""
        sent: dict[Key, str] = {}
        ids: set[str] = set()
        for entity in entities:
            assert entity.node is not None
            assert entity.id is not None
            key = (entity.node.name, self.project_id, entity.name)
            if key in sent or entity.id in ids:
                told = f"Entity is not unique, {self._key_text(entity.name)}"
                self.refusals.append({"message": told, "type": "NOT_UNIQUE"})
            sent[key] = entity.id
            ids.add(entity.id)
        return sent

    def _key_text(self, name: str | None) -> str:
        return f"({(self.project_id, name)!r},)"

    def _link(self, entity: Entity, node: Node, entity_id: str, linking: Linking) -> None:
        links, faults = linking.links(node, entity_id, entity.document, entity.old)
        entity.faults += faults
        if entity.faults:
            return
        old = entity.old
        changes = {
            name: value for name, value in entity.document.items() if name not in _NOT_STORED and name not in node.links
        }
        merged = {**(node.defaults if old is None else old.properties), **changes}
        now = self._records.clock.now()
        entity.record = Record(
            entity_id,
            node.name,
            self.project_id,
            entity.name,
            {name: value for name, value in merged.items() if value is not None},
            links,
            now if old is None else old.created,
            now,
        )

    # -- what becomes of it

    @property
    def success(self) -> bool:
        """Whether everything is right."""
        return not self.refusals and not any(entity.faults for entity in self.entities)

    def changed(self) -> list[Record]:
        """What would be stored."""
        return [entity.record for entity in self.entities if entity.record is not None]

    def urls(self) -> dict[str, list[str]]:
        """Where the files of records are, by the records' ids, as far as it was said."""
        stated = {entity.id: entity.text("urls") for entity in self.entities}
        return {each: text.split(",") for each, text in stated.items() if each is not None and text}

    def complaints(self) -> list[Any]:
        """Everything that is wrong."""
        return [*self.refusals, *(each for entity in self.entities for each in entity.faults)]

    def answer(self, number: int, code: int, message: str) -> dict[str, Any]:
        """What the service answers.

        Args:
            number: The transaction's number.
            code: The status.
            message: What is said when everything is right.
        """
        wrong = sum(bool(entity.faults) for entity in self.entities)
        if wrong:
            message = f"Transaction aborted due to {wrong} invalid {'entity' if wrong == 1 else 'entities'}."
        elif self.refusals:
            message = f"Transaction aborted due to {len(self.refusals)} transactional error(s)."

        def counted(action: str) -> int:
            return sum(each.action == action for each in self.entities) if self.success else 0

        return {
            "code": code,
            "created_entity_count": counted(CREATE),
            "entities": [*self._told()],
            "entity_error_count": wrong,
            "message": message,
            "success": self.success,
            "transaction_id": number,
            "transactional_error_count": len(self.refusals),
            "transactional_errors": self.refusals,
            "updated_entity_count": counted(UPDATE),
        }

    def _told(self) -> Iterator[dict[str, Any]]:
        for entity in self.entities:
            yield {
                "action": entity.action,
                "errors": entity.faults,
                "id": entity.id,
                "type": None if entity.node is None else entity.node.name,
                "unique_keys": self._unique_keys(entity),
                "valid": not entity.faults,
                "warnings": [],
            }

    def _unique_keys(self, entity: Entity) -> list[dict[str, str | None]]:
        if entity.node is None:
            return []
        if entity.node.name in (PROGRAM, PROJECT):
            key = "name" if entity.node.name == PROGRAM else "code"
            return [{key: entity.text(key)}]
        return [{"project_id": self.project_id, "submitter_id": entity.text("submitter_id")}]
