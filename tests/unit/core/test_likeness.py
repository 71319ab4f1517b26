"""Unknown names: the valid ones that they may mean, or those that exist."""

import pytest
from omicsdk.core.likeness import did_you_mean, nearest
from omicsdk.gen3.errors import choice

NODES = ["experiment", "case", "sample", "dataset_description"]


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("cases", "case"),
        ("CASE", "case"),
        ("experment", "experiment"),
        ("dataset-description", "dataset_description"),
        ("exp", "experiment"),
        ("acse", "case"),
        ("e", ""),
        ("zzz", ""),
        ("x" * 5000, ""),
    ],
)
def test_the_nearest_name_is_suggested_where_one_is_near(word: str, meant: str) -> None:
    assert did_you_mean(word, NODES, "{!r}") == (meant and f"Did you mean {meant!r}?")


def test_a_wrong_letter_of_a_short_word_is_a_misspelling_and_of_a_numbered_name_is_not() -> None:
    assert did_you_mean("--tu", ["--to", "--quiet"]) == "Did you mean --to?"
    assert did_you_mean("12M", ["12L"]) == ""


def test_several_are_suggested_the_nearest_first() -> None:
    assert nearest("organs", ["organism", "Organ", "brain"], count=3) == ["Organ", "organism"]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (NODES, "There are: experiment, case, sample, dataset_description."),
        ([], "There are none."),
        ([f"n{number}" for number in range(12)], "There are: n0, n1, n2, n3, n4, n5, n6, n7 and 4 others."),
    ],
)
def test_where_none_is_near_all_are_reported_unless_they_are_many(names: list[str], sentence: str) -> None:
    assert choice("zzzzzz", names) == sentence
