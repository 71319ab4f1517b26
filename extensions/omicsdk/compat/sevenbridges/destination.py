"""Where files go: into a project, or into a folder of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.meta.identity import identifier


def destination(
    project: object = None,
    parent: object = None,
    what: str = "This call",
    remedy: str = "Give one of them: a folder knows its project.",
) -> dict[str, str]:
    """Says where something goes, as the platform wants it.

    Args:
        project: A project, or its id.
        parent: A folder, or its id.
        what: Who asks, for errors: the beginning of a sentence.
        remedy: What to do where both are given.

    Returns:
        "project" or "parent" to an id.

    Raises:
        SbgError: Both are given, or neither.
    """
    if project and parent:
        raise SbgError(f"{what} was given both a project and a parent", remedy=remedy)
    if project:
        return {"project": identifier(project)}
    if parent:
        return {"parent": identifier(parent)}
    raise SbgError(f"{what} was given neither a project nor a parent", remedy="Give project=, or a folder as parent=.")


def required(item: Mapping[str, Any], name: str, at: int) -> Any:
    """A member of one of many items.

    Args:
        item: The item.
        name: The member.
        at: Which item it is, from 0, for errors.

    Raises:
        SbgError: It isn't there, or empty.
    """
    found = item.get(name)
    if not found:
        raise SbgError(
            f"Item {at} has no {name!r}; it has {', '.join(map(repr, item)) or 'nothing'}", remedy=f"Add {name!r}."
        )
    return found
