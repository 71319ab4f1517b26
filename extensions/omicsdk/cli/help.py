"""Help texts, made from the same data as the parser. Pure, and without argparse, which would slow the start of help."""

from __future__ import annotations

import json
import os

from omicsdk.cli.arguments import flag, flags, global_arguments, options_of, own_arguments

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from omicsdk.cli.program import CommandNode, Group
    from omicsdk.cli.shapes import Argument


COLUMN = 26

# The line width below which explanations follow on a separate line, and the column at which they begin then.
STACKED, BELOW = 60, 6

NARROWEST, WIDEST = 20, 100

# Characters of an argument's values up to which they are its placeholder; else they are explained.
_LONGEST_CHOICES = 120


def columns(descriptor: int = 1) -> int:
    """The width of the terminal in characters: COLUMNS, else the terminal's own, 80 in a pipe.

    Args:
        descriptor: The stream: 1 is stdout, 2 is stderr.
    """
    columns = os.environ.get("COLUMNS", "")
    # No other digits, such as a superscript, and no number that is too long for int().
    if columns.isascii() and columns.isdigit() and len(columns) < 6 and int(columns):
        return int(columns)
    try:
        # A pseudo-terminal without a size has 0 columns.
        return os.get_terminal_size(descriptor).columns or 80
    except (OSError, ValueError):
        return 80


def terminal_width() -> int:
    """The width of help in characters: the terminal's, within limits."""
    return max(NARROWEST, min(columns(), WIDEST))


def group_help(group: Group, width: int, *, everything: bool = False) -> str:
    """The help of a group of commands.

    Args:
        group: The group.
        width: Characters of a line.
        everything: Whether to list all words and the options of all commands, and summaries in full.
    """
    program = group.program
    where = group.typed()
    usage = ["<command>", "[options]"] if group.path else program.usage
    sections = [filled([f"Usage: {where}", *usage], width, "    "), *prose(group.title or program.about, width)]
    page = None if everything else group.first_page(width - COLUMN if width >= STACKED else WIDEST)
    for heading, listing in page or group.sections():
        if listing:
            rows = (_row(word, text, width) for word, text in listing)
            sections.append("\n".join([filled(heading.split(), width, "  "), *rows]))
    if len(group.path) == 1:
        if options := [option for option, *_ in options_of(group.options)]:
            sections.append(_options("Options of its commands:", options, width))
        sections += prose(group.about, width)
    if not group.path and not page:
        sections.append(_options("Global options:", program.options, width))
    more = [f"Help on a command: {where} <command> --help", *(() if group.path else program.more)]
    if page:
        more.append(f"All commands and global options: {where} --help --all")
    sections.append("\n".join(filled(line.split(), width, "  ") for line in more))
    return _page(sections)


def command_help(target: CommandNode, width: int) -> str:
    """The help of one command.

    Args:
        target: The command.
        width: Characters of a line.
    """
    command, name = target.command, target.program.name
    all_arguments = own_arguments(command)
    positionals = [argument for argument in all_arguments if argument.get("positional")]
    options = [argument for argument, *_ in options_of(all_arguments)]
    required = [argument for argument in options if argument.get("required")]
    optional = [argument for argument in options if not argument.get("required")]
    usage = [
        f"Usage: {name} {' '.join(target.path)}",
        *(_with_value(flag(argument), argument) for argument in required),
        *(["[options]"] if optional or target.package is not None else []),
        *(placeholder(word) if word.get("required") else f"[{placeholder(word)}]" for word in positionals),
    ]
    sections = [filled(usage, width, "    ")]
    # Once, where both are the same.
    for text in dict.fromkeys((command.get("summary") or "", command.get("description") or "")):
        sections += prose(text, width)
    if examples := command.get("examples"):
        sections += ["Examples:", "\n".join(_example(line, width) for line in examples)]
    if command.get("deprecated"):
        sections.append("The service's document marks this operation as deprecated.")
    for heading, arguments in (("Arguments:", positionals), ("Required:", required), ("Options:", optional)):
        if arguments:
            sections.append(_options(heading, arguments, width))
    everywhere = [flags(argument)[-1] for argument in global_arguments(all_arguments, target.program.options)]
    sections.append(filled(["Global", "options,", "see", name, "--help:", *everywhere], width, "  "))
    return _page(sections)


def _page(sections: Iterable[str]) -> str:
    """Join sections; a document may have characters in names and values that a terminal takes for commands."""
    lines = "\n\n".join(sections).split("\n")
    if not all(map(str.isprintable, lines)):
        from omicsdk.cli.errors import printable

        lines = map(printable, lines)
    return "\n".join(lines) + "\n"


_FORMATS = {
    "date-time": "TIMESTAMP",
    "date": "DATE",
    "DSS_VERSION": "TIMESTAMP",
    "email": "EMAIL",
    "uri": "URL",
    "url": "URL",
    "uuid": "UUID",
}

_TYPES = {"integer": "N", "number": "NUMBER", "object": "JSON", "file": "FILE", "any": "JSON"}

# The noun for an option's value by the last word of its name.
_NOUNS = {
    **dict.fromkeys(("directory", "dir", "folder"), "FOLDER"),
    **dict.fromkeys(("file", "filename", "manifest", "out", "outfile", "config"), "FILE"),
    **dict.fromkeys(("endpoint", "uri", "url"), "URL"),
    **dict.fromkeys(("guid", "guids", "id", "ids", "pk"), "ID"),
    **dict.fromkeys(("uuid", "uuids"), "UUID"),
    **dict.fromkeys(("exclude", "include", "pattern"), "PATTERN"),
    **dict.fromkeys(("budget", "timeout", "wait"), "TIME"),
    **{word: word.upper() for word in ("bucket", "date", "email", "host", "key", "name", "password", "path", "prefix")},
    **{word: word.upper() for word in ("port", "profile", "rate", "size", "token", "type", "username", "value")},
    "seconds": "SECONDS",
    "uid": "ID",
}


