"""Logins from an authorization server: its requests and responses, refusals, redirects and proxies; a stored login is renewed once, by the
first caller, and never without a refresh token; a wrong clock is reported."""

import base64
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import httpx
import pytest
from authorization_server import AuthorizationServer
from omicsdk.core import (
    AuthError,
    BearerToken,
    ManualClock,
    NotFound,
    Request,
    Retry,
    ServerError,
    TimedOut,
    Token,
    TokenFile,
    Transport,
    Unauthorized,
)
from omicsdk.core.credentials import jwt_claims, jwt_start, moment
from omicsdk.core.oauth.credentials import RefreshingToken
from omicsdk.core.oauth.grants import Application, begin, code_of, code_request, refresh_request
from omicsdk.core.oauth.tokens import Endpoint, Grant, get
from omicsdk.core.token_file import StoredLogin
from stored_login import GET, HERE
from stored_login import stored as stored
from stored_login import tokens as tokens

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
    request = code_request(application, login, code_of(server.consent(login.url), login.state))
    grant = endpoint(server).grant(request)
    assert (grant.access_token, grant.expires_at, grant.id_token) == (server.access_tokens[0], 4600.0, "canary-id")
    with pytest.raises(
        AuthError, match=r"auth\.example\.org refused the login: invalid_grant: used up or revoked"
    ) as caught:
        endpoint(server).grant(request)
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
    assert len(server.requests) == 1


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
    hosts = []

    def elsewhere(request):
        hosts.append(request.url.host)
        return httpx.Response(307, headers={"location": "https://evil.example.org/"}, json={})

    with pytest.raises(AuthError, match="without an access token"):
        endpoint(elsewhere).grant(refresh_request(application, "r"))
    assert hosts == ["auth.example.org"]


def test_tokens_may_come_with_the_status_of_a_redirect(application):
    # So the platform's document states it.
    redirecting = endpoint(lambda request: httpx.Response(302, json={"access_token": "a"}))
    assert redirecting.grant(refresh_request(application, "r")).access_token == "a"


def test_what_anybody_may_read(server):
    request = get(f"{server.url}/internal/application_secrets", "application_secrets")
    assert "client_id" in endpoint(server).text(request)
    server.tells_secrets = False
    with pytest.raises(NotFound):
        endpoint(server).text(request)


class Renewals:
    """What makes new tokens, and the refresh tokens that it was called with."""

    def __init__(self, clock, lifetime=3600.0):
        self.clock, self.lifetime, self.refresh_tokens = clock, lifetime, []

    def __call__(self, refresh_token):
        self.refresh_tokens.append(refresh_token)
        number = len(self.refresh_tokens)
        return Grant(f"access-{number}", self.clock.now() + self.lifetime, f"refresh-{number}")


@pytest.fixture
def renewals(clock):
    return Renewals(clock)


@pytest.fixture
def credentials(tokens, clock, renewals):
    def make(login, **options):
        return RefreshingToken(tokens, HERE, login, renewals, clock=clock, **options)

    return make


def sent(refreshing_token):
    return refreshing_token.headers(*GET)["authorization"]


def test_a_token_that_lasts_is_sent_as_it_is(stored, credentials, renewals):
    refreshing_token = credentials(stored())
    assert refreshing_token.ready()
    assert sent(refreshing_token) == "Bearer access-0"
    assert renewals.refresh_tokens == []


def test_one_that_is_about_to_end_is_renewed_and_stored(stored, credentials, renewals, tokens, clock):
    refreshing_token = credentials(stored(ends_in=30.0, id_token="who"))
    assert not refreshing_token.ready()
    assert sent(refreshing_token) == "Bearer access-1"
    assert sent(refreshing_token) == "Bearer access-1"
    assert renewals.refresh_tokens == ["refresh-0"]
    login = tokens.login(HERE)
    assert login.token == Token("access-1", clock.now() + 3600)
    assert (login.refresh_token, login.id_token) == ("refresh-1", "who")
    assert refreshing_token.expires_at == clock.now() + 3600
    clock.advance(3590)
    assert sent(refreshing_token) == "Bearer access-2"
    assert renewals.refresh_tokens == ["refresh-0", "refresh-1"]


def test_one_that_was_refused_is_renewed(stored, credentials, renewals):
    refreshing_token = credentials(stored())
    assert refreshing_token.renew({"authorization": "Bearer access-0"})
    assert sent(refreshing_token) == "Bearer access-1"
    assert refreshing_token.renew({"authorization": "Bearer access-0"})
    assert renewals.refresh_tokens == ["refresh-0"]


def test_what_another_process_renewed_is_taken(stored, credentials, renewals, tokens, clock):
    refreshing_token = credentials(stored(ends_in=30.0))
    tokens.keep(HERE, StoredLogin(Token("of-another", clock.now() + 900), "refresh-9"))
    assert sent(refreshing_token) == "Bearer of-another"
    assert renewals.refresh_tokens == []


