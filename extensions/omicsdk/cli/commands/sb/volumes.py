"""What `omics sb volumes` does."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.sb.rows import object_row, volume_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.console import Console
    from omicsdk.sb.api import Api


def ls(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb volumes ls`: rows of volumes, or of what is on one; folders first."""
    limit = arguments.get("limit")
    if arguments.get("volume") is None:
        return [volume_row(volume) for volume in console.limited(api.volumes.query(limit=100).all(), limit)]
    volume = api.volumes.get(arguments["volume"])
    page = volume.list(prefix=arguments.get("prefix"), limit=100)
    found = page.all() if limit is None else islice(page.all(), limit + 1)
    objects = [object_row(each) for each in found]
    folders = [{"location": each.field("prefix"), "type": "folder"} for each in page.prefixes]
    return list(console.limited([*folders, *objects], limit))
