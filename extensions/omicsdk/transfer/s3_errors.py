"""The errors that users see for boto3's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omicsdk.core.errors import (
    AuthError,
    ConnectFailed,
    ConnectionLost,
    DecodeError,
    OmicsError,
    TimedOut,
    TransferError,
    TransportError,
    error_class,
)
from omicsdk.core.redaction import mask_text
from omicsdk.transfer.uploads.store import NoSuchUpload


def s3_error(error: Exception, what: str) -> OmicsError:
    """Gives the error that users see for one of boto3's.

    Args:
        error: What boto3 raised.
        what: What was done, to what.
    """
    from botocore import exceptions as boto

    said = mask_text(str(error))
    if isinstance(error, boto.ClientError):
        about, meta = error.response.get("Error", {}), error.response.get("ResponseMetadata", {})
        code, status = str(about.get("Code", "")), int(meta.get("HTTPStatusCode", 0) or 0)
        if code == "NoSuchUpload":
            return NoSuchUpload(f"{what}: the store doesn't know this upload (any longer)")
        message = f"{what}: {mask_text(str(about.get('Message') or said))}"
        return error_class(status)(
            message, status=status, code=code or None, request_id=meta.get("RequestId"), remedy=_REMEDIES.get(code)
        )
    if isinstance(error, boto.NoCredentialsError | boto.PartialCredentialsError):
        remedy = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile, that may write to the bucket."
        return AuthError(f"{what}: {said}", remedy=remedy)
    for kind, ours in _UNREACHED.items():
        if isinstance(error, getattr(boto, kind)):
            return ours(f"{what}: {said}")
    return TransferError(f"{what}: {said}", remedy="Check the client's settings and the arguments of the upload.")


def listed(page: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    """Gives a page of objects that boto3 read, once it is sure that it is one.

    A page without objects has no `Contents`, and neither has an answer that is no list at all, such as a proxy's page: which
    of both came is told by `IsTruncated`, which S3 always states.

    Args:
        page: What `list_objects_v2` gave.
        where: What was listed.

    Raises:
        DecodeError: It is no list of objects, or one that is to go on without saying where.
    """
    operation = f"list_objects_v2 of {where}"
    if not isinstance(truncated := page.get("IsTruncated"), bool):
        raise DecodeError(operation, "IsTruncated", truncated, expected="true or false: this is no list of objects")
    if truncated and not page.get("NextContinuationToken"):
        raise DecodeError(operation, "NextContinuationToken", None, expected="the token of the next page")
    return page


_REMEDIES = {
    "PermanentRedirect": "Make the client for the region that the bucket is in.",
    "AuthorizationHeaderMalformed": "Make the client for the region that the bucket is in.",
    "NoSuchBucket": "Check the bucket's name.",
    "AccessDenied": "Check that your credentials may write to the bucket.",
}
# The most particular first.
_UNREACHED: dict[str, type[TransportError]] = {
    "ConnectTimeoutError": TimedOut,
    "ReadTimeoutError": TimedOut,
    "EndpointConnectionError": ConnectFailed,
    "ConnectionClosedError": ConnectionLost,
    "HTTPClientError": TransportError,
}
