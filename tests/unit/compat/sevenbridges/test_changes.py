"""Edits as plain comparison: what is sent makes the platform have what is here."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.compat.sevenbridges.meta.changes import changes, copied, members, rebased, same

NAMES = ["name", "tags", "metadata", "settings"]

scalars = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 0.5, "", "a", "b"])
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from(NAMES), values, max_size=4)
flat = st.dictionaries(st.sampled_from("abcd"), values, max_size=4)


def platform(remote, sent, whole=()):
    """What the platform has after a PATCH: members of dictionaries are merged, null deletes one."""
    has = deepcopy(remote)
    for name, value in sent.items():
        if isinstance(value, dict) and isinstance(has.get(name), dict) and name not in whole:
            merged = {**has[name], **value}
            has[name] = {key: item for key, item in merged.items() if item is not None}
        else:
            has[name] = value
    return has


def without_nulls(value):
    """Dictionaries of a resource without members that are null, which the platform does not have."""
    return {
        name: {key: item for key, item in member.items() if item is not None} if isinstance(member, dict) else member
        for name, member in value.items()
    }


@given(objects, objects)
def test_applying_the_changes_gives_what_is_here(remote, edits):
    here = {**deepcopy(remote), **edits}
    sent = changes(remote, here, NAMES)
    assert same(without_nulls(platform(remote, sent)), without_nulls(here))


@given(objects, objects, st.sets(st.sampled_from(NAMES)))
def test_what_was_put_as_a_whole_is_sent_as_a_whole(remote, edits, whole):
    here = {**deepcopy(remote), **edits}
    sent = changes(remote, here, NAMES, whole)
    for name in whole & sent.keys():
        assert same(sent[name], here[name])
    assert same(without_nulls(platform(remote, sent, whole)), without_nulls(here))


@given(objects)
def test_nothing_is_sent_when_nothing_was_changed(remote):
    assert changes(remote, deepcopy(remote), NAMES) == {}


@given(objects, objects)
def test_only_what_may_be_sent_is(remote, edits):
    assert changes(remote, {**remote, **edits}, ["name"]).keys() <= {"name"}


@given(flat, flat)
def test_members_are_as_few_as_do(before, now):
    sent = members(before, now)
    for key, value in sent.items():
        assert (value is None and key not in now) or not same(before.get(key, object()), now[key])


@given(flat, flat, flat)
def test_edits_stay_edits_when_the_platform_states_something_new(before, now, remote):
    edits, local = members(before, now), deepcopy(now)
    rebased(before, local, remote)
    for key in {*local, *remote, *edits}:
        if key in edits:
            assert same(local.get(key), edits[key])
        else:
            assert (key in local) == (key in remote)
            assert same(local.get(key), remote.get(key))
    # Only the edits are sent afterwards.
    assert {key: value for key, value in members(remote, local).items() if key not in edits} == {}


@pytest.mark.parametrize(
    ("before", "now", "sent"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, {"b": None}),
        ({"a": 1}, {"a": 1, "c": 3}, {"c": 3}),
        ({"a": 1}, {"a": True}, {"a": True}),
        ({"a": 1}, {"a": 1.0}, {}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"x": 1, "y": 3}}, {"a": {"x": 1, "y": 3}}),
        ({"a": [1, 2]}, {"a": [1]}, {"a": [1]}),
        ({"a": [1, 2]}, {"a": (1, 2)}, {}),
        ({}, {"a": None}, {"a": None}),
    ],
)
def test_members_one_by_one(before, now, sent):
    changed = members(before, now)
    assert changed == sent
    assert {key: type(value) for key, value in changed.items()} == {key: type(value) for key, value in sent.items()}


def test_a_dictionary_in_the_place_of_something_else():
    assert changes({"metadata": None}, {"metadata": {"a": 1}}, NAMES) == {"metadata": {"a": 1}}
    assert changes({}, {"metadata": {"a": 1}}, NAMES) == {"metadata": {"a": 1}}
    assert changes({"metadata": {"a": 1}}, {"metadata": None}, NAMES) == {"metadata": None}


@given(values)
def test_a_copy_is_the_same_and_another(value):
    twin = copied(value)
    assert same(twin, value)
    if isinstance(value, dict | list):
        assert twin is not value
