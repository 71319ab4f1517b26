"""Operations of marked places in the genome files that the platform's browser shows."""

from omicsdk.sandbox.sb.problems import bad, no_such
from omicsdk.sandbox.sb.requests.paging import page_of
from omicsdk.sandbox.sb.state import Sb, new_id, shown, when
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.service import Call, Reply

_HIDDEN = ("private",)


def list_markers(sb: Sb, call: Call) -> Reply:
    """GET /genome/markers."""
    file = sb.file(call, call.arguments["file"])
    found = [each for each in sb.documents.listed("marker", file.id) if _sees(sb, call, each)]
    return page_of(call, found, lambda each: _show(call, each))


def create_marker(sb: Sb, call: Call) -> Reply:
    """POST /genome/markers."""
    file = sb.file(call, call.body["file"])
    marker: JsonObject = {
        "id": new_id(),
        "file": file.id,
        "name": call.body["name"],
        "chromosome": call.body["chromosome"],
        "position": _position(call.body["position"]),
        "created_time": when(sb.now()),
        "created_by": sb.user(call),
        "private": call.body.get("private", True),
    }
    sb.documents.put("marker", marker["id"], marker, file.id)
    return Reply(_show(call, marker))


def get_marker(sb: Sb, call: Call) -> Reply:
    """GET /genome/markers/{marker_id}."""
    return Reply(_show(call, _found(sb, call)))


def update_marker(sb: Sb, call: Call) -> Reply:
    """PATCH /genome/markers/{marker_id}."""
    marker = _own(sb, call)
    changes = {name: call.body[name] for name in ("name", "chromosome") if name in call.body}
    if "position" in call.body:
        changes["position"] = _position({**marker["position"], **call.body["position"]})
    marker = {**marker, **changes}
    sb.documents.put("marker", marker["id"], marker)
    return Reply(_show(call, marker))


def delete_marker(sb: Sb, call: Call) -> Reply:
    """DELETE /genome/markers/{marker_id}."""
    sb.documents.remove("marker", _own(sb, call)["id"])
    return Reply(status=204)


def _position(stated: JsonObject) -> JsonObject:
    if not isinstance(stated.get("start"), int) or not isinstance(stated.get("end"), int):
        raise bad("The position has no start or no end")
    if not 0 <= stated["start"] <= stated["end"]:
        raise bad(f"The position ends at {stated['end']}, before its start at {stated['start']}, or starts below 0")
    return stated


def _sees(sb: Sb, call: Call, marker: JsonObject) -> bool:
    return not marker["private"] or marker["created_by"] == sb.user(call)


def _found(sb: Sb, call: Call) -> JsonObject:
    id: str = call.arguments["marker_id"]
    marker = sb.documents.get("marker", id)
    if marker is None or not _sees(sb, call, marker):
        raise no_such("marker", id)
    sb.file(call, marker["file"])
    return marker


def _own(sb: Sb, call: Call) -> JsonObject:
    """The marker that a request changes: of the caller's, or on a file that the caller may change."""
    marker = _found(sb, call)
    if marker["created_by"] != sb.user(call):
        sb.file(call, marker["file"], "write")
    return marker


def _show(call: Call, marker: JsonObject) -> JsonObject:
    told = {name: value for name, value in marker.items() if name not in _HIDDEN}
    return shown(call, told, "genome", "markers", marker["id"])
