"""Queries over the records of a commons: written in Python, checked against its dictionary, sent, and paged through."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from omicsdk.core.checked_json import count_at
from omicsdk.core.errors import BadRequest, DecodeError
from omicsdk.core.items import page_break
from omicsdk.core.logs import logger
from omicsdk.core.model import ANY, mapping
from omicsdk.core.omit import OMIT
from omicsdk.core.page_items import items_at
from omicsdk.core.response import json_of
from omicsdk.core.type_guards import is_array, is_list, is_mapping, is_object
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.dictionary import Dictionary, Property, key_of
from omicsdk.gen3.errors import Gen3Error, Gen3SubmissionQueryError, Gen3UserError, choice, messages_of

if TYPE_CHECKING:
    from omicsdk_api.gen3.peregrine import PeregrineApi


__all__ = ["Query", "ask", "count", "rows"]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def name_of(text: str) -> str:
    """Return a name that is in a query as it is.

    Args:
        text: The name.

    Raises:
        Gen3UserError: It cannot be one.
    """
    if not _NAME.fullmatch(text):
        raise Gen3UserError(f"{text!r} is not a GraphQL name", remedy="Use letters, digits and underscores only.")
    return text


def literal(value: Any) -> str:
    """Write a value into a query, so that the service reads that value and nothing else.

    Args:
        value: A text, number, truth value, a list of them, or an object with names.

    Raises:
        Gen3UserError: There is no such value in a query: None, which the service does not take, or a number that is none.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Gen3UserError(f"{value} cannot be in a query", remedy="Use a number.")
        return float.__repr__(value)  # that of numpy's numbers, which are floats, has their type
    if is_mapping(value):
        return (
            "{"
            + ", ".join(f"{name_of(str(key))}: {literal(value_inside)}" for key, value_inside in value.items())
            + "}"
        )
    if is_list(value):
        return "[" + ", ".join(literal(value_inside) for value_inside in value) + "]"
    what = "None" if value is None else f"A {type(value).__name__}"
    raise Gen3UserError(
        f"{what} cannot be in a query", remedy="Use texts, numbers, truth values, or lists of them; leave None out."
    )


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Gen3UserError(f"{value!r} cannot be sent as text", remedy="Remove the lone surrogate in it.") from error
    # JSON's escapes are valid in GraphQL, and so is all text that JSON leaves unescaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def arguments(values: Mapping[str, Any]) -> str:
    """Write arguments in their brackets; nothing if there are none.

    Args:
        values: The values by their names.

    Raises:
        Gen3UserError: A name or a value cannot be in a query.
    """
    if not values:
        return ""
    return "(" + ", ".join(f"{name_of(name)}: {literal(value)}" for name, value in values.items()) + ")"


_log = logger("omicsdk.gen3")
#: Properties of every record, besides its node's.
COMMON = ("id", "type", "project_id", "submitter_id", "state", "created_datetime", "updated_datetime")
#: Filters of records, besides their node's properties.
CHOOSING = ("id", "ids", "quick_search", "created_before", "created_after", "updated_before", "updated_after")
_CUTTING = ("first", "offset", "order_by_asc", "order_by_desc")


