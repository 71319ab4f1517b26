"""Filters of files by name, size and date: the rules of rclone. Pure, but for files of rules.

The first rule whose pattern matches a path decides; a path that none matches is selected. Rules are tried in the order
of --include, --exclude and --filter-from; with --include, what no rule matches is excluded.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypedDict

from omicsdk.core.clock import SYSTEM_CLOCK
from omicsdk.core.errors import UsageError
from omicsdk.core.frozen import Frozen, NamedTuple

_MANUAL = "The manual has the rules, on the page Filters."
_DAY = r"\d{4}-\d\d-\d\d"


class WrongPattern(UsageError, ValueError):
    """A pattern or a rule of a filter is malformed."""

    default_remedy = _MANUAL


class Rule(NamedTuple):
    """A rule of a filter.

    Attributes:
        includes: Whether paths that match are selected.
        pattern: Matches paths, by `search`.
    """

    includes: bool
    pattern: re.Pattern[str]


class FiltersDict(TypedDict, total=False):
    """The fields of `Filters` as keywords."""

    include: str | Sequence[str]
    exclude: str | Sequence[str]
    filter_from: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
    min_size: int | str | None
    max_size: int | str | None
    newer: float | str | None
    older: float | str | None


class Filters(Frozen, kw_only=True):
    """Which files below a folder are selected. A file that is named itself is always selected by its name.

    Attributes:
        include: Only include files whose path below the folder matches this pattern, such as '*.bam' or '/runs/**'. Can
            be repeated.
        exclude: Exclude files whose path below the folder matches this pattern. Can be repeated.
        filter_from: File with a rule a line: + PATTERN includes, - PATTERN excludes; the first one that matches
            decides. Can be repeated.
        min_size: Minimum size in bytes, or 10K, 1.5M, 2G in powers of 1024. Files of unknown size are excluded.
        max_size: Maximum size, in the same format.
        newer: Earliest time of change: 2026-01-31, 2026-01-31T12:00:00Z, or an age such as 12h or 7d. Files of unknown
            time are excluded.
        older: Latest time of change, in the same format.

    Raises:
        WrongPattern: A pattern or rule is malformed.
        UsageError: A size or time is invalid, or a file of rules cannot be read.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    filter_from: Sequence[str | os.PathLike[str]] = ()
    min_size: int | str | None = None
    max_size: int | str | None = None
    newer: float | str | None = None
    older: float | str | None = None

    def __post_init__(self) -> None:
        for name in ("include", "exclude", "filter_from"):
            value = getattr(self, name)
            if isinstance(value, str | os.PathLike):
                object.__setattr__(self, name, (value,))
        for name, read in (
            ("min_size", parse_size),
            ("max_size", parse_size),
            ("newer", parse_moment),
            ("older", parse_moment),
        ):
            value = getattr(self, name)
            if isinstance(value, str):
                object.__setattr__(self, name, read(value))
        _ = self.rules  # whose errors belong here

    @cached_property
    def rules(self) -> tuple[Rule, ...]:
        """The rules of the patterns, in the order in which they are tried."""
        return tuple(self._rules())

    def _rules(self) -> Iterator[Rule]:
        yield from (rule for pattern in self.include if (rule := rule_of(pattern, includes=True)))
        yield from (rule for pattern in self.exclude if (rule := rule_of(pattern, includes=False)))
        rules: list[Rule] = []
        for file in self.filter_from:
            rules = rules_in(_lines(file), rules, str(file))
        yield from rules
        if self.include:
            # Without it files that match no --include would be selected, as those that match no rule are.
            yield Rule(False, re.compile(""))

    @property
    def fit_all(self) -> bool:
        """Whether all files are selected."""
        return not self.rules and not self.has_facts

    @property
    def has_facts(self) -> bool:
        """Whether sizes or dates are compared."""
        return not (self.min_size is self.max_size is self.newer is self.older is None)

    def fits(self, name: str, size: int | None, modified: float | None = None) -> bool:
        """Whether a file is selected.

        Args:
            name: Its path below the folder, with slashes between its parts.
            size: Its size in bytes; None if it is unknown.
            modified: When it changed last, in seconds since 1970; None if it is unknown.
        """
        return fits_rules(self.rules, name) and self.fits_facts(size, modified)

    def fits_facts(self, size: int | None, modified: float | None) -> bool:
        """Whether a file is selected by its size and date.

        Args:
            size: As for `fits`.
            modified: As for `fits`.
        """
        return _between(self.min_size, size, self.max_size) and _between(self.newer, modified, self.older)


