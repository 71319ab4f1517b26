"""Operations of the members of projects, volumes and datasets: the same for each of the three."""

from collections.abc import Mapping
from functools import partial

from omicsdk.sandbox.sb.problems import bad, no_such, refuse
from omicsdk.sandbox.sb.requests.paging import page_of
from omicsdk.sandbox.sb.state import Sb, path_id, shown
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.sb.stores.membership import DIVISION, TEAM, USER, permissions_of
from omicsdk.sandbox.service import Call, Reply, for_each

_PATHS = {"project": ("projects",), "volume": ("storage", "volumes"), "dataset": ("datasets",)}
_KINDS = {USER: "user", TEAM: "team", DIVISION: "division"}


def _show(call: Call, kind: str, id: str, member: Mapping[str, object]) -> JsonObject:
    name = str(member["username"])
    return shown(call, {"id": name, **member}, *_PATHS[kind], id, "members", name)


def _listed(sb: Sb, call: Call, kind: str) -> Reply:
    id = sb.held(call, kind, path_id(call, kind))["id"]
    return page_of(call, sb.membership.of(kind, id), lambda each: _show(call, kind, id, each))


def _member(sb: Sb, kind: str, id: str, username: str) -> JsonObject:
    found = sb.membership.get(kind, id, username)
    if found is None:
        raise no_such("member", f"{username} of the {kind} {id}")
    return found


def _got(sb: Sb, call: Call, kind: str) -> Reply:
    id = sb.held(call, kind, path_id(call, kind))["id"]
    return Reply(_show(call, kind, id, _member(sb, kind, id, call.arguments["username"])))


def _added(sb: Sb, call: Call, kind: str) -> Reply:
    id = sb.held(call, kind, path_id(call, kind), "admin")["id"]
    member = _new_member(sb, call)
    if sb.membership.get(kind, id, member["username"]) is not None:
        raise refuse(409, 3003, f"{member['username']} is a member of the {kind} {id} already")
    member["permissions"] = permissions_of(call.body.get("permissions"), kind)
    sb.membership.add(kind, id, member)
    return Reply(_show(call, kind, id, member))


def _new_member(sb: Sb, call: Call) -> JsonObject:
    name, email = call.body.get("username", ""), call.body.get("email", "")
    type: str = call.body.get("type", USER)
    if bool(name) == bool(email):
        raise bad("A new member has either a username or an email", 3005)
    if email:
        found = next((user for user in sb.documents.listed("user") if user["email"] == email), None)
        name = found["username"] if found else ""
    known = sb.documents.get(_KINDS[type], name) if name else None
    if known is None:
        raise no_such(_KINDS[type], name or email)
    return {"username": name, "email": known.get("email"), "type": type}


def _removed(sb: Sb, call: Call, kind: str) -> Reply:
    name: str = call.arguments["username"]
    # Whoever may do nothing else may still leave.
    id = sb.held(call, kind, path_id(call, kind), "read" if name == sb.user(call) else "admin")["id"]
    _member(sb, kind, id, name)
    _keep_owner(id, name)
    sb.membership.remove(kind, id, name)
    return Reply(status=204)


def _permitted(sb: Sb, call: Call, kind: str, *, keep: bool) -> Reply:
    id = sb.held(call, kind, path_id(call, kind), "admin")["id"]
    member = _member(sb, kind, id, call.arguments["username"])
    stated: Mapping[str, bool] = call.body
    if not keep and (missing := [name for name in member["permissions"] if name not in stated]):
        raise bad(f"All permissions are replaced: {', '.join(missing)} isn't stated", 3005)
    if not all(stated.values()):
        _keep_owner(id, member["username"])
    changed = permissions_of({**member["permissions"], **stated}, kind)
    sb.membership.add(kind, id, {**member, "permissions": changed})
    return Reply(changed)


def _keep_owner(id: str, username: str) -> None:
    if username == id.partition("/")[0]:
        raise refuse(403, 3001, f"{username} owns {id} and keeps all permissions there")


# Datasets have no replacing: their document doesn't state it.
HANDLERS = for_each(
    {kind: kind for kind in _PATHS},
    {
        "list_{}_members": _listed,
        "add_{}_member": _added,
        "get_{}_member": _got,
        "remove_{}_member": _removed,
        "update_{}_member_permissions": partial(_permitted, keep=True),
        "replace_{}_member_permissions": partial(_permitted, keep=False),
    },
)
