"""Jobs on many files, which go on after the request by the sandbox's clock: copies, moves and deletions, and imports by DRS URI."""

import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from omicsdk.sandbox.sb.answers import page, shown, when, when_known, window
from omicsdk.sandbox.sb.files import check_name, copy_tree, destination, file_known, files_in, move, remove_tree
from omicsdk.sandbox.sb.problems import bad, no_such, refuse
from omicsdk.sandbox.sb.state import Due, Sb, filled, new_id, record_of
from omicsdk.sandbox.service import Call, JsonObject, Reply, for_each

_FILES, _DRS = "file-job", "drs-import"
_STAGES = ("SUBMITTED", "RESOLVING", "RUNNING", "FINISHED")


def _kind(job: JsonObject) -> str:
    return _DRS if job["type"] == "DRS" else _FILES


def _submit(sb: Sb, call: Call, job: JsonObject) -> JsonObject:
    user, now = sb.user(call), sb.now()
    job |= {"state": _STAGES[0], "user": user, "results": [], "started": now, "finished": None}
    # The newest comes first in lists.
    sb.documents.put(_kind(job), job["id"], job, group=user, rank=-now)
    _schedule(sb, job, now)
    return job


def _schedule(sb: Sb, job: JsonObject, at: float) -> None:
    stage = sb.number("transfer_seconds") / 2
    if job["type"] != "DRS":
        stage = sb.number("file_job_seconds") / (len(_STAGES) - 1)
    sb.jobs.schedule(_kind(job), job["id"], at + stage)


def _advance(sb: Sb, job: JsonObject, at: float) -> None:
    """Takes a job to its next stage; the last step does what it is for."""
    job["state"] = _STAGES[_STAGES.index(job["state"]) + 1]
    if job["state"] == "RUNNING" and job["type"] != "DRS":
        job["total"] = sum(_count(sb, item) for item in job["items"])
    if job["state"] == "FINISHED":
        job["results"] = [record_of(sb, partial(_WORK[job["type"]], sb, job), item) for item in job["items"]]
        job["finished"] = at
    else:
        _schedule(sb, job, at)
    sb.documents.put(_kind(job), job["id"], job)


DUE = {kind: Due(kind, _STAGES[:-1], _advance) for kind in (_FILES, _DRS)}


def _count(sb: Sb, item: JsonObject) -> int:
    found = sb.work.files.get(item["file"])
    item["files"] = max(0 if found is None else sum(1 for _ in files_in(sb, found)), 1)
    return item["files"]


def _copy(sb: Sb, job: JsonObject, item: Mapping[str, Any]) -> str:
    record = sb.file(job["user"], item["file"], "copy")
    return copy_tree(sb, record, destination(sb, job["user"], item), item.get("name")).id


def _move(sb: Sb, job: JsonObject, item: Mapping[str, Any]) -> str:
    record = sb.file(job["user"], item["file"], "write")
    return move(sb, record, destination(sb, job["user"], item), item.get("name")).id


def _delete(sb: Sb, job: JsonObject, item: Mapping[str, Any]) -> None:
    remove_tree(sb, sb.file(job["user"], item["file"], "write"))


def _import(sb: Sb, job: JsonObject, item: Mapping[str, Any]) -> str:
    folder = destination(sb, job["user"], item)
    found = _resolved(sb, job["user"], item["drs_uri"])
    name = check_name(item.get("name") or found["name"])
    fields: JsonObject = {each: found[each] for each in ("size", "blob", "volume", "location")}
    fields |= {"metadata": {**found["metadata"], **(item.get("metadata") or {})}, "tags": list(job["tags"])}
    files = sb.work.files
    there = files.child(folder.id, name)
    if there is None:
        return files.add(project=folder.project, parent=folder.id, name=name, **fields).id
    if there.type != "file":
        raise refuse(409, 5003, f"There is a folder {name} already")
    if job["conflict_resolution"] == "OVERWRITE":
        files.change(there.id, **fields)
    return there.id


def _resolved(sb: Sb, user: str, uri: str) -> JsonObject:
    """What the sandbox was told of at a URI, or a file of the platform itself."""
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


_WORK: Mapping[str, Callable[[Sb, JsonObject, Mapping[str, Any]], str | None]] = {
    "COPY": _copy,
    "MOVE": _move,
    "DELETE": _delete,
    "DRS": _import,
}


# -- operations of jobs on files


def _start(sb: Sb, call: Call, type: str) -> Reply:
    if not call.body["items"]:
        raise bad("The job has no items: name the files")
    job: JsonObject = {"id": new_id(), "type": type, "items": call.body["items"], "total": None}
    return Reply(_shown(call, _submit(sb, call, job)))


def list_file_jobs(sb: Sb, call: Call) -> Reply:
    """GET /async/files."""
    jobs = sb.documents.listed(_FILES, sb.user(call), *window(call))
    return page(call, [_shown(call, job) for job in jobs], sb.documents.count(_FILES, sb.user(call)))


def _get(sb: Sb, call: Call, type: str) -> Reply:
    job = sb.documents.found(_FILES, call.arguments["job_id"], type=type, user=sb.user(call))
    return Reply({**_shown(call, job), "result": _results(sb, call, job)})


def _results(sb: Sb, call: Call, job: JsonObject) -> list[JsonObject]:
    return [{**each, "resource": file_known(sb, call, each["resource"])} for each in job["results"]]


def _told(job: JsonObject) -> JsonObject:
    """What is told of jobs of both kinds."""
    times = {"started_on": when(job["started"]), "finished_on": when_known(job["finished"])}
    return {"id": job["id"], "state": job["state"], **times}


def _shown(call: Call, job: JsonObject) -> JsonObject:
    done = [(item.get("files", 1), result["error"]) for item, result in zip(job["items"], job["results"], strict=False)]
    told: JsonObject = {
        **_told(job),
        "type": job["type"],
        "result": [],
        "total_files": job["total"],
        "failed_files": sum(files for files, error in done if error),
        "completed_files": sum(files for files, error in done if not error),
    }
    return shown(call, told, "async", "files", job["type"].lower(), job["id"])


HANDLERS = for_each(
    {"copy": "COPY", "move": "MOVE", "delete": "DELETE"}, {"start_file_{}_job": _start, "get_file_{}_job": _get}
)


# -- operations of imports by DRS URI


def bulk_create_drs_imports(sb: Sb, call: Call) -> Reply:
    """POST /bulk/drs/imports/create."""
    if not call.body["items"]:
        raise bad("There is nothing to import: items is empty")
    job: JsonObject = {"id": secrets.token_hex(16), "type": "DRS", **filled(call.body, items=[], tags=[])}
    job["conflict_resolution"] = call.body.get("conflict_resolution", "SKIP")
    return Reply(_shown_drs(sb, call, _submit(sb, call, job)))


def get_drs_imports(sb: Sb, call: Call) -> Reply:
    """GET /bulk/drs/imports/{job_id}."""
    id: str = call.arguments["job_id"]
    job = sb.documents.get(_DRS, id)
    if job is None or job["user"] != sb.user(call):
        raise no_such("import", id)
    return Reply(_shown_drs(sb, call, job))


def _shown_drs(sb: Sb, call: Call, job: JsonObject) -> JsonObject:
    told = {**_told(job), "result": _results(sb, call, job)}
    return shown(call, told, "bulk", "drs", "imports", job["id"])
