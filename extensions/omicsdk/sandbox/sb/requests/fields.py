"""Which fields an answer has: what the query's `fields` asks for, else all of one object and a few of a list's items."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.service import Call, Reply

IDENTITY = ("href", "id", "username")
"""What is never left out."""
_NAMED = ("name",)
BRIEF: Mapping[str, tuple[str, ...]] = {
    "list_projects": _NAMED,
    "list_owner_projects": _NAMED,
    "list_billing_groups": _NAMED,
    "list_invoices": ("pending",),
    "list_volumes": _NAMED,
    "list_imports": ("state",),
    "list_exports": ("state",),
    "list_markers": _NAMED,
    "list_datasets": _NAMED,
    "list_owner_datasets": _NAMED,
    "list_divisions": _NAMED,
    "list_teams": _NAMED,
    "list_files": ("name", "project", "parent", "type"),
    "scroll_files": ("name", "project", "parent", "type"),
    "list_folder_files": ("name", "project", "parent", "type"),
    "scroll_folder_files": ("name", "project", "parent", "type"),
    "list_project_files": ("name", "project", "parent", "type"),
    "list_tasks": ("name", "project"),
    "list_project_tasks": ("name", "project"),
    "list_apps": ("name", "project"),
}
"""The fields of a list's items beside their identity when nobody asks for others; all, for a list that isn't here."""


def cut(call: Call, reply: Reply) -> Reply:
    """An answer with the fields that the request asks for.

    Args:
        call: The request.
        reply: The whole answer.
    """
    if not isinstance(reply.body, dict) or not any(each.name == "fields" for each in call.operation.parameters):
        return reply
    whole = cast("JsonObject", reply.body)
    asked: str = call.arguments.get("fields", "")
    if "items" in whole and "href" in whole:
        told = asked or ",".join(BRIEF.get(call.operation.name, ()))
        if not told or told == "_all":
            return reply
        items = cast("list[JsonObject]", whole["items"])
        return Reply({**whole, "items": [selected(each, told) for each in items]}, reply.status, reply.headers)
    return Reply(selected(whole, asked), reply.status, reply.headers) if asked else reply


def selected(whole: Mapping[str, Any], asked: str) -> JsonObject:
    """The fields of an object that a selector names.

    Args:
        whole: The object.
        asked: Names divided by commas: `_all`, `name`, `!name` (all but it), `parent.child`; blanks don't count.

    Returns:
        The object with these fields, and with its identity.
    """
    names = [name.strip() for name in asked.split(",") if name.strip()]
    without = {name[1:] for name in names if name.startswith("!")}
    wanted = [name for name in names if not name.startswith("!")]
    kept = dict(whole) if "_all" in wanted or not wanted else _picked(whole, wanted)
    for path in without:
        kept = _less(kept, path.split("."))
    return {**{name: whole[name] for name in IDENTITY if name in whole}, **kept}


def _picked(whole: Mapping[str, Any], wanted: Iterable[str]) -> JsonObject:
    found: JsonObject = {}
    for path in wanted:
        name, _, rest = path.partition(".")
        if name not in whole:
            continue
        value = whole[name]
        if not rest:
            found[name] = value
        elif isinstance(value, dict):
            below = _picked(cast("JsonObject", value), [rest])
            found[name] = {**found.get(name, {}), **below}
    return found


def _less(whole: JsonObject, path: list[str]) -> JsonObject:
    name, *rest = path
    if not rest:
        return {key: value for key, value in whole.items() if key != name}
    below = whole.get(name)
    return {**whole, name: _less(cast("JsonObject", below), rest)} if isinstance(below, dict) else whole
