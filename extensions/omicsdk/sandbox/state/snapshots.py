"""A sandbox's whole state as one file: its contents, how it is written, and how a folder is restored from it.

The file is a tar: `snapshot.json` with its layout's number, the database, the keys that sign URLs and tokens, each content
once, and the files of django-crunch's datasets. What is only on the S3 server (staging buckets, volumes, Pangea's uploads)
is not in it, as it does not outlive a restart either; files of upload areas that the service was notified of are contents.
"""

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any, TypedDict, cast

import omicsdk
from omicsdk.core.files import PRIVATE, in_place_of
from omicsdk.sandbox.state.database import SCHEMA_VERSION, Database
from omicsdk.sandbox.state.folder import LOCK, STATE, TREES, FolderLock, at_rest, close_to_others

# Raised when the archive's layout changes: an older release then refuses it.
FORMAT = 1
ABOUT = "snapshot.json"
KEYS = ("signing.key", "gen3.key", "oauth.key")
_SHA256 = re.compile("[0-9a-f]{64}")


class Snapshot(TypedDict):
    """The contents of `snapshot.json`.

    Attributes:
        format: The archive's layout.
        schema: The database's layout.
        version: The release that wrote it.
        made: When, as seconds since 1970 of the real clock.
        contents: Number of contents.
        bytes: Their length.
    """

    format: int
    schema: int
    version: str
    made: float
    contents: int
    bytes: int


class Hashed:
    """A file that is read, and the SHA-256 of what was."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._sha256 = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        block = self._file.read(size)
        self._sha256.update(block)
        return block

    @property
    def sha256(self) -> str:
        """Of what was read so far, in hex digits."""
        return self._sha256.hexdigest()


def is_another(name: str, read: Hashed) -> bool:
    """Whether a content that is named by its SHA-256 is not what was read; parts of uploads have other names."""
    return _SHA256.fullmatch(name) is not None and read.sha256 != name


def lost_content(folder: Path) -> str | None:
    """A content that the database of a folder names and that does not exist with its length; None when all are."""
    with contextlib.closing(sqlite3.connect(folder / STATE)) as state:
        for sha256, size in state.execute("SELECT sha256, size FROM objects"):
            path = folder / "objects" / sha256[:2] / sha256
            if not path.is_file() or path.stat().st_size != size:
                return sha256
    return None


_TRIES = 3
_PASSING = "incoming"  # below objects: incomplete files


def save_snapshot(database: Database, folder: Path, target: Path) -> Snapshot:
    """Write a sandbox's state into one file, which appears whole or not at all; requests may continue meanwhile.

    Args:
        database: The open state.
        folder: The sandbox's folder.
        target: The file; replaced if it exists, readable by its owner only, since keys are in it.

    Returns:
        What is in it.

    Raises:
        OSError: Something cannot be read or written.
    """
    objects = folder / "objects"
    passing = objects / _PASSING
    passing.mkdir(parents=True, exist_ok=True)
    # Below the contents, as links cannot lead to another file system.
    with tempfile.TemporaryDirectory(dir=passing) as name:
        scratch = Path(name)
        _copy_state(database, objects, scratch)
        lengths = [path.stat().st_size for path in _files(scratch / "objects")]
        about: Snapshot = {
            "format": FORMAT,
            "schema": SCHEMA_VERSION,
            "version": omicsdk.__version__,
            "made": time.time(),
            "contents": len(lengths),
            "bytes": sum(lengths),
        }
        with in_place_of(target, mode=PRIVATE) as file, tarfile.open(fileobj=file, mode="w") as archive:
            _add_bytes(archive, ABOUT, json.dumps(about, indent=1).encode())
            archive.add(scratch / STATE, STATE)
            for key in KEYS:
                if (folder / key).is_file():
                    archive.add(folder / key, key)
            for path in _files(scratch / "objects"):
                _add_content(archive, path, path.relative_to(scratch).as_posix())
            for path in _files(folder / "crunch-storage"):
                _add_changing(archive, path, path.relative_to(folder).as_posix(), scratch)
    return about


def _copy_state(database: Database, objects: Path, target: Path) -> None:
    """Copy the database and links the contents that it names.

    Raises:
        OSError: Contents were taken away, time and again, between the one and the other.
    """
    for _ in range(_TRIES):
        # A content exists before a row names it, so the contents that the copy names are among the files that are linked after it.
        database.copy_to(target / STATE)
        for path in _files(objects, _PASSING):
            _link(path, target / "objects" / path.relative_to(objects))
        if lost_content(target) is None:
            return
        (target / STATE).unlink()  # a reset happened between them
    raise OSError("the sandbox is emptied again and again while it is saved: save it once that is over")


def save_folder(folder: Path, target: Path) -> Snapshot:
    """Write the state of a folder that no sandbox runs on; otherwise as `save_snapshot`.

    Raises:
        FolderInUse: A sandbox runs on it.
        ValueError: It is not a sandbox's folder.
    """
    with at_rest(folder) as database:
        return save_snapshot(database, folder, target)


def _files(folder: Path, left_out: str = "") -> Iterator[Path]:
    """The regular files of a tree in order, without links and without those of one folder directly in it."""
    for base, folders, names in os.walk(folder):
        if Path(base) == folder:
            folders[:] = [name for name in folders if name != left_out]
        folders.sort()
        for name in sorted(names):
            path = Path(base) / name
            if path.is_file() and not path.is_symlink():
                yield path


def _link(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except (FileNotFoundError, FileExistsError):
        pass  # an upload's part that became a content; linked before
    except OSError:  # a file system without links
        with contextlib.suppress(FileNotFoundError, FileExistsError):
            shutil.copy2(path, target)


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _add_content(archive: tarfile.TarFile, path: Path, name: str) -> None:
    """Add a content.

    Raises:
        OSError: It cannot be read, or is not what its name states.
    """
    with path.open("rb") as file:
        read = Hashed(file)
        archive.addfile(archive.gettarinfo(arcname=name, fileobj=file), cast("IO[bytes]", read))
    if is_another(path.name, read):
        raise OSError(f"the content {path.name} is damaged: the disk gives other bytes than were stored")


def _add_changing(archive: tarfile.TarFile, path: Path, name: str, scratch: Path) -> None:
    """Add a file that others may be writing, with its length when it is opened; nothing if they have removed it."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file, tempfile.TemporaryFile(dir=scratch) as copy:
        shutil.copyfileobj(file, copy)
        entry = archive.gettarinfo(arcname=name, fileobj=file)
        entry.size = copy.tell()
        copy.seek(0)
        archive.addfile(entry, copy)


