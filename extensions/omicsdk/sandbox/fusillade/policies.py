"""Policies: which ones are valid, the initial ones, and whether they allow a request, by the rules of AWS."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import escape
from typing import Any, cast

from omicsdk.sandbox.problems import Problem

JsonObject = dict[str, Any]
Policy = Mapping[str, Any]

# The version of the grammar.
VERSION = "2012-10-17"

# Longest policy, as JSON without blanks: IAM's limit for the policies of a role.
MAX_BYTES = 10_240

_STATEMENT = {"Sid", "Effect", "Action", "Resource"}
_ACTION = re.compile(r"\*|[\w\-]+:[\w*?]+")


def check_policy(policy: object, *, resources: bool = True) -> JsonObject:
    """Check a policy, whose types the document states, before it is kept.

    Args:
        policy: Decoded JSON.
        resources: Whether statements have to name resources; those of an access level may leave them out.

    Returns:
        The policy.

    Raises:
        Problem: 400; it is not one, has what is not evaluated here, or it is too large.
    """
    if not isinstance(policy, Mapping):
        raise _invalid("a policy is a JSON object with Version and Statement")
    checked = cast("JsonObject", policy)
    size = len(json.dumps(checked, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass"))
    if size > MAX_BYTES:
        raise _invalid(f"it has {size} bytes, and {MAX_BYTES} are the limit: split it over roles")
    if unknown := checked.keys() - {"Version", "Id", "Statement"}:
        raise _invalid(f"there is no {min(unknown)!r} in a policy; there are Version, Id and Statement")
    statements = checked.get("Statement")
    if not isinstance(statements, list) or not statements:
        raise _invalid("Statement is a list with at least one statement")
    required = {"Effect", "Action", *(["Resource"] if resources else [])}
    for number, statement in enumerate(cast("list[Mapping[str, Any]]", statements), 1):
        if unknown := statement.keys() - _STATEMENT:
            raise _invalid(f"statement {number} has {min(unknown)!r}: only {sorted(_STATEMENT)} are evaluated here")
        if missing := required - {name for name, value in statement.items() if value}:
            raise _invalid(f"statement {number} has no {min(missing)}")
        for action in as_list(statement["Action"]):
            if not _ACTION.fullmatch(action):
                raise _invalid(f"{action[:80]!r} isn't an action; actions look like 'dss:PutFile'")
    return checked


def _invalid(reason: str) -> Problem:
    return Problem(400, "Bad Request", f"The policy isn't valid: {reason}")


def as_list(value: str | list[str]) -> list[str]:
    """The texts of a policy's place where one may be without a list."""
    return [value] if isinstance(value, str) else value


def actions_of(policy: Policy, effect: str = "") -> list[str]:
    """The actions that a policy names, as they are in it, of statements with an effect or of all."""
    statements = [statement for statement in policy["Statement"] if effect in ("", statement["Effect"])]
    return [action for statement in statements for action in as_list(statement["Action"])]


# The group of all users.
EVERYBODY = "user_default"
USER_ROLE, ADMIN_ROLE = "default_user", "fusillade_admin"
# The access level that every resource type has from the start.
OWNER = "Owner"


def _allow(actions: list[str], resources: list[str]) -> JsonObject:
    return {"Version": VERSION, "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resources}]}


# The policy of every user: read about themselves.
USER_POLICY = _allow(["fus:GetUser", "fus:GetGroup", "fus:GetRole"], ["arn:hca:fus:*:*:user/${fus:user_email}/*"])
# The policy of administrators: everything that the service has.
ADMIN_POLICY = _allow(["fus:*"], ["arn:hca:fus:*:*:*"])


def group_policy(group: str) -> JsonObject:
    """The policy of a group that was created without one: its users may read about it."""
    return _allow(["fus:GetGroup", "fus:GetUser", "fus:GetRole"], [f"arn:hca:fus:*:*:group/{group}/*"])


_OBJECT = "arn:hca:fus:*:*:resource/${fus:resource_type}/id/${fus:resource_id}"
# The policy of a resource ID's owner when its type was created without one.
OWNER_POLICY = _allow(["fus:GetResources", "fus:PutResources", "fus:DeleteResources"], [_OBJECT, f"{_OBJECT}/*"])


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a request is allowed.

    Attributes:
        result: Whether all of what was requested is allowed.
        reason: Why, as text.
    """

    result: bool
    reason: str


def decide(policies: Iterable[Policy], actions: Sequence[str], resource: str, context: Mapping[str, str]) -> Decision:
    """Decide about actions on a resource.

    Args:
        policies: All policies that count, checked before.
        actions: The actions; all of them have to be allowed.
        resource: The resource's name.
        context: The values of variables such as `fus:user_email`.

    Returns:
        Yes when each action is allowed by a statement and denied by none.
    """
    statements = [statement for policy in policies for statement in policy["Statement"]]
    unsaid: list[str] = []
    for action in actions:
        effects = {
            statement["Effect"]
            for statement in statements
            if any(_fits(pattern.lower(), action.lower(), {}) for pattern in as_list(statement["Action"]))
            and any(_fits(pattern, resource, context) for pattern in as_list(statement.get("Resource", "*")))
        }
        if "Deny" in effects:
            return Decision(False, f"A policy denies {action} on {resource}.")
        if not effects:
            unsaid.append(action)
    if unsaid or not actions:
        return Decision(False, f"No policy allows {', '.join(unsaid) or 'nothing'} on {resource}.")
    return Decision(True, "All requested actions are allowed, and none is denied.")


_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def _fits(pattern: str, text: str, context: Mapping[str, str]) -> bool:
    """Whether a text fits a pattern with `*`, `?` and variables; one whose variable has no value fits nothing."""
    if any(name not in context for name in _VARIABLE.findall(pattern)):
        return False
    # A shell's pattern has ranges in brackets, which a policy's has not.
    shell = _VARIABLE.sub(lambda variable: escape(context[variable[1]]), pattern.replace("[", "[[]"))
    return fnmatchcase(text, shell)
