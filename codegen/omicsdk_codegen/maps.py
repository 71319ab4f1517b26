"""A whole section in a file of its own (`schemas: {$ref: schemas.yaml}`): no version allows it, many documents do it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from .addresses import Refused
from .dialect import TREE
from .faults import DocumentError
from .notes import Notes
from .source import Source
from .targets import Store, Target, locate
from .values import Json, Object, escape


def spread(value: Object, target: Target, notes: Notes) -> Object:
    """Turn a mapping that is a reference into a mapping of references, one a member of what it refers to.

    Args:
        value: has `$ref`; members beside it stay and count more.
        target: what it refers to.
        notes: takes in that this was put right.

    Returns:
        The mapping; without members when the target is none.
    """
    reference = str(value["$ref"])
    stem = reference if "#" in reference else reference + "#"
    notes.repair(value, "$ref", f"a $ref to {reference} in place of a mapping", "its members")
    members: Object = {}
    notes.made(members, value)
    for name in target.value if isinstance(target.value, dict) else ():
        member: Object = {"$ref": f"{stem.rstrip('/')}/{quote(escape(name), safe='~')}"}
        notes.made(member, value)
        members[name] = member
    members.update({key: member for key, member in value.items() if key != "$ref"})
    return members


def spread_sections(root: Source, store: Store, notes: Notes) -> Source:
    """Spread the sections of a document that are references, so that what is in them is found by its pointer.

    One that leads nowhere stays, and is told when it is walked.
    """

    def find(node: Object) -> Target | None:
        try:
            return locate(store, root, str(node["$ref"]))
        except (Refused, DocumentError, LookupError):
            return None

    assert isinstance(root.data, dict)
    data = _spread_members("document", root.data, find, notes)
    components = data.get("components")
    if isinstance(components, dict):
        made = _spread_members("components", components, find, notes)
        if made is not components:
            data = {**data}
            data["components"] = made
    if data is root.data:
        return root
    notes.made(data, root.data)
    return Source(root.path, root.label, root.uri, data, root.lines_of)


def _spread_members(kind: str, value: Object, find: Callable[[Object], Target | None], notes: Notes) -> Object:
    made: dict[str, Json] = {}
    for key, inner in TREE[kind].items():
        member = value.get(key)
        if (
            (inner[0] == "{" or inner in ("paths", "components"))
            and isinstance(member, dict)
            and isinstance(member.get("$ref"), str)
        ):
            target = find(member)
            if target is not None:
                made[key] = spread(member, target, notes)
    if not made:
        return value
    new: Object = {**value, **made}
    notes.made(new, value)
    return new
