"""Hits and summaries in the shapes of the Human Cell Atlas and of AnVIL."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omicsdk.sandbox.azul.atlas import AGE, ANVIL_FIELDS, HCA_FIELDS, IndexedFile, Reader, age_of
from omicsdk.sandbox.azul.search import Entity
from omicsdk.sandbox.service import JsonObject, grouped

_PROJECT = {
    "projectId": "projectId",
    "projectTitle": "projectTitle",
    "projectShortname": "project",
    "laboratory": "laboratory",
}
_DONOR = {
    "genusSpecies": "genusSpecies",
    "biologicalSex": "biologicalSex",
    "developmentStage": "developmentStage",
    "disease": "donorDisease",
}
_SPECIMEN = {"id": "sampleId", "organ": "organ", "organPart": "organPart", "disease": "specimenDisease"}
_PROTOCOLS = {
    name: name
    for name in ("libraryConstructionApproach", "nucleicAcidSource", "instrumentManufacturerModel", "pairedEnd")
}
# Dimensions of trees of matrices.
STRATA = ("genusSpecies", "developmentStage", "organ", "libraryConstructionApproach")


@dataclass(frozen=True, slots=True)
class Addresses:
    """URLs and rights of files for a client.

    Attributes:
        url: Its address at the service.
        mirror_uri: Its address in the mirror; None where it is not mirrored.
        md5: Its MD5.
        can_read: Whether the caller may read files.
    """

    url: Callable[[IndexedFile], str]
    mirror_uri: Callable[[IndexedFile], str | None]
    md5: Callable[[IndexedFile], str]
    can_read: bool


def values_of(files: Sequence[IndexedFile], field: str, fields: Mapping[str, Any] = HCA_FIELDS) -> list[Any]:
    """The different values of a field, those that are missing left out.

    Args:
        files: The files.
        field: The field.
        fields: The atlas's fields.
    """
    return list(dict.fromkeys(value for file in files for value in fields[field](file) if value is not None))


def _gathered(files: Sequence[IndexedFile], names: Mapping[str, str]) -> JsonObject:
    return {name: values_of(files, field) for name, field in names.items()}


def hca_hit(entity_type: str, entity: Entity, at: Addresses) -> JsonObject:
    """An entity of the Human Cell Atlas or LungMAP.

    Args:
        entity_type: Its type.
        entity: The entity.
        at: Addresses of its files.
    """
    files = entity.files
    hit: JsonObject = {
        "entryId": entity.id,
        "protocols": [_gathered(files, _PROTOCOLS)],
        "sources": distinct(files, HCA_FIELDS, ("sourceId", "sourceSpec")),
        "projects": [_gathered(files, _PROJECT)],
        "samples": [{"sampleEntityType": ["specimens"], **_gathered(files, _SPECIMEN)}],
        "specimens": [_gathered(files, _SPECIMEN)],
        "donorOrganisms": [
            {**_gathered(files, _DONOR), AGE: [age_of(text) for text in values_of(files, AGE)]},
        ],
        **{name: [] for name in ("cellLines", "organoids", "cellSuspensions")},
    }
    if entity_type in ("files", "bundles"):
        hit["bundles"] = distinct(files, HCA_FIELDS, ("bundleUuid", "bundleVersion"))
        hit["files"] = [hca_file(file, at) for file in files]
    else:
        hit["fileTypeSummaries"] = list(_type_summaries(files))
    if entity_type == "projects":
        first = files[0]
        matrices = [file for file in files if file.is_matrix]
        hit["projects"] = [
            {
                "projectId": entity.id,
                "projectTitle": first.title,
                "projectShortname": first.short_name,
                "projectDescription": first.core.get("project_description", ""),
                "laboratory": values_of(files, "laboratory"),
                "estimatedCellCount": first.first("project_json").get("estimated_cell_count"),
                "matrices": matrix_tree(matrices, STRATA, lambda file: hca_file(file, at)) if matrices else {},
                "contributedAnalyses": {},
                "accessible": at.can_read,
            }
        ]
    return hit


def distinct(files: Sequence[IndexedFile], fields: Mapping[str, Reader], names: Sequence[str]) -> list[JsonObject]:
    """The different combinations of values that fields with one value have in files.

    Args:
        files: The files.
        fields: The atlas's fields.
        names: The fields.
    """
    rows = dict.fromkeys(tuple(fields[name](file)[0] for name in names) for file in files)
    return [dict(zip(names, row, strict=True)) for row in rows]


def hca_file(file: IndexedFile, at: Addresses) -> JsonObject:
    """A file in a hit of the Human Cell Atlas.

    Args:
        file: The file.
        at: Addresses of its files.
    """
    return {
        "uuid": file.record.uuid,
        "version": file.version,
        "name": file.name,
        "size": file.record.size,
        "sha256": file.record.sha256,
        "format": file.format,
        "fileSource": HCA_FIELDS["fileSource"](file)[0],
        "contentDescription": HCA_FIELDS["contentDescription"](file),
        "isIntermediate": HCA_FIELDS["isIntermediate"](file)[0],
        "matrixCellCount": None,
        "drs_uri": file.drs_uri,
        "url": at.url(file),
        "azul_url": at.url(file),
        "azul_mirror_uri": at.mirror_uri(file),
        "accessible": at.can_read,
    }


def _type_summaries(files: Sequence[IndexedFile]) -> Iterator[JsonObject]:
    for format_, count in Counter(file.format for file in files).items():
        some = [file for file in files if file.format == format_]
        yield {
            "format": format_,
            "count": count,
            "totalSize": float(sum(file.record.size for file in some)),
            "fileSource": values_of(some, "fileSource"),
            "isIntermediate": HCA_FIELDS["isIntermediate"](some[0])[0],
            "contentDescription": values_of(some, "contentDescription"),
            "matrixCellCount": None,
        }


def matrix_tree(
    files: Sequence[IndexedFile], dimensions: Sequence[str], render: Callable[[IndexedFile], JsonObject]
) -> JsonObject | list[JsonObject]:
    """Matrices as the service nests them: dimensions with the fewest values first, unused ones left out.

    Args:
        files: The matrices; a file is in the stratum of each of its values.
        dimensions: Fields.
        render: Renders a file in a leaf.
    """
    used = sorted((name for name in dimensions if values_of(files, name)), key=lambda name: len(values_of(files, name)))
    if not used:
        return [render(file) for file in files]
    first, *rest = used
    values = ((value, file) for file in files for value in dict.fromkeys(HCA_FIELDS[first](file)))
    strata = grouped((str(value or "Unspecified"), file) for value, file in values)
    return {first: {value: matrix_tree(some, rest, render) for value, some in strata.items()}}


def anvil_hit(entity_type: str, entity: Entity, at: Addresses) -> JsonObject:
    """An entity of AnVIL.

    Args:
        entity_type: Its type.
        entity: The entity.
        at: Addresses of its files.
    """
    files, first = entity.files, entity.files[0]
    hit: JsonObject = {
        "entryId": entity.id,
        "sources": distinct(files, ANVIL_FIELDS, ("source_id", "source_spec")),
        "bundles": distinct(files, ANVIL_FIELDS, ("bundle_uuid", "bundle_version")),
    }
    for kind in ("datasets", "donors", "biosamples", "activities"):
        # Of its own type a hit has one entity, whose fields are no lists; of others it does not state the document_id.
        is_own_type = kind == entity_type
        names = [name for name in ANVIL_FIELDS if name.startswith(f"{kind}.")]
        names = [name for name in names if is_own_type or not name.endswith(".document_id")]
        inner = {name.partition(".")[2]: values_of(files, name, ANVIL_FIELDS) for name in names}
        hit[kind] = [{name: values[0] if is_own_type and values else values for name, values in inner.items()}]
    if entity_type == "files":
        hit["files"] = [anvil_file(first, at)]
    else:
        counts = Counter(f".{file.format}" for file in files)
        hit["files"] = [{"file_format": format_, "count": count} for format_, count in counts.items()]
    return hit


def anvil_file(file: IndexedFile, at: Addresses) -> JsonObject:
    """A file in a hit of AnVIL.

    Args:
        file: The file.
        at: Addresses of its files.
    """
    return {
        "document_id": file.record.uuid,
        "uuid": file.record.uuid,
        "version": file.version,
        "file_id": file.record.uuid,
        "file_name": file.name,
        "file_format": f".{file.format}",
        "file_size": file.record.size,
        "file_md5sum": at.md5(file),
        "drs_uri": file.drs_uri,
        "is_supplementary": False,
        "data_modality": [None],
        "reference_assembly": [None],
        "url": at.url(file),
        "azul_url": at.url(file),
        "azul_mirror_uri": None,
        "accessible": at.can_read,
    }


def hca_summary(files: Sequence[IndexedFile]) -> JsonObject:
    """The summary of some files of the Human Cell Atlas.

    Args:
        files: The files.
    """
    return {
        "projectCount": len(values_of(files, "projectId")),
        "specimenCount": len(values_of(files, "sampleId")),
        "speciesCount": len(values_of(files, "genusSpecies")),
        "fileCount": len(files),
        "totalFileSize": float(sum(file.record.size for file in files)),
        "donorCount": len({file.id_of("donor_organism_json") for file in files}),
        "labCount": len(values_of(files, "laboratory")),
        "organTypes": values_of(files, "organ"),
        "fileTypeSummaries": list(_type_summaries(files)),
        "cellCountSummaries": [],
        "projects": [],
    }


def anvil_summary(files: Sequence[IndexedFile]) -> JsonObject:
    """The summary of some files of AnVIL, which has no sizes.

    Args:
        files: The files.
    """
    formats = Counter(f".{file.format}" for file in files)
    kinds = {
        "activityCount": "activities",
        "biosampleCount": "biosamples",
        "datasetCount": "datasets",
        "donorCount": "donors",
    }
    return {
        **{name: len(values_of(files, f"{kind}.document_id", ANVIL_FIELDS)) for name, kind in kinds.items()},
        "fileCount": len(files),
        "fileFormats": [{"format": format_, "count": count} for format_, count in formats.items()],
    }
