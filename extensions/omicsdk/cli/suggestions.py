"""Errors for unknown first words of omics, and for words that its default commands would take."""

from __future__ import annotations

from omicsdk.cli.mistakes import did_you_mean, unknown_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from omicsdk.core.errors import UsageError


def unknown_first_word(word: str, known: Iterable[str], elsewhere: list[str]) -> UsageError:
    """Return the error for a first word that is unknown.

    Args:
        word: The word.
        known: The known ones.
        elsewhere: Whole commands that end in that word.
    """
    near = f"Did you mean {' or '.join(elsewhere[:3])}?" if elsewhere else ""
    return unknown_word("omics", word, known, "command or service", near)


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
