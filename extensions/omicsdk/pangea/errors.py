"""What goes wrong with Pangea, by the names of the published client; each error is the matching class of core as well."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from omicsdk.core.documented.errors import OF_REQUESTS, DocumentedError, Foreign, catchable, documented
from omicsdk.core.errors import (
    APIError,
    AuthError,
    BadRequest,
    Forbidden,
    NotFound,
    OmicsError,
    ServerError,
    UsageError,
)

if TYPE_CHECKING:
    from omicsdk.core.documented.client import DocumentedResponse

#: What the platform says of a request without a token, or with one that isn't valid any longer; both are 403.
_NOT_LOGGED_IN = ("Authentication credentials were not provided.", "Invalid token")


class PangeaGeneralError(DocumentedError):
    """The base of all that goes wrong between this machine and a Pangea server.

    Each is the class of core that it belongs to, too: an answer with an error is an `omicsdk.core.errors.APIError` with
    `status` and `body`, a server that doesn't answer a `TransportError`.

    In a program that has imported `requests` each is a `requests.HTTPError`, too, or a `requests.ConnectionError`.

    Args:
        message: What happened.
        remedy: What to do.

    Attributes:
        response: The answer that was a refusal, as `requests` would have it; None where there was none.
    """

    prefix: ClassVar[str] = "Pangea"
    foreign: ClassVar[Foreign] = OF_REQUESTS
    response: DocumentedResponse | None = None


class PangeaNotFoundError(PangeaGeneralError, NotFound):
    """404: there is no such thing."""


class PangeaForbiddenError(PangeaGeneralError, Forbidden):
    """403: this user may not do that, or nobody is logged in."""


class PangeaInternalError(PangeaGeneralError, ServerError):
    """500: the server failed. It does so for some wrong requests too: a uuid that isn't there, a name that is taken."""

    default_remedy = "Check the names and uuids that were sent; if they are right, tell the server's operators."


class PangeaOtherError(PangeaGeneralError, APIError):
    """Any other status; 400, for one, is a value that the server doesn't accept, or a name that is taken."""


class PangeaLoginError(PangeaOtherError, BadRequest, AuthError):
    """400 at login: there is no such user, or the password is another."""

    default_remedy = "Check the e-mail address, letter by letter, and the password."


class RemoteObjectError(UsageError):
    """An object can't do that as it is: it was deleted, or was never fetched, or its values can't be sent."""


class RemoteObjectOverwriteError(RemoteObjectError):
    """What the server holds would overwrite what was set here."""


#: The class of each status that has one of its own.
_BY_STATUS: dict[int, type[PangeaGeneralError]] = {
    403: PangeaForbiddenError,
    404: PangeaNotFoundError,
    500: PangeaInternalError,
}


def pangea_error(error: OmicsError, kind: type[PangeaGeneralError] | None = None) -> PangeaGeneralError:
    """Gives the documented exception for one of core's.

    Args:
        error: What was raised.
        kind: The class wanted; by default that of the status.

    Returns:
        One that is both, with all that it holds, not raised yet.
    """
    if isinstance(error, PangeaGeneralError):
        return error
    if not isinstance(error, APIError):
        return documented(error, PangeaGeneralError)
    wanted = kind or _BY_STATUS.get(error.status, PangeaOtherError)
    if issubclass(wanted, type(error)):
        made = wanted.__new__(wanted, *error.args)
        made.args = error.args
        vars(made).update(vars(error))
        made = catchable(made, PangeaGeneralError.foreign)
    else:
        made = documented(error, wanted)
    if made.remedy == type(error).default_remedy:
        made.remedy = _remedy(error, wanted)
    from omicsdk.core.documented.refused import RefusedResponse  # most programs end without

    made.response = RefusedResponse(error, pangea_error)
    return made


def not_there(what: str, url: str) -> PangeaNotFoundError:
    """Gives the error for something that a list doesn't have.

    Args:
        what: What was looked for.
        url: The list's address.

    Returns:
        The error, not raised yet.
    """
    error = PangeaNotFoundError(f"There is no {what}, or it may not be seen", status=404, method="GET", url=url)
    return catchable(error, PangeaGeneralError.foreign)


def _remedy(error: APIError, kind: type[PangeaGeneralError]) -> str:
    if error.status == 403 and error.message.startswith(_NOT_LOGGED_IN):
        return "Log in: User(knex, email, password).login(), or PANGEA_USER and PANGEA_PASS for the command line."
    return kind.default_remedy or type(error).default_remedy
