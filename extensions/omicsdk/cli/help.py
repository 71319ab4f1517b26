"""Help texts, made from the same data as the parser. Pure, and without argparse, which would slow the start of help."""

from __future__ import annotations

import json
import os

from omicsdk.cli.catalog import GLOBALS, Group, flag, flags, global_arguments, options_of, own_arguments
from omicsdk.cli.plugins import plugins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from omicsdk.cli.catalog import Found
    from omicsdk.cli.shapes import Argument


ABOUT = "One command for the data platforms of omics: browse, search, upload, and download, verified by checksums."

COLUMN = 26
"""The column at which explanations begin."""

STACKED, BELOW = 60, 6
"""The line width below which explanations follow on a separate line, and the column at which they begin then."""

NARROWEST, WIDEST = 20, 100


def columns(descriptor: int = 1) -> int:
    """The width of the terminal in characters: COLUMNS, else the terminal's own, 80 in a pipe.

    Args:
        descriptor: The stream: 1 is stdout, 2 is stderr.
    """
    stated = os.environ.get("COLUMNS", "")
    if stated.isdigit() and int(stated):
        return int(stated)
    try:
        return os.get_terminal_size(descriptor).columns or 80
    except (OSError, ValueError):
        return 80


def terminal_width() -> int:
    """The width of help in characters: the terminal's, within limits."""
    return max(NARROWEST, min(columns(), WIDEST))


def group_help(group: Group, width: int) -> str:
    """The help of a group of commands.

    Args:
        group: The group.
        width: Characters of a line.
    """
    where = " ".join(["omics", *group.path])
    sections: list[str] = []
    if group.path:
        sections += [_filled([f"Usage: {where}", "<command>", "[options]"], width, "    "), *_prose(group.title, width)]
    else:
        usage = ["Usage: omics", "[global options]", "<service>", "<command>", "[options]"]
        sections += [_filled(usage, width, "    "), *_prose(ABOUT, width)]
    operations = group.operations()
    lists = [
        ("Groups:" if group.path else "Services:", group.groups()),
        ("Workflows:" if operations else "Commands:", group.handwritten()),
        ("Operations:", operations),
    ]
    for heading, listing in lists:
        if listing:
            rows = (_row(word, summary, width) for word, summary in listing)
            sections.append("\n".join([heading, *rows]))
    if not group.path:
        others = [(word, plugin["summary"]) for word, plugin in plugins().items() if group.find(word) is None]
        if others:
            sections.append("\n".join(["Commands of other packages:", *(_row(*other, width) for other in others)]))
    if len(group.path) == 1:
        if options := [each for each, *_ in options_of(group.options)]:
            sections.append(_options("Options of its commands:", options, width))
        sections += _prose(group.about, width)
    if not group.path:
        sections.append(_options("Global options:", GLOBALS, width))
    more = [f"Help on a command: {where} <command> --help"]
    if not group.path:
        more.append("Help on what commands have in common: omics help topics")
    sections.append("\n".join(_filled(line.split(), width, "  ") for line in more))
    return "\n\n".join(sections) + "\n"


def command_help(found: Found, width: int) -> str:
    """The help of one command.

    Args:
        found: The command.
        width: Characters of a line.
    """
    command = found.command
    own = own_arguments(command)
    words = [argument for argument in own if argument.get("positional")]
    options = [argument for argument, *_ in options_of(own)]
    required = [argument for argument in options if argument.get("required")]
    optional = [argument for argument in options if not argument.get("required")]
    usage = [
        f"Usage: omics {' '.join(found.path)}",
        *(_with_value(flag(argument), argument) for argument in required),
        *(["[options]"] if optional or found.package is not None else []),
        *(placeholder(each) if each.get("required") else f"[{placeholder(each)}]" for each in words),
    ]
    sections = [_filled(usage, width, "    ")]
    for text in dict.fromkeys((command.get("summary") or "", command.get("description") or "")):
        sections += _prose(text, width)
    if examples := command.get("examples"):
        sections += ["Examples:", "\n".join(_example(line, width) for line in examples)]
    if command.get("deprecated"):
        sections.append("The service's document marks this operation as deprecated.")
    for heading, arguments in (("Arguments:", words), ("Required:", required), ("Options:", optional)):
        if arguments:
            sections.append(_options(heading, arguments, width))
    everywhere = [flags(argument)[-1] for argument in global_arguments(own)]
    sections.append(_filled(["Global", "options,", "see", "omics", "--help:", *everywhere], width, "  "))
    return "\n\n".join(sections) + "\n"


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
"""The noun for an option's value by the last word of its name."""


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
    if choices := argument.get("choices"):
        return "{" + ",".join(_text(choice) for choice in choices) + "}"
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
    default = argument.get("default")
    is_stated = "default" in text.lower() or "when omitted" in text
    if default not in (None, "", False, [], {}) and not is_stated:
        shown = _text(default)
        # A full stop after "." (the current folder) or "-" (stdout) would read as part of the value.
        text = f"{text} Default: {shown}{'.' if shown[-1].isalnum() else ''}".lstrip()
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


def _filled(words: Iterable[str], width: int, indent: str) -> str:
    """Words that stay whole (an option with its value), over lines."""
    lines = wrapped(words, width - len(indent))
    return f"\n{indent}".join(lines)


