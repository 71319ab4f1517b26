"""One call a login, and the network on the way."""

import socket
import ssl
import threading
import time
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx
import pytest
from omicsdk.cli.doctor import Outcome
from omicsdk.cli.doctor.network import Response, ask, clock, encryption, judge, resolution
from omicsdk.cli.doctor.report import Probe, side_by_side
from omicsdk.cli.doctor.services import Call, Login
from omicsdk.core import BearerToken, ConfigError, OmicsError

CANARY = "canary-0123456789"
CALL = Call("https://sb.example/v2/user", BearerToken(CANARY))
LOGIN = Login("sb", "profile default", "~/.sevenbridges/credentials [default]", "https://sb.example/v2", CALL)


def answered(status, call=CALL, **headers):
    requests = []

    def response(request):
        requests.append(request)
        return httpx.Response(status, headers=headers, json={"message": "said so"})

    result = ask(call, 5, {}, httpx.MockTransport(response))
    assert len(requests) == 1, "a login is tried once, whatever comes back"
    assert requests[0].headers.get("authorization") == (f"Bearer {CANARY}" if call.credentials else None)
    return result


@pytest.mark.parametrize(
    ("status", "outcome", "message"),
    [
        (200, "ok", "the login is valid"),
        (302, "warning", "responded with 302"),
        (401, "failed", "the login was refused (from ~/.sevenbridges/credentials [default])"),
        (403, "warning", "the login is valid, but has no permission"),
        (404, "failed", "no such service"),
        (429, "failed", "responded with 429"),
        (503, "failed", "responded with 503"),
    ],
)
def test_a_response_states_whether_the_login_holds(status, outcome, message):
    result = judge(LOGIN, answered(status, location="https://elsewhere.example/"))
    assert (result.subject, result.status) == ("sb: profile default", outcome)
    assert message in result.found
    assert bool(result.remedy) == (outcome != "ok")
    assert CANARY not in repr(result)


@pytest.mark.parametrize(
    ("service", "origin", "remedy"),
    [
        ("dss", "/home/me/.config/omicsdk/tokens.json", "Log in again: omics dss login"),
        ("dss", "OMICS_DSS_TOKEN", "Set OMICS_DSS_TOKEN to a valid token; or unset it, and: omics dss login"),
        ("auth", "GOOGLE_APPLICATION_CREDENTIALS", "unset GOOGLE_APPLICATION_CREDENTIALS, and: omics auth login"),
        (
            "sb",
            "SB_API_ENDPOINT and SB_AUTH_TOKEN",
            "Unset SB_API_ENDPOINT and SB_AUTH_TOKEN, or correct the value. Create a token under Developer",
        ),
        ("sb", "~/.sevenbridges/credentials [cgc]", "Create a token under Developer"),
        ("pangea", "PANGEA_USER and PANGEA_PASS", "Check the spelling of PANGEA_USER, and PANGEA_PASS."),
    ],
)
def test_the_remedy_of_a_refused_login_replaces_the_one_that_was_sent(service, origin, remedy):
    result = judge(LOGIN._replace(service=service, origin=origin), answered(401))
    assert remedy in result.remedy


@pytest.mark.parametrize(
    ("reach", "credentials", "status", "outcome"),
    [
        (False, None, 401, "failed"),  # of a proxy in place of the service
        (True, None, 401, "failed"),
        (True, None, 307, "ok"),  # of Amazon, to its page about S3
        (True, None, 403, "ok"),
        (True, None, 501, "ok"),
        (True, None, 503, "failed"),
        (True, BearerToken(CANARY), 404, "ok"),  # of a DRS server without service-info
        (True, BearerToken(CANARY), 403, "warning"),
        (True, BearerToken(CANARY), 401, "failed"),
    ],
)
def test_a_server_without_a_page_for_everybody_is_reached_by_any_response_of_its_own(
    reach, credentials, status, outcome
):
    call = Call("https://drs.example/ga4gh/drs/v1/service-info", credentials, reach=reach)
    result = judge(LOGIN._replace(service="drs", call=call), answered(status, call))
    assert (result.status, bool(result.remedy)) == (outcome, outcome != "ok"), result


def test_the_servers_date_is_kept_whatever_it_responses():
    assert answered(200, date="Thu, 01 Jan 2026 12:00:00 GMT").date == "Thu, 01 Jan 2026 12:00:00 GMT"
    assert answered(401, date="Thu, 01 Jan 2026 12:00:00 GMT").date == "Thu, 01 Jan 2026 12:00:00 GMT"


def test_no_response_is_reported_with_its_remedy():
    def refuse(request):
        raise httpx.ConnectError("Connection refused", request=request)

    result = judge(LOGIN, ask(CALL, 5, {}, httpx.MockTransport(refuse)))
    assert result.status == "failed"
    assert result.found.startswith("no response: ")
    assert result.remedy


