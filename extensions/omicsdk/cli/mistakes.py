"""Errors for unknown words. Their imports are made when one is raised: help loads this module."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from omicsdk.core.errors import UsageError


def unknown_word(path: list[str], word: str, known: list[str], elsewhere: Iterable[str] = ()) -> UsageError:
    """The error for a word that is no command.

    Args:
        path: The words before it.
        word: What was typed.
        known: The words that are valid there.
        elsewhere: Whole commands that end in that word.
    """
    from omicsdk.core.errors import UsageError

    kind = "command" if path else "command or service"
    see = f"See: {' '.join(['omics', *path])} --help"
    near = did_you_mean(word, known)
    if whole := list(elsewhere)[:3]:
        near = f"Did you mean {' or '.join(whole)}?"
    return UsageError(f"unknown {kind} {word!r}", remedy=f"{near} {see}".lstrip())


def mistyped_word(path: list[str], word: str, known: list[str], default: str) -> UsageError | None:
    """The error for a word that is nearly a command of a group with a default command; None for any other.

    Args:
        path: The words before it.
        word: What was typed. With a slash, dot or colon it is an argument.
        known: The commands.
        default: The default command, which would take the word as its argument.
    """
    import difflib

    if word.startswith("-") or any(mark in word for mark in "/.:"):
        return None
    near = difflib.get_close_matches(word.lower().replace("_", "-"), known, n=1, cutoff=0.8)
    if not near:
        return None
    from omicsdk.core.errors import UsageError

    other = " ".join(["omics", *path, default, word])
    return UsageError(
        f"unknown command {word!r}", remedy=f"Did you mean {near[0]}? For an argument of that name: {other}"
    )


def unknown_topic(word: str, known: Iterable[str]) -> UsageError:
    """The error for help on a word that is unknown.

    Args:
        word: What was typed.
        known: The commands, services and topics.
    """
    from omicsdk.core.errors import UsageError

    near = did_you_mean(word, known)
    return UsageError(
        f"unknown command, service or topic {word!r}", remedy=f"{near} See: omics --help, or omics help topics".lstrip()
    )


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
