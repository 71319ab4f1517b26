"""Names that somebody wrote, and those that were meant."""

from collections.abc import Iterable
from difflib import get_close_matches

#: Characters beyond which texts aren't compared: that takes long, and they aren't words of a list.
LONGEST = 100


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Gives the name that was probably meant.

    Args:
        word: What was written.
        known: The names that there are.

    Returns:
        The nearest of them; None where none is near.
    """
    names = list(known)
    folded = {name.casefold(): name for name in reversed(names)}
    if word.casefold() in folded:
        return folded[word.casefold()]
    near = get_close_matches(word, names, n=1, cutoff=0.6) if len(word) <= LONGEST else []
    return near[0] if near else None


def choice(word: str, known: Iterable[str], *, most: int = 8) -> str:
    """Gives a sentence that says what to write in the place of a name that there isn't.

    Args:
        word: What was written.
        known: The names that there are.
        most: How many of them are listed where none is near.
    """
    names = list(known)
    near = nearest(word, names)
    if near is not None:
        return f"Did you mean {near!r}?"
    if not names:
        return "There are none."
    others = f" and {len(names) - most} others" if len(names) > most else ""
    return f"There are: {', '.join(names[:most])}{others}."
