"""What words name on the platform: files, folders, and the files in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.core.errors import UsageError
from omicsdk.sb.errors import NotFound
from omicsdk.sb.paths import SbPath, WrongPath, is_path, parse
from omicsdk.sb.places import Entry, Place, Places, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def named(places: Places, text: str) -> Place | Entry:
    """What a word names: a folder, or else a file.

    Args:
        places: The platform.
        text: An sb:// path of a project, folder or file, or the id of one of the latter.

    Raises:
        WrongPath: It is neither.
        NotFound: There is none.
    """
    path = parse(text) if is_path(text) else None
    if path is not None and not path.names:
        return places.folder(path)
    entry = places.entry(text)
    return Place(entry.path or SbPath(is_folder=True), entry.file) if entry.file.is_folder() else entry


def files_named(places: Places, text: str, *, recursive: bool) -> Iterator[tuple[tuple[str, ...], Entry]]:
    """The files that a word names: itself, or all in a folder or project.

    Args:
        places: The platform.
        text: As that of `named`.
        recursive: Whether folders are taken.

    Yields:
        The names that lead to a file, and the file. Of a folder that ends with a slash those within it, else with its own
        before them.

    Raises:
        UsageError: It is a folder, and `recursive` isn't set.
    """
    found = named(places, text)
    if isinstance(found, Entry):
        yield (name_of(found.file),), found
        return
    if not recursive:
        raise UsageError(f"{text} is a folder", remedy="Give --recursive to take the files in it.")
    before = () if found.folder is None or text.endswith("/") else (name_of(found.folder),)
    for entry in places.below(found):
        if entry.path is not None and not entry.file.is_folder():
            yield (*before, *entry.path.below(found.path)), entry


def found_at(places: Places, path: SbPath) -> Entry | None:
    """What is at a path, where something is to be put; None too when the folders above aren't there, for they are made.

    Args:
        places: The platform.
        path: The path, with a name.
    """
    try:
        return places.unsuggesting.find(path)
    except NotFound:
        return None


def is_folder_to_be(places: Places, path: SbPath, *, single: bool) -> bool:
    """Whether a path is that of a folder to put things into, and not the new path of a single file.

    Args:
        places: The platform.
        path: The path.
        single: Whether a single file goes there.

    Raises:
        WrongPath: Several go there, and it is a file.
    """
    if path.is_folder or not path.names:
        return True
    found = found_at(places, path)
    if found is not None and found.file.is_folder():
        return True
    if not single and found is not None:
        raise WrongPath(f"{path} is a file, so only one can go there", remedy="Name a folder.")
    return not single
