"""Whole packages: what their files are called, and what stays when a document grows."""

import copy
import itertools
from typing import Any

import pytest
from omicsdk_codegen.faults import DocumentError, Report
from omicsdk_codegen.parser import LostType
from omicsdk_codegen.progress import counted
from planned_documents import DOCUMENT, INNER, files_of, json_response, planned
from small_documents import reference


def test_inline_models_are_named_after_their_path() -> None:
    names = {cls.name: module.name for module in planned(DOCUMENT).models for cls in module.classes}
    assert names == {
        "GetOneResponse": "get_one_response",
        "GetOneResponseItemsItem": "get_one_response_items_item",
        "PostTwoAbout": "post_two_about",
        "PutThreeBodyItem": "put_three_body_item",
        "Node": "edge",
        "Edge": "edge",
        "EdgeLabel": "edge_label",
        "PickWithLeft": "pick_with_left",
        "PickTheRight": "pick_the_right",
    }


def _classes(data: dict[str, Any]) -> set[str]:
    return {cls.name for module in planned(data).models for cls in module.classes}


def _pick(*variants: dict[str, Any]) -> dict[str, Any]:
    return {**DOCUMENT, "paths": {}, "components": {"schemas": {"Pick": {"oneOf": list(variants)}}}}


def _variant(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}, **fields}}


@pytest.mark.parametrize(
    ("variants", "names"),
    [
        ([_variant(kind={"const": "a"}), _variant(kind={"enum": ["b c"]})], {"PickWithKindA", "PickWithKindBC"}),
        ([_variant(left=INNER), _variant(right=INNER)], {
            "PickWithKindAndLeft", "PickWithKindAndRight", "PickWithKindLeft", "PickWithKindRight"}),
        ([_variant(), _variant(kind={"type": "integer"})], {"PickWithKind1", "PickWithKind2"}),
    ],
)  # fmt: skip
def test_variants_that_begin_alike_are_distinguished_by_more_of_them(variants: Any, names: set[str]) -> None:
    assert _classes(_pick(*variants)) == names


def test_a_choice_of_fractions_is_written() -> None:
    schema = {"type": "object", "properties": {"factor": {"type": "number", "enum": [1.1, -1.2]}}}
    files = files_of({**DOCUMENT, "paths": {}, "components": {"schemas": {"Thing": schema}}})
    assert "literal(1.1, -1.2)" in files["models/thing.py"]


def test_a_default_that_is_equal_to_the_only_value_is_sent_as_that_value() -> None:
    schema = {"type": "object", "properties": {"page": {"type": "integer", "enum": [1], "default": True}}}
    files = files_of({**DOCUMENT, "paths": {}, "components": {"schemas": {"Thing": schema}}})
    assert "page: Literal[1] | int | Omit = 1," in files["models/thing.py"]


def test_a_field_and_a_schema_that_read_alike_are_distinguished() -> None:
    schemas = {"Thing": {"type": "object", "properties": {"part": INNER}}, "Thing_part": INNER}
    names = _classes({**DOCUMENT, "paths": {}, "components": {"schemas": schemas}})
    assert names == {"Thing", "ThingPartField", "ThingPartModel"}


@pytest.mark.parametrize(
    ("operations", "names"),
    [
        ([("/a", "list", "x"), ("/a/{b}", "list", "x")], ["list_get_a", "list_get_a_b"]),
        ([("/a/{b}", "list", "cats"), ("/a/{b}/", "list", "dogs")], ["cats_list", "dogs_list"]),
        ([("/a/{b}", "", "cats"), ("/a/{b}/", "", "dogs")], ["cats_get_a_b", "dogs_get_a_b"]),
        ([("/a", "", "x"), ("/a~", "", "x")], ["get_a", "get_a_tilde"]),
        ([("/a", f"read_{'again_' * 12}", "x")], ["read_again_again_again_again_again_again_again_again_again"]),
    ],
)
def test_operations_are_distinguished_by_path_tag_and_signs(
    operations: list[tuple[str, str, str]], names: list[str]
) -> None:
    paths = {
        path: {
            "get": {"operationId": name, "tags": [tag], **json_response(INNER)}
            if name
            else {"tags": [tag], **json_response(INNER)}
        }
        for path, name, tag in operations
    }
    assert [draft.name for draft in planned({**DOCUMENT, "paths": paths}).drafts] == names


# Long names, names in other scripts, and those that want the same one.
AWKWARD: dict[str, Any] = {
    **DOCUMENT,
    "paths": {
        f"/{index}": {"get": {"operationId": name, **json_response({"type": "object", "properties": {"内容": INNER}})}}
        for index, name in enumerate(
            ["一覧", "list", "list", "мир", "mir", "a_long_name_" * 9 + "b", "a_long_name_" * 9 + "c"]
        )
    },
    "components": {
        "schemas": {
            "ユーザー": INNER,
            "Мир": INNER,
            "Mir": INNER,
            "LongName" * 9 + "B": INNER,
            "LongName" * 9 + "C": INNER,
        }
    },
}


def test_awkward_names_stay_when_a_document_grows() -> None:
    before = files_of(AWKWARD)
    grown = copy.deepcopy(AWKWARD)
    grown["components"]["schemas"] = {"名前": INNER, **grown["components"]["schemas"], "Zebra": INNER}
    grown["paths"] = {"/new": {"get": {"operationId": "取得", **json_response(INNER)}}, **grown["paths"]}
    after = files_of(grown)
    changed = {name for name in before if after.get(name) != before[name]}
    assert changed == {"client.py", "commands.json", "models/__init__.py", "openapi.json", "types.py"}


