"""Credentials for Pangea, and its address: logins, tokens, no login, and the errors when these fail."""

import pytest
from omicsdk.cli.commands.pangea import connect
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER


@pytest.fixture
def login(omics_sandbox):
    return ("-e", SANDBOX_PANGEA_USER, "-p", omics_sandbox.password)


@pytest.fixture
def nobody(monkeypatch):
    """No login in the environment."""
    for name in ("PANGEA_USER", "PANGEA_PASS"):
        monkeypatch.delenv(name)


def asked(sandbox) -> list[str]:
    return [each["path"] for each in sandbox.requests("/pangea")]


def test_the_environment_states_who_and_where(pangea, omics_sandbox):
    ran = pangea("user", "info")
    assert (ran.code, ran.json["email"]) == (0, SANDBOX_PANGEA_USER)
    assert list(ran.json) == sorted(ran.json)
    assert pangea("user", "info", "--query", "email").out == f"{SANDBOX_PANGEA_USER}\n"


def test_options_say_it_too_before_and_behind_the_words(pangea, omics_sandbox, login, nobody, monkeypatch):
    monkeypatch.delenv("PANGEA_ENDPOINT")
    where = ("--endpoint", omics_sandbox.pangea_url)
    assert pangea("user", "info", *login, *where).json["email"] == SANDBOX_PANGEA_USER
    assert pangea(*login, *where, "user", "info").json["email"] == SANDBOX_PANGEA_USER
    assert pangea("api", "get-me", *login, *where).json["email"] == SANDBOX_PANGEA_USER
    assert pangea("user", "info", *login, "--endpoint", f"{omics_sandbox.pangea_url}/api/").code == 0


def test_without_a_login_nothing_of_one_is_sent_and_what_is_public_is_read(pangea, omics_sandbox, nobody):
    assert pangea("list", "samples", "Sandbox", "Sandbox Library").code == 0
    assert not [path for path in asked(omics_sandbox) if "login" in path]
    refused = pangea("create", "org", "Mine")
    assert (refused.code, "credentials were not provided" in refused.err, "PANGEA_USER" in refused.err) == (
        4,
        True,
        True,
    )
    for words in (("user", "info"), ("user", "token"), ("user", "change-password", "x"), ("list", "buckets")):
        ran = pangea(*words)
        assert (ran.code, "login" in ran.err) == (4, True)


def test_a_token_takes_the_place_of_a_password(pangea, login, nobody, monkeypatch):
    token = pangea("user", "token", *login).out.strip()
    assert len(token) == 40
    assert pangea("user", "info", "--access-token", token).json["email"] == SANDBOX_PANGEA_USER
    monkeypatch.setenv("OMICS_PANGEA_TOKEN", token)
    assert pangea("user", "info").json["email"] == SANDBOX_PANGEA_USER
    assert pangea("api", "get-me").json["email"] == SANDBOX_PANGEA_USER
    both = pangea("user", "info", *login)
    assert (both.code, "are mutually exclusive" in both.err) == (2, True)
    assert pangea("api", "logout").code == 0
    ended = pangea("list", "orgs")
    assert (ended.code, "Invalid token" in ended.err) == (4, True)


def test_a_password_is_changed_and_needs_the_present_one(pangea, monkeypatch):
    weak = pangea("user", "change-password", "1")
    assert (weak.code, "too short" in weak.err) == (1, True)
    changed = pangea("user", "change-password", "-", typed="Newpass99-\n")
    assert (changed.code, f"changed password for user: {SANDBOX_PANGEA_USER}" in changed.err) == (0, True)
    assert pangea("user", "info").code == 4
    monkeypatch.setenv("PANGEA_PASS", "Newpass99-")
    assert pangea("user", "info").code == 0
    assert pangea("user", "change-password", "-", typed="\n").code == 2


def test_a_password_of_the_environment_is_not_for_another_server(pangea, omics_sandbox):
    other = omics_sandbox.pangea_url.replace("127.0.0.1", "localhost")
    ran = pangea("user", "info", "--endpoint", other)
    assert ran.code == 4
    assert f"PANGEA_USER and PANGEA_PASS belong to {omics_sandbox.pangea_url}" in ran.err


def test_the_default_is_the_public_platform(monkeypatch):
    monkeypatch.delenv("PANGEA_ENDPOINT", raising=False)
    assert connect(None).base_url == "https://pangeabio.io"


def test_a_file_takes_what_is_printed(pangea, tmp_path):
    ran = pangea("user", "info", "-o", "me.json")
    assert (ran.code, ran.out) == (0, "")
    assert SANDBOX_PANGEA_USER in (tmp_path / "work" / "me.json").read_text()
    both = pangea("user", "info", "-o", "me.json", "--output", "json")
    assert both.json["email"] == SANDBOX_PANGEA_USER
    gone = pangea("user", "info", "-o", "gone/me.json")
    assert (gone.code, "does not exist" in gone.err) == (2, True)


def test_the_version_is_ours_and_sends_no_request(pangea, omics_sandbox):
    from omicsdk import __version__

    assert pangea("version").out == f"{__version__}\n"
    assert asked(omics_sandbox) == []


def test_operations_take_the_same_login(pangea, nobody):
    assert pangea("api", "list-organizations").json["results"][0]["name"] == "Sandbox"
    wrong = pangea("api", "get-me", "-e", SANDBOX_PANGEA_USER, "-p", "wrong")
    assert (wrong.code, "Unable to log in" in wrong.err) == (4, True)
    half = pangea("api", "get-me", "-e", SANDBOX_PANGEA_USER)
    assert (half.code, "Missing password for" in half.err) == (4, True)
    refused = pangea("api", "create-organization", "--name", "X")
    assert (refused.code, "credentials were not provided" in refused.err) == (4, True)
