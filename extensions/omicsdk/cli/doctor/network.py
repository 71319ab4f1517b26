"""Probes of the network: names, proxies, TLS, logins and clocks for the configured services."""

from __future__ import annotations

import re
import socket
import ssl
import time
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from omicsdk.cli.doctor import Outcome
from omicsdk.cli.doctor.services import HOW_TO_GET, Call, Login
from omicsdk.core.credentials import is_loopback, origin_of
from omicsdk.core.errors import APIError, AuthError, ConfigError, OmicsError, TLSFailed
from omicsdk.core.redaction import mask_url
from omicsdk.core.retry import Retry, lead_in_words, seconds_of_date
from omicsdk.core.sending.connections import default_ca_file, network

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx


_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080, "socks4": 1080, "socks4a": 1080}
_DAY = 86400.0

# Seconds: tokens are commonly accepted with half a minute of difference; JWTs of some services and signatures of S3 are
# refused with five and fifteen minutes.
CLOCK_WARNING, CLOCK_FAILED = 30.0, 300.0
# Days before the expiry of a server's certificate at which a warning is shown.
CERTIFICATE_DAYS = 14


def resolution(origin: str, environ: Mapping[str, str]) -> Outcome:
    """Resolve a server's name.

    Args:
        origin: The server.
        environ: The environment's variables.
    """
    outcome = partial(Outcome, "name", _host(origin))
    # Behind a proxy this machine often resolves no names of the internet.
    if network(origin, environ).proxy is not None:
        return outcome("skipped", "the proxy resolves it")
    try:
        records = socket.getaddrinfo(_host(origin), urlsplit(origin).port, type=socket.SOCK_STREAM)
        addresses, why = list(dict.fromkeys(str(record[4][0]) for record in records)), "no address"
    except (OSError, UnicodeError) as error:
        addresses, why = [], _why(error)
    if not addresses:
        remedy = "Check its spelling, this machine's network and DNS; behind a proxy, set HTTPS_PROXY."
        return outcome("failed", f"cannot be resolved: {why}", remedy)
    return outcome("ok", ", ".join(addresses[:3]) + (" ..." if len(addresses) > 3 else ""))


def proxy(origin: str, environ: Mapping[str, str], seconds: float) -> Outcome:
    """Open a connection to the proxy before a server, and close it.

    Args:
        origin: The server.
        environ: The environment's variables.
        seconds: Time limit.
    """
    host, named = _host(origin), network(origin, environ).proxy
    outcome = partial(Outcome, "proxy", host)
    if named is None:
        return outcome("ok", "none: direct connection")
    masked_url = mask_url(named)
    if masked_url.partition("://")[0].lower() not in _PORTS:
        return outcome("failed", f"{masked_url} is not the URL of a proxy", "Write HTTPS_PROXY as http://host:port.")
    try:
        parts = urlsplit(named)
        socket.create_connection((parts.hostname or "", parts.port or _PORTS[parts.scheme]), seconds).close()
    except (OSError, ValueError, UnicodeError) as error:
        remedy = f"Correct HTTPS_PROXY (HTTP_PROXY, ALL_PROXY), or name the host in NO_PROXY: NO_PROXY={host}"
        return outcome("failed", f"{masked_url} cannot be reached: {_why(error)}", remedy)
    return outcome("ok", f"through {masked_url}")


def encryption(origin: str, environ: Mapping[str, str], seconds: float) -> Outcome:
    """Do a TLS handshake with a server, without sending data.

    Args:
        origin: The server.
        environ: The environment's variables.
        seconds: Time limit of each step.
    """
    from omicsdk.core.sending.connections import tls_context

    parts, route, host = urlsplit(origin), network(origin, environ), _host(origin)
    outcome = partial(Outcome, "tls", host)
    authorities = route.ca_file or route.ca_dir or default_ca_file()
    if parts.scheme != "https" and is_loopback(host):
        return outcome("skipped", "http to this machine")
    if parts.scheme != "https":
        remedy = "Use its https URL: credentials are not sent over http."
        return outcome("warning", "http: the connection is not encrypted", remedy)
    if route.proxy is not None:
        return outcome("skipped", "through the proxy; the probe of the login includes it")
    remedy = "Check the URL of the service, and that no firewall blocks it."
    try:
        with (
            socket.create_connection((host, parts.port or 443), seconds) as plain,
            tls_context(route).wrap_socket(plain, server_hostname=host) as encrypted,
        ):
            end, version = (encrypted.getpeercert() or {}).get("notAfter"), encrypted.version() or ""
    except ssl.SSLCertVerificationError as error:
        remedy = TLSFailed(error.verify_message).remedy
        if remedy == TLSFailed.default_remedy:
            remedy = (
                "If your network inspects connections, give its authority as a PEM file: SSL_CERT_FILE=/path/ca.pem. "
                f"Trusted authorities: {authorities}."
            )
        return outcome("failed", f"its certificate is not trusted: {error.verify_message}", remedy)
    except ssl.SSLError as error:
        return outcome("failed", f"no TLS ({error.reason or error})", remedy)
    except (OSError, UnicodeError) as error:
        return outcome("failed", f"cannot be reached: {_why(error)}", remedy)
    except OmicsError as error:
        return outcome("failed", f"{error.message}. {error.remedy}".rstrip(), remedy)
    left = (ssl.cert_time_to_seconds(end) - time.time()) / _DAY if isinstance(end, str) else CERTIFICATE_DAYS
    if left < CERTIFICATE_DAYS:
        return outcome(
            "warning", f"its certificate expires in {left:.0f} days", "Report it to the service's operators."
        )
    return outcome("ok", f"{version}, authorities of {authorities}")


