"""A whole section in a separate file (`schemas: {$ref: schemas.yaml}`): invalid in all versions, but common."""

from __future__ import annotations

from .addresses import Refused, spoken
from .dialect import TREE
from .faults import DocumentError
from .notes import Notes
from .source import Source
from .targets import Store, Target, locate, reference_to
from .values import Json, Object, join

# References to references that are followed: more are taken for a circle.
_MAX_HOPS = 20


def spread(value: Object, source: Source, store: Store, notes: Notes) -> Object:
    """Replace a mapping that is a reference by a mapping of references, one for each member of its target.

    Args:
        value: has `$ref`; members beside it take precedence.
        source: the file that contains it.
        store: the files of the document.
        notes: receives a note of the correction.

    Raises:
        Refused, DocumentError, LookupError: it does not refer to a mapping (as `locate`).
    """
    reference = str(value["$ref"])
    target = _end(value, source, store)
    notes.repair(value, "$ref", f"a $ref to {spoken(reference)} in place of a mapping", "its members")
    members: Object = {}
    notes.record_origin(members, value)
    for name in target.value if isinstance(target.value, dict) else ():
        inner = Target(target.source, join(target.pointer, name), None)
        member: Object = {"$ref": reference_to(store, source, inner)}
        notes.record_origin(member, value)
        members[name] = member
    members.update({key: member for key, member in value.items() if key != "$ref"})
    return members


def _end(value: Object, source: Source, store: Store) -> Target:
    target = locate(store, source, str(value["$ref"]))
    for _ in range(_MAX_HOPS):
        if not isinstance(target.value, dict):
            raise LookupError(str(value["$ref"]))
        if not isinstance(target.value.get("$ref"), str):
            return target
        target = locate(store, target.source, str(target.value["$ref"]))
    raise LookupError(str(value["$ref"]))


def spread_sections(root: Source, store: Store, notes: Notes) -> Source:
    """Spread the sections of a document that are references, so that their members have pointers.

    A reference without a target stays, and is reported when it is walked.
    """
    assert isinstance(root.data, dict)
    data = _spread_members("document", root.data, root, store, notes)
    components = data.get("components")
    if isinstance(components, dict):
        sections = _spread_members("components", components, root, store, notes)
        if sections is not components:
            data = {**data}
            data["components"] = sections
    if data is root.data:
        return root
    notes.record_origin(data, root.data)
    return Source(root.path, root.label, root.uri, data, root.lines_of)


def _spread_members(kind: str, value: Object, root: Source, store: Store, notes: Notes) -> Object:
    members: dict[str, Json] = {}
    for key, inner in TREE[kind].items():
        member = value.get(key)
        section = inner[0] == "{" or inner in ("paths", "components")
        if section and isinstance(member, dict) and isinstance(member.get("$ref"), str):
            try:
                members[key] = spread(member, root, store, notes)
            except (Refused, DocumentError, LookupError):
                continue
    if not members:
        return value
    new: Object = {**value, **members}
    notes.record_origin(new, value)
    return new
