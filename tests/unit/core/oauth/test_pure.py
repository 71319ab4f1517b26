"""Requests of OAuth 2.0 and their responses, without a network."""

import base64
import hashlib
import json
from urllib.parse import parse_qs, parse_qsl, quote, urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import AuthError, ConfigError
from omicsdk.core.oauth.grants import Application, begin, code_of, code_request, refresh_request, revoke_request
from omicsdk.core.oauth.tokens import grant_of

APPLICATION = Application(
    "me", "https://auth.example.org/oauth/authorize", "https://auth.example.org/oauth/token", "canary-secret"
)


def secrets_with(**changes):
    inner = {
        "client_id": "me",
        "client_secret": "canary-secret",
        "auth_uri": "https://auth.example.org/oauth/authorize",
        "token_uri": "https://auth.example.org/oauth/token",
        "redirect_uris": ["urn:ietf:wg:oauth:2.0:oob", 5],
    } | changes
    return {name: value for name, value in inner.items() if value is not None}


@pytest.mark.parametrize("wrapped", [{"installed": secrets_with()}, {"web": secrets_with()}, secrets_with()])
def test_an_application_is_read_from_each_form(wrapped):
    application = Application.of(wrapped, "here")
    assert (application.client_id, application.client_secret) == ("me", "canary-secret")
    assert application.redirect_uris == ("urn:ietf:wg:oauth:2.0:oob",)
    assert "canary" not in repr(application)


def test_an_application_without_a_secret_is_one():
    assert Application.of(secrets_with(client_secret=None), "here").client_secret == ""


@pytest.mark.parametrize("value", [None, ""])
@pytest.mark.parametrize("name", ["client_id", "auth_uri", "token_uri"])
def test_what_an_application_lacks_is_named(name, value):
    with pytest.raises(ConfigError, match=f"here have no {name}"):
        Application.of(secrets_with(**{name: value}), "here")


def test_an_application_is_not_queried_unencrypted():
    with pytest.raises(ConfigError, match=r"token_uri .* is not encrypted"):
        Application.of(secrets_with(token_uri="http://auth.example.org/oauth/token"), "here")
    assert Application.of(secrets_with(token_uri="http://127.0.0.1:80/oauth/token"), "here").token_uri


@pytest.mark.parametrize(
    ("uri", "beside"),
    [
        ("https://auth.example.org/oauth/authorize", "https://auth.example.org/echo"),
        ("http://127.0.0.1:9/auth/oauth/authorize?x=1", "http://127.0.0.1:9/auth/echo"),
        ("https://accounts.example.org/o/auth", "https://accounts.example.org/echo"),
    ],
)
def test_other_addresses_of_the_server_stand_beside(uri, beside):
    assert APPLICATION.beside(uri, "/oauth/authorize", "/echo") == beside


@pytest.mark.parametrize(
    ("registered", "address"),
    [
        ((), ("127.0.0.1", 0, "/")),
        (("urn:ietf:wg:oauth:2.0:oob", "https://example.org/back"), ("127.0.0.1", 0, "/")),
        (("http://localhost:8080/",), ("localhost", 8080, "/")),
        (("http://[::1]:8080/", "http://127.0.0.1/back"), ("127.0.0.1", 0, "/back")),
        (("http://localhost:port/",), ("127.0.0.1", 0, "/")),
        (("http://localhost", "http://127.0.0.1"), ("127.0.0.1", 0, "/")),
        (("http://localhost",), ("localhost", 0, "/")),
    ],
)
def test_a_registered_address_of_this_machine_is_kept_to(registered, address):
    assert Application("", "", "", redirect_uris=registered).loopback() == address


