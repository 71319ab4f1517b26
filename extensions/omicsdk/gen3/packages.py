"""Packages: zip archives of files, unpacked on request only, and never outside their folder."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

from omicsdk.core.archives import InflationLimit
from omicsdk.core.errors import DiskFull, NameClash, TransferError, UnsafePath
from omicsdk.transfer.checksums import checksums_of
from omicsdk.transfer.disk import space_of, write_error
from omicsdk.transfer.names import check_names, safe_name

_NOT_UNPACKED = "Nothing was unpacked; the archive itself is kept."
# Entries of an archive that are unpacked; more are no package, but an attack on the file system.
MOST_ENTRIES = 1_000_000


class BadPackage(TransferError):
    """An archive that cannot be unpacked: it is damaged, encrypted, or misstates its content."""

    default_remedy = "The archive itself is kept. Contact its author."


def is_package(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a zip archive, by its end, as zip readers detect it.

    Args:
        path: The file.
    """
    return zipfile.is_zipfile(path)


def unpack_download(path: Path, *, delete: bool = False, max_unpacked: int | str | None = None) -> list[Path] | None:
    """Unpack a file that was downloaded, beside it; None if it is not a package.

    Args:
        path: The file; a package is a zip archive that is named so.
        delete: Whether the archive is deleted then.
        max_unpacked: As for `unpack`.

    Raises:
        OmicsError: One of those of `unpack`.
    """
    if path.suffix.lower() != ".zip" or not is_package(path):
        return None
    files = unpack(path, max_unpacked=max_unpacked)
    if delete:
        path.unlink()
    return files


def unpack(
    path: str | os.PathLike[str], folder: str | os.PathLike[str] | None = None, *, max_unpacked: int | str | None = None
) -> list[Path]:
    """Unpack a package: all of it, or nothing. Files that an earlier call has unpacked are kept.

    No entry leaves the folder, replaces a file, or grows beyond what the archive states; links, devices and encrypted
    entries are refused, and so is an archive that states more than the free disk space or `max_unpacked`.

    Args:
        path: The archive.
        folder: The target folder; by default the archive's.
        max_unpacked: Most bytes that it may unpack to, as a number or with K, M, G or T; by default a hundred times its
            size, at least 1 GiB.

    Returns:
        The unpacked files, in the archive's order, without those that were unpacked before.

    Raises:
        UnsafePath: An entry would leave the folder.
        NameClash: An entry's path already exists, with other content.
        BadPackage: It is damaged, encrypted or misstates its content.
        DiskFull: The disk is full for what it states.
        UnpacksTooLarge: It states more than `max_unpacked`.
        NotWritable: The archive cannot be read, or the folder cannot be written.
    """
    archive = Path(path)
    target = archive.parent if folder is None else Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(archive) as opened:
            entries = _entries(opened, archive)
            InflationLimit(archive, max_unpacked).spend(sum(entry.file_size for entry in entries))
            entries = _checked(entries, target, archive)
            with tempfile.TemporaryDirectory(dir=target, prefix=".unpacking-") as workplace:
                for entry in entries:
                    _extract(opened, entry, Path(workplace, entry.filename), archive)
                return _placed([(Path(workplace, entry.filename), target / entry.filename) for entry in entries])
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError) as error:
        raise BadPackage(f"{archive.name} cannot be unpacked: {error}", name=archive.name) from error
    except OSError as error:
        raise write_error(error, error.filename or str(target), archive.name) from error


def _entries(opened: zipfile.ZipFile, archive: Path) -> list[zipfile.ZipInfo]:
    members = opened.infolist()
    if len(members) > MOST_ENTRIES:
        raise BadPackage(f"{archive.name} has {len(members)} entries", name=archive.name)
    entries = [entry for entry in members if not entry.is_dir()]
    for entry in entries:
        kind = stat.S_IFMT(entry.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise UnsafePath(entry.filename, f"is a link or a device in {archive.name}", remedy=_NOT_UNPACKED)
    return entries


def _checked(entries: Sequence[zipfile.ZipInfo], target: Path, archive: Path) -> list[zipfile.ZipInfo]:
    """Return the entries that are not unpacked yet, after all are checked."""
    # A reader ends names at a NUL, so that another file than the one that is named would be written.
    names = [safe_name(entry.orig_filename, f"an entry of {archive.name}") and entry.filename for entry in entries]
    check_names(names, folds_case=True)
    missing = list[zipfile.ZipInfo]()
    for name, entry in zip(names, entries, strict=True):
        if not os.path.lexists(target / name):
            missing.append(entry)
        elif not _is_unpacked(entry, target / name):
            raise NameClash(name, f"is in {archive.name}, and already exists", remedy=_NOT_UNPACKED)
        above = target
        for part in Path(name).parts[:-1]:
            above /= part
            if above.is_symlink() or (above.exists() and not above.is_dir()):
                raise NameClash(name, f"is in {archive.name}, and {above} is not a folder", remedy=_NOT_UNPACKED)
    declared_size = sum(entry.file_size for entry in missing)
    space = space_of(str(target))
    if space is not None and declared_size > space[0]:
        raise DiskFull(
            str(target),
            name=archive.name,
            remedy=f"{archive.name} unpacks to {declared_size} bytes, but only {space[0]} are free.",
        )
    return missing


def _is_unpacked(entry: zipfile.ZipInfo, path: Path) -> bool:
    """Whether a file is what an earlier run unpacked, by the size and CRC-32 that the archive states."""
    if path.is_symlink() or not path.is_file() or path.stat().st_size != entry.file_size:
        return False
    return checksums_of(str(path), ["crc32"], entry.file_size)["crc32"] == f"{entry.CRC:08x}"


def _extract(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, archive: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(entry) as source, path.open("xb") as out:
        shutil.copyfileobj(source, out)
        if out.tell() != entry.file_size:  # a longer one ends there, and does not have the CRC that the archive states
            raise BadPackage(f"{archive.name}: {entry.filename} is shorter than it states", name=archive.name)


def _placed(pairs: Sequence[tuple[Path, Path]]) -> list[Path]:
    """Rename files into place; if one fails, those before it are removed again."""
    placed: list[Path] = []
    try:
        for temporary, final in pairs:
            final.parent.mkdir(parents=True, exist_ok=True)
            temporary.rename(final)
            placed.append(final)
    except OSError:
        for final in placed:
            final.unlink(missing_ok=True)
        raise
    return placed
