"""Where the tables of a data set are in its folder."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from omicsdk.dtp.sds.errors import SdsError
from omicsdk.dtp.sds.layout import KINDS, TableKind
from omicsdk.dtp.sds.tables import SUFFIXES
from omicsdk.gen3.names import nearest

_EXCEL = frozenset({".xlsx", ".xlsm", ".xls"})


class Found(NamedTuple):
    """A file of a table.

    Attributes:
        kind: What it is.
        path: The file.
        name: What it is called within the data set, with slashes.
    """

    kind: TableKind
    path: Path
    name: str


def find_tables(folder: Path) -> list[Found]:
    """Finds the tables of a data set: those of its folder, and those that folders within may have, at any depth.

    Args:
        folder: The data set's folder.

    Returns:
        Its tables; of each kind those of upper folders first. What begins with a dot or `~$` is passed over.

    Raises:
        SdsError: It is no folder, or no data set: a table is missing that each has.
    """
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "isn't there"
        raise SdsError(f"{folder} {what}", remedy="Give the folder of an SDS data set.")
    try:
        files = _files(folder)
        _refuse_incomplete(folder, files)
        found = [Found(kind, path, path.name) for kind in KINDS if (path := _table(kind, files)) is not None]
        for kind in KINDS:
            if kind.anywhere:
                found += [Found(kind, path, path.relative_to(folder).as_posix()) for path in _within(folder, kind)]
    except OSError as error:
        raise SdsError(f"{error.filename} can't be read: {error.strerror}", remedy="Check its permissions.") from error
    return sorted(found, key=lambda each: KINDS.index(each.kind))


def is_misnamed(folder: Path) -> bool:
    """Whether a folder would be a data set if its tables had their names, or has one within; `find_tables` says what to do.

    Args:
        folder: The folder.
    """
    if not folder.is_dir():
        return False
    needed = [kind for kind in KINDS if kind.needed]
    tables = {name: path for name, path in _files(folder).items() if path.suffix.casefold() in _EXCEL}
    within = (_files(each) for each in folder.iterdir() if each.is_dir())
    return any(_likely(f"{kind.stem}.xlsx", tables) for kind in needed) or any(
        all(_table(kind, files) for kind in needed) for files in within
    )


def _files(folder: Path) -> Mapping[str, Path]:
    """The files of a folder by their names in lower case."""
    return {each.name.casefold(): each for each in sorted(folder.iterdir()) if each.is_file()}


def _table(kind: TableKind, files: Mapping[str, Path]) -> Path | None:
    return next((files[name] for suffix in SUFFIXES if (name := f"{kind.stem}{suffix}") in files), None)


def _within(folder: Path, kind: TableKind) -> Iterator[Path]:
    for place, folders, names in os.walk(folder, onerror=_raised):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        if Path(place) != folder:
            files = {name.casefold(): Path(place, name) for name in sorted(names)}
            found = _table(kind, files)
            if found is not None:
                yield found


def _raised(error: OSError) -> None:
    raise error


def _refuse_incomplete(folder: Path, files: Mapping[str, Path]) -> None:
    needed = [kind for kind in KINDS if kind.needed]
    missing = [kind for kind in needed if _table(kind, files) is None]
    if not missing:
        return
    names = [f"{kind.stem}.xlsx" for kind in missing]
    inner = sorted(each for each in folder.iterdir() if each.is_dir() and all(_table(k, _files(each)) for k in needed))
    if len(missing) == len(needed) and inner:
        raise SdsError(f"{folder} is no SDS data set", remedy=f"Did you mean {inner[0]}?")
    if len(missing) == len(needed) and not any(_likely(name, files) for name in names):
        raise SdsError(
            f"{folder} is no SDS data set: it has neither {' nor '.join(names)}",
            remedy="Give the folder that has them.",
        )
    name = names[0]
    near = _likely(name, files)
    remedy = f"Did you mean {near.name}? Call it {name}." if near is not None else "Add it."
    if near is not None and near.stem.casefold() == missing[0].stem:
        remedy = f"Save {near.name} as {name}."
    raise SdsError(f"{folder} has no {name}, which each SDS data set has", remedy=remedy)


def _likely(name: str, files: Mapping[str, Path]) -> Path | None:
    # What is a table of another kind isn't a misspelt one.
    stems = {kind.stem for kind in KINDS} - {name.partition(".")[0]}
    near = nearest(name, [each for each in files if Path(each).stem not in stems])
    return files[near] if near is not None else None
