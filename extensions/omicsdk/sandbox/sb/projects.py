"""Operations of projects."""

import re
from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.sb.problems import bad, no_such
from omicsdk.sandbox.sb.requests.paging import page_of
from omicsdk.sandbox.sb.state import Sb, path_id, shown, when
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.sb.tasks import apps
from omicsdk.sandbox.sb.tasks import runs as tasks
from omicsdk.sandbox.service import Call, Reply

_SETTINGS: Mapping[str, Any] = {
    "locked": False,
    "controlled": False,
    "location": "aws:us-east-1",
    "use_interruptible_instances": True,
    "use_memoization": False,
    "use_elastic_disk": False,
    "intermediate_files": {"retention": "LIMITED", "duration": 24},
}
_TYPES = ("v1", "v2")


def list_projects(sb: Sb, call: Call) -> Reply:
    """GET /projects."""
    return _listed(sb, call, sb.projects_of(sb.user(call)))


def list_owner_projects(sb: Sb, call: Call) -> Reply:
    """GET /projects/{owner}."""
    start = f"{call.arguments['owner']}/"
    return _listed(sb, call, [id for id in sb.projects_of(sb.user(call)) if id.startswith(start)])


def _listed(sb: Sb, call: Call, ids: list[str]) -> Reply:
    found = [project for id in ids if (project := sb.documents.get("project", id)) and _fits(project, call.arguments)]
    return page_of(call, found, lambda each: project_json(sb, call, each))


def _fits(project: JsonObject, asked: Mapping[str, Any]) -> bool:
    return (
        asked.get("name", "").lower() in project["name"].lower()
        and asked.get("category", project["category"]).upper() == project["category"].upper()
        and set(asked.get("tags", ())) <= set(project["tags"])
    )


def create_project(sb: Sb, call: Call) -> Reply:
    """POST /projects."""
    name: str = call.body["name"]
    if not name.strip():
        raise bad("The name of the project is empty", 3007)
    project = add_project(
        sb,
        sb.user(call),
        name,
        description=call.body.get("description", ""),
        billing_group=_billing_group(sb, call.body.get("billing_group")),
        tags=list(call.body.get("tags") or ()),
        settings=_settings(_SETTINGS, call.body.get("settings") or {}),
    )
    return Reply(project_json(sb, call, project))


def add_project(sb: Sb, owner: str, name: str, **fields: Any) -> JsonObject:
    """Makes a project.

    Args:
        sb: The platform.
        owner: Whose it is; they may do everything in it.
        name: Its name; its identity is made of it.
        fields: Its description, billing_group, tags and settings, where they aren't the usual ones.

    Returns:
        The project.
    """
    id, now = _free_id(sb, owner, name), when(sb.now())
    project: JsonObject = {
        "id": id,
        "name": name,
        "description": "",
        "billing_group": _billing_group(sb, None),
        "type": "v2",
        "tags": [],
        "settings": _settings(_SETTINGS, {}),
        "root_folder": sb.work.files.make_root(id),
        "created_by": owner,
        "created_on": now,
        "modified_on": now,
        "category": "PRIVATE",
        **fields,
    }
    sb.documents.put("project", id, project)
    sb.membership.add_owner("project", id, owner)
    return project


def get_project(sb: Sb, call: Call) -> Reply:
    """GET /projects/{owner}/{project}."""
    return Reply(project_json(sb, call, sb.project(call, path_id(call, "project"))))


def update_project(sb: Sb, call: Call) -> Reply:
    """PATCH /projects/{owner}/{project}."""
    project = sb.project(call, path_id(call, "project"), "write")
    changes = {name: call.body[name] for name in ("name", "description", "tags", "category") if name in call.body}
    if not changes.get("name", "x").strip():
        raise bad("The name of the project is empty", 3007)
    if "type" in call.body:
        changes["type"] = _type(call.body["type"])
    if "billing_group" in call.body:
        changes["billing_group"] = _billing_group(sb, call.body["billing_group"])
    if "settings" in call.body:
        changes["settings"] = _settings(project["settings"], call.body["settings"])
    project = {**project, **changes, "modified_on": when(sb.now())}
    sb.documents.put("project", project["id"], project)
    return Reply(project_json(sb, call, project))


def delete_project(sb: Sb, call: Call) -> Reply:
    """DELETE /projects/{owner}/{project}."""
    id = sb.project(call, path_id(call, "project"), "admin")["id"]
    apps.drop_project(sb, id)
    tasks.drop_project(sb, id)
    sb.work.uploads.drop_project(id)
    sb.work.files.drop_project(id)
    sb.membership.drop("project", id)
    sb.documents.remove("project", id)
    return Reply(status=204)


def project_json(sb: Sb, call: Call, project: JsonObject) -> JsonObject:
    """A project as an answer has it, with what the caller may do there."""
    held = sb.membership.permissions("project", project["id"], sb.user(call))
    return shown(call, {**project, "permissions": held}, "projects", project["id"])


def _free_id(sb: Sb, owner: str, name: str) -> str:
    short = re.sub(r"[^a-z0-9-]", "", re.sub(r"[\s_]+", "-", name.strip().lower())).strip("-") or "project"
    id, number = f"{owner}/{short}", 0
    while sb.documents.get("project", id) is not None:
        number += 1
        id = f"{owner}/{short}_{number}"
    return id


def _billing_group(sb: Sb, given: str | None) -> str:
    if given is None:
        return sb.documents.ids("billing-group")[0]
    if sb.documents.get("billing-group", given) is None:
        raise no_such("billing group", given)
    return given


def _settings(present: Mapping[str, Any], changes: Mapping[str, Any]) -> JsonObject:
    merged = {**present, **{name: value for name, value in changes.items() if value is not None}}
    intermediate: JsonObject = {
        **(present.get("intermediate_files") or {}),
        **(changes.get("intermediate_files") or {}),
    }
    return {**merged, "intermediate_files": intermediate}


def _type(stated: str) -> str:
    if stated not in _TYPES:
        raise bad(f"A project is of type {' or '.join(_TYPES)}, not {stated!r}", 3010)
    return stated
