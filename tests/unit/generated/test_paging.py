"""Every style of paging, as an overlay states it, is followed by what is generated."""

import asyncio
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from omicsdk.core.credentials import BearerToken
from small_documents import content, list_of, object_of, operation, query, reference
from small_documents import document as document_of

Generate = Callable[[dict[str, Any]], ModuleType]
ITEM = object_of("name", required=("name",))
NAMES = ["a", "b", "c", "d", "e"]


LISTED = list_of(ITEM, required=("items",))
BARE = {"type": "array", "items": ITEM}
COUNT = {"type": "integer"}
SERVERS = [{"url": "https://things.example.org"}]


def document(wish: dict[str, str], page: dict[str, Any]) -> dict[str, Any]:
    parameters = query("start", offset=COUNT, limit=COUNT, page=COUNT)
    listing = operation(page, operationId="list_things", parameters=parameters, **{"x-omics-pagination": wish})
    return document_of({"/things": {"get": listing}}, servers=SERVERS)


def entries(names: list[str]) -> list[dict[str, str]]:
    return [{"name": name} for name in names]


def by_offset(query: httpx.QueryParams) -> object:
    start = int(query.get("offset", 0))
    return {"items": entries(NAMES[start : start + 2])}


def by_page(query: httpx.QueryParams) -> object:
    start = (int(query.get("page", 1)) - 1) * 2
    return {"items": entries(NAMES[start : start + 2])}


def by_url(query: httpx.QueryParams) -> object:
    start = int(query.get("offset", 0))
    more = [{"rel": "next", "href": f"/things?offset={start + 2}"}] if start + 2 < len(NAMES) else []
    return {"items": entries(NAMES[start : start + 2]), "links": more}


def by_last_item(query: httpx.QueryParams) -> object:
    return entries([name for name in NAMES if name > query.get("start", "")][:2])


STYLES = [
    ({"style": "offset", "items": "items", "offset": "offset", "limit": "limit"}, LISTED, by_offset),
    ({"style": "page", "items": "items", "page": "page"}, LISTED, by_page),
    ({"style": "continuation", "items": "items", "next": "links.rel=next.href"}, LISTED, by_url),
    ({"style": "token", "items": "", "token": "start", "next": "-1.name"}, BARE, by_last_item),
]


# -- what is stated besides, and pages that bodies request

TEXT = {"type": "string", "nullable": True}
SEARCH = {"type": "object", "properties": {"q": {"type": "string"}, "page": {"$ref": "#/components/schemas/Page"}}}
PAGE = {"type": "object", "properties": {"after": TEXT, "number": {"type": "integer"}, "start": {"type": "integer"}}}


def by_total(request: httpx.Request) -> httpx.Response:
    start = int(request.url.params.get("offset", 0))
    items = entries(NAMES[start : start + 1]) if start else entries(NAMES[:2])  # pages differ in length
    return httpx.Response(200 if items else 404, json={"items": items, "total": len(NAMES)})


def by_pages(request: httpx.Request) -> httpx.Response:
    start = int(request.url.params.get("page", 0)) * 2
    return httpx.Response(200 if start < 5 else 404, json={"items": entries(NAMES[start : start + 2]), "pages": 3})


def by_number(request: httpx.Request) -> httpx.Response:
    number = int(request.url.params.get("page", 1))
    items = entries(NAMES[2 * number - 2 : 2 * number])
    return httpx.Response(
        200 if items else 404, json={"items": items, "meta": {"next": number + 1 if number < 3 else 0}}
    )


def by_more(request: httpx.Request) -> httpx.Response:
    names = [name for name in NAMES if name > request.url.params.get("start", "")]
    return httpx.Response(200 if names else 404, json={"items": entries(names[:2]), "has_more": len(names) > 2})


def by_header(request: httpx.Request) -> httpx.Response:
    start = int(request.url.params.get("start", 0))
    headers = {"X-Next": str(start + 2)} if start + 2 < len(NAMES) else {"X-Next": ""}
    return httpx.Response(200, json=entries(NAMES[start : start + 2]), headers=headers)


