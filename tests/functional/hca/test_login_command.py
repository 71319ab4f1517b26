"""`omics dss login` and `omics auth login` as they are typed, against the sandbox."""

import json
import signal
import sys
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, build_opener

import pytest

pytestmark = pytest.mark.sandbox

WHO = "ann@example.org"


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *arguments):
        return None


def consent(address):
    """What a person does on the page: where the browser is sent in the end."""
    with build_opener(ProxyHandler({})).open(address, timeout=20) as page:
        ticket = parse_qs(urlsplit(page.url).query)["ticket"][0]
        form = urlencode({"ticket": ticket, "email": WHO, "decision": "allow"}).encode()
        target = page.url.partition("?")[0]
    with pytest.raises(HTTPError) as caught:
        build_opener(ProxyHandler({}), _NoRedirect()).open(target, form, timeout=20)
    with caught.value:
        return caught.value.headers["Location"]


def visit(address):
    with build_opener(ProxyHandler({})).open(address, timeout=20) as page:
        return page.read().decode()


def who(terminal):
    """Whom the service takes a login for."""
    ran = terminal.run("auth", "get-oauth-userinfo")
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)["email"]


def test_a_login_is_used_by_later_commands_of_both_services(terminal, address_of):
    begun = terminal.begin("dss", "login")
    page = visit(consent(address_of(begun)))
    out, err = begun.communicate(timeout=60)
    assert (begun.returncode, out) == (0, "")
    assert "You may close this tab" in page
    assert "logged in to http://127.0.0.1" in err
    assert "renewed automatically" in err
    assert "not used" not in err
    assert who(terminal) == WHO
    listed = terminal.run("dss", "get-subscriptions", "--replica", "aws")
    assert (listed.returncode, json.loads(listed.stdout)) == (0, {"subscriptions": []})
    secrets = json.loads(terminal.token_file.read_text()).popitem()[1]
    for name in ("access_token", "refresh_token", "id_token"):
        assert secrets[name] not in err
    terminal.environ["OMICS_DSS_TOKEN"] = "stale"
    assert "it comes after OMICS_DSS_TOKEN." in terminal.run("dss", "login", "--access-token", "other").stderr


def test_logging_out_revokes_and_forgets(terminal, address_of, omics_sandbox):
    begun = terminal.begin("auth", "login")
    visit(consent(address_of(begun)))
    assert begun.wait(60) == 0
    stored = json.loads(terminal.token_file.read_text())
    ran = terminal.run("dss", "logout")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert "logged out of http://127.0.0.1" in ran.stderr
    assert json.loads(terminal.token_file.read_text()) == {}
    refused = terminal.run("dss", "get-subscriptions", "--replica", "aws")
    assert refused.returncode == 4
    assert "omics dss login" in refused.stderr
    # What was stored elsewhere cannot be renewed either.
    terminal.token_file.write_text(json.dumps(stored))
    omics_sandbox.clock.advance(7 * 3600 * 24)
    ended = terminal.run("auth", "get-oauth-userinfo")
    assert ended.returncode == 4
    assert "invalid_grant" in ended.stderr
    assert ended.stderr.rstrip().endswith("Log in again: omics auth login")
    again = terminal.run("auth", "logout")
    assert again.returncode == 0
    assert "no login is stored" in terminal.run("auth", "logout").stderr


def test_the_login_of_all_platforms_takes_the_code_too(terminal, address_of, tmp_path):
    settings = tmp_path / "settings.toml"
    begun = terminal.begin("login", "hca", "--device", OMICS_SETTINGS_FILE=str(settings))
    end = consent(address_of(begun))
    code = json.loads(visit(end))["query_params"]["code"]
    out, err = begun.communicate(f"{code}\n", timeout=60)
    assert (begun.returncode, out) == (0, ""), err
    assert f"as {WHO} until 20" in err
    assert not settings.exists(), "the HCA configuration states the base URL"
    assert who(terminal) == WHO
    ran = terminal.run("whoami", "--output", "json")
    assert ran.returncode == 0, ran.stderr
    row = next(platform_row for platform_row in json.loads(ran.stdout) if platform_row["platform"] == "hca")
    assert (row["user"], row["origin"]) == (WHO, "omics login")
    assert row["expires_at"].endswith("Z")
    assert terminal.run("logout", "hca").returncode == 0
    assert json.loads(terminal.token_file.read_text()) == {}


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("dss", "login", "--migrate"), 4, "no login of the published client"),
        (("dss", "login", "--timeout", "0.05"), 4, "The login was not finished in a browser"),
        (("auth", "login", "--remote"), 4, "No code was given"),
    ],
)
def test_what_goes_wrong_is_reported_in_one_line(terminal, words, code, message):
    ran = terminal.run_process(*words)
    last = ran.stderr.strip().splitlines()[-1]
    assert (ran.returncode, ran.stdout) == (code, "")
    assert message in last
    assert last.startswith("omics: ")
    assert "Traceback" not in ran.stderr
    assert not terminal.token_file.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C cannot be sent to one process")
def test_ctrl_c_while_the_browser_is_waited_for(terminal, address_of):
    begun = terminal.begin("dss", "login")
    address_of(begun)
    begun.send_signal(signal.SIGINT)
    _, err = begun.communicate(timeout=60)
    assert begun.returncode == 130
    assert "Traceback" not in err


BROWSER = """
import sys
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import urlopen
page = urlopen(sys.argv[1])
ticket = parse_qs(urlsplit(page.url).query)["ticket"][0]
form = {"ticket": ticket, "email": "ann@example.org", "decision": "allow"}
urlopen(page.url.partition("?")[0], urlencode(form).encode()).read()
"""


def test_the_browser_that_is_opened_logs_in_by_itself(terminal, tmp_path):
    script = tmp_path / "browser.py"
    script.write_text(BROWSER)
    ran = terminal.run_process("dss", "login", "--timeout", "50", BROWSER=f"{sys.executable} {script} %s")
    assert ran.returncode == 0, ran.stderr
    assert who(terminal) == WHO


def test_debugging_shows_no_secret(terminal, address_of):
    begun = terminal.begin("--debug", "dss", "login")
    lines = []
    for line in begun.stderr:
        lines.append(line)
        if line.startswith("http") and "authorize" in line:
            visit(consent(line.strip()))
            break
    _, rest = begun.communicate(timeout=60)
    assert begun.returncode == 0
    stored = json.loads(terminal.token_file.read_text()).popitem()[1]
    output = "".join(lines) + rest
    assert not [name for name in ("access_token", "refresh_token", "id_token") if stored[name] in output]
    assert "code_verifier=" not in output
