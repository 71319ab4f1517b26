"""Searches of the index: filters, entities, facets, pages, and hits and summaries in the shapes of the Human Cell Atlas and of AnVIL."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from omicsdk.core.type_guards import is_array, is_object
from omicsdk.sandbox.azul.atlas import AGE, ANVIL_FIELDS, HCA_FIELDS, TABLES, IndexedFile, Reader, age_of
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import JsonObject, grouped


@dataclass(frozen=True, slots=True)
class EntityType:
    """A type of entities.

    Attributes:
        key: The field that identifies an entity.
        sort: The field that hits are sorted by.
        order: The direction.
        largest: The largest page.
    """

    key: str
    sort: str
    order: str = "asc"
    largest: int = 1000


@dataclass(frozen=True, slots=True)
class Kind:
    """The common properties of an atlas's catalogs.

    Attributes:
        name: The name of its plugin.
        fields: Its fields.
        types: Its types of entities.
        unlisted: Fields that are no facets.
    """

    name: str
    fields: Mapping[str, Reader]
    types: Mapping[str, EntityType]
    unlisted: AbstractSet[str]


def _kind(name: str, fields: Mapping[str, Reader]) -> Kind:
    types = {type_: EntityType(**entry) for type_, entry in TABLES[name]["types"].items()}
    return Kind(name, fields, types, {*TABLES[name]["unlisted"]})


HCA, ANVIL = _kind("hca", HCA_FIELDS), _kind("anvil", ANVIL_FIELDS)


def bad_request(message: str) -> Problem:
    """A 400 with the service's code."""
    return Problem(400, "BadRequestError", message)


def read_filters(kind: Kind, text: object) -> dict[str, tuple[str, list[Any]]]:
    """Read filters.

    Args:
        kind: The kind of the catalog.
        text: JSON as text.

    Returns:
        The relation and values of each field.

    Raises:
        Problem: 400; they are malformed, or name an unknown field or relation.
    """
    try:
        decoded: object = json.loads(str(text or "{}"))
    except ValueError:
        decoded = None
    if not is_object(decoded):
        raise bad_request("The `filters` parameter is not valid JSON of a dictionary")
    read: dict[str, tuple[str, list[Any]]] = {}
    for field, conditions in decoded.items():
        if field not in kind.fields and field != "accessible":
            raise bad_request(f"Unknown field `{field}`")
        relation, values = next(iter(conditions.items()), ("", None)) if is_object(conditions) else ("", None)
        if relation not in ("is", "within", "contains", "intersects") or not is_array(values):
            raise bad_request(f"The `filters` parameter entry for `{field}` has no known relation with a list")
        if relation != "is" and not all(is_array(value) and len(value) == 2 for value in values):
            raise bad_request(f"The value of the `{relation}` relation for `{field}` must be pairs")
        if field == AGE:
            values = [f"{value.get('value')} {value.get('unit')}" if is_object(value) else value for value in values]
        read[field] = (relation, values)
    return read


