"""Probes of this machine: disk space, hard links, open files, encodings, and what is installed."""

from __future__ import annotations

import locale
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

from omicsdk.cli.doctor import Outcome
from omicsdk.core.errors import OmicsError
from omicsdk.core.installation import install_command


def curl() -> Outcome:
    """Check whether files can be transferred, over TLS too."""
    outcome = partial(Outcome, "pycurl", "")
    command = install_command("pycurl").replace("inject", "inject --force")  # pip's options, which uv takes too
    again = f"Reinstall it: {command.replace('install ', 'install --force-reinstall --no-cache-dir ', 1)}"
    try:
        from omicsdk.transfer.network.wire import pycurl
    except ImportError as error:
        return outcome("failed", f"cannot be loaded: {error}", again)
    info = pycurl.version_info()
    binding = re.search(r"PycURL/(\S+)", pycurl.version)
    what = f"pycurl {binding[1] if binding else ''}, libcurl {info[1]}, {info[5] or 'no TLS'}"
    if not info[5] or "https" not in info[8]:
        return outcome("failed", f"{what}: files cannot be transferred by https", again)
    return outcome("ok", what)


_EXTRA = re.compile(r"\s*([\w.-]+)[^;]*;.*\bextra\s*==\s*['\"]([^'\"]+)['\"]")
# Extras that combine others, or are for development of omicsdk.
_OURS = frozenset({"all", "dev", "docs"})


def requirements() -> list[str]:
    """Return the requirements of omicsdk, such as `pandas>=2; extra == "gen3"`."""
    from importlib.metadata import PackageNotFoundError, requires

    try:
        return requires("omicsdk") or []
    except PackageNotFoundError:  # run from a checkout that is not installed
        return []


