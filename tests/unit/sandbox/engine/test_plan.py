"""The plan of a document: which operations are answered from stored objects, which by example, and why."""

from typing import Any

import pytest
from omicsdk.sandbox.engine import Engine
from small_documents import document, list_of, object_of, operation

OBJECT = object_of("id", "name", size={"type": "integer"})
LIST = list_of(OBJECT, total={"type": "integer"})


def actions(paths: dict[str, Any]) -> dict[str, str]:
    """What each operation does, by method and path."""
    return {
        f"{explanation.method} {explanation.path}": explanation.action
        for explanation in Engine(document(paths)).explain()
    }


CRUD = {
    "/things": {"get": operation(LIST), "post": operation(OBJECT, OBJECT)},
    "/things/{thing_id}": {
        "get": operation(OBJECT),
        "put": operation(OBJECT, OBJECT),
        "patch": operation(OBJECT, OBJECT),
        "delete": operation(),
    },
}


def test_collections_and_items_are_recognised_from_their_paths():
    assert actions(CRUD) == {
        "GET /things": "list",
        "POST /things": "create",
        "GET /things/{thing_id}": "read",
        "PUT /things/{thing_id}": "replace",
        "PATCH /things/{thing_id}": "update",
        "DELETE /things/{thing_id}": "delete",
    }


def test_what_is_below_items_is_recognised_too():
    action_of = actions(
        {
            **CRUD,
            "/things/{thing_id}/parts": {"get": operation(LIST), "post": operation(OBJECT, OBJECT)},
            "/things/{thing_id}/parts/{part_id}": {"get": operation(OBJECT)},
            "/things/{thing_id}/settings": {"get": operation(OBJECT), "put": operation(OBJECT, OBJECT)},
            "/things/{thing_id}/close": {"post": operation(OBJECT)},
            "/things/{thing_id}:open": {"post": operation(OBJECT)},
            "/things/{thing_id}/statistics": {"get": operation(object_of(mean={"type": "number"}))},
        }
    )
    item = "/things/{thing_id}"
    below = {
        typed.replace(item, ""): action for typed, action in action_of.items() if not typed.endswith((item, "/things"))
    }
    assert below == {
        "GET /parts": "list",
        "POST /parts": "create",
        "GET /parts/{part_id}": "read",
        "GET /settings": "read single",
        "PUT /settings": "replace single",
        "POST /close": "act",
        "POST :open": "act",
        "GET /statistics": "example",
    }


@pytest.mark.parametrize("step", [1, -1])
def test_paths_of_items_may_have_the_singular_in_either_order(step: int):
    paths = {"/pets": CRUD["/things"], "/pet/{id}": {"get": operation(OBJECT), "delete": operation()}}
    assert actions(dict([*paths.items()][::step])) == {
        "GET /pets": "list",
        "POST /pets": "create",
        "GET /pet/{id}": "read",
        "DELETE /pet/{id}": "delete",
    }


def test_an_update_may_be_a_post_to_the_item():
    assert (
        actions({"/a.json": CRUD["/things"], "/a/{Sid}.json": {"post": operation(OBJECT, OBJECT)}})[
            "POST /a/{Sid}.json"
        ]
        == "update"
    )


def test_a_list_below_a_parent_may_be_of_objects_that_have_another_path():
    paths = {f"/lab{path}": operations for path, operations in CRUD.items()}
    paths["/users/{user_id}/things"] = {"get": operation(LIST), "post": operation(OBJECT, OBJECT)}
    engine = Engine(document({**paths, "/users/{user_id}": {"get": operation(OBJECT)}}))
    answers = [
        engine.plan.answer(operation_)
        for operation_ in engine.operations
        if operation_.path == "/users/{user_id}/things"
    ]
    assert [(answer.action, answer.elsewhere) for answer in answers] == [("list", True), ("create", True)]
    assert {answer.reason for answer in answers} == {"its objects are those of the collection lab/things"}


@pytest.mark.parametrize(
    ("parameter", "fields", "identity"),
    [
        ("id", ["id", "name"], ("id",)),
        ("thing_id", ["id", "name"], ("id",)),
        ("thing_id", ["thing_id", "id"], ("id",)),
        ("thingId", ["thingId", "name"], ("thingId",)),
        ("thing_gid", ["gid", "name"], ("gid",)),
        ("Sid", ["sid", "friendly_name"], ("sid",)),
        ("name", ["id", "name"], ("name",)),
        ("name", ["id", "thing_name"], ("thing_name",)),
        ("thing_slug", ["id", "slug"], ("slug",)),
        ("thing", ["name", "size"], ("name",)),
        ("thing_uuid", ["pk", "name"], ("pk",)),
        ("thing", ["size"], ()),
    ],
)
def test_the_identity_is_found_by_the_parameters_name_and_the_fields(
    parameter: str, fields: list[str], identity: tuple[str, ...]
):
    schema = {"type": "object", "properties": {name: {"type": "string"} for name in fields}}
    paths = {f"/things/{{{parameter}}}": {"get": operation(schema)}, "/things": {"post": operation(schema, schema)}}
    plan = Engine(document(paths)).plan
    assert plan.shape(plan.resources[("things",)]).identity == identity


