"""The records and the log that a user may see, and the subjects of a query's fields."""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache, partial
from typing import Any, cast

from omicsdk.sandbox.gen3.access import Person
from omicsdk.sandbox.gen3.records.dictionary import PROGRAM, PROJECT, Node
from omicsdk.sandbox.gen3.records.store import SUCCEEDED, Record, Store, Transaction, timestamp
from omicsdk.sandbox.gen3.service import as_list, as_text
from omicsdk.sandbox.search import Order, every, in_order, none, page, some

SERVICE = "peregrine"
# Number of records if the query states none.
FIRST = 10
# Fields of every record.
SYSTEM = ("id", "submitter_id", "type", "project_id", "created_datetime", "updated_datetime")
# The category of the node types that are data nodes.
DATA_FILE = "data_file"
Arguments = Mapping[str, Any]
Fits = Callable[[Record], bool]
_OF_ANY_NODE = ("id", "project_id", "created_datetime", "updated_datetime")
_NODE_TYPE_LISTS = ("systemProperties", "required", "uniqueKeys")
_OF_NODE_TYPES = ("id", "title", "category", "program", "project", "submittable", "description", *_NODE_TYPE_LISTS)
_PART_OF_A_DATE = re.compile(r"[0-9]{4}(-[0-9]{2})?")


class QueryError(Exception):
    """A query's arguments make no sense."""


@dataclass(frozen=True, slots=True)
class Matches:
    """Items that match the arguments of a field: to be counted, or returned page by page.

    Attributes:
        items: All of them, unordered.
        orders: The properties that order it.
        where: The name of the field in refusals.
        value: Gives a property of an item.
    """

    items: Sequence[Any]
    orders: Iterable[str]
    where: str
    value: Callable[[Any, str], Any]

    def page(self, arguments: Arguments) -> list[Any]:
        """As many items as arguments request, in the order that they request.

        Those without a value come last, as in the service's database.

        Args:
            arguments: `order_by_asc` and `order_by_desc` name a property; `first` are requested after `offset`, or the `last`
                ones; 0 and less are all.

        Raises:
            QueryError: That property does not order.
        """
        # The later order takes precedence. In descending order, rows without a value come first.
        keys = reversed(self.ordering(arguments))
        orders = [Order(partial(self._sortable, name=name), reverse, gaps_first=reverse) for name, reverse in keys]
        ordered = in_order(self.items, orders) if orders else self.items
        if (last := arguments.get("last")) is not None:
            return [*ordered[-last:]] if last > 0 else []
        first, offset = arguments.get("first"), max(arguments.get("offset") or 0, 0)
        first = FIRST if first is None else first
        return [*page(ordered, offset, first if first > 0 else None)]

    def ordering(self, arguments: Arguments) -> list[tuple[str, bool]]:
        """The properties that arguments order by, each with whether the greatest comes first; see `page`."""
        named = [(arguments.get(key), key == "order_by_desc") for key in ("order_by_asc", "order_by_desc")]
        if wrong := [name for name, _ in named if name and name not in self.orders]:
            raise QueryError(f"Cannot order by {wrong[0]} on {self.where}")
        return [(name, reverse) for name, reverse in named if name]

    def _sortable(self, item: Any, name: str) -> tuple[int, float, str] | None:
        value = self.value(item, name)
        if value is None:
            return None
        return (0, float(value), "") if isinstance(value, int | float) else (1, 0.0, str(value))


