"""Dynamic references: the schema that refers to a template completes it."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from generated_package import generate as generate
from omicsdk_codegen.document import read
from omicsdk_codegen.faults import DocumentError, Report
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


def _read(folder: Path, schemas: dict[str, Any], **operations: Any) -> tuple[Any, list[str]]:
    """The schemas of a document in one piece, and the pointers of what has no type."""
    spec = folder / "pages.json"
    paths = {f"/{name}": {"get": parts} for name, parts in operations.items()}
    spec.write_text(json.dumps(document(paths, {**SCHEMAS, **schemas})))
    report = Report()
    data = read(spec, report=report).data
    boxes = ("/components/schemas/Box/", "/components/schemas/Lost/")
    return data, [note.pointer for note in report.notes if not note.pointer.startswith(boxes)]


def test_schemas_that_refer_to_each_other_are_all_templates(tmp_path: Path) -> None:
    schemas: dict[str, Any] = {
        "Edge": {"type": "object", "properties": {"node": _ref("Node"), "weight": {"type": "integer"}}},
    }
    schemas["Node"] = {
        "type": "object",
        "properties": {"value": {"$dynamicRef": "#item"}, "edge": _ref("Edge")},
        "$defs": {"item": {"$dynamicAnchor": "item", "not": {}}},
    }
    extensions = {
        f"User{name}": {**_ref(name), "$defs": {"item": {"$dynamicAnchor": "item", **_ref("User")}}}
        for name in ("Node", "Edge")
    }
    data, _ = _read(tmp_path, {**schemas, **extensions})
    (edge,) = data["components"]["schemas"]["UserEdge"]["allOf"]
    (node,) = edge["properties"]["node"]["allOf"]
    assert node["properties"]["value"] == _ref("User")


def test_names_that_are_keywords_of_data_elsewhere(tmp_path: Path) -> None:
    names = ("default", "example", "examples", "const", "enum", "properties")
    template = {
        "type": "object",
        "properties": {name: {"type": "object", "properties": {name: {"$dynamicRef": "#item"}}} for name in names},
        "example": {"$dynamicRef": "#data"},
        "$defs": {"item": {"$dynamicAnchor": "item", "not": {}}},
    }
    extension = {**_ref("Named"), "$defs": {"item": {"$dynamicAnchor": "item", **_ref("User")}}}
    answer = {"description": "any", "content": {"application/json": {"schema": extension}}}
    data, untyped = _read(
        tmp_path,
        {"Named": template, "UserNamed": extension},
        named=operation(_ref("UserNamed")) | {"responses": {"200": {"description": "ok"}, "default": answer}},
    )
    assert untyped == []
    schema = data["paths"]["/named"]["get"]["responses"]["default"]["content"]["application/json"]["schema"]
    for (part,) in (data["components"]["schemas"]["UserNamed"]["allOf"], schema["allOf"]):
        assert part["properties"] == {name: {"type": "object", "properties": {name: _ref("User")}} for name in names}


def test_parts_beside_the_reference_to_a_template_are_completed_too(tmp_path: Path) -> None:
    more = {"type": "object", "properties": {"last": {"$dynamicRef": "#item"}}}
    data, untyped = _read(tmp_path, {"UserPage": {**_page_of("User"), "allOf": [more]}})
    assert untyped == []
    assert data["components"]["schemas"]["UserPage"]["allOf"][1]["properties"]["last"] == _ref("User")


def test_templates_that_double_with_each_step_are_refused(tmp_path: Path) -> None:
    chain = {
        f"T{number}": {"properties": {side: _ref(f"T{number + 1}") for side in ("left", "right")}}
        for number in range(40)
    }
    with pytest.raises(DocumentError, match="copies of its templates have more than"):
        _read(tmp_path, {**chain, "T40": SCHEMAS["Page"], "Users": {**_page_of("User"), **_ref("T0")}})
