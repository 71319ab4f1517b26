"""Operations of projects, datasets and marked places in genome files, and of the members that these and other objects have."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from omicsdk.sandbox.sb.apps import drop_apps
from omicsdk.sandbox.sb.documents import DIVISION, TEAM, USER, Permissions, permissions_of
from omicsdk.sandbox.sb.problems import bad, no_such, refuse
from omicsdk.sandbox.sb.responses import list_of, member_view, page_of, view, when
from omicsdk.sandbox.sb.state import Sb, check_new_name, keep, new_id, path_id, stated
from omicsdk.sandbox.sb.task_runs import drop_tasks
from omicsdk.sandbox.service import Call, JsonObject, Reply, for_each

_SETTINGS: Mapping[str, Any] = {
    **dict.fromkeys(("locked", "controlled", "use_memoization", "use_elastic_disk"), False),
    "location": "aws:us-east-1",
    "use_interruptible_instances": True,
    "intermediate_files": {"retention": "LIMITED", "duration": 24},
}
_TYPES = ("v1", "v2")


# -- projects


def list_projects(sb: Sb, call: Call) -> Reply:
    """GET /projects, GET /projects/{owner}."""
    start = f"{call.arguments['owner']}/" if "owner" in call.arguments else ""
    rights = sb.membership.rights("project", sb.user(call))
    known = sb.documents.among("project", (id for id in rights if id.startswith(start)))
    found = [project for project in known if _fits(project, call.arguments)]
    return page_of(call, found, lambda each: _show_project(call, each, rights[each["id"]]))


list_owner_projects = list_projects


def _fits(project: JsonObject, asked: Mapping[str, Any]) -> bool:
    return (
        asked.get("name", "").lower() in project["name"].lower()
        and asked.get("category", project["category"]).upper() == project["category"].upper()
        and set(asked.get("tags", ())) <= set(project["tags"])
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
        "root_folder": sb.work.files.root(id),
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
    return Reply(_show_project(call, *sb.access(call, "project", path_id(call, "project"))))


def update_project(sb: Sb, call: Call) -> Reply:
    """PATCH /projects/{owner}/{project}."""
    project, permissions = sb.access(call, "project", path_id(call, "project"), "write")
    body = call.body
    changes = stated(call, "name description tags category type")
    check_new_name(call, "project", 3007)
    if body.get("type", "v1") not in _TYPES:
        raise bad(f"A project is of type {' or '.join(_TYPES)}, not {body['type']!r}", 3010)
    if "billing_group" in body:
        changes["billing_group"] = _billing_group(sb, body["billing_group"])
    if "settings" in body:
        changes["settings"] = _settings(project["settings"], body["settings"])
    project = {**project, **changes, "modified_on": when(sb.now())}
    sb.documents.put("project", project["id"], project)
    return Reply(_show_project(call, project, permissions))


def delete_project(sb: Sb, call: Call) -> Reply:
    """DELETE /projects/{owner}/{project}."""
    id = sb.asked(call, "project", "admin")["id"]
    drop_apps(sb, id)
    drop_tasks(sb, id)
    sb.work.uploads.drop_project(id)
    sb.work.files.drop_project(id)
    _forget(sb, "project", id)
    return Reply(status=204)


def _forget(sb: Sb, kind: str, id: str) -> None:
    sb.membership.drop(kind, id)
    sb.documents.remove(kind, id)


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


def _billing_group(sb: Sb, given: str | None) -> str:
    if given is None:
        return sb.documents.ids("billing-group")[0]
    return sb.documents.found("billing-group", given)["id"]


def _settings(present: Mapping[str, Any], changes: Mapping[str, Any]) -> JsonObject:
    merged = {**present, **{name: value for name, value in changes.items() if value is not None}}
    parts: list[JsonObject] = [each.get("intermediate_files") or {} for each in (present, changes)]
    return {**merged, "intermediate_files": {**parts[0], **parts[1]}}


# -- datasets


def list_datasets(sb: Sb, call: Call) -> Reply:
    """GET /datasets, GET /datasets/{username}."""
    visibility: str | None = call.arguments.get("visibility")
    start = f"{call.arguments['username']}/" if "username" in call.arguments else ""
    mine = sb.membership.rights("dataset", sb.user(call))
    seen = [each for each in sb.documents.listed("dataset") if each["visibility"] == "public" or each["id"] in mine]
    wanted = (each for each in seen if visibility in (None, each["visibility"]) and each["id"].startswith(start))
    return list_of(call, "dataset", wanted)


list_owner_datasets = list_datasets


def get_dataset(sb: Sb, call: Call) -> Reply:
    """GET /datasets/{owner}/{dataset}."""
    return Reply(view(call, "dataset", sb.asked(call, "dataset")))


def update_dataset(sb: Sb, call: Call) -> Reply:
    """PATCH /datasets/{owner}/{dataset}."""
    dataset = sb.asked(call, "dataset", "write")
    check_new_name(call, "dataset")
    return keep(sb, call, "dataset", {**dataset, **stated(call, "name description")})


def delete_dataset(sb: Sb, call: Call) -> Reply:
    """DELETE /datasets/{owner}/{dataset}."""
    id = sb.asked(call, "dataset", "admin")["id"]
    sb.work.files.drop_project(f"dataset:{id}")
    _forget(sb, "dataset", id)
    return Reply(status=204)


# -- markers


def list_markers(sb: Sb, call: Call) -> Reply:
    """GET /genome/markers."""
    file = sb.file(call, call.arguments["file"])
    return list_of(call, "marker", (each for each in sb.documents.listed("marker", file.id) if _sees(sb, call, each)))


def create_marker(sb: Sb, call: Call) -> Reply:
    """POST /genome/markers."""
    marker: JsonObject = {
        "id": new_id(),
        "file": sb.file(call, call.body["file"]).id,
        **stated(call, "name chromosome"),
        "position": _position(call.body["position"]),
        "created_time": when(sb.now()),
        "created_by": sb.user(call),
        "private": call.body.get("private", True),
    }
    return keep(sb, call, "marker", marker, marker["file"])


def get_marker(sb: Sb, call: Call) -> Reply:
    """GET /genome/markers/{marker_id}."""
    return Reply(view(call, "marker", _marker(sb, call)))


def update_marker(sb: Sb, call: Call) -> Reply:
    """PATCH /genome/markers/{marker_id}."""
    marker = _own_marker(sb, call)
    changes = stated(call, "name chromosome")
    if "position" in call.body:
        changes["position"] = _position({**marker["position"], **call.body["position"]})
    return keep(sb, call, "marker", {**marker, **changes})


def delete_marker(sb: Sb, call: Call) -> Reply:
    """DELETE /genome/markers/{marker_id}."""
    sb.documents.remove("marker", _own_marker(sb, call)["id"])
    return Reply(status=204)


def _position(stated: JsonObject) -> JsonObject:
    if not isinstance(stated.get("start"), int) or not isinstance(stated.get("end"), int):
        raise bad("The position has no start or no end")
    if not 0 <= stated["start"] <= stated["end"]:
        raise bad(f"The position ends at {stated['end']}, before its start at {stated['start']}, or starts below 0")
    return stated


def _sees(sb: Sb, call: Call, marker: JsonObject) -> bool:
    return not marker["private"] or marker["created_by"] == sb.user(call)


def _marker(sb: Sb, call: Call) -> JsonObject:
    marker = sb.documents.found("marker", call.arguments["marker_id"])
    if not _sees(sb, call, marker):
        raise no_such("marker", marker["id"])
    sb.file(call, marker["file"])
    return marker


def _own_marker(sb: Sb, call: Call) -> JsonObject:
    """The marker that a request changes: of the caller's, or on a file that the caller may change."""
    marker = _marker(sb, call)
    if marker["created_by"] != sb.user(call):
        sb.file(call, marker["file"], "write")
    return marker


