"""The form of policies, and errors for invalid ones."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.sandbox.fusillade.policies import MAX_BYTES, RESOURCE_POLICY, actions_of, check_policy
from omicsdk.sandbox.problems import Problem


def statement(**changes):
    whole = {"Effect": "Allow", "Action": ["dss:PutFile"], "Resource": "arn:hca:dss:*:*:*", **changes}
    return {name: value for name, value in whole.items() if value is not None}


def policy(**changes):
    return {"Version": "2012-10-17", "Statement": [statement(**changes)]}


@pytest.mark.parametrize(
    "good",
    [
        policy(),
        policy(Action="*"),
        policy(Action="fus:*"),
        policy(Action=None, NotAction=["dss:Get?undle"]),
        policy(Resource=None, NotResource=["*"]),
        policy(Resource="fake:resource"),
        policy(Sid="A name for people"),
        policy(Condition={"StringLike": {"fus:groups": ["a", "b"]}, "Null": {"x": True}}),
        {"Version": "2008-10-17", "Id": "old", "Statement": [statement()]},
        {"Statement": [statement(Sid="a"), statement(Sid="b"), statement(), statement()]},
    ],
)
def test_what_is_taken(good):
    assert check_policy(good) == good


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (None, "JSON object"),
        ([], "JSON object"),
        ({}, "Statement is a list"),
        ({"Statement": []}, "at least one"),
        ({"Statement": statement()}, "Statement is a list"),
        ({"Statements": [statement()]}, "no 'Statements'"),
        ({"Version": "2020-01-01", "Statement": [statement()]}, "Version is '2012-10-17'"),
        ({"Statement": ["x"]}, "statement 1: it is no JSON object"),
        (policy(Effect="Perhaps"), "Effect is 'Allow' or 'Deny'"),
        (policy(Effect=None), "Effect is"),
        (policy(Sid=5), "Sid is a text"),
        ({"Statement": [statement(Sid="a"), statement(Sid="a")]}, "statement 2: its Sid 'a'"),
        (policy(Actions=["dss:PutFile"]), "no 'Actions'"),
        (policy(Action=None), "Action is missing"),
        (policy(Action=[]), "Action is a text"),
        (policy(Action=[5]), "Action is a text"),
        (policy(NotAction="dss:PutFile"), "Action and NotAction"),
        (policy(Action="PutFile"), "isn't an action"),
        (policy(Action="dss:"), "isn't an action"),
        (policy(Action=["dss:PutFile", "a b:c"]), "isn't an action"),
        (policy(Resource=None), "Resource is missing"),
        (policy(Resource=""), "Resource is a text"),
        (policy(NotResource="x"), "Resource and NotResource"),
        (policy(Principal="*"), "Principal is for access levels"),
        (policy(Condition=[]), "Condition is an object"),
        (policy(Condition={"Sounds": {"a": "b"}}), "no condition operator 'Sounds'"),
        (policy(Condition={"StringEquals": {}}), "keys and values"),
        (policy(Condition={"StringEquals": "x"}), "keys and values"),
        (policy(Condition={"StringEquals": {"a": []}}), "value of 'a'"),
        (policy(Condition={"StringEquals": {"a": {}}}), "value of 'a'"),
        (policy(Condition={"StringEquals": {"a": None}}), "value of 'a'"),
    ],
)
def test_what_is_refused(bad, words):
    with pytest.raises(Problem) as caught:
        check_policy(bad)
    assert (caught.value.status, caught.value.code) == (400, "Bad Request")
    assert caught.value.title.startswith("The policy isn't valid: ")
    assert words in caught.value.title


def test_access_levels_have_principals_and_need_no_resource():
    check_policy(policy(Principal={"HCA": ["*"]}, Resource=None), RESOURCE_POLICY)
    for principal in (5, {"HCA": [5]}, [None]):
        with pytest.raises(Problem, match="Principal is"):
            check_policy(policy(Principal=principal), RESOURCE_POLICY)


def sized(size: int):
    empty = len(json.dumps(policy(Sid=""), separators=(",", ":")))
    return policy(Sid="x" * (size - empty))


def test_the_limit_is_exact():
    assert check_policy(sized(MAX_BYTES))
    with pytest.raises(Problem, match=f"it has {MAX_BYTES + 1} bytes, and {MAX_BYTES} are the limit"):
        check_policy(sized(MAX_BYTES + 1))
    with pytest.raises(Problem, match="bytes"):
        check_policy(policy(Sid="é" * (MAX_BYTES // 2)))


def test_which_actions_a_policy_names():
    found = {"Statement": [statement(), statement(Action="a:Bc"), statement(Action=None, NotAction=["d:Ef"])]}
    assert actions_of(found) == {"dss:PutFile", "a:Bc", "d:Ef"}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Effect", "Action", "Resource", "Condition", "Principal", "x"]), inner)
    ),
    max_leaves=8,
)


def outcome(value, kind) -> int:
    try:
        check_policy(value, kind)
    except Problem as problem:
        return problem.status
    return 200


@given(values, st.sampled_from(["IAMPolicy", "ResourcePolicy"]))
def test_whatever_comes_is_taken_or_refused(value, kind):
    whole = {"Effect": "Allow", "Action": value, "Resource": "*"}
    for candidate in (value, {"Statement": value}, {"Statement": [value]}, {"Statement": [whole]}):
        assert outcome(candidate, kind) in (200, 400)
    assert outcome({"Statement": [{**whole, "Action": "*", "Effect": value}]}, kind) == (
        200 if value in ("Allow", "Deny") else 400
    )
