"""Logging in: the authorisation code flow with PKCE, the page that asks, tokens, refreshing, revoking."""

import base64
import hashlib
import json
import re
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

CLIENT = {"client_id": "omics-sandbox"}
BACK = "http://localhost:8080/"
SCOPE = "openid email offline_access"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


def secret(web) -> dict[str, str]:
    installed = web.get("/internal/application_secrets").json()["installed"]
    return {"client_id": installed["client_id"], "client_secret": installed["client_secret"]}


def authorize(web, **more):
    query = {**CLIENT, "redirect_uri": BACK, "scope": SCOPE, "state": "s t", "response_type": "code", **more}
    return web.get("/oauth/authorize", params={name: value for name, value in query.items() if value})


def press(web, *, decision="allow", email="user@example.org", **more):
    page = web.get(authorize(web, **more).headers["location"])
    assert page.status_code == 200
    ticket = re.search(r'name="ticket" value="(\w+)"', page.text)
    assert ticket is not None
    form = {"ticket": ticket[1], "email": email, "decision": decision}
    return web.post("/consent", data=form)


def query_of(response) -> dict[str, str]:
    location = urlsplit(response.headers["location"])
    return {name: values[0] for name, values in parse_qs(location.query).items()}


def code_for(web, **more) -> str:
    return query_of(press(web, **more))["code"]


def exchange(web, code, **more):
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **CLIENT, **more}
    return web.post("/oauth/token", data={name: value for name, value in form.items() if value})


def log_in(web, **more) -> dict[str, str]:
    return exchange(web, code_for(web, **PKCE, **more), code_verifier=VERIFIER).json()


def test_a_login_from_beginning_to_end(web, sandbox, client):
    begun = authorize(web, **PKCE)
    assert (begun.status_code, begun.headers["cache-control"]) == (302, "no-store")
    answered = press(web, **PKCE, email="ann@example.org")
    assert answered.status_code == 303
    assert answered.headers["location"].startswith(BACK)
    assert query_of(answered)["state"] == "s t"
    got = exchange(web, query_of(answered)["code"], code_verifier=VERIFIER)
    assert (got.status_code, got.headers["cache-control"], got.headers["pragma"]) == (200, "no-store", "no-cache")
    tokens = got.json()
    assert (tokens["token_type"], tokens["expires_in"], tokens["scope"]) == ("Bearer", 3600, SCOPE)
    identity = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert (identity["email"], identity["aud"]) == ("ann@example.org", "omics-sandbox")
    about = client(token=tokens["access_token"]).get("/oauth/userinfo").json()
    assert about["email"] == "ann@example.org"
    authorization = about["https://auth.data.humancellatlas.org/app_metadata"]["authorization"]
    assert authorization["groups"] == ["hca", "user_default"]
    assert authorization["roles"] == ["default_user"]
    assert "fus:GetUser" in authorization["scope"]
    assert client(token=tokens["access_token"]).post("/oauth/userinfo").json() == about
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    response = httpx.get(f"{sandbox.url}/dss/v1/collections", headers=headers, trust_env=False, verify=False)
    assert response.status_code == 200


def test_the_keys_check_the_tokens(web):
    tokens = log_in(web, audience="https://dev.data.humancellatlas.org/")
    [key] = web.get("/.well-known/jwks.json").json()["keys"]
    public = jwt.PyJWK(key).key
    # The sandbox's time is real here, so the library's checks of times hold as well.
    claims = jwt.decode(
        tokens["access_token"], public, algorithms=["RS256"], audience="https://dev.data.humancellatlas.org/"
    )
    assert jwt.get_unverified_header(tokens["access_token"])["kid"] == key["kid"]
    assert claims["https://auth.data.humancellatlas.org/email"] == "user@example.org"
    assert claims["https://auth.data.humancellatlas.org/group"] == "hca"


