"""Probes of this machine: room, hard links, open files, encodings, and what is installed."""

from __future__ import annotations

import locale
import os
import re
import shlex
import shutil
import sys
import tempfile
from typing import TYPE_CHECKING, NamedTuple

from omicsdk.cli.doctor import Outcome
from omicsdk.core.errors import OmicsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path


def curl() -> Outcome:
    """Look whether files can be moved, over TLS too."""
    again = "Install it anew: pip install --force-reinstall --no-cache-dir pycurl"
    try:
        from omicsdk.transfer.network.wire import pycurl
    except ImportError as error:
        return Outcome("pycurl", "", "failed", f"can't be loaded: {error}", again)
    told = pycurl.version_info()
    binding = re.search(r"PycURL/(\S+)", pycurl.version)
    what = f"pycurl {binding[1] if binding else ''}, libcurl {told[1]}, {told[5] or 'no TLS'}"
    if not told[5] or "https" not in told[8]:
        return Outcome("pycurl", "", "failed", f"{what}: files can't be had by https", again)
    return Outcome("pycurl", "", "ok", what)


def versions(omicsdk: str, python: str, system: str) -> Outcome:
    """What runs; for reports of faults.

    Args:
        omicsdk: Our version.
        python: Python's.
        system: The system.
    """
    return Outcome("versions", "", "ok", f"omicsdk {omicsdk}, {python}, {system}")


def extras(missing: Mapping[str, Sequence[str]]) -> list[Outcome]:
    """Which extras are there; one that isn't is no fault.

    Args:
        missing: Each extra with the packages of it that aren't installed.
    """
    whole = sorted(name for name, packages in missing.items() if not packages)
    outcomes = [Outcome("extras", "installed", "ok", ", ".join(whole) or "none")]
    lacking = sorted(name for name, packages in missing.items() if packages)
    if lacking:
        remedy = f"Where a command asks for one: pip install 'omicsdk[{lacking[0]}]'"
        outcomes.append(Outcome("extras", "not installed", "skipped", ", ".join(lacking), remedy))
    return outcomes


_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^]]*\])?[^;]*(?:;(.*))?")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")
_OURS = frozenset({"all", "dev", "docs"})
"""Extras that are sums of others, or for those who work on omicsdk."""


def missing_of_extras() -> dict[str, list[str]]:
    """Each extra of omicsdk with the packages of it that aren't installed here."""
    from importlib.metadata import PackageNotFoundError, distribution

    def is_installed(name: str) -> bool:
        try:
            distribution(name)
        except PackageNotFoundError:
            return False
        return True

    try:
        requirements = distribution("omicsdk").requires or []
    except PackageNotFoundError:  # run from a checkout that isn't installed
        return {}
    return missing(requirements, is_installed)


def missing(requirements: Iterable[str], is_installed: Callable[[str], bool]) -> dict[str, list[str]]:
    """Which packages each extra lacks.

    Args:
        requirements: Those of a distribution's metadata, such as `pandas>=2; extra == "gen3"`.
        is_installed: Tells of a package whether it is there.
    """
    found: dict[str, list[str]] = {}
    for requirement in requirements:
        read = _REQUIREMENT.match(requirement)
        extra = _EXTRA.search(read[3] or "") if read else None
        if read is None or extra is None or extra[1] in _OURS:
            continue
        lacking = found.setdefault(extra[1], [])
        if read[1] != "omicsdk" and not is_installed(read[1]):
            lacking.append(read[1])
    return found


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


