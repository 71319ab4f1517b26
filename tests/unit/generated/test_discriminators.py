"""Responses whose schema is a base with a discriminator are decoded by it."""

import importlib
import inspect
from types import ModuleType
from typing import Any

import pytest
from omicsdk.core import DecodeError
from recording_network import RecordingNetwork
from small_documents import document, operation
from small_documents import reference as _ref


def _made_of(name: str, **properties: Any) -> dict[str, Any]:
    return {"allOf": [_ref(name), {"type": "object", "properties": properties}]}


PETS: dict[str, Any] = {
    "Pet": {
        "type": "object",
        "required": ["petType"],
        "discriminator": {"propertyName": "petType", "mapping": {"meow": "#/components/schemas/Cat"}},
        "properties": {"petType": {"type": "string"}, "friend": _ref("Pet")},
    },
    "Cat": _made_of("Pet", claws={"type": "integer"}),
    "Lion": _made_of("Cat", mane={"type": "boolean"}),
    "Dog": _made_of("Pet", tricks={"type": "array", "items": {"type": "string"}}),
    "Fish": {"allOf": [_ref("Pet")]},
    "Bird": {**_made_of("Pet", kind={"const": "bird", "default": "bird"}), "x-ms-discriminator-value": "tweet"},
}
DOCUMENT = document(
    {
        "/pets": {
            "get": operation({"type": "array", "items": _ref("Pet")}, operationId="list_pets"),
            "post": operation(_ref("Cat"), _ref("Pet"), operationId="add_pet"),
        },
        "/dogs": {"post": operation(body=_ref("Dog"), operationId="add_dog", status=204)},
    },
    PETS,
    servers=[{"url": "https://pets.example"}],
)


def _client(package: ModuleType, response: Any) -> Any:
    return package.ThingApi(transport=RecordingNetwork(200, json=response))


@pytest.mark.parametrize(
    ("data", "model"),
    [
        ({"petType": "meow", "claws": 3}, "Cat"),
        ({"petType": "Lion"}, "Lion"),
        ({"petType": "Dog", "tricks": ["roll"]}, "Dog"),
        ({"petType": "tweet"}, "Bird"),
        ({"petType": "Bird"}, "Bird"),
        ({"petType": "Pet"}, "Pet"),
        ({"petType": "Fish", "claws": 3}, "Pet"),
        ({"claws": 3}, "Cat"),
    ],
)
def test_the_discriminator_states_which_model_it_is(package: ModuleType, data: dict[str, Any], model: str) -> None:
    (pet,) = _client(package, [data]).list_pets()
    assert type(pet).__name__ == model
    assert pet.to_dict() == data


@pytest.mark.parametrize("data", [{"petType": "snake"}, {"petType": "snake", "tricks": []}, {"petType": 5, "claws": 1}])
def test_an_object_with_an_unknown_tag_stays_as_it_came(package: ModuleType, data: dict[str, Any]) -> None:
    assert _client(package, [data]).list_pets() == [data]
    (dog,) = _client(package, [{"petType": "Dog", "friend": data}]).list_pets()
    assert dog.friend == data
    assert dog.to_dict() == {"petType": "Dog", "friend": data}


def test_a_type_checker_knows_that_it_may(package: ModuleType) -> None:
    assert "dict[str, Any]" in str(inspect.signature(_client(package, []).list_pets).return_annotation)
    body = inspect.signature(importlib.import_module(f"{package.__name__}.operations.add_pet").build).parameters["body"]
    assert "Any" not in str(body.annotation), "what is sent has a tag that the document knows"


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"petType": "snake"}, "petType"),
        ({"petType": "meow", "claws": "many"}, "claws"),
        ({"petType": "Dog", "friend": {"petType": "meow", "claws": "many"}}, "friend.claws"),
        ({"petType": "Dog", "friend": {"petType": "snake"}}, "friend.petType"),
        ({"petType": "Dog", "friend": None}, "friend"),
        ({"claws": 3}, ""),
    ],
)
def test_a_strict_client_holds_an_object_against_the_variant_that_it_names(
    package: ModuleType, data: dict[str, Any], field: str
) -> None:
    client = _client(package, [data]).with_options(strict=True)
    with pytest.raises(DecodeError) as raised:
        client.list_pets()
    assert raised.value.field == f"[0].{field}".rstrip(".")


def test_a_constant_is_sent_unless_another_value_is_given(package: ModuleType) -> None:
    assert package.models.Bird("tweet").to_dict() == {"petType": "tweet", "kind": "bird"}
    assert package.models.Bird("tweet", kind="bat").to_dict() == {"petType": "tweet", "kind": "bat"}


def test_a_strict_client_takes_what_the_document_allows(package: ModuleType) -> None:
    data = {"petType": "Dog", "tricks": ["roll"], "friend": {"petType": "meow", "claws": 3}}
    assert _client(package, [data]).with_options(strict=True).list_pets()[0].to_dict() == data


def test_variants_stand_within_each_other(package: ModuleType) -> None:
    data = {"petType": "Dog", "friend": {"petType": "meow", "friend": {"petType": "Lion", "mane": True}}}
    (dog,) = _client(package, [data]).list_pets()
    assert type(dog.friend.friend).__name__ == "Lion"
    assert dog.to_dict() == data


def test_a_variant_that_is_a_base_itself_is_read_as_its_own_variants(package: ModuleType) -> None:
    client = _client(package, {"petType": "Lion", "mane": True})
    assert type(client.add_pet(body={"petType": "Dog"})).__name__ == "Lion"


def test_a_base_as_a_body_is_one_argument_for_it_may_be_more_than_its_fields(package: ModuleType) -> None:
    network = RecordingNetwork(200, json={})
    client = package.ThingApi(transport=network)
    client.add_pet(body={"petType": "Dog", "tricks": ["roll"]})
    client.add_dog(pet_type="Dog", tricks=["roll"])
    assert [request.content for request in network.requests] == [b'{"petType":"Dog","tricks":["roll"]}'] * 2
