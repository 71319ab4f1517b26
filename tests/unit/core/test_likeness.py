"""A name that there is not is answered with the one that was meant, or with those that there are."""

import pytest
from omicsdk.gen3.errors import choice, nearest

NODES = ["experiment", "case", "sample", "dataset_description"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [("cases", "case"), ("CASE", "case"), ("experment", "experiment"), ("zzz", None), ("x" * 5000, None)],
)
def test_the_nearest_name_is_given_where_one_is_near(word: str, meant: str | None) -> None:
    assert nearest(word, NODES) == meant


@pytest.mark.parametrize(
    ("known", "told"),
    [
        (NODES, "There are: experiment, case, sample, dataset_description."),
        ([], "There are none."),
        ([f"n{number}" for number in range(12)], "There are: n0, n1, n2, n3, n4, n5, n6, n7 and 4 others."),
    ],
)
def test_where_none_is_near_all_are_reported_unless_they_are_many(known: list[str], told: str) -> None:
    assert choice("zzzzzz", known) == told
