"""Slugs: what things are addressed by, made of their names."""

import re
import unicodedata
from collections.abc import Callable

LONGEST = 255
"""Characters that a slug may have."""

_DROPPED = re.compile(r"[^\w\s-]")
_JOINED = re.compile(r"[-\s]+")


def slug_of(name: str, parent: str | None) -> str:
    """The slug that a name gives, which may be taken.

    Args:
        name: The name; of letters, those that are ASCII without their marks are kept.
        parent: The slug of what it belongs to; None for none.

    Returns:
        At most `LONGEST` characters; empty for a name that has nothing to keep.
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    own = _JOINED.sub("-", _DROPPED.sub("", plain.lower())).strip("-_")
    return (own if parent is None else f"{parent}:{own}")[:LONGEST]


def free_slug(slug: str, taken: Callable[[str], bool]) -> str:
    """The slug, or with the first number from 2 that makes it one that nothing has.

    Args:
        slug: What a name gives.
        taken: Whether something has a slug.
    """
    if slug and not taken(slug):
        return slug
    number = 2
    while taken(found := f"{slug[: LONGEST - len(f'-{number}')]}-{number}"):
        number += 1
    return found