def test_a_no_goes_back_to_the_client(web):
    response = query_of(press(web, decision="deny"))
    assert (response["error"], response["state"]) == ("access_denied", "s t")
    assert "code" not in response


def test_a_page_is_answered_once_and_in_time(web, sandbox):
    location = authorize(web).headers["location"]
    ticket = query_of(authorize(web))["ticket"]
    form = {"ticket": ticket, "email": "user@example.org", "decision": "allow"}
    assert web.post("/consent", data=form).status_code == 303
    assert web.post("/consent", data=form).status_code == 400
    sandbox.clock.advance(600)
    assert web.get(location).status_code == 400
    assert web.get("/consent").status_code == 400


@pytest.mark.parametrize("email", ["", "a b", "x" * 129, "<script>", "é@example.org"])
def test_names_that_are_none(web, email):
    assert press(web, email=email).status_code == 400


def test_the_page_escapes_everything(web, sandbox):
    evil = "\"><script>alert('x')</script>"
    page = web.get(authorize(web, scope=evil, state=evil, redirect_uri=f"{BACK}?a={evil}").headers["location"])
    assert "<script" not in page.text
    assert "&lt;script" in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example.org/",
        "http://localhost@evil.example.org/",
        "http://localhost.evil.example.org/",
        "javascript:alert(1)",
        "http://localhost:8080/#x",
        "http://localhost:80a/",
        "http://user@localhost/",
        "//localhost/",
        "http://[::1",
        "http://localhost/\r\nSet-Cookie: x",
    ],
)
def test_no_other_user_gets_a_code(web, uri):
    response = authorize(web, redirect_uri=uri)
    assert response.status_code == 400
    assert "location" not in response.headers
    assert authorize(web, client_id="other").status_code == 400
    assert authorize(web, code_challenge_method="plain").status_code == 400


@pytest.mark.parametrize("uri", ["http://127.0.0.1:5000/x?y=1", "http://[::1]:1/", "http://localhost"])
def test_any_port_of_this_machine_will_do(web, uri):
    location = press(web, redirect_uri=uri).headers["location"]
    assert location.startswith(uri)
    assert "code=" in location


@pytest.mark.parametrize("path", ["/auth/echo", "/echo"])
def test_a_login_without_a_browser_ends_at_echo(web, sandbox, path):
    back = f"{sandbox.url}{path}"
    response = httpx.get(press(web, redirect_uri=back).headers["location"], trust_env=False, verify=False)
    assert response.headers["content-type"].startswith("text/plain")
    assert response.headers["x-content-type-options"] == "nosniff"
    code = json.loads(response.text)["query_params"]["code"]
    assert exchange(web, code, redirect_uri=back, **secret(web)).status_code == 200


def test_echo_shows_no_credentials(web):
    text = web.get("/echo", params={"a": "b"}, headers={"Authorization": "Bearer s3cret", "Cookie": "s3cret"}).text
    assert "s3cret" not in text
    assert json.loads(text)["query_params"] == {"a": "b"}


def test_codes_and_tickets_stay_out_of_the_log(web, sandbox):
    code = code_for(web, redirect_uri=f"{sandbox.url}/echo")
    httpx.get(f"{sandbox.url}/echo?code={code}", trust_env=False, verify=False)
    log = json.dumps(sandbox.requests())
    assert code not in log
    assert "ticket" not in log


def test_a_switch_logs_in_without_asking(web, sandbox):
    sandbox.settings.turn({"auth.login_as": "robot@example.org"})
    response = authorize(web, **PKCE)
    assert query_of(response)["state"] == "s t"
    tokens = exchange(web, query_of(response)["code"], code_verifier=VERIFIER).json()
    assert jwt.decode(tokens["access_token"], options={"verify_signature": False})["email"] == "robot@example.org"


