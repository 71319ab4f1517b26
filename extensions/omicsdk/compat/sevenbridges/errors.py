"""Errors with the names of sevenbridges-python; each is an SbgError and the matching class of core."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

from omicsdk.compat.errors import DocumentedError, documented
from omicsdk.core import errors as core

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.models.task import Task

#: `code` and `status` of an error that no server reported.
NO_CODE = -1


class SbgError(DocumentedError):
    """Base of all errors of this package.

    Args:
        message: What happened.
        code: The platform's code (four or five digits); -1 for an error that no server reported.
        status: The HTTP status; -1 for an error that no server reported.
        more_info: Where the platform states more.
        request_id: The platform's name for the request; worth quoting to its operators.
        remedy: What to do.
    """

    prefix: ClassVar[str] = "Sbg"

    def __init__(
        self,
        message: object = None,
        code: int | None = None,
        status: int | None = None,
        more_info: str | None = None,
        *,
        request_id: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__("" if message is None else str(message), remedy=remedy)
        self.code: Any = code  # an int; core's is text
        self.status: Any = status
        self.more_info, self.request_id = more_info, request_id


class _LocalError(SbgError):
    """Error that was not reported by a server."""

    def __init__(self, message: object = None, *, remedy: str | None = None) -> None:
        super().__init__(message, NO_CODE, NO_CODE, remedy=remedy)


class NeverEnds(_LocalError):
    """Waiting would never end: the task or job was not started."""


class TransferFailed(_LocalError, core.TransferError):
    """Transfer of a file failed."""


class SettingsError(_LocalError, core.ConfigError):
    """A setting is missing or malformed; in `line` of `file`, if it is from a file."""


class ResourceNotModified(_LocalError):
    """Nothing to save: the resource is unchanged."""

    def __init__(self) -> None:
        super().__init__("There is nothing to save: no field was changed")


class ReadOnlyPropertyError(_LocalError, core.UsageError):
    """Assignment to a read-only field."""


class ValidationError(_LocalError, core.UsageError):
    """Invalid value of a field."""


class PaginationError(_LocalError):
    """Page not found."""


class AdvanceAccessError(_LocalError):
    """An operation needs advance access."""

    def __init__(self, message: object = None) -> None:
        remedy = "Make the Api with advance_access=True."
        super().__init__(message or "This operation is in advance access", remedy=remedy)


class TaskValidationError(_LocalError):
    """Invalid inputs of a task, or a task that cannot be run; `task` exists as a draft."""

    def __init__(self, message: object, task: Task | None = None) -> None:
        super().__init__(message)
        self.task = task


class _Coded(SbgError):
    """Error with the arguments of the published client, the code first."""

    http_status: ClassVar[int] = NO_CODE

    def __init__(
        self,
        code: int | None = None,
        message: object = None,
        more_info: str | None = None,
        *,
        status: int | None = None,
        request_id: str | None = None,
        remedy: str | None = None,
    ) -> None:
        http_status = self.http_status if status is None else status
        super().__init__(message, code, http_status, more_info, request_id=request_id, remedy=remedy)


class LocalFileAlreadyExists(_Coded, core.UsageError):
    """Local file already exists; `message` is its path. Not reported by a server."""

    default_remedy = "Choose another name, or use overwrite=True."


class ExecutionDetailsInvalidTaskType(_Coded, core.UsageError):
    """Execution details of a batch task, which only its children have. Not reported by a server."""


class NonJSONResponseError(SbgError, core.APIError):
    """Response that is not JSON."""

    def __init__(
        self, status: int | None = None, code: int | None = None, message: object = None, more_info: str | None = None
    ) -> None:
        super().__init__(message or "The response isn't JSON", code, status, more_info)


BY_STATUS: dict[int, type[ResponseError]] = {}
"""The class of each HTTP status that has one."""


class ResponseError(_Coded, core.APIError):
    """Error response of the platform; also the class of statuses without a separate class."""

    def __init_subclass__(cls, status: int | None = None) -> None:
        super().__init_subclass__()
        if status is not None:
            cls.http_status, BY_STATUS[status] = status, cls

    @property
    def summary(self) -> str:
        """The message, with the status and code of the response, if any."""
        return self.message if self.code == NO_CODE else super().summary


class BadRequest(ResponseError, core.BadRequest, status=400):
    """Invalid request."""


class Unauthorized(ResponseError, core.Unauthorized, status=401):
    """Invalid token."""

    default_remedy = "Check the token: it may have expired, or belong to another platform."


class Forbidden(ResponseError, core.Forbidden, status=403):
    """Not allowed."""


class NotFound(ResponseError, core.NotFound, status=404):
    """Not found, or not visible to the user."""


class MethodNotAllowed(ResponseError, status=405):
    """Method not allowed."""


class RequestTimeout(ResponseError, status=408):
    """The platform waited too long for the request."""


class Conflict(ResponseError, core.Conflict, status=409):
    """Already exists, or is in a conflicting state."""


class Gone(ResponseError, core.Gone, status=410):
    """No longer exists."""


class PreconditionFailed(ResponseError, core.PreconditionFailed, status=412):
    """Changed in the meantime."""


class PayloadTooLarge(ResponseError, core.TooLarge, status=413):
    """The request is too large."""


class URITooLong(ResponseError, status=414):
    """The URL is too long; raised before it is sent."""


class UnsupportedMediaType(ResponseError, status=415):
    """Unsupported media type of the body."""


class UnprocessableEntity(ResponseError, core.Unprocessable, status=422):
    """The request is well-formed, but cannot be processed."""


class TooManyRequests(ResponseError, core.RateLimited, status=429):
    """More requests than allowed."""

    default_remedy = "Wait until api.reset_time, or make the Api with error_handlers=[rate_limit_sleeper]."


class ServerError(ResponseError, core.ServerError, status=500):
    """The platform failed."""


class BadGateway(ServerError, status=502):
    """A part of the platform cannot be reached."""


class ServiceUnavailable(ResponseError, core.ServiceUnavailable, status=503):
    """The platform, or a part of it, is unavailable."""


class GatewayTimeout(ServerError, core.GatewayTimeout, status=504):
    """A part of the platform did not respond in time."""


def class_of(status: int) -> type[ResponseError]:
    """Return the class of an HTTP status; ServerError for others of 500 and above, else ResponseError."""
    return BY_STATUS.get(status) or (ServerError if status >= 500 else ResponseError)


def as_sbg(error: BaseException) -> SbgError:
    """Return an error of this package for any error: itself, the platform's own one behind it, or a new one."""
    if isinstance(error, SbgError):
        return error
    if isinstance(error.__cause__, SbgError):
        return error.__cause__
    if isinstance(error, core.ConfigError):
        settings = SettingsError(error.message, remedy=error.remedy)
        settings.file, settings.line = error.file, error.line
        return settings
    if not isinstance(error, core.OmicsError):
        converted: SbgError = TransferFailed(f"The transfer ended with {type(error).__name__}: {error}")
    else:
        converted = documented(error, SbgError)
        for name, value in (("code", NO_CODE), ("status", NO_CODE), ("more_info", None), ("request_id", None)):
            vars(converted).setdefault(name, value)
    converted.__cause__ = error
    return converted


@contextmanager
def as_ours() -> Generator[None]:
    """Convert errors of core to those of this package."""
    try:
        yield
    except SbgError:
        raise
    except core.OmicsError as error:
        converted = as_sbg(error)
        # Not from `error`, which it may be the cause of; and what a setting is refused for may quote it, and be a secret.
        raise converted from converted.__cause__


@contextmanager
def as_invalid() -> Generator[None]:
    """Raise a core.UsageError as a ValidationError."""
    try:
        yield
    except core.UsageError as error:
        raise ValidationError(error.message, remedy=error.remedy) from None
