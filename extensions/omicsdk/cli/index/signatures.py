"""Convert functions to commands: parameters to options, docstrings to help. Runs only in `make codegen`."""

from __future__ import annotations

import ast
import enum
import functools
import inspect
import os
import re
import sys
import types
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import is_dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, Union, cast, get_args, get_origin, get_type_hints

import griffe

from omicsdk.cli.arguments import key, loaded
from omicsdk.cli.catalog import CHECK_ONLY, FAIL_EMPTY, METRICS, PROGRESS_EVERY, REPORT, Catalog
from omicsdk.cli.commands.values import above_0, at_least_0, at_least_1, port, shared_cache
from omicsdk.cli.index import Entry
from omicsdk.cli.index._renderers import RENDERERS
from omicsdk.cli.parser import spelled
from omicsdk.cli.registrations import Gathered, Workflow
from omicsdk.cli.services import SERVICES
from omicsdk.cli.shapes import Argument, Kind
from omicsdk.core.client import Client
from omicsdk.transfer import TransferOptions, TransferOptionsDict
from omicsdk.transfer.engine.options import FILTERS, SelectionOptionsDict
from omicsdk.transfer.filters import Filters

# Parameters that are not options: the command line supplies or omits them.
SUPPLIED = ("console", "connection", "progress", "control", "stop", "on_message", "on_more", "confirm")

# Options of transfers without a value, in every command.
_SWITCHES = ("require_checksum", "resume_unvalidated")

# Checks and conversions of values of options, by their names, in every command; an entry's own take precedence.
_CHECKS: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("limit", "threads", "workers", "connections", "chunk_size", "sample", "period"), at_least_1),
    **dict.fromkeys(("retries", "min_delay", "renewals"), at_least_0),
    "timeout": above_0,
    "timeout_seconds": above_0,
    "port": port,
}

# Short options, by the names of the long ones.
_SHORT = {"recursive": "-r", "long": "-l", "human": "-h", "no_clobber": "-n", "parents": "-p"}

# Filters that may be given several times, in every command.
_REPEATED = ("include", "exclude", "filter_from")

# What their values are.
_NOUNS = {
    **dict.fromkeys(("cache", "folder", "keep", "spool"), "FOLDER"),
    **dict.fromkeys(("filter_from", "journal", "storage_settings", "workflow"), "FILE"),
    **dict.fromkeys(("newer", "older"), "TIME"),
    "dictionary": "PATH",
    "max_unpacked": "SIZE",
}

# Verbs in the reports of operations, by HTTP method.
_VERBS = {"POST": "created", "PATCH": "changed", "PUT": "changed", "DELETE": "deleted"}

# Last paragraph of the help of deletions.
_ASKS = "Asks for confirmation on a terminal unless --yes is given."

_CODE = re.compile(r"`+([^`]+)`+")


class IndexFault(Exception):
    """A function and its entry cannot become a command; the message names both and the reason."""


class Documentation(NamedTuple):
    """The parts of a docstring.

    Attributes:
        summary: Its first sentence, on one line.
        description: The paragraphs after it.
        arguments: The text of each argument.
    """

    summary: str
    description: str
    arguments: Mapping[str, str]


def documentation(function: Callable[..., Any]) -> Documentation:
    """Read a function's docstring (Google style).

    Args:
        function: The function.
    """
    text, arguments = "", dict[str, str]()
    docstring = griffe.Docstring(inspect.getdoc(function) or "", parser="google")
    for section in docstring.parse(warnings=False):
        if isinstance(section, griffe.DocstringSectionText) and not text:
            text = section.value
        elif isinstance(section, griffe.DocstringSectionParameters | griffe.DocstringSectionAttributes):
            arguments = {argument.name.lstrip("*"): _line(argument.description) for argument in section.value}
    summary, _, description = text.partition("\n\n")
    paragraphs = [_line(paragraph) for paragraph in description.split("\n\n") if paragraph.strip()]
    return Documentation(_line(summary), "\n\n".join(paragraphs), arguments)


def _line(text: str) -> str:
    return " ".join(text.split())


def type_hints(function: Callable[..., Any]) -> dict[str, Any]:
    """Evaluate the annotations of a function or dataclass, including names imported only for type checkers.

    Args:
        function: The function.
    """
    names: dict[str, Any] = {}
    for owner in reversed(getattr(function, "__mro__", (function,))):  # a dataclass may have fields of another module's
        module = sys.modules[owner.__module__]
        if module.__name__.startswith("omicsdk"):
            names |= vars(module) | _imported_for_checkers(module)
    return get_type_hints(function, names)


