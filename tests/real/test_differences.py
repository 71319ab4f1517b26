"""The table of differences: each entry is expected by a test, and each recording that it names is replayed."""

import tomllib
from pathlib import Path

from real_results import DIFFERENCES, summary

DOCUMENT = tomllib.loads(DIFFERENCES.read_text(encoding="utf-8"))


def test_each_difference_is_expected_by_a_test() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    names = {name for server in DOCUMENT["servers"].values() for name in server.get("differences", ())}
    assert {name for name in names if f'"{name}"' not in tests} == set()


def test_the_tests_of_recordings_are_there() -> None:
    root = DIFFERENCES.parents[2]
    assert [test for row in DOCUMENT["recorded"] for test in row["tests"] if not (root / test).is_file()] == []


def test_what_was_tried_is_joined_by_server() -> None:
    outcomes = [{"server": "a", "version": "1", "tried": tried} for tried in ("y", "x", "y")]
    assert summary(outcomes, "2026-01-31") == {"a": {"version": "1", "date": "2026-01-31", "tried": ["x", "y"]}}
