"""The pages of all commands, generated from the data of their help and their parser."""

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from omicsdk.cli.arguments import flags, options_of, own_arguments
from omicsdk.cli.catalog import GLOBALS, Catalog
from omicsdk.cli.help import placeholder
from omicsdk.cli.program import CommandNode, Group
from omicsdk.cli.shapes import Argument

from building.markdown import code, light, plain

FOLDER = "reference/commands"

OPENING = """\
# Commands

`omics [global options] <service> <command> [options]`. The pages below are generated from the same data as `--help`. They
list the arguments of each command with their allowed values and defaults. Required arguments are marked.

Results are JSON in a pipe and a table on a terminal; messages and progress are printed to stderr. See also
[Errors and exit codes](../errors.md) and [Environment and settings](../environment.md).
"""


class Listing(NamedTuple):
    """A page.

    Attributes:
        path: Where it is within the manual.
        title: Its words, such as `omics sb api`.
        about: One line.
        groups: The groups of commands on it.
    """

    path: str
    title: str
    about: str
    groups: list[Group]


def listings(catalog: Catalog) -> list[Listing]:
    """The pages: one a service with what is handwritten for it, one each part of its generated operations."""
    return [listing for group in catalog.root().below() for listing in _listings(group)]


def _listings(group: Group) -> Iterator[Listing]:
    here: list[Group] = []
    apart: list[Group] = []

    def walk(subgroup: Group) -> None:
        is_generated = "api" in subgroup.path[1:2]
        (apart if is_generated and subgroup.path != group.path else here).append(subgroup)
        for below in subgroup.below():
            walk(below)

    walk(group)
    for part in [here, *([subgroup] for subgroup in apart)]:
        commands = [subgroup for subgroup in part if subgroup.visible_commands()]
        if commands:
            words = part[0].path
            yield Listing(f"{FOLDER}/{'-'.join(words)}.md", f"omics {' '.join(words)}", part[0].title, commands)


def pages(catalog: Catalog) -> dict[str, str]:
    """All pages of commands by their path within the manual, their index with them."""
    command_listings = listings(catalog)
    made = {listing.path: _page(listing) for listing in command_listings}
    return {f"{FOLDER}/index.md": _index(catalog, command_listings), **made}


def _index(catalog: Catalog, command_listings: Iterable[Listing]) -> str:
    lines = [OPENING, "| Page | Commands | |", "|---|---:|---|"]
    for listing in command_listings:
        count = sum(len(group.visible_commands()) for group in listing.groups)
        name = listing.path.removeprefix(f"{FOLDER}/")
        lines.append(f"| [`{listing.title}`]({name}) | {count} | {plain(listing.about)} |")
    lines += ["", "| General commands | |", "|---|---|"]
    for command in catalog.root().visible_commands():
        words = f"omics {' '.join(command.path)}"
        lines.append(f"| [`{words}`](#{anchor(command)}) | {plain(command.command.get('summary') or '')} |")
    lines += [
        "",
        "## Global options",
        "",
        "Place them before the service. They may also follow a command that has no option of the same name.",
        "",
    ]
    lines += [_argument(argument) for argument in GLOBALS]
    lines += ["## General commands", ""]
    lines += [_command(command, 3) for command in catalog.root().visible_commands()]
    return "\n".join(lines)


def _page(listing: Listing) -> str:
    lines = [f"# {listing.title}", "", f"{plain(listing.about).rstrip('.')}.", ""]
    about = listing.groups[0].about
    if about:
        lines += [light(about), ""]
    lines += ["| Command | |", "|---|---|"]
    for group in listing.groups:
        for node in group.visible_commands():
            summary = plain(node.command.get("summary") or "")
            lines.append(f"| [`{' '.join(node.path[1:])}`](#{anchor(node)}) | {summary} |")
    lines.append("")
    lines += [_command(node, 2) for group in listing.groups for node in group.visible_commands()]
    return "\n".join(lines)


def anchor(node: CommandNode) -> str:
    """What a link to a command ends in."""
    return "-".join(node.path)


def _command(node: CommandNode, level: int) -> str:
    command = node.command
    arguments = own_arguments(command)
    lines = [f"{'#' * level} `omics {' '.join(node.path)}` {{ #{anchor(node)} }}", ""]
    texts = dict.fromkeys(text for text in (command.get("summary"), command.get("description")) if text)
    lines += [line for text in texts for line in (light(text), "")]
    if "method" in command and "path" in command:
        method = f", `{command['name']}` of the client" if "name" in command else ""
        lines += [f"{code(command['method'] + ' ' + command['path'])}{method}.", ""]
    if command.get("deprecated"):
        lines += ["The service has deprecated this operation.", ""]
    if examples := command.get("examples"):
        lines += ["```sh", *examples, "```", ""]
    words = [argument for argument in arguments if argument.get("positional")]
    options = [argument for argument, *_ in options_of(arguments)]
    lines += [
        _argument(argument)
        for argument in (*words, *sorted(options, key=lambda argument: not argument.get("required")))
    ]
    return "\n".join(lines) + "\n"


def _argument(argument: Argument) -> str:
    """An entry of a definition list: how it is spelled, what it may be, what it means."""
    spelled = [] if argument.get("positional") else [code(flag) for flag in flags(argument)]
    choices = argument.get("choices")
    unlisted: Argument = {**argument, "choices": []}
    takes = "" if argument.get("flag") or (choices and spelled) else code(placeholder(unlisted))
    kind = _kind(argument)
    head = " ".join(filter(None, [", ".join(spelled), takes]))
    marks = [", required" if argument.get("required") else "", f" ({kind})" if kind else ""]
    text = plain(argument.get("help") or "")
    if text and text[-1] not in ".:;!?":
        text += "."
    if choices:
        text += f" One of {', '.join(code(shown(choice)) for choice in choices)}."
    default = argument.get("default")
    if default not in (None, "", False, [], {}):
        text += f" Default: {code(shown(default))}."
    return f"{head}{''.join(marks)}\n:   {text.strip() or 'No description.'}\n"


def _kind(argument: Argument) -> str:
    """Name the type of a value; empty if its spelling implies it."""
    kind: Any = argument.get("type")
    if argument.get("flag") or argument.get("choices") or kind in (None, "string", "boolean"):
        return ""
    if kind == "array":
        items = argument.get("items")
        return "several" if items in (None, "string") else f"several: {items}"
    return (
        " or ".join(kind) if isinstance(kind, list) else {"any": "JSON or text", "object": "JSON"}.get(kind, str(kind))
    )


def shown(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(shown, value))
    return value if isinstance(value, str) else json.dumps(value)
