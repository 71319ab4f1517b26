"""Operations of the members of projects, volumes, datasets and automations: nearly the same for each of them."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from omicsdk.sandbox.sb.answers import member_view, page_of
from omicsdk.sandbox.sb.documents import DIVISION, TEAM, USER, JsonObject, permissions_of
from omicsdk.sandbox.sb.problems import bad, no_such, refuse
from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.service import Call, Reply, for_each

_TYPES = {USER: "user", TEAM: "team", DIVISION: "division"}


def _show(call: Call, kind: str, id: str, member: Mapping[str, Any]) -> JsonObject:
    more = {"type": _TYPES[member["type"]]} if kind == "automation" else {}
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
    known = sb.documents.get(_TYPES[type], name) if name else None
    if known is None:
        raise no_such(_TYPES[type], name or email)
    return {"username": name, "email": known.get("email"), "type": type}


def _new_automation_member(sb: Sb, call: Call) -> JsonObject:
    name, team = call.body.get("username"), call.body.get("id")
    if bool(name) == bool(team):
        raise bad("A new member is a user with a username, or a team with an id")
    return automation_member(sb, str(name or team), USER if name else TEAM)


def automation_member(sb: Sb, name: str, type: str) -> JsonObject:
    """A member of an automation, without permissions: they are told with their name.

    Raises:
        Problem: 404; there is no such user or team.
    """
    known = sb.documents.found(_TYPES[type], name)
    full = " ".join(known.get(each, "") for each in ("first_name", "last_name")).strip()
    return {"username": name, "email": known.get("email"), "type": type, "name": known.get("name") or full or name}


def _remove(sb: Sb, call: Call, kind: str) -> Reply:
    name: str = call.arguments["username"]
    # Whoever may do nothing else may still leave, but for automations.
    leaves = name == sb.user(call) and kind != "automation"
    held = sb.asked(call, kind, "read" if leaves else "admin")
    sb.membership.found(kind, held["id"], name)
    _keep_owner(kind, held, name)
    sb.membership.remove(kind, held["id"], name)
    return Reply(status=204)


def _permit(sb: Sb, call: Call, kind: str, *, keep: bool) -> Reply:
    """Changes permissions; those that aren't stated are kept, or have to be stated."""
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
# Datasets have no replacing: their document doesn't state it. Automations have one way to change permissions.
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
