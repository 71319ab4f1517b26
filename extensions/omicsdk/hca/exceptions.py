"""The documented exceptions of the HCA clients; each is an error of core too."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar

from omicsdk.core.errors import APIError, OmicsError, TransportError
from omicsdk.core.narrowing import is_object

Known = APIError | TransportError
"""Errors of core that have a documented exception."""


class SwaggerAPIException(APIError):
    """A service answered with an error, or couldn't be reached, as the documented clients name it.

    Attributes:
        code: The HTTP status (APIError's `status`); None without an answer.
        reason: The service's code for what went wrong (APIError's `code`).
        title: The service's words.
        stacktrace: What the service sent as such; may be None.
        details: The stack trace, or the body.
    """

    code: Any = None
    reason: str | None = None
    title: str | None = None
    stacktrace: str | None = None
    details: Any = None
    _told: str = ""
    _kind: ClassVar[type[Known] | None] = None

    def __str__(self) -> str:
        # `code` is the status here, so the text is that of the error as it came, which names the service's own code.
        return self._told or super().__str__()

    def __reduce__(self) -> tuple[Callable[..., OmicsError], tuple[object, ...]]:
        # The classes of single statuses have no names that a pickle could find them by.
        if self._kind is None:
            return super().__reduce__()
        return _restored, (self._kind, self.args, dict(vars(self)))

    @classmethod
    def of(cls, error: Known) -> "SwaggerAPIException":
        """The documented exception for an error of core, with all that it holds."""
        raised = _restored(type(error), error.args, vars(error))
        raised._told = str(error)
        if isinstance(error, TransportError):
            raised.status, raised.body = 0, None
            return raised
        body = error.body if is_object(error.body) else {}
        raised.code, raised.reason = error.status, error.code
        raised.title, raised.stacktrace = body.get("title"), body.get("stacktrace")
        raised.details = raised.stacktrace or error.body
        return raised


class SwaggerClientInternalError(OmicsError):
    """A fault of the client itself. Nothing here raises it; programs that catch it go on working."""


@cache
def _of(kind: type[Known]) -> type[SwaggerAPIException]:
    """The documented exception that is also one of core's: `except NotFound` catches it as well."""
    stated = {"__module__": __name__, "__doc__": kind.__doc__, "_kind": kind}
    return type(f"Swagger{kind.__name__}", (SwaggerAPIException, kind), stated)


def _restored(kind: type[Known], args: tuple[object, ...], state: Mapping[str, object]) -> SwaggerAPIException:
    cls = _of(kind)
    error = cls.__new__(cls, *args)
    error.args = args
    vars(error).update(state)
    return error


def documented_error(error: Exception) -> Exception:
    """A SwaggerAPIException for an answer with an error status, or none at all; anything else as it is."""
    if not isinstance(error, Known) or isinstance(error, SwaggerAPIException):
        return error
    return SwaggerAPIException.of(error)
