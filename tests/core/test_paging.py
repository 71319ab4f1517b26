"""Following pages: Link headers, content keys, items."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.errors import DecodeError
from omicsdk.core.paging import content_key, items_at, next_link, next_request, with_items
from omicsdk.core.request import OperationFacts, Paging, request

FIRST = request(OperationFacts(name="get_bundles_all", method="GET", path="/bundles/all"), "/bundles/all")
URL = "https://dss.example.org/v1/bundles/all"


@pytest.mark.parametrize(
    ("header", "url"),
    [
        ('<https://a/b?c=1&d=2>; rel="next"', "https://a/b?c=1&d=2"),
        ("<https://a/b>; rel=next", "https://a/b"),
        ("<https://a/b>; rel='next'", "https://a/b"),
        ('<https://a/1>; rel="prev", <https://a/2>; rel="next"', "https://a/2"),
        ('<https://a/x,y>; title="a, b"; rel="next last"', "https://a/x,y"),
        ('<https://a/1>; rel="prev"', None),
        ("", None),
        ("nonsense", None),
    ],
)
def test_the_next_link(header: str, url: str | None):
    assert next_link({"link": header}) == url


def test_the_next_url_is_followed_as_it_stands():
    following = next_request(FIRST, URL, {"link": '<https://other.example.org/p?x=%2F&x=1>; rel="next"'})
    assert following is not None
    assert following.url == "https://other.example.org/p?x=%2F&x=1"


def test_a_relative_link_is_resolved_against_the_page():
    following = next_request(FIRST, URL, {"link": '<?search_after=2>; rel="next"'})
    assert following is not None
    assert following.url == URL + "?search_after=2"


def test_the_last_page_has_no_next():
    assert next_request(FIRST, URL, {}) is None


def test_a_page_that_links_to_itself_is_an_error():
    with pytest.raises(DecodeError, match="get_bundles_all"):
        next_request(FIRST, URL, {"link": f'<{URL}>; rel="next"'})


def test_the_servers_content_key_wins():
    paging = Paging("link", "bundles")
    assert content_key(paging, {}) == "bundles"
    assert content_key(paging, {"x-openapi-paginated-content-key": "other"}) == "other"


@pytest.mark.parametrize(
    ("page", "key", "items"),
    [
        ({"a": {"b": [1]}}, "a.b", [1]),
        ({"a.b": [2], "a": {"b": [1]}}, "a.b", [2]),
        ({"a": None}, "a.b", []),
        ([], "a", []),
        ({"a": "text"}, "a", []),
    ],
)
def test_items_of_a_page(page: object, key: str, items: list[int]):
    assert items_at(page, key) == items


@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=4), st.lists(st.integers()))
def test_merged_items_are_found_again(steps: list[str], items: list[int]):
    key = ".".join(steps)
    merged = with_items({"other": 1}, key, items)
    assert items_at(merged, key) == items
    assert merged["other"] == 1
