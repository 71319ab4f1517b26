"""A stored login is renewed once, by the first caller, and never without a refresh token."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from authorization_server import AuthorizationServer
from omicsdk.core import AuthError, TimedOut, Token, TokenFile
from omicsdk.core.oauth.credentials import RefreshingToken
from omicsdk.core.oauth.tokens import Grant
from omicsdk.core.token_file import StoredLogin
from stored_login import GET, HERE
from stored_login import stored as stored
from stored_login import tokens as tokens


class Renewals:
    """What makes new tokens, and what it was asked."""

    def __init__(self, clock, lifetime=3600.0):
        self.clock, self.lifetime, self.asked = clock, lifetime, []

    def __call__(self, refresh_token):
        self.asked.append(refresh_token)
        number = len(self.asked)
        return Grant(f"access-{number}", self.clock.now() + self.lifetime, f"refresh-{number}")


@pytest.fixture
def renewals(clock):
    return Renewals(clock)


@pytest.fixture
def credentials(tokens, clock, renewals):
    def make(login, **options):
        return RefreshingToken(tokens, HERE, login, renewals, clock=clock, **options)

    return make


def sent(held):
    return held.headers(*GET)["authorization"]


def test_a_token_that_lasts_is_sent_as_it_is(stored, credentials, renewals):
    held = credentials(stored())
    assert held.ready()
    assert sent(held) == "Bearer access-0"
    assert renewals.asked == []


def test_one_that_is_about_to_end_is_renewed_and_stored(stored, credentials, renewals, tokens, clock):
    held = credentials(stored(ends_in=30.0, id_token="who"))
    assert not held.ready()
    assert sent(held) == "Bearer access-1"
    assert sent(held) == "Bearer access-1"
    assert renewals.asked == ["refresh-0"]
    login = tokens.login(HERE)
    assert login.token == Token("access-1", clock.now() + 3600)
    assert (login.refresh_token, login.id_token) == ("refresh-1", "who")
    assert held.expires_at == clock.now() + 3600
    clock.advance(3590)
    assert sent(held) == "Bearer access-2"
    assert renewals.asked == ["refresh-0", "refresh-1"]


def test_one_that_was_refused_is_renewed(stored, credentials, renewals):
    held = credentials(stored())
    assert held.renew({"authorization": "Bearer access-0"})
    assert sent(held) == "Bearer access-1"
    assert held.renew({"authorization": "Bearer access-0"})
    assert renewals.asked == ["refresh-0"]


def test_what_another_process_renewed_is_taken(stored, credentials, renewals, tokens, clock):
    held = credentials(stored(ends_in=30.0))
    tokens.keep(HERE, StoredLogin(Token("of-another", clock.now() + 900), "refresh-9"))
    assert sent(held) == "Bearer of-another"
    assert renewals.asked == []


def test_what_another_process_renewed_long_ago_is_renewed_with_its_refresh_token(
    stored, credentials, renewals, tokens, clock
):
    held = credentials(stored(ends_in=30.0))
    tokens.keep(HERE, StoredLogin(Token("of-another", clock.now() + 1), "refresh-9"))
    assert sent(held) == "Bearer access-1"
    assert renewals.asked == ["refresh-9"]


def test_nothing_is_renewed_without_a_refresh_token(stored, credentials, renewals, clock):
    held = credentials(stored(refresh_token="", ends_in=30.0), remedy="Run: omics dss login")
    assert held.ready()
    assert sent(held) == "Bearer access-0"
    assert not held.renew({"authorization": "Bearer access-0"})
    clock.advance(3600)
    with pytest.raises(AuthError, match="expired on") as caught:
        sent(held)
    assert caught.value.remedy == "Run: omics dss login"
    assert renewals.asked == []


def test_a_login_that_was_forgotten_meanwhile_is_not_renewed(stored, credentials, renewals, tokens):
    held = credentials(stored(ends_in=0.0), remedy="Run: omics dss login")
    tokens.delete(HERE)
    with pytest.raises(AuthError, match="deleted") as caught:
        sent(held)
    assert caught.value.remedy == "Run: omics dss login"
    assert renewals.asked == []


def test_nothing_is_renewed_where_the_file_cannot_be_read(stored, credentials, renewals, tokens):
    held = credentials(stored(ends_in=0.0))
    tokens.path.write_text("{")
    with pytest.raises(AuthError, match="is not JSON"):
        sent(held)
    assert renewals.asked == []


def test_a_refused_renewal_states_to_log_in_again_and_keeps_no_secret(stored, tokens, clock):
    def refused(refresh_token):
        raise AuthError("auth.example.org refused the refresh: invalid_grant", remedy="?")

    held = RefreshingToken(tokens, HERE, stored(ends_in=0.0), refused, remedy="Run: omics dss login", clock=clock)
    with pytest.raises(AuthError, match="invalid_grant") as caught:
        sent(held)
    assert str(caught.value).endswith("Run: omics dss login")
    assert "refresh-0" not in repr(caught.value)


def test_a_renewal_that_got_no_response_states_the_networks_remedy(stored, tokens, clock):
    def lost(refresh_token):
        raise TimedOut("no response", remedy="Try again later.")

    held = RefreshingToken(tokens, HERE, stored(ends_in=0.0), lost, clock=clock)
    with pytest.raises(AuthError, match="could not be renewed: no response") as caught:
        sent(held)
    assert caught.value.remedy == "Try again later."
    assert tokens.login(HERE).refresh_token == "refresh-0"


def test_a_login_that_serves_two_services_stays_one(tokens, clock, renewals):
    auth = "https://auth.example.org"
    tokens.keep(HERE, StoredLogin(Token("access-0", clock.now()), "refresh-0", origins=(auth,)))
    held = RefreshingToken(tokens, auth, tokens.login(auth), renewals, clock=clock)
    assert held.goes_to(auth)
    assert held.goes_to(HERE)
    assert not held.goes_to("https://elsewhere.example.org")
    assert held.headers("GET", auth)["authorization"] == "Bearer access-1"
    assert tokens.get(HERE).value == tokens.get(auth).value == "access-1"
    assert json.loads(tokens.path.read_text()).keys() == {"https://dss.example.org:443"}


def test_a_renewed_login_that_cannot_be_stored_is_used_anyway(
    stored, credentials, renewals, tokens, clock, monkeypatch, caplog
):
    from omicsdk.core import ConfigError, token_file

    def full(path, text):
        raise ConfigError("no room")

    held = credentials(stored())
    with monkeypatch.context() as patches:
        patches.setattr(token_file, "write_private", full)
        assert held.renew({"authorization": "Bearer access-0"})  # which was refused
        assert sent(held) == "Bearer access-1"
        assert "no room" in caplog.text
        assert "refresh-" not in caplog.text
        assert held.renew({"authorization": "Bearer access-1"})
        assert sent(held) == "Bearer access-2"
    clock.advance(3600)
    assert sent(held) == "Bearer access-3"
    assert renewals.asked == ["refresh-0", "refresh-1", "refresh-2"]  # each is valid once
    assert tokens.login(HERE).refresh_token == "refresh-3"


def test_a_login_that_another_process_stored_goes_before_one_that_could_not_be_stored(
    stored, credentials, renewals, tokens, clock, monkeypatch
):
    from omicsdk.core import ConfigError, token_file

    def full(path, text):
        raise ConfigError("no room")

    held = credentials(stored(ends_in=0.0))
    with monkeypatch.context() as patches:
        patches.setattr(token_file, "write_private", full)
        assert sent(held) == "Bearer access-1"
    tokens.keep(HERE, StoredLogin(Token("of-another", clock.now() + 900), "refresh-9"))
    clock.advance(3600)
    assert sent(held) == "Bearer access-2"
    assert renewals.asked == ["refresh-0", "refresh-9"]


def test_threads_share_one_renewal_though_each_has_its_own_credentials(stored, tokens, clock):
    login = stored(ends_in=0.0)
    renewals = Renewals(clock)
    together = threading.Barrier(8)

    def ask(_):
        held = RefreshingToken(TokenFile(tokens.path), HERE, login, renewals, clock=clock)
        together.wait(20)
        return sent(held)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {"Bearer access-1"}
    assert renewals.asked == ["refresh-0"]


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

    held = RefreshingToken(tokens, HERE, tokens.login(HERE), renewal, clock=clock)
    assert sent(held) == f"Bearer {server.access_tokens[0]}"
    server.refresh_tokens.clear()
    clock.advance(4000)
    with pytest.raises(AuthError, match="refused the refresh: invalid_grant: used up or revoked") as caught:
        sent(held)
    assert "canary" not in str(caught.value)
    assert len(server.asked) == 2
