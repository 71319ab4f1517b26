"""Gathers what this machine has: room, links, limits, encodings."""

from __future__ import annotations

import locale
import os
import shutil
import sys
import tempfile
from typing import TYPE_CHECKING, NamedTuple

from omicsdk.cli.doctor.machine import Encodings, Links, Room
from omicsdk.core.errors import OmicsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_CACHE = "PANGEA_API_CACHE_DIR"


class Place(NamedTuple):
    """A folder that omics writes into.

    Attributes:
        use: What it is for.
        find: Gives the folder; raises ConfigError where there can't be one, and OSError where the system has none.
        elsewhere: How to have it somewhere else.
    """

    use: str
    find: Callable[[], Path]
    elsewhere: str


def folders(environ: Mapping[str, str]) -> list[Place]:
    """The folders that omics writes into.

    Args:
        environ: The environment's variables.
    """
    from pathlib import Path

    from omicsdk.core.files import STATE_VARIABLE, state_folder
    from omicsdk.core.token_file import PATH_VARIABLE, token_file
    from omicsdk.hca.config import user_folder

    places = [
        Place("here", Path.cwd, "work in a folder of your own"),
        Place("settings", lambda: user_folder(environ), "name another folder in XDG_CONFIG_HOME"),
        Place("tokens", lambda: token_file(environ).path.parent, f"name a file elsewhere in {PATH_VARIABLE}"),
        Place("state", state_folder, f"name another folder in {STATE_VARIABLE}"),
        Place("temporary files", lambda: Path(tempfile.gettempdir()), "name another folder in TMPDIR"),
    ]
    cache = environ.get(_CACHE)
    return [*places, Place("cache", lambda: Path(cache), f"name another folder in {_CACHE}")] if cache else places


def room(place: Place) -> Room:
    """What is left for a folder, or where it would be made.

    Args:
        place: The folder.
    """
    try:
        folder = place.find()
    except (OmicsError, OSError) as error:
        return Room("", place.use, error=_why(error), elsewhere=place.elsewhere)
    facts = Room(str(folder), place.use, elsewhere=place.elsewhere)
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    if not there.is_dir():
        return facts._replace(error=f"{there} is a file")
    try:
        free = shutil.disk_usage(there).free
        inodes, read_only = None, False
        if sys.platform != "win32":
            counted = os.statvfs(there)
            inodes = counted.f_favail if counted.f_files else None
            read_only = bool(counted.f_flag & os.ST_RDONLY)
    except OSError as error:
        return facts._replace(error=f"can't be looked at: {_why(error)}")
    writable = os.access(there, os.W_OK | os.X_OK)
    return facts._replace(free=free, inodes=inodes, at=str(there), writable=writable, read_only=read_only)


def links() -> Links:
    """Makes a file and a second name for it, and takes both away.

    It is done among temporary files where they lie on the same disk as the current folder, else in that.
    """
    from pathlib import Path

    facts = Links()
    try:
        folder = Path.cwd()
        facts = Links(str(folder))
        made = tempfile.TemporaryDirectory(prefix=".omics-doctor-", dir=_beside(folder))
    except OSError as error:
        return facts._replace(error=_why(error), tried=False)
    try:
        with made as inside:
            first = os.path.join(inside, "file")  # noqa: PTH118 - what os.link takes
            with open(first, "wb"):  # noqa: PTH123 - likewise
                pass
            os.link(first, f"{first}-again")
    except OSError as error:
        return facts._replace(error=_why(error))
    return facts


def _beside(folder: Path) -> str:
    """A folder on the same file system, by preference one where nobody minds what is made."""
    try:
        temporary = tempfile.gettempdir()
    except OSError:  # nowhere can be written to
        return str(folder)
    return temporary if os.stat(temporary).st_dev == folder.stat().st_dev else str(folder)  # noqa: PTH116 - a text


def _why(error: OmicsError | OSError) -> str:
    return error.message if isinstance(error, OmicsError) else error.strerror or str(error)


def file_limits() -> tuple[int | None, int | None]:
    """How many files may be open, and how many the user may ask for; None for no limit."""
    if sys.platform == "win32":
        return None, None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return tuple(None if each == resource.RLIM_INFINITY else each for each in (soft, hard))  # pyright: ignore[reportReturnType] - two


def encodings() -> Encodings:
    """How texts become bytes in this process."""
    output = getattr(sys.stdout, "encoding", None) or ""
    return Encodings(sys.getfilesystemencoding(), locale.getpreferredencoding(False), output)
