"""Users, groups and clients with their policies."""

from typing import Any, cast

from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.access_rules import ANONYMOUS, CLIENT, GROUP, LOGGED_IN, USER, moment
from omicsdk.sandbox.gen3.arborist.answers import field, fields, kept, known_policy, removed, taken, texts
from omicsdk.sandbox.problems import bad_arguments, not_found
from omicsdk.sandbox.service import Call, Reply


def list_users(access: Access, call: Call) -> Reply:
    """GET /user."""
    del call
    return Reply({"users": [_shown(access, each) for each in access.rules.all(USER)]})


def get_user(access: Access, call: Call) -> Reply:
    """GET /user/{username}."""
    return Reply(_shown(access, kept(access, USER, call.arguments["username"])))


def create_user(access: Access, call: Call) -> Reply:
    """POST /user."""
    name = field(call, "name")
    if access.rules.get(USER, name) is not None:
        raise taken("user", name)
    access.add(name)
    user: dict[str, Any] = {"name": name, "email": str(fields(call).get("email") or ""), "policies": []}
    access.rules.put(USER, name, user)
    return Reply({"created": _shown(access, user)}, 201)


def delete_user(access: Access, call: Call) -> Reply:
    """DELETE /user/{username}."""
    name = kept(access, USER, call.arguments["username"])["name"]
    access.remove(name)
    return Reply(status=204)


def grant_user_policy(access: Access, call: Call) -> Reply:
    """POST /user/{username}/policy."""
    user = kept(access, USER, call.arguments["username"])
    _grant(access, user, known_policy(access, call), fields(call).get("expires_at"))
    return Reply(status=204)


def grant_user_policies(access: Access, call: Call) -> Reply:
    """POST /user/{username}/bulk/policy."""
    user = kept(access, USER, call.arguments["username"])
    if not isinstance(call.body, list):
        raise bad_arguments("could not parse a list of policies from the request")
    stated = cast("list[dict[str, Any]]", call.body)
    for each in stated:
        kept(access, "policy", str(each.get("policy")))
    for each in stated:
        _grant(access, user, str(each["policy"]), each.get("expires_at"))
    return Reply(status=204)


def revoke_user_policies(access: Access, call: Call) -> Reply:
    """DELETE /user/{username}/policy."""
    user = kept(access, USER, call.arguments["username"])
    access.rules.put(USER, user["name"], {**user, "policies": []})
    return Reply(status=204)


def revoke_user_policy(access: Access, call: Call) -> Reply:
    """DELETE /user/{username}/policy/{policyName}."""
    user = kept(access, USER, call.arguments["username"])
    left = [each for each in user["policies"] if each["policy"] != call.arguments["policyName"]]
    access.rules.put(USER, user["name"], {**user, "policies": left})
    return Reply(status=204)


def list_groups(access: Access, call: Call) -> Reply:
    """GET /group."""
    del call
    return Reply({"groups": access.rules.all(GROUP)})


def get_group(access: Access, call: Call) -> Reply:
    """GET /group/{groupName}."""
    return Reply(kept(access, GROUP, call.arguments["groupName"]))


def create_group(access: Access, call: Call) -> Reply:
    """POST and PUT /group."""
    name = field(call, "name")
    if call.operation.method == "POST" and access.rules.get(GROUP, name) is not None:
        raise taken("group", name)
    group = {"name": name, "users": texts(call, "users"), "policies": texts(call, "policies")}
    access.rules.put(GROUP, name, group)
    return Reply({"created": group}, 201)


def delete_group(access: Access, call: Call) -> Reply:
    """DELETE /group/{groupName}."""
    if call.arguments["groupName"] in (ANONYMOUS, LOGGED_IN):
        raise bad_arguments(f"can't delete the group {call.arguments['groupName']}, which always exists")
    return removed(access, GROUP, call.arguments["groupName"])


