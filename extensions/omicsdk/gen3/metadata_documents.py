"""Documents of a commons' metadata service: read and searched page by page, and stored."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

from omicsdk.core.checked_json import checked_json
from omicsdk.core.errors import APIError, Conflict, OmicsError, TransportError, UsageError
from omicsdk.core.items import page_break
from omicsdk.core.model import ANY, STRING, array, check, mapping, members
from omicsdk.core.page_items import check_advances
from omicsdk.core.request import Query, Request, query_text, request
from omicsdk.core.response import json_of
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.gen3.errors import FATAL, tried

if TYPE_CHECKING:
    from omicsdk_api.gen3.metadata import MetadataApi

    from omicsdk.gen3.client import Gen3

# Documents that are requested at once, the most that a commons returns.
PAGE = 2000
CREATED, UPDATED = "created", "updated"
# Is called where a limit has left something out.
OnMore = Callable[[], None]
Document = dict[str, Any]


def with_query(request: Request, query: Query) -> Request:
    """Return a request with further query parameters; those that are None are not sent."""
    more = query_text(query)
    if not more:
        return request
    return request.at(f"{request.url}{'&' if '?' in request.url else '?'}{more}")


@contextmanager
def after(action: str) -> Generator[None]:
    """State what the first of two requests did when the second fails.

    Args:
        action: What the first one did.

    Raises:
        OmicsError: The second one failed.
    """
    try:
        yield
    except OmicsError as error:
        error.remedy = f"{action}. {error.remedy}"
        raise


def query_documents(
    metadata: MetadataApi,
    conditions: str | None = None,
    *,
    full: bool = False,
    limit: int | None = None,
    offset: int = 0,
    further: Query = (),
) -> Any:
    """Search for documents by their values.

    Args:
        metadata: The metadata service.
        conditions: KEY=VALUE with & between, as in a URL. Different keys must all match, of a key that is stated twice
            any value; `*` is any value.
        full: Whether to return documents, or GUIDs alone.
        limit: Maximum number of results. Above PAGE several pages are requested; None returns the commons' default number.
        offset: Records to skip.
        further: Further query parameters.

    Returns:
        A list of GUIDs; with `full` the documents by GUID.
    """
    listing = metadata.query
    conditions_read = (*parse_qsl((conditions or "").lstrip("?"), keep_blank_values=True), ("data", full))

    def page(length: int | None, begin: int) -> Any:
        query = (*conditions_read, ("limit", length), ("offset", begin), *further)
        # One page alone: the operation's own pages would follow it.
        response = next(listing.responses(request(listing.facts, "/metadata", query=query)))
        return checked_json(response, "query", mapping(ANY) if full else array(STRING))

    if limit is None or limit <= PAGE:
        return page(limit, offset)
    documents: Any = {} if full else []
    begin, end = offset, offset + limit
    while begin < end and (part := page(min(end - begin, PAGE), begin)):
        (documents.update if full else documents.extend)(part)
        begin += len(part)
    return documents


def document_of(client: Gen3, guid: str) -> Document:
    """Request a document.

    Raises:
        NotFound: There is no such document.
        DecodeError: The response is no object.
    """
    return checked_json(client.metadata.get.raw(guid=guid), "get", mapping(ANY))


def documents_of(
    client: Gen3, guid_type: str, *, limit: int | None = None, aggregate: bool = False, on_more: OnMore | None = None
) -> Iterator[tuple[str, Document]]:
    """Read the documents of a type with their GUIDs, page by page.

    Args:
        client: The commons.
        guid_type: Their type.
        limit: The number, at most; all by default.
        aggregate: Whether to read those of all commons that the commons gathers.
        on_more: Called where there are more than `limit`.
    """
    service, offset, counts = client.metadata, 0, True
    before: list[str] | None = None
    page: Any
    while True:
        length = PAGE if limit is None else min(limit - offset + 1, PAGE)  # one more shows whether there are more
        if aggregate:
            page = service.get_aggregate_metadata(limit=length, offset=offset, pagination=True)
            check("get_aggregate_metadata", "", page, mapping(ANY))
            # Current services count; they answer {} when their Elasticsearch fails, and beyond 10,000 documents.
            counts &= not page or "pagination" in page
            if counts:
                check("get_aggregate_metadata", "", page, members(results=mapping(ANY)))
                page = page["results"]
            documents = list(_gathered(page))
        else:
            filters = {"_guid_type": guid_type}
            page = service.query_documents(data=True, limit=length, offset=offset, filters=filters)
            check("query_documents", "", page, _DOCUMENTS)
            documents = list(page.items())
        guids = [guid for guid, _ in documents]
        check_advances("query_documents", guids, before)
        before = guids
        if limit is not None and offset + len(documents) > limit:
            yield from documents[: limit - offset]
            if on_more is not None:
                on_more()
            return
        yield from documents
        if not documents:  # a short page is no sign of the end: a commons may give fewer than were requested
            return
        offset += len(documents)
        page_break()


def _gathered(page: Mapping[str, Any]) -> Iterator[tuple[str, Document]]:
    """The documents of all commons: each commons has a list of objects by GUID."""
    for name, entries in page.items():
        for number, entry in enumerate(entries if is_array(entries) else [entries]):
            check("get_aggregate_metadata", f"{name}[{number}]", entry, _DOCUMENTS)
            yield from entry.items()


_DOCUMENTS = mapping(mapping(ANY))


def store_documents(client: Gen3, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, str | OmicsError]:
    """Store documents, in place of existing ones.

    Args:
        client: The commons.
        documents: The documents by their GUIDs.

    Returns:
        By GUID whether it was created or updated, or why it failed.

    Raises:
        OmicsError: One of `FATAL`.
    """
    states = _stored_at_once(client, documents) if len(documents) > 1 else {}
    return {guid: states.get(guid) or _stored(client, guid, document) for guid, document in documents.items()}


def _stored_at_once(client: Gen3, documents: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The states of documents that were sent together; those without one are sent alone."""
    operation = client.metadata_admin.batch_create
    body = [{"guid": guid, "data": dict(document)} for guid, document in documents.items()]
    try:
        # With overwrite sending it twice is harmless, which the document cannot state for the operation.
        request = replace(operation.build(body=cast("Any", body), overwrite=True), idempotent=True)
        response: Any = json_of(next(operation.responses(request)))
    except FATAL:
        raise
    except (APIError, TransportError, UsageError):  # one of them is refused, or is no JSON, and perhaps for all
        return {}
    names = {state: response.get(state) if is_object(response) else None for state in (CREATED, UPDATED)}
    return {str(guid): state for state, guids in names.items() if is_array(guids) for guid in guids}


def _stored(client: Gen3, guid: str, document: Mapping[str, Any]) -> str | OmicsError:
    def store() -> str:
        try:
            client.metadata_admin.create(guid=guid, body=document)
        except Conflict:
            client.metadata_admin.update(guid=guid, body=document)
            return UPDATED
        return CREATED

    return tried(store)
