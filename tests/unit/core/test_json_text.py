"""JSON that is printed as json.dumps lays it out, and JSON texts of servers, whatever they hold."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from omicsdk.core import json_text
from omicsdk.core.json_coding import LARGE, decoded
from omicsdk.core.json_text import block_encoder, escaped, line_encoder, written

VALUES = [
    {"a": "é\n", "b": 1, "c": None, "d": True, "e": 0.5},
    {"a": {"b": [1, {"c": []}]}, "d": []},
    {},
    [],
    [1, [2]],
    "}, {",
    None,
    {"a": float("nan"), "b": [float("inf")]},
    {"a": json},
]


@pytest.fixture(params=["C", "Python"])
def implementation(request, monkeypatch):
    if request.param == "Python":
        monkeypatch.setattr(json_text, "_MAKE_ENCODER", None)
    return request.param


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.usefixtures("implementation")
def test_values_are_encoded_as_json_dumps_does(ascii_only):
    layout = {"ensure_ascii": ascii_only, "default": str}
    line, block = line_encoder(ascii_only=ascii_only), block_encoder(2, ascii_only=ascii_only)
    for value in VALUES:
        assert line(value) == written(value, **layout)
    for values in (VALUES, *([value] for value in VALUES), VALUES[:1] * 3, [{"a": "},\n    {"}, {"b": "}"}]):
        assert f"[\n  {block(values)}\n]" == written(values, indent=2, **layout)


def test_characters_are_escaped_unless_they_are_printable():
    beyond = (chr(plane << 16 | place) for plane in range(1, 17) for place in (*range(0x400), 0xFFFD, 0xFFFE, 0xFFFF))
    every = "".join((*map(chr, range(0x20, 0x10000)), *beyond))
    text = json.dumps(every, ensure_ascii=False)
    for_terminals = escaped(text)
    assert for_terminals.isprintable()
    assert json.loads(for_terminals) == every.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
    kept = [c for c in every if c.isprintable() and not c.isascii()]
    assert [c for c in for_terminals if not c.isascii()] == kept


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\x7fb", "a\\u007fb"), ("\u202eé\x9b", "\\u202eé\\u009b"), ("\ud800", "\\ud800"), ("日\n本", "日\n本")],
)
def test_line_breaks_between_values_stay(text, expected):
    assert escaped(text) == expected


# -- JSON texts of servers: whatever they hold can be written to a terminal, a URL and a file, or is refused


TEXTS = st.text(st.characters(exclude_categories=()) | st.sampled_from("\ud83d\ude00\\"), max_size=8)
NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=8,
)


def without_halves(value: Any) -> Any:
    """The value with each half of a surrogate pair replaced, as a decoder of UTF-16 does."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [without_halves(item) for item in value]
    return (
        {without_halves(key): without_halves(item) for key, item in value.items()} if isinstance(value, dict) else value
    )


@given(NESTED, st.sampled_from([0, LARGE]))
@example({"\udc00": ["a\ud83d\ud83dz", "\\ud83d"]}, LARGE)
def test_halves_of_surrogate_pairs_are_replaced_and_nothing_else_is(value: Any, blanks: int) -> None:
    text = json.dumps(value) + " " * blanks
    assert decoded(text) == decoded(text.encode()) == without_halves(json.loads(text))


def test_a_half_in_bytes_is_replaced_too() -> None:
    assert decoded(b'["a\xed\xa0\xbdb", "\xf0\x9f\x98\x80"]') == ["a\N{REPLACEMENT CHARACTER}b", "\N{GRINNING FACE}"]


@pytest.mark.parametrize("length", [100_000, 1_000_000])
def test_what_is_nested_too_deeply_is_an_error(length: int) -> None:
    with pytest.raises(ValueError, match=r"nested|recursion"):
        decoded("[" * length + "]" * length)
