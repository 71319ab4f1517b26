"""Files on disk: atomic writes, locks, and the home, state and cache folders."""

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from functools import cache
from io import BufferedReader, BufferedWriter

from omicsdk.core.errors import ConfigError
from omicsdk.core.user_folders import user_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path


def home_folder() -> Path:
    """Return the home folder: HOME, else the system's for this user.

    Raises:
        ConfigError: There is none, as for a container's user without a name.
    """
    return expanded("~")


def current_folder() -> str:
    """Return the current folder; empty if it was removed, where only absolute paths are of use."""
    try:
        return os.getcwd()  # noqa: PTH109 - pathlib takes 2 ms to import
    except FileNotFoundError:
        return ""


def expanded(path: str | os.PathLike[str]) -> Path:
    """Return a path with the home folder in place of `~` or `~NAME` at its beginning.

    Args:
        path: The path.

    Raises:
        ConfigError: The user has no home folder, or no user has that name.
    """
    from pathlib import Path

    try:
        return Path(path).expanduser()
    except RuntimeError:
        name = Path(path).parts[0]
        if name == "~":
            raise no_home() from None
        remedy = f"Correct the name, or write ./{name} for a file that is called so."
        problem = f"no home folder: {name[1:]!r} in {os.fspath(path)} is not a user of this system"
        raise ConfigError(problem, remedy=remedy) from None


def no_home(otherwise: str = "") -> ConfigError:
    """Return the error for a user without a home folder, as for a container's user without a name.

    Args:
        otherwise: Another remedy, a sentence.
    """
    return ConfigError(
        "no home folder: HOME is not set, and this user is unknown to the system; or HOME is no absolute path",
        remedy=f"Set HOME to your own folder, such as: export HOME=/path/to/it. {otherwise}".rstrip(),
    )


#: Environment variable: the state folder.
STATE_VARIABLE = "OMICS_STATE_DIR"


def state_folder() -> Path:
    """Return the state folder: OMICS_STATE_DIR, else the user's own.

    Raises:
        ConfigError: The variable is not set, and the user has no home.
    """
    from pathlib import Path

    folder = os.environ.get(STATE_VARIABLE) or user_folder("state")
    if not folder:
        raise no_home(f"Or name a folder in {STATE_VARIABLE}.")
    return Path(folder)


def cache_folder() -> Path:
    """Return the user's own folder for caches.

    Raises:
        ConfigError: The user has no home.
    """
    from pathlib import Path

    folder = user_folder("cache")
    if not folder:
        raise no_home("Or name a folder in XDG_CACHE_HOME.")
    return Path(folder)


_REMEDY = "Check the permissions of the file and its folder, and the free disk space."
#: The permissions of a file that only its owner may read.
PRIVATE = 0o600
_STRIDE = 1024 * 1024
# Errors of file systems that cannot sync this; there is no better way to make it durable. The last two are those of SMB shares on
# macOS (restic and its rest-server ignore them likewise).
_NO_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.ENOTTY, errno.ENOENT})


def is_special(path: str | os.PathLike[str]) -> bool:
    """Return whether a path refers to a device or a FIFO: these are written into, as by cp, and never replaced.

    Args:
        path: The path; links are followed.

    Raises:
        OSError: It refers to a folder or a socket, which cannot be written.
    """
    try:
        # Follows links: /dev/stdout is one, to a terminal or a pipe.
        mode = os.stat(path).st_mode  # noqa: PTH116 - a small download needs no pathlib, which takes 2 ms to import
    except (OSError, ValueError):  # missing, or not reachable: writing to it raises
        return False
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if stat.S_ISSOCK(mode):
        raise OSError(errno.EOPNOTSUPP, "a socket of that name exists", os.fspath(path))
    return not stat.S_ISREG(mode)


def make_durable(descriptor: int) -> None:
    """Return once the bytes and length of an open file, or the names in an open folder, are durable.

    Args:
        descriptor: The file or folder. If its file system cannot sync it, that is no error.

    Raises:
        OSError: The disk failed.
    """
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def make_names_durable(folder: str) -> None:
    """Return once the names in a folder are durable.

    Args:
        folder: The folder. If this system or its permissions do not let it be synced, that is no error.

    Raises:
        OSError: It does not exist, or the disk failed.
    """
    if os.name == "nt":
        return  # Windows has no such call
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:  # a folder that is writable but not readable cannot be synced
        return
    try:
        make_durable(descriptor)
    finally:
        os.close(descriptor)


