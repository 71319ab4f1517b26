"""Operations of automations and of those who may use them."""

import json
from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.sb.problems import bad, no_such, refuse
from omicsdk.sandbox.sb.requests.paging import page_of
from omicsdk.sandbox.sb.state import Sb, new_uuid, shown, when
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.sb.stores.membership import EVERYTHING, TEAM, USER, permissions_of
from omicsdk.sandbox.service import Call, Reply

KIND = "automation"
PATH = ("automation", "automations")
_EDITABLE = ("name", "description", "billing_group", "secret_settings", "memory_limit", "project_based")


def asked(sb: Sb, call: Call, needs: str = "read") -> JsonObject:
    """The automation that a path names.

    Args:
        sb: The platform.
        call: The request.
        needs: What the caller must be allowed: read, write, execute or admin.

    Raises:
        Problem: 404 when it isn't there or can't be seen, 403 when the caller may not do that.
    """
    return find(sb, sb.user(call), call.arguments["automation_id"], needs)


def find(sb: Sb, username: str, id: str, needs: str = "read") -> JsonObject:
    """The same for an automation by its identity."""
    found = _kept(sb, id)
    permissions = sb.membership.permissions(KIND, id, username)
    if found is None or permissions is None:
        raise no_such("automation", id)
    if not permissions.get(needs):
        raise refuse(403, 90002, f"{username} has no {needs} permission on the automation {id}")
    return found


def _keep(sb: Sb, automation: JsonObject) -> None:
    keep_secret_settings(sb, KIND, automation)
    kept = {name: value for name, value in automation.items() if name != "secret_settings"}
    sb.documents.put(KIND, automation["id"], kept)


def _kept(sb: Sb, id: str) -> JsonObject | None:
    found = sb.documents.get(KIND, id)
    return None if found is None else {**found, "secret_settings": secret_settings(sb, KIND, id)}


def keep_secret_settings(sb: Sb, kind: str, of: JsonObject) -> None:
    """Holds the secret settings of an automation or a run in memory: they are those of other services.

    Args:
        sb: The platform.
        kind: The kind of the document.
        of: The document.
    """
    sb.grounds.secrets.hold(kind, of["id"], json.dumps(of["secret_settings"]))


def secret_settings(sb: Sb, kind: str, id: str) -> JsonObject:
    """Those settings; none are left after a restart."""
    return json.loads(sb.grounds.secrets.held(kind, id) or "{}")


def automation_json(call: Call, automation: JsonObject) -> JsonObject:
    """All fields of an automation."""
    return shown(call, automation, *PATH, automation["id"])


def list_automations(sb: Sb, call: Call) -> Reply:
    """GET /automation/automations."""
    given = call.arguments
    mine = {id: _kept(sb, id) for id in sb.membership.joined(KIND, sb.user(call))}
    found = [
        each
        for each in mine.values()
        if each is not None
        and (given.get("include_archived") or not each["archived"])
        and given.get("name", "").lower() in each["name"].lower()
        and given.get("project_based", each["project_based"]) == each["project_based"]
    ]
    return page_of(call, found, lambda each: automation_json(call, each))


def create_automation(sb: Sb, call: Call) -> Reply:
    """POST /automation/automations."""
    body: Mapping[str, Any] = call.body
    user, now = sb.user(call), when(sb.now())
    _check_name(body["name"])
    automation: JsonObject = {
        "id": new_uuid(),
        "name": body["name"],
        "description": body.get("description") or "",
        # Without one it is the first: the published client can't read an automation that has none.
        "billing_group": body.get("billing_group") or sb.documents.ids("billing-group")[0],
        "owner": user,
        "created_by": user,
        "created_on": now,
        "modified_by": user,
        "modified_on": now,
        "archived": False,
        "secret_settings": body.get("secret_settings") or {},
        "memory_limit": body.get("memory_limit"),
        "project_based": bool(body.get("project_based")),
    }
    _keep(sb, automation)
    owner = _member(sb, user, USER)
    owner["permissions"] = permissions_of(EVERYTHING, KIND)
    sb.membership.add(KIND, automation["id"], owner)
    return Reply(automation_json(call, automation))


def get_automation(sb: Sb, call: Call) -> Reply:
    """GET /automation/automations/{automation_id}."""
    return Reply(automation_json(call, asked(sb, call)))


def update_automation(sb: Sb, call: Call) -> Reply:
    """PATCH /automation/automations/{automation_id}."""
    automation = asked(sb, call, "write")
    changes = {name: call.body[name] for name in _EDITABLE if name in call.body}
    _check_name(changes.get("name", automation["name"]))
    return _changed(sb, call, automation, changes)


