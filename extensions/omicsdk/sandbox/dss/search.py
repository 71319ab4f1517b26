"""Search and events: their operations."""

import hashlib
import json
from collections.abc import Sequence

from omicsdk.sandbox.dss.state import Dss
from omicsdk.sandbox.dss.store import LIVE_BUNDLE, Event, JsonObject, parse_version
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.search import QueryError, compile_query
from omicsdk.sandbox.service import Call, Reply, page
from omicsdk.sandbox.validation import whole_number

# Raw results carry whole metadata documents, so the platform bounds their number.
RAW_PER_PAGE = 10


def post_search(dss: Dss, call: Call) -> Reply:
    """POST /search."""
    arguments = call.arguments
    raw = arguments["output_format"] == "raw"
    per_page = min(arguments["per_page"], RAW_PER_PAGE) if raw else arguments["per_page"]
    query = call.body["es_query"]
    try:
        matches = compile_query(query)
    except RecursionError as error:
        raise Problem(400, "elasticsearch_bad_request", "Invalid Elasticsearch query: it is nested too deep") from error
    except QueryError as error:
        raise Problem(400, "elasticsearch_bad_request", f"Invalid Elasticsearch query: {error}") from error
    after: str = arguments.get("search_after", "")
    total = 0
    results: list[JsonObject] = []
    more = False
    for bundle in dss.bundles.all(LIVE_BUNDLE, order="uuid, version"):
        uuid, version = bundle.uuid, bundle.version
        document = dss.document(uuid, version)
        if not matches(document):
            continue
        total += 1
        if (uuid, version) <= tuple(after.partition(".")[::2]):
            continue
        if len(results) == per_page:
            more = True
            continue
        hit: JsonObject = {
            "bundle_fqid": bundle.fqid,
            "bundle_url": call.service_url(f"/bundles/{uuid}", {"version": version, "replica": arguments["replica"]}),
            "search_score": None,
        }
        if raw:
            hit["metadata"] = document
        results.append(hit)
    body = {"es_query": query, "results": results, "total_hits": total}
    return page(call, body, "results", {"search_after": results[-1]["bundle_fqid"]} if more else None)


_FIRST, _LAST = "", "~"  # before and after every version


def get_events(dss: Dss, call: Call) -> Reply:
    """GET /events."""
    start, end = _time(call, "from_date", _FIRST), _time(call, "to_date", _LAST)
    if start >= end:
        raise Problem(400, "bad_request", "to_date must be greater than from_date")
    after = whole_number(call.arguments.get("token", "0"))
    if after is None:
        raise Problem(400, "bad_request", "Could not understand token")
    length = max(1, round(dss.context.settings.number("dss.journal_events")))
    per_page: int = call.arguments["per_page"]
    events = dss.events.all(
        "at BETWEEN ? AND ? AND number > ?", start, end, after, order="number", limit=length * per_page + 1
    )
    shown, more = events[: length * per_page], len(events) > length * per_page
    streams = [_journal(dss, call, shown[i : i + length]) for i in range(0, len(shown), length)]
    return page(call, {"event_streams": streams}, "event_streams", {"token": shown[-1].number} if more else None)


def _time(call: Call, name: str, default: str) -> str:
    if name not in call.arguments:
        return default
    try:
        return parse_version(call.arguments[name])
    except ValueError as error:
        raise bad_arguments(f"The query parameter '{name}' isn't a DSS_VERSION: {error}") from error


def _journal(dss: Dss, call: Call, events: Sequence[Event]) -> JsonObject:
    """One journal: the events' documents one after the other, and a manifest that states which bytes are whose."""
    blocks = [json.dumps(event.document, ensure_ascii=False, sort_keys=True).encode() for event in events]
    content = b"".join(blocks)
    stored = dss.context.objects.put_bytes(content)
    entries: list[JsonObject] = []
    offset = 0
    for event, block in zip(events, blocks, strict=True):
        fqid = f"{event.uuid}.{event.version}"
        entries.append({"event_id": fqid, "timestamp": event.at, "offset": offset, "size": len(block)})
        offset += len(block)
    first, last = events[0].at, events[-1].at
    seconds = dss.context.settings.number("dss.url_seconds")
    return {
        "journal_id": f"{first}--{last}--{hashlib.sha256(content).hexdigest()[:16]}",
        "from_date": first,
        "to_date": last,
        "size": len(content),
        "events": entries,
        # The published document states that the data have a URL, but not in which field.
        "url": dss.context.signer.url(call.origin, stored.sha256, seconds=seconds, content_type="application/json"),
    }


def get_event(dss: Dss, call: Call) -> Reply:
    """GET /events/{uuid}."""
    uuid, version = call.arguments["uuid"].lower(), call.arguments["version"]
    event = dss.events.first(order="number DESC", uuid=uuid, version=version)
    if event is None:
        raise not_found(f"Cannot find an event of bundle {uuid} version {version}")
    return Reply(event.document)
