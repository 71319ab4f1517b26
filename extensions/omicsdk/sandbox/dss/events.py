"""Search, events and subscriptions to them: their operations."""

import hashlib
import json
import uuid as uuids
from collections.abc import Sequence

from omicsdk.sandbox.dss.state import (
    LIVE_BUNDLE,
    SUBSCRIPTION,
    Dss,
    Event,
    JsonObject,
    Subscription,
    format_version,
    parse_version,
)
from omicsdk.sandbox.dss.webhooks import check_subscription, is_elasticsearch
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found, whole_number
from omicsdk.sandbox.search import QueryError, compile_query
from omicsdk.sandbox.service import Call, Reply, page

MAX_SUBSCRIPTIONS = 100
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
    page_events, more = events[: length * per_page], len(events) > length * per_page
    streams = [_journal(dss, call, page_events[i : i + length]) for i in range(0, len(page_events), length)]
    return page(call, {"event_streams": streams}, "event_streams", {"token": page_events[-1].number} if more else None)


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


# -- subscriptions


def get_subscriptions(dss: Dss, call: Call) -> Reply:
    """GET /subscriptions."""
    subscriptions = dss.subscriptions.all(
        owner=call.sender.email, replica=call.arguments["replica"], kind=call.arguments["subscription_type"]
    )
    return Reply({"subscriptions": [_as_json(subscription.body) for subscription in subscriptions]})


def put_subscription(dss: Dss, call: Call) -> Reply:
    """PUT /subscriptions."""
    check_subscription(call.body)
    owner, replica = call.sender.email, call.arguments["replica"]
    body: JsonObject = {**call.body, "uuid": str(uuids.uuid4()), "owner": owner, "replica": replica}
    if secret := body.pop("hmac_secret_key", None):
        body["hmac_secret_key"] = True
    with dss.transaction():
        if dss.subscriptions.count(owner=owner) >= MAX_SUBSCRIPTIONS:
            raise Problem(406, "not_acceptable", f"Users cannot exceed {MAX_SUBSCRIPTIONS} subscriptions!")
        kind = "elasticsearch" if is_elasticsearch(body) else "jmespath"
        dss.subscriptions.add(Subscription(body["uuid"], replica, owner, kind, body))
        if secret:  # a refused one is not kept
            dss.context.secrets.hold(SUBSCRIPTION, body["uuid"], secret)
    return Reply(_as_json(body), 201)


def get_subscription(dss: Dss, call: Call) -> Reply:
    """GET /subscriptions/{uuid}."""
    return Reply(_as_json(_find(dss, call)))


def delete_subscription(dss: Dss, call: Call) -> Reply:
    """DELETE /subscriptions/{uuid}."""
    subscription = _find(dss, call)
    dss.subscriptions.remove(uuid=subscription["uuid"])
    dss.deliveries.cancel(subscription["uuid"])
    dss.context.secrets.release(SUBSCRIPTION, subscription["uuid"])
    return Reply({"timeDeleted": format_version(dss.now())})


def _find(dss: Dss, call: Call) -> JsonObject:
    arguments = call.arguments
    uuid, replica, kind = arguments["uuid"].lower(), arguments["replica"], arguments["subscription_type"]
    subscription = dss.subscriptions.first(uuid=uuid, replica=replica, kind=kind)
    if subscription is None:
        raise not_found("Cannot find subscription!")
    if subscription.owner != call.sender.email:
        raise Problem(403, "Forbidden", "Your credentials can't access this subscription!")
    return subscription.body


def _as_json(subscription: JsonObject) -> JsonObject:
    return {name: value for name, value in subscription.items() if name != "hmac_secret_key"}
