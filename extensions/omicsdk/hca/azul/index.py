"""The index: catalogs, summaries, listings, facets, projects and their matrices."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from omicsdk_api.azul.models import Hit, Summary

from omicsdk.core.checked_json import check_fields, checked_json
from omicsdk.core.consistency import UUID, ListingCheck, ResponseMismatch
from omicsdk.core.errors import BadRequest, DecodeError, ServerError, UsageError
from omicsdk.core.items import Items, page_break
from omicsdk.core.logs import logger
from omicsdk.core.model import ANY, BOOLEAN, INTEGER, NULL, NUMBER, STRING, array, mapping, members, optional, union
from omicsdk.core.omit import OMIT
from omicsdk.core.page_items import found_at, items_at
from omicsdk.core.redaction import url_parts
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.hca.azul.client import Azul
from omicsdk.hca.azul.files import HIT, AzulFile, in_matrices, of_entry, of_hit
from omicsdk.hca.azul.filters import (
    CONTAINER,
    CONTAINERS,
    Conditions,
    Container,
    UnknownFacet,
    container_in,
    facet_values,
    needs_facets,
    read_conditions,
    to_filters,
    unmatched,
)
from omicsdk.hca.azul.hits import COLUMNS, row_of
from omicsdk.hca.azul.hits import Hit as SizedHit

if TYPE_CHECKING:
    import httpx
    from omicsdk_api.azul import AzulApi


_log = logger("omicsdk.hca.azul")

# Characters of encoded filters in a URL: a gateway refuses URLs and headers beyond 8,192 characters together.
LONGEST_FILTERS = 6000
# Largest page of each type; 100 of the others, which is what the Human Cell Atlas allows of bundles.
PAGE_SIZES = {"files": 1000, "samples": 1000, "projects": 50}
# The service lowers these limits as its projects grow, and states the present one when it refuses a size.
_LIMIT = re.compile(r"`size`, must not be greater than (\d+)")
# The gateway answers so in place of a page of more than 6 MiB, or one that takes more than 30 s, each time that it is requested.
_TOO_LARGE = frozenset({502, 504})
# Hits on a page that is retried like any other request, since its size is hardly the reason.
FEW = 10


@dataclass(frozen=True, slots=True)
class Catalog:
    """A catalog.

    Attributes:
        name: Its name, such as `dcp43`.
        atlas: Its atlas, such as `hca`, `lungmap` or `anvil`.
        is_default: Whether requests use it that name no other.
        entity_types: Its types of entities, such as `projects`; those of AnVIL are `datasets`, `donors` and others.
    """

    name: str
    atlas: str
    is_default: bool
    entity_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value that occurs in a catalog.

    Attributes:
        facet: The facet.
        value: The value; None counts what has none.
        count: Number of entities that have it.
    """

    facet: str
    value: Any
    count: int


_PLUGINS = members(metadata=optional(members(indices=optional(mapping(ANY)))))
_CATALOG = members(atlas=STRING, internal=BOOLEAN, plugins=_PLUGINS)
_CATALOGS = members(default_catalog=STRING, catalogs=mapping(_CATALOG))


def catalogs(client: Azul) -> list[Catalog]:
    """List the catalogs, without those for tests of the service.

    Returns:
        The catalogs, the default one first.
    """
    response = checked_json(client.get_catalogs.raw(), "get_catalogs", _CATALOGS)
    default = response["default_catalog"]
    catalogs_found = [
        Catalog(
            name,
            catalog_info["atlas"],
            name == default,
            tuple(found_at(catalog_info, "plugins.metadata.indices") or ()),
        )
        for name, catalog_info in response["catalogs"].items()
        if not catalog_info["internal"]
    ]
    return sorted(catalogs_found, key=lambda catalog: not catalog.is_default)


