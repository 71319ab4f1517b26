"""What `omics sb` shows of the platform's models: rows of JSON values. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from omicsdk.core.model import Model

FILE = ("type", "size", "modified_on", "id")
MORE_OF_FILE = ("tags", "metadata", "origin", "storage", "created_on", "parent", "project")
PROJECT = ("id", "name", "type", "category", "created_by", "modified_on", "tags")
TASK = (
    "id",
    "name",
    "status",
    "app",
    "project",
    "created_by",
    "created_time",
    "start_time",
    "end_time",
    "batch",
    "parent",
)
APP = ("id", "name", "revision", "project")
VOLUME = ("id", "access_mode", "active", "modified_on", "description")
BUCKET = ("type", "bucket", "prefix")
OBJECT = ("size", "last_modified", "etag")
MEMBER = ("username", "type", "email", "permissions")


def row(resource: Model, names: Iterable[str], **first: Any) -> dict[str, Any]:
    """A model as a row.

    Args:
        resource: The model.
        names: The members that are shown, by the platform's names.
        **first: What stands before them.
    """
    values = resource.to_dict()
    return {**first, **{name: values.get(name) for name in names}}


def file_row(resource: Model, name: str, *, long: bool = False) -> dict[str, Any]:
    """A file or folder as a row.

    Args:
        resource: The file.
        name: What it is called here.
        long: Whether everything is shown.
    """
    return row(resource, (*FILE, *(MORE_OF_FILE if long else ())), name=name)


def pairs(words: Iterable[str], option: str) -> dict[str, list[str]]:
    """Reads what is written as key=value.

    Args:
        words: The words.
        option: The option that they stand behind, for errors.

    Returns:
        The values of each key, in order.

    Raises:
        UsageError: A word has no equals sign or no key.
    """
    found: dict[str, list[str]] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(f"{option}: {word!r} isn't key=value", remedy=f"Write {option} sample_id=S1.")
        found.setdefault(key, []).append(value)
    return found


def volume_row(volume: Model) -> dict[str, Any]:
    """A volume as a row, with where its bytes are; its credentials stay out of sight, whatever the platform tells.

    Args:
        volume: The volume.
    """
    service: Mapping[str, Any] = volume.to_dict().get("service") or {}
    return {**row(volume, VOLUME), **{name: service.get(name) for name in BUCKET}}


def object_row(thing: Model) -> dict[str, Any]:
    """What is on a volume as a row.

    Args:
        thing: An object of the volume.
    """
    facts: Mapping[str, Any] = thing.to_dict().get("metadata") or {}
    return {**row(thing, ("location", "type")), **{name: facts.get(name) for name in OBJECT}}
