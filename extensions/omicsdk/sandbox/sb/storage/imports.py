"""Operations of imports: objects and folders of volumes become files that refer to them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from omicsdk.sandbox.sb.bulk import in_bulk
from omicsdk.sandbox.sb.files.placing import check_name, destination
from omicsdk.sandbox.sb.problems import bad, refuse
from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.sb.storage import transfers
from omicsdk.sandbox.sb.storage.transfers import begin, got, listed, transfer_json
from omicsdk.sandbox.sb.storage.volumes import usable
from omicsdk.sandbox.sb.stores.buckets import Found, name_of
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.sb.stores.files import FileRecord
from omicsdk.sandbox.service import Call, Reply

_KIND = "import"


def attach(sb: Sb) -> None:
    """Says what to do when the turn of an import comes, and when its time is over."""
    transfers.attach(sb, _KIND, _carried)


def list_imports(sb: Sb, call: Call) -> Reply:
    """GET /storage/imports."""
    return listed(sb, call, _KIND)


def create_import(sb: Sb, call: Call) -> Reply:
    """POST /storage/imports."""
    return Reply(_begun(sb, call, call.body))


def get_import(sb: Sb, call: Call) -> Reply:
    """GET /storage/imports/{import_id}."""
    return Reply(got(sb, call, _KIND, call.arguments["import_id"]))


def bulk_get_imports(sb: Sb, call: Call) -> Reply:
    """POST /bulk/storage/imports/get."""
    return in_bulk(sb, call.body["import_ids"], lambda id: got(sb, call, _KIND, id))


def bulk_create_imports(sb: Sb, call: Call) -> Reply:
    """POST /bulk/storage/imports/create."""
    return in_bulk(sb, call.body["items"], lambda item: _begun(sb, call, item))


def _begun(sb: Sb, call: Call, body: Mapping[str, Any]) -> JsonObject:
    source, target = body["source"], body["destination"]
    volume = usable(sb, call, source["volume"], "read")
    folder = destination(sb, call, target)
    name = target.get("name") or name_of(source["location"])
    if not name:
        raise bad("The destination has no name, and the location doesn't end in one", 9018)
    told: JsonObject = {
        "source": {"volume": volume["id"], "location": source["location"]},
        "destination": {"project": target.get("project"), "parent": folder.id, "name": check_name(name)},
        "project": folder.project,
        "overwrite": body.get("overwrite", False),
        "autorename": body.get("autorename", False),
        "preserve_folder_structure": body.get("preserve_folder_structure", True),
    }
    return transfer_json(sb, call, _KIND, begin(sb, _KIND, sb.user(call), told))


def _carried(sb: Sb, transfer: JsonObject) -> Callable[[], str]:
    source, target = transfer["source"], transfer["destination"]
    place = sb.buckets.place(source["volume"])
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
    there = sb.work.files.child(parent.id, name)
    if there is None:
        return sb.work.files.add(project=parent.project, parent=parent.id, name=name, type="folder")
    if there.type != "folder":
        raise refuse(409, 9108, f"There is a file {name} where a folder is to be")
    return there


def _alias(sb: Sb, transfer: JsonObject, folder: FileRecord, name: str, found: Found) -> FileRecord:
    files, volume = sb.work.files, transfer["source"]["volume"]
    there = files.child(folder.id, name)
    if there is not None and transfer["overwrite"] and there.type == "file":
        files.change(there.id, size=found.size, blob="", volume=volume, location=found.location)
        return there
    if there is not None and not transfer["autorename"]:
        raise refuse(409, 9108, f"There is a {name} already: give overwrite or autorename, or another name")
    return files.add(
        project=folder.project,
        parent=folder.id,
        name=files.free_name(folder.id, name),
        size=found.size,
        volume=volume,
        location=found.location,
    )
