"""The commands as tools: which of them are offered, their schemas, and the command line of a call.

A tool is made from the same index that help and dispatch read, so there is no second table of commands. A call becomes
the words of a command line, so that the parser of commands converts and checks its arguments.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from omicsdk.cli.arguments import NO_PAGINATE, deletes, flag, global_arguments, key, kind_of, own_arguments
from omicsdk.cli.catalog import GLOBALS, METRICS, NO_PROGRESS, PROGRESS_EVERY, REPORT, Catalog, ServiceGroup
from omicsdk.cli.program import CommandNode, Group
from omicsdk.cli.shapes import Argument, Command
from omicsdk.core.errors import UsageError
from omicsdk.core.likeness import did_you_mean
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.transfer import TransferOptions
from omicsdk.transfer.engine.options import FILTERS

# The word for the commands that take URIs of any platform and belong to no service.
FILES = "files"

# The tool that returns the next page of a cut response.
MORE = "more"

_OMITTED = {
    *(
        f"--{field.name.replace('_', '-')}"
        for field in fields(TransferOptions)
        if field.name not in ("dry_run", *FILTERS)
    ),
    *map(flag, (REPORT, PROGRESS_EVERY, METRICS, NO_PROGRESS)),
    "--convert",  # runs another program
}
# Arguments of workflows that are left out of definitions, which all fill an assistant's context.
_OF_USERS = {
    *("human", "fail_empty"),  # of terminals and scripts
    # Rare, secret, or billed: variables have the latter two.
    *("filter_from", "max_unpacked", "sse_c_key_file", "google_project"),
}
# Arguments beside a service's own options that state where a platform or a storage is, or which login is used there.
_CONNECTIONS = {"option", "storage_config"}
# Folders that are written to: writing refuses links out of them by itself.
_TARGETS = {"to", "dest", "dest_dir", "download_dir", "folder", "output_dir", "path", "spool", "target", "target_dir"}
# Files with the paths of others.
_LISTS = {"file_list"}
_TYPES = {"string", "integer", "number", "boolean", "array", "object"}
_READS = ("GET", "HEAD")
_REPEATABLE = (*_READS, "PUT", "DELETE")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_DRIVE_OR_ROOT = re.compile(r"[A-Za-z]:|\\")
_PARTS = re.compile(r"[=,;]")
_SENTENCE = re.compile(r"(?<=[.!?]) (?=[A-Z])|; ")
_PAGED = "Returns all pages; with no_paginate the first."
_YES: Mapping[str, Any] = {"type": "boolean", "description": "Must be true: this deletes or replaces permanently."}
_QUERY: Mapping[str, Any] = {"type": "string", "description": "JMESPath expression that selects from the result."}


@dataclass(frozen=True, slots=True)
class Tool:
    """A command that a client may call.

    Attributes:
        name: Its words, joined by `_`.
        path: Its words.
        description: One line about it; `target` has the whole help.
        schema: The JSON schema of its arguments, which has the first sentence of each one's help.
        columns: The columns of its rows, the most important first; empty if they are not declared.
        target: The command.
        access: Whether it reads only, or may change something on the service.
        asks: Whether it deletes or replaces something permanently, and has to be confirmed with `yes`.
        is_repeatable: Whether a second call has no further effect.
        arguments: Its arguments by the names of the schema's properties.
        opposites: Switches that mean false, by the names of the switches that mean true.
        confined: The names of those whose values may not be paths out of the folder.
        is_paged: Whether it reads all pages of a listing unless `no_paginate` is given.
        takes_uris: Whether it takes URIs of any platform, among them local paths, whose store is told the folder.
    """

    name: str
    path: tuple[str, ...]
    description: str
    schema: Mapping[str, Any]
    target: CommandNode
    access: Literal["read", "write"]
    columns: Sequence[str] = ()
    asks: bool = False
    is_repeatable: bool = False
    arguments: Mapping[str, Argument] = field(default_factory=dict[str, Argument])
    opposites: Mapping[str, str] = field(default_factory=dict[str, str])
    confined: frozenset[str] = frozenset()
    is_paged: bool = False
    takes_uris: bool = False


def tools_of(catalog: Catalog, services: Sequence[str]) -> list[Tool]:
    """Make the tools of some services, those that write included.

    Commands that show secrets, change logins or settings, or run other programs are never among them. A command that
    is listed under several words is one tool.

    Args:
        catalog: The commands.
        services: Services, or words of one joined by dots: `azul` for its commands without the operations under
            `api`, `gen3.api.indexd` for the operations of one, `files` for the commands that take any URI.

    Returns:
        The tools, in the order of the commands.

    Raises:
        UsageError: A word is unknown.
    """
    tools: dict[str, Tool] = {}
    seen: set[str] = set()
    for service in services:
        for command in _chosen(catalog, service):
            identity = _identity(command)
            if identity not in seen and _access(command.command) is not None:
                tool = tool_of(command, catalog)
                tools.setdefault(tool.name, tool)
            seen.add(identity)
    return list(tools.values())


def known_services(catalog: Catalog) -> list[str]:
    """Return the words that name services, and the one for commands of no service.

    Args:
        catalog: The commands.
    """
    return [FILES, *catalog.services()]


def _chosen(catalog: Catalog, service: str) -> Iterator[CommandNode]:
    parts = service.split(".")
    if parts == [FILES]:
        yield from catalog.root().visible_commands()
        return
    if parts[0] not in catalog.services():
        known_names = known_services(catalog)
        remedy = f"{did_you_mean(parts[0], known_names)} Known are: {', '.join(known_names)}.".strip()
        raise UsageError(f"--services: unknown service {parts[0]!r}", remedy=remedy)
    node: Group | CommandNode = catalog.start(parts[0])
    for word in parts[1:]:
        if not isinstance(node, Group):
            raise UsageError(f"--services {service}: {' '.join(node.path)} is a command", remedy="Name its group.")
        node = node.child(word)
    if isinstance(node, ServiceGroup):
        yield from _below(node, with_api="api" in parts)
    elif isinstance(node, CommandNode):
        yield node


def _below(group: ServiceGroup, *, with_api: bool) -> Iterator[CommandNode]:
    yield from group.visible_commands()
    for child in group.below():
        if with_api or child.path[-1] != "api":
            yield from _below(child, with_api=with_api)


def _identity(target: CommandNode) -> str:
    """Return what two commands have in common that are one under several words."""
    command = target.command
    if "name" in command:
        return f"{target.package} {command.get('name')}"
    names = sorted(parameter["name"] for parameter in command.get("parameters", ()))
    return json.dumps([command.get("run"), command.get("given"), command.get("render"), names])


def _access(command: Command) -> Literal["read", "write"] | None:
    """Return the access of a command; None for one that is never offered."""
    access = command.get("access")
    if access == "private" or command.get("verbatim"):
        return None
    if access is not None:
        return access
    return "read" if command.get("method") in _READS else "write"


def tool_of(target: CommandNode, catalog: Catalog) -> Tool:
    """Make the tool of a command.

    Args:
        target: The command.
        catalog: The commands.
    """
    command = target.command
    arguments = _offered(target, catalog)
    asks = bool(command.get("asks")) or deletes(command)
    properties = {name: _schema(argument) for name, argument in arguments.items()}
    if asks:
        properties.setdefault("yes", dict(_YES))
    free = {argument["name"] for argument in global_arguments(own_arguments(command), GLOBALS)}
    if "query" in free and not command.get("streams"):
        properties.setdefault("query", dict(_QUERY))
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    if required := [name for name, argument in arguments.items() if argument.get("required")]:
        schema["required"] = required
    method, access = command.get("method"), _access(command)
    is_paged = "paged" in command and "run" not in command
    summary = _first_sentence(command.get("summary") or command.get("description") or "")
    return Tool(
        name=re.sub(r"[^A-Za-z0-9_-]", "_", "_".join(target.path)),
        path=tuple(target.path),
        description=f"{summary} {_PAGED}" if is_paged else summary,
        schema=schema,
        target=target,
        access=access or "write",
        columns=command.get("columns", ()),
        asks=asks,
        is_repeatable=access == "read" or method in _REPEATABLE,
        arguments=arguments,
        opposites={
            name: flag(parameter)
            for name, argument in arguments.items()
            for parameter in command.get("parameters", ())
            if parameter.get("negates") and key(parameter) == key(argument)
        },
        confined=frozenset(name for name, argument in arguments.items() if _is_confined(argument)),
        is_paged=is_paged,
        takes_uris=any(argument["name"] == "option" for argument in own_arguments(command)),
    )


def _offered(target: CommandNode, catalog: Catalog) -> dict[str, Argument]:
    """Return the arguments of a tool: not those of the connection, of the terminal, or that tune a transfer."""
    service = catalog.registered.get(target.path[0]) or {}
    connection = {flag(option) for option in service.get("options", ())}
    moves = "control" in target.command.get("supplied", ())
    return {
        argument["name"]: argument
        for argument in own_arguments(target.command)
        if "synonym_of" not in argument
        and not argument.get("negates")
        and "value" not in argument
        and flag(argument) not in connection
        and argument["name"] not in _CONNECTIONS
        and not ("in" not in argument and argument["name"] in _OF_USERS)
        and not (flag(argument) in _OMITTED and (moves or key(argument) in target.command.get("own", ())))
    }


def _is_confined(argument: Argument) -> bool:
    """Return whether a value might name a file of this machine: any text of a workflow, and files to send.

    Which texts are paths is not stated, so each is checked except those that go into a request as they are.
    """
    return kind_of(argument) == "file" or not (argument.get("in") or argument.get("remote"))


def _schema(argument: Argument) -> dict[str, Any]:
    kind = kind_of(argument)
    schema: dict[str, Any] = {}
    if kind in _TYPES:
        schema["type"] = kind
    elif kind == "file":
        schema["type"] = "string"
    target: dict[str, Any] = schema
    if kind == "array":
        items = argument.get("items")
        target = schema["items"] = {"type": items} if items in _TYPES else {}
    if choices := argument.get("choices"):
        target["enum"] = list(choices)
        if any(not isinstance(choice, str) for choice in choices):
            target.pop("type", None)
    if text := _first_sentence(argument.get("help") or ""):
        schema["description"] = text
    if (default := argument.get("default")) not in (None, False, "", []):
        schema["default"] = default
    return schema


def _first_sentence(text: str) -> str:
    """Return the first sentence of a text, or clause: the definitions of all tools are in an assistant's context from the start."""
    return _SENTENCE.split(" ".join(text.split()), maxsplit=1)[0]


