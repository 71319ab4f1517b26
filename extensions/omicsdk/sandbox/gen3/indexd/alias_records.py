"""Old alias records, which stand for themselves: a name with size, checksums and who has the data."""

from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.indexd.record import JsonObject, new_rev
from omicsdk.sandbox.gen3.indexd.refusals import HTML, mismatch, no_record
from omicsdk.sandbox.gen3.indexd.requests import arguments, schemas
from omicsdk.sandbox.gen3.indexd.requests.criteria import Criteria
from omicsdk.sandbox.service import Call, Reply

_EMPTY: JsonObject = {"keeper_authority": None, "host_authorities": [], "metastring": None}


def list_alias_records(index: Index, call: Call) -> Reply:
    """GET /alias/."""
    size, limit, hashes = arguments.size(call), arguments.length(call, least=1), arguments.hashes(call)
    start = arguments.text(call, "start")
    names = [
        each["name"]
        for each in index.aliases.records(start or "")
        if size in (None, each["size"]) and hashes.items() <= each["hashes"].items()
    ]
    told = {"limit": limit, "size": size, "start": start, "hashes": hashes or None}
    return Reply({"aliases": names[:limit], **told})


def get_alias_record(index: Index, call: Call) -> Reply:
    """GET /alias/{ALIASSTRING}: with the URLs of records that have the same size and checksums."""
    found = _existing(index, call)
    limit, start = arguments.length(call), arguments.whole(call, "start") or 0
    where, values = Criteria(size=found["size"], hashes=found["hashes"]).condition(index.prefix)
    urls = [url for _, url in index.records.urls(where, values, limit, start)]
    told = {name: value for name, value in found.items() if name != "metastring"}
    return Reply({**told, "metadata": found["metastring"], "limit": limit, "start": start, "urls": urls})


def put_alias_record(index: Index, call: Call) -> Reply:
    """PUT /alias/{ALIASSTRING}."""
    body = schemas.sent(call, schemas.ALIAS_RECORD)
    index.sender(call).needs("update", ())
    name, rev = call.arguments["ALIASSTRING"], arguments.text(call, "rev")
    with index.records.transaction():
        found = index.aliases.record(name)
        if found and rev not in (None, found["rev"]):
            raise mismatch()
        record = {**_EMPTY, **body, "name": name, "rev": new_rev()}
        index.aliases.put_record(record)
    return Reply({"name": name, "rev": record["rev"]})


def delete_alias_record(index: Index, call: Call) -> Reply:
    """DELETE /alias/{ALIASSTRING}."""
    index.sender(call).needs("delete", ())
    with index.records.transaction():
        found = _existing(index, call)
        if arguments.text(call, "rev") not in (None, found["rev"]):
            raise mismatch()
        index.aliases.remove_record(found["name"])
    return Reply(text="", headers=HTML)


def _existing(index: Index, call: Call) -> JsonObject:
    found = index.aliases.record(call.arguments["ALIASSTRING"])
    if found is None:
        raise no_record()
    return found
