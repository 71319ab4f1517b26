"""Users, groups and roles: their operations, and pages of lists."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from omicsdk.sandbox.fusillade.policies import check_policy, group_policy
from omicsdk.sandbox.fusillade.state import Fusillade, is_name
from omicsdk.sandbox.fusillade.store import GROUP, ROLE, USER, JsonObject
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.service import Call, Reply, page

_Item = TypeVar("_Item")


def list_page(
    call: Call,
    key: str,
    read: Callable[[str, int], Sequence[_Item]],
    *,
    name: Callable[[_Item], str],
    show: Callable[[_Item], object],
    beside: Mapping[str, object] | None = None,
) -> Reply:
    """Answers a page of a list.

    Args:
        call: The request, with `next_token` and `per_page`.
        key: The name that the items have in the answer.
        read: Reads items behind a name, and no more than a number of them.
        name: The name that an item is sorted by.
        show: An item as it stands in the answer.
        beside: What stands beside the items.

    Returns:
        The answer.

    Raises:
        Problem: 400; `next_token` isn't one of ours.
    """
    count: int = call.arguments["per_page"]
    items = read(_name(call.arguments.get("next_token", "")), count + 1)
    shown = items[:count]
    following = {"next_token": _token(name(shown[-1]))} if len(items) > count else None
    return page(call, {**(beside or {}), key: [show(each) for each in shown]}, key, following)


def name_page(call: Call, key: str, read: Callable[[str, int], Sequence[str]], form: str = "{}") -> Reply:
    """Answers a page of names, each put into a form such as `/resource/TYPE/id/{}`."""
    return list_page(call, key, read, name=lambda each: each, show=lambda each: form.replace("{}", each))


def _token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")


def _name(token: str) -> str:
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise bad_arguments("The next_token isn't one of this service: take it from the Link of a page") from error


# -- users


def get_v1_users(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/users."""
    return name_page(call, "users", lambda after, count: fusillade.store.names(USER, after, count))


