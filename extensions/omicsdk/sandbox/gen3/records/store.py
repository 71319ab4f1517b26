"""The records of a commons: kept in the sandbox's database, read from memory; and the log of what was submitted."""

import json
import threading
import uuid
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from omicsdk.sandbox.gen3.records.dictionary import OWN_KEYS, PROGRAM, PROJECT, Dictionary, sds_dictionary
from omicsdk.sandbox.state.clock import Clock
from omicsdk.sandbox.state.database import Database, Table

SUCCEEDED, FAILED, PENDING = "SUCCEEDED", "FAILED", "PENDING"


class Document(NamedTuple):
    """A document that a user sent in a transaction.

    Attributes:
        text: Its text.
        format: Its format: json, tsv or csv.
        name: The sender's name for it.
    """

    text: str
    format: str = "json"
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """One entry of the log.

    Attributes:
        id: Its number, from 1.
        type: Its kind: upload, delete, review, open, submit, release.
        role: Required permission: create, update, delete, release.
        state: SUCCEEDED, FAILED or PENDING.
        program: The program.
        project: The project's code.
        submitter: The user.
        is_dry_run: Whether nothing was to be stored.
        created: When it was, in seconds since 1970.
        closed: Whether the dry run was closed.
        committed_by: The transaction that did what the dry run tried.
        sent: Text, format and name of what was sent; None where nothing was.
        response: The response; None where the log has none.
    """

    id: int
    type: str
    role: str
    state: str
    program: str
    project: str
    submitter: str
    is_dry_run: bool
    created: float
    closed: bool = False
    committed_by: int | None = None
    sent: Sequence[Any] | None = None
    response: Mapping[str, Any] | None = None

    @property
    def project_id(self) -> str:
        """The project, as PROGRAM-PROJECT."""
        return f"{self.program}-{self.project}"

    @property
    def document(self) -> Document | None:
        """The documents that were sent."""
        return None if self.sent is None else Document(*self.sent)

    @property
    def entities(self) -> list[dict[str, Any]]:
        """The response for each record."""
        return list((self.response or {}).get("entities", []))


def response_of(
    number: int,
    message: str,
    entities: Iterable[Mapping[str, Any]] = (),
    refusals: Sequence[Any] = (),
    code: int | None = None,
    **counts: int | str,
) -> dict[str, Any]:
    """The response to a transaction.

    Args:
        number: Its number.
        message: Its message.
        entities: The records that it is about, as `entity_of` returns them.
        refusals: Faults of the whole.
        code: The status; by default 200 when nothing is wrong, else 400.
        counts: Further fields, such as created_entity_count.
    """
    all_entities = list(entities)
    wrong = sum(not entity["valid"] for entity in all_entities)
    success = not wrong and not refusals
    return {
        "code": (200 if success else 400) if code is None else code,
        "entities": all_entities,
        "entity_error_count": wrong,
        "message": message,
        "success": success,
        "transaction_id": number,
        "transactional_error_count": len(refusals),
        "transactional_errors": list(refusals),
        **counts,
    }


def entity_of(
    action: str | None, id: str | None, type: str | None, keys: list[Any], errors: Sequence[Any] = ()
) -> dict[str, Any]:
    """The entry of a record in a transaction's response: its result, its name, and its faults."""
    entity = {"action": action, "errors": list(errors), "id": id, "type": type}
    return {**entity, "unique_keys": keys, "valid": not errors, "warnings": []}


# The key that no two records share: type, project, and name there.
Key = tuple[str, str, str]


def key_of(node_type: str, project_id: str, name: str) -> Key:
    """The key of a record; its name is compared without case, as by the service."""
    return node_type, project_id, name if node_type in OWN_KEYS else name.lower()


@dataclass(frozen=True, slots=True)
class Record:
    """One record. A change replaces the record, so readers need no lock.

    Attributes:
        id: Its UUID.
        type: Its node type.
        project_id: Its project, as PROGRAM-PROJECT; empty for what belongs to none.
        name: Its name in its project: the submitter_id; of a program its name, of a project its code.
        properties: Its stated properties, without id, type, project, links and nulls.
        links: The ids of the targets by the links' names.
        created: When it was made, in seconds since 1970.
        updated: When it was changed last.
    """

    id: str
    type: str
    project_id: str
    name: str
    properties: Mapping[str, Any]
    links: Mapping[str, Sequence[str]]
    created: float
    updated: float

    @property
    def key(self) -> Key:
        """The key that no other record has."""
        return key_of(self.type, self.project_id, self.name)

    @property
    def submitter_id(self) -> str | None:
        """Its submitter_id; programs and projects have none."""
        return None if self.type in (PROGRAM, PROJECT) else self.name


_Rows = dict[str, Record]


