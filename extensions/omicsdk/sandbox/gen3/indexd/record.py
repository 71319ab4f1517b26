"""A record: its stored form, its changes, and its representations. Everything here is plain data."""

import secrets
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from omicsdk.sandbox.gen3.indexd.requests import as_text, bad, pair
from omicsdk.sandbox.gen3.service import as_object
from omicsdk.sandbox.service import JsonObject

# The cloud of a URL's scheme.
CLOUDS = {"s3": "aws", "gs": "gcp", "az": "azure"}

_GIVEN = ("file_name", "version", "uploader", "description", "form", "size")
_SETS = ("urls", "acl", "authz")
_DATES = ("content_created_date", "content_updated_date")


def timestamp(seconds: float) -> str:
    """A time, in seconds since 1970, as records return it: in UTC, without stating it."""
    return datetime.fromtimestamp(seconds, UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def new_guid(prefix: str) -> str:
    """A GUID that nothing uses yet."""
    return f"{prefix}{uuid.uuid4()}"


def new_rev() -> str:
    """A revision."""
    return secrets.token_hex(4)


def made(given: Mapping[str, Any], *, did: str, baseid: str, now: float) -> JsonObject:
    """A new record.

    Args:
        given: Its fields, as far as they are known; of a blank record these are few.
        did: Its GUID.
        baseid: Identifier that all versions of its file share.
        now: Seconds since 1970.

    Raises:
        Problem: 400; dates make no sense, or there is metadata of a URL that it does not have.
    """
    empty: JsonObject = {
        "did": did,
        "baseid": baseid,
        "rev": new_rev(),
        **dict.fromkeys((*_GIVEN, *_DATES)),
        **{name: [] for name in _SETS},
        **{name: {} for name in ("hashes", "metadata", "urls_metadata")},
        "created_date": timestamp(now),
        "updated_date": timestamp(now),
    }
    dates = _dates(empty, given)
    if dates:
        dates["content_updated_date"] = dates["content_updated_date"] or dates["content_created_date"]
    return {**empty, **_changes(empty, given), **dates}


def changed(record: JsonObject, changes: Mapping[str, Any], now: float) -> JsonObject:
    """A record with some fields replaced, and another revision.

    Args:
        record: The record.
        changes: The new values.
        now: Seconds since 1970.

    Raises:
        Problem: 400; dates make no sense, or there is metadata of a URL that it does not have.
    """
    revision = {"rev": new_rev(), "updated_date": timestamp(now)}
    return {**record, **_changes(record, changes), **_dates(record, changes), **revision}


def is_blank(record: Mapping[str, Any]) -> bool:
    """Whether a record waits for its upload: it has neither a size nor checksums."""
    return record["size"] is None and not record["hashes"]


def _changes(record: JsonObject, fields: Mapping[str, Any]) -> JsonObject:
    new: JsonObject = {name: fields[name] for name in _GIVEN if name in fields}
    new |= {name: sorted(set(fields[name])) for name in _SETS if fields.get(name) is not None}
    if fields.get("hashes") is not None:
        new["hashes"] = dict(fields["hashes"])
    if fields.get("metadata") is not None:
        new["metadata"] = _texts(fields["metadata"])
    urls: Iterable[str] = new.get("urls", record["urls"])
    if fields.get("urls_metadata") is not None:
        new["urls_metadata"] = _fitting(fields["urls_metadata"], urls)
    else:
        new["urls_metadata"] = {url: metadata for url, metadata in record["urls_metadata"].items() if url in urls}
    return new


def _fitting(by_url: Mapping[str, object], urls: Iterable[str]) -> JsonObject:
    known_urls = set(urls)
    for url in by_url:
        if url not in known_urls:
            raise bad(f"url {url} in urls_metadata does not exist")
    return {url: _texts(metadata) for url, metadata in by_url.items() if metadata}


def _texts(metadata: object) -> dict[str, str | None]:
    fields = as_object(metadata)
    if fields is not metadata or any(isinstance(value, dict | list) for value in fields.values()):
        raise bad("metadata is an object of texts, numbers and booleans", crashes=True)
    return {key: None if value is None else as_text(value) for key, value in fields.items()}


# -- dates of the contents


def _date(text: str) -> str:
    try:
        # The service keeps the time of the day and drops its zone.
        return datetime.fromisoformat(text).replace(tzinfo=None).isoformat()
    except ValueError as error:
        raise bad(f"{text!r} isn't a date and time: give it like 2024-01-31T12:00:00Z", crashes=True) from error


def _dates(record: Mapping[str, Any], fields: Mapping[str, Any]) -> JsonObject:
    """The dates of a record's contents, as far as they are stated.

    Raises:
        Problem: 400; the first one is missing, or the last one comes before it.
    """
    if all(fields.get(name) is None for name in _DATES):
        return {}
    first, last = (_date(fields[name]) if fields.get(name) is not None else record[name] for name in _DATES)
    if first is None or (last and last < first):
        raise bad("Cannot set content_updated_date without content_created_date, or before it")
    return dict(zip(_DATES, (first, last), strict=True))


# -- responses


def identifiers(record: Mapping[str, Any]) -> JsonObject:
    """The response to a request that wrote a record."""
    return {name: record[name] for name in ("did", "baseid", "rev")}


def in_list(record: JsonObject) -> JsonObject:
    """A record as lists return it: every URL has metadata, if only an empty one."""
    metadata = record["urls_metadata"]
    return {**record, "urls_metadata": {url: metadata.get(url, {}) for url in record["urls"]}}


def single(record: JsonObject) -> JsonObject:
    """A record in responses to reads by its GUID, with the places of its URLs, and that they can be reached."""
    metadata = record["urls_metadata"]
    where = {url: {"available": True, "cloud": CLOUDS.get(scheme(url))} for url in record["urls"]}
    urls_metadata = {url: {**place, **metadata.get(url, {})} for url, place in where.items()}
    return {**record, "urls_metadata": urls_metadata}


def checksums(record: JsonObject) -> list[JsonObject]:
    """The checksums of a record as all services but Indexd return them."""
    return [{"type": kind, "checksum": value} for kind, value in record["hashes"].items()]


def scheme(url: str) -> str:
    """The scheme of a URL, which is also the name of its access method."""
    return url.partition(":")[0]


# -- searches


def terms(record: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The kinds and words that a record is found by."""
    for kind, name in (("url", "urls"), ("acl", "acl"), ("authz", "authz")):
        for word in record[name]:
            yield kind, word
    for kind, name in (("hash", "hashes"), ("metadata", "metadata")):
        for key, value in record[name].items():
            yield kind, pair(key, value)
    for metadata in record["urls_metadata"].values():
        for key, value in metadata.items():
            yield "url_metadata", pair(key, value)
