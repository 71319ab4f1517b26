"""From the words of a command line to values: options and other words, each a value of its option's type."""

from __future__ import annotations

import json
import math
from collections import deque
from contextlib import AbstractContextManager, nullcontext

from omicsdk.cli.arguments import flag, global_arguments, key, kind_of, loaded, options_of, own_arguments
from omicsdk.cli.mistakes import unknown_option
from omicsdk.core.errors import UsageError
from omicsdk.core.json_text import strict_value
from omicsdk.core.likeness import did_you_mean
from omicsdk.core.type_guards import is_array, is_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from omicsdk.cli.shapes import Argument, Command


def parse(
    command: Command,
    command_line: list[str],
    everywhere: list[Argument],
    configured: Mapping[str, Any] | None = None,
    suggest: Callable[[str, Iterable[str]], str] | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Parse the words after a command.

    Args:
        command: The command.
        command_line: The words after it.
        everywhere: The options of all commands.
        configured: Configured values of the command's arguments, by their key; words take precedence.
        suggest: Returns the remedy for an unknown option; by default the nearest one.

    Returns:
        Values of the command's own arguments by their key, and those of global options by name; only what was given.

    Raises:
        UsageError: A word is unknown or has another type than its option, or a required argument is missing.
    """
    command_arguments = own_arguments(command)
    keys = [*map(key, command_arguments)]
    arguments = [*command_arguments, *global_arguments(command_arguments, everywhere)]
    options = options_of(arguments)
    pairs = _pairs_in(
        arguments, options, _verbatim(options, command_line) if command.get("verbatim") else command_line, suggest
    )
    _check_opposites([argument for argument, _ in pairs])
    values = dict(configured or {})
    others: dict[str, Any] = {}
    for argument, value in pairs:
        if argument in command_arguments:
            joins = argument.get("positional") and argument.get("repeated")  # an option of the same keyword
            name = keys[command_arguments.index(argument)]
            values[name] = [*values.get(name, ()), *value] if joins else value
        else:
            others[argument["name"]] = value
    by_key = zip(keys, command_arguments, strict=True)
    missing = [argument for name, argument in by_key if argument.get("required") and name not in values]
    if missing:
        names = " and ".join(map(spelled, missing)) if len(missing) < 3 else ", ".join(map(spelled, missing))
        raise UsageError(f"{names} {'is' if len(missing) == 1 else 'are'} required")
    return values, others


def call_limits_of(settings: Mapping[str, Any]) -> AbstractContextManager[None]:
    """Return the context in which --call-timeout and --call-budget apply to the clients of a command.

    Args:
        settings: Values of the global options that were given.

    Raises:
        UsageError: A value is not a duration.
    """
    limits = {"call-timeout", "call-budget"} & settings.keys()
    seconds_by_name = {name: seconds_of(f"--{name}", settings[name]) for name in limits}
    if not seconds_by_name:
        return nullcontext()
    from omicsdk.core.sending.time_limits import Timeout, call_limits

    seconds = seconds_by_name.get("call-timeout")
    waits = None if seconds is None else Timeout(read=seconds, write=seconds, body=seconds)
    return call_limits(waits, seconds_by_name.get("call-budget"))


def seconds_of(option: str, text: str) -> float:
    """Parse a duration.

    Args:
        option: The option.
        text: The duration; see `seconds_in`.

    Raises:
        UsageError: It is not a duration, or 0.
    """
    from omicsdk.core.durations import REMEDY, seconds_in  # few commands have such an option

    if not (seconds := seconds_in(text)):
        raise UsageError(f"{option} {text}: not a duration", remedy=REMEDY)
    return seconds


def _verbatim(options: list[tuple[Argument, list[str], str]], command_line: list[str]) -> list[str]:
    """Words with `--` before the first that is no option of the command, nor the value of one."""
    by_spelling = {spelling: argument for argument, spellings, _ in options for spelling in spellings}
    end = 0
    while end < len(command_line) and (option := by_spelling.get(command_line[end].partition("=")[0])):
        end += 1 if "=" in command_line[end] or option.get("flag") else 2
    return [*command_line[:end], *([] if command_line[end : end + 1] == ["--"] else ["--"]), *command_line[end:]]


def _check_opposites(arguments: list[Argument]) -> None:
    for negation in arguments:
        if not negation.get("negates") and "value" not in negation:
            continue
        positive = next((other for other in arguments if key(other) == key(negation) and other is not negation), None)
        if positive is not None:
            raise UsageError(
                f"{spelled(positive)} and {spelled(negation)} are mutually exclusive", remedy="Use one of them."
            )


def parse_globals(command_line: list[str], everywhere: list[Argument]) -> dict[str, Any]:
    """Parse the options before a command.

    Args:
        command_line: The words before it.
        everywhere: The options of all commands.

    Raises:
        UsageError: One is unknown or lacks its value.
    """
    if not command_line:
        return {}
    return {argument["name"]: value for argument, value in _pairs_in(everywhere, options_of(everywhere), command_line)}


def _pairs_in(
    arguments: list[Argument],
    options: list[tuple[Argument, list[str], str]],
    command_line: list[str],
    suggest: Callable[[str, Iterable[str]], str] | None = None,
) -> list[tuple[Argument, Any]]:
    """Return the arguments that have a value in a command line, each with its value; `options` are those of them that are options."""
    positional = [argument for argument in arguments if argument.get("positional")]
    # Words after `--` are no options (POSIX, Utility Conventions, guideline 10).
    end = command_line.index("--") if "--" in command_line else len(command_line)
    numbers = {spelling: number for number, (_, spellings, _) in enumerate(options) for spelling in spellings}
    _check_alone(command_line[:end], options, numbers)
    # Only with positional words is it open whether the word after a boolean is its value.
    typed_words = _joined(command_line[:end], options) if positional else command_line[:end]
    values, others = _split(typed_words, options, numbers)
    for word in others:
        if word.startswith(("–", "—")) and (meant := f"--{word.lstrip('–—-').partition('=')[0]}") in numbers:
            raise UsageError(f"{word}: {word[0]} is no dash of options", remedy=f"Write {meant}.")
    unknown = next((word for word in others if _is_option(word)), None)
    if unknown is not None:
        candidates = [*numbers, *(argument["name"].upper() for argument in positional)]
        raise unknown_option(unknown.partition("=")[0], candidates, suggest)
    placed = _placed(positional, [*others, *command_line[end + 1 :]])
    of_options = [(options[number], values[number]) for number in sorted(values)]
    return [
        *((argument, _value(argument, kind, texts)) for (argument, _, kind), texts in of_options),
        *((argument, value_of(argument, texts)) for argument, texts in placed),
    ]


def _split(
    command_line: list[str], options: list[tuple[Argument, list[str], str]], numbers: Mapping[str, int]
) -> tuple[dict[int, list[str]], list[str]]:
    """Separate options with their values from other words, as argparse does: to import that and to describe options to it took 4 of
    55 ms of CPU of `omics cat`.

    Returns:
        The words that are values of options, by the option's number; and the words that are neither.
    """
    values: dict[int, list[str]] = {}
    others: list[str] = []
    left = deque(command_line)
    while left:
        word = left.popleft()
        name, value = _option_in(word, numbers)
        # A text of several words may begin with the letter of a boolean.
        if name not in numbers or (value and value[0] == " " and _is_alone(name, options, numbers)):
            others.append(word)
            continue
        argument, spellings, kind = options[numbers[name]]
        texts = [] if value is None else [value]
        # Letters of booleans may share a dash: the rest of -qt is parsed as -t.
        if _is_alone(name, options, numbers):
            if value:  # further letters
                left.appendleft(f"-{value}")
            texts = []
        elif value is None:
            is_list = kind == "array" and not argument.get("repeated")
            while left and (is_list or not texts) and not _option_in(left[0], numbers)[0] and not _is_option(left[0]):
                texts.append(left.popleft())
            if not texts and kind != "boolean":
                raise UsageError(
                    f"{'/'.join(spellings)}: expected {'at least one' if is_list else 'one'} argument",
                    remedy="Use a value that begins with a dash with an equals sign: --option=-value." if left else "",
                )
        # A list grows with each occurrence; of other options the last one applies.
        if kind == "array":
            values.setdefault(numbers[name], []).extend(texts)
        else:
            values[numbers[name]] = texts
    return values, others


def _option_in(word: str, numbers: Mapping[str, int]) -> tuple[str, str | None]:
    """Return the spelling of the option in a word, and the value attached to it: --name=value, -nvalue; empty for none."""
    name, equals, value = word.partition("=")
    if word in numbers:
        return word, None
    if equals and name in numbers:
        return name, value
    return (word[:2], word[2:]) if word[:2] in numbers else ("", None)


def _joined(command_line: list[str], options: list[tuple[Argument, list[str], str]]) -> list[str]:
    """Add the value to each boolean without one, so that the next word is not taken for it."""
    booleans = {
        spelling: flag(argument)
        for argument, spellings, kind in options
        if kind == "boolean" and not argument.get("flag")
        for spelling in spellings
        if spelling.startswith("--")
    }
    return [f"{booleans[word]}=true" if word in booleans else word for word in command_line]


def _check_alone(
    command_line: list[str], options: list[tuple[Argument, list[str], str]], numbers: Mapping[str, int]
) -> None:
    """Check options that take no value.

    Raises:
        UsageError: One has a value.
    """
    for word in command_line:
        name, equals, value = word.partition("=")
        if equals and _is_alone(name, options, numbers):
            raise UsageError(f"{name} takes no value, got {value!r}", remedy=f"Pass {name} alone, or leave it out.")
        # Several letters may follow one dash.
        is_alone = _is_alone(word[:2], options, numbers)
        if is_alone and _is_option(word[:3]) and f"-{word[2:3] or word[1]}" not in numbers:
            raise unknown_option(word, numbers)


def _is_alone(spelling: str, options: list[tuple[Argument, list[str], str]], numbers: Mapping[str, int]) -> bool:
    """Whether a spelling is that of an option without a value, or the letter of a boolean, which others may follow: -qt."""
    if spelling not in numbers:
        return False
    argument, _, kind = options[numbers[spelling]]
    return argument.get("flag") or (kind == "boolean" and not spelling.startswith("--"))


def _is_option(word: str) -> bool:
    """Whether an unknown word looks like an option: neither a negative number nor a text of several words."""
    return len(word) > 1 and word[0] == "-" and " " not in word and not word[1:].replace(".", "", 1).isdigit()


def _placed(arguments: list[Argument], command_line: list[str]) -> list[tuple[Argument, list[str]]]:
    """Assign words to arguments: one each, several to a list, which leaves one to each required argument after it."""
    placed: list[tuple[Argument, list[str]]] = []
    rest = command_line
    for number, argument in enumerate(arguments):
        count = 1
        if kind_of(argument) == "array":
            later = arguments[number + 1 :]
            # `cp SOURCE... TARGET`: each required argument after a list gets a word before the list gets a second one.
            count = len(rest) - sum(1 for other in later if other.get("required") and kind_of(other) != "array")
        values, rest = rest[: max(count, 0)], rest[max(count, 0) :]
        if values not in ([], [""]):  # an empty word is none
            placed.append((argument, values))
    if rest:
        raise unknown_option(rest[0], ())
    return placed


# The words that configparser accepts.
TRUTHS = {"true": True, "yes": True, "1": True, "on": True, "false": False, "no": False, "0": False, "off": False}


def value_of(argument: Argument, texts: list[str]) -> Any:
    """Convert words to the value of an argument.

    Args:
        argument: The argument, with its type and choices.
        texts: The words, in order; none for a boolean without a value.

    Raises:
        UsageError: They are no such value; names the option and the expected type.
    """
    return _value(argument, kind_of(argument), texts)


def _value(argument: Argument, kind: str, texts: list[str]) -> Any:
    if kind == "array":
        value: Any = _array(argument, texts)
    elif kind == "boolean" and not texts:
        value = argument.get("value", not argument.get("negates"))
    else:
        value = _single(argument, kind, texts[-1])
    _check_choices(argument, kind, value)
    return _converted(argument, value)


def _converted(argument: Argument, value: Any) -> Any:
    target = argument.get("convert")
    if target is None:
        return value
    try:
        return loaded(target)(value)
    except UsageError as error:
        raise UsageError(f"{spelled(argument)}: {error.message}", remedy=error.remedy) from error


def spelled(argument: Argument) -> str:
    """An argument's name in messages."""
    return argument.get("metavar") or argument["name"].upper() if argument.get("positional") else flag(argument)


def _single(argument: Argument, kind: str, word: str) -> Any:
    if kind == "integer":
        return _number(argument, word, int, "a whole number")
    if kind == "number":
        return _number(argument, word, float, "a number")
    if kind == "boolean":
        if (truth := TRUTHS.get(word.lower())) is None:
            raise _wrong(argument, "true or false", word)
        return truth
    if kind == "object":
        expected = "a JSON object, or @ and the name of a file with one"
        if not is_object(value := _json(argument, _content(argument, word), expected)):
            raise _wrong(argument, expected, word)
        return value
    if kind == "file":
        from pathlib import Path  # with urllib.parse it takes 4 ms to import

        return Path(word.removeprefix("@"))
    return _loose(argument, word) if kind == "any" else word


def _array(argument: Argument, texts: list[str]) -> list[Any]:
    items = argument.get("items")
    if len(texts) == 1:
        only = texts[0]
        if only.startswith("@") and items != "string":
            value = _json(argument, _content(argument, only), "a JSON array")
            return value if is_array(value) else [value]
        # If it is no list of texts, it is a shell pattern such as [ab]*.json, or [1].
        value = _loose(argument, only) if only.lstrip().startswith("[") else None
        if is_array(value) and (not takes_texts(argument) or all(isinstance(item, str) for item in value)):
            return value
    if items is None or items in ("any", "array"):
        return [_loose(argument, word) for word in texts]
    if items == "string" and argument.get("in"):
        return [_unquoted(argument, word) for word in texts]
    return [_single(argument, items, word) for word in texts]


def takes_texts(argument: Argument) -> bool:
    """Whether an argument is a list of texts for this program; those of a service's operation are sent as they are decoded."""
    return argument.get("items") == "string" and not argument.get("in")


def _unquoted(argument: Argument, word: str) -> str:
    """A text as it is, or as JSON, as documented clients take the items of an operation's list."""
    value = _loose(argument, word) if word.startswith('"') else word
    return value if isinstance(value, str) else word


def _loose(argument: Argument, word: str) -> Any:
    """A word as JSON where it is valid JSON, else as text."""
    if word.startswith("@"):
        return _json(argument, _content(argument, word), "JSON")
    try:
        value = _parsed(word)
    except ValueError:
        return word
    # A float has 15 to 17 digits: a longer decimal stays text, which documents allow beside a number.
    return word if isinstance(value, float) and len(word) > 17 and repr(value) != word else value


def _content(argument: Argument, word: str) -> str:
    if word != "-" and not word.startswith("@"):  # a single - is never valid JSON
        return word
    name = word.removeprefix("@")
    try:
        if name == "-":
            import sys

            return sys.stdin.buffer.read().decode("utf-8-sig")
        # Without a byte order mark, which some editors write and json refuses.
        with open(name, encoding="utf-8-sig") as file:  # noqa: PTH123 - as above
            return file.read()
    except OSError as error:
        raise UsageError(
            f"{spelled(argument)}: cannot read {name}: {error.strerror or error}",
            remedy="Use a readable file, or - for stdin.",
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{spelled(argument)}: {name} is not UTF-8 text", remedy="Save it as UTF-8.") from error


def _json(argument: Argument, text: str, expected: str) -> Any:
    try:
        return _parsed(text)
    except ValueError as error:
        raise _wrong(argument, expected, text, f" ({_where(error)})") from error


def _parsed(text: str) -> Any:
    try:
        return strict_value(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _where(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"line {error.lineno}, column {error.colno}: {error.msg}"
    return str(error)


def _number(argument: Argument, word: str, kind: type[int] | type[float], expected: str) -> int | float:
    try:
        value = kind(word)
    except ValueError:
        raise _wrong(argument, expected, word) from None
    # `int` and `float` accept 1_000, nan and inf, which JSON does not have.
    if "_" in word or (kind is float and not math.isfinite(value)):
        raise _wrong(argument, expected, word)
    return value


def _check_choices(argument: Argument, kind: str, value: Any) -> None:
    choices = argument.get("choices") or []
    values: list[Any] = value if kind == "array" else [value]
    for element in values:
        if choices and element not in choices and str(element) not in map(str, choices):
            wrong = _wrong(argument, f"one of {', '.join(str(choice) or repr('') for choice in choices)}", str(element))
            wrong.remedy = did_you_mean(str(element), map(str, choices))
            raise wrong


def _wrong(argument: Argument, expected: str, word: str, detail: str = "") -> UsageError:
    shortened = word if len(word) <= 60 else f"{word[:57]}..."
    return UsageError(f"{spelled(argument)}: expected {expected}, got {shortened!r}{detail}")
