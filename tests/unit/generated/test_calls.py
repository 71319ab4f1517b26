"""A generated package, sync and async, against a transport without a network."""

import asyncio
import json
from types import ModuleType
from typing import Any

import httpx
import pytest
from omicsdk.core import DecodeError, NotFound
from small_documents import document, object_of, operation, query, reference

FILE = object_of(
    "name",
    required=("name",),
    size={"type": ["integer", "null"]},
    next=reference("File"),
    kind={"type": "string", "enum": ["data", "index"]},
)
PAGE = object_of(required=("bundle",), bundle=object_of(files={"type": "array", "items": reference("File")}))
SOURCE = object_of("source", required=("source",), about=reference("File"), note={"type": ["string", "null"]})
TAGS = {"type": "array", "items": {"type": "string"}}
UUID = {"name": "uuid", "in": "path", "required": True, "schema": {"type": "string"}}


def _get_bundle() -> dict[str, Any]:
    replica, tags = query(replica={"type": "string", "enum": ["aws"]}, tags=TAGS)
    trace = {"name": "X-Trace", "in": "header", "schema": {"type": "integer"}}
    operation_ = operation(
        PAGE,
        operationId="get_bundle",
        security=[],
        parameters=[UUID, replica | {"required": True}, tags | {"explode": False}, trace],
        **{"x-omics-pagination": {"style": "link", "items": "bundle.files"}},
    )
    operation_["responses"] |= operation(PAGE, status=206)["responses"] | {"404": {"description": "None such"}}
    return operation_


def _put_file() -> dict[str, Any]:
    operation_ = operation(reference("File"), SOURCE, operationId="put_file", parameters=[UUID], status=201)
    operation_["responses"]["202"] = {"description": "Later"}
    return operation_


DOCUMENT = document(
    {
        "/bundles/{uuid}": {"get": _get_bundle()},
        "/files/{uuid}": {
            "get": {
                "operationId": "get_file",
                "parameters": [UUID],
                "responses": {"200": {"description": "", "content": {"application/octet-stream": {}}}},
            },
            "head": operation(operationId="head_file", parameters=[UUID]),
            "put": _put_file(),
            "delete": operation(operationId="delete_file", parameters=[UUID], status=204),
        },
    },
    {"File": FILE},
    servers=[{"url": "https://things.example/v1"}],
    security=[{"key": []}],
)

PAGES = {
    "": ({"bundle": {"files": [{"name": "a", "new": [1]}, {"name": "b", "size": None}]}}, "?page=2"),
    "2": ({"bundle": {"files": [{"name": "c"}]}}, None),
}


def response(request: httpx.Request) -> httpx.Response:
    if request.url.path.endswith("/missing"):
        return httpx.Response(404, json={"title": "gone"})
    if request.method == "HEAD":
        return httpx.Response(200, headers={"X-Size": "3"})
    if request.method == "PUT":
        body = json.loads(request.content)
        return (
            httpx.Response(202) if body["source"] == "later" else httpx.Response(201, json={"name": "n", "sent": body})
        )
    if "/files/" in request.url.path:
        return httpx.Response(200, content=b"bytes")
    data, following = PAGES[request.url.params.get("page", "")]
    headers = {"Link": f'<{request.url.copy_with(query=None)}{following}>; rel="next"'} if following else {}
    return httpx.Response(206 if following else 200, json=data, headers=headers)


@pytest.fixture
def client(package: ModuleType) -> Any:
    return package.ThingApi(transport=httpx.MockTransport(response))


def test_a_call_is_parsed_into_a_model_that_keeps_what_it_does_not_know(client: Any) -> None:
    page = client.get_bundle(uuid="u", replica="aws")
    first, second = page.bundle.files
    assert (first.name, first.size, first.additional_properties) == ("a", None, {"new": [1]})
    assert second.additional_properties is None
    assert page.to_dict() == PAGES[""][0]


def test_items_and_pages_come_from_all_pages(client: Any) -> None:
    assert [file.name for file in client.get_bundle.iterate(uuid="u", replica="aws")] == ["a", "b", "c"]
    assert [file.name for file in client.get_bundle.iterate(uuid="u", replica="aws").take(2)] == ["a", "b"]
    assert [len(page.bundle.files) for page in client.get_bundle.pages(uuid="u", replica="aws")] == [2, 1]


def test_parameters_stand_where_the_document_states(client: Any) -> None:
    response = client.get_bundle.raw(uuid="a b", replica="aws", tags=["x", "y"], x_trace=7)
    assert response.request.url.raw_path == b"/v1/bundles/a%20b?replica=aws&tags=x,y"
    assert response.request.headers["x-trace"] == "7"


