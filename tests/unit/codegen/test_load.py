"""Step 1: reading YAML and JSON."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk_codegen.faults import DocumentError, Fault
from omicsdk_codegen.limits import MAX_DEPTH
from omicsdk_codegen.load import JsonLines, load, load_bytes
from omicsdk_codegen.source import Source
from omicsdk_codegen.values import Json, at, join


def read(text: str | bytes, name: str = "a.yaml") -> Source:
    raw = text.encode() if isinstance(text, str) else text
    return load_bytes(raw, path=Path(name), label=name, uri=f"file:///{name}")


def faults(text: str | bytes, name: str = "a.yaml") -> list[str]:
    with pytest.raises(DocumentError) as caught:
        read(text, name)
    return [str(fault) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"), ("yes", "yes"), ("on", "on"), ("12:30", "12:30"), ("2020-01-02", "2020-01-02"), ("true", True), ("False", False),
        ("~", None), ("", None), ("null", None), ("010", 10), ("0o10", 8), ("0x1F", 31), ("1e3", 1000.0), (".5", 0.5), ("-7", -7),
        ("1_000", "1_000"), ("'1'", "1"), ('"true"', "true"), ("!!str 12", "12"), ("!!int '12'", 12), ("! 12", "12"), ("+1", 1), ("-", ["-"]),
        ("nulls", "nulls"), ("1.2.3", "1.2.3"), ("=", "="),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(text: str, value: Json) -> None:
    expected = [None] if value == ["-"] else value
    assert read(f"a:\n  {text}\n").data == {"a": expected}


def test_keys_are_text_as_written() -> None:
    assert read("200: a\nno: b\nnull: c\n0x10: d\n1.0: e\n'x': f\n").data == {
        "200": "a",
        "no": "b",
        "null": "c",
        "0x10": "d",
        "1.0": "e",
        "x": "f",
    }


def test_version_numbers_stay_as_written() -> None:
    data = read("swagger: 2.0\ninfo: {version: 1.10, x: 1.10}\nversion: 1.10\n").data
    assert data == {"swagger": "2.0", "info": {"version": "1.10", "x": 1.1}, "version": 1.1}


def test_placeholders_may_stand_unquoted() -> None:
    data = read("host: {{ HOST }}\nbasePath: {{A}}/v1\nurl: 'https://{{A}}/'\nflow: {a: {b: 1}}\n").data
    assert data == {"host": "{{ HOST }}", "basePath": "{{A}}/v1", "url": "https://{{A}}/", "flow": {"a": {"b": 1}}}


def test_merge_keys_fill_what_is_missing() -> None:
    data = read("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: {<<: [{x: 5}, *a], '<<': 4}\n").data
    assert data == {"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 3}, "c": {"x": 5, "y": 2, "<<": 4}}


def test_merged_members_come_before_those_of_the_mapping_itself() -> None:
    data = read("a: &a {x: 1, y: 2}\nb: {z: 3, <<: *a, y: 4}\n").data
    assert json.dumps(data) == '{"a": {"x": 1, "y": 2}, "b": {"x": 1, "y": 4, "z": 3}}'


def test_an_alias_is_a_copy() -> None:
    data = read("a: &a {x: [1]}\nb: *a\n").data
    assert isinstance(data, dict)
    assert data["a"] == data["b"]
    assert data["a"] is not data["b"]


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_every_key_that_occurs_twice_is_reported(name: str) -> None:
    text = '{"a": 1,\n "b": [0, {"c": 1,\n "c": 2}],\n "a": [1,{}]}\n'
    assert faults(text, name) == [
        f"{name}:3: the key c stands twice in one mapping (/b/1/c). Keep one, or name the second otherwise.",
        f"{name}:4: the key a stands twice in one mapping (/a). Keep one, or name the second otherwise.",
    ]


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("", "a.yaml", "a.yaml: it is empty"),
        (" \n", "a.json", "a.json: it is empty"),
        ("# only this\n", "a.yaml", "a.yaml:1: expected a mapping, found nothing"),
        ("- 1\n", "a.yaml", "a.yaml:1: expected a mapping, found a list"),
        ("[1]", "a.json", "a.json:1: expected a mapping, found a list"),
        ("hello", "a.yaml", "a.yaml:1: expected a mapping, found the single value 'hello'"),
        ("\0\1", "a.json", "a.json:1: it is binary"),
        (b"a: \xff\xfe\n", "a.yaml", "a.yaml:1: not UTF-8 text"),
        ('{"a": 1,}', "a.json", "a.json:1: invalid JSON"),
        ('{"a": NaN}', "a.json", "a.json: invalid JSON"),
        ('{"a": 1e999}', "a.json", "a.json: invalid JSON: 1e999 is outside the range"),
        (f'{{"a": {"9" * 5000}}}', "a.json", f"a.json: invalid JSON: {'9' * 40} is outside the range"),
        ("a: 1\n b: 2\n", "a.yaml", "a.yaml:2: invalid YAML"),
        ("a: b\n\tc: d\n", "a.yaml", "a.yaml:2: invalid YAML: a tab indents this line. Indent with spaces."),
        ("a:\n  - b\n  \t- c\n", "a.yaml", "a.yaml:3: invalid YAML: a tab indents this line. Indent with spaces."),
        ("a: |\n\tb\n", "a.yaml", "a.yaml:2: invalid YAML: a tab indents this line. Indent with spaces."),
        ("a:\n  -\tb\n", "a.yaml", "a.yaml:2: invalid YAML: a tab indents this line. Indent with spaces."),
        ("a: {b: c:\td}\n", "a.yaml", "a.yaml:1: invalid YAML: did not find"),
        ("é: {?b: 1}\n", "a.yaml", "a.yaml:1: in braces or brackets, a word begins with '?'. Put it in quotes."),
        ("a:\r\n- [b, ?c]\r\n", "a.yaml", "a.yaml:2: in braces or brackets, a word begins with '?'. Put it in quotes."),
        ("a: .inf\n", "a.yaml", "a.yaml:1: .inf is outside the range"),
        (f"a: {'9' * 5000}\n", "a.yaml", f"a.yaml:1: {'9' * 40} is outside the range"),
        (f"a: 0x{'f' * 5000}\n", "a.yaml", f"a.yaml:1: 0x{'f' * 38} is outside the range"),
        ("a: 1\n---\nb: 2\n", "a.yaml", "a.yaml:2: a second document begins"),
        ("? [a]\n: 1\n", "a.yaml", "a.yaml:1: a key is a mapping or a list"),
        ("a: !include b.yaml\n", "a.yaml", "a.yaml:1: the tag !include has no meaning in JSON"),
        (
            "a: !!python/object/apply:os.system [ls]\n",
            "a.yaml",
            "a.yaml:1: the tag tag:yaml.org,2002:python/object/apply:os.system",
        ),
        ("a: &a [*a]\n", "a.yaml", "a.yaml:1: the alias *a has no anchor"),
        ("a: {<<: 1}\n", "a.yaml", "a.yaml:1: a merge key (<<) has a value that is not a mapping"),
        ("a: \x01\n", "a.yaml", "a.yaml: invalid YAML"),
    ],
)
def test_an_invalid_document_is_refused(text: str | bytes, name: str, expected: str) -> None:
    (fault,) = faults(text, name)
    assert fault.startswith(expected)


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_a_path_that_occurs_twice_is_reported_as_it_is_written(name: str) -> None:
    (fault,) = faults('{"/a": 1, "/a": 2}', name)
    assert "the key /a stands twice in one mapping (/~1a)" in fault


def test_keys_that_occur_twice_in_block_style_are_reported_with_their_lines() -> None:
    assert faults("a: 1\nb:\n  200: x\n  '200': y\na: 2\n") == [
        "a.yaml:4: the key 200 stands twice in one mapping (/b/200). Keep one, or name the second otherwise.",
        "a.yaml:5: the key a stands twice in one mapping (/a). Keep one, or name the second otherwise.",
    ]


def test_flow_style_that_is_no_json_is_read_as_yaml() -> None:
    assert read("{a: [1, no],}\n").data == {"a": [1, "no"]}


def test_a_single_value_may_have_an_anchor_and_be_a_key() -> None:
    assert read("a: &x 200\nb: *x\n*x : c\n").data == {"a": 200, "b": 200, "200": "c"}
    assert read("&x true: &y 1e3\n*y : *x\n?z: [{? *x}]\n").data == {"true": 1000, "1e3": True, "?z": [{"true": None}]}
    (fault,) = faults("a: &x [1]\n*x : c\n")
    assert fault.startswith("a.yaml:2: a key is a mapping or a list")


def test_block_style_that_nests_without_end_is_refused() -> None:
    text = "".join(" " * depth + "a:\n" for depth in range(3000))
    (fault,) = faults(text)
    assert fault.startswith(f"a.yaml:{MAX_DEPTH + 1}: it nests deeper")


def test_a_file_that_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omicsdk_codegen.load.MAX_BYTES", 2)
    (tmp_path / "a.yaml").write_text("a: 1\n")
    for path in filter(Path.exists, (tmp_path / "a.yaml", Path("/dev/zero"))):
        with pytest.raises(DocumentError, match="it has more than"):
            load(path)


def test_a_duplicate_before_a_mistake_is_reported_too() -> None:
    assert len(faults("a: 1\na: 2\nb: [\n")) == 2


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_nesting_without_end_is_refused(name: str) -> None:
    text = '{"x": 1,\n"a":' * 3000 + "1" + "}" * 3000
    (fault,) = faults(text, name)
    assert f"it nests deeper than {MAX_DEPTH} levels" in fault
    assert f"{name}:{MAX_DEPTH + 1}" in fault


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_nesting_at_the_limit_is_read(name: str) -> None:
    read('{"a":' * MAX_DEPTH + "1" + "}" * MAX_DEPTH, name)


def test_a_bomb_of_aliases_is_refused() -> None:
    rows = ["x0: &x0 [a,a,a,a,a,a,a,a,a]"] + [f"x{i}: &x{i} [{','.join([f'*x{i - 1}'] * 9)}]" for i in range(1, 12)]
    (fault,) = faults("\n".join(rows))
    assert "aliases stand for more than 1,000,000 values" in fault


def test_aliases_that_nest_one_another_are_refused() -> None:
    rows = ["x0: &x0 [a]"] + [f"x{i}: &x{i} [*x{i - 1}]" for i in range(1, 300)]
    (fault,) = faults("\n".join(rows))
    assert "it nests deeper" in fault


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ("{a: ", "}")])
def test_an_alias_whose_copy_nests_to_the_limit_is_read(opened: str, closed: str) -> None:
    value = opened * (MAX_DEPTH - 1) + "1" + closed * (MAX_DEPTH - 1)
    data = read(f"x: &x {value}\ny: *x\n").data
    assert isinstance(data, dict)
    assert data["x"] == data["y"]


def test_aliases_that_stand_for_as_many_values_as_the_limit_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omicsdk_codegen.load_yaml.MAX_COPIED", 3)
    assert read("a: &a [1, 2]\nb: *a\n").data == {"a": [1, 2], "b": [1, 2]}
    (fault,) = faults("a: &a [1, 2, 3]\nb: *a\n")
    assert fault.startswith("a.yaml:2: its aliases stand for more than")


def test_a_file_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        with pytest.raises(DocumentError, match="it cannot be opened"):
            load(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_byte_order_marks_and_windows_line_ends_are_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("a: é\r\nb:\r\n  - 1\r\n".encode(encoding))
    source = load(path)
    assert source.data == {"a": "é", "b": [1]}
    assert source.line("/b/0") == 3


def test_json_in_a_yaml_file_is_read_as_json() -> None:
    assert read('{"a": "\\ud83d\\ude00",\n\t"b": "\\ud800"}').data == {"a": "😀", "b": "\ud800"}


def test_lines_are_those_of_keys_and_of_the_nearest_value_around() -> None:
    source = read("a:\n  b:\n    - 1\n    -\n      c: |\n        x\n        y\n  d: 2\n")
    assert [source.line(p) for p in ("", "/a", "/a/b", "/a/b/0", "/a/b/1/c", "/a/d", "/a/none/x")] == [
        1,
        1,
        2,
        3,
        5,
        8,
        1,
    ]


def test_lines_of_json_are_those_of_keys_and_of_the_members_of_lists() -> None:
    lines = JsonLines('\n{"a":\n[1,\n2],\n"b": 3}', {"a": [1, 2], "b": 3})
    assert dict(lines) == {"": 2, "/a": 2, "/a/0": 3, "/a/1": 4, "/b": 5}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def pointers(value: Json, pointer: str = "") -> list[str]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [pointer] + [inner for key, member in members for inner in pointers(member, join(pointer, key))]


@given(st.dictionaries(st.text(), VALUES), st.sampled_from([None, 1]))
def test_json_comes_back_with_a_line_for_each_value(value: dict[str, Json], indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    source = read(text, "a.json")
    assert source.data == value
    lines = JsonLines(text, value)
    assert sorted(lines) == sorted(pointers(value))
    rows = text.split("\n")
    for pointer, line in lines.items():
        if pointer and not isinstance(at(value, pointer.rpartition("/")[0]), list):
            key = pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
            assert json.dumps(key) in rows[line - 1]


# The text begins with no sign, dot or digit: the writer follows YAML 1.1, to which other texts are numbers.
TEXT = st.text("ab:#'\"{}[]<>&*!|- 01.\n\\é", max_size=12).filter(lambda text: not text or text[0] not in "-.01")


@given(st.dictionaries(TEXT, TEXT, max_size=5))
def test_yaml_comes_back(value: dict[str, str]) -> None:
    import yaml

    source = read(yaml.safe_dump(value, allow_unicode=True) if value else "{}")
    assert source.data == value
    assert set(pointers(source.data)) == {""} | {join("", key) for key in value}
    assert all(source.line(join("", key)) is not None for key in value)


@given(
    st.binary() | st.text("ab:#'\"{}[]<>&*!|-?, 01.\n\t\\%@`~é\x85\u2028", max_size=60).map(str.encode),
    st.sampled_from(["a.yaml", "a.json"]),
)
def test_any_bytes_are_read_or_refused_with_faults(raw: bytes, name: str) -> None:
    source, faults = outcome(raw, name)
    assert (source is None) == bool(faults)
    if source is not None:
        assert isinstance(source.data, dict)
        assert all(source.line(pointer) for pointer in pointers(source.data))


def outcome(raw: bytes, name: str) -> tuple[Source | None, tuple[Fault, ...]]:
    try:
        return read(raw, name), ()
    except DocumentError as error:
        return None, error.faults
