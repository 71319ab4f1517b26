"""Layered settings: merging, array operators, origins, files that are wrong, saving."""

import copy
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omicsdk.core import ConfigError
from omicsdk.core.settings.config import (
    ARRAY_OPERATORS,
    Layer,
    Setting,
    change,
    keys_of,
    merged,
    name_of,
    read_layer,
    values_of,
)


def values(*layers):
    return merged([Layer(f"layer {number}", each) for number, each in enumerate(layers, 1)]).values


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([], {}),
        ([{"a": 1}, {"a": 2}], {"a": 2}),
        ([{"a": {"b": 1, "c": 2}}, {"a": {"c": 3, "d": 4}}], {"a": {"b": 1, "c": 3, "d": 4}}),
        ([{"a": {"b": 1}}, {"a": 5}], {"a": 5}),
        ([{"a": 5}, {"a": {"b": 1}}], {"a": {"b": 1}}),
        ([{"a": {"b": 1}}, {"a": {}}], {"a": {"b": 1}}),
        ([{"a": 1}, {"a": {}}], {"a": {}}),
        ([{"a": {"b": 1}}, {"a": None}], {"a": None}),
        ([{"a": [1, 2]}, {"a": [3]}], {"a": [3]}),
        ([{"a": [1, 2]}, {"a": {"$append": 3}}], {"a": [1, 2, 3]}),
        ([{"a": [1, 2]}, {"a": {"$append": [3]}}], {"a": [1, 2, [3]]}),
        ([{"a": [1, 2]}, {"a": {"$extend": [3, 4]}}], {"a": [1, 2, 3, 4]}),
        ([{"a": [1, 2]}, {"a": {"$extendleft": [3, 4]}}], {"a": [3, 4, 1, 2]}),
        ([{"a": [1, 2]}, {"a": {"$insert": {"1": 9}}}], {"a": [1, 9, 2]}),
        ([{"a": [1, 2]}, {"a": {"$insert": {"0": 8, "1": 9}}}], {"a": [8, 9, 1, 2]}),
        ([{"a": [1, 2, 1]}, {"a": {"$remove": 1}}], {"a": [2, 1]}),
        ([{"a": [1, 2]}, {"a": {"$remove": 7}}], {"a": [1, 2]}),
        ([{"a": {"$append": 1}}], {"a": [1]}),
        ([{"a": {"$remove": 1}}], {"a": []}),
        ([{"a": {"b": [1]}}, {"a": {"b": {"$append": 2}}}, {"a": {"b": {"$append": 3}}}], {"a": {"b": [1, 2, 3]}}),
        ([{"a": {"$other": 1}}], {"a": {"$other": 1}}),
        ([{"a": {"$append": 1, "b": 2}}], {"a": {"$append": 1, "b": 2}}),
    ],
)
def test_merging(layers, expected):
    before = copy.deepcopy(layers)
    assert values(*layers) == expected
    assert layers == before


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (
            [{"a": {"b": 5}}, {"a": {"b": {"$append": 1}}}],
            r"layer 2: a\.b has \$append, but what it changes is not an array",
        ),
        ([{"a": []}, {"a": {"$extend": 1}}], r"layer 2: a: \$extend takes an array"),
        ([{"a": []}, {"a": {"$extendleft": "xy"}}], r"\$extendleft takes an array"),
        ([{"a": []}, {"a": {"$insert": [1]}}], r"\$insert takes an object"),
        ([{"a": []}, {"a": {"$insert": {"first": 1}}}], r"\$insert takes an object"),
    ],
)
def test_operators_that_make_no_sense(layers, message):
    with pytest.raises(ConfigError, match=message):
        values(*layers)


def test_deep_settings_are_refused():
    deep = {}
    for _ in range(200):
        deep = {"a": deep} if deep else {"a": 1}
    with pytest.raises(ConfigError, match="nested deeper"):
        values(deep)


def test_every_value_knows_its_origin():
    found = merged(
        [
            Layer("built in", {"log_level": "INFO", "dss": {"url": "https://one", "areas": ["x"]}, "empty": {}}),
            Layer("/etc/config.json", {"dss": {"url": "https://two"}}),
            Layer("the environment", {"dss": {"areas": {"$append": "y"}}, "empty": {"a": 1}}),
        ]
    )
    assert [setting._replace(location="") for setting in found] == [
        Setting(("log_level",), "INFO", "built in"),
        Setting(("dss", "url"), "https://two", "/etc/config.json"),
        Setting(("dss", "areas"), ["x", "y"], "built in, the environment"),
        Setting(("empty", "a"), 1, "the environment"),
    ]
    assert next(iter(found)).name == "log_level"
    assert found.get("dss", "url") == "https://two"
    assert found.origin("dss", "url") == "/etc/config.json"
    assert found.get("dss", "url", "scheme") is None
    assert found.get("nothing", default=7) == 7
    assert found.origin("dss") is None


def test_settings_are_independent_of_their_layers():
    layer = {"a": [1], "b": {"c": [2]}}
    found = merged([Layer("x", layer), Layer("y", {"a": {"$append": 3}})])
    found.values["a"].append(4)
    found.values["b"]["c"].append(5)
    assert layer == {"a": [1], "b": {"c": [2]}}


