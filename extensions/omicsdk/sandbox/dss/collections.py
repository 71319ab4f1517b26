"""Operations of collections: private sets of links to files, bundles, collections and parts of metadata files."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from omicsdk.core.type_guards import is_array
from omicsdk.sandbox.dss.state import Dss, start_of
from omicsdk.sandbox.dss.store import LIVE_COLLECTION, CollectionVersion, JsonObject, Tombstone, parse_version
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.service import Call, Caller, Reply, page

MAX_LINKS = 1000
# The platform reads no larger file for a part of it.
MAX_METADATA = 1024 * 1024


def get_collections(dss: Dss, call: Call) -> Reply:
    """GET /collections."""
    start, per_page = start_of(call), call.arguments["per_page"]
    latest = "version = (SELECT max(version) FROM dss_collections others WHERE others.uuid = dss_collections.uuid)"
    where = f"{latest} AND {LIVE_COLLECTION}"
    collections = dss.collections.all(where, order="uuid", limit=per_page + 1, offset=start, owner=call.sender.email)
    shown = [{"uuid": each.uuid, "version": each.version} for each in collections[:per_page]]
    more = {"start_at": start + per_page} if len(collections) > per_page else None
    return page(call, {"collections": shown}, "collections", more)


def put_collection(dss: Dss, call: Call) -> Reply:
    """PUT /collections."""
    caller = call.sender.needs("hca")
    uuid = call.arguments["uuid"].lower()
    version = parse_version(call.arguments["version"])
    contents: list[JsonObject] = call.body["contents"]
    if len(contents) > MAX_LINKS:
        raise bad_arguments(f"A new collection has at most {MAX_LINKS} links, not {len(contents)}: add more by PATCH")
    body: JsonObject = {**call.body, "contents": _distinct(contents), "owner": caller.email}
    _check_links(dss, body["contents"])
    with dss.transaction():
        known = dss.find_collection(uuid, None)
        if known is not None:
            _owned(known, caller)
        dss.collections.put(CollectionVersion(uuid, version, caller.email, body))
    return Reply({"uuid": uuid, "version": version}, 201)


def get_collection(dss: Dss, call: Call) -> Reply:
    """GET /collections/{uuid}."""
    collection = dss.collection(call.arguments["uuid"], call.arguments.get("version"))
    return Reply(_owned(collection, call.sender).body)


def patch_collection(dss: Dss, call: Call) -> Reply:
    """PATCH /collections/{uuid}."""
    caller = call.sender.needs("hca")
    uuid = call.arguments["uuid"].lower()
    added: list[JsonObject] = call.body.get("add_contents", [])
    _check_links(dss, added)
    removed = {_identity(item) for item in call.body.get("remove_contents", [])}
    with dss.transaction():
        latest = _owned(dss.collection(call.arguments["uuid"], None), caller).version
        body = dss.collection(call.arguments["uuid"], parse_version(call.arguments["version"])).body
        body |= {name: call.body[name] for name in ("name", "description", "details") if name in call.body}
        kept = [item for item in body["contents"] if _identity(item) not in removed]
        body["contents"] = _distinct([*kept, *added])
        version = dss.new_version(latest)
        dss.collections.put(CollectionVersion(uuid, version, caller.email, body))
    return Reply({"uuid": uuid, "version": version})


def delete_collection(dss: Dss, call: Call) -> Reply:
    """DELETE /collections/{uuid}."""
    caller = call.sender.needs("hca")
    with dss.transaction():
        collection = _owned(dss.collection(call.arguments["uuid"], None), caller)
        dss.collection_tombstones.add(Tombstone(collection.uuid, "", caller.email, ""))
    return Reply({})


def _owned(collection: CollectionVersion, sender: Caller) -> CollectionVersion:
    if collection.owner != sender.email:
        raise Problem(403, "Forbidden", "Collection access denied: it belongs to somebody else")
    return collection


def _identity(item: Mapping[str, Any]) -> str:
    """The key that makes two links equal: all their fields, uuids without regard to case, times in any form."""
    same = {**item, "uuid": item["uuid"].lower(), "version": parse_version(item["version"])}
    return json.dumps(same, sort_keys=True)


def _distinct(contents: Iterable[JsonObject]) -> list[JsonObject]:
    kept: dict[str, JsonObject] = {}
    for item in contents:
        kept.setdefault(_identity(item), item)
    return list(kept.values())


def _check_links(dss: Dss, contents: Iterable[JsonObject]) -> None:
    for item in contents:
        if not _leads_somewhere(dss, item):
            raise Problem(
                422, "invalid_link", f"There is no {item['type']} {item['uuid']} version {item['version']} to link to"
            )


def _leads_somewhere(dss: Dss, item: JsonObject) -> bool:
    uuid, version = item["uuid"].lower(), parse_version(item["version"])
    find = {"file": dss.find_file, "bundle": dss.find_bundle, "collection": dss.find_collection}.get(item["type"])
    return _check_part(dss, item, uuid, version) if find is None else find(uuid, version) is not None


def _check_part(dss: Dss, item: JsonObject, uuid: str, version: str) -> bool:
    """A link to a part of a metadata file: the file exists, is JSON, and has something at the JSON Pointer (RFC 6901)."""
    pointer = item.get("path", item.get("fragment"))
    if not isinstance(pointer, str) or pointer[:1] not in ("", "/"):
        raise Problem(422, "invalid_link", f"A link of type {item['type']} needs a path: a JSON Pointer into the file")
    file = dss.find_file(uuid, version)
    if file is None or file.size > MAX_METADATA:
        return False
    try:
        value: Any = json.loads(dss.context.objects.read(file.sha256))
        for step in pointer.split("/")[1:]:
            value = value[int(step) if is_array(value) else step.replace("~1", "/").replace("~0", "~")]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise Problem(422, "invalid_link", f"The file {uuid} has nothing at {pointer!r}: {error}") from error
    return True
