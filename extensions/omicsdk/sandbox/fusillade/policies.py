"""Policies: which texts are valid, the initial ones, and whether they allow a request, by the rules of AWS."""

import ipaddress
import json
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any, cast

from omicsdk.sandbox.problems import Problem

Context = Mapping[str, Sequence[str]]

_VARIABLE = re.compile(r"\$\{\s*([^}',]*?)\s*(?:,\s*'([^']*)'\s*)?\}")
# `${*}` represents a star that is meant as one, and so on.
_LITERAL = "*?$"


def as_list(value: object) -> list[object]:
    """The values of a place where one may be without a list."""
    return cast("list[object]", value) if isinstance(value, list) else [value]


def compile_pattern(text: str, context: Context, *, variables: bool = True, wild: bool = True) -> str | None:
    """Make a pattern of a policy's text for one request.

    Args:
        text: The text of the policy.
        context: The request's keys and their values.
        variables: Whether `${key}` is replaced; policies of the oldest version have none.
        wild: Whether `*` and `?` represent other texts.

    Returns:
        The pattern, as shells have them; None when a variable has no value, or more than one: it fits nothing then.
    """
    meant = "[" if wild else "*?["
    found: list[str] = []
    end = 0
    for match in _VARIABLE.finditer(text) if variables else ():
        value = _value(match[1], match[2], context)
        if value is None:
            return None
        found += [_quoted(text[end : match.start()], meant), _quoted(value, "*?[")]
        end = match.end()
    return "".join(found) + _quoted(text[end:], meant)


def _quoted(text: str, letters: str) -> str:
    """A part of a pattern in which some letters represent themselves."""
    return "".join(f"[{each}]" if each in letters else each for each in text)


def _value(key: str, default: str | None, context: Context) -> str | None:
    if len(key) == 1 and key in _LITERAL:
        return key
    values = context.get(key, ())
    return values[0] if len(values) == 1 else default


