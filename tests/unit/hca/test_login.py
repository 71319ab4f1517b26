"""Logging in to an HCA service and out of it, against an authorization server in memory."""

import json
import os

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from login_at_a_terminal import GET, SERVICES, sent
from login_at_a_terminal import person as person
from login_at_a_terminal import server as server
from omicsdk.core import NO_RETRY, AuthError, ConfigError, TransportError, UsageError
from omicsdk.core.oauth.tokens import Endpoint
from omicsdk.hca.services import AUDIENCE


def test_no_user_goes_through_a_login_that_cannot_be_stored(person, server, tmp_path):
    (tmp_path / "omics").write_text("a file where the folder should be")
    with pytest.raises(ConfigError, match="cannot be"):
        person.login()
    assert person.messages == []
    assert server.requests == []


@pytest.mark.parametrize(
    ("dss", "auth", "shared"),
    [
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/auth", True),
        ("http://127.0.0.1:8000/v1", "http://127.0.0.1:9000/auth", False),
        ("http://127.0.0.1:8000/v1", "http://10.0.0.1:8000/auth", False),
        ("https://dss.com/v1", "https://auth.com", False),
        ("https://dss.example.org/v1", "http://auth.example.org", False),
    ],
)
def test_what_belongs_together(person, dss, auth, shared):
    person.configure(
        {"DSSClient": {"swagger_url": f"{dss}/swagger.json"}, "AuthClient": {"swagger_url": f"{auth}/swagger.json"}}
    )
    person.login(access_token="given")
    assert (person.credentials("AuthClient") is not None) == shared


@pytest.mark.parametrize("paste", ["code", "url", "page"])
def test_a_code_is_pasted_where_there_is_no_browser(person, server, paste):
    def ask(question):
        assert question.startswith("Paste the code")
        url = person.messages[0].splitlines()[1]
        back = server.consent(url)
        assert back.startswith("https://auth.data.example.org/echo?")
        query = dict(httpx.URL(back).params)
        return {"code": query["code"], "url": back, "page": json.dumps({"query_params": query})}[paste] + "\n"

    person.login(remote=True, ask=ask, open_browser=None)
    assert sent(person.credentials()) == server.access_tokens[0]


@pytest.mark.parametrize(
    ("typed", "message"), [("", "No code was given"), ("\n", "No code"), ("wrong\n", "invalid_grant")]
)
def test_a_code_that_is_none(person, typed, message):
    with pytest.raises(AuthError, match=message):
        person.login(remote=True, ask=lambda question: typed)
    assert person.credentials() is None


def test_a_token_at_hand_is_stored_as_it_is(person, server):
    done = person.login(access_token="not-a-jwt")
    assert (done.expires_at, done.renewable) == (None, False)
    credentials = person.credentials()
    assert sent(credentials) == "not-a-jwt"
    assert not credentials.renew(credentials.headers(*GET))
    assert server.requests == []


def test_a_token_at_hand_that_has_ended_is_stored_with_a_warning(person):
    token = jwt.encode({"exp": 1000}, "0123456789abcdef0123456789abcdef")
    assert person.login(access_token=token).expires_at == 1000
    assert "expired on 1970-01-01" in person.messages[0]
    with pytest.raises(AuthError, match="expired on 1970-01-01") as caught:
        sent(person.credentials())
    assert caught.value.remedy == "Log in again: omics dss login"


@pytest.mark.parametrize("token", ["two words", "lïne", "a\nb"])
def test_an_invalid_token_is_not_stored(person, token):
    with pytest.raises(ConfigError, match="access token"):
        person.login(access_token=token)
    assert person.credentials() is None


def test_three_ways_exclude_each_other(person):
    with pytest.raises(UsageError, match="are mutually exclusive"):
        person.login(access_token="t", remote=True)
    with pytest.raises(UsageError, match="timeout"):
        person.login(timeout=0)


def test_a_service_that_contains_no_secrets_is_named(person, server):
    server.tells_secrets = False
    with pytest.raises(AuthError, match=r"dss\.data\.example\.org does not state how to log in") as caught:
        person.login()
    assert "application_secrets" in caught.value.remedy
    assert "--access-token" in caught.value.remedy


def test_secrets_that_refer_to_an_unencrypted_server_are_refused(person, server):
    server.url = "http://auth.data.example.org"
    with pytest.raises(ConfigError, match="is not encrypted"):
        person.login()


def test_a_login_that_a_variable_hides_reports_it(person):
    person.environ["OMICS_DSS_TOKEN"] = "other"
    person.login(access_token="t")
    assert person.messages == ["OMICS_DSS_TOKEN is set and takes precedence over this login."]


def test_a_login_without_a_refresh_token_is_forgotten_in_silence(person, server):
    person.login(access_token="t")
    assert person.logout()
    assert person.messages == []
    assert server.requests == []


def test_a_login_that_gets_no_response_is_an_error_of_the_network(person):
    def down(request):
        raise httpx.ConnectError("no route")

    endpoint = Endpoint({}, transport=httpx.MockTransport(down), retry=NO_RETRY)
    with pytest.raises(TransportError):
        person.login(endpoint=endpoint)


