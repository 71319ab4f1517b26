"""What somebody may see of the records, and which of them fit a query's arguments."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any, Protocol, TypeVar, cast

from omicsdk.sandbox.gen3.access import Person
from omicsdk.sandbox.gen3.records.dictionary import PROGRAM, PROJECT, Node
from omicsdk.sandbox.gen3.records.store import Record, Store, Transaction
from omicsdk.sandbox.gen3.service import sorted_with_gaps

SERVICE = "peregrine"
FIRST = 10
"""How many records come where nobody says how many."""
SYSTEM = ("id", "submitter_id", "type", "project_id", "created_datetime", "updated_datetime")
"""What every record has."""
_ORDERS_OF_ANY = ("id", "project_id", "created_datetime", "updated_datetime")
Arguments = Mapping[str, Any]
Fits = Callable[[Record], bool]
Item = TypeVar("Item")
_PART_OF_A_DATE = re.compile(r"[0-9]{4}(-[0-9]{2})?")


class Info(Protocol):
    """What resolvers need of the information that they are given.

    Attributes:
        field_name: The field.
        return_type: Its type.
    """

    field_name: str
    return_type: object

    @property
    def context(self) -> "Reader":
        """Who asks."""
        ...


class QueryError(Exception):
    """A query's arguments make no sense."""


