"""JSON texts of servers: whatever they hold can be written to a terminal, a URL and a file, or is refused."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from omicsdk.core.json_decoding import LARGE, decoded

TEXTS = st.text(st.characters(exclude_categories=()) | st.sampled_from("\ud83d\ude00\\"), max_size=8)
VALUES = st.recursive(
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


@given(VALUES, st.sampled_from([0, LARGE]))
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
