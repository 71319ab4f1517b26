"""Operations of imports by DRS URI: of what the sandbox was told of, and of the platform's own files."""

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from omicsdk.sandbox.sb.bulk import record_of
from omicsdk.sandbox.sb.files.placing import check_name, place_of
from omicsdk.sandbox.sb.files.views import file_json
from omicsdk.sandbox.sb.problems import bad, no_such, refuse
from omicsdk.sandbox.sb.state import Sb, shown, when
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.sb.stores.files import FileRecord
from omicsdk.sandbox.service import Call, Reply

_KIND = "drs-import"
_NEXT = {"SUBMITTED": "RESOLVING", "RESOLVING": "RUNNING", "RUNNING": "FINISHED"}
_HIDDEN = ("user", "items", "tags", "conflict_resolution")


def attach(sb: Sb) -> None:
    """Says what to do when a state of a job is over."""
    sb.jobs.on(_KIND, lambda id, at: _move_on(sb, id, at))


def bulk_create_drs_imports(sb: Sb, call: Call) -> Reply:
    """POST /bulk/drs/imports/create."""
    if not call.body["items"]:
        raise bad("There is nothing to import: items is empty")
    job: JsonObject = {
        "id": secrets.token_hex(16),
        "state": "SUBMITTED",
        "result": [],
        "started_on": when(sb.now()),
        "finished_on": None,
        "user": sb.user(call),
        "items": call.body["items"],
        "tags": call.body.get("tags") or [],
        "conflict_resolution": call.body.get("conflict_resolution", "SKIP"),
    }
    sb.documents.put(_KIND, job["id"], job, sb.user(call))
    _schedule(sb, job["id"], sb.now())
    return Reply(_show(sb, call, job))


def get_drs_imports(sb: Sb, call: Call) -> Reply:
    """GET /bulk/drs/imports/{job_id}."""
    id: str = call.arguments["job_id"]
    job = sb.documents.get(_KIND, id)
    if job is None or job["user"] != sb.user(call):
        raise no_such("import", id)
    return Reply(_show(sb, call, job))


def _move_on(sb: Sb, id: str, at: float) -> None:
    """Takes a job to its next state; the last step makes the files."""
    job = sb.documents.get(_KIND, id)
    if job is None:
        return
    job["state"] = _NEXT[job["state"]]
    if job["state"] == "FINISHED":
        job["result"] = _results(sb, job)
        job["finished_on"] = when(at)
    sb.documents.put(_KIND, id, job)
    if job["state"] in _NEXT:
        _schedule(sb, id, at)


def _results(sb: Sb, job: JsonObject) -> list[JsonObject]:
    def one(item: Mapping[str, Any]) -> JsonObject:
        return record_of(sb, lambda: _made(sb, job, item).id)

    return [one(item) for item in job["items"]]


def _schedule(sb: Sb, id: str, at: float) -> None:
    sb.jobs.schedule(_KIND, id, at + sb.grounds.settings.number("sb.transfer_seconds") / 2)


def _made(sb: Sb, job: JsonObject, item: Mapping[str, Any]) -> FileRecord:
    folder = place_of(sb, job["user"], item.get("project"), item.get("parent"))
    found = _resolved(sb, job["user"], item["drs_uri"])
    name = check_name(item.get("name") or found["name"])
    files = sb.work.files
    there = files.child(folder.id, name)
    bytes_of: JsonObject = {
        "size": found["size"],
        "blob": found["blob"],
        "volume": found["volume"],
        "location": found["location"],
    }
    described: JsonObject = {
        "metadata": {**found["metadata"], **(item.get("metadata") or {})},
        "tags": list(job["tags"]),
    }
    if there is None:
        return files.add(project=folder.project, parent=folder.id, name=name, **bytes_of, **described)
    if there.type != "file":
        raise refuse(409, 5003, f"There is a folder {name} already")
    if job["conflict_resolution"] == "OVERWRITE":
        files.change(there.id, **bytes_of, **described)
    return there


def _resolved(sb: Sb, user: str, uri: str) -> JsonObject:
    parts = urlsplit(uri)
    if parts.scheme != "drs" or not parts.netloc:
        raise bad(f"{uri!r} is no DRS URI: one is drs://host/id or drs://prefix:id")
    known = sb.documents.get("drs-object", uri)
    if known is not None:
        return known
    record = sb.work.files.get(parts.path.strip("/"))
    if record is None or record.type != "file" or not sb.may_copy(user, record):
        raise refuse(404, 9105, f"{uri} can't be resolved: the sandbox knows no such object")
    return {name: getattr(record, name) for name in ("name", "size", "blob", "volume", "location", "metadata")}


def _show(sb: Sb, call: Call, job: JsonObject) -> JsonObject:
    told = {name: value for name, value in job.items() if name not in _HIDDEN}
    told["result"] = [_show_result(sb, call, each) for each in job["result"]]
    return shown(call, told, "bulk", "drs", "imports", job["id"])


def _show_result(sb: Sb, call: Call, result: JsonObject) -> JsonObject:
    record = sb.work.files.get(result["resource"]) if result["resource"] else None
    return {**result, "resource": None if record is None else file_json(call, record)}