def by_absent_list(request: httpx.Request) -> httpx.Response:
    """Pages without items lack their list, and may have others after them."""
    token = request.url.params.get("start")
    pages: dict[str | None, object] = {
        None: {"next": "1"}, "1": {"items": entries(NAMES[:3]), "next": "2"}, "2": {"items": None, "next": "3"},
        "3": {"items": entries(NAMES[3:]), "next": ""},
    }  # fmt: skip
    return httpx.Response(200, json=pages[token])


def by_url_elsewhere(request: httpx.Request) -> httpx.Response:
    start = int(request.url.params.get("from", 0))
    following = f"https://things.example.org/v2/things?from={start + 2}" if start + 2 < 5 else None
    return httpx.Response(200, json={"items": entries(NAMES[start : start + 2]), "@odata.nextLink": following})


def by_body(request: httpx.Request) -> httpx.Response:
    body = json.loads(request.content)
    assert body["q"] == "x", "the search stays the same"
    names = [name for name in NAMES if name > body.get("page", {}).get("after", "")]
    return httpx.Response(200, json={"items": entries(names[:2]), "next": names[1] if len(names) > 2 else None})


def by_number_in_body(request: httpx.Request) -> httpx.Response:
    number = json.loads(request.content or b"{}").get("page", {}).get("number", 1)
    return httpx.Response(200, json={"items": entries(NAMES[2 * number - 2 : 2 * number])})


def by_offset_in_body(request: httpx.Request) -> httpx.Response:
    start = json.loads(request.content).get("page", {}).get("start", 0)
    return httpx.Response(200, json={"items": entries(NAMES[start : start + 2]), "total": 5})


@pytest.mark.parametrize(
    ("wish", "page", "service", "arguments"),
    [
        ({"style": "offset", "items": "items", "offset": "offset", "total": "total"}, LISTED, by_total, {}),
        ({"style": "page", "items": "items", "page": "page", "pages": "pages", "first": 0}, LISTED, by_pages, {}),
        ({"style": "page", "items": "items", "page": "page", "next": "meta.next"}, LISTED, by_number, {}),
        (
            {"style": "token", "items": "items", "token": "start", "next": "items.-1.name", "more": "has_more"},
            LISTED,
            by_more,
            {},
        ),
        ({"style": "token", "items": "", "token": "start", "header": "X-Next"}, BARE, by_header, {}),
        ({"style": "token", "items": "items?", "token": "start", "next": "next"}, LISTED, by_absent_list, {}),
        ({"style": "continuation", "items": "items", "next": "@odata.nextLink"}, LISTED, by_url_elsewhere, {}),
        (
            {"style": "token", "in": "body", "items": "items", "token": "page.after", "next": "next"},
            LISTED,
            by_body,
            {"q": "x"},
        ),
        ({"style": "page", "in": "body", "items": "items", "page": "page.number"}, LISTED, by_number_in_body, {}),
        (
            {"style": "offset", "in": "body", "items": "items", "offset": "page.start", "total": "total"},
            LISTED,
            by_offset_in_body,
            {"q": "x"},
        ),
    ],
    ids=[
        "total",
        "pages",
        "number",
        "last id",
        "header",
        "absent list",
        "URL",
        "token in body",
        "page in body",
        "offset in body",
    ],
)
def test_pages_follow_as_the_service_states(
    generate: Generate,
    wish: dict[str, Any],
    page: dict[str, Any],
    service: Callable[[httpx.Request], httpx.Response],
    arguments: dict[str, str],
):
    data = document(wish, page)
    if wish.get("in") == "body":
        listing = data["paths"]["/things"].pop("get") | {"parameters": []}
        data["paths"]["/things"]["post"] = {**listing, "requestBody": content(SEARCH)}
        data["components"] = {"schemas": {"Page": PAGE}}
    package = generate(data)
    network = httpx.MockTransport(service)
    with package.ThingApi(transport=network) as client:
        assert [item.name for item in client.list_things.iterate(**arguments)] == NAMES
        assert [
            item.name
            for response_page in client.list_things.pages(**arguments)
            for item in client.list_things.items(response_page) or ()
        ] == NAMES

    async def run() -> list[str]:
        async with package.AsyncThingApi(transport=network) as client:
            return [item.name async for item in client.list_things.iterate(**arguments)]

    assert asyncio.run(run()) == NAMES


