"""The records of a commons in memory: by id, by key, by type and project, and along their links."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from omicsdk.sandbox.gen3.records.dictionary import PROGRAM, PROJECT

Key = tuple[str, str, str]
"""What no two records share: type, project, and name there."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record. A changed record is another one in its place, so whoever reads needs no lock.

    Attributes:
        id: Its UUID.
        type: Its node type.
        project_id: Its project, as PROGRAM-PROJECT; empty for what belongs to none.
        name: What it is called in its project: the submitter_id; of a program its name, of a project its code.
        properties: What was said of it, without id, type, project, links and nulls.
        links: The ids of the targets by the links' names.
        created: When it was made, in seconds since 1970.
        updated: When it was changed last.
    """

    id: str
    type: str
    project_id: str
    name: str
    properties: Mapping[str, Any]
    links: Mapping[str, tuple[str, ...]]
    created: float
    updated: float

    @property
    def key(self) -> Key:
        """What no other record has."""
        return self.type, self.project_id, self.name

    @property
    def submitter_id(self) -> str | None:
        """Its submitter_id; programs and projects have none."""
        return None if self.type in (PROGRAM, PROJECT) else self.name


_Rows = dict[str, Record]


def _no_rows() -> _Rows:
    return {}


@dataclass(slots=True)
class Graph:
    """Records and how they hang together.

    Attributes:
        by_id: All records.
    """

    by_id: _Rows = field(default_factory=_no_rows)
    _by_key: dict[Key, str] = field(default_factory=dict[Key, str])
    _by_type: dict[str, dict[str, _Rows]] = field(default_factory=dict[str, dict[str, _Rows]])
    _sources: dict[str, dict[str, None]] = field(default_factory=dict[str, dict[str, None]])

    def put(self, record: Record) -> None:
        """Adds a record, or puts it in the place of the one with its id."""
        old = self.by_id.get(record.id)
        if old is not None and (old.key != record.key or old.links != record.links):
            self._unlink(old)
            self._by_key.pop(old.key, None)
        self.by_id[record.id] = record
        self._by_key[record.key] = record.id
        self._by_type.setdefault(record.type, {}).setdefault(record.project_id, {})[record.id] = record
        for targets in record.links.values():
            for target in targets:
                self._sources.setdefault(target, {})[record.id] = None

    def remove(self, record_id: str) -> None:
        """Takes a record out."""
        record = self.by_id.pop(record_id)
        del self._by_key[record.key]
        del self._by_type[record.type][record.project_id][record_id]
        self._unlink(record)

    def _unlink(self, record: Record) -> None:
        for targets in record.links.values():
            for target in targets:
                self._sources.get(target, {}).pop(record.id, None)

    def named(self, node_type: str, project_id: str, name: str) -> Record | None:
        """A record by what it is called; None when there is none."""
        found = self._by_key.get((node_type, project_id, name))
        return None if found is None else self.by_id.get(found)

    def of_type(self, node_type: str, projects: Iterable[str] | None = None) -> list[Record]:
        """The records of a node type in the order in which they came, project by project.

        Args:
            node_type: The node type.
            projects: Of which projects; None for all.
        """
        stored = self._by_type.get(node_type, {})
        wanted = list(stored) if projects is None else list(dict.fromkeys(projects))
        return [record for project in wanted for record in list(stored.get(project, {}).values())]

    def in_project(self, project_id: str) -> list[Record]:
        """The records of a project, without the project itself."""
        return [
            record
            for node_type in list(self._by_type)
            for record in self.of_type(node_type, (project_id,))
            if node_type != PROJECT
        ]

    def sources(self, target: str) -> list[Record]:
        """The records that link to one."""
        found = (self.by_id.get(source) for source in list(self._sources.get(target, {})))
        return [record for record in found if record is not None]

    def targets(self, record: Record, link: str) -> list[Record]:
        """The records that one links to by a link."""
        found = (self.by_id.get(target) for target in record.links.get(link, ()))
        return [target for target in found if target is not None]
