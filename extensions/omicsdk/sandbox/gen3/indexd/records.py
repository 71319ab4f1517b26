"""Records: list, read, create, update, delete, and several at once."""

from typing import Any, cast

from omicsdk.sandbox.gen3.indexd.aliases import remove_alias
from omicsdk.sandbox.gen3.indexd.bundles import bundle_as_record, bundle_in_list, merged
from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.indexd.neighbours import ask_neighbours
from omicsdk.sandbox.gen3.indexd.record import JsonObject, told, told_alone
from omicsdk.sandbox.gen3.indexd.refusals import HTML, bad, mismatch, no_record
from omicsdk.sandbox.gen3.indexd.requests import arguments, schemas
from omicsdk.sandbox.gen3.indexd.requests.criteria import Criteria, read_criteria
from omicsdk.sandbox.gen3.indexd.stores.records import BY_CHANGE, BY_GUID
from omicsdk.sandbox.service import Call, Reply


def list_records(index: Index, call: Call) -> Reply:
    """GET /index."""
    return _list(index, call, arguments.text(call, "form") or "object")


def list_bundles(index: Index, call: Call) -> Reply:
    """GET /bundle."""
    return _list(index, call, arguments.text(call, "form") or "bundle")


def _list(index: Index, call: Call, form: str) -> Reply:
    limit, page = arguments.length(call), arguments.whole(call, "page")
    criteria = read_criteria(call)
    found = listed(index, form, criteria, limit, page)
    shown = [bundle_in_list(each) if "bundle_data" in each else told(each) for each in found]
    return Reply({**criteria.told(), "limit": limit, "page": page, "records": shown})


def listed(index: Index, form: str, criteria: Criteria, limit: int, page: int | None) -> list[JsonObject]:
    """Records and bundles of a list, as they are kept.

    Args:
        index: The index.
        form: `bundle` for bundles, `all` for both, anything else for records.
        criteria: What records must be; bundles only have to come behind its start.
        limit: How many at most; of both kinds together half of it, and one more of each.
        page: Which page, counted from 0; None for the first in the order of GUIDs.
    """
    if form == "all":
        each = limit // 2 + 1
        bundles, records = (listed(index, kind, criteria, each, page) for kind in ("bundle", "object"))
        return merged(bundles, records)
    offset = arguments.offset(page, limit)
    if form == "bundle":
        return index.bundles.listed(criteria.start or "", limit, offset)
    where, values = criteria.condition(index.prefix)
    order = BY_GUID if page is None else BY_CHANGE
    return index.records.listed(where, values, order=order, limit=-1 if criteria.ids else limit, offset=offset)


def get_record(index: Index, call: Call) -> Reply:
    """GET /index/{GUID}."""
    guid = _guid(call)
    if found := index.kept(guid):
        return Reply(told_alone(found))
    return Reply(_bundle(index, call, guid))


def get(index: Index, call: Call) -> Reply:
    """GET /{GUID}: a record by whatever it is called, here or in another commons."""
    guid = _guid(call)
    if found := index.find(guid):
        return Reply(found)
    if bundle := index.find_bundle(guid):
        return Reply(bundle_as_record(bundle, expand=True))
    elsewhere = ask_neighbours(index, guid) if arguments.text(call, "no_dist") is None else None
    if elsewhere is None:
        raise no_record()
    return Reply(elsewhere)


def _bundle(index: Index, call: Call, guid: str) -> JsonObject:
    bundle = index.find_bundle(guid)
    if bundle is None:
        raise no_record()
    return bundle_as_record(bundle, expand=arguments.text(call, "expand") != "false")


def create_record(index: Index, call: Call) -> Reply:
    """POST /index."""
    body = schemas.sent(call, schemas.RECORD)
    index.sender(call).needs("create", body.get("authz") or ())
    return Reply(index.create(body))


def update_record(index: Index, call: Call) -> Reply:
    """PUT /index/{GUID}."""
    changes = schemas.sent(call, schemas.CHANGES)
    with index.records.transaction():
        found = index.existing(_guid(call))
        if arguments.text(call, "rev") != found["rev"]:
            raise mismatch()
        index.sender(call).needs("update", {*found["authz"], *changes.get("authz", ())})
        return Reply(index.update(found["did"], changes))


def delete_record(index: Index, call: Call) -> Reply:
    """DELETE /index/{GUID}."""
    guid, aliases, alias = _guid(call).partition("/aliases/")
    if aliases:  # the router meets this shorter route first
        return remove_alias(index, call, guid, alias)
    rev = arguments.text(call, "rev")
    if rev is None:
        raise bad("no revision specified")
    with index.records.transaction():
        found = index.existing(guid)
        if rev != found["rev"]:
            raise mismatch()
        index.sender(call).needs("delete", found["authz"])
        index.delete(guid)
    return Reply(text="", headers=HTML)


def get_records(index: Index, call: Call) -> Reply:
    """POST /bulk/documents."""
    sent: Any = schemas.sent_json(call)
    return Reply([told(each) for each in index.records.several(guids_of(sent, "the body"))])


def guids_of(sent: Any, what: str) -> list[str]:
    """A list of GUIDs that was sent.

    Args:
        sent: What was sent.
        what: What it is, for the refusal.

    Raises:
        Problem: 400; it is something else.
    """
    if not isinstance(sent, list) or not all(isinstance(each, str) for each in cast("list[Any]", sent)):
        raise bad(f"{what} must be a list of GUIDs")
    return cast("list[str]", sent)


def _guid(call: Call) -> str:
    return call.arguments["GUID"]