# Elsewhere these are letters of a name like others.
_ODD = frozenset("\\:\0" if os.name == "nt" else "\0")
_LOADING = ".loading-"


def load_snapshot(source: Path, folder: Path, *, replace: bool = False) -> Snapshot:
    """Make a sandbox's folder of a snapshot: whole, or not at all.

    Args:
        source: The file.
        folder: The folder; made, with those above it. One that exists stays, as a volume has to, and gets other contents.
        replace: Whether what is in the folder may be taken away; default False.

    Returns:
        What was in the file.

    Raises:
        ValueError: The file is not a snapshot, is damaged, or was written by a release with another layout; or the folder
            is not empty.
        FolderInUse: A sandbox runs on the folder.
        OSError: Something cannot be read or written.
    """
    folder = folder.resolve()
    if folder.is_dir():
        close_to_others(folder)
    if folder.exists():
        return _load_into(source, folder, replace=replace)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the folder, so that it gets its name by a rename.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as name:
        unpacked = Path(name) / "made"
        about = _unpacked(source, unpacked)
        unpacked.rename(folder)
    return about


def _load_into(source: Path, folder: Path, *, replace: bool) -> Snapshot:
    """Exchange what is in a folder, not the folder: it may be a volume, or the one above it another user's."""
    _check_free(folder, replace=replace)
    with contextlib.ExitStack() as stack:
        stack.callback(FolderLock(folder).release)
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=folder, prefix=_LOADING)))
        unpacked, before = scratch / "made", scratch / "before"
        about = _unpacked(source, unpacked)
        _check_free(folder, replace=replace)  # the lock keeps sandboxes off only
        before.mkdir()
        _exchange(unpacked, folder, before)
    return about