@functools.cache  # all commands are compared with all renderers, which are in few modules
def _imported_for_checkers(module: types.ModuleType) -> dict[str, Any]:
    """Return what a module imports only for type checkers, by its name there."""
    names: dict[str, Any] = {}
    for block in ast.parse(inspect.getsource(module)).body:
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING":
            for node in ast.walk(block):
                if isinstance(node, ast.ImportFrom):
                    home = import_module(node.module or "")
                    existing = [alias for alias in node.names if hasattr(home, alias.name)]  # aliases of types may not
                    names |= {alias.asname or alias.name: getattr(home, alias.name) for alias in existing}
                elif isinstance(node, ast.Import):
                    roots = [alias.name.partition(".")[0] for alias in node.names]
                    names |= {root: import_module(root) for root in roots}
    return names


def commands(entry: Entry, service: str, *, by_signature: bool = False) -> list[Workflow]:
    """Create the command of an entry, one for each alias, and a hidden one for each synonym.

    Args:
        entry: The entry.
        service: The service's word; empty for commands without a service.
        by_signature: Whether parameters before the `*` are positional, and booleans that are False by default are
            switches.

    Raises:
        IndexFault: As for `command`.
    """

    def under(command_words: str) -> Workflow:
        return command(replace(entry, command=command_words), service, by_signature=by_signature)

    hidden: list[Workflow] = [{**under(synonym), "hidden": True} for synonym in entry.synonyms]
    return [*map(under, (entry.command, *entry.aliases)), *hidden]


