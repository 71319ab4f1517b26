"""A data dictionary: read from a commons or a file, requested nodes, properties, links, and the order that they give."""

import json
from pathlib import Path
from typing import Any

import pytest
from gen3_records import dictionary, relatives
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.gen3 import Gen3UserError
from omicsdk.gen3.dictionary import Dictionary, DictionaryError, groups_in_order, read_dictionary, shapes_of
from omicsdk.sandbox.gen3.records.dictionary import sds_document


def test_kinds_of_values_are_reported_as_the_dictionary_states_them() -> None:
    nodes = dictionary().nodes
    assert nodes["experiment"].properties["number_experimental_group"].kinds == ("integer",)
    assert nodes["manifest"].properties["is_described_by"].kinds == ("string", "array")
    assert nodes["dataset_description"].properties["number_of_subjects"].read_items_as == "integer"
    assert nodes["case"].properties["updated_datetime"].kinds == ("string",)
    assert nodes["case"].properties["state"].choices[-1] == "released"
    required = nodes["case"].to_dict()["required"]
    assert required == sorted(nodes["case"].required)  # in the same order in each run


def test_groups_of_links_are_one_requirement() -> None:
    image = dictionary().node("slide_image")
    assert image.is_file
    assert set(image.links) == {"slides", "core_metadata_collections"}
    assert image.groups == ((("slides", "core_metadata_collections"), True, False),)


def test_what_is_not_submitted_is_reported() -> None:
    others = {"other": {**_node("other", "case"), "submittable": False}, "unlinked": _node("unlinked")}
    sample_dictionary = dictionary(**others)
    names = ("program", "project", "root", "case", "slide_image", *others)
    assert [name for name in names if sample_dictionary.node(name).submitted] == ["case", "slide_image"]


def test_nodes_come_after_what_they_link_to() -> None:
    sample_dictionary = dictionary()
    order = sample_dictionary.order()
    assert sorted(order) == sorted(sample_dictionary.nodes)
    for node, link in sample_dictionary.links():
        assert order.index(link.target) < order.index(node.name)
    assert sample_dictionary.order(["sample", "case", "experiment"]) == ("experiment", "case", "sample")
    assert sample_dictionary.cycles == ()


def test_a_node_that_links_to_itself_is_a_separate_circle() -> None:
    assert dictionary(subject=relatives()).cycles == (("subject",),)


def _node(name: str, *targets: str) -> dict[str, Any]:
    links = [{"name": f"{target}s", "target_type": target, "backref": f"{name}s_of_{target}"} for target in targets]
    return {"id": name, "links": links, "properties": {"type": {"type": "string"}}}


def test_nodes_that_need_each_other_are_reported_as_a_circle() -> None:
    nodes = {name: _node(name, *targets) for name, *targets in (("a", "b"), ("b", "c"), ("c", "a"), ("d", "a"))}
    circular = Dictionary(nodes)
    assert circular.groups == (("a", "b", "c"), ("d",))
    assert circular.cycles == (("a", "b", "c"),)


@given(st.dictionaries(st.integers(0, 12), st.lists(st.integers(0, 14), max_size=4), max_size=12))
def test_every_object_stands_behind_what_it_needs_unless_they_need_each_other(needs: dict[int, list[int]]) -> None:
    groups = groups_in_order(needs)
    assert sorted(item for group in groups for item in group) == sorted(needs)
    place = {item: number for number, group in enumerate(groups) for item in group}
    reached = {item: _reached(item, needs) for item in needs}
    for item, needed in needs.items():
        for other in needed:
            if other in needs:
                assert place[other] <= place[item]
                assert (place[other] == place[item]) == (other == item or item in reached[other])


def _reached(begin: int, needs: dict[int, list[int]]) -> set[int]:
    seen: set[int] = set()
    waiting = [begin]
    while waiting:
        for item in needs.get(waiting.pop(), ()):
            if item in needs and item not in seen:
                seen.add(item)
                waiting.append(item)
    return seen


def test_a_chain_of_100000_is_no_trouble() -> None:
    needs = {number: [number - 1] for number in reversed(range(100_000))}
    assert groups_in_order(needs)[:2] == [(0,), (1,)]


def test_a_node_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(Gen3UserError, match=r"no node 'cases'.*Did you mean 'case'"):
        dictionary().node("cases")


def test_a_dictionary_is_read_from_a_json_file(tmp_path: Path) -> None:
    file = tmp_path / "dictionary.json"
    file.write_text(json.dumps({f"{name}.yaml": part for name, part in sds_document().items()}))
    assert read_dictionary(file).node("sample").links["cases"].target == "case"


