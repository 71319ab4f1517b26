"""The files that become a bundle: found in a folder or chosen by name, and judged before a byte is sent."""

import logging
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from omicsdk.core.errors import UsageError

logger = logging.getLogger("omicsdk.hca.dss")


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file that becomes part of a bundle.

    Attributes:
        path: Where it is.
        name: Its name in the bundle: relative to the folder, with `/`.
        uuid: Its UUID in the Data Store.
        identity: Its size in bytes, its time of change in nanoseconds and its number: they tell whether it is the same file
            as in an earlier run.
    """

    path: Path
    name: str
    uuid: str
    identity: tuple[int, int, int] = (0, 0, 0)

    @property
    def size(self) -> int:
        """Its size in bytes when it was found."""
        return self.identity[0]

    @property
    def indexed(self) -> bool:
        """Whether the service indexes it: metadata are JSON files."""
        return self.name.endswith(".json")

    @property
    def key(self) -> str:
        """Its key in the staging bucket."""
        return f"{self.uuid}/{self.path.name}"


def files_of(folder: Path) -> list[LocalFile]:
    """All files below a folder, by name, each with a new UUID; linked folders aren't entered.

    Raises:
        UsageError: It isn't a folder, holds no file, or something that is no file or has a name that no bundle takes.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder", remedy="Give the folder whose files make the bundle.")
    found: list[LocalFile] = []
    for parent, folders, names in os.walk(folder, onerror=_unreadable):
        for name in folders:
            if Path(parent, name).is_symlink():
                logger.warning("%s is a link to a folder: what is in it isn't uploaded", Path(parent, name))
        paths = [Path(parent, name) for name in names]
        found += [_found(path.relative_to(folder).as_posix(), path) for path in paths]
    return _in_order(found, str(folder))


def files_named(files: Mapping[str, str | os.PathLike[str]]) -> list[LocalFile]:
    """Chosen files, by name, each with a new UUID.

    Args:
        files: Where each is, by the name that it shall have in the bundle.

    Raises:
        UsageError: There are none, or one is no file or has a name that no bundle takes.
    """
    return _in_order([_found(name, Path(path)) for name, path in files.items()], "The choice")


def _in_order(found: list[LocalFile], where: str) -> list[LocalFile]:
    if not found:
        raise UsageError(f"{where} holds no files", remedy="A bundle needs at least one file.")
    found.sort(key=lambda file: file.name)
    _warn_of_clashes(found)
    return found


def _warn_of_clashes(files: list[LocalFile]) -> None:
    """Says which names a bundle may have, but not all of whom a download can keep."""
    kept = {"bundle.json": "the manifest that a download writes, bundle.json"}
    for file in files:
        other = kept.setdefault(file.name.casefold(), file.name)
        if other is not file.name:
            logger.warning("%s: whoever downloads the bundle can't have it beside %s", file.name, other)


def _found(name: str, path: Path) -> LocalFile:
    try:
        facts = path.stat()
    except OSError as error:
        what = "is a link that leads nowhere" if path.is_symlink() else f"can't be read: {error.strerror}"
        raise UsageError(f"{path} {what}", remedy="Take it out of the folder.") from error
    if not stat.S_ISREG(facts.st_mode):
        raise UsageError(f"{path} is no file with contents", remedy="Take it out of the folder.")
    if fault := name_fault(name):
        raise UsageError(f"{name}: the Data Store takes no such name: {fault}", remedy="Rename it, or take it out.")
    return LocalFile(path, name, str(uuid4()), (facts.st_size, facts.st_mtime_ns, facts.st_ino))


def name_fault(name: str) -> str | None:
    """Why a bundle can't have a file of this name, or None: the service would say so when all bytes are there.

    The rules are those of `BundleFile.name` in the service's document.

    Args:
        name: Relative, with `/` between folders.
    """
    if any(0xD800 <= ord(character) <= 0xDFFF for character in name):
        return "it isn't UTF-8"
    for part, why in (
        ("\n", "it holds a line end"),
        ("\\", "it holds a backslash"),
        ("./", "it holds `./`"),
        ("/.", "it holds `/.`"),
    ):
        if part in name:
            return why
    return "it begins with `~/`" if name.startswith("~/") else None


def _unreadable(error: OSError) -> None:
    raise UsageError(f"{error.filename} can't be read: {error.strerror}", remedy="Mend its rights, or take it out.")
