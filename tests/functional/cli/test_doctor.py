"""`omics doctor` and `omics init`: the network, logins, and what people and scripts are shown."""

import json
import re
import shutil
import socket
import threading
import time
from contextlib import ExitStack
from email.utils import formatdate
from pathlib import Path

import pytest
from claimed_ports import free_port
from nobodys_home import leave_home
from omicsdk.cli.doctor import services
from omicsdk.cli.doctor.network import proxy, tried, tried_public
from omicsdk.cli.doctor.services import PUBLIC, Call, Login, PublicService
from omicsdk.core import BearerToken
from quiet_server import QuietHandler, serving

SECRETS = ("OMICS_DSS_TOKEN", "OMICS_AUTH_TOKEN", "OMICS_UPLOAD_TOKEN", "SB_AUTH_TOKEN", "CRUNCH_TOKEN", "PANGEA_PASS")
ALL = ["dss", "auth", "upload", "azul", "gdc", "sb", "gen3", "drs", "crunch", "pangea"]


@pytest.fixture
def alone(monkeypatch, tmp_path):
    """A user of nothing yet."""
    for name in (*SECRETS, "SB_API_ENDPOINT", "CRUNCH_URL", "PANGEA_ENDPOINT", "PANGEA_USER", "GEN3_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("GEN3_ENDPOINT", "HCA_CONFIG_FILE", "GOOGLE_APPLICATION_CREDENTIALS", "OMICS_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    closed = PublicService("", "http://127.0.0.1:1", "/")
    monkeypatch.setattr(services, "PUBLIC", dict.fromkeys(services.PUBLIC, closed))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return tmp_path


@pytest.fixture
def sandbox(alone, omics_sandbox, monkeypatch):
    """The same, told where the sandbox is."""
    variables = omics_sandbox.environment()
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return omics_sandbox


@pytest.fixture
def hidden(sandbox):
    """Checks that texts have no secret in them."""
    variables = sandbox.environment()
    key = json.loads(Path(variables["GEN3_API_KEY"]).read_text())["api_key"]

    def check(*texts):
        # Some secrets of the sandbox are words that paths have, too.
        for secret in (*(variables[name] for name in SECRETS), key):
            assert not any(secret in text for text in texts)

    return check


def by_probe(rows, probe):
    return [row for row in rows if row["probe"] == probe]


def test_every_login_is_tried_with_one_call(omics, sandbox, hidden):
    ran = omics("doctor")
    assert (ran.code, ran.err) == (0, "")
    assert {row["status"] for row in ran.json} <= {"ok", "skipped", "warning"}
    logins = by_probe(ran.json, "login")
    assert [(row["subject"].partition(":")[0], row["status"]) for row in logins] == [
        (name, "ok") for name in (*ALL, "s3")
    ]
    assert [row["status"] for row in by_probe(ran.json, "clock")] == ["ok"]
    paths = [entry["path"] for entry in sandbox.requests()]
    assert len(paths) == len(ALL), "the store of s3 is another server"
    hidden(ran.out)


def test_only_what_is_named_is_queried(omics, sandbox):
    ran = omics("doctor", "sb", "gen3", "--json", tty=True)
    assert [row["subject"] for row in by_probe(ran.json, "login")] == ["sb: token", "gen3: API key"]
    assert omics("doctor", "sbb").code == 2


def test_a_wrong_token_fails_with_its_remedy(omics, sandbox, monkeypatch):
    monkeypatch.setenv("SB_AUTH_TOKEN", "0" * 32)
    ran = omics("doctor", "sb", tty=True)
    assert ran.code == 1
    assert "FAILED" in ran.out
    assert "the login was refused (from SB_API_ENDPOINT and SB_AUTH_TOKEN)" in ran.out
    assert "> Unset SB_API_ENDPOINT and SB_AUTH_TOKEN, or" in ran.out
    assert "0" * 32 not in ran.out + ran.err


def test_without_anything_configured_the_machine_and_public_services_are_examined(omics, alone):
    ran = omics("doctor", "--output", "jsonl")
    assert ran.code == 0
    probes = {json.loads(line)["probe"] for line in ran.out.splitlines()}
    assert probes == {
        "versions", "pycurl", "extras", "encoding", "open files", "disk", "hard links", "network", "public",
    }  # fmt: skip
    named = omics("doctor", "sb").json[-1]
    assert (named["subject"], named["status"], named["remedy"]) == ("sb", "skipped", "See: omics init")


def test_few_lines_state_what_works_from_here(omics, sandbox, alone, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://ada:secret@proxy.example.org:3128")
    variables = {**sandbox.environment(), "": sandbox.s3_url}
    addresses = {name: service._replace(address=variables[service.variable]) for name, service in PUBLIC.items()}
    monkeypatch.setattr(services, "PUBLIC", addresses)
    ran = omics("doctor", tty=True)
    assert (ran.code, len(ran.out.splitlines()) <= len(ALL) + 9) == (0, True), ran.out
    assert "proxy.example.org:3128" in ran.out
    assert "secret" not in ran.out
    assert len(re.findall(r"responded with (?:200|403) \(\d+\.\d\d s\)", ran.out)) == len(ALL) + 5, (
        "those with open data: ENA, NCBI, Google and S3; and the endpoint"
    )
    assert len(omics("doctor", "-v", tty=True).out.splitlines()) > 20


def test_a_public_service_that_cannot_be_reached_is_a_warning(omics, alone):
    ran = omics("doctor")
    public = [(row["subject"], row["status"]) for row in by_probe(ran.json, "public")]
    assert (ran.code, public) == (0, [(name, "warning") for name in PUBLIC])


@pytest.mark.parametrize("command", ["doctor", "init"])
def test_people_see_lines_that_fit_their_terminal(omics, alone, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "40")
    ran = omics(command, tty=True)
    assert ran.code == 0
    assert [line for line in (ran.out + ran.err).splitlines() if len(line) > 40 and len(line.split()) > 1] == []


def test_questions_of_init_fit_a_narrow_terminal(omics, sandbox, alone, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    ran = omics("init", tty=True, typed="n\nn\n")
    lines = [line for part in ran.err.split("[y/N] ") for line in part.splitlines()]
    assert [line for line in lines if len(line) > 40 and len(line.split()) > 1] == []


def test_init_requests_the_logins_that_are_missing(omics, alone, omics_sandbox, monkeypatch):
    box = omics_sandbox
    monkeypatch.setenv("OMICS_SB_URL", box.sb_url)
    typed = iter(["wrong", box.sb_token, box.sb_token])
    monkeypatch.setattr("getpass.getpass", lambda _: next(typed))
    ran = omics("init", tty=True, typed="sbb\nsb\nsb\nsb\n\n")  # the last to renew it
    assert "unknown platform 'sbb'. Did you mean sb?" in ran.err
    assert "refused the login" in ran.err
    assert "logged in to " + box.sb_url in ran.err
    assert ran.err.count("Log in to which?") == 5
    assert ran.err.split("No login for: ")[-1].startswith("hca, gen3, crunch, pangea")
    assert "login sb" in ran.out
    listed = omics("init").json["services"]
    logins = next(service["found"] for service in listed if service["service"] == "sb")
    assert [login["url"] for login in logins if login["what"] == "login of default"] == [box.sb_url]


@pytest.fixture
def homeless(alone, monkeypatch):
    """The same without a home."""
    leave_home(monkeypatch)


def test_a_user_without_a_home_gets_a_warning(omics, homeless):
    ran = omics("doctor", "--json")
    assert (ran.code, ran.err) == (0, "")
    problems = {row["subject"]: row for row in by_probe(ran.json, "disk") if row["status"] != "ok"}
    assert list(problems) == ["settings", "tokens", "state"]
    assert [row["subject"] for row in by_probe(ran.json, "disk") if not row["free"]] == list(problems)
    assert all("HOME is not set" in row["found"] for row in problems.values())
    assert problems["state"]["remedy"] == "Name another folder in OMICS_STATE_DIR."
    assert omics("init").code == 0
    files = omics("config", "path").json
    assert [file["origin"] for file in files] == ["this machine"]


def test_a_home_that_is_a_file_is_named(omics, alone, monkeypatch):
    (alone / "home").write_text("")
    monkeypatch.setenv("HOME", str(alone / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("OMICS_DSS_URL", "http://127.0.0.1:9")
    ran = omics("doctor", "--timeout", "5", "--json")
    assert f"{alone / 'home'} is a file" in {row["found"] for row in by_probe(ran.json, "disk")}
    assert "settings" in by_probe(ran.json, "login")[0]["subject"], "what is not there holds no login"


def test_settings_with_an_error_in_them_are_reported_with_their_line_beside_all_others(omics, sandbox, alone):
    file = alone / "config" / "hca" / "config.json"
    file.parent.mkdir(parents=True)
    file.write_text('{\n "DSSClient": {,}\n}')
    ran = omics("init", "--check")
    assert ran.code == 1
    dss, *_ = ran.json["services"]
    assert dss["found"][0]["problem"].startswith(f"{file}:2:")
    assert ran.json["services"][3]["found"][0]["test"]["status"] == "ok"
    assert omics("--yes", "init").json["written"] == []


def test_init_states_how_to_get_what_is_missing(omics, alone):
    ran = omics("init")
    assert (ran.code, ran.err) == (0, "")
    assert [service["service"] for service in ran.json["services"]] == ALL
    assert all(service["remedy"] and not service["found"] for service in ran.json["services"])
    assert not (alone / "config").exists()


def test_init_without_a_terminal_asks_nothing_of_anybody(omics, sandbox, hidden):
    ran = omics("init")
    assert (ran.code, ran.err) == (0, "")
    assert all(service["found"] and "test" not in service["found"][0] for service in ran.json["services"])
    assert (ran.json["written"], sandbox.requests()) == ([], [])
    hidden(ran.out)


def test_init_check_tries_and_writes_nothing(omics, sandbox, alone):
    ran = omics("init", "--check", "--output", "json")
    assert ran.code == 0
    assert {service["found"][0]["test"]["status"] for service in ran.json["services"]} == {"ok"}
    assert not (alone / "config").exists()


def test_init_asks_on_a_terminal_before_it_tries_or_writes(omics, sandbox, alone, hidden):
    ran = omics("init", tty=True, typed="n\nn\n")
    assert ran.code == 0
    assert "from SB_API_ENDPOINT and SB_AUTH_TOKEN" in ran.err
    assert ran.err.count("[y/N]") == 2
    assert sandbox.requests() == []
    assert not (alone / "config").exists()
    ran = omics("init", tty=True, typed="y\ny\n")
    assert "10 ok" in ran.out
    assert "dss.download.replica = aws" in ran.out
    hidden(ran.out, ran.err)
    written = json.loads((alone / "config" / "hca" / "config.json").read_text())
    assert written["dss"]["download"] == {"replica": "aws"}
    assert "replica" not in omics("init", tty=True, typed="n\nn\n").err, "it is set"


def test_what_was_found_is_reported_even_if_no_default_can_be_written(omics, sandbox, alone):
    (alone / "config").write_text("a file in the way")
    ran = omics("--yes", "init")
    assert (ran.code, ran.json["written"]) == (1, [])
    assert ran.json["services"][0]["found"][0]["test"]["status"] == "ok"
    assert "config.json cannot be written" in ran.err


def test_yes_confirms_for_scripts(omics, sandbox, alone):
    ran = omics("--yes", "init")
    assert ran.json["services"][0]["found"][0]["test"]["status"] == "ok"
    assert "dss.download.replica = aws" in ran.json["written"]
    shutil.rmtree(alone / "config")


ORIGIN = "https://a.example:443"


@pytest.fixture
def listening():
    """The port of a server that only listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def plain():
    """The port of a server that answers whatever it reads as if that were HTTP, as a captive portal does."""

    def answer():
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        threading.Thread(target=answer, daemon=True).start()
        yield server.getsockname()[1]


def public(url, seconds=5):
    login = Login("s3", "open data", "", url, Call(f"{url}/", shows="can be reached", reach=True))
    (outcome,) = tried_public(login, {"NO_PROXY": "*"}, seconds)
    assert (outcome.probe, outcome.subject, outcome.status) == ("public", "s3", "warning")
    assert outcome.remedy
    return outcome.found


def test_a_public_service_that_does_not_answer_as_such_is_a_warning_with_its_cause(listening, plain):
    assert public(f"http://127.0.0.1:{listening}", seconds=0.2).startswith(
        "no response: No response within the time allowed"
    )
    assert "Connection refused" in public(f"http://127.0.0.1:{free_port()}")
    assert "Cannot establish an encrypted connection" in public(f"https://localhost:{plain}")


def test_a_login_page_in_place_of_a_public_service_is_named(plain):
    assert public(f"http://127.0.0.1:{plain}").endswith("responded with 401, although this needs no login")


def test_a_proxy_that_is_named_is_there(listening):
    none = proxy(ORIGIN, {}, 5)
    assert (none.status, none.found, none.remedy) == ("ok", "none: direct connection", "")
    there = proxy(ORIGIN, {"HTTPS_PROXY": f"http://user:secret@127.0.0.1:{listening}"}, 5)
    assert (there.status, there.remedy) == ("ok", "")
    assert there.found.startswith("through http://")
    gone = proxy(ORIGIN, {"HTTPS_PROXY": f"http://user:secret@127.0.0.1:{free_port()}"}, 5)
    assert (gone.status, "cannot be reached: Connection refused" in gone.found) == ("failed", True)
    assert "NO_PROXY=a.example" in gone.remedy
    odd = proxy(ORIGIN, {"HTTPS_PROXY": "htp://proxy:3128"}, 5)
    assert (odd.status, "is not the URL of a proxy" in odd.found) == ("failed", True)
    assert odd.remedy == "Write HTTPS_PROXY as http://host:port."
    assert "secret" not in repr([there, gone])


CANARY = "canary-0123456789"
CALL = Call("https://sb.example/v2/user", BearerToken(CANARY))
LOGIN = Login("sb", "profile default", "~/.sevenbridges/credentials [default]", "https://sb.example/v2", CALL)


@pytest.fixture
def skewed():
    """Starts a server whose clock is apart from ours; gives its URL, and the headers that came."""
    servers = ExitStack()

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

        return f"{servers.enter_context(serving(Response))}/v2", came

    with servers:
        yield start


@pytest.mark.parametrize(
    ("seconds", "message"), [(600, "10 minutes behind"), (-600, "10 minutes ahead of"), (172800, "2 days behind")]
)
def test_a_login_that_fails_by_a_wrong_clock_reports_it(skewed, seconds, message):
    url, _ = skewed(seconds, 401)
    login, clock = tried(LOGIN._replace(url=url, call=CALL._replace(url=f"{url}/user")), {"NO_PROXY": "*"}, 5)
    assert (clock.status, message in clock.found) == ("failed", True)
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
