"""Errors for unknown words. Their imports are made when one is raised: help loads this module."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from omicsdk.core.errors import UsageError


OPTIONS = {
    **dict.fromkeys(("-R", "-r"), "--recursive"),
    **dict.fromkeys(("-y", "--assume-yes", "--force-yes"), "--yes"),
    **dict.fromkeys(("-v", "-vv", "--verbose", "--trace"), "--debug"),
    **dict.fromkeys(("-V", "-version"), "--version"),
    **dict.fromkeys(("-n", "--dryrun", "--simulate", "--just-print"), "--dry-run"),
    **dict.fromkeys(
        ("-O", "-d", "--output-dir", "--outdir", "--out-dir", "--dest", "--destination", "--target"), "--to"
    ),
    **dict.fromkeys(
        ("-j", "-P", "-t", "--jobs", "--threads", "--transfers", "--parallel", "--workers"), "--connections"
    ),
    **dict.fromkeys(("--bwlimit", "--rate", "--max-bandwidth"), "--limit-rate"),
    **dict.fromkeys(("-f", "--force"), "--overwrite"),
    **dict.fromkeys(("-s", "--silent"), "--quiet"),
    **dict.fromkeys(("-o", "--format"), "--output"),
    "--json": "--output json",
    **dict.fromkeys(("--token", "--api-key"), "--access-token"),
    **dict.fromkeys(("--endpoint", "--endpoint-url", "--url", "--host"), "--base-url"),
    **dict.fromkeys(("-h", "-help", "-?"), "--help"),
    **dict.fromkeys(("--jq", "--filter"), "--query"),
    **dict.fromkeys(("--pattern", "--glob"), "--include"),
}
"""Options by the words for them in other tools; a command that has none of the name does not suggest it."""


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


def unknown_option(word: str, known: Iterable[str], elsewhere: Callable[[str], str] | None = None) -> UsageError:
    """The error for a word that no option or argument takes.

    Args:
        word: What was typed.
        known: The valid options.
        elsewhere: Returns a sentence about the commands that have an option; empty for none.
    """
    from omicsdk.core.errors import UsageError

    if not word.startswith("-"):
        return UsageError(f"unexpected argument {word!r}", remedy="Pass a value after its option: --option VALUE.")
    known = list(known)
    meant = OPTIONS.get(word, "")
    is_known = meant.partition(" ")[0] in known
    remedy = (
        f"Did you mean {meant}?" if is_known else did_you_mean(word, known) or (elsewhere(word) if elsewhere else "")
    )
    return UsageError(f"unknown option {word}", remedy=remedy)


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