def test_a_body_is_made_of_its_fields(client: Any) -> None:
    made = client.put_file(uuid="u", source="s", about={"name": "q"}, note=None)
    assert made.additional_properties == {"sent": {"source": "s", "about": {"name": "q"}, "note": None}}
    assert client.put_file(uuid="u", source="later") is None


def test_bytes_come_whole_or_as_a_stream(client: Any) -> None:
    assert client.get_file(uuid="u") == b"bytes"
    with client.get_file.stream(uuid="u") as body:
        assert (body.read(2), body.read()) == (b"by", b"tes")


def test_head_returns_headers(client: Any) -> None:
    assert client.head_file(uuid="u")["x-size"] == "3"


def test_errors_are_those_of_the_core(client: Any) -> None:
    with pytest.raises(NotFound, match="gone"):
        client.get_file(uuid="missing")


def test_an_argument_that_is_not_one_is_refused(client: Any) -> None:
    with pytest.raises(TypeError, match=r"get_file\(\) has no argument .nonsense."):
        client.get_file(uuid="u", nonsense=1)
    with pytest.raises(TypeError, match="missing"):
        client.get_file()


def test_a_strict_client_names_operation_and_field(package: ModuleType) -> None:
    broken = httpx.MockTransport(lambda _: httpx.Response(200, json={"bundle": {"files": [{"name": 7}]}}))
    with pytest.raises(DecodeError, match=r"get_bundle.*bundle\.files\[0\]\.name"):
        package.ThingApi(transport=broken, strict=True).get_bundle(uuid="u", replica="aws")
    assert package.ThingApi(transport=broken).get_bundle(uuid="u", replica="aws").bundle.files[0].name == 7


def test_a_response_of_another_type_is_kept(package: ModuleType) -> None:
    payload = {"bundle": {"uuid": [1], "files": [{"name": 3}]}, "more": 2}
    odd = httpx.MockTransport(lambda _: httpx.Response(200, json=payload))
    page = package.ThingApi(transport=odd).get_bundle(uuid="u", replica="aws")
    assert page.to_dict() == payload
    assert next(iter(package.ThingApi(transport=odd).get_bundle.iterate(uuid="u", replica="aws"))).name == 3


@pytest.mark.parametrize("entry", [None, 3, "a", [], [{}]])
def test_an_entry_of_a_page_that_is_no_object_is_refused(package: ModuleType, entry: object) -> None:
    payload = {"bundle": {"uuid": "u", "files": [{"name": "a"}, entry]}}
    odd = httpx.MockTransport(lambda _: httpx.Response(200, json=payload))
    with pytest.raises(DecodeError, match=r"get_bundle.*bundle\.files\[1\]'.*an object"):
        list(package.ThingApi(transport=odd).get_bundle.iterate(uuid="u", replica="aws"))


def test_a_web_page_is_no_success_of_an_operation_without_content(package: ModuleType) -> None:
    """As of a login, or of a network's portal, to which a request was redirected."""

    def call(text: str) -> None:
        transport = httpx.MockTransport(lambda _: httpx.Response(200, text=text))
        package.ThingApi(transport=transport).delete_file(uuid="u")

    for text in ("", "null", '{"deleted": true}', "deleted"):
        assert call(text) is None
    with pytest.raises(DecodeError, match=r"delete_file: the response of https://\S* is a web page titled 'Log in'"):
        call("<!DOCTYPE html><html><head><title>Log in</title></head></html>")


def test_options_make_a_clone_over_the_same_connections(client: Any) -> None:
    other = client.with_options(headers={"X-Team": "omics"})
    assert other.get_file.raw(uuid="u").request.headers["x-team"] == "omics"
    assert "x-team" not in client.get_file.raw(uuid="u").request.headers


def test_the_async_twin_does_the_same(package: ModuleType) -> None:
    async def calls() -> list[Any]:
        async with package.AsyncThingApi(transport=httpx.MockTransport(response)) as client:
            async with client.get_file.stream(uuid="u") as body:
                streamed = await body.read()
            return [
                (await client.get_bundle(uuid="u", replica="aws")).to_dict(),
                [file.name async for file in client.get_bundle.iterate(uuid="u", replica="aws").take(2)],
                [len(page.bundle.files) async for page in client.get_bundle.pages(uuid="u", replica="aws")],
                streamed,
                (await client.head_file(uuid="u"))["x-size"],
                (await client.get_file.raw(uuid="u")).status_code,
            ]

    assert asyncio.run(calls()) == [PAGES[""][0], ["a", "b"], [2, 1], b"bytes", "3", 200]
