"""Google's logins: service accounts, and what gcloud has stored."""

import json
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import jwt
import pytest
from changed_responses import changed
from client_secrets import secrets_file as secrets_file
from client_secrets import server as server
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.core import AuthError, ManualClock, MissingExtra, OmicsError, Token
from omicsdk.core.oauth.credentials import ServiceAccount, read_key
from omicsdk.core.oauth.google import (
    KIND,
    READ_STORAGE,
    default_file,
    found_credentials,
    google_credentials,
    log_in,
    revoke,
)
from omicsdk.core.oauth.tokens import Endpoint
from omicsdk.core.token_file import StoredLogin
from omicsdk.hca.azul.client import stored_login

USER = {"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "adc.json"


@pytest.fixture
def requests() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def endpoint(requests: list[dict[str, Any]]) -> Endpoint:
    def response(request: httpx.Request) -> httpx.Response:
        requests.append(
            {
                "url": str(request.url),
                **{name: values[0] for name, values in parse_qs(request.content.decode()).items()},
            }
        )
        return httpx.Response(
            200, json={"access_token": f"ya29.{len(requests)}", "expires_in": 3600, "token_type": "Bearer"}
        )

    return Endpoint({}, transport=httpx.MockTransport(response), clock=ManualClock())


def test_a_users_credentials_are_refreshed_when_they_are_needed(
    file: Path, endpoint: Endpoint, requests: list[dict[str, Any]]
) -> None:
    file.write_text(json.dumps(USER))
    clock = ManualClock()
    credentials = google_credentials(file, endpoint=endpoint, clock=clock)
    assert requests == []
    sent = [credentials.headers("GET", "https://service.example.org")["authorization"] for _ in range(2)]
    assert sent == ["Bearer ya29.1"] * 2
    clock.advance(3600)
    assert credentials.headers("GET", "https://service.example.org")["authorization"] == "Bearer ya29.2"
    assert requests[0] == {
        "url": "https://oauth2.googleapis.com/token",
        "grant_type": "refresh_token",
        "client_id": "c",
        "client_secret": "s",
        "refresh_token": "r",
    }


def test_a_service_account_signs_for_a_token(file: Path, endpoint: Endpoint, requests: list[dict[str, Any]]) -> None:
    jwt = pytest.importorskip("jwt")
    rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")
    from cryptography.hazmat.primitives import serialization as forms

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption()).decode()
    account = {"client_email": "a@example.org", "private_key_id": "k", "private_key": pem, "type": "service_account"}
    file.write_text(json.dumps({**account, "token_uri": "https://token.example.org/t"}))
    clock = ManualClock()
    credentials = google_credentials(file, scopes=READ_STORAGE, endpoint=endpoint, clock=clock)
    assert credentials.headers("GET", "https://service.example.org")["authorization"] == "Bearer ya29.1"
    claims = jwt.decode(requests[0]["assertion"], options={"verify_signature": False})
    assert (requests[0]["url"], claims["aud"]) == ("https://token.example.org/t",) * 2
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["scope"] == "https://www.googleapis.com/auth/devstorage.read_only"


PLAIN = json.dumps({**USER, "token_uri": "http://oauth2.example.org/token"})


@pytest.mark.parametrize(
    "text", [None, "{", "[]", '{"type": "external_account"}', '{"type": "authorized_user"}', PLAIN]
)
def test_another_file_is_refused_with_what_to_do(text: str | None, file: Path) -> None:
    if text is not None:
        file.write_text(text)
    with pytest.raises(AuthError) as caught:
        google_credentials(file)
    assert "gcloud auth application-default login" in str(caught.value.remedy)


def test_the_default_file_is_the_variables_or_gclouds(tmp_path: Path) -> None:
    assert default_file({"GOOGLE_APPLICATION_CREDENTIALS": "/k.json", "CLOUDSDK_CONFIG": "/c"}) == Path("/k.json")
    assert default_file({"CLOUDSDK_CONFIG": str(tmp_path)}) == tmp_path / "application_default_credentials.json"


def test_a_stored_login_is_a_file_or_a_token(file: Path) -> None:
    file.write_text(json.dumps(USER))
    token = stored_login(StoredLogin(Token("ya29.x")), "")
    assert token.headers("GET", "https://service.example.org")["authorization"] == "Bearer ya29.x"
    assert not stored_login(StoredLogin(Token(str(file)), kind=KIND), "").ready()


SERVICE = "https://service.example.org"


