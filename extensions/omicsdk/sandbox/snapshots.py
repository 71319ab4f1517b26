"""A sandbox's whole state as one file, and a folder made of such a file.

The file is a tar: `snapshot.json` with its layout's number, the database, the keys that sign URLs and tokens, each content
once, and the files of django-crunch's datasets. What is only on the S3 server (staging buckets, volumes, Pangea's uploads)
isn't in it, as it doesn't outlive a restart either; files of upload areas that the service was told of are contents.
"""

import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TypedDict

import omicsdk
from omicsdk.core.atomic_file import PRIVATE, in_place_of
from omicsdk.sandbox.store import SCHEMA_VERSION, Database, FolderLock

FORMAT = 1
"""Raised when the archive's layout changes: an older release then refuses it."""
STATE = "state.sqlite"
_ABOUT = "snapshot.json"
_KEYS = ("signing.key", "gen3.key", "oauth.key")
_TREES = ("objects", "crunch-storage")
# Elsewhere these are letters of a name like others.
_ODD = frozenset("\\:\0" if os.name == "nt" else "\0")
_PASSING = "incoming"  # below objects: what is being written


class Snapshot(TypedDict):
    """What stands in `snapshot.json`.

    Attributes:
        format: The archive's layout.
        schema: The database's layout.
        version: The release that wrote it.
        made: When, as seconds since 1970 of the real clock.
        contents: How many contents are in it.
        bytes: Their length.
    """

    format: int
    schema: int
    version: str
    made: float
    contents: int
    bytes: int


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
        # A content is there before a row names it, so what the copy names is among the files that are linked after it.
        database.copy_to(kept / STATE)
        for path in _files(objects):
            _link(path, kept / "objects" / path.relative_to(objects))
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
            _add_bytes(archive, _ABOUT, json.dumps(about, indent=1).encode())
            archive.add(kept / STATE, STATE)
            for key in _KEYS:
                if (folder / key).is_file():
                    archive.add(folder / key, key)
            for path in _files(kept / "objects"):
                archive.add(path, path.relative_to(kept).as_posix())
            for path in _files(folder / "crunch-storage"):
                _add_changing(archive, path, path.relative_to(folder).as_posix())
    return about


def save_folder(folder: Path, target: Path) -> Snapshot:
    """Writes the state of a folder that no sandbox runs on; otherwise as `save_snapshot`.

    Raises:
        FolderInUse: A sandbox runs on it.
        ValueError: It isn't a sandbox's folder.
    """
    if not (folder / STATE).is_file():
        raise ValueError(f"{folder} isn't a sandbox's folder: it has no {STATE}")
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
    try:
        os.link(path, target)
    except FileNotFoundError:  # a part of an upload that has just become a content
        return
    except OSError:  # a file system without links
        shutil.copy2(path, target)


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))


def _add_changing(archive: tarfile.TarFile, path: Path, name: str) -> None:
    """Adds a file that others may be writing: as long as it is when it is opened."""
    with path.open("rb") as file, tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy)
        entry = archive.gettarinfo(path, name)
        entry.size = copy.tell()
        copy.seek(0)
        archive.addfile(entry, copy)


def load_snapshot(source: Path, folder: Path, *, replace: bool = False) -> Snapshot:
    """Makes a sandbox's folder of a snapshot: whole, or not at all.

    Args:
        source: The file.
        folder: The folder; made, with those above it.
        replace: Whether what is in the folder may be taken away; default False.

    Returns:
        What was in the file.

    Raises:
        ValueError: The file isn't a snapshot, is damaged, or was written by a release with another layout; or the folder
            isn't empty.
        FolderInUse: A sandbox runs on the folder.
        OSError: Something can't be read or written.
    """
    folder = folder.absolute()
    if folder.exists():
        _check_free(folder, replace=replace)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as name:
        made = Path(name) / "made"
        made.mkdir()
        try:
            with tarfile.open(source, "r:") as archive:
                about = _about(archive, source)
                for member in archive:
                    _extract(archive, member, made, source)
        except tarfile.TarError as error:
            raise ValueError(f"{source} isn't a snapshot of a sandbox, or not a whole one: {error}") from error
        _check_whole(made, source)
        if folder.exists():
            folder.rename(Path(name) / "before")
        made.rename(folder)
    return about


def _check_free(folder: Path, *, replace: bool) -> None:
    if not folder.is_dir():
        raise ValueError(f"{folder} isn't a folder")
    if not any(folder.iterdir()):
        return
    if not replace:
        raise ValueError(f"{folder} isn't empty")
    if not (folder / STATE).is_file():
        raise ValueError(f"{folder} isn't a sandbox's folder, so it isn't replaced")
    FolderLock(folder).release()


def _about(archive: tarfile.TarFile, source: Path) -> Snapshot:
    first = archive.next()
    file = archive.extractfile(first) if first is not None and first.name == _ABOUT and first.isreg() else None
    if file is None:
        raise ValueError(f"{source} isn't a snapshot of a sandbox")
    about: Snapshot = json.loads(file.read(65536))
    if (about["format"], about["schema"]) != (FORMAT, SCHEMA_VERSION):
        raise ValueError(
            f"{source} was written by omicsdk {about['version']} with layout {about['format']}.{about['schema']}; this "
            f"release reads {FORMAT}.{SCHEMA_VERSION}"
        )
    return about


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, made: Path, source: Path) -> None:
    """Writes one file of an archive; its name can't lead out of the folder, and it can't be anything but a file."""
    if member.name == _ABOUT:
        return
    path = PurePosixPath(member.name)
    known = member.name in (STATE, *_KEYS) or (len(path.parts) > 1 and path.parts[0] in _TREES)
    if not member.isreg() or not known or {"..", "."} & set(member.name.split("/")) or set(member.name) & _ODD:
        raise ValueError(f"{source} holds {member.name!r}, which isn't part of a snapshot")
    content = archive.extractfile(member)
    assert content is not None
    target = made.joinpath(*path.parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file, content:
        shutil.copyfileobj(content, file)
    if member.name in _KEYS:
        target.chmod(PRIVATE)


def _check_whole(made: Path, source: Path) -> None:
    if not (made / STATE).is_file():
        raise ValueError(f"{source} has no {STATE}")
    try:
        state = sqlite3.connect(made / STATE)
        try:
            rows = state.execute("SELECT sha256, size FROM objects").fetchall()
        finally:
            state.close()
    except sqlite3.DatabaseError as error:
        raise ValueError(f"{source} is damaged: {STATE}: {error}") from error
    for sha256, size in rows:
        path = made / "objects" / sha256[:2] / sha256
        if not path.is_file() or path.stat().st_size != size:
            raise ValueError(f"{source} is damaged: the content {sha256} is missing or has another length")