# -- a call


def command_line(tool: Tool, arguments: Mapping[str, Any], folder: Path) -> list[str]:
    """Return the words of the command line for a call.

    Args:
        tool: The tool.
        arguments: The arguments, which match its schema.
        folder: The only folder that its files may be in.

    Raises:
        UsageError: A path leads out of the folder, or a permanent change is not confirmed.
    """
    for name, value in arguments.items():
        check_texts(name, value, folder if name in tool.confined else None)
        if name in tool.confined and name not in _TARGETS and not tool.takes_uris:
            _check_contents(name, value, folder)
    if tool.asks and not arguments.get("yes") and not arguments.get("dry_run"):
        remedy = "Ask the user, then give yes: true."
        raise UsageError(f"{tool.name} cannot be undone, and was not confirmed", remedy=remedy)
    streams_items = tool.is_paged and not arguments.get(NO_PAGINATE["name"])
    before = ["--log-format", "json", "--output", "jsonl" if streams_items else "json"]
    if arguments.get("yes") and "yes" not in tool.arguments:
        before.append("--yes")
    if "query" in arguments and "query" not in tool.arguments:
        before.append(f"--query={arguments['query']}")
    # The store of local files leaves out links that lead out of the folder, however deep they are.
    options = [f"--option=file.within={folder}"] if tool.takes_uris else []
    placed: list[str] = []
    positional = {name for name, argument in tool.arguments.items() if argument.get("positional") and name in arguments}
    for name, argument in tool.arguments.items():
        if name not in arguments:
            if argument.get("positional"):
                placed.append("")  # none, so that later ones keep their places
            continue
        value = arguments[name]
        if argument.get("positional"):
            placed += _argument_words(argument, value, is_alone=positional == {name})
        elif not argument.get("flag"):
            # With an equals sign: a value that begins with a dash is no option then.
            options.append(f"{flag(argument)}={_word(argument, value)}")
        elif value:
            options.append(flag(argument))
        elif name in tool.opposites:
            options.append(tool.opposites[name])
    while placed and not placed[-1]:
        placed.pop()
    # After `--` no value can be an option.
    return [*before, *tool.path, *options, "--", *placed]


