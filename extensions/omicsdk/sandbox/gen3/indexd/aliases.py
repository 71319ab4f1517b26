"""Aliases of records, and old alias records, which represent themselves: a name with size, checksums and who has the data."""

from collections.abc import Sequence

from omicsdk.sandbox.gen3.indexd import requests
from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.indexd.record import new_rev
from omicsdk.sandbox.gen3.service import HTML
from omicsdk.sandbox.service import Call, JsonObject, Reply

_DELETED = "Aliases deleted successfully"
_EMPTY: JsonObject = {"keeper_authority": None, "host_authorities": [], "metastring": None}


# -- of records


def get_aliases(index: Index, call: Call) -> Reply:
    """GET /index/{GUID}/aliases."""
    return _response(index.aliases.of(index.existing(call.arguments["GUID"])["did"]))


def create_aliases(index: Index, call: Call) -> Reply:
    """POST /index/{GUID}/aliases."""
    names = _sent(call)
    with index.records.transaction():
        did = _writable(index, call, call.arguments["GUID"], "update")
        index.add_aliases(did, names)
        return _response(index.aliases.of(did))


def update_aliases(index: Index, call: Call) -> Reply:
    """PUT /index/{GUID}/aliases: replace the aliases."""
    names = _sent(call)
    with index.records.transaction():
        did = _writable(index, call, call.arguments["GUID"], "update")
        index.aliases.remove(did=did)
        index.add_aliases(did, names)
    return _response(names)


def delete_aliases(index: Index, call: Call) -> Reply:
    """DELETE /index/{GUID}/aliases."""
    with index.records.transaction():
        index.aliases.remove(did=_writable(index, call, call.arguments["GUID"], "delete"))
    return Reply(_DELETED)


def delete_alias(index: Index, call: Call) -> Reply:
    """DELETE /index/{GUID}/aliases/{ALIAS}."""
    return remove_alias(index, call, call.arguments["GUID"], call.arguments["ALIAS"])


def remove_alias(index: Index, call: Call, guid: str, alias: str) -> Reply:
    """Remove one alias of a record.

    Args:
        index: The index.
        call: The request.
        guid: The record's GUID.
        alias: The alias.
    """
    with index.records.transaction():
        if not index.aliases.remove(did=_writable(index, call, guid, "delete"), alias=alias):
            raise requests.refuse(404, alias)
    return Reply(_DELETED)


def _sent(call: Call) -> list[str]:
    return [each["value"] for each in requests.sent(call, "AliasInfo")["aliases"]]


def _response(aliases: Sequence[str]) -> Reply:
    return Reply({"aliases": [{"value": alias} for alias in aliases]})


def _writable(index: Index, call: Call, guid: str, method: str) -> str:
    index.permit(call, method, index.existing(guid)["authz"])
    return guid


# -- old alias records


def list_alias_records(index: Index, call: Call) -> Reply:
    """GET /alias/."""
    query = requests.Query(call)
    size, limit, hashes, start = query.size(), query.length(least=1), query.hashes(), query.text("start")
    names = [
        each["name"]
        for each in index.alias_records.selected("WHERE name > ? ORDER BY name", (start or "",))
        if size in (None, each["size"]) and hashes.items() <= each["hashes"].items()
    ]
    return Reply({"aliases": names[:limit], "limit": limit, "size": size, "start": start, "hashes": hashes or None})


def get_alias_record(index: Index, call: Call) -> Reply:
    """GET /alias/{ALIASSTRING}: with the URLs of records that have the same size and checksums."""
    query = requests.Query(call)
    found = _existing(index, call)
    limit, start = query.length(), query.number("start", 0)
    where, values = requests.Criteria(size=found["size"], hashes=found["hashes"]).condition(index.prefix)
    urls = [url for _, url in index.records.urls(where, values, limit, start)]
    metadata = found.pop("metastring")
    return Reply({**found, "metadata": metadata, "limit": limit, "start": start, "urls": urls})


def put_alias_record(index: Index, call: Call) -> Reply:
    """PUT /alias/{ALIASSTRING}."""
    body = requests.sent(call, "AliasInputInfo")
    index.permit(call, "update", ())
    name = call.arguments["ALIASSTRING"]
    with index.records.transaction():
        _check_rev(call, index.alias_records.find(name))
        record = {**_EMPTY, **body, "name": name, "rev": new_rev()}
        index.alias_records.put(record)
    return Reply({"name": name, "rev": record["rev"]})


def delete_alias_record(index: Index, call: Call) -> Reply:
    """DELETE /alias/{ALIASSTRING}."""
    index.permit(call, "delete", ())
    with index.records.transaction():
        found = _existing(index, call)
        _check_rev(call, found)
        index.alias_records.remove(found["name"])
    return Reply(text="", headers=HTML)


def _existing(index: Index, call: Call) -> JsonObject:
    found = index.alias_records.find(call.arguments["ALIASSTRING"])
    if found is None:
        raise requests.no_record()
    return found


def _check_rev(call: Call, found: JsonObject | None) -> None:
    if found is not None and requests.Query(call).text("rev") not in (None, found["rev"]):
        raise requests.mismatch()
