"""Where the links of submitted records lead, and whether they may lead there."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from omicsdk.sandbox.gen3.records.dictionary import PROJECT, Link, Node
from omicsdk.sandbox.gen3.records.graph import Key, Record
from omicsdk.sandbox.gen3.records.store import Store
from omicsdk.sandbox.gen3.records.validation import Fault, fault

_Links = dict[str, tuple[str, ...]]


class Linking:
    """Follows the links of one submission.

    Args:
        records: What is stored.
        project_id: The project, as PROGRAM-PROJECT.
        project: Its code.
        sent: The ids of what is sent along, by what it is called.
    """

    def __init__(self, records: Store, project_id: str, project: str, sent: Mapping[Key, str]) -> None:
        self._graph = records.graph
        self._records = records
        self._project_id = project_id
        self._project = project
        self._sent = sent
        self._sent_types = {sent_id: key[0] for key, sent_id in sent.items()}
        self._taken: dict[tuple[str, str, str], str] = {}

    def links(
        self, node: Node, record_id: str, document: Mapping[str, Any], old: Record | None
    ) -> tuple[_Links, list[Fault]]:
        """The links that a record would have, and what is wrong with them.

        Args:
            node: The record's node type.
            record_id: The record's id.
            document: What was sent.
            old: What is stored of it.
        """
        found: _Links = {}
        faults: list[Fault] = []
        for name, link in node.links.items():
            kept = old.links.get(name, ()) if old is not None else ()
            targets, wrong = self._targets(link, document.get(name))
            faults += wrong
            all_targets = tuple(dict.fromkeys((*kept, *targets)))
            faults += self._too_many(node, link, record_id, all_targets)
            if all_targets:
                found[name] = all_targets
            elif link.required and not wrong:
                faults.append(fault("INVALID_LINK", f"Entity is missing required link to {name}", name))
        return found, [*faults, *(() if faults else _group_faults(node, found))]

    def _targets(self, link: Link, stated: object) -> tuple[list[str], list[Fault]]:
        targets: list[str] = []
        faults: list[Fault] = []
        for each in _each(stated):
            by_id, by_name = each.get("id"), each.get(link.key)
            target = self._find(link, by_id, by_name)
            if target is None:
                faults.append(self._nowhere(link, by_id, by_name))
            elif link.target == PROJECT and target != self._own_project():
                code = self._graph.by_id[target].name
                told = f"Cannot link entity to project {code} under {self._project} endpoint"
                faults.append(fault("INVALID_PERMISSIONS", told))
            else:
                targets.append(target)
        return targets, faults

    def _own_project(self) -> str | None:
        found = self._graph.named(PROJECT, self._project_id, self._project)
        return None if found is None else found.id

    def _find(self, link: Link, by_id: object, by_name: object) -> str | None:
        if isinstance(by_id, str):
            stored = self._graph.by_id.get(by_id)
            if stored is not None:
                near = stored.project_id == self._project_id or link.target == PROJECT
                return by_id if stored.type == link.target and near else None
            return by_id if self._sent_types.get(by_id) == link.target else None
        if not isinstance(by_name, str):
            return None
        if link.target == PROJECT:
            return self._project_called(by_name)
        key = (link.target, self._project_id, by_name)
        stored = self._graph.named(*key)
        return stored.id if stored is not None else self._sent.get(key)

    def _project_called(self, code: str) -> str | None:
        if code == self._project:
            return self._own_project()
        return next((each.id for each in self._records.projects() if each.name == code), None)

    def _nowhere(self, link: Link, by_id: object, by_name: object) -> Fault:
        key = {link.key: by_name} if link.target == PROJECT else {"project_id": self._project_id, link.key: by_name}
        sought = "" if by_id is None else f"id='{by_id}', "
        return fault(
            "INVALID_LINK", f"No link destination found for {link.name}, {sought}unique_keys='{[key]}'", link.name
        )

    def _too_many(self, node: Node, link: Link, record_id: str, targets: tuple[str, ...]) -> Iterator[Fault]:
        told = f"'{link.name}' link has to be {link.multiplicity}"
        if link.to_one and len(targets) > 1:
            yield fault("INVALID_LINK", told, link.name)
        if link.from_one:
            for target in targets:
                stored = (each.id for each in self._graph.sources(target) if each.type == node.name)
                holder = next((each for each in stored if self._holds(each, link, target) and each != record_id), None)
                holder = holder or self._taken.setdefault((node.name, link.name, target), record_id)
                if holder != record_id:
                    told = f"{told}, target node {link.target} already has {link.backref}"
                    yield fault("INVALID_LINK", told, link.name)

    def _holds(self, record_id: str, link: Link, target: str) -> bool:
        return target in self._graph.by_id[record_id].links.get(link.name, ())


def _each(stated: object) -> list[Mapping[str, Any]]:
    listed = cast("list[object]", stated) if isinstance(stated, list) else [stated]
    return [cast("Mapping[str, Any]", each) for each in listed if isinstance(each, dict) and each]


def _group_faults(node: Node, found: _Links) -> Iterator[Fault]:
    for group in node.groups:
        there = [name for name in group.links if name in found]
        if group.required and not there:
            told = f"Entity is missing a required link to {' or '.join(group.links)}"
            yield fault("INVALID_LINK", told, *group.links)
        if group.exclusive and len(there) > 1:
            told = f"Links to {' and '.join(there)} are exclusive. More than one was provided"
            yield fault("INVALID_LINK", told, *there)