def _word(argument: Argument, value: Any) -> str:
    """Return a value as a word that the parser of commands reads back: JSON cannot be mistaken for @FILE or a dash."""
    if kind_of(argument) == "integer":
        return str(int(value))
    return value if isinstance(value, str) and kind_of(argument) in ("string", "file") else json.dumps(value)


def _argument_words(argument: Argument, value: Any, *, is_alone: bool) -> list[str]:
    """Return the words of a positional argument.

    Several texts are a word each, as they are typed: some commands take the last one as the target. A single one that
    the parser would decode is written as JSON.
    """
    texts = [item for item in value if isinstance(item, str)] if is_array(value) else []
    if not texts or len(texts) < len(value) or (is_alone and len(texts) == 1 and texts[0].startswith(("[", "@"))):
        return [_word(argument, value)]
    return texts


def check_texts(name: str, value: Any, folder: Path | None) -> None:
    """Check all texts of an argument.

    Args:
        name: The argument.
        value: Its value, any JSON.
        folder: The folder that paths may not lead out of; None if no text is a path.

    Raises:
        UsageError: One has a NUL, which no command line can have, or names something outside of the folder.
    """
    for text in _texts(value):
        if "\0" in text:
            raise UsageError(f"{name}: a text contains a NUL", remedy="Remove it.")
        # Commands read options such as NAME=PATH, lists with commas, and @FILE.
        parts = {text, *_PARTS.split(text)} if folder is not None else ()
        reasons = (_leads_out(part.strip().removeprefix("@"), folder) for part in parts if folder is not None)
        if reason := next(filter(None, reasons), None):
            raise UsageError(
                f"{name}: {text!r} {reason}", remedy=f"Use a path below the folder {folder}, relative to it."
            )


