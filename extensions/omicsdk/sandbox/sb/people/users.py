"""Operations of users."""

from omicsdk.sandbox.sb.people.organizations import division_member
from omicsdk.sandbox.sb.problems import no_such, refuse
from omicsdk.sandbox.sb.requests.paging import page_of
from omicsdk.sandbox.sb.state import Sb, shown
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.service import Call, Reply

_PRIVATE = ("disabled",)


def get_current_user(sb: Sb, call: Call) -> Reply:
    """GET /user."""
    return Reply(_show(sb, call, sb.user(call)))


def get_user(sb: Sb, call: Call) -> Reply:
    """GET /users/{username}."""
    return Reply(_show(sb, call, call.arguments["username"]))


def list_users(sb: Sb, call: Call) -> Reply:
    """GET /users."""
    division: str = call.arguments["division"]
    if division_member(sb, division, sb.user(call)) is None:
        raise no_such("division", division)
    role: str = call.arguments.get("role", "").upper()
    members = sb.documents.listed("division-member", division)
    wanted = [each for each in members if not role or each["role"].upper() == role]
    there = [each for each in wanted if not _found(sb, each["username"])["disabled"]]
    return page_of(call, there, lambda each: {**_show(sb, call, each["username"]), "role": each["role"]})


def disable_user(sb: Sb, call: Call) -> Reply:
    """DELETE /users/{username}."""
    username: str = call.arguments["username"]
    user = _found(sb, username)
    divisions = sb.documents.groups("division-member", username)
    administered = {
        each["id"] for each in sb.documents.listed("division") if _administers(sb, sb.user(call), each["id"])
    }
    if not administered.intersection(divisions) or username == sb.user(call):
        raise refuse(403, 2001, f"{sb.user(call)} isn't an administrator of a division of {username}, or is that user")
    sb.documents.put("user", username, {**user, "disabled": True})
    return Reply(status=204)


def _administers(sb: Sb, username: str, division: str) -> bool:
    member = division_member(sb, division, username)
    return member is not None and member["role"] == "ADMIN"


def _found(sb: Sb, username: str) -> JsonObject:
    user = sb.documents.get("user", username)
    if user is None:
        raise no_such("user", username)
    return user


def _show(sb: Sb, call: Call, username: str) -> JsonObject:
    user = {name: value for name, value in _found(sb, username).items() if name not in _PRIVATE}
    return shown(call, user, "users", username)
