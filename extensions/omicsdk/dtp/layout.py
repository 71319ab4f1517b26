"""How a downloaded data set lies in its folder: metadata of the commons beside what its store has."""

from __future__ import annotations

import json
from collections.abc import Callable, Container
from functools import partial
from logging import getLogger
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import MissingExtra, OmicsError
from omicsdk.core.files.atomic_file import put_in_place
from omicsdk.dtp.sds.layout import CASE, DATASET_DESCRIPTION, EXPERIMENT, KINDS, TableKind, Version
from omicsdk.dtp.sds.records import recorded_version, write_data_set
from omicsdk.dtp.sds.sheets import SdsError
from omicsdk.dtp.storage.report import Written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from omicsdk.dtp.layout_records import DatasetRecords
    from omicsdk.dtp.storage.landing import Landing

_log = getLogger("omicsdk.dtp")


def write_metadata(
    landing: Landing, records: DatasetRecords, version: Version | None, own: Container[str]
) -> Iterator[Written]:
    """Writes a data set's records beside its files: tables of the structure, and the experiment as JSON.

    A table that the structure can't hold is written as JSON in its place. What the store has of the same name is the data
    set's own and isn't replaced: the commons' records are then written as JSON beside it.

    Args:
        landing: The data set's folder.
        records: The records.
        version: The version of the structure, which says what headers are called; by default the one that the records state.
        own: Names of files that the store has.

    Yields:
        What became of each file.
    """
    experiment = records.by_node.get(EXPERIMENT, [])
    if experiment:
        yield _written(landing, f"{EXPERIMENT}.json", partial(_write_json, experiment[0]), 1)
    version = version or recorded_version(records.by_node.get(DATASET_DESCRIPTION.node, ()))
    for kind in KINDS:
        found = records.by_node.get(kind.node)
        if not found:
            continue
        sheet, document = f"{kind.stem}.xlsx", f"{kind.stem}.json"
        told = None
        if sheet not in own:
            told = _written(landing, sheet, partial(_write_sheet, kind, records, version), len(found))
        if told is not None and isinstance(told.error, SdsError | MissingExtra):
            _log.warning("%s can't be written (%s); its records are in %s", sheet, told.error.message, document)
            told = None
        yield told or _written(landing, document, partial(_write_json, found), len(found))


def _written(landing: Landing, name: str, write: Callable[[Path], None], many: int) -> Written:
    try:
        landing.write(name, write)
    except OmicsError as error:
        return Written(name, many, error=error)
    return Written(name, many, (landing.folder / name).stat().st_size)


def _write_json(value: Any, path: Path) -> None:
    path.write_text(json.dumps(value, indent=4, ensure_ascii=False) + "\n", encoding="utf-8")


def _write_sheet(kind: TableKind, records: DatasetRecords, version: Version, path: Path) -> None:
    """Has a table written by the writer of whole data sets, in a folder of its own."""
    with TemporaryDirectory(dir=path.parent) as folder:
        # samples are a data set's by their subjects, which the writer has to see
        cases = records.by_node.get(CASE, []) if kind.node != CASE else []
        write_data_set([*records.by_node[kind.node], *cases], Path(folder), version, records.id)
        put_in_place(Path(folder) / f"{kind.stem}.xlsx", path)
