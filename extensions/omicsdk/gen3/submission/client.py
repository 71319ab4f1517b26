"""Records of projects (Sheepdog), and queries over them (Peregrine), with gen3sdk's names and arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.queries.paging import answer
from omicsdk.gen3.service import plain
from omicsdk.gen3.submission.exports import ExportMethods
from omicsdk.gen3.submission.projects import ProjectMethods
from omicsdk.gen3.submission.records import RecordMethods
from omicsdk.gen3.submission.services import Json

if TYPE_CHECKING:
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout
    from omicsdk.gen3.service import Auth, Network


class Gen3Submission(ProjectMethods, RecordMethods, ExportMethods):
    """Records of a commons' projects. What goes wrong is raised; nothing answers None in place of an error.

    `omicsdk.gen3.records` has functions that validate records first, send them in the order of their links, export and
    delete them; they are the better choice for new code.

    Args:
        endpoint: The commons; by default that of `auth_provider`, which may be given in its place.
        auth_provider: Who asks.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect and 60 to read.
        retry: When and how often to try again.
        transport: Takes the place of the network, for tests.

    Raises:
        Gen3UserError: There is nothing to know the commons from.
        ConfigError: The endpoint isn't one.
    """

    def __init__(
        self,
        endpoint: str | Auth | None = None,
        auth_provider: Auth | None = None,
        *,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        transport: Network | None = None,
    ) -> None:
        super().__init__(endpoint, auth_provider, timeout=timeout, retry=retry, transport=transport)

    def get_dictionary_node(self, node_type: str) -> Json:
        """Gives the JSON schema of a node.

        Args:
            node_type: The node's name.

        Raises:
            NotFound: There is no such node.
        """
        return plain(self._records.client.get_dictionary_node.raw(entry=node_type))

    def get_dictionary_all(self) -> Json:
        """Gives the JSON schemas of all nodes, by their names."""
        return plain(self._records.client.get_dictionary_node.raw(entry="_all"))

    def get_graphql_schema(self) -> Json:
        """Gives what can be asked for by `query`: the answer to GraphQL's introspection."""
        return plain(self._queries.client.get_graphql_schema.raw())

    def query(self, query_txt: str, variables: Mapping[str, Any] | None = None, max_tries: int = 1) -> Json:
        """Sends a query over records.

        Args:
            query_txt: The query, in GraphQL.
            variables: The values of its variables.
            max_tries: How often it is sent at most where that may help; 1, the default, leaves that to `retry`.

        Returns:
            The answer, with its `data`.

        Raises:
            Gen3SubmissionQueryError: The commons refused it; the message has its reasons.
            Gen3UserError: max_tries is below 1.
        """
        client = self._queries.client
        if max_tries < 1:
            raise Gen3UserError(f"max_tries is {max_tries}", remedy="Give a number from 1.")
        if max_tries > 1:
            from omicsdk.core.retry import Retry

            client = client.with_options(retry=Retry(attempts=max_tries))
        return answer(client, query_txt, variables)