PUBLISHED = {
    "oauth2_token": {
        "access_token": "canary-old-access",
        "refresh_token": "canary-old-refresh",
        "id_token": "canary-old-id",
        "expires_at": "-1",
        "token_type": "Bearer",
    }
}


def test_what_the_published_client_stored_is_used_as_it_is(person, server, tmp_path):
    person.configure(PUBLISHED)
    before = (tmp_path / "hca.json").read_text()
    credentials = person.credentials()
    assert sent(credentials) == "canary-old-access"
    assert not credentials.renew(credentials.headers(*GET))
    assert (tmp_path / "hca.json").read_text() == before
    assert server.requests == []
    assert not (tmp_path / "omics").exists()


def test_when_it_has_ended_the_ways_on_are_reported(person):
    token = jwt.encode({"exp": 1000}, "0123456789abcdef0123456789abcdef")
    person.configure({"oauth2_token": {"access_token": token}})
    with pytest.raises(AuthError, match="expired") as caught:
        sent(person.credentials())
    assert "omics dss login --migrate" in caught.value.remedy


def test_it_is_taken_over_on_request_and_then_renewed(person, server, tmp_path):
    person.configure(PUBLISHED)
    before = (tmp_path / "hca.json").read_text()
    server.refresh_tokens.add("canary-old-refresh")
    assert person.login(migrate=True).renewable
    assert (tmp_path / "hca.json").read_text() == before
    credentials = person.credentials()
    assert sent(credentials) == "canary-old-access"
    assert credentials.renew(credentials.headers(*GET))
    assert sent(person.credentials()) == server.access_tokens[0]


def test_it_is_not_taken_over_for_another_service(person):
    person.configure(PUBLISHED)
    with pytest.raises(AuthError, match=r"is for https://dss\.data\.example\.org:443, not for https://evil"):
        person.login(migrate=True, base_url="https://evil.example.org/v1")
    person.configure({})
    with pytest.raises(AuthError, match="no login of the published client"):
        person.login(migrate=True)


def test_logging_out_takes_it_out_of_the_configuration_too(person, tmp_path):
    person.configure({**PUBLISHED, "creator_uid": 5})
    assert person.logout()
    assert person.credentials() is None
    assert json.loads((tmp_path / "hca.json").read_text()) == {**SERVICES, "creator_uid": 5}


def test_a_configuration_that_was_logged_out_of_can_be_saved(person, tmp_path):
    person.configure(PUBLISHED)
    other = tmp_path / "later.json"
    person.environ["HCA_CONFIG_FILE"] += f"{os.pathsep}{other}"
    config = person.config
    person.logout(config=config)
    assert "oauth2_token" not in config
    config["creator_uid"] = 7
    config.save()
    assert json.loads(other.read_text()) == {"creator_uid": 7}
    assert json.loads((tmp_path / "hca.json").read_text()) == SERVICES


def test_a_file_that_cannot_be_changed_is_reported(person, monkeypatch):
    from omicsdk.core.settings import config

    def refuse(path, text):
        raise ConfigError(f"{path} cannot be written")

    person.configure(PUBLISHED)
    monkeypatch.setattr(config, "write_private", refuse)
    person.logout()
    assert "may still be in the configuration" in person.messages[0]
    assert "canary" not in person.messages[0]


@pytest.fixture
def key_file(tmp_path):
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    path = tmp_path / "robot.json"
    content = {"type": "service_account", "client_email": "r@x.org", "private_key_id": "k", "private_key": pem}
    path.write_text(json.dumps(content))
    return path, private.public_key()


def test_a_service_account_states_what_the_platform_documents(person, key_file):
    path, public = key_file
    person.environ["GOOGLE_APPLICATION_CREDENTIALS"] = str(path)
    token = sent(person.credentials())
    assert jwt.get_unverified_header(token)["kid"] == "k"
    claims = jwt.decode(token, public, algorithms=["RS256"], audience=AUDIENCE)
    assert claims.pop("exp") - claims.pop("iat") == 3600
    assert claims == {
        "iss": "r@x.org",
        "sub": "r@x.org",
        "aud": AUDIENCE,
        "email": "r@x.org",
        "scope": ["email", "openid", "offline_access"],
        "https://auth.data.humancellatlas.org/group": "hca",
        "https://auth.data.humancellatlas.org/email": "r@x.org",
    }
    person.configure({"audience": "https://me/"})
    payload = jwt.decode(sent(person.credentials()), options={"verify_signature": False})
    assert payload["aud"] == "https://me/"


def test_which_credentials_win(person, key_file):
    person.configure(PUBLISHED)
    assert sent(person.credentials()) == "canary-old-access"
    person.login(access_token="stored")
    assert sent(person.credentials()) == "stored"
    person.environ["GOOGLE_APPLICATION_CREDENTIALS"] = str(key_file[0])
    assert sent(person.credentials()).count(".") == 2
    person.environ["OMICS_DSS_TOKEN"] = "variable"
    assert sent(person.credentials()) == "variable"


def test_a_missing_key_file_is_reported_only_when_credentials_are_needed(person, tmp_path):
    person.environ["GOOGLE_APPLICATION_CREDENTIALS"] = str(tmp_path / "none.json")
    credentials = person.credentials()
    with pytest.raises(AuthError, match="does not exist"):
        sent(credentials)
