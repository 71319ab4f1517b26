"""Frozen classes behave as the dataclasses do for which they stand."""

import dataclasses
import inspect
import operator
import pickle
from collections.abc import Mapping

import pytest
from omicsdk.core.frozen import EMPTY, Frozen
from omicsdk.core.retry import Retry


class Secret(Frozen, hidden=("key",)):
    name: str
    key: str
    facts: Mapping[str, str] = EMPTY
    _: dataclasses.KW_ONLY
    size: int = 0


class Longer(Secret):
    more: int = 1


@dataclasses.dataclass(frozen=True)
class Same:
    name: str
    key: str = dataclasses.field(repr=False)
    facts: Mapping[str, str] = dataclasses.field(default_factory=lambda: EMPTY)
    _: dataclasses.KW_ONLY
    size: int = 0


@dataclasses.dataclass(frozen=True)
class LongerToo(Same):
    more: int = 1


@pytest.mark.parametrize(("ours", "theirs"), [(Secret, Same), (Longer, LongerToo)])
def test_the_module_dataclasses_sees_a_dataclass(ours, theirs):
    assert str(inspect.signature(ours)) == str(inspect.signature(theirs))
    assert [(field.name, field.repr) for field in dataclasses.fields(ours)] == [
        (field.name, field.repr) for field in dataclasses.fields(theirs)
    ]
    for values in (("a", "b"), ("a", "b", {"c": "1"})):
        assert dataclasses.asdict(ours(*values)) == dataclasses.asdict(theirs(*values))
    assert dataclasses.replace(ours("a", "b"), size=2) == ours("a", "b", size=2) == ours("a", "b").replaced(size=2)


def test_values_compare_print_and_pickle_without_showing_what_is_hidden():
    assert repr(Secret("a", "b", size=2)) == repr(Same("a", "b", size=2)).replace("Same", "Secret")
    assert Secret("a", "b") == pickle.loads(pickle.dumps(Secret("a", "b"))) != Secret("a", "c")
    assert Secret("a", "b") != Longer("a", "b")
    assert len({Retry(2), Retry(attempts=2), Retry(3)}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        Secret("a", "b").size = 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        del Secret("a", "b").size


@pytest.mark.parametrize(
    ("values", "fields"),
    [(("a",), {}), (("a", "b"), {"key": "c"}), (("a", "b"), {"other": "c"}), (("a", "b", EMPTY, 3), {})],
)
def test_wrong_fields_are_refused_as_by_a_dataclass(values, fields):
    problems = []
    for kind in (Secret, Same):
        with pytest.raises(TypeError) as caught:
            kind(*values, **fields)
        problems.append(str(caught.value).replace(kind.__name__, ""))
    assert problems[0] == problems[1]


def test_a_default_that_is_a_mapping_cannot_be_changed():
    assert (EMPTY, pickle.loads(pickle.dumps(EMPTY))) == ({}, {})
    for change in (
        lambda: EMPTY.update(a="1"),
        lambda: EMPTY.setdefault("a", "1"),
        lambda: operator.setitem(EMPTY, "a", "1"),
    ):
        with pytest.raises(TypeError, match="replace the field"):
            change()
    assert EMPTY == {}
