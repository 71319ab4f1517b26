"""Operations of resource types, their access levels, and who has access to the objects of a type."""

from omicsdk.sandbox.fusillade.policies import (
    OWNER,
    OWNER_POLICY,
    RESOURCE_POLICY,
    JsonObject,
    actions_of,
    check_policy,
)
from omicsdk.sandbox.fusillade.principals import listed, stated, taken
from omicsdk.sandbox.fusillade.state import Fusillade, Level, Member, ResourceType, Thing, refuse_missing
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


def get_v1_resource(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}."""
    found = _type(fusillade, call)
    return _list_things(fusillade, call, found, {"resource_type": found.name, "actions": found.actions})


def get_v1_resource_ids(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/ids."""
    return _list_things(fusillade, call, _type(fusillade, call), {})


def _list_things(fusillade: Fusillade, call: Call, found: ResourceType, beside: JsonObject) -> Reply:
    form = f"/resource/{found.name}/id/{{}}"
    return listed(call, "resource_ids", fusillade.things, "id", show=form, beside=beside, type=found.name)


def post_v1_resource(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/resource/{resource_type_name}."""
    name: str = call.arguments["resource_type_name"]
    given = call.body.get("owner_policy")
    policy = OWNER_POLICY if given is None else check_policy(given, RESOURCE_POLICY)
    actions = sorted(set(call.body.get("actions", [])))
    with fusillade.transaction():
        if not fusillade.types.add_new(ResourceType(name, actions, call.sender.email)):
            raise taken(f"resource type {name}")
        fusillade.levels.put(Level(name, OWNER, RESOURCE_POLICY, policy))
    return Reply({"msg": f"The resource type {name} has been created.", "resource_type": name}, 201)


def delete_v1_resource(fusillade: Fusillade, call: Call) -> Reply:
    """DELETE /v1/resource/{resource_type_name}."""
    with fusillade.transaction():
        name = _type(fusillade, call).name
        if fusillade.things.first(type=name):
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
        found = _type(fusillade, call)
        changed = sorted({*found.actions, *names} if add else set(found.actions).difference(names))
        fusillade.types.change(found.name, actions=changed)
    return Reply({"msg": f"The actions of {found.name} have been changed.", "actions": changed})


HANDLERS = for_each({"put_v1_resource_action": True, "delete_v1_resource_actions": False}, {"{}": _change_actions})


# -- access levels


def get_v1_resource_policies(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/policies."""
    name = _type(fusillade, call).name
    return listed(call, "policies", fusillade.levels, show=f"/resource/{name}/policy/{{}}", type=name)


def get_v1_resource_policy(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/policy/{policy_name}."""
    level = _level(fusillade, call)
    return Reply({"policy_document": level.policy, "policy_type": level.kind})


def post_v1_resource_policy(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/resource/{resource_type_name}/policy/{policy_name}."""
    level, kind = call.arguments["policy_name"], call.body.get("policy_type", RESOURCE_POLICY)
    with fusillade.transaction():
        found = _type(fusillade, call)
        if not fusillade.levels.add_new(Level(found.name, level, kind, _level_policy(call, found))):
            raise taken(f"access level {level} of {found.name}")
    return Reply(status=201, text=f"The access level {level} of {found.name} has been created.")


def put_v1_resource_policy(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/resource/{resource_type_name}/policy/{policy_name}."""
    with fusillade.transaction():
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
    policy = call.body.get("policy")
    if policy is None:
        raise bad_arguments("The body has no policy, which defines the access level")
    checked = check_policy(policy, RESOURCE_POLICY)
    if foreign := actions_of(checked).difference(type.actions):
        known = ", ".join(type.actions) or "none"
        raise bad_arguments(f"{type.name} has no action {', '.join(sorted(foreign))}; it has {known}")
    return checked


# -- objects and their members


def get_v1_resource_id(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/id/{resource_id}."""
    return Reply(_thing(fusillade, call))


def post_v1_resource_id(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/resource/{resource_type_name}/id/{resource_id}."""
    thing: str = call.arguments["resource_id"]
    with fusillade.transaction():
        name = _type(fusillade, call).name
        if not fusillade.things.add_new(Thing(name, thing, call.sender.email)):
            raise taken(f"resource ID {thing} of {name}")
    response = {"msg": f"The resource ID {thing} has been created."}
    return Reply({**response, "resource_type": name, "resource_id": thing}, 201)


def delete_v1_resource_id(fusillade: Fusillade, call: Call) -> Reply:
    """DELETE /v1/resource/{resource_type_name}/id/{resource_id}."""
    with fusillade.transaction():
        found = _thing(fusillade, call)
        for table in (fusillade.members, fusillade.things):
            table.remove(type=found["resource_type"], id=found["resource_id"])
    return Reply({"msg": f"The resource ID {found['resource_id']} has been deleted.", **found})


def get_v1_resource_id_members(fusillade: Fusillade, call: Call) -> Reply:
    """GET /v1/resource/{resource_type_name}/id/{resource_id}/members."""
    found = _thing(fusillade, call)

    def shown(row: Member) -> JsonObject:
        kind, _, name = row.member.partition("/")
        return {"member": name, "member_type": kind, "access_level": row.level}

    where: JsonObject = {"type": found["resource_type"], "id": found["resource_id"]}
    return listed(call, "members", fusillade.members, "member", show=shown, **where)


def put_v1_resource_id_member(fusillade: Fusillade, call: Call) -> Reply:
    """PUT /v1/resource/{resource_type_name}/id/{resource_id}/members."""
    [change] = call.body
    kind, member, level = change["member_type"], change["member"], change.get("access_level")
    with fusillade.transaction():
        found = _thing(fusillade, call)
        name, thing = found["resource_type"], found["resource_id"]
        fusillade.found(kind, member)
        if level is None:
            fusillade.members.remove(type=name, id=thing, member=f"{kind}/{member}")
        elif fusillade.levels.get(name, level):
            fusillade.members.put(Member(name, thing, f"{kind}/{member}", level))
        else:
            raise bad_arguments(f"There is no access level {level} of {name}; nothing has been changed")
    done = f"{member} has the access level {level}." if level else f"{member} has no access any more."
    return Reply({"msg": done, **found})


def _thing(fusillade: Fusillade, call: Call) -> dict[str, str]:
    """The object of a request, as responses name it."""
    name, thing = _type(fusillade, call).name, call.arguments["resource_id"]
    if fusillade.things.get(name, thing) is None:
        refuse_missing(f"resource ID {thing} of {name}")
    return {"resource_type": name, "resource_id": thing}
