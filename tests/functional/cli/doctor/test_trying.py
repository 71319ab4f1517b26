"""One call a login, and what its response is treated as."""

import threading
import time
from email.utils import formatdate
from http.server import HTTPServer

import pytest
from omicsdk.cli.doctor.network import tried
from omicsdk.cli.doctor.services import Call, Login
from omicsdk.core import BearerToken
from quiet_server import QuietHandler

CANARY = "canary-0123456789"
CALL = Call("https://sb.example/v2/user", BearerToken(CANARY))
LOGIN = Login("sb", "profile default", "~/.sevenbridges/credentials [default]", "https://sb.example/v2", CALL)


@pytest.fixture
def skewed():
    """Starts a server whose clock is apart from ours; gives its URL, and the headers that came."""
    servers = []

    def start(seconds, status=200):
        came = []

        class Response(QuietHandler):
            def do_GET(self):
                came.append(dict(self.headers))
                self.send_response_only(status)
                self.send_header("Date", formatdate(time.time() + seconds, usegmt=True))
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

        servers.append(HTTPServer(("127.0.0.1", 0), Response))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}/v2", came

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("seconds", "said"), [(600, "10 minutes behind"), (-600, "10 minutes ahead of"), (172800, "2 days behind")]
)
def test_a_login_that_fails_by_a_wrong_clock_reports_it(skewed, seconds, said):
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
