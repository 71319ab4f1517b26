"""Operations of resource types, their access levels, and who has access to the resources of a type."""

from dataclasses import replace

from omicsdk.sandbox.fusillade.policies import OWNER, OWNER_POLICY, JsonObject, actions_of, check_policy
from omicsdk.sandbox.fusillade.principals import listed, required, taken
from omicsdk.sandbox.fusillade.state import Fusillade, Resource, ResourceType, refuse_missing
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.service import Call, Reply, for_each


def _type(fusillade: Fusillade, call: Call) -> ResourceType:
    """The resource type of a request."""
    name: str = call.arguments["resource_type_name"]
    return fusillade.types.get(name) or refuse_missing(f"resource type {name}")


# -- types


def get_v1_resources(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resources."""
    return listed(call, "resources", (each.name for each in fusillade.types.all()))


def _list_resources(fusillade: Fusillade, call: Call, whole: bool) -> Reply:
    type = _type(fusillade, call)
    beside: JsonObject = {"resource_type": type.name, "actions": type.actions} if whole else {}
    ids = (each.id for each in fusillade.resources.all(type=type.name))
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
    with fusillade.transaction():
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
    with fusillade.transaction():
        type = _type(fusillade, call)
        changed = sorted({*type.actions, *names} if add else set(type.actions).difference(names))
        fusillade.types.change(type.name, actions=changed)
    return Reply({"msg": f"The actions of {type.name} have been changed.", "actions": changed})


HANDLERS = {
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
    with fusillade.transaction():
        type = _type(fusillade, call)
        if level in type.levels:
            raise taken(f"access level of {type.name},", level)
        fusillade.types.change(type.name, levels={**type.levels, level: _level_policy(call, type)})
    return Reply(status=201, text=f"The access level {level} of {type.name} has been created.")


def put_v1_resource_policy(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/resource/{resource_type_name}/policy/{policy_name}."""
    with fusillade.transaction():
        type, level = _level(fusillade, call)
        fusillade.types.change(type.name, levels={**type.levels, level: _level_policy(call, type)})
    return Reply(text=f"The access level {level} of {type.name} has been changed.")


def delete_v1_resource_policy(fusillade: Fusillade, call: Call) -> Reply:
    """DELETE /v1/resource/{resource_type_name}/policy/{policy_name}."""
    with fusillade.transaction():
        type, level = _level(fusillade, call)
        fusillade.remove_members(lambda _, held: held == level, type.name)
        fusillade.types.change(type.name, levels={name: each for name, each in type.levels.items() if name != level})
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
    with fusillade.transaction():
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

    def shown(member: str) -> JsonObject:
        kind, _, name = member.partition("/")
        return {"member": name, "member_type": kind, "access_level": members[member]}

    return replace(reply, body={"members": [shown(member) for member in reply.body["members"]]})


def put_v1_resource_id_member(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/resource/{resource_type_name}/id/{resource_id}/members."""
    [change] = call.body
    kind, member, level = change["member_type"], change["member"], change.get("access_level")
    with fusillade.transaction():
        resource = _resource(fusillade, call)
        fusillade.principal(kind, member)
        if level is not None and level not in _type(fusillade, call).levels:
            raise bad_arguments(f"There is no access level {level} of {resource.type}; nothing has been changed")
        others = {name: held for name, held in resource.members.items() if name != f"{kind}/{member}"}
        members = others if level is None else {**others, f"{kind}/{member}": level}
        fusillade.resources.change(resource.type, resource.id, members=members)
    return _reply(resource, f"{member} has the access level {level}." if level else f"{member} has no access any more.")
