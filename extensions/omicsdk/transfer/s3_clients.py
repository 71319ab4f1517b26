"""Clients of boto3 for S3: how they are made, the errors that users see for theirs, and lists of objects.

boto3 is an extra, so it is imported inside functions.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.client import HTTPResponse, RemoteDisconnected
from importlib import import_module
from typing import Any, cast

from omicsdk.core.errors import (
    AuthError,
    ConfigError,
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

#: Bytes of JSON, about, that botocore reads for a client: its collections of garbage take a quarter of that time.
_DESCRIPTIONS = 8 << 20
#: The region of a client where nothing names one.
DEFAULT_REGION = "us-east-1"


def s3_client(
    session: Any = None,
    *,
    profile: str | None = None,
    region: str | None = None,
    anonymous: bool | None = False,
    config: Mapping[str, Any] | None = None,
    settings: str = "",
    **arguments: Any,
) -> Any:
    """Create a client for S3. What is not given is found where boto3 looks: the environment, ~/.aws.

    Args:
        session: A session of boto3; by default that of the profile.
        profile: A profile of ~/.aws; by default the program's own default session, else AWS_PROFILE, else none.
        region: The region; by default that of the session.
        anonymous: Whether requests are not signed; None leaves them unsigned where boto3 finds no credentials.
        config: Arguments of botocore's Config.
        settings: What holds the settings beside AWS's own, for errors.
        **arguments: Further arguments of boto3.

    Raises:
        ConfigError: boto3 refuses the settings.
    """
    from omicsdk.core.answer import paused_for

    with _reading_settings(settings), paused_for(_DESCRIPTIONS):
        from botocore import UNSIGNED

        session = session or _session_of(profile)
        if anonymous or (anonymous is None and session.get_credentials() is None):
            config = {**(config or {}), "signature_version": UNSIGNED}
        region = region or session.region_name or DEFAULT_REGION
        made = import_module("botocore.config").Config(**(config or {}))
        return refusing_cut_heads(session.client("s3", region_name=region, config=made, **arguments))


def s3_session(profile: str | None = None) -> Any:
    """Return a session of boto3 for several clients: its credentials are looked for once.

    Args:
        profile: As for `s3_client`.

    Raises:
        ConfigError: boto3 refuses the settings.
    """
    with _reading_settings():
        return _session_of(profile)


def _session_of(profile: str | None) -> Any:
    boto3: Any = import_module("boto3")
    return (boto3.DEFAULT_SESSION if profile is None else None) or boto3.Session(profile_name=profile)


@contextmanager
def _reading_settings(settings: str = "") -> Generator[None]:
    from botocore.exceptions import BotoCoreError

    try:
        yield
    except (BotoCoreError, ValueError) as error:  # an endpoint that is no URL is a ValueError
        source, keys = (f" of {settings}", f"the AWS_ keys of {settings}, ") if settings else ("", "")
        raise ConfigError(
            f"The AWS settings{source} cannot be used: {mask_text(str(error)).rstrip('.')}",
            remedy=f"Correct {keys}AWS_PROFILE and the other variables of AWS, or ~/.aws/config.",
        ) from error


# -- errors


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
            return NoSuchUpload(f"{what}: the upload does not exist in the store (any longer)")
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


@contextmanager
def asking_s3(doing: str) -> Generator[None]:
    """Raise the errors that users see in place of boto3's, whose texts may hold signed URLs.

    Args:
        doing: What is done, to what.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise s3_error(error, doing) from None


#: Codes of S3 for keys that are wrong or have ended, and for a bucket that does not exist or takes nothing from the keys' owner:
#: every other request would be answered so, too.
WRONG_KEYS = frozenset(
    {"InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired"}
)
WRONG_BUCKET = frozenset(
    {"NoSuchBucket", "AccessDenied", "AllAccessDisabled", "PermanentRedirect", "InvalidBucketName"}
)

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


# -- lists of objects


def s3_pages(
    list_objects_v2: Callable[..., Mapping[str, Any]], bucket: str, prefix: str, **arguments: Any
) -> Iterator[Mapping[str, Any]]:
    """Yield the pages of a list of objects.

    Args:
        list_objects_v2: Requests a page: a client's method, or a function that calls it.
        bucket: The bucket.
        prefix: What the keys begin with.
        **arguments: Further arguments of the method.

    Raises:
        DecodeError: An answer is not a list of objects, or continues without stating where.
        OmicsError: The bucket cannot be listed.
    """
    where, more = f"s3://{bucket}/{prefix}".rstrip("/"), dict[str, str]()
    while True:
        with asking_s3(f"{where} cannot be listed"):
            page = list_objects_v2(Bucket=bucket, Prefix=prefix, **arguments, **more)
        # A page without objects has no `Contents`, and neither has an answer that is no list at all, such as a proxy's page:
        # which of both came is told by `IsTruncated`, which S3 always states.
        operation = f"list_objects_v2 of {where}"
        if not isinstance(truncated := page.get("IsTruncated"), bool):
            raise DecodeError(
                operation, "IsTruncated", truncated, expected="true or false: this is not a list of objects"
            )
        if truncated and not page.get("NextContinuationToken"):
            raise DecodeError(operation, "NextContinuationToken", None, expected="the token of the next page")
        yield page
        if not truncated:
            return
        more = {"ContinuationToken": page["NextContinuationToken"]}


def etag_of(told: Mapping[str, Any]) -> str:
    """The ETag of an object without its quotes; empty where there is none.

    Args:
        told: The entry of a list, or the answer to HEAD.
    """
    return str(told.get("ETag", "")).strip('"')


# -- heads that the connection cut off


class _Head:
    """What http.client reads a head from: a line without an end is the end of the connection, not of the head."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readline(self, limit: int = -1) -> bytes:
        line: bytes = self._file.readline(limit)
        if not line.endswith(b"\n") and len(line) != limit:
            raise RemoteDisconnected("the connection ended before the head of the answer was complete")
        return line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


class _WholeHead(HTTPResponse):
    """An answer whose head came to its end."""

    def begin(self) -> None:
        file: Any = self.fp
        self.fp: Any = _Head(file)
        try:
            super().begin()
        finally:
            if self.fp is not None:  # an answer without a body lets go of it
                self.fp = file


def refusing_cut_heads(client: Any) -> Any:
    """Has a client of boto3 take a head that the connection cut off for a connection that was lost, which it tries again.

    http.client, which it reads answers by, takes such a head for a whole one: then a list without a body is an empty list, and
    a size may be the first digits of one.

    Args:
        client: The client, best before its first request. One that doesn't send over botocore's own connections stays as it is.

    Returns:
        The client.
    """
    session = getattr(getattr(client, "_endpoint", None), "http_session", None)
    pools: Any = getattr(session, "_pool_classes_by_scheme", None)  # there is no public way to its connections
    if isinstance(pools, dict):
        kinds = cast("dict[str, Any]", pools)
        kinds.update({scheme: _strict(pool) for scheme, pool in kinds.items()})
    return client


@cache
def _strict(pool: Any) -> Any:
    """The kind of a pool whose answers have whole heads; that kind itself, where it is one."""
    made: Any = pool.ConnectionCls
    if issubclass(made.response_class, _WholeHead):
        return pool
    connection = type(made.__name__, (made,), {"response_class": _WholeHead})
    return type(pool.__name__, (pool,), {"ConnectionCls": connection})
