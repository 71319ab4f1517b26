"""Manual pages from the index of commands: omics(1), and one for each word after it, such as omics-cp(1) and omics-dss(1).

    python release/man_pages.py FOLDER    write them to a folder

A build of the wheel makes them too (`hatchling` calls the hook below) and puts them into share/man/man1, where `man` looks beside the
`bin` of an environment that is on PATH. Operations below `api` have no page: there are hundreds, and `--help` has them.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.builders.utils import get_reproducible_timestamp

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "extensions"), str(ROOT / "generated")]

from omicsdk.cli.arguments import flags, options_of, own_arguments  # noqa: E402 - a build has no installed omicsdk
from omicsdk.cli.catalog import GLOBALS, Catalog, ServiceGroup  # noqa: E402 - as above
from omicsdk.cli.help import placeholder, prose, wrapped  # noqa: E402 - as above
from omicsdk.cli.program import CommandNode  # noqa: E402 - as above
from omicsdk.cli.shapes import Argument  # noqa: E402 - as above
from omicsdk.cli.topics import TOPICS  # noqa: E402 - as above
from omicsdk.core.version import __version__  # noqa: E402 - as above

_UNWRAPPED = 100_000
# Characters of a line of input, as mandoc advises.
_LONGEST = 76


class ManPages(BuildHookInterface[Any]):
    """The hook of a build: adds the pages to a wheel that is installed, not to one of an editable checkout."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the pages, and name them.

        Args:
            version: standard or editable.
            build_data: What hatchling puts into the wheel; changed.
        """
        if version == "editable":
            return
        self._folder = tempfile.TemporaryDirectory(prefix="omics-man-")  # removed with the hook
        for page in write(Path(self._folder.name)):
            build_data["shared_data"][str(page)] = f"share/man/man1/{page.name}"


def write(folder: Path) -> list[Path]:
    """Write all pages to a folder.

    Args:
        folder: The folder; it is made.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    date = datetime.fromtimestamp(get_reproducible_timestamp(), UTC).strftime("%Y-%m-%d")
    files: list[Path] = []
    for name, text in pages(date).items():
        files.append(folder / name)
        files[-1].write_text(text, encoding="utf-8", newline="\n")
    return files


def pages(date: str) -> dict[str, str]:
    """Return all pages by the names of their files.

    Args:
        date: The date on them, YYYY-MM-DD.
    """
    root = Catalog().root()
    commands: dict[str, list[CommandNode]] = {}
    groups = {group.path[0]: group for group in root.below()}
    for node in [*root.visible_commands(), *(node for group in root.below() for node in _below(group))]:
        commands.setdefault(node.path[0], []).append(node)
    made = {"omics.1": _overview(commands, groups, date)}
    for word, members in commands.items():
        group = groups.get(word)
        about = group.title if group is not None else members[0].command.get("summary") or ""
        lines = [*_head(f"omics-{word}", about, date), ".ad l", *_prose(group.about if group is not None else "")]
        for node in members:
            lines += _command(node)
        lines += [
            ".SH SEE ALSO",
            r".BR omics (1)",
            _text(f"Global options, exit codes and topics are there. Operations: omics {word} api --help.")
            if group is not None and "api" in group.next_words()
            else "Global options, exit codes and topics are there.",
        ]
        made[f"omics-{word}.1"] = "\n".join(lines) + "\n"
    return made


def _below(group: ServiceGroup) -> Iterator[CommandNode]:
    yield from group.visible_commands()
    for subgroup in group.below():
        if subgroup.path[-1] != "api":
            yield from _below(subgroup)


def _overview(commands: dict[str, list[CommandNode]], groups: dict[str, ServiceGroup], date: str) -> str:
    program = Catalog()
    lines = [
        *_head("omics", program.about, date),
        ".SH SYNOPSIS",
        r"\fBomics\fR [\fIglobal options\fR] \fIcommand\fR [\fIoptions\fR]",
    ]
    lines.append(".SH COMMANDS")
    for word, members in commands.items():
        about = groups[word].title if word in groups else members[0].command.get("summary") or ""
        lines += [".TP", rf".BR omics\-{_escaped(word)} (1)", _text(about)]
    lines.append(".SH GLOBAL OPTIONS")
    lines += _arguments(GLOBALS)
    for title, text in TOPICS.values():
        lines += [f".SH {_escaped(title.upper())}", *_prose(text)[1:]]
    return "\n".join(lines) + "\n"


