"""Operations of exports: files go to volumes, and refer to what is there from then on."""

from collections.abc import Callable, Mapping
from typing import Any

from omicsdk.sandbox.sb.bulk import in_bulk
from omicsdk.sandbox.sb.problems import bad, refuse
from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.sb.storage import transfers
from omicsdk.sandbox.sb.storage.transfers import begin, got, listed, transfer_json
from omicsdk.sandbox.sb.storage.volumes import usable
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.service import Call, Reply

_KIND = "export"


def attach(sb: Sb) -> None:
    """Says what to do when the turn of an export comes, and when its time is over."""
    transfers.attach(sb, _KIND, _carried)


def list_exports(sb: Sb, call: Call) -> Reply:
    """GET /storage/exports."""
    return listed(sb, call, _KIND)


def create_export(sb: Sb, call: Call) -> Reply:
    """POST /storage/exports."""
    return Reply(_begun(sb, call, call.body))


def get_export(sb: Sb, call: Call) -> Reply:
    """GET /storage/exports/{export_id}."""
    return Reply(got(sb, call, _KIND, call.arguments["export_id"]))


def bulk_get_exports(sb: Sb, call: Call) -> Reply:
    """POST /bulk/storage/exports/get."""
    return in_bulk(sb, call.body["export_ids"], lambda id: got(sb, call, _KIND, id))


def bulk_create_exports(sb: Sb, call: Call) -> Reply:
    """POST /bulk/storage/exports/create."""
    return in_bulk(sb, call.body["items"], lambda item: _begun(sb, call, item))


def _begun(sb: Sb, call: Call, body: Mapping[str, Any]) -> JsonObject:
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
    told: JsonObject = {
        "source": {"file": file.id},
        "destination": {"volume": volume["id"], "location": target["location"]},
        "project": file.project,
        "overwrite": body.get("overwrite", False),
        "properties": dict(body.get("properties") or {}),
        "copy_only": call.arguments.get("copy_only", False),
    }
    return transfer_json(sb, call, _KIND, begin(sb, _KIND, sb.user(call), told))


def _carried(sb: Sb, transfer: JsonObject) -> Callable[[], str]:
    target, id = transfer["destination"], transfer["source"]["file"]
    file = sb.work.files.get(id)
    if file is None or file.volume:
        raise refuse(404, 9109, f"The file {id} isn't there any more, or is on a volume by now")
    place = sb.buckets.place(target["volume"])
    if not transfer["overwrite"] and place.find(target["location"]) is not None:
        raise refuse(409, 9107, f"There is a {target['location']} on {target['volume']} already: give overwrite")
    with sb.work.blobs.open(file.blob) as content:
        place.put(target["location"], content)

    def enter() -> str:
        if not transfer["copy_only"]:
            sb.work.files.change(id, blob="", volume=target["volume"], location=target["location"])
        return id

    return enter
