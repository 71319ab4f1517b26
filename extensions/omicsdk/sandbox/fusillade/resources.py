"""Operations of resource types, their access levels, and who has access to the things of a type."""

from omicsdk.sandbox.fusillade.policies import OWNER, RESOURCE_POLICY, actions_of, check_policy, owner_policy
from omicsdk.sandbox.fusillade.principals import list_page, name_page
from omicsdk.sandbox.fusillade.state import Fusillade
from omicsdk.sandbox.fusillade.store import JsonObject
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.service import Call, Reply

# -- types


def get_v1_resources(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resources."""
    return name_page(call, "resources", fusillade.store.types)


def get_v1_resource(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}."""
    name, actions = _type(fusillade, call)
    return list_page(
        call,
        "resource_ids",
        lambda after, count: fusillade.store.things(name, after, count),
        name=lambda each: each,
        show=lambda each: f"/resource/{name}/id/{each}",
        beside={"resource_type": name, "actions": actions},
    )


def post_v1_resource(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/resource/{resource_type_name}."""
    name: str = call.arguments["resource_type_name"]
    given = call.body.get("owner_policy")
    policy = owner_policy() if given is None else check_policy(given, RESOURCE_POLICY)
    with fusillade.store.transaction():
        if not fusillade.store.add_type(name, sorted(set(call.body.get("actions", []))), call.sender.email):
            raise _taken(f"resource type {name}")
        fusillade.store.add_level(name, OWNER, RESOURCE_POLICY, policy)
    return Reply({"msg": f"The resource type {name} has been created.", "resource_type": name}, 201)


def delete_v1_resource(fusillade: Fusillade, call: Call) -> Reply:
    """DELETE /v1/resource/{resource_type_name}."""
    with fusillade.store.transaction():
        name, _ = _type(fusillade, call)
        if fusillade.store.things(name, "", 1):
            raise Problem(409, "Conflict", f"The resource type {name} still has resource IDs: delete them first")
        fusillade.store.delete_type(name)
    return Reply({"msg": f"The resource type {name} has been deleted.", "resource_type": name})


def get_v1_resource_actions(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/actions."""
    return Reply({"actions": _type(fusillade, call)[1]})


def put_v1_resource_action(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/resource/{resource_type_name}/actions."""
    return _change_actions(fusillade, call, add=True)


def delete_v1_resource_actions(fusillade: Fusillade, call: Call) -> Reply:
    """DELETE /v1/resource/{resource_type_name}/actions."""
    return _change_actions(fusillade, call, add=False)


def _change_actions(fusillade: Fusillade, call: Call, *, add: bool) -> Reply:
    if "actions" not in call.body:
        raise bad_arguments("The body has no actions: it lists what is to be changed")
    with fusillade.store.transaction():
        name, present = _type(fusillade, call)
        changed = set(present) | set(call.body["actions"]) if add else set(present) - set(call.body["actions"])
        fusillade.store.set_actions(name, sorted(changed))
    return Reply({"msg": f"The actions of {name} have been changed.", "actions": sorted(changed)})


# -- access levels


def get_v1_resource_policies(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/policies."""
    name, _ = _type(fusillade, call)
    return name_page(
        call,
        "policies",
        lambda after, count: fusillade.store.levels(name, after, count),
        f"/resource/{name}/policy/{{}}",
    )


def get_v1_resource_policy(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/policy/{policy_name}."""
    name, _ = _type(fusillade, call)
    kind, policy = _level(fusillade, name, call.arguments["policy_name"])
    return Reply({"policy_document": policy, "policy_type": kind})


def post_v1_resource_policy(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/resource/{resource_type_name}/policy/{policy_name}."""
    level: str = call.arguments["policy_name"]
    kind = call.body.get("policy_type", RESOURCE_POLICY)
    with fusillade.store.transaction():
        name, actions = _type(fusillade, call)
        if not fusillade.store.add_level(name, level, kind, _level_policy(call, name, actions)):
            raise _taken(f"access level {level} of {name}")
    return Reply(status=201, text=f"The access level {level} of {name} has been created.")


def put_v1_resource_policy(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/resource/{resource_type_name}/policy/{policy_name}."""
    level: str = call.arguments["policy_name"]
    with fusillade.store.transaction():
        name, actions = _type(fusillade, call)
        _level(fusillade, name, level)
        fusillade.store.set_level(name, level, _level_policy(call, name, actions))
    return Reply(text=f"The access level {level} of {name} has been changed.")


def delete_v1_resource_policy(fusillade: Fusillade, call: Call) -> Reply:
    """DELETE /v1/resource/{resource_type_name}/policy/{policy_name}."""
    level: str = call.arguments["policy_name"]
    with fusillade.store.transaction():
        name, _ = _type(fusillade, call)
        _level(fusillade, name, level)
        fusillade.store.delete_level(name, level)
    return Reply(text=f"The access level {level} of {name} has been deleted.")


# -- things and their members


def get_v1_resource_ids(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/ids."""
    name, _ = _type(fusillade, call)
    return name_page(
        call,
        "resource_ids",
        lambda after, count: fusillade.store.things(name, after, count),
        f"/resource/{name}/id/{{}}",
    )


def get_v1_resource_id(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/id/{resource_id}."""
    name, thing = _thing(fusillade, call)
    return Reply({"resource_type": name, "resource_id": thing})


def post_v1_resource_id(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/resource/{resource_type_name}/id/{resource_id}."""
    thing: str = call.arguments["resource_id"]
    with fusillade.store.transaction():
        name, _ = _type(fusillade, call)
        if not fusillade.store.add_thing(name, thing, call.sender.email):
            raise _taken(f"resource ID {thing} of {name}")
    return Reply(_told(name, thing, "created"), 201)


def delete_v1_resource_id(fusillade: Fusillade, call: Call) -> Reply:
    """DELETE /v1/resource/{resource_type_name}/id/{resource_id}."""
    with fusillade.store.transaction():
        name, thing = _thing(fusillade, call)
        fusillade.store.delete_thing(name, thing)
    return Reply(_told(name, thing, "deleted"))


def get_v1_resource_id_members(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/id/{resource_id}/members."""
    name, thing = _thing(fusillade, call)
    return list_page(
        call,
        "members",
        lambda after, count: fusillade.store.members(name, thing, after, count),
        name=lambda member: "/".join(member[:2]),
        show=lambda member: {"member": member[1], "member_type": member[0], "access_level": member[2]},
    )


def put_v1_resource_id_member(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/resource/{resource_type_name}/id/{resource_id}/members."""
    [change] = call.body
    kind, member, level = change["member_type"], change["member"], change.get("access_level")
    with fusillade.store.transaction():
        name, thing = _thing(fusillade, call)
        fusillade.found(kind, member)
        if level is not None and fusillade.store.level(name, level) is None:
            raise bad_arguments(f"There is no access level {level} of {name}; nothing has been changed")
        fusillade.store.set_member(name, thing, kind, member, level)
    done = f"{member} has the access level {level}." if level else f"{member} has no access any more."
    return Reply({"msg": done, "resource_type": name, "resource_id": thing})


# -- what they have in common


def _taken(what: str) -> Problem:
    return Problem(409, "Conflict", f"There is a {what} already; nothing has been changed")


def _told(name: str, thing: str, what: str) -> JsonObject:
    return {"msg": f"The resource ID {thing} has been {what}.", "resource_type": name, "resource_id": thing}


def _type(fusillade: Fusillade, call: Call) -> tuple[str, list[str]]:
    """The resource type of a request, and its actions."""
    name: str = call.arguments["resource_type_name"]
    actions = fusillade.store.actions(name)
    if actions is None:
        raise not_found(f"There is no resource type {name}")
    return name, actions


def _thing(fusillade: Fusillade, call: Call) -> tuple[str, str]:
    """The resource type and the ID of a request."""
    name, _ = _type(fusillade, call)
    thing: str = call.arguments["resource_id"]
    if fusillade.store.creator(name, thing) is None:
        raise not_found(f"There is no resource ID {thing} of {name}")
    return name, thing


def _level(fusillade: Fusillade, type_name: str, level: str) -> tuple[str, JsonObject]:
    found = fusillade.store.level(type_name, level)
    if found is None:
        raise not_found(f"There is no access level {level} of {type_name}")
    return found


def _level_policy(call: Call, type_name: str, actions: list[str]) -> JsonObject:
    policy = call.body.get("policy")
    if policy is None:
        raise bad_arguments("The body has no policy: it is what the access level stands for")
    checked = check_policy(policy, RESOURCE_POLICY)
    if foreign := actions_of(checked) - set(actions):
        raise bad_arguments(
            f"{type_name} has no action {', '.join(sorted(foreign))}; it has {', '.join(actions) or 'none'}"
        )
    return checked
