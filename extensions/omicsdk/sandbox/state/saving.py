"""A snapshot is written: of a running sandbox, or of a folder."""

import contextlib
import io
import json
import os
import shutil
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

import omicsdk
from omicsdk.core.files import PRIVATE, in_place_of
from omicsdk.sandbox.state.database import SCHEMA_VERSION, Database
from omicsdk.sandbox.state.folder import STATE, FolderLock, check_is_ours
from omicsdk.sandbox.state.snapshots import ABOUT, FORMAT, KEYS, Hashed, Snapshot, is_another, lost_content

_TRIES = 3
_PASSING = "incoming"  # below objects: what is being written


def save_snapshot(database: Database, folder: Path, target: Path) -> Snapshot:
    """Writes a sandbox's state into one file, which appears whole or not at all; requests may go on meanwhile.

    Args:
        database: The open state.
        folder: The sandbox's folder.
        target: The file; replaced where it is there, readable by its owner only, since keys are in it.

    Returns:
        What is in it.

    Raises:
        OSError: Something can't be read or written.
    """
    objects = folder / "objects"
    passing = objects / _PASSING
    passing.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=passing) as name:
        kept = Path(name)
        _copy_state(database, objects, kept)
        lengths = [path.stat().st_size for path in _files(kept / "objects")]
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
            archive.add(kept / STATE, STATE)
            for key in KEYS:
                if (folder / key).is_file():
                    archive.add(folder / key, key)
            for path in _files(kept / "objects"):
                _add_content(archive, path, path.relative_to(kept).as_posix())
            for path in _files(folder / "crunch-storage"):
                _add_changing(archive, path, path.relative_to(folder).as_posix(), kept)
    return about


def _copy_state(database: Database, objects: Path, kept: Path) -> None:
    """Copies the database and links the contents that it names.

    Raises:
        OSError: Contents were taken away, time and again, between the one and the other.
    """
    for _ in range(_TRIES):
        # A content is there before a row names it, so what the copy names is among the files that are linked after it.
        database.copy_to(kept / STATE)
        for path in _files(objects):
            _link(path, kept / "objects" / path.relative_to(objects))
        if lost_content(kept) is None:
            return
        (kept / STATE).unlink()  # a reset came between them
    raise OSError("the sandbox is emptied again and again while it is saved: save it once that is over")


def save_folder(folder: Path, target: Path) -> Snapshot:
    """Writes the state of a folder that no sandbox runs on; otherwise as `save_snapshot`.

    Raises:
        FolderInUse: A sandbox runs on it.
        ValueError: It isn't a sandbox's folder.
    """
    check_is_ours(folder)
    lock = FolderLock(folder)
    try:
        database = Database(folder / STATE)
        try:
            return save_snapshot(database, folder, target)
        finally:
            database.close()
    finally:
        lock.release()


def _files(folder: Path) -> Iterator[Path]:
    """The regular files of a tree in order, without what is being written and without links."""
    for base, folders, names in os.walk(folder):
        if Path(base) == folder:
            folders[:] = [each for each in folders if each != _PASSING]
        folders.sort()
        for name in sorted(names):
            path = Path(base) / name
            if path.is_file() and not path.is_symlink():
                yield path


def _link(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(
        FileNotFoundError, FileExistsError
    ):  # an upload's part that became a content; linked before
        try:
            os.link(path, target)
        except (FileNotFoundError, FileExistsError):
            raise
        except OSError:  # a file system without links
            shutil.copy2(path, target)


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _add_content(archive: tarfile.TarFile, path: Path, name: str) -> None:
    """Adds a content.

    Raises:
        OSError: It can't be read, or isn't what its name says.
    """
    with path.open("rb") as file:
        read = Hashed(file)
        archive.addfile(archive.gettarinfo(arcname=name, fileobj=file), cast("IO[bytes]", read))
    if is_another(path.name, read):
        raise OSError(f"the content {path.name} is damaged: the disk gives other bytes than were stored")


def _add_changing(archive: tarfile.TarFile, path: Path, name: str, kept: Path) -> None:
    """Adds a file that others may be writing, as long as it is when it is opened; nothing if they have removed it."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file, tempfile.TemporaryFile(dir=kept) as copy:
        shutil.copyfileobj(file, copy)
        entry = archive.gettarinfo(arcname=name, fileobj=file)
        entry.size = copy.tell()
        copy.seek(0)
        archive.addfile(entry, copy)