class Reader:
    """A user who reads the records.

    Args:
        records: The records.
        person: The user.
    """

    def __init__(self, records: Store, person: Person) -> None:
        self.records = records
        self._graph = records.graph
        self._dictionary = records.dictionary
        self._person = person

    @cached_property
    def projects(self) -> frozenset[str]:
        """The projects that they may read, as PROGRAM-PROJECT."""
        project_ids = {project.project_id for project in self.records.projects()}
        resources = {id: "/programs/{}/projects/{}".format(*self.records.place(id)) for id in project_ids}
        return frozenset(id for id, path in resources.items() if self._person.may("read", path, SERVICE))

    @property
    def may_query(self) -> bool:
        """Whether there may be anything for them: they may read all, or something among the programs."""
        return any(
            policy.method in ("*", "read")
            and policy.service in ("*", SERVICE)
            and (policy.resource == "/" or f"{policy.resource}/".startswith("/programs/"))
            for policy in self._person.policies
        )

    def seen(self, records: Iterable[Record]) -> list[Record]:
        """The records that they may see; those without a project are open to every user."""
        return [record for record in records if record.project_id in self.projects or not record.project_id]

    def of_type(self, node_type: str, project: object = None) -> list[Record]:
        """The records of a node type that they may see.

        Args:
            node_type: The node type.
            project: Of which project or projects; None for all.
        """
        return self.seen(self._graph.of_type(node_type, None if project is None else as_list(project)))

    def linked(self, record: Record, name: str) -> list[Record]:
        """The visible records that a record is linked with by the name of a link, or of its way back."""
        if name in self._dictionary.nodes[record.type].links:
            return self.seen(self._graph.targets(record, name))
        source, link = self._dictionary.ways[record.type][name]
        sources = self.seen(self._graph.sources(record.id))
        return [
            candidate
            for candidate in sources
            if candidate.type == source and record.id in candidate.links.get(link.name, ())
        ]

    # -- what fields are about

    def leads_on(self, record: Record, field: str) -> bool:
        """Whether a field of a record is about other objects, and no property of it."""
        return field.startswith("_") or field in self._dictionary.ways[record.type]

    def matches(self, record: Record | None, field: str, arguments: Arguments) -> Matches:
        """The subject of a field of the root or of a record.

        Args:
            record: The record; None for the root.
            field: The field's name, of a count without what states it; it is not that of a property.
            arguments: The field's arguments.

        Raises:
            QueryError: An argument makes no sense.
        """
        nodes, value, category = self._dictionary.nodes, self.records.value, arguments.get("category")
        match field:
            case "transaction_log" | "transaction_logs" | "_transaction_logs":
                return self._logs(record, arguments)
            case "_node_type":
                kinds = [node for node in nodes.values() if category in (None, node.category)]
                kinds = [node for node in kinds if arguments.get("id") in (None, node.name)]
                return Matches(kinds, _OF_NODE_TYPES, field, Node.value)
            case "datanode":
                files = [node for node in nodes.values() if node.category == DATA_FILE]
                stored = frozenset(name for file in files for name in file.stored)
                fitting = (item for node in files for item in self._of_node(node, arguments).items)
                return Matches([*fitting], stored, field, value)
            case "node" | "_links":
                if record is None:
                    near: Iterable[Record] = self._of_types(arguments)
                else:  # those that it is linked with, either way
                    near = self.seen([*self._graph.sources(record.id), *self._above(record)])
                fits = every(_common_tests(arguments))
                items = [item for item in near if category in (None, nodes[item.type].category) and fits(item)]
                return Matches(items, _OF_ANY_NODE, "node", value)
            case _ if record is None:
                return self._of_node(nodes[field], arguments)
            case _:
                other, _ = self._dictionary.ways[record.type][field]
                return self._of_node(nodes[other], arguments, self.linked(record, field))

    def _of_types(self, arguments: Arguments) -> Iterator[Record]:
        kinds = arguments.get("of_type")
        for name in self._dictionary.nodes:
            if kinds is None or name in kinds:
                yield from self.of_type(name, arguments.get("project_id"))

    def _above(self, record: Record) -> list[Record]:
        return self.seen(target for link in record.links for target in self._graph.targets(record, link))

    def _of_node(self, node: Node, arguments: Arguments, candidates: Iterable[Record] | None = None) -> Matches:
        """The records of a node type, by default of all of it, that fit arguments of a field of the node type."""
        if candidates is None:
            candidates = self.of_type(node.name, arguments.get("project_id"))
        return Matches([*self._fitting(node, arguments, candidates)], _orders(node), node.name, self.records.value)

    def _fitting(self, node: Node, arguments: Arguments, candidates: Iterable[Record]) -> Iterable[Record]:
        if not arguments:  # as of most links, of which a query may have thousands
            return candidates
        tests = [*_common_tests(arguments), *self._property_tests(node, arguments), *self._way_tests(node, arguments)]
        return filter(every(tests), candidates)

    # -- tests

    def _property_tests(self, node: Node, arguments: Arguments) -> Iterator[Fits]:
        for name in node.stored:
            if name in arguments and name not in ("id", "project_id", "submitter_id", "type"):
                yield self._has(name, arguments[name])
        unwanted = arguments.get("not")
        for excluded in as_list(unwanted) if unwanted is not None else ():
            for name, value in cast("Arguments", excluded).items():
                yield none([self._has(name, value)])

    def _has(self, name: str, required: object) -> Fits:
        texts = frozenset(as_text(item) for item in as_list(required))

        def fits(record: Record) -> bool:
            value = self.records.value(record, name)
            if isinstance(value, list):
                values = cast("list[object]", value)
                return bool(texts) and (texts <= {as_text(value) for value in values} or str(values) in texts)
            return value is not None and as_text(value) in texts

        return fits

    def _way_tests(self, node: Node, arguments: Arguments) -> Iterator[Fits]:
        for kind, test in (("links", self._has_link), ("path_to", self._has_path)):
            for form, combine in _COMBINED.items():
                if conditions := arguments.get(form.format(kind)):
                    yield combine(test(node, condition) for condition in as_list(conditions))

    def _has_link(self, node: Node, name: str) -> Fits:
        if name not in self._dictionary.ways[node.name]:
            raise QueryError(f"Invalid link name '{name}'")
        return lambda record: bool(self.linked(record, name))

    def _has_path(self, _node: Node, path_filter: Arguments) -> Fits:
        """Whether a record is above or below those that fit; like the service, no path points to a project."""
        node = self._dictionary.nodes.get(path_filter["type"])
        sought = {name: value for name, value in path_filter.items() if name != "type"}
        if node is None or node.name in (PROGRAM, PROJECT) or any(name not in node.stored for name in sought):
            return lambda _record: False
        matching = self._of_node(node, sought).items
        reached = _reached(matching, self._above) | _reached(matching, lambda record: self._graph.sources(record.id))
        return lambda record: record.id in reached

    # -- the log

    def _logs(self, record: Record | None, arguments: Arguments) -> Matches:
        """The transactions, all or those about a record, as the schema's values."""
        visible = [transaction for transaction in self.records.log.all() if transaction.project_id in self.projects]
        if record is not None:
            visible = [entry for entry in visible if any(entity["id"] == record.id for entity in entry.entities)]
        conditions = {name: value for name, value in arguments.items() if value is not None}
        logs = [log for transaction in visible if _fits(log := _log(transaction), conditions)]
        result = Matches(logs, _LOG_ORDERS, "transaction_log", operator.getitem)
        result.ordering(arguments)  # a count is refused too
        return result


