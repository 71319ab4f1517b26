"""Lists of the sandbox's index: page by page, by what records have, and by their URLs."""

import json
from collections.abc import Generator
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from indexd_clients import Json, indexd_client, new_record
from omicsdk.sandbox import Sandbox

QUICK = settings(
    max_examples=settings().max_examples // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def web(sandbox: Sandbox) -> Generator[httpx.Client]:
    """A client without a token: lists are open to all."""
    with indexd_client(sandbox, "") as client:
        yield client


def enter(sandbox: Sandbox, number: int, **fields: Any) -> str:
    return sandbox.gen3.index.create(new_record(number, **fields))["did"]


def dids(web: httpx.Client, **parameters: Any) -> list[str]:
    response = web.get("/index/index", params=parameters)
    assert response.status_code == 200, response.text
    return [record["did"] for record in response.json()["records"]]


@QUICK
@given(count=st.integers(0, 12), limit=st.integers(1, 13), form=st.sampled_from(["object", None]))
def test_following_start_gives_every_record_once_in_order(
    sandbox: Sandbox, web: httpx.Client, count: int, limit: int, form: str | None
):
    sandbox.reset()
    entered = [enter(sandbox, number) for number in range(count)]
    record_ids: list[str] = []
    while page := dids(
        web, limit=limit, **({"start": record_ids[-1]} if record_ids else {}), **({"form": form} if form else {})
    ):
        record_ids += page
    assert record_ids == sorted(entered)


@QUICK
@given(count=st.integers(0, 12), limit=st.integers(1, 13))
def test_counted_pages_give_every_record_once_as_they_were_changed(
    sandbox: Sandbox, web: httpx.Client, count: int, limit: int
):
    sandbox.reset()
    entered = [enter(sandbox, number) for number in range(count)]
    if entered:
        sandbox.gen3.index.update(entered[0], {"file_name": "changed"})
        entered = [*entered[1:], entered[0]]
    record_ids: list[str] = []
    while page := dids(web, limit=limit, page=len(record_ids) // limit if len(record_ids) % limit == 0 else 99):
        record_ids += page
    assert record_ids == entered


def test_every_criterion_counts(sandbox: Sandbox, web: httpx.Client):
    one = enter(
        sandbox,
        1,
        file_name="a.txt",
        version="1",
        uploader="ada",
        acl=["x", "y"],
        authz=["/open"],
        metadata={"k": "v", "n": 1},
        urls_metadata={"s3://bucket/1": {"state": "up"}},
    )
    other = enter(sandbox, 2, acl=["x"], metadata={"k": "v"})
    assert dids(web, size=1) == [one]
    assert dids(web, file_name="a.txt") == dids(web, version="1") == dids(web, uploader="ada") == [one]
    assert dids(web, acl="x,y") == dids(web, authz="/open") == [one]
    assert sorted(dids(web, acl="x")) == sorted([one, other])
    assert dids(web, authz="null") == [other]
    assert sorted(dids(web, metadata="k:v")) == sorted([one, other])
    assert dids(web, metadata=["k:v", "n:1"]) == [one]
    assert dids(web, url="s3://bucket/1") == [one]
    assert dids(web, hash=f"md5:{2:032x}") == [other]
    assert dids(web, urls_metadata=json.dumps({"bucket": {"state": "up"}})) == [one]
    assert dids(web, urls_metadata=json.dumps({"other": {"state": "up"}})) == []
    assert dids(web, ids=f"{one},{other.removeprefix('dg.TEST/')}") == sorted([one, other])


@pytest.mark.parametrize(
    ("negated", "stays"),
    [
        ({"version": "1"}, ["two"]),
        ({"file_name": "one"}, ["three", "two"]),
        ({"urls": ["s3://bucket/1"]}, ["three", "two"]),
        ({"acl": ["x"]}, ["two"]),
    ],
)
def test_criteria_can_be_turned_round(sandbox: Sandbox, web: httpx.Client, negated: Json, stays: list[str]):
    state = {number: {f"s3://bucket/{number}": {"state": word}} for number, word in ((1, "up"), (2, "down"))}
    enter(sandbox, 1, file_name="one", version="1", acl=["x"], metadata={"k": "v"}, urls_metadata=state[1])
    enter(sandbox, 2, file_name="two", version="2", acl=["y"], metadata={"k": "w"}, urls_metadata=state[2])
    enter(sandbox, 3, file_name="three")
    records = web.get("/index/index", params={"negate_params": json.dumps(negated)}).json()["records"]
    assert sorted(record["file_name"] for record in records) == stays


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ({"limit": "9" * 30}, "limit must be an integer"),
        ({"size": "9" * 30}, "size must be an integer"),
        ({"hash": "0" * 32}, "hash must be KEY:VALUE"),
        ({"urls_metadata": '{"a": 1}'}, "urls_metadata must be a valid json string"),
        ({"negate_params": '{"urls": "a"}'}, "negate_params must be a valid json string"),
    ],
)
def test_a_criterion_that_makes_no_sense_is_refused(web: httpx.Client, criteria: Json, message: str):
    response = web.get("/index/index", params=criteria)
    assert response.status_code == 400
    assert message in response.json()["error"]


def test_bundles_and_records_can_be_listed_together(sandbox: Sandbox, web: httpx.Client):
    sandbox.clock.freeze()
    members = [enter(sandbox, number) for number in range(3)]
    sandbox.clock.advance(1)
    with indexd_client(sandbox) as admin:
        bundle = admin.post("/index/bundle", json={"bundles": members}).json()["bundle_id"]
    records = web.get("/index/index", params={"form": "all", "limit": 2}).json()["records"]
    assert [record.get("id") or record["did"] for record in records] == [bundle, *sorted(members)[:2]]
    assert [record["id"] for record in web.get("/index/bundle").json()["records"]] == [bundle]
    assert web.get("/index/bundle", params={"page": 1}).json()["records"] == []


@pytest.mark.parametrize(("path", "form"), [("index", "all"), ("index", "bundle"), ("bundle", None)])
def test_lists_with_bundles_do_not_continue_after_a_guid(
    sandbox: Sandbox, web: httpx.Client, path: str, form: str | None
):
    params = {"start": "x"} if form is None else {"start": "x", "form": form}
    assert web.get(f"/index/{path}", params=params).status_code == 400
    sandbox.settings.turn({"sandbox.strict_errors": "real"})
    assert web.get(f"/index/{path}", params=params).status_code == 500


def test_statistics_count_files_and_bytes_of_a_month(sandbox: Sandbox, web: httpx.Client):
    sandbox.clock.freeze()
    enter(sandbox, 3)
    enter(sandbox, 4)
    assert web.get("/index/_stats").json() == {"fileCount": 2, "totalFileSize": 7}
    assert web.get("/index/_stats", params={"month": 1, "year": 2001}).json() == {"fileCount": 0, "totalFileSize": 0}
