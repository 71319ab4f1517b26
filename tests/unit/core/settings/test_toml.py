"""TOML that is changed: one key, and nothing else, whatever the file looks like."""

import copy
import tomllib
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import ConfigError
from omicsdk.core.settings.toml import changed, dumped, line_of, parsed

PATH = Path("settings.toml")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
SCALARS = st.one_of(
    TEXTS,
    st.booleans(),
    st.integers(-(2**62), 2**62),
    st.floats(allow_nan=False),
    st.datetimes(timezones=st.sampled_from([None, UTC])),
    st.dates(),
    st.times(),
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3))
TABLES = st.dictionaries(TEXTS, st.one_of(VALUES, st.dictionaries(TEXTS, VALUES, max_size=3)), max_size=4)

FILE = """\
# mine\u2028\x85
top = 1 # first

[profiles.default.sb] # the CGC
base_url = "https://cgc.example.org/v2" # with a # in it: "no"
region = "east"
# last

[profiles."with space".gen3]
base_url = 'https://commons.example.org'
long = \"\"\"
[profiles.default.drs]
base_url = "in a text"
\"\"\"
"""


@given(TABLES)
def test_values_come_back(values: dict[str, Any]) -> None:
    assert tomllib.loads(dumped(values)) == values


@given(TABLES, st.lists(TEXTS, min_size=1, max_size=3), SCALARS | st.none())
def test_a_change_is_that_change_alone(values: dict[str, Any], keys: list[str], value: object) -> None:
    if not _has_room(values, keys):
        return
    expected = copy.deepcopy(values)
    if value is None:
        _remove(expected, keys)
    else:
        table = expected
        for name in keys[:-1]:
            table = table.setdefault(name, {})
        table[keys[-1]] = value
    assert tomllib.loads(changed(dumped(values), keys, value)) == expected


def test_a_change_keeps_comments_beside_what_is_no_number() -> None:
    assert changed("# mine\nlimit = nan # none\nrate = 1\n", ["rate"], 2) == "# mine\nlimit = nan # none\nrate = 2\n"


def _has_room(values: Any, keys: list[str]) -> bool:
    for name in keys[:-1]:
        if name in values and not isinstance(values[name], dict):
            return False
        values = values.get(name, {})
    return True


def _remove(values: dict[str, Any], keys: list[str]) -> None:
    if len(keys) == 1:
        values.pop(keys[0], None)
    elif keys[0] in values:
        _remove(values[keys[0]], keys[1:])
        if not values[keys[0]]:
            del values[keys[0]]


def test_comments_and_order_survive() -> None:
    text = changed(FILE, ["profiles", "default", "sb", "base_url"], "https://other.example.org")
    assert text == FILE.replace('"https://cgc.example.org/v2"', '"https://other.example.org"')
    text = changed(FILE, ["profiles", "default", "crunch", "base_url"], "https://crunch.example.org")
    new = '\n[profiles.default.crunch]\nbase_url = "https://crunch.example.org"\n'
    assert text == FILE.replace('\n[profiles."with space', f'{new}[profiles."with space')
    text = changed(FILE, ["profiles", "with space", "gen3", "base_url"], None)
    assert text == FILE.replace("base_url = 'https://commons.example.org'\n", "")


def test_a_header_within_a_text_is_no_table() -> None:
    text = changed(FILE, ["profiles", "default", "drs", "base_url"], "https://drs.example.org")
    tables = tomllib.loads(text)
    assert tables["profiles"]["default"]["drs"]["base_url"] == "https://drs.example.org"
    assert tables["profiles"]["with space"] == tomllib.loads(FILE)["profiles"]["with space"]


def test_a_text_that_no_edit_can_keep_is_rewritten() -> None:
    text = changed('profiles = { default.sb.base_url = "x" }\n', ["profiles", "default", "gen3", "base_url"], "y")
    assert tomllib.loads(text)["profiles"]["default"] == {"sb": {"base_url": "x"}, "gen3": {"base_url": "y"}}


def test_the_last_key_takes_its_tables_along() -> None:
    text = '[profiles.work.sb]\nbase_url = "x"\n\n[profiles.default.sb]\nbase_url = "y"\n'
    left = changed(text, ["profiles", "work", "sb", "base_url"], None)
    assert tomllib.loads(left) == {"profiles": {"default": {"sb": {"base_url": "y"}}}}


@pytest.mark.parametrize(
    ("text", "place"),
    [("a = 1\nb = \n", "settings.toml:2:5: "), ("[a\n", "settings.toml:1:3: "), ('a = """\n\n', "settings.toml:3: ")],
)
def test_malformed_text_is_named_with_its_line(text: str, place: str) -> None:
    with pytest.raises(ConfigError) as failed:
        parsed(text, str(PATH))
    assert failed.value.message.startswith(place)


@pytest.mark.parametrize(
    ("text", "problem"),
    [("a = " + "[" * 20_000, "nested too deeply"), (f"a = {'1' * 5000}", "not usable: Exceeds the limit")],
    ids=["nested", "long number"],
)
def test_what_python_cannot_parse_is_refused_with_its_file(text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=rf"\Asettings\.toml: {problem}"):
        parsed(text, str(PATH))


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (["top"], 2),
        (["profiles", "default", "sb"], 4),
        (["profiles", "default", "sb", "region"], 6),
        (["profiles", "with space", "gen3", "base_url"], 10),
        (["nothing"], None),
    ],
)
def test_the_line_of_a_key(keys: list[str], line: int | None) -> None:
    assert line_of(FILE, keys) == line
