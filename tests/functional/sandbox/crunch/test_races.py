"""Many clients at once: each name is given once, and each status counts."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
from conformity import NO_TLS
from omicsdk.sandbox import Sandbox

AT_ONCE = 8


def _together(site: Sandbox, requests: list[tuple[str, dict[str, str]]]) -> list[httpx.Response]:
    headers = {"Authorization": f"Token {site.crunch_token}"}
    with (
        httpx.Client(base_url=f"{site.crunch_url}/api", headers=headers, trust_env=False, verify=NO_TLS) as client,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        return list(pool.map(lambda each: client.post(each[0], data=each[1]), requests))


def test_one_of_many_gets_a_name(site: Sandbox) -> None:
    responses = _together(site, [("/projects/", {"name": "wanted"})] * 24)
    assert Counter(each.status_code for each in responses) == {201: 1, 400: 23}


def test_names_that_give_the_same_slug_all_get_one(site: Sandbox) -> None:
    responses = _together(site, [("/projects/", {"name": f"same{' ' * number}name"}) for number in range(1, 25)])
    slugs = {each.json()["slug"] for each in responses}
    assert slugs == {"same-name", *(f"same-name-{number}" for number in range(2, 25))}


def test_no_status_is_lost(site: Sandbox) -> None:
    _together(site, [("/projects/", {"name": "p"})])
    dataset = _together(site, [("/datasets/", {"parent": "p", "name": "d"})])[0].json()["id"]
    responses = _together(site, [("/statuses/", {"dataset": dataset, "stage": "1", "state": "1"})] * 24)
    assert sorted(each.json()["id"] for each in responses) == list(range(1, 25))
    assert site.crunch.statuses.table.count() == 24


def test_moves_into_each_other_leave_a_tree(site: Sandbox) -> None:
    _together(site, [("/projects/", {"name": "p"})])
    for name in ("a", "b"):
        _together(site, [("/items/", {"parent": "p", "name": name})])
    headers = {"Authorization": f"Token {site.crunch_token}"}
    with (
        httpx.Client(base_url=f"{site.crunch_url}/api", headers=headers, trust_env=False, verify=NO_TLS) as client,
        ThreadPoolExecutor(2) as pool,
    ):
        moves = [("p:a", "p:b"), ("p:b", "p:a")]
        responses = list(pool.map(lambda each: client.patch(f"/items/{each[0]}/", data={"parent": each[1]}), moves))
    assert sorted(each.status_code for each in responses) == [200, 400]