def is_installed(package: str) -> bool:
    """Return whether a package is installed here."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return bool(distribution(package))
    except PackageNotFoundError:
        return False


def extras(required: Iterable[str], is_installed: Callable[[str], bool] = is_installed) -> list[Outcome]:
    """List extras; a missing one is not a fault.

    Args:
        required: The requirements of omicsdk.
        is_installed: Returns whether a package is installed.
    """
    pairs = [match.groups() for text in required if (match := _EXTRA.match(text)) and match[2] not in _OURS]
    lacking = sorted({extra for package, extra in pairs if not is_installed(package)})
    whole = sorted({extra for _, extra in pairs}.difference(lacking))
    outcomes = [Outcome("extras", "installed", "ok", ", ".join(whole) or "none")]
    if lacking:
        remedy = f"If a command requires one: {install_command(f'omicsdk[{lacking[0]}]')}"
        outcomes.append(Outcome("extras", "not installed", "skipped", ", ".join(lacking), remedy))
    return outcomes


_CACHE = "PANGEA_API_CACHE_DIR"


class WritableFolder(NamedTuple):
    """A folder that omics writes into.

    Attributes:
        use: What it is for.
        find: Returns the folder; raises ConfigError if it cannot be determined, and OSError if the system has none.
        alternative: How to choose another folder.
    """

    use: str
    find: Callable[[], Path]
    alternative: str


def folders(environ: Mapping[str, str]) -> list[WritableFolder]:
    """List the folders that omics writes into.

    Args:
        environ: The environment's variables.
    """
    from omicsdk.core.files import STATE_VARIABLE, state_folder
    from omicsdk.core.token_file import PATH_VARIABLE, token_file
    from omicsdk.hca.config import user_folder

    places = [
        WritableFolder("here", Path.cwd, "work in your own folder"),
        WritableFolder("settings", lambda: Path(user_folder(environ)), "name another folder in XDG_CONFIG_HOME"),
        WritableFolder("tokens", lambda: token_file(environ).path.parent, f"name another file in {PATH_VARIABLE}"),
        WritableFolder("state", state_folder, f"name another folder in {STATE_VARIABLE}"),
        WritableFolder("temporary files", lambda: Path(tempfile.gettempdir()), "name another folder in TMPDIR"),
    ]
    cache = environ.get(_CACHE)
    return (
        [*places, WritableFolder("cache", lambda: Path(cache), f"name another folder in {_CACHE}")] if cache else places
    )


def room(location: WritableFolder) -> Outcome:
    """Check the free space of a folder, or of the nearest one above it that exists.

    Args:
        location: The folder.
    """
    subject, advice = location.use, f"{location.alternative[0].upper()}{location.alternative[1:]}."
    inodes, read_only = None, False
    try:
        folder = location.find().absolute()
        subject = f"{location.use}: {folder}"
        nearest = next(path for path in (folder, *folder.parents) if path.exists())
        free = shutil.disk_usage(nearest).free
        # Windows has no statvfs.
        if sys.platform != "win32":
            counted = os.statvfs(nearest)
            # File systems without a fixed number of inodes, such as btrfs, report 0.
            inodes = counted.f_favail if counted.f_files else None
            read_only = bool(counted.f_flag & os.ST_RDONLY)
    except (OmicsError, OSError) as error:
        return Outcome("disk", subject, "warning", _why(error), advice)
    outcome = partial(Outcome, "disk", subject, free=_size(free))
    if not nearest.is_dir():
        return outcome("warning", f"{nearest} is a file", advice)
    left = f"{_size(free)} free" + (f", {inodes:,} files" if inodes is not None else "")
    if not os.access(nearest, os.W_OK | os.X_OK):
        what = "cannot be written" if nearest == folder else f"cannot be created: {nearest} cannot be written"
        remedy = f"Check who owns it: ls -ld {shlex.quote(str(nearest))}."
        if read_only:
            what, remedy = f"{what}: its disk is mounted read-only", "Mount it for writing."
        return outcome("warning", f"{what} ({left})", f"{remedy} Or {location.alternative}.")
    few = inodes is not None and inodes < INODES_WARNING
    if free >= ROOM_WARNING and not few:
        return outcome("ok", left)
    failed = free < ROOM_FAILED or (inodes is not None and inodes < INODES_FAILED)
    first = "Delete many small files" if few and free >= ROOM_WARNING else "Free disk space"
    return outcome("failed" if failed else "warning", f"only {left}", f"{first}, or {location.alternative}.")


def _size(count: int) -> str:
    return f"{count / GIB:,.1f} GiB" if count >= GIB else f"{count / MIB:,.0f} MiB"


def hard_links() -> Outcome:
    """Create a file and a hard link to it, and remove both.

    They are temporary files if those are on the same disk as the current folder, else files in that folder.
    """
    outcome = partial(Outcome, "hard links")
    subject = ""
    try:
        folder = Path.cwd()
        subject = str(folder)
        temporary = tempfile.TemporaryDirectory(prefix=".omics-doctor-", dir=_beside(folder))
    except OSError as error:
        problem = f"cannot be tested: no file can be created: {_why(error)}"
        return outcome(subject, "skipped", problem, "See the probe of the disk.")
    try:
        with temporary as inside:
            first = Path(inside, "file")
            first.touch()
            os.link(first, f"{first}-again")
    except OSError as error:
        remedy = "Nothing to do: downloads into bundles copy shared files instead, which takes more space."
        return outcome(subject, "warning", f"cannot be created: {_why(error)}", remedy)
    return outcome(subject, "ok", "can be created")


def _beside(folder: Path) -> Path:
    """Return a folder on the same file system, preferably that of temporary files, which no program watches."""
    try:
        temporary = Path(tempfile.gettempdir())
    except OSError:  # no folder is writable
        return folder
    # Hard links do not cross file systems.
    return temporary if temporary.stat().st_dev == folder.stat().st_dev else folder


def _why(error: OmicsError | OSError) -> str:
    return error.message if isinstance(error, OmicsError) else error.strerror or str(error)


def file_limits() -> tuple[int | None, int | None]:
    """Return the soft and the hard limit of open files; None for no limit."""
    if sys.platform == "win32":
        return None, None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return tuple(None if limit == resource.RLIM_INFINITY else limit for limit in (soft, hard))  # pyright: ignore[reportReturnType] - two


MIB, GIB = 2**20, 2**30
# Bytes: journals and settings require the first; few downloads of omics data are smaller than the second.
ROOM_FAILED, ROOM_WARNING = 100 * MIB, 1 * GIB
INODES_FAILED, INODES_WARNING = 100, 10_000
# Recommended limit of open files: a transfer has some hundred connections and files at once.
FILES_WARNING = 256


def open_files(soft: int | None, hard: int | None) -> Outcome:
    """Check whether enough files may be open at once.

    Args:
        soft: The soft limit; None for no limit.
        hard: The hard limit; None for no limit.
    """
    outcome = partial(Outcome, "open files", "")
    if soft is None or soft >= FILES_WARNING:
        return outcome("ok", "no limit" if soft is None else f"{soft:,} may be open")
    remedy = "Ask the administrator for more."
    if hard is None or hard > soft:
        remedy = f"Raise it: ulimit -n {min(hard or 4096, 4096)}"
    return outcome("warning", f"only {soft} may be open", remedy)


def encodings() -> Outcome:
    """Check whether this process can encode names and texts of any language."""
    used = {
        "names of files": sys.getfilesystemencoding(),
        "files": locale.getpreferredencoding(False),
        "output": getattr(sys.stdout, "encoding", None) or "",
    }
    others = [f"{what} in {name}" for what, name in used.items() if name.lower().replace("-", "") not in ("utf8", "")]
    if not others:
        return Outcome("encoding", "", "ok", "UTF-8")
    remedy = "Set PYTHONUTF8=1, or a locale such as LC_ALL=C.UTF-8."
    return Outcome("encoding", "", "warning", "; ".join(others), remedy)
