"""Operations of imports and exports: objects of volumes become files that refer to them, and files go to volumes."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.sb.answers import page_of, view, when
from omicsdk.sandbox.sb.buckets import Found
from omicsdk.sandbox.sb.documents import JsonObject
from omicsdk.sandbox.sb.files import check_name, destination, file_known
from omicsdk.sandbox.sb.filestore import FileRecord
from omicsdk.sandbox.sb.problems import bad, error_body, refuse
from omicsdk.sandbox.sb.state import Sb, in_bulk
from omicsdk.sandbox.sb.volumes import usable
from omicsdk.sandbox.service import Call, Reply, for_each

_FAILED = "the transfer failed in the sandbox: see its log"


# -- what they have in common: they wait for their turn, run, and end well or with an error


def attach(sb: Sb) -> None:
    """Says what to do when a transfer's turn comes, and when its time is over."""
    _attach(sb, "import", _import)
    _attach(sb, "export", _export)


_Carry = Callable[[Sb, JsonObject], Callable[[], str]]
"""Moves what a transfer is about, and gives what enters its file on the platform and tells its identity."""


def _attach(sb: Sb, kind: str, carry: _Carry) -> None:
    sb.jobs.on(f"{kind}-start", lambda id, at: _start(sb, kind, id, at))
    sb.jobs.on(f"{kind}-end", lambda id, at: _end(sb, kind, id, at, carry), slow=True)


def _begin(sb: Sb, call: Call, kind: str, body: Mapping[str, Any]) -> JsonObject:
    """Notes a transfer that waits for its turn."""
    user, now = sb.user(call), sb.now()
    asked = _asked_import(sb, call, body) if kind == "import" else _asked_export(sb, call, body)
    ends = dict.fromkeys(("started_on", "finished_on", "error", "result"))
    transfer: JsonObject = {"id": secrets.token_hex(16), "state": "PENDING", "user": user, **ends, **asked}
    # The newest is listed first.
    sb.documents.put(kind, transfer["id"], transfer, user, rank=-now)
    sb.jobs.schedule(f"{kind}-start", transfer["id"], now + sb.number("queue_seconds"))
    return _show(sb, call, kind, transfer)


def _start(sb: Sb, kind: str, id: str, at: float) -> None:
    transfer = sb.documents.get(kind, id)
    if transfer is None:
        return
    sb.documents.put(kind, id, {**transfer, "state": "RUNNING", "started_on": when(at)})
    sb.jobs.schedule(f"{kind}-end", id, at + sb.number("transfer_seconds"))


def _end(sb: Sb, kind: str, id: str, at: float, carry: _Carry) -> None:
    transfer = sb.documents.get(kind, id)
    if transfer is None or transfer["state"] != "RUNNING":
        return

    def note(**outcome: object) -> None:
        sb.documents.put(kind, id, {**transfer, **outcome, "finished_on": when(at)})

    try:
        enter = carry(sb, transfer)
        with sb.transaction():
            note(state="COMPLETED", result=enter())
    except Problem as problem:
        note(state="FAILED", error=error_body(problem))
    except Exception:
        note(state="FAILED", error=error_body(refuse(500, 90004, _FAILED)))
        raise


def _show(sb: Sb, call: Call, kind: str, transfer: JsonObject) -> JsonObject:
    """A transfer as an answer has it, with its file."""
    return view(call, kind, {**transfer, "result": file_known(sb, call, transfer["result"])})


def _list(sb: Sb, call: Call, kind: str) -> Reply:
    asked = call.arguments
    side = "source" if kind == "import" else "destination"
    found = [
        each
        for each in sb.documents.listed(kind, sb.user(call))
        if asked.get("state", each["state"]) == each["state"]
        and asked.get("volume", each[side]["volume"]) == each[side]["volume"]
        and asked.get("project", each["project"]) == each["project"]
    ]
    return page_of(call, found, lambda each: _show(sb, call, kind, each))


def _one(sb: Sb, call: Call, kind: str, id: str) -> JsonObject:
    return _show(sb, call, kind, sb.documents.found(kind, id, user=sb.user(call)))


def _get(sb: Sb, call: Call, kind: str) -> Reply:
    return Reply(_one(sb, call, kind, call.arguments[f"{kind}_id"]))


def _create(sb: Sb, call: Call, kind: str) -> Reply:
    return Reply(_begin(sb, call, kind, call.body))


def _bulk_get(sb: Sb, call: Call, kind: str) -> Reply:
    return in_bulk(sb, call.body[f"{kind}_ids"], lambda id: _one(sb, call, kind, id))


def _bulk_create(sb: Sb, call: Call, kind: str) -> Reply:
    return in_bulk(sb, call.body["items"], lambda item: _begin(sb, call, kind, item))


HANDLERS = for_each(
    {"import": "import", "export": "export"},
    {
        "list_{}s": _list,
        "create_{}": _create,
        "get_{}": _get,
        "bulk_get_{}s": _bulk_get,
        "bulk_create_{}s": _bulk_create,
    },
)


