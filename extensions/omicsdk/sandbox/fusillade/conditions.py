"""Conditions of policies: operators over the keys of a request, as AWS IAM defines them."""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from omicsdk.sandbox.fusillade.patterns import Context, as_list, compile_pattern, fits

Condition = Mapping[str, Mapping[str, object]]
_Test = Callable[[str, str, Context, bool], bool]
_ANY, _ALL, _OPTIONAL = "ForAnyValue:", "ForAllValues:", "IfExists"


@dataclass(frozen=True, slots=True)
class Operator:
    """What an operator's name says.

    Attributes:
        test: Whether one value of the request fits one of the policy.
        negated: Whether it holds when no value fits.
        scope: `ForAnyValue:`, `ForAllValues:` or nothing.
        optional: Whether it holds for a key that the request doesn't have.
    """

    test: _Test
    negated: bool
    scope: str
    optional: bool


def operator_of(name: str) -> Operator | None:
    """Reads an operator's name, such as `ForAnyValue:StringLikeIfExists`; None when there is no such operator."""
    scope = next((each for each in (_ANY, _ALL) if name.startswith(each)), "")
    word = name.removeprefix(scope)
    optional = word.endswith(_OPTIONAL)
    test, negated = _TESTS.get(word.removesuffix(_OPTIONAL), (None, False))
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
    operator = operator_of(name)
    assert operator is not None, f"{name} wasn't checked"

    def one(value: str) -> bool:
        fitting = any(operator.test(value, each, context, variables) for each in stated)
        return fitting != operator.negated

    if not values:
        if operator.scope:
            return operator.scope == _ALL or operator.optional
        return operator.optional or operator.negated
    if operator.scope == _ALL or (operator.negated and not operator.scope):
        return all(map(one, values))
    return any(map(one, values))


# -- the tests


def _texts(*, wild: bool = False, fold: bool = False) -> _Test:
    def test(value: str, stated: str, context: Context, variables: bool) -> bool:
        pattern = compile_pattern(stated, context, variables=variables, wild=wild)
        if pattern is None:
            return False
        if not fold:
            return fits(pattern, value)
        folded = tuple(each.lower() if isinstance(each, str) else each for each in pattern)
        return fits(folded, value.lower())

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


_COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], bool]] = {
    "Equals": (lambda one, other: one == other, False),
    "NotEquals": (lambda one, other: one == other, True),
    "LessThan": (lambda one, other: one < other, False),
    "LessThanEquals": (lambda one, other: one <= other, False),
    "GreaterThan": (lambda one, other: one > other, False),
    "GreaterThanEquals": (lambda one, other: one >= other, False),
}

_TESTS: dict[str, tuple[_Test, bool]] = {
    "StringEquals": (_texts(), False),
    "StringNotEquals": (_texts(), True),
    "StringEqualsIgnoreCase": (_texts(fold=True), False),
    "StringNotEqualsIgnoreCase": (_texts(fold=True), True),
    "StringLike": (_texts(wild=True), False),
    "StringNotLike": (_texts(wild=True), True),
    "ArnEquals": (_texts(wild=True), False),
    "ArnNotEquals": (_texts(wild=True), True),
    "ArnLike": (_texts(wild=True), False),
    "ArnNotLike": (_texts(wild=True), True),
    "Bool": (_bool, False),
    "IpAddress": (_address, False),
    "NotIpAddress": (_address, True),
    **{f"Numeric{name}": (_compared(_number, right), negated) for name, (right, negated) in _COMPARISONS.items()},
    **{f"Date{name}": (_compared(_moment, right), negated) for name, (right, negated) in _COMPARISONS.items()},
}
