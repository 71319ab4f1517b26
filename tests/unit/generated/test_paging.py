"""Every style of paging, as an overlay states it, is followed by what is generated."""

import asyncio
from collections.abc import Callable
from types import ModuleType
from typing import Any

import httpx
import pytest

Generate = Callable[[dict[str, Any]], ModuleType]
ITEM = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
NAMES = ["a", "b", "c", "d", "e"]


def document(wish: dict[str, str], page: dict[str, Any]) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": "query", "schema": {"type": kind}}
        for name, kind in (("offset", "integer"), ("limit", "integer"), ("page", "integer"), ("start", "string"))
    ]
    response = {"200": {"description": "ok", "content": {"application/json": {"schema": page}}}}
    operation = {
        "operationId": "list_things",
        "parameters": parameters,
        "responses": response,
        "x-omics-pagination": wish,
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "servers": [{"url": "https://things.example.org"}],
        "paths": {"/things": {"get": operation}},
    }


LISTED = {"type": "object", "properties": {"items": {"type": "array", "items": ITEM}}, "required": ["items"]}
BARE = {"type": "array", "items": ITEM}


def things(names: list[str]) -> list[dict[str, str]]:
    return [{"name": name} for name in names]


def by_offset(query: httpx.QueryParams) -> object:
    start = int(query.get("offset", 0))
    return {"items": things(NAMES[start : start + 2])}


def by_page(query: httpx.QueryParams) -> object:
    start = (int(query.get("page", 1)) - 1) * 2
    return {"items": things(NAMES[start : start + 2])}


def by_url(query: httpx.QueryParams) -> object:
    start = int(query.get("offset", 0))
    more = [{"rel": "next", "href": f"/things?offset={start + 2}"}] if start + 2 < len(NAMES) else []
    return {"items": things(NAMES[start : start + 2]), "links": more}


def by_last_item(query: httpx.QueryParams) -> object:
    return things([name for name in NAMES if name > query.get("start", "")][:2])


STYLES = [
    ({"style": "offset", "items": "items", "offset": "offset", "limit": "limit"}, LISTED, by_offset),
    ({"style": "page", "items": "items", "page": "page"}, LISTED, by_page),
    ({"style": "continuation", "items": "items", "next": "links.rel=next.href"}, LISTED, by_url),
    ({"style": "token", "items": "", "token": "start", "next": "-1.name"}, BARE, by_last_item),
]


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
        return httpx.Response(200, json={"new": things(NAMES[start : start + 2])}, headers=more)

    with package.ThingApi(transport=httpx.MockTransport(service)) as client:
        assert [item.name for item in client.list_things.iterate()] == NAMES