names = st.sampled_from("abc")
scalars = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
operators = st.sampled_from(
    [{"$append": 1}, {"$extend": [1, 2]}, {"$extendleft": [3]}, {"$insert": {"0": 4}}, {"$remove": 1}]
)
trees = st.recursive(
    scalars | st.lists(scalars, max_size=2), lambda inner: st.dictionaries(names, inner, max_size=3), max_leaves=8
)
objects = st.dictionaries(names, trees, max_size=3)


def plain(layer, below):
    """Merging without operators, as simply as it can be said."""
    result = dict(below)
    for key, value in layer.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = plain(value, result[key]) if both else plain(value, {}) if isinstance(value, dict) else value
    return result


@given(st.lists(objects, max_size=4))
def test_merging_is_what_the_rule_states(layers):
    expected = {}
    for layer in layers:
        expected = plain(layer, expected)
    assert values(*layers) == expected


@given(st.lists(objects, max_size=4))
def test_every_value_has_exactly_one_place_and_origin(layers):
    found = merged([Layer(str(number), each) for number, each in enumerate(layers)])
    listed = list(found)
    assert all(setting.origin == found.origin(*setting.keys) for setting in listed)
    assert all(found.get(*setting.keys) == setting.value for setting in listed)
    assert all(setting.origin in map(str, range(len(layers))) for setting in listed)


@given(st.lists(operators, max_size=6), st.lists(st.integers(0, 4), max_size=4))
def test_operators_leave_no_trace(changes, array):
    result = values({"a": array}, *[{"a": change} for change in changes])["a"]
    assert isinstance(result, list)
    assert not any(operator in json.dumps(result) for operator in ARRAY_OPERATORS)


def test_a_file_that_does_not_exist_is_no_layer(tmp_path):
    assert read_layer(tmp_path / "config.json") is None
    (tmp_path / "file").write_text("{}")
    assert read_layer(tmp_path / "file" / "config.json") is None


@pytest.mark.parametrize(
    ("content", "place", "message"),
    [
        (b'{\n  "a": 1,\n  "b": oops\n}', ":3:8", "not JSON: Expecting value"),
        (b'{"a": 1', ":1:8", "not JSON"),
        (b"", ":1:1", "not JSON"),
        (b'{"a":\n"\xff"}', ":2:2", "not UTF-8"),
        (b"[1]", ":1:1", "not a JSON object"),
        (b'{"a": {"b": 1,\n  "b": 2}}', ":2:3", '"b" appears twice, first in line 1'),
        (b'{"a": [NaN]}', ":1:8", "NaN is not JSON"),
        (b'{"a": "NaN",\n"-Infinity": {"b": 1},\n"b": -Infinity}', ":3:6", "-Infinity is not JSON"),
        (b'{"a": "1e999",\n"b": ["1e999",\n1e999]}', ":3:1", "1e999 is too large"),
        (b'\xef\xbb\xbf{"a": oops}', ":1:7", "not JSON"),
        (b'{"a": ' + b"1" * 5000 + b"}", "", "not usable"),
        (b"[" * 100_000, "", "nested too deeply"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_its_place(tmp_path, content, place, message):
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_layer(path)
    assert str(caught.value).startswith(f"{path}{place}: {message}")
    assert str(caught.value).endswith("Correct the file, or move it away to continue without it.")


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    (tmp_path / "c.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert read_layer(tmp_path / "c.json") == Layer(str(tmp_path / "c.json"), {"a": 1}, {("a",): 1})


def test_values_of_files_know_their_lines(tmp_path):
    for number, text in enumerate(['{\n"a": [1], "b": {\n"c.d": 2}}', '{"a":\n{"$append": 2}}', '{"b": {"c.d": 3}}']):
        (tmp_path / f"{number}.json").write_text(text)
    found = merged([read_layer(tmp_path / f"{number}.json") for number in range(3)])
    assert {setting.name: setting.location for setting in found} == {
        "a": f"{tmp_path}/0.json:2, {tmp_path}/1.json:1",
        "b.c\\.d": f"{tmp_path}/2.json:1",
    }


def test_an_operator_that_makes_no_sense_is_named_with_its_line(tmp_path):
    (tmp_path / "c.json").write_text('{\n"a": {"$extend": 1}}')
    with pytest.raises(ConfigError, match=r"c\.json:2: a: \$extend takes an array"):
        merged([read_layer(tmp_path / "c.json")])


@given(st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=4))
def test_a_name_returns_to_its_keys(keys):
    assert keys_of(name_of(keys)) == tuple(keys)


@pytest.mark.parametrize("name", ["", ".", "a.", ".a", "a..b"])
def test_names_without_a_piece(name):
    with pytest.raises(ConfigError, match="not a valid name of a setting"):
        keys_of(name)


def test_the_null_device_represents_no_file():
    assert read_layer(Path(os.devnull)) is None


def test_a_folder_is_no_settings_file(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read"):
        read_layer(tmp_path)


def save(path, layer):
    def edit(values):
        values.clear()
        values.update(layer)

    change(path, edit)


@settings(max_examples=settings().max_examples // 2)  # each waits for the disk
@given(objects)
def test_what_is_saved_is_read(tmp_path_factory, layer):
    path = tmp_path_factory.mktemp("config") / "c.json"
    save(path, layer)
    assert values_of(path) == layer


def test_a_save_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "config.json"
    save(path, {"a": 1})

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left on device"):
        save(path, {"a": 2})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [each.name for each in tmp_path.iterdir()] == ["config.json"]
