"""What can be wrong with a query."""


class QueryError(ValueError):
    """A query that can't be run; the message is fit for a user."""


class InvalidQuery(QueryError):
    """A query that breaks the language's own rules.

    Args:
        problem: What is wrong and what was expected.
        where: Dotted place in the query, such as `query.bool.must[0]`.
    """

    def __init__(self, problem: str, where: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.problem = problem
        self.where = where


class UnsupportedClause(QueryError):
    """A query that is valid elsewhere, and uses something that isn't implemented here.

    Args:
        name: The clause or option, such as `fuzzy` or `match.fuzziness`.
        where: Dotted place in the query that holds it.
        supported: What can stand there instead.
    """

    def __init__(self, name: str, where: str, supported: tuple[str, ...]) -> None:
        super().__init__(f"{where}: {name!r} is not supported here; supported: {', '.join(supported)}")
        self.name = name
        self.where = where
        self.supported = supported
