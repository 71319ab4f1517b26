"""Users, groups and roles: their operations, and pages of lists."""

import base64
import binascii
from collections.abc import Iterable
from typing import Any

from omicsdk.sandbox.fusillade.policies import check_policy, group_policy
from omicsdk.sandbox.fusillade.state import GROUP, ROLE, USER, Fusillade, Link, is_name, refuse_missing
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.service import Call, Reply, for_each, page


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
    after = _name(call.arguments.get("next_token", ""))
    left = sorted(name for name in names if name > after)
    shown = left[:count]
    following = {"next_token": _token(shown[-1])} if len(left) > count else None
    return page(call, {**beside, key: [form.replace("{}", name) for name in shown]}, key, following)


def _token(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")


def _name(token: str) -> str:
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise bad_arguments("Invalid next_token: use the one in the Link header of a page") from error


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
    return listed(call, f"{kind}s", (each.name for each in fusillade.principals.all(kind=kind)))


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
    with fusillade.transaction():
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
    with fusillade.transaction():
        name = fusillade.principal(kind, call.arguments[f"{kind}_id"]).name
        if missing := fusillade.missing(other, names):
            raise not_found(f"There is no {other} {', '.join(missing)}; nothing has been changed")
        by, equal = _ends(kind, name, other)
        present = {getattr(link, by) for link in fusillade.links.all(**equal)}
        if not names or any((each in present) == (action == "add") for each in names):
            return Reply(status=304)
        if action == "add":
            fusillade.links.put_all(Link(**equal, **{by: each}) for each in names)
        else:
            for each in names:
                fusillade.links.remove(**equal, **{by: each})
    changed = {f"{kind}_id": name, f"{other}s": names, "action": action}
    return Reply({**changed, "msg": f"The {kind}'s {other}s have been changed."})


HANDLERS = {
    **for_each(
        {kind: kind for kind in (USER, GROUP, ROLE)},
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
"""By operation; what the document does not have, such as deleting users, stays unused."""


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
        return listed(call, f"{kind}s", (each.name for each in owned))
    if fusillade.types.get(kind) is None:
        refuse_missing(f"resource type {kind}; group and role are the others")
    resources = fusillade.resources.all(type=kind, creator=user)
    return listed(call, "resource_ids", (each.id for each in resources), f"/resource/{kind}/id/{{}}")


def post_v1_policies_evaluate(fusillade: Fusillade, call: Call) -> Reply:
    """POST /v1/policies/evaluate."""
    [resource], principal = call.body["resource"], call.body["principal"]
    if not is_name(principal):
        raise bad_arguments(f"{principal[:80]!r} can't be the name of a user")
    decision = fusillade.decide(principal, call.body["action"], resource)
    return Reply({"result": decision.result, "reason": decision.reason})
