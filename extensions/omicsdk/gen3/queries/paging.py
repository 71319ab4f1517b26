"""Answers to queries: sent to the commons' Peregrine, refusals explained, all rows a page at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.core.answer import json_of
from omicsdk.core.errors import BadRequest
from omicsdk.core.omit import OMIT
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.gen3.dictionary import Property
from omicsdk.gen3.dictionary.node import key_of
from omicsdk.gen3.errors import Gen3Error, Gen3SubmissionQueryError, Gen3UserError, messages_of
from omicsdk.gen3.queries.query import Query

if TYPE_CHECKING:
    from omicsdk_api.gen3.peregrine import PeregrineApi

    from omicsdk.gen3.client import Gen3


def restored(row: Mapping[str, Any], query: Query) -> dict[str, Any]:
    """Return a record with whole numbers where the dictionary has them: the service gives 3.0, and lists of texts.

    Args:
        row: The record, as a query found it.
        query: The query; without a dictionary the record stays as it is.
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
        return [restored(each, query) if is_object(each) else each for each in value]
    return restored(value, query) if is_object(value) else value


def _value(value: Any, stated: Property | None) -> Any:
    if stated is None:
        return value
    if stated.kinds == ("array",) and is_array(value):
        return [_item(each, stated.read_items_as) for each in value]
    return _item(value, "integer") if stated.kinds == ("integer",) else value


def _item(value: Any, kind: str) -> Any:
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if kind in ("integer", "number") and isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return value
        if math.isfinite(number):
            return int(number) if number.is_integer() else number
    return value


def answer(peregrine: PeregrineApi, query: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Send a query, and return the whole answer.

    Args:
        peregrine: The service's client.
        query: The query, in GraphQL.
        variables: The values of its variables, by name without the dollar.

    Returns:
        The answer, with its `data`.

    Raises:
        Gen3SubmissionQueryError: The service refused it, or a part of it.
        APIError: It answered with another error.
    """
    try:
        told = json_of(peregrine.query.raw(query=query, variables=OMIT if variables is None else dict(variables)))
    except BadRequest as error:
        stated = error.body.get("errors") if is_object(error.body) else None
        raise _refusal(stated if is_array(stated) else error.message) from error
    if not is_object(told):
        raise _refusal(f"the answer is {told!r}")
    if errors := told.get("errors"):
        raise _refusal(errors)
    return told


def _refusal(errors: object) -> Gen3SubmissionQueryError:
    return Gen3SubmissionQueryError(
        f"The query was refused: {'; '.join(messages_of(errors))}",
        remedy="Correct it; the dictionary has the nodes, their properties and links, which are its types and fields.",
    )


#: Rows of a page.
PAGE = 1000
_PATHS = ("with_path_to", "with_path_to_any", "without_path_to")


def ask(commons: Gen3, query: Query | str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Send a query, and return its data.

    Args:
        commons: The commons.
        query: The query, or its text in GraphQL.
        variables: The values of its variables.

    Returns:
        What was found, by the query's fields.

    Raises:
        Gen3SubmissionQueryError: The commons refused it; the message has its reasons.
        APIError: It answered with another error.
        TransportError: No answer came.
    """
    return answer(commons.peregrine, str(query), variables)["data"]


def count(commons: Gen3, query: Query) -> int:
    """Count the records that a query finds, whatever its first and offset are.

    Where the query chooses by paths, a commons counts paths, which may be more than there are records.

    Args:
        commons: The commons.
        query: The query.

    Raises:
        Gen3SubmissionQueryError: The commons refused it.
    """
    return int(ask(commons, query.count_text)[query.count_field])


def rows(
    commons: Gen3, query: Query | str, variables: Mapping[str, Any] | None = None, *, page: int = PAGE
) -> Iterator[dict[str, Any]]:
    """Return all records that a query finds, a page at a time, without keeping them.

    With a dictionary, numbers are as it has them: whole ones are no floats, and those of lists no texts.

    Args:
        commons: The commons.
        query: The query; its `first` bounds how many come, its `offset` how many are passed over. It is ordered by the names
            of its records unless it says otherwise. A text in GraphQL has `$first` and `$offset` as variables, and one field
            with rows.
        variables: The values of a text's other variables.
        page: Rows that are asked for at once, from 1.

    Raises:
        Gen3SubmissionQueryError: The commons refused the query.
        Gen3UserError: A text has no such variables, or several fields.
        Gen3Error: Fewer rows came than there were when it began: records were changed meanwhile.
    """
    if page < 1:
        raise Gen3UserError(f"A page can't have {page} rows", remedy="Give a number from 1.")
    if isinstance(query, Query):
        yield from _rows_of_query(commons, query, page)
        return
    if "$first" not in query or "$offset" not in query:
        raise Gen3UserError(
            "A query that is to be paged needs the variables $first and $offset",
            remedy="Write: query ($first: Int, $offset: Int) { case(first: $first, offset: $offset) { submitter_id } }",
        )
    offset = 0
    while True:
        found = _only(ask(commons, query, {**(variables or {}), "first": page, "offset": offset}))
        yield from found
        offset += len(found)
        if len(found) < page:
            return


def _rows_of_query(commons: Gen3, query: Query, page: int) -> Iterator[dict[str, Any]]:
    ordered = _ordered(query)
    begin, most = query.argument("offset") or 0, query.argument("first") or 0
    there = max(count(commons, query) - begin, 0)
    expected = min(there, most) if most else there
    got = 0
    while not most or got < most:
        size = min(page, most - got) if most else page
        found: list[dict[str, Any]] = ask(commons, ordered.first(size).offset(begin + got))[query.node]
        yield from (restored(row, query) for row in found)
        got += len(found)
        if len(found) < size:
            break
    if got < expected and not any(query.argument(name) for name in _PATHS):
        raise Gen3Error(
            f"{got} records of {query.node} came, and there were {expected}: they were changed meanwhile",
            remedy="Ask again when nobody submits or deletes.",
        )


def _ordered(query: Query) -> Query:
    """The query with an order that leaves no two records side by side, so that pages neither repeat nor miss any."""
    if query.argument("order_by_asc") or query.argument("order_by_desc"):
        return query
    ordered = query.order_by(key_of(query.node))
    if key_of(query.node) != "submitter_id" or isinstance(query.argument("project_id"), str):
        return ordered
    # The same name may be in several projects: the second order tells those apart.
    return Query(
        ordered.node,
        ordered.dictionary,
        (*ordered.chosen, ("order_by_desc", "project_id")),
        ordered.selected,
        ordered.linked,
    )


def _only(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    lists = [each for each in data.values() if is_array(each)]
    if len(data) != 1 or len(lists) != 1:
        raise Gen3UserError("A query that is to be paged has one field with rows", remedy="Page each field by itself.")
    return [each for each in lists[0] if is_object(each)]
