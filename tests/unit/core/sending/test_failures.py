"""What errors of httpx mean: the error that a user gets, whether the request may have arrived, and whether a retry can help."""

import errno
import socket
import ssl

import httpx
import pytest
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
)
from omicsdk.core.sending.failures import TooSlow, failure_of

PLAIN_HTTP = "use a URL that begins with http://"


def caused(error: httpx.RequestError, *causes: BaseException) -> httpx.RequestError:
    """An error as httpx raises it: of httpcore's, which is of the system's or of OpenSSL's."""
    inner: BaseException = error
    for cause in causes:
        inner.__cause__ = cause
        inner = cause
    return error


def refused(cause: BaseException) -> httpx.RequestError:
    return caused(httpx.ConnectError(str(cause)), ConnectionError(str(cause)), cause)


def of_openssl(cls: type[ssl.SSLError], reason: str) -> ssl.SSLError:
    error = cls(1, f"[SSL: {reason}] in words")
    error.reason = reason
    return error


def untrusted() -> ssl.SSLError:
    error = ssl.SSLCertVerificationError(1, "in words")
    error.verify_message = "certificate has expired"
    return error


@pytest.mark.parametrize(
    ("error", "cls", "message", "remedy"),
    [
        (refused(OSError(errno.EMFILE, "full")), TooManyOpenFiles, "too many files", "ulimit"),
        (httpx.ConnectTimeout("x"), TimedOut, "Cannot connect within the time allowed", ""),
        (httpx.PoolTimeout("x"), TimedOut, "All connections are in use", "Close streamed responses"),
        (TooSlow("10 bytes a second"), TimedOut, "10 bytes a second", ""),
        (httpx.ReadTimeout("x"), TimedOut, "No response within the time allowed", ""),
        (httpx.ProxyError("407 Proxy Authentication Required"), ProxyLoginFailed, "refused: 407 Proxy", ""),
        (httpx.ProxyError("401 Unauthorized"), ProxyLoginFailed, "refused: 401", ""),
        (httpx.ProxyError("Invalid username/password"), ProxyLoginFailed, "refused: Invalid", ""),
        (httpx.ProxyError("403 Forbidden"), ProxyFailed, "refused: 403", ""),
        (httpx.ProxyError("503 Unavailable"), ProxyFailed, "refused: 503", ""),
        (refused(socket.gaierror(socket.EAI_NONAME, "x")), NameNotResolved, "cannot be resolved", ""),
        (refused(socket.gaierror(socket.EAI_AGAIN, "x")), NameNotResolved, "cannot be resolved", ""),
        (refused(UnicodeError("label too long")), NameNotResolved, "cannot be resolved", ""),
        (refused(untrusted()), TLSFailed, "is not trusted: certificate has expired", "date and time"),
        (refused(of_openssl(ssl.SSLError, "WRONG_VERSION_NUMBER")), TLSFailed, "encrypted connection", PLAIN_HTTP),
        (refused(of_openssl(ssl.SSLError, "RECORD_LAYER_FAILURE")), TLSFailed, "encrypted connection", PLAIN_HTTP),
        (refused(of_openssl(ssl.SSLError, "NO_CIPHERS")), TLSFailed, "encrypted connection", "authority"),
        (refused(of_openssl(ssl.SSLEOFError, "EOF")), TLSFailed, "encrypted connection", "authority"),
        (refused(ConnectionRefusedError(111, "x")), ConnectFailed, "Cannot connect: x", ""),
        (httpx.ConnectError("[Errno 111] Connection refused"), ConnectFailed, "Cannot connect: Connection refused", ""),
        (refused(OSError(errno.EHOSTUNREACH, "No route")), ConnectFailed, "Cannot connect: No route", ""),
        (httpx.InvalidURL("no host"), TransportError, "cannot be sent: no host", "Check the URL"),
        (httpx.LocalProtocolError("Illegal header value b'canary'"), TransportError, "Illegal header value", ""),
        (httpx.UnsupportedProtocol("ftp"), TransportError, "cannot be sent: ftp", "Check the URL"),
        (httpx.DecodingError("no gzip"), ConnectionLost, "is damaged: no gzip", ""),
        (httpx.RemoteProtocolError(""), ConnectionLost, "was lost: RemoteProtocolError", ""),
        (caused(httpx.ReadError(""), OSError("reset")), ConnectionLost, "was lost: reset", ""),
    ],
)
def test_an_error_of_httpx_is_one_of_ours(
    error: Exception, cls: type[TransportError], message: str, remedy: str
) -> None:
    failure = failure_of(error).error
    assert type(failure) is cls
    assert message in failure.message
    assert remedy in (failure.remedy or "")
    assert "canary" not in str(failure)


IN_VAIN, UNLESS_IT_RESPONDED, AGAIN = (True, False), (False, True), (False, False)


@pytest.mark.parametrize(
    ("error", "retry"),
    [
        (refused(OSError(errno.ENFILE, "full")), IN_VAIN),
        (httpx.ConnectTimeout("x"), AGAIN),
        (httpx.PoolTimeout("x"), IN_VAIN),
        (httpx.ProxyError("407 Proxy Authentication Required"), IN_VAIN),
        (httpx.ProxyError("501 Not Implemented"), IN_VAIN),
        (httpx.ProxyError("no status"), IN_VAIN),
        (httpx.ProxyError("503 Unavailable"), AGAIN),
        (refused(socket.gaierror(socket.EAI_NONAME, "x")), UNLESS_IT_RESPONDED),
        (refused(socket.gaierror(socket.EAI_AGAIN, "x")), AGAIN),
        (refused(UnicodeError("label too long")), UNLESS_IT_RESPONDED),
        (refused(untrusted()), UNLESS_IT_RESPONDED),
        (refused(of_openssl(ssl.SSLError, "NO_CIPHERS")), UNLESS_IT_RESPONDED),
        (refused(of_openssl(ssl.SSLEOFError, "EOF")), AGAIN),
        (refused(of_openssl(ssl.SSLSyscallError, "SYSCALL")), AGAIN),
        (refused(ConnectionRefusedError(111, "x")), UNLESS_IT_RESPONDED),
        (httpx.ConnectError("[Errno 111] Connection refused"), UNLESS_IT_RESPONDED),
        (refused(OSError(errno.EHOSTUNREACH, "No route")), AGAIN),
        (httpx.InvalidURL("no host"), IN_VAIN),
    ],
)
def test_a_request_that_was_not_sent(error: Exception, retry: tuple[bool, bool]) -> None:
    failure = failure_of(error)
    assert not failure.is_sent
    assert (failure.lasting, failure.settled) == retry


@pytest.mark.parametrize(
    "error",
    [TooSlow("x"), httpx.ReadTimeout("x"), httpx.WriteTimeout("x"), httpx.DecodingError("x"), httpx.ReadError("x")],
)
def test_a_request_that_may_have_arrived(error: Exception) -> None:
    failure = failure_of(error)
    assert failure.is_sent
    assert (failure.lasting, failure.settled) == AGAIN


def test_causes_that_form_a_cycle_end() -> None:
    error, cause = httpx.ReadError(""), OSError("reset")
    error.__cause__, cause.__cause__ = cause, error
    assert "reset" in failure_of(error).error.message
