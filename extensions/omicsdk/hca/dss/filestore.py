"""The shared folder of downloaded files: downloads into it and links from it, in the layout of all clients of the Data
Store.

A file is stored once, under its SHA-256: `.hca/v2/files_2_4/<first 2>/<next 4>/<sha256>`. Folders of bundles hold hard
links to it, or copies where the file system has none.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from pathlib import Path

from omicsdk.core.errors import TransferError
from omicsdk.core.files import in_place_of
from omicsdk.core.logs import logger
from omicsdk.hca.dss.files import ROOT, name_in_store

_NO_LINKS = frozenset({errno.EMLINK, errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})

_log = logger("omicsdk.hca.dss")


def filestore_path(sha256: str) -> str:
    """A file's path below the download folder, with `/` between folders."""
    return f"{ROOT}/{name_in_store(sha256)}"


def store_bytes(folder: Path, sha256: str, content: bytes) -> None:
    """Store content under its checksum, atomically."""
    path = folder / filestore_path(sha256)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_file() and path.read_bytes() == content:
        return
    with in_place_of(path) as file:
        file.write(content)


def link(folder: Path, sha256: str, name: str) -> None:
    """Give a stored file a second name below the same folder.

    Args:
        folder: The download folder.
        sha256: The file's checksum.
        name: The new name, relative to the folder, already checked for safety.

    Raises:
        TransferError: Another file has that name.
    """
    stored, path = folder / filestore_path(sha256), folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(stored, path)
    except FileExistsError:
        if not same_content(stored, path):
            raise TransferError(
                f"{path} already exists with other contents",
                remedy="Move it away, or download to another folder.",
            ) from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        _log.warning("%s: no hard link (%s); copied", path, error.strerror)
        with in_place_of(path, durable=False) as file, stored.open("rb") as source:
            shutil.copyfileobj(source, file, 1 << 20)


def same_content(stored: Path, path: Path) -> bool:
    """Return whether both are names of one file, or the second is a regular file with the same bytes."""
    first, second = stored.stat(), path.stat(follow_symlinks=False)
    if (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino):
        return True
    if not stat.S_ISREG(second.st_mode) or first.st_size != second.st_size:
        return False
    with stored.open("rb") as stored_file, path.open("rb") as file:
        while chunk := stored_file.read(1 << 20):
            if chunk != file.read(1 << 20):
                return False
    return True