# -- members

_MEMBER_TYPES = {USER: "user", TEAM: "team", DIVISION: "division"}


def _show(call: Call, kind: str, id: str, member: Mapping[str, Any]) -> JsonObject:
    more = {"type": _MEMBER_TYPES[member["type"]]} if kind == "automation" else {}
    return member_view(call, kind, id, member, **more)


def _list(sb: Sb, call: Call, kind: str) -> Reply:
    id = sb.asked(call, kind)["id"]
    return page_of(call, sb.membership.of(kind, id), lambda each: _show(call, kind, id, each))


def _get(sb: Sb, call: Call, kind: str) -> Reply:
    id = sb.asked(call, kind)["id"]
    return Reply(_show(call, kind, id, sb.membership.found(kind, id, call.arguments["username"])))


def _add(sb: Sb, call: Call, kind: str) -> Reply:
    id, automation = sb.asked(call, kind, "admin")["id"], kind == "automation"
    member = _new_automation_member(sb, call) if automation else _new_member(sb, call)
    if sb.membership.get(kind, id, member["username"]) is not None:
        code = 90007 if automation else 3003
        raise refuse(409, code, f"{member['username']} is a member of the {kind} {id} already")
    member["permissions"] = permissions_of(call.body.get("permissions"), kind)
    sb.membership.add(kind, id, member)
    return Reply(_show(call, kind, id, member))


