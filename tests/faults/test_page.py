"""The page on reliability states what the tests did, of every fault that they try."""

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from fault_results import Results, summary
from trials import RIGHT, Trial, marked

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RESULTS = HERE / "results.json"
ONE = {"section": "S", "fault": "f", "order": "a:2", "endings": [RIGHT, "DiskFull"], "long": False}
TWO = {"section": "S", "fault": "g", "order": "a:1", "endings": [RIGHT], "long": False}


@pytest.fixture(scope="module")
def page() -> ModuleType:
    """The script that makes the page."""
    spec = importlib.util.spec_from_file_location("docs_reliability", ROOT / "docs" / "building" / "reliability.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_fault_is_in_the_results(request: pytest.FixtureRequest) -> None:
    recorded = {(row["fault"], "ran" in row) for row in json.loads(RESULTS.read_text(encoding="utf-8"))["faults"]}
    items = [item for item in request.session.items if item.path.parent == HERE]
    faults = [item for item in items if item.get_closest_marker("fault")]
    named = {(marked(item)[0], item.get_closest_marker("long") is not None) for item in faults}
    assert named <= recorded, "run `make reliability`"
    chosen = request.config.option
    if {item.path for item in items} == set(HERE.glob("test_*.py")) and not chosen.keyword:
        # A choice by marks leaves out long tests.
        assert named == {row for row in recorded if not (row[1] and chosen.markexpr)}, "run `make reliability`"


def test_the_page_states_what_the_results_say(page: ModuleType) -> None:
    written = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert written == page.reliability(json.loads(RESULTS.read_text(encoding="utf-8"))), "run `make docs`"


def test_endings_are_added_up() -> None:
    rows = summary([ONE, TWO, ONE])["faults"]
    assert [row["fault"] for row in rows] == ["g", "f"]
    assert rows[1] == {"section": "S", "fault": "f", "order": "a:2", "tried": 4, "right": 2, "ended": {"DiskFull": 2}}


def written(file: Path, *faults: Any) -> list[tuple[str, int, bool]]:
    """The fault, the attempts and whether it is of long tests, of each row of a file after a run."""
    results = Results(file)
    for fault in faults:
        report: Any = SimpleNamespace(when="teardown", user_properties=[("fault", fault)])
        results.pytest_runtest_logreport(report)
    results.pytest_sessionfinish(None, 0)
    rows = json.loads(file.read_text(encoding="utf-8"))["faults"]
    return [(row["fault"], row["tried"], "ran" in row) for row in rows]


def test_the_rows_of_long_tests_survive_a_run_without_them(tmp_path: Path, page: ModuleType) -> None:
    file, long = tmp_path / "results.json", {**ONE, "long": True}
    assert written(file, ONE, long, TWO) == [("g", 1, False), ("f", 2, False), ("f", 2, True)]
    assert written(file, ONE) == [("f", 2, False), ("f", 2, True)]
    assert written(file, long, long) == [("f", 2, False), ("f", 4, True)]
    ran = json.loads(file.read_text(encoding="utf-8"))["faults"][1]["ran"]
    assert f"| f (long tests; {ran}) | 4 | 2 |" in page.reliability(json.loads(file.read_text(encoding="utf-8")))
    assert re.match(r"\d{4}-\d\d-\d\d, \w+ \w+, Python", ran)


@pytest.mark.parametrize("exitstatus", [0, 1, 2, 5])
def test_only_a_run_without_a_failure_is_written_down(tmp_path: Path, exitstatus: int) -> None:
    results, file = Results(tmp_path / "results.json"), tmp_path / "results.json"
    report: Any = SimpleNamespace(when="teardown", user_properties=[("fault", ONE)])
    results.pytest_runtest_logreport(report)
    results.pytest_sessionfinish(None, exitstatus)
    assert file.exists() == (exitstatus == 0)


def test_servers_of_these_tests_are_on_loopback(server: Any, sink: Any) -> None:
    for listener in (server, sink):
        assert listener.url("x").startswith("http://127.0.0.1:")
        assert listener._listener.getsockname()[0] == "127.0.0.1"


def test_an_ending_that_comes_late_is_noticed(tmp_path: Path) -> None:
    trial = Trial("x", (RIGHT,), tmp_path, {})
    trial.ended(RIGHT)
    with pytest.raises(AssertionError, match="took"):
        trial.ended(RIGHT, within=0)


def test_a_row_of_the_page(page: ModuleType) -> None:
    row = {"section": "S", "fault": "a | b", "tried": 1200, "right": 1198, "ended": {"DiskFull": 2}}
    assert "| a \\| b | 1,200 | 1,198 | DiskFull (2) |" in page.reliability({"machine": "m", "faults": [row]})


def test_a_wrong_file_is_noticed(tmp_path: Path) -> None:
    trial = Trial("x", (RIGHT,), tmp_path, {"one": b"right"})
    with pytest.raises(AssertionError, match="isn't there"):
        trial.check_content(tmp_path, "one", there=True)
    (tmp_path / "one").write_bytes(b"wrong")
    for there in (True, False):
        with pytest.raises(AssertionError, match="is wrong"):
            trial.check_content(tmp_path, "one", there=there)
    trial.check_content(tmp_path, "one", there=False, before={"one": b"wrong"})
    with pytest.raises(AssertionError, match="ended with DiskFull"):
        trial.ended("DiskFull")