def _head(name: str, about: str, date: str) -> list[str]:
    title = f'.TH "{_escaped(name.upper())}" 1 "{date}" "omicsdk {__version__}" "omics manual"'
    return [title, ".SH NAME", rf"{_escaped(name)} \- {_text(' '.join(about.split()).rstrip('.'))}"]


def _command(node: CommandNode) -> list[str]:
    """Return the section of a command."""
    command, arguments = node.command, own_arguments(node.command)
    words = [argument for argument in arguments if argument.get("positional")]
    options = [argument for argument, *_ in options_of(arguments)]
    name = " ".join(["omics", *node.path])
    taken = [
        _escaped(placeholder(argument)) if argument.get("required") else f"[{_escaped(placeholder(argument))}]"
        for argument in words
    ]
    lines = [
        f".SH {_escaped(name.upper())}",
        rf"\fB{_escaped(name)}\fR {' '.join(['[options]' if options else '', *taken])}".rstrip(),
    ]
    for text in dict.fromkeys((command.get("summary") or "", command.get("description") or "")):
        lines += _prose(text)
    lines += _arguments([*words, *options])
    if examples := command.get("examples"):
        lines += [".PP", "Examples:", *_literal(examples)]
    return lines


def _arguments(arguments: Iterable[Argument]) -> list[str]:
    lines: list[str] = []
    for argument in arguments:
        spelled = (
            "" if argument.get("positional") else ", ".join(rf"\fB{_escaped(flag)}\fR" for flag in flags(argument))
        )
        value = _escaped(placeholder(argument))
        lines += [".TP", _line(rf"{spelled} \fI{value}\fR".strip() if value else spelled)]
        text = " ".join((argument.get("help") or "").split())
        if argument.get("required") and not argument.get("positional"):
            text = f"Required. {text}"
        default = argument.get("default")
        if default not in (None, "", False, [], {}) and "default" not in text.lower():
            text = f"{text.rstrip('.')}. Default: {default}"
        lines.append(_text(text) or r"\&")
    return lines


def _prose(text: str) -> list[str]:
    """Return light Markdown as paragraphs: code and tables as they are, list items and prose filled."""
    lines: list[str] = []
    for block in prose(text, _UNWRAPPED):
        if not block.startswith(("    ", "|", "- ", "* ", "+ ")):
            lines.append(".PP")
        literal: list[str] = []
        for line in block.splitlines():
            if line.startswith(("    ", "|")):
                literal.append(line.strip())
                continue
            lines += [*(_literal(literal) if literal else ()), *_item(line)]
            literal = []
        lines += _literal(literal) if literal else ()
    return lines


def _item(line: str) -> list[str]:
    if line.startswith(("- ", "* ", "+ ")):
        return [r".IP \(bu 2", _text(line[2:])]
    return [_text(line)]


def _literal(lines: Iterable[str]) -> list[str]:
    return [".PP", ".RS 4", ".nf", *(_line(_escaped(line)) for line in lines), ".fi", ".RE"]


def _text(text: str) -> str:
    """Return prose as lines of input: code in bold, and nothing that roff would read as a request."""
    parts = re.split(r"`([^`]+)`", " ".join(text.split()))
    words = "".join(rf"\fB{_escaped(part)}\fR" if at % 2 else _escaped(part) for at, part in enumerate(parts)).split()
    return "\n".join(map(_line, wrapped(words, _LONGEST)))


def _line(text: str) -> str:
    return rf"\&{text}" if text.startswith((".", "'")) else text


def _escaped(text: str) -> str:
    """Return text for roff: `-` is a hyphen there, and cannot be pasted."""
    return (
        text.replace("\\", r"\e")
        .replace("-", r"\-")
        .replace("`", r"\(ga")
        .replace("^", r"\(ha")
        .replace("~", r"\(ti")
        .replace("'", r"\(aq")
        .replace('"', r"\(dq")
    )


if __name__ == "__main__":
    sys.stderr.write("".join(f"{page}\n" for page in write(Path(sys.argv[1]))))