def _check_contents(name: str, value: Any, folder: Path) -> None:
    """Refuse a folder with a link out of the folder anywhere below, and a list that names a file elsewhere."""
    for text in _texts(value):
        location = os.path.join(folder, text)  # noqa: PTH118 - a text may be too long for a path, or none
        if os.path.isdir(location):  # noqa: PTH112 - as above
            inner = (Path(above, name) for above, folders, files in os.walk(location) for name in (*folders, *files))
            for path in filter(Path.is_symlink, inner):
                if reason := _leads_out(str(path.relative_to(folder)), folder):
                    raise UsageError(f"{name}: {str(path)!r} {reason}", remedy="Name a folder without it, or files.")
        elif name in _LISTS and os.path.isfile(location):  # noqa: PTH113 - as above
            check_texts(f"{name}: {text}", Path(location).read_text("utf-8", "replace").splitlines(), folder)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_object(value):
        for each_name, item in value.items():
            yield each_name
            yield from _texts(item)
    elif is_array(value):
        for item in value:
            yield from _texts(item)


def _leads_out(text: str, folder: Path) -> str:
    """Return why a text, if it is a path, leads out of a folder; empty if it does not."""
    if (scheme := _SCHEME.match(text)) is not None:
        return "is a path of this machine" if scheme.group().lower() == "file://" else ""
    if text.startswith(("/", "~")) or (os.name == "nt" and _DRIVE_OR_ROOT.match(text)):
        return "is an absolute path"
    if ".." in re.split(r"[/\\]", text):
        return "contains '..'"
    target, real = os.path.realpath(folder / text), os.path.realpath(folder)
    return "" if target == real or target.startswith(real.rstrip(os.sep) + os.sep) else "is a link out of the folder"


def offered(tools: Iterable[Tool], *, allow_writes: bool) -> dict[str, Tool]:
    """Return the tools that a client may call, by name.

    Args:
        tools: All tools.
        allow_writes: Whether those that change something are among them.
    """
    return {tool.name: tool for tool in tools if allow_writes or tool.access == "read"}


def briefly(tools: Iterable[Tool]) -> Iterator[tuple[Tool, Mapping[str, Any]]]:
    """Yield each tool with its schema for a list of all, in which a description that an earlier tool has is not repeated.

    Args:
        tools: The tools, in the order of the list.
    """
    described: set[tuple[str, str]] = set()
    for tool in tools:
        properties: dict[str, Mapping[str, Any]] = {}
        for name, schema in tool.schema["properties"].items():
            text = (name, schema.get("description", ""))
            properties[name] = {
                key: value for key, value in schema.items() if key != "description" or text not in described
            }
            described.add(text)
        yield tool, {**tool.schema, "properties": properties}
