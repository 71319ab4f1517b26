"""Many at once: what may happen once happens once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx


def all_at_once(send, count: int = 8) -> Counter[int]:
    with ThreadPoolExecutor(count) as pool:
        return Counter(pool.map(send, range(count)))


def test_one_creates_and_the_others_are_reported(sandbox, policy):
    headers = {"Authorization": f"Bearer {sandbox.token()}"}

    def create(_number: int) -> int:
        body = {"role_id": "one", "policy": policy("dss:PutFile")}
        url = f"{sandbox.url}/auth/v1/role"
        return httpx.post(url, json=body, headers=headers, trust_env=False, verify=False).status_code

    assert all_at_once(create) == {201: 1, 409: 7}


def test_one_adds_and_nothing_changes_for_the_others(sandbox, admin):
    admin.post("/v1/user", json={"user_id": "ann"})
    headers = {"Authorization": f"Bearer {sandbox.token()}"}

    def add(_number: int) -> int:
        url = f"{sandbox.url}/auth/v1/user/ann/groups?action=add"
        body = {"groups": ["hca"]}
        return httpx.put(url, json=body, headers=headers, trust_env=False, verify=False).status_code

    assert all_at_once(add) == {200: 1, 304: 7}


def test_a_code_is_good_for_one(sandbox):
    sandbox.settings.turn({"auth.login_as": "ann@example.org"})
    options = {"trust_env": False, "verify": False}
    query = {"client_id": "omics-sandbox", "redirect_uri": "http://localhost/", "scope": "offline_access"}
    found = httpx.get(f"{sandbox.url}/auth/oauth/authorize", params=query, **options)
    code = httpx.URL(found.headers["location"]).params["code"]
    known = httpx.get(f"{sandbox.url}/internal/application_secrets", **options).json()["installed"]
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": "http://localhost/",
        "client_id": known["client_id"],
        "client_secret": known["client_secret"],
    }

    def exchange(_number: int) -> int:
        return httpx.post(f"{sandbox.url}/auth/oauth/token", data=form, **options).status_code

    assert all_at_once(exchange) == {200: 1, 400: 7}
