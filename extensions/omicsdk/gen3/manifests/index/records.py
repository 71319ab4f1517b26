"""The index as runs over manifests ask it: many records at once, and records that are made once, whatever gets lost."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import APIError, AuthError, Conflict, NotFound
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.core.omit import OMIT
from omicsdk.gen3.index import Gen3Index
from omicsdk.gen3.index.reading import Record
from omicsdk.gen3.index.requests import PAGE, records_of, stated, unless_changed
from omicsdk.gen3.manifests.once import made_once
from omicsdk.gen3.service import plain

_log = logging.getLogger(__name__)

#: How often a record is tried to be changed against others who change it.
ATTEMPTS = 4


class IndexRows(Gen3Index):
    """An index for runs over manifests; arguments as those of `Gen3Index`."""

    clock: Clock = SYSTEM_CLOCK
    _refuses_bulk = False

    @cached_property
    def prefix(self) -> str:
        """What the commons' GUIDs begin with; empty where there is nothing, or it doesn't say."""
        try:
            return self.get_guids_prefix() or ""
        except APIError:
            return ""

    def found(self, guids: Sequence[str]) -> dict[str, Record]:
        """The records of GUIDs, with or without the commons' prefix; those that there aren't are left out.

        Args:
            guids: The GUIDs.
        """
        wanted = dict.fromkeys(guid for guid in guids if guid)
        short = [guid for guid in wanted if "/" not in guid]
        prefix = self.prefix if short else ""
        whole = [*wanted, *(f"{prefix}{guid}" for guid in short if prefix)]
        if not whole:
            return {}
        records = self._one_by_one(list(wanted)) if self._refuses_bulk else self._at_once(whole, list(wanted))
        found = {guid: records.get(guid) or records.get(f"{prefix}{guid}") for guid in wanted}
        return {guid: record for guid, record in found.items() if record is not None}

    def _at_once(self, guids: Sequence[str], wanted: Sequence[str]) -> dict[str, Record]:
        """Records by one request; where the commons doesn't let people ask so, one by one from now on."""
        try:
            return {str(record["did"]): record for record in self.get_records(guids)}
        except AuthError:
            raise
        except APIError as error:
            _log.info("%s doesn't give several records at once: %s", self.endpoint, error.message)
            self._refuses_bulk = True
            return self._one_by_one(wanted)

    def _one_by_one(self, guids: Sequence[str]) -> dict[str, Record]:
        found = dict[str, Record]()
        for guid in guids:
            with suppress(NotFound):
                found[guid] = self.get_record(guid)
        return found

    def with_md5(self, md5: str, size: int | None = None, url: str | None = None) -> list[Record]:
        """The records that have an MD5 sum, and a size and a URL where they are given.

        Args:
            md5: The sum.
            size: The size in bytes.
            url: One of the URLs.
        """
        return list(self._found({"hash": f"md5:{md5}", **stated(size=size, url=url)}))

    def pages_after(self, did: str = "") -> Iterator[list[Record]]:
        """All records in the order of their GUIDs, a page at a time.

        Args:
            did: Where to begin: after this GUID, or with the first.
        """
        while records := records_of(plain(self._client.list_records.raw(limit=PAGE, start=did or OMIT))):
            yield records
            did = str(records[-1]["did"])

    def made(self, fields: Mapping[str, Any], *, after: str = "") -> str:
        """Makes a record. Where the answer gets lost, it is looked up before it is tried again.

        Args:
            fields: The record.
            after: The GUID of a version before it; empty where it is none's.

        Returns:
            Its GUID.

        Raises:
            Conflict: There is another record of that GUID.
        """

        def make() -> str:
            if after:
                return str(plain(self._client.create_new_version.raw(guid=after, **fields))["did"])
            return str(plain(self._client.create_record.raw(**fields))["did"])

        return made_once(make, lambda: self.made_already(fields, after), clock=self.clock)

    def made_already(self, fields: Mapping[str, Any], after: str = "") -> str | None:
        """The GUID of a record that says the same: MD5 sum, size, URLs and name, and who may do what with it where stated.

        Args:
            fields: The record, as for `made`.
            after: The GUID of a version before it; empty where it is none's.

        Returns:
            The GUID; None where there is no such record.
        """
        if did := fields.get("did"):
            records = list(self.found([did]).values())
        else:
            url = next(iter(fields.get("urls") or ()), None)
            records = self.with_md5(fields["hashes"]["md5"], fields["size"], url)
        if after and records:
            versions = {version["baseid"] for version in self.get_versions(after)}
            records = [record for record in records if record.get("baseid") in versions and record["did"] != after]
        return next((str(record["did"]) for record in records if _says(record, fields)), None)

    def changed(self, guid: str, given: Mapping[str, Any], *, add_urls: bool = False) -> bool:
        """Changes a record, once more where somebody else changes it at the same time.

        Args:
            guid: The record.
            given: What its fields are to be.
            add_urls: Whether URLs are added to those that it has.

        Returns:
            Whether anything was to be changed.
        """
        for attempt in range(ATTEMPTS):
            record = self.get_record(guid)
            fields = differences(record, given, add_urls=add_urls)
            if not fields:
                return False
            try:
                with unless_changed(record["did"], record["rev"]):
                    sent = self._changes(record, fields)
                    self._client.update_record.raw(guid=record["did"], rev=record["rev"], **sent)
                return True
            except Conflict:
                if attempt == ATTEMPTS - 1:
                    raise
        return False

    def deleted(self, guid: str) -> bool:
        """Deletes a record.

        Args:
            guid: The record.

        Returns:
            Whether there was one.
        """
        for attempt in range(ATTEMPTS):
            try:
                self.delete_record(guid)
                return True
            except NotFound:
                return False
            except Conflict:
                if attempt == ATTEMPTS - 1:
                    raise
        return False


def differences(record: Mapping[str, Any], given: Mapping[str, Any], *, add_urls: bool = False) -> dict[str, Any]:
    """What of a record is to be changed; the order of lists doesn't matter.

    Args:
        record: The record as it is.
        given: What its fields are to be.
        add_urls: Whether URLs are added to those that it has.
    """
    found = dict[str, Any]()
    for name, value in given.items():
        held = record.get(name)
        if is_array(value):
            has: list[Any] = held if is_array(held) else []
            wanted = [*has, *(each for each in value if each not in has)] if add_urls and name == "urls" else value
            if set(wanted) != set(has):
                found[name] = wanted
        elif value != held and (value or held):
            found[name] = value
    return found


def _says(record: Mapping[str, Any], fields: Mapping[str, Any]) -> bool:
    """Whether a record says what was to be made; it may have further URLs, which others have added, but not instead of none."""
    hashes = record.get("hashes")
    given = {name: fields[name] for name in ("urls", "acl", "authz") if name in fields}
    return (
        is_object(hashes)
        and hashes.get("md5") == fields["hashes"]["md5"]
        and record.get("size") == fields["size"]
        and bool(fields.get("urls")) == bool(record.get("urls"))
        and not differences(record, given, add_urls=True)
        and (record.get("file_name") or "") == (fields.get("file_name") or "")
    )
