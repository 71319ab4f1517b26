"""Operations of runs of automations, which pass through their states by the sandbox's clock."""

from collections.abc import Callable, Mapping
from typing import Any

from omicsdk.sandbox.sb.automations.operations import KIND as AUTOMATION
from omicsdk.sandbox.sb.automations.operations import automation_json, find, keep_secret_settings, secret_settings
from omicsdk.sandbox.sb.automations.packages import find_package
from omicsdk.sandbox.sb.failing import wanted_failure
from omicsdk.sandbox.sb.files.views import file_json
from omicsdk.sandbox.sb.problems import bad, no_such, refuse
from omicsdk.sandbox.sb.requests.moments import span
from omicsdk.sandbox.sb.requests.paging import page_of
from omicsdk.sandbox.sb.state import Sb, new_uuid, shown, when, when_known
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.service import Call, Reply

KIND = "automation-run"
_STAGE, _STOP = "automation-run-stage", "automation-run-stop"
_STAGES = ("CREATED", "SENT_TO_EXECUTION", "QUEUED_FOR_EXECUTION", "RUNNING")
_ENDS = ("FINISHED", "FAILED", "ABORTED")
_EDITABLE = ("name", "inputs", "settings", "memory_limit")


def attach(sb: Sb) -> None:
    """Says what to do when a stage of a run is over, and when it is to be stopped."""
    sb.jobs.on(_STAGE, lambda id, at: _advance(sb, id, at))
    sb.jobs.on(_STOP, lambda id, at: _stopped(sb, id, at))


def _advance(sb: Sb, id: str, at: float) -> None:
    run = sb.documents.get(KIND, id)
    if run is None or run["status"] not in _STAGES:
        return
    if run["status"] != "RUNNING":
        run["status"] = _STAGES[_STAGES.index(run["status"]) + 1]
        seconds = _waiting_seconds(sb)
        if run["status"] == "RUNNING":
            run["start"], seconds = at, sb.grounds.settings.number("sb.run_seconds")
        sb.documents.put(KIND, id, run)
        sb.jobs.schedule(_STAGE, id, at + seconds)
        return
    failed = wanted_failure(sb, run["name"])
    run["message"] = failed or "The run is finished"
    _end(sb, run, "FAILED" if failed else "FINISHED", at)


def _waiting_seconds(sb: Sb) -> float:
    """How long a run is in each stage before the last."""
    return sb.grounds.settings.number("sb.run_queue_seconds") / (len(_STAGES) - 1)


def _stopped(sb: Sb, id: str, at: float) -> None:
    run = sb.documents.get(KIND, id)
    if run is not None and run["status"] not in _ENDS:
        run["message"] = "The run was stopped"
        _end(sb, run, "ABORTED", at)


def _end(sb: Sb, run: JsonObject, status: str, at: float) -> None:
    run["status"], run["end"] = status, at
    content = f"{when(at)} {status}: {run['message']}\n".encode()
    # The log stands in no folder: who may see the automation gets it by its identity.
    log = sb.work.files.add(
        project=f"{AUTOMATION}:{run['automation']}",
        parent=f"logs:{run['id']}",
        name="run.log",
        size=len(content),
        blob=sb.work.blobs.put_bytes(content),
    )
    run["log_file"] = log.id
    sb.documents.put(KIND, run["id"], run)


# -- reading


def _asked(sb: Sb, call: Call, needs: str = "read") -> JsonObject:
    found = sb.documents.get(KIND, call.arguments["run_id"])
    if found is None:
        raise no_such("automation run", call.arguments["run_id"])
    find(sb, sb.user(call), found["automation"], needs)
    return found


def _shown(sb: Sb, call: Call, run: JsonObject) -> JsonObject:
    automation = find(sb, sb.user(call), run["automation"])
    log = sb.work.files.get(run["log_file"]) if run["log_file"] else None
    told = {
        "id": run["id"],
        "name": run["name"],
        "automation": automation_json(call, automation),
        "package": find_package(sb, sb.user(call), run["package"]),
        "inputs": run["inputs"],
        "outputs": {},
        "settings": run["settings"],
        "created_on": when(run["created"]),
        "start_time": when_known(run["start"]),
        "end_time": when_known(run["end"]),
        "resumed_from": run["resumed_from"],
        "created_by": run["created_by"],
        "status": run["status"],
        "message": run["message"],
        "execution_details": {"log_file": file_json(call, log)} if log else {},
        "memory_limit": run["memory_limit"],
        "project_id": run["project_id"],
    }
    return shown(call, told, "automation", "runs", run["id"])


_ORDERS = {"name": "name", "created_on": "created", "start_time": "start", "end_time": "end", "status": "status"}


