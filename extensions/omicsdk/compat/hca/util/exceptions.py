"""The exceptions of the published clients; each is an error of core too."""

from functools import partial
from typing import Any, ClassVar

from omicsdk.compat.errors import OF_REQUESTS, DocumentedError, Foreign, documented
from omicsdk.compat.responses import RefusedResponse, translating
from omicsdk.core.errors import APIError, OmicsError, TransportError
from omicsdk.core.type_guards import is_object

# Errors of core that have a documented exception.
DocumentedCoreError = APIError | TransportError


class SwaggerAPIException(DocumentedError, APIError):
    """Error response of a service, or failed connection, under its documented name.

    In a program that has imported `requests` it is a `requests.HTTPError`, too; a `requests.ConnectionError` without a
    response.

    Attributes:
        code: The HTTP status (APIError's `status`); None without a response.
        reason: The service's code for what went wrong (APIError's `code`).
        title: The service's words.
        stacktrace: What the service sent as such; may be None.
        details: The stack trace, or the body.
    """

    prefix = "Swagger"
    foreign: ClassVar[Foreign] = OF_REQUESTS
    code: Any = None
    reason: str | None = None
    title: str | None = None
    stacktrace: str | None = None
    details: Any = None
    _text: str = ""

    def __str__(self) -> str:
        # `code` is the status here, so the text is that of the original error, which has the service's own code.
        return self._text or super().__str__()

    @property
    def response(self) -> "RefusedResponse | None":
        """The response as in `requests`, with secrets masked; None without one."""
        if self.code is None:
            return None

        return RefusedResponse(self, lambda same: same)

    @classmethod
    def of(cls, error: DocumentedCoreError) -> "SwaggerAPIException":
        """Return the documented exception for an error of core, with all its attributes."""
        raised = documented(error, cls)
        raised._text = str(error)
        if isinstance(error, TransportError):
            raised.status, raised.body = 0, None
            return raised
        body = error.body if is_object(error.body) else {}
        raised.code, raised.reason = error.status, error.code
        raised.title, raised.stacktrace = body.get("title"), body.get("stacktrace")
        raised.details = raised.stacktrace or error.body
        return raised


class SwaggerClientInternalError(OmicsError):
    """Internal error of the client. Never raised here; exists for programs that catch it."""


def documented_error(error: Exception) -> Exception:
    """Return a SwaggerAPIException for an error response or a failed connection; any other error unchanged."""
    if not isinstance(error, DocumentedCoreError) or isinstance(error, SwaggerAPIException):
        return error
    return SwaggerAPIException.of(error)


# Make a context manager that raises the documented exceptions in place of the client's own.
documented_errors = partial(translating, documented_error)
