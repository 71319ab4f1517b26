"""Arborist, the service that knows who may do what: questions, and what is kept for their responses."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from omicsdk.sandbox.document import operations
from omicsdk.sandbox.engine.requests import Reader
from omicsdk.sandbox.engine.schemas import Schemas
from omicsdk.sandbox.gen3.access import (
    ANONYMOUS,
    ANONYMOUS_GROUP,
    CLIENT,
    GROUP,
    LOGGED_IN,
    POLICY,
    RESOURCE,
    ROLE,
    USER,
    Access,
    Person,
    parse_time,
    tag_of,
)
from omicsdk.sandbox.gen3.service import gen3_service, texts_of
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.service import Call, Handler, Reply, Service, for_each, handlers_in
from omicsdk.sandbox.validation import Refused

_OPEN = (
    "get_auth_mapping",
    "find_auth_mapping",
    "check_auth_request",
    "check_auth_proxy",
    "list_auth_resources",
    "find_auth_resources",
    "list_user_resources",
    "list_policies",
)
"""What the gateway opens to every caller; the rest is the administrator's."""
_SAME = {"update_role": "replace_role", "update_policy": "replace_policy", "replace_group": "create_group"}
"""One function changes some fields or replaces all; PUT of a group writes over one that exists."""


def arborist_service(access: Access, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        access: Users and their tokens.
        document: Arborist's OpenAPI 3.1 document.
    """
    handlers = _typed(document, handlers_in(document, access, sys.modules[__name__]))
    return gen3_service(
        "arborist",
        document,
        {name: each if name in _OPEN else _guarded(access, each) for name, each in handlers.items()},
        same=_SAME,
        responses={"get_health": Reply("Healthy")},
        absent={"update_user": "names of users stay, since their tokens and uploads carry them"},
        error_body=_error_body,
    )


def _error_body(problem: Problem) -> dict[str, object]:
    return {"error": {"message": problem.title, "code": problem.status}}


def _guarded(access: Access, handler: Handler) -> Handler:
    """A handler for the administrator: in a commons only its other services reach it.

    Raises:
        Problem: 401 without a valid token, 403 for other users.
    """

    def handle(call: Call) -> Reply:
        missing = Problem(401, "unauthorized", "a token of the commons' administrator is needed")
        if not access.somebody(call.headers, missing).may("*", "/"):
            raise Problem(403, "forbidden", "only the commons' administrator may do this")
        return handler(call)

    return handle


def _typed(document: Mapping[str, Any], handlers: Mapping[str, Handler]) -> dict[str, Handler]:
    """Handlers that get bodies of the types that the document states: the service decodes into its own structures.

    Handlers report other faults of a body.
    """
    schemas = Schemas(document)
    stated = {each.name: (each, Reader(each, schemas)) for each in operations(document)}

    def typed(name: str, handler: Handler) -> Handler:
        operation, reader = stated[name]

        def handle(call: Call) -> Reply:
            faults = reader.faults(operation.content, call.body)
            if faults and faults[0].rule == "type":
                raise Refused(faults)
            return handler(call)

        return handle

    return {name: typed(name, handler) for name, handler in handlers.items()}


# -- bodies


def _fields(call: Call) -> Mapping[str, Any]:
    if not isinstance(call.body, dict):
        raise bad_arguments("could not parse a JSON object from the request")
    return cast("dict[str, Any]", call.body)


def _text(fields: Mapping[str, Any], name: str) -> str:
    found = fields.get(name)
    if not isinstance(found, str) or not found:
        raise bad_arguments(f"input is missing the required field `{name}`")
    return found


def _policies(call: Call) -> list[dict[str, Any]]:
    if not isinstance(call.body, list):
        raise bad_arguments("could not parse a list of policies from the request")
    return cast("list[dict[str, Any]]", call.body)


def _kept(access: Access, kind: str, id: str) -> dict[str, Any]:
    """A document; 404 when there is none."""
    found = access.rules.get(kind, id)
    if found is None:
        raise not_found(f"no {kind} found with id: {id}")
    return found


# -- common to all kinds


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of thing.

    Attributes:
        name: Its name.
        argument: What the document calls the identity of one in a path.
        key: The field with its identity.
        made: Makes one of a body's fields; refuses what makes none.
    """

    name: str
    argument: str
    key: str
    made: Callable[[Access, Mapping[str, Any]], dict[str, Any]]

    def of(self, access: Access, call: Call) -> dict[str, Any]:
        """The one that a path names; 404 when there is none."""
        return _kept(access, self.name, call.arguments[self.argument])


def _role(_access: Access, stated: Mapping[str, Any]) -> dict[str, Any]:
    permissions: list[Mapping[str, Any]] = stated.get("permissions") or []
    if not stated.get("id") or not permissions:
        raise bad_arguments("role input is missing the required field `id` or `permissions`")
    for each in permissions:
        action: Any = each.get("action") or {}
        if not each.get("id") or not action.get("service") or not action.get("method"):
            raise bad_arguments("permission input is missing the required field `id` or `action`")
    permitted = [
        {"id": each["id"], "description": each.get("description") or "", "action": each["action"]}
        for each in permissions
    ]
    return {"id": str(stated["id"]), "description": stated.get("description") or "", "permissions": permitted}


def _policy(access: Access, stated: Mapping[str, Any]) -> dict[str, Any]:
    roles: list[str] = stated.get("role_ids") or []
    paths: list[str] = stated.get("resource_paths") or []
    if not stated.get("id") or not roles or not paths:
        raise bad_arguments("policy input is missing the required field `id`, `role_ids` or `resource_paths`")
    if missing := [role for role in roles if access.rules.get(ROLE, role) is None]:
        raise bad_arguments(f"failed to create policy: no such role: {', '.join(missing)}")
    return {"id": str(stated["id"]), "role_ids": roles, "resource_paths": paths}


def _user(_access: Access, stated: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": _text(stated, "name"), "email": str(stated.get("email") or ""), "policies": []}


def _group(_access: Access, stated: Mapping[str, Any]) -> dict[str, Any]:
    name = _text(stated, "name")
    return {"name": name, "users": texts_of(stated, "users"), "policies": texts_of(stated, "policies")}


def _client(_access: Access, stated: Mapping[str, Any]) -> dict[str, Any]:
    return {"clientID": _text(stated, "clientID"), "policies": texts_of(stated, "policies")}


_ROLE = _Kind(ROLE, "roleID", "id", _role)
_POLICY = _Kind(POLICY, "policyID", "id", _policy)
_USER = _Kind(USER, "username", "name", _user)
_GROUP = _Kind(GROUP, "groupName", "name", _group)
_CLIENT = _Kind(CLIENT, "clientID", "clientID", _client)


def _shown(access: Access, kind: _Kind, thing: dict[str, Any]) -> dict[str, Any]:
    if kind is not _USER:
        return thing
    groups = [each["name"] for each in access.rules.all(GROUP) if thing["name"] in each["users"]]
    return {"name": thing["name"], "email": thing["email"], "groups": groups, "policies": thing["policies"]}


def _list(access: Access, _call: Call, kind: _Kind) -> Reply:
    return Reply({f"{kind.name}s": [_shown(access, kind, each) for each in access.rules.all(kind.name)]})


def _get(access: Access, call: Call, kind: _Kind) -> Reply:
    return Reply(_shown(access, kind, kind.of(access, call)))


def _create(access: Access, call: Call, kind: _Kind) -> Reply:
    made = kind.made(access, _fields(call))
    id = made[kind.key]
    if call.operation.method == "POST" and access.rules.get(kind.name, id) is not None:
        raise Problem(409, "conflict", f"{kind.name} with this name already exists: {id}")
    if kind is _USER:
        access.add(id)
    access.rules.put(kind.name, id, made)
    return Reply({"created": _shown(access, kind, made)}, 201)


def _replace(access: Access, call: Call, kind: _Kind) -> Reply:
    before = kind.of(access, call)
    stated = _fields(call) if call.operation.method == "PUT" else {**before, **_fields(call)}
    new = kind.made(access, {**stated, "id": before["id"]})
    access.rules.put(kind.name, new["id"], new)
    return Reply({"updated": new}, 201)


def _delete(access: Access, call: Call, kind: _Kind) -> Reply:
    id = call.arguments[kind.argument]
    if kind is _GROUP and id in (ANONYMOUS_GROUP, LOGGED_IN):
        raise bad_arguments(f"can't delete the group {id}, which always exists")
    kind.of(access, call)
    access.remove(id) if kind is _USER else access.rules.remove(kind.name, id)
    return Reply(status=204)


def _add(access: Access, call: Call, kind: _Kind, listed: str, member: str, of: str) -> Reply:
    """Add what a body names to a list of an object."""
    id = _text(_fields(call), member)
    _kept(access, of, id)
    found = kind.of(access, call)
    others = [each for each in found[listed] if each != id]
    access.rules.put(kind.name, found[kind.key], {**found, listed: [*others, id]})
    return Reply(status=204)


def _drop(access: Access, call: Call, kind: _Kind, listed: str, argument: str) -> Reply:
    """Take what a path names off a list of an object."""
    found, id = kind.of(access, call), call.arguments[argument]
    if id not in found[listed]:
        raise not_found(f"the {kind.name} {found[kind.key]} has no {id} among its {listed}")
    access.rules.put(kind.name, found[kind.key], {**found, listed: [each for each in found[listed] if each != id]})
    return Reply(status=204)


def _revoke_all(access: Access, call: Call, kind: _Kind) -> Reply:
    found = kind.of(access, call)
    access.rules.put(kind.name, found[kind.key], {**found, "policies": []})
    return Reply(status=204)


HANDLERS = {
    **for_each({"role": _ROLE, "user": _USER, "group": _GROUP, "client": _CLIENT}, {"list_{}s": _list}),
    **for_each(
        {"role": _ROLE, "policy": _POLICY, "user": _USER, "group": _GROUP, "client": _CLIENT},
        {"get_{}": _get, "create_{}": _create, "delete_{}": _delete},
    ),
    **for_each({"role": _ROLE, "policy": _POLICY}, {"replace_{}": _replace}),
    **for_each({"user": _USER, "client": _CLIENT}, {"revoke_{}_policies": _revoke_all}),
    **for_each(
        {"group": _GROUP, "client": _CLIENT},
        {
            "grant_{}_policy": partial(_add, listed="policies", member="policy", of=POLICY),
            "revoke_{}_policy": partial(_drop, listed="policies", argument="policyName"),
        },
    ),
    **for_each(
        {"group": _GROUP},
        {
            "add_{}_user": partial(_add, listed="users", member="username", of=USER),
            "remove_{}_user": partial(_drop, listed="users", argument="username"),
        },
    ),
}


# -- policies of users, which may end


def grant_user_policy(access: Access, call: Call) -> Reply:
    """POST /user/{username}/policy."""
    user = _USER.of(access, call)
    return _granted(access, user, [{**_fields(call), "policy": _text(_fields(call), "policy")}])


def grant_user_policies(access: Access, call: Call) -> Reply:
    """POST /user/{username}/bulk/policy."""
    user = _USER.of(access, call)
    return _granted(access, user, _policies(call))


def revoke_user_policy(access: Access, call: Call) -> Reply:
    """DELETE /user/{username}/policy/{policyName}."""
    user = _USER.of(access, call)
    left = [each for each in user["policies"] if each["policy"] != call.arguments["policyName"]]
    access.rules.put(USER, user["name"], {**user, "policies": left})
    return Reply(status=204)


def _granted(access: Access, user: dict[str, Any], stated: list[dict[str, Any]]) -> Reply:
    """Grant policies to a user; one that they have gets the new end."""
    for each in stated:
        _kept(access, POLICY, str(each.get("policy")))
    for each in stated:
        policy, expires_at = str(each["policy"]), each.get("expires_at")
        try:
            parse_time(expires_at)
        except (TypeError, ValueError):
            raise bad_arguments(f"expires_at is no time: {expires_at!r}") from None
        others = [other for other in user["policies"] if other["policy"] != policy]
        user["policies"] = [*others, {"policy": policy, "expires_at": expires_at}]
        access.rules.put(USER, user["name"], user)
    return Reply(status=204)


def list_policies(access: Access, call: Call) -> Reply:
    """GET /policy."""
    policies = access.rules.all(POLICY)
    if "expand" in dict(call.query):
        roles = {each["id"]: each for each in access.rules.all(ROLE)}
        policies = [{**each, "roles": [roles[id] for id in each["role_ids"] if id in roles]} for each in policies]
    return Reply({"policies": policies})


def replace_policies(access: Access, call: Call) -> Reply:
    """PUT /bulk/policy."""
    policies = [_policy(access, each) for each in _policies(call)]
    for policy in policies:
        access.rules.put(POLICY, policy["id"], policy)
    return Reply({"updated": policies}, 201)


# -- the tree of resources


def list_resources(access: Access, _call: Call) -> Reply:
    """GET /resource."""
    return Reply({"resources": [_resource(access, each["path"]) for each in access.rules.all(RESOURCE)]})


def get_resource(access: Access, call: Call) -> Reply:
    """GET /resource/{resourcePath}."""
    return Reply(_resource(access, _path(call)))


def create_resource(access: Access, call: Call) -> Reply:
    """POST /resource/{resourcePath}."""
    path = _below(access, call)
    if access.rules.get(RESOURCE, path) is not None:
        conflict = Problem(409, "conflict", f"resource with this path already exists: `{path}`")
        return Reply({**_error_body(conflict), "exists": _resource(access, path)}, 409)
    _write(access, path, _fields(call))
    return Reply({"created": _resource(access, path)}, 201)


def replace_resource(access: Access, call: Call) -> Reply:
    """PUT /resource/{resourcePath}."""
    path = _below(access, call)
    if "merge" not in dict(call.query):
        access.rules.remove_resource(path)
    _write(access, path, _fields(call))
    return Reply({"created": _resource(access, path)}, 201)


def delete_resource(access: Access, call: Call) -> Reply:
    """DELETE /resource/{resourcePath}."""
    if not access.rules.remove_resource(_path(call)):
        raise not_found(f"resource not found: `{_path(call)}`")
    return Reply(status=204)


def _path(call: Call) -> str:
    return "/" + call.arguments["resourcePath"].strip("/")


def _below(access: Access, call: Call) -> str:
    """The path of the resource that a body is about: below the one of the request, when it has a name.

    Raises:
        Problem: 404; what it belongs below does not exist, and `p` is not given.
    """
    parent, name = _path(call), _fields(call).get("name")
    path = f"{parent}/{name}" if name else parent
    above = path.rpartition("/")[0]
    if above and "p" not in dict(call.query) and access.rules.get(RESOURCE, above) is None:
        raise not_found(f"parent resource doesn't exist: `{above}`")
    return path


def _write(access: Access, path: str, stated: Mapping[str, Any]) -> None:
    access.rules.add_resource(path)
    access.rules.put(RESOURCE, path, {"path": path, "description": str(stated.get("description") or "")})
    for each in cast("list[Mapping[str, Any]]", stated.get("subresources") or []):
        if not each.get("name"):
            raise bad_arguments("resource input is missing the required field `name`")
        _write(access, f"{path}/{each['name']}", each)


def _resource(access: Access, path: str) -> dict[str, Any]:
    found = access.rules.get(RESOURCE, path)
    if found is None:
        raise not_found(f"no resource found with path: `{path}`")
    known = [each["path"] for each in access.rules.all(RESOURCE)]
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "description": found["description"],
        "subresources": [each for each in known if each.rpartition("/")[0] == path],
        "tag": tag_of(path),
    }


# -- permissions of a user


def get_auth_mapping(access: Access, call: Call) -> Reply:
    """GET /auth/mapping."""
    return Reply(access.mapping(access.anyone(call.headers)))


def find_auth_mapping(access: Access, call: Call) -> Reply:
    """POST /auth/mapping."""
    body, rules = _fields(call), access.rules
    if ("username" in body) == ("clientID" in body):
        raise bad_arguments("must specify exactly one of `username` or `clientID`")
    if "clientID" in body:
        return Reply(rules.mapping(rules.of_client(str(body["clientID"]))))
    return Reply(access.mapping(_named(access, str(body["username"]))))


def check_auth_request(access: Access, call: Call) -> Reply:
    """POST /auth/request."""
    body = _fields(call)
    person = _subject(access, body)
    asked: list[Mapping[str, Any]] = [*(body.get("requests") or ()), *([body["request"]] if "request" in body else ())]
    if not asked:
        raise bad_arguments("auth request missing `request` or `requests`")
    try:
        wanted = [(each["action"]["method"], each["resource"], each["action"]["service"]) for each in asked]
    except (KeyError, TypeError):
        raise bad_arguments("auth request missing resource or action") from None
    return Reply({"auth": all(person.may(*each) for each in wanted)})


def check_auth_proxy(access: Access, call: Call) -> Reply:
    """GET /auth/proxy."""
    query = dict(call.query)
    for name in ("resource", "service", "method"):
        if name not in query:
            raise bad_arguments(f"auth proxy request missing `{name}` argument")
    person = access.somebody(call.headers, bad_arguments("auth proxy request missing auth header"))
    if not person.may(query["method"], query["resource"], query["service"]):
        raise Problem(403, "forbidden", "Unauthorized: user does not have access to this resource")
    return Reply(headers={"REMOTE_USER": person.name})


def list_auth_resources(access: Access, call: Call) -> Reply:
    """GET /auth/resources."""
    return _resources(access, call, access.anyone(call.headers))


def find_auth_resources(access: Access, call: Call) -> Reply:
    """POST /auth/resources."""
    return _resources(access, call, _subject(access, _fields(call)))


def list_user_resources(access: Access, call: Call) -> Reply:
    """GET /user/{username}/resources: with what a service and method may be used, where these are requested."""
    name, query = call.arguments["username"], dict(call.query)
    person = access.person(name) if name else None
    if person is None:
        raise not_found(f"no user found with username: {name}")
    service, method = query.get("service"), query.get("method")
    fitting = tuple(
        policy
        for policy in person.policies
        if (service is None or policy.service in ("*", service)) and (method is None or policy.method in ("*", method))
    )
    return _resources(access, call, Person(person.name, person.number, fitting))


def _subject(access: Access, body: Mapping[str, Any]) -> Person:
    """The subject of a question: the bearer of a token, a user by name, or any user."""
    user: Mapping[str, Any] = body.get("user") or {}
    if user.get("token"):
        return access.person_of(access.claims(str(user["token"]).strip()))
    return _named(access, str(user.get("user_id") or ANONYMOUS))


def _named(access: Access, name: str) -> Person:
    """A user by name; an unknown one has the permissions of any caller."""
    person = access.person(name) or access.person(ANONYMOUS)
    assert person is not None
    return person


def _resources(access: Access, call: Call, person: Person) -> Reply:
    paths = list(access.mapping(person))
    return Reply({"resources": [tag_of(path) for path in paths] if "tags" in dict(call.query) else paths})
