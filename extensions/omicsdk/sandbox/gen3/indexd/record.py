"""A record: what is kept of it, how it changes, and what is told of it. Everything here is plain data."""

import json
import secrets
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from omicsdk.sandbox.gen3.indexd.refusals import bad

JsonObject = dict[str, Any]

CLOUDS = {"s3": "aws", "gs": "gcp", "az": "azure"}
"""Which cloud has the URLs of a scheme."""

_GIVEN = ("file_name", "version", "uploader", "description", "form", "size")
_SETS = ("urls", "acl", "authz")


def moment(seconds: float) -> str:
    """A time as records tell it: in UTC, without saying so.

    Args:
        seconds: Seconds since 1970.
    """
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
        baseid: What it shares with other versions of its file.
        now: Seconds since 1970.

    Raises:
        Problem: 400; dates make no sense, or there is metadata of a URL that it doesn't have.
    """
    created = moment(now)
    record: JsonObject = {
        "did": did,
        "baseid": baseid,
        "rev": new_rev(),
        **dict.fromkeys(_GIVEN),
        **{name: [] for name in _SETS},
        "hashes": dict(given.get("hashes") or {}),
        "metadata": {},
        "urls_metadata": {},
        "content_created_date": None,
        "content_updated_date": None,
        "created_date": created,
        "updated_date": created,
    }
    record |= {name: given.get(name) for name in _GIVEN}
    record |= _sets(given)
    record["metadata"] = _texts(given.get("metadata") or {})
    record["urls_metadata"] = _fitting(given.get("urls_metadata") or {}, record["urls"])
    return {**record, **_content_dates(given)}


def changed(record: JsonObject, changes: Mapping[str, Any], now: float) -> JsonObject:
    """A record with some fields replaced, and another revision.

    Args:
        record: The record.
        changes: The new values.
        now: Seconds since 1970.

    Raises:
        Problem: 400; dates make no sense, or there is metadata of a URL that it doesn't have.
    """
    new = {**record, **{name: value for name, value in changes.items() if name in _GIVEN}}
    new |= _sets(changes)
    new["baseid"] = changes.get("baseid") or record["baseid"]
    if changes.get("hashes") is not None:
        new["hashes"] = dict(changes["hashes"])
    if changes.get("metadata") is not None:
        new["metadata"] = _texts(changes["metadata"])
    if changes.get("urls_metadata") is not None:
        new["urls_metadata"] = _fitting(changes["urls_metadata"], new["urls"])
    else:
        new["urls_metadata"] = {url: told for url, told in record["urls_metadata"].items() if url in new["urls"]}
    new |= _changed_dates(record, changes)
    return {**new, "rev": new_rev(), "updated_date": moment(now)}


def is_blank(record: Mapping[str, Any]) -> bool:
    """Whether a record waits for its upload: it has neither a size nor checksums."""
    return record["size"] is None and not record["hashes"]


def _sets(given: Mapping[str, Any]) -> JsonObject:
    return {name: sorted(set(given[name])) for name in _SETS if given.get(name) is not None}


def _fitting(stated: Mapping[str, Mapping[str, Any]], urls: Iterable[str]) -> JsonObject:
    known = set(urls)
    for url in stated:
        if url not in known:
            raise bad(f"url {url} in urls_metadata does not exist")
    return {url: _texts(told) for url, told in stated.items() if told}


def _texts(stated: Mapping[str, Any]) -> dict[str, str | None]:
    return {key: None if value is None else as_text(value) for key, value in stated.items()}


def as_text(value: object) -> str:
    """A value of metadata as the service's database keeps it: `true` becomes the text 1."""
    if isinstance(value, str):
        return value
    return str(int(value)) if isinstance(value, bool) else json.dumps(value)


# -- dates of the contents


def _date(text: str) -> str:
    try:
        # The service keeps the time of the day and drops its zone.
        return datetime.fromisoformat(text).replace(tzinfo=None).isoformat()
    except ValueError as error:
        raise bad(f"{text!r} isn't a date and time: give it like 2024-01-31T12:00:00Z") from error


def _content_dates(given: Mapping[str, Any]) -> JsonObject:
    created, updated = given.get("content_created_date"), given.get("content_updated_date")
    if created is None:
        if updated is not None:
            raise bad("Cannot set content_updated_date without content_created_date")
        return {}
    first = _date(created)
    last = first if updated is None else _date(updated)
    if last < first:
        raise bad("content_updated_date cannot come before content_created_date")
    return {"content_created_date": first, "content_updated_date": last}


def _changed_dates(record: Mapping[str, Any], changes: Mapping[str, Any]) -> JsonObject:
    names = ("content_created_date", "content_updated_date")
    if all(changes.get(name) is None for name in names):
        return {}
    dates = [_date(changes[name]) if changes.get(name) is not None else record[name] for name in names]
    if dates[0] is None:
        raise bad("Cannot set content_updated_date on record that does not have a content_created_date")
    if dates[1] is not None and dates[1] < dates[0]:
        raise bad("Cannot set content_updated_date before the content_created_date")
    return dict(zip(names, dates, strict=True))


# -- what is told


def identifiers(record: Mapping[str, Any]) -> JsonObject:
    """What whoever wrote a record is told."""
    return {name: record[name] for name in ("did", "baseid", "rev")}


def told(record: JsonObject) -> JsonObject:
    """A record as lists tell it: every URL has metadata, if only an empty one."""
    metadata = record["urls_metadata"]
    return {**record, "urls_metadata": {url: metadata.get(url, {}) for url in record["urls"]}}


def told_alone(record: JsonObject) -> JsonObject:
    """A record as it is told when it is read by its GUID: also where the URLs are, and that they can be reached."""
    metadata = record["urls_metadata"]
    return {**record, "urls_metadata": {url: {**_where(url), **metadata.get(url, {})} for url in record["urls"]}}


def _where(url: str) -> JsonObject:
    return {"available": True, "cloud": CLOUDS.get(scheme(url))}


def scheme(url: str) -> str:
    """The scheme of a URL, which is also the name of its access method."""
    return url.partition(":")[0]


# -- what it is found by


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


def pair(key: str, value: object) -> str:
    """A key and its value as one word."""
    return f"{key}:{as_text(value)}"
