"""Manifests in each of the service's formats."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from omicsdk.sandbox.azul.atlas import ANVIL_FIELDS, HCA_FIELDS, IndexedFile, Reader
from omicsdk.sandbox.azul.hits import Addresses, values_of
from omicsdk.sandbox.azul.search import HCA, Kind

JOINED = " || "
# Values of a cell, at most.
MOST_VALUES = 100
CURL_OPTIONS = (
    "--create-dirs",
    "--compressed",
    "--location",
    "--globoff",
    "--fail",
    r'--write-out "Downloading to: %{filename_effective}\n\n"',
)
# Names of Windows cannot have these.
_UNSAFE = str.maketrans('<>:"|?*', "_______")

Column = Callable[[IndexedFile, Addresses], list[Any]]


def _columns(fields: Mapping[str, Reader], names: Mapping[str, str]) -> dict[str, Column]:
    def column(name: str) -> Column:
        return lambda file, _: fields[name](file)

    return {heading: column(name) for heading, name in names.items()}


_HCA_COLUMNS: Mapping[str, Column] = {
    **_columns(
        HCA_FIELDS,
        {
            "source_id": "sourceId",
            "source_spec": "sourceSpec",
            "bundle_uuid": "bundleUuid",
            "bundle_version": "bundleVersion",
            "file_name": "fileName",
            "file_format": "fileFormat",
            "file_size": "fileSize",
            "file_uuid": "fileId",
            "file_version": "fileVersion",
        },
    ),
    "file_crc32c": lambda file, _: [file.record.crc32c],
    "file_sha256": lambda file, _: [file.record.sha256],
    "file_content_type": lambda file, _: [file.record.content_type],
    "file_drs_uri": lambda file, _: [file.drs_uri],
    "file_azul_url": lambda file, at: [at.url(file)],
    "file_azul_mirror_uri": lambda file, at: [at.mirror_uri(file)],
    **_columns(
        HCA_FIELDS,
        {
            "sequencing_protocol.instrument_manufacturer_model": "instrumentManufacturerModel",
            "sequencing_protocol.paired_end": "pairedEnd",
            "library_preparation_protocol.library_construction_approach": "libraryConstructionApproach",
            "library_preparation_protocol.nucleic_acid_source": "nucleicAcidSource",
            "project.provenance.document_id": "projectId",
            "project.contributors.laboratory": "laboratory",
            "project.project_core.project_short_name": "project",
            "project.project_core.project_title": "projectTitle",
            "specimen_from_organism.provenance.document_id": "sampleId",
            "specimen_from_organism.diseases": "specimenDisease",
            "specimen_from_organism.organ": "organ",
            "specimen_from_organism.organ_part": "organPart",
            "donor_organism.sex": "biologicalSex",
            "donor_organism.genus_species": "genusSpecies",
            "donor_organism.development_stage": "developmentStage",
            "donor_organism.diseases": "donorDisease",
        },
    ),
}
_ANVIL_COLUMNS: Mapping[str, Column] = {
    **_columns(
        ANVIL_FIELDS, {"bundles.bundle_uuid": "bundle_uuid", **{name: name for name in ANVIL_FIELDS if "." in name}}
    ),
    "files.file_md5sum": lambda file, at: [at.md5(file)],
    "files.drs_uri": lambda file, _: [file.drs_uri],
    "files.azul_url": lambda file, at: [at.url(file)],
    "files.azul_mirror_uri": lambda _file, _: [None],
}


def _rows(columns: Mapping[str, Column], files: Sequence[IndexedFile], at: Addresses) -> list[dict[str, str]]:
    """The rows of a compact manifest: several values of a cell are sorted and joined."""
    return [{name: _cell(read(file, at)) for name, read in columns.items()} for file in files]


def _cell(values: Sequence[Any]) -> str:
    return JOINED.join(sorted({str(value) for value in values if value is not None})[:MOST_VALUES])


def _compact(kind: Kind, files: Sequence[IndexedFile], at: Addresses) -> bytes:
    columns = _HCA_COLUMNS if kind is HCA else _ANVIL_COLUMNS
    return _table(_rows(columns, files, at), columns)


def _table(rows: Iterable[Mapping[str, str]], columns: Iterable[str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [*columns], dialect="excel-tab", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _curl(_: Kind, files: Sequence[IndexedFile], at: Addresses) -> bytes:
    lines = [line for option in CURL_OPTIONS for line in (option, "")]
    for file in files:
        output = f"{file.bundle.uuid}/{file.name}".translate(_UNSAFE)
        lines += [f'url="{_quoted(at.url(file))}"', f'output="{_quoted(output)}"', ""]
    return "\n".join(lines).encode()


def _quoted(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"")


def _bdbag(_: Kind, files: Sequence[IndexedFile], at: Addresses) -> bytes:
    """A bag whose table has a row for each bundle and columns for each file format."""
    table: dict[str, dict[str, str]] = {}
    for file, row in zip(files, _rows(_HCA_COLUMNS, files, at), strict=True):
        participant = f"{file.bundle.uuid}.{file.bundle_version.replace(':', '')}"
        cells = table.setdefault(participant, {"entity:participant_id": participant})
        kind = f"__{file.format.replace('.', '_')}_"
        number = sum(name.startswith(kind) and name.endswith("__file_url") for name in cells)
        start = f"{kind}{number}__"
        cells |= {f"{start}{name}": row[f"file_{name}"] for name in ("name", "size", "uuid", "version", "sha256")}
        cells[f"{start}file_url"] = row["file_azul_url"]
    columns = dict.fromkeys(name for cells in table.values() for name in cells)
    bag = io.BytesIO()
    with zipfile.ZipFile(bag, "w") as archive:
        archive.writestr("manifest/bagit.txt", "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n")
        archive.writestr("manifest/data/participants.tsv", _table(table.values(), columns))
    return bag.getvalue()


def _jsonl(_: Kind, files: Sequence[IndexedFile], _at: Addresses) -> bytes:
    """The metadata of the files' bundles, with the names of their tables."""
    lines = dict.fromkeys(
        json.dumps({"value": document, "type": schema.removesuffix("_json")})
        for file in files
        for schema, documents in file.metadata.items()
        for document in documents
    )
    return "".join(f"{line}\n" for line in lines).encode()


class Format(NamedTuple):
    """A format of manifests.

    Attributes:
        suffix: The suffix of its files.
        media_type: Their media type.
        write: Makes a manifest of files in a kind of catalog.
    """

    suffix: str
    media_type: str
    write: Callable[[Kind, Sequence[IndexedFile], Addresses], bytes]


FORMATS: Mapping[str, Format] = {
    "compact": Format("tsv", "text/tab-separated-values", _compact),
    "curl": Format("curlrc", "text/plain", _curl),
    "terra.bdbag": Format("zip", "application/octet-stream", _bdbag),
    "verbatim.jsonl": Format("jsonl", "application/jsonl", _jsonl),
}


def name_of(format_: str, files: Sequence[IndexedFile], time: str, key: str) -> str:
    """The name that a manifest is offered under: that of the project, where all files are of one.

    Args:
        format_: Its format.
        files: Its files.
        time: The time, as `2026-01-31 12.00`.
        key: Identifies it.
    """
    projects = values_of(files, "project")
    start = f"{projects[0]} {time}" if len(projects) == 1 and format_ == "compact" else f"hca-manifest-{key}"
    return f"{start}.{FORMATS[format_].suffix}".replace("/", "_")
