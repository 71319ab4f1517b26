"""Rows of results say what was measured."""

import json
import sys
from importlib import import_module
from pathlib import Path

import pytest

RESULTS = Path(__file__).parents[3] / "benchmarks" / "results"


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    import measuring

    monkeypatch.setattr(measuring.PACE, "measure", lambda: 1.0)
    monkeypatch.setattr(measuring.PACE, "is_quiet", lambda _took: True)


def case(measuring, ours, peer, **more):
    """A case whose sides tell what they took, one round after the other."""
    spent = {"ours": iter(ours), "peer": iter(peer)}
    sides = {who: lambda who=who: measuring.Spent(*next(spent[who])) for who in spent}
    return measuring.Case("a / b", sides["ours"], sides["peer"], 0.5, len(ours) - 1, **more)


def test_medians_of_the_rounds_after_the_first_are_compared():
    import measuring

    row = measuring.compared(case(measuring, [(9, 9), (1, 2), (3, 4), (8, 6)], [(1, 1), (4, 8), (6, 8), (6, 8)]))
    assert (row["ours"], row["peer"], row["ratio"], row["rounds"]) == (3, 6, 0.5, 3)
    assert row["spread"] == [0.25, pytest.approx(8 / 6, abs=1e-3)]
    assert (row["ours_cpu"], row["peer_cpu"]) == (4, 8)


def test_those_rounds_count_in_which_the_machine_was_quietest():
    import measuring

    paces = iter([1, 1, 1, 5, 5, 1, 1.1, 1])  # before the first round, and after each
    pace = measuring.Pace(lambda: next(paces))
    assert measuring.quietest(3, lambda number: number, pace) == [1, 5, 6]


def test_where_it_is_never_quiet_the_quietest_of_three_times_as_many_count():
    import measuring

    paces = iter([1, *range(3, 99)])
    pace = measuring.Pace(lambda: next(paces))
    assert measuring.quietest(2, lambda number: number, pace) == [1, 2]
    assert next(paces) == 3 + 2 * measuring.TRIES + 1


def test_a_row_of_cpu_has_the_wall_beside_it():
    import measuring

    both = case(measuring, [(9, 9), (1, 2)], [(1, 1), (4, 8)], facts={"load": 0.1})
    row = measuring.row_of(both, measuring.rounds_of(both), "cpu")
    assert (row["ours"], row["peer"], row["ratio"], row["load"]) == (2, 8, 0.25, 0.1)
    assert (row["ours_wall"], row["peer_wall"]) == (1, 4)


def test_every_run_is_prepared_and_checked():
    import measuring

    steps = []
    both = case(
        measuring,
        [(1, 1)] * 2,
        [(1, 1)] * 2,
        prepare=lambda: steps.append("prepared"),
        check=lambda: steps.append("checked"),
    )
    measuring.rounds_of(both)
    assert steps == ["prepared", "checked"] * 4


def test_a_figure_is_its_own_ratio():
    import measuring

    row = measuring.figure_row("peak", [3.0, 1.0, 2.0], 32, "MiB", {"load": 0.1})
    assert row["ours"] == row["ratio"] == 2.0
    assert row["peer"] is None
    assert (row["rounds"], row["spread"], row["unit"], row["goal"]) == (3, [1.0, 3.0], "MiB", 32)


def test_some_rows_replace_others_and_name_the_machine_where_it_is_another(tmp_path, monkeypatch):
    import measuring

    monkeypatch.setattr(measuring, "RESULTS", tmp_path)
    measuring.write_results("some", [{"case": "a"}, {"case": "b", "ratio": 2}], curl="7")
    measuring.write_results("some", [{"case": "b", "ratio": 1}], some=True, curl="7")
    assert json.loads((tmp_path / "some.json").read_text())["rows"] == [{"case": "a"}, {"case": "b", "ratio": 1}]
    measuring.write_results("some", [{"case": "a", "ratio": 3}], some=True, curl="8")
    written = json.loads((tmp_path / "some.json").read_text())
    assert written["machine"]["curl"] == "7"
    assert [(row["ratio"], row.get("machine", {}).get("curl")) for row in written["rows"]] == [(3, "8"), (1, None)]


def test_results_name_the_machine_and_what_else_they_depend_on(tmp_path, monkeypatch):
    import measuring

    monkeypatch.setattr(measuring, "RESULTS", tmp_path / "results")
    measuring.write_results("some", [{"case": "a"}], curl="7.88.1")
    written = json.loads((tmp_path / "results" / "some.json").read_text())
    assert written["rows"] == [{"case": "a"}]
    assert written["machine"]["curl"] == "7.88.1"
    assert written["machine"]["cores"]


@pytest.mark.skipif(sys.platform != "linux", reason="the benchmarks ask Linux for what they measure")
@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("data_commons", "gen3"),
        ("data_store", "hca"),
        ("file_access", "file_systems"),
        ("pangea_and_crunch", "crunch_pangea"),
        ("seven_bridges", "sevenbridges"),
    ],
)
def test_results_have_the_names_and_goals_of_their_cases(folder, name):
    rows = json.loads((RESULTS / f"{name}.json").read_text())["rows"]
    entries = [(entry.name, entry.goal) for entry in import_module(f"{folder}.cases").ENTRIES]
    assert sorted(entries) == sorted((row["case"], row.get("goal")) for row in rows)