@pytest.mark.parametrize(
    ("pkce", "form", "status", "error"),
    [
        (PKCE, {"code_verifier": VERIFIER}, 200, None),
        (PKCE, {"code_verifier": "w" * 43}, 400, "invalid_grant"),
        (PKCE, {"code_verifier": ""}, 400, "invalid_grant"),
        (PKCE, {"code_verifier": VERIFIER, "redirect_uri": "http://localhost:1/"}, 400, "invalid_grant"),
        (PKCE, {"code_verifier": VERIFIER, "client_id": "other"}, 401, "invalid_client"),
        (PKCE, {"code_verifier": VERIFIER, "client_secret": "wrong"}, 401, "invalid_client"),
        (PKCE, {"code_verifier": VERIFIER, "code": "x"}, 400, "invalid_grant"),
        (PKCE, {"code_verifier": VERIFIER, "grant_type": "password"}, 400, "unsupported_grant_type"),
        ({}, {}, 401, "invalid_client"),
    ],
)
def test_what_a_code_is_worth(web, pkce, form, status, error):
    response = exchange(web, **{"code": code_for(web, **pkce), **form})
    assert (response.status_code, response.json().get("error")) == (status, error)
    assert response.headers["cache-control"] == "no-store"


def test_a_code_ends(web, sandbox):
    code = code_for(web, **PKCE)
    sandbox.clock.advance(600)
    assert exchange(web, code, code_verifier=VERIFIER).json()["error"] == "invalid_grant"


def test_a_client_states_itself_in_the_header(web):
    form = {"grant_type": "authorization_code", "code": code_for(web), "redirect_uri": BACK}
    for header in ("Basic %%%", f"Basic {base64.b64encode(b'omics-sandbox:wrong').decode()}"):
        refused = web.post("/oauth/token", data=form, headers={"Authorization": header})
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    accepted = web.post("/oauth/token", data=form, auth=tuple(secret(web).values()))
    assert (accepted.status_code, accepted.json()["token_type"]) == (200, "Bearer")


def refresh(web, token, **more):
    return web.post("/oauth/token", data={"grant_type": "refresh_token", "refresh_token": token, **CLIENT, **more})


def test_refreshing(web, sandbox, client):
    tokens = log_in(web)
    sandbox.clock.advance(3600)
    expired = client(token=tokens["access_token"]).get("/v1/users")
    assert expired.status_code == 401
    assert "expired" in expired.json()["detail"]
    assert 'error="invalid_token"' in expired.headers["www-authenticate"]
    fresh = refresh(web, tokens["refresh_token"]).json()
    assert "refresh_token" not in fresh
    assert client(token=fresh["access_token"]).get("/v1/users").status_code == 200
    less = refresh(web, tokens["refresh_token"], scope="email").json()
    assert (less["scope"], "id_token" in less) == ("email", False)
    assert refresh(web, tokens["refresh_token"], scope="openid admin").json()["error"] == "invalid_scope"
    assert refresh(web, "none").json()["error"] == "invalid_grant"


def test_revoking_ends_later_refreshes(web, client):
    tokens = log_in(web)
    token = {"token": tokens["refresh_token"]}
    assert web.post("/oauth/revoke", json={**CLIENT, **token}).status_code == 200
    assert web.post("/oauth/revoke", json={**CLIENT, **token}).status_code == 200
    assert refresh(web, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert client(token=tokens["access_token"]).get("/v1/users").status_code == 200
    assert web.post("/oauth/revoke", json=CLIENT).status_code == 400


@pytest.mark.parametrize("place", ["", "/auth", "/dss", "/dss/v1"])
def test_where_clients_look_for_the_application(sandbox, place):
    response = httpx.get(f"{sandbox.url}{place}/internal/application_secrets", trust_env=False, verify=False)
    application = response.json()["installed"]
    assert application["auth_uri"] == f"{sandbox.url}/auth/oauth/authorize"
    assert application["token_uri"] == f"{sandbox.url}/auth/oauth/token"
    assert application.keys() == {"client_id", "client_secret", "auth_uri", "token_uri", "redirect_uris"}
