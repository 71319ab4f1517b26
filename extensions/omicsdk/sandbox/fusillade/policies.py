"""The grammar of policies, that of AWS IAM: what a policy must look like before it is kept."""

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from omicsdk.sandbox.fusillade.conditions import operator_of
from omicsdk.sandbox.fusillade.patterns import as_list
from omicsdk.sandbox.problems import Problem

Policy = Mapping[str, Any]

VERSION = "2012-10-17"
"""The version of the grammar that knows variables."""
_OLDEST = "2008-10-17"

MAX_BYTES = 10_240
"""How large a policy may be as JSON without blanks: what IAM takes for the policies of a role."""

IAM_POLICY, RESOURCE_POLICY = "IAMPolicy", "ResourcePolicy"

_STATEMENT = {"Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
_ACTION = re.compile(r"\*|[\w\-]+:[\w*?]+")


def check_policy(policy: object, kind: str = IAM_POLICY) -> dict[str, Any]:
    """Checks a policy before it is kept.

    Args:
        policy: Decoded JSON.
        kind: `IAMPolicy` for what is attached to users, groups and roles, `ResourcePolicy` for an access level:
            only that one may have principals, and may leave out resources.

    Returns:
        The policy.

    Raises:
        Problem: 400; it isn't one, with the place and the reason, or it is too large.
    """
    if not isinstance(policy, Mapping):
        raise _invalid("a policy is a JSON object with Version and Statement")
    found = cast("dict[str, Any]", policy)
    size = len(json.dumps(found, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass"))
    if size > MAX_BYTES:
        raise _invalid(f"it has {size} bytes, and {MAX_BYTES} are the limit: split it over roles")
    if unknown := found.keys() - {"Version", "Id", "Statement"}:
        raise _invalid(f"there is no {min(unknown)!r} in a policy; there are Version, Id and Statement")
    if found.get("Version", VERSION) not in (VERSION, _OLDEST):
        raise _invalid(f"Version is {VERSION!r}, not {found['Version']!r}")
    statements = found.get("Statement")
    if not isinstance(statements, list) or not statements:
        raise _invalid("Statement is a list with at least one statement")
    names: set[str] = set()
    for number, statement in enumerate(cast("list[object]", statements), 1):
        if fault := _fault(statement, kind):
            raise _invalid(f"statement {number}: {fault}")
        name = cast("Mapping[str, Any]", statement).get("Sid")
        if name and name in names:
            raise _invalid(f"statement {number}: its Sid {name!r} is that of an earlier one")
        names.add(name or "")
    return found


def actions_of(policy: Policy) -> set[str]:
    """All actions that a policy names, as they stand in it."""
    return {
        action
        for statement in policy["Statement"]
        for key in ("Action", "NotAction")
        for action in texts(statement.get(key, []))
    }


def texts(value: object) -> list[str]:
    """The texts of a checked policy's place where one may stand without a list."""
    return cast("list[str]", as_list(value))


def _invalid(reason: str) -> Problem:
    return Problem(400, "Bad Request", f"The policy isn't valid: {reason}")


def _fault(statement: object, kind: str) -> str:
    if not isinstance(statement, Mapping):
        return "it is no JSON object"
    found = cast("Mapping[str, Any]", statement)
    if unknown := found.keys() - _STATEMENT:
        return f"there is no {min(unknown)!r} in a statement"
    if found.get("Effect") not in ("Allow", "Deny"):
        return "Effect is 'Allow' or 'Deny'"
    if not isinstance(found.get("Sid", ""), str):
        return "Sid is a text"
    return (
        _list_fault(found, "Action", "NotAction", required=True)
        or _action_fault(found)
        or _list_fault(found, "Resource", "NotResource", required=kind == IAM_POLICY)
        or _principal_fault(found, kind)
        or _condition_fault(found.get("Condition", {}))
    )


def _list_fault(statement: Mapping[str, Any], name: str, negated: str, *, required: bool) -> str:
    given = [key for key in (name, negated) if key in statement]
    if len(given) == 2:
        return f"it has {name} and {negated}; one of them is enough"
    if not given:
        return f"{name} is missing" if required else ""
    values = as_list(statement[given[0]])
    if not values or not all(isinstance(each, str) and each for each in values):
        return f"{given[0]} is a text or a list of texts"
    return ""


def _action_fault(statement: Mapping[str, Any]) -> str:
    for action in texts(statement.get("Action") or statement["NotAction"]):
        if not _ACTION.fullmatch(action):
            return f"{action[:80]!r} isn't an action; actions look like 'dss:PutFile'"
    return ""


def _principal_fault(statement: Mapping[str, Any], kind: str) -> str:
    if "Principal" not in statement:
        return ""
    if kind == IAM_POLICY:
        return "Principal is for access levels; what is attached to somebody is about them"
    fine = all(isinstance(each, str) for each in principals_of(statement["Principal"]))
    return "" if fine else "Principal is '*' or lists of names by their kind"


def principals_of(principal: object) -> list[object]:
    """All names in a statement's Principal: a text, or lists by kind."""
    members = list(cast("Mapping[str, object]", principal).values()) if isinstance(principal, Mapping) else [principal]
    return [name for member in members for name in as_list(member)]


def _condition_fault(condition: object) -> str:
    if not isinstance(condition, Mapping):
        return "Condition is an object of operators"
    for name, tests in cast("Mapping[str, object]", condition).items():
        if name != "Null" and operator_of(name) is None:
            return f"there is no condition operator {name[:80]!r}"
        if not isinstance(tests, Mapping) or not tests:
            return f"{name} is an object of keys and values"
        for key, value in cast("Mapping[str, object]", tests).items():
            values = as_list(value)
            if not values or not all(isinstance(each, str | int | float) for each in values):
                return f"the value of {key[:80]!r} is a text, number or boolean, or a list of these"
    return ""
