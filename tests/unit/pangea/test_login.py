"""A login of Pangea: its token, renewed once for each that was refused, and its password."""

import json

import httpx
import pytest
from omicsdk.core import ANONYMOUS, AuthError, ConfigError, DecodeError
from omicsdk.pangea import Pangea, PasswordLogin
from omicsdk.pangea.login import login_in, token_of

URL = "https://pangea.example.org"


@pytest.mark.parametrize("body", [None, {"auth_token": None}])
def test_a_login_without_a_token_is_an_error(body: object) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=body))
    login = PasswordLogin("me@example.org", "canary")
    with Pangea(URL, credentials=login, transport=transport) as client, pytest.raises(DecodeError, match="login"):
        client.list_organizations()


def test_a_login_has_a_token_and_a_password_that_changes() -> None:
    logins: list[object] = []
    passwords: list[object] = []
    sent: list[str | None] = []

    def response(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/login/"):
            logins.append(json.loads(request.content))
            return httpx.Response(200, json={"auth_token": f"t{len(logins)}"})
        sent.append(request.headers.get("authorization"))
        if request.method == "GET":
            return httpx.Response(200, json={"count": 0, "next": None, "previous": None, "results": []})
        passwords.append(json.loads(request.content))
        return httpx.Response(204)

    login = PasswordLogin("me@example.org", "canary-old")
    with Pangea(URL, credentials=login, transport=httpx.MockTransport(response)) as client:
        client.resend_activation(email="me@example.org")
        assert not logins  # it needs none
        client.list_organizations()
        assert token_of(client) == "t1"
        refused = login.headers("GET", URL)
        for _ in range(2):  # the second time, another thread has logged in since
            assert login.renew(refused) is True
            assert token_of(client) == "t2"
        assert client.change_password("canary-new") == "me@example.org"
        assert passwords[1:] == [{"new_password": "canary-new", "current_password": "canary-old"}]
    assert sent == [None, "Token t1", "Token t2"]
    assert logins == [{"email": "me@example.org", "password": "canary-old"}] * 2


def test_a_password_is_not_repeated_where_the_server_redirects() -> None:
    hosts: list[str] = []

    def elsewhere(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(308, headers={"location": "https://elsewhere.example.org/"})

    login = PasswordLogin("me@example.org", "canary")
    transport = httpx.MockTransport(elsewhere)
    with Pangea(URL, credentials=login, transport=transport) as client, pytest.raises(DecodeError, match="login: "):
        client.list_organizations()
    assert hosts == ["pangea.example.org"]


def test_new_passwords_are_not_repeated_where_the_server_redirects() -> None:
    hosts: list[str] = []

    def elsewhere(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        if request.url.path.endswith("/login/"):
            return httpx.Response(200, json={"auth_token": "t"})
        return httpx.Response(307, headers={"location": "https://elsewhere.example.org/"})

    login = PasswordLogin("me@example.org", "canary-old")
    transport = httpx.MockTransport(elsewhere)
    with Pangea(URL, credentials=login, transport=transport) as client:
        for _ in range(2):  # the old one is kept
            with pytest.raises(DecodeError, match="set_password: the response is 307"):
                client.change_password("canary-new")
    assert set(hosts) == {"pangea.example.org"}


def test_a_token_is_that_of_the_credentials() -> None:
    with Pangea(URL, credentials="0" * 40) as client:
        assert token_of(client) == "0" * 40
    with Pangea(URL, credentials=ANONYMOUS) as client, pytest.raises(AuthError, match="has no credentials"):
        token_of(client)


def test_half_a_login_states_what_is_missing() -> None:
    for email, password, missing in (("", "p", "e-mail address"), ("me@example.org", "", "password")):
        with pytest.raises(ConfigError, match=rf"A Pangea login has no {missing}\."):
            PasswordLogin(email, password)
    with pytest.raises(AuthError, match=r"^Missing e-mail address for the password\."):
        login_in({"PANGEA_PASS": "p"})
