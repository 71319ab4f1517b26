"""Operations of the members of projects, volumes and datasets."""

from collections.abc import Mapping

from omicsdk.sandbox.sb.fields import JsonObject
from omicsdk.sandbox.sb.membership import DIVISION, TEAM, USER, permissions_of
from omicsdk.sandbox.sb.paging import page_of
from omicsdk.sandbox.sb.problems import bad, no_such, refuse
from omicsdk.sandbox.sb.state import Sb, shown
from omicsdk.sandbox.service import Call, Reply

_PATHS = {"project": ("projects",), "volume": ("storage", "volumes"), "dataset": ("datasets",)}
_KINDS = {USER: "user", TEAM: "team", DIVISION: "division"}


def list_project_members(sb: Sb, call: Call) -> Reply:
    """GET /projects/{owner}/{project}/members."""
    return _listed(sb, call, "project")


def add_project_member(sb: Sb, call: Call) -> Reply:
    """POST /projects/{owner}/{project}/members."""
    return _added(sb, call, "project")


def get_project_member(sb: Sb, call: Call) -> Reply:
    """GET /projects/{owner}/{project}/members/{username}."""
    return _got(sb, call, "project")


def remove_project_member(sb: Sb, call: Call) -> Reply:
    """DELETE /projects/{owner}/{project}/members/{username}."""
    return _removed(sb, call, "project")


def update_project_member_permissions(sb: Sb, call: Call) -> Reply:
    """PATCH /projects/{owner}/{project}/members/{username}/permissions."""
    return _permitted(sb, call, "project", keep=True)


def replace_project_member_permissions(sb: Sb, call: Call) -> Reply:
    """PUT /projects/{owner}/{project}/members/{username}/permissions."""
    return _permitted(sb, call, "project", keep=False)


def list_volume_members(sb: Sb, call: Call) -> Reply:
    """GET /storage/volumes/{owner}/{volume}/members."""
    return _listed(sb, call, "volume")


def add_volume_member(sb: Sb, call: Call) -> Reply:
    """POST /storage/volumes/{owner}/{volume}/members."""
    return _added(sb, call, "volume")


def get_volume_member(sb: Sb, call: Call) -> Reply:
    """GET /storage/volumes/{owner}/{volume}/members/{username}."""
    return _got(sb, call, "volume")


def remove_volume_member(sb: Sb, call: Call) -> Reply:
    """DELETE /storage/volumes/{owner}/{volume}/members/{username}."""
    return _removed(sb, call, "volume")


def update_volume_member_permissions(sb: Sb, call: Call) -> Reply:
    """PATCH /storage/volumes/{owner}/{volume}/members/{username}/permissions."""
    return _permitted(sb, call, "volume", keep=True)


def replace_volume_member_permissions(sb: Sb, call: Call) -> Reply:
    """PUT /storage/volumes/{owner}/{volume}/members/{username}/permissions."""
    return _permitted(sb, call, "volume", keep=False)


def list_dataset_members(sb: Sb, call: Call) -> Reply:
    """GET /datasets/{owner}/{dataset}/members."""
    return _listed(sb, call, "dataset")


def add_dataset_member(sb: Sb, call: Call) -> Reply:
    """POST /datasets/{owner}/{dataset}/members."""
    return _added(sb, call, "dataset")


def get_dataset_member(sb: Sb, call: Call) -> Reply:
    """GET /datasets/{owner}/{dataset}/members/{username}."""
    return _got(sb, call, "dataset")


def remove_dataset_member(sb: Sb, call: Call) -> Reply:
    """DELETE /datasets/{owner}/{dataset}/members/{username}."""
    return _removed(sb, call, "dataset")


def update_dataset_member_permissions(sb: Sb, call: Call) -> Reply:
    """PATCH /datasets/{owner}/{dataset}/members/{username}/permissions."""
    return _permitted(sb, call, "dataset", keep=True)


# -- what they have in common


def _id(call: Call, kind: str) -> str:
    return f"{call.arguments['owner']}/{call.arguments[kind]}"


def _show(call: Call, kind: str, id: str, member: Mapping[str, object]) -> JsonObject:
    name = str(member["username"])
    return shown(call, {"id": name, **member}, *_PATHS[kind], id, "members", name)


def _listed(sb: Sb, call: Call, kind: str) -> Reply:
    id = sb.held(call, kind, _id(call, kind))["id"]
    return page_of(call, sb.membership.of(kind, id), lambda each: _show(call, kind, id, each))


def _member(sb: Sb, kind: str, id: str, username: str) -> JsonObject:
    found = sb.membership.get(kind, id, username)
    if found is None:
        raise no_such("member", f"{username} of the {kind} {id}")
    return found


def _got(sb: Sb, call: Call, kind: str) -> Reply:
    id = sb.held(call, kind, _id(call, kind))["id"]
    return Reply(_show(call, kind, id, _member(sb, kind, id, call.arguments["username"])))


def _added(sb: Sb, call: Call, kind: str) -> Reply:
    with sb.documents.transaction():
        id = sb.held(call, kind, _id(call, kind), "admin")["id"]
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
    with sb.documents.transaction():
        name: str = call.arguments["username"]
        # Whoever may do nothing else may still leave.
        id = sb.held(call, kind, _id(call, kind), "read" if name == sb.user(call) else "admin")["id"]
        _member(sb, kind, id, name)
        _keep_owner(id, name)
        sb.membership.remove(kind, id, name)
    return Reply(status=204)


def _permitted(sb: Sb, call: Call, kind: str, *, keep: bool) -> Reply:
    with sb.documents.transaction():
        id = sb.held(call, kind, _id(call, kind), "admin")["id"]
        member = _member(sb, kind, id, call.arguments["username"])
        present: dict[str, bool] = member["permissions"] if keep else dict.fromkeys(member["permissions"], False)
        changed = {**present, **{name: value for name, value in call.body.items() if name in present}}
        if not changed.get("admin"):
            _keep_owner(id, member["username"])
        sb.membership.add(kind, id, {**member, "permissions": changed})
    return Reply(changed)


def _keep_owner(id: str, username: str) -> None:
    if username == id.partition("/")[0]:
        raise refuse(403, 3001, f"{username} owns {id} and stays its administrator")


HANDLERS = (
    list_project_members,
    add_project_member,
    get_project_member,
    remove_project_member,
    update_project_member_permissions,
    replace_project_member_permissions,
    list_volume_members,
    add_volume_member,
    get_volume_member,
    remove_volume_member,
    update_volume_member_permissions,
    replace_volume_member_permissions,
    list_dataset_members,
    add_dataset_member,
    get_dataset_member,
    remove_dataset_member,
    update_dataset_member_permissions,
)