def summary(client: Azul, what: Conditions = (), *, catalog: str = "") -> Summary:
    """Count files, projects, donors and cells, and the size of all files together.

    Args:
        what: Conditions that files must meet, such as `genusSpecies=Homo sapiens`; by default none.
        catalog: Catalog; by default that of the service.

    Returns:
        The counts; AnVIL states no sizes.

    Raises:
        UnknownFacet: A condition names a field that the catalog does not have.
        NotFound: There is no such catalog.
    """
    filters, catalog = resolved(client, what, catalog)
    try:
        totals = client.get_summary(catalog=catalog or OMIT, filters=filters or OMIT)
    except BadRequest as error:
        raise _explained(client, error, filters, catalog) from None
    check_fields("get_summary", totals)
    if filters and not totals.file_count:
        tell_unmatched(client, filters, catalog)
    return totals


def ls(client: Azul, entity: str, what: Conditions = (), *, catalog: str = "", sort: str = "") -> Items[Hit]:
    """List entities, such as projects or files.

    Args:
        entity: Their type: `projects`, `samples`, `files` or `bundles`; `datasets`, `donors`, `biosamples` or `activities`
            of AnVIL. Or the UUID or URL of a project or dataset, whose files are listed.
        what: Conditions that entities must meet, such as `genusSpecies=Homo sapiens`; by default none.
        catalog: Catalog; by default that of the service.
        sort: Field to sort by; by default as the catalog states.

    Returns:
        Each entity, with what is known of the entities around it; `to_frame()` has a row for each.

    Raises:
        UnknownFacet: A condition names a field that the catalog does not have.
        UsageError: The catalog has no such type.
    """
    within = "" if container_in(entity) is None else entity
    kind = "files" if within else entity

    def hits() -> Iterator[Hit]:
        for page in pages(client, kind, *resolved(client, what, catalog, within), sort=sort):
            yield from (SizedHit.from_dict(hit) for hit in page["hits"])

    return Items(hits(), "ls", row=partial(row_of, kind), columns=COLUMNS.get(kind, ()))


def facets(client: Azul, entity: str = "files", what: Conditions = (), *, catalog: str = "") -> list[FacetValue]:
    """List the values of all facets, with their counts.

    Args:
        entity: What is counted, such as `files` or `projects`.
        what: Conditions that entities must meet; by default none.
        catalog: Catalog; by default that of the service.

    Returns:
        The values, by facet.

    Raises:
        UnknownFacet: A condition names a field that the catalog does not have.
    """
    page = next(pages(client, entity, *resolved(client, what, catalog), size=1))
    return [
        FacetValue(name, value, term["count"])
        for (name, values), facet in zip(
            facet_values(page["termFacets"]).items(), page["termFacets"].values(), strict=True
        )
        for value, term in zip(values, facet.get("terms") or (), strict=True)
    ]


def get(client: Azul, uuid: str, *, entity: str = "", catalog: str = "") -> Hit:
    """Show an entity.

    Args:
        uuid: UUID of the entity, or URL of a project or dataset.
        entity: Type of the entity, such as `files`; by default `projects`, or `datasets` in AnVIL's catalogs.
        catalog: Catalog; by default that of the URL, or of the service.

    Raises:
        NotFound: There is no such entity.
    """
    named = container_in(uuid) or Container(uuid)
    catalog = catalog or named.catalog
    kind = entity or named.kind or container_type(catalogs(client), catalog)
    hit = client.get_entity(entity_type=kind, entity_id=named.uuid, catalog=catalog or OMIT)
    check_fields("get_entity", hit)
    return SizedHit.from_dict(hit.to_dict())


def container_type(all_catalogs: Sequence[Catalog], catalog: str) -> str:
    """Return the type of a catalog's containers of files, `projects` or `datasets`.

    Args:
        all_catalogs: As `catalogs` returns them; a service may list none.
        catalog: The catalog; empty for the default one.
    """
    named = [catalog_info for catalog_info in all_catalogs if catalog_info.name == catalog]
    types = next((catalog_info.entity_types for catalog_info in [*named, *all_catalogs]), ())
    return "datasets" if "datasets" in types else "projects"


