"""What errors of httpx mean: whether a request may have arrived, and whether a retry can help."""

import re
import ssl
from collections.abc import Iterator
from socket import EAI_AGAIN, gaierror

from omicsdk.core.errors import (
    ConnectFailed,
    ConnectionLost,
    NameNotResolved,
    ProxyFailed,
    ProxyLoginFailed,
    TimedOut,
    TLSFailed,
    TooManyOpenFiles,
    TransportError,
    has_too_many_open,
)
from omicsdk.core.retry import RETRIED_STATUSES
from omicsdk.core.sending.connections import WireFailure
from omicsdk.core.sending.httpx_import import httpx

#: httpx's exceptions for a failed exchange. An OSError is raised by the body's own source, a file that cannot be read,
#: and is not converted.
WIRE_ERRORS = (httpx.RequestError, httpx.InvalidURL)


class TooSlow(httpx.ReadTimeout):
    """A response arrives too slowly."""


def failure_of(error: Exception) -> WireFailure:
    """Convert an error of httpx.

    Args:
        error: The exception.

    Returns:
        Our error, whether the request may have arrived, and whether a retry can help.
    """
    causes = list(_causes(error))
    reason = next((str(cause) for cause in reversed(causes) if str(cause)), "") or type(error).__name__
    if isinstance(error, httpx.ConnectError) and has_too_many_open(error):
        return WireFailure(TooManyOpenFiles("Cannot connect: too many files are open"), is_sent=False, lasting=True)
    if isinstance(error, httpx.ConnectTimeout):
        return WireFailure(TimedOut("Cannot connect within the time allowed"), is_sent=False)
    # A retry would wait for the same connections, which only this program can give back.
    if isinstance(error, httpx.PoolTimeout):
        remedy = "Close streamed responses, or make fewer calls at once."
        return WireFailure(TimedOut("All connections are in use", remedy=remedy), is_sent=False, lasting=True)
    # Before TimeoutException, of which it is a subclass.
    if isinstance(error, TooSlow):
        return WireFailure(TimedOut(str(error)), is_sent=True)
    if isinstance(error, httpx.TimeoutException):
        return WireFailure(TimedOut("No response within the time allowed"), is_sent=True)
    if isinstance(error, httpx.ProxyError):
        of_login = ProxyLoginFailed if is_of_login(error) else ProxyFailed
        # The reason begins with the status of the CONNECT: a 503 may pass, a 403 and the 501 of what is no proxy do not.
        may_pass = reason[:3].isdigit() and int(reason[:3]) in RETRIED_STATUSES
        return WireFailure(of_login(f"The proxy refused: {reason}"), is_sent=False, lasting=not may_pass)
    if isinstance(error, httpx.ConnectError):
        return _connect_failure(causes, reason)
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError | httpx.InvalidURL):
        return unsendable(error)
    if isinstance(error, httpx.DecodingError):
        return WireFailure(ConnectionLost(f"The response is damaged: {reason}"), is_sent=True)
    return WireFailure(ConnectionLost(f"The connection was lost: {reason}"), is_sent=True)


def unsendable(error: Exception) -> WireFailure:
    """Convert an error of a request that cannot be sent at all: an invalid URL, or a header with a line break."""
    reason = str(error).partition(" b'")[0]  # after it comes the header's value, which may be a secret
    wrong = TransportError(f"The request cannot be sent: {reason}", remedy="Check the URL and the headers.")
    return WireFailure(wrong, is_sent=False, lasting=True)


def _connect_failure(causes: list[BaseException], text: str) -> WireFailure:
    for cause in causes:
        if isinstance(cause, gaierror | UnicodeError):  # no resolver can be asked for a name that cannot be encoded
            # A resolver that does not respond may do so later; one that reports an unknown name has responded.
            again = isinstance(cause, gaierror) and cause.errno == EAI_AGAIN
            return WireFailure(NameNotResolved("The host's name cannot be resolved"), is_sent=False, settled=not again)
        if isinstance(cause, ssl.SSLCertVerificationError):
            refused = TLSFailed(f"The server's certificate is not trusted: {cause.verify_message}")
            return WireFailure(refused, is_sent=False, settled=True)
        if isinstance(cause, ssl.SSLError):
            cut = isinstance(cause, ssl.SSLEOFError | ssl.SSLSyscallError)  # which states nothing about the version
            # What OpenSSL names bytes that are no record of TLS, such as a plain HTTP response.
            is_plain = getattr(cause, "reason", None) in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
            remedy = "If the server expects plain HTTP, use a URL that begins with http://." if is_plain else None
            refused = TLSFailed(f"Cannot establish an encrypted connection: {text}", remedy=remedy)
            return WireFailure(refused, is_sent=False, settled=not cut)
    reason = re.sub(r"^\[Errno -?\d+\] ", "", text)  # the number differs between systems, the text does not
    # httpcore's asynchronous part keeps the system's error only in the text of anyio's.
    is_refused = "Connection refused" in reason or any(isinstance(cause, ConnectionRefusedError) for cause in causes)
    return WireFailure(ConnectFailed(f"Cannot connect: {reason}"), is_sent=False, settled=is_refused)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    # Bounded, because causes can form a cycle. Without their frames: twenty of HTTP libraries would bury the message, which
    # their types and texts explain, and keep buffers alive.
    seen = 0
    while error is not None and seen < 10:
        error.__traceback__ = None
        yield error
        error, seen = error.__cause__ or error.__context__, seen + 1


def is_of_login(error: httpx.ProxyError) -> bool:
    """Whether a proxy refused a password. By 401 tinyproxy does; the last is httpcore's text for SOCKS."""
    return str(error).startswith(("401", "407", "Invalid username/password"))
