"""Arborist's document: corrected where answers are of another shape."""

from typing import Any

import pytest

SERVICE = "gen3/arborist"


def test_names_say_which_method_it_is(spec: Any) -> None:
    verbs = {"replace": "PUT", "update": "PATCH", "delete": "DELETE", "create": "POST", "grant": "POST", "list": "GET"}
    for name, place in spec.names().items():
        verb = name.partition("_")[0]
        assert place.startswith(verbs.get(verb, "")), name


@pytest.mark.parametrize(("kind", "item"), [("users", "User"), ("clients", "Client"), ("groups", "Group")])
def test_lists_hold_whole_objects(spec: Any, kind: str, item: str) -> None:
    listed = spec.corrected["components"]["schemas"][f"{item}sList"]["properties"][kind]
    assert listed["type"] == "array"
    assert listed["items"] == {"$ref": f"#/components/schemas/{item}"}


def test_resources_are_written_as_trees_and_read_as_paths(spec: Any) -> None:
    schemas = spec.corrected["components"]["schemas"]
    tree = schemas["ResourceInput"]["properties"]["subresources"]["items"]
    assert tree == {"$ref": "#/components/schemas/ResourceInput"}
    assert schemas["Resource"]["properties"]["subresources"]["items"] == {"type": "string"}
    assert "409" in spec.operation("create_resource")["responses"]


def test_the_path_of_a_resource_keeps_its_slashes_and_expand_is_no_part_of_one(spec: Any) -> None:
    assert spec.corrected["components"]["parameters"]["ResourcePath"]["x-omics-raw-path"] is True
    assert [p["in"] for p in spec.operation("list_policies")["parameters"]] == ["query"]


def test_what_is_about_the_user_needs_credentials(spec: Any) -> None:
    assert set(spec.wishes("security")) == {"check_auth_proxy", "list_auth_resources"}
