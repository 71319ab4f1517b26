"""Submissions and deletions of records: what would become of them, and what is wrong with them."""

import json
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from omicsdk.sandbox.gen3.records.dictionary import OWN_KEYS, PROGRAM, PROJECT, Fault, Link, Node, fault
from omicsdk.sandbox.gen3.records.store import Key, Record, Store, entity_of, key_of, project_uuid, response_of
from omicsdk.sandbox.gen3.service import as_list

_Links = dict[str, list[str]]


def _each(values: object) -> list[Mapping[str, Any]]:
    return [item for item in as_list(values) if isinstance(item, dict) and item]


def _group_faults(node: Node, links: _Links) -> Iterator[Fault]:
    for group in node.groups:
        present = [name for name in group.links if name in links]
        if group.required and not present:
            detail = f"Entity is missing a required link to {' or '.join(group.links)}"
            yield fault("INVALID_LINK", detail, *group.links)
        if group.exclusive and len(present) > 1:
            detail = f"Links to {' and '.join(present)} are exclusive. More than one was provided"
            yield fault("INVALID_LINK", detail, *present)


# The mode of a submission: create new records only, or create and change.
CREATE, UPDATE = "create", "update"
# The end of the GUIDs that the index takes.
_GUID = re.compile(r"[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}$")
_NOT_STORED = frozenset(
    {"id", "type", "project_id", "submitter_id", "state", "created_datetime", "updated_datetime", "urls"}
)


@dataclass(slots=True)
class Entity:
    """One record of a submission.

    Attributes:
        document: The sent document.
        node: Its node type; None when it is unknown.
        action: create or update; None when it did not come so far.
        id: Its id; None when it did not come so far.
        faults: Its faults.
        old: The stored record that it changes.
        record: The record to store.
    """

    document: Mapping[str, Any]
    node: Node | None = None
    action: str | None = None
    id: str | None = None
    faults: list[Fault] = field(default_factory=list[Fault])
    old: Record | None = None
    record: Record | None = None

    def text(self, name: str) -> str | None:
        """A property of what was sent, None when it is not a text."""
        value = self.document.get(name)
        return value if isinstance(value, str) else None

    @property
    def name(self) -> str:
        """Its submitter_id."""
        return self.text("submitter_id") or ""


