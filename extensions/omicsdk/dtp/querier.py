"""`Querier`: what a commons has, and questions about it in GraphQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.dtp.client import CommonsClient
from omicsdk.dtp.node_records import node_records
from omicsdk.dtp.projects import programs_of, projects_of
from omicsdk.gen3.queries.paging import ask

if TYPE_CHECKING:
    from omicsdk.gen3.queries.query import Query


class Querier(CommonsClient):
    __doc__ = f"Asks a commons for programs, projects, records, and by GraphQL.\n\n{CommonsClient.__doc__}"

    def get_programs(self) -> list[str]:
        """Lists the names of the programs that this login may see."""
        return programs_of(self.commons)

    def get_projects(self, program: str) -> list[str]:
        """Lists the codes of the projects of a program.

        Args:
            program: The program's name.

        Raises:
            NotFound: There is no such program; the nearest is named.
        """
        return projects_of(self.commons, program)

    def get_node_records(self, node: str, program: str, project: str) -> list[dict[str, Any]]:
        """Gives all records of a node.

        Args:
            node: The node, such as case.
            program: The program's name.
            project: The project's code.

        Returns:
            The records: properties that have a value, links such as `experiments`, `id` and `type`.

        Raises:
            BadRequest: The dictionary has no such node; the nearest is named.
            NotFound: There is no such program; the nearest is named.
            Gen3UserError: There is no such project in it; the nearest is named.
        """
        return node_records(self.commons, program, project, node)

    def graphql_query(self, query_string: str | Query, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Asks by GraphQL.

        Args:
            query_string: The query, or a `Query` of `omicsdk.gen3.queries`, which is made of names of the dictionary.
            variables: The values of its variables, by their names without the dollar.

        Returns:
            The answer's data: what was found, by the query's fields. A commons gives 10 records of a field that doesn't say
            `first`; 0 is all.

        Raises:
            Gen3SubmissionQueryError: The commons refused the query; the message has its reasons.
        """
        return ask(self.commons, query_string, variables)
