"""The files of a folder that hold a data set's tables, or records."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from omicsdk.core.likeness import nearest
from omicsdk.dtp.sds.layout import TableKind, layout
from omicsdk.dtp.sds.sheets import SUFFIXES, SdsError
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.records.tables import KINDS as RECORD_FORMATS

PathLike = str | os.PathLike[str]
_EXCEL = frozenset({".xlsx", ".xlsm", ".xls"})
#: Suffixes of a data set's tables. Files with .json are their records, which can be submitted.
_SHEETS = (".xlsx", ".xls", ".csv")
#: Suffixes of files of records in a folder; a .txt beside them is usually for users.
_RECORDS = frozenset(RECORD_FORMATS) - {".txt"}


class TableFile(NamedTuple):
    """A file of a table.

    Attributes:
        kind: The table.
        path: The file.
        name: Its name within the data set, with slashes.
    """

    kind: TableKind
    path: Path
    name: str


def find_tables(folder: Path) -> list[TableFile]:
    """Find the tables of a data set: those of its folder, and those that folders within may have, at any depth.

    Args:
        folder: The data set's folder.

    Returns:
        Its tables; of each kind those of upper folders first. Names that begin with a dot or `~$` are ignored.

    Raises:
        SdsError: It is not a folder, or no data set: a table is missing that each has.
    """
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise SdsError(f"{folder} {what}", remedy="Use the folder of an SDS data set.")
    try:
        files = _files(folder)
        _refuse_incomplete(folder, files)
        tables: list[TableFile] = []
        for kind in layout().kinds:
            top = _table(kind, files)
            paths = [] if top is None else [top]
            if kind.anywhere:
                paths += _within(folder, kind)
            tables += [TableFile(kind, path, path.relative_to(folder).as_posix()) for path in paths]
    except OSError as error:
        raise SdsError(f"{error.filename} cannot be read: {error.strerror}", remedy="Check its permissions.") from error
    return tables


def is_misnamed(folder: Path) -> bool:
    """Whether a folder would be a data set if its tables had their names, or contains one; `find_tables` raises the remedy."""
    if not folder.is_dir():
        return False
    tables = {name: path for name, path in _files(folder).items() if path.suffix.casefold() in _EXCEL}
    return any(_likely(f"{kind.stem}.xlsx", tables) for kind in layout().needed) or any(_data_sets_in(folder))


def sds_sheet(path: Path) -> Path | None:
    """Return a table by which a folder is recognized as a data set.

    Args:
        path: The folder.

    Returns:
        The table, such as dataset_description.xlsx; None if there is none, or no folder.
    """
    if not path.is_dir():
        return None
    files = _files(path)
    return next((table for kind in layout().kinds if (table := _table(kind, files, _SHEETS)) is not None), None)


def record_files(source: PathLike | Iterable[PathLike]) -> list[Path]:
    """Return the files of records of files and folders.

    Args:
        source: A file, a folder, or several of them. Of a folder: the tables right in it, by their suffixes (JSON, JSON Lines,
            TSV, CSV, XLSX), except hidden ones.

    Raises:
        Gen3UserError: A path does not exist, or a folder has none or is a data set, which has to be converted first.
    """
    several = [source] if isinstance(source, str | os.PathLike) else source
    return [file for path in several for file in _record_files(Path(path))]


def _record_files(path: Path) -> list[Path]:
    if not path.exists():
        raise Gen3UserError(f"{path} does not exist", remedy="Check the path.")
    if not path.is_dir():
        return [path]  # one that is no table is an error when it is read
    sheet = sds_sheet(path)
    if sheet is not None:
        raise Gen3UserError(
            f"{path} is an SDS folder: it has {sheet.name}",
            remedy="Convert it first, by Gen3Convertor or omics dtp convert, and submit its output.",
        )
    files = [file for file in path.iterdir() if file.suffix.lower() in _RECORDS and file.is_file()]
    records = sorted(file for file in files if not file.name.startswith((".", "~$")))
    if not records:
        raise Gen3UserError(
            f"No records found in the folder {path}", remedy="Use one with files of JSON, JSON Lines, TSV, CSV or XLSX."
        )
    return records


def _files(folder: Path) -> Mapping[str, Path]:
    """The files of a folder by their names in lower case."""
    return {path.name.casefold(): path for path in sorted(folder.iterdir()) if path.is_file()}


def _table(kind: TableKind, files: Mapping[str, Path], suffixes: Iterable[str] = SUFFIXES) -> Path | None:
    return next((files[name] for suffix in suffixes if (name := f"{kind.stem}{suffix}") in files), None)


def _within(folder: Path, kind: TableKind) -> Iterator[Path]:
    for directory, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = sorted(folder for folder in folders if not folder.startswith("."))
        if Path(directory) != folder:
            table = _table(kind, {name.casefold(): Path(directory, name) for name in sorted(names)})
            if table is not None:
                yield table


def _raise(error: OSError) -> None:
    raise error


def _data_sets_in(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            files = _files(path)
            if all(_table(kind, files) for kind in layout().needed):
                yield path


def _refuse_incomplete(folder: Path, files: Mapping[str, Path]) -> None:
    missing = [f"{kind.stem}.xlsx" for kind in layout().needed if _table(kind, files) is None]
    if not missing:
        return
    if len(missing) == len(layout().needed):
        inner = next(_data_sets_in(folder), None)
        if inner is not None:
            raise SdsError(f"{folder} is not an SDS data set", remedy=f"Did you mean {inner}?")
        if not any(_likely(name, files) for name in missing):
            raise SdsError(
                f"{folder} is not an SDS data set: it has neither {' nor '.join(missing)}",
                remedy="Use the folder that has them.",
            )
    name = missing[0]
    near = _likely(name, files)
    if near is None:
        remedy = "Add it."
    elif near.stem.casefold() == name.partition(".")[0]:
        remedy = f"Save {near.name} as {name}."
    else:
        remedy = f"Did you mean {near.name}? Rename it to {name}."
    raise SdsError(f"{folder} has no {name}, which each SDS data set has", remedy=remedy)


def _likely(name: str, files: Mapping[str, Path]) -> Path | None:
    # A table of another kind is not a misspelt one.
    stems = {kind.stem for kind in layout().kinds} - {name.partition(".")[0]}
    near = nearest(name, [file for file in files if Path(file).stem not in stems])
    return files[near[0]] if near else None
