"""Gen3Query: the index that explorers of a commons search (Guppy)."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import accumulate, islice
from logging import getLogger
from typing import TYPE_CHECKING, Any

from omicsdk.core.answer import json_of
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.gen3.errors import Gen3SubmissionQueryError, Gen3UserError
from omicsdk.gen3.plain_client import PlainService, plain_request
from omicsdk.gen3.records.exports import rows_of

ACCESSIBILITY = ("all", "accessible", "unaccessible")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# A selection that the caller has written out, such as "visits { id }".
_SELECTION = re.compile(r"[\s\w{},():\"\[\]$.-]+")


def filter_of(filters: Mapping[str, Any] | None, filter_object: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The filter that is meant.

    Args:
        filters: Values that fields must have, all of them.
        filter_object: A filter as the service has it.

    Raises:
        Gen3UserError: Both are given.
    """
    if filters and filter_object:
        raise Gen3UserError("filters and filter_object exclude each other", remedy="Give one of them.")
    if not filters:
        return filter_object
    return {"AND": [{"=": {name: value}} for name, value in filters.items()]}


def records_query(
    data_type: str,
    fields: Iterable[str],
    first: int | None,
    offset: int | None,
    accessibility: str | None,
    variables: Sequence[str],
) -> str:
    """A query for records.

    Args:
        data_type: What they are records of.
        fields: What is wanted of each; what is within others is written with dots.
        first: How many at most.
        offset: How many are passed over.
        accessibility: Whose: all, accessible or unaccessible ones.
        variables: Arguments that come as variables of their names: filter, sort.

    Raises:
        Gen3UserError: A name can't be one.
    """
    arguments = [f"{name}: {int(value)}" for name, value in (("first", first), ("offset", offset)) if value is not None]
    arguments += [f"{name}: ${name}" for name in variables]
    if accessibility:
        arguments.append(f"accessibility: {_accessibility(accessibility)}")
    bound = f" ({', '.join(arguments)})" if arguments else ""
    stated = ", ".join(f"${name}: JSON" for name in variables)
    head = f"query({stated}) " if stated else ""
    return f"{head}{{ {checked(data_type, 'data type')}{bound} {{ {selection(fields)} }} }}"


def checked(name: str, what: str) -> str:
    """A name that stands in a query as it is.

    Raises:
        Gen3UserError: It can't be one.
    """
    if not _NAME.fullmatch(name):
        raise Gen3UserError(f"{name!r} is no {what}", remedy="Give a name of letters, digits and underscores.")
    return name


def selection(fields: Iterable[str]) -> str:
    """The fields of a query; `a.b` becomes `a { b }`.

    Raises:
        Gen3UserError: There is none, or one can't be a field.
    """
    tree: dict[str, Any] = {}
    written: list[str] = []
    for field in fields:
        if "{" in field and _is_whole(field):
            written.append(field)
            continue
        level = tree
        for name in field.split("."):
            level = level.setdefault(checked(name, "field"), {})
    pieces = [*_written(tree), *written]
    if not pieces:
        raise Gen3UserError("There are no fields to ask for", remedy="Give fields=, such as ['submitter_id'].")
    return " ".join(pieces)


def _is_whole(written: str) -> bool:
    """Whether a selection that is written out ends what it begins, and nothing else."""
    depths = list(accumulate((mark == "{") - (mark == "}") for mark in written))
    return bool(_SELECTION.fullmatch(written)) and min(depths) >= 0 and depths[-1] == 0


def _written(tree: Mapping[str, Any]) -> Iterator[str]:
    for name, inner in tree.items():
        yield f"{name} {{ {' '.join(_written(inner))} }}" if inner else name


def _accessibility(value: str) -> str:
    if value not in ACCESSIBILITY:
        raise Gen3UserError(f"{value!r} is no accessibility", remedy=f"Give one of {', '.join(ACCESSIBILITY)}.")
    return value


def sort_of(given: Mapping[str, str] | Sequence[Mapping[str, str]] | None) -> list[dict[str, str]]:
    """What records are sorted by, as the service has it: a field and asc or desc each.

    Args:
        given: The same, or one object of all fields.

    Raises:
        Gen3UserError: There is another order than these.
    """
    entries = [given] if isinstance(given, Mapping) else (given or ())
    found = [{field: way.lower()} for entry in entries for field, way in entry.items()]
    wrong = next((way for entry in found for way in entry.values() if way not in ("asc", "desc")), None)
    if wrong is not None:
        raise Gen3UserError(f"{wrong!r} is no order", remedy="Give asc or desc.")
    return found


if TYPE_CHECKING:
    Filter = Mapping[str, Any]
    Sort = Mapping[str, str] | Sequence[Mapping[str, str]]

#: Records that a query reaches; further ones are to be downloaded.
REACH = 10_000
#: Whose records are given unless told otherwise.
ACCESSIBLE = "accessible"
_log = getLogger("omicsdk.gen3")


