"""Operations of volumes and of what is on them, and of imports and exports, which go between volumes and the platform."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.sb.documents import FileRecord, VolumeObject
from omicsdk.sandbox.sb.files import check_name, destination, file_known
from omicsdk.sandbox.sb.responses import address, bad, error_body, list_of, page_of, refuse, view, when, window
from omicsdk.sandbox.sb.state import Course, Sb, body_fields, filled, in_bulk, keep, path_id
from omicsdk.sandbox.service import Call, JsonObject, Reply, for_each, named

# Fields of a volume's credentials that are never returned; nothing here needs them, so they are not stored either.
_SECRETS = ("secret_access_key", "private_key", "client_secret")


def list_volumes(sb: Sb, call: Call) -> Reply:
    """GET /storage/volumes."""
    return list_of(call, "volume", sb.joined(call, "volume"))


def create_volume(sb: Sb, call: Call) -> Reply:
    """POST /storage/volumes."""
    owner, name = sb.user(call), call.body["name"]
    service = _checked(call.body["service"])
    now, id = when(sb.now()), f"{owner}/{name}"
    volume: JsonObject = {
        "id": id,
        "description": "",
        **body_fields(call, "name description access_mode"),
        "service": {"prefix": "", "properties": {}, **service},
        "created_on": now,
        "modified_on": now,
        "active": True,
    }
    if sb.documents.get("volume", id) is not None:
        raise refuse(409, 9010, f"{owner} has a volume {name} already")
    sb.add_owner("volume", id, owner)
    return keep(sb, call, "volume", volume)


def _checked(service: Mapping[str, Any]) -> JsonObject:
    """A service that a volume may have, without what is secret in its credentials."""
    if not (service.get("bucket") or service.get("container")) or service.get("credentials") is None:
        raise bad("The service has no bucket, or no credentials", 9017)
    public_fields = {name: value for name, value in service["credentials"].items() if name not in _SECRETS}
    return {**service, "credentials": public_fields}


def update_volume(sb: Sb, call: Call) -> Reply:
    """PATCH /storage/volumes/{owner}/{volume}."""
    present = sb.requested(call, "volume", "admin")
    volume = {**present, **body_fields(call, "name description access_mode active"), "modified_on": when(sb.now())}
    service = _merged(present["service"], call.body.get("service") or {})
    return keep(sb, call, "volume", {**volume, "service": _checked(service)})


def delete_volume(sb: Sb, call: Call) -> Reply:
    """DELETE /storage/volumes/{owner}/{volume}."""
    volume = sb.requested(call, "volume", "admin")
    if volume["active"]:
        raise bad(f"The volume {volume['id']} is active: deactivate it (active: false) before it is deleted", 9011)
    sb.drop("volume", volume["id"])
    return Reply(status=204)


def list_volume_objects(sb: Sb, call: Call) -> Reply:
    """GET /storage/volumes/{owner}/{volume}/list."""
    volume = _usable(sb, call, path_id(call), "read")
    prefix, token = call.arguments.get("prefix", ""), call.arguments.get("continuation_token", "")
    items, prefixes, following = sb.place(volume["id"]).list(prefix, window(call)[1], token)
    body: JsonObject = {
        "href": address(call),
        "items": [_show_object(call, volume, item) for item in items],
        "prefixes": [_show_at(call, volume, "list", prefix=prefix) for prefix in prefixes],
        "links": [{"next": address(call, continuation_token=following)}] if following else [],
    }
    return Reply(body)


def get_volume_object(sb: Sb, call: Call) -> Reply:
    """GET /storage/volumes/{owner}/{volume}/object."""
    volume, location = _usable(sb, call, path_id(call), "read"), call.arguments["location"]
    entry = sb.place(volume["id"]).find(location) if location else None
    if entry is None:
        raise refuse(404, 9105, f"There is no {location!r} on the volume {volume['id']}")
    return Reply(_show_object(call, volume, entry))


def _usable(sb: Sb, call: Call, id: str, needs: str) -> JsonObject:
    """A volume that is active, and on which the caller may do something.

    Raises:
        Problem: 404 when it does not exist or cannot be seen, 403 without permission or when it is only for reading,
            400 when it is inactive.
    """
    volume = sb.permitted(call, "volume", id, needs)
    if not volume["active"]:
        raise bad(f"The volume {id} is inactive: activate it first (active: true)", 5034)
    if needs == "write" and volume["access_mode"] != "RW":
        raise refuse(403, 9026, f"The volume {id} is only for reading: its access_mode is RO")
    return volume


def _merged(present: Mapping[str, Any], changes: Mapping[str, Any]) -> JsonObject:
    merged: JsonObject = {**present, **changes}
    for name in ("credentials", "properties"):
        if isinstance(changes.get(name), Mapping):
            merged[name] = {**(present.get(name) or {}), **changes[name]}
    return merged


def _show_object(call: Call, volume: JsonObject, entry: VolumeObject) -> JsonObject:
    more = {"type": volume["service"]["type"].lower(), "metadata": dict(entry.metadata)}
    return {**_show_at(call, volume, "object", location=entry.location), **more}


def _show_at(call: Call, volume: JsonObject, step: str, **at: str) -> JsonObject:
    """The location of something on a volume."""
    return {"href": call.service_url(f"/storage/volumes/{volume['id']}/{step}", at), **at, "volume": volume["id"]}


# -- imports and exports: they wait for their turn, run, and end well or with an error


def _begin(sb: Sb, call: Call, kind: str, body: Mapping[str, Any]) -> JsonObject:
    """Note a transfer that waits for its turn."""
    user, now = sb.user(call), sb.now()
    requested = _requested_import(sb, call, body) if kind == "import" else _requested_export(sb, call, body)
    transfer: JsonObject = {"id": secrets.token_hex(16), "kind": kind, "state": "PENDING", "user": user}
    transfer |= {**dict.fromkeys(("started_on", "finished_on", "error", "result")), **requested}
    # The newest is listed first.
    sb.documents.put(kind, transfer["id"], transfer, user, rank=-now)
    sb.begin(TRANSFERS[kind], transfer, now)
    return _show_transfer(sb, call, transfer)


def _start(sb: Sb, transfer: JsonObject, at: float) -> None:  # noqa: ARG001 - the signature of courses
    transfer["started_on"] = when(at)


def _end(sb: Sb, transfer: JsonObject, at: float) -> None:
    def note(**outcome: object) -> None:
        sb.documents.put(transfer["kind"], transfer["id"], {**transfer, **outcome, "finished_on": when(at)})

    try:
        # It changes the fields that the transfer is about, and returns those that identify its file on the platform.
        enter = _import(sb, transfer) if transfer["kind"] == "import" else _export(sb, transfer)
        with sb.transaction():
            note(state="COMPLETED", result=enter())
    except Problem as problem:
        note(state="FAILED", error=error_body(problem))


_SECONDS = {"PENDING": "queue_seconds", "RUNNING": "transfer_seconds"}
TRANSFERS = {kind: Course(kind, _SECONDS, _start, _end, slow=True) for kind in ("import", "export")}


def _show_transfer(sb: Sb, call: Call, transfer: JsonObject) -> JsonObject:
    """A transfer as a response has it, with its file."""
    return view(call, transfer["kind"], {**transfer, "result": file_known(sb, call, transfer["result"])})


def _list(sb: Sb, call: Call, kind: str) -> Reply:
    side = "source" if kind == "import" else "destination"

    def fits(transfer: JsonObject) -> bool:
        present = {"state": transfer["state"], "volume": transfer[side]["volume"], "project": transfer["project"]}
        return all(call.arguments.get(name, value) == value for name, value in present.items())

    transfers = [transfer for transfer in sb.documents.listed(kind, sb.user(call)) if fits(transfer)]
    return page_of(call, transfers, lambda transfer: _show_transfer(sb, call, transfer))


def _one(sb: Sb, call: Call, kind: str, id: str) -> JsonObject:
    return _show_transfer(sb, call, sb.documents.existing(kind, id, user=sb.user(call)))


def _get(sb: Sb, call: Call, kind: str) -> Reply:
    return Reply(_one(sb, call, kind, call.arguments[f"{kind}_id"]))


def _create(sb: Sb, call: Call, kind: str) -> Reply:
    return Reply(_begin(sb, call, kind, call.body))


def _bulk_get(sb: Sb, call: Call, kind: str) -> Reply:
    return in_bulk(sb, call.body[f"{kind}_ids"], lambda id: _one(sb, call, kind, id))


def _bulk_create(sb: Sb, call: Call, kind: str) -> Reply:
    return in_bulk(sb, call.body["items"], lambda item: _begin(sb, call, kind, item))


HANDLERS = for_each(
    named(*TRANSFERS),
    {
        "list_{}s": _list,
        "create_{}": _create,
        "get_{}": _get,
        "bulk_get_{}s": _bulk_get,
        "bulk_create_{}s": _bulk_create,
    },
)


# -- imports


def _requested_import(sb: Sb, call: Call, body: Mapping[str, Any]) -> JsonObject:
    source, target = body["source"], body["destination"]
    volume = _usable(sb, call, source["volume"], "read")
    folder = destination(sb, call, target)
    name = target.get("name") or PurePosixPath(source["location"].rstrip("/")).name
    return {
        "source": {"volume": volume["id"], "location": source["location"]},
        "destination": {"project": target.get("project"), "parent": folder.id, "name": check_name(name)},
        "project": folder.project,
        **filled(body, overwrite=False, autorename=False),
        "preserve_folder_structure": body.get("preserve_folder_structure", True),
    }


def _import(sb: Sb, transfer: JsonObject) -> Callable[[], str]:
    source, target = transfer["source"], transfer["destination"]
    storage = sb.place(source["volume"])
    folder = sb.file(transfer["user"], target["parent"], "write")
    entry = storage.find(source["location"]) if not source["location"].endswith("/") else None
    if entry is not None:
        return lambda: _alias(sb, transfer, folder, target["name"], entry).id
    objects = storage.below(source["location"])
    if not objects:
        raise refuse(404, 9105, f"There is no {source['location']!r} on the volume {source['volume']}")
    return lambda: _whole_folder(sb, transfer, folder, objects)


def _whole_folder(sb: Sb, transfer: JsonObject, folder: FileRecord, objects: Sequence[VolumeObject]) -> str:
    start = f"{transfer['source']['location'].strip('/')}/"
    files = sb.files
    top = files.folder(folder.project, folder.id, transfer["destination"]["name"])
    for object_ in objects:
        steps = PurePosixPath(object_.location.removeprefix(start)).parts
        inner = top
        for step in steps[:-1] if transfer["preserve_folder_structure"] else ():
            inner = files.folder(inner.project, inner.id, step)
        _alias(sb, transfer, inner, steps[-1], object_)
    return top.id


def _alias(sb: Sb, transfer: JsonObject, folder: FileRecord, name: str, entry: VolumeObject) -> FileRecord:
    files, existing = sb.files, sb.files.child(folder.id, name)
    at: JsonObject = {"size": entry.size, "volume": transfer["source"]["volume"], "location": entry.location}
    if existing is not None and transfer["overwrite"] and existing.type == "file":
        files.change(existing.id, blob="", **at)
        return existing
    if existing is not None and not transfer["autorename"]:
        raise refuse(409, 9108, f"There is a {name} already: give overwrite or autorename, or another name")
    return files.add(project=folder.project, parent=folder.id, name=files.free_name(folder.id, name), **at)


# -- exports


def _requested_export(sb: Sb, call: Call, body: Mapping[str, Any]) -> JsonObject:
    target = body["destination"]
    file = sb.file(call, body["source"]["file"], "copy")
    if file.type != "file" or file.volume:
        raise bad(f"{file.name} is a folder, or on a volume already: neither is exported", 9006)
    volume = _usable(sb, call, target["volume"], "write")
    return {
        "source": {"file": file.id},
        "destination": {"volume": volume["id"], "location": target["location"]},
        "project": file.project,
        **filled(body, overwrite=False, properties={}),
        "copy_only": call.arguments.get("copy_only", False),
    }


def _export(sb: Sb, transfer: JsonObject) -> Callable[[], str]:
    target, id = transfer["destination"], transfer["source"]["file"]
    file = sb.file(transfer["user"], id, "copy")
    storage = sb.place(target["volume"])
    if not transfer["overwrite"] and storage.find(target["location"]) is not None:
        raise refuse(409, 9107, f"There is a {target['location']} on {target['volume']} already: give overwrite")
    storage.put(target["location"], sb.objects.path(file.blob))

    def enter() -> str:
        if not transfer["copy_only"]:
            sb.files.change(id, blob="", volume=target["volume"], location=target["location"])
        return id

    return enter
