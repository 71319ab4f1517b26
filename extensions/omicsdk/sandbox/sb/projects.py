"""Operations of projects, and of the members that these, volumes, datasets and automations have."""

import re
from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.sb.apps import drop_apps
from omicsdk.sandbox.sb.documents import DIVISION, TEAM, USER, Permissions, permissions_of
from omicsdk.sandbox.sb.responses import member_view, page_of, refuse, view, when
from omicsdk.sandbox.sb.state import Sb, body_fields, check_new_name, path_id
from omicsdk.sandbox.sb.task_runs import drop_tasks
from omicsdk.sandbox.service import Call, JsonObject, Reply, for_each, named

_SETTINGS: Mapping[str, Any] = {
    **dict.fromkeys(("locked", "controlled", "use_memoization", "use_elastic_disk"), False),
    "location": "aws:us-east-1",
    "use_interruptible_instances": True,
    "intermediate_files": {"retention": "LIMITED", "duration": 24},
}


# -- projects


def list_projects(sb: Sb, call: Call) -> Reply:
    """GET /projects, GET /projects/{owner}."""
    start = f"{call.arguments['owner']}/" if "owner" in call.arguments else ""
    rights = sb.membership.rights("project", sb.user(call))
    projects = sb.documents.among("project", (id for id in rights if id.startswith(start)))
    matching = [project for project in projects if _fits(project, call.arguments)]
    return page_of(call, matching, lambda project: _show_project(call, project, rights[project["id"]]))


list_owner_projects = list_projects


def _fits(project: JsonObject, query: Mapping[str, Any]) -> bool:
    return (
        query.get("name", "").lower() in project["name"].lower()
        and query.get("category", project["category"]).upper() == project["category"].upper()
        and set(query.get("tags", ())) <= set(project["tags"])
    )


def create_project(sb: Sb, call: Call) -> Reply:
    """POST /projects."""
    check_new_name(call, "project", 3007)
    project = add_project(
        sb,
        sb.user(call),
        call.body["name"],
        description=call.body.get("description", ""),
        billing_group=_billing_group(sb, call.body.get("billing_group")),
        tags=list(call.body.get("tags") or ()),
        settings=_settings(_SETTINGS, call.body.get("settings") or {}),
    )
    return Reply(_show_project(call, project, permissions_of({"admin": True}, "project")))


