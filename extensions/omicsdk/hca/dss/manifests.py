"""Manifests: tables of the files to download."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from io import TextIOWrapper
from itertools import islice
from pathlib import Path

from omicsdk.core.batches import repeated
from omicsdk.core.errors import OmicsError, TransferError, UnsafePath, UsageError
from omicsdk.core.files import in_place_of
from omicsdk.core.tables import LONGEST_LINE, file_rows, is_header
from omicsdk.core.type_guards import number_in
from omicsdk.hca.dss.files import ROOT, DSSFile, name_in_store
from omicsdk.hca.dss.tsv import DIALECT
from omicsdk.transfer.disk import write_errors
from omicsdk.transfer.filters import Filters
from omicsdk.transfer.names import check_name, wrong_with

# What the header row must declare; `file_version` is used when it is there.
COLUMNS = ("bundle_uuid", "bundle_version", "file_name", "file_uuid", "file_sha256", "file_size")

# Added to the copy of a manifest: the file's path in the filestore.
PATH_COLUMN = "file_path"

# The columns of a manifest that is made.
WRITTEN = (*COLUMNS[:4], "file_version", *COLUMNS[4:], PATH_COLUMN)

# Columns of Azul's compact manifests, which have all columns of the Data Store's: the address of each file.
ADDRESS_COLUMNS = ("file_azul_url", "file_url")

# Faulty rows that an error names; the rest is counted.
SHOWN_FAULTS = 10

SHA256 = re.compile(r"[0-9a-fA-F]{64}")


class ManifestError(UsageError, ValueError):
    """A manifest that cannot be worked from; names the file, the line and what is wrong there."""


_numbered_cells = partial(file_rows, delimiter="\t", error_type=ManifestError, strict=False, longest=LONGEST_LINE)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest on disk. Rows are read one by one in each iteration: a manifest may be long.

    Attributes:
        path: The table.
        columns: Its header.
        filters: Which of its files are selected, by `file_name` and `file_size`; None for all.
    """

    path: Path
    columns: tuple[str, ...]
    filters: Filters | None

    @classmethod
    def open(cls, path: Path, filters: Filters | None = None) -> Manifest:
        """Read the header.

        Args:
            path: The table.
            filters: Select files of it; None for all.

        Raises:
            ManifestError: It is not a readable table, or a column is missing.
        """
        columns = tuple(next(_numbered_cells(path), (1, list[str]()))[1])
        if not "".join(columns).strip():
            raise ManifestError(f"{path}: the file is empty", remedy="Begin the manifest with a header row.")
        if "\0" in "".join(columns):
            raise ManifestError(f"{path}: not a text file", remedy="Use a table separated by tabs.")
        missing = [column for column in COLUMNS if column not in columns]
        if missing:
            hint = " It seems to be separated by commas." if len(columns) == 1 and "," in columns[0] else ""
            raise ManifestError(
                f"{path}: the header row lacks {', '.join(missing)}",
                remedy=f"A manifest is a table separated by tabs with the columns {', '.join(COLUMNS)}.{hint}",
            )
        if twice := sorted(repeated(columns)):
            raise ManifestError(f"{path}: the header row names {', '.join(twice)} twice", remedy="Keep one.")
        return cls(path, columns, filters)

    def rows(self) -> Iterator[dict[str, str]]:
        """The rows of selected files as they are; blank lines are skipped."""
        fits = self.filters and self.filters.fits
        for _, row in self._numbered():
            if fits is None or fits(row["file_name"], number_in(row["file_size"])):
                yield row

    def _numbered(self) -> Iterator[tuple[int, dict[str, str]]]:
        for line, cells in islice(_numbered_cells(self.path), 1, None):
            if not any(cells) or is_header(cells, self.columns):
                continue
            if len(cells) < len(self.columns) or any(cells[len(self.columns) :]):
                problem = f"{len(cells)} cells, but the header row has {len(self.columns)} columns"
                raise ManifestError(f"{self.path}, line {line}: {problem}", remedy="Correct or remove the row.")
            yield line, dict(zip(self.columns, cells, strict=False))

    def addresses(self) -> dict[str, str]:
        """The addresses of files by their SHA-256, which the compact manifests of Azul state; empty for other manifests."""
        column = next((name for name in ADDRESS_COLUMNS if name in self.columns), None)
        rows = () if column is None else ((row["file_sha256"].lower(), row[column]) for row in self.rows())
        return {sha256: address for sha256, address in rows if address}

    def check(self) -> int:
        """Check every row for what a download needs, before anything is fetched.

        Returns:
            How many rows there are.

        Raises:
            ManifestError: Naming the first faulty lines.
        """
        count, faults, faulty = 0, list[str](), 0
        for line, row in self._numbered():
            count += 1
            fault = row_fault(row)
            if fault is not None:
                faulty += 1
                if len(faults) < SHOWN_FAULTS:
                    faults.append(f"line {line}: {fault}")
        if faulty:
            more = f" (and {faulty - len(faults)} more)" if faulty > len(faults) else ""
            raise ManifestError(
                f"{self.path}: {'; '.join(faults)}{more}",
                remedy="Nothing was downloaded; correct the manifest and try again.",
            )
        return count

    def write_with_paths(self, target: Path, download_dir: str, *, stored: bool = False) -> list[OmicsError]:
        """Write a copy with the column `file_path`, after a transfer in which no file failed; see `write_manifest`.

        Args:
            target: The file.
            download_dir: The download folder, as the user gave it.
            stored: Whether each row's file has to be in the filestore.

        Returns:
            An error for each file that has to be there and is not; nothing is written then.

        Raises:
            TransferError: The disk is full, or it cannot be written there.
        """
        columns = self.columns if PATH_COLUMN in self.columns else (*self.columns, PATH_COLUMN)
        missing = list[OmicsError]()

        def present() -> Iterator[dict[str, str]]:
            for row in _with_paths(self.rows(), download_dir):
                if not os.path.exists(row[PATH_COLUMN]):  # noqa: PTH110 - a Path costs more
                    problem = f"{row['file_name']}: its file is not in the filestore"
                    missing.append(TransferError(problem, name=row["file_name"], remedy="Download it separately."))
                yield row
            if missing:
                raise _Incomplete

        with suppress(_Incomplete):
            _write(target, present() if stored else _with_paths(self.rows(), download_dir), columns)
        return missing


