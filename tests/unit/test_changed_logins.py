"""Logins whose servers' responses, or the claims of whose tokens, have one place changed: they work, or end with one of our errors."""

import base64
import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from changed_responses import changed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from login_at_a_terminal import AUTH, Person
from omicsdk import Gen3
from omicsdk.compat.gen3.auth import Gen3Auth, get_access_token_with_key, get_wts_idps
from omicsdk.core import NO_RETRY, Credentials, ManualClock, OmicsError
from omicsdk.core.oauth.google import google_credentials
from omicsdk.core.oauth.tokens import Endpoint
from unsettled import home as home
from unsettled import nothing_around as nothing_around

COMMONS = "https://commons.example.org"
OTHER = "https://other.example.org"
NOW = 1_700_000_000
CLAIMS: dict[str, Any] = {
    "iss": f"{COMMONS}/user",
    "iat": NOW,
    "nbf": NOW,
    "exp": NOW + 1200,
    "email": "a@example.org",
    "https://auth.data.humancellatlas.org/email": "a@example.org",
    "context": {"user": {"name": "a"}},
}
TOKEN = "the token of the claims"
GRANT = {"access_token": TOKEN, "refresh_token": "r", "id_token": TOKEN, "token_type": "Bearer", "expires_in": 600}
ERROR = {"error": "invalid_grant", "error_description": "used before", "message": "no"}
SECRETS = {
    "installed": {
        "client_id": "c",
        "client_secret": "s",
        "auth_uri": f"{AUTH}/oauth/authorize",
        "token_uri": f"{AUTH}/oauth/token",
        "redirect_uris": ["http://127.0.0.1:8000/"],
    }
}
PROVIDERS = {"providers": [{"idp": "other", "base_url": OTHER, "name": "Other", "urls": [{"name": "a", "url": OTHER}]}]}
Response = Callable[[httpx.Request], httpx.Response]


def signed(claims: bytes) -> str:
    """A token of claims; no client verifies its signature."""
    pieces = (b'{"alg": "RS256"}', claims, b"signature")
    return ".".join(base64.urlsafe_b64encode(piece).decode().rstrip("=") for piece in pieces)


def used(credentials: Credentials, clock: ManualClock, url: str) -> None:
    """What a client does with credentials: send them, again after their end, and after a refusal."""
    for _ in range(2):
        sent = credentials.headers("GET", url)
        credentials.ready()
        credentials.renew(sent)
        clock.advance(7200)


def in_dss(response: Response, folder: Path) -> None:
    """The login to the Data Store with a code, its renewal, and its end."""
    user = Person(folder, response)
    user.login(remote=True, ask=lambda _: "code")
    login = user.tokens.login(f"{AUTH}/x")
    assert login is None or repr(login)
    stored = user.credentials()
    assert stored is not None
    try:
        used(stored, user.clock, "https://dss.data.example.org/v1/files")
    finally:
        user.logout()


def in_azul(response: Response, folder: Path) -> None:
    """The login to Azul by a file of Google's."""
    file = folder / "adc.json"
    file.write_text(
        json.dumps({"type": "authorized_user", "client_id": "c", "client_secret": "s", "refresh_token": "r"})
    )
    clock = ManualClock(NOW)
    sender = Endpoint({}, transport=httpx.MockTransport(response), retry=NO_RETRY, clock=clock)
    used(google_credentials(file, endpoint=sender, clock=clock), clock, "https://service.example.org")


def _gen3(response: Response, **arguments: Any) -> None:
    clock, transport = ManualClock(NOW), httpx.MockTransport(response)
    login = Gen3Auth(**arguments, transport=transport, clock=clock, retry=NO_RETRY)
    repr(login)
    used(login, clock, f"{login.endpoint}/user/user")
    login.refresh_access_token()
    with Gen3(login.endpoint, credentials=login, transport=transport, retry=NO_RETRY) as commons:
        commons.whoami()


def with_gen3_key(response: Response, _folder: Path) -> None:
    """The exchange of a commons' key for tokens."""
    key = {"api_key": signed(json.dumps(CLAIMS).encode()), "key_id": "k"}
    get_access_token_with_key(key, options={"transport": httpx.MockTransport(response), "retry": NO_RETRY})
    _gen3(response, refresh_token=key)


