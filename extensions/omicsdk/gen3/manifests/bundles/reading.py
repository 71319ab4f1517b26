"""Manifests of bundles: read and checked, members before what they are in. Pure but for reading."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, NamedTuple

from omicsdk.gen3.manifests.faults import Fault, ManifestError
from omicsdk.gen3.manifests.format.columns import ALIASES, GUID, OF_BUNDLES, SIZE, standard_names
from omicsdk.gen3.manifests.format.table import table_of
from omicsdk.gen3.manifests.format.values import checksum_of, several, size_of

_NAMES = {**OF_BUNDLES, SIZE: ALIASES[SIZE], "version": ("version",)}
_UUID = re.compile(r".*[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}")


class Bundle(NamedTuple):
    """A bundle of a manifest.

    Attributes:
        line: Where it stands.
        name: Its name.
        members: GUIDs of files and bundles, and names of bundles of the manifest.
        guid: Its GUID; empty where one is to be made.
        further: What else is told of it: size, checksums, description, version, aliases.
    """

    line: int
    name: str
    members: list[str]
    guid: str
    further: dict[str, Any]


def bundles_of(path: str | os.PathLike[str], delimiter: str | None = None) -> list[Bundle]:
    """Reads a manifest of bundles.

    Args:
        path: A table with the columns bundle_name and ids, and GUID, description, checksums, type, aliases, size, version.
        delimiter: What separates its cells; by default what its name's ending says.

    Returns:
        The bundles, members before what they are in.

    Raises:
        ManifestError: A row is wrong, a name stands there twice, or bundles hold each other.
    """
    manifest = Path(path)
    found = dict[str, Bundle]()
    with table_of(manifest, delimiter) as table:
        names = standard_names(table.header, _NAMES)
        for wanted in ("name", "ids"):
            if wanted not in names:
                raise ManifestError(
                    manifest, f"line 1: there is no column {_NAMES[wanted][0]}", remedy="Name the column so."
                )
        shown = dict(zip(names, table.header, strict=True))
        for row in table.rows:
            cells = {name: cell.strip() for name, cell in zip(names, row.cells, strict=False)}
            read = _bundle(row.line, cells, shown)
            if not isinstance(read, Fault) and read.name in found:
                reason = f"is the name of the bundle of line {found[read.name].line}, too"
                read = Fault(row.line, shown["name"], read.name, reason, "Give each a name of its own.")
            if isinstance(read, Fault):
                raise ManifestError(manifest, read)
            found[read.name] = read
    return _members_first(manifest, found, shown["ids"])


def _bundle(line: int, cells: Mapping[str, str], shown: Mapping[str, str]) -> Bundle | Fault:
    def wrong(name: str, reason: str, remedy: str) -> Fault:
        return Fault(line, shown[name], cells[name], reason, remedy)

    if not cells["name"]:
        return wrong("name", "names no bundle", "Give the bundle a name.")
    members = several(cells["ids"])
    if not members:
        return wrong("ids", "names no members", "Give at least one GUID, or the name of a bundle of this manifest.")
    if cells["name"] in members:
        return wrong("ids", "has the bundle itself in it", "Take it out.")
    if cells.get(GUID) and not _UUID.fullmatch(cells[GUID]):
        return wrong(GUID, "isn't a GUID", "A GUID ends in a UUID; leave the cell empty to have one made.")
    kinds, sums = several(cells.get("type", "")), several(cells.get("checksums", ""))
    if len(kinds) != len(sums):
        name = "checksums" if "checksums" in cells else "type"
        return wrong(name, f"are {len(sums)} checksums of {len(kinds)} types", "Give each checksum its type.")
    checksums = [{"type": kind, "checksum": checksum_of(kind, text)} for kind, text in zip(kinds, sums, strict=True)]
    if any(each["checksum"] is None for each in checksums):
        return wrong("checksums", f"aren't checksums of {', '.join(kinds)}", "Correct them.")
    size = size_of(cells[SIZE]) if cells.get(SIZE) else None
    if cells.get(SIZE) and size is None:
        return wrong(SIZE, "isn't a size", "Give a whole number of bytes from 0.")
    told: dict[str, Any] = {
        "size": size,
        "checksums": checksums,
        "description": cells.get("description"),
        "version": cells.get("version"),
        "aliases": several(cells.get("aliases", "")),
    }
    further = {name: value for name, value in told.items() if value or value == 0}
    return Bundle(line, cells["name"], members, cells.get(GUID, ""), further)


def _members_first(path: Path, bundles: Mapping[str, Bundle], column: str) -> list[Bundle]:
    for bundle in bundles.values():
        unknown = [name for name in bundle.members if name not in bundles and not _UUID.fullmatch(name)]
        if unknown:
            raise ManifestError(
                path,
                Fault(
                    bundle.line, column, unknown[0], "is neither a GUID nor a bundle of this manifest", "Correct it."
                ),
            )
    sorter = TopologicalSorter(
        {bundle.name: [name for name in bundle.members if name in bundles] for bundle in bundles.values()}
    )
    try:
        return [bundles[name] for name in sorter.static_order()]
    except CycleError as error:
        circle: list[str] = error.args[1]
        raise ManifestError(
            path,
            Fault(
                bundles[circle[0]].line, column, " ".join(circle), "are bundles that hold each other", "Take one out."
            ),
        ) from error
