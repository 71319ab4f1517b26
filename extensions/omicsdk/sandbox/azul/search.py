"""Searches: filters, entities, facets, and pages of them."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from omicsdk.core.type_guards import is_array, is_object
from omicsdk.sandbox.azul.atlas import AGE, ANVIL_FIELDS, HCA_FIELDS, IndexedFile, Reader, age_of
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import grouped


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


HCA = Kind(
    "hca",
    HCA_FIELDS,
    {
        "projects": EntityType("projectId", "projectTitle", largest=50),
        "samples": EntityType("sampleId", "sampleId"),
        "files": EntityType("fileId", "fileName"),
        "bundles": EntityType("bundleUuid", "bundleVersion", "desc", largest=100),
    },
    {"bundleUuid", "bundleVersion", "fileId", "fileName", "fileSize", "fileVersion", "projectTitle", "sampleId"},
)
ANVIL = Kind(
    "anvil",
    ANVIL_FIELDS,
    {
        "activities": EntityType("activities.document_id", "activities.activity_id"),
        "biosamples": EntityType("biosamples.document_id", "biosamples.biosample_id"),
        "bundles": EntityType("bundle_uuid", "bundle_uuid"),
        "datasets": EntityType("datasets.document_id", "datasets.dataset_id"),
        "donors": EntityType("donors.document_id", "donors.donor_id"),
        "files": EntityType("files.document_id", "files.file_id"),
    },
    {
        "bundle_uuid",
        "bundle_version",
        "fileVersion",
        *(f"files.{name}" for name in ("document_id", "file_id", "file_name", "file_size")),
    },
)


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
        file
        for file in files
        if all(matches(readers[field](file), relation, values) for field, (relation, values) in filters.items())
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
    return {
        field: _facet(field, list(_terms(hits, reader)))
        for field, reader in kind.fields.items()
        if field not in kind.unlisted
    }


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