def test_the_login_with_google_is_the_token_then_the_named_file_then_gclouds(tmp_path: Path) -> None:
    gcloud = {"CLOUDSDK_CONFIG": str(tmp_path)}
    assert found_credentials(gcloud, READ_STORAGE, [SERVICE]) is None
    (tmp_path / "application_default_credentials.json").write_text(json.dumps(USER))
    credentials = found_credentials(gcloud, READ_STORAGE, [SERVICE])
    assert credentials is not None
    assert not credentials.ready()
    assert (credentials.goes_to(f"{SERVICE}/x"), credentials.goes_to("https://elsewhere.example.org")) == (True, False)
    token = found_credentials({**gcloud, "OMICS_GOOGLE_TOKEN": "ya29.x"}, READ_STORAGE, [SERVICE])
    assert token is not None
    assert token.headers("GET", SERVICE)["authorization"] == "Bearer ya29.x"
    with pytest.raises(AuthError, match="cannot be read"):
        found_credentials({**gcloud, "GOOGLE_APPLICATION_CREDENTIALS": "/no/such/file"}, READ_STORAGE, [SERVICE])


def test_a_default_file_of_another_kind_is_logged_and_open_data_stays_open(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "application_default_credentials.json").write_text('{"type": "external_account"}')
    assert found_credentials({"CLOUDSDK_CONFIG": str(tmp_path)}, READ_STORAGE, [SERVICE]) is None
    assert "continuing without a Google login" in caplog.text


def devices(*responses: tuple[int, dict[str, Any]]) -> tuple[list[dict[str, str]], httpx.MockTransport]:
    """A server that shows a code, and answers requests for tokens one after the other."""
    sent, left = list[dict[str, str]](), list(responses)

    def response(request: httpx.Request) -> httpx.Response:
        sent.append({"path": request.url.path, **{n: v[0] for n, v in parse_qs(request.content.decode()).items()}})
        if request.url.path.endswith("/device/code"):
            shown = {"device_code": "canary-device", "user_code": "AB-CD", "verification_url": "https://g.co/device"}
            return httpx.Response(200, json=shown | {"interval": 3, "expires_in": 1800})
        status, body = left.pop(0)
        return httpx.Response(status, json=body)

    return sent, httpx.MockTransport(response)


PENDING = (428, {"error": "authorization_pending", "error_description": "Precondition Required"})
GRANTED = (200, {"access_token": "a", "refresh_token": "r", "token_type": "Bearer", "expires_in": 3600})


def test_a_code_is_entered_in_a_browser_on_another_machine(tmp_path: Path, secrets_file: Path) -> None:
    clock, messages = ManualClock(), list[str]()
    sent, transport = devices(PENDING, (403, {"error": "slow_down"}), GRANTED)
    target = tmp_path / "login.json"
    sender = Endpoint({}, transport=transport, clock=clock)
    log_in(secrets_file, target, on_message=messages.append, device=True, endpoint=sender, clock=clock)
    assert json.loads(target.read_text())["refresh_token"] == "r"
    assert messages == ["Open this address in any browser, and enter the code AB-CD:\nhttps://g.co/device"]
    assert clock.slept == [3, 3, 8]
    assert [request["path"] for request in sent] == ["/oauth/device/code", *["/oauth/token"] * 3]
    assert sent[1]["device_code"] == "canary-device"


@pytest.mark.parametrize(
    ("responses", "message"),
    [
        (((403, {"error": "access_denied"}),), "refused: access_denied"),
        ((PENDING,) * 4, "not entered within 10 s"),
        (((200, {"access_token": "a", "token_type": "Bearer"}),), "no refresh token"),
    ],
)
def test_a_code_that_refers_to_no_login_writes_nothing(
    tmp_path: Path, secrets_file: Path, responses: tuple[tuple[int, dict[str, Any]], ...], message: str
) -> None:
    clock, target = ManualClock(), tmp_path / "login.json"
    _, transport = devices(*responses)
    sender = Endpoint({}, transport=transport, clock=clock)
    with pytest.raises(AuthError, match=message):
        log_in(secrets_file, target, on_message=lambda _: None, device=True, timeout=10, endpoint=sender, clock=clock)
    assert not target.exists()


