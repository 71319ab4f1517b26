"""Many files at once: jobs that continue after the request by the sandbox's clock, imports by DRS URI, and the search by a query.

Jobs copy, move and delete. A query has conditions joined by AND: `IN "owner/project"` states where, `name = "a.fq"`,
`metadata.sample_id != "s1"`, `tag = "x"`, `name LIKE "%.bam"` and `type IN ("file", "folder")` what; WHERE is another word for AND.
Words are read in any case. The platform's own language is not published; this is what its published client's examples need.
"""

import re
import secrets
from collections.abc import Callable, Mapping
from fnmatch import translate
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from omicsdk.sandbox.sb import files
from omicsdk.sandbox.sb.responses import bad, page, read_token, refuse, shown, when, when_known, window, write_token
from omicsdk.sandbox.sb.state import Course, Sb, filled, new_id, record_of
from omicsdk.sandbox.service import Call, JsonObject, Reply, for_each

# -- jobs

_FILES, _DRS = "file-job", "drs-import"


def _submit(sb: Sb, call: Call, job: JsonObject) -> JsonObject:
    user, now = sb.user(call), sb.now()
    course = JOBS[_DRS if job["type"] == "DRS" else _FILES]
    job |= {"state": "SUBMITTED", "user": user, "results": [], "started": now, "finished": None}
    # The newest comes first in lists.
    sb.documents.put(course.kind, job["id"], job, group=user, rank=-now)
    sb.begin(course, job, now)
    return job


def _enter(sb: Sb, job: JsonObject, at: float) -> None:  # noqa: ARG001 - the signature of courses
    if job["state"] == "RUNNING" and job["type"] != "DRS":
        job["total"] = sum(_count(sb, item) for item in job["items"])


def _end(sb: Sb, job: JsonObject, at: float) -> None:
    results = [record_of(sb, partial(_WORK[job["type"]], sb, job), item) for item in job["items"]]
    ended = {**job, "state": "FINISHED", "results": results, "finished": at}
    sb.documents.put(_DRS if job["type"] == "DRS" else _FILES, job["id"], ended)


JOBS = {
    kind: Course(kind, dict.fromkeys(("SUBMITTED", "RESOLVING", "RUNNING"), setting), _enter, _end)
    for kind, setting in ((_FILES, "file_job_seconds"), (_DRS, "transfer_seconds"))
}


def _count(sb: Sb, item: JsonObject) -> int:
    file = sb.files.get(item["file"])
    item["files"] = max(0 if file is None else sum(1 for _ in files.files_in(sb, file)), 1)
    return item["files"]


def _copy(sb: Sb, job: JsonObject, item: Mapping[str, Any]) -> str:
    record = sb.file(job["user"], item["file"], "copy")
    return files.copy_tree(sb, record, files.destination(sb, job["user"], item), item.get("name")).id


def _move(sb: Sb, job: JsonObject, item: Mapping[str, Any]) -> str:
    record = sb.file(job["user"], item["file"], "write")
    return files.move(sb, record, files.destination(sb, job["user"], item), item.get("name")).id


def _delete(sb: Sb, job: JsonObject, item: Mapping[str, Any]) -> None:
    files.remove_tree(sb, sb.file(job["user"], item["file"], "write"))


def _import(sb: Sb, job: JsonObject, item: Mapping[str, Any]) -> str:
    folder = files.destination(sb, job["user"], item)
    source = _resolved(sb, job["user"], item["drs_uri"])
    name = files.check_name(item.get("name") or source["name"])
    fields: JsonObject = {field: source[field] for field in ("size", "blob", "volume", "location")}
    fields |= {"metadata": {**source["metadata"], **(item.get("metadata") or {})}, "tags": list(job["tags"])}
    existing = sb.files.child(folder.id, name)
    if existing is None:
        return sb.files.add(project=folder.project, parent=folder.id, name=name, **fields).id
    if existing.type != "file":
        raise refuse(409, 9108, f"There is a folder {name} already: give another name")
    if job["conflict_resolution"] == "OVERWRITE":
        sb.files.change(existing.id, **fields)
    return existing.id


def _resolved(sb: Sb, user: str, uri: str) -> JsonObject:
    """The file of the platform that a DRS URI names."""
    record = sb.files.get(urlsplit(uri).path.strip("/"))
    if record is None or record.type != "file" or not sb.may_copy(user, record):
        raise refuse(404, 9105, f"{uri} cannot be resolved: the sandbox has no such object")
    return {name: getattr(record, name) for name in ("name", "size", "blob", "volume", "location", "metadata")}


_WORK: Mapping[str, Callable[[Sb, JsonObject, Mapping[str, Any]], str | None]] = {
    "COPY": _copy,
    "MOVE": _move,
    "DELETE": _delete,
    "DRS": _import,
}


# -- operations of jobs on files


def _start(sb: Sb, call: Call, type: str) -> Reply:
    job: JsonObject = {"id": new_id(), "type": type, "items": call.body["items"], "total": None}
    return Reply(_job_json(call, _submit(sb, call, job)))


