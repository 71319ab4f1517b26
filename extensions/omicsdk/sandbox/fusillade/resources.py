"""Operations on users, groups and roles, and on resource types with their access levels and members."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from omicsdk.sandbox.fusillade.state import (
    GROUP,
    OWNER,
    OWNER_POLICY,
    ROLE,
    USER,
    Fusillade,
    JsonObject,
    Link,
    Resource,
    ResourceType,
    actions_of,
    check_policy,
    group_policy,
    is_name,
    refuse_missing,
)
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.service import Call, Reply, for_each, named, page, page_token, text_of_token


def listed(call: Call, key: str, names: Iterable[str], form: str = "{}", **beside: object) -> Reply:
    """Answer a page of a list, sorted by name.

    Args:
        call: The request, with `next_token` and `per_page`.
        key: The name that the items have in the response.
        names: The names.
        form: The form of an item, with a place for its name, such as `/resource/TYPE/id/{}`.
        beside: Other fields of the response.

    Raises:
        Problem: 400; `next_token` is not one of the sandbox's.
    """
    count: int = call.arguments["per_page"]
    after = text_of_token(call.arguments.get("next_token", ""))
    if after is None:
        raise bad_arguments("Invalid next_token: use the one in the Link header of a page")
    left = sorted(name for name in names if name > after)
    page_names = left[:count]
    following = {"next_token": page_token(page_names[-1])} if len(left) > count else None
    return page(call, {**beside, key: [form.replace("{}", name) for name in page_names]}, key, following)


def taken(kind: str, name: str) -> Problem:
    """A 409 for what cannot be created because its name is taken."""
    return Problem(409, "Conflict", f"There is a {kind} {name} already; nothing has been changed")


def required(call: Call, key: str) -> Any:
    """A field of the body; the document requires none, and a change without it means nothing."""
    if call.body.get(key) is None:
        raise bad_arguments(f"The body has no {key}")
    return call.body[key]


def _names(call: Call, key: str) -> list[str]:
    return list(dict.fromkeys(call.body.get(key) or []))


# -- what users, groups and roles have alike


def _list(fusillade: Fusillade, call: Call, kind: str) -> Reply:
    return listed(call, f"{kind}s", (principal.name for principal in fusillade.principals.all(kind=kind)))


def _create(fusillade: Fusillade, call: Call, kind: str) -> Reply:
    name, policy = call.body[f"{kind}_id"], call.body.get("policy")
    groups = _names(call, "groups") if kind == USER else []
    roles = _names(call, "roles") if kind != ROLE else []
    if policy is not None or kind == ROLE:
        policy = check_policy(policy)
    elif kind == GROUP:
        policy = group_policy(name)
    if missing := fusillade.missing(GROUP, groups) + fusillade.missing(ROLE, roles):
        raise bad_arguments(f"There is no {', '.join(missing)}; nothing has been changed")
    if not fusillade.add(kind, name, policy, groups=groups, roles=roles, creator=call.sender.email):
        raise taken(kind, name)
    message = f"The {kind} {name} has been created."
    return Reply({"msg": message}, 201) if kind == USER else Reply(status=201, text=message)


def _get(fusillade: Fusillade, call: Call, kind: str) -> Reply:
    return Reply(fusillade.principal(kind, call.arguments[f"{kind}_id"]).shown())


def _delete(fusillade: Fusillade, call: Call, kind: str) -> Reply:
    name = fusillade.principal(kind, call.arguments[f"{kind}_id"]).name
    fusillade.delete(kind, name)
    return Reply(text=f"The {kind} {name} has been deleted.")


def _set_policy(fusillade: Fusillade, call: Call, kind: str) -> Reply:
    policy = check_policy(required(call, "policy"))
    name = fusillade.principal(kind, call.arguments[f"{kind}_id"]).name
    fusillade.principals.change(kind, name, policy=policy)
    message = f"The policy of the {kind} {name} has been set."
    return Reply({"user_id": name, "msg": message}) if kind == USER else Reply(text=message)


# -- who is in which group, and who has which role


def _ends(kind: str, name: str, other: str) -> tuple[str, dict[str, Any]]:
    """The field of links that names the other side, and the links' other fields."""
    if other == USER:
        return "name", {"kind": USER, "to_kind": kind, "to_name": name}
    return "to_name", {"kind": kind, "name": name, "to_kind": other}


def _list_linked(fusillade: Fusillade, call: Call, kinds: tuple[str, str]) -> Reply:
    kind, other = kinds
    by, equal = _ends(kind, fusillade.principal(kind, call.arguments[f"{kind}_id"]).name, other)
    return listed(call, f"{other}s", (getattr(link, by) for link in fusillade.links.all(**equal)))