SHOWN = {
    "device_code": "d",
    "user_code": "AB-CD",
    "verification_url": "https://g.co/device",
    "interval": 3,
    "expires_in": 9,
}


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_changed_response_is_more_than_an_error(data: st.DataObject, secrets_file: Path) -> None:
    clock, target = ManualClock(), secrets_file.with_name("login.json")
    responses = {"/oauth/device/code": SHOWN, "/oauth/token": {**GRANTED[1], "id_token": "x.y.z"}}
    place = data.draw(st.sampled_from(sorted(responses)))
    other = data.draw(changed(responses[place]))

    def response(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        return httpx.Response(200, content=other if path == place else json.dumps(responses[path]).encode())

    sender = Endpoint({}, transport=httpx.MockTransport(response), clock=clock)
    with suppress(OmicsError):
        log_in(secrets_file, target, on_message=repr, device=True, endpoint=sender, clock=clock)


def test_a_login_is_revoked_beside_the_address_of_tokens(file: Path) -> None:
    requests = list[httpx.Request]()

    def response(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200)

    file.write_text(json.dumps({**USER, "token_uri": "https://oauth2.example.org/token"}))
    revoke(file, endpoint=Endpoint({}, transport=httpx.MockTransport(response), clock=ManualClock()))
    assert str(requests[0].url) == "https://oauth2.example.org/revoke"
    assert parse_qs(requests[0].content.decode())["token"] == ["r"]


GET = ("GET", "https://dss.example.org/v1/files")
EMAIL = "robot@project.iam.example.org"


@cache
def keys():
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return pem(private), private.public_key()


def pem(private):
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture
def key_file(tmp_path):
    def write(**changes):
        content = {
            "type": "service_account",
            "client_email": EMAIL,
            "private_key_id": "key-1",
            "private_key": keys()[0],
        } | changes
        path = tmp_path / "key.json"
        path.write_text(json.dumps({name: value for name, value in content.items() if value is not None}))
        return path

    return write


def account(path, clock, **options):
    return ServiceAccount(path, lambda email: {"iss": email, "aud": "https://who/"}, clock=clock, **options)


def bearer(credentials):
    return credentials.headers(*GET)["authorization"].removeprefix("Bearer ")


def read(token):
    return jwt.decode(
        token,
        keys()[1],
        algorithms=["RS256"],
        audience="https://who/",
        options={"verify_exp": False, "verify_iat": False},
    )


def test_a_token_is_signed_with_the_accounts_key(key_file, clock):
    credentials = account(key_file(), clock)
    assert not credentials.ready()
    token = bearer(credentials)
    assert credentials.ready()
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "kid": "key-1", "typ": "JWT"}
    made = int(clock.now())
    assert read(token) == {"iss": EMAIL, "aud": "https://who/", "iat": made, "exp": made + 3600}
    assert credentials.expires_at == made + 3600


def test_it_is_made_again_shortly_before_its_end(key_file, clock):
    credentials = account(key_file(), clock)
    first = bearer(credentials)
    clock.advance(3500)
    assert credentials.ready()
    assert bearer(credentials) == first
    clock.advance(45)
    assert not credentials.ready()
    assert read(bearer(credentials))["iat"] == int(clock.now())


def test_a_new_token_is_created_when_the_clock_was_set_back(key_file, clock):
    credentials = account(key_file(), clock)
    bearer(credentials)
    clock.advance(-1000)
    assert read(bearer(credentials))["iat"] == int(clock.now())


def test_a_refused_token_is_made_again_unless_it_is_new(key_file, clock):
    credentials = account(key_file(), clock)
    first = credentials.headers(*GET)
    assert not credentials.renew(first)
    clock.advance(600)
    assert credentials.renew(first)
    assert bearer(credentials) != first["authorization"].removeprefix("Bearer ")
    assert credentials.renew(first)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"type": "authorized_user"}, "of type 'authorized_user', not a service account's"),
        ({"private_key": None}, "has no private_key$"),
        ({"client_email": 5, "private_key_id": ""}, "has no client_email, private_key_id"),
        ({"private_key": "canary"}, "cannot be used to sign"),
        ({"private_key": "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n"}, "cannot be used to sign"),
        ({"private_key": pem(ec.generate_private_key(ec.SECP256R1()))}, "cannot be used to sign"),
    ],
)
def test_a_broken_key_file_is_reported_with_a_remedy(key_file, clock, changes, message):
    with pytest.raises(AuthError) as caught:
        bearer(account(key_file(**changes), clock))
    import re

    assert re.search(message, caught.value.message)
    assert caught.value.remedy
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "is not JSON"), (b"\xff\xfe", "is not JSON"), (b"[]", "is not a JSON object")]
)
def test_an_invalid_key_file_is_reported(tmp_path, content, message):
    path = tmp_path / "key.json"
    path.write_bytes(content)
    with pytest.raises(AuthError, match=message):
        read_key(path)


def test_a_key_file_that_does_not_exist_is_reported_when_it_is_needed(tmp_path, clock):
    credentials = account(tmp_path / "none.json", clock)
    with pytest.raises(AuthError, match="does not exist") as caught:
        bearer(credentials)
    assert "GOOGLE_APPLICATION_CREDENTIALS" in caught.value.remedy
    with pytest.raises(AuthError, match="cannot be read"):
        read_key(tmp_path)


@pytest.mark.parametrize("missing", ["jwt", "cryptography"])
def test_a_missing_library_is_named_with_its_extra(key_file, clock, monkeypatch, missing):
    if missing == "jwt":
        monkeypatch.setitem(sys.modules, "jwt", None)
    else:

        def encode(*_, **__):
            raise NotImplementedError("Algorithm 'RS256' could not be found. Do you have cryptography installed?")

        monkeypatch.setattr(jwt, "encode", encode)
    with pytest.raises(MissingExtra, match=r"\[google\]"):
        bearer(account(key_file(), clock))


def test_the_key_is_not_shown(key_file):
    assert "PRIVATE" not in repr(read_key(key_file()))
