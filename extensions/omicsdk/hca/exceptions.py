"""The documented exceptions of the HCA clients; each is an error of core too."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, ClassVar

from omicsdk.core.errors import APIError, OmicsError
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
    _kind: ClassVar[type[APIError] | None] = None

    def __str__(self) -> str:
        # `code` is the status here, so the text is that of the error as it came, which names the service's own code.
        return self._told or super().__str__()

    def __reduce__(self) -> tuple[Callable[..., OmicsError], tuple[object, ...]]:
        # The classes of single statuses have no names that a pickle could find them by.
        if self._kind is None:
            return super().__reduce__()
        return _restored, (self._kind, self.args, dict(vars(self)))

    @classmethod
    def of(cls, error: APIError) -> "SwaggerAPIException":
        """The documented exception for an error of core, with all that it holds."""
        raised = _restored(type(error), error.args, vars(error))
        body = error.body if is_object(error.body) else {}
        raised._told = str(error)
        raised.code, raised.reason = error.status, error.code
        raised.title, raised.stacktrace = body.get("title"), body.get("stacktrace")
        raised.details = raised.stacktrace or error.body
        return raised


@cache
def _of(kind: type[APIError]) -> type[SwaggerAPIException]:
    """The documented exception that is also an error of one status: `except NotFound` catches it as well."""
    stated = {"__module__": __name__, "__doc__": kind.__doc__, "_kind": kind}
    return type(f"Swagger{kind.__name__}", (SwaggerAPIException, kind), stated)


def _restored(kind: type[APIError], args: tuple[object, ...], state: Mapping[str, object]) -> SwaggerAPIException:
    cls = _of(kind)
    error = cls.__new__(cls, *args)
    error.args = args
    vars(error).update(state)
    return error


def documented_error(error: Exception) -> Exception:
    """A SwaggerAPIException for an APIError; anything else as it is."""
    if not isinstance(error, APIError) or isinstance(error, SwaggerAPIException):
        return error
    return SwaggerAPIException.of(error)
