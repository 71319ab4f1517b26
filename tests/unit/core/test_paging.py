"""Following pages: Link headers, content keys, items."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import DecodeError
from omicsdk.core.bodies import NO_BODY, json_body
from omicsdk.core.checked_json import page_of
from omicsdk.core.model import Shape
from omicsdk.core.page_items import check_page, found_at, items_at, list_at, with_items
from omicsdk.core.pages import BodyPaging, Walk, next_link, next_request
from omicsdk.core.request import OperationFacts, Paging, Request, request
from omicsdk_api.dss import AsyncDssApi, DssApi
from recording_network import RecordingNetwork

FIRST = request(OperationFacts(name="get_bundles_all", method="GET", path="/bundles/all"), "/bundles/all")
URL = "https://dss.example.org/v1/bundles/all"
LINKS = Paging("link", "bundles")


def test_an_entry_that_is_no_text_is_refused_where_the_document_has_texts() -> None:
    texts = Shape("array", (Shape("string"),))
    check_page(Paging("link", ""), "get_names", {}, ["a", "b"], texts)
    with pytest.raises(DecodeError, match=r"get_names.*\[1\].*text"):
        check_page(Paging("link", ""), "get_names", {}, ["a", 3], texts)


def no_page() -> object:
    raise AssertionError("the headers say all")


@pytest.mark.parametrize(
    ("header", "url"),
    [
        ('<https://a/b?c=1&d=2>; rel="next"', "https://a/b?c=1&d=2"),
        ("<https://a/b>; rel=next", "https://a/b"),
        ("<https://a/b>; rel='next'", "https://a/b"),
        ('<https://a/1>; rel="prev", <https://a/2>; rel="next"', "https://a/2"),
        ('<https://a/x,y>; title="a, b"; rel="next last"', "https://a/x,y"),
        ('<https://a/b>; REL="Next"', "https://a/b"),
        ("<https://a/1>; rel=prev, <https://a/2> ; title=x ; rel = next", "https://a/2"),
        ('<https://a/1>; rel="next", <https://a/2>; rel="next"', "https://a/1"),
        ('<https://a/1>; rel="prev"', None),
        ('<https://a/1>; title="x; rel=next"', None),
        ("<https://a/1>; title='x; rel=next'", None),
        ('<https://a/1>; title="x\\"; rel=next; \\""', None),
        ('<https://a/1>; title="x, <https://a/3>; rel=next"', None),
        ('<https://a/1>; title="; rel=prev"; rel=next', "https://a/1"),
        ("<https://a/1>; title*=UTF-8''n%C3%A9xt; rel=next", "https://a/1"),
        ("<https://a/1>; rel=prev; rel=next", None),  # RFC 8288, 3.3: a second rel is ignored
        ("<https://a/1>; crossorigin; rel=next", "https://a/1"),
        ("<https://a/1>;; title=; media=all (x); rel=next", "https://a/1"),
        ('<https://a/1>; rel="next', "https://a/1"),
        ('<https://a/1>; rel="nextish"', None),
        ("<https://a/1>", None),
        ("", None),
        ("nonsense", None),
    ],
)
def test_the_next_link(header: str, url: str | None):
    assert next_link({"link": header}) == url


def test_the_next_url_is_followed_unchanged():
    following = next_request(
        LINKS, FIRST, URL, {"link": '<https://other.example.org/p?x=%2F&x=1>; rel="next"'}, no_page
    )
    assert following is not None
    assert following.url == "https://other.example.org/p?x=%2F&x=1"
    assert following == FIRST.at(following.url)


def test_a_relative_link_is_resolved_against_the_page():
    following = next_request(LINKS, FIRST, URL, {"link": '<?search_after=2>; rel="next"'}, no_page)
    assert following is not None
    assert following.url == URL + "?search_after=2"


def test_the_last_page_has_no_next():
    assert next_request(LINKS, FIRST, URL, {}, no_page) is None


@pytest.mark.parametrize(
    ("page", "key", "items"),
    [
        ({"a": {"b": [1]}}, "a.b", [1]),
        ({"a.b": [2], "a": {"b": [1]}}, "a.b", [2]),
        ({"a": []}, "a", []),
        ({"b": [1], "c": [2]}, "a|b", [1]),
        ({"a": [], "b": [1]}, "a|b", []),
        ({"a": None, "b": [1]}, "a|b", [1]),
        ({}, "a?", []),
        ({"a": None}, "a?", []),
        ({"a": [1]}, "a?", [1]),
        ({"a": {}}, "a.b?", []),
        ({"b": None}, "a|b?", []),
        ({"b": [1]}, "a|b?", [1]),
        ([1, 2], "", [1, 2]),  # the response itself is the list
    ],
)
def test_items_of_a_page(page: object, key: str, items: list[int]):
    assert items_at(page, key, "get_bundles_all") == items


@pytest.mark.parametrize(
    ("page", "key", "message"),
    [
        ({}, "a", "the response's field 'a' is None, not a list: the response is {}"),
        ({"b": 1}, "a", "the response's field 'a' is None, not a list: the response has only 'b'"),
        ({"b": 1, "c": 2}, "a", "the response's field 'a' is None, not a list: the response has only 'b', 'c'"),
        ({"a": None}, "a", "the response's field 'a' is None, not a list"),
        ({"a": None}, "a.b", "the response's field 'a.b' is None, not a list: the response has only 'a'"),
        ({"a": "text"}, "a", "the response's field 'a' is 'text', not a list"),
        ({"a": {"b": {}}}, "a.b", "the response's field 'a.b' is {}, not a list"),
        ([], "a", "the response's field 'a' is None, not a list: the response is []"),
        (None, "a", "the response's field 'a' is None, not a list: the response is None"),
        ({"c": [2]}, "a|b.c", "the response's field 'a|b.c' is None, not a list: the response has only 'c'"),
        ({"b": 7}, "a|b", "the response's field 'b' is 7, not a list"),
        ({"a": [1]}, "", "the response's field 'the body' is {'a': [1]}, not a list"),
        (None, "", "the response's field 'the body' is None, not a list"),
        ({"a": "text"}, "a?", "the response's field 'a' is 'text', not a list"),
        (
            {"ok": False, "error": "no"},
            "a?",
            "the response's field 'a' is None, not a list: the response has only 'ok', 'error'",
        ),
        ([], "a?", "the response's field 'a' is None, not a list: the response is []"),
        (None, "a?", "the response's field 'a' is None, not a list: the response is None"),
    ],
)
def test_a_list_that_is_absent_is_no_empty_one(page: object, key: str, message: str):
    with pytest.raises(DecodeError) as caught:
        items_at(page, key, "get_bundles_all")
    assert caught.value.message == f"get_bundles_all: {message}"
    assert caught.value.remedy == ("It is not treated as an empty list. Check the service's URL, or try again later.")
    assert list_at(page, key) is None


NO_LISTS = [
    "{}", "null", '{"bundles": null}', '{"bundles": "text"}', '{"bundles": {}}', '"text"', "5", "[]", "", "<html>",
]  # fmt: skip


def answering(body: str, status: int = 200, **headers: str) -> RecordingNetwork:
    """A network of both kinds of clients that answers everything with one body."""
    return RecordingNetwork(status, text=body, headers={"content-type": "application/json", **headers})


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("status", [200, 206])
@pytest.mark.parametrize("body", NO_LISTS)
def test_every_way_to_call_refuses_a_page_without_its_list(body: str, status: int, strict: bool):
    with DssApi("https://dss.example.org/v1", transport=answering(body, status), strict=strict) as api:
        listing = api.get_bundles_all
        for ask in (
            lambda: listing(replica="aws"),
            lambda: list(listing.iterate(replica="aws")),
            lambda: list(listing.pages(replica="aws")),
        ):
            with pytest.raises(DecodeError, match="get_bundles_all: the response"):
                ask()


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("body", NO_LISTS)
def test_asynchronous_calls_refuse_it_too(body: str, strict: bool):
    async def run() -> None:
        async with AsyncDssApi("https://dss.example.org/v1", transport=answering(body), strict=strict) as api:
            listing = api.get_bundles_all
            with pytest.raises(DecodeError, match="get_bundles_all: the response"):
                await listing(replica="aws")
            with pytest.raises(DecodeError, match="get_bundles_all: the response"):
                _ = [item async for item in listing.iterate(replica="aws")]
            with pytest.raises(DecodeError, match="get_bundles_all: the response"):
                _ = [page async for page in listing.pages(replica="aws")]

    asyncio.run(run())


def test_an_empty_list_is_one():
    with DssApi("https://dss.example.org/v1", transport=answering('{"bundles": []}')) as api:
        assert list(api.get_bundles_all.iterate(replica="aws")) == []


def test_the_list_is_required_under_the_key_that_the_server_names():
    named = {"X-OpenAPI-Paginated-Content-Key": "others"}
    network = answering('{"others": [1], "bundles": "no"}', **named)
    with DssApi("https://dss.example.org/v1", transport=network) as api:
        assert list(api.get_bundles_all.iterate(replica="aws")) == [1]
    with (
        DssApi("https://dss.example.org/v1", transport=answering('{"bundles": []}', **named)) as api,
        pytest.raises(DecodeError, match="'others'"),
    ):
        list(api.get_bundles_all.iterate(replica="aws"))


@given(st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=4), st.lists(st.integers()))
def test_merged_items_are_found_again(steps: list[str], items: list[int]):
    key = ".".join(steps)
    merged = with_items({"other": 1}, key, items)
    assert items_at(merged, key) == items
    assert merged["other"] == 1


TOKENS_IN_LINKS = Paging("link", "roles", parameter="next_token")


@pytest.mark.parametrize(
    ("path", "link", "expected"),
    [
        ("/roles", "https://inside.example/roles?next_token=b%2B", "/roles?next_token=b%2B"),
        ("/roles?per_page=5", "/roles?per_page=5&next_token=b&per_page=5", "/roles?per_page=5&next_token=b"),
        ("/roles?next_token=a&per_page=5", "/x?next_token=a&next_token=b", "/roles?per_page=5&next_token=b"),
        ("/roles", "/v2/roles?after=2", "https://api.example.org/v2/roles?after=2"),
    ],
)
def test_the_token_of_a_link_goes_to_the_address_that_was_queried(path: str, link: str, expected: str):
    following = next_request(
        TOKENS_IN_LINKS, FIRST.at(path), "https://api.example.org/v1/roles", {"link": f'<{link}>; rel="next"'}, no_page
    )
    assert following is not None
    assert following.url == expected


def test_a_link_with_the_token_of_the_same_page_ends():
    with pytest.raises(DecodeError, match="token of another page"):
        next_request(
            TOKENS_IN_LINKS,
            FIRST.at("/roles?next_token=a"),
            "https://api.example.org/v1/roles?next_token=a",
            {"link": '</roles?next_token=a>; rel="next"'},
            no_page,
        )


CONTINUED = Paging("continuation", "results", next="next")


@pytest.mark.parametrize(
    ("following", "items", "is_followed"),
    [
        ("/x?page=3", [1], True),
        ("/x?page=3", [], False),
        ("/x?offset=200&limit=100", [], False),
        ("/x?cursor=3", [], True),  # tokens may lead over empty pages
        ("/x?page=c3", [], True),
    ],
)
def test_an_empty_page_is_the_last_where_pages_are_counted(following: str, items: list[int], is_followed: bool):
    page = {"results": items, "next": f"https://api.example.org{following}"}
    page_request = next_request(CONTINUED, FIRST.at("/x?page=2"), "https://api.example.org/x?page=2", {}, lambda: page)
    assert (page_request is not None) == is_followed
    by_header = Paging("link", "results", next="next_page")
    headers = {"next_page": f"https://api.example.org{following}"}
    page_request = next_request(by_header, FIRST.at("/x"), "https://api.example.org/x", headers, lambda: page)
    assert (page_request is not None) == is_followed


def test_a_page_that_leads_to_one_before_it_is_an_error():
    page = {"results": [1], "next": "https://api.example.org/x?page=1"}
    with pytest.raises(DecodeError, match="another page"):
        next_request(CONTINUED, FIRST.at("/x?page=2"), "https://api.example.org/x?page=2", {}, lambda: page)


@pytest.mark.parametrize(
    ("length", "limit", "last", "is_followed"),
    [
        (4, 4, 4, True),  # the page is full: one more is requested
        (3, 4, 4, False),
        (3, None, 4, False),
        (3, 4, 8, True),
        (3, 4, None, True),
        (3, 4, "x", True),
        (3, "9" * 5000, 4, False),
    ],
)
@pytest.mark.parametrize("style", ["Link", "headers"])
def test_a_link_beyond_the_last_page_ends(
    length: int, limit: int | str | None, last: int | str | None, is_followed: bool, style: str
):
    url = "https://api.example.org/x"
    following = f"{url}?offset=8" + ("" if limit is None else f"&limit={limit}")
    final = None if last is None else f"{url}?offset={last}"
    if style == "Link":
        paging = LINKS
        headers = {"link": f'<{following}>; rel="next"' + (f', <{final}>; rel="last"' if final else "")}
    else:
        paging = Paging("link", "bundles", next="next_page", last="last_page")
        headers = {"next_page": following, **({"last_page": final} if final else {})}
    page = {"bundles": [*range(length)]}
    page_request = next_request(paging, FIRST.at("/x?offset=4"), f"{url}?offset=4", headers, lambda: page)
    assert (page_request is not None) == is_followed


@pytest.mark.parametrize(
    ("page", "key", "merged"),
    [
        ({"a": {"b": [1], "c": 2}, "d": 3}, "a.b", {"a": {"b": [1, 2], "c": 2}, "d": 3}),
        ({"a.b": [1]}, "a.b", {"a.b": [1, 2]}),
        ({}, "a.b", {"a": {"b": [1, 2]}}),
        ({"a": [1], "d": 3}, "a", {"a": [1, 2], "d": 3}),
        ({"b": [1]}, "a|b", {"b": [1, 2]}),
        ({"a": [1]}, "a|b", {"a": [1, 2]}),
        ({"c": 1}, "a|b", {"c": 1, "a": [1, 2]}),
        ({"a": 1, "b": {"c": [1]}}, "a|b.c", {"a": 1, "b": {"c": [1, 2]}}),
        ({"d": 3}, "a?", {"d": 3, "a": [1, 2]}),
        ({"a": None}, "a.b?", {"a": {"b": [1, 2]}}),
        ("text", "a", "text"),
        ([1], "", [1, 2]),  # the response itself is the list
    ],
)
def test_merged_items_take_the_place_of_the_pages_own(page: object, key: str, merged: object):
    assert with_items(page, key, [1, 2]) == merged


def test_a_whole_response_as_a_page():
    assert page_of(httpx.Response(200, text='{"a": [1], "b": 2}'), "a", "get_it") == {"a": [1], "b": 2}
    assert page_of(httpx.Response(200, text="[1]"), "", "get_it") == [1]
    with pytest.raises(DecodeError, match="get_it: the response's field 'a' is None, not a list: the response is None"):
        page_of(httpx.Response(200), "a", "get_it")
    page = httpx.Response(200, text="<html>", request=httpx.Request("GET", "https://api.example.org/v1/it?key=1"))
    with pytest.raises(
        DecodeError, match=r"get_it: the response of https://api\.example\.org/v1/it\S* is a web page, not JSON"
    ):
        page_of(page, "a", "get_it")


def following(paging: Paging, url: str, page: object) -> str | None:
    page_request = next_request(paging, FIRST.at(url), f"https://api.example.org/v1{url}", {}, lambda: page)
    return None if page_request is None else page_request.url


OFFSET = Paging("offset", "items", parameter="offset", limit="limit")
PAGE = Paging("page", "items", parameter="page")
SHORT_PAGE = Paging("page", "items", parameter="page", limit="per_page")
TOKEN = Paging("token", "", parameter="start", next="-1.did")
URLS = Paging("continuation", "results", next="links.rel=next.href")
TOTAL = Paging("offset", "items", parameter="offset", limit="limit", total="count")
FROM_ONE = Paging("offset", "items", parameter="startIndex", total="count", first=1)
PAGES = Paging("page", "items", parameter="page", total="pages")
FROM_ZERO = Paging("page", "items", parameter="page", total="pages", first=0)
MORE = Paging("token", "items", parameter="after", next="items.-1.id", more="more")


@pytest.mark.parametrize(
    ("paging", "url", "page", "expected"),
    [
        (OFFSET, "/x?limit=2", {"items": [1, 2]}, "/x?limit=2&offset=2"),
        (OFFSET, "/x?offset=2&limit=2&q=a%2Fb", {"items": [3, 4]}, "/x?limit=2&q=a%2Fb&offset=4"),
        (OFFSET, "/x?limit=9", {"items": [1, 2]}, "/x?offset=2&limit=2"),
        (OFFSET, "/x?offset=2&limit=2", {"items": [3]}, None),
        (OFFSET, "/x?limit=9", {"items": []}, None),
        (OFFSET, "/x", {"items": []}, None),
        (OFFSET, "/x", {"items": [1]}, "/x?offset=1"),
        (OFFSET, "/x?offset=2&limit=2", {"items": [3, 4, 5]}, "/x?limit=2&offset=5"),
        (OFFSET, "/x?offset=first&limit=all", {"items": [1]}, "/x?limit=all&offset=1"),
        (OFFSET, "/x?offset=%D9%A3&limit=-1", {"items": [1]}, "/x?limit=-1&offset=1"),
        (SHORT_PAGE, "/x?per_page=2", {"items": [1, 2]}, "/x?per_page=2&page=2"),
        (SHORT_PAGE, "/x?per_page=2&page=2", {"items": [1]}, None),
        (PAGE, "/x", {"items": [1]}, "/x?page=2"),
        (PAGE, "/x?page=7", {"items": [1]}, "/x?page=8"),
        (PAGE, "/x?page=7", {"items": []}, None),
        (TOKEN, "/x?limit=2", [{"did": "a"}, {"did": "b c"}], "/x?limit=2&start=b%20c"),
        (TOKEN, "/x", [], None),
        (
            URLS,
            "/x",
            {"links": [{"rel": "prev", "href": "/p"}, {"rel": "Next", "href": "/n"}]},
            "https://api.example.org/n",
        ),
        (URLS, "/x", {"links": []}, None),
        (Paging("continuation", "results", next="next"), "/x", {"next": None}, None),
        (Paging("continuation", "results", next="next"), "/x", {"next": ""}, None),
        (Paging("continuation", "results", next="next"), "/x", {"next": 2}, None),
        (Paging("continuation", "results", next="next"), "/x", {"next": "?n=2"}, "https://api.example.org/v1/x?n=2"),
        (Paging("token", "items", parameter="t", next="next"), "/x?t=1", {"next": 2}, "/x?t=2"),
        (Paging("token", "items", parameter="t", next="next"), "/x", {"next": None}, None),
        (Paging("token", "items", parameter="t", next="next"), "/x", {"next": False}, None),
        (Paging("page", "items", parameter="page", next="more"), "/x", {"more": True, "items": [1]}, "/x?page=2"),
        (Paging("page", "items", parameter="page", next="more"), "/x", {"more": False, "items": [1]}, None),
        (Paging("token", "items", parameter="t", next="next"), "/x", {"next": ""}, None),
        (None, "/x", {}, None),
        # A total takes precedence over the length of a page.
        (TOTAL, "/x?limit=9", {"items": [1, 2], "count": 3}, "/x?limit=9&offset=2"),
        (TOTAL, "/x?limit=2&offset=2", {"items": [3], "count": 3}, None),
        (TOTAL, "/x?limit=2&offset=2", {"items": [3], "count": 9}, "/x?limit=2&offset=3"),
        (TOTAL, "/x?offset=2", {"items": [], "count": 9}, None),
        (TOTAL, "/x?limit=2", {"items": [1, 2], "count": "2"}, None),
        (TOTAL, "/x?limit=2", {"items": [1, 2], "count": None}, "/x?limit=2&offset=2"),
        (TOTAL, "/x?limit=2", {"items": [1, 2]}, "/x?limit=2&offset=2"),
        (FROM_ONE, "/x", {"items": [1, 2], "count": 3}, "/x?startIndex=3"),
        (FROM_ONE, "/x?startIndex=3", {"items": [3], "count": 3}, None),
        (PAGES, "/x", {"items": [1], "pages": 2}, "/x?page=2"),
        (PAGES, "/x?page=2", {"items": [1], "pages": 2}, None),
        (FROM_ZERO, "/x", {"items": [1], "pages": 2}, "/x?page=1"),
        (FROM_ZERO, "/x?page=1", {"items": [1], "pages": 2}, None),
        (Paging("page", "items", parameter="page", next="next"), "/x", {"items": [1], "next": 5}, "/x?page=5"),
        (Paging("page", "items", parameter="page", next="next"), "/x?page=5", {"items": [1], "next": 0}, None),
        (Paging("page", "items", parameter="page", next="next"), "/x?page=5", {"items": [], "next": 6}, None),
        (Paging("offset", "items", parameter="o", next="next"), "/x", {"items": [1], "next": 9}, "/x?o=9"),
        # What states that there are more pages ends them by false alone: what is absent states nothing.
        (MORE, "/x", {"items": [{"id": "a"}], "more": True}, "/x?after=a"),
        (MORE, "/x", {"items": [{"id": "a"}], "more": False}, None),
        (MORE, "/x", {"items": [{"id": "a"}]}, "/x?after=a"),
        (MORE, "/x?after=a", {"items": [], "more": True}, None),
        (Paging("continuation", "a", next="next", more="more"), "/x", {"next": "/y", "more": False}, None),
        (Paging("token", "a", parameter="t", next="@odata.next"), "/x", {"@odata.next": "b"}, "/x?t=b"),
        (Paging("token", "a", parameter="t", next="next"), "/x", {"next": {"k": 1}}, "/x?t=%7B%22k%22%3A1%7D"),
    ],
)
def test_other_styles(paging: Paging, url: str, page: object, expected: str | None):
    assert following(paging, url, page) == expected


@pytest.mark.parametrize(
    ("style", "value", "expected"),
    [("token", "b c", "/x?t=b%20c"), ("token", "", None), ("token", None, None), ("page", "3", "/x?t=3")],
)
def test_a_token_in_a_header(style: Any, value: str | None, expected: str | None):
    paging = Paging(style, "items", parameter="t", header="X-Next")
    headers = httpx.Headers({} if value is None else {"x-next": value})
    page_request = next_request(paging, FIRST.at("/x"), "https://api.example.org/x", headers, lambda: {"items": [1]})
    assert (None if page_request is None else page_request.url) == expected


def test_a_number_that_stays_is_an_error():
    paging = Paging("page", "items", parameter="page", next="next")
    with pytest.raises(DecodeError, match="a following page"):
        following(paging, "/x?page=2", {"items": [1], "next": 2})


BY_BODY = BodyPaging("token", "items", parameter="page.after", next="next")


@pytest.mark.parametrize(
    ("paging", "body", "page", "expected"),
    [
        (BY_BODY, {"q": "é"}, {"next": "b"}, {"q": "é", "page": {"after": "b"}}),
        (BY_BODY, {"page": {"after": "a", "size": 2}}, {"next": "b"}, {"page": {"after": "b", "size": 2}}),
        (BY_BODY, {"page": None}, {"next": ["b", 7]}, {"page": {"after": ["b", 7]}}),
        (BY_BODY, None, {"next": "b"}, {"page": {"after": "b"}}),
        (BY_BODY, {}, {"next": None}, None),
        (
            BodyPaging("offset", "items", parameter="from", limit="size"),
            {"size": 2},
            {"items": [1, 2]},
            {"size": 2, "from": 2},
        ),
        (BodyPaging("offset", "items", parameter="from", limit="size"), {"size": 2, "from": 2}, {"items": [1]}, None),
        (BodyPaging("page", "items", parameter="page"), {"page": 3}, {"items": [1]}, {"page": 4}),
    ],
)
def test_pages_that_a_body_requests(paging: Paging, body: object, page: object, expected: object):
    content = NO_BODY if body is None else json_body(body)
    first = request(OperationFacts(name="search", method="POST", path="/search"), "/search", body=content)
    page_request = next_request(paging, first, "https://api.example.org/search", {}, lambda: page)
    if expected is None:
        assert page_request is None
        return
    assert page_request is not None
    assert (page_request.url, page_request.method) == ("/search", "POST")
    assert isinstance(page_request.content, bytes)
    assert json.loads(page_request.content) == expected
    assert dict(page_request.headers)["content-type"] == "application/json"
    assert len(page_request.headers) == len(dict(page_request.headers))


def test_a_token_of_a_body_that_stays_is_an_error():
    first = request(
        OperationFacts(name="search", method="POST", path="/s"), "/s", body=json_body({"page": {"after": "a"}})
    )
    with pytest.raises(DecodeError, match="another page"):
        next_request(BY_BODY, first, "https://api.example.org/s", {}, lambda: {"next": "a"})


@pytest.mark.parametrize("circle", [2, 3, 7])
@pytest.mark.parametrize("before", [0, 1, 5])
def test_a_circle_of_pages_is_an_error(before: int, circle: int):
    """Pages lead to the next one, and the last of the circle to its first; without it all of them are read once."""

    def response(number: int) -> httpx.Response:
        following = number + 1 if number < before + circle else before + 1
        return httpx.Response(200, json={"items": [], "next": str(following)}, request=httpx.Request("GET", URL))

    walk = Walk(Paging("token", "items", parameter="t", next="next"))

    def read(current: Request, most: int) -> None:
        for _ in range(most):
            number = int(dict(parse_qsl(urlsplit(current.url).query)).get("t", 0))
            page_request = walk.following(current, response(number))
            assert page_request is not None
            current = page_request

    with pytest.raises(DecodeError, match="a page that was not read"):
        read(FIRST, 4 * (before + circle))


def test_a_token_that_stays_after_the_last_item_ends():
    paging = Paging("token", "items", parameter="t", next="next")
    assert following(paging, "/x?t=1", {"items": [], "next": 1}) is None
    with pytest.raises(DecodeError, match="another page"):
        following(paging, "/x?t=1", {"items": [7], "next": 1})


@pytest.mark.parametrize(
    ("item", "style"), [({"id": 1}, "page"), ({"id": 1}, "offset"), (0, "page"), ({"id": 1}, "token")]
)
def test_the_last_page_that_comes_again_is_an_error_where_pages_are_counted(item: object, style: Any):
    walk = Walk(Paging(style, "items", parameter="p", next="next" if style == "token" else ""))

    def read(most: int) -> None:
        current = FIRST
        for number in range(most):
            page = {"items": [item]} | ({"next": str(number)} if style == "token" else {})
            response = httpx.Response(200, json=page, request=httpx.Request("GET", URL))
            page_request = walk.following(current, response)
            assert page_request is not None
            current = page_request

    if item == 0 or style == "token":
        read(9)
        return
    with pytest.raises(DecodeError, match="another one than the page before"):
        read(2)


@pytest.mark.parametrize(
    ("paging", "page", "problem"),
    [
        (Paging("token", "items", parameter="t", next="next"), {"next": 1}, "another page"),
        # The list has items of another kind, after which it cannot be continued.
        (MORE, {"items": [{"id": "a"}, {"name": "b"}]}, "'items.-1.id' is None"),
        (TOKEN, [{"did": ""}], "'-1.did' is ''"),
        (Paging("token", "aliases", parameter="t", next="aliases.-1"), {"aliases": [None]}, "'aliases.-1' is None"),
    ],
)
def test_a_token_that_stays_or_that_the_last_item_lacks_is_an_error(paging: Paging, page: object, problem: str):
    with pytest.raises(DecodeError, match=problem):
        following(paging, "/x?t=1", page)


@pytest.mark.parametrize(
    ("paging", "link"),
    [
        (LINKS, "https://api.example.org/v1/roles"),
        (TOKENS_IN_LINKS, "/v1/roles"),
        (Paging("continuation", "results", next="next"), "https://api.example.org/v1/roles"),
    ],
)
def test_a_page_that_names_itself_is_an_error(paging: Paging, link: str):
    with pytest.raises(DecodeError, match=r"get_bundles_all: .*the URL of another page"):
        next_request(
            paging,
            FIRST.at("/roles"),
            "https://api.example.org/v1/roles",
            {"link": f'<{link}>; rel="next"'},
            lambda: {"next": link},
        )


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.b", 1),
        ("list.0", {"rel": "NEXT", "n": 7}),
        ("list.1.n", 8),
        ("list.-1.n", 8),
        ("list.-2.n", 7),
        ("list.2", None),
        ("list.-3", None),
        ("list.rel=next.n", 7),
        ("list.rel=prev", None),
        ("list.n", None),
        ("a.b.c", None),
        ("missing.b", None),
    ],
)
def test_what_is_at_a_path(path: str, value: object):
    page = {"a": {"b": 1}, "list": [{"rel": "NEXT", "n": 7}, {"n": 8}]}
    assert found_at(page, path) == value


@pytest.mark.parametrize("path", ["a", "a.0.b", "0", "x=1", "-1", "a.x=1.y", ""])
def test_looking_where_nothing_is(path: str):
    assert found_at({"a": [1]}, path) is None or path == "a"