def _unpacked(source: Path, unpacked: Path) -> Snapshot:
    """Unpack a snapshot into a new folder and checks that it is whole."""
    unpacked.mkdir(mode=0o700)
    try:
        with tarfile.open(source, "r:") as archive:
            about = _about(archive, source)
            for member in archive:
                _extract(archive, member, unpacked, source)
    except tarfile.TarError as error:
        raise ValueError(f"{source} is not a snapshot of a sandbox, or not a whole one: {error}") from error
    _check_whole(unpacked, source)
    return about


def _exchange(unpacked: Path, folder: Path, before: Path) -> None:
    """Put what was made in the place of what is in the folder; where that fails, the folder is as it was."""
    # A folder without a database is not recognised as a sandbox's: the database is removed first and written last.
    out = sorted(_entries(folder), key=lambda path: path.name != STATE)
    new = sorted(unpacked.iterdir(), key=lambda path: path.name == STATE)
    moves = [*((path, before / path.name) for path in out), *((path, folder / path.name) for path in new)]
    moved: list[tuple[Path, Path]] = []
    try:
        for origin, target in moves:
            origin.rename(target)
            moved.append((origin, target))
    except BaseException:
        for origin, target in reversed(moved):
            target.rename(origin)
        raise


def _entries(folder: Path) -> list[Path]:
    """The entries of a folder, without those of a new volume, the lock, and what is being loaded."""
    return [
        path for path in folder.iterdir() if path.name != "lost+found" and not path.name.startswith((LOCK, _LOADING))
    ]


def _check_free(folder: Path, *, replace: bool) -> None:
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder")
    if not _entries(folder):
        return
    if not replace:
        raise ValueError(f"{folder} is not empty")
    if not (folder / STATE).is_file():
        raise ValueError(f"{folder} is not a sandbox's folder, so it is not replaced")


def _about(archive: tarfile.TarFile, source: Path) -> Snapshot:
    first = archive.next()
    file = archive.extractfile(first) if first is not None and first.name == ABOUT and first.isreg() else None
    if file is None:
        raise ValueError(f"{source} is not a snapshot of a sandbox")
    try:
        about: Any = json.loads(file.read(65536))
        layout, version = (about["format"], about["schema"]), about["version"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{source} is not a snapshot of a sandbox: {ABOUT} cannot be read") from error
    if layout != (FORMAT, SCHEMA_VERSION):
        raise ValueError(
            f"{source} was written by omicsdk {version} with layout {layout[0]}.{layout[1]}; this release reads "
            f"{FORMAT}.{SCHEMA_VERSION}"
        )
    return cast("Snapshot", about)


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, unpacked: Path, source: Path) -> None:
    """Write one file of an archive; its name cannot leave the folder, and it must be a regular file."""
    if member.name == ABOUT:
        return
    path = PurePosixPath(member.name)
    is_expected = member.name in (STATE, *KEYS) or (len(path.parts) > 1 and path.parts[0] in TREES)
    plain = member.isreg() and not member.issparse()  # holes could make some bytes fill a disk
    if not plain or not is_expected or {"..", "."} & set(member.name.split("/")) or set(member.name) & _ODD:
        raise ValueError(f"{source} holds {member.name!r}, which is not part of a snapshot")
    content = archive.extractfile(member)
    assert content is not None
    target = unpacked.joinpath(*path.parts)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        file = open(target, "xb", opener=_for_owner) if member.name in (STATE, *KEYS) else target.open("xb")  # noqa: SIM115 - closed below
    except (FileExistsError, NotADirectoryError) as error:
        raise ValueError(f"{source} holds {member.name!r} twice, or below a file") from error
    with file, content:
        read = Hashed(content)
        shutil.copyfileobj(read, file)
    if member.name.startswith("objects/") and is_another(path.name, read):
        raise ValueError(f"{source} is damaged: the content {path.name} has other bytes than were saved")


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, PRIVATE)


def _check_whole(unpacked: Path, source: Path) -> None:
    if not (unpacked / STATE).is_file():
        raise ValueError(f"{source} has no {STATE}")
    try:
        lost = lost_content(unpacked)
    except (sqlite3.DatabaseError, TypeError) as error:
        raise ValueError(f"{source} is damaged: {STATE}: {error}") from error
    if lost is not None:
        raise ValueError(f"{source} is damaged: the content {lost} is missing or has another length")