def surroundings(environ: Mapping[str, str]) -> Outcome:
    """Name the proxy and the certificate authorities of connections to the internet.

    Args:
        environ: The environment's variables.
    """
    route = network("https://example.org", environ)
    by = f"through the proxy {mask_url(route.proxy)}" if route.proxy else "no proxy"
    return Outcome("network", "", "ok", f"{by}; authorities of {route.ca_file or route.ca_dir or default_ca_file()}")


def _host(origin: str) -> str:
    return urlsplit(origin).hostname or origin


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def clock(host: str, date: str, at: float) -> Outcome:
    """Compare this machine's clock with a server's.

    Args:
        host: The server.
        date: Its Date header; empty if missing.
        at: Time of its arrival, in seconds since 1970 by this machine's clock.
    """
    outcome = partial(Outcome, "clock", host)
    theirs = seconds_of_date(date)
    if theirs is None:
        return outcome("skipped", "the response's Date is invalid" if date else "the response has no Date")
    # The header has whole seconds, cut off.
    lead = at - theirs - 0.5
    if abs(lead) <= CLOCK_WARNING:
        return outcome("ok", f"within {max(1, round(abs(lead)))} s of the server's")
    remedy = "Set the clock: sudo timedatectl set-ntp true (Linux), or the date settings of the system."
    status = "failed" if abs(lead) > CLOCK_FAILED else "warning"
    return outcome(status, f"this machine's clock is {lead_in_words(lead)} the server's", remedy)


class Response(NamedTuple):
    """A response to a call.

    Attributes:
        status: The HTTP status; 0 without a response.
        date: The server's Date header; empty if missing.
        at: Time of its arrival, in seconds since 1970 by this machine's clock.
        error: The error in the response; None for a success.
        seconds: Time until it arrived; None without a response.
    """

    status: int = 0
    date: str = ""
    at: float = 0.0
    error: OmicsError | None = None
    seconds: float | None = None


def ask(
    call: Call, seconds: float, environ: Mapping[str, str], transport: httpx.BaseTransport | None = None
) -> Response:
    """Send a call, once.

    Args:
        call: The call.
        seconds: Time limit of each step.
        environ: The environment's variables: proxies, certificate authorities.
        transport: Replaces the network, for tests.
    """
    from contextlib import closing

    from omicsdk.core.bodies import json_body
    from omicsdk.core.request import NO_BODY, OperationFacts, request
    from omicsdk.core.sending.transport import Transport

    start = time.monotonic()
    method, body = ("GET", NO_BODY) if call.body is None else ("POST", json_body(call.body))
    facts = OperationFacts("", method, call.url, secured=call.credentials is not None)
    try:
        sender = Transport(
            origin_of(call.url),
            credentials=call.credentials,
            timeout=seconds,
            # A probe reports what happens; a retry would hide it, and take its time.
            retry=Retry(attempts=1),
            environ=environ,
            transport=transport,
        )
        with closing(sender):
            # A redirect is not followed: it would be a second call, and to another service.
            response = sender.send(request(facts, call.url, body=body), follow_redirects=False)
        return Response(response.status_code, response.headers.get("date", ""), time.time(), seconds=_since(start))
    except APIError as error:
        return Response(error.status, error.headers.get("date", ""), time.time(), error, _since(start))
    except OmicsError as error:
        return Response(error=error)


def _since(start: float) -> float:
    return round(time.monotonic() - start, 3)