class Reader:
    """Somebody who reads the records.

    Args:
        records: The records.
        person: Who it is.
    """

    def __init__(self, records: Store, person: Person) -> None:
        self.records = records
        self.graph = records.graph
        self._person = person

    @cached_property
    def projects(self) -> frozenset[str]:
        """The projects that they may read, as PROGRAM-PROJECT."""
        found = {project.project_id for project in self.records.projects()}
        resources = {each: "/programs/{}/projects/{}".format(*self.records.place(each)) for each in found}
        return frozenset(each for each, path in resources.items() if self._person.may("read", path, SERVICE))

    @cached_property
    def transactions(self) -> list[Transaction]:
        """The transactions of these projects, oldest first."""
        return [each for each in self.records.log.all() if each.project_id in self.projects]

    @property
    def may_query(self) -> bool:
        """Whether there may be anything for them: they may read all, or something among the programs."""
        return any(
            policy.method in ("*", "read")
            and policy.service in ("*", SERVICE)
            and (policy.resource == "/" or f"{policy.resource}/".startswith("/programs/"))
            for policy in self._person.policies
        )

    def sees(self, record: Record) -> bool:
        """Whether they may see a record; what belongs to no project everybody sees."""
        return record.project_id in self.projects or not record.project_id

    def of_type(self, node_type: str, wanted: object = None) -> list[Record]:
        """The records of a node type that they may see.

        Args:
            node_type: The node type.
            wanted: Of which project or projects; None for all.
        """
        places = None if wanted is None else {*_listed(wanted)}
        found = self.graph.of_type(node_type, None if node_type in (PROGRAM, PROJECT) else places)
        return [record for record in found if self.sees(record) and (places is None or record.project_id in places)]

    def chosen(self, node: Node, candidates: Iterable[Record], arguments: Arguments) -> list[Record]:
        """The records that fit arguments, unordered and all of them.

        Args:
            node: Their node type.
            candidates: The records to choose from.
            arguments: The arguments of a field of the node type.

        Raises:
            QueryError: An argument makes no sense.
        """
        tests = [*_common_tests(arguments), *self._property_tests(node, arguments), *self._link_tests(node, arguments)]
        tests += [*self._path_tests(arguments)]
        return [record for record in candidates if all(test(record) for test in tests)]

    def page(self, node: Node, candidates: Iterable[Record], arguments: Arguments) -> list[Record]:
        """The records that fit arguments, in the order and as many as they say; see `chosen`."""
        orders = {*node.stored, *SYSTEM}
        return cut(self._ordered(self.chosen(node, candidates, arguments), arguments, orders, node.name), arguments)

    def _ordered(self, found: list[Record], arguments: Arguments, allowed: Iterable[str], where: str) -> list[Record]:
        return ordered(found, arguments, frozenset(allowed), where, self.records.value)

    # -- any node type

    def anything(self, nodes: Iterable[Node], arguments: Arguments) -> list[Record]:
        """Records of several node types."""
        found = [record for node in nodes for record in self.of_type(node.name, arguments.get("project_id"))]
        return self.any_page(found, arguments)

    def any_page(self, found: Iterable[Record], arguments: Arguments) -> list[Record]:
        """Those of some records that fit the arguments that all node types have."""
        kept = [record for record in found if all(test(record) for test in _common_tests(arguments))]
        return cut(self._ordered(kept, arguments, _ORDERS_OF_ANY, "node"), arguments)

    def targets(self, record: Record, link: str) -> list[Record]:
        """What a record links to, as far as it may be seen."""
        return [each for each in self.graph.targets(record, link) if self.sees(each)]

    def sources(self, record: Record, node_type: str, link: str) -> list[Record]:
        """What links to a record by a link of a node type, as far as it may be seen."""
        return [
            each
            for each in self.graph.sources(record.id)
            if each.type == node_type and record.id in each.links.get(link, ()) and self.sees(each)
        ]

    def neighbours(self, record: Record) -> list[Record]:
        """What a record is linked with, either way."""
        above = [each for link in record.links for each in self.targets(record, link)]
        return [*(each for each in self.graph.sources(record.id) if self.sees(each)), *above]

    # -- tests

    def _property_tests(self, node: Node, arguments: Arguments) -> Iterable[Fits]:
        for name in node.stored:
            if name in arguments and name not in ("id", "project_id", "submitter_id", "type"):
                yield self._has(name, arguments[name])
        unwanted = arguments.get("not")
        for each in _listed(unwanted) if unwanted is not None else ():
            for name, value in cast("Arguments", each).items():
                yield _not(self._has(name, value))

    def _has(self, name: str, wanted: object) -> Fits:
        texts = frozenset(_text(each) for each in _listed(wanted))

        def fits(record: Record) -> bool:
            value = self.records.value(record, name)
            if isinstance(value, list):
                values = cast("list[object]", value)
                return bool(texts) and (texts <= {_text(each) for each in values} or str(values) in texts)
            return value is not None and _text(value) in texts

        return fits

    def _link_tests(self, node: Node, arguments: Arguments) -> Iterable[Fits]:
        for argument, combine in (("with_links", all), ("with_links_any", any), ("without_links", None)):
            names = arguments.get(argument)
            if not names:
                continue
            for name in names:
                if name not in node.links and name not in self.records.dictionary.backrefs[node.name]:
                    raise QueryError(f"Invalid link name '{name}'")
            yield self._linked(node, names, combine)

    def _linked(self, node: Node, names: Sequence[str], combine: Callable[[Iterable[bool]], bool] | None) -> Fits:
        def fits(record: Record) -> bool:
            there = (bool(self.linked(node, record, name)) for name in names)
            return not any(there) if combine is None else combine(there)

        return fits

    def linked(self, node: Node, record: Record, name: str) -> list[Record]:
        """What a record is linked with by the name of a link, or of its way back."""
        if name in node.links:
            return self.targets(record, name)
        source, link = self.records.dictionary.backrefs[node.name][name]
        return self.sources(record, source, link.name)

    def _path_tests(self, arguments: Arguments) -> Iterable[Fits]:
        for argument in ("with_path_to", "with_path_to_any", "without_path_to"):
            wanted = arguments.get(argument)
            if not wanted:
                continue
            reached = [self._on_paths_to(cast("Arguments", each)) for each in _listed(wanted)]
            if argument == "with_path_to":
                yield lambda record, every=reached: all(record.id in each for each in every)
            elif argument == "with_path_to_any":
                yield lambda record, every=reached: any(record.id in each for each in every)
            else:
                yield lambda record, every=reached: not any(record.id in each for each in every)

    def _on_paths_to(self, wanted: Arguments) -> frozenset[str]:
        """The ids of what is above or below the records that fit; like the service, no path leads to a project."""
        node = self.records.dictionary.nodes.get(wanted["type"])
        if node is None or node.name in (PROGRAM, PROJECT):
            return frozenset()
        sought = {name: value for name, value in wanted.items() if name != "type"}
        if any(name not in node.stored for name in sought):
            return frozenset()
        found = self.chosen(node, self.of_type(node.name, sought.get("project_id")), sought)
        up = _reached(found, lambda record: (each for link in record.links for each in self.targets(record, link)))
        down = _reached(found, lambda record: self.graph.sources(record.id))
        return up | down


