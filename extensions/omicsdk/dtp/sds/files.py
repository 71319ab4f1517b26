"""Records of a data set in JSON files, one for each table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from io import BufferedWriter
from pathlib import Path
from typing import Any

from omicsdk.core.files.atomic_file import in_place_of
from omicsdk.dtp.sds.errors import SdsError
from omicsdk.dtp.sds.layout import EXPERIMENT, KINDS
from omicsdk.gen3.records.tables import Finding

Record = Mapping[str, Any]
ALONE = ("experiment.json", "dataset_description.json")
"""Files with one record, which isn't within an array."""
FILES = (f"{EXPERIMENT}.json", *(f"{kind.stem}.json" for kind in KINDS))
"""What files of records are called."""


def write_records(records: Mapping[str, Sequence[Record]], folder: Path) -> tuple[tuple[Path, ...], list[Finding]]:
    """Writes files of records.

    Args:
        records: By the files' names: their records, in the order in which they can be submitted.
        folder: The folder; made when it isn't there.

    Returns:
        The files in that order; and those that an earlier conversion left and that aren't part of this one, told.

    Raises:
        OSError: They can't be written; each is there whole or not at all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for name, each in records.items():
        files.append(folder / name)
        with in_place_of(folder / name, durable=False) as file:
            _write(file, each, alone=name in ALONE)
    old = [folder / name for name in FILES if name not in records and (folder / name).exists()]
    told = "It is there from before, and no part of this data set"
    return tuple(files), [
        Finding("left-over", told, "Delete it before you submit the folder.", str(each)) for each in old
    ]


def _write(file: BufferedWriter, records: Sequence[Record], *, alone: bool) -> None:
    if alone:
        file.write(f"{_text(records[0], '', {})}\n".encode())
        return
    # One record after the other: a manifest may be long.
    names: dict[str, str] = {}
    for number, each in enumerate(records):
        file.write(f"{',' if number else '['}\n    {_text(each, '    ', names)}".encode())
    file.write(b"\n]\n")


def _text(record: Record, indent: str, names: dict[str, str]) -> str:
    """A record with a line for each property; names are written once for all records."""
    stated: list[str] = []
    for name, value in record.items():
        begin = names.get(name) or names.setdefault(name, f"{indent}    {json.dumps(name)}: ")
        stated.append(begin + json.dumps(value))
    return "{\n" + ",\n".join(stated) + f"\n{indent}}}"


def read_records(folder: Path) -> Iterator[Record]:
    """Reads the records of all JSON files of a folder, or of one file.

    Args:
        folder: The folder or file.

    Raises:
        SdsError: There is none, or one isn't JSON of records.
    """
    from omicsdk.gen3.errors import Gen3UserError
    from omicsdk.gen3.records.tables import json_rows

    files = sorted(folder.glob("*.json")) if folder.is_dir() else [folder]
    if not files or not files[0].is_file():
        raise SdsError(f"There are no JSON files in {folder}", remedy="Give the folder that has the records.")
    for each in files:
        try:
            yield from (row.values for row in json_rows(each))
        except Gen3UserError as error:
            raise SdsError(error.message, remedy=error.remedy) from error