def add_project(sb: Sb, owner: str, name: str, **fields: Any) -> JsonObject:
    """Make a project.

    Args:
        sb: The platform.
        owner: Their owner, who may do everything in it.
        name: Its name; its identity is made of it.
        fields: Its description, billing_group, tags and settings, where they are not the usual ones.

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
        "root_folder": sb.files.root(id),
        "created_by": owner,
        "created_on": now,
        "modified_on": now,
        "category": "PRIVATE",
        **fields,
    }
    sb.documents.put("project", id, project)
    sb.add_owner("project", id, owner)
    return project


def get_project(sb: Sb, call: Call) -> Reply:
    """GET /projects/{owner}/{project}."""
    return Reply(_show_project(call, *sb.access(call, "project", path_id(call))))


def update_project(sb: Sb, call: Call) -> Reply:
    """PATCH /projects/{owner}/{project}."""
    project, permissions = sb.access(call, "project", path_id(call), "write")
    body = call.body
    changes = body_fields(call, "name description tags category type")
    check_new_name(call, "project", 3007)
    if "billing_group" in body:
        changes["billing_group"] = _billing_group(sb, body["billing_group"])
    if "settings" in body:
        changes["settings"] = _settings(project["settings"], body["settings"])
    project = {**project, **changes, "modified_on": when(sb.now())}
    sb.documents.put("project", project["id"], project)
    return Reply(_show_project(call, project, permissions))


def delete_project(sb: Sb, call: Call) -> Reply:
    """DELETE /projects/{owner}/{project}."""
    id = sb.requested(call, "project", "admin")["id"]
    drop_apps(sb, id)
    drop_tasks(sb, id)
    sb.uploads.drop_project(id)
    sb.drop("project", id)
    return Reply(status=204)


def _show_project(call: Call, project: JsonObject, permissions: Permissions) -> JsonObject:
    """A project as a response has it, with what the caller may do there."""
    return view(call, "project", {**project, "permissions": permissions})


def _free_id(sb: Sb, owner: str, name: str) -> str:
    short = re.sub(r"[^a-z0-9-]", "", re.sub(r"[\s_]+", "-", name.strip().lower())).strip("-") or "project"
    id, number = f"{owner}/{short}", 0
    while sb.documents.get("project", id) is not None:
        number += 1
        id = f"{owner}/{short}_{number}"
    return id


def _billing_group(sb: Sb, id: str | None) -> str:
    return sb.documents.existing("billing-group", id)["id"] if id else sb.documents.ids("billing-group")[0]


def _settings(present: Mapping[str, Any], changes: Mapping[str, Any]) -> JsonObject:
    merged = {**present, **{name: value for name, value in changes.items() if value is not None}}
    parts: list[JsonObject] = [document.get("intermediate_files") or {} for document in (present, changes)]
    return {**merged, "intermediate_files": {**parts[0], **parts[1]}}


# -- members

_MEMBER_TYPES = {USER: "user", TEAM: "team", DIVISION: "division"}


def _show(call: Call, kind: str, id: str, member: Mapping[str, Any]) -> JsonObject:
    more = {"type": _MEMBER_TYPES[member["type"]]} if kind == "automation" else {}
    return member_view(call, kind, id, member, **more)


def _list(sb: Sb, call: Call, kind: str) -> Reply:
    id = sb.requested(call, kind)["id"]
    return page_of(call, sb.membership.of(kind, id), lambda member: _show(call, kind, id, member))


def _get(sb: Sb, call: Call, kind: str) -> Reply:
    id = sb.requested(call, kind)["id"]
    return Reply(_show(call, kind, id, sb.membership.existing(kind, id, call.arguments["username"])))


def _add(sb: Sb, call: Call, kind: str) -> Reply:
    id, body = sb.requested(call, kind, "admin")["id"], call.body
    # Only automations call a team's name `id`.
    name, type = (body["id"], TEAM) if body.get("id") else (body.get("username", ""), body.get("type", USER))
    email = body.get("email")
    if email:
        name = next((user["username"] for user in sb.documents.listed("user") if user["email"] == email), email)
    member = new_member(sb, kind, name, type, body.get("permissions"))
    if sb.membership.get(kind, id, member["username"]) is not None:
        raise refuse(409, 3003, f"{member['username']} is a member of the {kind} {id} already")
    sb.membership.add(kind, id, member)
    return Reply(_show(call, kind, id, member))


def new_member(sb: Sb, kind: str, name: str, type: str, permissions: Permissions | None) -> JsonObject:
    """A member; those of automations are returned with their full name.

    Args:
        sb: The platform.
        kind: The kind of what it is a member of.
        name: The username, or the identity of a team or division.
        type: USER, TEAM or DIVISION.
        permissions: As requested.

    Raises:
        Problem: 404; there is no such user, team or division.
    """
    record = sb.documents.existing(_MEMBER_TYPES[type], name)
    full = " ".join(record.get(field, "") for field in ("first_name", "last_name")).strip()
    more = {"name": record.get("name") or full or name} if kind == "automation" else {}
    member = {"username": name, "email": record.get("email"), "type": type, **more}
    return {**member, "permissions": permissions_of(permissions, kind)}


def _remove(sb: Sb, call: Call, kind: str) -> Reply:
    name: str = call.arguments["username"]
    # A member without other permissions may still leave.
    target = sb.requested(call, kind, "read" if name == sb.user(call) else "admin")
    sb.membership.existing(kind, target["id"], name)
    _keep_owner(kind, target, name)
    sb.membership.remove(kind, target["id"], name)
    return Reply(status=204)


def _permit(sb: Sb, call: Call, kind: str) -> Reply:
    """Change permissions; those that are not requested are kept, except that a PUT takes them away."""
    target = sb.requested(call, kind, "admin")
    member = sb.membership.existing(kind, target["id"], call.arguments["username"])
    requested: Mapping[str, bool] = call.body["permissions"] if kind == "automation" else call.body
    if not all(requested.values()):
        _keep_owner(kind, target, member["username"])
    old_permissions: Mapping[str, bool] = {} if call.operation.method == "PUT" else member["permissions"]
    changed = {**member, "permissions": permissions_of({**old_permissions, **requested}, kind)}
    sb.membership.add(kind, target["id"], changed)
    return Reply(_show(call, kind, target["id"], changed) if kind == "automation" else changed["permissions"])


def _keep_owner(kind: str, target: JsonObject, username: str) -> None:
    if username == (target["owner"] if kind == "automation" else target["id"].partition("/")[0]):
        raise refuse(403, 3001, f"{username} owns the {kind} {target['id']} and keeps all permissions there")


# Datasets have no replacing: their document does not state it. Automations have one way to change permissions.
HANDLERS = for_each(
    named("project", "volume", "dataset", "automation"),
    {
        "list_{}_members": _list,
        "add_{}_member": _add,
        "get_{}_member": _get,
        "remove_{}_member": _remove,
        **dict.fromkeys(("update_{}_member_permissions", "replace_{}_member_permissions", "update_{}_member"), _permit),
    },
)
