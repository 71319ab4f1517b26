"""Records of a commons' index: searched, found, created, changed and deleted."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cached_property
from threading import Event
from typing import TYPE_CHECKING, Any, TypeVar

from omicsdk_api.gen3.indexd.models.output_info import OutputInfo
from omicsdk_api.gen3.indexd.models.output_ref import OutputRef

from omicsdk.core.bodies import Joined
from omicsdk.core.checked_json import checked_json
from omicsdk.core.errors import (
    APIError,
    AuthError,
    Conflict,
    ConnectFailed,
    DecodeError,
    NotFound,
    OmicsError,
    TransportError,
)
from omicsdk.core.items import page_break
from omicsdk.core.logs import logger
from omicsdk.core.model import ANY, SIZE, STRING, Shape, array, mapping, members, optional
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.page_items import check_advances, found_at, items_at
from omicsdk.core.plain_client import clock_of
from omicsdk.core.platform import deleting
from omicsdk.core.request import Query, joined, request
from omicsdk.core.response import json_of
from omicsdk.core.retry import RETRIED_STATUSES, Retry
from omicsdk.core.type_guards import is_array, is_mapping, is_object, number_in
from omicsdk.drs.identifiers import OBJECT
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.errors import Gen3UserError

if TYPE_CHECKING:
    import httpx
    from omicsdk_api.gen3.indexd import IndexdApi

    from omicsdk.core.clock import Clock


# Records on a page, the most that an index gives.
PAGE = 1024
URLS_PAGE = 1000
Record = dict[str, Any]


def all_records(indexd: IndexdApi, *, page: int | None = None) -> list[Record]:
    """Read all records of an index as its JSON, several stretches of a long list at the same time.

    Args:
        indexd: The index.
        page: Records on a page, at most PAGE, which is the default.

    Returns:
        The records, in the index's order.
    """
    size = min(page or PAGE, PAGE)

    def after(start: str | Omit) -> list[Record]:
        return records_of(json_of(indexd.list_records.raw(limit=size, start=start)))

    return whole_list(after, after(OMIT), size)


def search_page(indexd: IndexdApi, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return one page of the records that meet all criteria, as its JSON.

    Args:
        indexd: The index.
        params: The criteria, as in `criteria`, with `limit` and `start`.
    """
    # The operation's own pages would follow it, and accept no criteria as objects.
    listing = indexd.list_records
    return json_of(next(listing.responses(request(listing.facts, "/index", query=criteria(params)))))


def first_record(indexd: IndexdApi, params: Mapping[str, Any]) -> Record:
    """Return the first record that meets all criteria, as its JSON.

    Args:
        indexd: The index.
        params: The criteria, as in `criteria`.

    Raises:
        NotFound: No record meets them.
    """
    if records := records_of(search_page(indexd, {**params, "limit": 1})):
        return records[0]
    criteria = ", ".join(f"{name}={value}" for name, value in params.items()) or "no criteria"
    error = NotFound(f"No record has {criteria}", status=404, url=indexd.base_url, operation="get_with_params")
    error.remedy = "Check the criteria."
    raise error


#: Criteria by which an index may count a record several times, so that a page that is not the last one is short.
_JOINED = frozenset({"urls_metadata", "negate_params"})


def matching_records(indexd: IndexdApi, params: Mapping[str, Any], *, page: int = PAGE) -> Iterator[Record]:
    """Read all records that meet criteria as its JSON, in the order of their GUIDs, a page at a time.

    Args:
        indexd: The index.
        params: The criteria, as in `criteria`.
        page: Records on a page.
    """
    start: dict[str, Any] = {}
    is_short_last = _JOINED.isdisjoint(params)
    while records := records_of(search_page(indexd, {**params, "limit": page, **start})):
        check_advances("list_records", records[-1]["did"], start.get("start"))
        yield from records
        if is_short_last and len(records) < min(page, PAGE):  # an index refuses longer pages than it returns
            return
        start = {"start": records[-1]["did"]}
        page_break()


#: URLs that an index gives where it does not state how many.
_URLS = 100


