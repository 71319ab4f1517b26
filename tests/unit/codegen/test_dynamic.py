"""Dynamic references: the schema that refers to a template completes it."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from generated_package import generate as generate
from omicsdk_codegen.document import read
from omicsdk_codegen.faults import Report
from recording_network import RecordingNetwork
from small_documents import document, operation
from small_documents import reference as _ref


def _page_of(name: str) -> dict[str, Any]:
    return {**_ref("Page"), "$defs": {"item": {"$dynamicAnchor": "item", **_ref(name)}}}


SCHEMAS: dict[str, Any] = {
    "Page": {
        "type": "object",
        "required": ["items"],
        "properties": {
            "items": {"type": "array", "items": {"$dynamicRef": "#item"}},
            "total": {"type": "integer"},
            "first": _ref("Box"),
        },
        "$defs": {"item": {"$dynamicAnchor": "item", "not": {}}},
    },
    "Box": {"type": "object", "properties": {"content": {"$dynamicRef": "#item"}}},
    "User": {"type": "object", "properties": {"name": {"type": "string"}}},
    "Team": {"type": "object", "properties": {"title": {"type": "string"}}},
    "UserPage": _page_of("User"),
    # An anchor of the schema itself, which a schema that extends it takes over.
    "Tree": {
        "$dynamicAnchor": "node",
        "type": "object",
        "properties": {"children": {"type": "array", "items": {"$dynamicRef": "#node"}}},
    },
    "Labelled": {"$dynamicAnchor": "node", "allOf": [_ref("Tree")], "properties": {"label": {"type": "string"}}},
    # The only anchor of its name.
    "Wallet": {"type": "object", "properties": {"coin": {"$dynamicRef": "#coin"}}},
    "Coin": {"$dynamicAnchor": "coin", "type": "object", "properties": {"value": {"type": "integer"}}},
    "Lost": {"type": "object", "properties": {"thing": {"$dynamicRef": "#nowhere"}}},
}
RESPONSES = {
    "/users": _ref("UserPage"),
    "/teams": _page_of("Team"),
    "/pages": _ref("Page"),
    "/labelled": _ref("Labelled"),
    "/trees": _ref("Tree"),
    "/wallet": _ref("Wallet"),
}
DOCUMENT = document(
    {path: {"get": operation(schema)} for path, schema in RESPONSES.items()},
    SCHEMAS,
    servers=[{"url": "https://pages.example"}],
)


@pytest.fixture(scope="module")
def client(generate: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    spec = tmp_path_factory.mktemp("spec") / "pages.json"
    spec.write_text(json.dumps(DOCUMENT))
    package = generate(read(spec).data)
    importlib.import_module(f"{package.__name__}.models")
    return package


def _answered(package: Any, operation: str, response: Any) -> Any:
    return getattr(package.ThingApi(transport=RecordingNetwork(200, json=response), strict=True), operation)()


def test_a_template_is_completed_by_the_schema_that_refers_to_it(client: Any) -> None:
    data = {"items": [{"name": "a"}], "total": 1, "first": {"content": {"name": "b"}}}
    page = _answered(client, "get_users", data)
    assert page == client.models.UserPage.from_dict(data)
    assert page.items == [client.models.User("a")]
    assert page.first.content == client.models.User("b")
    assert page.to_dict() == data
    teams = _answered(client, "get_teams", {"items": [{"title": "t"}]})
    assert teams.items == [client.models.Team("t")]
    assert _answered(client, "get_pages", {"items": [1, {"any": "thing"}]}).items == [1, {"any": "thing"}]


def test_a_schema_that_extends_another_is_in_its_places_too(client: Any) -> None:
    data = {"label": "a", "children": [{"label": "b", "children": []}]}
    tree = _answered(client, "get_labelled", data)
    assert [type(child).__name__ for child in tree.children] == ["Labelled"]
    assert tree.to_dict() == data
    assert [type(child).__name__ for child in _answered(client, "get_trees", data).children] == ["Tree"]


def test_the_only_anchor_of_a_name_is_taken(client: Any) -> None:
    assert _answered(client, "get_wallet", {"coin": {"value": 5}}).coin == client.models.Coin(5)


def test_a_reference_without_an_anchor_is_reported(tmp_path: Path) -> None:
    spec = tmp_path / "pages.json"
    spec.write_text(json.dumps(DOCUMENT, indent=1))
    report = Report()
    read(spec, report=report)
    line = spec.read_text().splitlines().index('      "$dynamicRef": "#nowhere"') + 1
    # A box alone has no anchor either: only a page around it states what its content is.
    assert [(note.kind, note.pointer) for note in report.notes] == [
        ("untyped", "/components/schemas/Box/properties/content/$dynamicRef"),
        ("untyped", "/components/schemas/Lost/properties/thing/$dynamicRef"),
    ]
    assert report.notes[1].line == line
