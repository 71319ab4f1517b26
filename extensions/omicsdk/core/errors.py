"""Every error that omicsdk raises; `omicsdk.core.api_errors` creates those of HTTP responses.

`except OmicsError` catches all of them. Its subclasses are ConfigError (settings), UsageError (a call that cannot
work), AuthError (credentials), APIError (a service returned an error), DecodeError (a response that does not
conform to the document), TransportError (no response at all) and TransferError (incomplete or wrong bytes).

Each message states what failed and why; `remedy` states what to do. This module imports no HTTP library.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping, Sequence

TYPE_CHECKING = False  # avoids importing typing; type checkers recognise the name
if TYPE_CHECKING:
    from typing import Any
else:
    Any = object  # for programs that evaluate annotations

#: Maximum characters of a service's own message that are shown; all of it is in `body`.
MESSAGE_LIMIT = 500
#: Maximum characters of an unstructured body that an error keeps; an HTML page in a traceback helps no reader.
BODY_LIMIT = 16_384


class OmicsError(Exception):
    """The base of all errors of this package.

    Args:
        message: What failed and why, without a full stop at the end.
        remedy: What the reader can do, as a sentence; may be empty.
    """

    #: The default of `remedy`.
    default_remedy: str = ""

    def __init__(self, message: str = "", *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = self.default_remedy if remedy is None else remedy

    @property
    def summary(self) -> str:
        """What failed and why, without the remedy: for a line that continues after it."""
        return self.message

    def __str__(self) -> str:
        """The summary and the remedy, as sentences."""
        if not self.remedy:
            return self.summary
        text = self.summary.rstrip(".")
        return f"{text}{'' if text.endswith(('?', '!')) else '.'} {self.remedy}"

    def __reduce__(self) -> tuple[Callable[..., OmicsError], tuple[object, ...]]:
        # Constructors differ, so a pickle contains an error's attributes, not its arguments.
        return _restored, (type(self), self.args, dict(self.__dict__))


def _restored(cls: type[OmicsError], args: tuple[object, ...], state: dict[str, object]) -> OmicsError:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigError(OmicsError):
    """A setting is missing, malformed or contradicts another.

    Args:
        message: What is wrong.
        remedy: What to do.
        file: The file that it comes from, if any.
        line: Its line, from 1.
        column: Its column, from 1.
    """

    def __init__(
        self,
        message: str = "",
        *,
        remedy: str | None = None,
        file: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        if file is not None:
            position = ":".join(str(part) for part in (file, line, column) if part is not None)
            message = f"{position}: {message}"
        super().__init__(message, remedy=remedy)
        self.file = file
        self.line = line
        self.column = column


class UsageError(OmicsError):
    """A call that cannot work with these arguments: they are mutually exclusive, or have a wrong type."""


class MissingExtra(UsageError):
    """An optional dependency is not installed.

    Args:
        extra: The extra of omicsdk that installs it.
        purpose: What it is needed for, as it reads after "for".
        module: The missing module, if an import was tried.
    """

    def __init__(self, extra: str, purpose: str, *, module: str | None = None) -> None:
        from omicsdk.core.installation import install_command

        missing = f" ({module} is missing)" if module else ""
        super().__init__(
            f"The extra '{extra}' is not installed, which is needed for {purpose}{missing}",
            remedy=f"Install it with: {install_command(f'omicsdk[{extra}]')}",
        )
        self.extra = extra
        self.module = module


class AuthError(OmicsError):
    """Credentials are missing, have expired, cannot be renewed, or may not be sent to a service."""


class MissingCredentials(ConfigError, AuthError):
    """No credentials are configured for a service that requires them."""


class APIError(OmicsError):
    """A service returned an error.

    Args:
        message: The service's own message, or the status's reason phrase if it has none.
        status: The HTTP status, 400 to 599; 0 for an error that no response stated.
        code: The service's error code ("not_found", "4001"), None if there is none.
        request_id: The service's id of this request; quote it when asking its operators.
        method: The HTTP method of the request.
        url: The request's URL without its secrets.
        body: The response's body: the JSON value, or at most BODY_LIMIT characters of text; None if it was empty.
        operation: The operation that was called, empty for a bare request.
        retry_after: Seconds that the service requested to wait, None if it did not.
        remedy: What to do; by default what usually helps at this status.
        headers: The response's headers by their names in lower case, without those with secrets (cookies, tokens).

    Attributes:
        strict: Whether `data`, which errors of generated clients have, must conform to the document.
        is_repeated: Whether an earlier try, which may have been processed, had failed.
    """

    strict = is_repeated = False

    def __init__(
        self,
        message: str = "",
        *,
        status: int = 0,
        code: str | None = None,
        request_id: str | None = None,
        method: str = "",
        url: str = "",
        body: object = None,
        operation: str = "",
        retry_after: float | None = None,
        remedy: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.code = code
        self.request_id = request_id
        self.method = method
        self.url = url
        self.body = body
        self.operation = operation
        self.retry_after = retry_after
        self.headers = dict(headers or {})

    @property
    def summary(self) -> str:
        """The message with the operation, the status, the URL and the request's id."""
        what = f"{self.operation}: " if self.operation else ""
        message = shortened(self.message, MESSAGE_LIMIT).rstrip(".")
        # Status 0: no response states the error, for example an item that is missing in a list. Some services use the
        # status as their code, too.
        code = None if str(self.code) == str(self.status) else self.code
        response = " ".join(str(part) for part in (self.status, code) if part)
        to_what = " ".join(part for part in (self.method, self.url) if part)
        details = " from ".join(part for part in (response, to_what) if part)
        if self.request_id:
            details = f"{details}; request id {self.request_id}" if details else f"request id {self.request_id}"
        if self.retry_after:
            details = f"{details}; repeat it after {self.retry_after:,.0f} s".removeprefix("; ")
        return f"{what}{message} ({details})" if message and details else f"{what}{message or details}"