@pytest.mark.parametrize("schema", [{"type": "string", "format": "uuid"}, {"type": "integer"}])
def test_a_uuid_or_a_number_in_the_path_is_no_name(schema: dict[str, str]):
    group = object_of("name", accession=schema)
    parameter = {"name": "group_uuid", "in": "path", "required": True, "schema": schema}
    plan = Engine(document({"/groups/{group_uuid}": {"get": operation(group), "parameters": [parameter]}})).plan
    assert plan.shape(plan.resources[("groups",)]).identity == ("accession",)


def test_an_identity_may_be_in_an_object_of_metadata():
    nested = object_of("name", metadata=object_of("label"), info=object_of("uid", "name"))
    plan = Engine(document({"/things/{uid}": {"get": operation(nested)}})).plan
    resource = plan.resources[("things",)]
    assert (plan.shape(resource).identity, plan.settable(resource)) == (("info", "uid"), {"uid"})


def test_the_noun_of_a_collection_is_its_singular():
    nouns = {"categories": "category", "classes": "class", "boxes": "box", "batches": "batch", "meshes": "mesh"}
    nouns |= {"statuses": "status", "analysis": "analysis", "cells": "cell"}
    plan = Engine(document({f"/{plural}/{{id}}": {"get": operation(OBJECT)} for plural in nouns})).plan
    assert {name: resource.noun for (name,), resource in plan.resources.items()} == nouns


@pytest.mark.parametrize(
    ("names", "action"),
    [
        (["hits", "others"], "list"),
        (["rows", "included", "errors"], "list"),
        (["things", "items"], "list"),
        (["rows", "others"], "example"),
        ([], "example"),
    ],
)
def test_a_list_is_found_by_its_name_or_as_the_only_one(names: list[str], action: str):
    page = object_of("next", **{name: {"type": "array", "items": OBJECT} for name in names})
    collection = {"get": operation(page), "put": operation(OBJECT, OBJECT), "delete": operation()}
    explanations = Engine(
        document({"/things": collection, "/things/{id}": {"put": operation(OBJECT, OBJECT)}})
    ).explain()
    assert [(explanation.method, explanation.kind, explanation.action) for explanation in explanations] == [
        ("GET", "state" if action == "list" else "example", action),
        ("PUT", "example", "example"),
        ("DELETE", "state", "clear"),
        ("PUT", "state", "replace"),
    ]


def test_an_item_may_have_no_path_of_a_collection():
    assert actions({"/things/{id}": {"put": operation(OBJECT, OBJECT)}}) == {"PUT /things/{id}": "replace"}
    assert actions({"/things/{id}": {"post": operation(OBJECT, OBJECT)}}) == {"POST /things/{id}": "example"}


def test_a_post_to_an_item_without_fields_changes_nothing():
    [explanation] = Engine(
        document({"/things": {"get": operation(LIST)}, "/things/{id}": {"post": operation()}})
    ).explain()[1:]
    assert (explanation.kind, explanation.action, explanation.reason) == (
        "example",
        "example",
        "POST of an item of things changes no fields",
    )


def test_a_collection_may_have_no_path_of_items():
    assert [*actions({"/things": CRUD["/things"]}).values()] == ["list", "create"]


@pytest.mark.parametrize(("response", "action"), [(LIST, "list"), (object_of("mean", "sum"), "example")])
def test_a_search_returns_objects_of_its_collection(response: dict[str, Any], action: str):
    action_of = actions({**CRUD, "/things/search": {"post": operation(response, object_of("text"))}})
    assert action_of["POST /things/search"] == action


@pytest.mark.parametrize(
    ("response", "around"),
    [
        (OBJECT, ()),
        ({"type": "object", "properties": {"data": OBJECT}}, ("data",)),
        (object_of("a", "b", "c", item=OBJECT), ("item",)),
        ({"type": "object", "properties": {"thing": OBJECT, "links": {"type": "object"}}}, ("thing",)),
        ({"type": "object", "properties": {"success": {"type": "boolean"}, "result": OBJECT}}, ("result",)),
    ],
)
def test_an_object_may_have_fields_around_it(response: dict[str, Any], around: tuple[str, ...]):
    plan = Engine(document({"/things/{id}": {"get": operation(response)}})).plan
    shape = plan.shape(plan.resources[("things",)])
    assert (shape.around, shape.identity) == (around, ("id",))


def test_every_operation_states_why_it_is_answered_so():
    [explanation] = Engine(document({"/health": {"get": operation({"type": "object"})}})).explain()
    assert (explanation.kind, explanation.action) == ("example", "example")
    assert explanation.reason == "its path is neither one of a collection nor of an item"


def test_a_document_without_paths_has_no_operations():
    assert Engine({"openapi": "3.1.0", "info": {"title": "Nothing", "version": "1"}}).explain() == []


def test_a_handler_without_an_operation_is_an_error():
    with pytest.raises(LookupError, match="nothing_at_all"):
        Engine(document(CRUD), handlers={"nothing_at_all": lambda call: None})
