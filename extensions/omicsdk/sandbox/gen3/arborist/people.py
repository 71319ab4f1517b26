"""Users, groups and clients with their policies."""

from typing import TYPE_CHECKING, Any, cast

from omicsdk.sandbox.gen3.arborist.answers import administrator, field, fields, kept, known_policy, removed, taken
from omicsdk.sandbox.gen3.arborist.rules import ANONYMOUS, CLIENT, GROUP, LOGGED_IN, USER, moment
from omicsdk.sandbox.problems import bad_arguments, not_found
from omicsdk.sandbox.service import Call, Reply

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3


def list_users(gen3: "Gen3", call: Call) -> Reply:
    """GET /user."""
    administrator(gen3, call)
    return Reply({"users": [_shown(gen3, each) for each in gen3.access.rules.all(USER)]})


def get_user(gen3: "Gen3", call: Call) -> Reply:
    """GET /user/{username}."""
    administrator(gen3, call)
    return Reply(_shown(gen3, kept(gen3, USER, call.arguments["username"])))


def create_user(gen3: "Gen3", call: Call) -> Reply:
    """POST /user."""
    administrator(gen3, call)
    name = field(call, "name")
    if gen3.access.rules.get(USER, name) is not None:
        raise taken("user", name)
    gen3.access.add(name)
    user: dict[str, Any] = {"name": name, "email": str(fields(call).get("email") or ""), "policies": []}
    gen3.access.rules.put(USER, name, user)
    return Reply({"created": _shown(gen3, user)}, 201)


def delete_user(gen3: "Gen3", call: Call) -> Reply:
    """DELETE /user/{username}."""
    administrator(gen3, call)
    name = kept(gen3, USER, call.arguments["username"])["name"]
    gen3.access.remove(name)
    return Reply(status=204)


def grant_user_policy(gen3: "Gen3", call: Call) -> Reply:
    """POST /user/{username}/policy."""
    administrator(gen3, call)
    user = kept(gen3, USER, call.arguments["username"])
    _grant(gen3, user, known_policy(gen3, call), fields(call).get("expires_at"))
    return Reply(status=204)


def grant_user_policies(gen3: "Gen3", call: Call) -> Reply:
    """POST /user/{username}/bulk/policy."""
    administrator(gen3, call)
    user = kept(gen3, USER, call.arguments["username"])
    if not isinstance(call.body, list):
        raise bad_arguments("could not parse a list of policies from the request")
    stated = cast("list[dict[str, Any]]", call.body)
    for each in stated:
        kept(gen3, "policy", str(each.get("policy")))
    for each in stated:
        _grant(gen3, user, str(each["policy"]), each.get("expires_at"))
    return Reply(status=204)


def revoke_user_policies(gen3: "Gen3", call: Call) -> Reply:
    """DELETE /user/{username}/policy."""
    administrator(gen3, call)
    user = kept(gen3, USER, call.arguments["username"])
    gen3.access.rules.put(USER, user["name"], {**user, "policies": []})
    return Reply(status=204)


def revoke_user_policy(gen3: "Gen3", call: Call) -> Reply:
    """DELETE /user/{username}/policy/{policyName}."""
    administrator(gen3, call)
    user = kept(gen3, USER, call.arguments["username"])
    left = [each for each in user["policies"] if each["policy"] != call.arguments["policyName"]]
    gen3.access.rules.put(USER, user["name"], {**user, "policies": left})
    return Reply(status=204)


def list_groups(gen3: "Gen3", call: Call) -> Reply:
    """GET /group."""
    administrator(gen3, call)
    return Reply({"groups": gen3.access.rules.all(GROUP)})


def get_group(gen3: "Gen3", call: Call) -> Reply:
    """GET /group/{groupName}."""
    administrator(gen3, call)
    return Reply(kept(gen3, GROUP, call.arguments["groupName"]))


def create_group(gen3: "Gen3", call: Call) -> Reply:
    """POST and PUT /group."""
    administrator(gen3, call)
    name = field(call, "name")
    if call.operation.method == "POST" and gen3.access.rules.get(GROUP, name) is not None:
        raise taken("group", name)
    body = fields(call)
    group: dict[str, Any] = {"name": name, "users": body.get("users") or [], "policies": body.get("policies") or []}
    gen3.access.rules.put(GROUP, name, group)
    return Reply({"created": group}, 201)


def delete_group(gen3: "Gen3", call: Call) -> Reply:
    """DELETE /group/{groupName}."""
    administrator(gen3, call)
    if call.arguments["groupName"] in (ANONYMOUS, LOGGED_IN):
        raise bad_arguments(f"can't delete the group {call.arguments['groupName']}, which always exists")
    return removed(gen3, GROUP, call.arguments["groupName"])


def grant_group_policy(gen3: "Gen3", call: Call) -> Reply:
    """POST /group/{groupName}/policy."""
    administrator(gen3, call)
    return _change(gen3, GROUP, call.arguments["groupName"], "policies", add=known_policy(gen3, call))


