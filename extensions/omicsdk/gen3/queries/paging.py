"""All rows that a query finds, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.core.narrowing import is_array, is_object
from omicsdk.gen3.dictionary.node import key_of
from omicsdk.gen3.errors import Gen3Error, Gen3UserError
from omicsdk.gen3.queries.asking import answer
from omicsdk.gen3.queries.query import Query
from omicsdk.gen3.queries.values import restored

if TYPE_CHECKING:
    from omicsdk.gen3.commons import Commons

#: Rows of a page.
PAGE = 1000
_PATHS = ("with_path_to", "with_path_to_any", "without_path_to")


def ask(commons: Commons, query: Query | str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Sends a query, and gives its data.

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


def count(commons: Commons, query: Query) -> int:
    """Counts the records that a query finds, whatever its first and offset are.

    Where the query chooses by paths, a commons counts paths, which may be more than there are records.

    Args:
        commons: The commons.
        query: The query.

    Raises:
        Gen3SubmissionQueryError: The commons refused it.
    """
    return int(ask(commons, query.count_text)[query.count_field])


def rows(
    commons: Commons, query: Query | str, variables: Mapping[str, Any] | None = None, *, page: int = PAGE
) -> Iterator[dict[str, Any]]:
    """Gives all records that a query finds, a page at a time, without keeping them.

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


def _rows_of_query(commons: Commons, query: Query, page: int) -> Iterator[dict[str, Any]]:
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
