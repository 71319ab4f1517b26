"""Texts that match a regular expression: identities of a stated form, and required fields that nobody set."""

import re
import string
from random import Random

_CLASSES = {
    "d": string.digits,
    "w": string.ascii_letters + string.digits + "_",
    "s": " ",
    "D": string.ascii_lowercase,
    "W": "-",
    "S": string.ascii_lowercase,
}
_ANY = string.ascii_lowercase + string.digits
_MOST = 3
"""Repetitions more than the least number."""


def matching(pattern: str, random: Random) -> str | None:
    """Make a text that matches a pattern, of those that documents state: no lookaround, no references to groups.

    Args:
        pattern: The regular expression.
        random: Decides between its choices.

    Returns:
        The text; None for a pattern that is not understood.
    """
    try:
        text = _Reader(pattern, random).alternatives()
        return text if re.search(pattern, text) else None
    except (IndexError, ValueError, re.error):
        return None


class _Reader:
    def __init__(self, pattern: str, random: Random) -> None:
        self._pattern = pattern
        self._at = 0
        self._random = random

    def _next(self) -> str:
        self._at += 1
        return self._pattern[self._at - 1]

    def _sees(self, characters: str) -> bool:
        return self._at < len(self._pattern) and self._pattern[self._at] in characters

    def alternatives(self) -> str:
        """Read up to the end of a group, or of the pattern."""
        found = [self._sequence()]
        while self._sees("|"):
            self._next()
            found.append(self._sequence())
        return self._random.choice(found)

    def _sequence(self) -> str:
        found = ""
        while self._at < len(self._pattern) and not self._sees("|)"):
            start = self._at
            once = self._atom()
            least, most = self._repetition()
            for count in range(self._random.randint(least, most)):
                if count:
                    end, self._at = self._at, start
                    once = self._atom()
                    self._at = end
                found += once
        return found

    def _atom(self) -> str:
        character = self._next()
        if character in "^$":
            return ""
        if character == ".":
            return self._random.choice(_ANY)
        if character == "\\":
            return self._escaped()
        if character == "[":
            return self._random.choice(self._members())
        if character != "(":
            return character
        if self._sees("?"):
            self._next()
            if self._next() != ":":
                raise ValueError(self._pattern)
        found = self.alternatives()
        self._next()
        return found

    def _escaped(self) -> str:
        character = self._next()
        if character in "bBAzZ":
            return ""
        if character.isdigit() or character in "pP":
            raise ValueError(self._pattern)
        return self._random.choice(_CLASSES.get(character, character))

    def _members(self) -> str:
        excluded = self._sees("^")
        if excluded:
            self._next()
        found = ""
        while not self._sees("]") or not (found or excluded):
            first = self._next()
            if first == "\\":
                first = self._next()
                found += _CLASSES.get(first, first)
                continue
            if self._sees("-") and self._pattern[self._at + 1] != "]":
                self._next()
                last = self._next()
                last = self._next() if last == "\\" else last
                found += "".join(map(chr, range(ord(first), min(ord(last), ord(first) + 127) + 1)))
            else:
                found += first
        self._next()
        return "".join(each for each in _ANY if each not in found) if excluded else found

    def _repetition(self) -> tuple[int, int]:
        if not self._sees("*+?{"):
            return 1, 1
        mark = self._next()
        if mark == "{":
            end = self._pattern.index("}", self._at)
            least, comma, most = self._pattern[self._at : end].partition(",")
            self._at = end + 1
            bounds = int(least), int(most) if most else int(least) + (_MOST if comma else 0)
        else:
            bounds = {"*": (0, _MOST), "+": (1, _MOST), "?": (0, 1)}[mark]
        if self._sees("?+"):
            self._next()
        return bounds[0], min(bounds[1], bounds[0] + _MOST)