def test_what_another_process_renewed_long_ago_is_renewed_with_its_refresh_token(
    stored, credentials, renewals, tokens, clock
):
    refreshing_token = credentials(stored(ends_in=30.0))
    tokens.keep(HERE, StoredLogin(Token("of-another", clock.now() + 1), "refresh-9"))
    assert sent(refreshing_token) == "Bearer access-1"
    assert renewals.refresh_tokens == ["refresh-9"]


def test_nothing_is_renewed_without_a_refresh_token(stored, credentials, renewals, clock):
    refreshing_token = credentials(stored(refresh_token="", ends_in=30.0), remedy="Run: omics dss login")
    assert refreshing_token.ready()
    assert sent(refreshing_token) == "Bearer access-0"
    assert not refreshing_token.renew({"authorization": "Bearer access-0"})
    clock.advance(3600)
    with pytest.raises(AuthError, match="expired on") as caught:
        sent(refreshing_token)
    assert caught.value.remedy == "Run: omics dss login"
    assert renewals.refresh_tokens == []


def test_a_login_that_was_forgotten_meanwhile_is_not_renewed(stored, credentials, renewals, tokens):
    refreshing_token = credentials(stored(ends_in=0.0), remedy="Run: omics dss login")
    tokens.delete(HERE)
    with pytest.raises(AuthError, match="deleted") as caught:
        sent(refreshing_token)
    assert caught.value.remedy == "Run: omics dss login"
    assert renewals.refresh_tokens == []


def test_nothing_is_renewed_where_the_file_cannot_be_read(stored, credentials, renewals, tokens):
    refreshing_token = credentials(stored(ends_in=0.0))
    tokens.path.write_text("{")
    with pytest.raises(AuthError, match="is not JSON"):
        sent(refreshing_token)
    assert renewals.refresh_tokens == []


def test_a_refused_renewal_states_to_log_in_again_and_keeps_no_secret(stored, tokens, clock):
    def refused(refresh_token):
        raise AuthError("auth.example.org refused the refresh: invalid_grant", remedy="?")

    refreshing_token = RefreshingToken(
        tokens, HERE, stored(ends_in=0.0), refused, remedy="Run: omics dss login", clock=clock
    )
    with pytest.raises(AuthError, match="invalid_grant") as caught:
        sent(refreshing_token)
    assert str(caught.value).endswith("Run: omics dss login")
    assert "refresh-0" not in repr(caught.value)


def test_a_renewal_that_got_no_response_states_the_networks_remedy(stored, tokens, clock):
    def lost(refresh_token):
        raise TimedOut("no response", remedy="Try again later.")

    refreshing_token = RefreshingToken(tokens, HERE, stored(ends_in=0.0), lost, clock=clock)
    with pytest.raises(AuthError, match="could not be renewed: no response") as caught:
        sent(refreshing_token)
    assert caught.value.remedy == "Try again later."
    assert tokens.login(HERE).refresh_token == "refresh-0"


def test_a_login_that_serves_two_services_stays_one(tokens, clock, renewals):
    auth = "https://auth.example.org"
    tokens.keep(HERE, StoredLogin(Token("access-0", clock.now()), "refresh-0", origins=(auth,)))
    refreshing_token = RefreshingToken(tokens, auth, tokens.login(auth), renewals, clock=clock)
    assert refreshing_token.goes_to(auth)
    assert refreshing_token.goes_to(HERE)
    assert not refreshing_token.goes_to("https://elsewhere.example.org")
    assert refreshing_token.headers("GET", auth)["authorization"] == "Bearer access-1"
    assert tokens.get(HERE).value == tokens.get(auth).value == "access-1"
    assert json.loads(tokens.path.read_text()).keys() == {"https://dss.example.org:443"}


def test_a_renewed_login_that_cannot_be_stored_is_used_anyway(
    stored, credentials, renewals, tokens, clock, monkeypatch, caplog
):
    from omicsdk.core import ConfigError, token_file

    def full(path, text):
        raise ConfigError("no room")

    refreshing_token = credentials(stored())
    with monkeypatch.context() as patches:
        patches.setattr(token_file, "write_private", full)
        assert refreshing_token.renew({"authorization": "Bearer access-0"})  # which was refused
        assert sent(refreshing_token) == "Bearer access-1"
        assert "no room" in caplog.text
        assert "refresh-" not in caplog.text
        assert refreshing_token.renew({"authorization": "Bearer access-1"})
        assert sent(refreshing_token) == "Bearer access-2"
    clock.advance(3600)
    assert sent(refreshing_token) == "Bearer access-3"
    assert renewals.refresh_tokens == ["refresh-0", "refresh-1", "refresh-2"]  # each is valid once
    assert tokens.login(HERE).refresh_token == "refresh-3"


def test_a_login_that_another_process_stored_goes_before_one_that_could_not_be_stored(
    stored, credentials, renewals, tokens, clock, monkeypatch
):
    from omicsdk.core import ConfigError, token_file

    def full(path, text):
        raise ConfigError("no room")

    refreshing_token = credentials(stored(ends_in=0.0))
    with monkeypatch.context() as patches:
        patches.setattr(token_file, "write_private", full)
        assert sent(refreshing_token) == "Bearer access-1"
    tokens.keep(HERE, StoredLogin(Token("of-another", clock.now() + 900), "refresh-9"))
    clock.advance(3600)
    assert sent(refreshing_token) == "Bearer access-2"
    assert renewals.refresh_tokens == ["refresh-0", "refresh-9"]


