"""Policies: which ones are kept, and what they say together, as properties and by examples."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.sandbox.fusillade.state import MAX_BYTES, check_policy, decide
from omicsdk.sandbox.problems import Problem

ACTIONS = ["dss:PutFile", "dss:GetFile", "dss:GetBundle", "fus:GetUser"]
RESOURCES = ["arn:hca:dss:*:dev:files/a", "arn:hca:dss:*:dev:files/b", "arn:hca:dss:*:prod:bundles/a"]
CONTEXT = {"fus:user_email": "ann@example.org", "star": "*"}

actions = st.sampled_from([*ACTIONS, "*", "dss:*", "dss:Get*", "DSS:getfile", "fus:Get?ser"])
resources = st.sampled_from([*RESOURCES, "*", "arn:hca:dss:*:dev:*", "arn:hca:*", "arn:hca:dss:*:dev:files/?"])
statements = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Action": st.lists(actions, min_size=1, max_size=2),
        "Resource": st.lists(resources, min_size=1, max_size=2),
    }
)
policies = st.lists(st.builds(lambda rules: {"Statement": rules}, st.lists(statements, min_size=1, max_size=3)))


def statement(**changes):
    whole = {"Effect": "Allow", "Action": ["dss:PutFile"], "Resource": "arn:hca:dss:*:*:*", **changes}
    return {name: value for name, value in whole.items() if value is not None}


def policy(**changes):
    return {"Version": "2012-10-17", "Statement": [statement(**changes)]}


def glob(pattern: str, text: str, *, fold: bool = False) -> bool:
    steps = {"*": ".*", "?": "."}
    made = "".join(steps.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(made, text, re.DOTALL | (re.IGNORECASE if fold else 0)) is not None


@given(policies, st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=3), st.sampled_from(RESOURCES))
def test_a_yes_is_an_allow_without_a_deny_for_every_action(documents, actions, resource):
    def says(action: str) -> bool:
        effects = [
            rule["Effect"]
            for policy in documents
            for rule in policy["Statement"]
            if any(glob(pattern, action, fold=True) for pattern in rule["Action"])
            and any(glob(pattern, resource) for pattern in rule["Resource"])
        ]
        return "Allow" in effects and "Deny" not in effects

    assert decide(documents, actions, resource, CONTEXT).result == all(map(says, actions))


@pytest.mark.parametrize(
    ("pattern", "resource", "right"),
    [
        ("user/${fus:user_email}/*", "user/ann@example.org/policy", True),
        ("user/${fus:user_email}/*", "user/bob@example.org/policy", False),
        ("a${star}c", "abc", False),
        ("a${star}c", "a*c", True),
        ("${none}", "${none}", False),
        ("[a-c]", "b", False),
    ],
)
def test_variables_and_brackets_are_texts(pattern, resource, right):
    document = policy(Action="*", Resource=pattern)
    assert decide([document], ["a:Bc"], resource, CONTEXT).result == right


def test_nothing_requested_is_nothing_allowed():
    assert not decide([policy(Action="*", Resource="*")], [], "x", CONTEXT).result


def test_no_pattern_takes_forever():
    begun = time.process_time()
    assert not decide([policy(Action="*", Resource="*a" * 200 + "b")], ["a:Bc"], "a" * 5000, {}).result
    assert time.process_time() - begun < 10  # backtracking would take longer than there is time


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (None, "JSON object"),
        ({}, "Statement is a list"),
        ({"Statement": []}, "at least one"),
        ({"Statements": [statement()]}, "no 'Statements'"),
        (policy(Effect=None), "no Effect"),
        (policy(Action=[]), "no Action"),
        (policy(Resource=None), "no Resource"),
        (policy(Action="PutFile"), "isn't an action"),
        (policy(Action=["dss:PutFile", "a b:c"]), "isn't an action"),
        (policy(NotAction="dss:PutFile"), "only .* are evaluated here"),
        (policy(Condition={"StringEquals": {"a": "b"}}), "'Condition': only .* are evaluated here"),
        (policy(Sid="é" * (MAX_BYTES // 2)), f"and {MAX_BYTES} are the limit"),
    ],
)
def test_what_is_not_evaluated_is_refused(bad, words):
    with pytest.raises(Problem, match=f"The policy isn't valid: .*{words}") as caught:
        check_policy(bad)
    assert caught.value.status == 400


def test_access_levels_need_no_resource():
    level = policy(Resource=None)
    assert check_policy(level, resources=False) == level
    assert decide([level], ["dss:PutFile"], "anything", {}).result