class _Incomplete(Exception):
    """Files are missing that a manifest names: it is not replaced."""


@dataclass(frozen=True, slots=True)
class ManifestFiles(Iterable[DSSFile]):
    """The files that a manifest lists, read again in each iteration without storing them, in other processes too.

    Attributes:
        manifest: The manifest.
        replica: Where they are fetched from, `aws` or `gcp`.
    """

    manifest: Manifest
    replica: str

    def __iter__(self) -> Iterator[DSSFile]:
        return (DSSFile.from_manifest_row(row, self.replica) for row in self.manifest.rows())


def write_manifest(target: Path, rows: Iterable[dict[str, str]], download_dir: str) -> None:
    """Write a manifest with the documented columns, file_version and `file_path`, CRLF line ends, atomically.

    Args:
        target: The file; may be what the rows are read from.
        rows: The rows, by column.
        download_dir: The download folder as the user gave it, which the paths begin with.

    Raises:
        TransferError: The disk is full, or it cannot be written there.
    """
    _write(target, _with_paths(rows, download_dir), WRITTEN)


def _with_paths(rows: Iterable[dict[str, str]], download_dir: str) -> Iterator[dict[str, str]]:
    start = str(Path(download_dir) / ROOT)
    for row in rows:
        yield {**row, PATH_COLUMN: f"{start}{os.sep}{name_in_store(row['file_sha256']).replace('/', os.sep)}"}


def _write(target: Path, rows: Iterable[dict[str, str]], columns: Sequence[str]) -> None:
    with write_errors(str(target), target.name), in_place_of(target, durable=False) as file:
        # Escapes a folder's name that is not UTF-8: the next run has to read the manifest.
        text = TextIOWrapper(file, "utf-8", "backslashreplace", newline="")
        writer = csv.DictWriter(text, columns, dialect=DIALECT)
        writer.writeheader()
        writer.writerows(rows)
        text.detach()


def row_fault(row: dict[str, str]) -> str | None:
    """Return what is wrong with a row, or None."""
    for column in ("bundle_uuid", "file_uuid", "file_name"):
        if not row[column]:
            return f"{column} is empty"
    # By itself first: with the folder of its bundle before it, an absolute name would only have an empty part.
    if reason := wrong_with(row["file_name"]):
        return UnsafePath(row["file_name"], reason).message
    try:
        check_name(f"{row['bundle_uuid']}.{row['bundle_version']}/{row['file_name']}")
    except UnsafePath as error:
        return error.message
    if not SHA256.fullmatch(row["file_sha256"]):
        return f"file_sha256 is {row['file_sha256'][:70]!r}, not 64 hexadecimal digits"
    size = row["file_size"]
    if number_in(size) is None:
        return f"file_size is {size[:30]!r}, not a whole number of bytes"
    return None
