"""What somebody who mistyped a word may have meant."""

from __future__ import annotations


def did_you_mean(word: str, known: list[str]) -> str:
    """A sentence that names the nearest known word, or nothing.

    Args:
        word: What was typed.
        known: What could have been meant.
    """
    import difflib

    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"Did you mean {near[0]}?" if near else ""