def command(entry: Entry, service: str, *, by_signature: bool = False) -> Workflow:
    """Create the command of an entry.

    Args:
        entry: The entry.
        service: The service's word; empty for commands without a service.
        by_signature: Whether parameters before the `*` are positional, booleans that are False by default are switches,
            and counts are at least 1.

    Returns:
        The command, as `cli.shapes.Workflow` describes it.

    Raises:
        IndexFault: A parameter has an unsupported type, or is not documented; or the entry names a parameter that the
            function lacks.
    """
    before = " ".join(["omics", service, entry.command]).replace("  ", " ")
    workflow: Workflow = {"command": entry.command}
    if entry.examples:
        workflow["examples"] = [f"{before} {rest}".rstrip() for rest in entry.examples]
    if entry.extends:
        workflow["extends"] = True
    if entry.access not in (None, "write"):
        workflow["access"] = entry.access
    if entry.operation:
        return {**_operation(entry, service), **workflow}
    if entry.function is None:
        if entry.options:
            workflow["parameters"] = list(entry.options)
        return workflow
    function = inspect.unwrap(entry.function)
    hints, parameters = type_hints(function), dict(inspect.signature(function).parameters)
    docs, gathered = _gathered(documentation(function), hints, parameters)
    docs, transfers = _with_transfer_options(entry, docs, hints, parameters)
    checks = {**_CHECKS, **({"cache": shared_cache} if transfers else {})}
    entry = replace(
        entry,
        checks={**{name: check for name, check in checks.items() if name in parameters}, **entry.checks},
        short={**{name: short for name, short in _SHORT.items() if name in parameters}, **entry.short},
        repeated=(*entry.repeated, *(name for name in _REPEATED if name in parameters)),
        metavars={**{name: noun for name, noun in _NOUNS.items() if name in parameters}, **entry.metavars},
    )
    _check_names(entry, parameters, before)
    first = hints.get(next(iter(parameters), ""))
    is_late = _connects(first)
    has_client = is_late or _is_client(first) or (first is not None and first is _connected(service))
    if by_signature:
        entry = _by_signature(entry, list(parameters.values())[has_client:])
    own_parameters = list(parameters.values())[1:] if has_client else list(parameters.values())
    supplied = [
        parameter.name
        for parameter in own_parameters
        if parameter.name in SUPPLIED and parameter.name not in entry.hidden
    ]
    supplied += ["progress", "control"] if transfers else []
    visible = [
        parameter
        for parameter in own_parameters
        if parameter.name not in (*SUPPLIED, *entry.hidden) and parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    for other in entry.like:
        docs = docs._replace(arguments={**_documented(other), **docs.arguments})
    if entry.asks or entry.deletes:
        docs = docs._replace(description="\n\n".join(text for text in (docs.description, _ASKS) if text))
    arguments: list[Argument] = []
    for item in visible:
        if (position := entry.places.get(item.name)) is not None:
            arguments.append({**position, "python": item.name, "positional": True, "repeated": True})
        arguments.append(_argument(item, hints.get(item.name), docs, entry, before))
        if item.name in entry.opposites:
            arguments.append(_opposite(arguments[-1], entry.opposites[item.name]))
        if item.name in entry.choices:
            arguments += _choices(arguments[-1])
    for item in arguments:
        item["help"] = _in_flags(item.get("help") or "", arguments)
    more: list[Argument] = []
    if transfers:
        selects = _downloads(entry, parameters) and not entry.limits  # one with limits of its own has one file
        more += [FAIL_EMPTY] if selects else []
        more += [REPORT, PROGRESS_EVERY, METRICS]
    elif "progress" in supplied:
        more.append(PROGRESS_EVERY)
    if entry.deletes and entry.lookup is not None:
        workflow["deletes"], workflow["look"] = entry.deletes, _target(entry.lookup)
        more.append(CHECK_ONLY)
    more += entry.options
    if not entry.extends:
        workflow["summary"], workflow["description"] = (
            _in_flags(docs.summary, arguments),
            _in_flags(docs.description, arguments),
        )
    workflow["run"] = _target(function)
    workflow["parameters"] = [*arguments, *more]
    workflow["supplied"] = supplied
    render = entry.render or _renderer(hints.get("return"))
    optional: Workflow = {
        "command": entry.command,
        "gathered": gathered,
        "late": is_late,
        "offline": entry.offline and not has_client,
        "bare": not entry.offline and not has_client,
        "login": entry.login,
        "asks": entry.asks or bool(entry.deletes),
        "verbatim": entry.verbatim,
        "given": {**entry.defaults, **({"check": False} if transfers else {})},
        "own": [argument["name"] for argument in more],
        "quick": entry.quick,
        "columns": list(entry.columns),
        "title": entry.title,
        "render": "" if render is None else _target(render),
    }
    return cast("Workflow", {**workflow, **{name: value for name, value in optional.items() if value}})


def _gathered(
    docs: Documentation, hints: dict[str, Any], parameters: dict[str, inspect.Parameter]
) -> tuple[Documentation, dict[str, Gathered]]:
    """Replace dataclass parameters with their fields, each an option."""
    gathered: dict[str, Gathered] = {}
    texts = dict(docs.arguments)
    for name, hint in list(hints.items()):
        if name in parameters and isinstance(hint, type) and is_dataclass(hint):
            fields = inspect.signature(hint).parameters
            gathered[name] = {"type": f"{hint.__module__}:{hint.__qualname__}", "fields": list(fields)}
            hints |= type_hints(hint)
            for class_ in reversed(hint.__mro__):
                if is_dataclass(class_):
                    texts |= documentation(class_).arguments
            before = list(parameters.items())
            at = list(parameters).index(name)
            parameters.clear()
            parameters.update([*before[:at], *fields.items(), *before[at + 1 :]])
    return docs._replace(arguments=texts), gathered


def _with_transfer_options(
    entry: Entry, docs: Documentation, hints: dict[str, Any], parameters: dict[str, inspect.Parameter]
) -> tuple[Documentation, bool]:
    """Replace the keywords of a workflow that moves files with the fields of `TransferOptions`, each an option.

    Returns:
        The documentation with that of the fields, and whether it is such a workflow.
    """
    keywords = next((value for value in parameters.values() if value.kind is inspect.Parameter.VAR_KEYWORD), None)
    typed = None if keywords is None else next(iter(get_args(hints.get(keywords.name))), None)
    if keywords is None or typed not in (TransferOptionsDict, SelectionOptionsDict):
        return docs, False
    del parameters[keywords.name]
    fields = dict(inspect.signature(TransferOptions).parameters)
    for name in ("progress", "stop", "control", "check"):  # the command line's own
        del fields[name]
    for name in FILTERS if typed is TransferOptionsDict else ():
        del fields[name]
    for name in () if _downloads(entry, fields) else ("resume_unvalidated", "cache", "link"):
        del fields[name]
    if entry.limits:
        fields = {name: option for name, option in fields.items() if name in (*entry.limits, "dry_run")}
    # A parameter of the function itself takes precedence over the option of that name.
    fields = {name: option for name, option in fields.items() if name not in parameters}
    parameters |= fields
    hints |= {name: hint for name, hint in type_hints(TransferOptions).items() if name in fields} | {"cache": str}
    texts = {**documentation(Filters).arguments, **documentation(TransferOptions).arguments}
    return docs._replace(arguments={**{name: texts[name] for name in fields}, **docs.arguments}), True


def _documented(other: Callable[..., Any] | Argument) -> Mapping[str, str]:
    """Return the texts of arguments of a function, or of a shared option."""
    return documentation(other).arguments if callable(other) else {key(other): other.get("help") or ""}


def _by_signature(entry: Entry, parameters: Sequence[inspect.Parameter]) -> Entry:
    names = tuple(item.name for item in parameters if item.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD)
    defaults = {parameter.name: entry.defaults.get(parameter.name, parameter.default) for parameter in parameters}
    switches = tuple(name for name, default in defaults.items() if default is False)
    positional = names if entry.positional is None else entry.positional
    return replace(entry, positional=positional, switches=(*entry.switches, *switches))


def _target(function: Callable[..., Any]) -> str:
    """Return `module:name`, from which the command line imports a function on demand."""
    function = inspect.unwrap(function)
    return f"{function.__module__}:{function.__qualname__}"


def _renderer(result: Any) -> Callable[..., Any] | None:
    """Return the renderer of a type of results; None for plain JSON data."""
    return next((render for render in RENDERERS if _fits(type_hints(render).get("result"), result)), None)


def _fits(hint: Any, result: Any) -> bool:
    """Return whether a renderer takes a type of results: its own, one of several, or any of a generic one, such as Batch[Any]."""
    of_result = [member for member in (hint, *_union(hint)) if member is not type(None)]
    return result in of_result or (get_args(hint) == (Any,) and get_origin(hint) is get_origin(result))


def _is_client(hint: Any) -> bool:
    # A protocol here is shared by several clients: `HasServers` of Drs and Gen3.
    return isinstance(hint, type) and (issubclass(hint, Client) or Protocol in hint.__bases__)


def _connected(service: str) -> Any:
    """The client of a service's commands, or an object with a client and settings."""
    target = SERVICES[service].get("client") if service in SERVICES else None
    factory = None if target is None else loaded(target)
    return factory if factory is None or isinstance(factory, type) else type_hints(factory).get("return")


def _connects(hint: Any) -> bool:
    """Whether a parameter is a function that returns a client."""
    return get_origin(hint) is Callable and get_args(hint)[0] == [] and _is_client(get_args(hint)[1])


def _downloads(entry: Entry, names: Container[str]) -> bool:
    return entry.title.startswith("Download") or ("dry_run" in names and not entry.title.startswith("Upload"))


# The fields of an entry that name parameters.
_OF_PARAMETERS = (
    *("positional", "single", "flags", "checks", "hidden", "switches", "opposites", "choices", "repeated", "short"),
    *("also", "metavars", "required", "defaults", "writes", "remote"),
)


def _check_names(entry: Entry, parameters: Mapping[str, inspect.Parameter], where: str) -> None:
    named = {name for field in _OF_PARAMETERS for name in getattr(entry, field) or ()}
    if unknown := sorted(named - set(parameters)):
        raise IndexFault(f"{where}: the function has no parameter {', '.join(unknown)}")


def _argument(parameter: inspect.Parameter, hint: Any, docs: Documentation, entry: Entry, where: str) -> Argument:
    name = parameter.name
    if name not in docs.arguments:
        raise IndexFault(f"{where}: the docstring does not document {name}")
    argument = _kind(hint, f"{where}: {name}").described()
    if name in entry.single:
        argument["type"] = argument.pop("items", None) or "string"
    argument["name"] = entry.flags.get(name, name).removeprefix("--").replace("-", "_")
    if argument["name"] != name:
        argument["python"] = name
    if name in entry.defaults:
        argument["default"] = _plain(entry.defaults[name])
    elif parameter.default is inspect.Parameter.empty or name in entry.required:
        argument["required"] = True
    else:
        argument["default"] = _plain(parameter.default)
    optional: Argument = {
        "name": argument["name"],
        "positional": name in (entry.positional or ()),
        "flag": name in entry.switches or name in entry.opposites or name in _SWITCHES,
        "repeated": name in entry.repeated,
        "short": entry.short.get(name, ""),
        "metavar": entry.metavars.get(name, ""),
        "also": list(entry.also.get(name, ())),
        "remote": name in entry.remote,
        "convert": _target(entry.checks[name]) if name in entry.checks else "",
        "help": docs.arguments[name],
    }
    argument = cast("Argument", {**argument, **{field_name: value for field_name, value in optional.items() if value}})
    if name in entry.writes:
        _write_into(argument, entry.writes[name])
    return argument


def _opposite(argument: Argument, flag: str) -> Argument:
    """The switch for the opposite of a boolean."""
    default = argument.get("default")
    return {
        "name": flag.removeprefix("--").replace("-", "_"),
        "python": key(argument),
        "type": "boolean",
        "flag": True,
        "negates": True,
        "help": f"The opposite of {spelled(argument)}{'' if default else '; the default'}.",
    }


def _choices(argument: Argument) -> list[Argument]:
    """A switch for each value of an option."""
    default = argument.get("default")
    return [
        {
            "name": value,
            "python": key(argument),
            "type": "boolean",
            "flag": True,
            "value": value,
            "help": f"The same as {spelled(argument)} {value}{'; the default' if value == default else ''}.",
        }
        for value in argument.get("choices") or ()
    ]


def _operation(entry: Entry, service: str) -> Workflow:
    """Return an operation of the service's document under other words."""
    package = SERVICES[service].get("package", service)
    operation = next((data for data in Catalog().operations(package) if data["command"] == entry.operation), None)
    if operation is None:
        raise IndexFault(f"{service} {entry.command}: unknown operation {entry.operation}")
    parameters = operation.get("parameters", [])
    if unknown := sorted({*(entry.positional or ())} - {parameter["name"] for parameter in parameters}):
        raise IndexFault(f"{service} {entry.command}: the operation has no parameter {', '.join(unknown)}")
    placed: list[Argument] = [
        {**parameter, "positional": True} if parameter["name"] in (entry.positional or ()) else parameter
        for parameter in parameters
    ]
    workflow: Workflow = {**operation, "parameters": placed}
    if (verb := _VERBS.get(operation.get("method", ""))) is not None:
        workflow["title"] = verb
    return workflow


def _write_into(argument: Argument, suffix: str | None) -> None:
    """Make an argument the name of an output file."""
    if not argument.get("positional"):
        argument["convert"] = f"omicsdk.cli.commands.values:{'file_to_write' if suffix is None else 'file_or_stdout'}"
    if suffix is not None:
        argument["stdout"] = suffix
        argument["help"] = f"{argument.get('help')} - is stdout."


def _plain(default: object) -> Any:
    """Return a default as JSON data."""
    if isinstance(default, enum.Enum):
        return default.value
    if isinstance(default, Path):
        return str(default)
    if isinstance(default, float) and default.is_integer():
        return int(default)
    if isinstance(default, tuple | frozenset):
        return list(default)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return default


class _Kind(NamedTuple):
    """The type of an option's values."""

    type: Kind
    items: Kind | None = None
    choices: Sequence[Any] | None = None

    def described(self) -> Argument:
        argument: Argument = {"name": "", "type": self.type}
        if self.items is not None:
            argument["items"] = self.items
        if self.choices is not None:
            argument["choices"] = list(self.choices)
        return argument


_SCALARS: Mapping[object, Kind] = {bool: "boolean", int: "integer", float: "number", str: "string"}


def _kind(hint: Any, where: str) -> _Kind:
    """Return the type of an option from its annotation."""
    options = [member for member in _union(hint) if member is not type(None)]
    if any(map(_is_path, options)) and all(option is str or _is_path(option) for option in options):
        return _Kind("string")
    if str in options:  # one value, its parsed form, or several values
        options = [option for option in options if _is_list(option)] or options
    if options == [Any]:  # an object of another library, or text that names one
        options = [str]
    only = options[0] if len(options) == 1 else None
    if only in _SCALARS:
        return _Kind(_SCALARS[only])
    origin = get_origin(only)
    if isinstance(only, type) and issubclass(only, enum.Enum):
        return _Kind("string", choices=[member.value for member in only])
    if origin is Literal:
        return _Kind("string", choices=get_args(only))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _Kind("object")
    if _is_list(only):
        inner = _kind(get_args(only)[0], where)
        return _Kind("array", inner.type, inner.choices)
    if str in _union(hint):  # or its parsed form
        return _Kind("string")
    raise IndexFault(f"{where} has a type that no option can have: {hint}")


def _union(hint: Any) -> Sequence[Any]:
    return get_args(hint) if get_origin(hint) in (Union, types.UnionType) else [hint]


def _is_list(hint: Any) -> bool:
    origin = get_origin(hint)
    return isinstance(origin, type) and issubclass(origin, Iterable) and not issubclass(origin, Mapping)


def _is_path(hint: Any) -> bool:
    return (get_origin(hint) or hint) is os.PathLike or hint is Path


def _in_flags(text: str, arguments: Sequence[Argument]) -> str:
    """Return a text with its parameter names replaced by options."""
    options = {
        key(argument): spelled(argument)
        for argument in arguments
        if not argument.get("negates") and "value" not in argument
    }
    return _CODE.sub(lambda match: options.get(match[1], match[1]), text)
