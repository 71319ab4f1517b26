"""The documented metadata client on the sandbox: merge means merge, and what fails is said."""

from typing import Any

import httpx
import pytest
from omicsdk.compat.gen3.metadata import Gen3Metadata

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
    ("limit", "offset", "count", "asked"),
    [
        (5000, 0, 2500, [("2000", "0"), ("2000", "2000"), ("2000", "2500")]),
        (2300, 100, 2300, [("2000", "100"), ("300", "2100")]),
        (5000, 2400, 100, [("2000", "2400"), ("2000", "2500")]),
        (2000, 0, 2000, [("2000", "0")]),
        (10, 0, 10, [("10", "0")]),
    ],
)
@pytest.mark.parametrize("full", [False, True])
def test_a_limit_above_what_a_commons_gives_at_once(full: bool, limit: int, offset: int, count: int, asked: Any):
    seen: list[tuple[str, str]] = []

    def response(request: httpx.Request) -> httpx.Response:
        params = request.url.params
        seen.append((params["limit"], params["offset"]))
        first = int(params["offset"])
        page = [f"g{number}" for number in range(2500)][first : first + min(int(params["limit"]), 2000)]
        return httpx.Response(200, json={guid: {} for guid in page} if full else page)

    with Gen3Metadata(COMMONS, transport=httpx.MockTransport(response)) as mds:
        found = mds.query("a=b", full, limit, offset)
    assert list(found) == [f"g{number}" for number in range(offset, offset + count)]
    assert seen == asked
