"""Bundles, named lists of records and bundles; and both, as records, as DRS objects."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from omicsdk.sandbox.gen3.access import OPEN, below
from omicsdk.sandbox.gen3.indexd import requests
from omicsdk.sandbox.gen3.indexd.index import BUNDLES, MAX_BULK, PASSPORTS, Index, Kept
from omicsdk.sandbox.gen3.indexd.record import CLOUDS, checksums, new_guid, scheme, timestamp
from omicsdk.sandbox.gen3.indexd.records import listed
from omicsdk.sandbox.gen3.indexd.requests import Query, bad, checked_hashes, refuse, sent
from omicsdk.sandbox.gen3.service import HTML, as_object, crash_if_real, is_texts
from omicsdk.sandbox.problems import or_raise
from omicsdk.sandbox.service import Call, JsonObject, Reply

_VERSION = "1.5.0"


def create_bundle(index: Index, call: Call) -> Reply:
    """POST /bundle."""
    index.permit(call, "create", [BUNDLES])
    body = sent(call, "InputBundle")
    _check_members(body)
    members = [index.either(member_id) for member_id in body["bundles"]]
    id = body.get("bundle_id") or new_guid(index.prefix)
    contents = [_content(member, index.prefix, call.origin) for member in members]
    bundle = _made(body, id, contents, members, timestamp(index.context.clock.now()))
    if index.records.find(id) or not index.bundles.add_new(Kept(bundle["id"], bundle)):
        raise refuse(409, f'bundle id "{id}" already exists')
    return Reply({"bundle_id": id, "name": bundle["name"], "contents": json.dumps(contents)})


def get_bundle(index: Index, call: Call) -> Reply:
    """GET /bundle/{GUID}; a record is returned as a bundle without members."""
    bundle = as_bundle(index.either(call.arguments["GUID"]))
    contents = contents_of(bundle, Query(call).is_on("expand"))
    del bundle["bundle_data"]
    uri = drs_uri(bundle["id"], index.prefix, call.origin)
    return Reply({**bundle, "drs_uri": uri, "contents": contents})


def delete_bundle(index: Index, call: Call) -> Reply:
    """DELETE /bundle/{GUID}."""
    index.permit(call, "delete", [BUNDLES])
    if not index.bundles.remove(key=call.arguments["GUID"]):
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
    checked_hashes({checksum.get("type", ""): checksum["checksum"] for checksum in body.get("checksums", ())})


def _content(member: JsonObject, prefix: str, origin: str) -> JsonObject:
    bundle = as_bundle(member)
    uri = drs_uri(bundle["id"], prefix, origin)
    return {"id": bundle["id"], "name": bundle["name"], "drs_uri": uri, "contents": bundle["bundle_data"]}


def _made(
    fields: Mapping[str, Any], id: str, contents: list[JsonObject], members: list[JsonObject], now: str
) -> JsonObject:
    """A new bundle of what was sent, with what it keeps of its members."""
    return {
        "id": id,
        "name": fields.get("name") or id,
        "description": fields.get("description") or "",
        "version": fields.get("version") or "",
        "aliases": fields.get("aliases") or [],
        "size": fields.get("size") or sum(member["size"] or 0 for member in members),
        "checksums": fields.get("checksums") or [_checksum(members)],
        "bundle_data": contents,
        "created_time": now,
        "updated_time": now,
    }


def _checksum(members: Iterable[JsonObject]) -> JsonObject:
    """An MD5 over the members' first checksums, sorted and put together."""
    checksums = sorted(word for member in members if (word := _first_checksum(member)))
    return {"type": "md5", "checksum": hashlib.md5("".join(checksums).encode(), usedforsecurity=False).hexdigest()}


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
    namespace, slash, rest = id.rpartition("/")
    if slash:
        return f"drs://{namespace}:{rest}"
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
    return [{name: value for name, value in content.items() if name != "contents"} for content in bundle["bundle_data"]]


# -- DRS objects


def _object(index: Index, call: Call, record: JsonObject) -> JsonObject:
    """Return a record or bundle as a DRS object, without contents; the service states aliases for bundles only."""
    bundle = as_bundle(record)
    fields: JsonObject = {
        **{name: bundle[name] for name in ("id", "name", "size", "version", "description", "aliases", "checksums")},
        "self_uri": drs_uri(bundle["id"], index.prefix, call.origin),
        "mime_type": "application/json",
        "form": "bundle",
        "created_time": "",
        "updated_time": "",
        "index_created_time": bundle["created_time"],
        "index_updated_time": bundle["updated_time"],
    }
    if bundle is record:
        return fields
    allowed = _authorizations(index, call, record["did"], record["authz"])
    return {
        **fields,
        "form": record["form"],
        "created_time": record["content_created_date"],
        "updated_time": record["content_updated_date"],
        "access_methods": [_way(url, record["urls_metadata"].get(url, {}), allowed) for url in record["urls"]],
    }


def _way(url: str, metadata: Mapping[str, Any], allowed: JsonObject) -> JsonObject:
    """How the bytes are reached: by the URL, or by asking for `access_id`, which is the name of the protocol.

    Metadata of the URL may state whether it is available, and the region.
    """
    kind = scheme(url)
    return {
        "type": kind,
        "access_id": kind,
        "access_url": {"url": url},
        "region": str(metadata.get("region", "")),
        "available": str(metadata.get("available", True)).lower() in ("true", "1"),
        "authorizations": allowed,
        "cloud": CLOUDS.get(kind),
    }


