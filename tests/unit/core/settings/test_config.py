"""Layered settings: merging, array operators, origins, files that are wrong, saving; one setting is changed whole or not at all, with
others at the file too."""

import copy
import errno
import json
import os
import runpy
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omicsdk.core import ConfigError, files
from omicsdk.core.files import lock_now, locked, write_private
from omicsdk.core.settings.config import (
    ARRAY_OPERATORS,
    Layer,
    Setting,
    change,
    keys_of,
    merged,
    name_of,
    read_layer,
    set_value,
    unset,
    values_of,
)


def values(*layers):
    return merged([Layer(f"layer {number}", layer) for number, layer in enumerate(layers, 1)]).values


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
        ([{"a": []}, {"a": {"$insert": {"9" * 20: 1}}}], r"\$insert takes an object"),
        ([{"a": []}, {"a": {"$insert": {"9" * 5000: 1}}}], r"\$insert takes an object"),
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
    config = merged(
        [
            Layer("built in", {"log_level": "INFO", "dss": {"url": "https://one", "areas": ["x"]}, "empty": {}}),
            Layer("/etc/config.json", {"dss": {"url": "https://two"}}),
            Layer("the environment", {"dss": {"areas": {"$append": "y"}}, "empty": {"a": 1}}),
        ]
    )
    assert [setting._replace(location="") for setting in config] == [
        Setting(("log_level",), "INFO", "built in"),
        Setting(("dss", "url"), "https://two", "/etc/config.json"),
        Setting(("dss", "areas"), ["x", "y"], "built in, the environment"),
        Setting(("empty", "a"), 1, "the environment"),
    ]
    assert next(iter(config)).name == "log_level"
    assert config.get("dss", "url") == "https://two"
    assert config.origin("dss", "url") == "/etc/config.json"
    assert config.get("dss", "url", "scheme") is None
    assert config.get("nothing", default=7) == 7
    assert config.origin("dss") is None