# -- imports


def _asked_import(sb: Sb, call: Call, body: Mapping[str, Any]) -> JsonObject:
    source, target = body["source"], body["destination"]
    volume = usable(sb, call, source["volume"], "read")
    folder = destination(sb, call, target)
    name = target.get("name") or PurePosixPath(source["location"].rstrip("/")).name
    if not name:
        raise bad("The destination has no name, and the location doesn't end in one", 9018)
    return {
        "source": {"volume": volume["id"], "location": source["location"]},
        "destination": {"project": target.get("project"), "parent": folder.id, "name": check_name(name)},
        "project": folder.project,
        "overwrite": body.get("overwrite", False),
        "autorename": body.get("autorename", False),
        "preserve_folder_structure": body.get("preserve_folder_structure", True),
    }


def _import(sb: Sb, transfer: JsonObject) -> Callable[[], str]:
    source, target = transfer["source"], transfer["destination"]
    place = sb.place(source["volume"])
    folder = sb.work.files.get(target["parent"])
    if folder is None:
        raise refuse(404, 5026, f"There is no folder {target['parent']} to import to any more")
    found = place.find(source["location"]) if not source["location"].endswith("/") else None
    if found is not None:
        return lambda: _alias(sb, transfer, folder, target["name"], found).id
    objects = place.below(source["location"])
    if not objects:
        raise refuse(404, 9105, f"There is no {source['location']!r} on the volume {source['volume']}")
    return lambda: _whole_folder(sb, transfer, folder, objects)


def _whole_folder(sb: Sb, transfer: JsonObject, folder: FileRecord, objects: Sequence[Found]) -> str:
    start = f"{transfer['source']['location'].strip('/')}/"
    top = _folder(sb, folder, transfer["destination"]["name"])
    for each in objects:
        steps = PurePosixPath(each.location.removeprefix(start)).parts
        inner = top
        for step in steps[:-1] if transfer["preserve_folder_structure"] else ():
            inner = _folder(sb, inner, step)
        _alias(sb, transfer, inner, steps[-1], each)
    return top.id


def _folder(sb: Sb, parent: FileRecord, name: str) -> FileRecord:
    there = sb.work.files.folder(parent.project, parent.id, name)
    if there.type != "folder":
        raise refuse(409, 9108, f"There is a file {name} where a folder is to be")
    return there


def _alias(sb: Sb, transfer: JsonObject, folder: FileRecord, name: str, found: Found) -> FileRecord:
    files, there = sb.work.files, sb.work.files.child(folder.id, name)
    at: JsonObject = {"size": found.size, "volume": transfer["source"]["volume"], "location": found.location}
    if there is not None and transfer["overwrite"] and there.type == "file":
        files.change(there.id, blob="", **at)
        return there
    if there is not None and not transfer["autorename"]:
        raise refuse(409, 9108, f"There is a {name} already: give overwrite or autorename, or another name")
    return files.add(project=folder.project, parent=folder.id, name=files.free_name(folder.id, name), **at)


# -- exports


def _asked_export(sb: Sb, call: Call, body: Mapping[str, Any]) -> JsonObject:
    target = body["destination"]
    file = sb.file(call, body["source"]["file"], "copy")
    if file.type != "file":
        raise bad(f"{file.name} is a folder: export the files in it", 9006)
    if file.volume:
        raise bad(f"{file.name} is on the volume {file.volume} already: aliases can't be exported", 9006)
    if file.project.startswith("dataset:"):
        raise bad(f"{file.name} is a dataset's: copy it to a project and export the copy", 9006)
    volume = usable(sb, call, target["volume"], "write")
    if not target["location"].strip("/"):
        raise bad("The destination's location is empty: it is what the file is to be called on the volume", 9011)
    return {
        "source": {"file": file.id},
        "destination": {"volume": volume["id"], "location": target["location"]},
        "project": file.project,
        "overwrite": body.get("overwrite", False),
        "properties": dict(body.get("properties") or {}),
        "copy_only": call.arguments.get("copy_only", False),
    }


def _export(sb: Sb, transfer: JsonObject) -> Callable[[], str]:
    target, id = transfer["destination"], transfer["source"]["file"]
    file = sb.work.files.get(id)
    if file is None or file.volume:
        raise refuse(404, 9109, f"The file {id} isn't there any more, or is on a volume by now")
    place = sb.place(target["volume"])
    if not transfer["overwrite"] and place.find(target["location"]) is not None:
        raise refuse(409, 9107, f"There is a {target['location']} on {target['volume']} already: give overwrite")
    with sb.work.blobs.open(file.blob) as content:
        place.put(target["location"], content)

    def enter() -> str:
        if not transfer["copy_only"]:
            sb.work.files.change(id, blob="", volume=target["volume"], location=target["location"])
        return id

    return enter