def matches(values: Sequence[Any], relation: str, operands: Sequence[Any]) -> bool:
    """Whether the values of a field meet a condition.

    Args:
        values: The values; None where there are none.
        relation: The relation.
        operands: The values, or the pairs of bounds, to compare with.

    Raises:
        Problem: 400; bounds are of another type than the values.
    """
    if relation == "is":
        # Python's 1 equals True, but a number in JSON is no boolean.
        return any(value in operands and type(value) in {type(accepted) for accepted in operands} for value in values)
    try:
        return all(any(value is not None and low <= value <= high for value in values) for low, high in operands)
    except TypeError:
        raise bad_request(f"The `{relation}` relation has bounds of another type than the field") from None


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity with the files that belong to it.

    Attributes:
        id: Its UUID.
        files: Its files.
        sort: The value that it is sorted by.
    """

    id: str
    files: Sequence[IndexedFile]
    sort: Any


def select(
    kind: Kind, files: Sequence[IndexedFile], filters: Mapping[str, tuple[str, list[Any]]], *, can_read: bool
) -> list[IndexedFile]:
    """The files that meet filters.

    Args:
        kind: The kind of the catalog.
        files: All files.
        filters: As `read_filters` gives them.
        can_read: Whether the caller may read files.
    """
    readers: dict[str, Reader] = {**kind.fields, "accessible": lambda _: [can_read]}
    return [
        file for file in files if all(matches(readers[name](file), *condition) for name, condition in filters.items())
    ]


def entities(kind: Kind, entity_type: str, files: Sequence[IndexedFile], sort: str, order: str) -> list[Entity]:
    """The entities of some files, sorted.

    Args:
        kind: The kind of the catalog.
        entity_type: Their type.
        files: The files.
        sort: The field to sort by.
        order: The direction.
    """
    key = kind.fields[kind.types[entity_type].key]
    by_id = grouped((str(key(file)[0]), file) for file in files)
    hits = [Entity(id_, entity_files, kind.fields[sort](entity_files[0])[0]) for id_, entity_files in by_id.items()]
    return sorted(hits, key=lambda entity: _sort_key(entity.sort, entity.id), reverse=order == "desc")


def _sort_key(value: Any, id_: str) -> tuple[bool, Any, str]:
    """The position of a hit in ascending order: hits without a value come last, and UUIDs order equal ones."""
    return value is None, "" if value is None else value, id_


def page_of(
    hits: Sequence[Entity], size: int, order: str, after: str, before: str
) -> tuple[Sequence[Entity], bool, bool]:
    """A page, and whether hits precede and follow it.

    Args:
        hits: All hits, sorted.
        size: Hits on a page.
        order: The direction that they are sorted in.
        after: The cursor of the hit before the page; empty for the first page.
        before: The cursor of the hit behind the page, in place of the other one.

    Raises:
        Problem: 400; a cursor is malformed, or there are both.
    """
    if after and before:
        raise bad_request("Only one of search_after or search_before may be set")
    start, end = 0, size
    if cursor := after or before:
        try:
            value, id_ = json.loads(cursor)
            mark = _sort_key(value, id_)
            places = [_sort_key(entity.sort, entity.id) for entity in hits]
            passed = sum(key >= mark if order == "desc" else key <= mark for key in places)
        except (ValueError, TypeError):
            raise bad_request(f"Invalid {'search_after' if after else 'search_before'} parameter") from None
        at = passed - (mark in places)
        start, end = (passed, passed + size) if after else (max(at - size, 0), at)
    return hits[start:end], start > 0, end < len(hits)


def facets(kind: Kind, hits: Sequence[Entity]) -> dict[str, Any]:
    """`termFacets`: how many entities have each value of each facet.

    Args:
        kind: The kind of the catalog.
        hits: The entities.
    """
    fields = {name: reader for name, reader in kind.fields.items() if name not in kind.unlisted}
    return {field: _facet(field, list(_terms(hits, reader))) for field, reader in fields.items()}


def _terms(hits: Sequence[Entity], reader: Reader) -> Iterator[Any]:
    for entity in hits:
        # Once for each entity; not by a set, whose order differs from run to run.
        yield from dict.fromkeys(value for file in entity.files for value in reader(file))


def _facet(field: str, values: Sequence[Any]) -> dict[str, Any]:
    def term(value: Any) -> Any:
        if field == AGE and value is not None:
            return age_of(value)
        return str(value).lower() if isinstance(value, bool) else value

    terms = [{"term": term(value), "count": count} for value, count in Counter(values).most_common()]
    return {"terms": terms, "total": len(values), "type": "terms"}


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


def _gathered(files: Sequence[IndexedFile], part: str) -> JsonObject:
    return {name: values_of(files, field) for name, field in TABLES["hca"]["hits"][part].items()}


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
        "protocols": [_gathered(files, "protocols")],
        "sources": distinct(files, HCA_FIELDS, ("sourceId", "sourceSpec")),
        "projects": [_gathered(files, "projects")],
        "samples": [{"sampleEntityType": ["specimens"], **_gathered(files, "specimens")}],
        "specimens": [_gathered(files, "specimens")],
        "donorOrganisms": [
            {**_gathered(files, "donorOrganisms"), AGE: [age_of(text) for text in values_of(files, AGE)]}
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