def placeholder(argument: Argument) -> str:
    """The placeholder of an argument's value in a usage line: a type or a noun; empty for a flag."""
    if argument.get("flag"):
        return ""
    if argument.get("type") == "boolean":
        # A switch accepts no value; documented booleans accept one too, for existing scripts.
        return "" if argument.get("default") is False and "in" not in argument else "[=true|false]"
    name = argument.get("metavar") or _noun(argument)
    return f"{name} ..." if argument.get("type") == "array" and not argument.get("repeated") else name


def _noun(argument: Argument) -> str:
    if 0 < len(choices := _choices(argument)) <= _LONGEST_CHOICES:
        return f"{{{choices}}}"
    name = argument["name"].replace("-", "_")
    kind = argument.get("items" if argument.get("type") == "array" else "type")
    if argument.get("positional"):
        return name.upper()
    if isinstance(kind, str) and kind in ("object", "file"):
        return _TYPES[kind]
    by_name = _NOUNS.get(name.rpartition("_")[2].lower())
    if kind in ("string", None) or by_name in ("SECONDS", "TIME"):
        return _FORMATS.get(argument.get("format", "")) or by_name or "TEXT"
    return _TYPES.get(kind, "TEXT") if isinstance(kind, str) else "JSON"


def _choices(argument: Argument) -> str:
    return ",".join(_text(choice) or "''" for choice in argument.get("choices") or ())


def _options(heading: str, arguments: Iterable[Argument], width: int) -> str:
    rows: list[str] = []
    for argument in arguments:
        spelled = "" if argument.get("positional") else ", ".join(flags(argument))
        rows.append(_row(_with_value(spelled, argument), _explained(argument), width))
    return "\n".join([heading, *rows])


def _with_value(spelled: str, argument: Argument) -> str:
    value = placeholder(argument)
    return f"{spelled}{value}" if value.startswith("[=") else f"{spelled} {value}".strip()


def _explained(argument: Argument) -> str:
    text = " ".join((argument.get("help") or "").split())
    if len(choices := _choices(argument)) > _LONGEST_CHOICES:
        text = f"{text} One of {choices.replace(',', ', ')}.".lstrip()
    default = argument.get("default")
    is_stated = "default" in text.lower() or "when omitted" in text
    if default not in (None, "", False, [], {}) and not is_stated:
        default_text = _text(default)
        # A full stop after "." (the current folder) or "-" (stdout) would read as part of the value.
        text = f"{text} Default: {default_text}{'.' if default_text[-1].isalnum() else ''}".lstrip()
    return text


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(_text, value))  # pyright: ignore[reportUnknownArgumentType] - a guard would import typing
    return value if isinstance(value, str) else json.dumps(value)


def _row(name: str, text: str, width: int) -> str:
    column = COLUMN if width >= STACKED else BELOW
    lines = wrapped(text.split(), width - column)
    head = f"  {name}"
    if column == COLUMN and len(head) + 2 <= column and lines:
        head = f"{head:<{column}}{lines.pop(0)}"
    return "\n".join([head, *(" " * column + line for line in lines)])


def filled(tokens: Iterable[str], width: int, indent: str) -> str:
    """Return words that stay whole (an option with its value), over lines.

    Args:
        tokens: The words.
        width: Characters of a line.
        indent: Before each line but the first.
    """
    lines = wrapped(tokens, width - len(indent))
    return f"\n{indent}".join(lines)


def _example(line: str, width: int) -> str:
    """A command line that can be pasted: broken before options only, as shells take it."""
    pieces = line.replace(" --", "\n--").split("\n")
    # 8 characters of indentation, and 2 for the backslash.
    return "    " + " \\\n        ".join(wrapped(pieces, width - 10))


def wrapped(tokens: Iterable[str], width: int) -> list[str]:
    """Wrap words at `width` characters; a longer word takes a separate line."""
    lines: list[str] = []
    for word in tokens:
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def prose(text: str, width: int) -> list[str]:
    """Return light Markdown as paragraphs: prose and list items are wrapped, code and tables are unchanged.

    Args:
        text: The text.
        width: Characters of a line.
    """
    blocks: list[str] = []
    lines: list[str] = []
    paragraph: list[str] = []
    indent, fenced = "", False

    def end_item() -> None:
        if paragraph:
            first, *rest = wrapped(paragraph, width - len(indent))
            lines.extend([first, *(indent + line for line in rest)])
            paragraph.clear()

    for line in [*text.splitlines(), ""]:
        bare = line.strip()
        if bare.startswith("```"):
            fenced = not fenced
        elif fenced or bare.startswith("|") or (line.startswith("    ") and not paragraph):
            end_item()
            lines.append(line.rstrip())
        elif not bare:
            end_item()
            if lines:
                blocks.append("\n".join(lines))
                lines.clear()
            indent = ""
        else:
            if bare.startswith(("- ", "* ", "+ ")):
                end_item()
                indent = "  "
            paragraph.extend(bare.split())
    if lines:
        blocks.append("\n".join(lines))
    return blocks
