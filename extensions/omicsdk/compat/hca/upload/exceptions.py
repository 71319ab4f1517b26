"""`hca.upload.exceptions`."""

from __future__ import annotations

from functools import partial

from omicsdk.compat.errors import DocumentedError, documented
from omicsdk.compat.responses import translating
from omicsdk.core.errors import APIError, TransportError, Unauthorized
from omicsdk.hca.upload import UploadException as UploadException


class UploadApiException(DocumentedError, UploadException, RuntimeError):
    """Error response of the Upload service, or failed connection; also an error of the matching class of core."""

    prefix = "Upload"


def documented_error(error: Exception) -> Exception:
    """Return the documented exception for an error of the service or the network, any other error as it is.

    Args:
        error: The exception.
    """
    if not isinstance(error, APIError | TransportError) or isinstance(error, UploadApiException):
        return error
    if isinstance(error, Unauthorized) and error.remedy == Unauthorized.default_remedy:
        error.remedy = "Pass the deployment's key: api_token of UploadService, or OMICS_UPLOAD_TOKEN."
    return documented(error, UploadApiException)


# Make a context manager that raises the documented exceptions in place of the client's own.
documented_errors = partial(translating, documented_error)
