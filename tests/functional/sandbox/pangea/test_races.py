"""Many clients at once: each name is assigned once, and no client sees half of a change."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
from conformity import NO_TLS
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from pangea_responses import Thing

AT_ONCE = 8
TIMES = 24


def together(sandbox: Sandbox, ask: Callable[[httpx.Client, int], httpx.Response]) -> list[httpx.Response]:
    person = sandbox.pangea.people.by_email(SANDBOX_PANGEA_USER)
    assert person is not None
    headers = {"Authorization": f"Token {sandbox.pangea.people.token(person)}"}
    with (
        httpx.Client(base_url=f"{sandbox.pangea_url}/api", headers=headers, trust_env=False, verify=NO_TLS) as client,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        return list(pool.map(lambda number: ask(client, number), range(TIMES)))


def one_of_all(responses: list[httpx.Response]) -> bool:
    return Counter(each.status_code for each in responses) == {201: 1, 400: TIMES - 1}


def test_one_of_many_gets_a_sample_s_name(sandbox: Sandbox, owner: httpx.Client, library: Thing) -> None:
    sample = {"name": "wanted", "library": library["uuid"]}
    assert one_of_all(together(sandbox, lambda client, _: client.post("/samples", json=sample)))
    assert owner.get(f"/sample_groups/{library['uuid']}/samples").json()["count"] == 1


def test_one_of_many_gets_an_address(sandbox: Sandbox) -> None:
    account = {"email": "wanted@example.org", "password": "a password of 2026"}
    assert one_of_all(together(sandbox, lambda client, _: client.post("/auth/users/", json=account)))


def test_many_logins_give_one_token(sandbox: Sandbox) -> None:
    sandbox.pangea.people.add("many@example.org", "a password of 2026")
    account = {"email": "many@example.org", "password": "a password of 2026"}
    responses = together(sandbox, lambda client, _: client.post("/auth/token/login", json=account))
    assert len({each.json()["auth_token"] for each in responses}) == 1


def test_of_many_at_once_those_before_one_that_exists_are_made(
    sandbox: Sandbox, owner: httpx.Client, library: Thing
) -> None:
    def ask(client: httpx.Client, number: int) -> httpx.Response:
        names = [*(f"own {number} {each}" for each in range(20)), "wanted"]
        return client.post("/bulk_samples", json={"names": names, "library": library["uuid"]})

    assert one_of_all(together(sandbox, ask))
    assert owner.get(f"/sample_groups/{library['uuid']}/samples").json()["count"] == 20 * TIMES + 1


def test_a_list_is_whole_while_its_groups_go(sandbox: Sandbox, owner: httpx.Client, library: Thing) -> None:
    groups = [
        owner.post(
            "/sample_groups", json={"name": f"g{each}", "organization": library["organization"], "is_library": True}
        )
        for each in range(TIMES)
    ]
    for each in groups:
        owner.post("/samples", json={"name": "s", "library": each.json()["uuid"]})

    def ask(client: httpx.Client, number: int) -> httpx.Response:
        if number % 2:
            return client.get("/samples")
        return client.delete(f"/sample_groups/{groups[number].json()['uuid']}")

    assert {each.status_code for each in together(sandbox, ask)} == {200, 204}


def test_a_bucket_that_goes_while_others_write_it_is_gone_for_them(
    sandbox: Sandbox, owner: httpx.Client, library: Thing
) -> None:
    def ask(client: httpx.Client, number: int) -> httpx.Response:
        if number % 2:
            return client.patch(f"/s3_api_keys/{library['bucket']}", json={"name": f"b{number}"})
        return client.delete(f"/s3_api_keys/{library['bucket']}")

    assert Counter(each.status_code for each in together(sandbox, ask)).keys() <= {200, 204, 404}
    assert owner.get("/s3_buckets").json()["count"] == 0
