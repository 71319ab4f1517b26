"""Step 2: overlays."""

import copy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk_codegen.faults import DocumentError
from omicsdk_codegen.load import load_bytes
from omicsdk_codegen.overlay import apply, corrects
from omicsdk_codegen.source import Places, Source
from omicsdk_codegen.values import Json

DOCUMENT = """a:
  list:
  - one
  - two
  - {name: three}
  - four
  - {name: five}
b: {x: 1, y: {z: 2}}
"""


def source(text: str, name: str = "doc.yaml") -> Source:
    return load_bytes(text.encode(), path=Path(name), label=name, uri=f"file:///{name}")


def overlay(actions: str) -> Source:
    return source("overlay: 1.0.0\ninfo: {title: o, version: '1'}\nactions:\n" + actions, "over.yaml")


def laid(*actions: str) -> Json:
    return apply(source(DOCUMENT), [overlay(action) for action in actions]).data


def refused(*actions: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        laid(*actions)
    return [str(fault) for fault in caught.value.faults]


def test_an_update_is_merged_into_objects_and_lengthens_lists() -> None:
    data = laid("- {target: $.b, update: {y: {w: 3}, v: [1]}}\n- {target: $, update: {b: {v: [2]}, c: null}}\n")
    assert data["b"] == {"x": 1, "y": {"z": 2, "w": 3}, "v": [1, 2]}
    assert data["c"] is None


def test_an_update_is_appended_to_a_list_and_replaces_a_value() -> None:
    data = laid(
        "- {target: \"$.a['list','list']\", update: {name: six}}\n- {target: $.b.x, update: no}\n- {target: '$.a.list[0]', update: zero}\n"
        "- {target: $.a.list, update: [7, [8]]}\n"
    )
    assert data["a"]["list"][5:] == [{"name": "six"}, 7, [8]]
    assert data["a"]["list"][0] == "zero"
    assert data["b"]["x"] == "no"


def test_an_update_of_several_targets_gives_each_its_own_copy() -> None:
    data = laid("- {target: '$.a.list[?@.name]', update: {more: {}}}\n- {target: '$.a.list[2].more', update: {k: 1}}\n")
    assert data["a"]["list"][4] == {"name": "five", "more": {}}


def test_a_copy_is_merged_and_appended_as_an_update_is() -> None:
    data = laid(
        "- {target: $.b, copy: $}\n- {target: $.a, copy: $.b.y}\n- {target: $.a.list, copy: $.a.list}\n- {target: $.b.x, copy: $.a.z}\n"
    )
    listed = ["one", "two", {"name": "three"}, "four", {"name": "five"}]
    before = {"x": 1, "y": {"z": 2}}
    assert data == {"a": {"list": listed * 2, "z": 2}, "b": {"x": 2, "y": {"z": 2}, "a": {"list": listed}, "b": before}}


def test_list_items_are_removed_from_last_to_first() -> None:
    data = laid("- {target: '$.a.list[0,1,3]', remove: true}\n- {target: '$.b.*', remove: true}\n")
    assert data == {"a": {"list": [{"name": "three"}, {"name": "five"}]}, "b": {}}


def test_a_part_and_what_is_in_it_can_be_removed_together() -> None:
    assert laid("- {target: '$..*', remove: true}\n") == {}


def test_later_overlays_see_what_earlier_ones_did() -> None:
    assert laid("- {target: $, update: {n: {}}}\n", "- {target: $.n, update: {m: 1}}\n")["n"] == {"m": 1}


def test_the_document_itself_stays_as_it_was() -> None:
    document = source(DOCUMENT)
    before = copy.deepcopy(document.data)
    apply(document, [overlay("- {target: $.a, remove: true}\n- {target: $.b, update: {x: 2}}\n")])
    assert document.data == before
    assert apply(document, []) is document


def test_every_part_of_the_result_knows_its_origin() -> None:
    places, document = Places(), source(DOCUMENT)
    places.adopt(document)
    actions = "- target: '$.a.list[0,2]'\n  remove: true\n- target: $.a.list\n  update: six\n- target: $.b\n  update:\n    y: {z: 3}\n    w: {v: 1}\n- {target: $.b.w, copy: $.a}\n"
    data = apply(document, [overlay(actions)], places).data
    assert data == {
        "a": {"list": ["two", "four", {"name": "five"}, "six"]},
        "b": {"x": 1, "y": {"z": 3}, "w": {"v": 1, "list": ["two", "four", {"name": "five"}, "six"]}},
    }
    expected = {
        "": ("doc.yaml", 1),
        "/a/list/0": ("doc.yaml", 4),
        "/a/list/1": ("doc.yaml", 6),
        "/a/list/2/name": ("doc.yaml", 7),
        "/a/list/3": ("over.yaml", 7),
        "/b/x": ("doc.yaml", 8),
        "/b/y": ("doc.yaml", 8),
        "/b/y/z": ("over.yaml", 10),
        "/b/w/v": ("over.yaml", 11),
        "/b/w/list/2/name": ("doc.yaml", 7),
    }
    for pointer, (file, line) in expected.items():
        place = places.follow(data, pointer)
        assert place is not None
        assert (place.file, place.line) == (file, line), pointer


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("- {target: $.none, update: {}}\n", "over.yaml:4: the target $.none selects nothing (/actions/0/target)"),
        ("- {target: $.none, remove: true}\n", "over.yaml:4: the target $.none selects nothing"),
        ("- {target: '$.a[', remove: true}\n", "over.yaml:4: the target $.a[ is no JSONPath"),
        ("- {target: a, remove: true}\n", "over.yaml:4: the target a is no JSONPath"),
        ("- {target: $.b}\n", "over.yaml:4: an action neither updates nor removes"),
        ("- {update: {}}\n", "over.yaml:4: an action has no target"),
        ("- {target: $.b, updates: {}}\n", "over.yaml:4: an action has the unknown member updates"),
        ("- {target: $.b, remove: yes}\n", "over.yaml:4: remove is neither true nor false"),
        ("- {target: $.b, update: {}, copy: $.a}\n", "over.yaml:4: an action both updates and copies"),
        ("- {target: $.b, copy: 1}\n", "over.yaml:4: an action has no copy"),
        ("- {target: $.b, copy: $.c}\n", "over.yaml:4: the copy $.c selects nothing (/actions/0/copy)"),
        ("- {target: $.b, copy: $.*}\n", "over.yaml:4: the copy $.* selects 2 parts"),
        ("- {target: $.b, copy: $.b.x}\n", "over.yaml:4: the copy doesn't fit what the target $.b selects"),
        ("- {target: $, remove: true}\n", "over.yaml:4: an action removes the whole document"),
        ("- {target: $.b, update: [1]}\n", "over.yaml:4: the update doesn't fit what the target $.b selects"),
        ("- {target: $.b.x, update: {y: 1}}\n", "over.yaml:4: the update doesn't fit"),
        ("- 1\n", "over.yaml:4: an action isn't a mapping"),
        ("- {target: $.a.list, update: six}\n" * 2, "over.yaml:5: an action is stated twice (/actions/1). Keep one."),
    ],
)
def test_an_action_that_cannot_be_done_is_a_fault(action: str, expected: str) -> None:
    (fault,) = refused(action)
    assert fault.startswith(expected)


