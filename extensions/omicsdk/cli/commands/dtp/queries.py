"""What `omics dtp query` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.gen3.queries import query_text
from omicsdk.core.errors import UsageError
from omicsdk.dtp.commons import Querier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.dtp.access import Workflow
    from omicsdk.cli.console import Console


def query(workflow: Workflow, arguments: Mapping[str, Any], console: Console) -> Any:
    """`omics dtp query`: projects, records, or a query's data."""
    del console
    text, node, projects = arguments.get("text"), arguments.get("node"), arguments.get("projects")
    if [text is not None, node is not None, bool(projects)].count(True) != 1:
        raise UsageError(
            "it isn't clear what is asked for", remedy="Give one of: a query in GraphQL, --node NODE, --projects."
        )
    if arguments.get("variables") is not None and text is None:
        raise UsageError("--variables are those of a query", remedy="Give the query, too.")
    if text is not None:
        text = query_text(text)
    project = workflow.project(arguments) if node is not None else None
    with Querier(workflow.auth) as querier:
        if text is not None:
            return querier.graphql_query(text, arguments.get("variables"))
        if node is not None and project is not None:
            return querier.get_node_records(node, *project)
        stated = workflow.named("program", arguments)
        programs = querier.get_programs() if stated is None else [stated]
        return [{"program": each, "project": code} for each in programs for code in querier.get_projects(each)]
