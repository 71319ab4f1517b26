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
