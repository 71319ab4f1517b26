"""The records of a commons: kept in the sandbox's database, read from memory."""

import json
import threading
import uuid
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from omicsdk.sandbox.gen3.records.dictionary import OWN_KEYS, PROGRAM, PROJECT, Dictionary, sds_dictionary
from omicsdk.sandbox.gen3.records.graph import Graph, Record
from omicsdk.sandbox.gen3.records.transactions import TransactionLog
from omicsdk.sandbox.gen3.records.validation import NodeValidator
from omicsdk.sandbox.state.clock import Clock
from omicsdk.sandbox.state.database import Database

# The service makes the ids of programs and projects from their names with these.
_PROGRAMS = uuid.UUID("85b08c6a-56a6-4474-9c30-b65abfd214a8")
_PROJECTS = uuid.UUID("249b4405-2c69-45d9-96bc-7410333d5d80")


def program_id(name: str) -> str:
    """The id of a program."""
    return str(uuid.uuid5(_PROGRAMS, name))


def project_uuid(code: str) -> str:
    """The id of a project."""
    return str(uuid.uuid5(_PROJECTS, code))


def moment(seconds: float) -> str:
    """A time as the service writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds")


class Store:
    """The records of a commons.

    Args:
        database: Where they are kept.
        clock: The sandbox's time.

    Attributes:
        graph: The records in memory.
        dictionary: The dictionary in force.
        log: The transactions.
        clock: The sandbox's time.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._writing = threading.RLock()
        self.clock = clock
        database.define(
            gen3_records="number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL,"
            " project_id TEXT NOT NULL, name TEXT NOT NULL, properties TEXT NOT NULL, links TEXT NOT NULL,"
            " created REAL NOT NULL, updated REAL NOT NULL",
            gen3_dictionary="one INTEGER PRIMARY KEY, document TEXT NOT NULL",
        )
        self.log = TransactionLog(database)
        self.graph = Graph()
        self.dictionary = sds_dictionary()
        self.reload()

    def reload(self) -> None:
        """Reads everything from the database again."""
        with self._writing:
            row = self._database.row("SELECT document FROM gen3_dictionary")
            self._use(sds_dictionary() if row is None else Dictionary(json.loads(row["document"])))
            graph = Graph()
            for each in self._database.rows("SELECT * FROM gen3_records ORDER BY number"):
                graph.put(_record(each))
            self.graph = graph

    def _use(self, dictionary: Dictionary) -> None:
        self.dictionary = dictionary
        self._validators: dict[str, NodeValidator] = {}

    def use_dictionary(self, document: Mapping[str, Any]) -> None:
        """Takes another dictionary for the one that is there; all records are dropped.

        Args:
            document: Node types by name, as `_dictionary/_all` of a commons gives them.

        Raises:
            ValueError: It isn't a dictionary: see `Dictionary`.
        """
        dictionary = Dictionary(document)
        with self._writing:
            with self._database.transaction():
                self._database.execute("DELETE FROM gen3_records")
                self._database.execute("DELETE FROM gen3_dictionary")
                self._database.execute("INSERT INTO gen3_dictionary VALUES (1, ?)", (json.dumps(dictionary.document),))
            self._use(dictionary)
            self.graph = Graph()

    def validator(self, node_type: str) -> NodeValidator:
        """What checks records of a node type."""
        found = self._validators.get(node_type)
        if found is None:
            found = self._validators[node_type] = NodeValidator(self.dictionary.nodes[node_type])
        return found

    # -- writing

    @contextmanager
    def writing(self) -> Generator[None]:
        """One writer at a time: what it reads stays true until it has stored what it makes of it."""
        with self._writing:
            yield

    @contextmanager
    def together(self) -> Generator[None]:
        """What is stored in the block takes effect with what other parts of the commons store there, or nothing does."""
        with self._writing:
            try:
                with self._database.transaction():
                    yield
            except BaseException:
                self.reload()
                raise

    def store(self, changed: Iterable[Record] = (), removed: Sequence[str] = ()) -> None:
        """Stores records, all or none.

        Args:
            changed: New records, and changed ones in the place of those with their ids.
            removed: Ids of records to take out.
        """
        kept = list(changed)
        with self._writing:
            with self._database.transaction():
                self._database.execute_many("DELETE FROM gen3_records WHERE id = ?", ((each,) for each in removed))
                self._database.execute_many(
                    "INSERT INTO gen3_records (id, type, project_id, name, properties, links, created, updated)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
                    " properties = excluded.properties, links = excluded.links, updated = excluded.updated",
                    (_row(record) for record in kept),
                )
            for each in removed:
                self.graph.remove(each)
            for record in kept:
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
        found = self.graph.of_type(PROJECT)
        if program is None:
            return found
        return [each for each in found if each.project_id == f"{program}-{each.name}"]

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
        """Records as plain values.

        Args:
            node_type: Of which node type.
            project_id: Of which project, as PROGRAM-PROJECT; None for all.

        Returns:
            For each its properties, nulls where there are none, with `id`, `type`, `project_id`, `submitter_id`, and its
            links as lists of `node_id` and `submitter_id` (or `code`, `name`).
        """
        found = self.graph.of_type(node_type, None if project_id is None else (project_id,))
        return [{**self.properties(record), **self.links(record)} for record in found]

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
                return moment(record.created)
            case "updated_datetime":
                return moment(record.updated)
            case _:
                return record.properties.get(name)

    def links(self, record: Record, *, ids: bool = True) -> dict[str, list[dict[str, Any]]]:
        """The links of a record by name; those that lead nowhere aren't in it.

        Args:
            record: The record.
            ids: Whether the targets' ids are in it.
        """
        found: dict[str, list[dict[str, Any]]] = {}
        for name, link in self.dictionary.nodes[record.type].links.items():
            targets = self.graph.targets(record, name)
            if targets:
                found[name] = [{**({"node_id": each.id} if ids else {}), link.key: each.name} for each in targets]
        return found

    def new_program(self, name: str, properties: Mapping[str, Any]) -> Record:
        """A program as it is stored, in the place of the one of its name."""
        return self._own(PROGRAM, program_id(name), "", name, properties, {})

    def new_project(self, program: str, code: str, properties: Mapping[str, Any]) -> Record:
        """A project as it is stored, in the place of the one of its code."""
        links = {name: (program_id(program),) for name, link in self._project_links() if link == PROGRAM}
        return self._own(PROJECT, project_uuid(code), f"{program}-{code}", code, properties, links)

    def _project_links(self) -> list[tuple[str, str]]:
        return [(name, link.target) for name, link in self.dictionary.nodes[PROJECT].links.items()]

    def _own(
        self,
        node_type: str,
        record_id: str,
        project_id: str,
        name: str,
        properties: Mapping[str, Any],
        links: Mapping[str, tuple[str, ...]],
    ) -> Record:
        now = self.clock.now()
        old = self.graph.by_id.get(record_id)
        node = self.dictionary.nodes[node_type]
        kept = {**(node.defaults if old is None else old.properties), **properties, OWN_KEYS[node_type]: name}
        kept = {each: value for each, value in kept.items() if value is not None}
        return Record(record_id, node_type, project_id, name, kept, links, now if old is None else old.created, now)


def _row(record: Record) -> tuple[object, ...]:
    return (
        record.id,
        record.type,
        record.project_id,
        record.name,
        json.dumps(record.properties),
        json.dumps(record.links),
        record.created,
        record.updated,
    )


def _record(row: Any) -> Record:
    links = {name: tuple(targets) for name, targets in json.loads(row["links"]).items()}
    properties = json.loads(row["properties"])
    return Record(
        row["id"], row["type"], row["project_id"], row["name"], properties, links, row["created"], row["updated"]
    )
