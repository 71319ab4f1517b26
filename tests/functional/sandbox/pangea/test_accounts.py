"""Accounts, where the recording states nothing: the sandbox's own, a changed address, and what a closed one leaves."""

import re

import httpx
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER


def test_the_sandbox_s_own_account_logs_in(anonymous: httpx.Client, sandbox: Sandbox) -> None:
    account = {"email": SANDBOX_PANGEA_USER, "password": sandbox.password}
    responses = [anonymous.post(path, json=account) for path in ("/auth/token/login", "/auth/token/login/")]
    tokens = {each.json()["auth_token"] for each in responses}
    assert len(tokens) == 1
    assert re.fullmatch("[0-9a-f]{40}", tokens.pop())


def test_a_changed_address_logs_in(owner: httpx.Client, anonymous: httpx.Client, sandbox: Sandbox) -> None:
    change = {"new_email": "moved@example.org", "current_password": sandbox.password}
    assert owner.post("/auth/users/set_email/", json=change).status_code == 204
    login = {"email": "moved@example.org", "password": sandbox.password}
    assert anonymous.post("/auth/token/login", json=login).status_code == 200


def test_a_closed_account_is_gone_and_what_it_made_stays(
    owner: httpx.Client, anonymous: httpx.Client, sandbox: Sandbox
) -> None:
    password = {"current_password": sandbox.password}
    assert owner.request("DELETE", "/auth/users/me/", json=password).status_code == 204
    assert anonymous.get("/users").json()["count"] == 0
    assert anonymous.get("/organizations").json()["count"] == 1