def grant_group_policy(access: Access, call: Call) -> Reply:
    """POST /group/{groupName}/policy."""
    return _change(access, GROUP, call.arguments["groupName"], "policies", add=known_policy(access, call))


def revoke_group_policy(access: Access, call: Call) -> Reply:
    """DELETE /group/{groupName}/policy/{policyName}."""
    return _change(access, GROUP, call.arguments["groupName"], "policies", drop=call.arguments["policyName"])


def add_group_user(access: Access, call: Call) -> Reply:
    """POST /group/{groupName}/user."""
    name = field(call, "username")
    kept(access, USER, name)
    return _change(access, GROUP, call.arguments["groupName"], "users", add=name)


def remove_group_user(access: Access, call: Call) -> Reply:
    """DELETE /group/{groupName}/user/{username}."""
    return _change(access, GROUP, call.arguments["groupName"], "users", drop=call.arguments["username"])


def list_clients(access: Access, call: Call) -> Reply:
    """GET /client."""
    del call
    return Reply({"clients": access.rules.all(CLIENT)})


def get_client(access: Access, call: Call) -> Reply:
    """GET /client/{clientID}."""
    return Reply(kept(access, CLIENT, call.arguments["clientID"]))


def create_client(access: Access, call: Call) -> Reply:
    """POST /client."""
    id = field(call, "clientID")
    if access.rules.get(CLIENT, id) is not None:
        raise taken("client", id)
    client = {"clientID": id, "policies": texts(call, "policies")}
    access.rules.put(CLIENT, id, client)
    return Reply({"created": client}, 201)


def delete_client(access: Access, call: Call) -> Reply:
    """DELETE /client/{clientID}."""
    return removed(access, CLIENT, call.arguments["clientID"])


def grant_client_policy(access: Access, call: Call) -> Reply:
    """POST /client/{clientID}/policy."""
    return _change(access, CLIENT, call.arguments["clientID"], "policies", add=known_policy(access, call))


def revoke_client_policies(access: Access, call: Call) -> Reply:
    """DELETE /client/{clientID}/policy."""
    client = kept(access, CLIENT, call.arguments["clientID"])
    access.rules.put(CLIENT, client["clientID"], {**client, "policies": []})
    return Reply(status=204)


def revoke_client_policy(access: Access, call: Call) -> Reply:
    """DELETE /client/{clientID}/policy/{policyName}."""
    return _change(access, CLIENT, call.arguments["clientID"], "policies", drop=call.arguments["policyName"])


def _shown(access: Access, user: dict[str, Any]) -> dict[str, Any]:
    groups = [each["name"] for each in access.rules.all(GROUP) if user["name"] in each["users"]]
    return {"name": user["name"], "email": user["email"], "groups": groups, "policies": user["policies"]}


def _grant(access: Access, user: dict[str, Any], policy: str, expires_at: str | None) -> None:
    """Grants a policy to a user; one that they have gets the new end."""
    try:
        moment(expires_at)
    except (TypeError, ValueError):
        raise bad_arguments(f"expires_at is no time: {expires_at!r}") from None
    others = [each for each in user["policies"] if each["policy"] != policy]
    user["policies"] = [*others, {"policy": policy, "expires_at": expires_at}]
    access.rules.put(USER, user["name"], user)


def _change(access: Access, kind: str, id: str, list_name: str, *, add: str = "", drop: str = "") -> Reply:
    """Adds something to a list of a group or client, or takes it off."""
    found = kept(access, kind, id)
    listed: list[str] = found[list_name]
    if drop and drop not in listed:
        raise not_found(f"the {kind} {id} has no {drop} among its {list_name}")
    left = [each for each in listed if each not in (add, drop)]
    access.rules.put(kind, id, {**found, list_name: [*left, add] if add else left})
    return Reply(status=204)


SYNONYMS = {"replace_group": "create_group"}
"""PUT of a group, which writes over one that is there."""
