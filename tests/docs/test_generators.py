"""docs/generators.md: each feature of ours is shown by tests that exist, and each lack has its reason."""

import re

import pytest
from manual import CHECKOUT

PAGE = CHECKOUT / "docs" / "generators.md"
VALUES = {"yes", "part", "no", "?", "-"}


def _section(heading: str) -> str:
    return PAGE.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


@pytest.fixture(scope="module")
def features() -> dict[str, list[str]]:
    """The rows of the tables: what each generator has, by features; ours is the first."""
    tables = PAGE.read_text().split("| Feature |")[1:]
    rows = [line.strip("| ").split(" | ") for table in tables for line in table.partition("\n\n")[0].splitlines()[2:]]
    return {row[0]: row[1:] for row in rows}


@pytest.fixture(scope="module")
def tests() -> dict[str, list[str]]:
    """The tests by features."""
    lines = re.findall(r"^- ([^\n]+?): (`[^\n]*)$", _section("Tests"), re.MULTILINE)
    return {feature: re.findall(r"`(\S+::\w+)`", named) for feature, named in lines}


def test_every_row_states_each_generator(features: dict[str, list[str]]) -> None:
    assert len(features) > 50
    assert {feature for feature, values in features.items() if len(values) != 9 or set(values) - VALUES} == set()


def test_what_we_have_is_shown_by_tests_that_exist(features: dict[str, list[str]], tests: dict[str, list[str]]) -> None:
    assert set(tests) == {feature for feature, values in features.items() if values[0] in ("yes", "part")}
    for named in tests.values():
        assert named
        for test in named:
            path, _, name = test.partition("::")
            assert re.search(rf"^(async )?def {name}\(", (CHECKOUT / "tests" / path).read_text(), re.MULTILINE), test


def test_what_we_lack_has_a_reason(features: dict[str, list[str]]) -> None:
    reasons = re.findall(r"^- \*\*(.+?)\*\*: .{20}", _section("What omics lacks"), re.MULTILINE)
    assert set(reasons) == {feature for feature, values in features.items() if values[0] == "no"}


def test_no_feature_of_ours_is_open(features: dict[str, list[str]]) -> None:
    assert {feature for feature, values in features.items() if values[0] not in ("yes", "part", "no")} == set()
