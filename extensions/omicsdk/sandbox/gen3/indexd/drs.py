"""DRS: what the server is, and its objects one by one, as a list, and several at once."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, cast

from omicsdk.sandbox.gen3.indexd.bundles import contents_told
from omicsdk.sandbox.gen3.indexd.drs_objects import Commons, authorizations, drs_bundle, drs_object
from omicsdk.sandbox.gen3.indexd.index import MAX_BULK, PASSPORTS, Index
from omicsdk.sandbox.gen3.indexd.record import JsonObject
from omicsdk.sandbox.gen3.indexd.records import guids_of, listed
from omicsdk.sandbox.gen3.indexd.refusals import bad, no_record, refuse
from omicsdk.sandbox.gen3.indexd.requests import arguments, schemas
from omicsdk.sandbox.gen3.indexd.requests.criteria import Criteria
from omicsdk.sandbox.service import Call, Reply

_VERSION = "1.5.0"


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
    limit, page = arguments.length(call), arguments.whole(call, "page")
    form, start = arguments.text(call, "form"), arguments.text(call, "start")
    kind = form if form in ("bundle", "object") else "all"
    found = listed(index, kind, Criteria(start=start), limit, page)
    commons = _commons(index, call)
    shown = [drs_bundle(each, commons) if "bundle_data" in each else _object(each, commons) for each in found]
    return Reply({"drs_objects": shown})


def get_drs_object(index: Index, call: Call) -> Reply:
    """GET /ga4gh/drs/v1/objects/{object_id}."""
    return _shown(index, call, expand=arguments.text(call, "expand") == "true")


def post_drs_object(index: Index, call: Call) -> Reply:
    """POST /ga4gh/drs/v1/objects/{object_id}: descriptions are open, so passports change nothing."""
    sent: Any = schemas.sent_json(call, force=True) if call.content else {}
    expand = isinstance(sent, dict) and cast("JsonObject", sent).get("expand") is True
    return _shown(index, call, expand=expand)


def options_drs_object(index: Index, call: Call) -> Reply:
    """OPTIONS /ga4gh/drs/v1/objects/{object_id}."""
    id = call.arguments["object_id"]
    found = index.kept(id)
    if found is None and index.find_bundle(id) is None:
        raise no_record()
    return Reply(authorizations(id, found["authz"] if found else [], _commons(index, call)))


def get_bulk_drs_objects(index: Index, call: Call) -> Reply:
    """POST /ga4gh/drs/v1/objects."""
    commons = _commons(index, call)
    return _resolved(index, call, lambda record: _object(record, commons))


def options_bulk_drs_objects(index: Index, call: Call) -> Reply:
    """OPTIONS /ga4gh/drs/v1/objects."""
    commons = _commons(index, call)
    return _resolved(index, call, lambda record: authorizations(record["did"], record["authz"], commons))


def _commons(index: Index, call: Call) -> Commons:
    return Commons(index.prefix, call.origin, index.json_setting(PASSPORTS))


def _object(record: JsonObject, commons: Commons) -> JsonObject:
    return drs_object(record, commons)


def _shown(index: Index, call: Call, *, expand: bool) -> Reply:
    id, commons = call.arguments["object_id"], _commons(index, call)
    if found := index.kept(id):
        return Reply(_object(found, commons))
    bundle = index.find_bundle(id)
    if bundle is None:
        raise no_record()
    return Reply({**drs_bundle(bundle, commons), "contents": contents_told(bundle, expand=expand)})


def _resolved(index: Index, call: Call, view: Callable[[JsonObject], JsonObject]) -> Reply:
    sent: Any = schemas.sent_json(call, force=True)
    if not isinstance(sent, dict) or "bulk_object_ids" not in sent:
        raise bad("Request is malformed. Missing bulk object ids.")
    ids = guids_of(cast("JsonObject", sent)["bulk_object_ids"], "bulk_object_ids")
    if len(ids) > MAX_BULK:
        raise refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"At most {MAX_BULK} objects can be asked for at once")
    found = index.records.several(ids)
    missing = sorted({*ids} - {each["did"] for each in found})
    return Reply(
        {
            "resolved_drs_objects": [view(each) for each in found],
            "unresolved_drs_objects": [{"error_code": 404, "object_ids": missing}] if missing else [],
            "summary": {"requested": len(ids), "resolved": len(found), "unresolved": len(ids) - len(found)},
        }
    )