@lru_cache(maxsize=256)
def _orders(node: Node) -> frozenset[str]:
    """The properties that records of a node type can be ordered by."""
    return frozenset({*node.stored, *SYSTEM})


# -- tests of records


_Combine = Callable[[Iterable[Fits]], Fits]
_COMBINED: Mapping[str, _Combine] = {"with_{}": every, "with_{}_any": some, "without_{}": none}
_KEYS = {"id": "id", "ids": "id", "submitter_id": "submitter_id", "project_id": "project_id"}
# A record is made before a moment when the moment is greater.
_MOMENTS = {
    f"{what}_{when}": (what, compare)
    for what in ("created", "updated")
    for when, compare in (("before", operator.gt), ("after", operator.lt))
}


def _of_attribute(name: str, test: Callable[[Any], bool]) -> Fits:
    return lambda record: test(getattr(record, name))


def _common_tests(arguments: Arguments) -> Iterator[Fits]:
    for name, key in _KEYS.items():
        if name in arguments:
            yield _of_attribute(key, frozenset(as_list(arguments[name])).__contains__)
    if arguments.get("quick_search"):
        part = arguments["quick_search"].lower()
        yield lambda record: part in record.id.lower() or part in (record.submitter_id or "").lower()
    for name, (what, compare) in _MOMENTS.items():
        if arguments.get(name):
            yield _of_attribute(what, partial(compare, _seconds(arguments[name])))