def with_claims_of_gen3_key(response: Response, _folder: Path) -> None:
    """The same with a key of other claims, and with a token that was given."""
    token = response(httpx.Request("GET", f"{COMMONS}/token")).text
    with suppress(OmicsError):
        given_token = Gen3Auth(access_token=token, clock=ManualClock(NOW))
        given_token.headers("GET", repr(given_token))
    _gen3(response, refresh_token={"api_key": token, "key_id": "k"})


def with_gen3_program(response: Response, _folder: Path) -> None:
    """The login of a program that a commons knows."""
    _gen3(response, endpoint=COMMONS, client_credentials=("id", "secret"))


def with_gen3_token_service(response: Response, _folder: Path) -> None:
    """The token of another commons from a workspace token service."""
    key = {"api_key": signed(json.dumps(CLAIMS).encode()), "key_id": "k"}
    options = {"transport": httpx.MockTransport(response), "retry": NO_RETRY}
    repr(get_wts_idps(external_wts_host=f"{COMMONS}/wts", options=options))
    _gen3(response, endpoint=OTHER, refresh_token=key)


USER = {"username": "a", "email": "a@example.org", "is_admin": False, "authz": {"/a": [{"method": "read"}]}, "sub": "1"}
LOGINS: dict[Callable[[Response, Path], None], dict[str, Any]] = {
    in_dss: {"/internal/application_secrets": SECRETS, "/oauth/token": GRANT, "/oauth/revoke": {}},
    in_azul: {"/token": GRANT},
    with_gen3_key: {"/user/credentials/cdis/access_token": {"access_token": TOKEN}, "/user/user": USER},
    with_claims_of_gen3_key: {
        "/token": TOKEN,
        "/user/credentials/cdis/access_token": {"access_token": TOKEN},
        "/user/user": USER,
    },
    with_gen3_program: {"/user/oauth2/token": GRANT, "/user/user": USER},
    with_gen3_token_service: {
        "/user/credentials/cdis/access_token": {"access_token": TOKEN},
        "/wts/external_oidc": PROVIDERS,
        "/wts/external_oidc/": PROVIDERS,
        "/wts/token": {"token": TOKEN},
        "/wts/token/": {"token": TOKEN},
        "/user/user": USER,
    },
}


@pytest.fixture
def folders(tmp_path: Path) -> Callable[[], Path]:
    return lambda: Path(tempfile.mkdtemp(dir=tmp_path))


def answering(
    responses: dict[str, Any], claims: bytes, place: str = "", other: bytes = b"", status: int = 200
) -> Response:
    """Responses by path, of which one is another."""

    def response(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path not in responses:
            return httpx.Response(404, json=ERROR)
        content = other if path == place else json.dumps(responses[path]).encode()
        content = content.strip(b'"').replace(TOKEN.encode(), signed(claims).encode())
        return httpx.Response(
            status if path == place else 200, content=content, headers={"content-type": "application/json"}
        )

    return response


@pytest.mark.parametrize("login", LOGINS, ids=lambda login: login.__name__)
def test_an_unchanged_response_logs_in(login: Callable[[Response, Path], None], folders: Callable[[], Path]) -> None:
    login(answering(LOGINS[login], json.dumps(CLAIMS).encode()), folders())


@pytest.mark.parametrize("login", LOGINS, ids=lambda login: login.__name__)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_changed_response_is_more_than_an_error(
    data: st.DataObject, login: Callable[[Response, Path], None], folders: Callable[[], Path]
) -> None:
    responses = LOGINS[login]
    claims, place, other, status = json.dumps(CLAIMS).encode(), "", b"", 200
    if data.draw(st.booleans()):
        claims = data.draw(changed(CLAIMS))
    else:
        place, status = data.draw(st.sampled_from(sorted(responses))), data.draw(st.sampled_from([200, 200, 400, 401]))
        other = data.draw(changed(responses[place] if status == 200 else ERROR))
    with suppress(OmicsError):
        login(answering(responses, claims, place, other, status), folders())
