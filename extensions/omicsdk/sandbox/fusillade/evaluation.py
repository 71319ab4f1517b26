"""Decisions: what policies say together about an action on a resource."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from omicsdk.sandbox.fusillade.conditions import holds
from omicsdk.sandbox.fusillade.patterns import Context, compile_pattern, fits
from omicsdk.sandbox.fusillade.policies import VERSION, Policy, principals_of, texts

EMAIL = "fus:user_email"
"""The key of a request that has the name of whom a decision is about."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What policies say.

    Attributes:
        result: Whether all of what was asked for is allowed.
        reason: Why, in words.
    """

    result: bool
    reason: str


def decide(policies: Iterable[Policy], actions: Sequence[str], resource: str, context: Context) -> Decision:
    """Decides about actions on a resource.

    Args:
        policies: All policies that count, checked before.
        actions: The actions; all of them have to be allowed.
        resource: The resource's name.
        context: The request's keys and their values, the name of the user under `fus:user_email`.

    Returns:
        Yes when each action is allowed by a statement and denied by none.
    """
    counting = [
        (statement, policy.get("Version") == VERSION)
        for policy in policies
        for statement in cast("list[Mapping[str, Any]]", policy["Statement"])
    ]
    unsaid: list[str] = []
    for action in actions:
        effects = {
            statement["Effect"]
            for statement, variables in counting
            if _counts(statement, action, resource, context, variables=variables)
        }
        if "Deny" in effects:
            return Decision(False, f"A policy denies {action} on {resource}.")
        if not effects:
            unsaid.append(action)
    if unsaid or not actions:
        return Decision(False, f"No policy allows {', '.join(unsaid) or 'nothing'} on {resource}.")
    return Decision(True, "Everything that was asked for is allowed, and nothing of it is denied.")


def _counts(statement: Mapping[str, Any], action: str, resource: str, context: Context, *, variables: bool) -> bool:
    return (
        _in_list(statement, "Action", action.lower(), context, variables=False, fold=True)
        and _in_list(statement, "Resource", resource, context, variables=variables, fold=False)
        and _about(statement.get("Principal", "*"), context)
        and holds(statement.get("Condition", {}), context, variables=variables)
    )


def _in_list(
    statement: Mapping[str, Any], name: str, value: str, context: Context, *, variables: bool, fold: bool
) -> bool:
    negated = f"Not{name}" in statement
    stated = statement.get(f"Not{name}" if negated else name)
    if stated is None:
        return True  # an access level without resources is about the thing that it is had on
    fitting = False
    for text in texts(stated):
        pattern = compile_pattern(text.lower() if fold else text, context, variables=variables)
        if pattern is None:
            if negated:
                return False  # as in IAM, a statement whose variable has no value counts for nothing
        elif fits(pattern, value):
            fitting = True
    return fitting != negated


def _about(principal: object, context: Context) -> bool:
    names = principals_of(principal)
    return "*" in names or any(email in names for email in context.get(EMAIL, ()))