def test_a_login_asks_with_pkce_and_state():
    login = begin(APPLICATION, "http://127.0.0.1:4/", ["openid", "offline_access"], {"audience": "https://who/"})
    parameters = dict(parse_qsl(urlsplit(login.url).query))
    digest = hashlib.sha256(login.verifier.encode()).digest()
    assert parameters == {
        "response_type": "code",
        "client_id": "me",
        "redirect_uri": "http://127.0.0.1:4/",
        "scope": "openid offline_access",
        "state": login.state,
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "audience": "https://who/",
    }
    assert 43 <= len(login.verifier) <= 128
    assert login.state not in repr(login)
    assert login.verifier not in repr(login)


def test_two_logins_have_nothing_in_common():
    one, other = (begin(APPLICATION, "http://127.0.0.1:4/", ["openid"]) for _ in range(2))
    assert one.state != other.state
    assert one.verifier != other.verifier


def test_a_server_of_this_machine_stays_on_http():
    here = Application("me", "http://127.0.0.1:9/oauth/authorize", "http://127.0.0.1:9/oauth/token")
    assert begin(here, "http://127.0.0.1:4/", ["openid"]).url.startswith("http://127.0.0.1:9/oauth/authorize?")


@given(
    code=st.text(min_size=1),
    state=st.text("abc123", min_size=1),
    extra=st.dictionaries(st.text("xyz", min_size=1), st.text()),
)
def test_a_code_comes_back_whatever_is_in_it(code, state, extra):
    query = urlencode({**extra, "code": code, "state": state})
    assert code_of(query, state) == code_of(f"?{query}", state) == code
    assert code_of(f"http://127.0.0.1:4/?{query}", state) == code
    assert code_of(f"  https://auth.example.org/echo?{query}#top\n", state, bare=True) == code


@pytest.mark.parametrize("pasted", ["abc-_.~/+123", "'abc-_.~/+123'", "  abc-_.~/+123 \n", '"abc-_.~/+123"'])
def test_a_code_alone_may_be_pasted(pasted):
    assert code_of(pasted, "s", bare=True) == "abc-_.~/+123"


@pytest.mark.parametrize(
    "page",
    [
        {"code": "c", "state": "s"},
        {"query_params": {"code": "c", "state": "s"}, "n": 1},
        {"query_params": {"code": "c", "state": "s", "scope": "https://x/y"}, "url": "https://x/echo?code=c&state=s"},
    ],
)
def test_what_an_echo_page_shows_may_be_pasted(page):
    assert code_of(json.dumps(page), "s", bare=True) == "c"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("code=c&state=other", "different login"),
        ("code=c", "different login"),
        ("error=access_denied&state=other", "different login"),
        ("error=access_denied&error_description=not%0Ayou&state=s", "was refused: access_denied: not you"),
        ("state=s&error=strange", "was refused: strange"),
        ("https://[broken", "has no code.*the whole address"),
        ("https://login.example/page", "has no code"),
        ("two words", "has no code"),
        ("", "No code was given"),
    ],
)
def test_a_login_that_failed_states_why(query, message):
    with pytest.raises(AuthError, match=message) as caught:
        code_of(query, "s")
    assert caught.value.remedy


def test_a_login_without_a_code_reports_it():
    with pytest.raises(AuthError, match="without a code"):
        code_of("http://127.0.0.1/?state=s", "s")


@pytest.mark.parametrize("pasted", ["two words", "{", '{"query_params": 5}', "{}", '{"code": "c"}', "[1, 2]"])
def test_an_invalid_code_is_refused(pasted):
    with pytest.raises(AuthError):
        code_of(pasted, "s", bare=True)


def test_requests_to_the_token_endpoint_are_forms():
    login = begin(APPLICATION, "http://127.0.0.1:4/", ["openid"])
    request = code_request(APPLICATION, login, "the code+/")
    assert (request.method, request.url, request.idempotent) == ("POST", APPLICATION.token_uri, False)
    assert dict(request.headers)["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qs(bytes(request.content).decode()) == {
        "grant_type": ["authorization_code"],
        "client_id": ["me"],
        "client_secret": ["canary-secret"],
        "code": ["the code+/"],
        "redirect_uri": ["http://127.0.0.1:4/"],
        "code_verifier": [login.verifier],
    }
    assert parse_qs(bytes(refresh_request(APPLICATION, "r/+").content).decode()) == {
        "grant_type": ["refresh_token"],
        "client_id": ["me"],
        "client_secret": ["canary-secret"],
        "refresh_token": ["r/+"],
    }


