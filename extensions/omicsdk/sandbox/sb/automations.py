"""Operations of automations, of packages of their code, and of their runs, which pass through states by the sandbox's clock."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.sb.documents import USER
from omicsdk.sandbox.sb.files import file_known
from omicsdk.sandbox.sb.projects import new_member
from omicsdk.sandbox.sb.responses import list_of, ordered, page_of, refuse, times, view, when, when_known, within
from omicsdk.sandbox.sb.state import (
    Course,
    Sb,
    body_fields,
    check_new_name,
    filled,
    keep,
    new_id,
    new_uuid,
    wanted_failure,
)
from omicsdk.sandbox.service import Call, JsonObject, Reply, for_each

_AUTOMATION, _PACKAGE, _RUN = "automation", "automation-package", "automation-run"


# -- automations


def list_automations(sb: Sb, call: Call) -> Reply:
    """GET /automation/automations."""
    query = call.arguments
    matching = [
        automation
        for automation in sb.joined(call, _AUTOMATION)
        if (query.get("include_archived") or not automation["archived"])
        and query.get("name", "").lower() in automation["name"].lower()
    ]
    return list_of(call, _AUTOMATION, matching)


def create_automation(sb: Sb, call: Call) -> Reply:
    """POST /automation/automations."""
    body, user, now = call.body, sb.user(call), when(sb.now())
    check_new_name(call, "automation")
    automation: JsonObject = {
        "id": new_uuid(),
        "name": body["name"],
        # Without a billing group it has the first: the published client cannot read an automation that has none.
        **filled(body, description="", billing_group=sb.documents.ids("billing-group")[0]),
        "secret_settings": {},  # those of other services: they are neither stored nor returned
        **dict.fromkeys(("owner", "created_by", "modified_by"), user),
        **dict.fromkeys(("created_on", "modified_on"), now),
        "archived": False,
        **filled(body, memory_limit=None, project_based=False),
    }
    sb.membership.add(_AUTOMATION, automation["id"], new_member(sb, _AUTOMATION, user, USER, {"admin": True}))
    return keep(sb, call, _AUTOMATION, automation)


def _change(sb: Sb, call: Call, archived: bool | None) -> Reply:
    """Change the fields that a request states, or only whether an automation is archived."""
    automation = sb.requested(call, _AUTOMATION, "write" if archived is None else "admin")
    changes: JsonObject = {"archived": archived}
    if archived is None:
        check_new_name(call, "automation")
        changes = body_fields(call, "name description billing_group memory_limit project_based")
    modified = {"modified_by": sb.user(call), "modified_on": when(sb.now())}
    return keep(sb, call, _AUTOMATION, {**automation, **changes, **modified})


# -- packages


def list_automation_packages(sb: Sb, call: Call) -> Reply:
    """GET /automation/automations/{automation_id}/packages."""
    packages = sb.documents.listed(_PACKAGE, sb.requested(call, _AUTOMATION)["id"])
    return page_of(call, packages, lambda package: package)


def create_automation_package(sb: Sb, call: Call) -> Reply:
    """POST /automation/automations/{automation_id}/packages."""
    automation, body = sb.requested(call, _AUTOMATION, "write")["id"], call.body
    sb.documents.existing("automation-code", body["location"])
    if any(package["version"] == body["version"] for package in sb.documents.listed(_PACKAGE, automation)):
        raise refuse(409, 90007, f"The automation {automation} has a package of version {body['version']} already")
    package: JsonObject = {
        "id": new_id(),
        "automation": automation,
        **body_fields(call, "version location schema"),
        "created_by": sb.user(call),
        "created_on": when(sb.now()),
        "archived": False,
        "custom_url": None,
        **filled(body, memory_limit=None, python="3.6"),
    }
    sb.documents.put(_PACKAGE, package["id"], package, group=automation)
    return Reply(package)


def _requested_package(sb: Sb, call: Call, needs: str = "read") -> JsonObject:
    return sb.part(call, _PACKAGE, call.arguments["package_id"], _AUTOMATION, needs)


def get_automation_package(sb: Sb, call: Call) -> Reply:
    """GET /automation/packages/{package_id}."""
    return Reply(_requested_package(sb, call))


def _change_package(sb: Sb, call: Call, archived: bool | None) -> Reply:
    package = _requested_package(sb, call, "write")
    changes = body_fields(call, "custom_url memory_limit") if archived is None else {"archived": archived}
    sb.documents.put(_PACKAGE, package["id"], {**package, **changes})
    return Reply({**package, **changes})


HANDLERS = for_each(
    {"update": None, "archive": True, "restore": False},
    {"{}_automation": _change, "{}_automation_package": _change_package},
)


# -- how runs continue

_SECONDS = {
    **dict.fromkeys(("CREATED", "SENT_TO_EXECUTION", "QUEUED_FOR_EXECUTION"), "run_queue_seconds"),
    "RUNNING": "run_seconds",
}


def _enter(sb: Sb, run: JsonObject, at: float) -> None:  # noqa: ARG001 - the signature of courses
    if run["status"] == "RUNNING":
        run["start"] = at


def _finish(sb: Sb, run: JsonObject, at: float) -> None:
    failed = wanted_failure(sb, run["name"])
    _end(sb, run, "FAILED" if failed else "FINISHED", failed or "The run is finished", at)


def _end(sb: Sb, run: JsonObject, status: str, message: str, at: float) -> None:
    content = f"{when(at)} {status}: {message}\n".encode()
    # The log is in no folder: who may see the automation gets it by its identity.
    project = f"{_AUTOMATION}:{run['automation']}"
    log = sb.add_file(content, project=project, parent=f"logs:{run['id']}", name="run.log")
    ended = {"status": status, "message": message, "end": at, "log_file": log.id}
    sb.documents.put(_RUN, run["id"], {**run, **ended})


RUNS = Course(_RUN, _SECONDS, _enter, _finish)


# -- runs

_RUN_ORDERS = {"name": "name", "start_time": "start", "end_time": "end", "status": "status"}


def _requested_run(sb: Sb, call: Call, needs: str = "read") -> JsonObject:
    return sb.part(call, _RUN, call.arguments["run_id"], _AUTOMATION, needs)


def _show_run(sb: Sb, call: Call, run: JsonObject) -> JsonObject:
    log = file_known(sb, call, run["log_file"])
    fields = {
        **run,
        "automation": view(call, _AUTOMATION, sb.permitted(call, _AUTOMATION, run["automation"])),
        "package": sb.part(call, _PACKAGE, run["package"], _AUTOMATION),
        "outputs": {},
        "created_on": when(run["created"]),
        **times(run),
        "execution_details": {"log_file": log} if log else {},
    }
    return view(call, _RUN, fields)


def list_automation_runs(sb: Sb, call: Call) -> Reply:
    """GET /automation/runs."""
    query = call.arguments
    names = {"automation_id": "automation", "package_id": "package"}
    filters = ("automation_id", "package_id", "status", "created_by", "project_id")
    same = {names.get(name, name): query[name] for name in filters if query.get(name)}
    text, fits = query.get("name", "").lower(), within(query, "created", "created")
    matching = [
        run
        for automation in sb.joined(call, _AUTOMATION)
        for run in sb.documents.listed(_RUN, automation["id"])
        if all(run[name] == value for name, value in same.items()) and text in run["name"].lower() and fits(run)
    ]
    key: str = query.get("order_by", "created_on")
    runs = ordered(matching, _RUN_ORDERS.get(key, "created"), query)
    return page_of(call, runs, lambda run: _show_run(sb, call, run))


def get_automation_run(sb: Sb, call: Call) -> Reply:
    """GET /automation/runs/{run_id}."""
    return Reply(_show_run(sb, call, _requested_run(sb, call)))


def get_automation_run_state(sb: Sb, call: Call) -> Reply:
    """GET /automation/runs/{run_id}/state."""
    run = _requested_run(sb, call)
    times = {"started_at": when_known(run["start"]), "finished_at": when_known(run["end"])}
    main: JsonObject = {**times, "inputs": run["inputs"], "substeps": {}}
    return Reply({"main": main})


def create_automation_run(sb: Sb, call: Call) -> Reply:
    """POST /automation/runs."""
    return _start(sb, call, call.body)


def _start(sb: Sb, call: Call, body: Mapping[str, Any]) -> Reply:
    package = sb.part(call, _PACKAGE, body["package"], _AUTOMATION, "execute")
    if package["archived"] or sb.permitted(call, _AUTOMATION, package["automation"])["archived"]:
        raise refuse(409, 90007, f"Package {package['id']} or its automation is archived: restore it to run it")
    now, fields = sb.now(), filled(body, inputs={}, settings={}, memory_limit=None)
    run: JsonObject = {
        "id": new_uuid(),
        "name": body.get("name") or f"{package['version']} {when(now)}",
        "automation": package["automation"],
        "package": package["id"],
        **fields,
        "created": now,
        "resumed_from": body.get("resume_from"),
        "created_by": sb.user(call),
        "status": "CREATED",
        "project_id": fields["settings"].get("project_id"),
        **dict.fromkeys(("start", "end", "message", "log_file")),
    }
    sb.documents.put(_RUN, run["id"], run, group=run["automation"])
    sb.begin(RUNS, run, now)
    return Reply(_show_run(sb, call, run))


def rerun_automation_run(sb: Sb, call: Call) -> Reply:
    """POST /automation/runs/{run_id}/actions/rerun."""
    run = _requested_run(sb, call, "execute")
    body: Mapping[str, Any] = call.body or {}
    fields = {name: value for name, value in body.items() if value is not None and name != "merge"}
    again: JsonObject = {name: run[name] for name in ("package", "inputs", "settings", "name", "memory_limit")}
    if body.get("merge", True):
        for name in ("inputs", "settings"):
            if name in fields:
                fields[name] = {**again[name], **fields[name]}
    return _start(sb, call, {**again, **fields})


def update_automation_run(sb: Sb, call: Call) -> Reply:
    """PATCH /automation/runs/{run_id}."""
    run = _requested_run(sb, call, "write")
    changed = {**run, **body_fields(call, "name inputs settings memory_limit")}
    sb.documents.put(_RUN, run["id"], changed)
    return Reply(_show_run(sb, call, changed))


def stop_automation_run(sb: Sb, call: Call) -> Reply:
    """POST /automation/runs/{run_id}/actions/stop."""
    run = _requested_run(sb, call, "execute")
    if run["status"] not in _SECONDS:
        raise refuse(409, 90007, f"Run {run['id']} is {run['status']}: there is nothing to stop")
    _end(sb, run, "ABORTED", "The run was stopped", sb.now())
    return Reply()