def put_in_place(part: Path, target: Path) -> None:
    """Rename a complete file, replacing the target; if the target is a device or a FIFO, write its bytes there and
    remove it.

    Args:
        part: The file.
        target: Its final path.

    Raises:
        OSError: That failed; the file is kept.
    """
    if not is_special(target):
        part.replace(target)
        return
    import shutil  # here: with the compressions that it imports it takes 3 ms

    with in_place_of(target) as out, part.open("rb") as file:
        shutil.copyfileobj(file, out, _STRIDE)
    part.unlink()


@contextmanager
def in_place_of(
    path: str | os.PathLike[str], *, mode: int | None = None, durable: bool = True, through_links: bool = False
) -> Generator[BufferedWriter]:
    """Write a new file beside a target and rename it when the block has succeeded.

    Readers see the old file or the new one, never a part. A device or a FIFO is written into.

    Args:
        path: The target, replaced or created; its folder must exist.
        mode: Its permissions; before the rename only the owner may read it. None leaves them to the process's umask.
        durable: Sync the bytes before the rename, so that a power cut leaves the old or the new file, too.
        through_links: Replace the target of a link, not the link.

    Yields:
        The new file.

    Raises:
        OSError: It cannot be written, or is a folder or a socket; the target is unchanged, as after any exception
            within the block.
    """
    if is_special(path):
        with open(path, "wb", opener=_as_it_is) as file:
            yield file
        return
    from pathlib import Path

    target = target_of(Path(path)) if through_links else Path(path)
    # Never opened if it exists: no link can be waiting there.
    part = target.with_name(unfinished_name(target.name))
    try:
        with open(part, "xb", opener=None if mode is None else _for_owner) as file:
            yield file
            file.flush()
            if mode not in (None, PRIVATE):
                part.chmod(mode)
            # Before the rename: after a power cut the name must not be that of an empty file.
            if durable:
                make_durable(file.fileno())
        # Within the `try`: a rename that fails leaves no file of ours beside the target.
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


#: Seconds after which an unfinished file of settings or tokens is that of a process that was killed: writing takes milliseconds.
_STALE = 3600.0


def unfinished_name(name: str) -> str:
    """Return an unpredictable name for a file until it is complete, which `unfinished` and transfers recognize.

    Args:
        name: The final name, which is shortened: one that is as long as file systems allow has no room for a suffix.
    """
    return f".{name[:50]}.{os.urandom(4).hex()}.part"


def unfinished(name: str) -> str:
    """Return the beginning of the name of a file that `in_place_of` is writing, or that a killed process left.

    Args:
        name: The name in its folder.

    Returns:
        Up to 50 characters of the file's final name; empty if it is no such file.
    """
    import re

    # Earlier versions wrote twelve digits.
    match = re.fullmatch(r"(?s)\.(.+)\.[0-9a-f]{8}(?:[0-9a-f]{4})?\.part", name)
    return "" if match is None else match[1]


def remove_unfinished(target: Path, age: float = _STALE) -> None:
    """Remove what killed processes left of writing a file with `in_place_of`.

    Args:
        target: The file; not a link to it.
        age: Seconds since something was written to what is removed; 0 while no other process can write the file.
    """
    with suppress(OSError):  # of a folder that may be written and not listed; or another process removes them, too
        for path in target.parent.iterdir():
            if unfinished(path.name) == target.name[:50] and (not age or time.time() - path.lstat().st_mtime > age):
                path.unlink()


def _as_it_is(path: str, flags: int) -> int:
    # A target that vanishes meanwhile is not created as a file, and a terminal does not become the process's own.
    return os.open(path, flags & ~(os.O_CREAT | os.O_TRUNC) | getattr(os, "O_NOCTTY", 0))


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE)


def write_private(path: Path, text: str) -> None:
    """Put a text in a file's place at once, readable by its owner only.

    A reader sees the old text or the new one, and after a power cut the file is one of them too. Where the path is a
    link, what it points at is replaced.

    Args:
        path: The file; folders that are missing are made, readable by their owner only.
        text: The new content, written as UTF-8 with LF line ends.

    Raises:
        ConfigError: It cannot be written.
    """
    write_text(path, text, PRIVATE)