def urls_of(indexd: IndexdApi, guids: Sequence[str] | None, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return the index's response with the URLs of records: in `urls` all of them, each `url` with its `metadata`.

    Args:
        indexd: The index.
        guids: The GUIDs of the records; None for those that meet the criteria.
        params: Criteria: `size` and `hashes`.
    """
    conditions = {**params, **({} if guids is None else {"ids": guids})}
    listing = indexd.get_urls
    response = json_of(next(listing.responses(request(listing.facts, "/urls", query=criteria(conditions)))))
    urls: list[dict[str, Any]] = items_at(response, "urls", "get_urls", members(url=STRING))
    if len(urls) < (number_in(response.get("limit")) or _URLS):
        return response
    # There may be more without a next page: the index does not sort them, and releases differ in which records they count.
    records = matching_records(indexd, params) if guids is None else records_with(indexd, guids)
    every = [{"url": url, "metadata": metadata} for record in records for url, metadata in _stated_urls(record)]
    return {**response, "urls": every}


def _stated_urls(record: Record) -> Iterator[tuple[str, Any]]:
    """The URLs of a record, each with its metadata as they are stored."""
    metadata: dict[str, Any] = record.get("urls_metadata") or {}
    for url in record.get("urls") or ():
        yield url, metadata.get(url, {})


def records_by_url(indexd: IndexdApi, pattern: str) -> list[dict[str, Any]]:
    """List the records that have a text in one of their URLs, each `did` with its `urls`.

    Args:
        indexd: The index.
        pattern: The text, a part of a URL.
    """
    asking, query = indexd.query_urls, list[dict[str, Any]]()
    for response in asking.responses(asking.build(include=pattern, limit=URLS_PAGE)):
        page = items_at(json_of(response), "", "query_urls", members(did=STRING, urls=_TEXTS))
        query += page
        if len(page) < URLS_PAGE:  # an index refuses longer pages than it returns
            break
    return query


def criteria(params: Mapping[str, Any]) -> Query:
    """The query of a search for records.

    Args:
        params: Criteria by name. `hashes` and `metadata` may be objects, `urls_metadata` and `negate_params` too; of a list
            each member is a criterion, but for `ids`, `acl` and `authz`, which are one.
    """
    return tuple(pair for name, value in params.items() for pair in _criterion(name, value))


def _criterion(name: str, value: Any) -> list[tuple[str, Any]]:
    if name in ("hash", "hashes", "metadata") and is_mapping(value):
        key = "hash" if name == "hashes" else name
        return [(key, f"{kind}:{text}") for kind, text in value.items()]
    if is_mapping(value):
        return [(name, json.dumps(value))]
    if name in ("ids", "acl", "authz") and isinstance(value, (list, tuple)):
        items = joined(value, ",")
        if isinstance(items, Joined):
            items.refuse_delimiters(name)  # indexd decodes before it splits: an encoded comma would separate too
        return [(name, items)]
    return [("hash" if name == "hashes" else name, value)]


_TEXT, _TEXTS = optional(STRING), optional(array(STRING))
_FIELDS = {
    **dict.fromkeys(("rev", "baseid", "file_name"), _TEXT),
    "size": optional(SIZE),
    **dict.fromkeys(("urls", "acl", "authz"), _TEXTS),
    "urls_metadata": optional(mapping(ANY)),
    "hashes": optional(mapping(STRING)),
}
# What is read of a record.
RECORD = members(did=STRING, **_FIELDS)
# What is read of what an index has for a GUID; a bundle states an id in place of it.
RECORD_OR_BUNDLE = members(did=_TEXT, **_FIELDS)


def record_of(response: httpx.Response, operation: str, shape: Shape = RECORD_OR_BUNDLE) -> Record:
    """The record or bundle of a response.

    Raises:
        DecodeError: It is none.
    """
    return checked_json(response, operation, shape)


def records_of(page: Any) -> list[Record]:
    """The records of a page.

    Raises:
        DecodeError: It has no list of them, or something else in it.
    """
    return items_at(page, "records", "list_records", RECORD)


def records_with(indexd: IndexdApi, guids: Sequence[str]) -> list[Record]:
    """Request records by their GUIDs; those that do not exist are left out."""
    return items_at(json_of(indexd.get_records.raw(body=list(guids))), "", "get_records", RECORD)


def versions_of(indexd: IndexdApi, guid: str) -> list[Record]:
    """Request all versions of a file by the GUID of one of them, oldest first.

    Raises:
        NotFound: There is no such record.
    """
    versions = checked_json(indexd.get_versions.raw(guid=guid), "get_versions", mapping(RECORD))
    # Keys are numbers as text: 10 comes after 9.
    return [versions[number] for number in sorted(versions, key=lambda number: (len(number), number))]


def valid_guids(indexd: IndexdApi, count: int | None = None) -> list[str]:
    """Request GUIDs that no record has; one, unless `count` states how many.

    Raises:
        DecodeError: There are not as many as were requested.
    """
    payload = json_of(indexd.get_valid_guids.raw(**without_none(count=count)))
    guids = items_at(payload, "guids", "get_valid_guids", STRING)
    if len(guids) < (minimum := 1 if count is None else count):
        raise DecodeError("get_valid_guids", "guids", guids, expected=f"a list of {minimum} GUIDs")
    return guids


def did_of(response: httpx.Response, operation: str) -> str:
    """The GUID of a record that was created.

    Raises:
        DecodeError: It is not stated.
    """
    return checked_json(response, operation, members(did=STRING))["did"]


def read_record(indexd: IndexdApi, guid: str, shape: Shape = RECORD) -> OutputInfo:
    """Request a record; a prefix of its GUID may be left out.

    Raises:
        NotFound: There is no such record.
        DecodeError: The response is none.
    """
    return OutputInfo.from_dict(record_of(indexd.get_record.raw(guid=guid), "get_record", shape))


# An index returns what follows a GUID, a page at a time. GUIDs end in random UUIDs, so that a list can be divided
# before it is read. The order depends on the index (its database may ignore hyphens): a stretch ends at the first
# record of the next one, not where this program expects it to end, and a record that occurs twice is returned once.
# Gives the records that come after a GUID; none after the last.
Page = Callable[[str], list[Record]]

#: Stretches that are read at once.
MOST = 8
#: Pages that make it worth to begin another stretch.
PAGES = 4
_UUID = re.compile(r"(?P<prefix>.*?)(?P<place>[0-9a-f]{4})[0-9a-f]{4}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.DOTALL)
_PLACES = 1 << 16


def cuts(last: str) -> list[str]:
    """Return where to divide the rest of a list.

    Args:
        last: The GUID of its first page's last record.

    Returns:
        What stretches begin after, the first one's left out; none where the list is short, or GUIDs are not UUIDs.
    """
    match = _UUID.fullmatch(last)
    if match is None:
        return []
    # GUIDs are evenly distributed: if the first page ends at this place, the rest has a page for each such distance.
    offset = int(match["place"], 16) + 1
    pages_left = (_PLACES - offset) / offset
    count = min(MOST, int(pages_left / PAGES))
    width = (_PLACES - offset) / count if count else 0
    return [f"{match['prefix']}{int(offset + width * number):04x}" for number in range(1, count)]


def whole_list(page: Page, beginning: list[Record], size: int) -> list[Record]:
    """All records of a list.

    Args:
        page: Returns pages; it is called in several threads.
        beginning: The first page.
        size: How many records were requested with a page; after fewer there is little left.

    Returns:
        The records, in the index's order.
    """
    if not beginning:
        return []
    last = beginning[-1]["did"]
    starts = [last, *(cuts(last) if len(beginning) >= size else ())]
    if len(starts) == 1:
        return beginning + _stretch(last, page, page(last), None, Event())
    stopped = Event()
    with ThreadPoolExecutor(len(starts), "gen3-index") as pool:
        # Queued before the stretches, each of which waits for the next one's first page: there are threads for all first pages,
        # so that no stretch waits for one that cannot begin.
        firsts = [pool.submit(page, start) for start in starts]
        try:
            following: Sequence[Future[list[Record]] | None] = [*firsts[1:], None]
            reading = [
                pool.submit(_after_first, start, page, first, next_first, stopped)
                for start, first, next_first in zip(starts, firsts, following, strict=True)
            ]
            rest = [record for page in reading for record in page.result()]
        finally:
            stopped.set()
    return list({record["did"]: record for record in beginning + rest}.values())


def _after_first(
    start: str, page: Page, first: Future[list[Record]], following: Future[list[Record]] | None, stopped: Event
) -> list[Record]:
    beginning = following.result() if following is not None else []
    return _stretch(start, page, first.result(), beginning[0]["did"] if beginning else None, stopped)


def _stretch(start: str, page: Page, records: list[Record], end: str | None, stopped: Event) -> list[Record]:
    """The records from a page on, up to the one that the next stretch begins with."""
    stretch: list[Record] = []
    while records and not stopped.is_set():
        check_advances("list_records", records[-1]["did"], start)
        if end is not None:
            index = next((number for number, record in enumerate(records) if record["did"] == end), None)
            if index is not None:
                return stretch + records[:index]
        stretch += records
        start = records[-1]["did"]
        records = page(start)
    return stretch


T = TypeVar("T")
_log = logger("omicsdk.gen3")


def without_none(**fields: Any) -> dict[str, Any]:
    """Fields of a body, without those that were not given."""
    return {name: value for name, value in fields.items() if value is not None}


def new_record(**fields: Any) -> dict[str, Any]:
    """The fields of a record that is created; its URLs may be none, but have to be stated.

    Raises:
        Gen3UserError: There are no hashes, or no size.
    """
    for name in ("hashes", "size"):
        if fields.get(name) is None:
            raise Gen3UserError(
                f"A record cannot be created without {name}",
                remedy=f"Pass {name}=, or create a blank record of the file.",
            )
    return {"form": "object", **without_none(**fields), "urls": fields.get("urls") or []}


@contextmanager
def unless_changed(guid: str, rev: str) -> Generator[None]:
    """State what to do if a record changed since it was read.

    Args:
        guid: The record.
        rev: Its revision, as it was read.

    Raises:
        Conflict: It has changed.
    """
    try:
        yield
    except Conflict as error:
        error.remedy = (
            f"Another client has changed {guid} since its revision {rev} was read, and nothing was overwritten. "
            "Read it again, see what has changed, and repeat the call if it is still right."
        )
        raise


def update_record(indexd: IndexdApi, record: OutputInfo, changed: Mapping[str, Any]) -> OutputRef:
    """Change a record, unless it was changed since it was read.

    Args:
        indexd: The index.
        record: The record as it was read.
        changed: The fields that change.

    Raises:
        Conflict: It was changed.
    """
    guid, rev = record.did or "", record.rev or ""
    urls, sent = set(record.urls or ()), dict(changed)
    if (
        "urls" in changed
        and "urls_metadata" not in changed
        and (remaining_urls := urls.intersection(changed["urls"])) != urls
    ):
        # The index refuses to forget a URL of which metadata are left, so those of the others are sent as they are stored.
        # `get_record` does not give them so: the index adds where a URL is and whether it can be reached (`available`,
        # `cloud`, `region`), and these would become stored ones; `get` and lists add nothing. The update names the revision
        # that was read, so the present values are only used if nothing changed in between.
        stored = record_of(indexd.get.raw(guid=guid, no_dist=""), "get") if remaining_urls else record.to_dict()
        OBJECT.check(guid, stored.get("did"), "get")
        if is_object(metadata := stored.get("urls_metadata")):
            sent["urls_metadata"] = {url: about for url, about in metadata.items() if about and url in changed["urls"]}
    with unless_changed(guid, rev):
        return indexd.update_record(guid=guid, rev=rev, **sent)


def change_record(client: Gen3, guid: str, **fields: Any) -> OutputRef:
    """Change a record of the index, unless another client changes it meanwhile. Other fields are kept.

    Metadata of removed URLs are removed with them; those of the others are kept.

    Args:
        guid: The record; a prefix may be left out.
        **fields: Fields of `indexd.update_record`.

    Returns:
        The identifiers of the record, with its new revision.

    Raises:
        Conflict: It was changed at the same time; nothing was overwritten.
        NotFound: There is no such record.
    """
    # An index reads a record by a GUID without its prefix, and changes it by the whole GUID alone.
    return update_record(client.indexd, read_record(client.indexd, guid), fields)


def create_record(
    client: Gen3,
    *,
    md5: str,
    size: int,
    url: Sequence[str] = (),
    authz: Sequence[str] = (),
    file_name: str | None = None,
    guid: str | None = None,
) -> dict[str, Any]:
    """Create a record of a file that is already stored.

    Args:
        md5: MD5 sum of the file.
        size: Size of the file in bytes.
        url: Where it is stored, such as s3://BUCKET/KEY.
        authz: Resources that control who may read it, such as /programs/P/projects/Q.
        file_name: Name of the file.
        guid: GUID of the record; by default the commons chooses one.

    Returns:
        The identifiers of the record.
    """
    resources = list(authz) or None
    body = new_record(hashes={"md5": md5}, size=size, urls=list(url), authz=resources, file_name=file_name, did=guid)
    return checked_json(client.indexd.create_record.raw(**body), "create_record", members(did=STRING))


def edit_record(
    client: Gen3,
    guid: str,
    *,
    url: Sequence[str] | None = None,
    authz: Sequence[str] | None = None,
    acl: Sequence[str] | None = None,
    file_name: str | None = None,
    version: str | None = None,
) -> dict[str, Any]:
    """Change the record of a file; other fields are kept.

    Args:
        guid: GUID of the record.
        url: All URLs where it is stored.
        authz: All resources that control who may read it.
        acl: All members of its access list.
        file_name: Name of the file.
        version: Version of the record.

    Returns:
        The record as it is now.

    Raises:
        Conflict: It was changed at the same time; nothing was overwritten.
        Gen3UserError: Nothing was requested to change.
    """
    fields = without_none(urls=url, authz=authz, acl=acl, file_name=file_name, version=version)
    if not fields:
        raise Gen3UserError(f"No change is given for {guid}", remedy="Pass url, authz, acl, file_name or version.")
    change_record(client, guid, **fields)
    return record_of(client.indexd.get_record.raw(guid=guid), "get_record")


def delete_record(client: Gen3, guid: str) -> OutputInfo:
    """Delete a record of the index; the file's bytes are kept.

    It is not deleted when another client changes it at the same time.

    Args:
        guid: The record; a prefix may be left out.

    Returns:
        The record as it was.

    Raises:
        Conflict: It was changed at the same time, and is still there.
        NotFound: There is no such record.
    """
    record = read_record(client.indexd, guid)
    whole, rev = record.did or "", record.rev or ""
    with unless_changed(whole, rev), deleting():
        client.indexd.delete_record(guid=whole, rev=rev)
    return record


# Tries to change a record against others who change it, and to create something whose response is lost.
ATTEMPTS = 4
_PAUSES = Retry(attempts=ATTEMPTS)


def created_once(create: Callable[[], str], find: Callable[[], str | None], clock: Clock) -> str:
    """Create something by a request that must not be sent twice once it has arrived.

    Clients do not repeat such a request. This function does, after checking whether the lost request created something.

    Args:
        create: Sends the request; returns the identifier of what was created.
        find: Returns the identifier of what was created, or None.
        clock: Waits between two tries.

    Raises:
        OmicsError: What `create` raised.
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            return create()
        except ConnectFailed:  # nothing was sent, and the client has retried
            raise
        except (TransportError, APIError) as error:
            if isinstance(error, APIError) and error.status not in RETRIED_STATUSES:
                raise
            if existing := find():
                return existing
            if attempt == ATTEMPTS:
                raise
        clock.sleep(_PAUSES.pause(attempt, random.random()))  # noqa: S311 - jitter


def _uncontended(change: Callable[[], T]) -> T:
    """Make a change, again if another client changes the same record meanwhile."""
    for _ in range(ATTEMPTS - 1):
        with suppress(Conflict):
            return change()
    return change()


def guids_prefix(client: Gen3) -> str:
    """The prefix of a commons' own GUIDs, such as `dg.4503/`; empty if it has none, or does not state it.

    Args:
        client: The commons.

    Raises:
        TransportError: It does not respond.
    """
    try:
        prefix = found_at(json_of(client.indexd.get_guids_prefix.raw()), "prefix")
    except TransportError:
        raise
    except OmicsError:
        return ""
    return prefix if isinstance(prefix, str) else ""


class IndexRecords:
    """The records of a commons' index, for work on many of them. Thread-safe.

    Args:
        client: The commons.
    """

    def __init__(self, client: Gen3) -> None:
        self._client = client
        self._indexd = client.indexd
        self._clock = clock_of(client)
        self._refuses_bulk = False

    @cached_property
    def prefix(self) -> str:
        """The prefix of the commons' GUIDs; empty if there is none, or it is unknown."""
        return guids_prefix(self._client)

    def find(self, guids: Sequence[str]) -> dict[str, OutputInfo]:
        """Find records by their GUIDs, with or without the commons' prefix; those that do not exist are left out.

        Args:
            guids: The GUIDs.
        """
        requested = dict.fromkeys(guid for guid in guids if guid)
        short = [guid for guid in requested if "/" not in guid]
        prefix = self.prefix if short else ""
        if not requested:
            return {}
        # A request for several returns records by their whole GUIDs only; a GET finds them without the prefix, too.
        records: dict[str, OutputInfo] = {}
        if not self._refuses_bulk:
            records = self._at_once([*requested, *(f"{prefix}{guid}" for guid in short if prefix)])
        if self._refuses_bulk:
            records = self._one_by_one(requested)
        records_by_guid = {guid: records.get(guid) or records.get(f"{prefix}{guid}") for guid in requested}
        return {guid: record for guid, record in records_by_guid.items() if record is not None}

    def _at_once(self, guids: Sequence[str]) -> dict[str, OutputInfo]:
        """Request records together; if the commons refuses that, request them one by one from now on."""
        try:
            response = self._indexd.get_records.raw(body=guids)
        # A login that is refused would be refused for each record, too.
        except AuthError:
            raise
        except APIError as error:
            _log.info("%s refuses a request for several records: %s", self._indexd.base_url, error.message)
            self._refuses_bulk = True
            return {}
        return {record.did or "": record for record in _records(response, "", "get_records")}

    def _one_by_one(self, guids: Iterable[str]) -> dict[str, OutputInfo]:
        records: dict[str, OutputInfo] = {}
        for guid in guids:
            with suppress(NotFound):
                records[guid] = read_record(self._indexd, guid, RECORD_OR_BUNDLE)
        return records

    def with_md5(self, md5: str, size: int | None = None, url: str | None = None) -> list[OutputInfo]:
        """List the records that have an MD5 sum, and optionally a size and a URL.

        Args:
            md5: The sum.
            size: The size in bytes.
            url: One of the URLs.
        """
        criteria = without_none(hash=f"md5:{md5}", size=size, url=url)
        return [OutputInfo.from_dict(record) for record in matching_records(self._indexd, criteria)]

    def pages_after(self, did: str = "") -> Iterator[list[OutputInfo]]:
        """Read all records in the order of their GUIDs, a page at a time.

        Args:
            did: The GUID after which to begin; empty for all.
        """
        listing = self._indexd.list_records
        while page := _records(listing.raw(limit=PAGE, start=did or OMIT), "records", "list_records"):
            last = page[-1].did or ""
            check_advances("list_records", last, did)
            yield page
            did = last

    def created(self, fields: Mapping[str, Any], *, after: str = "") -> str:
        """Create a record. If the response is lost, the record is looked up before it is created again.

        Args:
            fields: The record.
            after: The GUID of an earlier version; empty for a new file.

        Returns:
            Its GUID.

        Raises:
            Conflict: Another record has this GUID.
        """

        def create() -> str:
            if after:
                return did_of(self._indexd.create_new_version.raw(guid=after, **fields), "create_new_version")
            return did_of(self._indexd.create_record.raw(**fields), "create_record")

        return created_once(create, lambda: self.existing(fields, after), self._clock)

    def existing(self, fields: Mapping[str, Any], after: str = "") -> str | None:
        """Find a record of equal MD5 sum, size, URLs and name, and equal access rules where they are stated.

        Args:
            fields: The record, as for `created`.
            after: The GUID of an earlier version; empty for a new file.

        Returns:
            Its GUID; None without one.
        """
        if did := fields.get("did"):
            records = list(self.find([did]).values())
        else:
            url = next(iter(fields.get("urls") or ()), None)
            records = self.with_md5(fields["hashes"]["md5"], fields["size"], url)
        # A file that is stored twice has equal records in two series of versions.
        if after and records:
            versions = {version.get("baseid") for version in versions_of(self._indexd, after)}
            records = [record for record in records if record.baseid in versions and record.did != after]
        return next((record.did for record in records if _equals(record, fields)), None)

    def changed(self, guid: str, changed: Mapping[str, Any], *, add_urls: bool = False) -> bool:
        """Change a record, again if another client changes it meanwhile.

        Args:
            guid: The record.
            changed: The values of its fields.
            add_urls: Whether URLs are added to those that it has.

        Returns:
            Whether anything was to be changed.
        """

        def change() -> bool:
            record = read_record(self._indexd, guid)
            fields = differences(record, changed, add_urls=add_urls)
            if fields:
                update_record(self._indexd, record, fields)
            return bool(fields)

        return _uncontended(change)

    def deleted(self, guid: str) -> bool:
        """Delete a record.

        Args:
            guid: The record.

        Returns:
            Whether it existed.
        """

        def delete() -> bool:
            try:
                record = read_record(self._indexd, guid)
                with deleting():
                    self._indexd.delete_record(guid=record.did or "", rev=record.rev or "")
            except NotFound:
                return False
            return True

        return _uncontended(delete)


def _records(response: httpx.Response, key: str, operation: str) -> list[OutputInfo]:
    """The records of a response: one without its list is an error, since it would end a listing early."""
    return [OutputInfo.from_dict(record) for record in items_at(json_of(response), key, operation, RECORD)]


def differences(record: OutputInfo, changed: Mapping[str, Any], *, add_urls: bool = False) -> dict[str, Any]:
    """Compare a record with given values; the order of lists does not matter.

    Args:
        record: The record.
        changed: The values of its fields.
        add_urls: Whether URLs are added to those that it has.

    Returns:
        The fields that change.
    """
    changes = dict[str, Any]()
    for name, value in changed.items():
        stored = getattr(record, name)
        if is_array(value):
            has: list[Any] = stored or []
            requested = (
                [*has, *(value_to_add for value_to_add in value if value_to_add not in has)]
                if add_urls and name == "urls"
                else value
            )
            if set(requested) != set(has):
                changes[name] = requested
        elif value != stored and (value or stored):
            changes[name] = value
    return changes


def md5_in(record: OutputInfo) -> str | None:
    """The MD5 sum of a record; None without one."""
    return record.hashes.md5 if record.hashes else None


def _equals(record: OutputInfo, fields: Mapping[str, Any]) -> bool:
    """Whether a record is the one to be created. It may have further URLs, which other clients added, but must have
    these.
    """
    compared = {name: fields[name] for name in ("urls", "acl", "authz") if name in fields}
    return (
        md5_in(record) == fields["hashes"]["md5"]
        and record.size == fields["size"]
        and bool(fields.get("urls")) == bool(record.urls)
        and not differences(record, compared, add_urls=True)
        and (record.file_name or "") == (fields.get("file_name") or "")
    )