def _new_member(sb: Sb, call: Call) -> JsonObject:
    name, email = call.body.get("username", ""), call.body.get("email", "")
    type: str = call.body.get("type", USER)
    if bool(name) == bool(email):
        raise bad("A new member has either a username or an email", 3005)
    if email:
        name = next((user["username"] for user in sb.documents.listed("user") if user["email"] == email), "")
    known = sb.documents.get(_MEMBER_TYPES[type], name) if name else None
    if known is None:
        raise no_such(_MEMBER_TYPES[type], name or email)
    return {"username": name, "email": known.get("email"), "type": type}


def _new_automation_member(sb: Sb, call: Call) -> JsonObject:
    name, team = call.body.get("username"), call.body.get("id")
    if bool(name) == bool(team):
        raise bad("A new member is a user with a username, or a team with an id")
    return automation_member(sb, str(name or team), USER if name else TEAM)


def automation_member(sb: Sb, name: str, type: str) -> JsonObject:
    """A member of an automation, without permissions: they are returned with their name.

    Raises:
        Problem: 404; there is no such user or team.
    """
    known = sb.documents.found(_MEMBER_TYPES[type], name)
    full = " ".join(known.get(each, "") for each in ("first_name", "last_name")).strip()
    return {"username": name, "email": known.get("email"), "type": type, "name": known.get("name") or full or name}


def _remove(sb: Sb, call: Call, kind: str) -> Reply:
    name: str = call.arguments["username"]
    # A member without other permissions may still leave, but not automations.
    leaves = name == sb.user(call) and kind != "automation"
    held = sb.asked(call, kind, "read" if leaves else "admin")
    sb.membership.found(kind, held["id"], name)
    _keep_owner(kind, held, name)
    sb.membership.remove(kind, held["id"], name)
    return Reply(status=204)


def _permit(sb: Sb, call: Call, kind: str, *, keep: bool) -> Reply:
    """Change permissions; those that are not stated are kept, or have to be stated."""
    held = sb.asked(call, kind, "admin")
    member = sb.membership.found(kind, held["id"], call.arguments["username"])
    stated: Mapping[str, bool] = call.body["permissions"] if kind == "automation" else call.body
    if not keep and (missing := [name for name in member["permissions"] if name not in stated]):
        raise bad(f"All permissions are replaced: {', '.join(missing)} isn't stated", 3005)
    if not all(stated.values()):
        _keep_owner(kind, held, member["username"])
    changed = {**member, "permissions": permissions_of({**member["permissions"], **stated}, kind)}
    sb.membership.add(kind, held["id"], changed)
    return Reply(_show(call, kind, held["id"], changed) if kind == "automation" else changed["permissions"])


def _keep_owner(kind: str, held: JsonObject, username: str) -> None:
    id = held["id"]
    if kind == "automation" and username == held["owner"]:
        raise refuse(403, 90002, f"{username} owns the automation {id} and keeps all permissions there")
    if kind != "automation" and username == id.partition("/")[0]:
        raise refuse(403, 3001, f"{username} owns {id} and keeps all permissions there")


_KINDS = ("project", "volume", "dataset", "automation")
# Datasets have no replacing: their document does not state it. Automations have one way to change permissions.
HANDLERS = for_each(
    {kind: kind for kind in _KINDS},
    {
        "list_{}_members": _list,
        "add_{}_member": _add,
        "get_{}_member": _get,
        "remove_{}_member": _remove,
        "update_{}_member_permissions": partial(_permit, keep=True),
        "replace_{}_member_permissions": partial(_permit, keep=False),
        "update_{}_member": partial(_permit, keep=True),
    },
)
