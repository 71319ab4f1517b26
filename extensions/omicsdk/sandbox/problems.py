"""The one way in which the sandbox refuses: raise a Problem, the response has the platform's shape."""

from collections.abc import Mapping


class Problem(Exception):
    """A refusal that becomes an HTTP response.

    Args:
        status: The HTTP status.
        code: The platform's machine-readable word, such as `not_found`.
        title: One sentence for users.
        headers: Further headers of the response.
        against: What of the service's document the request breaks, without a value of the request; empty when it
            keeps to the document.
        crashes: Whether the real server fails on this with 500, where it should refuse it.
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        headers: Mapping[str, str] | None = None,
        *,
        against: str = "",
        crashes: bool = False,
    ) -> None:
        super().__init__(f"{status} {code}: {title}")
        self.status = status
        self.code = code
        self.title = title
        self.headers = dict(headers or {})
        self.against = against
        self.crashes = crashes

    def body(self) -> dict[str, object]:
        """The JSON that the response carries."""
        return {"status": self.status, "code": self.code, "title": self.title}


def bad_arguments(title: str, *, against: str = "") -> Problem:
    """A 400 for arguments that the operation cannot take."""
    return Problem(400, "illegal_arguments", title, against=against)


def not_found(title: str) -> Problem:
    """A 404 for an object that does not exist."""
    return Problem(404, "not_found", title)
