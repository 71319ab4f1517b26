"""The places in which settings and credentials of all platforms are searched."""

import base64
import json
import os
import sys

import pytest
from omicsdk.cli.doctor.services import HOW_TO_GET, SERVICES, configured_storage, find
from omicsdk.core import Token, TokenFile
from omicsdk.core.token_file import StoredLogin

CANARY = "canary-0123456789"


@pytest.fixture
def look(tmp_path, monkeypatch):
    """Looks with variables alone, in a separate home folder."""

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))

    def run(*services, **variables):
        environ = {"HOME": str(tmp_path), "OMICS_TOKEN_FILE": str(tmp_path / "tokens.json"), **variables}
        logins = find(services or SERVICES, environ)
        assert CANARY not in repr(logins)
        return logins

    return run


def commons_key(commons):
    """An API key as a commons issues it; only its issuer is read here."""
    parts = ({"alg": "none"}, {"iss": f"{commons}/user"})
    return ".".join(
        [*(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts), "x"]
    )


def written(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_nothing_is_found_where_there_is_nothing(look):
    assert look() == []
    assert set(HOW_TO_GET) == set(SERVICES)


def test_an_account_of_google_alone_is_for_something_else(look):
    assert look(GOOGLE_APPLICATION_CREDENTIALS="/key.json") == []


def test_a_variable_that_states_url_and_token_is_named_once(look):
    (login,) = look("gdc", OMICS_GDC_URL="https://gdc.example.org", GDC_TOKEN=CANARY)
    assert login.origin == "OMICS_GDC_URL and GDC_TOKEN"


def test_hca_settings_and_logins(look, tmp_path):
    config = written(
        tmp_path / "c.json", json.dumps({"DSSClient": {"swagger_url": "https://dss.example.org/v1/swagger.json"}})
    )
    (alone,) = look("dss", HCA_CONFIG_FILE=str(config))
    assert (alone.what, alone.url, str(config) in alone.origin) == ("settings", "https://dss.example.org/v1", True)
    assert alone.call.url == "https://dss.example.org/v1/swagger.json"
    assert "omics dss login" in alone.warning
    TokenFile(tmp_path / "tokens.json").put("https://dss.example.org", Token(CANARY, None))
    (stored,) = look("dss", HCA_CONFIG_FILE=str(config))
    assert (stored.what, stored.origin) == ("login", str(tmp_path / "tokens.json"))
    (login,) = look("dss", HCA_CONFIG_FILE=str(config), OMICS_DSS_TOKEN=CANARY)
    assert login.origin == "OMICS_DSS_TOKEN"
    assert login.call.credentials.headers("GET", login.call.url) == {"authorization": f"Bearer {CANARY}"}


def test_a_malformed_file_is_reported_and_the_others_are_examined(look, tmp_path):
    config = written(tmp_path / "c.json", '{"DSSClient": ')
    logins = look(HCA_CONFIG_FILE=str(config), CRUNCH_URL="https://c.example", CRUNCH_TOKEN=CANARY)
    assert [(login.service, bool(login.problem)) for login in logins] == [
        ("dss", True),
        ("auth", True),
        ("upload", True),
        ("crunch", False),
    ]
    assert str(config) in logins[0].problem


def test_an_upload_key_is_not_sent_to_be_tried(look):
    (login,) = look("upload", OMICS_UPLOAD_TOKEN=CANARY)
    assert (login.what, login.call.credentials) == ("key", None)


def test_sb_variables_and_each_profile(look, tmp_path):
    written(
        tmp_path / ".sevenbridges" / "credentials",
        f"[default]\napi_endpoint = https://a.example/v2\nauth_token = {CANARY}\n"
        f"[half]\nauth_token = {CANARY}\n[open]\napi_endpoint = http://b.example/v2\nauth_token = {CANARY}\n",
    )
    variable, default, half, plain = look("sb", SB_API_ENDPOINT="https://c.example/v2", SB_AUTH_TOKEN=CANARY)
    assert (variable.what, variable.origin) == ("token", "SB_API_ENDPOINT and SB_AUTH_TOKEN")
    assert variable.call.credentials.headers("GET", variable.call.url) == {"x-sbg-auth-token": CANARY}
    assert (default.what, default.call.url) == ("profile default", "https://a.example/v2/user")
    assert half.problem.endswith("Section [half] has no api_endpoint")
    assert "is http:" in plain.problem


@pytest.mark.parametrize("name", ["SB_API_ENDPOINT", "SB_AUTH_TOKEN"])
def test_an_sb_variable_without_the_other_is_reported(look, name):
    (login,) = look("sb", **{name: CANARY})
    assert (login.origin, login.call) == (name, None)
    assert "one is missing" in login.problem
    assert "SB_API_ENDPOINT and SB_AUTH_TOKEN" in login.remedy


def test_a_token_of_sb_that_is_in_several_places_is_tried_once(look, tmp_path):
    same = f"api_endpoint = https://a.example/v2/\nauth_token = {CANARY}\n"
    written(tmp_path / ".sevenbridges" / "credentials", f"[default]\n{same}[again]\n{same}")
    variable, *profiles = look("sb", SB_API_ENDPOINT="https://a.example/v2", SB_AUTH_TOKEN=CANARY)
    assert variable.call is not None
    assert [profile.call for profile in profiles] == [None, None]
    assert {profile.warning for profile in profiles} == {
        "the same token as in SB_API_ENDPOINT and SB_AUTH_TOKEN, which is tested"
    }
    default, again = look("sb")
    assert (default.call is not None, again.call) == (True, None)


def test_an_ini_file_is_not_quoted_and_hides_no_other_token(look, tmp_path):
    written(tmp_path / ".sevenbridges" / "credentials", CANARY)
    variable, ini_login = look("sb", SB_API_ENDPOINT="https://a.example/v2", SB_AUTH_TOKEN=CANARY)
    assert variable.call is not None
    assert ini_login.problem.endswith("credentials:1: It is not an INI file")
    assert CANARY not in ini_login.problem + ini_login.remedy


@pytest.mark.parametrize(
    ("text", "line"), [(f"[default]\nauth_token {CANARY}\n", 2), (f"[a]\nauth_token = x\nauth_token = {CANARY}\n", 3)]
)
def test_the_line_of_an_ini_file_that_is_wrong_is_reported(look, tmp_path, text, line):
    written(tmp_path / ".sevenbridges" / "credentials", text)
    (login,) = look("sb")
    assert f"credentials:{line}: " in login.problem
    assert CANARY not in login.problem + login.remedy


def test_gen3_files_are_tried_once_each(look, tmp_path):
    key = json.dumps({"api_key": commons_key("https://a.example"), "key_id": "k"})
    file = written(tmp_path / ".gen3" / "credentials.json", key)
    other = json.dumps({"api_key": commons_key("https://b.example"), "key_id": "k"})
    second = written(tmp_path / ".gen3" / "credentials_b.json", other)
    logins = look("gen3", GEN3_API_KEY="credentials")
    assert [(login.url, login.origin) for login in logins] == [
        ("https://a.example", "GEN3_API_KEY (credentials)"),
        ("https://b.example", str(second)),
    ]
    assert logins[0].call.url == "https://a.example/user/credentials/cdis/access_token"
    if sys.platform != "win32":
        file.chmod(0o644)
        assert "chmod 600" in look("gen3")[0].warning


def test_gen3_what_cannot_be_used_is_reported(look, tmp_path):
    assert look("gen3", GEN3_API_KEY=str(tmp_path / "gone.json"))[0].problem == "file not found"
    assert "is not tested" in look("gen3", GEN3_API_KEY="idp://wts/other")[0].warning
    written(tmp_path / ".gen3" / "credentials.json", "[]")
    assert "JSON object" in look("gen3")[0].problem
    (tmp_path / ".gen3" / "credentials.json").unlink()
    (open_,) = look("gen3", GEN3_ENDPOINT="a.example")
    assert (open_.url, open_.call.credentials) == ("https://a.example", None)


@pytest.mark.parametrize(
    ("variables", "what", "url", "problem"),
    [
        ({"CRUNCH_URL": "https://c.example/", "CRUNCH_TOKEN": CANARY}, "token", "https://c.example", ""),
        ({"CRUNCH_URL": "https://c.example"}, "settings", "https://c.example", "missing"),
        ({"CRUNCH_TOKEN": CANARY}, "token", "", "missing"),
        ({"CRUNCH_URL": "http://c.example", "CRUNCH_TOKEN": CANARY}, "token", "http://c.example", "encrypted"),
        (
            {"CRUNCH_URL": "https://c:99999", "CRUNCH_TOKEN": CANARY},
            "token",
            "https://c:99999",
            "CRUNCH_URL has a port",
        ),
        ({"PANGEA_USER": "a@b.example", "PANGEA_PASS": CANARY}, "account", "https://pangeabio.io", ""),
        ({"PANGEA_ENDPOINT": "https://p.example", "OMICS_PANGEA_TOKEN": CANARY}, "token", "https://p.example", ""),
        ({"PANGEA_ENDPOINT": "https://p.example"}, "settings", "https://p.example", ""),
    ],
)
def test_sites_are_named_by_variables(look, variables, what, url, problem):
    (login,) = look("crunch", "pangea", **variables)
    assert (login.what, login.url) == (what, url)
    assert problem in login.problem
    assert bool(problem) == (login.call is None)
    assert login.origin == " and ".join(variables)


def test_half_of_an_account_of_pangea_is_reported_with_the_variable_that_is_missing(look):
    (login,) = look("pangea", PANGEA_USER="a@b.example")
    assert (login.problem, login.call) == ("Missing password for a@b.example", None)
    assert "PANGEA_PASS" in login.remedy


def test_stored_logins_of_all_profiles_are_listed_and_can_be_tried(look, tmp_path):
    file = tmp_path / "tokens.json"
    for platform, profile, url in (
        ("sb", "default", "https://a.example/v2"),
        ("sb", "lab", "https://b.example/v2"),
        ("crunch", "lab", "https://c.example"),
        ("gen3", "default", "https://d.example"),
        ("drs", "default", "https://e.example"),
    ):
        TokenFile(file, platform, profile).keep(url, StoredLogin(Token(CANARY, None)))
    logins = look(OMICS_SB_URL="https://a.example/v2")
    assert [(login.service, login.what, login.call.url) for login in logins] == [
        ("sb", "login of default", "https://a.example/v2/user"),
        ("sb", "login of lab", "https://b.example/v2/user"),
        ("gen3", "login of default", "https://d.example/user/user"),
        ("drs", "login of default", "https://e.example/service-info"),
        ("crunch", "login of lab", "https://c.example/api/projects/"),
    ]
    assert {login.origin.endswith(str(file)) for login in logins} == {True}
    assert logins[0].call.credentials.headers("GET", logins[0].call.url) == {"x-sbg-auth-token": CANARY}


def test_configured_drs_hosts_and_an_s3_endpoint_are_reached_without_a_login(look):
    hosts = {"OMICS_DRS_URL": "https://a.example", "OMICS_DRS_HOSTS": "dg.A=a.example,dg.B=b.example"}
    assert [(login.what, login.call.url, login.call.credentials) for login in look("drs", **hosts)] == [
        ("settings", "https://a.example/ga4gh/drs/v1/service-info", None),
        ("b.example", "https://b.example/ga4gh/drs/v1/service-info", None),
    ]
    (unusable,) = look("drs", OMICS_DRS_HOSTS="a.example")
    assert "PREFIX=HOST" in unusable.remedy
    (endpoint,) = configured_storage({"AWS_ENDPOINT_URL_S3": "https://s3.example"})
    assert (endpoint.call.url, endpoint.call.reach) == ("https://s3.example/", True)
    assert configured_storage({"HOME": os.environ["HOME"]}) == []


def test_a_profile_of_another_platform_is_no_problem(look):
    (login,) = look("crunch", OMICS_PROFILE="lab", CRUNCH_URL="https://c.example", CRUNCH_TOKEN=CANARY)
    assert (login.what, login.problem) == ("token", "")


def test_a_malformed_token_file_hides_no_token_of_the_environment(look, tmp_path):
    written(tmp_path / "tokens.json", "[")
    broken, login = look("crunch", CRUNCH_URL="https://c.example", CRUNCH_TOKEN=CANARY)
    assert str(tmp_path / "tokens.json") in broken.problem
    assert login.call is not None
