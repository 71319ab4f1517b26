"""The documented exceptions of the HCA clients; each is an error of core too."""

from functools import cache
from typing import Any

from omicsdk.core.errors import APIError
from omicsdk.core.narrowing import is_object


class SwaggerAPIException(APIError):
    """A service answered with an error, as the documented clients name it.

    Attributes:
        code: The HTTP status (APIError's `status`).
        reason: The service's code for what went wrong (APIError's `code`).
        title: The service's words.
        stacktrace: What the service sent as such; may be None.
        details: The stack trace, or the body.
    """

    code: Any
    reason: str | None = None
    title: str | None = None
    stacktrace: str | None = None
    details: Any = None
    _told: str = ""

    def __str__(self) -> str:
        # `code` is the status here, so the text is that of the error as it came, which names the service's own code.
        return self._told or super().__str__()

    @classmethod
    def of(cls, error: APIError) -> "SwaggerAPIException":
        """The documented exception for an error of core, with all that it holds."""
        kind = _of(type(error))
        raised = kind.__new__(kind, *error.args)
        raised.args = error.args
        vars(raised).update(vars(error))
        body = error.body if is_object(error.body) else {}
        raised._told = str(error)
        raised.code, raised.reason = error.status, error.code
        raised.title, raised.stacktrace = body.get("title"), body.get("stacktrace")
        raised.details = raised.stacktrace or error.body
        return raised


@cache
def _of(kind: type[APIError]) -> type[SwaggerAPIException]:
    """The documented exception that is also an error of one status: `except NotFound` catches it as well."""
    return type(
        f"Swagger{kind.__name__}", (SwaggerAPIException, kind), {"__module__": __name__, "__doc__": kind.__doc__}
    )


def documented_error(error: Exception) -> Exception:
    """A SwaggerAPIException for an APIError; anything else as it is."""
    if not isinstance(error, APIError) or isinstance(error, SwaggerAPIException):
        return error
    return SwaggerAPIException.of(error)
