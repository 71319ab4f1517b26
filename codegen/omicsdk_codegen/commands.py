"""commands.json: the data on a service's operations that the command line needs, and nothing else."""

from __future__ import annotations

from .descriptions import describe, headline
from .groups import Groups, Member
from .naming import GENERAL_OPTIONS
from .operations import PARAM_HELP, Argument, Draft, command_word
from .page_view import kind_of
from .shapes import BYTES, Array, Enum, Map, Ref, Tuple, Type, Union
from .texts import beyond
from .values import Json, Object


def commands(drafts: list[Draft], groups: Groups) -> list[Json]:
    """One object an operation, in the document's order.

    Each has `name` (the client's attribute), `command` (the word on the command line), `method`, `path`, `summary`,
    `description` (what it adds to the summary) and `parameters`. Where they apply: `group` and `member` (the attributes of the
    client that lead to it too), `paged` (the dotted key of a page's items), `item` (the name of
    their schema), `streams` (the response is bytes), `headers` (the response is its headers), `deprecated` and `hidden`.
    """
    return [_command(draft, groups.members.get(draft.operation.key)) for draft in drafts]


def _command(draft: Draft, member: Member | None) -> Object:
    data = draft.operation.data
    title = headline(draft)
    row: Object = {
        "name": draft.name,
        "command": command_word(draft.operation, draft.name),
        "method": draft.operation.method,
        "path": draft.operation.path,
        "summary": title,
        "description": beyond(title, data.get("description")),
        "parameters": [_parameter(argument) for argument in draft.arguments],
    }
    if member is not None:
        row["group"], row["member"] = member.group, member.name
    if draft.pages is not None:
        row["paged"] = draft.pages.items
        if isinstance(draft.pages.item, Ref):
            row["item"] = draft.pages.item.key.rpartition("/")[2]
    if draft.streams:
        row["streams"] = True
    if any(case.kind == "headers" for case in draft.cases):
        row["headers"] = True
    if data.get("deprecated") is True:
        row["deprecated"] = True
    if data.get("x-omics-hidden") is True:
        row["hidden"] = True
    return row


def _parameter(argument: Argument) -> Json:
    type_ = argument.type
    if argument.is_part and isinstance(type_, Union):
        # A file, or its text in the JSON that the body may be as well: a word is the path of a file in either case.
        type_ = next((member for member in type_.members if member in (BYTES, Array(BYTES))), type_)
    element = type_.item if isinstance(type_, Array) else type_
    option, text = argument.wire.replace("-", "_"), describe(argument.schema)
    if option in GENERAL_OPTIONS - {"help", "version"}:
        text = f"{text} The general option --{option.replace('_', '-')} goes before the command.".lstrip()
    row: Object = {
        "name": PARAM_HELP if option == "help" else argument.wire,
        "python": argument.python,
        "in": argument.position,
        "required": argument.required,
        "type": _kind(type_),
        "choices": list(element.values) if isinstance(element, Enum) else None,
        "default": argument.schema.get("default"),
        "help": text,
    }
    if isinstance(type_, Array):
        row["items"] = _kind(type_.item)
    format_ = argument.schema.get("format")
    if isinstance(format_, str) and format_ not in _SIZES:
        row["format"] = format_
    return row


# Formats that say how a value is sent or stored, and nothing about what a user types.
_SIZES = ("int32", "int64", "float", "double", "binary", "byte")


def _kind(type_: Type) -> str:
    """The JSON type of a value; `file` is bytes, `any` what has several types or none."""
    if type_ == BYTES:
        return "file"
    if isinstance(type_, (Map, Ref)):
        return "object"
    if isinstance(type_, (Array, Tuple)):
        return "array"
    if not isinstance(type_, Union):
        return kind_of(type_)
    # A body that may be bytes too is typed, or read from a file, as the other one.
    kinds = {_kind(member) for member in type_.members if member != BYTES}
    return kinds.pop() if len(kinds) == 1 else "number" if kinds == {"integer", "number"} else "any"


def index_entry(title: str, rows: list[Json]) -> Object:
    """A service's entry of the index of all services: its title, and each command's word and summary."""
    visible = [row for row in rows if isinstance(row, dict) and not row.get("hidden")]
    return {"title": title, "commands": [[row["command"], row["summary"]] for row in visible]}