def _between(least: object, value: float | None, most: object) -> bool:
    if value is None:
        # A file of unknown size or time may be outside the bounds.
        return least is None and most is None
    return not (isinstance(least, int | float) and value < least) and not (
        isinstance(most, int | float) and value > most
    )


def fits_rules(rules: Iterable[Rule], name: str) -> bool:
    """Whether rules select a path: the first one that matches decides.

    Args:
        rules: The rules.
        name: The path, with slashes between its parts.
    """
    for includes, pattern in rules:
        if pattern.search(name):
            return includes
    return True


def rules_in(lines: Iterable[str], before: Iterable[Rule] = (), source: str = "") -> list[Rule]:
    """Read rules: `+ PATTERN`, `- PATTERN`, or `!`, which removes those before.

    Args:
        lines: The lines; blank ones and those that begin with # or ; are left out.
        before: The rules before them.
        source: What they are from, for errors.

    Raises:
        WrongPattern: A line is none; states its number.
    """
    rules = list(before)
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        if text == "!":
            rules.clear()
            continue
        try:
            if text[:2] not in ("+ ", "- "):
                raise WrongPattern(f"{text[:100]!r} is no rule", remedy="Write + PATTERN or - PATTERN.")
            rule = rule_of(text[2:], includes=text[0] == "+")
        except WrongPattern as error:
            raise WrongPattern(f"{source}, line {number}: {error.message}", remedy=error.remedy) from None
        if rule is not None:
            rules.append(rule)
    return rules


def rule_of(pattern: str, *, includes: bool) -> Rule | None:
    """Return the rule of a pattern; None for one that is for folders only, which selects no file by itself.

    Args:
        pattern: The pattern.
        includes: Whether it includes.

    Raises:
        WrongPattern: It is malformed.
    """
    is_folder = pattern.endswith("/")
    # Excluding a folder excludes what is in it; including it would only have it searched.
    expression = re.compile(regular_expression(f"{pattern}**" if is_folder and not includes else pattern))
    return None if is_folder and includes else Rule(includes, expression)


def regular_expression(pattern: str) -> str:
    """Translate a pattern.

    `*` matches any characters but slashes, `**` any, `?` one that is no slash, `[a-z]` one of a class, `{a,b}` either;
    `{{...}}` is a regular expression, and a backslash takes the character after it as it is. A pattern matches whole
    names at the end of a path, or with a slash before it the whole path.

    Args:
        pattern: The pattern.

    Returns:
        What `re.search` finds in a path that matches.

    Raises:
        WrongPattern: It is malformed.
    """
    anchored = pattern.startswith("/")
    start = r"\A" if anchored else r"(?:\A|/)"
    expression = f"{start}{_pattern_part(pattern[anchored:], pattern)}\\Z"
    try:
        re.compile(expression)
    except (re.error, OverflowError, RecursionError) as error:
        raise WrongPattern(f"pattern {pattern!r} is malformed: {error}") from None
    return expression


_TOKENS = (
    r"(?s)(?P<stars>\*{3,})|(?P<any>\*\*|\*|\?)|(?P<escaped>\\.)|(?P<expression>\{\{.*?\}\}+)|(?P<choice>\{[^{}]*\})"
    r"|(?P<class>\[(?:\[:\w+:\]|[^\[\]])+\])|(?P<open>[\[\]{}\\])|(?P<plain>.)"
)
_MISTAKES = {
    "stars": "has more than two stars in a row",
    "open": "has an unbalanced bracket or brace, braces in braces, or a backslash at its end",
}
_LONGEST, _SHORTEST = {"**": "(?s:.*)", "*": "[^/]*"}, {"**": "(?s:.*?)", "*": "[^/]*?"}