def room(place: Place) -> Outcome:
    """Look whether a folder, or where it would be made, has room.

    Args:
        place: The folder.
    """
    subject, elsewhere = place.use, _sentence(place.elsewhere)
    try:
        folder = place.find()
        subject = f"{place.use}: {folder}"
        there = folder.absolute()
        while not there.exists() and there != there.parent:
            there = there.parent
    except (OmicsError, OSError) as error:
        return Outcome("disk", subject, "warning", _why(error), elsewhere)
    if not there.is_dir():
        return Outcome("disk", subject, "warning", f"{there} is a file", elsewhere)
    inodes, read_only = None, False
    try:
        free = shutil.disk_usage(there).free
        if sys.platform != "win32":
            counted = os.statvfs(there)
            inodes = counted.f_favail if counted.f_files else None
            read_only = bool(counted.f_flag & os.ST_RDONLY)
    except OSError as error:
        return Outcome("disk", subject, "warning", f"can't be looked at: {_why(error)}", elsewhere)
    left = f"{_size(free)} free" + (f", {inodes:,} files" if inodes is not None else "")
    if not os.access(there, os.W_OK | os.X_OK):
        what = "can't be written" if there == folder else f"can't be made: {there} can't be written"
        see = f"See who owns it: ls -ld {shlex.quote(str(there))}."
        if read_only:
            what, see = f"{what}, since its disk is mounted read-only", "Have it mounted for writing."
        return Outcome("disk", subject, "warning", f"{what} ({left})", f"{see} Or {place.elsewhere}.")
    few = inodes is not None and inodes < INODES_WARNING
    if free >= ROOM_WARNING and not few:
        return Outcome("disk", subject, "ok", left)
    failed = free < ROOM_FAILED or (inodes is not None and inodes < INODES_FAILED)
    first = "Delete many small files" if few and free >= ROOM_WARNING else "Make room"
    return Outcome(
        "disk", subject, "failed" if failed else "warning", f"only {left}", f"{first}, or {place.elsewhere}."
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _size(count: int) -> str:
    return f"{count / GIB:,.1f} GiB" if count >= GIB else f"{count / MIB:,.0f} MiB"


def hard_links() -> Outcome:
    """Make a file and a second name for it, and take both away.

    It is done among temporary files where they lie on the same disk as the current folder, else in that.
    """
    from pathlib import Path

    subject = ""
    try:
        folder = Path.cwd()
        subject = str(folder)
        made = tempfile.TemporaryDirectory(prefix=".omics-doctor-", dir=_beside(folder))
    except OSError as error:
        found = f"can't be tried, since no file can be made: {_why(error)}"
        return Outcome("hard links", subject, "skipped", found, "See what is said of the disk.")
    try:
        with made as inside:
            first = os.path.join(inside, "file")  # noqa: PTH118 - what os.link takes
            with open(first, "wb"):  # noqa: PTH123 - likewise
                pass
            os.link(first, f"{first}-again")
    except OSError as error:
        remedy = "Downloads into bundles copy files that they share instead, which takes more room; nothing else needs links."
        return Outcome("hard links", subject, "warning", f"can't be made: {_why(error)}", remedy)
    return Outcome("hard links", subject, "ok", "can be made")


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


MIB, GIB = 2**20, 2**30
ROOM_FAILED, ROOM_WARNING = 100 * MIB, 1 * GIB
"""Bytes: journals and settings need the first, and few downloads of omics data are smaller than the second."""
INODES_FAILED, INODES_WARNING = 100, 10_000
FILES_WARNING = 256
"""Open files that a process may have: a transfer has some hundred connections and files at once."""


def open_files(soft: int | None, hard: int | None) -> Outcome:
    """Whether enough files may be open at once.

    Args:
        soft: How many may be; None where there is no such limit.
        hard: How many the user may ask for; None likewise.
    """
    if soft is None:
        return Outcome("open files", "", "ok", "no limit")
    if soft >= FILES_WARNING:
        return Outcome("open files", "", "ok", f"{soft:,} may be open")
    most = "unlimited" if hard is None else str(hard)
    allowed = hard is None or hard > soft
    remedy = f"Raise it: ulimit -n {most if hard is not None and hard < 4096 else 4096}" if allowed else ""
    return Outcome("open files", "", "warning", f"only {soft} may be open", remedy or "Ask the administrator for more.")


def encodings() -> Outcome:
    """Look whether names and texts of any language survive in this process."""
    told = {
        "names of files": sys.getfilesystemencoding(),
        "files": locale.getpreferredencoding(False),
        "output": getattr(sys.stdout, "encoding", None) or "",
    }
    others = [f"{what} in {name}" for what, name in told.items() if name.lower().replace("-", "") not in ("utf8", "")]
    if not others:
        return Outcome("encoding", "", "ok", "UTF-8")
    remedy = "Set PYTHONUTF8=1, or a locale such as LC_ALL=C.UTF-8."
    return Outcome("encoding", "", "warning", "; ".join(others), remedy)