def matrices(client: Azul, project: str, *, catalog: str = "") -> list[AzulFile]:
    """List the matrices of a project.

    These are the results of the Atlas's own analysis and of the project's contributors.

    Args:
        project: UUID or URL of the project.
        catalog: Catalog; by default that of the URL, or of the service.

    Returns:
        Each file once.

    Raises:
        NotFound: There is no such project.
    """
    named = container_in(project) or Container(project)
    catalog = catalog or named.catalog
    response = client.get_entity.raw(entity_type="projects", entity_id=named.uuid, catalog=catalog or OMIT)
    hit = checked_json(response, "get_entity", HIT)
    owners = hit.get("projects") or ()
    name = next((str(owner["projectShortname"]) for owner in owners if owner.get("projectShortname")), "")
    files_by_uuid: dict[str, AzulFile] = {}
    for owner in owners:
        for entry in in_matrices([owner.get("matrices"), owner.get("contributedAnalyses")]):
            file = of_entry(entry, project=name, catalog=catalog)
            files_by_uuid.setdefault(file.uuid, file)
    return list(files_by_uuid.values())


def files(client: Azul, filters: Mapping[str, Any], catalog: str = "") -> Iterator[AzulFile]:
    """Yield the files that meet conditions.

    Args:
        client: The service.
        filters: The conditions, as `resolved` returns them.
        catalog: Catalog; by default that of the service.

    Raises:
        ResponseMismatch: A file is in another project or bundle than was requested.
        InconsistentListing: After the last file: some are missing, or repeated.
        DecodeError: A hit has no file.
    """
    for page in pages(client, "files", filters, catalog):
        for hit in page["hits"]:
            _check_hit(hit, filters)
            yield from of_hit(hit, catalog)


# By the type of a catalog's containers: the fields with the UUIDs of bundles and files.
BUNDLE_FIELDS = {"projects": "bundleUuid", "datasets": "bundle_uuid"}
FILE_FIELDS = {"projects": "fileId", "datasets": "files.document_id"}
# Filters by identifiers, and where hits state these: a list of objects, and its members.
_IDENTIFIERS: Mapping[str, tuple[str, Sequence[str]]] = {
    "projectId": ("projects", ("projectId",)),
    # Files state only dataset_id of it, which is another identifier.
    "datasets.document_id": ("datasets", ("document_id",)),
    **{field: ("bundles", (field,)) for field in BUNDLE_FIELDS.values()},
    **dict.fromkeys(FILE_FIELDS.values(), ("files", ("uuid", "document_id"))),
}
# Objects of a hit from which on the service may leave out others.
_MOST = 100


def _check_hit(hit: Mapping[str, Any], filters: Mapping[str, Any]) -> None:
    """Refuse a hit that does not meet the filters by identifiers."""
    for field, (owner, attributes) in _IDENTIFIERS.items():
        requested, owners = filters.get(field, {}).get("is"), hit.get(owner)
        if not requested or not is_array(owners) or len(owners) >= _MOST:
            continue
        values = (owner.get(member) for owner in owners if is_object(owner) for member in attributes)
        returned = [text for value in values for text in (value if is_array(value) else [value]) if text]
        if returned and not any(UUID.same(str(identifier), text) for identifier in requested for text in returned):
            raise ResponseMismatch("list_entities", field, ", ".join(map(str, requested)), returned[0])


def resolved(
    client: Azul, what: Conditions, catalog: str, within: str = ""
) -> tuple[dict[str, dict[str, list[Any]]], str]:
    """Return conditions as Azul takes them, and the catalog.

    The facets are requested only where a condition has `!=`, the catalogs only where one is a UUID without a field.

    Args:
        client: The service.
        what: The conditions.
        catalog: The catalog; empty for the one that a condition names, or the default one.
        within: Another condition: the UUID or URL of a project or dataset; empty for none.

    Raises:
        InvalidFilter: A condition is malformed.
        UnknownFacet: A field with `!=` is not a facet.
    """
    conditions = [*read_conditions(within), *read_conditions(what)]
    catalog = catalog or next((condition.catalog for condition in conditions if condition.catalog), "")
    if any(condition.field == CONTAINER for condition in conditions):
        field = CONTAINERS[container_type(catalogs(client), catalog)]
        conditions = [replace(item, field=field) if item.field == CONTAINER else item for item in conditions]
    facets = facet_values(_term_facets(client, catalog)) if needs_facets(conditions) else {}
    return to_filters(conditions, facets), catalog


