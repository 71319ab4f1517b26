"""`omics gen3 auth`, `whoami` and `run`: who asks which commons."""

import json
import os
import sys

import pytest
from omicsdk.sandbox.gen3 import ADMINISTRATOR, READER
from quiet_server import QuietHandler, serving


@pytest.fixture
def nobody(monkeypatch):
    """No login anywhere, and nothing that states which commons."""
    for name in ("GEN3_API_KEY", "GEN3_ENDPOINT"):
        monkeypatch.delenv(name)


def test_a_credentials_file_states_who_and_where(gen3, omics_sandbox, monkeypatch, tmp_path):
    monkeypatch.delenv("GEN3_ENDPOINT")
    assert gen3("auth", "endpoint").out == f"{omics_sandbox.gen3_url}\n"
    assert gen3("whoami").json["username"] == ADMINISTRATOR
    reader = omics_sandbox.gen3_credentials(tmp_path / "reader.json", READER)
    assert gen3("whoami", "--auth", str(reader)).json["username"] == READER
    (tmp_path / "home" / ".gen3").mkdir()
    reader.rename(tmp_path / "home" / ".gen3" / "mine.json")
    assert gen3("whoami", "--auth", "mine").json["username"] == READER
    assert gen3("whoami", "--access-token", "mine").json["username"] == READER


def test_a_token_is_printed_bare_and_states_whose_it_is(gen3, omics_sandbox):
    ran = gen3("auth", "access-token")
    assert (ran.code, ran.out.count("."), ran.out.count("\n")) == (0, 2, 1)
    decoded = gen3("auth", "token-decode", "-", typed=ran.out).json
    assert decoded["context"]["user"]["name"] == ADMINISTRATOR
    assert gen3("whoami", "--auth", f"accesstoken:///{ran.out.strip()}").json["username"] == ADMINISTRATOR
    assert gen3("whoami", "--access-token", ran.out.strip()).code == 0


def test_the_address_of_a_page_is_no_endpoint(gen3, tmp_path):
    class Page(QuietHandler):
        def do_GET(self):
            self.reply(200, b"<!doctype html><title>Portal</title>")

        do_POST = do_GET

    token = gen3("auth", "access-token").out.strip()
    (tmp_path / "work" / "a.txt").write_text("a")
    with serving(Page) as url:
        page = f"{url}/portal"
        results = [
            gen3(*words, "--endpoint", page, "--access-token", token)
            for words in (("whoami",), ("projects", "ls"), ("upload", "a.txt"))
        ]
    for ran in results:
        assert (ran.code, "not JSON" in ran.err) == (1, True)
        assert f"{page} does not respond as a Gen3 commons" in ran.err


def test_a_token_of_the_command_line_takes_the_place_of_a_file(gen3, monkeypatch):
    token = gen3("auth", "access-token").out.strip()
    monkeypatch.setenv("OMICS_GEN3_TOKEN", token)
    assert gen3("auth", "access-token").out.strip() == token
    assert gen3("whoami", "--access-token", "wrong").code == 4
    assert gen3("whoami", "--access-token", "wrong", "--auth", os.environ["GEN3_API_KEY"]).code == 0
    assert gen3("whoami", "--auth", os.environ["GEN3_API_KEY"], "--access-token", "wrong").code == 4


def test_a_key_can_be_looked_into(gen3):
    assert gen3("auth", "token-decode", os.environ["GEN3_API_KEY"]).json["pur"] == "api_key"
    gone = gen3("auth", "token-decode", "gone.txt")
    assert (gone.code, "cannot read gone.txt" in gone.err) == (2, True)
    wrong = gen3("auth", "token-decode", "-", typed="hello")
    assert (wrong.code, "is not a JSON Web Token" in wrong.err) == (4, True)


def test_requests_manually(gen3, omics_sandbox):
    assert gen3("auth", "curl", "/user/user").json["username"] == ADMINISTRATOR
    assert gen3("auth", "curl", "index/_status").out == "Healthy\n"
    body = json.dumps({"type": "program", "name": "P", "dbgap_accession_number": "P"})
    assert gen3("auth", "curl", "/api/v0/submission/", "--data", body).code == 0
    assert "/v0/submission/P" in gen3("auth", "curl", "/api/v0/submission/").out
    refused = gen3("auth", "curl", "/index/index/gone")
    assert (refused.code, refused.out, "404" in refused.err) == (1, "", True)
    elsewhere = gen3("auth", "curl", "https://other.example.org/user/user")
    assert (elsewhere.code, "is not below" in elsewhere.err) == (2, True)


def test_what_one_may_do_is_a_table(gen3):
    rows = gen3("whoami", "--resources").json
    assert {"resource": "/", "method": "*", "service": "*"} in rows


def test_the_token_service_is_asked_for_its_logins(gen3, monkeypatch):
    assert gen3("auth", "wts-list").json == []
    monkeypatch.setenv("NAMESPACE", "team")
    assert gen3("auth", "wts-endpoint").out == "http://workspace-token-service.team.svc.cluster.local\n"


def test_a_program_finds_a_token_and_its_end_is_ours(gen3, tmp_path):
    script = tmp_path / "work" / "script.py"
    script.write_text(
        "import os, pathlib, sys\n"
        "pathlib.Path('seen').write_text(os.environ['GEN3_TOKEN'] + ' ' + ' '.join(sys.argv[1:]))\n"
        "sys.exit(7)\n"
    )
    assert gen3("run", sys.executable, str(script), "--auth", "-x", "--help").code == 7
    token, _, words = (tmp_path / "work" / "seen").read_text().partition(" ")
    assert (token.count("."), words) == (2, "--auth -x --help")
    missing = gen3("run", "no-such-program")
    assert (missing.code, "cannot run" in missing.err) == (2, True)
    assert gen3("run").code == 2
    assert gen3("run", "--endpoint", os.environ["GEN3_ENDPOINT"], "--", sys.executable, "-c", "--").code == 1
    assert gen3("run", "--", sys.executable, "-c", "raise SystemExit(9)").code == 9
    assert gen3("run", "--fast", "x").code == 2
    assert "Usage: omics gen3 run" in gen3("run", "--help").out


def test_nothing_at_all_states_what_to_give(gen3, nobody):
    where = gen3("auth", "endpoint")
    assert (where.code, "--base-url" in where.err) == (2, True)
    who = gen3("whoami", "--endpoint", "https://commons.example.org")
    assert (who.code, "--access-token FILE" in who.err, "GEN3_API_KEY" in who.err) == (4, True, True)


def test_a_profile_names_the_commons_before_the_environment_does(gen3, nobody, tmp_path, monkeypatch):
    settings = tmp_path / "settings.toml"
    settings.write_text('[profiles.here.gen3]\nbase_url = "https://here.example.org"\n')
    monkeypatch.setenv("OMICS_SETTINGS_FILE", str(settings))
    assert gen3("auth", "endpoint", "--profile", "here").out == "https://here.example.org\n"
    monkeypatch.setenv("GEN3_ENDPOINT", "https://there.example.org")
    assert gen3("auth", "endpoint").out == "https://there.example.org\n"
    assert gen3("auth", "endpoint", "--profile", "here").out == "https://here.example.org\n"
    assert gen3("auth", "endpoint", "--profile", "here", "--endpoint", "b.org").out == "https://b.org\n"
