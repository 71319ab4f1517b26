"""Bundles: named lists of records and bundles, which keep what their members were called when they were made."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from omicsdk.sandbox.gen3.indexd.index import BUNDLES, Index
from omicsdk.sandbox.gen3.indexd.record import checksums, new_guid, timestamp
from omicsdk.sandbox.gen3.indexd.requests import Query, bad, checked_hashes, refuse, sent
from omicsdk.sandbox.gen3.service import HTML
from omicsdk.sandbox.service import Call, JsonObject, Reply


def create_bundle(index: Index, call: Call) -> Reply:
    """POST /bundle."""
    index.permit(call, "create", [BUNDLES])
    body = sent(call, "InputBundle")
    _check_members(body)
    with index.records.transaction():
        members = [index.either(each) for each in body["bundles"]]
        id = body.get("bundle_id") or new_guid(index.prefix)
        contents = [_content(member, index.prefix, call.origin) for member in members]
        bundle = _made(body, id, contents, members, timestamp(index.context.clock.now()))
        if index.records.find(id) or not index.bundles.put(bundle, instead=False):
            raise refuse(409, f'bundle id "{id}" already exists')
    return Reply({"bundle_id": id, "name": bundle["name"], "contents": json.dumps(contents)})


def get_bundle(index: Index, call: Call) -> Reply:
    """GET /bundle/{GUID}; a record is returned as a bundle without members."""
    found = index.either(call.arguments["GUID"])
    bundle = as_bundle(found)
    contents = contents_of(bundle, Query(call).is_on("expand"))
    del bundle["bundle_data"]
    uri = drs_uri(bundle["id"], index.prefix, call.origin)
    return Reply({**bundle, "drs_uri": uri, "contents": contents})


def delete_bundle(index: Index, call: Call) -> Reply:
    """DELETE /bundle/{GUID}."""
    index.permit(call, "delete", [BUNDLES])
    if not index.bundles.remove(call.arguments["GUID"]):
        raise refuse(404, "No bundle found")
    return Reply(text="", headers=HTML)


# -- stored records


def _check_members(body: Mapping[str, Any]) -> None:
    members = body["bundles"]
    if not members:
        raise bad("Bundle data required.")
    if len(set(members)) < len(members):
        raise bad("Duplicate GUID in bundles.")
    if body.get("bundle_id") in members:
        raise bad("Bundle refers to itself.")
    checked_hashes({each.get("type", ""): each["checksum"] for each in body.get("checksums", ())})


def _content(member: JsonObject, prefix: str, origin: str) -> JsonObject:
    bundle = as_bundle(member)
    uri = drs_uri(bundle["id"], prefix, origin)
    return {"id": bundle["id"], "name": bundle["name"], "drs_uri": uri, "contents": bundle["bundle_data"]}


def _made(
    given: Mapping[str, Any], id: str, contents: list[JsonObject], members: list[JsonObject], now: str
) -> JsonObject:
    """A new bundle of what was sent, with what it keeps of its members."""
    return {
        "id": id,
        "name": given.get("name") or id,
        "description": given.get("description") or "",
        "version": given.get("version") or "",
        "aliases": given.get("aliases") or [],
        "size": given.get("size") or sum(member["size"] or 0 for member in members),
        "checksums": given.get("checksums") or [_checksum(members)],
        "bundle_data": contents,
        "created_time": now,
        "updated_time": now,
    }


def _checksum(members: Iterable[JsonObject]) -> JsonObject:
    """An MD5 over the members' first checksums, sorted and put together."""
    words = sorted(word for member in members if (word := _first_checksum(member)))
    return {"type": "md5", "checksum": hashlib.md5("".join(words).encode(), usedforsecurity=False).hexdigest()}


def _first_checksum(member: JsonObject) -> str:
    if "checksums" in member:
        return member["checksums"][0]["checksum"]
    return member["hashes"].get("md5") or next(iter(member["hashes"].values()), "")


# -- responses


def drs_uri(id: str, prefix: str, origin: str) -> str:
    """The DRS URI of an object: a compact one by its prefix, or one with the commons' host.

    Args:
        id: Its GUID.
        prefix: Prefix of the commons' GUIDs; empty for nothing.
        origin: Scheme, host and port of the commons.
    """
    own, slash, rest = id.rpartition("/")
    if slash:
        return f"drs://{own}:{rest}"
    if prefix:
        return f"drs://{prefix.rstrip('/')}:{id}"
    return f"drs://{urlsplit(origin).netloc}/{id}"


def as_bundle(record: JsonObject) -> JsonObject:
    """A record as a bundle without members; a bundle unchanged."""
    if "bundle_data" in record:
        return record
    return {
        "id": record["did"],
        "name": record["file_name"],
        "description": record["description"],
        "version": record["version"],
        "aliases": [],
        "size": record["size"],
        "checksums": checksums(record),
        "bundle_data": [],
        "created_time": record["created_date"],
        "updated_time": record["updated_date"],
    }


def contents_of(bundle: JsonObject, expand: bool) -> list[JsonObject]:
    """A bundle's members, with their members or without a word of them."""
    if expand:
        return bundle["bundle_data"]
    return [{name: value for name, value in each.items() if name != "contents"} for each in bundle["bundle_data"]]


def bundle_in_list(bundle: JsonObject) -> JsonObject:
    """A bundle as lists return it: two of its fields are JSON within texts."""
    shown = {name: value for name, value in bundle.items() if name not in ("bundle_data", "checksums")}
    texts = {"aliases": json.dumps(bundle["aliases"]), "checksum": json.dumps(bundle["checksums"])}
    return {**shown, **texts, "form": "bundle"}


def bundle_as_record(bundle: JsonObject, *, expand: bool) -> JsonObject:
    """A bundle in the form of a record, with its members' members where it expands."""
    contents: list[JsonObject] = bundle["bundle_data"]
    if not expand:
        contents = [{**each, "contents": []} for each in contents]
    return {**bundle_in_list(bundle), "bundle_data": contents}
