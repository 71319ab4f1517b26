"""Accounts: registering, logging in and out, passwords, and what people tell of themselves."""

import re

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from pangea_responses import NO_TOKEN, NOT_FOR_YOU, created, told

ACCOUNT = {"email": "new@example.org", "password": "Foobar22"}


def test_the_sandbox_s_own_account_logs_in(anonymous: httpx.Client, sandbox: Sandbox) -> None:
    account = {"email": SANDBOX_PANGEA_USER, "password": sandbox.password}
    responses = [anonymous.post(path, json=account) for path in ("/auth/token/login", "/auth/token/login/")]
    tokens = {each.json()["auth_token"] for each in responses}
    assert len(tokens) == 1
    assert re.fullmatch("[0-9a-f]{40}", tokens.pop())


def test_who_registers_can_log_in_and_out_again(anonymous: httpx.Client) -> None:
    created(anonymous.post("/auth/users/", json=ACCOUNT))
    token = anonymous.post("/auth/token/login", json=ACCOUNT).json()["auth_token"]
    headers = {"Authorization": f"Token {token}"}
    assert anonymous.get("/users/me", headers=headers).json()["email"] == "new@example.org"
    assert anonymous.post("/auth/token/logout", headers=headers).status_code == 204
    assert told(anonymous.get("/organizations", headers=headers)) == (403, {"detail": "Invalid token."})
    assert anonymous.post("/auth/token/login", json=ACCOUNT).json()["auth_token"] != token


@pytest.mark.parametrize(
    ("account", "complaints"),
    [
        ({}, {"email": ["This field is required."], "password": ["This field is required."]}),
        ({**ACCOUNT, "email": "new"}, {"email": ["Enter a valid email address."]}),
        ({**ACCOUNT, "email": SANDBOX_PANGEA_USER}, {"email": ["user with this email address already exists."]}),
        ({**ACCOUNT, "password": "82736451"}, {"password": ["This password is entirely numeric."]}),
        ({**ACCOUNT, "password": "iloveyou"}, {"password": ["This password is too common."]}),
        (
            {"email": "someone.special@example.org", "password": "Someone.Special"},
            {"password": ["The password is too similar to the email address."]},
        ),
        (
            {**ACCOUNT, "password": "Ab1"},
            {"password": ["This password is too short. It must contain at least 8 characters."]},
        ),
    ],
)
def test_an_account_that_is_refused_states_why(
    anonymous: httpx.Client, account: dict[str, str], complaints: dict[str, list[str]]
) -> None:
    assert told(anonymous.post("/auth/users/", json=account)) == (400, complaints)


def test_the_domain_of_an_address_has_no_case(anonymous: httpx.Client) -> None:
    created(anonymous.post("/auth/users/", json={**ACCOUNT, "email": "New@EXAMPLE.org"}))
    again = anonymous.post("/auth/users/", json={**ACCOUNT, "email": "New@Example.ORG"})
    assert told(again) == (400, ["Unable to create account."])
    login = {**ACCOUNT, "email": "New@example.org"}
    assert anonymous.post("/auth/token/login", json=login).status_code == 200
    assert anonymous.post("/auth/token/login", json={**login, "email": "new@example.org"}).status_code == 400


@pytest.mark.parametrize("account", [{}, {"email": "new@example.org"}, {**ACCOUNT, "password": "wrong"}, {"email": 5}])
def test_a_login_that_fails_does_not_say_why(anonymous: httpx.Client, account: dict[str, object]) -> None:
    created(anonymous.post("/auth/users/", json=ACCOUNT))
    refusal = {"non_field_errors": ["Unable to log in with provided credentials."]}
    assert told(anonymous.post("/auth/token/login", json=account)) == (400, refusal)


def test_blanks_around_a_password_do_not_count(anonymous: httpx.Client) -> None:
    created(anonymous.post("/auth/users/", json={**ACCOUNT, "password": " Foobar22 "}))
    for password in ("Foobar22", "Foobar22  "):
        assert anonymous.post("/auth/token/login", json={**ACCOUNT, "password": password}).status_code == 200
    blank = {"password": ["This field may not be blank."]}
    assert told(anonymous.post("/auth/token/login", json={**ACCOUNT, "password": " "})) == (400, blank)


def test_a_changed_password_leaves_the_token_good(anonymous: httpx.Client) -> None:
    created(anonymous.post("/auth/users/", json=ACCOUNT))
    headers = {"Authorization": f"Token {anonymous.post('/auth/token/login', json=ACCOUNT).json()['auth_token']}"}
    change = {"new_password": "Another99", "current_password": "Foobar22"}
    wrong = anonymous.post("/auth/users/set_password/", json={**change, "current_password": "x"}, headers=headers)
    assert told(wrong) == (400, {"current_password": ["Invalid password."]})
    assert anonymous.post("/auth/users/set_password/", json=change, headers=headers).status_code == 204
    assert anonymous.get("/users/me", headers=headers).status_code == 200
    assert anonymous.post("/auth/token/login", json=ACCOUNT).status_code == 400
    assert anonymous.post("/auth/token/login", json={**ACCOUNT, "password": "Another99"}).status_code == 200


