"""Reading the index of a commons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from omicsdk.core.answer import json_of
from omicsdk.core.errors import APIError, TransportError
from omicsdk.core.omit import OMIT, Omit
from omicsdk.core.paging import items_at
from omicsdk.core.request import request
from omicsdk.gen3.index.asynchronous import AsyncIndexMethods
from omicsdk.gen3.index.requests import URLS_PAGE, Document, first_of, in_order
from omicsdk.gen3.index_records import PAGE, changes, criteria, records_of, stated, urls_left, whole_list

Record = dict[str, Any]
Hashes = Mapping[str, str]


class IndexReading(AsyncIndexMethods):
    """What `Gen3Index` has for reading."""

    # -- the service

    def is_healthy(self) -> bool:
        """Whether the service answers, and says that it is well."""
        try:
            return self._client.get_status.raw().text == "Healthy"
        except (APIError, TransportError):
            return False

    def get_version(self) -> dict[str, Any]:
        """Gives the service's version, as `version` and `commit`."""
        return json_of(self._client.get_version.raw())

    def get_stats(self) -> dict[str, Any]:
        """Gives how many files there are, `fileCount`, and their `totalFileSize` in bytes."""
        return json_of(self._client.get_stats.raw())

    def get_valid_guids(self, count: int | None = None) -> list[str]:
        """Makes GUIDs that no record has.

        Args:
            count: How many; one by default.
        """
        told = json_of(self._client.get_valid_guids.raw(count=OMIT if count is None else count))
        return items_at(told, "guids", "get_valid_guids")

    def get_guids_prefix(self) -> str:
        """Gives what the commons' GUIDs begin with; empty when there is nothing."""
        return json_of(self._client.get_guids_prefix.raw())["prefix"]

    # -- reading

    def iterate_records(self, limit: int | None = None) -> Iterator[Record]:
        """Gives all records, in the order of their GUIDs, a page at a time.

        Args:
            limit: Records on a page, from 1 to 1024; 1024 by default.
        """
        start: str | Omit = OMIT
        while records := self._page(start, limit):
            yield from records
            start = records[-1]["did"]

    def get_all_records(self, limit: int | None = None, paginate: bool = False) -> list[Record]:
        """Gives all records, in the order of their GUIDs; of a long list several stretches are read at the same time.

        Args:
            limit: Without `paginate` how many records at most, all by default; with it how many on a page.
            paginate: Whether `limit` is the length of a page, and all pages are asked for.
        """
        if limit is not None and not paginate:
            return list(islice(self.iterate_records(limit), limit)) if limit > 0 else []
        return whole_list(lambda start: self._page(start, limit), self._page(OMIT, limit), min(limit or PAGE, PAGE))

    def _page(self, start: str | Omit, limit: int | None) -> list[Record]:
        """The records that come after a GUID."""
        return records_of(json_of(self._client.list_records.raw(limit=min(limit or PAGE, PAGE), start=start)))

    def get_records_on_page(self, limit: int | None = None, page: int | None = None) -> list[Record]:
        """Gives the records of one page.

        Args:
            limit: Records on a page, from 1 to 1024; 100 by default.
            page: The page's number, from 0.
        """
        listing = self._client.list_records
        return records_of(json_of(listing.raw(**stated(limit=limit, page=page))))

    def get_record(self, guid: str) -> Record:
        """Gives a record.

        Args:
            guid: Its GUID.

        Raises:
            NotFound: There is no such record.
        """
        return json_of(self._client.get_record.raw(guid=guid))

    def get_record_doc(self, guid: str) -> Document:
        """Gives a record whose members are attributes, too; arguments and errors as those of `get_record`."""
        return Document(self.get_record(guid))

    def get(self, guid: str, dist_resolution: bool = True) -> Record:
        """Gives a record by its GUID or by an alias, from another commons if need be.

        Args:
            guid: The GUID or alias.
            dist_resolution: Whether the indexes of other commons are asked, too.

        Raises:
            NotFound: There is no such record.
        """
        return json_of(self._client.get.raw(guid=guid, no_dist=OMIT if dist_resolution else ""))

    def _changes(self, record: Record, given: Mapping[str, Any]) -> dict[str, Any]:
        """What an update of a record has to send; reads it as it is stored where that is needed.

        The update names the revision of `record`, so what was read later counts only if nothing changed between.
        """
        left = urls_left(record, given)
        if left is None:
            return dict(given)
        return changes(self.get(record["did"], dist_resolution=False) if left else record, given)

    def get_with_params(self, params: Mapping[str, Any] | None = None) -> Record:
        """Gives the first record that meets all criteria.

        Args:
            params: The criteria: `hashes` from type to value, `size`, `file_name`, `urls_metadata`, `metadata`, `uploader`,
                `version`, `acl`, `authz`, `url`.

        Raises:
            NotFound: No record meets them.
        """
        wanted = dict(params or {})
        query = criteria({**wanted, "limit": 1})
        page = next(self._client.list_records.answers(request(self._client.list_records.facts, "/index", query=query)))
        return first_of(json_of(page), wanted, self.endpoint)

    def get_urls(
        self,
        size: int | None = None,
        hashes: Hashes | str | None = None,
        guids: str | Sequence[str] | None = None,
    ) -> list[dict[str, Any]]:
        """Lists the URLs of records, all of them.

        Args:
            size: The size of their files in bytes.
            hashes: Their checksums, from type to value, or one as TYPE:VALUE.
            guids: Their GUIDs.

        Returns:
            Each `url` with its `metadata`.
        """
        found = stated(size=size, hashes=hashes, ids=guids)
        asking = self._client.get_urls
        asked = request(asking.facts, "/urls", query=criteria({**found, "limit": PAGE}))
        urls: list[dict[str, Any]] = items_at(json_of(next(asking.answers(asked))), "urls", "get_urls")
        if len(urls) < PAGE:
            return urls
        # There may be more, and no next page to ask for: the index doesn't sort them, and releases differ in what they count.
        if guids is not None:
            records: Iterable[Record] = self.get_records(guids.split(",") if isinstance(guids, str) else guids)
        else:
            records = self._found(stated(size=size, hashes=hashes))
        return [{"url": url, "metadata": metadata} for record in records for url, metadata in _urls_of(record)]

    def _found(self, params: Mapping[str, Any]) -> Iterator[Record]:
        """All records that meet criteria, in the order of their GUIDs, a page at a time."""
        asking, start = self._client.list_records, dict[str, Any]()
        while True:
            query = criteria({**params, "limit": PAGE, **start})
            page = records_of(json_of(next(asking.answers(request(asking.facts, "/index", query=query)))))
            yield from page
            if len(page) < PAGE:  # an index refuses longer pages than it gives
                return
            start = {"start": page[-1]["did"]}

    def get_records(self, dids: Sequence[str]) -> list[Record]:
        """Gives records by their GUIDs; those that there aren't are left out.

        Args:
            dids: The GUIDs.
        """
        return items_at(json_of(self._client.get_records.raw(body=list(dids))), "", "get_records")

    def get_latest_version(self, guid: str, has_version: bool = False) -> Record:
        """Gives the latest version of a file.

        Args:
            guid: The GUID of one of its versions.
            has_version: Whether only records count that have a `version`.

        Raises:
            NotFound: There is no such record.
        """
        return json_of(self._client.get_latest_version.raw(guid=guid, has_version=has_version))

    def get_versions(self, guid: str) -> list[Record]:
        """Gives all versions of a file, oldest first.

        Args:
            guid: The GUID of one of them.

        Raises:
            NotFound: There is no such record.
        """
        return in_order(json_of(self._client.get_versions.raw(guid=guid)))

    def query_urls(self, pattern: str) -> list[dict[str, Any]]:
        """Lists the records that have a text in one of their URLs, all pages of them.

        Args:
            pattern: The text, a part of a URL.

        Returns:
            Each record's `did` with its `urls`.
        """
        asking, found = self._client.query_urls, list[dict[str, Any]]()
        for answer in asking.answers(asking.build(include=pattern, limit=URLS_PAGE)):
            page = items_at(json_of(answer), "", "query_urls")
            found += page
            if len(page) < URLS_PAGE:  # an index refuses longer pages than it gives
                break
        return found


def _urls_of(record: Record) -> Iterator[tuple[str, Any]]:
    """The URLs of a record, each with its metadata as they are stored."""
    metadata: dict[str, Any] = record.get("urls_metadata") or {}
    for url in record.get("urls") or ():
        yield url, metadata.get(url, {})