def tried(login: Login, environ: Mapping[str, str], seconds: float) -> list[Outcome]:
    """Test a login, and compare clocks with the response.

    Args:
        login: The login.
        environ: The environment's variables.
        seconds: Time limit of each step of the request.
    """
    response = None if login.call is None or login.problem else ask(login.call, seconds, environ)
    judged = judge(login, response)
    if login.call is None or response is None:
        return [judged]
    judged = judged._replace(seconds=response.seconds)
    if isinstance(response.error, AuthError) and not response.status:
        # Nothing was sent: the token seems expired, by a clock that may be wrong.
        response = ask(login.call._replace(credentials=None, body=None), seconds, environ)
    if not response.date:
        return [judged]
    compared = clock(_host(login.url), response.date, response.at)
    # A wrong clock makes valid tokens expired, so it is corrected first.
    if compared.status == judged.status == "failed":
        judged = judged._replace(remedy=f"Set this machine's clock first. {judged.remedy}".rstrip())
    return [judged, compared]


def tried_public(login: Login, environ: Mapping[str, str], seconds: float) -> list[Outcome]:
    """Try a public service that the user may not need: a failure is a warning. Arguments as for `tried`."""
    outcome = tried(login, environ, seconds)[0]
    status = "warning" if outcome.status == "failed" else outcome.status
    return [outcome._replace(probe="public", subject=login.service, status=status)]


def judge(login: Login, response: Response | None) -> Outcome:
    """Return the outcome for a login from the response to its call.

    Args:
        login: The login.
        response: The response; None if nothing was sent.
    """
    outcome = partial(Outcome, "login", login.subject)
    if login.problem:
        return outcome("failed", _placed(login, login.problem), login.remedy)
    if response is None or login.call is None:
        return outcome("skipped", login.warning or "no read-only call can test it")
    where, error = f"{login.url} responded with {response.status}", response.error
    is_anonymous = login.call.credentials is None and login.call.body is None
    refusals = (401,) if is_anonymous else (401, 403)
    # Any response of the service itself proves that it is reached; those of gateways do not.
    if login.call.reach and response.status not in (0, *refusals, 502, 503, 504):
        return outcome("ok", f"{login.call.shows}: {where}")
    if error is None and response.status >= 300:
        return outcome("warning", where, "Check the URL: it redirects to another one.")
    if error is None and login.warning:
        text, _, command = login.warning.partition(": ")
        return outcome("warning", f"{login.call.shows}; {text}", command and f"Run: {command}")
    if error is None:
        return outcome("ok", f"{login.call.shows}: {where}")
    if response.status in (401, 403) and is_anonymous:
        remedy = "Check the URL, and whether a proxy or firewall answered in place of the service."
        return outcome("failed", f"{where}, although this needs no login", remedy)
    if response.status in (400, 401):
        return outcome("failed", _placed(login, f"{where}: the login was refused"), _renewal(login))
    if response.status == 403:  # only a known user can lack a permission
        return outcome(
            "warning", f"{where}: the login is valid, but has no permission to read its own account", error.remedy
        )
    if response.status == 404:
        return outcome("failed", f"{where}: no such service", f"Check the URL, which comes from {login.origin}.")
    if response.status:
        return outcome("failed", where, error.remedy)
    if isinstance(error, AuthError | ConfigError):
        return outcome("failed", _placed(login, error.message), error.remedy)
    return outcome("failed", f"no response: {error.message}", error.remedy)


def _placed(login: Login, text: str) -> str:
    return f"{text} (from {login.origin})" if login.origin and login.origin not in text else text


def _renewal(login: Login) -> str:
    """How to replace a login that was refused."""
    if login.service == "pangea" and "PANGEA_PASS" in login.origin:
        return f"Check the spelling of PANGEA_USER, and PANGEA_PASS. {HOW_TO_GET['pangea']}"
    if login.service not in ("dss", "auth"):
        # Variables take precedence over a login that is stored next.
        is_set = re.fullmatch(r"[A-Z0-9_]+(?: and [A-Z0-9_]+)*", login.origin)
        return (f"Unset {login.origin}, or correct the value. " if is_set else "") + HOW_TO_GET[login.service]
    again, variable = f"omics {login.service} login", f"OMICS_{login.service.upper()}_TOKEN"
    if login.origin == "GOOGLE_APPLICATION_CREDENTIALS":
        return f"Ask the service's operators to admit that account; or unset {login.origin}, and: {again}"
    if variable in login.origin:  # it has precedence over a stored login
        return f"Set {variable} to a valid token; or unset it, and: {again}"
    return f"Log in again: {again}"
