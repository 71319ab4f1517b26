"""Jobs that copy, move and delete many files and whole folders after the request, by the sandbox's clock."""

from collections.abc import Callable, Mapping
from typing import Any

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.sb.files.changes import copied_tree, files_in, moved, remove_tree
from omicsdk.sandbox.sb.files.placing import place_of
from omicsdk.sandbox.sb.files.views import file_json
from omicsdk.sandbox.sb.problems import error_body, no_such, refuse
from omicsdk.sandbox.sb.requests.paging import page, window
from omicsdk.sandbox.sb.state import Sb, new_id, when, when_known
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.sb.stores.files import FileRecord
from omicsdk.sandbox.service import Call, Reply

_KIND = "file-job"
_STAGES = ("SUBMITTED", "RESOLVING", "RUNNING", "FINISHED")


def attach(sb: Sb) -> None:
    """Says what to do when a stage of a job is over."""
    sb.jobs.on(_KIND, lambda id, at: _advance(sb, id, at))


def start_file_copy_job(sb: Sb, call: Call) -> Reply:
    """POST /async/files/copy."""
    return _start(sb, call, "COPY")


def start_file_move_job(sb: Sb, call: Call) -> Reply:
    """POST /async/files/move."""
    return _start(sb, call, "MOVE")


def start_file_delete_job(sb: Sb, call: Call) -> Reply:
    """POST /async/files/delete."""
    return _start(sb, call, "DELETE")


def _start(sb: Sb, call: Call, kind: str) -> Reply:
    items: list[JsonObject] = call.body["items"]
    if not items:
        raise refuse(400, 90000, "The job has no items: name the files")
    id, now, user = new_id(), sb.now(), sb.user(call)
    job: JsonObject = {
        "id": id,
        "type": kind,
        "state": _STAGES[0],
        "user": user,
        "items": items,
        "results": [],
        "total": None,
        "started": now,
        "finished": None,
    }
    # The newest comes first in lists.
    sb.documents.put(_KIND, id, job, group=user, rank=-now)
    sb.jobs.schedule(_KIND, id, now + _stage_seconds(sb))
    return Reply(_shown(call, job))


def _stage_seconds(sb: Sb) -> float:
    return sb.grounds.settings.number("sb.file_job_seconds") / (len(_STAGES) - 1)


def _advance(sb: Sb, id: str, at: float) -> None:
    job = sb.documents.get(_KIND, id)
    if job is None:
        return
    job["state"] = _STAGES[_STAGES.index(job["state"]) + 1]
    if job["state"] == "RUNNING":
        job["total"] = sum(_files(sb, item) for item in job["items"])
    if job["state"] == "FINISHED":
        job["results"] = [_result(sb, job, item) for item in job["items"]]
        job["finished"] = at
    else:
        sb.jobs.schedule(_KIND, id, at + _stage_seconds(sb))
    sb.documents.put(_KIND, id, job)


def _files(sb: Sb, item: JsonObject) -> int:
    found = sb.work.files.get(item["file"])
    count = 0 if found is None else sum(1 for _ in files_in(sb, found))
    item["files"] = max(count, 1)
    return item["files"]


def _result(sb: Sb, job: JsonObject, item: Mapping[str, Any]) -> JsonObject:
    work = _WORK[job["type"]]
    try:
        with sb.documents.transaction():
            found = work(sb, job["user"], item)
    except Problem as problem:
        return {"id": None, "error": error_body(problem)}
    return {"id": found and found.id, "error": None}


def _copy(sb: Sb, user: str, item: Mapping[str, Any]) -> FileRecord:
    record = sb.file_for(user, item["file"], "copy")
    folder = place_of(sb, user, item.get("project"), item.get("parent"))
    return copied_tree(sb, record, folder, item.get("name"))


def _move(sb: Sb, user: str, item: Mapping[str, Any]) -> FileRecord:
    record = sb.file_for(user, item["file"], "write")
    folder = place_of(sb, user, item.get("project"), item.get("parent"))
    return moved(sb, record, folder, item.get("name"))


def _delete(sb: Sb, user: str, item: Mapping[str, Any]) -> None:
    remove_tree(sb, sb.file_for(user, item["file"], "write"))


_WORK: Mapping[str, Callable[[Sb, str, Mapping[str, Any]], FileRecord | None]] = {
    "COPY": _copy,
    "MOVE": _move,
    "DELETE": _delete,
}


# -- reading


def list_file_jobs(sb: Sb, call: Call) -> Reply:
    """GET /async/files."""
    user = sb.user(call)
    offset, limit = window(call)
    jobs = sb.documents.listed(_KIND, user, offset, limit)
    return page(call, [_shown(call, job) for job in jobs], sb.documents.count(_KIND, user))


def get_file_copy_job(sb: Sb, call: Call) -> Reply:
    """GET /async/files/copy/{job_id}."""
    return _get(sb, call, "COPY")


def get_file_move_job(sb: Sb, call: Call) -> Reply:
    """GET /async/files/move/{job_id}."""
    return _get(sb, call, "MOVE")


def get_file_delete_job(sb: Sb, call: Call) -> Reply:
    """GET /async/files/delete/{job_id}."""
    return _get(sb, call, "DELETE")


def _get(sb: Sb, call: Call, kind: str) -> Reply:
    job = sb.documents.get(_KIND, call.arguments["job_id"])
    if job is None or job["type"] != kind or job["user"] != sb.user(call):
        raise no_such("file job", call.arguments["job_id"])
    shown = _shown(call, job)
    shown["result"] = [_shown_result(sb, call, result) for result in job["results"]]
    return Reply(shown)


def _shown_result(sb: Sb, call: Call, result: JsonObject) -> JsonObject:
    found = sb.work.files.get(result["id"]) if result["id"] else None
    return {"resource": file_json(call, found) if found else None, "error": result["error"]}


def _shown(call: Call, job: JsonObject) -> JsonObject:
    done = [(item.get("files", 1), result["error"]) for item, result in zip(job["items"], job["results"], strict=False)]
    return {
        "href": call.service_url(f"/async/files/{job['type'].lower()}/{job['id']}", {}),
        "id": job["id"],
        "type": job["type"],
        "state": job["state"],
        "result": [],
        "total_files": job["total"],
        "failed_files": sum(files for files, error in done if error),
        "completed_files": sum(files for files, error in done if not error),
        "started_on": when(job["started"]),
        "finished_on": when_known(job["finished"]),
    }
