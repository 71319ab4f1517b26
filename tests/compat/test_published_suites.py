"""The own tests of the published clients: how their reports are read, and the results that are kept of them."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.compat import published_suites

REPORT = """
<testsuites><testsuite name="pytest">
  <testcase classname="tests.test_a" name="test_good[x-1]" file="tests/test_a.py" />
  <testcase classname="tests.test_a" name="test_good[y-2]" file="tests/test_a.py"><failure message="assert 1&#10;more">E   x</failure></testcase>
  <testcase classname="tests.test_a" name="test_later" file="tests/test_a.py"><skipped message="later" /></testcase>
  <testcase classname="tests.test_a.TestIt" name="test_set_up" file="tests/test_a.py"><error message="no">E   y</error></testcase>
  <testcase classname="" name="tests.test_b"><error message="collection failure">E   ImportError: no b</error></testcase>
</testsuite></testsuites>
"""


@pytest.fixture
def outcomes(tmp_path: Path) -> list[published_suites.Outcome]:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_b.py").write_text(
        "import b\ndef test_one(): ...\nclass TestB:\n    async def test_two(self): ...\n    def helper(self): ...\n"
    )
    return list(published_suites.outcomes(REPORT, tmp_path))


def test_each_test_is_an_outcome_without_its_parameters(outcomes: list[published_suites.Outcome]) -> None:
    assert outcomes == [
        ("tests/test_a.py::test_good", "passed", ""),
        ("tests/test_a.py::test_good", "failed", "assert 1"),
        ("tests/test_a.py::test_later", "skipped", "later"),
        ("tests/test_a.py::test_set_up", "failed", "no"),
        ("tests/test_b.py::test_one", "not collected", "ImportError: no b"),
        ("tests/test_b.py::test_two", "not collected", "ImportError: no b"),
    ]


def test_a_failure_has_the_first_cause_that_names_it(outcomes: list[published_suites.Outcome]) -> None:
    causes = [{"class": "x", "tests": ["tests/test_b.py::*"]}, {"class": "y", "tests": ["*::test_good", "*::test_one"]}]
    result = published_suites.summary(outcomes, causes)
    assert {name: result[name] for name in result if name != "failures"} == {
        "tests": 6,
        "passed": 1,
        "failed": 2,
        "not collected": 2,
        "skipped": 1,
    }
    assert [(row["test"].partition("::")[2], row["count"], row["cause"]) for row in result["failures"]] == [
        ("test_good", 1, 1),
        ("test_set_up", 1, None),
        ("test_one", 1, 0),
        ("test_two", 1, 0),
    ]


@pytest.mark.parametrize("name", published_suites.settings())
def test_each_failure_that_is_kept_has_its_cause_and_each_cause_a_failure(name: str) -> None:
    suite: dict[str, Any] = published_suites.settings()[name]
    result = json.loads((published_suites.RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    causes = suite.get("causes", [])
    counts: Counter[str] = Counter()
    for row in result["failures"]:
        outcome = published_suites.Outcome(row["test"], row["kind"])
        assert row["cause"] == published_suites.cause_of(outcome, causes) is not None, row
        counts[row["kind"]] += row["count"]
    assert {row["cause"] for row in result["failures"]} == set(range(len(causes)))
    assert counts == {kind: result[kind] for kind in ("failed", "not collected") if result[kind]}
    assert result["tests"] == sum(result[kind] for kind in ("passed", "failed", "not collected", "skipped"))