def test_all_faults_are_reported_and_other_actions_tried() -> None:
    assert (
        len(
            refused(
                "- {target: $.no, remove: true}\n- {target: $.b.x, remove: true}\n- {target: $.b.x, remove: true}\n"
            )
        )
        == 2
    )


def test_an_overlay_states_that_it_is_one() -> None:
    with pytest.raises(DocumentError, match="it does not state the version of an overlay") as caught:
        apply(source(DOCUMENT), [source("a: 1\n")])
    assert "it has no list of actions" in str(caught.value)


def test_extends_names_a_file_beside_the_overlay_or_the_document(tmp_path: Path) -> None:
    root = tmp_path / "spec" / "api.yaml"
    part = tmp_path / "spec" / "parts" / "b.yaml"
    part.parent.mkdir(parents=True)
    for path in (root, part):
        path.write_text("a: 1\n")
    document = load_bytes(b"a: 1\n", path=root, label="api.yaml", uri=root.resolve().as_uri())

    def about(extends: str, folder: Path) -> str:
        text = f"overlay: 1.0.0\nextends: {extends}\n" if extends else "overlay: 1.0.0\n"
        return corrects(
            load_bytes(text.encode(), path=folder / "o.yaml", label="o.yaml", uri="file:///o.yaml"), document
        )

    assert about("", tmp_path) == root.as_uri()
    assert about("spec/api.yaml", tmp_path) == root.as_uri()
    assert about("api.yaml", tmp_path) == root.as_uri()
    assert about("parts/b.yaml", tmp_path) == part.as_uri()
    assert about("https://a.org/x.yaml", tmp_path) == "https://a.org/x.yaml"
    (tmp_path / "loop").symlink_to("loop")
    for extends, expected in [
        *((name, "which does not exist") for name in ("c.yaml", "http://[", '"a\\0b"', "a" * 300, "loop/x")),
        ("file:///etc/passwd", "neither a file nor a web address"),
        ("[1]", "extends is not text"),
    ]:
        with pytest.raises(DocumentError, match=expected):
            about(extends, tmp_path)


LISTS = st.lists(
    st.integers(0, 9) | st.dictionaries(st.sampled_from("ab"), st.integers(0, 3), max_size=2), min_size=1, max_size=8
)


@given(LISTS, st.data())
def test_removing_items_leaves_the_others_with_their_lines(items: list[Json], data: st.DataObject) -> None:
    import json

    gone = data.draw(st.lists(st.integers(0, len(items) - 1), min_size=1, unique=True))
    text = "x:\n" + "".join(f"- {json.dumps(item)}\n" for item in items)
    places, document = Places(), source(text)
    places.adopt(document)
    actions = (
        "".join(f"- {{target: '$.x[{index}]', remove: true}}\n" for index in sorted(gone, reverse=True))
        if len(gone) % 2
        else ""
    )
    actions = actions or f"- {{target: '$.x[{','.join(map(str, gone))}]', remove: true}}\n"
    result = apply(document, [overlay(actions)], places).data
    kept = [index for index in range(len(items)) if index not in gone]
    assert result == {"x": [items[index] for index in kept]}
    for new, old in enumerate(kept):
        place = places.follow(result, f"/x/{new}")
        assert place is not None
        assert place.line == old + 2