def _example(line: str, width: int) -> str:
    """A command line that can be pasted: broken before options only, as shells take it."""
    pieces = line.replace(" --", "\n--").split("\n")
    return "    " + " \\\n        ".join(wrapped(pieces, width - 10))


def wrapped(words: Iterable[str], width: int) -> list[str]:
    """Wrap words at `width` characters; a longer word takes a separate line."""
    lines: list[str] = []
    for word in words:
        if lines and len(lines[-1]) + 1 + len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def _prose(text: str, width: int) -> list[str]:
    """Light Markdown as paragraphs: prose and list items are wrapped, code and tables are unchanged."""
    blocks: list[str] = []
    lines: list[str] = []
    words: list[str] = []
    indent, fenced = "", False

    def end_item() -> None:
        if words:
            first, *rest = wrapped(words, width - len(indent))
            lines.extend([first, *(indent + line for line in rest)])
            words.clear()

    for line in [*text.splitlines(), ""]:
        bare = line.strip()
        if bare.startswith("```"):
            end_item()
            fenced = not fenced
        elif fenced or bare.startswith("|") or (line.startswith("    ") and not words):
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
            words.extend(bare.split())
    if lines:
        blocks.append("\n".join(lines))
    return blocks


TOPICS: dict[str, tuple[str, str]] = {
    "credentials": (
        "Where each platform's credentials come from",
        "omics init shows the credentials of each platform and how to get missing ones. For every service --access-token takes "
        "precedence, then OMICS_<SERVICE>_TOKEN, then the platform's own sources:\n\n"
        "- dss, auth: omics dss login, or GOOGLE_APPLICATION_CREDENTIALS\n"
        "- upload: omics upload select URI; deployments have a key, OMICS_UPLOAD_TOKEN\n"
        "- sb: SB_API_ENDPOINT and SB_AUTH_TOKEN, else a section of ~/.sevenbridges/credentials (--profile, SB_PROFILE)\n"
        "- gen3, dtp: --access-token with a token or a credentials file, GEN3_API_KEY, else ~/.gen3/credentials.json\n"
        "- crunch: CRUNCH_URL and CRUNCH_TOKEN\n"
        "- pangea: PANGEA_USER and PANGEA_PASS\n\n"
        "A token goes to the service that it was issued for and to no other, and over http to this machine only.",
    ),
    "settings": (
        "Settings files and variables",
        "omics config list shows each value with its origin, omics config path the files. Defaults of a command's arguments are "
        "settings too:\n\n    omics config set dss.download.replica aws\n\n"
        "The command line takes precedence over variables, and variables over files; of the files that omics config path lists, "
        "the last takes precedence.",
    ),
    "output": (
        "How results are printed",
        "JSON to a pipe or file, a table to a terminal. --output json, jsonl, table or tsv selects the form; with jsonl items "
        "are printed as pages arrive. --query selects by JMESPath:\n\n"
        "    omics sb files ls sb://me/project --output tsv\n    omics dss get-subscriptions --replica aws --query subscriptions[].uuid"
        "\n\nResults go to stdout alone; messages, progress and questions to stderr. Colours are for terminals: NO_COLOR and "
        "TERM=dumb turn them off, FORCE_COLOR and CLICOLOR_FORCE on.",
    ),
    "logs": (
        "Messages on stderr",
        "--log-level sets the least level; --quiet prints errors only; --debug prints requests, answers and tracebacks. "
        "--log-format json prints each message as an object on one line: time, level, logger, message, and further fields.\n"
        "A transfer prints its progress so, each second.\n\n"
        "    omics --log-format json dss download-manifest --manifest manifest.tsv --replica aws 2> log.jsonl\n\n"
        "Secrets are masked.",
    ),
    "exit-codes": (
        "Exit codes of commands",
        "- 0: done\n- 1: the service or the system refused\n- 2: usage or settings\n- 3: some of a batch failed\n"
        "- 4: credentials\n- 130: interrupted\n- 143: ended by SIGTERM",
    ),
    "files": (
        "Names of files",
        "A path names a file of this machine: reads/a.fastq, C:\\data\\a.fastq, \\\\server\\share\\a.fastq. A URI, which begins with "
        "a scheme of two letters or more and ://, names a file of a platform: azul://, dss://, sb://, gen3://, drs://, pangea://, crunch://, "
        "s3://. A URL, https:// or http://, names a file of a web server. A URI that ends in a slash names a folder, never a file of its name. An argument that takes JSON takes @FILE, and @- for stdin.",
    ),
}
"""By name: a line about it, and the text."""


def topic_help(name: str, width: int) -> str:
    """The help of a topic; empty if no topic has the name.

    Args:
        name: The topic's name; `topics` lists all.
        width: Characters of a line.
    """
    if name == "topics":
        listed = "\n".join(f"- {each}: {title[0].lower()}{title[1:]}" for each, (title, _) in TOPICS.items())
        title, text = "Topics", f"omics help TOPIC, with one of:\n\n{listed}"
    elif name in TOPICS:
        title, text = TOPICS[name]
    else:
        return ""
    return "\n\n".join([_filled(title.split(), width, ""), *_prose(text, width)]) + "\n"


def version_line() -> str:
    """The version of omicsdk, and of the system that it runs on."""
    import platform

    from omicsdk import __version__

    system = f"{platform.system()}-{platform.release()}-{platform.machine()}"
    return f"omics {__version__} ({platform.python_implementation()} {platform.python_version()} {system})"