def _check_name(name: str) -> None:
    if not name.strip():
        raise bad("The name of the automation is empty")


def archive_automation(sb: Sb, call: Call) -> Reply:
    """POST /automation/automations/{automation_id}/actions/archive."""
    return _changed(sb, call, asked(sb, call, "admin"), {"archived": True})


def restore_automation(sb: Sb, call: Call) -> Reply:
    """POST /automation/automations/{automation_id}/actions/restore."""
    return _changed(sb, call, asked(sb, call, "admin"), {"archived": False})


def _changed(sb: Sb, call: Call, automation: JsonObject, changes: Mapping[str, Any]) -> Reply:
    changed = {**automation, **changes, "modified_by": sb.user(call), "modified_on": when(sb.now())}
    _keep(sb, changed)
    return Reply(automation_json(call, changed))


# -- members


def _member(sb: Sb, name: str, type: str) -> JsonObject:
    """A member without permissions.

    Raises:
        Problem: 404; there is no such user or team.
    """
    kind = "user" if type == USER else "team"
    known = sb.documents.get(kind, name)
    if known is None:
        raise no_such(kind, name)
    full = " ".join(known.get(each, "") for each in ("first_name", "last_name")).strip()
    return {"username": name, "email": known.get("email"), "type": type, "name": known.get("name") or full or name}


def _member_json(call: Call, automation: JsonObject, member: JsonObject) -> JsonObject:
    name = member["username"]
    told = {"id": name, **member, "type": "team" if member["type"] == TEAM else "user"}
    return shown(call, told, *PATH, automation["id"], "members", name)


def _known(sb: Sb, call: Call, automation: JsonObject) -> JsonObject:
    name: str = call.arguments["username"]
    found = sb.membership.get(KIND, automation["id"], name)
    if found is None:
        raise no_such("member", f"{name} of the automation {automation['id']}")
    return found


def list_automation_members(sb: Sb, call: Call) -> Reply:
    """GET /automation/automations/{automation_id}/members."""
    automation = asked(sb, call)
    members = sb.membership.of(KIND, automation["id"])
    return page_of(call, members, lambda each: _member_json(call, automation, each))


def get_automation_member(sb: Sb, call: Call) -> Reply:
    """GET /automation/automations/{automation_id}/members/{username}."""
    automation = asked(sb, call)
    return Reply(_member_json(call, automation, _known(sb, call, automation)))


def add_automation_member(sb: Sb, call: Call) -> Reply:
    """POST /automation/automations/{automation_id}/members."""
    automation = asked(sb, call, "admin")
    body: Mapping[str, Any] = call.body
    name, team = body.get("username"), body.get("id")
    if bool(name) == bool(team):
        raise bad("A new member is a user with a username, or a team with an id")
    member = _member(sb, str(name or team), USER if name else TEAM)
    if sb.membership.get(KIND, automation["id"], member["username"]) is not None:
        raise refuse(409, 90007, f"{member['username']} is a member of the automation {automation['id']} already")
    member["permissions"] = permissions_of(body.get("permissions"), KIND)
    sb.membership.add(KIND, automation["id"], member)
    return Reply(_member_json(call, automation, member))


def update_automation_member(sb: Sb, call: Call) -> Reply:
    """PATCH /automation/automations/{automation_id}/members/{username}."""
    automation = asked(sb, call, "admin")
    member = _known(sb, call, automation)
    stated: Mapping[str, bool] = call.body["permissions"]
    if member["username"] == automation["owner"] and not all(stated.values()):
        raise _owner_stays(automation)
    changed = {**member, "permissions": permissions_of({**member["permissions"], **stated}, KIND)}
    sb.membership.add(KIND, automation["id"], changed)
    return Reply(_member_json(call, automation, changed))


def remove_automation_member(sb: Sb, call: Call) -> Reply:
    """DELETE /automation/automations/{automation_id}/members/{username}."""
    automation = asked(sb, call, "admin")
    member = _known(sb, call, automation)
    if member["username"] == automation["owner"]:
        raise _owner_stays(automation)
    sb.membership.remove(KIND, automation["id"], member["username"])
    return Reply(status=204)


def _owner_stays(automation: JsonObject) -> Exception:
    return refuse(
        403, 90002, f"{automation['owner']} owns the automation {automation['id']} and keeps all permissions there"
    )
