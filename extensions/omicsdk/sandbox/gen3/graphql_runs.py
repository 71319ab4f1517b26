"""Runs of GraphQL queries, for Guppy and Peregrine; each service words the outcome itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

import graphql

# Longest query, in tokens.
MOST_TOKENS = 20_000


class Stage(Enum):
    """The stage that a query reached."""

    PARSED = "parsed"
    VALIDATED = "validated"
    EXECUTED = "executed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a query.

    Attributes:
        stage: The last stage that it reached; its errors are of this one.
        data: The requested data; None before it was executed.
        errors: The errors.
    """

    stage: Stage
    data: Any
    errors: Sequence[graphql.GraphQLError]


def run(
    schema: graphql.GraphQLSchema,
    text: str,
    root: object,
    variables: Mapping[str, Any] | None,
    *,
    checks: Sequence[graphql.Visitor] = (),
    **options: Any,
) -> Outcome:
    """Parse, validate and execute a query.

    Args:
        schema: The schema.
        text: The query.
        root: What the fields of the root are resolved from.
        variables: The values of its variables.
        checks: Visitors of the parsed query that raise on what the service's language does not have.
        options: Further arguments of graphql-core's execution.
    """
    try:
        document = graphql.parse(text, max_tokens=MOST_TOKENS)
        for check in checks:
            graphql.visit(document, check)
        if errors := graphql.validate(schema, document):
            return Outcome(Stage.VALIDATED, None, errors)
    except RecursionError:
        return Outcome(Stage.PARSED, None, [graphql.GraphQLError("The query nests too deep")])
    except graphql.GraphQLError as error:
        return Outcome(Stage.PARSED, None, [error])
    execution: Any = graphql.execution  # its stubs leave types open
    result = execution.execute_sync(schema, document, root, variable_values=dict(variables or {}), **options)
    return Outcome(Stage.EXECUTED, result.data, cast("list[graphql.GraphQLError]", result.errors or []))