def list_file_jobs(sb: Sb, call: Call) -> Reply:
    """GET /async/files."""
    jobs = sb.documents.listed(_FILES, sb.user(call), *window(call))
    return page(call, [_job_json(call, job) for job in jobs], sb.documents.count(_FILES, sb.user(call)))


def _get(sb: Sb, call: Call, type: str) -> Reply:
    job = sb.documents.existing(_FILES, call.arguments["job_id"], type=type, user=sb.user(call))
    return Reply({**_job_json(call, job), "result": _results(sb, call, job)})


def _results(sb: Sb, call: Call, job: JsonObject) -> list[JsonObject]:
    return [{**result, "resource": files.file_known(sb, call, result["resource"])} for result in job["results"]]


def _view(job: JsonObject) -> JsonObject:
    """The fields of jobs of both kinds."""
    times = {"started_on": when(job["started"]), "finished_on": when_known(job["finished"])}
    return {"id": job["id"], "state": job["state"], **times}


def _job_json(call: Call, job: JsonObject) -> JsonObject:
    ended = zip(job["items"], job["results"], strict=False)
    file_errors = [(item.get("files", 1), result["error"]) for item, result in ended]
    fields: JsonObject = {
        **_view(job),
        "type": job["type"],
        "result": [],
        "total_files": job["total"],
        "failed_files": sum(count for count, error in file_errors if error),
        "completed_files": sum(count for count, error in file_errors if not error),
    }
    return shown(call, fields, "async", "files", job["type"].lower(), job["id"])


HANDLERS = for_each(
    {"copy": "COPY", "move": "MOVE", "delete": "DELETE"}, {"start_file_{}_job": _start, "get_file_{}_job": _get}
)


# -- operations of imports by DRS URI


def bulk_create_drs_imports(sb: Sb, call: Call) -> Reply:
    """POST /bulk/drs/imports/create."""
    job: JsonObject = {"id": secrets.token_hex(16), "type": "DRS", **filled(call.body, items=[], tags=[])}
    job["conflict_resolution"] = call.body.get("conflict_resolution", "SKIP")
    return Reply(_shown_drs(sb, call, _submit(sb, call, job)))


def get_drs_imports(sb: Sb, call: Call) -> Reply:
    """GET /bulk/drs/imports/{job_id}."""
    job = sb.documents.existing(_DRS, call.arguments["job_id"], user=sb.user(call))
    return Reply(_shown_drs(sb, call, job))


def _shown_drs(sb: Sb, call: Call, job: JsonObject) -> JsonObject:
    fields = {**_view(job), "result": _results(sb, call, job)}
    return shown(call, fields, "bulk", "drs", "imports", job["id"])


# -- search

_VALUE = r"""(?:"[^"]*"|'[^']*'|[^\s,()=<>!"']+)"""
_CONDITION = re.compile(
    rf"""\s*(?:(?P<joined>and|where)\s+)?(?:(?P<field>(?!in\b){_VALUE})\s*)?(?P<sign>in\b|like\b|!=|=)
    \s*(?P<open>\()?\s*(?P<values>{_VALUE}(?:\s*,\s*{_VALUE})*)\s*(?(open)\))\s*""",
    re.IGNORECASE | re.VERBOSE,
)
_Facts = Mapping[str, Any]


def search_files(sb: Sb, call: Call) -> Reply:
    """POST /files/search."""
    query: str = call.body["query"]
    projects, conditions = _conditions(query)
    for project in projects:
        sb.project(call, project)
    records = sb.files.of_projects(projects or sb.projects_of(call))
    every: list[JsonObject] = [{"tags": [], **files.file_json(call, record)} for record in records]
    matching = [facts for facts in every if all(condition(facts) for condition in conditions)]
    token: str = call.arguments.get("cont_token", "")
    offset = read_token(token, query) if token else 0
    after = offset + window(call)[1]
    body = {"count": len(matching), "result_set": matching[offset:after]}
    return Reply({**body, "cont_token": write_token(after, query)} if after < len(matching) else body)


def _conditions(query: str) -> tuple[list[str], list[Callable[[_Facts], bool]]]:
    """The projects that a query names, and its conditions."""
    projects: list[str] = []
    conditions: list[Callable[[_Facts], bool]] = []
    at = 0
    while at < len(query) or not at:
        match = _CONDITION.match(query, at)
        field, sign = (match["field"] or "", match["sign"].lower()) if match else ("", "")
        if match is None or (not field and sign != "in") or bool(at) != bool(match["joined"]):
            raise bad(f"The query can't be read from {query[at : at + 20]!r} on")
        values = [value.strip("\"'") for value in re.findall(_VALUE, match["values"])]
        if field:
            conditions.append(partial(_is_met, field.strip("\"'"), sign, values))
        else:
            projects += values
        at = match.end()
    return projects, conditions


def _is_met(field: str, sign: str, values: list[str], facts: _Facts) -> bool:
    name, _, key = field.partition(".")
    value = facts.get("tags" if name.lower() == "tag" else name.lower())
    present = files.texts(facts.get(name, {}).get(key) if name in ("metadata", "origin", "storage") else value)
    if sign == "like":
        return any(re.match(translate(values[0].replace("%", "*")), value, re.IGNORECASE) for value in present)
    return bool(set(values) & set(present)) == (sign != "!=")
