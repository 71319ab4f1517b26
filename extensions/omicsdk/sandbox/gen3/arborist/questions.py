"""May somebody do something, and what may they do at all: the questions that Arborist answers."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from omicsdk.sandbox.gen3.access import ANONYMOUS, Access, Person
from omicsdk.sandbox.gen3.access_rules import POLICY, ROLE, Policy, tag_of
from omicsdk.sandbox.gen3.arborist.answers import fields
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.service import Call, Reply


def get_auth_mapping(access: Access, call: Call) -> Reply:
    """GET /auth/mapping."""
    return Reply(access.mapping(access.anyone(call.headers)))


def find_auth_mapping(access: Access, call: Call) -> Reply:
    """POST /auth/mapping."""
    body = fields(call)
    rules = access.rules
    if ("username" in body) == ("clientID" in body):
        raise bad_arguments("must specify exactly one of `username` or `clientID`")
    if "clientID" in body:
        return Reply(rules.mapping(rules.of_client(str(body["clientID"]))))
    return Reply(access.mapping(_named(access, str(body["username"]))))


def check_auth_request(access: Access, call: Call) -> Reply:
    """POST /auth/request."""
    body = fields(call)
    person = _subject(access, cast("Mapping[str, Any]", body.get("user") or {}))
    asked: list[Mapping[str, Any]] = [*(body.get("requests") or ()), *([body["request"]] if "request" in body else ())]
    if not asked:
        raise bad_arguments("auth request missing `request` or `requests`")
    try:
        wanted = [(each["resource"], each["action"]["method"], each["action"]["service"]) for each in asked]
    except (KeyError, TypeError):
        raise bad_arguments("auth request missing resource or action") from None
    return Reply({"auth": all(person.may(method, resource, service) for resource, method, service in wanted)})


def check_auth_proxy(access: Access, call: Call) -> Reply:
    """GET /auth/proxy."""
    query = dict(call.query)
    for name in ("resource", "service", "method"):
        if name not in query:
            raise bad_arguments(f"auth proxy request missing `{name}` argument")
    person = access.bearer(call.headers)
    if person is None:
        raise bad_arguments("auth proxy request missing auth header")
    if not person.may(query["method"], query["resource"], query["service"]):
        raise Problem(403, "forbidden", "Unauthorized: user does not have access to this resource")
    return Reply(headers={"REMOTE_USER": person.name})


def list_auth_resources(access: Access, call: Call) -> Reply:
    """GET /auth/resources."""
    return _resources(access, call, access.anyone(call.headers))


def find_auth_resources(access: Access, call: Call) -> Reply:
    """POST /auth/resources."""
    user: Any = fields(call).get("user") or {}
    return _resources(access, call, _subject(access, user))


def list_user_resources(access: Access, call: Call) -> Reply:
    """GET /user/{username}/resources."""
    name = call.arguments["username"]
    person = access.person(name) if name else None
    if person is None:
        raise Problem(404, "not_found", f"no user found with username: {name}")
    fitting = tuple(_fitting(person.policies, dict(call.query)))
    return _resources(access, call, Person(person.name, person.number, fitting))


def list_policies(access: Access, call: Call) -> Reply:
    """GET /policy, which the gateway lets everybody ask."""
    policies = access.rules.all(POLICY)
    if "expand" in dict(call.query):
        roles = {each["id"]: each for each in access.rules.all(ROLE)}
        policies = [{**each, "roles": [roles[id] for id in each["role_ids"] if id in roles]} for each in policies]
    return Reply({"policies": policies})


def get_health(access: Access, call: Call) -> Reply:
    """GET /health."""
    del access, call
    return Reply("Healthy")


def _fitting(policies: Iterable[Policy], query: Mapping[str, str]) -> list[Policy]:
    """The policies that hold for a service and method, where these are asked for."""
    service, method = query.get("service"), query.get("method")
    return [
        policy
        for policy in policies
        if (service is None or policy.service in ("*", service)) and (method is None or policy.method in ("*", method))
    ]


def _subject(access: Access, user: Mapping[str, Any]) -> Person:
    """Whom a question is about: the bearer of a token, somebody by name, or anybody."""
    if user.get("token"):
        token = str(user["token"]).strip()
        return access.person_of(access.claims(token))
    return _named(access, str(user.get("user_id") or ANONYMOUS))


def _named(access: Access, name: str) -> Person:
    """Somebody by name; whom nobody knows may what everybody may."""
    person = access.person(name) or access.person(ANONYMOUS)
    assert person is not None
    return person


def _resources(access: Access, call: Call, person: Person) -> Reply:
    paths = list(access.mapping(person))
    return Reply({"resources": [tag_of(path) for path in paths] if "tags" in dict(call.query) else paths})
