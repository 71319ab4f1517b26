"""A clock that is wrong makes good credentials look bad; the error reports it instead of sending people to log in again."""

import base64
import json
from email.utils import formatdate

import httpx
import pytest
from omicsdk.core import AuthError, BearerToken, ManualClock, Request, Transport, Unauthorized
from omicsdk.core.credentials import jwt_claims, jwt_start, moment

BASE = "https://api.example.org"
NOW = 1_700_000_000.0


def token(**claims):
    middle = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"eyJ9.{middle}.sig"


def refusal(lead, credentials=True):
    """The error of a 401 from a service whose clock shows `lead` seconds less than ours."""

    def refuse(asked):
        return httpx.Response(
            401, headers={"date": formatdate(NOW - lead, usegmt=True)}, json={"title": "token expired"}
        )

    held = BearerToken("t") if credentials else None
    transport = Transport(BASE, credentials=held, transport=httpx.MockTransport(refuse), clock=ManualClock(NOW))
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
    asked = []
    held = BearerToken(token(**claims), refresh=lambda: asked.append(1) or "new", clock=ManualClock(NOW))
    sent = held.headers("GET", BASE)
    with pytest.raises(AuthError, match=f"is not valid before {moment(NOW + 7200)}, .* shows {moment(NOW)}") as caught:
        held.renew(sent)
    assert caught.value.remedy.startswith("Set the clock")
    assert asked == []


@pytest.mark.parametrize(
    "claims", [{}, {"nbf": NOW - 5}, {"iat": NOW + 30}, {"nbf": "soon"}, {"nbf": True}, {"nbf": 10**400}]
)
def test_any_other_token_that_was_refused_is_renewed(claims):
    held = BearerToken(token(**claims), refresh=lambda: "new", clock=ManualClock(NOW))
    assert held.renew(held.headers("GET", BASE))


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
