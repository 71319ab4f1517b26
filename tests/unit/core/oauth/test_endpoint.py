"""Requests to an authorization server and its responses: refusals, other errors, redirects, proxies."""

import httpx
import pytest
from authorization_server import AuthorizationServer
from omicsdk.core import AuthError, ManualClock, NotFound, Retry, ServerError
from omicsdk.core.oauth.grants import Application, begin, code_of, code_request, refresh_request
from omicsdk.core.oauth.tokens import Endpoint, get

QUICK = Retry(attempts=3, base=0.0)


@pytest.fixture
def server():
    return AuthorizationServer()


@pytest.fixture
def application(server):
    return Application.of(server.application_secrets, "here")


def endpoint(handler):
    return Endpoint({}, transport=httpx.MockTransport(handler), retry=QUICK, clock=ManualClock(1000.0))


def test_a_code_becomes_tokens_once(server, application):
    login = begin(application, "http://127.0.0.1:4/", ["openid"])
    asked = code_request(application, login, code_of(server.consent(login.url), login.state))
    grant = endpoint(server).grant(asked)
    assert (grant.access_token, grant.expires_at, grant.id_token) == (server.access_tokens[0], 4600.0, "canary-id")
    with pytest.raises(
        AuthError, match=r"auth\.example\.org refused the login: invalid_grant: used up or revoked"
    ) as caught:
        endpoint(server).grant(asked)
    assert caught.value.remedy == "Log in again."
    assert "canary" not in str(caught.value)


def test_a_code_is_worth_nothing_to_another_user(server, application):
    login, other = (begin(application, "http://127.0.0.1:4/", ["openid"]) for _ in range(2))
    stolen = code_of(server.consent(login.url), login.state)
    with pytest.raises(AuthError, match="invalid_grant"):
        endpoint(server).grant(code_request(application, other, stolen))


def test_a_secret_that_is_wrong(server, application):
    server.client_secret = "changed"
    with pytest.raises(AuthError, match="refused the refresh: invalid_client"):
        endpoint(server).grant(refresh_request(application, "r"))


def test_trouble_of_the_server_is_no_refusal_and_nothing_is_sent_twice(server, application):
    server.refusal = (503, {"error": "temporarily_unavailable"})
    with pytest.raises(ServerError):
        endpoint(server).grant(refresh_request(application, "r"))
    assert len(server.asked) == 1


def test_what_never_arrived_is_sent_again(application):
    tries = []

    def flaky(request):
        tries.append(request)
        if len(tries) < 3:
            raise httpx.ConnectError("refused")
        return httpx.Response(200, json={"access_token": "a"})

    assert endpoint(flaky).grant(refresh_request(application, "r"), previous="r").refresh_token == "r"
    assert len(tries) == 3


def test_secrets_do_not_follow_a_redirect(application):
    asked = []

    def elsewhere(request):
        asked.append(request.url.host)
        return httpx.Response(307, headers={"location": "https://evil.example.org/"}, json={})

    with pytest.raises(AuthError, match="without an access token"):
        endpoint(elsewhere).grant(refresh_request(application, "r"))
    assert asked == ["auth.example.org"]


def test_tokens_may_come_with_the_status_of_a_redirect(application):
    # So the platform's document states it.
    found = endpoint(lambda request: httpx.Response(302, json={"access_token": "a"}))
    assert found.grant(refresh_request(application, "r")).access_token == "a"


def test_what_anybody_may_read(server):
    asked = get(f"{server.url}/internal/application_secrets", "application_secrets")
    assert "client_id" in endpoint(server).text(asked)
    server.tells_secrets = False
    with pytest.raises(NotFound):
        endpoint(server).text(asked)