@dataclass(frozen=True)
class Query:
    """A query for records of a node; each method returns a new one.

    `Query("case", dictionary).where(sex="F").fields("submitter_id", "age").links("experiments")` requests the women and
    their experiments. Without a dictionary, names are not checked; with one, an unknown name is an error that suggests
    the nearest. Values are escaped.

    Args:
        node: The node.
        dictionary: The dictionary of the commons.

    Attributes:
        chosen: The arguments of the query.
        selected: The properties that are requested; its id and its name by default.
        linked: Links, and what is requested of their targets.

    Raises:
        Gen3UserError: The dictionary has no such node.
    """

    node: str
    dictionary: Dictionary | None = None
    chosen: tuple[tuple[str, Any], ...] = ()
    selected: tuple[str, ...] = ()
    linked: tuple[tuple[str, Query], ...] = ()

    def __post_init__(self) -> None:
        name_of(self.node)
        if self.dictionary is not None:
            self.dictionary.node(self.node)

    def where(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> Self:
        """Filter records by their properties; a list of values matches any of them.

        A number may match nothing: some services never match numbers, which is logged as a warning.

        Args:
            values: Values by the names of properties, or of `id`, `ids`, `project_id`, `submitter_id`, `quick_search`
                (a part of the id or submitter_id), `created_before`, `created_after`, `updated_before`,
                `updated_after`.
            more: The same.

        Raises:
            Gen3UserError: The property or the value is unknown.
        """
        conditions = {**(values or {}), **more}
        for name, value in conditions.items():
            self._check_value(name, value)
        return self._with(**conditions)

    def excluding(self, values: Mapping[str, Any] | None = None, /, **more: Any) -> Self:
        """Leave out records that have a value; arguments and errors as those of `where`, properties only."""
        conditions = {**(values or {}), **more}
        for name, value in conditions.items():
            self._check_value(name, value)
        excluded = {name: value for item in self._list_of("not") for name, value in item.items()}
        for name, value in conditions.items():
            # One condition for each property: of two, Peregrine applies the last one only.
            excluded[name] = [*_as_list(excluded[name]), *_as_list(value)] if name in excluded else value
        return self._with(**{"not": [{name: value} for name, value in excluded.items()]})

    def project(self, project_id: str | Sequence[str]) -> Self:
        """Choose records of a project, or of several.

        Args:
            project_id: PROGRAM-CODE.
        """
        return self._with(project_id=project_id)

    def with_links(self, *names: str) -> Self:
        """Choose records that are linked by all of these links, or ways back."""
        self._check_links(names)
        return self._with(with_links=[*self._list_of("with_links"), *names])

    def without_links(self, *names: str) -> Self:
        """Choose records that are not linked by any of these links, or ways back."""
        self._check_links(names)
        return self._with(without_links=[*self._list_of("without_links"), *names])

    def with_path_to(self, node: str, /, **values: Any) -> Self:
        """Choose records from which links lead, over any number of others, to a record of a node.

        Args:
            node: The node.
            values: What that record has.
        """
        return self._with(with_path_to=[*self._list_of("with_path_to"), self._target(node, values)])

    def without_path_to(self, node: str, /, **values: Any) -> Self:
        """Leave out records that link, directly or not, to a record of a node; arguments as those of `with_path_to`."""
        return self._with(without_path_to=[*self._list_of("without_path_to"), self._target(node, values)])

    def first(self, count: int) -> Self:
        """Return at most `count` records; 0, the default, is all."""
        if count < 0:
            raise Gen3UserError(f"Cannot return {count} records", remedy="Use 0 for all, or more.")
        return self._with(first=count)

    def offset(self, count: int) -> Self:
        """Skip the first `count` records."""
        if count < 0:
            raise Gen3UserError(f"Cannot skip {count} records", remedy="Use 0 or more.")
        return self._with(offset=count)

    def order_by(self, name: str, *, descending: bool = False) -> Self:
        """Order by a property.

        Args:
            name: The property.
            descending: Whether the greatest comes first.
        """
        self._check_property(name)
        others = tuple(pair for pair in self.chosen if not pair[0].startswith("order_by_"))
        return replace(self, chosen=(*others, ("order_by_desc" if descending else "order_by_asc", name)))

    def fields(self, *names: str) -> Self:
        """Request properties; of what is linked they are written with dots: `experiments.submitter_id`."""
        query = self
        for name in names:
            link, dot, inner = name.partition(".")
            if dot:
                query = query._linking(link, query._link(link).fields(inner))
            else:
                self._check_field(name)
                query = replace(query, selected=tuple(dict.fromkeys((*query.selected, name))))
        return query

    def links(self, *names: str, **selections: Query | Iterable[str]) -> Self:
        """Request linked records in either direction; all of them, unless a query limits them.

        Args:
            names: Links or ways back, of whose records the id and the name are given.
            selections: By a link's name the properties that are requested of its records, or a query for them.

        Raises:
            Gen3UserError: There is no such link, or a query is one for another node.
        """
        query = self
        for name in names:
            query = query._linking(name, query._link(name))
        for name, selection in selections.items():
            if isinstance(selection, Query):
                target = self._target_of(name)
                if target is not None and selection.node != target:
                    raise Gen3UserError(
                        f"{name} points to {target}, but the query is for {selection.node}",
                        remedy=f"Use a Query({target!r}).",
                    )
                query = query._linking(name, selection)
            else:
                query = query._linking(name, query._link(name).fields(*selection))
        return query

    # -- as text

    @property
    def text(self) -> str:
        """The query in GraphQL."""
        return f"{{ {self._written(self.node)} }}"

    @property
    def count_text(self) -> str:
        """The query for how many records there are, without first, offset and order."""
        filters = {name: value for name, value in self.chosen if name not in _CUTTING}
        return f"{{ {self.count_field}{arguments(filters)} }}"

    @property
    def count_field(self) -> str:
        """The field of the response to `count_text`."""
        return f"_{self.node}_count"

    def argument(self, name: str) -> Any:
        """Return an argument of the query; None if it is not stated."""
        return dict(self.chosen).get(name)

    def __str__(self) -> str:
        return self.text

    def _written(self, field: str) -> str:
        # Peregrine returns ten records unless the query states a number; 0 is all.
        filters = {"first": 0, **dict(self.chosen)}
        selected = self.selected or (() if self.linked else ("id", key_of(self.node) if self.node else "id"))
        inner = [*selected, *(query._written(name) for name, query in self.linked)]
        return f"{name_of(field)}{arguments(filters)} {{ {' '.join(inner)} }}"

    # -- checks

    def _with(self, **values: Any) -> Self:
        for value in values.values():
            literal(value)
        return replace(self, chosen=tuple({**dict(self.chosen), **values}.items()))

    def _list_of(self, name: str) -> list[Any]:
        return list(self.argument(name) or ())

    def _link(self, name: str) -> Query:
        """What is requested of a link's records so far."""
        target = self._target_of(name_of(name))
        return dict(self.linked).get(name) or Query(target or name, self.dictionary if target else None)

    def _linking(self, name: str, query: Query) -> Self:
        self._target_of(name_of(name))
        return replace(self, linked=tuple({**dict(self.linked), name: query}.items()))

    def _target_of(self, link: str) -> str | None:
        """The node that a link or way back points to; None without a dictionary."""
        if self.dictionary is None:
            return None
        self._check_links([link])
        node = self.dictionary.node(self.node)
        if link in node.links:
            return node.links[link].target
        return self.dictionary.backrefs[self.node][link][0].name

    def _check_links(self, names: Sequence[str]) -> None:
        if self.dictionary is None:
            return
        links = [*self.dictionary.node(self.node).links, *self.dictionary.backrefs[self.node]]
        for name in names:
            if name not in links:
                raise Gen3UserError(f"{self.node} has no link {name!r}", remedy=choice(name, links))

    def _check_property(self, name: str) -> None:
        name_of(name)
        if self.dictionary is None:
            return
        names = (*self.dictionary.node(self.node).properties, *COMMON)
        if name not in names:
            raise Gen3UserError(f"{self.node} has no property {name!r}", remedy=choice(name, dict.fromkeys(names)))

    def _check_field(self, name: str) -> None:
        if name == "__typename":
            return
        if self.dictionary is not None and name.startswith("_") and name.endswith("_count"):
            self._check_links([name[1 : -len("_count")]])
            return
        self._check_property(name)

    def _check_value(self, name: str, value: Any) -> None:
        if name in CHOOSING:
            return
        self._check_property(name)
        property_ = None if self.dictionary is None else self.dictionary.node(self.node).properties.get(name)
        if property_ is not None and {"integer", "number"} & set(property_.kinds):
            _log.warning("%s is a number: the filters of some services never match numbers", name)
        choices = [] if property_ is None else [str(choice) for choice in property_.choices]
        for item in _as_list(value):
            if choices and str(item) not in choices:
                raise Gen3UserError(f"{name} is never {item!r}", remedy=choice(str(item), choices))

    def _target(self, node: str, values: Mapping[str, Any]) -> dict[str, Any]:
        if self.dictionary is not None:
            Query(node, self.dictionary).where(values)
        return {"type": node, **values}


def _as_list(value: Any) -> list[Any]:
    return list(value) if is_list(value) else [value]


def restored(row: Mapping[str, Any], query: Query) -> dict[str, Any]:
    """Return a record with whole numbers as in the dictionary: the service returns 3.0, and lists of texts.

    Args:
        row: The record, as a query found it.
        query: The query; without a dictionary the record is unchanged.
    """
    if query.dictionary is None:
        return dict(row)
    properties = query.dictionary.node(query.node).properties
    linked = dict(query.linked)
    return {
        name: _linked(value, linked[name]) if name in linked else _value(value, properties.get(name))
        for name, value in row.items()
    }


def _linked(value: Any, query: Query) -> Any:
    if is_array(value):
        return [restored(item, query) if is_object(item) else item for item in value]
    return restored(value, query) if is_object(value) else value


def _value(value: Any, property_: Property | None) -> Any:
    if property_ is None:
        return value
    if property_.kinds == ("array",) and is_array(value):
        return [_item(item, property_.read_items_as) for item in value]
    return _item(value, "integer") if property_.kinds == ("integer",) else value


def _item(value: Any, kind: str) -> Any:
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind in ("integer", "number") and isinstance(value, str):
        with suppress(ValueError):
            return int(value)  # not by float, which has 53 bits
        with suppress(ValueError):
            number = float(value)
            if math.isfinite(number):
                return int(number) if number.is_integer() else number
    return value


def response(peregrine: PeregrineApi, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Send a query, and return the whole response.

    Args:
        peregrine: The service's client.
        query: The query, in GraphQL.
        variables: The values of its variables, by name without the dollar.

    Returns:
        The response, with its `data`.

    Raises:
        Gen3SubmissionQueryError: The service refused it, or a part of it.
        APIError: It responded with another error.
    """
    try:
        payload = json_of(peregrine.query.raw(query=query, variables=OMIT if variables is None else dict(variables)))
    # Peregrine answers a wrong query with 400, its errors in the body.
    except BadRequest as error:
        errors_of_body = error.body.get("errors") if is_object(error.body) else None
        raise _refusal(errors_of_body if is_array(errors_of_body) else error.message) from error
    if not is_object(payload):
        raise _refusal(f"the response is {payload!r}")
    if errors := payload.get("errors"):
        raise _refusal(errors)
    return payload


def _refusal(errors: object) -> Gen3SubmissionQueryError:
    messages = "; ".join(messages_of(errors))
    # A valid query that takes too long is answered by 200 too.
    if re.search(r"\btime(?:d|s)?[ _-]?out\b", messages, re.IGNORECASE):
        remedy = "Query fewer records or fields at a time, or try again later."
    else:
        remedy = "Correct it; the dictionary has the nodes, their properties and links, which are its types and fields."
    return Gen3SubmissionQueryError(f"The query was refused: {messages}", remedy=remedy)


#: Rows of a page.
PAGE = 1000
_PATHS = ("with_path_to", "with_path_to_any", "without_path_to")


def ask(commons: Gen3, query: Query | str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Send a query, and return its data.

    Args:
        query: The query, or its text in GraphQL.
        variables: The values of its variables.

    Returns:
        The results, by the query's fields.

    Raises:
        Gen3SubmissionQueryError: The commons refused it; the message has its reasons.
        APIError: It responded with another error.
        TransportError: No response came.
    """
    data = response(commons.peregrine, str(query), variables).get("data")
    if not is_object(data):
        raise DecodeError("query", "data", data, expected="an object")
    return data


def count(commons: Gen3, query: Query) -> int:
    """Count the records that a query matches, ignoring its first and offset.

    If the query filters by paths, a commons counts paths, which may exceed the number of records.

    Args:
        query: The query.

    Raises:
        Gen3SubmissionQueryError: The commons refused it.
    """
    return count_at(response(commons.peregrine, query.count_text), f"data.{query.count_field}", "query")


def rows(
    commons: Gen3, query: Query | str, variables: Mapping[str, Any] | None = None, *, page: int = PAGE
) -> Iterator[dict[str, Any]]:
    """Return all records that a query finds, a page at a time, without keeping them.

    With a dictionary, numbers have its types: integers are not floats, and numbers in lists are not text.

    Args:
        query: The query; its `first` bounds how many come, its `offset` how many are passed over. It is ordered by the
            names of its records unless it states otherwise; pages in a descending order may repeat and miss records
            that are equal in it. A text in GraphQL has `$first` and `$offset` as variables, and one field with rows.
        variables: The values of a text's other variables.
        page: Rows that are requested at once, from 1.

    Raises:
        Gen3SubmissionQueryError: The commons refused the query.
        Gen3UserError: A text has no such variables, or several fields.
        DecodeError: A row is not an object.
        Gen3Error: Fewer rows came than there were when it began: records were changed meanwhile.
    """
    if page < 1:
        raise Gen3UserError(f"A page cannot have {page} rows", remedy="Use a number from 1.")
    if isinstance(query, Query):
        yield from _rows_of_query(commons, query, page)
        return
    if "$first" not in query or "$offset" not in query:
        raise Gen3UserError(
            "A paged query needs the variables $first and $offset",
            remedy="Write: query ($first: Int, $offset: Int) { case(first: $first, offset: $offset) { submitter_id } }",
        )
    offset = 0
    while True:
        page_rows = _only(ask(commons, query, {**(variables or {}), "first": page, "offset": offset}))
        yield from page_rows
        offset += len(page_rows)
        if len(page_rows) < page:
            return
        page_break()


def _rows_of_query(commons: Gen3, query: Query, page: int) -> Iterator[dict[str, Any]]:
    ordered = _ordered(query)
    begin, most = query.argument("offset") or 0, query.argument("first") or 0
    total = max(count(commons, query) - begin, 0)
    expected = min(total, most) if most else total
    got = 0
    while not most or got < most:
        size = min(page, most - got) if most else page
        payload = response(commons.peregrine, str(ordered.first(size).offset(begin + got)))
        records: list[dict[str, Any]] = items_at(payload, f"data.{query.node}", "query", mapping(ANY))
        yield from (restored(row, query) for row in records)
        got += len(records)
        if len(records) < size:
            break
        page_break()
    if got < expected and not any(query.argument(name) for name in _PATHS):
        raise Gen3Error(
            f"{got} records of {query.node} were received, but {expected} were expected: another client changed them",
            remedy="Repeat the query when no client submits or deletes.",
        )


def _ordered(query: Query) -> Query:
    """The query with an order that leaves no two records equal, so that pages neither repeat nor miss any.

    A descending order stays as it is: a commons applies the ascending one first, whichever is stated first.
    """
    if query.argument("order_by_desc"):
        return query
    if (order := query.argument("order_by_asc")) is not None:
        return query if order == "id" else replace(query, chosen=(*query.chosen, ("order_by_desc", "id")))
    ordered = query.order_by(key_of(query.node))
    if key_of(query.node) != "submitter_id" or isinstance(query.argument("project_id"), str):
        return ordered
    # The same name may be in several projects: the second order distinguishes those.
    return replace(ordered, chosen=(*ordered.chosen, ("order_by_desc", "project_id")))


def _only(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    lists = [value for value in data.values() if is_array(value)]
    if len(data) != 1 or len(lists) != 1:
        raise Gen3UserError("A paged query has one field with rows", remedy="Page each field separately.")
    # Not without those that are none: a page that is shorter than requested is taken for the last one.
    return items_at(data, next(iter(data)), "query", mapping(ANY))
