"""The page on reliability states what the tests did, of every fault that they try."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from fault_results import Results, summary
from trials import RIGHT, Trial, marked

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RESULTS = HERE / "results.json"


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
    told = {row["fault"] for row in json.loads(RESULTS.read_text(encoding="utf-8"))["faults"]}
    items = [item for item in request.session.items if item.path.parent == HERE]
    named = {marked(item)[0] for item in items if item.get_closest_marker("fault")}
    assert named <= told, "run `make reliability`"
    chosen = request.config.option
    if {item.path for item in items} == set(HERE.glob("test_*.py")) and not chosen.keyword:
        # A choice by marks leaves out long tests, which have a row of their own.
        long = {row for row in told if row.startswith("upload of 320 MiB")} if chosen.markexpr else set[str]()
        told -= long - named
        assert named == told, "run `make reliability`"


def test_the_page_states_what_the_results_say(page: ModuleType) -> None:
    written = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert written == page.reliability(json.loads(RESULTS.read_text(encoding="utf-8"))), "run `make docs`"


def test_endings_are_added_up() -> None:
    one = {"section": "S", "fault": "f", "order": "a:2", "endings": [RIGHT, "DiskFull"]}
    two = {"section": "S", "fault": "g", "order": "a:1", "endings": [RIGHT]}
    rows = summary([one, two, one])["faults"]
    assert [row["fault"] for row in rows] == ["g", "f"]
    assert rows[1] == {"section": "S", "fault": "f", "tried": 4, "right": 2, "ended": {"DiskFull": 2}}


@pytest.mark.parametrize("exitstatus", [0, 1, 2, 5])
def test_only_a_run_without_a_failure_is_written_down(tmp_path: Path, exitstatus: int) -> None:
    results, file = Results(tmp_path / "results.json"), tmp_path / "results.json"
    told = {"section": "S", "fault": "f", "order": "a:2", "endings": [RIGHT]}
    report: Any = SimpleNamespace(when="teardown", user_properties=[("fault", told)])
    results.pytest_runtest_logreport(report)
    results.pytest_sessionfinish(None, exitstatus)  # pyright: ignore[reportArgumentType] - it isn't looked at
    assert file.exists() == (exitstatus == 0)


def test_servers_of_these_tests_are_on_loopback(server: Any, sink: Any) -> None:
    for each in (server, sink):
        assert each.url("x").startswith("http://127.0.0.1:")
        assert each._listener.getsockname()[0] == "127.0.0.1"


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
        trial.held(tmp_path, "one", there=True)
    (tmp_path / "one").write_bytes(b"wrong")
    for there in (True, False):
        with pytest.raises(AssertionError, match="is wrong"):
            trial.held(tmp_path, "one", there=there)
    trial.held(tmp_path, "one", there=False, before={"one": b"wrong"})
    with pytest.raises(AssertionError, match="ended with DiskFull"):
        trial.ended("DiskFull")