def list_automation_runs(sb: Sb, call: Call) -> Reply:
    """GET /automation/runs."""
    given = call.arguments
    automations = sb.membership.joined(AUTOMATION, sb.user(call))
    found = [
        run for each in automations for run in sb.documents.listed(KIND, each) if all(t(run) for t in _tests(given))
    ]
    key = _ORDERS.get(given.get("order_by") or "created_on")
    if key is None:
        raise bad(f"Runs can't be ordered by {given['order_by']!r}, but by {', '.join(_ORDERS)}")
    found.sort(key=lambda run: (run[key] is None, run[key] or 0), reverse=given.get("order", "desc") == "desc")
    return page_of(call, found, lambda run: _shown(sb, call, run))


def _tests(given: Mapping[str, Any]) -> list[Callable[[JsonObject], bool]]:
    names = {"automation_id": "automation", "package_id": "package"}
    same = {
        names.get(name, name): given[name]
        for name in ("automation_id", "package_id", "status", "created_by", "project_id")
        if given.get(name)
    }
    text = given.get("name", "").lower()
    first, last = span(given.get("created_from"), given.get("created_to"))
    return [
        lambda run: all(run[name] == value for name, value in same.items()),
        lambda run: text in run["name"].lower(),
        lambda run: first <= run["created"] < last,
    ]


def get_automation_run(sb: Sb, call: Call) -> Reply:
    """GET /automation/runs/{run_id}."""
    return Reply(_shown(sb, call, _asked(sb, call)))


def get_automation_run_state(sb: Sb, call: Call) -> Reply:
    """GET /automation/runs/{run_id}/state."""
    run = _asked(sb, call)
    main: JsonObject = {
        "started_at": when_known(run["start"]),
        "finished_at": when_known(run["end"]),
        "inputs": run["inputs"],
        "substeps": {},
    }
    if run["status"] in ("FAILED", "ABORTED"):
        main["error"] = {"message": run["message"], "trace": ""}
    return Reply({"main": main})


# -- running


def create_automation_run(sb: Sb, call: Call) -> Reply:
    """POST /automation/runs."""
    return Reply(_shown(sb, call, _started(sb, sb.user(call), call.body)))


def _started(sb: Sb, user: str, body: Mapping[str, Any]) -> JsonObject:
    package = find_package(sb, user, body["package"], "execute")
    if package["archived"] or find(sb, user, package["automation"])["archived"]:
        raise refuse(409, 90007, f"Package {package['id']} or its automation is archived: restore it to run it")
    resumed: str | None = body.get("resume_from")
    if resumed and sb.documents.get(KIND, resumed) is None:
        raise no_such("automation run", resumed)
    settings: JsonObject = body.get("settings") or {}
    now = sb.now()
    run: JsonObject = {
        "id": new_uuid(),
        "name": body.get("name") or f"{package['version']} {when(now)}",
        "automation": package["automation"],
        "package": package["id"],
        "inputs": body.get("inputs") or {},
        "settings": settings,
        "created": now,
        "start": None,
        "end": None,
        "resumed_from": resumed,
        "created_by": user,
        "status": _STAGES[0],
        "message": None,
        "log_file": None,
        "memory_limit": body.get("memory_limit"),
        "project_id": settings.get("project_id"),
    }
    keep_secret_settings(sb, KIND, {"id": run["id"], "secret_settings": body.get("secret_settings") or {}})
    sb.documents.put(KIND, run["id"], run, group=run["automation"])
    sb.jobs.schedule(_STAGE, run["id"], now + _waiting_seconds(sb))
    return run


def rerun_automation_run(sb: Sb, call: Call) -> Reply:
    """POST /automation/runs/{run_id}/actions/rerun."""
    run = _asked(sb, call, "execute")
    body: Mapping[str, Any] = call.body or {}
    told = {name: value for name, value in body.items() if value is not None and name != "merge"}
    again: JsonObject = {name: run[name] for name in ("package", "inputs", "settings", "name")}
    again["secret_settings"] = secret_settings(sb, KIND, run["id"])
    if body.get("merge", True):
        for name in ("inputs", "settings", "secret_settings"):
            if name in told:
                told[name] = {**again[name], **told[name]}
    made = _started(sb, sb.user(call), {**again, "memory_limit": run["memory_limit"], **told})
    return Reply(_shown(sb, call, made))


def update_automation_run(sb: Sb, call: Call) -> Reply:
    """PATCH /automation/runs/{run_id}."""
    run = _asked(sb, call, "write")
    changed = {**run, **{name: call.body[name] for name in _EDITABLE if name in call.body}}
    sb.documents.put(KIND, run["id"], changed)
    return Reply(_shown(sb, call, changed))


def stop_automation_run(sb: Sb, call: Call) -> Reply:
    """POST /automation/runs/{run_id}/actions/stop."""
    run = _asked(sb, call, "execute")
    if run["status"] in _ENDS:
        raise refuse(409, 90007, f"Run {run['id']} is {run['status']}: there is nothing to stop")
    run["status"] = "QUEUED_FOR_TERMINATION"
    sb.documents.put(KIND, run["id"], run)
    sb.jobs.schedule(_STOP, run["id"], sb.now() + sb.grounds.settings.number("sb.run_queue_seconds"))
    return Reply()
