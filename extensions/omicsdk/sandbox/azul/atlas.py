"""The index: the data files of the Data Store's bundles, each with the metadata of its bundle."""

import re
import uuid as uuids
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from omicsdk.core.checksums import base64_of
from omicsdk.core.rows import member
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.sandbox.document import read_table
from omicsdk.sandbox.dss.state import LIVE_BUNDLE, Bundle, Dss, FileRecord

# Namespace of the UUIDs of entities whose metadata state none.
NAMESPACE = uuids.UUID("5f1c0a2e-6f6a-4d57-9c0b-0a8f1f6f8f31")
# Formats of files that are indexed as matrices.
MATRICES = frozenset({"h5ad", "loom", "mtx", "mtx.gz", "rds", "csv", "csv.gz"})
COMPRESSED = frozenset({"gz", "bz2", "zip"})
_DSS_VERSION = re.compile(r"(\d{4}-\d\d-\d\dT\d\d)(\d\d)(\d\d\.\d+Z)")


@dataclass(frozen=True)
class IndexedFile:
    """A data file in the newest version of a bundle.

    Attributes:
        record: The file, as the Data Store has it.
        name: Its name in the bundle.
        bundle: The bundle.
        metadata: The bundle's metadata by schema, such as `project_json`.
    """

    record: FileRecord
    name: str
    bundle: Bundle
    metadata: Mapping[str, Sequence[Mapping[str, Any]]]

    @property
    def version(self) -> str:
        """Its version, in Azul's form of times."""
        return azul_time(self.record.version)

    @property
    def bundle_version(self) -> str:
        """The version of its bundle, as Azul writes times."""
        return azul_time(self.bundle.version)

    @property
    def format(self) -> str:
        """The suffix of its name, with that of a compression."""
        *rest, last = self.name.rpartition("/")[2].split(".")
        if last in COMPRESSED and len(rest) > 1:
            return f"{rest[-1]}.{last}"
        return last if rest else "txt"

    @property
    def is_matrix(self) -> bool:
        """Whether it is a matrix, by its format."""
        return self.format in MATRICES

    def first(self, schema: str) -> Mapping[str, Any]:
        """The first metadata document of a schema; empty where the bundle has none."""
        documents = self.metadata.get(schema, ())
        return documents[0] if documents else {}

    def id_of(self, schema: str) -> str:
        """UUID of the entity of a schema; one that follows from the bundle where no metadata states it."""
        document_id = member(self.first(schema), "provenance.document_id")
        return str(document_id or uuids.uuid5(NAMESPACE, f"{schema} {self.bundle.uuid}"))

    @property
    def project_id(self) -> str:
        """UUID of its project."""
        return self.id_of("project_json")

    @property
    def core(self) -> Mapping[str, Any]:
        """The description of its project."""
        core = self.first("project_json").get("project_core")
        return core if is_object(core) else {}

    @property
    def drs_uri(self) -> str:
        """Its name for DRS."""
        return f"drs://data.terra.bio/v1_{self.project_id}_{self.record.uuid}"

    @property
    def short_name(self) -> str:
        """Short name of its project."""
        return str(self.core.get("project_short_name") or f"bundle {self.bundle.uuid[:8]}")

    @property
    def title(self) -> str:
        """Title of its project."""
        return str(self.core.get("project_title") or self.short_name)


def azul_time(version: str) -> str:
    """A version of the Data Store with the colons that Azul writes.

    Args:
        version: The version.
    """
    parts = _DSS_VERSION.fullmatch(version)
    return ":".join(parts.groups()) if parts else version


def texts(document: Mapping[str, Any], *names: str) -> list[str]:
    """The values of the first of several fields that exists, each a text, an object with a `text`, or a list of either.

    Args:
        document: A metadata document.
        names: The fields.
    """
    value: object = next((document[name] for name in names if document.get(name)), None)
    values = value if is_array(value) else [] if value is None else [value]
    stated = (item.get("text") or item.get("ontology_label") if is_object(item) else item for item in values)
    return [str(text) for text in stated if text is not None]


