"""Aliases of records; each belongs to one record only."""

from collections.abc import Sequence

from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.indexd.record import JsonObject
from omicsdk.sandbox.gen3.indexd.refusals import refuse
from omicsdk.sandbox.gen3.indexd.requests import schemas
from omicsdk.sandbox.service import Call, Reply

_DELETED = "Aliases deleted successfully"


def get_aliases(index: Index, call: Call) -> Reply:
    """GET /index/{GUID}/aliases."""
    return _told(index.aliases.of(_record(index, _guid(call))["did"]))


def create_aliases(index: Index, call: Call) -> Reply:
    """POST /index/{GUID}/aliases."""
    sent = _sent(call)
    with index.records.transaction():
        did = _writable(index, call, _guid(call), "update")
        index.add_aliases(did, sent)
        return _told(index.aliases.of(did))


def update_aliases(index: Index, call: Call) -> Reply:
    """PUT /index/{GUID}/aliases: instead of those that there are."""
    sent = _sent(call)
    with index.records.transaction():
        did = _writable(index, call, _guid(call), "update")
        index.aliases.remove(did)
        index.add_aliases(did, sent)
    return _told(sent)


def delete_aliases(index: Index, call: Call) -> Reply:
    """DELETE /index/{GUID}/aliases."""
    with index.records.transaction():
        index.aliases.remove(_writable(index, call, _guid(call), "delete"))
    return Reply(_DELETED)


def delete_alias(index: Index, call: Call) -> Reply:
    """DELETE /index/{GUID}/aliases/{ALIAS}."""
    return remove_alias(index, call, _guid(call), call.arguments["ALIAS"])


def remove_alias(index: Index, call: Call, guid: str, alias: str) -> Reply:
    """Removes one alias of a record.

    Args:
        index: The index.
        call: The request.
        guid: The record's GUID.
        alias: The alias.
    """
    with index.records.transaction():
        if not index.aliases.remove(_writable(index, call, guid, "delete"), alias):
            raise refuse(404, alias)
    return Reply(_DELETED)


def _guid(call: Call) -> str:
    return call.arguments["GUID"]


def _sent(call: Call) -> list[str]:
    return [each["value"] for each in schemas.sent(call, schemas.ALIASES)["aliases"]]


def _told(aliases: Sequence[str]) -> Reply:
    return Reply({"aliases": [{"value": alias} for alias in aliases]})


def _record(index: Index, guid: str) -> JsonObject:
    found = index.records.find(guid)
    if found is None:
        raise refuse(404, guid)
    return found


def _writable(index: Index, call: Call, guid: str, method: str) -> str:
    found = _record(index, guid)
    index.sender(call).needs(method, found["authz"])
    return guid