def post_v1_user(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/user."""
    name, groups, roles = call.body["user_id"], _names(call, "groups"), _names(call, "roles")
    policy = call.body.get("policy")
    checked = None if policy is None else check_policy(policy)
    fusillade.all_there(GROUP, groups, 400)
    fusillade.all_there(ROLE, roles, 400)
    sender = call.sender.email
    if not fusillade.add_user(name, policy=checked, groups=groups, roles=roles, creator=sender):
        raise _taken(USER, name)
    return Reply({"msg": f"The user {name} has been created."}, 201)


def get_v1_user(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/user/{user_id}."""
    return Reply(fusillade.found(USER, call.arguments["user_id"]).shown())


def put_v1_user(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/user/{user_id}."""
    user, status = fusillade.found(USER, call.arguments["user_id"]), call.arguments["status"]
    fusillade.store.set_enabled(user.name, status == "enabled")
    return Reply({"user_id": user.name, "status": status, "msg": f"The user is {status}."})


def get_v1_user_owns(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/user/{user_id}/owns."""
    store, user, kind = fusillade.store, call.arguments["user_id"], call.arguments["resource_type"]
    fusillade.found(USER, user)
    if kind in (GROUP, ROLE):
        return name_page(call, f"{kind}s", lambda after, count: store.owned(user, kind, after, count))
    if store.actions(kind) is None:
        raise not_found(f"There is no resource type {kind}; group and role are the others")
    return name_page(
        call,
        "resource_ids",
        lambda after, count: store.things(kind, after, count, creator=user),
        f"/resource/{kind}/id/{{}}",
    )


def get_v1_user_groups(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/user/{user_id}/groups."""
    return _linked(fusillade, call, USER, GROUP)


def put_v1_user_group(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/user/{user_id}/groups."""
    return _relink(fusillade, call, USER, GROUP)


def get_v1_user_roles(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/user/{user_id}/roles."""
    return _linked(fusillade, call, USER, ROLE)


def put_v1_user_role(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/user/{user_id}/roles."""
    return _relink(fusillade, call, USER, ROLE)


def put_v1_user_policy(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/user/{user_id}/policy."""
    name = _set_policy(fusillade, call, USER)
    return Reply({"user_id": name, "msg": "The user's policy has been set."})


# -- groups


def get_v1_groups(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/groups."""
    return name_page(call, "groups", lambda after, count: fusillade.store.names(GROUP, after, count))


def post_v1_group(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/group."""
    name, roles, policy = call.body["group_id"], _names(call, "roles"), call.body.get("policy")
    fusillade.all_there(ROLE, roles, 400)
    checked = group_policy(name) if policy is None else check_policy(policy)
    with fusillade.store.transaction():
        if not fusillade.store.add_principal(GROUP, name, checked, call.sender.email):
            raise _taken(GROUP, name)
        fusillade.store.link(GROUP, name, ROLE, roles)
    return Reply(status=201, text=f"The group {name} has been created.")


def get_v1_group(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/group/{group_id}."""
    return Reply(fusillade.found(GROUP, call.arguments["group_id"]).shown())


def delete_v1_group(fusillade: Fusillade, call: Call) -> Reply:
    """DELETE /v1/group/{group_id}."""
    return _delete(fusillade, call, GROUP)


def get_v1_group_roles(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/group/{group_id}/roles."""
    return _linked(fusillade, call, GROUP, ROLE)


def put_v1_group_role(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/group/{group_id}/roles."""
    return _relink(fusillade, call, GROUP, ROLE)


def get_v1_group_users(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/group/{group_id}/users."""
    name = fusillade.found(GROUP, call.arguments["group_id"]).name
    return name_page(call, "users", lambda after, count: fusillade.store.users_in(name, after, count))


def put_v1_group_user(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/group/{group_id}/users."""
    store, users, action = fusillade.store, _change(call, "users"), call.arguments["action"]
    with store.transaction():
        name = fusillade.found(GROUP, call.arguments["group_id"]).name
        fusillade.all_there(USER, users)
        if any((name in store.linked(USER, user, GROUP)) == (action == "add") for user in users):
            return Reply(status=304)
        for user in users:
            if action == "add":
                fusillade.room_for(user, [name])
                store.link(USER, user, GROUP, [name])
            else:
                store.unlink(USER, user, GROUP, [name])
    return Reply({"group_id": name, "users": users, "action": action, "msg": "The group's users have been changed."})


def put_v1_group_policy(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/group/{group_id}/policy."""
    return Reply(text=f"The policy of the group {_set_policy(fusillade, call, GROUP)} has been set.")


# -- roles


def get_v1_roles(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/roles."""
    return name_page(call, "roles", lambda after, count: fusillade.store.names(ROLE, after, count))


def post_v1_role(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/role."""
    name = call.body["role_id"]
    if not fusillade.store.add_principal(ROLE, name, check_policy(call.body["policy"]), call.sender.email):
        raise _taken(ROLE, name)
    return Reply(status=201, text=f"The role {name} has been created.")


def get_v1_role(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/role/{role_id}."""
    return Reply(fusillade.found(ROLE, call.arguments["role_id"]).shown())


def delete_v1_role(fusillade: Fusillade, call: Call) -> Reply:
    """DELETE /v1/role/{role_id}."""
    return _delete(fusillade, call, ROLE)


def put_v1_role_policy(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/role/{role_id}/policy."""
    return Reply(text=f"The policy of the role {_set_policy(fusillade, call, ROLE)} has been set.")


# -- what they have in common


def _taken(kind: str, name: str) -> Problem:
    return Problem(409, "Conflict", f"There is a {kind} {name} already; nothing has been changed")


def _names(call: Call, key: str) -> list[str]:
    return list(dict.fromkeys(call.body.get(key) or []))


def _change(call: Call, key: str) -> list[str]:
    """The names of a change; the document requires none, and a change without any means nothing."""
    if key not in call.body:
        raise bad_arguments(f"The body has no {key}: it lists what is to be changed")
    return _names(call, key)


def _linked(fusillade: Fusillade, call: Call, kind: str, to_kind: str) -> Reply:
    name = fusillade.found(kind, call.arguments[f"{kind}_id"]).name
    store = fusillade.store
    return name_page(call, f"{to_kind}s", lambda after, count: store.linked(kind, name, to_kind, after, count))


def _relink(fusillade: Fusillade, call: Call, kind: str, to_kind: str) -> Reply:
    """Adds groups or roles, or takes them away: all of them, or none when a part of it was done before."""
    store, names, action = fusillade.store, _change(call, f"{to_kind}s"), call.arguments["action"]
    with store.transaction():
        name = fusillade.found(kind, call.arguments[f"{kind}_id"]).name
        fusillade.all_there(to_kind, names)
        if not names or _done_before(store.linked(kind, name, to_kind), names, action):
            return Reply(status=304)
        if action == "remove":
            store.unlink(kind, name, to_kind, names)
        else:
            if to_kind == GROUP:
                fusillade.room_for(name, names)
            store.link(kind, name, to_kind, names)
    changed: JsonObject = {f"{kind}_id": name, f"{to_kind}s": names, "action": action}
    return Reply({**changed, "msg": f"The {kind}'s {to_kind}s have been changed."})


def _done_before(present: Sequence[str], names: Sequence[str], action: str) -> bool:
    return any((name in present) == (action == "add") for name in names)


def _set_policy(fusillade: Fusillade, call: Call, kind: str) -> str:
    if call.body.get("policy") is None:
        raise bad_arguments("The body has no policy: it is what takes the place of the present one")
    with fusillade.store.transaction():
        name = fusillade.found(kind, call.arguments[f"{kind}_id"]).name
        fusillade.store.set_policy(kind, name, check_policy(call.body["policy"]))
    return name


def _delete(fusillade: Fusillade, call: Call, kind: str) -> Reply:
    with fusillade.store.transaction():
        name = fusillade.found(kind, call.arguments[f"{kind}_id"]).name
        fusillade.store.delete_principal(kind, name)
    return Reply(text=f"The {kind} {name} has been deleted.")


# -- decisions


def post_v1_policies_evaluate(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/policies/evaluate."""
    [resource], principal = call.body["resource"], call.body["principal"]
    if not is_name(principal):
        raise bad_arguments(f"{principal[:80]!r} can't be the name of a user")
    decision = fusillade.decide(principal, call.body["action"], resource)
    return Reply({"result": decision.result, "reason": decision.reason})
