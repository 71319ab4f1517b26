"""`omics login`, `logout`, `whoami` and `profiles` as they are typed, against the sandbox."""

import json
import os
import socket
import stat
import subprocess
import sys
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest
from fork_server import forked
from omicsdk.portals import gdc
from quiet_server import QuietHandler, running
from user_commands import run_here

pytestmark = pytest.mark.sandbox

OMICS = Path(sys.executable).with_name("omics.exe" if sys.platform == "win32" else "omics")
BACKENDS = Path(__file__).parents[2] / "support"


class User:
    """A user whose environment says nothing of the platforms.

    Args:
        folder: Home.
        sandbox: The platforms.
    """

    def __init__(self, folder, sandbox) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LANG", "LC_ALL") if name in os.environ}
        self.settings = folder / "settings.toml"
        self.tokens = folder / "tokens.json"
        self.folder = folder
        self.environ = {
            **kept,
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "OMICS_SETTINGS_FILE": str(self.settings),
            "OMICS_TOKEN_FILE": str(self.tokens),
            "NO_PROXY": "*",
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }
        self.sandbox = sandbox

    def run(self, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return run_here(self.environ, *words, typed=typed)

    def run_process(self, *words: str, typed: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [OMICS, *words],
            env=self.environ | variables,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def login(self, *words: str, typed: str = "") -> str:
        """Log in; returns the message."""
        return message_of(self.run("login", *words, typed=typed))

    def data(self, *words: str, code: int = 0):
        ran = self.run(*words, "--output", "json")
        assert ran.returncode == code, ran.stderr
        return json.loads(ran.stdout)


def message_of(ran: subprocess.CompletedProcess[str]) -> str:
    """What a command states that succeeds and returns nothing."""
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
    return ran.stderr


@pytest.fixture
def user(tmp_path, omics_sandbox):
    return User(tmp_path, omics_sandbox)


def _key_file(user) -> Path:
    """A credentials file, as the profile page of the sandbox's commons gives it."""
    file = user.folder / "credentials.json"
    file.write_text(Path(user.sandbox.environment()["GEN3_API_KEY"]).read_text())
    return file


def test_four_platforms_are_logged_in_to_and_out_of(user):
    box, facts = user.sandbox, user.sandbox.info()["services"]
    message = user.login("sb", "--base-url", box.sb_url, "--token-stdin", typed=f"\ufeff{box.sb_token}\n")
    assert f"logged in to {box.sb_url} as sandbox-user; stored in {user.tokens} (profile default)" in message
    assert box.sb_token not in message
    user.login("crunch", "--base-url", box.crunch_url, "--access-token", "-", typed=box.crunch_token)
    user.login("gen3", "--credentials-file", str(_key_file(user)))
    pangea = facts["pangea"]
    message = user.login(
        *("pangea", "--base-url", box.pangea_url, "--user", pangea["user"], "--password-stdin"),
        typed=pangea["password"],
    )
    assert f"as {pangea['user']}" in message
    if sys.platform != "win32":
        assert stat.S_IMODE(user.tokens.stat().st_mode) == stat.S_IMODE(user.settings.stat().st_mode) == 0o600
    assert pangea["password"] not in user.tokens.read_text(), "a token is stored, no password"

    logins = {row["platform"]: row for row in user.data("whoami")}
    assert {name: row["user"] for name, row in logins.items()} == {
        "sb": "sandbox-user",
        "gen3": logins["gen3"]["user"],
        "crunch": "",
        "pangea": pangea["user"],
    }
    assert logins["gen3"]["user"]
    assert logins["gen3"]["expires_at"].endswith("Z")
    assert logins["sb"]["expires_at"] is None
    assert "problem" not in logins["sb"]
    listed = user.data("profiles")
    assert [(row["profile"], row["platform"], row["login"]) for row in listed] == [
        ("default", name, "file") for name in ("sb", "gen3", "crunch", "pangea")
    ]

    assert user.data("sb", "projects", "ls") == []
    assert user.data("crunch", "api", "list-projects")["count"] >= 0
    program = "from omicsdk import SevenBridges, Pangea, Crunch, Gen3\nprint(SevenBridges().whoami().username, Pangea().whoami().email, Gen3().whoami().username)"
    ran = subprocess.run([sys.executable, "-c", program], env=user.environ, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["sandbox-user", pangea["user"], logins["gen3"]["user"]]

    assert user.run("gen3", "auth", "endpoint").stdout.strip() == box.gen3_url
    assert user.run("gen3", "auth", "access-token").returncode == 0
    assert user.data("pangea", "user", "info")["email"] == pangea["user"]
    ran = user.run("logout", "sb")
    assert (ran.returncode, ran.stderr) == (0, f"omics: logged out of sb at {box.sb_url} (profile default)\n")
    assert {row["platform"] for row in user.data("whoami")} == {"gen3", "crunch", "pangea"}
    ran = user.run("whoami", "sb")
    assert ran.returncode == 4
    assert "Not logged in to Seven Bridges. Run: omics login sb" in ran.stderr
    assert user.run("logout").returncode == 0
    assert json.loads(user.tokens.read_text()) == {}
    assert user.data("whoami") == []
    assert "no login is stored" in user.run("logout", "gen3").stderr


def test_whoami_lists_each_drs_server_with_a_login_once(user):
    port = user.sandbox.url.rpartition(":")[2]
    token = user.sandbox.secrets.token
    urls = [f"http://{host}:{port}/ga4gh/drs/v1" for host in ("127.0.0.1", "localhost")]
    for url in urls:
        user.login("drs", "--base-url", url, "--token-stdin", typed=token)
    assert sorted(row["base_url"] for row in user.data("whoami", "drs")) == sorted(urls)


def test_a_login_is_for_the_base_url_as_it_was_typed(user):
    url = user.sandbox.url
    user.login("drs", "--base-url", url, "--token-stdin", typed=user.sandbox.secrets.token)
    user.settings.write_text(user.settings.read_text().replace("/ga4gh/drs/v1", ""))
    assert [(row["base_url"], bool(row["login"])) for row in user.data("profiles")] == [(url, True)]
    user.settings.unlink()
    user.environ["OMICS_DRS_URL"] = url
    for words in ((), ("--base-url", url)):
        assert [row["base_url"] for row in user.data("whoami", "drs", *words)] == [f"{url}/ga4gh/drs/v1"]
    assert "logged out of drs" in user.run("logout", "drs", "--base-url", url).stderr


@pytest.mark.parametrize("platform", ["sb", "crunch", "pangea", "gen3", "hca"])
def test_a_wrong_token_stores_nothing_and_ends_with_4(user, platform):
    box = user.sandbox
    urls = {
        "sb": box.sb_url,
        "crunch": box.crunch_url,
        "pangea": box.pangea_url,
        "gen3": box.gen3_url,
        "hca": box.swagger_url.rpartition("/")[0],
    }
    ran = user.run("login", platform, "--base-url", urls[platform], "--token-stdin", typed="wrong-canary")
    assert (ran.returncode, ran.stdout) == (4, ""), ran.stderr
    assert "canary" not in ran.stderr
    assert not user.tokens.exists()
    assert not user.settings.exists()


@pytest.mark.parametrize(
    "words",
    [
        ("login", "sb", "--access-token", "t", "--base-url", "{url}/v2"),
        ("sb", "projects", "ls", "--access-token", "t", "--base-url", "{url}/v2"),
        (
            "dss", "get-bundle", "--uuid", "5d8b1bb3-2a4a-4b5c-9f0d-0f6f3c3e5a11", "--replica", "aws", "--base-url",
            "{url}/v1",
        ),
        ("ls", "sb://me/project/"),
    ],
    ids=lambda words: words[0],
)  # fmt: skip
def test_a_silent_server_ends_a_command(user, words):
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:  # which never responds
        port = silent.getsockname()[1]
        user.environ |= {"SB_API_ENDPOINT": f"http://127.0.0.1:{port}/v2", "SB_AUTH_TOKEN": "t"}
        ran = user.run(
            *(word.format(url=f"http://127.0.0.1:{port}", port=port) for word in words), "--call-timeout", "0.5"
        )
    assert ran.returncode == 1, ran.stderr
    assert "within the time allowed" in ran.stderr


def test_a_wrong_token_leaves_the_login_before(user):
    box = user.sandbox
    user.login("sb", "--base-url", box.sb_url, "--token-stdin", typed=box.sb_token)
    assert user.run("login", "sb", "--token-stdin", typed="wrong").returncode == 4
    assert user.data("whoami", "sb")[0]["user"] == "sandbox-user"


def test_the_token_of_the_gdc_is_stored_or_named_by_its_variable(user, tmp_path):
    box, token = user.sandbox, user.sandbox.secrets.token
    user.environ["OMICS_GDC_URL"] = box.gdc_url
    refused = user.run("whoami", "gdc")
    assert (refused.returncode, "Open data needs no login; for the rest run: omics login gdc" in refused.stderr) == (
        4,
        True,
    )
    file = tmp_path / "gdc-user-token.txt"
    file.write_text(f"\ufeff{token}\n")
    user.login("gdc", "--credentials-file", str(file))
    assert user.data("whoami", "gdc")[0]["origin"].startswith("login of the profile default")
    assert gdc.login(user.environ).headers("GET", box.gdc_url) == {"x-auth-token": token}
    user.environ["GDC_TOKEN"] = str(file)
    assert user.data("whoami", "gdc")[0]["origin"] == "OMICS_GDC_URL and GDC_TOKEN"
    assert token not in user.run("whoami", "--output", "json").stdout


def test_whoami_names_the_credentials_of_storage_and_where_they_are_from(user, tmp_path):
    keys = tmp_path / "credentials"
    keys.write_text("[work]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret-of-s3\n")
    user.environ |= {
        "AWS_PROFILE": "work",
        "AWS_SHARED_CREDENTIALS_FILE": str(keys),
        "OMICS_GOOGLE_TOKEN": "ya29.secret",
    }
    ran = user.run("whoami", "--output", "json")
    rows = {(row["platform"], row["base_url"]): row for row in json.loads(ran.stdout)}
    s3, google = rows["s3", "https://s3.amazonaws.com"], rows["google", "https://storage.googleapis.com"]
    assert (s3["user"], s3["origin"]) == ("AKIAEXAMPLE", "profile work of ~/.aws")
    assert google["origin"] == "OMICS_GOOGLE_TOKEN"
    assert rows["drs", "https://data.terra.bio"]["origin"] == "the login of google"
    assert "secret" not in ran.stdout + ran.stderr
    user.environ["AWS_PROFILE"] = "missing"
    (problem,) = [row["problem"] for row in user.data("whoami", code=1) if row["platform"] == "s3"]
    assert "profile (missing) could not be found" in problem


def test_two_logins_at_once_lose_nothing(user):
    box = user.sandbox
    begun = [
        forked.start(
            [OMICS, "login", platform, "--base-url", url, "--access-token", token, "--profile", f"p{number}"],
            env=user.environ,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
        for platform, url, token in (("sb", box.sb_url, box.sb_token), ("crunch", box.crunch_url, box.crunch_token))
    ]
    for process in begun:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    expected = {("p0", "sb"), ("p0", "crunch"), ("p1", "sb"), ("p1", "crunch")}
    assert {(row["profile"], row["platform"]) for row in user.data("profiles") if row["login"] == "file"} == expected


def test_a_token_that_was_revoked_shows_in_whoami(user):
    box = user.sandbox
    user.login("sb", "--base-url", box.sb_url, "--token-stdin", typed=box.sb_token)
    stored = json.loads(user.tokens.read_text())
    stored[f"sb default {box.sb_url}"]["access_token"] = "revoked"
    user.tokens.write_text(json.dumps(stored))
    row = user.data("whoami", code=4)[0]
    assert "refused the login" in row["problem"]
    assert f"omics: sb: {row['problem']}" in user.run("whoami", "sb").stderr, "the table has no room for it"


@pytest.mark.skipif(sys.platform != "linux", reason="Folders of /proc cannot be made by any user")
def test_settings_that_cannot_be_written_are_not_needed_where_a_variable_states_the_base_url(user):
    box = user.sandbox
    user.environ["OMICS_SETTINGS_FILE"] = "/proc/omics/settings.toml"
    failed = user.run("login", "sb", "--base-url", box.sb_url, "--token-stdin", typed=box.sb_token)
    assert (failed.returncode, "/proc/omics/settings.toml cannot be written" in failed.stderr) == (2, True)
    user.environ["OMICS_SB_URL"] = box.sb_url
    assert "logged in" in user.login("sb", "--token-stdin", typed=box.sb_token)
    assert user.data("whoami", "sb")[0]["user"] == "sandbox-user"


def test_a_login_that_variables_take_precedence_over_says_so(user):
    box, words = user.sandbox, ("sb", "--token-stdin")
    user.environ |= {"SB_API_ENDPOINT": box.sb_url, "SB_AUTH_TOKEN": "stale"}
    note = "not used yet: it comes after SB_API_ENDPOINT and SB_AUTH_TOKEN. Unset that, or pass --profile default."
    assert note in user.login(*words, typed=box.sb_token)
    assert note not in user.login(*words, "--profile", "default", typed=box.sb_token)
    assert user.data("whoami", "sb", "--profile", "default")[0]["user"] == "sandbox-user"
    user.environ["SB_AUTH_TOKEN"] = box.sb_token
    assert "not used" not in user.login(*words, typed=box.sb_token), "the same token"
    user.environ |= {"SB_API_ENDPOINT": "http://127.0.0.1:9", "SB_AUTH_TOKEN": "stale"}
    assert "not used" in user.login(*words, "--base-url", box.sb_url, typed=box.sb_token), "another server"


@pytest.mark.parametrize(
    ("words", "typed", "message"),
    [
        (["sbb"], "", "unknown platform 'sbb'. Did you mean sb?"),
        (["sb", "--device"], "", "sb has no login by browser. Use a token."),
        (["sb", "--token-stdin"], "", "stdin is empty, but the token is read from it"),
        (["sb", "--access-token", ""], "", "--access-token is empty"),
        (["sb", "--token-stdin"], "t", "Base URL missing. Pass it with --base-url."),
        (["sb"], "", "Token missing. Pass it with --token-stdin."),
        (["sb", "--user", "ada"], "", "sb takes no password"),
        (["pangea", "--credentials-file", "x"], "", "pangea has no credentials file"),
        (["gdc", "--credentials-file", "/nonexistent"], "", "Cannot read /nonexistent: No such file"),
        (["gen3", "--credentials-file", "/nonexistent"], "", "Cannot read /nonexistent: No such file"),
        (["gen3", "--credentials-file", "~no-such-user/x"], "", "no home folder: 'no-such-user'"),
        (["gen3", "--credentials-file", "x", "--user", "y"], "", "are mutually exclusive"),
        (["sb", "--token-stdin", "--store", "drawer"], "t", "--store"),
        (
            ["--profile", "a b", "sb", "--token-stdin", "--base-url", "http://127.0.0.1:1/"],
            "t",
            "Invalid name of a profile",
        ),
    ],
)
def test_what_cannot_work_is_stated_in_one_line(user, words, typed, message):
    ran = user.run("login", *words, typed=typed)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert message in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not user.tokens.exists()


def test_profiles_have_separate_logins(user):
    box = user.sandbox
    words = ("sb", "--base-url", box.sb_url, "--token-stdin")
    user.login(*words, typed=box.sb_token)
    user.login(*words, "--profile", "work", typed=box.sb_token)
    assert user.data("--profile", "work", "whoami", "sb")[0]["profile"] == "work"
    assert user.data("sb", "projects", "ls", "--profile", "work") == []
    ran = user.run("sb", "projects", "ls", "--base-url", box.sb_url)
    assert ran.returncode == 2
    assert "Several profiles have a login" in ran.stderr
    assert "--profile" in ran.stderr
    ran = user.run("--profile", "other", "sb", "projects", "ls")
    assert ran.returncode == 2
    assert "other" in ran.stderr
    assert user.run("logout", "sb", "--profile", "work").returncode == 0
    assert [row["login"] for row in user.data("profiles")] == ["file", None]


def test_the_words_of_a_connection_are_the_same_everywhere(user):
    box = user.sandbox
    listed = ("crunch", "api", "list-projects")
    for words in (
        ("--base-url", box.crunch_url, "--access-token", box.crunch_token),
        ("--url", box.crunch_url, "--token", box.crunch_token),
    ):
        assert user.data(*listed, *words)["count"] >= 0
        before = (
            user.run(words[0], words[1], *listed, *words[2:])
            if words[0] == "--base-url"
            else user.run("crunch", *words, *listed[1:])
        )
        assert before.returncode == 0, before.stderr
    for word, hidden in (
        ("crunch", "--url"),
        ("crunch", "--token"),
        ("gen3", "--endpoint"),
        ("gen3", "--auth"),
        ("pangea", "--endpoint"),
    ):
        for help_text in (user.run(word, "--help").stdout, user.run(word, "api", "--help").stdout):
            assert f"  {hidden} " not in help_text, "a documented synonym is accepted, and not shown"
    assert "--profile" in user.run(*listed, "--help").stdout


def test_a_malformed_settings_file_is_named_with_its_line(user):
    user.settings.write_text("[profiles.default.sb]\nbase_url = \n")
    for words in (["profiles"], ["sb", "projects", "ls"], ["login", "sb", "--token-stdin"]):
        ran = user.run(*words, typed="t")
        assert (ran.returncode, ran.stdout) == (2, ""), words
        assert f"{user.settings}:2:12: " in ran.stderr
    assert user.data("whoami", code=1)[0]["problem"].startswith(f"{user.settings}:2:12")


def test_the_atlas_is_logged_in_to_as_a_whole(user):
    box = user.sandbox
    variables = {name: box.environment()[name] for name in ("HCA_CONFIG_FILE",)}
    user.environ |= variables
    user.login("hca", "--token-stdin", typed=box.token("ann@example.org"))
    assert user.data("whoami", "dss")[0]["platform"] == "hca"
    assert user.data("dss", "get-subscriptions", "--replica", "aws") == {"subscriptions": []}
    assert user.data("auth", "get-oauth-userinfo")["email"] == "ann@example.org"
    assert user.run("logout", "hca").returncode == 0
    assert user.run("dss", "get-subscriptions", "--replica", "aws").returncode == 4


def test_the_keyring_takes_the_secret_where_it_is_unlocked(user):
    box, run = user.sandbox, user.run_process  # a process finds its keyring once
    keyring = user.folder / "keyring.json"
    unlocked = {
        "PYTHONPATH": str(BACKENDS),
        "PYTHON_KEYRING_BACKEND": "keyring_backends.Working",
        "TEST_KEYRING": str(keyring),
    }
    words = ("sb", "--base-url", box.sb_url, "--token-stdin")
    assert "stored in the keyring" in message_of(run("login", *words, typed=box.sb_token, **unlocked))
    assert box.sb_token in keyring.read_text()
    assert box.sb_token not in user.tokens.read_text()
    assert run("sb", "projects", "ls", **unlocked).stdout == "[]\n"
    locked = run("--log-level", "DEBUG", "sb", "projects", "ls")
    assert locked.returncode in (2, 4)
    assert "the login in the keyring is skipped: there is none" in locked.stderr
    ran = run("login", *words, "--store", "keyring", typed=box.sb_token)
    assert ran.returncode == 2
    assert "Cannot store the login in the keyring: there is none" in ran.stderr
    assert "stored in " + str(user.tokens) in message_of(
        run("login", *words, "--store", "file", typed=box.sb_token, **unlocked)
    )
    assert box.sb_token not in keyring.read_text()


class Google(ThreadingHTTPServer):
    """An authorization server that grants each code at once, for one access token.

    Args:
        token: The access token.
    """

    def __init__(self, token: str) -> None:
        super().__init__(("127.0.0.1", 0), GoogleResponses)
        self.token, self.paths = token, list[str]()

    def secrets(self, path: Path) -> str:
        """Write the client secrets of an application."""
        url = f"http://127.0.0.1:{self.server_address[1]}"
        inner = {"client_id": "c", "client_secret": "s", "auth_uri": f"{url}/auth", "token_uri": f"{url}/token"}
        path.write_text(json.dumps({"installed": inner}))
        return str(path)


class GoogleResponses(QuietHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.server.paths.append(self.path)
        response = {
            "/device/code": {"device_code": "d", "user_code": "AB-CD", "verification_url": "u", "interval": 1},
            "/token": {"access_token": self.server.token, "refresh_token": "r", "token_type": "Bearer"},
        }.get(self.path, {})
        self.reply(200, json.dumps(response).encode(), content_type="application/json")


def test_a_google_account_logs_in_with_a_browser_on_another_machine(user, tmp_path):
    url, kept = f"{user.sandbox.url}/azul", user.folder / "google"
    right, wrong = Google(user.sandbox.token()), Google("wrong")
    words = ("azul", "--base-url", url, "--device", "--credentials-file")
    with running(right), running(wrong):
        message = user.login(*words, right.secrets(tmp_path / "right.json"))
        assert "enter the code AB-CD" in message
        assert f"logged in to {url}" in message
        (file,) = kept.iterdir()
        assert stat.S_IMODE(file.stat().st_mode) & 0o77 == 0
        # A login that the service refuses replaces no good one, and leaves nothing behind.
        refused = user.run("login", *words, wrong.secrets(tmp_path / "wrong.json"))
        assert refused.returncode == 4
        # Neither does one that cannot be stored.
        for options in (("--store", "keyring"), ("--profile", "not a name")):
            assert user.run("login", *words, right.secrets(tmp_path / "right.json"), *options).returncode == 2
        assert list(kept.iterdir()) == [file]
        shown = user.run("whoami", "azul", "--output", "json")
        assert (shown.returncode, json.loads(shown.stdout)[0]["base_url"]) == (0, url)
        user.login(*words, right.secrets(tmp_path / "right.json"))
        assert file not in kept.iterdir()
        assert user.run("logout", "azul").returncode == 0
        assert (list(kept.iterdir()), right.paths[-1]) == ([], "/revoke")


def test_a_browser_on_another_machine_needs_an_application(user):
    ran = user.run("login", "azul", "--device", "--base-url", f"{user.sandbox.url}/azul")
    assert ran.returncode == 2
    assert "Use --credentials-file with the client secrets" in ran.stderr