class Atlas:
    """The index, made again when the Data Store's bundles have changed.

    Args:
        dss: The Data Store.
    """

    def __init__(self, dss: Dss) -> None:
        self._dss = dss
        self._cached_files: tuple[object, list[IndexedFile]] = (None, [])
        self._md5: dict[str, str] = {}

    def files(self) -> list[IndexedFile]:
        """All files, each once: in the newest version of the newest bundle that has it."""
        bundles = self._dss.bundles.all(LIVE_BUNDLE, order="version, uuid")
        key = tuple((bundle.uuid, bundle.version) for bundle in bundles)
        if self._cached_files[0] != key:
            self._cached_files = (key, list(self._indexed(bundles)))
        return self._cached_files[1]

    def _indexed(self, bundles: Sequence[Bundle]) -> list[IndexedFile]:
        newest = {bundle.uuid: bundle for bundle in bundles}
        files: dict[str, IndexedFile] = {}
        for bundle in sorted(newest.values(), key=attrgetter("version")):
            document = self._dss.documents.get(bundle.uuid, bundle.version)
            by_schema: dict[str, list[Any]] = {} if document is None else document.document.get("files", {})
            metadata = {schema: list(filter(is_object, documents)) for schema, documents in by_schema.items()}
            for entry in self._dss.entries(bundle):
                if not entry.indexed:
                    existing = files.get(entry.file.uuid)
                    if existing is None or existing.record.version <= entry.file.version:
                        files[entry.file.uuid] = IndexedFile(entry.file, entry.name, bundle, metadata)
        return sorted(files.values(), key=lambda file: (file.name, file.record.uuid))

    def md5(self, file: IndexedFile) -> str:
        """MD5 of a file in Base64, as AnVIL states it.

        Args:
            file: The file.
        """
        sha256 = file.record.sha256
        if sha256 not in self._md5:
            self._md5[sha256] = base64_of(self._dss.context.objects.md5(sha256))
        return self._md5[sha256]


Reader = Callable[[IndexedFile], list[Any]]


# The field of ages, which are indexed as text.
AGE = "organismAge"
# The tables of `fields.toml`.
TABLES = read_table("azul/fields.toml")


def _of(schema: str, *names: str) -> Reader:
    def read(file: IndexedFile) -> list[Any]:
        documents = file.metadata.get(f"{schema}_json", ())
        if schema == "contributors":
            contributors = file.first("project_json").get("contributors")
            documents = filter(is_object, contributors) if is_array(contributors) else ()
        return [value for document in documents for value in texts(document, *names)] or [None]

    return read


def _ages(file: IndexedFile) -> list[Any]:
    donors = file.metadata.get("donor_organism_json", ())
    aged = [donor for donor in donors if "organism_age" in donor]
    return [" ".join([str(donor["organism_age"]), *texts(donor, "organism_age_unit")]) for donor in aged] or [None]


def age_of(text: str) -> dict[str, str | None]:
    """An age as responses have it, of the text that is indexed."""
    value, _, unit = text.partition(" ")
    return {"value": value, "unit": unit or None}


# Fields of the catalogs of the Human Cell Atlas and LungMAP, read of a file.
HCA_FIELDS: Mapping[str, Reader] = {
    "fileId": lambda file: [file.record.uuid],
    "fileName": lambda file: [file.name],
    "fileFormat": lambda file: [file.format],
    "fileSize": lambda file: [file.record.size],
    "fileVersion": lambda file: [file.version],
    "fileSource": lambda file: ["DCP/2 Analysis" if file.is_matrix else "Contributor"],
    "contentDescription": lambda file: ["Count Matrix" if file.is_matrix else None],
    "isIntermediate": lambda file: [False if file.is_matrix else None],
    "bundleUuid": lambda file: [file.bundle.uuid],
    "bundleVersion": lambda file: [file.bundle_version],
    "projectId": lambda file: [file.project_id],
    "project": lambda file: [file.short_name],
    "projectTitle": lambda file: [file.title],
    "sampleId": lambda file: [file.id_of("specimen_from_organism_json")],
    "pairedEnd": lambda file: [
        end if isinstance(end := file.first("sequencing_protocol_json").get("paired_end"), bool) else None
    ],
    "sourceId": lambda file: [str(uuids.uuid5(NAMESPACE, f"source {file.project_id}"))],
    "sourceSpec": lambda file: [
        f"tdr:bigquery:gcp:sandbox:hca_prod_{file.project_id.replace('-', '')}__20260101_dcp43"
    ],
    **{field: _of(*places) for field, places in TABLES["metadata"].items()},
    AGE: _ages,
}

# What AnVIL's catalogs have in place of these.
_OF_ANVIL: Mapping[str, Reader] = {
    "AnVIL's source": lambda file: [f"tdr:bigquery:gcp:sandbox:ANVIL_{file.project_id.replace('-', '')}_20260101"],
    "suffix": lambda file: [f".{file.format}"],
    "supplementary": lambda _: [False],
    "data set": lambda file: [str(uuids.uuid5(NAMESPACE, f"dataset {file.project_id}"))],
    "donor": lambda file: [file.id_of("donor_organism_json")],
    "library preparation": lambda file: [file.id_of("library_preparation_protocol_json")],
}
# Fields of AnVIL's catalogs, read of a file.
ANVIL_FIELDS: Mapping[str, Reader] = {
    field: {**HCA_FIELDS, **_OF_ANVIL}[source] for field, source in TABLES["anvil"]["fields"].items()
}
