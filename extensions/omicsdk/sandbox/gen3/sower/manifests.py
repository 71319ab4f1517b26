"""Manifests of objects as jobs read and write them."""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_NAMES: Mapping[str, tuple[str, ...]] = {
    "guid": ("guid",),
    "file_name": ("filename", "file_name"),
    "size": ("size", "filesize", "file_size", "s3_file_size", "gs_file_size"),
    "md5": ("md5", "md5_hash", "md5hash", "hash", "md5sum", "file_md5sum"),
    "acl": ("acl", "acls"),
    "urls": ("url", "urls", "s3_path", "gs_path", "aws_uri", "gcp_uri"),
    "authz": ("authz",),
    "prev_guid": ("previous_guid", "prev_guid", "prev_id"),
}
"""Columns, and how they may be called, in any case."""
_FIELD = {name: field for field, names in _NAMES.items() for name in names}
_AROUND = "[]\"'"
_BETWEEN = re.compile(r"[\s,]+")


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest.

    Attributes:
        columns: Its columns as they are called in it.
        rows: Its rows by these columns.
        delimiter: What stands between columns.
    """

    columns: list[str]
    rows: list[dict[str, str]]
    delimiter: str


def read(content: bytes) -> Manifest:
    """Reads a manifest; its columns are separated by tabs, or by commas where its first line has no tab.

    Args:
        content: Its bytes, UTF-8.

    Raises:
        ValueError: It isn't text, or has no columns.
    """
    text = content.decode("utf-8-sig")
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = [name.strip() for name in reader.fieldnames or ()]
    if not columns:
        raise ValueError("the manifest is empty")
    reader.fieldnames = columns
    rows = [{name: (row.get(name) or "").strip() for name in columns} for row in reader]
    return Manifest(columns, rows, delimiter)


def write(columns: Sequence[str], rows: Iterable[Mapping[str, str]], delimiter: str) -> bytes:
    """The bytes of a manifest.

    Args:
        columns: Its columns.
        rows: Its rows; of what they lack the cell is empty.
        delimiter: What stands between columns.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", delimiter=delimiter, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def fields(row: Mapping[str, str]) -> dict[str, str]:
    """The known fields of a row under their own names; what is empty isn't there."""
    named = {_FIELD.get(name.lower(), ""): value for name, value in row.items() if value}
    return {name: value for name, value in named.items() if name}


def others(row: Mapping[str, str]) -> dict[str, str]:
    """What a row has beside the known fields."""
    return {name: value for name, value in row.items() if name.lower() not in _FIELD}


def several(cell: str) -> list[str]:
    """The values of a cell that may have several, separated by blanks, perhaps in brackets and quotes."""
    parts = (part.strip(_AROUND) for part in _BETWEEN.split(cell.strip().strip("[]")))
    return [part.replace("%20", " ") for part in parts if part]