def _piece(kind: str, text: str, pattern: str) -> str:
    if kind == "expression":
        return f"(?:{text[2:-2]})"
    if kind == "choice":
        # What is between braces is a pattern, too, save that commas separate choices.
        inner = (_pattern_part(part, pattern) for part in _split_choice(text[1:-1]))
        return f"(?:{'|'.join(inner)})"
    if kind == "class":
        unknown = [name for name in re.findall(_POSIX, text) if name not in _CLASSES]
        if unknown:
            raise WrongPattern(f"pattern {pattern!r} has the unknown class [:{unknown[0]}:]")
        return re.sub(_POSIX, lambda match: _CLASSES[match[1]], text)
    return re.escape(text[-1])


_POSIX = r"\[:(\w+):\]"
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "upper": "A-Z",
    "space": r"\t\n\v\f\r ",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
    "punct": r"!-/:-@\[-`{-~",
}


def _split_choice(text: str) -> Iterator[str]:
    """Split the choices in braces at commas, which a class or a backslash may contain as they are."""
    part = ""
    for token in re.finditer(_TOKENS, text):
        if token[0] == ",":
            yield part
            part = ""
        else:
            part += token[0]
    yield part


def _pattern_part(part: str, pattern: str) -> str:
    tokens: list[tuple[str, str]] = []
    for token in re.finditer(_TOKENS, part):
        kind = token.lastgroup or ""
        if kind in _MISTAKES:
            raise WrongPattern(f"pattern {pattern!r} {_MISTAKES[kind]}")
        tokens.append((token[0], kind))
    return _joined(tokens, pattern)


def _joined(
    tokens: Sequence[tuple[str, str]], pattern: str, stars: Sequence[str] = ("**", "*"), *, before_star: bool = False
) -> str:
    """Translate tokens, of which another star may follow the last.

    What is between two stars is taken at its first place, which leaves the most to the second one: to try all places of
    each would take time that is exponential in the number of stars.
    """
    if not stars:
        return "".join("[^/]" if text == "?" else _piece(kind, text, pattern) for text, kind in tokens)
    star, *others = stars
    first, *parts = _split_at(star, tokens)
    expression = _joined(first, pattern, others, before_star=before_star or bool(parts))
    for number, part in enumerate(parts, 1):
        is_between = before_star or number < len(parts)
        piece = _joined(part, pattern, others, before_star=is_between)
        # Not of choices and expressions: what matches at a later place may be shorter, and end before.
        if is_between and all(kind in ("plain", "escaped", "any") for _, kind in part):
            expression += f"(?>{_SHORTEST[star]}{piece})"
        else:
            expression += _LONGEST[star] + piece
    return expression


def _split_at(star: str, tokens: Sequence[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    parts: list[list[tuple[str, str]]] = [[]]
    for token in tokens:
        if token == (star, "any"):
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _lines(path: str | os.PathLike[str]) -> Iterator[str]:
    try:
        with open(path, encoding="utf-8-sig") as file:
            yield from file
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise UsageError(f"{path} cannot be read: {why}", remedy="Name a file with a rule a line.") from error


# -- sizes and times


def parse_size(text: str) -> int:
    """Read a size, in powers of 1024: 500, 10K, 1.5 MiB.

    Args:
        text: The size.

    Raises:
        UsageError: It is not a size.
    """
    from omicsdk.core.archives import size_of

    size = size_of(text)
    if size is None:
        raise UsageError(f"{text!r} is not a size", remedy="Use bytes, or a size such as 10K, 1.5M or 2GiB.")
    return int(size)


def parse_moment(text: str, now: float | None = None) -> float:
    """Read a date, a time or an age, as seconds since 1970.

    Args:
        text: Such as 2026-01-31, 2026-01-31T12:00:00Z, or an age: 90m, 12h, 7d, 2w. A time without a zone is in UTC.
        now: What ages are subtracted from; by default the current time.

    Raises:
        UsageError: It is neither.
    """
    stripped = text.strip()
    from omicsdk.core.dates import seconds_of  # few lists are limited by time
    from omicsdk.core.durations import seconds_in

    age = seconds_in(stripped) if stripped[-1:].isalpha() else None
    if age is not None:
        return (SYSTEM_CLOCK.now() if now is None else now) - age
    seconds = seconds_of(f"{stripped}T00:00:00Z" if re.fullmatch(_DAY, stripped) else stripped)
    if seconds is None:
        raise UsageError(
            f"{text!r} is not a time", remedy="Use 2026-01-31, 2026-01-31T12:00:00Z, or an age such as 12h or 7d."
        )
    return seconds