class BadRequest(APIError):
    """400: the service did not understand or accept the request."""

    default_remedy = "Check the arguments against the operation's documentation."


class Unauthorized(APIError, AuthError):
    """401: no credentials were sent, or the service does not accept them.

    Attributes:
        schemes: The security schemes that the document requires of the operation, if no credentials were sent.
    """

    schemes: Sequence[Sequence[str]] = ()
    default_remedy = "Log in again, or pass credentials that this service issued."


class Forbidden(APIError):
    """403: the service identified the user and refuses the request, or, as some frameworks respond, no credentials were sent.

    Attributes:
        schemes: The security schemes that the document requires of the operation, if no credentials were sent.
    """

    schemes: Sequence[Sequence[str]] = ()
    default_remedy = "Check that this account has access, or ask the owner of the data for it."


class NotFound(APIError):
    """404: not found."""

    default_remedy = "Check the identifier and the service's URL."


class Conflict(APIError):
    """409: the request conflicts with the present state."""

    default_remedy = "Read the present state, then change it or choose another name."


class Gone(APIError):
    """410: it existed and has been removed permanently."""

    default_remedy = "It was deleted. Check for a newer version."


class PreconditionFailed(APIError):
    """412: it has changed since it was read."""

    default_remedy = "Read it again and repeat the change."


class TooLarge(APIError):
    """413: the body is larger than the service accepts."""

    default_remedy = "Send a smaller request."


class Unprocessable(APIError):
    """422: the request is well-formed, but its values are not accepted."""

    default_remedy = "Check the values against the operation's documentation."


class Locked(APIError):
    """423: locked by another operation."""

    default_remedy = "Wait until the other operation has ended, then try again."


class RateLimited(APIError):
    """429: too many requests, even after the retries."""

    default_remedy = "Wait a while, or send fewer requests at once."


class ServerError(APIError):
    """5xx: the service failed, even after the retries."""

    default_remedy = "Try again later; if it persists, report the request id to the service's operators."


class ServiceUnavailable(ServerError):
    """503: the service is down or overloaded."""


class GatewayTimeout(ServerError):
    """504: a service behind this one did not respond in time."""


#: The class for each status; other 5xx are ServerError, the rest APIError.
STATUS_ERRORS: Mapping[int, type[APIError]] = {
    400: BadRequest,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    412: PreconditionFailed,
    413: TooLarge,
    422: Unprocessable,
    423: Locked,
    429: RateLimited,
    503: ServiceUnavailable,
    504: GatewayTimeout,
}


