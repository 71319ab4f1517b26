"""The explorer's service of a commons (Guppy): queries, and records however many they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.checked_json import checked_json
from omicsdk.core.model import ANY, mapping
from omicsdk.core.plain_client import plain_request
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.errors import Gen3SubmissionQueryError, Gen3UserError, messages_of
from omicsdk.gen3.queries import name_of
from omicsdk.gen3.records.exports import rows_of

Sort = Mapping[str, str] | Sequence[Mapping[str, str]]
# Whose records are returned by default.
ACCESSIBLE = "accessible"
ACCESSIBILITY = ("all", "accessible", "unaccessible")
# A selection that the caller has written out, such as "visits { id }".
_SELECTION = re.compile(r"[\s\w{},():\"\[\]$.-]+")


def records_query(
    data_type: str,
    fields: Iterable[str],
    first: int | None,
    offset: int | None,
    accessibility: str | None,
    variables: Sequence[str],
) -> str:
    """Return a query for records.

    Args:
        data_type: Their type.
        fields: The requested fields; nested ones are written with dots.
        first: Maximum number of records.
        offset: Records to skip.
        accessibility: Whose: all, accessible or unaccessible ones.
        variables: Arguments that are passed as variables of their names: filter, sort.

    Raises:
        Gen3UserError: A name is invalid.
    """
    arguments = [f"{name}: {int(value)}" for name, value in (("first", first), ("offset", offset)) if value is not None]
    arguments += [f"{name}: ${name}" for name in variables]
    if accessibility:
        if accessibility not in ACCESSIBILITY:
            remedy = f"Use one of {', '.join(ACCESSIBILITY)}."
            raise Gen3UserError(f"Unknown accessibility {accessibility!r}", remedy=remedy)
        arguments.append(f"accessibility: {accessibility}")
    bound = f" ({', '.join(arguments)})" if arguments else ""
    declarations = ", ".join(f"${name}: JSON" for name in variables)
    head = f"query({declarations}) " if declarations else ""
    return f"{head}{{ {name_of(data_type)}{bound} {{ {selection(fields)} }} }}"


def selection(fields: Iterable[str]) -> str:
    """The fields of a query; `a.b` becomes `a { b }`.

    Raises:
        Gen3UserError: There is none, or one cannot be a field.
    """
    tree: dict[str, Any] = {}
    written: list[str] = []
    for field in fields:
        if "{" in field and _is_whole(field):
            written.append(field)
            continue
        level = tree
        for name in field.split("."):
            level = level.setdefault(name_of(name), {})
    pieces = [*_written(tree), *written]
    if not pieces:
        raise Gen3UserError("No fields are requested", remedy="Use fields=, such as ['submitter_id'].")
    return " ".join(pieces)


def _is_whole(written: str) -> bool:
    """Whether a selection that is written out ends what it begins, and nothing else."""
    depths = list(accumulate((mark == "{") - (mark == "}") for mark in written))
    return bool(_SELECTION.fullmatch(written)) and min(depths) >= 0 and depths[-1] == 0


def _written(tree: Mapping[str, Any]) -> Iterator[str]:
    for name, inner in tree.items():
        yield f"{name} {{ {' '.join(_written(inner))} }}" if inner else name


def sort_of(sort: Sort | None) -> list[dict[str, str]]:
    """Return the order of records as the service expects it: a field with asc or desc each.

    Args:
        sort: The same, or one object of all fields.

    Raises:
        Gen3UserError: There is another order than these.
    """
    entries = [sort] if isinstance(sort, Mapping) else (sort or ())
    orders = [{field: direction.lower()} for entry in entries for field, direction in entry.items()]
    wrong = next(
        (direction for entry in orders for direction in entry.values() if direction not in ("asc", "desc")), None
    )
    if wrong is not None:
        raise Gen3UserError(f"Unknown sort order {wrong!r}", remedy="Use asc or desc.")
    return orders


def explorer_query(client: Gen3, text: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Send a GraphQL query to the explorer's service; a query reaches the first 10,000 records.

    Args:
        text: The query.
        variables: The values of its variables.

    Returns:
        The response, with its `data`.

    Raises:
        Gen3SubmissionQueryError: The service responded with errors.
        BadRequest: It did not accept the query.
    """
    body = {"query": text, "variables": dict(variables or {})}
    raw = client.guppy.send(plain_request("graphql", "POST", "/graphql", body=body, reads=True))
    response: dict[str, Any] = checked_json(raw, "graphql", mapping(ANY))
    if response.get("errors"):
        raise Gen3SubmissionQueryError(
            f"The response has errors: {'; '.join(messages_of(response['errors']))}",
            remedy="Correct it; the explorer's data types and fields are in the query { _mapping { TYPE } }.",
        )
    return response


@text_is_one_item
def explore(
    client: Gen3,
    data_type: str,
    fields: str | Iterable[str],
    *,
    filter: Mapping[str, Any] | None = None,
    sort: Sort | None = None,
    accessibility: str | None = None,
) -> Iterator[dict[str, Any]]:
    """Read any number of the explorer's records, without keeping them in memory.

    Args:
        data_type: Type of the records, such as `case`.
        fields: The requested fields; nested ones are written with dots.
        filter: A filter in the service's format, such as {"AND": [{"=": {"sex": "female"}}]}.
        sort: Their order: {field: "asc" or "desc"}, or several of these.
        accessibility: `accessible` records, the default, `unaccessible` ones, or `all`.

    Yields:
        The records, with the fields.

    Raises:
        Gen3UserError: A name cannot be one.
        Unauthorized: Records among them are not accessible: the service returns none then.
    """
    members = {
        "type": name_of(data_type),
        "fields": list(fields),
        "filter": filter or None,
        "sort": sort_of(sort) or None,
        "accessibility": accessibility or ACCESSIBLE,
    }
    body = {name: value for name, value in members.items() if value is not None}
    with client.guppy.streamed(plain_request("download", "POST", "/download", body=body, reads=True)) as response:
        yield from rows_of(response.read, "download")
