"""Many clients at once: what is promised once is given once, and no client sees half of a change."""

import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from conformity import NO_TLS
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER

R = TypeVar("R")
AT_ONCE = 8
MANY = 24
V1 = "2026-01-02T030405.060708Z"


def together(task: Callable[[int], R], count: int = MANY) -> list[R]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(task, range(count)))


def statuses(task: Callable[[int], httpx.Response]) -> Counter[int]:
    return Counter(response.status_code for response in together(task))


@pytest.fixture
def web(sandbox: Sandbox) -> Any:
    """A client of all services, of who may do everything at two of them; its responses are held to nothing."""
    with httpx.Client(base_url=sandbox.url, trust_env=False, verify=NO_TLS) as client:
        yield client


@pytest.fixture
def bundle(sandbox: Sandbox, folder: Path) -> Any:
    """A bundle of the Data Store."""
    return sandbox.seed(folder)


def test_one_of_many_makes_a_bundle(user: httpx.Client, bundle: Any) -> None:
    files = [{name: file[name] for name in ("name", "uuid", "version", "indexed")} for file in bundle["files"]]
    url, params = f"/bundles/{uuid.uuid4()}", {"version": V1, "replica": "aws"}
    made = statuses(lambda _: user.put(url, params=params, json={"files": files, "creator_uid": 0}))
    assert made == {201: 1, 200: MANY - 1}


def test_patches_at_once_make_separate_versions(sandbox: Sandbox, user: httpx.Client, bundle: Any) -> None:
    sandbox.clock.freeze()
    url, params = f"/bundles/{bundle['bundle_uuid']}", {"version": bundle["version"], "replica": "aws"}
    assert len({*together(lambda _: user.patch(url, params=params, json={}).json()["version"])}) == MANY


def test_a_file_registered_many_times_at_once(user: httpx.Client, stage: Any) -> None:
    body, url = {"source_url": stage(b"data"), "creator_uid": 0}, f"/files/{uuid.uuid4()}"
    made = statuses(lambda _: user.put(url, params={"version": V1}, json=body))
    assert made == {201: 1, 200: MANY - 1}


def test_no_user_gets_more_subscriptions_than_allowed(user: httpx.Client) -> None:
    def put(_: int) -> int:
        body = {"callback_url": "https://example.org"}
        return user.put("/subscriptions", params={"replica": "aws"}, json=body).status_code

    assert Counter(together(put, 120)) == {201: 100, 406: 20}


@pytest.fixture
def auth(sandbox: Sandbox, web: httpx.Client) -> httpx.Client:
    """A client of who administers Fusillade."""
    web.headers["Authorization"] = f"Bearer {sandbox.token()}"
    return web


def test_one_creates_a_role_and_adds_a_group_and_nothing_changes_for_the_others(auth: httpx.Client) -> None:
    statement = {"Effect": "Allow", "Action": ["dss:PutFile"], "Resource": ["arn:hca:dss:*:*:*"]}
    role = {"role_id": "one", "policy": {"Version": "2012-10-17", "Statement": [statement]}}
    assert statuses(lambda _: auth.post("/auth/v1/role", json=role)) == {201: 1, 409: MANY - 1}
    auth.post("/auth/v1/user", json={"user_id": "ann"})
    groups = {"groups": ["hca"]}
    added = statuses(lambda _: auth.put("/auth/v1/user/ann/groups?action=add", json=groups))
    assert added == {200: 1, 304: MANY - 1}


def test_a_code_is_good_for_one(sandbox: Sandbox, web: httpx.Client) -> None:
    sandbox.settings.turn({"auth.login_as": "ann@example.org"})
    back = {"redirect_uri": "http://localhost/"}
    query = {"client_id": "omics-sandbox", "scope": "offline_access", **back}
    location = web.get("/auth/oauth/authorize", params=query).headers["location"]
    client = web.get("/internal/application_secrets").json()["installed"]
    form = {"grant_type": "authorization_code", "code": httpx.URL(location).params["code"], **back}
    form |= {name: client[name] for name in ("client_id", "client_secret")}
    assert statuses(lambda _: web.post("/auth/oauth/token", data=form)) == {200: 1, 400: MANY - 1}


@pytest.fixture
def site(sandbox: Sandbox, web: httpx.Client) -> httpx.Client:
    """A client of who may do everything at an empty site of django-crunch."""
    sandbox.crunch.empty()
    web.headers["Authorization"] = f"Token {sandbox.crunch_token}"
    web.base_url = httpx.URL(f"{sandbox.crunch_url}/api")
    return web


