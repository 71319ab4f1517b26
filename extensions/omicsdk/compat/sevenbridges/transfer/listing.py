"""What is in a folder or project of the platform, with all folders in it."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from omicsdk.compat.sevenbridges.meta.collection import LONGEST_PAGE, Collection
from omicsdk.compat.sevenbridges.meta.resource import Resource, identifier
from omicsdk.sb.downloads import checksums_in
from omicsdk.transfer.names import safe_name

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.api import Api

#: Folders that are listed at once.
AT_ONCE = 8


class RemoteFile(NamedTuple):
    """A file of the platform.

    Attributes:
        name: Its path below the folder that was listed.
        id: Its id.
        size: Its size in bytes, None when the platform doesn't say.
        checksums: What its metadata state, from algorithm to value.
    """

    name: str
    id: str
    size: int | None
    checksums: Mapping[str, str]


def listed(api: Api, source: tuple[str, str]) -> tuple[list[str], list[RemoteFile]]:
    """Lists a folder or project, several folders at once.

    Args:
        api: The platform.
        source: "folder" or "project", and its id.

    Returns:
        The paths of all folders below it, and all files.

    Raises:
        UnsafePath: A name has a slash in it.
        SbgError: The platform refused.
    """
    folders: list[str] = []
    files: list[RemoteFile] = []
    level = [("", source)]
    with ThreadPoolExecutor(AT_ONCE, "omicsdk-sb-list") as pool:
        while level:
            below: list[tuple[str, tuple[str, str]]] = []
            listed = pool.map(partial(_entries, api), [place for _, place in level])
            for (prefix, _), entries in zip(level, listed, strict=True):
                for is_folder, entry in entries:
                    name = prefix + entry.name
                    if is_folder:
                        folders.append(name)
                        below.append((f"{name}/", ("folder", entry.id)))
                    else:
                        files.append(entry._replace(name=name))
            level = below
    return folders, files


def _entries(api: Api, source: tuple[str, str]) -> list[tuple[bool, RemoteFile]]:
    """What is in a folder or project, by its own name, and whether it is a folder."""
    kind, identity = source
    if kind == "project":
        request = api.client.list_files.build(project=identity, limit=LONGEST_PAGE, fields="_all")
    else:
        request = api.client.list_folder_files.build(folder_id=identity, limit=LONGEST_PAGE, fields="_all")
    return [_entry(each) for each in Collection.fetch(Resource, request, api).all()]


def _entry(file: Resource) -> tuple[bool, RemoteFile]:
    size = file.field("size")
    is_folder = str(file.field("type")).lower() == "folder"
    return is_folder, RemoteFile(
        safe_name(file.field("name"), f"the file {identifier(file)}", one_part=True),
        identifier(file),
        size if isinstance(size, int) else None,
        checksums_in(file.field("metadata")),
    )