def pages(
    client: Azul, entity: str, filters: Mapping[str, Any], catalog: str = "", *, sort: str = "", size: int = 0
) -> Iterator[dict[str, Any]]:
    """Yield the pages of a search, decoded. Filters that are too long for a URL are sent in bodies.

    Args:
        client: The service.
        entity: The type of the entities.
        filters: The conditions.
        catalog: The catalog; empty for the default one.
        sort: The field to sort by; empty for the type's own.
        size: Hits on a page; by default as many as the service allows.

    Raises:
        UnknownFacet: A condition names a field that the catalog does not have.
        UsageError: The catalog has no such type.
        InconsistentListing: After the last page: the hits are fewer than the service states, or repeated.
    """
    size = size or PAGE_SIZES.get(entity, 100)
    is_long = len(quote(json.dumps(filters))) > LONGEST_FILTERS
    try:
        pages = _followed(
            entity, _fetched(client, entity, filters, catalog, sort, size, _posted if is_long else _gotten)
        )
        if is_long:
            yield from pages
            return
        described = filters.keys() - _IDENTIFIERS.keys()  # an identifier has no similar values that could be meant
        for number, page in enumerate(pages):
            if number == 0 and not page["hits"] and not described.isdisjoint(page.get("termFacets", ())):
                tell_unmatched(client, filters, catalog, entity)
            for field in set(CONTAINERS.values()) & filters.keys() if number == 0 and not page["hits"] else ():
                uuids = ", ".join(map(str, filters[field].get("is", ())))
                _log.warning(
                    "nothing has %s=%s. Another catalog may have it: omics azul catalogs. Of a file, use %s=UUID",
                    field,
                    uuids,
                    FILE_FIELDS["projects" if field == CONTAINERS["projects"] else "datasets"],
                )
            yield page
    except BadRequest as error:
        raise _explained(client, error, filters, catalog, entity) from None


