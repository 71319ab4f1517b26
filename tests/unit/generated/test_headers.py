"""Headers that a document declares for responses: typed, converted by their schemas, sync and async."""

import asyncio
import importlib
from types import ModuleType
from typing import Any

import pytest
from omicsdk.core import DecodeError
from omicsdk.core.response import ResponseHeaders
from recording_network import RecordingNetwork
from small_documents import content, document

INTEGER = {"type": "integer"}


def _responses(headers: Any, status: str = "200") -> Any:
    return {status: {"description": "", "headers": headers, **content({"type": "array", "items": INTEGER})}}


def _get(name: str, *responses: Any) -> Any:
    return {
        "get": {
            "operationId": name,
            "responses": {key: value for response in responses for key, value in response.items()},
        }
    }


DOCUMENT = document(
    {
        "/things": _get(
            "things",
            _responses(
                {
                    "X-Total": {"description": "How many.", "schema": INTEGER},
                    "X-Ids": {"schema": {"type": "array", "items": INTEGER}},
                    "X-Ratio": {"schema": {"type": "number"}},
                    "X-More": {"schema": {"type": "boolean"}},
                    "X-Kind": {"schema": {"enum": ["a", "b"]}},
                    "X-Level": {"schema": {"enum": [1, 2]}},
                    "Items": {"schema": {"type": "string"}},
                    "Date": {"schema": {"type": "string", "format": "date-time"}},
                    "X-Object": {"schema": {"type": "object", "properties": {"a": INTEGER}}},
                    "Content-Type": {"schema": {"type": "string"}},
                }
            ),
            _responses({"x-total": {"schema": INTEGER}, "Retry-After": {"schema": INTEGER}}, "202"),
            _responses({"X-Wrong": {"schema": INTEGER}}, "400"),
        ),
        "/one": _get("one", _responses({"X-Total": {"schema": INTEGER}})),
        "/two": _get("two", _responses({"X-Total": {"schema": INTEGER}})),
        "/plain": _get("plain", _responses({})),
    },
    servers=[{"url": "https://headers.example"}],
)
SENT = {
    "x-total": "12", "x-ids": "1, 2,3", "x-ratio": "0.5", "x-more": "true", "x-kind": "c", "x-level": "2", "items": "i",
    "date": "2024-01-02T03:04:05Z", "x-object": "a,1", "x-unknown": "kept",
}  # fmt: skip
READ = {
    "x_total": 12, "x_ids": [1, 2, 3], "x_ratio": 0.5, "x_more": True, "x_kind": "c", "x_level": 2, "items_header": "i",
    "date": "2024-01-02T03:04:05Z", "x_object": "a,1", "retry_after": None,
}  # fmt: skip


def _transport(sent: dict[str, str]) -> RecordingNetwork:
    return RecordingNetwork(200, json=[1], headers=sent)


def _called(package: ModuleType, name: str, sent: dict[str, str], *, strict: bool = False) -> Any:
    with package.ThingApi(transport=_transport(sent), strict=strict) as client:
        return getattr(client, name).with_headers()


def test_headers_are_what_their_schemas_say(package: ModuleType) -> None:
    response = _called(package, "things", SENT)
    names = [name for name in dir(response.headers) if name in READ]
    assert sorted(names) == sorted(READ)
    assert {name: getattr(response.headers, name) for name in READ} == READ
    assert (response.value, response.status) == ([1], 200)
    assert {name: response.headers[name.upper()] for name in SENT} == SENT
    assert not hasattr(response.headers, "content_type")
    assert not hasattr(response.headers, "x_wrong")


def test_the_asynchronous_client_gives_the_same(package: ModuleType) -> None:
    async def called() -> Any:
        async with package.AsyncThingApi(transport=_transport(SENT)) as client:
            return await client.things.with_headers()

    response = asyncio.run(called())
    assert {name: getattr(response.headers, name) for name in READ} == READ


def test_an_absent_header_is_none(package: ModuleType) -> None:
    response = _called(package, "things", {}, strict=True)
    assert {getattr(response.headers, name) for name in READ} == {None}


@pytest.mark.parametrize(
    ("name", "text", "attribute", "value"),
    [
        ("X-Total", "many", "x_total", "many"), ("X-Ids", "1,b", "x_ids", [1, "b"]), ("X-More", "yes", "x_more", "yes"),
        ("X-Kind", "c", "x_kind", "c"), ("X-Level", "3", "x_level", "3"), ("X-Total", "1.5", "x_total", 1.5),
        ("X-Total", "[" * 9999, "x_total", "[" * 9999),
    ],
)  # fmt: skip
def test_a_header_that_does_not_fit_is_kept_or_refused(
    package: ModuleType, name: str, text: str, attribute: str, value: object
) -> None:
    assert getattr(_called(package, "things", {name: text}).headers, attribute) == value
    with pytest.raises(DecodeError, match=rf"headers\.{name}"):
        _called(package, "things", {name: text}, strict=True)


def test_what_is_declared_alike_is_one_class_and_nothing_is_made_of_none(package: ModuleType) -> None:
    one, two = (_called(package, name, {}).headers for name in ("one", "two"))
    assert one.__class__ is two.__class__
    assert one.__class__.__name__ == "XTotalHeaders"
    assert type(_called(package, "plain", {}).headers) is ResponseHeaders
    module = importlib.import_module(f"{package.__name__}.headers")
    made = [cls for cls in vars(module).values() if isinstance(cls, type) and cls.__module__ == module.__name__]
    assert sorted(cls.__name__ for cls in made) == ["ThingsHeaders", "XTotalHeaders"]


def test_a_class_reads_the_headers_of_an_error_too(package: ModuleType) -> None:
    module = importlib.import_module(f"{package.__name__}.headers")
    assert module.XTotalHeaders({"X-TOTAL": "3"}).x_total == 3


def test_no_value_is_in_a_repr(package: ModuleType) -> None:
    assert "kept" not in repr(_called(package, "things", SENT))