def test_a_dictionary_is_read_from_a_folder_of_yaml(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    for name, part in sds_document().items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(part))
    from_folder = read_dictionary(tmp_path)
    assert set(from_folder.nodes) == set(dictionary().nodes)
    assert from_folder.order(["sample", "case", "experiment"]) == ("experiment", "case", "sample")


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "no node"),
        ({"a": _node("a", "b")}, "a links by bs to b, which it does not have"),
        ({"a": {"properties": {"$ref": "_definitions.yaml#/gone"}}}, "refers to _definitions.yaml#/gone"),
        ({"_definitions": {"x": {"$ref": "#/x"}}, "a": {"properties": {"x": {"$ref": "#/x"}}}}, "circular"),
    ],
    ids=["empty", "link", "reference", "circular"],
)
def test_a_dictionary_with_holes_is_refused(document: dict[str, Any], message: str) -> None:
    with pytest.raises(DictionaryError, match=message):
        Dictionary(document)


LAUGHS = b"a0: &a0 [x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 10)
)
CHAIN: dict[str, Any] = {
    "s0": {"type": "string"},
    **{f"s{n}": {"oneOf": [{"$ref": f"#/s{n - 1}"}, {"$ref": f"#/s{n - 1}"}]} for n in range(1, 30)},
    "case": {
        "id": "case",
        "category": "clinical",
        "program": "*",
        "project": "*",
        "links": [],
        "properties": {"a": {"$ref": "#/s29"}},
    },
}

_OTHER_FILES = {
    "half.json": (b"{", "it is not JSON: .*line 1"),
    "digits.json": (b'{"case": ' + b"9" * 5000 + b"}", "it is not JSON: .*limit"),
    "list.json": (b"[]", "it is not an object"),
    "deep.json": (b"[" * 100_000, "nested too deep|is not JSON"),
    "image.json": (b"\x89PNG\r\n\xff", "it is not text in UTF-8"),
    "half.yaml": (b"a: [", "it is not YAML: .*line 1"),
    "nul.yaml": (b"a: \0", "it is not YAML"),
    "date.yaml": (b"a: 2020-02-31", "it is not YAML: .*day"),
    "text.yaml": (b"only words", "it is not an object"),
    "number.yaml": (b"1: {properties: {}}", "1 in it is not text"),
    "other.yaml": (b"a: 1", "no node"),
    "laughs.yaml": (LAUGHS, "line 7: its aliases expand to more than 1,000,000 values"),
    "chain.json": (json.dumps(CHAIN).encode(), "references expand to more than 100,000 values"),
}


@pytest.mark.parametrize("name", _OTHER_FILES)
def test_a_file_that_is_no_dictionary_is_named_with_why_and_what_to_give(tmp_path: Path, name: str) -> None:
    content, expected = _OTHER_FILES[name]
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(Gen3UserError, match=expected) as caught:
        read_dictionary(file)
    assert isinstance(caught.value, DictionaryError)
    assert str(file) in caught.value.message
    assert caught.value.remedy


def test_a_dictionary_that_cannot_be_opened_states_why_without_the_systems_number(tmp_path: Path) -> None:
    (tmp_path / "nodes" / "case.yaml").mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    (tmp_path / "twice").mkdir()
    for name in ("case.yaml", "case.json"):
        (tmp_path / "twice" / name).write_text("{}")
    for name, message in (
        ("gone.json", r"No dictionary found at .*gone\.json"),
        ("nodes", r"case\.yaml cannot be read: "),
        ("empty", r"empty is not a data dictionary: no file in it ends in \.json, \.yaml or \.yml"),
        ("twice", r"twice is not a data dictionary: two files in it are of the node case"),
    ):
        with pytest.raises(Gen3UserError, match=message) as caught:
            read_dictionary(tmp_path / name)
        assert "Errno" not in str(caught.value)
        assert caught.value.remedy


def test_a_property_that_is_required_by_an_older_draft_is_one() -> None:
    schema = {"properties": {"a": {"type": "object", "required": True}, "b": {"type": "object", "required": ["x"]}}}
    shapes = {name: entry.shapes for name, entry in Dictionary({"case": schema}).node("case").properties.items()}
    assert [shape.keys for (shape,) in shapes.values()] == [(), ("x",)]


@pytest.mark.parametrize("pattern", [r"^\p{L}+$", "a{99999999999}", "(" * 999 + ")" * 999])
def test_a_pattern_of_another_dialect_is_left_to_the_commons(pattern: str):
    assert [shape.pattern for shape in shapes_of({"type": "string", "pattern": pattern})] == [None]
