"""gen3.query: the index that explorers of a commons search."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from typing import Any, cast

from omicsdk.compat._requests import __getattr__ as __getattr__
from omicsdk.compat.gen3._service import LoginService
from omicsdk.core.logs import logger
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.explorer import ACCESSIBLE, Sort, records_query, sort_of

Filter = Mapping[str, Any]
# Records that a query reaches; further ones are downloaded.
REACH = 10_000
_log = logger("omicsdk.gen3")


class Gen3Query(LoginService):
    """Queries to the explorer's service of a commons.

    Args:
        auth_provider: The credentials; the commons is the one that they are for, unless `endpoint` is given.
        options: Those of every client of this face: endpoint, timeout, retry, transport, clock.

    Raises:
        Gen3UserError: Nothing states the commons.
    """

    def graphql_query(self, query_string: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Send a query.

        Args:
            query_string: The query, in GraphQL.
            variables: The values of its variables.

        Returns:
            The response, with its `data`.

        Raises:
            Gen3SubmissionQueryError: The service responded with errors.
            BadRequest: It did not accept the query.
        """
        return self._commons.explorer_query(query_string, variables)

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
        """Return records. Beyond the first 10,000, which queries are limited to, they are downloaded.

        Args:
            data_type: Their type, such as `case`.
            fields: The requested fields; nested ones are written with dots.
            first: Maximum number of results, 10 by default.
            offset: Records to skip; none by default.
            filters: Values that fields must have, all of them; excludes `filter_object`.
            filter_object: A filter in the service's format, such as {"AND": [{"=": {"sex": "female"}}]}.
            sort_object: Their order: {field: "asc" or "desc"}.
            accessibility: `accessible` records, the default, `unaccessible` ones, or `all`.
            verbose: Whether a download in place of a query is logged, as a warning.

        Returns:
            The response: {"data": {data_type: the records}}.

        Raises:
            Gen3UserError: A name cannot be one, or arguments are mutually exclusive.
            Gen3SubmissionQueryError: The service responded with errors.
        """
        if filters and filter_object:
            raise Gen3UserError("filters and filter_object are mutually exclusive", remedy="Pass one of them.")
        chosen = {"AND": [{"=": {name: value}} for name, value in filters.items()]} if filters else filter_object
        first, offset, order = 10 if first is None else first, offset or 0, sort_of(sort_object)
        # The search engine behind the service refuses to go further.
        if first + offset > REACH:
            if verbose:
                _log.warning("queries return at most %d records; downloading all records instead", REACH)
            rows = self.raw_data_download(data_type, fields, chosen, order, accessibility, first, offset)
            return {"data": {data_type: rows}}
        variables = {name: value for name, value in (("filter", chosen), ("sort", order)) if value}
        text = records_query(data_type, fields, first, offset, accessibility or ACCESSIBLE, tuple(variables))
        return self.graphql_query(text, variables)

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
        """Return any number of records.

        Args:
            data_type: Their type.
            fields: The requested fields; nested ones are written with dots.
            filter_object: A filter in the service's format.
            sort_fields: Their order: each {field: "asc" or "desc"}.
            accessibility: `accessible` records, the default, `unaccessible` ones, or `all`.
            first: Maximum number of results; all by default.
            offset: Records to skip; none by default.

        Raises:
            Gen3UserError: A name cannot be one.
            Unauthorized: Records among them are not accessible: the service returns none then.
        """
        begin = offset or 0
        end = None if first is None else begin + first
        rows = self.iterate_rows(data_type, fields, filter_object, sort_fields, accessibility)
        with closing(cast("Generator[dict[str, Any]]", rows)):
            return list(islice(rows, begin, end))

    def iterate_rows(
        self,
        data_type: str,
        fields: Sequence[str],
        filter_object: Filter | None = None,
        sort_fields: Sort | None = None,
        accessibility: str | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Iterate over records as they arrive; arguments as for `raw_data_download`."""
        return self._commons.explore(
            data_type, fields, filter=filter_object, sort=sort_fields, accessibility=accessibility
        )