def test_threads_share_one_renewal_though_each_has_its_own_credentials(stored, tokens, clock):
    login = stored(ends_in=0.0)
    renewals = Renewals(clock)
    together = threading.Barrier(8)

    def ask(_):
        refreshing_token = RefreshingToken(TokenFile(tokens.path), HERE, login, renewals, clock=clock)
        together.wait(20)
        return sent(refreshing_token)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {"Bearer access-1"}
    assert renewals.refresh_tokens == ["refresh-0"]


def test_over_the_wire_a_refresh_token_is_used_once(tokens, clock):
    import httpx
    from omicsdk.core.oauth.grants import Application, refresh_request
    from omicsdk.core.oauth.tokens import Endpoint

    server = AuthorizationServer()
    server.refresh_tokens.add("first")
    endpoint = Endpoint({}, transport=httpx.MockTransport(server), clock=clock)
    application = Application.of(server.application_secrets, "here")
    tokens.keep(HERE, StoredLogin(Token("old", 0.0), "first"))

    def renewal(refresh_token):
        return endpoint.grant(refresh_request(application, refresh_token), previous=refresh_token)

    refreshing_token = RefreshingToken(tokens, HERE, tokens.login(HERE), renewal, clock=clock)
    assert sent(refreshing_token) == f"Bearer {server.access_tokens[0]}"
    server.refresh_tokens.clear()
    clock.advance(4000)
    with pytest.raises(AuthError, match="refused the refresh: invalid_grant: used up or revoked") as caught:
        sent(refreshing_token)
    assert "canary" not in str(caught.value)
    assert len(server.requests) == 2


BASE = "https://api.example.org"
NOW = 1_700_000_000.0


def token(**claims):
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"eyJ9.{middle}.sig"


def refusal(lead, credentials=True):
    """The error of a 401 from a service whose clock shows `lead` seconds less than ours."""

    def refuse(_request):
        return httpx.Response(
            401, headers={"date": formatdate(NOW - lead, usegmt=True)}, json={"title": "token expired"}
        )

    bearer = BearerToken("t") if credentials else None
    transport = Transport(BASE, credentials=bearer, transport=httpx.MockTransport(refuse), clock=ManualClock(NOW))
    with pytest.raises(Unauthorized, match="token expired") as caught:
        transport.send(Request("GET", "/x", (), None, True, True, "get_x"))
    return caught.value.remedy


def test_a_clock_that_is_far_off_is_named():
    assert refusal(3600) == "This machine's clock is 60 minutes ahead of the service's: set it, then try again."
    assert "is 10 minutes behind the service's" in refusal(-600)
    assert "is 2 days behind the service's" in refusal(-172_800)


@pytest.mark.parametrize("lead", [0, 299, -299])
def test_a_clock_that_is_right_is_not_blamed(lead):
    assert refusal(lead) == Unauthorized.default_remedy


def test_clocks_are_not_mentioned_without_credentials():
    assert refusal(3600, credentials=False) == Unauthorized.default_remedy


@pytest.mark.parametrize("claims", [{"nbf": NOW + 7200}, {"iat": NOW + 7200}, {"nbf": NOW + 7200, "iat": NOW}])
def test_a_token_of_the_future_that_was_refused_is_not_renewed(claims):
    refreshes = []
    bearer = BearerToken(token(**claims), refresh=lambda: refreshes.append(1) or "new", clock=ManualClock(NOW))
    sent = bearer.headers("GET", BASE)
    with pytest.raises(AuthError, match=f"is not valid before {moment(NOW + 7200)}, .* shows {moment(NOW)}") as caught:
        bearer.renew(sent)
    assert caught.value.remedy.startswith("Set the clock")
    assert refreshes == []


@pytest.mark.parametrize(
    "claims", [{}, {"nbf": NOW - 5}, {"iat": NOW + 30}, {"nbf": "soon"}, {"nbf": True}, {"nbf": 10**400}]
)
def test_any_other_token_that_was_refused_is_renewed(claims):
    bearer = BearerToken(token(**claims), refresh=lambda: "new", clock=ManualClock(NOW))
    assert bearer.renew(bearer.headers("GET", BASE))


def test_what_a_token_states():
    assert jwt_start(token(nbf=5, iat=9)) == 5
    assert jwt_start(token(iat=9)) == 9
    assert jwt_start("opaque") is None
    assert jwt_claims("a.b.c") == {}
    assert jwt_claims("~/.gen3/credentials.json") == {}  # without a warning of Python 3.15
    assert jwt_claims(token(sub="me")) == {"sub": "me"}


def test_a_moment_beyond_the_calendar_is_reported_in_seconds():
    assert moment(0) == "1970-01-01 00:00 UTC"
    assert moment(1e18) == "1000000000000000000 s since 1970"
