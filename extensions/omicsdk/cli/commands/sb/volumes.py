"""What `omics sb volumes` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.sb.rows import object_row, volume_row
from omicsdk.core.errors import UsageError
from omicsdk.sb.listings import PAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.console import Console
    from omicsdk.sb.client import SevenBridges


def ls(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb volumes ls`: rows of volumes, or of what is on one; folders first."""
    limit = arguments.get("limit")
    if arguments.get("volume") is None:
        return [
            volume_row(volume)
            for volume in console.limited(client.list_volumes.iterate(limit=PAGE, fields="_all"), limit)
        ]
    owner, name = volume_id(arguments["volume"])
    chosen: dict[str, Any] = {"prefix": arguments["prefix"]} if arguments.get("prefix") is not None else {}
    objects: list[dict[str, Any]] = []
    folders: list[dict[str, Any]] = []
    for page in client.list_volume_objects.pages(owner=owner, volume=name, **chosen, limit=PAGE):
        objects += [object_row(each) for each in page.items]
        folders += [{"location": each.prefix, "type": "folder"} for each in page.prefixes or ()]
        if limit is not None and len(objects) > limit:
            break
    return list(console.limited([*folders, *objects], limit))


def volume_id(text: str) -> tuple[str, str]:
    """Read a volume's id.

    Args:
        text: `owner/volume`.

    Returns:
        The owner and the name.

    Raises:
        UsageError: It is none.
    """
    owner, _, name = text.partition("/")
    if not owner or not name or "/" in name or {owner, name} & {".", ".."}:
        raise UsageError(f"{text!r} isn't the id of a volume", remedy="Write owner/volume.")
    return owner, name