@dataclass(slots=True)
class Graph:
    """Records and how they hang together.

    Attributes:
        by_id: All records.
    """

    by_id: _Rows = field(default_factory=dict[str, Record])
    _by_key: dict[Key, str] = field(default_factory=dict[Key, str])
    _by_type: dict[str, dict[str, _Rows]] = field(default_factory=dict[str, dict[str, _Rows]])
    _sources: dict[str, dict[str, None]] = field(default_factory=dict[str, dict[str, None]])

    def put(self, record: Record) -> None:
        """Add a record, or put it in the place of the one with its id, which has its name and at most its links."""
        self.by_id[record.id] = record
        self._by_key[record.key] = record.id
        self._by_type.setdefault(record.type, {}).setdefault(record.project_id, {})[record.id] = record
        for targets in record.links.values():
            for target in targets:
                self._sources.setdefault(target, {})[record.id] = None

    def remove(self, record_id: str) -> None:
        """Take a record out."""
        record = self.by_id.pop(record_id)
        self._by_key.pop(record.key, None)  # older releases stored names that differ in case
        del self._by_type[record.type][record.project_id][record_id]
        for targets in record.links.values():
            for target in targets:
                self._sources.get(target, {}).pop(record.id, None)

    def named(self, node_type: str, project_id: str, name: str) -> Record | None:
        """A record by its name; None when there is none."""
        record_id = self._by_key.get(key_of(node_type, project_id, name))
        return None if record_id is None else self.by_id.get(record_id)

    def of_type(self, node_type: str, projects: Iterable[str] | None = None) -> list[Record]:
        """The records of a node type in the order in which they came, project by project.

        Args:
            node_type: The node type.
            projects: Of which projects; None for all.
        """
        stored = self._by_type.get(node_type, {})
        project_ids = list(stored) if projects is None else list(dict.fromkeys(projects))
        return [record for project in project_ids for record in list(stored.get(project, {}).values())]

    def sources(self, target: str) -> list[Record]:
        """The records that link to one."""
        records = (self.by_id.get(source) for source in list(self._sources.get(target, {})))
        return [record for record in records if record is not None]

    def targets(self, record: Record, link: str) -> list[Record]:
        """The records that one links to by a link."""
        targets = (self.by_id.get(target) for target in record.links.get(link, ()))
        return [target for target in targets if target is not None]


# The service makes the ids of programs and projects from their names with these.
_PROGRAMS = uuid.UUID("85b08c6a-56a6-4474-9c30-b65abfd214a8")
_PROJECTS = uuid.UUID("249b4405-2c69-45d9-96bc-7410333d5d80")


def program_id(name: str) -> str:
    """The id of a program."""
    return str(uuid.uuid5(_PROGRAMS, name))


def project_uuid(code: str) -> str:
    """The id of a project."""
    return str(uuid.uuid5(_PROJECTS, code))


