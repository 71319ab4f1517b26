"""A sandbox's folder is made of a snapshot."""

import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import Any, cast

from omicsdk.core.files import PRIVATE
from omicsdk.sandbox.state.database import READABLE, SCHEMA_VERSION
from omicsdk.sandbox.state.folder import LOCK, STATE, FolderLock, close_to_others
from omicsdk.sandbox.state.snapshots import ABOUT, FORMAT, KEYS, TREES, Hashed, Snapshot, is_another, lost_content

# Elsewhere these are letters of a name like others.
_ODD = frozenset("\\:\0" if os.name == "nt" else "\0")
_LOADING = ".loading-"


def load_snapshot(source: Path, folder: Path, *, replace: bool = False) -> Snapshot:
    """Makes a sandbox's folder of a snapshot: whole, or not at all.

    Args:
        source: The file.
        folder: The folder; made, with those above it. One that is there stays, as a volume has to, and gets other contents.
        replace: Whether what is in the folder may be taken away; default False.

    Returns:
        What was in the file.

    Raises:
        ValueError: The file isn't a snapshot, is damaged, or was written by a release with another layout; or the folder
            isn't empty.
        FolderInUse: A sandbox runs on the folder.
        OSError: Something can't be read or written.
    """
    folder = folder.resolve()
    if folder.is_dir():
        close_to_others(folder)
    if folder.exists():
        return _load_into(source, folder, replace=replace)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as name:
        made = Path(name) / "made"
        about = _unpacked(source, made)
        made.rename(folder)
    return about


def _load_into(source: Path, folder: Path, *, replace: bool) -> Snapshot:
    """Exchanges what is in a folder, not the folder: it may be a volume, or the one above it somebody else's."""
    _check_free(folder, replace=replace)
    lock = FolderLock(folder)
    try:
        with tempfile.TemporaryDirectory(dir=folder, prefix=_LOADING) as name:
            made, before = Path(name) / "made", Path(name) / "before"
            about = _unpacked(source, made)
            _check_free(folder, replace=replace)  # the lock keeps sandboxes off only
            before.mkdir()
            _exchange(made, folder, before)
    finally:
        lock.release()
    return about


def _unpacked(source: Path, made: Path) -> Snapshot:
    """Unpacks a snapshot into a new folder and checks that it is whole."""
    made.mkdir(mode=0o700)
    try:
        with tarfile.open(source, "r:") as archive:
            about = _about(archive, source)
            for member in archive:
                _extract(archive, member, made, source)
    except tarfile.TarError as error:
        raise ValueError(f"{source} is not a snapshot of a sandbox, or not a whole one: {error}") from error
    _check_whole(made, source)
    return about


def _exchange(made: Path, folder: Path, before: Path) -> None:
    """Puts what was made in the place of what is in the folder; where that fails, the folder is as it was."""
    # Without its database a folder isn't taken for a sandbox's: it goes first and comes last.
    out = sorted(_entries(folder), key=lambda path: path.name != STATE)
    new = sorted(made.iterdir(), key=lambda path: path.name == STATE)
    moves = [*((path, before / path.name) for path in out), *((path, folder / path.name) for path in new)]
    done: list[tuple[Path, Path]] = []
    try:
        for origin, target in moves:
            origin.rename(target)
            done.append((origin, target))
    except BaseException:
        for origin, target in reversed(done):
            target.rename(origin)
        raise


def _entries(folder: Path) -> list[Path]:
    """What is in a folder, but for what a new volume has, the lock, and what is being loaded."""
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
    if layout[0] != FORMAT or layout[1] not in READABLE:
        raise ValueError(
            f"{source} was written by omicsdk {version} with layout {layout[0]}.{layout[1]}; this release reads "
            f"{FORMAT}.{SCHEMA_VERSION}"
        )
    return cast("Snapshot", about)


def _extract(archive: tarfile.TarFile, member: tarfile.TarInfo, made: Path, source: Path) -> None:
    """Writes one file of an archive; its name can't lead out of the folder, and it can't be anything but a file."""
    if member.name == ABOUT:
        return
    path = PurePosixPath(member.name)
    known = member.name in (STATE, *KEYS) or (len(path.parts) > 1 and path.parts[0] in TREES)
    plain = member.isreg() and not member.issparse()  # holes could make some bytes fill a disk
    if not plain or not known or {"..", "."} & set(member.name.split("/")) or set(member.name) & _ODD:
        raise ValueError(f"{source} holds {member.name!r}, which is not part of a snapshot")
    content = archive.extractfile(member)
    assert content is not None
    target = made.joinpath(*path.parts)
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


def _check_whole(made: Path, source: Path) -> None:
    if not (made / STATE).is_file():
        raise ValueError(f"{source} has no {STATE}")
    try:
        lost = lost_content(made)
    except (sqlite3.DatabaseError, TypeError) as error:
        raise ValueError(f"{source} is damaged: {STATE}: {error}") from error
    if lost is not None:
        raise ValueError(f"{source} is damaged: the content {lost} is missing or has another length")