def _reached(begin: Iterable[Record], onward: Callable[[Record], Iterable[Record]]) -> frozenset[str]:
    seen: set[str] = set()
    waiting = [each for record in begin for each in onward(record)]
    while waiting:
        record = waiting.pop()
        if record.id not in seen:
            seen.add(record.id)
            waiting += onward(record)
    return frozenset(seen)


def _not(test: Fits) -> Fits:
    return lambda record: not test(record)


def _common_tests(arguments: Arguments) -> Iterable[Fits]:
    if "id" in arguments:
        yield lambda record: record.id == arguments["id"]
    if "ids" in arguments:
        ids = frozenset(_listed(arguments["ids"]))
        yield lambda record: record.id in ids
    if "submitter_id" in arguments:
        names = frozenset(_listed(arguments["submitter_id"]))
        yield lambda record: record.submitter_id in names
    if "project_id" in arguments:
        places = frozenset(_listed(arguments["project_id"]))
        yield lambda record: record.project_id in places
    if arguments.get("quick_search"):
        part = arguments["quick_search"].lower()
        yield lambda record: part in record.id.lower() or part in (record.submitter_id or "").lower()
    for name, compare in _MOMENTS.items():
        if arguments.get(name):
            yield _timed(compare, _seconds(arguments[name]))


_MOMENTS: Mapping[str, Callable[[Record, float], bool]] = {
    "created_before": lambda record, moment: record.created < moment,
    "created_after": lambda record, moment: record.created > moment,
    "updated_before": lambda record, moment: record.updated < moment,
    "updated_after": lambda record, moment: record.updated > moment,
}


def _timed(compare: Callable[[Record, float], bool], moment: float) -> Fits:
    return lambda record: compare(record, moment)


def _seconds(text: str) -> float:
    try:
        moment = datetime.fromisoformat(
            f"{text}{'-01-01'[len(text) - 4 :]}" if _PART_OF_A_DATE.fullmatch(text) else text
        )
    except ValueError as error:
        raise QueryError(f"Unknown string format: {text}") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _listed(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _text(value: object) -> str:
    """A value as the service compares it: 2.0, which all numbers of a query become, isn't 2."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def ordered(
    found: list[Item],
    arguments: Arguments,
    allowed: frozenset[str],
    where: str,
    value: Callable[[Item, str], Any],
) -> list[Item]:
    """Items in the order that arguments ask for; those without a value come last, as in the service's database.

    Args:
        found: The items.
        arguments: `order_by_asc` and `order_by_desc` name a property.
        allowed: The properties that order.
        where: What is ordered, for the refusal.
        value: Gives a property of an item.

    Raises:
        QueryError: That property doesn't order.
    """
    for argument, reverse in (("order_by_asc", False), ("order_by_desc", True)):
        name = arguments.get(argument)
        if not name:
            continue
        if name not in allowed:
            raise QueryError(f"Cannot order by {name} on {where}")
        # Where the order turns, those without a value come first.
        key = partial(_sortable, value=value, name=name)
        found = sorted_with_gaps(found, key, reverse=reverse, gaps_first=reverse)
    return found


def _sortable(item: Item, value: Callable[[Item, str], Any], name: str) -> tuple[int, float, str] | None:
    found = value(item, name)
    if found is None:
        return None
    return (0, float(found), "") if isinstance(found, int | float) else (1, 0.0, str(found))


def cut(found: Sequence[Item], arguments: Arguments) -> list[Item]:
    """As many items as arguments ask for: `first` of them after `offset`; 0 and less are all."""
    first, offset = arguments.get("first"), max(arguments.get("offset") or 0, 0)
    first = FIRST if first is None else first
    return list(found[offset : offset + first] if first > 0 else found[offset:])
