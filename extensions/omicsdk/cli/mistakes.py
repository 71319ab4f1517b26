"""Errors for unknown words. Their imports are made when one is raised: help loads this module."""

from __future__ import annotations

from omicsdk.core.likeness import did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from omicsdk.core.errors import UsageError


def unknown_word(where: str, word: str, names: Iterable[str], kind: str = "command", near: str = "") -> UsageError:
    """The error for a word that is no command.

    Args:
        where: The program, and the words before it.
        word: What was typed.
        names: The words that are valid there.
        kind: What these are.
        near: A suggestion; by default the nearest of them.
    """
    from omicsdk.core.errors import UsageError

    remedy = f"{near or did_you_mean(word, names)} See: {where} --help"
    return UsageError(f"unknown {kind} {word!r}", remedy=remedy.lstrip())


def unknown_option(
    word: str, valid_options: Iterable[str], suggest: Callable[[str, Iterable[str]], str] | None = None
) -> UsageError:
    """The error for a word that no option or argument takes.

    Args:
        word: What was typed.
        valid_options: The valid options.
        suggest: Returns the remedy for an unknown option; by default the nearest one.
    """
    from omicsdk.core.errors import UsageError

    if not word.startswith("-"):
        return UsageError(f"unexpected argument {word!r}", remedy="Pass a value after its option: --option VALUE.")
    return UsageError(f"unknown option {word}", remedy=(suggest or did_you_mean)(word, valid_options))
