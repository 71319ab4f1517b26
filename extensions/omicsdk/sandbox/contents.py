"""Counts of a sandbox's contents, platform by platform."""

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

from omicsdk.sandbox.engine.store import Store
from omicsdk.sandbox.state.database import Database, opening
from omicsdk.sandbox.state.folder import STATE, at_rest
from omicsdk.sandbox.state.listings import Collection, Listing


@cache
def platforms() -> tuple[Collection, ...]:
    """All platforms, in the order in which they are shown."""
    text = files("omicsdk.sandbox").joinpath("contents.toml").read_text(encoding="utf-8")
    return tuple(
        Collection(
            platform["name"],
            platform["title"],
            platform["place"],
            tuple(Listing(**listing) for listing in platform["listings"]),
        )
        for platform in tomllib.loads(text)["platforms"]
    )


def collections(database: Database) -> list[Collection]:
    """All platforms, and the services of documents, in the order in which they are shown.

    Args:
        database: The state.
    """
    return [*platforms(), *Store(database).collections()]


def counted(database: Database) -> dict[str, dict[str, int]]:
    """The length of each list of each platform.

    Args:
        database: The state.
    """
    return {
        each.name: {listing.name: listing.count(database) for listing in each.listings if not listing.inside}
        for each in collections(database)
    }


def counted_in(folder: Path) -> dict[str, dict[str, int]]:
    """The same for a folder that no sandbox runs on.

    Args:
        folder: The sandbox's folder.

    Raises:
        ValueError: It is not one.
        FolderInUse: A sandbox runs on it.
    """
    with opening(folder / STATE), at_rest(folder) as database:
        return counted(database)
