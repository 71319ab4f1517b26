"""The documented metadata client: where it is, its pages, and that it sends and gives what gen3sdk 4.28.5 does."""

from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from gen3_client_replay import NOT_COMPARED, Difference, Step, hold, steps
from omicsdk.compat.gen3.metadata import Gen3Metadata
from omicsdk.core import NO_RETRY

COMMONS = "https://commons.example.org"


@pytest.mark.parametrize(
    ("endpoint", "suffix", "reads", "writes"),
    [
        (COMMONS, "-admin", f"{COMMONS}/mds", f"{COMMONS}/mds-admin"),
        (f"{COMMONS}/mds", "-admin", f"{COMMONS}/mds", f"{COMMONS}/mds-admin"),
        (COMMONS, "-write", f"{COMMONS}/mds", f"{COMMONS}/mds-write"),
        ("http://localhost:8000", "-admin", "http://localhost:8000", "http://localhost:8000"),
    ],
)
def test_where_the_service_is(endpoint: str, suffix: str, reads: str, writes: str):
    mds = Gen3Metadata(endpoint, admin_endpoint_suffix=suffix)
    assert (mds.endpoint, mds.admin_endpoint) == (reads, writes)


@pytest.mark.parametrize(
    ("limit", "offset", "count", "requests"),
    [
        (5000, 0, 2500, [("2000", "0"), ("2000", "2000"), ("2000", "2500")]),
        (2300, 100, 2300, [("2000", "100"), ("300", "2100")]),
        (5000, 2400, 100, [("2000", "2400"), ("2000", "2500")]),
        (2000, 0, 2000, [("2000", "0")]),
        (10, 0, 10, [("10", "0")]),
    ],
)
@pytest.mark.parametrize("full", [False, True])
def test_a_limit_above_what_a_commons_gives_at_once(full: bool, limit: int, offset: int, count: int, requests: Any):
    seen: list[tuple[str, str]] = []

    def response(request: httpx.Request) -> httpx.Response:
        params = request.url.params
        seen.append((params["limit"], params["offset"]))
        first = int(params["offset"])
        page = [f"g{number}" for number in range(2500)][first : first + min(int(params["limit"]), 2000)]
        return httpx.Response(200, json={guid: {} for guid in page} if full else page)

    with Gen3Metadata(COMMONS, transport=httpx.MockTransport(response)) as mds:
        matches = mds.query("a=b", full, limit, offset)
    assert list(matches) == [f"g{number}" for number in range(offset, offset + count)]
    assert seen == requests


# -- what gen3sdk 4.28.5 sends and gives, but for the differences that are argued here


STEPS = {step.name.removeprefix("Gen3Metadata."): step for step in steps("Gen3Metadata")}

Call = Callable[[Gen3Metadata], Any | Coroutine[Any, Any, Any]]
CALLS: dict[str, Call] = {
    "is_healthy()": lambda mds: mds.is_healthy(),
    "get_version()": lambda mds: mds.get_version(),
    "create_index_key_path": lambda mds: mds.create_index_key_path("x.y"),
    "get_index_key_paths": lambda mds: mds.get_index_key_paths(),
    "delete_index_key_path": lambda mds: mds.delete_index_key_path("x.y"),
    "create(guid, metadata)": lambda mds: mds.create("k1", {"x": {"y": "1"}}),
    "create(guid, metadata, aliases)": lambda mds: mds.create("k2", {"x": {"y": "2"}}, ["k2a", "k2b"]),
    "create(existing)": lambda mds: mds.create("k1", {"x": 1}),
    "create(existing, overwrite=True)": lambda mds: mds.create("k1", {"x": {"y": "1"}, "o": 1}, overwrite=True),
    "get(guid)": lambda mds: mds.get("k1"),
    "get(alias)": lambda mds: mds.get("k2a"),
    "get(unknown)": lambda mds: mds.get("nope"),
    "query(text)": lambda mds: mds.query("x.y=1"),
    "query(text, return_full_metadata=True, limit, offset)": lambda mds: mds.query("x.y=1", True, 5, 0),
    "query(use_agg_mds=True)": lambda mds: mds.query(use_agg_mds=True),
    "batch_create": lambda mds: mds.batch_create([{"guid": "k3", "data": {"z": 1}}, {"guid": "k1", "data": {"z": 2}}]),
    "batch_create(overwrite=False)": lambda mds: mds.batch_create([{"guid": "k3", "data": {"z": 3}}], overwrite=False),
    "update(merge=False)": lambda mds: mds.update("k1", {"n": 1}),
    "update(merge=True, aliases)": lambda mds: mds.update("k1", {"p": 2}, ["k1a"], merge=True),
    "get_aliases": lambda mds: mds.get_aliases("k1"),
    "create_aliases": lambda mds: mds.create_aliases("k3", ["k3a"]),
    "update_aliases(merge=True)": lambda mds: mds.update_aliases("k3", ["k3b"], merge=True),
    "delete_alias": lambda mds: mds.delete_alias("k3", "k3a"),
    "delete_aliases": lambda mds: mds.delete_aliases("k3"),
    "async_get": lambda mds: mds.async_get("k1", _ssl=False),
    "async_create": lambda mds: mds.async_create("k4", {"q": 1}, ["k4a"]),
    "async_update": lambda mds: mds.async_update("k4", {"q": 2}),
    "delete": lambda mds: mds.delete("k1"),
    "delete(unknown)": lambda mds: mds.delete("nope"),
}

A = "/mds-admin/metadata"
DIFFERENT = {
    "get_version()": Difference("the version itself, without the quotes of JSON", result="4.3.0"),
    "delete_index_key_path": Difference("our Response stands for that of requests", result=NOT_COMPARED),
    "create(guid, metadata, aliases)": Difference(
        "aliases that are created take no merge",
        [
            ("POST", f"{A}/k2", {"overwrite": "false"}, {"x": {"y": "2"}}),
            ("POST", f"{A}/k2/aliases", {}, {"aliases": ["k2a", "k2b"]}),
        ],
    ),
    "update(merge=False)": Difference(
        "merge is sent, whatever it is", [("PUT", f"{A}/k1", {"merge": "false"}, {"n": 1})]
    ),
    "update(merge=True, aliases)": Difference(
        "gen3sdk forgets merge for the document, and replaces it: merge means merge",
        [
            ("PUT", f"{A}/k1", {"merge": "true"}, {"p": 2}),
            ("PUT", f"{A}/k1/aliases", {"merge": "true"}, {"aliases": ["k1a"]}),
        ],
    ),
}


def make(transport: httpx.MockTransport) -> Gen3Metadata:
    return Gen3Metadata("https://commons.example.org", ("name", "password"), transport=transport, retry=NO_RETRY)


def test_every_recorded_call_is_made():
    assert list(CALLS) == list(STEPS)
    assert DIFFERENT.keys() <= CALLS.keys()


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_the_same_requests_and_the_same_result(step: Step):
    name = step.name.removeprefix("Gen3Metadata.")
    result = hold(step, make, CALLS[name], DIFFERENT.get(name))
    if name == "delete_index_key_path":
        assert (result.status_code, result.ok, result.text) == (204, True, "")
