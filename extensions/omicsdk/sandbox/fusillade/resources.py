"""Operations of resource types, their access levels, and who has access to the resources of a type."""

from omicsdk.sandbox.fusillade.policies import OWNER, OWNER_POLICY, JsonObject, actions_of, check_policy
from omicsdk.sandbox.fusillade.principals import listed, stated, taken
from omicsdk.sandbox.fusillade.state import Fusillade, Level, Member, Resource, ResourceType, refuse_missing
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.service import Call, Reply, for_each


def _type(fusillade: Fusillade, call: Call) -> ResourceType:
    """The resource type of a request."""
    name: str = call.arguments["resource_type_name"]
    return fusillade.types.get(name) or refuse_missing(f"resource type {name}")


# -- types


def get_v1_resources(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resources."""
    return listed(call, "resources", fusillade.types)


def _list_resources(fusillade: Fusillade, call: Call, whole: bool) -> Reply:
    type = _type(fusillade, call)
    beside: JsonObject = {"resource_type": type.name, "actions": type.actions} if whole else {}
    form = f"/resource/{type.name}/id/{{}}"
    return listed(call, "resource_ids", fusillade.resources, "id", show=form, beside=beside, type=type.name)


def post_v1_resource(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/resource/{resource_type_name}."""
    name: str = call.arguments["resource_type_name"]
    policy = check_policy(call.body.get("owner_policy") or OWNER_POLICY, resources=False)
    actions = sorted(set(call.body.get("actions", [])))
    with fusillade.transaction():
        if not fusillade.types.add_new(ResourceType(name, actions, call.sender.email)):
            raise taken("resource type", name)
        fusillade.levels.put(Level(name, OWNER, policy))
    return Reply({"msg": f"The resource type {name} has been created.", "resource_type": name}, 201)


def delete_v1_resource(fusillade: Fusillade, call: Call) -> Reply:
    """DELETE /v1/resource/{resource_type_name}."""
    with fusillade.transaction():
        name = _type(fusillade, call).name
        if fusillade.resources.count(type=name):
            raise Problem(409, "Conflict", f"The resource type {name} still has resource IDs: delete them first")
        fusillade.levels.remove(type=name)
        fusillade.types.remove(name=name)
    return Reply({"msg": f"The resource type {name} has been deleted.", "resource_type": name})


def get_v1_resource_actions(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/actions."""
    return Reply({"actions": _type(fusillade, call).actions})


def _change_actions(fusillade: Fusillade, call: Call, add: bool) -> Reply:
    names = stated(call, "actions")
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
    name = _type(fusillade, call).name
    return listed(call, "policies", fusillade.levels, show=f"/resource/{name}/policy/{{}}", type=name)


def get_v1_resource_policy(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/policy/{policy_name}."""
    return Reply({"policy_document": _level(fusillade, call).policy, "policy_type": "ResourcePolicy"})


def post_v1_resource_policy(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/resource/{resource_type_name}/policy/{policy_name}."""
    name = call.arguments["policy_name"]
    with fusillade.transaction():
        type = _type(fusillade, call)
        if not fusillade.levels.add_new(Level(type.name, name, _level_policy(call, type))):
            raise taken(f"access level of {type.name},", name)
    return Reply(status=201, text=f"The access level {name} of {type.name} has been created.")


def put_v1_resource_policy(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/resource/{resource_type_name}/policy/{policy_name}."""
    level = _level(fusillade, call)
    fusillade.levels.change(level.type, level.name, policy=_level_policy(call, _type(fusillade, call)))
    return Reply(text=f"The access level {level.name} of {level.type} has been changed.")


def delete_v1_resource_policy(fusillade: Fusillade, call: Call) -> Reply:
    """DELETE /v1/resource/{resource_type_name}/policy/{policy_name}."""
    with fusillade.transaction():
        level = _level(fusillade, call)
        fusillade.members.remove(type=level.type, level=level.name)  # its members lose their access
        fusillade.levels.remove(type=level.type, name=level.name)
    return Reply(text=f"The access level {level.name} of {level.type} has been deleted.")


def _level(fusillade: Fusillade, call: Call) -> Level:
    """The access level of a request."""
    type_name, name = _type(fusillade, call).name, call.arguments["policy_name"]
    return fusillade.levels.get(type_name, name) or refuse_missing(f"access level {name} of {type_name}")


def _level_policy(call: Call, type: ResourceType) -> JsonObject:
    policy = check_policy(stated(call, "policy"), resources=False)
    if foreign := set(actions_of(policy)).difference(type.actions):
        raise bad_arguments(f"{type.name} has no action {', '.join(sorted(foreign))}; it has {type.actions}")
    return policy


# -- resources and their members


def get_v1_resource_id(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/id/{resource_id}."""
    return Reply(_resource(fusillade, call))


def post_v1_resource_id(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/resource/{resource_type_name}/id/{resource_id}."""
    id: str = call.arguments["resource_id"]
    with fusillade.transaction():
        name = _type(fusillade, call).name
        if not fusillade.resources.add_new(Resource(name, id, call.sender.email)):
            raise taken(f"resource ID of {name},", id)
    body = {"msg": f"The resource ID {id} has been created.", "resource_type": name, "resource_id": id}
    return Reply(body, 201)


def delete_v1_resource_id(fusillade: Fusillade, call: Call) -> Reply:
    """DELETE /v1/resource/{resource_type_name}/id/{resource_id}."""
    with fusillade.transaction():
        resource = _resource(fusillade, call)
        for table in (fusillade.members, fusillade.resources):
            table.remove(type=resource["resource_type"], id=resource["resource_id"])
    return Reply({"msg": f"The resource ID {resource['resource_id']} has been deleted.", **resource})


def get_v1_resource_id_members(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/id/{resource_id}/members."""
    resource = _resource(fusillade, call)

    def shown(row: Member) -> JsonObject:
        kind, _, name = row.member.partition("/")
        return {"member": name, "member_type": kind, "access_level": row.level}

    where: JsonObject = {"type": resource["resource_type"], "id": resource["resource_id"]}
    return listed(call, "members", fusillade.members, "member", show=shown, **where)


def put_v1_resource_id_member(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/resource/{resource_type_name}/id/{resource_id}/members."""
    [change] = call.body
    kind, member, level = change["member_type"], change["member"], change.get("access_level")
    with fusillade.transaction():
        resource = _resource(fusillade, call)
        name, id = resource["resource_type"], resource["resource_id"]
        fusillade.found(kind, member)
        if level is None:
            fusillade.members.remove(type=name, id=id, member=f"{kind}/{member}")
        elif fusillade.levels.get(name, level):
            fusillade.members.put(Member(name, id, f"{kind}/{member}", level))
        else:
            raise bad_arguments(f"There is no access level {level} of {name}; nothing has been changed")
    done = f"{member} has the access level {level}." if level else f"{member} has no access any more."
    return Reply({"msg": done, **resource})


def _resource(fusillade: Fusillade, call: Call) -> dict[str, str]:
    """The resource ID of a request, as responses name it."""
    name, id = _type(fusillade, call).name, call.arguments["resource_id"]
    if fusillade.resources.get(name, id) is None:
        refuse_missing(f"resource ID {id} of {name}")
    return {"resource_type": name, "resource_id": id}
