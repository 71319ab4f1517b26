"""Manifests in each of the service's formats."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from omicsdk.sandbox.azul.atlas import ANVIL_FIELDS, HCA_FIELDS, IndexedFile
from omicsdk.sandbox.azul.hits import Addresses, values_of
from omicsdk.sandbox.azul.search import HCA, Kind

SUFFIXES: Mapping[str, tuple[str, str]] = {
    "compact": ("tsv", "text/tab-separated-values"),
    "curl": ("curlrc", "text/plain"),
    "terra.bdbag": ("zip", "application/octet-stream"),
    "terra.pfb": ("avro", "application/octet-stream"),
    "verbatim.jsonl": ("jsonl", "application/jsonl"),
    "verbatim.pfb": ("avro", "application/octet-stream"),
}
"""Suffix and media type of each format's files."""
JOINED = " || "
MOST_VALUES = 100
"""Values of a cell, at most."""
CURL_OPTIONS = (
    "--create-dirs",
    "--compressed",
    "--location",
    "--globoff",
    "--fail",
    r'--write-out "Downloading to: %{filename_effective}\n\n"',
)
_UNSAFE = str.maketrans('<>:"|?*', "_______")

Column = Callable[[IndexedFile, Addresses], list[Any]]


def _field(name: str, fields: Mapping[str, Any] = HCA_FIELDS) -> Column:
    return lambda file, _: fields[name](file)


_HCA_COLUMNS: Mapping[str, Column] = {
    "source_id": _field("sourceId"),
    "source_spec": _field("sourceSpec"),
    "bundle_uuid": _field("bundleUuid"),
    "bundle_version": _field("bundleVersion"),
    "file_document_id": _field("fileId"),
    "file_type": lambda file, _: ["analysis_file" if file.is_matrix else "sequence_file"],
    "file_name": _field("fileName"),
    "file_format": _field("fileFormat"),
    "read_index": lambda _file, _: [None],
    "file_size": _field("fileSize"),
    "file_uuid": _field("fileId"),
    "file_version": _field("fileVersion"),
    "file_crc32c": lambda file, _: [file.record.crc32c],
    "file_sha256": lambda file, _: [file.record.sha256],
    "file_content_type": lambda file, _: [file.record.content_type],
    "file_drs_uri": lambda file, _: [f"drs://data.terra.bio/v1_{file.project_id}_{file.record.uuid}"],
    "file_azul_url": lambda file, at: [at.url(file)],
    "file_azul_mirror_uri": lambda file, at: [at.mirror_uri(file)],
    "sequencing_protocol.instrument_manufacturer_model": _field("instrumentManufacturerModel"),
    "sequencing_protocol.paired_end": _field("pairedEnd"),
    "library_preparation_protocol.library_construction_approach": _field("libraryConstructionApproach"),
    "library_preparation_protocol.nucleic_acid_source": _field("nucleicAcidSource"),
    "project.provenance.document_id": _field("projectId"),
    "project.contributors.institution": _field("institution"),
    "project.contributors.laboratory": _field("laboratory"),
    "project.project_core.project_short_name": _field("project"),
    "project.project_core.project_title": _field("projectTitle"),
    "specimen_from_organism.provenance.document_id": _field("sampleId"),
    "specimen_from_organism.diseases": _field("specimenDisease"),
    "specimen_from_organism.organ": _field("organ"),
    "specimen_from_organism.organ_part": _field("organPart"),
    "donor_organism.sex": _field("biologicalSex"),
    "donor_organism.genus_species": _field("genusSpecies"),
    "donor_organism.development_stage": _field("developmentStage"),
    "donor_organism.diseases": _field("donorDisease"),
    "_entity_type": _field("sampleEntityType"),
    "sample.provenance.document_id": _field("sampleId"),
}
_ANVIL_NAMES = {
    "bundles.bundle_uuid": "bundle_uuid",
    "sources.source_id": "source_id",
    "sources.source_spec": "source_spec",
    **{name: name for name in ANVIL_FIELDS if "." in name},
}
_ANVIL_COLUMNS: Mapping[str, Column] = {
    **{column: _field(name, ANVIL_FIELDS) for column, name in _ANVIL_NAMES.items()},
    "files.file_md5sum": lambda file, at: [at.md5(file)],
    "files.drs_uri": lambda file, _: [f"drs://data.terra.bio/v1_{file.project_id}_{file.record.uuid}"],
    "files.azul_url": lambda file, at: [at.url(file)],
    "files.azul_mirror_uri": lambda _file, _: [None],
}


def written(format_: str, kind: Kind, files: Sequence[IndexedFile], at: Addresses) -> bytes:
    """A manifest.

    Args:
        format_: Its format.
        kind: The kind of the catalog.
        files: Its files.
        at: Where they are.
    """
    return _WRITERS[format_](kind, files, at)