def test_one_of_many_gets_the_name_of_a_project(site: httpx.Client) -> None:
    assert statuses(lambda _: site.post("/projects/", data={"name": "wanted"})) == {201: 1, 400: MANY - 1}


def test_names_that_give_the_same_slug_all_get_one(site: httpx.Client) -> None:
    made = together(lambda number: site.post("/projects/", data={"name": f"same{' ' * (number + 1)}name"}))
    assert {response.json()["slug"] for response in made} == {
        "same-name",
        *(f"same-name-{n}" for n in range(2, MANY + 1)),
    }


def test_no_status_is_lost(sandbox: Sandbox, site: httpx.Client) -> None:
    site.post("/projects/", data={"name": "p"})
    dataset = site.post("/datasets/", data={"parent": "p", "name": "d"}).json()["id"]
    status = {"dataset": dataset, "stage": "1", "state": "1"}
    assert sorted(together(lambda _: site.post("/statuses/", data=status).json()["id"])) == list(range(1, MANY + 1))
    assert sandbox.crunch.statuses.table.count() == MANY


def test_moves_into_each_other_leave_a_tree(site: httpx.Client) -> None:
    site.post("/projects/", data={"name": "p"})
    for name in ("a", "b"):
        site.post("/items/", data={"parent": "p", "name": name})
    moves = [("p:a", "p:b"), ("p:b", "p:a")]
    moved = together(lambda at: site.patch(f"/items/{moves[at][0]}/", data={"parent": moves[at][1]}), 2)
    assert sorted(response.status_code for response in moved) == [200, 400]


@pytest.fixture
def owner(sandbox: Sandbox, web: httpx.Client) -> httpx.Client:
    """A client of the owner of the sandbox's Pangea."""
    person = sandbox.pangea.people.by_email(SANDBOX_PANGEA_USER)
    assert person is not None
    web.headers["Authorization"] = f"Token {sandbox.pangea.people.token(person)}"
    web.base_url = httpx.URL(f"{sandbox.pangea_url}/api")
    return web


@pytest.fixture
def library(owner: httpx.Client) -> Any:
    """The library that exists from the start."""
    return owner.get("/sample_groups", params={"name": "Sandbox Library"}).json()["results"][0]


ONE_OF_ALL = {201: 1, 400: MANY - 1}


def test_one_of_many_gets_a_sample_s_name(owner: httpx.Client, library: Any) -> None:
    sample = {"name": "wanted", "library": library["uuid"]}
    assert statuses(lambda _: owner.post("/samples", json=sample)) == ONE_OF_ALL
    assert owner.get(f"/sample_groups/{library['uuid']}/samples").json()["count"] == 1


def test_one_of_many_gets_an_address_and_many_logins_one_token(owner: httpx.Client) -> None:
    account = {"email": "wanted@example.org", "password": "a password of 2026"}
    assert statuses(lambda _: owner.post("/auth/users/", json=account)) == ONE_OF_ALL
    assert len({*together(lambda _: owner.post("/auth/token/login", json=account).json()["auth_token"])}) == 1


def test_of_many_at_once_those_before_one_that_exists_are_made(owner: httpx.Client, library: Any) -> None:
    def ask(number: int) -> httpx.Response:
        names = [*(f"own {number} {index}" for index in range(20)), "wanted"]
        return owner.post("/bulk_samples", json={"names": names, "library": library["uuid"]})

    assert statuses(ask) == ONE_OF_ALL
    assert owner.get(f"/sample_groups/{library['uuid']}/samples").json()["count"] == 20 * MANY + 1


def test_a_list_is_whole_while_its_groups_go(owner: httpx.Client, library: Any) -> None:
    common = {"organization": library["organization"], "is_library": True}
    groups = [owner.post("/sample_groups", json={"name": f"g{n}", **common}).json()["uuid"] for n in range(MANY)]
    for group in groups:
        owner.post("/samples", json={"name": "s", "library": group})

    def ask(number: int) -> httpx.Response:
        return owner.get("/samples") if number % 2 else owner.delete(f"/sample_groups/{groups[number]}")

    assert statuses(ask).keys() == {200, 204}


def test_a_bucket_that_goes_while_others_write_it_is_gone_for_them(owner: httpx.Client, library: Any) -> None:
    key = f"/s3_api_keys/{library['bucket']}"

    def ask(number: int) -> httpx.Response:
        return owner.patch(key, json={"name": f"b{number}"}) if number % 2 else owner.delete(key)

    assert statuses(ask).keys() <= {200, 204, 404}
    assert owner.get("/s3_buckets").json()["count"] == 0
