"""Ids of what belongs to somebody: an owner and a name with a slash between them."""

from __future__ import annotations

from omicsdk.compat.sevenbridges.errors import ValidationError
from omicsdk.compat.sevenbridges.meta.identity import identifier


def owned(thing: object, what: str) -> tuple[str, str]:
    """Takes such an id apart.

    Args:
        thing: A resource, or its id.
        what: What it is, for the error.

    Returns:
        The owner and the name.

    Raises:
        ValidationError: It is no such id.
    """
    found = identifier(thing)
    owner, _, name = found.partition("/")
    if not owner or not name or "/" in name or {owner, name} & {".", ".."}:
        raise ValidationError(
            f"{found!r} isn't the id of a {what}", remedy=f"Give it as owner/{what}, such as the field id has it."
        )
    return owner, name
