"""The files to move, and lists of them as each program reads lists."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

_BLOCK = 1 << 24


@dataclass(frozen=True)
class Served:
    """A file that a server has.

    Attributes:
        name: Its path below the server's root, and below the folder that it is fetched into.
        size: Bytes.
        sha256: In hexadecimal digits.
        crc32c: In hexadecimal digits.
    """

    name: str
    size: int
    sha256: str
    crc32c: str


@dataclass(frozen=True)
class Sizes:
    """How large and how many; `QUICK` is for trying whether everything runs."""

    one: int = 512 << 20
    many: int = 5_000
    medium: int = 200
    behind_api: int = 1_000
    rows: int = 100_000
    streamed_rows: int = 1_000_000
    huge: int = 2 << 30
    upload: int = 1 << 30
    killed: int = 120_000_000


QUICK = Sizes(
    one=64 << 20,
    many=200,
    medium=10,
    behind_api=64,
    rows=2_000,
    streamed_rows=5_000,
    huge=128 << 20,
    upload=64 << 20,
    killed=60_000_000,
)


class Files:
    """Files of random bytes below a server's root; each kind is made when it is first requested.

    Args:
        root: The server's root.
        sizes: How large and how many.
    """

    def __init__(self, root: Path, sizes: Sizes) -> None:
        self._root = root
        self._sizes = sizes

    @cached_property
    def one(self) -> list[Served]:
        """One large file."""
        return [served_file(self._root, "one", self._sizes.one)]

    @cached_property
    def huge(self) -> list[Served]:
        """One file that is larger than memory should ever hold."""
        return [served_file(self._root, "huge", self._sizes.huge)]

    @cached_property
    def many(self) -> list[Served]:
        """Small files of 20 KB."""
        return [served_file(self._root, f"small-{number:06}", 20_000) for number in range(self._sizes.many)]

    @cached_property
    def medium(self) -> list[Served]:
        """Files of 5 MB."""
        return [served_file(self._root, f"medium-{number:06}", 5_000_000) for number in range(self._sizes.medium)]

    @cached_property
    def tiny(self) -> Served:
        """A file of 20 bytes."""
        return served_file(self._root, "tiny", 20)

    @cached_property
    def source(self) -> Path:
        """The file to upload."""
        served_file(self._root, "upload", self._sizes.upload)
        return self._root / "upload"

    def forget(self, kind: str) -> None:
        """Deletes files that no case needs any more: they lie in memory."""
        for served in self.__dict__.pop(kind, []):
            (self._root / served.name).unlink()


def served_file(root: Path, name: str, size: int) -> Served:
    """Makes a file of random bytes.

    Args:
        root: The server's folder.
        name: The file's name in it.
        size: Bytes.
    """
    sha256, crc32c = hashlib.sha256(), 0
    with (root / name).open("wb") as file:
        for begin in range(0, size, _BLOCK):
            block = os.urandom(min(_BLOCK, size - begin))
            file.write(block)
            sha256.update(block)
            crc32c = _crc32c(crc32c, block)
    return Served(name, size, sha256.hexdigest(), f"{crc32c:08x}")


def _crc32c(so_far: int, block: bytes) -> int:
    import google_crc32c

    return cast("Callable[[int, bytes], int]", google_crc32c.extend)(so_far, block)


def write_plan(plan: Path, files: Iterable[tuple[str, str, Served]]) -> Path:
    """Writes what our worker reads: name, URL, size, SHA-256 and CRC32C in columns.

    Args:
        plan: The target.
        files: The name below the target folder, the URL, and what the server has there.
    """
    with plan.open("w") as out:
        out.writelines(
            f"{name}\t{url}\t{served.size}\t{served.sha256}\t{served.crc32c}\n" for name, url, served in files
        )
    return plan


def write_manifest(plan: Path, url: str, served: Served, rows: int) -> Path:
    """Writes a plan of many rows that are all the same small file, a thousand in a folder."""
    named = ((f"{number // 1000:04}/{number % 1000:03}", url, served) for number in range(rows))
    return write_plan(plan, named)


def write_lines(path: Path, lines: Iterable[str]) -> Path:
    """Writes a list that a program reads."""
    with path.open("w") as out:
        out.writelines(f"{line}\n" for line in lines)
    return path


def whole(folder: Path, files: Sequence[Served]) -> Callable[[], None]:
    """A check that all files lie in a folder in full; their contents are the tests' matter."""

    def check() -> None:
        lost = [served.name for served in files if _size(folder / served.name) != served.size]
        if lost:
            raise RuntimeError(f"{len(lost)} of {len(files)} files aren't whole in {folder}, such as {lost[0]}")

    return check


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def rows_of(server: str, files: Iterable[Served]) -> Iterator[tuple[str, str, Served]]:
    """Rows of a plan for files that a server has under their names."""
    return ((served.name, f"{server}/{served.name}", served) for served in files)
