"""Paging of each kind: what a request wants, and what the response states."""

from typing import Any

import pytest
from omicsdk.sandbox.document import operations
from omicsdk.sandbox.engine.pages import Page, Paging, RequestedPage
from omicsdk.sandbox.engine.schemas import Schemas
from omicsdk.sandbox.engine.values import ABSENT
from omicsdk.sandbox.problems import Problem
from small_documents import document, list_of, object_of, operation, query

INTEGER = {"type": "integer"}
TEXT = {"type": "string"}
URL = {"type": ["string", "null"], "format": "uri"}
MIDDLE = Page(
    start=20, length=10, limit=10, total=45, more=True, token="t30", first_id="i20", last_id="i29", here="http://h/things", query={"limit": "10"}
)  # fmt: skip
LAST = Page(
    start=40,
    length=5,
    limit=10,
    total=45,
    more=False,
    token="t45",
    first_id="i40",
    last_id="i44",
    here="http://h/things",
    query={},
)


def paging(setting: dict[str, Any] | None = None, **parameters: dict[str, Any]) -> Paging:
    more = {"x-omics-pagination": setting} if setting else {}
    described = document(
        {"/things": {"get": operation(list_of(object_of("id")), parameters=query(**parameters), **more)}}
    )
    return Paging(operations(described)[0], Schemas(described))


@pytest.mark.parametrize(
    ("parameters", "sent", "expected"),
    [
        ({"limit": INTEGER, "offset": INTEGER}, {"limit": 5, "offset": 15}, (5, 15)),
        ({"per_page": INTEGER, "page": INTEGER}, {"per_page": 5, "page": 3}, (5, 10)),
        ({"$top": INTEGER, "$skip": INTEGER}, {"$top": 5, "$skip": 15}, (5, 15)),
        ({"pageSize": INTEGER, "currentPage": INTEGER}, {"pageSize": 5, "currentPage": 3}, (5, 10)),
        ({"size": INTEGER, "page": {"type": "integer", "default": 0}}, {"size": 5, "page": 3}, (5, 15)),
        ({"count": INTEGER, "startIndex": INTEGER}, {"count": 5, "startIndex": 6}, (5, 5)),
        ({"limit": {"type": "integer", "default": 7}}, {}, (7, 0)),
        ({"limit": {"type": "integer", "maximum": 3}}, {}, (3, 0)),
        ({"limit": INTEGER}, {}, (20, 0)),
        ({"name": TEXT}, {}, (-1, 0)),
    ],
)
def test_the_page_that_a_request_wants(parameters: dict[str, Any], sent: dict[str, Any], expected: tuple[int, int]):
    page = paging(**parameters).requested(sent)
    assert (page.limit, page.start) == expected


def test_tokens_are_this_servers_or_an_objects_identity():
    with_token = paging(limit=INTEGER, cursor=TEXT)
    token = with_token.token(17, "i17")
    assert with_token.requested({"cursor": token}).after == "17"
    for identity in ("i17", "a/b+"):
        assert with_token.requested({"cursor": identity}).is_identity
    assert paging(starting_after=TEXT).token(17, "i17") == "i17"
    for name in ("offset", "pageToken", "page[after]", "searchAfter"):
        assert paging(**{name: TEXT}).requested({name: token}).after == "17", "an offset that is a text is a token, too"


def test_a_number_is_needed_where_one_is_read():
    with pytest.raises(Problem, match="whole number"):
        paging(limit=TEXT).requested({"limit": "many"})


@pytest.mark.parametrize(
    ("parameters", "place", "schema", "middle", "last"),
    [
        ({"offset": INTEGER}, "total", INTEGER, 45, 45),
        ({"offset": INTEGER}, "meta.total_count", INTEGER, 45, 45),
        ({"offset": INTEGER}, "totalRecords", INTEGER, 45, 45),
        ({"offset": INTEGER}, "total_size", INTEGER, 45, 45),
        ({"offset": INTEGER}, "numItems", INTEGER, 10, 5),
        ({"offset": INTEGER}, "items_total", INTEGER, 45, 45),
        ({"offset": INTEGER}, "next_offset", INTEGER, 30, ABSENT),
        ({"offset": INTEGER}, "listMetadata", {"type": "object"}, {}, {}),
        ({"offset": INTEGER}, "limit", INTEGER, 10, 10),
        ({"offset": INTEGER}, "has_more", {"type": "boolean"}, True, False),
        ({"page": INTEGER}, "total_pages", INTEGER, 5, 5),
        ({"page": INTEGER}, "pageTotal", INTEGER, 5, 5),
        ({"page": INTEGER}, "last", {"type": "boolean"}, False, True),
        ({"page": INTEGER}, "page", INTEGER, 3, 5),
        ({"page": INTEGER}, "next.page", TEXT, "4", ABSENT),
        ({"page": INTEGER}, "next", TEXT, "http://h/things?limit=10&page=4", ABSENT),
        ({"page": INTEGER}, "next", URL, "http://h/things?limit=10&page=4", None),
        ({"page": INTEGER}, "previous", URL, "http://h/things?limit=10&page=2", "http://h/things?page=4"),
        ({"cursor": TEXT}, "next_cursor", {"type": ["string", "null"]}, "t30", None),
        ({"cursor": TEXT}, "next_cursor", TEXT, "t30", ABSENT),
        ({"cursor": TEXT}, "cursor", TEXT, "t30", ABSENT),
        ({"cursor": TEXT}, "nextLink", TEXT, "http://h/things?limit=10&cursor=t30", ABSENT),
        ({"cursor": TEXT}, "cursors", {"type": "object"}, {}, {}),
        ({"cursor": TEXT}, "paging.next.after", TEXT, "t30", ABSENT),
        ({"offset": TEXT}, "next_page.offset", TEXT, "t30", ABSENT),
        ({"offset": TEXT}, "next_page.uri", TEXT, "http://h/things?limit=10&offset=t30", ABSENT),
        ({"after": TEXT}, "last_id", TEXT, "i29", "i44"),
        ({"offset": INTEGER}, "_links.next.href", TEXT, "http://h/things?limit=10&offset=30", ABSENT),
        ({"offset": INTEGER}, "owner", TEXT, ABSENT, ABSENT),
    ],
)
def test_what_a_response_states_of_its_page(
    parameters: dict[str, Any], place: str, schema: dict[str, Any], middle: object, last: object
):
    pages = paging(**parameters)
    assert [pages.fill(page, place.split("."), schema) for page in (MIDDLE, LAST)] == [middle, last]


def test_the_documents_setting_decides():
    pages = paging({"style": "token", "token": "from", "next": "more.key", "items": "items"}, **{"from": TEXT})
    assert pages.fill(MIDDLE, ["more", "key"], TEXT) == "t30"
    assert pages.requested({"from": pages.token(3, "x")}).after == "3"
    pages = paging({"limit": "n", "offset": "at", "total": "hits", "first": 1}, n=INTEGER, at=INTEGER)
    assert pages.requested({"n": 3, "at": 2}) == RequestedPage(limit=3, start=1)
    assert pages.fill(MIDDLE, ["hits"], INTEGER) == 45
    pages = paging({"style": "continuation"}, cursor=TEXT)
    assert pages.fill(MIDDLE, ["next"], TEXT) == "http://h/things?limit=10&cursor=t30"


def test_headers_lead_to_the_next_page():
    pages = paging(page=INTEGER)
    assert pages.headers(MIDDLE, {"X-Total-Count": {}}) == {
        "Link": '<http://h/things?limit=10&page=4>; rel="next"',
        "X-Total-Count": "45",
    }
    assert pages.headers(LAST, {}) == {}