def test_what_exists_keeps_its_text_when_a_document_grows() -> None:
    before = files_of(DOCUMENT)
    grown = copy.deepcopy(DOCUMENT)
    grown["components"]["schemas"] = {"Apple": INNER, **grown["components"]["schemas"], "Zebra": INNER}
    grown["paths"] = {"/zero": {"get": {"operationId": "getZero", **json_response(INNER)}}, **grown["paths"]}
    after = files_of(grown)
    changed = {name for name in before if after.get(name) != before[name]}
    assert changed == {"client.py", "commands.json", "models/__init__.py", "openapi.json", "types.py"}


def test_the_order_of_a_document_changes_no_code() -> None:
    turned = copy.deepcopy(DOCUMENT)
    turned["paths"] = dict(reversed(turned["paths"].items()))
    turned["components"]["schemas"] = dict(reversed(turned["components"]["schemas"].items()))
    before, after = files_of(DOCUMENT), files_of(turned)
    changed = {name for name in before if after.get(name) != before[name]}
    # The models of a circle stand in the document's order.
    assert changed <= {"commands.json", "openapi.json", "models/edge.py"}


def test_models_share_one_set_of_names() -> None:
    data = copy.deepcopy(DOCUMENT)
    data["components"]["schemas"] |= {
        "getone": INNER,
        "GetOne": INNER,
        "ThingApi": INNER,
        "FooDict": INNER,
        "Foo": INNER,
    }
    package = planned(data)
    classes = [cls.name for module in package.models for cls in module.classes]
    assert len({name.casefold() for name in classes}) == len(classes)
    assert not {"ThingApi", "FooDict"} & set(classes)


def test_a_chain_of_all_of_without_end_is_a_fault() -> None:
    schemas = {f"S{n}": {"allOf": [reference(f"S{n + 1}"), INNER]} for n in range(3000)} | {"S3000": INNER}
    with pytest.raises(DocumentError, match="nests deeper"):
        planned({**DOCUMENT, "components": {"schemas": schemas}, "paths": {}})


def test_a_long_chain_of_models_is_none() -> None:
    schemas = {
        f"S{n}": {"type": "object", "properties": {"next": reference(f"S{(n + 1) % 2000}")}} for n in range(2000)
    }
    assert (
        sum(
            len(module.classes)
            for module in planned({**DOCUMENT, "components": {"schemas": schemas}, "paths": {}}).models
        )
        == 2000
    )


@pytest.mark.parametrize(
    ("servers", "url"),
    [
        ([{"url": "https://a.example/v1/"}], "'https://a.example/v1'"),
        (
            [{"url": "https://{h}.example", "variables": {"h": {"default": "b"}}}, {"url": "https://c.example"}],
            "'https://b.example'",
        ),
        ([{"url": "/v1"}], "''"),
        ([{"url": 'https://x"\n'}], "''"),
        ([{"url": "{{HOST}}"}], "''"),
        ([], "''"),
        (None, "''"),
    ],
)
def test_the_first_server_is_the_default(servers: Any, url: str) -> None:
    assert planned({**DOCUMENT, "servers": servers}).base_url == url


def test_a_type_that_the_parser_loses_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> None:
        raise LostType("/components/schemas/Node/properties/edges")

    monkeypatch.setattr("omicsdk_codegen.plan.parse", lost)
    with pytest.raises(DocumentError, match="/components/schemas/Node/properties/edges"):
        planned(DOCUMENT)


def test_all_faults_of_overlays_wishes_are_reported_at_once() -> None:
    data = copy.deepcopy(DOCUMENT)
    for path, method in (("/one/{id}", "get"), ("/two", "post")):
        data["paths"][path][method]["x-omics-pagination"] = {"style": "link", "items": "nowhere"}
    with pytest.raises(DocumentError) as caught:
        planned(data)
    assert len(caught.value.faults) == 2


@pytest.mark.parametrize(
    ("url", "noted"),
    [("https://a.example/v1", False), ("/", False), ("/v3", True), ("localhost:80", True), ('https://a/"b"', True)],
)
def test_a_server_that_is_no_whole_address_is_noted(url: str, noted: bool) -> None:
    report = Report()
    planned({**DOCUMENT, "servers": [{"url": url}]}, report=report, flat=True)
    assert [(note.kind, note.before) for note in report.notes] == ([("omission", f"server {url}")] if noted else [])


def test_how_far_a_long_step_is_is_reported_ten_times_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = itertools.count(step=0.03)
    monkeypatch.setattr("omicsdk_codegen.progress.monotonic", lambda: next(seconds))
    messages: list[str] = []
    assert list(counted(range(2000), "writing", messages.append)) == list(range(2000))
    assert messages[:2] == ["writing: 3 of 2,000", "writing: 7 of 2,000"]
    assert 0.03 * 2000 / 0.1 / 2 < len(messages) <= 0.03 * 2000 / 0.1 * 2


def test_a_short_step_reveals_nothing_about_its_parts() -> None:
    messages: list[str] = []
    assert list(counted("abc", "writing", messages.append)) == ["a", "b", "c"]
    assert messages == []