def revoke_group_policy(gen3: "Gen3", call: Call) -> Reply:
    """DELETE /group/{groupName}/policy/{policyName}."""
    administrator(gen3, call)
    return _change(gen3, GROUP, call.arguments["groupName"], "policies", drop=call.arguments["policyName"])


def add_group_user(gen3: "Gen3", call: Call) -> Reply:
    """POST /group/{groupName}/user."""
    administrator(gen3, call)
    name = field(call, "username")
    kept(gen3, USER, name)
    return _change(gen3, GROUP, call.arguments["groupName"], "users", add=name)


def remove_group_user(gen3: "Gen3", call: Call) -> Reply:
    """DELETE /group/{groupName}/user/{username}."""
    administrator(gen3, call)
    return _change(gen3, GROUP, call.arguments["groupName"], "users", drop=call.arguments["username"])


def list_clients(gen3: "Gen3", call: Call) -> Reply:
    """GET /client."""
    administrator(gen3, call)
    return Reply({"clients": gen3.access.rules.all(CLIENT)})


def get_client(gen3: "Gen3", call: Call) -> Reply:
    """GET /client/{clientID}."""
    administrator(gen3, call)
    return Reply(kept(gen3, CLIENT, call.arguments["clientID"]))


def create_client(gen3: "Gen3", call: Call) -> Reply:
    """POST /client."""
    administrator(gen3, call)
    id = field(call, "clientID")
    if gen3.access.rules.get(CLIENT, id) is not None:
        raise taken("client", id)
    client: dict[str, Any] = {"clientID": id, "policies": fields(call).get("policies") or []}
    gen3.access.rules.put(CLIENT, id, client)
    return Reply({"created": client}, 201)


def delete_client(gen3: "Gen3", call: Call) -> Reply:
    """DELETE /client/{clientID}."""
    administrator(gen3, call)
    return removed(gen3, CLIENT, call.arguments["clientID"])


def grant_client_policy(gen3: "Gen3", call: Call) -> Reply:
    """POST /client/{clientID}/policy."""
    administrator(gen3, call)
    return _change(gen3, CLIENT, call.arguments["clientID"], "policies", add=known_policy(gen3, call))


def revoke_client_policies(gen3: "Gen3", call: Call) -> Reply:
    """DELETE /client/{clientID}/policy."""
    administrator(gen3, call)
    client = kept(gen3, CLIENT, call.arguments["clientID"])
    gen3.access.rules.put(CLIENT, client["clientID"], {**client, "policies": []})
    return Reply(status=204)


def revoke_client_policy(gen3: "Gen3", call: Call) -> Reply:
    """DELETE /client/{clientID}/policy/{policyName}."""
    administrator(gen3, call)
    return _change(gen3, CLIENT, call.arguments["clientID"], "policies", drop=call.arguments["policyName"])


def _shown(gen3: "Gen3", user: dict[str, Any]) -> dict[str, Any]:
    groups = [each["name"] for each in gen3.access.rules.all(GROUP) if user["name"] in each["users"]]
    return {"name": user["name"], "email": user["email"], "groups": groups, "policies": user["policies"]}


def _grant(gen3: "Gen3", user: dict[str, Any], policy: str, expires_at: str | None) -> None:
    """Grants a policy to a user; one that they have gets the new end."""
    try:
        moment(expires_at)
    except (TypeError, ValueError):
        raise bad_arguments(f"expires_at is no time: {expires_at!r}") from None
    others = [each for each in user["policies"] if each["policy"] != policy]
    user["policies"] = [*others, {"policy": policy, "expires_at": expires_at}]
    gen3.access.rules.put(USER, user["name"], user)


def _change(gen3: "Gen3", kind: str, id: str, list_name: str, *, add: str = "", drop: str = "") -> Reply:
    """Adds something to a list of a group or client, or takes it off."""
    found = kept(gen3, kind, id)
    listed: list[str] = found[list_name]
    if drop and drop not in listed:
        raise not_found(f"the {kind} {id} has no {drop} among its {list_name}")
    left = [each for each in listed if each not in (add, drop)]
    gen3.access.rules.put(kind, id, {**found, list_name: [*left, add] if add else left})
    return Reply(status=204)


HANDLERS = (
    list_users,
    get_user,
    create_user,
    delete_user,
    grant_user_policy,
    grant_user_policies,
    revoke_user_policies,
    revoke_user_policy,
    list_groups,
    get_group,
    create_group,
    delete_group,
    grant_group_policy,
    revoke_group_policy,
    add_group_user,
    remove_group_user,
    list_clients,
    get_client,
    create_client,
    delete_client,
    grant_client_policy,
    revoke_client_policies,
    revoke_client_policy,
)
SYNONYMS = {"replace_group": "create_group"}
"""PUT of a group, which writes over one that is there."""