def test_a_page_on_another_origin_is_read_without_credentials(generate: Generate):
    package = generate(document({"style": "continuation", "items": "items", "next": "next"}, LISTED))
    seen: list[tuple[str, bool]] = []

    def service(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.host, "authorization" in request.headers))
        following = "https://other.example.org/things" if len(seen) == 1 else None
        return httpx.Response(200, json={"items": entries(NAMES[:1]), "next": following})

    with package.ThingApi(transport=httpx.MockTransport(service), credentials=BearerToken("secret")) as client:
        assert len(list(client.list_things.iterate())) == 2
    assert seen == [("things.example.org", True), ("other.example.org", False)]


def test_an_interrupted_walk_is_retried_at_its_page(generate: Generate):
    package = generate(document({"style": "token", "items": "items", "token": "start", "next": "next"}, LISTED))
    seen: list[str | None] = []

    def service(request: httpx.Request) -> httpx.Response:
        token = request.url.params.get("start")
        seen.append(token)
        if seen == [None, "1"]:
            return httpx.Response(503, headers={"retry-after": "0"})
        return httpx.Response(200, json={"items": entries(NAMES[:1]), "next": {None: "1", "1": "2"}.get(token)})

    with package.ThingApi(transport=httpx.MockTransport(service)) as client:
        assert len(list(client.list_things.iterate())) == 3
    assert seen == [None, "1", "1", "2"]


@pytest.mark.parametrize(("wish", "page", "service"), STYLES)
def test_all_items_come_sync_and_async(
    generate: Generate, wish: dict[str, str], page: dict[str, Any], service: Callable[[httpx.QueryParams], object]
):
    package = generate(document(wish, page))
    network = httpx.MockTransport(lambda request: httpx.Response(200, json=service(request.url.params)))
    with package.ThingApi(transport=network) as client:
        assert [item.name for item in client.list_things.iterate(limit=2)] == NAMES
        assert [item.name for item in client.list_things.iterate(limit=2).take(3)] == NAMES[:3]

    async def run() -> list[str]:
        async with package.AsyncThingApi(transport=network) as client:
            return [item.name async for item in client.list_things.iterate(limit=2)]

    assert asyncio.run(run()) == NAMES


def test_a_list_may_have_another_name_for_each_kind_that_is_requested(generate: Generate):
    named = {"type": "object", "properties": {"old": BARE, "new": BARE}}
    package = generate(document({"style": "link", "items": "old|new"}, named))

    def service(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params.get("offset", 0))
        more = {"link": f'</things?offset={start + 2}>; rel="next"'} if start + 2 < len(NAMES) else {}
        return httpx.Response(200, json={"new": entries(NAMES[start : start + 2])}, headers=more)

    with package.ThingApi(transport=httpx.MockTransport(service)) as client:
        assert [item.name for item in client.list_things.iterate()] == NAMES


# -- without x-omics-pagination


def listing_document(
    page: dict[str, Any], parameters: dict[str, Any], *, headers: Any = None, **more: Any
) -> dict[str, Any]:
    listing = operation(page, operationId="list_things", parameters=query(**parameters), **more)
    listing["responses"]["200"]["headers"] = headers or {}
    return document_of({"/things": {"post" if "requestBody" in more else "get": listing}}, servers=SERVERS)


def members(**properties: Any) -> dict[str, Any]:
    return list_of(ITEM, required=("items",), **properties)


def by_cursor(request: httpx.Request) -> httpx.Response:
    start = int(request.url.params.get("cursor", 0))
    following = str(start + 2) if start + 2 < 5 else None
    return httpx.Response(200, json={"items": entries(NAMES[start : start + 2]), "next_cursor": following})


def by_relative_url(request: httpx.Request) -> httpx.Response:
    start = int(request.url.params.get("offset", 0))
    assert request.url.params["kind"] == "x", "the next URL has the filter"
    following = f"/things?kind=x&offset={start + 2}" if start + 2 < 5 else None
    return httpx.Response(200, json={"items": entries(NAMES[start : start + 2]), "next": following})