def test_an_application_without_a_secret_sends_none():
    public = Application("me", APPLICATION.auth_uri, APPLICATION.token_uri)
    login = begin(public, "http://127.0.0.1:4/", ["openid"])
    for request in (
        code_request(public, login, "c"),
        refresh_request(public, "r"),
        revoke_request(public, "https://x/", "r"),
    ):
        assert b"client_secret" not in bytes(request.content)


def test_a_token_is_revoked_as_a_form_or_as_json():
    form = revoke_request(APPLICATION, "https://x/revoke", "r")
    assert parse_qs(bytes(form.content).decode()) == {
        "client_id": ["me"],
        "client_secret": ["canary-secret"],
        "token": ["r"],
        "token_type_hint": ["refresh_token"],
    }
    plain = revoke_request(APPLICATION, "https://x/revoke", "r", as_json=True)
    assert json.loads(bytes(plain.content)) == {"client_id": "me", "token": "r"}
    assert dict(plain.headers)["content-type"] == "application/json"
    assert plain.idempotent


def tokens_text(**fields):
    return json.dumps({"access_token": "a", "token_type": "Bearer"} | fields)


@pytest.mark.parametrize(
    ("lifetime", "end"),
    [
        (3600, 4600.0),
        ("3600", 4600.0),
        (1.5, 1001.5),
        (0, None),
        (-1, None),
        ("soon", None),
        (True, None),
        (None, None),
        ([], None),
        ("nan", None),
        (10**400, None),
    ],
)
def test_the_end_is_a_number_or_unknown(lifetime, end):
    assert grant_of(tokens_text(expires_in=lifetime), 1000.0).expires_at == end


def test_an_end_that_only_the_token_states_is_read_from_it():
    claims = base64.urlsafe_b64encode(b'{"exp": 77}').rstrip(b"=").decode()
    assert grant_of(tokens_text(access_token=f"x.{claims}.y"), 1000.0).expires_at == 77.0
    assert grant_of(tokens_text(access_token=f"x.{claims}.y", expires_in=5), 1000.0).expires_at == 1005.0


def test_a_refresh_token_continues_unless_a_new_one_comes():
    assert grant_of(tokens_text(), 0.0, previous="old").refresh_token == "old"
    assert (
        grant_of(tokens_text(refresh_token="new", id_token="i", scope="other"), 0.0, previous="old").refresh_token
        == "new"
    )
    assert grant_of(tokens_text(refresh_token=""), 0.0, previous="old").refresh_token == "old"
    shown = repr(grant_of(tokens_text(access_token="canary-1", refresh_token="canary-2", id_token="canary-3"), 0.0))
    assert "canary" not in shown


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON"),
        ("access_token=a", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "is not a JSON object"),
        ("{}", "without an access token"),
        ('{"access_token": 5}', "without an access token"),
        ('{"access_token": ""}', "without an access token"),
        ('{"access_token": "a", "scope": 1}', "cannot be read"),
        ('{"error": "invalid_grant", "error_description": "used\\nup"}', "refused: invalid_grant: used up"),
    ],
)
def test_a_response_without_tokens_is_refused(text, message):
    with pytest.raises(AuthError, match=message):
        grant_of(text, 0.0)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["access_token", "expires_in", "scope", "error", "refresh_token", "expires_at"]), inner
            )
        ),
    )
)
def test_no_response_ends_in_another_error(value):
    try:
        grant = grant_of(json.dumps(value), 0.0)
    except AuthError:
        return
    assert grant.access_token == value["access_token"]


def test_quoting_of_a_state_is_undone():
    assert code_of(f"code=1&state={quote('a b&c')}", "a b&c") == "1"