class Gen3Query(PlainService):
    """Queries to the explorer's service of a commons.

    Args:
        auth_provider: Who asks; the commons is the one that it is for, unless `endpoint` is given.
        endpoint: The commons.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect and 60 to read.
        retry: When and how often to try again.
        transport: Takes the place of the network, for tests.

    Raises:
        Gen3UserError: There is nothing to know the commons from.
    """

    location = "guppy"

    def graphql_query(self, query_string: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Sends a query.

        Args:
            query_string: The query, in GraphQL.
            variables: The values of its variables.

        Returns:
            The answer, with its `data`.

        Raises:
            Gen3SubmissionQueryError: The service answered with errors.
            BadRequest: It didn't accept the query.
        """
        body = {"query": query_string, "variables": dict(variables or {})}
        told = json_of(self._service.client.send(plain_request("graphql", "POST", "/graphql", body=body, reads=True)))
        if is_object(told) and told.get("errors"):
            raise Gen3SubmissionQueryError(
                f"The query was answered with errors: {_reasons(told['errors'])}",
                remedy="Correct it; the explorer's data types and fields are in the query { _mapping { TYPE } }.",
            )
        return told

    def query(
        self,
        data_type: str,
        fields: Sequence[str],
        first: int | None = None,
        offset: int | None = None,
        filters: Mapping[str, Any] | None = None,
        filter_object: Filter | None = None,
        sort_object: Sort | None = None,
        accessibility: str | None = None,
        verbose: bool = True,
    ) -> dict[str, Any]:
        """Gives records. Beyond the 10,000 that a query reaches they are downloaded.

        Args:
            data_type: What they are records of, such as `case`.
            fields: What is wanted of each; what is within others is written with dots.
            first: How many at most, 10 by default.
            offset: How many are passed over; none by default.
            filters: Values that fields must have, all of them; excludes `filter_object`.
            filter_object: A filter as the service has it, such as {"AND": [{"=": {"sex": "female"}}]}.
            sort_object: What they are sorted by: {field: "asc" or "desc"}.
            accessibility: Whose: `accessible` ones, which is the default, `unaccessible` ones, or `all`.
            verbose: Whether a download in place of a query is told to the log, as a warning.

        Returns:
            The answer: {"data": {data_type: the records}}.

        Raises:
            Gen3UserError: A name can't be one, or arguments exclude each other.
            Gen3SubmissionQueryError: The service answered with errors.
        """
        first, offset = 10 if first is None else first, offset or 0
        chosen, order = filter_of(filters, filter_object), sort_of(sort_object)
        if first + offset > REACH:
            if verbose:
                _log.warning("more than %d records can't be queried: they are downloaded", REACH)
            rows = self.raw_data_download(data_type, fields, chosen, order, accessibility, first, offset)
            return {"data": {data_type: rows}}
        variables = {name: value for name, value in (("filter", chosen), ("sort", order)) if value}
        return self.graphql_query(
            records_query(data_type, fields, first, offset, accessibility or ACCESSIBLE, tuple(variables)), variables
        )

    def raw_data_download(
        self,
        data_type: str,
        fields: Sequence[str],
        filter_object: Filter | None = None,
        sort_fields: Sort | None = None,
        accessibility: str | None = None,
        first: int | None = None,
        offset: int | None = None,
    ) -> list[dict[str, Any]]:
        """Gives records, however many they are.

        Args:
            data_type: What they are records of.
            fields: What is wanted of each; what is within others is written with dots.
            filter_object: A filter as the service has it.
            sort_fields: What they are sorted by: each {field: "asc" or "desc"}.
            accessibility: Whose: `accessible` ones, which is the default, `unaccessible` ones, or `all`.
            first: How many at most; all by default.
            offset: How many are passed over; none by default.

        Returns:
            The records.

        Raises:
            Gen3UserError: A name can't be one.
            Unauthorized: There are records among them that aren't accessible, and the service doesn't give any then.
        """
        begin = offset or 0
        end = None if first is None else begin + first
        with closing(self._rows(data_type, fields, filter_object, sort_fields, accessibility)) as rows:
            return list(islice(rows, begin, end))

    def iterate_rows(
        self,
        data_type: str,
        fields: Sequence[str],
        filter_object: Filter | None = None,
        sort_fields: Sort | None = None,
        accessibility: str | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Gives records as they arrive, however many they are, without keeping them; arguments as `raw_data_download`'s."""
        return self._rows(data_type, fields, filter_object, sort_fields, accessibility)

    def _rows(
        self,
        data_type: str,
        fields: Iterable[str],
        filter_object: Filter | None,
        sort: Sort | None,
        accessibility: str | None,
    ) -> Generator[dict[str, Any]]:
        wanted = {
            "type": checked(data_type, "data type"),
            "fields": list(fields),
            "filter": filter_object or None,
            "sort": sort_of(sort) or None,
            "accessibility": accessibility or ACCESSIBLE,
        }
        body = {name: value for name, value in wanted.items() if value is not None}
        request = plain_request("download", "POST", "/download", body=body, reads=True)
        with self._service.client.streamed(request) as answer:
            yield from rows_of(answer.read, "download")


def _reasons(errors: Any) -> str:
    """What a service says went wrong, in a line."""
    listed = errors if is_array(errors) else [errors]
    return "; ".join(str(each.get("message", each)) if is_object(each) else str(each) for each in listed)
