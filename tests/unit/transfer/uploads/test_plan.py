"""The division of files into parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.checksums import MIB
from omicsdk.transfer import PartRules
from omicsdk.transfer.uploads.store import plan_parts


@st.composite
def rules(draw: st.DrawFn) -> PartRules:
    least = draw(st.integers(1, 8 * MIB))
    largest = draw(st.integers(least, 6 << 30))
    return PartRules(
        least=least,
        largest=largest,
        parts=draw(st.integers(1, 10_000)),
        part_size=draw(st.integers(least, largest)),
        single=draw(st.integers(0, largest)),
    )


@given(rules(), st.integers(0, 1 << 46))
def test_parts_cover_the_file_within_the_rules(rules: PartRules, size: int):
    try:
        plan = plan_parts(size, rules)
    except ValueError:
        assert size > rules.parts * rules.largest
        return
    assert plan.count <= rules.parts
    first, last = plan.cut(1), plan.cut(plan.count)
    assert first.start == 0
    assert last.start + last.length == size
    assert 0 < last.length <= plan.part_size or size == 0
    assert rules.least <= plan.part_size <= rules.largest
    assert plan.single == (size <= rules.single)
    if size <= rules.parts * rules.part_size:
        assert plan.part_size == rules.part_size


@given(st.integers(0, 200 * MIB), st.integers(5 * MIB, 70 * MIB))
def test_parts_follow_each_other_without_gaps(size: int, part_size: int):
    plan = plan_parts(size, PartRules(part_size=part_size))
    end = 0
    for number in range(1, plan.count + 1):
        cut = plan.cut(number)
        assert (cut.number, cut.start) == (number, end)
        assert cut.length == part_size or number == plan.count
        end += cut.length
    assert end == size


def test_larger_parts_where_there_would_be_too_many():
    plan = plan_parts(1 << 40, PartRules())
    assert plan.count <= 10_000
    assert plan.part_size == 105 * MIB


@pytest.mark.parametrize(
    ("size", "rate", "part_size"),
    [
        (120 * MIB, 0.0, 5 * MIB),  # of a link that is not known a share of the file
        (512 * MIB, 0.0, 8 * MIB),
        (1024 * MIB, 0.0, 16 * MIB),
        (1 << 40, 0.0, 105 * MIB),
        (120 * MIB, 60e6, 5 * MIB),  # what is lost with a process, a second or less of a slow link
        (120 * MIB, 120e6, 9 * MIB),
        (120 * MIB, 1e9, 16 * MIB),
    ],
)
def test_parts_adapt_to_the_file_and_the_link(size: int, rate: float, part_size: int):
    assert plan_parts(size, PartRules(adapts=True), rate).part_size == part_size


def test_parts_that_were_requested_have_their_size():
    assert plan_parts(120 * MIB, PartRules(part_size=64 * MIB), 60e6).part_size == 64 * MIB


def test_an_empty_file_has_one_part():
    plan = plan_parts(0, PartRules(single=0))
    assert (plan.count, plan.cut(1).length, plan.single) == (1, 0, True)


def test_a_file_that_is_too_large_is_reported():
    with pytest.raises(ValueError, match="more than 10000 parts"):
        plan_parts((10_000 * (5 << 30)) + 1, PartRules())


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"least": 0}, "invalid part size limits"),
        ({"least": 10, "largest": 9}, "invalid part size limits"),
        ({"parts": 0}, "at least one"),
        ({"part_size": 5 * MIB - 1}, "they may have"),
        ({"part_size": (5 << 30) + 1}, "they may have"),
        ({"single": (5 << 30) + 1}, "are allowed"),
        ({"single": -1}, "are allowed"),
    ],
)
def test_rules_that_contradict_themselves(numbers: dict[str, int], message: str):
    with pytest.raises(ValueError, match=message):
        PartRules(**numbers)