def _relink(fusillade: Fusillade, call: Call, kinds: tuple[str, str]) -> Reply:
    """Make links or end them: all of them, or none when a part of it was done before."""
    kind, other = kinds
    names, action = list(dict.fromkeys(required(call, f"{other}s"))), call.arguments["action"]
    name = fusillade.principal(kind, call.arguments[f"{kind}_id"]).name
    if missing := fusillade.missing(other, names):
        raise not_found(f"There is no {other} {', '.join(missing)}; nothing has been changed")
    by, equal = _ends(kind, name, other)
    present = {getattr(link, by) for link in fusillade.links.all(**equal)}
    if not names or any((name in present) == (action == "add") for name in names):
        return Reply(status=304)
    if action == "add":
        fusillade.links.put_all(Link(**equal, **{by: name}) for name in names)
    else:
        for other_name in names:
            fusillade.links.remove(**equal, **{by: other_name})
    changed = {f"{kind}_id": name, f"{other}s": names, "action": action}
    return Reply({**changed, "msg": f"The {kind}'s {other}s have been changed."})


# By operation; what the document does not have, such as deleting users, stays unused.
_OF_PRINCIPALS = {
    **for_each(
        named(USER, GROUP, ROLE),
        {
            "get_v1_{}s": _list,
            "post_v1_{}": _create,
            "get_v1_{}": _get,
            "delete_v1_{}": _delete,
            "put_v1_{}_policy": _set_policy,
        },
    ),
    **for_each(
        {f"{kind}_{other}": (kind, other) for kind in (USER, GROUP) for other in (USER, GROUP, ROLE)},
        {"get_v1_{}s": _list_linked, "put_v1_{}": _relink},
    ),
}


# -- users