#: S3's codes for keys that are wrong, expired or missing. Some come with 400.
WRONG_KEYS = frozenset(
    {
        *("InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "TokenRefreshRequired"),
        "UnsupportedAlgorithm",  # of rclone, for a request that is not signed
    }
)


def error_class(status: int) -> type[APIError]:
    """Return the class for a status.

    Args:
        status: An HTTP status; below 400 it is APIError itself.

    Returns:
        The most specific class for it.
    """
    return STATUS_ERRORS.get(status, ServerError if 500 <= status <= 599 else APIError)


class DecodeError(OmicsError):
    """A response does not conform to the service's document.

    Raised with strict=True for any field, and without it for what cannot be kept: a body that is not JSON, the list of a
    page that is absent, null or of another type, and an entry of it that is no object. Workflows raise it for fields that
    they read.

    Args:
        operation: The operation that was called.
        field: The field's place in the response, dotted, with indices in brackets ("bundle.files[2].size"); empty for the
            whole response.
        value: The actual value.
        expected: What was expected, as text; may be empty.
        what: What contains the field: a response, or the body of a request that the service sent.
    """

    default_remedy = "Try again; if it persists, check the service's URL, and for a proxy that alters responses."

    def __init__(
        self, operation: str, field: str, value: object, *, expected: str = "", what: str = "the response"
    ) -> None:
        expectation = f", not {expected}" if expected else " which the document does not allow"
        where = f"{what}'s field '{field}'" if field else what
        remedy = None if what == "the response" else "Check its sender, or read it with strict=False."
        super().__init__(f"{operation}: {where} is {shortened(repr(value), 120)}{expectation}", remedy=remedy)
        self.operation = operation
        self.field = field
        self.value = value
        self.expected = expected


class NotJson(DecodeError, ValueError):
    """A response that should be JSON is something else: a web page, empty, truncated, or nested too deeply."""

    default_remedy = "Check the service's URL (base_url), and read the response with .raw()."


class EventError(OmicsError):
    """An event stream reported an error.

    Args:
        operation: The operation that was called.
        message: The error's message.
        code: The service's error code, if it states one.
        body: The event's data, with secrets masked: JSON, or text.
    """

    def __init__(self, operation: str, message: str, *, code: str | None = None, body: object = None) -> None:
        super().__init__(f"{operation}: the stream ended with an error: {message}")
        self.operation = operation
        self.code = code
        self.body = body


class TransportError(OmicsError):
    """No response, or only a part of one, was received.

    Args:
        message: What failed and why.
        method: The HTTP method of the request.
        url: The request's URL without its secrets.
        operation: The operation that was called, or the requested file; empty for a bare request.
        attempts: The number of tries.
        remedy: What to do.

    Attributes:
        lasting: Whether a retry cannot help.
    """

    default_remedy = "Check the network connection and the service's URL, then try again."
    lasting = False

    def __init__(
        self,
        message: str = "",
        *,
        method: str = "",
        url: str = "",
        operation: str = "",
        attempts: int = 1,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.method = method
        self.url = url
        self.operation = operation
        self.attempts = attempts

    def about(self, what: str) -> None:
        """Name the operation or file in this error, unless it names one.

        Args:
            what: The operation, or the file.
        """
        if not (self.operation or self.message.startswith(what)):
            self.operation = what

    @property
    def summary(self) -> str:
        """The message with the operation, the URL and the number of tries."""
        what = f"{self.operation}: " if self.operation else ""
        to_what = " ".join(part for part in (self.method, self.url) if part)
        tried = f"{self.attempts} attempts" if self.attempts != 1 else ""
        details = "; ".join(part for part in (to_what, tried) if part)
        return f"{what}{self.message.rstrip('.')}" + (f" ({details})" if details else "")


class ConnectFailed(TransportError):
    """No connection could be established; nothing was sent."""


class NameNotResolved(ConnectFailed):
    """The host's name cannot be resolved."""

    default_remedy = "Check the spelling of the service's URL, and the network connection."


class TLSFailed(ConnectFailed):
    """The encrypted connection was refused, usually because a certificate is not trusted."""

    default_remedy = (
        "If your network uses its own certificate authority, set SSL_CERT_FILE or REQUESTS_CA_BUNDLE to its file."
    )

    def __init__(self, message: str = "", *, remedy: str | None = None, **request: Any) -> None:
        # In the words of OpenSSL and of libcurl; trust in another authority helps with none of them.
        if remedy is None and ("mismatch" in message or "subject name" in message):
            remedy = "Check the host in the service's URL. A network's login page may have responded in its place."
        elif remedy is None and ("expired" in message or "not yet valid" in message):
            remedy = "Check this machine's date and time; if they are right, report it to the service's operators."
        super().__init__(message, remedy=remedy, **request)


class ProxyFailed(ConnectFailed):
    """The proxy refused, or is not reachable."""

    default_remedy = "Check HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY."


class ProxyLoginFailed(ProxyFailed, AuthError):
    """The proxy requires a login, or refuses the given one."""

    default_remedy = (
        "Correct the user name and password in HTTP_PROXY, HTTPS_PROXY or ALL_PROXY: http://USER:PASSWORD@HOST:PORT."
    )
    lasting = True


class TimedOut(TransportError):
    """The service did not respond in time."""

    default_remedy = "Try again later, or allow more time with --call-timeout (timeout= in Python)."


class ResponseTooLarge(TransportError):
    """A response that is read whole exceeds the client's response_limit."""

    default_remedy = (
        "Allow more with client.with_options(response_limit=BYTES) or the variable OMICS_RESPONSE_LIMIT, or read the response in "
        "pieces with .stream() where the operation has it."
    )


class TooManyOpenFiles(TransportError):
    """The process has as many files and connections open as it may: nothing was sent, and the network is not the cause."""

    default_remedy = "Raise the limit (ulimit -n 1024), or send fewer requests at once."


# File descriptors of a connection, and those needed to open it.
_SPARE = 4


def has_too_many_open(error: BaseException | None = None) -> bool:
    """Return whether an error means that the process has too many files open.

    Args:
        error: The error; it or its cause may state so. For other errors (a name that is not resolved, authorities that
            cannot be read) opening files is tried, because they may be a consequence.
    """
    limits = (errno.EMFILE, errno.ENFILE)
    # Bounded, because causes can form a cycle.
    for _ in range(10):
        if isinstance(error, OSError) and error.errno in limits:
            return True
        error = None if error is None else error.__cause__ or error.__context__
    opened: list[int] = []
    try:
        for _ in range(_SPARE):
            opened.append(os.open(os.devnull, os.O_RDONLY))
    except OSError as refused:
        return refused.errno in limits
    finally:
        for descriptor in opened:
            os.close(descriptor)
    return False


class ConnectionLost(TransportError):
    """The connection ended before the response was complete."""


class TooManyRedirects(TransportError):
    """The service redirected the request in a loop."""

    default_remedy = "Check the service's URL."


class TransferError(OmicsError):
    """Bytes did not arrive, or are wrong.

    Args:
        message: What failed and why.
        name: The file, as its manifest or bundle names it; may be empty.
        remedy: What to do.
    """

    def __init__(self, message: str = "", *, name: str = "", remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.name = name


class ChecksumMismatch(TransferError):
    """The received bytes differ from those that the platform states.

    Args:
        name: The file.
        algorithm: The checksum's name ("sha256", "crc32c", "s3_etag").
        expected: The checksum that the platform or manifest states.
        actual: The checksum of the received bytes.
        remedy: What to do.
    """

    default_remedy = "Try again; if it persists, report the damaged copy to the platform's operators."

    def __init__(self, name: str, *, algorithm: str, expected: str, actual: str, remedy: str | None = None) -> None:
        super().__init__(f"{name}: {algorithm} is {actual}, expected {expected}", name=name, remedy=remedy)
        self.algorithm = algorithm
        self.expected = expected
        self.actual = actual


class ChecksumMissing(TransferError):
    """A checksum is required, and none is stated or confirmed for a file.

    Args:
        title: The file's name in messages.
        reason: What is missing.
        name: The file's name, if it differs from its title.
        remedy: What to do.
    """

    default_remedy = (
        "Without --require-checksum (require_checksum in Python) it is accepted and reported as unverified."
    )

    def __init__(
        self,
        title: str,
        reason: str = "no checksum is stated for it, so it cannot be verified",
        *,
        name: str = "",
        remedy: str | None = None,
    ) -> None:
        super().__init__(f"{title}: {reason}", name=name or title, remedy=remedy)


class TruncatedTransfer(TransferError):
    """Fewer bytes arrived than announced, even after the retries.

    Args:
        name: The file.
        expected: The announced size in bytes.
        received: The received bytes.
        remedy: What to do.
    """

    default_remedy = "Run the same command again to resume."

    def __init__(self, name: str, *, expected: int, received: int, remedy: str | None = None) -> None:
        super().__init__(f"{name}: {received} of {expected} bytes were received", name=name, remedy=remedy)
        self.expected = expected
        self.received = received


class SourceChanged(TransferError):
    """The file on the platform changed during its download or between two runs."""

    default_remedy = "Run the same command again to download the new version from the beginning."


class UnsafePath(TransferError):
    """A name would lead out of the target folder, or is not a file name.

    Args:
        name: The name from the server or manifest; may be of any type.
        reason: What is wrong with it ("is absolute", "has a '..' in it").
        remedy: What to do.
    """

    default_remedy = "Nothing was downloaded. Correct the name in the manifest or bundle."

    def __init__(self, name: object, reason: str, *, remedy: str | None = None) -> None:
        super().__init__(f"The file name {shortened(repr(name), 300)} {reason}", name=str(name), remedy=remedy)
        self.reason = reason


class NameClash(UnsafePath):
    """Two entries have one path."""

    default_remedy = "Nothing was downloaded. Rename one of them, or download them to different folders."


class DiskFull(TransferError):
    """The disk is full.

    Args:
        path: The path being written.
        name: The file.
        remedy: What to do.
        reason: What is exhausted.
    """

    default_remedy = "Free disk space, then run the same command again to resume."

    def __init__(
        self, path: str, *, name: str = "", remedy: str | None = None, reason: str = "The disk is full"
    ) -> None:
        super().__init__(f"{reason} while writing {path}", name=name, remedy=remedy)
        self.path = path


class NotWritable(TransferError):
    """The target is not writable.

    Args:
        path: The file or folder.
        reason: The system's message.
        name: The file to be written.
        remedy: What to do.
    """

    default_remedy = "Check the folder's permissions, or choose another folder."

    def __init__(self, path: str, reason: str, *, name: str = "", remedy: str | None = None) -> None:
        super().__init__(f"Cannot write {path}: {reason}", name=name, remedy=remedy)
        self.path = path
        self.reason = reason


class LocalChange(TransferError):
    """A file in the target folder has content that no download put there, which a download would overwrite."""

    default_remedy = "Move it elsewhere, or replace it by --overwrite."


class FolderBusy(TransferError):
    """Another process transfers into the same folder.

    Args:
        path: The folder.
        remedy: What to do.
    """

    default_remedy = "Wait until it has ended, or choose another folder."

    def __init__(self, path: str, *, remedy: str | None = None) -> None:
        super().__init__(f"Another process is transferring into {path}", remedy=remedy)
        self.path = path


class Interrupted(TransferError):
    """The transfer was stopped early.

    Attributes:
        report: The `TransferReport` with the outcome of each file; None if it ended before the first one.
    """

    report: object = None
    default_remedy = "Run the same command again to resume."


class SomeFailed(TransferError):
    """Some items of a batch failed; the others are done.

    Args:
        message: How many of how many, of what.
        errors: One error for each item that failed.
        others: Number of items that did not fail.
        remedy: What to do.
    """

    default_remedy = "Run the same command again: finished files are skipped."

    def __init__(
        self, message: str, errors: Sequence[OmicsError] = (), *, others: int = 0, remedy: str | None = None
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.errors = tuple(errors)
        self.others = others


def first_of(errors: Sequence[OmicsError], count: int | None = None) -> str:
    """Return the first three errors of a batch as one text, and the number of others.

    Args:
        errors: The batch's errors, or the first of them.
        count: The total number, if not all are given.
    """
    texts = [str(error).rstrip(".") for error in errors[:3]]
    more = (len(errors) if count is None else count) - len(texts)
    return "; ".join([*texts, f"and {more} more"] if more > 0 else texts)


def raise_failed(errors: Sequence[OmicsError], total: int, noun: str) -> None:
    """Raise the errors of a batch, if there are any.

    Args:
        errors: One error for each item that failed.
        total: The number of items.
        noun: Their name, in the plural.

    Raises:
        OmicsError: The error of the only item that failed.
        SomeFailed: Several failed.
    """
    if len(errors) == 1:
        raise errors[0]
    if errors:
        summary = f"{len(errors)} of {total} {noun} failed: {first_of(errors)}"
        raise SomeFailed(summary, errors, others=max(0, total - len(errors)))


def shortened(text: str, limit: int, whole: int | None = None) -> str:
    """Shorten text to a number of characters and append how many were removed.

    Args:
        text: The text, or its beginning.
        limit: Maximum number of characters.
        whole: The length of the whole text; by default that of `text`.
    """
    removed = (len(text) if whole is None else whole) - limit
    return text if removed <= 0 else f"{text[:limit]}... ({removed} more characters)"
