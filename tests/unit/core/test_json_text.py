"""JSON that is printed: value by value as json.dumps lays them out, and without characters that control terminals."""

import json

import pytest
from omicsdk.core import json_text
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
