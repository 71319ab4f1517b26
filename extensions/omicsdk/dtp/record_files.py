"""Which files of a folder hold records."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from omicsdk.dtp.sds.layout import KINDS
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.records.tables import KINDS as TABLES

Given = str | os.PathLike[str]
#: What the tables of SDS folders end with; those that end with .json are what was made of them.
_SHEETS = (".xlsx", ".xls", ".csv")
#: What files of records in a folder end with; a text beside them is as a rule for people.
_RECORDS = frozenset(TABLES) - {".txt"}


def record_files(given: Given | Iterable[Given]) -> list[Path]:
    """Gives the files with records that are meant.

    Args:
        given: A file, a folder, or several of them. Of a folder those files are taken that stand right in it and are tables
            by their names (JSON, JSON Lines, TSV, CSV, XLSX), hidden ones not.

    Raises:
        Gen3UserError: There is no such file, a folder has none, or it is an SDS folder, which is to be converted first.
    """
    several = [given] if isinstance(given, str | os.PathLike) else list(given)
    return [file for each in several for file in _files_of(Path(each))]


def sds_sheet(path: Path) -> Path | None:
    """Gives a table by which a folder is known as an SDS data set.

    Args:
        path: The folder.

    Returns:
        The table, such as dataset_description.xlsx; None where there is none, or no folder.
    """
    if not path.is_dir():
        return None
    there = {each.name.casefold(): each for each in path.iterdir()}
    return next(
        (there[name] for name in (f"{kind.stem}{end}" for kind in KINDS for end in _SHEETS) if name in there), None
    )


def _files_of(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path  # whether it is there, and a table, is told by who reads it
        return
    sheet = sds_sheet(path)
    if sheet is not None:
        raise Gen3UserError(
            f"{path} is an SDS folder: it has {sheet.name}",
            remedy="Convert it first, by Gen3Convertor or omics dtp convert, and submit what that wrote.",
        )
    found = sorted(
        each
        for each in path.iterdir()
        if each.is_file() and each.suffix.lower() in _RECORDS and not each.name.startswith((".", "~$"))
    )
    if not found:
        raise Gen3UserError(
            f"There are no records in the folder {path}",
            remedy="Give one with files of JSON, JSON Lines, TSV, CSV or XLSX.",
        )
    yield from found
