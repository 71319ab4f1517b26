"""Texts that match a regular expression: identities of a stated form, and required fields that nobody set."""

import re
import string
from collections import deque
from collections.abc import Callable
from random import Random

_Maker = Callable[[Random], str]

_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?.|[*+?][?+]?|\{\d+(?:,\d*)?\}[?+]?|.", re.DOTALL)
_MEMBER = re.compile(r"(\\.|[^\\])-(\\.|[^\\])|\\.|.", re.DOTALL)
_CLASSES = {
    "d": string.digits,
    "w": string.ascii_letters + string.digits + "_",
    "s": " ",
    "D": string.ascii_lowercase,
    "W": "-",
    "S": string.ascii_lowercase,
    **dict.fromkeys("bBAzZ", ""),
}
_ANY = string.ascii_lowercase + string.digits
_MOST = 3
"""Repetitions more than the least number."""
_BOUNDS = {"*": (0, _MOST), "+": (1, 1 + _MOST), "?": (0, 1)}


def matching(pattern: str, random: Random) -> str | None:
    """Make a text that matches a pattern, of those that documents state: no lookaround, no references to groups.

    Args:
        pattern: The regular expression.
        random: Decides between its choices.

    Returns:
        The text; None for a pattern that is not understood.
    """
    try:
        text = _alternatives(deque(_TOKEN.findall(pattern)))(random)
        return text if re.search(pattern, text) else None
    except (IndexError, ValueError, re.error):
        return None


def _alternatives(tokens: deque[str]) -> _Maker:
    """Read up to the end of a group, or of the pattern."""
    branches = [_sequence(tokens)]
    while tokens and tokens[0] == "|":
        tokens.popleft()
        branches.append(_sequence(tokens))
    return lambda random: random.choice(branches)(random)


def _sequence(tokens: deque[str]) -> _Maker:
    parts: list[tuple[_Maker, tuple[int, int]]] = []
    while tokens and tokens[0] not in ("|", ")"):
        atom = _atom(tokens.popleft(), tokens)
        is_repeated = bool(tokens) and (tokens[0][0] in _BOUNDS or re.match(r"\{\d", tokens[0]) is not None)
        parts.append((atom, _bounds(tokens.popleft()) if is_repeated else (1, 1)))
    return lambda random: "".join(atom(random) for atom, bounds in parts for _ in range(random.randint(*bounds)))


def _bounds(token: str) -> tuple[int, int]:
    if token[0] in _BOUNDS:
        return _BOUNDS[token[0]]
    least, comma, most = token[1:].partition("}")[0].partition(",")
    return int(least), min(int(most or least) if most or not comma else int(least) + _MOST, int(least) + _MOST)


def _atom(token: str, tokens: deque[str]) -> _Maker:
    if token in ("(", "(?:"):
        group = _alternatives(tokens)
        tokens.popleft()
        return group
    if token.startswith("(?"):
        raise ValueError(token)
    characters = _members(token[1:-1]) if token.startswith("[") and len(token) > 1 else _characters(token)
    return lambda random: random.choice(characters) if characters else ""


def _characters(token: str) -> str:
    """The characters that a token may stand for; none for the places of a text."""
    if not token.startswith("\\"):
        return {"^": "", "$": "", ".": _ANY}.get(token, token)
    if token[1].isdigit() or token[1] in "pP":
        raise ValueError(token)
    return _CLASSES.get(token[1], token[1])


def _members(stated: str) -> str:
    """The characters of a class."""
    excluded = stated.startswith("^")
    found = ""
    for match in _MEMBER.finditer(stated.removeprefix("^")):
        if match[1]:
            first, last = ord(match[1][-1]), ord(match[2][-1])
            found += "".join(map(chr, range(first, min(last, first + 127) + 1)))
        else:
            found += _CLASSES.get(match[0][1], match[0][1]) if match[0].startswith("\\") else match[0]
    return "".join(each for each in _ANY if each not in found) if excluded else found
