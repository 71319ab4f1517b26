"""Runs of GraphQL queries, for Guppy and Peregrine; each service words the outcome itself."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, cast

import graphql

# Longest query, in tokens.
MOST_TOKENS = 20_000


# The last stage that a query reached.
Stage = Literal["parsed", "validated", "executed"]


def run(
    schema: graphql.GraphQLSchema,
    text: str,
    root: object,
    variables: Mapping[str, Any] | None,
    *,
    checks: Sequence[graphql.Visitor] = (),
    **options: Any,
) -> tuple[Stage, Any, Sequence[graphql.GraphQLError]]:
    """Parse, validate and execute a query.

    Args:
        schema: The schema.
        text: The query.
        root: What the fields of the root are resolved from.
        variables: The values of its variables.
        checks: Visitors of the parsed query that raise on what the service's language does not have.
        options: Further arguments of graphql-core's execution.

    Returns:
        The last stage that the query reached, the requested data, None before it was executed, and the errors of that stage.
    """
    try:
        document = graphql.parse(text, max_tokens=MOST_TOKENS)
        for check in checks:
            graphql.visit(document, check)
        if errors := graphql.validate(schema, document):
            return "validated", None, errors
    except RecursionError:
        return "parsed", None, [graphql.GraphQLError("The query nests too deep")]
    except graphql.GraphQLError as error:
        return "parsed", None, [error]
    execution: Any = graphql.execution  # its stubs leave types open
    result = execution.execute_sync(schema, document, root, variable_values=dict(variables or {}), **options)
    return "executed", result.data, cast("list[graphql.GraphQLError]", result.errors or [])