class Submission:
    """One submission to a project.

    Args:
        records: The stored records.
        program: The program's name.
        project: The project's code.
        role: CREATE or UPDATE.
        documents: The records as they were sent.

    Attributes:
        project_id: The project, as PROGRAM-PROJECT.
        entities: The records that were sent, in their order.
        refusals: Faults of the whole submission.
    """

    def __init__(self, records: Store, program: str, project: str, role: str, documents: Iterable[object]) -> None:
        self._records = records
        self._graph = records.graph
        self._role = role
        self.project = project
        self.project_id = f"{program}-{project}"
        self.entities: list[Entity] = []
        self.refusals: list[Fault | str] = []
        for document in documents:
            self._read(document)
        if not self.entities:
            self.refusals.append("Nothing to submit")
        valid = [(entity, entity.node) for entity in self.entities if entity.node is not None and not entity.faults]
        if any("\0" in str(value) for entity, _ in valid for value in entity.document.values()):
            self.refusals.append("Internal server error. Sorry, something unexpected went wrong!")  # of PostgreSQL
            valid = []
        placed = [(entity, node, self._place(entity, node)) for entity, node in valid]
        self._sent: dict[Key, str] = {}
        self._sent_types: dict[str, str] = {}
        self._taken: dict[tuple[str, str, str], str] = {}
        for entity, node, entity_id in placed:
            # Before any of them is linked: a record may link to a later one of the same submission.
            self._send(entity, node, entity_id)
        for entity, node, entity_id in placed:
            self._link(entity, node, entity_id)

    # -- requests

    def _read(self, document: object) -> None:
        if not isinstance(document, dict):
            detail = fault("INVALID_VALUE", f"Entity document must be an object, not a {type(document).__name__}")
            missing = fault("MISSING_PROPERTY", "'type' is a required property", "type")
            self.entities.append(Entity({}, faults=[detail, missing]))
            return
        sent = cast("Mapping[str, Any]", document)
        node_type = sent.get("type")
        node = self._records.dictionary.nodes.get(node_type) if isinstance(node_type, str) else None
        if node is None:
            details = f'Node type "{node_type}" not found in dictionary'
            self.refusals.append({"message": f"Unable to parse entity. Details: [400] - {details}"})
            return
        if node.is_file and (urls := sent.get("urls")) and not isinstance(urls, str):
            details = f"'{type(urls).__name__}' object has no attribute 'strip'"
            self.refusals.append({"message": f"Unable to parse entity. Details: {details}"})
            return
        entity = Entity(sent, node)
        entity.id = entity.text("id")
        self.entities.append(entity)
        if node.name in (PROGRAM, PROJECT) or not node.schema.get("submittable", True):
            detail = f"{node.name} is not an entity that can be upload via the project endpoint."
            entity.faults.append(fault("INVALID_TYPE", detail, "id"))
            return
        entity.faults += node.faults(sent)
        if not entity.faults and not entity.name:
            detail = f"Entity is not unique, multiple entities found with {self._key_text(entity.text('submitter_id'))}"
            entity.faults.append(fault("NOT_UNIQUE", detail))

    def _place(self, entity: Entity, node: Node) -> str:
        """Find the stored record that is meant, refuses what cannot be meant, and return the record's id."""
        own_id = entity.text("id")
        named = self._graph.named(node.name, self.project_id, entity.name)
        identified = None if own_id is None else self._graph.by_id.get(own_id)
        changes = named is not None and self._role == UPDATE and own_id in (None, named.id)
        entity.action = UPDATE if changes else CREATE
        entity_id = entity.id = named.id if named is not None and changes else (own_id or str(uuid.uuid4()))
        if named is not None and not changes:
            key = {"project_id": self.project_id, "submitter_id": entity.name}
            entity.faults.append(fault("ERROR", f"{node.name} with {key} already exists in the DB", *key))
        elif named is None and identified is not None:
            detail = f"The id {own_id} is that of the {identified.type} {identified.name} of {identified.project_id}"
            entity.faults.append(fault("NOT_UNIQUE", detail, "id"))
        object_id = entity.text("object_id") if node.is_file else None
        if object_id is not None and not _GUID.search(object_id):
            detail = f"400 Client Error: {object_id!r} does not match {_GUID.pattern!r}"
            entity.faults.append(fault("ERROR", detail))
        entity.old = named
        stated_project = entity.text("project_id")
        if stated_project is not None and stated_project != self.project_id:
            detail = f"Key 'project_id' is a system property and cannot be updated from '{self.project_id}' to '{stated_project}'"
            entity.faults.append(fault("INVALID_PERMISSIONS", detail, "project_id"))
        return entity_id

    def _send(self, entity: Entity, node: Node, entity_id: str) -> None:
        """Register a sent record by its name; one that was sent twice is refused."""
        key = key_of(node.name, self.project_id, entity.name)
        if key in self._sent or entity_id in self._sent_types:
            detail = f"Entity is not unique, {self._key_text(entity.name)}"
            self.refusals.append({"message": detail, "type": "NOT_UNIQUE"})
        self._sent[key] = entity_id
        self._sent_types[entity_id] = node.name

    def _key_text(self, name: str | None) -> str:
        return f"({(self.project_id, name)!r},)"

    def _link(self, entity: Entity, node: Node, entity_id: str) -> None:
        old = entity.old
        links = self._links(entity, node, entity_id)
        if entity.faults:
            return
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

    # -- the targets of its links, and whether they are allowed

    def _links(self, entity: Entity, node: Node, entity_id: str) -> _Links:
        links: _Links = {}
        faults: list[Fault] = []
        for name, link in node.links.items():
            old_targets = entity.old.links.get(name, ()) if entity.old is not None else ()
            targets, wrong = self._targets(link, entity.document.get(name))
            faults += wrong
            # An update adds to the links that the record has.
            all_targets = list(dict.fromkeys((*old_targets, *targets)))
            faults += self._too_many(node, link, entity_id, all_targets)
            if all_targets:
                links[name] = all_targets
            elif link.required and not wrong:
                faults.append(fault("INVALID_LINK", f"Entity is missing required link to {name}", name))
        entity.faults += faults or _group_faults(node, links)
        return links

    def _targets(self, link: Link, references: object) -> tuple[list[str], list[Fault]]:
        targets: list[str] = []
        faults: list[Fault] = []
        for reference in _each(references):
            by_id, by_name = reference.get("id"), reference.get(link.key)
            target = self._find(link, by_id, by_name)
            if target is None:
                faults.append(self._nowhere(link, by_id, by_name))
            elif link.target == PROJECT and target != project_uuid(self.project):
                code = self._graph.by_id[target].name
                detail = f"Cannot link entity to project {code} under {self.project} endpoint"
                faults.append(fault("INVALID_PERMISSIONS", detail))
            else:
                targets.append(target)
        return targets, faults

    def _find(self, link: Link, by_id: object, by_name: object) -> str | None:
        if isinstance(by_id, str):
            stored = self._graph.by_id.get(by_id)
            if stored is not None:
                near = stored.project_id == self.project_id or link.target == PROJECT
                fits = not isinstance(by_name, str) or stored.key == key_of(link.target, stored.project_id, by_name)
                return by_id if stored.type == link.target and near and fits else None
            return by_id if self._sent_types.get(by_id) == link.target else None
        if not isinstance(by_name, str):
            return None
        if link.target == PROJECT:
            project = self._graph.by_id.get(project_uuid(by_name))
            return None if project is None else project.id
        key = key_of(link.target, self.project_id, by_name)
        stored = self._graph.named(*key)
        return stored.id if stored is not None else self._sent.get(key)

    def _nowhere(self, link: Link, by_id: object, by_name: object) -> Fault:
        key = {link.key: by_name} if link.target == PROJECT else {"project_id": self.project_id, link.key: by_name}
        sought = "" if by_id is None else f"id='{by_id}', "
        return fault(
            "INVALID_LINK", f"No link destination found for {link.name}, {sought}unique_keys='{[key]}'", link.name
        )

    def _too_many(self, node: Node, link: Link, record_id: str, targets: Sequence[str]) -> Iterator[Fault]:
        detail = f"'{link.name}' link has to be {link.multiplicity}"
        if link.to_one and len(targets) > 1:
            yield fault("INVALID_LINK", detail, link.name)
        if link.from_one:
            for target in targets:
                others = (s for s in self._graph.sources(target) if s.type == node.name and s.id != record_id)
                is_linked = any(target in other.links.get(link.name, ()) for other in others)
                # Another record of the same submission may link to it first.
                if is_linked or self._taken.setdefault((node.name, link.name, target), record_id) != record_id:
                    detail = f"{detail}, target node {link.target} already has {link.backref}"
                    yield fault("INVALID_LINK", detail, link.name)

    # -- the result

    @property
    def success(self) -> bool:
        """Whether everything is right."""
        return not self.refusals and not any(entity.faults for entity in self.entities)

    def changed(self) -> list[Record]:
        """The records to store."""
        return [entity.record for entity in self.entities if entity.record is not None]

    def urls(self) -> dict[str, list[str]]:
        """The locations of the records' files by the records' ids, as far as they were stated."""
        url_texts = {entity.id: entity.text("urls") for entity in self.entities}
        return {entity_id: text.split(",") for entity_id, text in url_texts.items() if entity_id is not None and text}

    def complaints(self) -> list[Any]:
        """Everything that is wrong."""
        return [*self.refusals, *(fault for entity in self.entities for fault in entity.faults)]

    def response(self, number: int, code: int, message: str) -> dict[str, Any]:
        """The service's response.

        Args:
            number: The transaction's number.
            code: The status.
            message: The message when everything is valid.
        """
        wrong = sum(bool(entity.faults) for entity in self.entities)
        if wrong:
            message = f"Transaction aborted due to {wrong} invalid {'entity' if wrong == 1 else 'entities'}."
        elif self.refusals:
            message = f"Transaction aborted due to {len(self.refusals)} transactional error(s)."

        actions = [entity.action for entity in self.entities if self.success]
        return response_of(
            number,
            message,
            (self._entry(entity) for entity in self.entities),
            self.refusals,
            code,
            created_entity_count=actions.count(CREATE),
            updated_entity_count=actions.count(UPDATE),
        )

    def _entry(self, entity: Entity) -> dict[str, Any]:
        node_type = None if entity.node is None else entity.node.name
        return entity_of(entity.action, entity.id, node_type, self._unique_keys(entity), entity.faults)

    def _unique_keys(self, entity: Entity) -> list[dict[str, str | None]]:
        if entity.node is None:
            return []
        if key := OWN_KEYS.get(entity.node.name):
            return [{key: entity.text(key)}]
        return [{"project_id": self.project_id, "submitter_id": entity.text("submitter_id")}]