def write_text(path: Path, text: str, mode: int) -> None:
    """Replace a file's content as `write_private` does, with other permissions.

    Args:
        path: As for `write_private`.
        text: As for `write_private`.
        mode: The file's permissions.

    Raises:
        ConfigError: It cannot be written.
    """
    target, data = target_of(path), encoded(text, path)
    try:
        # 0o700: the folder is created for files with secrets.
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        remove_unfinished(target)  # they may contain secrets
        with in_place_of(target, mode=mode) as file:
            file.write(data)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}", remedy=_REMEDY) from error


def encoded(text: str, path: Path) -> bytes:
    """Encode a text in UTF-8.

    Args:
        text: The text. Python reads an argument that is not UTF-8 with characters that cannot be encoded.
        path: The file that it is for.

    Raises:
        ConfigError: It has such a character.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        problem = f"{text[error.start]!r} cannot be encoded in UTF-8"
        raise ConfigError(f"{path} cannot be written: {problem}", remedy="Pass arguments in UTF-8.") from None


def target_of(path: Path) -> Path:
    """Return the file that is replaced when a path is written.

    Args:
        path: The path; it need not exist.

    Returns:
        The path without links.

    Raises:
        ConfigError: Its links form a loop, or it is not a regular file: /dev/null must not be replaced.
    """
    # Resolved, so that a link keeps pointing to the file: a rename would replace the link itself.
    try:
        target = path.resolve()
        mode = target.stat().st_mode if target.exists() else None
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError until Python 3.12; a NUL is a ValueError
        raise ConfigError(f"{path} is a broken link: {error}", remedy="Check the links in its path.") from error
    if mode is not None and not stat.S_ISREG(mode):
        what = "a folder" if stat.S_ISDIR(mode) else "not a regular file"
        raise ConfigError(f"{path} cannot be written: it is {what}", remedy="Name a file.")
    return target


#: What to do about a settings file that is malformed.
CORRECT_OR_MOVE = "Correct the file, or move it away to continue without it."
# Bytes of the largest file of settings or secrets: others were named by mistake, or never end, such as /dev/zero.
_LARGEST = 16 * 1024 * 1024


def read_small(path: str | os.PathLike[str]) -> bytes:
    """Read a file that is small unless it was named by mistake.

    Args:
        path: The file. Of a pipe, such as that of <(...) in a shell, each call returns what the first one read.

    Raises:
        OSError: It cannot be read, or is larger than 16 MiB.
    """
    status = os.stat(path)  # noqa: PTH116 - pathlib takes 2 ms to import
    return (_read_pipe if stat.S_ISFIFO(status.st_mode) else _read)(os.fspath(path), status.st_ino)


def _read(path: str, _: int) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123 - as above
        return _small(file, path)


_read_pipe = cache(_read)


def read_small_text(path: str | os.PathLike[str]) -> str:
    """Read such a file as text in UTF-8, without its byte order mark, and with LF line ends.

    Args:
        path: The file.

    Raises:
        OSError: As for `read_small`.
        UnicodeDecodeError: It is not UTF-8.
    """
    return read_small(path).decode("utf-8-sig").replace("\r\n", "\n")


def settings_text(path: str | os.PathLike[str]) -> str | None:
    """Read a settings file unchanged, with its byte order mark.

    Args:
        path: The file.

    Returns:
        Its text; None if it does not exist.

    Raises:
        ConfigError: It cannot be read, or is not UTF-8.
    """
    try:
        data = read_small(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:  # a NUL in the path is a ValueError
        reason = error.strerror if isinstance(error, OSError) else None
        raise ConfigError(
            f"{path} cannot be read: {reason or error}", remedy="Check the file and its permissions."
        ) from error
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise ConfigError(
            "not UTF-8 text", remedy=CORRECT_OR_MOVE, file=os.fspath(path), line=line, column=column
        ) from error


def _small(file: BufferedReader, path: str | os.PathLike[str]) -> bytes:
    data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise OSError(errno.EFBIG, "it is larger than 16 MiB", os.fspath(path))
    return data


def read_private(path: Path, tries: int = 3) -> str | None:
    """Read a file that contains secrets.

    Args:
        path: The file.
        tries: How often it is opened if another machine replaces it on NFS meanwhile.

    Returns:
        Its text, or None if it does not exist.

    Raises:
        ConfigError: Other users can read it, it belongs to another user, or it cannot be read.
    """
    try:
        with path.open("rb") as file:
            # Checked after opening, so that the checked file is the one that is read.
            _refuse_shared(path, os.fstat(file.fileno()))
            return _small(file, path).decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):  # the latter if HOME is not a folder
        return None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not text", remedy="Delete it and log in again.") from error
    except OSError as error:
        if error.errno == errno.ESTALE and tries > 1:
            return read_private(path, tries - 1)
        raise ConfigError(
            f"{path} cannot be read: {error.strerror or error}", remedy="Check the file and its permissions."
        ) from error


def _refuse_shared(path: Path, status: os.stat_result) -> None:
    if os.name == "nt":  # the folder of a user's settings is private there, and modes have no meaning
        return
    # root may have written it: what root can change, it can read as well.
    if status.st_uid not in (os.geteuid(), 0):
        raise ConfigError(f"{path} contains secrets and belongs to another user", remedy="Delete it and log in again.")
    mode = stat.S_IMODE(status.st_mode)
    if mode & 0o077:
        raise ConfigError(
            f"{path} contains secrets and other users can read it (mode {mode:04o})",
            remedy=f"Run: chmod 600 {path} (and renew the secrets if another user may have read them).",
        )


#: The system's errors if another process has the lock.
LOCKED_ERRNOS = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK})
#: Those of a lock's file that its owner has removed; an open file that another machine removed is stale on NFS.
REMOVED_ERRNOS = frozenset({errno.ENOENT, errno.ESTALE})

if sys.platform == "win32":
    import msvcrt

    def lock_now(descriptor: int) -> None:
        """Take the lock without waiting.

        Args:
            descriptor: An open file.

        Raises:
            OSError: Another process has it (LOCKED_ERRNOS), or the system refused otherwise, such as a file system without
                locks.
        """
        os.lseek(descriptor, 1 << 40, os.SEEK_SET)  # beyond the data, which other processes may read
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def lock_now(descriptor: int) -> None:
        """Take the lock without waiting.

        Args:
            descriptor: An open file.

        Raises:
            OSError: Another process has it (LOCKED_ERRNOS), or the system refused otherwise, such as a file system without
                locks.
        """
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


#: Seconds to wait for another writer; each keeps the lock for milliseconds.
PATIENCE = 10.0

# Seconds between two tries.
_PAUSE = 0.02


@contextmanager
def locked(
    path: Path,
    *,
    patience: float = PATIENCE,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Generator[None]:
    """Lock a file against other writers, including threads of this process. Readers need no lock: writers replace whole
    files.

    The lock is on a file beside it, which is removed afterwards: the file itself is replaced while it is locked. On
    file systems without locks, writers proceed without one.

    Args:
        path: The file, which need not exist; the target of a link is locked.
        patience: Maximum seconds to wait.
        clock: Returns the time in seconds.
        sleep: Waits for seconds.

    Raises:
        ConfigError: Another writer keeps the lock, the folder is not writable, or the path is not a regular file.
    """
    # The lock of the target: several links to one file share it.
    target = target_of(path)
    beside = target.with_name(f".{target.name}.lock")
    end = clock() + patience
    while (descriptor := _lock_descriptor(beside, path)) is None:
        if clock() >= end:
            raise ConfigError(
                f"{path} is locked: another program has been changing it for {patience:g} s",
                remedy="Try again when it has finished.",
            )
        sleep(_PAUSE)
    try:
        yield
    finally:
        # Removed before the lock is released: afterwards another writer may have locked the file, and a third one would make a new
        # one and have a lock as well.
        if os.name != "nt":  # an open file cannot be removed there
            with suppress(OSError):
                beside.unlink()
        os.close(descriptor)


def _lock_descriptor(beside: Path, path: Path) -> int | None:
    """Return the descriptor that has the lock; None while another one has it."""
    try:
        beside.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}", remedy=_REMEDY) from error
    # The previous owner of the lock removed its file: a lock on the file opened before protects nothing.
    if _lock(descriptor) and is_still(beside, descriptor):
        return descriptor
    os.close(descriptor)
    return None


def is_still(path: Path, descriptor: int) -> bool:
    """Return whether an open file still has a path: before it was locked, its owner may have removed or renamed it.

    Args:
        path: The path.
        descriptor: The open file.
    """
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except OSError as error:
        if error.errno not in REMOVED_ERRNOS:
            raise
        return False


def _lock(descriptor: int) -> bool:
    try:
        lock_now(descriptor)
    except OSError as error:
        # Without locks, the file is written nevertheless: each write replaces it as a whole.
        return error.errno not in LOCKED_ERRNOS  # no locks on this file system
    return True