def _authorizations(index: Index, call: Call, id: str, authz: list[str]) -> JsonObject:
    """How requests for an object are authorised: not at all, by tokens of the commons, or also by passports.

    Bundles, and some records, belong to no resources.
    """
    issuers: Mapping[str, Iterable[str]] = index.json_setting(PASSPORTS)
    passports = sorted({issuer for resource in authz for issuer in issuers.get(resource, ())})
    is_open = any(below(resource, OPEN) for resource in authz)
    closed = bool(authz) and not is_open
    kinds = [*(["PassportAuth"] if passports else []), "BearerAuth"] if closed else ["None"] if is_open else []
    return {
        "drs_object_id": id,
        "supported_types": kinds,
        "bearer_auth_issuers": [f"{call.origin}/user"] if closed else [],
        "passport_auth_issuers": passports if closed else [],
    }


# -- DRS


def get_service_info(index: Index, call: Call) -> Reply:
    """GET /ga4gh/drs/v1/service-info."""
    count, size = index.records.counted()
    return Reply(
        {
            "id": "org.example.sandbox",
            "name": "DRS System",
            "version": _VERSION,
            "type": {"group": "org.ga4gh", "artifact": "drs", "version": _VERSION},
            "organization": {"name": "Sandbox", "url": call.origin},
            "maxBulkRequestLength": MAX_BULK,
            "drs": {"maxBulkRequestLength": MAX_BULK, "objectCount": count, "totalObjectSize": size},
        }
    )


def list_drs_objects(index: Index, call: Call) -> Reply:
    """GET /ga4gh/drs/v1/objects."""
    query = requests.Query(call)
    limit, page, form = query.length(), query.number("page"), query.text("form")
    kind = form if form in ("bundle", "object") else "all"
    page_records = listed(index, kind, requests.Criteria(start=query.text("start")), limit, page)
    return Reply({"drs_objects": [_object(index, call, record) for record in page_records]})


def get_drs_object(index: Index, call: Call) -> Reply:
    """GET /ga4gh/drs/v1/objects/{object_id}."""
    return _shown(index, call, expand=requests.Query(call).text("expand") == "true")


def post_drs_object(index: Index, call: Call) -> Reply:
    """POST /ga4gh/drs/v1/objects/{object_id}: descriptions are open, so passports change nothing."""
    body = as_object(requests.sent_json(call, force=True)) if call.content else {}
    return _shown(index, call, expand=body.get("expand") is True)


def options_drs_object(index: Index, call: Call) -> Reply:
    """OPTIONS /ga4gh/drs/v1/objects/{object_id}."""
    id = call.arguments["object_id"]
    return Reply(_authorizations(index, call, id, index.either(id).get("authz", [])))


def get_bulk_drs_objects(index: Index, call: Call) -> Reply:
    """POST /ga4gh/drs/v1/objects."""
    return _resolved(index, call, lambda record: _object(index, call, record))


def options_bulk_drs_objects(index: Index, call: Call) -> Reply:
    """OPTIONS /ga4gh/drs/v1/objects."""
    return _resolved(index, call, lambda record: _authorizations(index, call, record["did"], record["authz"]))


def _shown(index: Index, call: Call, *, expand: bool) -> Reply:
    record = index.either(call.arguments["object_id"])
    contents = {"contents": contents_of(record, expand)} if "bundle_data" in record else {}
    return Reply({**_object(index, call, record), **contents})


def _resolved(index: Index, call: Call, view: Callable[[JsonObject], JsonObject]) -> Reply:
    body = as_object(requests.sent_json(call, force=True))
    if "bulk_object_ids" not in body:
        raise requests.bad("Request is malformed. Missing bulk object ids.")
    ids: object = body["bulk_object_ids"]
    if not is_texts(ids):
        raise requests.bad("bulk_object_ids must be a list of GUIDs")
    if len(ids) > MAX_BULK:
        raise requests.refuse(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"At most {MAX_BULK} objects can be asked for at once"
        )
    resolved = index.records.several(ids)
    missing = sorted({*ids} - {record["did"] for record in resolved})
    return Reply(
        {
            "resolved_drs_objects": [view(record) for record in resolved],
            "unresolved_drs_objects": [{"error_code": 404, "object_ids": missing}] if missing else [],
            "summary": {"requested": len(ids), "resolved": len(resolved), "unresolved": len(ids) - len(resolved)},
        }
    )


# -- DOS


def list_dos_objects(index: Index, call: Call) -> Reply:
    """GET /ga4gh/dos/v1/dataobjects."""
    query = requests.Query(call)
    limit, checksum = query.length("page_size", least=1), query.text("checksum")
    if checksum is not None:
        crash_if_real(index.context, "a list by checksum")
    hashes = {} if checksum is None else requests.checked_hashes({query.text("checksum_type") or "md5": checksum})
    criteria = requests.Criteria(start=query.text("page_token"), urls=query.all("url"), hashes=hashes)
    page_records = index.records.listed(*criteria.condition(index.prefix), limit=limit)
    return Reply({"data_objects": [_data_object(index, record) for record in page_records]})


def get_dos_object(index: Index, call: Call) -> Reply:
    """GET /ga4gh/dos/v1/dataobjects/{GUID}."""
    record = or_raise(index.kept(call.arguments["GUID"]), requests.no_record())
    return Reply({"data_object": _data_object(index, record)})


def _data_object(index: Index, record: JsonObject) -> JsonObject:
    return {
        "id": record["did"],
        "name": record["file_name"],
        "size": record["size"],
        "created": record["created_date"],
        "updated": record["updated_date"],
        "version": record["rev"],
        "mime_type": "",
        "description": "",
        "aliases": index.aliases.of(record["did"]),
        "checksums": checksums(record),
        "urls": [_data_url(url, record) for url in record["urls"]],
    }


def _data_url(url: str, record: JsonObject) -> JsonObject:
    metadata = record["urls_metadata"].get(url)
    return {"url": url, **({"user_metadata": metadata, "system_metadata": record["metadata"]} if metadata else {})}
