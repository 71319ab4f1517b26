"""Errors for unknown words. Their imports are made when one is raised: help loads this module."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from omicsdk.core.errors import UsageError


def unknown_word(where: str, word: str, known: Iterable[str], kind: str = "command", near: str = "") -> UsageError:
    """The error for a word that is no command.

    Args:
        where: The program, and the words before it.
        word: What was typed.
        known: The words that are valid there.
        kind: What these are.
        near: A suggestion; by default the nearest of them.
    """
    from omicsdk.core.errors import UsageError

    remedy = f"{near or did_you_mean(word, known)} See: {where} --help"
    return UsageError(f"unknown {kind} {word!r}", remedy=remedy.lstrip())


def unknown_option(word: str, known: Iterable[str]) -> UsageError:
    """The error for a word that no option or argument takes.

    Args:
        word: What was typed.
        known: The valid options.
    """
    from omicsdk.core.errors import UsageError

    if not word.startswith("-"):
        return UsageError(f"unexpected argument {word!r}", remedy="Pass a value after its option: --option VALUE.")
    return UsageError(f"unknown option {word}", remedy=did_you_mean(word, known))


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A sentence that names the nearest known word, or nothing.

    Args:
        word: What was typed.
        known: The valid words.
    """
    import difflib

    known = list(known)
    # Abbreviations are rejected, but completed in the suggestion.
    whole = [candidate for candidate in known if candidate.startswith(word)] if len(word.lstrip("-")) > 1 else []
    if len(whole) == 1:
        return f"Did you mean {whole[0]}?"
    # In capitals, or with the other dash, it is the same word.
    plain = {candidate.lower().replace("_", "-"): candidate for candidate in reversed(known)}
    near = difflib.get_close_matches(word.lower().replace("_", "-"), plain, n=1, cutoff=0.6)
    return f"Did you mean {plain[near[0]]}?" if near else ""