def put_v1_user(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/user/{user_id}."""
    user, status = fusillade.principal(USER, call.arguments["user_id"]), call.arguments["status"]
    fusillade.principals.change(USER, user.name, enabled=status == "enabled")
    return Reply({"user_id": user.name, "status": status, "msg": f"The user is {status}."})


def get_v1_user_owns(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/user/{user_id}/owns."""
    user, kind = call.arguments["user_id"], call.arguments["resource_type"]
    fusillade.principal(USER, user)
    if kind in (GROUP, ROLE):
        owned = fusillade.principals.all(kind=kind, creator=user)
        return listed(call, f"{kind}s", (principal.name for principal in owned))
    if fusillade.types.get(kind) is None:
        refuse_missing(f"resource type {kind}; group and role are the others")
    resources = fusillade.resources.all(type=kind, creator=user)
    return listed(call, "resource_ids", (resource.id for resource in resources), f"/resource/{kind}/id/{{}}")


def post_v1_policies_evaluate(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/policies/evaluate."""
    [resource], principal = call.body["resource"], call.body["principal"]
    if not is_name(principal):
        raise bad_arguments(f"{principal[:80]!r} can't be the name of a user")
    decision = fusillade.decide(principal, call.body["action"], resource)
    return Reply({"result": decision.result, "reason": decision.reason})


def _type(fusillade: Fusillade, call: Call) -> ResourceType:
    """The resource type of a request."""
    name: str = call.arguments["resource_type_name"]
    return fusillade.types.get(name) or refuse_missing(f"resource type {name}")


# -- types


def get_v1_resources(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resources."""
    return listed(call, "resources", (type_.name for type_ in fusillade.types.all()))


def _list_resources(fusillade: Fusillade, call: Call, whole: bool) -> Reply:
    type = _type(fusillade, call)
    beside: JsonObject = {"resource_type": type.name, "actions": type.actions} if whole else {}
    ids = (resource.id for resource in fusillade.resources.all(type=type.name))
    return listed(call, "resource_ids", ids, f"/resource/{type.name}/id/{{}}", **beside)


def post_v1_resource(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/resource/{resource_type_name}."""
    name: str = call.arguments["resource_type_name"]
    policy = check_policy(call.body.get("owner_policy") or OWNER_POLICY, resources=False)
    actions = sorted(set(call.body.get("actions", [])))
    if not fusillade.types.add_new(ResourceType(name, actions, call.sender.email, {OWNER: policy})):
        raise taken("resource type", name)
    return Reply({"msg": f"The resource type {name} has been created.", "resource_type": name}, 201)


def delete_v1_resource(fusillade: Fusillade, call: Call) -> Reply:
    """DELETE /v1/resource/{resource_type_name}."""
    name = _type(fusillade, call).name
    if fusillade.resources.count(type=name):
        raise Problem(409, "Conflict", f"The resource type {name} still has resource IDs: delete them first")
    fusillade.types.remove(name=name)
    return Reply({"msg": f"The resource type {name} has been deleted.", "resource_type": name})


def get_v1_resource_actions(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/actions."""
    return Reply({"actions": _type(fusillade, call).actions})


def _change_actions(fusillade: Fusillade, call: Call, add: bool) -> Reply:
    names = required(call, "actions")
    type = _type(fusillade, call)
    changed = sorted({*type.actions, *names} if add else set(type.actions).difference(names))
    fusillade.types.change(type.name, actions=changed)
    return Reply({"msg": f"The actions of {type.name} have been changed.", "actions": changed})


HANDLERS = {
    **_OF_PRINCIPALS,
    **for_each({"resource": True, "resource_ids": False}, {"get_v1_{}": _list_resources}),
    **for_each({"put_v1_resource_action": True, "delete_v1_resource_actions": False}, {"{}": _change_actions}),
}


# -- access levels


def get_v1_resource_policies(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/policies."""
    type = _type(fusillade, call)
    return listed(call, "policies", type.levels, f"/resource/{type.name}/policy/{{}}")


def get_v1_resource_policy(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/policy/{policy_name}."""
    type, level = _level(fusillade, call)
    return Reply({"policy_document": type.levels[level], "policy_type": "ResourcePolicy"})


def post_v1_resource_policy(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/resource/{resource_type_name}/policy/{policy_name}."""
    level = call.arguments["policy_name"]
    type = _type(fusillade, call)
    if level in type.levels:
        raise taken(f"access level of {type.name},", level)
    fusillade.types.change(type.name, levels={**type.levels, level: _level_policy(call, type)})
    return Reply(status=201, text=f"The access level {level} of {type.name} has been created.")


def put_v1_resource_policy(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/resource/{resource_type_name}/policy/{policy_name}."""
    type, level = _level(fusillade, call)
    fusillade.types.change(type.name, levels={**type.levels, level: _level_policy(call, type)})
    return Reply(text=f"The access level {level} of {type.name} has been changed.")


def delete_v1_resource_policy(fusillade: Fusillade, call: Call) -> Reply:
    """DELETE /v1/resource/{resource_type_name}/policy/{policy_name}."""
    type, level = _level(fusillade, call)
    fusillade.remove_members(lambda _, member_level: member_level == level, type.name)
    levels = {name: policy for name, policy in type.levels.items() if name != level}
    fusillade.types.change(type.name, levels=levels)
    return Reply(text=f"The access level {level} of {type.name} has been deleted.")


def _level(fusillade: Fusillade, call: Call) -> tuple[ResourceType, str]:
    """The resource type and the access level of a request."""
    type, level = _type(fusillade, call), call.arguments["policy_name"]
    if level not in type.levels:
        refuse_missing(f"access level {level} of {type.name}")
    return type, level


def _level_policy(call: Call, type: ResourceType) -> JsonObject:
    policy = check_policy(required(call, "policy"), resources=False)
    if foreign := set(actions_of(policy)).difference(type.actions):
        raise bad_arguments(f"{type.name} has no action {', '.join(sorted(foreign))}; it has {type.actions}")
    return policy


# -- resources and their members


def _resource(fusillade: Fusillade, call: Call) -> Resource:
    """The resource of a request."""
    name, id = _type(fusillade, call).name, call.arguments["resource_id"]
    return fusillade.resources.get(name, id) or refuse_missing(f"resource ID {id} of {name}")


def _reply(resource: Resource, message: str, status: int = 200) -> Reply:
    return Reply({"msg": message, "resource_type": resource.type, "resource_id": resource.id}, status)


def get_v1_resource_id(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/id/{resource_id}."""
    resource = _resource(fusillade, call)
    return Reply({"resource_type": resource.type, "resource_id": resource.id})


def post_v1_resource_id(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/resource/{resource_type_name}/id/{resource_id}."""
    resource = Resource(_type(fusillade, call).name, call.arguments["resource_id"], call.sender.email, {})
    if not fusillade.resources.add_new(resource):
        raise taken(f"resource ID of {resource.type},", resource.id)
    return _reply(resource, f"The resource ID {resource.id} has been created.", 201)


def delete_v1_resource_id(fusillade: Fusillade, call: Call) -> Reply:
    """DELETE /v1/resource/{resource_type_name}/id/{resource_id}."""
    resource = _resource(fusillade, call)
    fusillade.resources.remove(type=resource.type, id=resource.id)
    return _reply(resource, f"The resource ID {resource.id} has been deleted.")


def get_v1_resource_id_members(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/id/{resource_id}/members."""
    members = _resource(fusillade, call).members
    reply = listed(call, "members", members)

    def member_json(member: str) -> JsonObject:
        kind, _, name = member.partition("/")
        return {"member": name, "member_type": kind, "access_level": members[member]}

    return replace(reply, body={"members": [member_json(member) for member in reply.body["members"]]})


def put_v1_resource_id_member(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/resource/{resource_type_name}/id/{resource_id}/members."""
    [change] = call.body
    kind, member, level = change["member_type"], change["member"], change.get("access_level")
    resource = _resource(fusillade, call)
    fusillade.principal(kind, member)
    if level is not None and level not in _type(fusillade, call).levels:
        raise bad_arguments(f"There is no access level {level} of {resource.type}; nothing has been changed")
    others = {name: member_level for name, member_level in resource.members.items() if name != f"{kind}/{member}"}
    members = others if level is None else {**others, f"{kind}/{member}": level}
    fusillade.resources.change(resource.type, resource.id, members=members)
    return _reply(resource, f"{member} has the access level {level}." if level else f"{member} has no access any more.")
