"""Bundles: named lists of records and bundles, which keep what their members were called when they were made."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from omicsdk.sandbox.gen3.indexd.drs_objects import drs_uri
from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.indexd.record import JsonObject, moment, new_guid
from omicsdk.sandbox.gen3.indexd.refusals import HTML, bad, no_record, refuse
from omicsdk.sandbox.gen3.indexd.requests import arguments, schemas
from omicsdk.sandbox.gen3.indexd.requests.rights import BUNDLES
from omicsdk.sandbox.service import Call, Reply

# -- handlers


def create_bundle(index: Index, call: Call) -> Reply:
    """POST /bundle."""
    index.sender(call).needs("create", [BUNDLES])
    body = schemas.sent(call, schemas.BUNDLE)
    _check_members(body)
    with index.records.transaction():
        members = [_member(index, each) for each in body["bundles"]]
        id = body.get("bundle_id") or new_guid(index.prefix)
        bundle = made(body, id, [_content(index, call, each) for each in members], members, index.grounds.clock.now())
        if index.records.find(id) or not index.bundles.add(bundle):
            raise refuse(409, f'bundle id "{id}" already exists')
    return Reply({"bundle_id": id, "name": bundle["name"], "contents": json.dumps(bundle["bundle_data"])})


def get_bundle(index: Index, call: Call) -> Reply:
    """GET /bundle/{GUID}."""
    id = call.arguments["GUID"]
    if (record := index.kept(id)) is not None:
        return Reply(record_as_bundle(record, drs_uri(record["did"], index.prefix, call.origin)))
    found = index.find_bundle(id)
    if found is None:
        raise no_record()
    uri = drs_uri(found["id"], index.prefix, call.origin)
    return Reply(bundle_told(found, uri, expand=arguments.is_true(arguments.text(call, "expand"))))


def delete_bundle(index: Index, call: Call) -> Reply:
    """DELETE /bundle/{GUID}."""
    index.sender(call).needs("delete", [BUNDLES])
    if not index.bundles.remove(call.arguments["GUID"]):
        raise refuse(404, "No bundle found")
    return Reply(text="", headers=HTML)


def _check_members(body: Mapping[str, Any]) -> None:
    members = body["bundles"]
    if not members:
        raise bad("Bundle data required.")
    if len(set(members)) < len(members):
        raise bad("Duplicate GUID in bundles.")
    if body.get("bundle_id") in members:
        raise bad("Bundle refers to itself.")


def _member(index: Index, id: str) -> JsonObject:
    found = index.kept(id) or index.find_bundle(id)
    if found is None:
        raise no_record()
    return found


def _content(index: Index, call: Call, member: JsonObject) -> JsonObject:
    id = member.get("id") or member["did"]
    return {
        "id": id,
        "name": member["name"] if "id" in member else member["file_name"],
        "drs_uri": drs_uri(id, index.prefix, call.origin),
        "contents": member.get("bundle_data", []),
    }


# -- what is kept


def made(
    given: Mapping[str, Any], id: str, contents: list[JsonObject], members: list[JsonObject], now: float
) -> JsonObject:
    """A new bundle.

    Args:
        given: What was sent.
        id: Its identifier.
        contents: What it keeps of its members.
        members: Its members, records or bundles, as they are kept.
        now: Seconds since 1970.
    """
    created = moment(now)
    return {
        "id": id,
        "name": given.get("name") or id,
        "description": given.get("description") or "",
        "version": given.get("version") or "",
        "aliases": given.get("aliases") or [],
        "size": given.get("size") or sum(member["size"] or 0 for member in members),
        "checksums": given.get("checksums") or [checksum(members)],
        "bundle_data": contents,
        "created_time": created,
        "updated_time": created,
    }


def checksum(members: Iterable[JsonObject]) -> JsonObject:
    """An MD5 over the members' first checksums, sorted and put together."""
    words = sorted(word for member in members if (word := _first_checksum(member)))
    digest = hashlib.md5("".join(words).encode(), usedforsecurity=False).hexdigest()
    return {"type": "md5", "checksum": digest}


def _first_checksum(member: JsonObject) -> str:
    if "checksums" in member:
        return member["checksums"][0]["checksum"]
    return member["hashes"].get("md5") or next(iter(member["hashes"].values()), "")


# -- what is told


def bundle_told(bundle: JsonObject, uri: str, *, expand: bool) -> JsonObject:
    """A bundle as it is told when it is read as one.

    Args:
        bundle: The bundle as it is kept.
        uri: Its DRS URI.
        expand: Whether its members' members are told.
    """
    told = {name: value for name, value in bundle.items() if name != "bundle_data"}
    return {**told, "drs_uri": uri, "contents": contents_told(bundle, expand=expand)}


def record_as_bundle(record: JsonObject, uri: str) -> JsonObject:
    """A record as it is told when it is read as a bundle: one without members.

    Args:
        record: The record as it is kept.
        uri: Its DRS URI.
    """
    return {
        "id": record["did"],
        "name": record["file_name"],
        "description": record["description"],
        "version": record["version"],
        "aliases": [],
        "size": record["size"],
        "checksums": [{"type": kind, "checksum": value} for kind, value in record["hashes"].items()],
        "created_time": record["created_date"],
        "updated_time": record["updated_date"],
        "drs_uri": uri,
        "contents": [],
    }


def contents_told(bundle: JsonObject, *, expand: bool) -> list[JsonObject]:
    """A bundle's members, with their members or without a word of them."""
    if expand:
        return bundle["bundle_data"]
    return [{name: value for name, value in each.items() if name != "contents"} for each in bundle["bundle_data"]]


def bundle_in_list(bundle: JsonObject) -> JsonObject:
    """A bundle as lists tell it: two of its fields are JSON within texts."""
    told = {name: value for name, value in bundle.items() if name not in ("bundle_data", "checksums")}
    texts = {"aliases": json.dumps(bundle["aliases"]), "checksum": json.dumps(bundle["checksums"])}
    return {**told, **texts, "form": "bundle"}


def bundle_as_record(bundle: JsonObject, *, expand: bool) -> JsonObject:
    """A bundle as it is told when it is read as a record.

    Args:
        bundle: The bundle as it is kept.
        expand: Whether its members' members are told.
    """
    contents: list[JsonObject] = bundle["bundle_data"]
    if not expand:
        contents = [{**each, "contents": []} for each in bundle["bundle_data"]]
    return {**bundle_in_list(bundle), "bundle_data": contents}


def merged(bundles: list[JsonObject], records: list[JsonObject]) -> list[JsonObject]:
    """Bundles and records in one list: what is later among the next two of them comes first."""
    found: list[JsonObject] = []
    waiting = list(reversed(bundles))
    for record in records:
        while waiting and waiting[-1]["created_time"] > record["created_date"]:
            found.append(waiting.pop())
        found.append(record)
    return [*found, *reversed(waiting)]
