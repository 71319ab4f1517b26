"""Errors for unknown words. Their imports are made when one is raised: help loads this module."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

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


def unknown_option(
    word: str, known: Iterable[str], suggest: Callable[[str, Iterable[str]], str] | None = None
) -> UsageError:
    """The error for a word that no option or argument takes.

    Args:
        word: What was typed.
        known: The valid options.
        suggest: Returns the remedy for an unknown option; by default the nearest one.
    """
    from omicsdk.core.errors import UsageError

    if not word.startswith("-"):
        return UsageError(f"unexpected argument {word!r}", remedy="Pass a value after its option: --option VALUE.")
    return UsageError(f"unknown option {word}", remedy=(suggest or did_you_mean)(word, known))


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
    # In capitals, or with the other dash, it is the same word; the dashes before an option would make all options alike.
    typed = _plain(word)
    plain = {_plain(candidate): candidate for candidate in reversed(known)}
    near = difflib.get_close_matches(typed, plain, n=1, cutoff=_LEAST_LIKENESS)
    near += [candidate for candidate in plain if len(typed) > 1 and sorted(candidate) == sorted(typed)]
    return f"Did you mean {plain[near[0]]}?" if near else ""


_LEAST_LIKENESS = 0.75
"""Of difflib, from which a word is suggested: `--inclde` for `--include` (0.92), but not `--exclude` (0.71)."""


def _plain(word: str) -> str:
    return word.lower().replace("_", "-").lstrip("-")
