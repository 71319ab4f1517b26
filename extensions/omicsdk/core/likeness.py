"""The valid names that an unknown one may mean, for messages. difflib is imported when one is looked for: commands load this module."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

#: Of difflib, from which a name is suggested: `--inclde` for `--include` (0.92), but not `--exclude` (0.71).
LEAST_LIKENESS = 0.75
# Characters of a name that is compared: the time of a comparison grows with its square.
_LONGEST = 100


def nearest(word: str, names: Iterable[str], *, count: int = 1, least: float = LEAST_LIKENESS) -> list[str]:
    """Return the valid names that are most like an unknown one, the nearest first.

    Case, the dashes before an option, and `_` for `-` make no difference.

    Args:
        word: The unknown name.
        names: The valid names.
        count: Maximum number of names, 1 or more.
        least: Least likeness of a name, from 0 to 1.
    """
    import difflib

    typed, plain = _plain(word), _by_plain(names)
    near = difflib.get_close_matches(typed, plain, n=count, cutoff=least) if len(typed) <= _LONGEST else []
    return [plain[name] for name in near]


def did_you_mean(word: str, names: Iterable[str], form: str = "{}") -> str:
    """Return a sentence that suggests a valid name for an unknown one, or nothing.

    It is the only name that begins with the word, or the nearest, or one with its letters in another order, or the only one
    with another letter.

    Args:
        word: The unknown name.
        names: The valid names.
        form: How the name is written, with {} in its place.
    """
    typed, plain = _plain(word), _by_plain(names)
    completions = [name for name in plain.values() if len(typed) > 1 and _plain(name).startswith(typed)]
    near = completions if len(completions) == 1 else nearest(word, plain.values())
    near += [name for shape, name in plain.items() if len(typed) > 1 and sorted(shape) == sorted(typed)]
    # A wrong letter of two or three makes them too unlike: `--tu` for `--to`. Numbered names, such as 12L and 12M, are no misspellings.
    shapes = plain if typed.isalpha() else ()
    mistyped = [shape for shape in shapes if len(shape) == len(typed) > 1 == sum(map(str.__ne__, shape, typed))]
    near += [plain[shape] for shape in mistyped[:1] if len(mistyped) == 1]
    return f"Did you mean {form.format(near[0])}?" if near else ""


def _by_plain(names: Iterable[str]) -> dict[str, str]:
    """Return the names by their plain form; of several with one form the first."""
    return {_plain(name): name for name in reversed(list(names))}


def _plain(word: str) -> str:
    return word.lower().replace("_", "-").lstrip("-")
