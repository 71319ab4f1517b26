"""Operations of volumes and of what is on them; their members are among those of everything."""

from collections.abc import Mapping
from typing import Any, cast

from omicsdk.sandbox.sb.answers import address, page_of, view, when, window
from omicsdk.sandbox.sb.buckets import Found
from omicsdk.sandbox.sb.documents import JsonObject
from omicsdk.sandbox.sb.problems import bad, refuse
from omicsdk.sandbox.sb.state import Sb, path_id
from omicsdk.sandbox.service import Call, Reply

_SECRETS = ("secret_access_key", "private_key", "client_secret")
"""What of a volume's credentials is never told again; nothing here needs it, so it isn't kept either."""
_DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "s3": {"prefix": "", "endpoint": "s3.amazonaws.com", "properties": {"sse_algorithm": "AES256"}},
    "gcs": {"prefix": "", "root_url": "https://www.googleapis.com", "properties": {}},
    "oss": {"prefix": "", "properties": {}},
    "azure": {"prefix": "", "properties": {}},
}


def list_volumes(sb: Sb, call: Call) -> Reply:
    """GET /storage/volumes."""
    found = [sb.documents.get("volume", id) for id in sb.membership.joined("volume", sb.user(call))]
    return page_of(call, [each for each in found if each is not None], lambda each: _show(call, each))


def create_volume(sb: Sb, call: Call) -> Reply:
    """POST /storage/volumes."""
    owner, name, service = sb.user(call), call.body["name"], dict(call.body["service"])
    _check_service(service, call.body["access_mode"])
    service["credentials"] = _without_secrets(service["credentials"])
    now, id = when(sb.now()), f"{owner}/{name}"
    volume: JsonObject = {
        "id": id,
        "name": name,
        "description": call.body.get("description", ""),
        "access_mode": call.body["access_mode"],
        "service": {**_DEFAULTS[service["type"].lower()], **service},
        "created_on": now,
        "modified_on": now,
        "active": True,
    }
    if sb.documents.get("volume", id) is not None:
        raise refuse(409, 9010, f"{owner} has a volume {name} already")
    sb.documents.put("volume", id, volume)
    sb.membership.add_owner("volume", id, owner)
    return Reply(_show(call, volume))


def _check_service(service: Mapping[str, Any], access_mode: str) -> None:
    if not (service.get("bucket") or service.get("container")):
        raise bad("The service has no bucket", 9017)
    if not service.get("credentials"):
        raise bad("The service has no credentials", 9017)
    if service["type"].lower() == "azure" and access_mode != "RO":
        raise bad("Volumes on Azure are for reading: access_mode is RO", 9057)


def get_volume(sb: Sb, call: Call) -> Reply:
    """GET /storage/volumes/{owner}/{volume}."""
    return Reply(_show(call, sb.asked(call, "volume")))


def update_volume(sb: Sb, call: Call) -> Reply:
    """PATCH /storage/volumes/{owner}/{volume}."""
    present, names = sb.asked(call, "volume", "admin"), ("name", "description", "access_mode", "active")
    changes = {name: call.body[name] for name in names if name in call.body}
    if "service" in call.body:
        changes["service"] = _merged(present["service"], call.body["service"])
    volume: JsonObject = {**present, **changes, "modified_on": when(sb.now())}
    _check_service(volume["service"], volume["access_mode"])
    sb.documents.put("volume", volume["id"], volume)
    return Reply(_show(call, volume))


def delete_volume(sb: Sb, call: Call) -> Reply:
    """DELETE /storage/volumes/{owner}/{volume}."""
    volume = sb.asked(call, "volume", "admin")
    if volume["active"]:
        raise bad(f"The volume {volume['id']} is active: deactivate it (active: false) before it is deleted", 9011)
    sb.membership.drop("volume", volume["id"])
    sb.documents.remove("volume", volume["id"])
    return Reply(status=204)


def list_volume_objects(sb: Sb, call: Call) -> Reply:
    """GET /storage/volumes/{owner}/{volume}/list."""
    volume = usable(sb, call, path_id(call, "volume"), "read")
    prefix, token = call.arguments.get("prefix", ""), call.arguments.get("continuation_token", "")
    found = sb.place(volume["id"]).list(prefix, window(call)[1], token)
    body: JsonObject = {
        "href": address(call),
        "items": [_show_object(call, volume, each) for each in found.items],
        "prefixes": [
            {"href": _href(call, volume, "list", prefix=each), "prefix": each, "volume": volume["id"]}
            for each in found.prefixes
        ],
        "links": [{"next": address(call, continuation_token=found.token)}] if found.token else [],
    }
    return Reply(body)


def get_volume_object(sb: Sb, call: Call) -> Reply:
    """GET /storage/volumes/{owner}/{volume}/object."""
    volume, location = usable(sb, call, path_id(call, "volume"), "read"), call.arguments["location"]
    found = sb.place(volume["id"]).find(location) if location else None
    if found is None:
        raise refuse(404, 9105, f"There is no {location!r} on the volume {volume['id']}")
    return Reply(_show_object(call, volume, found))


def usable(sb: Sb, call: Call, id: str, needs: str) -> JsonObject:
    """A volume that is active, and on which the caller may do something.

    Args:
        sb: The platform.
        call: The request.
        id: The volume's identity, `owner/name`.
        needs: read or write.

    Raises:
        Problem: 404 when it isn't there or can't be seen, 403 without permission or when it is only for reading,
            400 when it is inactive.
    """
    volume = sb.held(call, "volume", id, needs)
    if not volume["active"]:
        raise bad(f"The volume {id} is inactive: activate it first (active: true)", 5034)
    if needs == "write" and volume["access_mode"] != "RW":
        raise refuse(403, 9026, f"The volume {id} is only for reading: its access_mode is RO")
    return volume


def _merged(present: Mapping[str, Any], changes: Mapping[str, Any]) -> JsonObject:
    merged = {**present, **changes}
    for name in ("credentials", "properties"):
        if isinstance(changes.get(name), Mapping):
            merged[name] = {**(present.get(name) or {}), **changes[name]}
    return {**merged, "credentials": _without_secrets(merged.get("credentials"))}


def _without_secrets(credentials: Any) -> Any:
    if not isinstance(credentials, dict):
        return credentials
    return {name: "" if name in _SECRETS else value for name, value in cast("JsonObject", credentials).items()}


def _show(call: Call, volume: JsonObject) -> JsonObject:
    service: JsonObject = volume["service"]
    told = {name: value for name, value in service["credentials"].items() if name not in _SECRETS}
    return view(call, "volume", {**volume, "service": {**service, "credentials": told}})


def _show_object(call: Call, volume: JsonObject, found: Found) -> JsonObject:
    return {
        "href": _href(call, volume, "object", location=found.location),
        "location": found.location,
        "volume": volume["id"],
        "type": volume["service"]["type"].lower(),
        "metadata": dict(found.metadata),
    }


def _href(call: Call, volume: JsonObject, step: str, **query: str) -> str:
    return call.service_url(f"/storage/volumes/{volume['id']}/{step}", query)