def test_settings_are_independent_of_their_layers():
    layer = {"a": [1], "b": {"c": [2]}}
    config = merged([Layer("x", layer), Layer("y", {"a": {"$append": 3}})])
    config.values["a"].append(4)
    config.values["b"]["c"].append(5)
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
    config = merged([Layer(str(number), layer) for number, layer in enumerate(layers)])
    listed = list(config)
    assert all(setting.origin == config.origin(*setting.keys) for setting in listed)
    assert all(config.get(*setting.keys) == setting.value for setting in listed)
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
    config = merged([read_layer(tmp_path / f"{number}.json") for number in range(3)])
    assert {setting.name: setting.location for setting in config} == {
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
    assert [entry.name for entry in tmp_path.iterdir()] == ["config.json"]


posix = pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")


def test_all_other_settings_stay_in_their_order(tmp_path):
    path = tmp_path / "config.json"
    path.write_bytes(b'\xef\xbb\xbf{\r\n  "z" : [1,2],\r\n  "b": {"$append": "\xc3\xa9"}\r\n}\r\n')
    set_value(path, ["c", "d"], "x")
    assert list(json.loads(path.read_text()).items()) == [("z", [1, 2]), ("b", {"$append": "é"}), ("c", {"d": "x"})]
    assert unset(path, ["c", "d"])
    assert json.loads(path.read_text()) == {"z": [1, 2], "b": {"$append": "é"}, "c": {}}


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_file_is_made(tmp_path, content):
    path = tmp_path / "new" / "config.json"
    if content is not None:
        path.parent.mkdir()
        path.write_text(content)
    set_value(path, ["a"], 1)
    assert path.read_text() == '{\n    "a": 1\n}\n'
    assert [entry.name for entry in path.parent.iterdir()] == ["config.json"]


@posix
def test_what_others_could_read_is_private_afterwards(tmp_path):
    path = tmp_path / "config.json"
    path.write_text("{}")
    path.chmod(0o644)
    set_value(path, ["a"], 1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    set_value(tmp_path / "new" / "config.json", ["a"], 1)
    write_private(tmp_path / "newer" / "inner" / "secret", "")
    assert {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("new", "newer/inner")} == {0o700}


def test_what_changes_nothing_writes_nothing(tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"a":1}')
    before = path.stat()
    set_value(path, ["a"], 1)
    assert not unset(path, ["b"])
    assert os.path.samestat(path.stat(), before)
    assert not unset(tmp_path / "none.json", ["a"])
    assert [entry.name for entry in tmp_path.iterdir()] == ["config.json"]


@pytest.mark.parametrize("content", ['{"a": 1', '{"a": 1, "a": 2}', "[]", '{"a": NaN}'])
def test_a_malformed_file_is_left_as_it_is(tmp_path, content):
    path = tmp_path / "config.json"
    path.write_text(content)
    for attempt in (lambda: set_value(path, ["b"], 1), lambda: unset(path, ["a"])):
        with pytest.raises(ConfigError, match=r"config\.json:1:"):
            attempt()
    assert path.read_text() == content


def test_a_change_that_breaks_the_file_is_not_written(tmp_path):
    path = tmp_path / "config.json"
    with pytest.raises(ConfigError, match="NaN"):
        set_value(path, ["a"], float("nan"))
    assert not path.exists()


@pytest.mark.parametrize(
    ("content", "message"), [('{"a": 5}', "is not an object"), ('{"a": {"$append": 1}}', "changes an array")]
)
def test_a_value_is_no_place_for_settings(tmp_path, content, message):
    path = tmp_path / "config.json"
    path.write_text(content)
    with pytest.raises(ConfigError, match=rf"a {message}.*omics config unset a"):
        set_value(path, ["a", "b"], 1)
    assert path.read_text() == content


@posix
def test_a_link_is_written_through(tmp_path):
    real = tmp_path / "dotfiles" / "hca.json"
    real.parent.mkdir()
    real.write_text("{}")
    link = tmp_path / "config.json"
    link.symlink_to(Path("dotfiles") / "hca.json")
    set_value(link, ["a"], 1)
    assert link.is_symlink()
    assert json.loads(real.read_text()) == {"a": 1}
    assert [entry.name for entry in real.parent.iterdir()] == ["hca.json"]


@posix
def test_an_invalid_regular_file_is_never_replaced(tmp_path):
    pipe, link = tmp_path / "pipe", tmp_path / "config.json"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        for attempt in (lambda path=path: set_value(path, ["a"], 1), lambda path=path: write_private(path, "{}")):
            with pytest.raises(ConfigError, match="cannot be written: it is not a regular file"):
                attempt()
    with pytest.raises(ConfigError, match="cannot be written: it is a folder"):
        write_private(tmp_path, "{}")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["config.json", "pipe"]


@posix
def test_links_in_a_circle_are_named(tmp_path):
    link = tmp_path / "config.json"
    link.symlink_to(link)
    with pytest.raises(ConfigError, match=r"config\.json (is a broken link|cannot be)"):
        set_value(link, ["a"], 1)
    with pytest.raises(ConfigError, match="is a broken link"):
        write_private(tmp_path / "a\0b", "")


def test_places_that_can_not_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"file.config\.json cannot be written"):
        set_value(tmp_path / "file" / "config.json", ["a"], 1)
    with pytest.raises(ConfigError, match="cannot be"):
        set_value(tmp_path, ["a"], 1)


@pytest.mark.parametrize("reason", [PermissionError(13, "Permission denied"), OSError(30, "Read-only file system")])
def test_a_folder_that_takes_no_file_is_named(tmp_path, monkeypatch, reason):
    path = tmp_path / "config.json"
    path.write_text("{}")

    def refuse(*_, **__):
        raise reason

    for function in ("os.open", "pathlib.Path.replace"):
        with monkeypatch.context() as patched:
            patched.setattr(function, refuse)
            with pytest.raises(ConfigError, match=rf"config\.json cannot be written: {reason.strerror}"):
                set_value(path, ["a"], 1)
    assert [entry.name for entry in tmp_path.iterdir()] == ["config.json"]
    assert path.read_text() == "{}"


def test_threads_lose_nothing(tmp_path):
    path = tmp_path / "config.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: set_value(path, ["areas", f"area{number}"], number), range(24)))
    assert json.loads(path.read_text())["areas"] == {f"area{number}": number for number in range(24)}


def test_a_writer_that_does_not_release_it_is_waited_for_and_reported(tmp_path):
    path = tmp_path / "config.json"
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    with (
        locked(path),
        pytest.raises(ConfigError, match="another program has been changing it"),
        locked(path, clock=lambda: now[0], sleep=sleep),
    ):
        pass
    assert 10 <= now[0] < 10.1
    with locked(path), pytest.raises(ConfigError), locked(path, patience=0, clock=lambda: 0.0, sleep=pytest.fail):
        pass


def test_a_lock_that_is_released_is_taken(tmp_path):
    path = tmp_path / "config.json"
    first = locked(path)
    first.__enter__()
    with locked(path, sleep=lambda _: first.__exit__(None, None, None)):
        pass
    assert os.name == "nt" or list(tmp_path.iterdir()) == []


@posix
@pytest.mark.parametrize("is_stale", [False, True])  # toil issue 3867: on NFS, if another machine has removed it
def test_a_lock_whose_file_its_owner_has_removed_is_taken_again(tmp_path, monkeypatch, is_stale):
    path, beside, opened = tmp_path / "config.json", tmp_path / ".config.json.lock", []

    def lock_late(descriptor: int) -> None:
        opened.append(descriptor)
        if len(opened) > 1:
            monkeypatch.undo()
        elif is_stale:
            monkeypatch.setattr("os.fstat", stale)
        else:
            beside.unlink()
        lock_now(descriptor)

    def stale(_: int) -> None:
        raise OSError(errno.ESTALE, "Stale file handle")

    monkeypatch.setattr("omicsdk.core.files.lock_now", lock_late)
    with locked(path, sleep=lambda _: None):
        assert len(opened) == 2
        assert beside.exists()


def test_on_windows_a_byte_beyond_the_data_is_locked(tmp_path, monkeypatch):
    locks = []
    monkeypatch.setitem(
        sys.modules,
        "msvcrt",
        SimpleNamespace(LK_NBLCK=2, locking=lambda *lock: locks.append((*lock, os.lseek(lock[0], 0, 1)))),
    )
    monkeypatch.setattr(sys, "platform", "win32")
    with (tmp_path / "file").open("wb") as file:
        runpy.run_path(files.__file__)["lock_now"](file.fileno())
        assert locks == [(file.fileno(), 2, 1, 1 << 40)]


@posix
def test_a_file_of_every_user_keeps_its_mode(tmp_path):
    path = tmp_path / "config.json"
    change(path, lambda values: values.update({"a": 1, "b": 2}), shared=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    path.chmod(0o664)
    assert unset(path, ["a"], shared=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o664
    assert unset(path, ["b"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
