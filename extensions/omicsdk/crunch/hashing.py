"""MD5 of the files of a folder, in streams, several files at once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from omicsdk.core.checksums import Digests
from omicsdk.core.errors import SourceChanged
from omicsdk.crunch.parallel import in_threads
from omicsdk.crunch.stamps import Hashed, stamp_of
from omicsdk.transfer.hashing import follow

#: Up to so many bytes a file is read at once.
SMALL = 1024 * 1024


def files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Finds every file below a folder, hidden ones too.

    A link to a file counts as the file; links to folders aren't followed, and what is no file (a socket, a link to nothing)
    isn't given.

    Args:
        folder: The folder.

    Yields:
        Path within the folder, with "/" between its parts, and path.

    Raises:
        OSError: A folder can't be read.
    """
    waiting = [("", os.fspath(folder))]
    while waiting:
        above, place = waiting.pop()
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((f"{above}{entry.name}/", entry.path))
                elif entry.is_file():
                    yield f"{above}{entry.name}", Path(entry.path)


def hash_file(path: Path) -> Hashed:
    """Hashes a file.

    Args:
        path: The file.

    Raises:
        OSError: It can't be read.
        SourceChanged: It changed meanwhile, three times in a row.
    """
    for _ in range(3):
        with path.open("rb", buffering=0) as file:
            before = stamp_of(os.fstat(file.fileno()))
            if before.size <= SMALL:
                data = file.read(before.size + 1)
                md5 = hashlib.md5(data, usedforsecurity=False).hexdigest() if len(data) == before.size else ""
            else:
                digests = Digests(("md5",))
                whole = follow(os.fspath(path), digests, 0, before.size, lambda: False) == before.size
                md5 = digests.values()["md5"] if whole else ""
            if md5 and stamp_of(os.fstat(file.fileno())) == before:
                return Hashed(md5, before)
    raise SourceChanged(
        f"{path} changes while it is read",
        name=path.name,
        remedy="Let the workflow end the programs that it starts, then run the dataset again.",
    )


def hash_files(files: Mapping[str, Path], known: Mapping[str, Hashed] | None = None) -> dict[str, Hashed]:
    """Hashes files, but for those that are known to be unchanged.

    Args:
        files: From name to path.
        known: What was hashed before, with stamps that are trusted (see `stamps.trusted`).

    Returns:
        From name to what was hashed, sorted by name.

    Raises:
        OSError: A file can't be read.
        SourceChanged: A file changes while it is read.
    """
    known = known or {}
    names = sorted(files)

    def one(name: str) -> Hashed:
        before = known.get(name)
        if before is not None and stamp_of(files[name].stat()) == before.stamp:
            return before
        return hash_file(files[name])

    return dict(zip(names, in_threads(one, names), strict=True))


def has_etag(path: Path, size: int, etag: str) -> bool:
    """Whether a file's bytes are those that an ETag of S3 was made of.

    Args:
        path: The file.
        size: The object's size in bytes.
        etag: The ETag, without quotes.

    Returns:
        False too where the ETag can't tell: of encrypted objects, and of parts of unusual sizes.
    """
    from omicsdk.transfer.stores.told import claims

    for claim in claims({"ETag": etag}, size):
        digests = Digests((claim.algorithm,), size, part_size=claim.part or None)
        follow(os.fspath(path), digests, 0, size, lambda: False)
        if digests.values()[claim.algorithm] == claim.value:
            return True
    return False


def unchanged(path: Path, known: Hashed) -> None:
    """Checks that a file is what it was when it was hashed.

    A file whose permissions or links alone were changed since is the same: its bytes are read again to know.

    Args:
        path: The file.
        known: What it was.

    Raises:
        SourceChanged: It isn't.
    """
    try:
        now = stamp_of(path.stat())
        same = now == known.stamp or (
            now._replace(ctime_ns=0) == known.stamp._replace(ctime_ns=0) and hash_file(path).md5 == known.md5
        )
    except FileNotFoundError:
        same = False
    if not same:
        raise SourceChanged(
            f"{path} changed while it was uploaded",
            name=path.name,
            remedy="Let the workflow end the programs that it starts, then run the dataset again.",
        )
