"""Records by their URLs, and URLs by their records."""

from typing import Any

from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.indexd.record import JsonObject
from omicsdk.sandbox.gen3.indexd.refusals import bad
from omicsdk.sandbox.gen3.indexd.requests import arguments
from omicsdk.sandbox.gen3.indexd.requests.criteria import Criteria
from omicsdk.sandbox.service import Call, Reply


def get_urls(index: Index, call: Call) -> Reply:
    """GET /urls: `start` and `limit` count URLs."""
    size, hashes = arguments.size(call), arguments.hashes(call)
    start, limit = _at_least_zero(call, "start", 0), _at_least_zero(call, "limit", arguments.DEFAULT_LENGTH)
    if limit > arguments.LONGEST:
        raise bad(f"limit must be <= {arguments.LONGEST}")
    ids = arguments.text(call, "ids")
    # A size of 0 asks for nothing, as in the service.
    criteria = Criteria(ids=ids.split(",") if ids else None, size=size or None, hashes=hashes)
    found = index.records.urls(*criteria.condition(""), limit, start)
    metadata = {each["did"]: each["urls_metadata"] for each in index.records.several(did for did, _ in found)}
    urls = [{"url": url, "metadata": metadata[did].get(url, {})} for did, url in found]
    return Reply({"urls": urls, "size": size, "hashes": hashes, "start": start, "limit": limit})


def query_urls(index: Index, call: Call) -> Reply:
    """GET /_query/urls/q."""
    include, exclude = (arguments.text(call, name) or "" for name in ("include", "exclude"))
    found = index.records.by_urls(include, exclude, *_versioned(call), *_window(call))
    return Reply(_fields(call, [{"did": did, "urls": urls} for did, urls in found], "did,urls"))


def query_urls_metadata(index: Index, call: Call) -> Reply:
    """GET /_query/urls/metadata/q: one row for each URL."""
    key, value, part = (arguments.text(call, name) for name in ("key", "value", "url"))
    if key is None or value is None:
        raise bad("key and value are needed")
    wanted = {part or "": {key: value}}
    where, values = Criteria(urls_metadata=wanted).condition("")
    version, _ = _versioned(call)
    limit, offset = _window(call)
    rows = [
        {"did": each["did"], "urls": [url], "rev": each["rev"]}
        for each in index.records.listed(f"{where} AND {version}", values)
        for url, metadata in each["urls_metadata"].items()
        if (part or "") in url and metadata.get(key) == value
    ]
    return Reply(_fields(call, rows[offset : offset + limit], "did,urls,rev"))


def _at_least_zero(call: Call, name: str, default: int) -> int:
    number = arguments.whole(call, name)
    if number is not None and number < 0:
        raise bad(f"{name} must be >= 0")
    return default if number is None else number


def _window(call: Call) -> tuple[int, int]:
    return _at_least_zero(call, "limit", arguments.DEFAULT_LENGTH), _at_least_zero(call, "offset", 0)


def _versioned(call: Call) -> tuple[str, list[Any]]:
    sent = arguments.text(call, "versioned")
    if not sent:
        return "1", []
    return ("version IS NOT NULL" if arguments.is_true(sent) else "version IS NULL"), []


def _fields(call: Call, rows: list[JsonObject], default: str) -> list[JsonObject]:
    wanted = (arguments.text(call, "fields") or default).split(",")
    return [{name: value for name, value in row.items() if name in wanted} for row in rows]