def test_a_changed_address_logs_in(owner: httpx.Client, anonymous: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.pangea.people.add("other@example.org", "Foobar22")
    change = {"new_email": "moved@example.org", "current_password": sandbox.password}
    taken = owner.post("/auth/users/set_email/", json={**change, "new_email": "other@example.org"})
    assert told(taken) == (400, {"new_email": ["user with this email address already exists."]})
    assert owner.post("/auth/users/set_email/", json=change).status_code == 204
    login = {"email": "moved@example.org", "password": sandbox.password}
    assert anonymous.post("/auth/token/login", json=login).status_code == 200


def test_a_closed_account_is_gone_and_what_it_made_stays(
    owner: httpx.Client, anonymous: httpx.Client, sandbox: Sandbox
) -> None:
    assert told(owner.request("DELETE", "/auth/users/me/", json={"current_password": "x"})) == (
        400,
        {"current_password": ["Invalid password."]},
    )
    password = {"current_password": sandbox.password}
    assert owner.request("DELETE", "/auth/users/me/", json=password).status_code == 204
    assert owner.get("/organizations").status_code == 403
    assert anonymous.get("/users").json()["count"] == 0
    assert anonymous.get("/organizations").json()["count"] == 1


def test_one_s_own_account_is_the_only_one_that_exists(owner: httpx.Client, outsider: httpx.Client) -> None:
    mine = owner.get("/auth/users/me/").json()
    assert owner.get("/auth/users/").json()["results"] == [mine]
    assert owner.get(f"/auth/users/{mine['id']}/").json() == mine
    assert outsider.get(f"/auth/users/{mine['id']}/").status_code == 404
    assert outsider.get("/auth/users/nobody/").status_code == 404


def test_only_a_user_changes_their_own_profile(
    owner: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client
) -> None:
    me = owner.get("/users/me").json()
    path = f"/users/{me['uuid']}"
    changed = owner.patch(path, json={"name": "Ü", "url": "https://example.org", "email": "x@example.org"}).json()
    assert changed == {**me, "name": "Ü", "url": "https://example.org"}
    assert owner.put(path, json={"company": "c"}).json() == {**changed, "company": "c"}
    assert told(owner.patch(path, json={"url": "nope"})) == (400, {"url": ["Enter a valid URL."]})
    assert told(outsider.patch(path, json={"name": "x"})) == (403, NOT_FOR_YOU)
    assert told(anonymous.patch(path, json={"name": "x"})) == (403, NO_TOKEN)
    assert told(outsider.delete(path)) == (403, NOT_FOR_YOU)
    assert owner.delete(path).status_code == 204


def test_people_are_found_by_number_and_uuid(owner: httpx.Client, anonymous: httpx.Client) -> None:
    me = owner.get("/users/me").json()
    assert anonymous.get(f"/users/id/{me['id']}").json() == me
    assert anonymous.get(f"/users/{me['uuid']}").json() == me
    for number in ("0", "9" * 40, "x"):
        assert anonymous.get(f"/users/id/{number}").status_code == 404


@pytest.mark.parametrize(
    ("authorization", "response"),
    [
        ("Token", (403, {"detail": "Invalid token header. No credentials provided."})),
        ("Token a b", (403, {"detail": "Invalid token header. Token string should not contain spaces."})),
        (f"Token {'0' * 40}", (403, {"detail": "Invalid token."})),
        (f"Bearer {'0' * 40}", (403, NO_TOKEN)),
    ],
)
def test_a_token_that_is_not_good_is_refused_on_writes(
    anonymous: httpx.Client, authorization: str, response: tuple[int, object]
) -> None:
    headers = {"Authorization": authorization}
    assert told(anonymous.post("/organizations", json={"name": "x"}, headers=headers)) == response


def test_no_mail_is_sent_and_nothing_confirms_one(anonymous: httpx.Client) -> None:
    assert anonymous.post("/auth/users/reset_password/", json={"email": SANDBOX_PANGEA_USER}).status_code == 204
    confirmation = {"uid": "MQ", "token": "x", "new_password": "Another99"}
    refusal = {"uid": ["Invalid user id or user doesn't exist."]}
    assert told(anonymous.post("/auth/users/reset_password_confirm/", json=confirmation)) == (400, refusal)
    assert told(anonymous.post("/auth/users/activation/", json={"uid": "MQ", "token": "x"})) == (400, refusal)


def test_the_root_of_accounts_is_read_only(anonymous: httpx.Client, sandbox: Sandbox) -> None:
    assert anonymous.get("/auth/").json() == {"users": f"{sandbox.pangea_url}/api/auth/users/"}
    refused = anonymous.post("/auth/")
    assert told(refused) == (405, {"detail": 'Method "POST" not allowed.'})