_DEPENDED_ON = (
    "Unable to delete entity because at least 1 other(s) directly or indirectly depend on it. You can only delete"
    " this entity by deleting its dependents prior to, or during the same transaction as this one."
)


class Deletion:
    """One deletion of records of a project.

    Args:
        records: The stored records.
        project_id: The project, as PROGRAM-PROJECT.
        ids: Identifiers of the records to delete.

    Attributes:
        found: The records that exist.
        dependents: Ids of records that prevent it.
    """

    def __init__(self, records: Store, project_id: str, ids: Sequence[str]) -> None:
        graph, unique_ids = records.graph, list(dict.fromkeys(ids))
        deleted = {
            record_id: record
            for record_id in unique_ids
            if (record := graph.by_id.get(record_id)) is not None
            and record.project_id == project_id
            and record.submitter_id is not None
        }
        self.found = list(deleted.values())
        self.missing = [record_id for record_id in unique_ids if record_id not in deleted]
        # One is returned, as by the service: there may be very many.
        sources = {id: next((s for s in graph.sources(id) if s.id not in deleted), None) for id in deleted}
        self._in_the_way = {record_id: source for record_id, source in sources.items() if source is not None}
        self.dependents = list(dict.fromkeys(source.id for source in self._in_the_way.values()))

    @property
    def success(self) -> bool:
        """Whether all targets exist and no record prevents it."""
        return not self.missing and not self.dependents

    def response(self, number: int, message: str) -> dict[str, Any]:
        """The service's response.

        Args:
            number: The transaction's number.
            message: The message when everything is valid.
        """
        detail = [*map(self._entry, self.found), *map(_not_found, self.missing)]
        return response_of(
            number,
            message if self.success else "Deletion transaction failed.",
            detail,
            deleted_entity_count=len(self.found) if self.success else 0,
            dependent_ids=",".join(self.dependents),
        )

    def _entry(self, record: Record) -> dict[str, Any]:
        keys = [{"project_id": record.project_id, "submitter_id": record.name}]
        other = self._in_the_way.get(record.id)
        dependents = [] if other is None else [{"id": other.id, "type": other.type}]
        wrong = {**fault("INVALID_LINK", _DEPENDED_ON), "dependents": dependents}
        return entity_of("delete", record.id, record.type, keys, [wrong] if dependents else [])


def _not_found(record_id: str) -> dict[str, Any]:
    wrong = {"id": record_id, **fault("NOT_FOUND", "Entity not found.", "id")}
    return entity_of("delete", None, None, [], [wrong])


class Records(Store):
    """The records of a commons, and a way to add some without a permission."""

    def seed(self, program: str, project: str, records: Iterable[Mapping[str, Any]] = ()) -> list[str]:
        """Put records into a project without asking any user; program and project are made where they do not exist.

        Args:
            program: The program's name.
            project: The project's code.
            records: The records as they are submitted.

        Returns:
            The ids of the records, in their order.

        Raises:
            ValueError: One of the records is refused; nothing is stored of any.
        """
        with self.writing:
            if self.program(program) is None:
                self.store([self.new_program(program, {"dbgap_accession_number": program})])
            if self.project(program, project) is None:
                self.store([self.new_project(program, project, {"name": project, "dbgap_accession_number": project})])
            submission = Submission(self, program, project, UPDATE, records)
            if records and not submission.success:
                raise ValueError(f"records for {program}-{project} are refused: {json.dumps(submission.complaints())}")
            self.store(submission.changed())
            return [str(entity.id) for entity in submission.entities]