def rows(kind: Kind, files: Sequence[IndexedFile], at: Addresses) -> list[dict[str, str]]:
    """The rows of a compact manifest: several values of a cell are sorted and joined.

    Args:
        kind: The kind of the catalog.
        files: The files.
        at: Where they are.
    """
    columns = _HCA_COLUMNS if kind is HCA else _ANVIL_COLUMNS
    return [{name: _cell(read(file, at)) for name, read in columns.items()} for file in files]


def _cell(values: Sequence[Any]) -> str:
    return JOINED.join(sorted({str(value) for value in values if value is not None})[:MOST_VALUES])


def _compact(kind: Kind, files: Sequence[IndexedFile], at: Addresses) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(_HCA_COLUMNS if kind is HCA else _ANVIL_COLUMNS), dialect="excel-tab")
    writer.writeheader()
    writer.writerows(rows(kind, files, at))
    return text.getvalue().encode()


def _curl(_: Kind, files: Sequence[IndexedFile], at: Addresses) -> bytes:
    lines = [line for option in CURL_OPTIONS for line in (option, "")]
    for file in files:
        output = f"{file.bundle.uuid}/{file.name}".translate(_UNSAFE)
        lines += [f'url="{_quoted(at.url(file))}"', f'output="{_quoted(output)}"', ""]
    return "\n".join(lines).encode()


def _quoted(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"")


def _bdbag(catalog_kind: Kind, files: Sequence[IndexedFile], at: Addresses) -> bytes:
    """A bag whose table has a row for each bundle and columns for each file format."""
    table: dict[str, dict[str, str]] = {}
    for file, row in zip(files, rows(catalog_kind, files, at), strict=True):
        participant = f"{file.bundle.uuid}.{file.bundle_version.replace(':', '')}"
        cells = table.setdefault(participant, {"entity:participant_id": participant})
        kind = f"__{file.format.replace('.', '_')}_"
        number = sum(name.startswith(kind) and name.endswith("__file_url") for name in cells)
        start = f"{kind}{number}__"
        cells |= {f"{start}{name}": row[f"file_{name}"] for name in ("name", "size", "uuid", "version", "sha256")}
        cells[f"{start}file_url"] = row["file_azul_url"]
    columns = list(dict.fromkeys(name for cells in table.values() for name in cells))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, dialect="excel-tab", restval="")
    writer.writeheader()
    writer.writerows(table.values())
    bag = io.BytesIO()
    with zipfile.ZipFile(bag, "w") as archive:
        archive.writestr("manifest/bagit.txt", "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n")
        archive.writestr("manifest/data/participants.tsv", text.getvalue())
    return bag.getvalue()


def _replicas(files: Sequence[IndexedFile]) -> list[tuple[str, Mapping[str, Any]]]:
    """The metadata of the files' bundles, with the names of their tables."""
    found = {
        (schema, json.dumps(document, sort_keys=True)): (schema.removesuffix("_json"), document)
        for file in files
        for schema, documents in file.metadata.items()
        for document in documents
    }
    return list(found.values())


def _jsonl(_: Kind, files: Sequence[IndexedFile], at: Addresses) -> bytes:
    del at
    lines = (json.dumps({"value": value, "type": table}) for table, value in _replicas(files))
    return "".join(f"{line}\n" for line in lines).encode()


def _pfb(kind: Kind, files: Sequence[IndexedFile], at: Addresses) -> bytes:
    return avro([("file", row) for row in rows(kind, files, at)])


def _verbatim_pfb(_: Kind, files: Sequence[IndexedFile], at: Addresses) -> bytes:
    del at
    return avro(_replicas(files))


_SCHEMA = {
    "type": "record",
    "name": "Entity",
    "fields": [{"name": "name", "type": "string"}, {"name": "object", "type": "string"}],
}
_SYNC = bytes(range(16))


def avro(entities: Sequence[tuple[str, Mapping[str, Any]]]) -> bytes:
    """An Avro container of entities, each a name and an object as JSON; a PFB's types of objects are not spelled out.

    Args:
        entities: Names and objects.
    """

    def number(value: int) -> bytes:
        value, encoded = value << 1, bytearray()
        while value > 0x7F:
            encoded.append(value & 0x7F | 0x80)
            value >>= 7
        return bytes([*encoded, value])

    def text(value: str | bytes) -> bytes:
        content = value.encode() if isinstance(value, str) else value
        return number(len(content)) + content

    header = {"avro.schema": json.dumps(_SCHEMA), "avro.codec": "null"}
    stated = number(len(header)) + b"".join(text(name) + text(value) for name, value in header.items()) + b"\0"
    block = b"".join(text(name) + text(json.dumps(value)) for name, value in entities)
    blocks = number(len(entities)) + text(block) + _SYNC if entities else b""
    return b"Obj\x01" + stated + _SYNC + blocks


_WRITERS: Mapping[str, Callable[[Kind, Sequence[IndexedFile], Addresses], bytes]] = {
    "compact": _compact,
    "curl": _curl,
    "terra.bdbag": _bdbag,
    "terra.pfb": _pfb,
    "verbatim.jsonl": _jsonl,
    "verbatim.pfb": _verbatim_pfb,
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
    return f"{start}.{SUFFIXES[format_][0]}".replace("/", "_")
