"""Lists in pages that are requested ahead."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from omicsdk.pangea.listings import prefetched_pages

URL = "https://pangea.example.org/api/samples"


@pytest.mark.parametrize(("items", "requests"), [(0, 1), (2, 2), (5, 4)])
def test_a_list_whose_next_page_is_always_stated_ends_with_an_empty_one(items: int, requests: int) -> None:
    requested: list[str] = []

    def fetch(url: str) -> dict[str, Any]:
        requested.append(url)
        number = int(dict(parse_qsl(urlsplit(url).query)).get("page") or 1)
        results = list(range(items))[2 * (number - 1) : 2 * number]
        return {"count": items, "next": f"{URL}?page={number + 1}", "results": results}

    pages = list(prefetched_pages(fetch, URL, lambda url: url))
    assert [item for page in pages for item in page["results"]] == list(range(items))
    assert len(requested) == requests
