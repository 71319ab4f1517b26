"""Files as Azul states them: in hits of a search, in a project's matrices, and in rows of manifests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

from omicsdk.core.checksums import hexadecimal
from omicsdk.core.consistency import declared_number
from omicsdk.core.display import Displayed
from omicsdk.core.errors import DecodeError
from omicsdk.core.model import ANY, NUMBER, STRING, array, mapping, members, optional
from omicsdk.core.page_items import items_at
from omicsdk.core.redaction import url_parts
from omicsdk.core.type_guards import is_array, is_object, number_in

# Separates the values of a cell that has several.
JOINED = " || "

# Columns of manifests by what they hold: those of the Human Cell Atlas, then AnVIL's; newer names before older ones.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "uuid": ("file_uuid", "files.document_id"),
    "version": ("file_version",),
    "name": ("file_name", "files.file_name"),
    "size": ("file_size", "files.file_size"),
    "format": ("file_format", "files.file_format"),
    "sha256": ("file_sha256", "files.sha256"),
    "crc32c": ("file_crc32c",),
    "md5": ("files.file_md5sum",),
    "url": ("file_azul_url", "file_url", "files.azul_url", "files.azul_file_url"),
    "mirror_uri": ("file_azul_mirror_uri", "file_mirror_uri", "files.azul_mirror_uri"),
    "drs_uri": ("file_drs_uri", "files.drs_uri"),
    "bundle_uuid": ("bundle_uuid", "bundles.bundle_uuid"),
    "project": ("project.project_core.project_short_name", "datasets.title"),
}

_DSS_VERSION = re.compile(r"(\d{4}-\d\d-\d\dT\d\d)(\d\d)(\d\d\.\d+Z)")
UUID_FORM = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_ADDRESS = re.compile(rf"(https?://[^?#]+?)(?:/fetch)?/repository/files/({UUID_FORM.pattern})(?:\?[^#]*)?")


@dataclass(frozen=True, slots=True, repr=False)
class AzulFile(Displayed):
    """A file.

    Attributes:
        uuid: Its UUID; with `version` its identity.
        version: Its version; empty for the latest.
        name: Its name; it may contain slashes, and is not unique in a project.
        size: Its size in bytes; None where none is stated.
        checksums: Checksums by algorithm, as hexadecimal digits.
        url: Its address at the service; empty where it cannot be downloaded there.
        mirror_uri: Its address in the public mirror, as `s3://BUCKET/KEY`; empty where it has none.
        drs_uri: Its DRS URI; empty where it has none.
        format: Its format, such as `fastq.gz`.
        bundle_uuid: The newest bundle that it is in; of a manifest's row the first one.
        project: Short name of its project, or title of its dataset.
        catalog: The catalog that it was found in; empty for the default one.
    """

    uuid: str
    version: str
    name: str
    size: int | None = None
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])
    url: str = ""
    mirror_uri: str = ""
    drs_uri: str = ""
    format: str = ""
    bundle_uuid: str = ""
    project: str = ""
    catalog: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """Parameters of the request for the file; those of its address, which may be more than catalog and version."""
        query = dict(parse_qsl(url_parts(self.url).query)) if self.url else {}
        query.setdefault("catalog", self.catalog)
        query.setdefault("version", self.version)
        return {name: value for name, value in query.items() if value}

    @property
    def sha256(self) -> str:
        """Its SHA-256; empty where none is stated."""
        return self.checksums.get("sha256", "")


def azul_version(version: str) -> str:
    """Return a version as Azul writes it; the Data Store wrote the same time without colons.

    Args:
        version: A version of either service.
    """
    match = _DSS_VERSION.fullmatch(version)
    return ":".join(match.groups()) if match else version


def verifiable(hashes: Mapping[str, Any]) -> dict[str, str]:
    """Return the checksums that can be verified, as hexadecimal digits; AnVIL's MD5 may be in Base64.

    Args:
        hashes: Checksums by algorithm, as they came.
    """
    checksums: dict[str, str] = {}
    for algorithm, value in hashes.items():
        if isinstance(value, str) and (digits := hexadecimal(algorithm, value.strip())):
            checksums[algorithm] = digits
    return checksums


def of_entry(entry: Mapping[str, Any], **context: str) -> AzulFile:
    """Read a file object of a response.

    Args:
        entry: The object, of either atlas.
        **context: Fields of `AzulFile` that the object does not state.
    """

    # `url` is its older name.
    url = _text_in(entry, "azul_url", "url")
    return AzulFile(
        uuid=_text_in(entry, "uuid", "document_id"),
        version=_text_in(entry, "version"),
        name=_text_in(entry, "name", "file_name"),
        size=declared_number(_size_in(entry), "size", "list_entities"),
        checksums=verifiable({"sha256": entry.get("sha256"), "md5": entry.get("file_md5sum")}),
        url=url,
        mirror_uri=_text_in(entry, "azul_mirror_uri"),
        drs_uri=_text_in(entry, "drs_uri"),
        format=_text_in(entry, "format", "file_format"),
        **context,
    )


# The Human Cell Atlas and AnVIL name the same fields otherwise.


def _text_in(entry: Mapping[str, Any], *names: str) -> str:
    return next((value for name in names if isinstance(value := entry.get(name), str) and value), "")


def _size_in(entry: Mapping[str, Any]) -> object:
    return entry.get("size", entry.get("file_size"))


_OBJECTS = optional(array(mapping(ANY)))
_SUMMARIES = optional(array(members(count=NUMBER, totalSize=NUMBER)))
_LISTS = ("files", "bundles", "projects", "datasets", "donorOrganisms", "specimens")
# What is read of a hit of a search.
HIT = members(entryId=STRING, fileTypeSummaries=_SUMMARIES, **dict.fromkeys(_LISTS, _OBJECTS))


def of_hit(hit: Mapping[str, Any], catalog: str) -> list[AzulFile]:
    """Read the files of a hit of a search over files.

    Args:
        hit: The hit.
        catalog: The catalog.

    Raises:
        DecodeError: It has no file.
    """
    files = items_at(hit, "files", "list_entities")
    if not files or not all(map(is_object, files)):
        raise DecodeError("list_entities", "hits.files", files, expected="the file")
    bundles = [
        (_text_in(bundle, "bundleVersion", "bundle_version"), _text_in(bundle, "bundleUuid", "bundle_uuid"))
        for bundle in hit.get("bundles") or ()
    ]
    # By version, then UUID: Azul names the folders of its curl manifests by this one.
    bundle_uuid = max(bundles)[1] if bundles else ""
    owners: list[dict[str, Any]] = hit.get("projects") or hit.get("datasets") or [{}]
    project: object = owners[0].get("projectShortname") or owners[0].get("title") or ""
    project = str(project[0] if is_array(project) else project)
    return [of_entry(file, bundle_uuid=bundle_uuid, project=project, catalog=catalog) for file in files]


def in_matrices(node: object) -> Iterator[dict[str, Any]]:
    """Yield the file objects of a tree of matrices; a file is at many leaves, and comes as often.

    Args:
        node: The tree: keys alternate between a dimension and a value, in an order that depends on the project.
    """
    if is_object(node) and {"uuid", "version", "name"} <= node.keys():
        yield node
    elif is_object(node) or is_array(node):
        for below in node.values() if is_object(node) else node:
            yield from in_matrices(below)


def of_row(row: Mapping[str, str], catalog: str = "") -> AzulFile:
    """Read a row of a compact manifest, or of a manifest of the Data Store.

    Args:
        row: Cells by column.
        catalog: The catalog for rows that state none.
    """

    def cell(what: str) -> str:
        value = next((row[name] for name in COLUMNS[what] if row.get(name)), "")
        # A file has one row: such a cell has the values of all its bundles.
        return value.split(JOINED)[0].strip()

    url, size = cell("url"), cell("size")
    file = AzulFile(
        uuid=cell("uuid"),
        version=azul_version(cell("version")),
        name=cell("name"),
        size=number_in(size),
        checksums=verifiable({name: cell(name) for name in ("sha256", "crc32c", "md5")}),
        url=url,
        mirror_uri=cell("mirror_uri"),
        drs_uri=cell("drs_uri"),
        format=cell("format"),
        bundle_uuid=cell("bundle_uuid"),
        project=cell("project"),
        catalog=catalog,
    )
    # AnVIL's manifests have the version in the address alone.
    return replace(file, uuid=file.uuid or uuid_in(url), version=file.version or file.parameters.get("version", ""))


def of_download(url: str, output: str, catalog: str = "") -> AzulFile:
    """Read a download of a configuration of curl, which states neither size nor checksum.

    Args:
        url: The file's address at the service.
        output: Its path, of which the first folder is the bundle.
        catalog: The catalog, where the address states none.
    """
    bundle, _, name = output.removeprefix("./").partition("/")
    is_bundle = bool(name and UUID_FORM.fullmatch(bundle))
    file = AzulFile(
        uuid_in(url),
        "",
        name if is_bundle else output,
        url=url,
        bundle_uuid=bundle if is_bundle else "",
        catalog=catalog,
    )
    return replace(file, version=file.parameters.get("version", ""))


def uuid_in(url: str) -> str:
    """Return the UUID of a file in its address at the service; empty where it is no such address.

    Args:
        url: The address.
    """
    match = _ADDRESS.fullmatch(url)
    return match[2] if match else ""


def service_of(url: str) -> str:
    """Return the base URL of the service in a file's address; empty where it is no such address.

    Args:
        url: The address.
    """
    match = _ADDRESS.fullmatch(url)
    return match[1] if match else ""


def totals_of(hit: Mapping[str, Any]) -> tuple[int, int]:
    """Return the number of an entity's files and their bytes, as a hit states them by format.

    Args:
        hit: The hit.
    """
    summaries: list[Mapping[str, Any]] = hit.get("fileTypeSummaries") or []
    return sum(summary["count"] for summary in summaries), int(sum(summary["totalSize"] for summary in summaries))


def size_of(hit: Mapping[str, Any]) -> int | None:
    """Return the bytes of an entity's files, or of a file itself; None if the hit does not state them.

    Args:
        hit: The hit.
    """
    if hit.get("fileTypeSummaries"):
        return totals_of(hit)[1]
    sizes = [size for file in hit.get("files") or () if (size := number_in(_size_in(file))) is not None]
    return sum(sizes) if sizes else None


def values_in(entities: list[Mapping[str, Any]] | None, *names: str) -> list[str]:
    """Return the different values of fields, each of which may be a value or a list in each entity.

    Args:
        entities: The entities of a hit.
        *names: The fields.
    """
    values = [entity[name] for entity in entities or () for name in names if entity.get(name) is not None]
    flat = [str(value) for entry in values for value in (entry if is_array(entry) else [entry]) if value is not None]
    return list(dict.fromkeys(flat))