def _followed(entity: str, pages: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield pages whose hits have to be as many as the service states, each once."""
    check = ListingCheck(f"list_entities {entity}")
    for page in pages:
        check.total(found_at(page, "pagination.total"))
        for at, hit in enumerate(items_at(page, "hits", "list_entities")):
            if not is_object(hit):
                raise DecodeError("list_entities", f"hits[{at}]", hit, expected="an object")
            if (entry := hit.get("entryId")) is not None:
                check.entry(entry)
        yield page
    check.finish(exact=False)  # a catalog may be replaced by a larger one


def tell_unmatched(client: Azul, filters: Mapping[str, Any], catalog: str, entity: str = "files") -> None:
    """Log which conditions of a search without results have a value that the catalog lacks, with similar values.

    Args:
        client: The service.
        filters: The conditions.
        catalog: The catalog; empty for the default one.
        entity: The type of the entities.
    """
    for warning in unmatched(filters, facet_values(_term_facets(client, catalog, entity))):
        _log.warning("%s", warning)


def _fetched(
    client: Azul,
    entity: str,
    filters: Mapping[str, Any],
    catalog: str,
    sort: str,
    size: int,
    fetch: Callable[[AzulApi, str, dict[str, Any], int], Iterator[dict[str, Any]]],
) -> Iterator[dict[str, Any]]:
    """The pages of a search; what the service cannot send as one page is requested as smaller ones.

    Single entities make a page too large, so later pages grow back to the size requested, ever later on repeated failures.
    """
    query: dict[str, Any] = {"catalog": catalog or OMIT, "sort": sort or OMIT, "filters": filters}
    retry = client.retry
    hasty = client.with_options(retry=replace(retry, statuses=retry.statuses - _TOO_LARGE))
    largest, received, grows_after = size, 0, 2
    while True:
        try:
            for page in fetch(hasty if size > FEW else client, entity, query, size):
                yield page
                following = parse_qsl(url_parts(page["pagination"].get("next") or "").query)
                query |= {name: value for name, value in following if name.startswith("search_after")}
                received += 1
                if size < largest and received >= grows_after and following:
                    break
            else:
                return
            size, received = min(largest, size * 4), 0
        except BadRequest as error:
            limit = _LIMIT.search(error.message)
            if limit is None or not 0 < int(limit[1]) < size:
                raise
            size = largest = int(limit[1])
        except ServerError as error:
            if error.status not in _TOO_LARGE or size <= FEW:
                raise
            size, received, grows_after = max(FEW, size // 4), 0, grows_after * 2


def _gotten(client: AzulApi, entity: str, query: dict[str, Any], size: int) -> Iterator[dict[str, Any]]:
    operation = client.list_entities
    request = operation.build(entity_type=entity, size=size, **{**query, "filters": query["filters"] or OMIT})
    return (_checked_page(response) for response in operation.responses(request))


def _posted(client: AzulApi, entity: str, query: dict[str, Any], size: int) -> Iterator[dict[str, Any]]:
    """The pages of a search by POST: the next page's address is too long to be requested, so its parameters are sent."""
    query = {**query, "filters": json.dumps(query["filters"])}
    seen = set[str]()
    while True:
        page = _checked_page(client.search_entities.raw(entity_type=entity, size=size, **query))
        yield page
        following: str | None = page["pagination"].get("next")
        if not following:
            return
        if following in seen:
            raise DecodeError("search_entities", "pagination.next", following, expected="the URL of another page")
        seen.add(following)
        query = dict(parse_qsl(url_parts(following).query))
        query.pop("size", None)
        page_break()


# Ages are objects, with a value and a unit.
_TERM = union(STRING, NUMBER, BOOLEAN, NULL, mapping(ANY))
_FACET = members(terms=optional(array(members(term=_TERM, count=INTEGER))))
_PAGE = members(hits=array(HIT), pagination=members(next=optional(STRING)), termFacets=mapping(_FACET))


def _checked_page(response: httpx.Response) -> dict[str, Any]:
    return checked_json(response, "list_entities", _PAGE)


def _term_facets(client: Azul, catalog: str, entity: str = "files") -> dict[str, Any]:
    return _checked_page(client.list_entities.raw(entity_type=entity, catalog=catalog or OMIT, size=1))["termFacets"]


def _explained(
    client: Azul, error: BadRequest, filters: Mapping[str, Any], catalog: str, entity: str = ""
) -> BadRequest | UsageError:
    """Why the service refused a search, with the names that it knows; the error itself where that does not show it."""
    types = next((entry.entity_types for entry in catalogs(client) if entry.name == catalog or not catalog), ())
    if entity and types and entity not in types:
        return UsageError(
            f"{entity!r} is not a type of this catalog's entities", remedy=f"Use one of: {', '.join(types)}."
        )
    facets = facet_values(_term_facets(client, catalog)) if filters else {}
    for field in filters:
        # Fields that are no facets, such as fileId, are valid too: only one that the service names as such is unknown.
        name = re.escape(field)
        if field not in facets and re.search(rf"Unknown field `{name}`|'{name}'.* unexpected", error.message):
            return UnknownFacet(field, facets)
    return error


def file_of(client: Azul, uuid: str, catalog: str = "") -> AzulFile:
    """Return a file by its UUID.

    Args:
        client: The service.
        uuid: The UUID.
        catalog: The catalog; empty for the default one.

    Raises:
        NotFound: There is no such file.
    """
    response = client.get_entity.raw(entity_type="files", entity_id=uuid, catalog=catalog or OMIT)
    file = of_hit(checked_json(response, "get_entity", HIT), catalog)[0]
    UUID.check(uuid, file.uuid, "get_entity files")
    return file
