"""Diagnoses of names, proxies, certificates and clocks."""

import socket
import ssl
import time
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from omicsdk.cli.doctor.network import clock, encryption, resolution
from omicsdk.core import ConfigError

ORIGIN = "https://a.example:443"
PROXIED = {"HTTPS_PROXY": "http://user:secret@proxy:3128"}


@pytest.mark.parametrize(
    ("response", "environ", "status", "told"),
    [
        (["10.0.0.1"], {}, "ok", "10.0.0.1"),
        (["1", "2", "2", "3", "4"], {}, "ok", "1, 2, 3 ..."),
        (socket.gaierror(-2, "Name or service not known"), {}, "failed", "Name or service not known"),
        (UnicodeError("label too long"), {}, "failed", "label too long"),
        ([], {}, "failed", "no address"),
        (AssertionError("the proxy does that"), PROXIED, "skipped", "the proxy resolves it"),
    ],
)
def test_a_name_leads_somewhere_or_it_is_stated_what_to_check(monkeypatch, response, environ, status, told):
    def look_up(host, port, **_):
        assert (host, port) == ("a.example", 443)
        if isinstance(response, Exception):
            raise response
        return [(None, None, None, "", (address, port)) for address in response]

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    found = resolution(ORIGIN, environ)
    assert (found.probe, found.subject, found.status) == ("name", "a.example", status)
    assert told in found.found
    assert bool(found.remedy) == (status == "failed")


def agreed(days):
    """A connection on whose encryption both sides agreed."""

    class Encrypted:
        def getpeercert(self):
            end = datetime.fromtimestamp(time.time() + days * 86400 + 60, UTC)
            return {"notAfter": end.strftime("%b %d %H:%M:%S %Y GMT")}

        def version(self):
            return "TLSv1.3"

    return Encrypted()


def untrusted(why="self-signed"):
    error = ssl.SSLCertVerificationError("certificate verify failed")
    error.verify_message = why
    return error


def not_tls():
    error = ssl.SSLError(1, "wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    return error


@pytest.mark.parametrize(
    ("shaken", "status", "told", "remedy"),
    [
        (agreed(60), "ok", "TLSv1.3, authorities of", ""),
        (agreed(3), "warning", "expires in 3 days", "operators"),
        (untrusted(), "failed", "is not trusted: self-signed", "SSL_CERT_FILE"),
        (untrusted("certificate has expired"), "failed", "certificate has expired", "date and time"),
        (not_tls(), "failed", "no TLS (WRONG_VERSION_NUMBER)", "Check the URL"),
        (ConnectionRefusedError(111, "Connection refused"), "failed", "reached: Connection refused", "Check the URL"),
        (ConfigError("no such file", remedy="Name one."), "failed", "no such file. Name one.", "Check the URL"),
    ],
)
def test_a_server_is_trusted_or_it_is_stated_why_not(monkeypatch, shaken, status, told, remedy):
    class Context:
        @contextmanager
        def wrap_socket(self, plain, *, server_hostname):
            assert server_hostname == "a.example"
            if isinstance(shaken, Exception):
                raise shaken
            yield shaken

    monkeypatch.setattr("socket.create_connection", lambda address, seconds: nullcontext())
    monkeypatch.setattr("omicsdk.core.sending.connections.tls_context", lambda way: Context())
    found = encryption(ORIGIN, {}, 5)
    assert (found.probe, found.subject, found.status) == ("tls", "a.example", status)
    assert bool(found.remedy) == bool(remedy)
    assert told in found.found
    assert remedy in found.remedy


@pytest.mark.parametrize(
    ("origin", "environ", "status", "told", "remedy"),
    [
        ("http://a.example", {}, "warning", "not encrypted", "Use its https URL"),
        ("http://127.0.0.1:80", {}, "skipped", "this machine", ""),
        (ORIGIN, PROXIED, "skipped", "proxy", ""),
    ],
)
def test_no_handshake_is_tried_where_none_is_due(monkeypatch, origin, environ, status, told, remedy):
    monkeypatch.setattr("socket.create_connection", None)
    found = encryption(origin, environ, 5)
    assert (found.status, bool(found.remedy)) == (status, bool(remedy))
    assert told in found.found
    assert remedy in found.remedy


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DATE = format_datetime(NOON, usegmt=True)


@pytest.mark.parametrize(
    ("lead", "status", "told"),
    [
        (0.5, "ok", "within 1 s"),
        (-29, "ok", "within 30 s"),
        (31, "warning", "30 s ahead of"),
        (-100, "warning", "100 s behind"),
        (600.5, "failed", "10 minutes ahead of"),
        (-7200, "failed", "2 hours behind"),
        (-172800, "failed", "2 days behind"),
    ],
)
def test_clocks_may_differ_a_little(lead, status, told):
    found = clock("h", DATE, NOON.timestamp() + lead)
    assert found.status == status
    assert told in found.found
    assert bool(found.remedy) == (status != "ok")


@pytest.mark.parametrize(("date", "at"), [("", 0.0), ("", 1.0), ("yesterday", 1.0)])
def test_without_a_date_nothing_is_stated_of_clocks(date, at):
    assert clock("h", date, at).status == "skipped"
