"""What goes wrong around upload areas; each is an error of core too."""

from __future__ import annotations

from omicsdk.core.documented.errors import DocumentedError, documented
from omicsdk.core.errors import APIError, OmicsError, TransportError, Unauthorized, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

#: So many problems are named in one message; the rest is counted.
NAMED = 100


class UploadException(OmicsError):
    """The base of all that the documented upload classes raise."""


class NoAreaSelected(UploadException, UsageError):
    """A command works on the selected area, and none is selected."""

    default_remedy = "Select one with: omics upload select <uri_or_alias>."


class UnknownArea(UploadException, UsageError):
    """No known area has this name, or several do."""


class NotAnAreaURI(UploadException, UsageError):
    """A text isn't the URI of an upload area."""

    default_remedy = "Write it as s3://<bucket>-<stage>/<uuid>/, as whoever made the area gave it to you."


class CannotUpload(UploadException, UsageError):
    """What was asked for can't be uploaded as it stands; nothing was sent.

    Args:
        problems: What is wrong, one text each.
        remedy: What to do.
    """

    default_remedy = "Correct that and run it again."

    def __init__(self, problems: Sequence[str], *, remedy: str | None = None) -> None:
        self.problems = tuple(problems)
        shown = list(self.problems[:NAMED])
        if len(self.problems) > NAMED:
            shown.append(f"and {len(self.problems) - NAMED} more")
        super().__init__(f"nothing was uploaded: {'; '.join(shown)}", remedy=remedy)


class UploadApiException(DocumentedError, UploadException, RuntimeError):
    """The Upload service answered with an error, or couldn't be reached; also an error of core's class for that."""

    prefix = "Upload"


def documented_error(error: Exception) -> Exception:
    """Gives the documented exception for an error of the service or the network, anything else as it is.

    Args:
        error: What was raised.
    """
    if not isinstance(error, APIError | TransportError) or isinstance(error, UploadApiException):
        return error
    if isinstance(error, Unauthorized) and error.remedy == Unauthorized.default_remedy:
        error.remedy = "Give the deployment's key: api_token of UploadService, or OMICS_UPLOAD_TOKEN."
    return documented(error, UploadApiException)
