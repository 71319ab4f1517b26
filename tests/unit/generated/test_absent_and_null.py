"""Absent fields and null differ, in what is sent and in what is received."""

import asyncio
import importlib
import inspect
import json
from types import ModuleType
from typing import Any

import httpx
import pytest
from omicsdk.core.omit import OMIT
from small_documents import document, operation, reference

CARD = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string"},
        "note": {"type": ["string", "null"]},
        "owner": {"oneOf": [reference("Owner"), {"type": "null"}]},
        "tags": {"type": "array", "items": reference("Owner")},
    },
}
OWNER = {"type": "object", "properties": {"name": {"type": ["string", "null"]}, "mail": {"type": "string"}}}
# More fields are allowed, so the body is one argument.
CHANGE = reference("Card") | {"additionalProperties": True}
DOCUMENT = document(
    {
        "/cards": {
            "get": operation(reference("Card"), operationId="get_card"),
            "patch": operation(reference("Card"), CHANGE, operationId="change_card"),
        }
    },
    {"Card": CARD, "Owner": OWNER},
    servers=[{"url": "https://cards.example"}],
)


def echo(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=request.content or b'{"id": "1", "note": null, "new": null}')


@pytest.fixture(scope="module")
def cards(generate: Any) -> ModuleType:
    package = generate(DOCUMENT)
    importlib.import_module(f"{package.__name__}.models")
    return package


@pytest.fixture
def card(cards: ModuleType) -> Any:
    return cards.ThingApi(transport=httpx.MockTransport(echo)).get_card()


def test_a_response_is_given_back_as_it_came(card: Any) -> None:
    assert card.to_dict() == {"id": "1", "note": None, "new": None}
    assert (card.note, card.owner, card.tags, card.null_fields) == (None, None, None, {"note"})


def test_a_patch_clears_fields(cards: ModuleType, card: Any) -> None:
    client = cards.ThingApi(transport=httpx.MockTransport(echo))
    card.owner = None
    sent = json.loads(client.change_card.raw(body=card).request.content)
    assert sent == {"id": "1", "note": None, "owner": None, "new": None}
    del card.note
    card.owner = cards.models.Owner(name=None)
    card.tags = [cards.models.Owner(), cards.models.Owner(mail="m")]
    sent = json.loads(client.change_card.raw(body=card).request.content)
    assert sent == {"id": "1", "owner": {"name": None}, "tags": [{}, {"mail": "m"}], "new": None}
    assert client.change_card(body=card) == card


def test_an_asynchronous_patch_clears_fields(cards: ModuleType) -> None:
    async def changed() -> Any:
        async with cards.AsyncThingApi(transport=httpx.MockTransport(echo)) as client:
            return await client.change_card(body=cards.models.Card("1", note=None))

    assert asyncio.run(changed()).to_dict() == {"id": "1", "note": None}


def test_optional_fields_of_a_constructor_are_omitted_by_default(cards: ModuleType) -> None:
    parameters = inspect.signature(cards.models.Card).parameters
    assert list(parameters) == ["id", "note", "owner", "tags", "additional_properties"]
    assert [parameters[name].default for name in ("note", "owner", "tags")] == [OMIT, OMIT, OMIT]
    assert parameters["id"].default is inspect.Parameter.empty
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'id'"):
        cards.models.Card(note="x")
