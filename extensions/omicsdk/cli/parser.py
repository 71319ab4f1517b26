"""Parsing of one command's words by argparse, built from the command's data when it is needed."""

from __future__ import annotations

import argparse

from omicsdk.cli.mistakes import unknown_option
from omicsdk.cli.options import GLOBALS, flags, global_arguments, key, own_arguments
from omicsdk.cli.values import kind_of, spelled, value_of
from omicsdk.core.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NoReturn

    from omicsdk.cli.shapes import Argument, Command


def _formatter(prog: str) -> argparse.HelpFormatter:
    """What argparse makes for each argument only to see that it could: of a given width, or it loads shutil to ask for it."""
    return argparse.HelpFormatter(prog, width=80)


class _Parser(argparse.ArgumentParser):
    """Argparse without its own help, abbreviations and exits."""

    def __init__(self) -> None:
        super().__init__(
            add_help=False,
            allow_abbrev=False,
            argument_default=argparse.SUPPRESS,
            formatter_class=_formatter,
        )

    def error(self, message: str) -> NoReturn:
        remedy = None
        if message.endswith(("expected one argument", "expected at least one argument")):
            remedy = "A value that begins with a dash is given with an equals sign: --option=-value."
        raise UsageError(message.removeprefix("argument "), remedy=remedy)


def parse(
    command: Command, words: list[str], configured: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parses what stands after a command.

    Args:
        command: Which.
        words: The words after it.
        configured: Values that the configuration gives the command's arguments, by their key; words win over them.

    Returns:
        Values of the command's own arguments by their key, and those of global options by name; only what was given.

    Raises:
        UsageError: A word isn't known, isn't a value of its option's type, or something required is missing.
    """
    own = own_arguments(command)
    everywhere = global_arguments(own)
    given = _given([*own, *everywhere], words)
    values = {**(configured or {}), **{key(argument): value for argument, value in given if argument in own}}
    missing = [argument for argument in own if argument.get("required") and key(argument) not in values]
    if missing:
        names = " and ".join(map(spelled, missing)) if len(missing) < 3 else ", ".join(map(spelled, missing))
        raise UsageError(f"{names} {'is' if len(missing) == 1 else 'are'} required")
    return values, {argument["name"]: value for argument, value in given if argument not in own}


def parse_globals(words: list[str]) -> dict[str, Any]:
    """The values of global options that stand before a command.

    Raises:
        UsageError: One isn't known or lacks its value.
    """
    return {argument["name"]: value for argument, value in _given(GLOBALS, words)}


def _given(arguments: list[Argument], words: list[str]) -> list[tuple[Argument, Any]]:
    parser = _Parser()
    has_words = any(argument.get("positional") for argument in arguments)
    for number, argument in enumerate(arguments):
        # Numbers, because names may be anything.
        _add(parser, str(number), argument, has_words)
    parsed, extra = parser.parse_known_args(words)
    if extra:
        options = [spelling for argument in arguments if not argument.get("positional") for spelling in flags(argument)]
        raise unknown_option(extra[0].partition("=")[0], options)
    found: dict[str, str | list[str]] = vars(parsed)
    pairs: list[tuple[Argument, Any]] = []
    for number, argument in enumerate(arguments):
        typed = found.get(str(number), [] if argument.get("positional") else None)
        if typed is not None and not (argument.get("positional") and not typed):
            pairs.append((argument, value_of(argument, [typed] if isinstance(typed, str) else typed)))
    return pairs


def _add(parser: argparse.ArgumentParser, dest: str, argument: Argument, has_words: bool) -> None:
    kind = kind_of(argument)
    if argument.get("positional"):
        parser.add_argument(dest, nargs="*" if kind == "array" else "?")
    elif argument.get("flag") or (kind == "boolean" and has_words):
        # A word after it would be taken for its value.
        parser.add_argument(*flags(argument), dest=dest, action="store_const", const=[])
    elif kind == "boolean":
        parser.add_argument(*flags(argument), dest=dest, nargs="?", const=[])
    elif kind == "array":
        parser.add_argument(*flags(argument), dest=dest, nargs="+", action="extend")
    else:
        parser.add_argument(*flags(argument), dest=dest)