def timestamp(seconds: float) -> str:
    """A time as the service writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


class Store:
    """The records of a commons.

    Args:
        database: The sandbox's database.
        clock: The sandbox's time.

    Attributes:
        graph: The records in memory.
        dictionary: The dictionary in force.
        log: The transactions.
        clock: The sandbox's time.
        writing: Held by one writer at a time: what it reads stays true until it has stored what it makes of it.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self.writing = threading.RLock()
        self.clock = clock
        database.define(gen3_dictionary="one INTEGER PRIMARY KEY, document TEXT NOT NULL")
        self._table = Table(database, "gen3_records", Record)
        self.log = Table(database, "gen3_transactions", Transaction)
        self.graph = Graph()
        self.dictionary = sds_dictionary()
        self.reload()

    def reload(self) -> None:
        """Read everything from the database again."""
        with self.writing:
            row = self._database.row("SELECT document FROM gen3_dictionary")
            self.dictionary = sds_dictionary() if row is None else Dictionary(json.loads(row["document"]))
            graph = Graph()
            for record in self._table.all():
                graph.put(record)
            self.graph = graph

    def use_dictionary(self, document: Mapping[str, Any]) -> None:
        """Take another dictionary for the one that exists; all records are dropped.

        Args:
            document: Node types by name, as `_dictionary/_all` of a commons gives them.

        Raises:
            ValueError: It is not a dictionary: see `Dictionary`.
        """
        dictionary = Dictionary(document)
        with self.writing:
            with self._database.transaction():
                self._table.remove()
                self._database.execute("REPLACE INTO gen3_dictionary VALUES (1, ?)", (json.dumps(dictionary.document),))
            self.dictionary = dictionary
            self.graph = Graph()

    # -- writing

    @contextmanager
    def together(self) -> Generator[None]:
        """Store everything that the block stores, in other parts of the commons too, or nothing."""
        with self.writing:
            try:
                with self._database.transaction():
                    yield
            except BaseException:
                self.reload()
                raise

    def store(self, changed: Iterable[Record] = (), removed: Sequence[str] = ()) -> None:
        """Store records, all or none.

        Args:
            changed: New records, and changed ones in the place of those with their ids.
            removed: Ids of records to take out.
        """
        records = list(changed)
        with self.writing:
            with self._database.transaction():
                for record_id in removed:
                    self._table.remove(id=record_id)
                present = self.graph.by_id
                # Changed rows are updated: replaced ones would move to the end.
                for record in (candidate for candidate in records if candidate.id in present):
                    values = {name: getattr(record, name) for name in ("name", "properties", "links", "updated")}
                    self._table.change(record.id, **values)
                self._table.put_all(candidate for candidate in records if candidate.id not in present)
            for record_id in removed:
                self.graph.remove(record_id)
            for record in records:
                self.graph.put(record)

    # -- reading

    def program(self, name: str) -> Record | None:
        """A program; None when there is none of that name."""
        return self.graph.named(PROGRAM, "", name)

    def project(self, program: str, code: str) -> Record | None:
        """A project; None when the program has none of that code."""
        return self.graph.named(PROJECT, f"{program}-{code}", code)

    def projects(self, program: str | None = None) -> list[Record]:
        """The projects of a program, or all."""
        projects = self.graph.of_type(PROJECT)
        if program is None:
            return projects
        return [project for project in projects if project.project_id == f"{program}-{project.name}"]

    def place(self, project_id: str) -> tuple[str, str]:
        """Program and code of a project, which may both have hyphens.

        Args:
            project_id: The project, as PROGRAM-PROJECT.
        """
        for project in self.graph.of_type(PROJECT, (project_id,)):
            return project_id.removesuffix(f"-{project.name}"), project.name
        program, _, code = project_id.partition("-")
        return program, code

    def listed(self, node_type: str, project_id: str | None = None) -> list[dict[str, Any]]:
        """Record as plain values.

        Args:
            node_type: Of which node type.
            project_id: Of which project, as PROGRAM-PROJECT; None for all.

        Returns:
            For each its properties, nulls where there are none, with `id`, `type`, `project_id`, `submitter_id`, and its
            links as lists of `node_id` and `submitter_id` (or `code`, `name`).
        """
        records = self.graph.of_type(node_type, None if project_id is None else (project_id,))
        return [{**self.properties(record), **self.links(record)} for record in records]

    def properties(self, record: Record) -> dict[str, Any]:
        """All properties of a record, nulls where there are none."""
        node = self.dictionary.nodes[record.type]
        return {name: self.value(record, name) for name in node.stored}

    def value(self, record: Record, name: str) -> Any:
        """One property of a record, None where there is none."""
        match name:
            case "id":
                return record.id
            case "type":
                return record.type
            case "submitter_id":
                return record.submitter_id
            case "project_id":
                return record.project_id or None
            case "created_datetime":
                return timestamp(record.created)
            case "updated_datetime":
                return timestamp(record.updated)
            case _:
                return record.properties.get(name)

    def links(self, record: Record, *, ids: bool = True) -> dict[str, list[dict[str, Any]]]:
        """The links of a record by name, without those that point to nothing.

        Args:
            record: The record.
            ids: Whether the targets' ids are in it.
        """
        link_values: dict[str, list[dict[str, Any]]] = {}
        for name, link in self.dictionary.nodes[record.type].links.items():
            targets = self.graph.targets(record, name)
            if targets:
                link_values[name] = [{**({"node_id": to.id} if ids else {}), link.key: to.name} for to in targets]
        return link_values

    def new_program(self, name: str, properties: Mapping[str, Any]) -> Record:
        """A program as it is stored, in the place of the one of its name."""
        return self._own(program_id(name), (PROGRAM, "", name), properties, {})

    def new_project(self, program: str, code: str, properties: Mapping[str, Any]) -> Record:
        """A project as it is stored, in the place of the one of its code."""
        project_links = self.dictionary.nodes[PROJECT].links.items()
        links = {name: [program_id(program)] for name, link in project_links if link.target == PROGRAM}
        return self._own(project_uuid(code), (PROJECT, f"{program}-{code}", code), properties, links)

    def _own(
        self, record_id: str, key: Key, properties: Mapping[str, Any], links: Mapping[str, Sequence[str]]
    ) -> Record:
        now, (node_type, _, name) = self.clock.now(), key
        old = self.graph.by_id.get(record_id)
        merged = {**(self.dictionary.nodes[node_type].defaults if old is None else old.properties), **properties}
        merged = {key: value for key, value in {**merged, OWN_KEYS[node_type]: name}.items() if value is not None}
        return Record(record_id, *key, merged, links, now if old is None else old.created, now)