def fits(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern; none takes longer than its length times the text's, as nothing is tried twice."""
    return fnmatchcase(text, pattern)


Condition = Mapping[str, Mapping[str, object]]
_Test = Callable[[str, str, Context, bool], bool]
_ANY, _ALL, _OPTIONAL = "ForAnyValue:", "ForAllValues:", "IfExists"


@dataclass(frozen=True, slots=True)
class Operator:
    """The parts of an operator's name.

    Attributes:
        test: Whether one value of the request fits one of the policy.
        negated: Whether it holds when no value fits.
        scope: `ForAnyValue:`, `ForAllValues:` or nothing.
        optional: Whether it holds for a key that the request does not have.
    """

    test: _Test
    negated: bool
    scope: str
    optional: bool


def operator_of(name: str) -> Operator | None:
    """Read an operator's name, such as `ForAnyValue:StringLikeIfExists`; None when there is no such operator."""
    scope = next((each for each in (_ANY, _ALL) if name.startswith(each)), "")
    word = name.removeprefix(scope)
    optional = word.endswith(_OPTIONAL)
    test, negated = _OPERATORS.get(word.removesuffix(_OPTIONAL), (None, False))
    return None if test is None else Operator(test, negated, scope, optional)


def holds(condition: Condition, context: Context, *, variables: bool) -> bool:
    """Whether all of a statement's condition holds for a request.

    Args:
        condition: Operator to key to value or values; of operators that `operator_of` knows, and `Null`.
        context: The request's keys and their values.
        variables: Whether `${key}` in values is replaced.
    """
    return all(
        _key_holds(name, _find(context, key), listed(stated), context, variables)
        for name, tests in condition.items()
        for key, stated in tests.items()
    )


def listed(value: object) -> list[str]:
    """A condition's value or values as texts, numbers and booleans too."""
    return [str(each).lower() if isinstance(each, bool) else str(each) for each in as_list(value)]


def _find(context: Context, key: str) -> Sequence[str]:
    # Keys are compared without case, as IAM does.
    return next((values for name, values in context.items() if name.lower() == key.lower()), ())


def _key_holds(name: str, values: Sequence[str], stated: Sequence[str], context: Context, variables: bool) -> bool:
    if name == "Null":
        return (not values) == (stated[:1] == ["true"])
    found = operator_of(name)
    assert found is not None, f"{name} wasn't checked"

    def one(value: str) -> bool:
        fitting = any(found.test(value, each, context, variables) for each in stated)
        return fitting != found.negated

    if not values:
        if found.scope:
            return found.scope == _ALL or found.optional
        return found.optional or found.negated
    if found.scope == _ALL or (found.negated and not found.scope):
        return all(map(one, values))
    return any(map(one, values))


# -- the tests


def _texts(*, wild: bool = False, fold: bool = False) -> _Test:
    def test(value: str, stated: str, context: Context, variables: bool) -> bool:
        pattern = compile_pattern(stated, context, variables=variables, wild=wild)
        if pattern is None:
            return False
        return fits(pattern.lower(), value.lower()) if fold else fits(pattern, value)

    return test


def _compared(read: Callable[[str], float | None], right: Callable[[float, float], bool]) -> _Test:
    def test(value: str, stated: str, _context: Context, _variables: bool) -> bool:
        one, other = read(value), read(stated)
        return one is not None and other is not None and right(one, other)

    return test


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _moment(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _number(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _bool(value: str, stated: str, _context: Context, _variables: bool) -> bool:
    return value.lower() == stated.lower()


def _address(value: str, stated: str, _context: Context, _variables: bool) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(stated, strict=False)
    except ValueError:
        return False


_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
_TESTS: dict[str, _Test] = {
    "StringEquals": _texts(),
    "StringEqualsIgnoreCase": _texts(fold=True),
    **dict.fromkeys(("StringLike", "ArnEquals", "ArnLike"), _texts(wild=True)),
    "Bool": _bool,
    "IpAddress": _address,
    **{f"Numeric{name}": _compared(_number, right) for name, right in _COMPARISONS.items()},
    **{f"Date{name}": _compared(_moment, right) for name, right in _COMPARISONS.items()},
}
_NEGATED = {name: re.sub("(?=Equals|Like|Ip)", "Not", name, count=1) for name in _TESTS if "Than" not in name}
_OPERATORS = {
    **{name: (test, False) for name, test in _TESTS.items()},
    **{negated: (_TESTS[name], True) for name, negated in _NEGATED.items() if negated != name},
}


Policy = Mapping[str, Any]

VERSION = "2012-10-17"
"""The version of the grammar that knows variables."""
_OLDEST = "2008-10-17"

MAX_BYTES = 10_240
"""Longest policy, as JSON without blanks: IAM's limit for the policies of a role."""

IAM_POLICY, RESOURCE_POLICY = "IAMPolicy", "ResourcePolicy"

_STATEMENT = {"Sid", "Effect", "Principal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
_ACTION = re.compile(r"\*|[\w\-]+:[\w*?]+")


def check_policy(policy: object, kind: str = IAM_POLICY) -> dict[str, Any]:
    """Check a policy before it is kept.

    Args:
        policy: Decoded JSON.
        kind: `IAMPolicy` for what is attached to users, groups and roles, `ResourcePolicy` for an access level:
            only that one may have principals, and may leave out resources.

    Returns:
        The policy.

    Raises:
        Problem: 400; it is not one, with the place and the reason, or it is too large.
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
    """All actions that a policy names, as they are in it."""
    return {
        action
        for statement in policy["Statement"]
        for key in ("Action", "NotAction")
        for action in texts(statement.get(key, []))
    }


def texts(value: object) -> list[str]:
    """The texts of a checked policy's place where one may be without a list."""
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
        return "Principal is for access levels; a policy attached to a user is about that user"
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


JsonObject = dict[str, Any]

EVERYBODY = "user_default"
"""The group of all users."""
USER_ROLE, ADMIN_ROLE = "default_user", "fusillade_admin"
OWNER = "Owner"
"""The access level that every resource type has from the start."""


def _allow(actions: list[str], resources: list[str]) -> JsonObject:
    return {"Version": VERSION, "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resources}]}


USER_POLICY = _allow(["fus:GetUser", "fus:GetGroup", "fus:GetRole"], ["arn:hca:fus:*:*:user/${fus:user_email}/*"])
"""The policy of every user: read about themselves."""
ADMIN_POLICY = _allow(["fus:*"], ["arn:hca:fus:*:*:*"])
"""The policy of administrators: everything that the service has."""


def group_policy(group: str) -> JsonObject:
    """The policy of a group that was created without one: its users may read about it."""
    return _allow(["fus:GetGroup", "fus:GetUser", "fus:GetRole"], [f"arn:hca:fus:*:*:group/{group}/*"])


_THING = "arn:hca:fus:*:*:resource/${fus:resource_type}/id/${fus:resource_id}"
OWNER_POLICY = _allow(["fus:GetResources", "fus:PutResources", "fus:DeleteResources"], [_THING, f"{_THING}/*"])
"""The policy of a resource ID's owner when its type was created without one."""

EMAIL = "fus:user_email"
"""The key of a request that has the name of whom a decision is about."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Evaluate policies.

    Attributes:
        result: Whether all of what was requested is allowed.
        reason: Why, as text.
    """

    result: bool
    reason: str


def decide(policies: Iterable[Policy], actions: Sequence[str], resource: str, context: Context) -> Decision:
    """Decide about actions on a resource.

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
    return Decision(True, "All requested actions are allowed, and none is denied.")


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
        return True  # an access level without resources applies to the object on which it is granted
    fitting = False
    for text in texts(stated):
        pattern = compile_pattern(text.lower() if fold else text, context, variables=variables)
        if pattern is None:
            if negated:
                return False  # as in IAM, a statement whose variable has no value is ignored
        elif fits(pattern, value):
            fitting = True
    return fitting != negated


def _about(principal: object, context: Context) -> bool:
    names = principals_of(principal)
    return "*" in names or any(email in names for email in context.get(EMAIL, ()))