def _reached(begin: Iterable[Record], onward: Callable[[Record], Iterable[Record]]) -> frozenset[str]:
    seen: set[str] = set()
    waiting = [neighbour for record in begin for neighbour in onward(record)]
    while waiting:
        record = waiting.pop()
        if record.id not in seen:
            seen.add(record.id)
            waiting += onward(record)
    return frozenset(seen)


def _seconds(text: str) -> float:
    whole = f"{text}{'-01-01'[len(text) - 4 :]}" if _PART_OF_A_DATE.fullmatch(text) else text
    try:
        moment = datetime.fromisoformat(whole)
    except ValueError as error:
        raise QueryError(f"Unknown string format: {text}") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


# -- transactions


_LOG_ORDERS = ("id", "type", "role", "state", "program", "project", "submitter", "is_dry_run", "closed")
_LOG_FIELDS = (*_LOG_ORDERS, "committed_by", "project_id")
_LOG_EQUAL = ("id", "committed_by", "type", "project", "program", "state", "is_dry_run", "closed", "committable")
_PER_TRANSACTION = 1_000_000  # snapshots are numbered through all transactions


def _log(transaction: Transaction) -> dict[str, Any]:
    """A transaction as the schema's values; what takes long to make is made when it is requested."""
    done = transaction.state == SUCCEEDED
    cases = (key for entity in transaction.entities if entity["type"] == "case" for key in entity["unique_keys"])
    return {
        **{name: getattr(transaction, name) for name in _LOG_FIELDS},
        "canonical_type": transaction.type,
        "committable": transaction.is_dry_run and not transaction.closed and done and transaction.committed_by is None,
        "created_datetime": timestamp(transaction.created).replace("T", " "),
        "documents": partial(_documents, transaction),
        "snapshots": [
            {
                "id": transaction.id * _PER_TRANSACTION + number,
                "transaction_id": transaction.id,
                "action": entity["action"],
            }
            for number, entity in enumerate(transaction.entities, 1)
            if done and not transaction.is_dry_run
        ],
        "related_cases": [key["submitter_id"] for key in cases if key.get("submitter_id")],
    }


def _fits(log: Mapping[str, Any], conditions: Arguments) -> bool:
    for text in conditions.get("entities", ()):
        if not text.isdecimal():
            raise QueryError(f'invalid input syntax for type integer: "{text}"')
    return (
        all(
            log[name] is not None and str(log[name]) == str(conditions[name])
            for name in _LOG_EQUAL
            if name in conditions
        )
        and ("project_id" not in conditions or log["project_id"] in conditions["project_id"])
        and conditions.get("quick_search", "") in str(log["id"])
        and ("related_cases" not in conditions or not {*log["related_cases"]}.isdisjoint(conditions["related_cases"]))
        and (
            "entities" not in conditions
            or any(entity["id"] in map(int, conditions["entities"]) for entity in log["snapshots"])
        )
    )


def _documents(transaction: Transaction) -> list[dict[str, Any]]:
    sent, response = transaction.document, transaction.response or {}
    if "entities" not in response:
        return []
    document = {
        "id": transaction.id,
        "name": sent and sent.name,
        "doc": sent and sent.text,
        "doc_size": len(sent.text.encode()) if sent else 0,
        "doc_format": sent.format if sent else "json",
        "type": transaction.type,
        "response": response,
        "response_json": response,
    }
    return [document]