def by_last_id(request: httpx.Request) -> httpx.Response:
    names = [name for name in NAMES if name > request.url.params.get("starting_after", "")]
    rows = [{"id": name, "name": name} for name in names[:2]]
    return httpx.Response(200 if names else 404, json={"items": rows, "has_more": len(names) > 2})


def by_link(request: httpx.Request) -> httpx.Response:
    start = int(request.url.params.get("offset", 0))
    headers = {"link": f'</things?offset={start + 2}>; rel="next"'} if start + 2 < 5 else {}
    return httpx.Response(200, json=entries(NAMES[start : start + 2]), headers=headers)


def by_zero_based_pages(request: httpx.Request) -> httpx.Response:
    start = int(request.url.params.get("page", 0)) * 2
    return httpx.Response(
        200 if start < 5 else 404, json={"items": entries(NAMES[start : start + 2]), "total_pages": 3}
    )


def by_body_with_next_after(request: httpx.Request) -> httpx.Response:
    body = json.loads(request.content)
    names = [name for name in NAMES if name > body.get("after", "")]
    return httpx.Response(200, json={"items": entries(names[:2]), "next_after": names[1] if len(names) > 2 else None})


SEARCHED = content(object_of("q", "after"))
TEXT_OR_NULL = {"type": ["string", "null"]}


@pytest.mark.parametrize(
    ("data", "service", "arguments"),
    [
        (listing_document(members(next_cursor=TEXT_OR_NULL), {"cursor": {"type": "string"}}), by_cursor, {}),
        (
            listing_document(members(next={**TEXT_OR_NULL, "format": "uri"}), {"kind": {"type": "string"}}),
            by_relative_url,
            {"kind": "x"},
        ),
        (
            listing_document(
                list_of(object_of("id", "name"), required=("items",), has_more={"type": "boolean"}),
                {"starting_after": {"type": "string", "description": "An object ID."}},
            ),
            by_last_id,
            {},
        ),
        (listing_document(members(total=COUNT), {"offset": COUNT, "limit": COUNT}), by_total, {}),
        (listing_document(members(total_pages=COUNT), {"page": {**COUNT, "default": 0}}), by_zero_based_pages, {}),
        (listing_document(members(meta={"type": "object", "properties": {"next": COUNT}}), {"page": COUNT}), by_number, {}),
        (listing_document(BARE, {"page": COUNT}, headers={"Link": {"schema": {"type": "string"}}}), by_link, {}),
        (
            listing_document(members(next_after=TEXT_OR_NULL), {}, requestBody=SEARCHED),
            by_body_with_next_after,
            {"q": "x"},
        ),
    ],
    ids=["token", "URL", "last id", "total", "pages", "number", "Link", "body"],
)  # fmt: skip
def test_recognised_pages_are_followed(
    generate: Generate,
    data: dict[str, Any],
    service: Callable[[httpx.Request], httpx.Response],
    arguments: dict[str, str],
):
    package = generate(data)
    network = httpx.MockTransport(service)
    with package.ThingApi(transport=network) as client:
        assert [item.name for item in client.list_things.iterate(**arguments)] == NAMES

    async def run() -> list[str]:
        async with package.AsyncThingApi(transport=network) as client:
            return [item.name async for item in client.list_things.iterate(**arguments)]

    assert asyncio.run(run()) == NAMES


def test_lists_that_share_what_states_the_next_page_have_their_own_items(generate: Generate):
    data = listing_document(members(next_cursor=TEXT_OR_NULL), {"cursor": {"type": "string"}})
    parameters = data["paths"]["/things"]["get"]["parameters"]
    data["components"] = {"schemas": {"Paging": object_of(next_cursor=TEXT_OR_NULL)}}
    for kind in ("sample", "file"):
        page = list_of(object_of(kind), meta=reference("Paging"))
        data["paths"][f"/{kind}s"] = {"get": operation(page, operationId=f"list_{kind}s", parameters=parameters)}
    package = generate(data)
    folder = Path(str(package.__file__)).parent / "operations"
    annotations = {
        name: re.findall(r"-> (Sequence.*):", (folder / f"list_{name}.py").read_text())
        for name in ("samples", "files", "things")
    }
    assert len({*map(str, annotations.values())}) == 3, annotations