def test_a_login_that_cannot_be_used_is_not_tried():
    result = judge(LOGIN._replace(problem="a token is missing", remedy="Write one."), None)
    assert (result.status, result.remedy) == ("failed", "Write one.")
    assert judge(LOGIN._replace(call=None, warning="only a workspace can"), None).status == "skipped"
    warned = judge(LOGIN._replace(warning="others can read f: chmod 600 f"), Response(200))
    assert (warned.status, warned.remedy) == ("warning", "Run: chmod 600 f")


def test_a_secret_is_in_no_repr():
    assert CANARY not in repr(Call("https://h/", body={"password": CANARY}))
    assert CANARY not in repr(LOGIN)


def test_a_probe_that_hangs_blocks_nothing(request):

    over = threading.Event()
    request.addfinalizer(over.set)

    def hang():
        over.wait()
        return []

    def fail():
        raise OmicsError("broken", remedy="Mend it.")

    def crash():
        raise KeyError("x")

    probes = [
        Probe("name", "h", hang),
        Probe("tls", "h", fail),
        Probe("disk", "d", crash),
        Probe("clock", "h", lambda: [Outcome("clock", "h", "ok", "fine")]),
        Probe("clock", "h", lambda: [Outcome("clock", "h", "ok", "fine")]),
    ]
    results = side_by_side(probes, 0.2)
    assert [(result.probe, result.status) for result in results] == [
        ("name", "failed"),
        ("tls", "failed"),
        ("disk", "failed"),
        ("clock", "ok"),
    ]
    assert "no response within 0.2 s" in results[0].found
    assert (results[1].found, results[1].remedy) == ("broken", "Mend it.")
    assert "bug in omics" in results[2].remedy


ORIGIN = "https://a.example:443"
PROXIED = {"HTTPS_PROXY": "http://user:secret@proxy:3128"}


@pytest.mark.parametrize(
    ("response", "environ", "status", "message"),
    [
        (["10.0.0.1"], {}, "ok", "10.0.0.1"),
        (["1", "2", "2", "3", "4"], {}, "ok", "1, 2, 3 ..."),
        (socket.gaierror(-2, "Name or service not known"), {}, "failed", "Name or service not known"),
        (UnicodeError("label too long"), {}, "failed", "label too long"),
        ([], {}, "failed", "no address"),
        (AssertionError("the proxy does that"), PROXIED, "skipped", "the proxy resolves it"),
    ],
)
def test_a_name_leads_somewhere_or_it_is_stated_what_to_check(monkeypatch, response, environ, status, message):
    def look_up(host, port, **_):
        assert (host, port) == ("a.example", 443)
        if isinstance(response, Exception):
            raise response
        return [(None, None, None, "", (address, port)) for address in response]

    monkeypatch.setattr("socket.getaddrinfo", look_up)
    result = resolution(ORIGIN, environ)
    assert (result.probe, result.subject, result.status) == ("name", "a.example", status)
    assert message in result.found
    assert bool(result.remedy) == (status == "failed")


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
    ("shaken", "status", "message", "remedy"),
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
def test_a_server_is_trusted_or_it_is_stated_why_not(monkeypatch, shaken, status, message, remedy):
    class Context:
        @contextmanager
        def wrap_socket(self, plain, *, server_hostname):
            assert server_hostname == "a.example"
            if isinstance(shaken, Exception):
                raise shaken
            yield shaken

    monkeypatch.setattr("socket.create_connection", lambda address, seconds: nullcontext())
    monkeypatch.setattr("omicsdk.core.sending.connections.tls_context", lambda way: Context())
    result = encryption(ORIGIN, {}, 5)
    assert (result.probe, result.subject, result.status) == ("tls", "a.example", status)
    assert bool(result.remedy) == bool(remedy)
    assert message in result.found
    assert remedy in result.remedy


@pytest.mark.parametrize(
    ("origin", "environ", "status", "message", "remedy"),
    [
        ("http://a.example", {}, "warning", "not encrypted", "Use its https URL"),
        ("http://127.0.0.1:80", {}, "skipped", "this machine", ""),
        (ORIGIN, PROXIED, "skipped", "proxy", ""),
    ],
)
def test_no_handshake_is_tried_where_none_is_due(monkeypatch, origin, environ, status, message, remedy):
    monkeypatch.setattr("socket.create_connection", None)
    result = encryption(origin, environ, 5)
    assert (result.status, bool(result.remedy)) == (status, bool(remedy))
    assert message in result.found
    assert remedy in result.remedy


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DATE = format_datetime(NOON, usegmt=True)


@pytest.mark.parametrize(
    ("lead", "status", "message"),
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
def test_clocks_may_differ_a_little(lead, status, message):
    result = clock("h", DATE, NOON.timestamp() + lead)
    assert result.status == status
    assert message in result.found
    assert bool(result.remedy) == (status != "ok")


@pytest.mark.parametrize(
    ("date", "at", "why"), [("", 0.0, "has no Date"), ("", 1.0, "has no Date"), ("yesterday", 1.0, "Date is invalid")]
)
def test_without_a_date_nothing_is_stated_of_clocks(date, at, why):
    result = clock("h", date, at)
    assert result.status == "skipped"
    assert why in result.found
