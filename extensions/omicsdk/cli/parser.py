"""Parsing of one command's words by argparse, built from the command's data when it is needed."""

from __future__ import annotations

import argparse

from omicsdk.cli.mistakes import unknown_option
from omicsdk.cli.options import GLOBALS, flag, flags, global_arguments, key, kind_of, own_arguments
from omicsdk.cli.values import spelled, value_of
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
    if command.get("verbatim") and words:
        return {key(argument): words for argument in own}, {}
    everywhere = global_arguments(own)
    given = _given([*own, *everywhere], words)
    _check_opposites([argument for argument, _ in given])
    values = {**(configured or {}), **{key(argument): value for argument, value in given if argument in own}}
    missing = [argument for argument in own if argument.get("required") and key(argument) not in values]
    if missing:
        names = " and ".join(map(spelled, missing)) if len(missing) < 3 else ", ".join(map(spelled, missing))
        raise UsageError(f"{names} {'is' if len(missing) == 1 else 'are'} required")
    return values, {argument["name"]: value for argument, value in given if argument not in own}


def _check_opposites(given: list[Argument]) -> None:
    for negation in given:
        positive = next((each for each in given if key(each) == key(negation) and each is not negation), None)
        if negation.get("negates") and positive is not None:
            raise UsageError(
                f"{spelled(positive)} and {spelled(negation)} say the opposite", remedy="Give one of them."
            )


def parse_globals(words: list[str]) -> dict[str, Any]:
    """The values of global options that stand before a command.

    Raises:
        UsageError: One isn't known or lacks its value.
    """
    return {argument["name"]: value for argument, value in _given(GLOBALS, words)}


def _given(arguments: list[Argument], words: list[str]) -> list[tuple[Argument, Any]]:
    parser = _Parser()
    positional = [argument for argument in arguments if argument.get("positional")]
    options = [argument for argument in arguments if not argument.get("positional")]
    for number, argument in enumerate(options):
        # Numbers, because names may be anything.
        _add(parser, str(number), argument)
    # Argparse would give all words without a dash to the first arguments that it can, and refuse those behind an option.
    end = words.index("--") if "--" in words else len(words)
    _check_alone(words[:end], options)
    typed_words = _joined(words[:end], options) if positional else words[:end]
    parsed, others = parser.parse_known_args(typed_words)
    unknown = next((word for word in others if _is_option(word)), None)
    if unknown is not None:
        raise unknown_option(unknown.partition("=")[0], [spelling for each in options for spelling in flags(each)])
    found: dict[str, list[str] | str] = vars(parsed)
    typed = {number: found[str(number)] for number in range(len(options)) if str(number) in found}
    pairs = [(options[number], [value] if isinstance(value, str) else value) for number, value in typed.items()]
    pairs += _placed(positional, [*others, *words[end + 1 :]])
    return [(argument, value_of(argument, value)) for argument, value in pairs]


def _joined(words: list[str], options: list[Argument]) -> list[str]:
    """Words in which a boolean that stands alone has its value, so that the word behind it is not taken for one."""
    booleans = {
        spelling: flag(each)
        for each in options
        if kind_of(each) == "boolean" and not each.get("flag")
        for spelling in flags(each)
        if spelling.startswith("--")
    }
    return [f"{booleans[word]}=true" if word in booleans else word for word in words]


def _check_alone(words: list[str], options: list[Argument]) -> None:
    """Looks at options that stand alone.

    Raises:
        UsageError: A value is joined to one.
    """
    known = {spelling: each for each in options for spelling in flags(each)}
    alone = {spelling for spelling, each in known.items() if each.get("flag") or _is_letter(spelling, each)}
    for word in words:
        name, equals, value = word.partition("=")
        if equals and name in alone:
            raise UsageError(f"{name} stands alone, got {value!r}", remedy=f"Write {name}, or leave it out.")
        # Several letters may stand behind one dash, a text of several words may begin with one.
        if word[:2] in alone and _is_option(word[:3]) and f"-{word[2:3] or word[1]}" not in known:
            raise unknown_option(word, known)


def _is_letter(spelling: str, argument: Argument) -> bool:
    """Whether a spelling is the letter of a boolean, behind which others may stand: -qt."""
    return kind_of(argument) == "boolean" and not spelling.startswith("--")


def _is_option(word: str) -> bool:
    """Whether a word that no option took looks like one: neither a number below zero nor a text of several words."""
    return len(word) > 1 and word[0] == "-" and " " not in word and not word[1:].replace(".", "", 1).isdigit()


def _placed(arguments: list[Argument], words: list[str]) -> list[tuple[Argument, list[str]]]:
    """Which words are whose: one each, several for a list, which leaves one to each that has to come after it."""
    placed: list[tuple[Argument, list[str]]] = []
    rest = words
    for number, argument in enumerate(arguments):
        count = 1
        if kind_of(argument) == "array":
            later = arguments[number + 1 :]
            count = len(rest) - sum(1 for each in later if each.get("required") and kind_of(each) != "array")
        taken, rest = rest[: max(count, 0)], rest[max(count, 0) :]
        if taken not in ([], [""]):  # an empty word is none
            placed.append((argument, taken))
    if rest:
        raise unknown_option(rest[0], ())
    return placed


def _add(parser: argparse.ArgumentParser, dest: str, argument: Argument) -> None:
    kind = kind_of(argument)
    if argument.get("flag"):
        parser.add_argument(*flags(argument), dest=dest, action="store_const", const=[])
    elif kind == "boolean":
        letters = [spelling for spelling in flags(argument) if _is_letter(spelling, argument)]
        if letters:
            parser.add_argument(*letters, dest=dest, action="store_const", const=[])
        long = [spelling for spelling in flags(argument) if spelling not in letters]
        parser.add_argument(*long, dest=dest, nargs="?", const=[])
    elif kind == "array" and argument.get("repeated"):
        parser.add_argument(*flags(argument), dest=dest, action="append")
    elif kind == "array":
        parser.add_argument(*flags(argument), dest=dest, nargs="+", action="extend")
    else:
        parser.add_argument(*flags(argument), dest=dest)
