"""Decisions: what policies say together, as properties and by examples."""

import random
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.sandbox.fusillade.policies import check_policy, compile_pattern, decide, fits, holds, operator_of

ACTIONS = ["dss:PutFile", "dss:GetFile", "dss:GetBundle", "fus:GetUser"]
RESOURCES = ["arn:hca:dss:*:dev:files/a", "arn:hca:dss:*:dev:files/b", "arn:hca:dss:*:prod:bundles/a"]
CONTEXT = {"fus:user_email": ["ann@example.org"], "fus:groups": ["hca", "lab"], "fus:roles": []}

NEVER = {"StringEquals": {"fus:user_email": "bob@example.org"}}

actions = st.sampled_from([*ACTIONS, "*", "dss:*", "dss:Get*", "DSS:getfile", "fus:Get?ser"])
resources = st.sampled_from([*RESOURCES, "*", "arn:hca:dss:*:dev:*", "arn:hca:*", "arn:hca:dss:*:dev:files/?"])
conditions = st.sampled_from(
    [
        {},
        {"StringEquals": {"fus:user_email": "ann@example.org"}},
        NEVER,
        {"ForAnyValue:StringLike": {"fus:groups": ["l*"]}},
        {"Null": {"fus:roles": "true"}},
    ]
)


@st.composite
def statements(draw: st.DrawFn):
    action, resource = (
        draw(st.sampled_from(["Action", "NotAction"])),
        draw(st.sampled_from(["Resource", "NotResource"])),
    )
    return {
        "Effect": draw(st.sampled_from(["Allow", "Deny"])),
        action: draw(st.lists(actions, min_size=1, max_size=2)),
        resource: draw(st.lists(resources, min_size=1, max_size=2)),
        "Condition": draw(conditions),
    }


policies = st.lists(
    st.lists(statements(), min_size=1, max_size=3).map(lambda found: {"Version": "2012-10-17", "Statement": found}),
    max_size=3,
)
asked = st.sampled_from(ACTIONS)
things = st.sampled_from(RESOURCES)


def says(found, action, thing) -> bool:
    return decide(found, [action], thing, CONTEXT).result


