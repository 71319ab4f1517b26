"""Which files of reads become which sample, by their names. All of it is pure."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from omicsdk.core.errors import UsageError

Path = str | os.PathLike[str]


class UnfitReads(UsageError, ValueError):
    """Files that make no sample, or not all of one."""


@dataclass(frozen=True, slots=True)
class ReadSet:
    """The reads of one sample.

    Attributes:
        sample: The sample's name.
        files: Its files, from the field that each becomes.
    """

    sample: str
    files: Mapping[str, Path]


def pair_reads(
    paths: Iterable[Path], *, ext_1: str = ".R1.fastq.gz", ext_2: str = ".R2.fastq.gz", delim: str | None = None
) -> list[ReadSet]:
    """Puts the two files of each sample together.

    A sample is called what stands in a file's name before the extension, or before the delimiter where one is given.

    Args:
        paths: The files; blank lines and files with neither extension in their names are passed over.
        ext_1: What the name of a file of first reads has; it becomes the field read_1.
        ext_2: What the name of a file of second reads has; it becomes the field read_2.
        delim: Ends the sample's name; None where the extension does.

    Returns:
        The samples in the order of their first files, read_1 before read_2.

    Raises:
        UnfitReads: A sample has one of the two only, or a file of the same kind twice (a ValueError, too); or no file has
            either extension.
    """
    extensions = {"read_1": ext_1, "read_2": ext_2}
    found = dict[str, dict[str, Path]]()
    faults = list[str]()
    for path in _named(paths):
        name = _last(path)
        key = next((key for key, ext in extensions.items() if ext in name), None)
        if key is not None:
            _put(found, _sample(name, extensions[key], delim), key, path, faults)
    for sample, files in found.items():
        faults += [
            f"sample {sample!r} has no file with {extensions[key]!r} in its name"
            for key in extensions
            if key not in files
        ]
    if not found:
        faults.append(f"no file has {ext_1!r} or {ext_2!r} in its name")
    _raise(faults)
    return [ReadSet(sample, dict(sorted(files.items()))) for sample, files in found.items()]


def single_reads(
    paths: Iterable[Path], *, ext: str = ".fastq.gz", field_name: str = "reads", delim: str | None = None
) -> list[ReadSet]:
    """Makes a sample of each file, called what stands in the file's name before the extension or the delimiter.

    Args:
        paths: The files; blank lines are passed over.
        ext: What the names of all files have.
        field_name: The field that each becomes.
        delim: Ends the sample's name; None where the extension does.

    Returns:
        The samples, in the order of the files.

    Raises:
        UnfitReads: A file hasn't the extension, or two make the same sample (a ValueError, too); or there is no file.
    """
    found = dict[str, dict[str, Path]]()
    faults = list[str]()
    for path in _named(paths):
        name = _last(path)
        if ext not in name:
            faults.append(f"{os.fspath(path)} has no {ext!r} in its name")
        else:
            _put(found, _sample(name, ext, delim), field_name, path, faults)
    if not found and not faults:
        faults.append("there are no files")
    _raise(faults)
    return [ReadSet(sample, files) for sample, files in found.items()]


def _named(paths: Iterable[Path]) -> list[Path]:
    stripped = [path.strip() if isinstance(path, str) else path for path in paths]
    return [path for path in stripped if os.fspath(path)]


def _last(path: Path) -> str:
    return os.fspath(path).replace(os.sep, "/").rpartition("/")[2]


def _sample(name: str, extension: str, delim: str | None) -> str:
    sample = name.partition(extension)[0]
    return sample.partition(delim)[0] if delim else sample


def _put(found: dict[str, dict[str, Path]], sample: str, key: str, path: Path, faults: list[str]) -> None:
    files = found.setdefault(sample, {}) if sample else {}
    if not sample:
        faults.append(f"{os.fspath(path)} leaves nothing for the sample's name")
    elif key in files:
        faults.append(f"{os.fspath(files[key])} and {os.fspath(path)} both are {key} of sample {sample!r}")
    else:
        files[key] = path


def _raise(faults: list[str]) -> None:
    if faults:
        shown = "; ".join(faults[:5]) + (f"; and {len(faults) - 5} more" if len(faults) > 5 else "")
        raise UnfitReads(
            f"The files don't make samples: {shown}",
            remedy="Check the list of files, the extensions and the delimiter.",
        )
