"""One call a login, and what its answer is taken for."""

import threading
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from omicsdk.cli.doctor import Outcome
from omicsdk.cli.doctor.network import Answer, ask, judge, tried
from omicsdk.cli.doctor.report import Probe, side_by_side
from omicsdk.cli.doctor.services import Call, Login
from omicsdk.core.credentials import BearerToken
from omicsdk.core.errors import OmicsError

CANARY = "canary-0123456789"
CALL = Call("https://sb.example/v2/user", BearerToken(CANARY))
LOGIN = Login("sb", "profile default", "~/.sevenbridges/credentials [default]", "https://sb.example/v2", CALL)


def answered(status, **headers):
    asked = []

    def answer(request):
        asked.append(request)
        return httpx.Response(status, headers=headers, json={"message": "said so"})

    found = ask(CALL, 5, {}, httpx.MockTransport(answer))
    assert len(asked) == 1, "a login is tried once, whatever comes back"
    assert asked[0].headers["authorization"] == f"Bearer {CANARY}"
    return found


@pytest.mark.parametrize(
    ("status", "outcome", "told"),
    [
        (200, "ok", "the login is valid"),
        (302, "warning", "answered 302"),
        (401, "failed", "the login was refused (from ~/.sevenbridges/credentials [default])"),
        (403, "warning", "the login is valid, but has no permission"),
        (404, "failed", "no such service"),
        (429, "failed", "answered 429"),
        (503, "failed", "answered 503"),
    ],
)
def test_an_answer_tells_whether_the_login_holds(status, outcome, told):
    found = judge(LOGIN, answered(status, location="https://elsewhere.example/"))
    assert (found.subject, found.status) == ("sb: profile default", outcome)
    assert told in found.found
    assert bool(found.remedy) == (outcome != "ok")
    assert CANARY not in repr(found)


@pytest.mark.parametrize(
    ("service", "origin", "remedy"),
    [
        ("dss", "/home/me/.config/omicsdk/tokens.json", "Log in again: omics dss login"),
        ("dss", "OMICS_DSS_TOKEN", "Set OMICS_DSS_TOKEN to a valid token; or unset it, and: omics dss login"),
        ("auth", "GOOGLE_APPLICATION_CREDENTIALS", "unset GOOGLE_APPLICATION_CREDENTIALS, and: omics auth login"),
        ("sb", "SB_API_ENDPOINT and SB_AUTH_TOKEN", "Create a token under Developer"),
        ("pangea", "PANGEA_USER and PANGEA_PASS", "Check the spelling of PANGEA_USER, and PANGEA_PASS."),
    ],
)
def test_the_remedy_of_a_refused_login_replaces_the_one_that_was_sent(service, origin, remedy):
    found = judge(LOGIN._replace(service=service, origin=origin), answered(401))
    assert remedy in found.remedy


def test_the_servers_date_is_kept_whatever_it_answers():
    assert answered(200, date="Thu, 01 Jan 2026 12:00:00 GMT").date == "Thu, 01 Jan 2026 12:00:00 GMT"
    assert answered(401, date="Thu, 01 Jan 2026 12:00:00 GMT").date == "Thu, 01 Jan 2026 12:00:00 GMT"


def test_no_answer_is_told_with_its_remedy():
    def refuse(request):
        raise httpx.ConnectError("Connection refused", request=request)

    found = judge(LOGIN, ask(CALL, 5, {}, httpx.MockTransport(refuse)))
    assert found.status == "failed"
    assert found.found.startswith("no answer: ")
    assert found.remedy


def test_what_cannot_be_used_is_not_asked_about():
    found = judge(LOGIN._replace(problem="a token is missing", remedy="Write one."), None)
    assert (found.status, found.remedy) == ("failed", "Write one.")
    assert judge(LOGIN._replace(call=None, warning="only a workspace can"), None).status == "skipped"
    warned = judge(LOGIN._replace(warning="others can read f: chmod 600 f"), Answer(200))
    assert (warned.status, warned.remedy) == ("warning", "Run: chmod 600 f")


def test_a_secret_is_in_no_repr():
    assert CANARY not in repr(Call("https://h/", body={"password": CANARY}))
    assert CANARY not in repr(LOGIN)


def test_a_probe_that_hangs_holds_up_nobody(request):
    import threading

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
    found = side_by_side(probes, 0.2)
    assert [(each.probe, each.status) for each in found] == [
        ("name", "failed"),
        ("tls", "failed"),
        ("disk", "failed"),
        ("clock", "ok"),
    ]
    assert "no answer within 0.2 s" in found[0].found
    assert (found[1].found, found[1].remedy) == ("broken", "Mend it.")
    assert "bug in omics" in found[2].remedy


@pytest.fixture
def skewed():
    """Starts a server whose clock is apart from ours; gives its URL, and the headers that came."""
    servers = []

    def start(seconds, status=200):
        came = []

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self):
                came.append(dict(self.headers))
                self.send_response_only(status)
                self.send_header("Date", formatdate(time.time() + seconds, usegmt=True))
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_):
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Answer))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/v2", came

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("seconds", "said"), [(600, "10 minutes behind"), (-600, "10 minutes ahead of"), (172800, "2 days behind")]
)
def test_a_login_that_fails_by_a_wrong_clock_says_so(skewed, seconds, said):
    url, _ = skewed(seconds, 401)
    login, clock = tried(LOGIN._replace(url=url, call=CALL._replace(url=f"{url}/user")), {"NO_PROXY": "*"}, 5)
    assert (clock.status, said in clock.found) == ("failed", True)
    assert login.remedy.startswith("Set this machine's clock first. Create a token")


def test_a_token_that_seems_to_have_ended_may_only_be_ahead_of_this_clock(skewed):
    url, came = skewed(-172800)
    ended = Call(f"{url}/user", BearerToken(CANARY, expires_at=time.time() - 86400))
    login, clock = tried(LOGIN._replace(url=url, call=ended), {"NO_PROXY": "*"}, 5)
    assert "The access token expired on" in login.found
    assert (clock.status, "2 days ahead of" in clock.found) == ("failed", True)
    assert login.remedy.startswith("Set this machine's clock first.")
    assert len(came) == 1, "one call a login"
    assert CANARY not in str(came)


def test_a_clock_that_is_right_leaves_the_remedy_as_it_is(skewed):
    url, _ = skewed(0, 401)
    login, clock = tried(LOGIN._replace(url=url, call=CALL._replace(url=f"{url}/user")), {"NO_PROXY": "*"}, 5)
    assert (clock.status, login.remedy[:14]) == ("ok", "Create a token")