def glob(pattern: str, text: str, *, fold: bool = False) -> bool:
    steps = {"*": ".*", "?": "."}
    made = "".join(steps.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(made, text, re.DOTALL | (re.IGNORECASE if fold else 0)) is not None


def counts(statement, action, thing) -> bool:
    """The same again, written as the grammar reads."""

    def within(name, value, fold):
        if name in statement:
            return any(glob(each, value, fold=fold) for each in statement[name])
        return not any(glob(each, value, fold=fold) for each in statement[f"Not{name}"])

    kept = statement["Condition"] != NEVER  # the others hold for CONTEXT
    return within("Action", action, True) and within("Resource", thing, False) and kept


@given(policies, asked, things)
def test_a_yes_is_an_allow_without_a_deny(found, action, thing):
    effects = [each["Effect"] for policy in found for each in policy["Statement"] if counts(each, action, thing)]
    assert says(found, action, thing) == ("Allow" in effects and "Deny" not in effects)


@given(policies, statements(), asked, things)
def test_more_denials_allow_nothing_and_more_permissions_deny_nothing(found, statement, action, thing):
    more = [*found, {"Version": "2012-10-17", "Statement": [statement]}]
    if statement["Effect"] == "Deny":
        assert says(more, action, thing) <= says(found, action, thing)
    else:
        assert says(more, action, thing) >= says(found, action, thing)


@given(policies, asked, things, st.randoms(use_true_random=False))
def test_order_means_nothing(found, action, thing, chance: random.Random):
    mixed = [{**policy, "Statement": chance.sample(policy["Statement"], len(policy["Statement"]))} for policy in found]
    chance.shuffle(mixed)
    assert says(mixed, action, thing) == says(found, action, thing)


@given(policies, st.lists(asked, min_size=1, max_size=4), things)
def test_all_of_it_has_to_be_allowed(found, wanted, thing):
    assert decide(found, wanted, thing, CONTEXT).result == all(says(found, each, thing) for each in wanted)


@given(policies)
def test_what_is_made_here_is_valid(found):
    for policy in found:
        assert check_policy(policy) == policy


def test_nothing_asked_is_nothing_allowed():
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    assert not decide([everything], [], "arn:hca:x:*:*:y", CONTEXT).result
    assert decide([everything], ["a:Bc"], "arn:hca:x:*:*:y", CONTEXT).result


@given(st.text("ab*?", max_size=8), st.text("ab\n", max_size=8))
def test_patterns_are_what_shells_know(pattern, text):
    compiled = compile_pattern(pattern, {})
    assert compiled is not None
    assert fits(compiled, text) == glob(pattern, text)


def test_no_pattern_treats_as_ever():
    compiled = compile_pattern("*a" * 200 + "b", {})
    assert compiled is not None
    begun = time.process_time()
    assert not fits(compiled, "a" * 5000)
    assert time.process_time() - begun < 10  # backtracking would take longer than there is time


@pytest.mark.parametrize(
    ("pattern", "text", "right"),
    [
        ("user/${fus:user_email}/*", "user/ann@example.org/policy", True),
        ("user/${fus:user_email}/*", "user/bob@example.org/policy", False),
        ("${ fus:user_email }", "ann@example.org", True),
        ("${*}", "*", True),
        ("${*}", "x", False),
        ("${?}${$}", "?$", True),
        ("${fus:none, 'other'}", "other", True),
        ("a${fus:star}c", "abc", False),
        ("a${fus:star}c", "a*c", True),
    ],
)
def test_variables(pattern, text, right):
    compiled = compile_pattern(pattern, {**CONTEXT, "fus:star": ["*"]})
    assert compiled is not None
    assert fits(compiled, text) == right


@pytest.mark.parametrize("text", ["${fus:none}", "${fus:groups}", "${fus:roles}"])
def test_variables_without_one_value_fit_nothing(text):
    assert compile_pattern(text, CONTEXT) is None
    statement = {"Effect": "Allow", "Action": "*", "Resource": text}
    for version, thing in (("2012-10-17", text), ("2012-10-17", "")):
        assert not says([{"Version": version, "Statement": [statement]}], "a:Bc", thing)
    negated = {"Effect": "Allow", "Action": "*", "NotResource": text}
    assert not says([{"Version": "2012-10-17", "Statement": [negated]}], "a:Bc", "x")


def test_the_oldest_version_has_no_variables():
    statement = {"Effect": "Allow", "Action": "*", "Resource": "${fus:user_email}"}
    assert says([{"Statement": [statement]}], "a:Bc", "${fus:user_email}")
    assert not says([{"Statement": [statement]}], "a:Bc", "ann@example.org")


REQUEST = {
    "fus:user_email": ["ann@example.org"],
    "fus:groups": ["hca", "lab"],
    "n": ["5"],
    "when": ["2026-01-02T03:04:05+00:00"],
    "yes": ["true"],
    "ip": ["10.1.2.3"],
}


@pytest.mark.parametrize(
    ("operator", "key", "value", "right"),
    [
        ("StringEquals", "fus:user_email", "ann@example.org", True),
        ("StringEquals", "FUS:USER_EMAIL", "ann@example.org", True),
        ("StringEquals", "fus:user_email", ["x", "ann@example.org"], True),
        ("StringEquals", "fus:user_email", "a*", False),
        ("StringEquals", "fus:user_email", "${fus:user_email}", True),
        ("StringEquals", "none", "x", False),
        ("StringEqualsIfExists", "none", "x", True),
        ("StringNotEquals", "none", "x", True),
        ("StringNotEquals", "fus:user_email", ["x", "ann@example.org"], False),
        ("StringNotEquals", "fus:user_email", ["x", "y"], True),
        ("StringEqualsIgnoreCase", "fus:user_email", "ANN@example.org", True),
        ("StringNotEqualsIgnoreCase", "fus:user_email", "ANN@example.org", False),
        ("StringLike", "fus:user_email", "*@example.org", True),
        ("StringNotLike", "fus:user_email", "*@example.org", False),
        ("ArnLike", "fus:user_email", "ann?*", True),
        ("ArnNotEquals", "fus:user_email", "ann?*", False),
        ("StringEquals", "fus:groups", "lab", True),
        ("StringNotEquals", "fus:groups", "lab", False),
        ("ForAnyValue:StringEquals", "fus:groups", "lab", True),
        ("ForAnyValue:StringEquals", "fus:groups", "x", False),
        ("ForAnyValue:StringNotEquals", "fus:groups", "lab", True),
        ("ForAnyValue:StringEquals", "none", "x", False),
        ("ForAnyValue:StringEqualsIfExists", "none", "x", True),
        ("ForAllValues:StringEquals", "fus:groups", ["lab", "hca", "x"], True),
        ("ForAllValues:StringEquals", "fus:groups", ["lab"], False),
        ("ForAllValues:StringEquals", "none", "x", True),
        ("ForAllValues:StringNotEquals", "fus:groups", "x", True),
        ("NumericEquals", "n", 5, True),
        ("NumericEquals", "n", "5.0", True),
        ("NumericNotEquals", "n", 5, False),
        ("NumericLessThan", "n", 6, True),
        ("NumericLessThan", "n", 5, False),
        ("NumericLessThanEquals", "n", 5, True),
        ("NumericGreaterThan", "n", 4, True),
        ("NumericGreaterThanEquals", "n", 6, False),
        ("NumericEquals", "fus:user_email", 5, False),
        ("DateGreaterThan", "when", "2026-01-01T00:00:00Z", True),
        ("DateLessThan", "when", "2026-01-01", False),
        ("DateEquals", "when", 1767323045, True),
        ("DateNotEquals", "when", "2026-01-02T03:04:05Z", False),
        ("Bool", "yes", True, True),
        ("Bool", "yes", "false", False),
        ("IpAddress", "ip", "10.1.0.0/16", True),
        ("IpAddress", "ip", "10.2.0.0/16", False),
        ("NotIpAddress", "ip", "10.2.0.0/16", True),
        ("IpAddress", "n", "10.2.0.0/16", False),
        ("Null", "none", "true", True),
        ("Null", "none", False, False),
        ("Null", "n", "false", True),
    ],
)
def test_operators(operator, key, value, right):
    assert holds({operator: {key: value}}, REQUEST, variables=True) == right


def test_all_of_a_condition_has_to_hold():
    yes, no = {"n": 5}, {"n": 6}
    assert holds({}, REQUEST, variables=True)
    assert holds({"NumericEquals": yes, "NumericLessThan": no}, REQUEST, variables=True)
    assert not holds({"NumericEquals": {**yes, "fus:user_email": 1}}, REQUEST, variables=True)
    assert not holds({"NumericEquals": yes, "Bool": {"yes": "false"}}, REQUEST, variables=True)


@pytest.mark.parametrize("name", ["StringEqual", "ForSomeValues:StringEquals", "IfExists", "", "Null", "ForAnyValue:"])
def test_operators_that_are_none(name):
    assert operator_of(name) is None


@pytest.mark.parametrize(
    ("principal", "right"),
    [
        ("*", True),
        ("ann@example.org", True),
        ({"HCA": "*"}, True),
        ({"HCA": ["bob@example.org", "ann@example.org"]}, True),
        ({"HCA": "bob@example.org"}, False),
        ([], False),
    ],
)
def test_principals_of_access_levels(principal, right):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "a:Bc"}
    assert says([{"Statement": [statement]}], "a:Bc", "x") == right
