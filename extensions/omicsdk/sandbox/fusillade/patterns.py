"""Patterns of policies: `*` for any text, `?` for one character, `${key}` for a value of the request."""

import re
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import cast

Context = Mapping[str, Sequence[str]]

_VARIABLE = re.compile(r"\$\{\s*([^}',]*?)\s*(?:,\s*'([^']*)'\s*)?\}")
# `${*}` stands for a star that is meant as one, and so on.
_LITERAL = "*?$"


class Wild(Enum):
    """What fits more than one text.

    Attributes:
        ANY: Any text, the empty one too.
        ONE: Any one character.
    """

    ANY = "*"
    ONE = "?"


Pattern = tuple[str | Wild, ...]


def as_list(value: object) -> list[object]:
    """The values of a place where one may stand without a list."""
    return cast("list[object]", value) if isinstance(value, list) else [value]


def compile_pattern(text: str, context: Context, *, variables: bool = True, wild: bool = True) -> Pattern | None:
    """Makes a pattern of a policy's text for one request.

    Args:
        text: The text of the policy.
        context: The request's keys and their values.
        variables: Whether `${key}` is replaced; policies of the oldest version have none.
        wild: Whether `*` and `?` stand for other texts.

    Returns:
        The pattern; None when a variable has no value, or more than one: it fits nothing then.
    """
    if not variables:
        return _tokens(text, wild=wild)
    found: list[str | Wild] = []
    end = 0
    for match in _VARIABLE.finditer(text):
        found.extend(_tokens(text[end : match.start()], wild=wild))
        value = _value(match[1], match[2], context)
        if value is None:
            return None
        found.extend(value)
        end = match.end()
    return (*found, *_tokens(text[end:], wild=wild))


def _tokens(text: str, *, wild: bool) -> Pattern:
    return tuple(Wild(letter) if wild and letter in "*?" else letter for letter in text)


def _value(key: str, default: str | None, context: Context) -> str | None:
    if len(key) == 1 and key in _LITERAL:
        return key
    values = context.get(key, ())
    return values[0] if len(values) == 1 else default


def fits(pattern: Pattern, text: str) -> bool:
    """Whether a text fits a pattern.

    It goes back to the last `*` only, so no pattern takes longer than its length times the text's.
    """
    at = place = 0
    star, tried = -1, 0
    while place < len(text):
        token = pattern[at] if at < len(pattern) else None
        if token is Wild.ANY:
            star, tried = at, place
            at += 1
        elif token is Wild.ONE or token == text[place]:
            at += 1
            place += 1
        elif star >= 0:
            tried += 1
            at, place = star + 1, tried
        else:
            return False
    return all(token is Wild.ANY for token in pattern[at:])
