"""Metadata of other commons."""

from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox


def study(name: str, **more: Any) -> dict[str, Any]:
    return {"gen3_discovery": {"name": name, **more}}


@pytest.fixture
def web(sandbox: Sandbox, anonymous: httpx.Client) -> httpx.Client:
    """A client of a commons that collects metadata of two others."""
    aggregate = sandbox.gen3.metadata.aggregate
    aggregate.put("Bears", {"b/1": study("bear")})
    aggregate.put("Cats", {f"c{n}": study(f"cat {n}") for n in range(2)})
    aggregate.put_info("dg.BEAR", {"host": "bears.example.org", "name": "Bears", "type": "indexd"})
    return anonymous


def test_nothing_exists_until_something_is_collected(anonymous: httpx.Client) -> None:
    for path in ("commons", "info/schema", "metadata", "metadata/guid/b/1"):
        response = anonymous.get(f"/mds/aggregate/{path}")
        assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})
    assert anonymous.get("/mds/_status").json()["aggregate_metadata_enabled"] is False


def test_commons_and_what_is_known_of_them(web: httpx.Client) -> None:
    assert web.get("/mds/_status").json()["aggregate_metadata_enabled"] is True
    assert web.get("/mds/aggregate/commons").json() == {"commons": ["Bears", "Cats"]}
    assert web.get("/mds/aggregate/info/dg.BEAR").json()["host"] == "bears.example.org"
    assert web.get("/mds/aggregate/info/dg.NONE").json() == {
        "detail": {"message": "information for dg.NONE not found", "code": 404}
    }


def test_records_by_commons_or_in_one_list(web: httpx.Client) -> None:
    by_commons = web.get("/mds/aggregate/metadata").json()
    assert {name: [[*each] for each in records] for name, records in by_commons.items()} == {
        "Bears": [["b/1"]],
        "Cats": [["c0"], ["c1"]],
    }
    flat = web.get("/mds/aggregate/metadata", params={"flatten": "true", "limit": 2, "offset": 1}).json()
    assert [[*each] for each in flat] == [["c0"], ["c1"]]
    counted = web.get("/mds/aggregate/metadata", params={"pagination": "true", "limit": 2}).json()
    assert counted["pagination"] == {"hits": 3, "offset": 0, "pageSize": 2, "pages": 2}
    assert [*counted["results"]] == ["Bears", "Cats"]


def test_one_record(web: httpx.Client) -> None:
    assert web.get("/mds/aggregate/metadata/guid/b/1").json()["gen3_discovery"]["name"] == "bear"
    assert web.get("/mds/aggregate/metadata/guid/nope").status_code == 404
