"""The page on performance says what was measured, goals that were missed included."""

import pytest
from building.made import outdated
from building.performance import beside, millions, performance


def row(**changed):
    return {"case": "a | b", "ours": 0.02, "peer": 0.01, "ratio": 2.0, "goal": 3.0, "rounds": 20} | changed


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, r"| a \| b | 20.0 ms | 10.0 ms | 2.00 | ≤ 3 | 20 |"),
        ({"goal": 1.5}, "| 2.00 (missed) | ≤ 1.5 |"),
        ({"goal": 1.5, "higher": True}, "| 2.00 | ≥ 1.5 |"),
        ({"goal": 2.5, "higher": True}, "| 2.00 (missed) | ≥ 2.5 |"),
        ({"goal": 1.5, "bound": {"ratio": 2.0, "reason": "of the disk"}}, "| 2.00 (bounded) | ≤ 1.5 |"),
        ({"ours_cpu": 0.015, "peer_cpu": 1.5}, "| 20.0 ms (15.0 ms) | 10.0 ms (1.50 s) |"),
        ({"ours": 1234.5, "unit": "MiB", "peer": None}, "| 1,234.50 MiB |  |  | ≤ 3 |"),
        ({"ratio": 5, "unit": "MiB", "peer": None}, "|  | (missed) | ≤ 3 |"),
        ({"ours_wall": 0.5, "peer_wall": 2.5}, "| 20.0 ms of CPU (500.0 ms wall) | 10.0 ms of CPU (2.50 s wall) |"),
        ({"spread": [1.25, 3.0]}, "| 20 (1.25–3.00) |"),
        ({"file_system": "memory (tmpfs)", "load": 0.42}, "| 20 | memory (tmpfs), 0.4 |"),
    ],
)
def test_a_row(changed, expected):
    page = performance({"some": {"machine": {"system": "Linux", "cores": 2}, "rows": [row(**changed)]}})
    assert expected in page
    assert "on Linux, cores 2." in page


def test_a_bound_is_told_with_its_reason():
    bounded = row(bound={"ratio": 2.0, "reason": "the disk takes as long"})
    page = performance({"some": {"machine": "a laptop", "rows": [bounded]}})
    assert "a | b: bounded at 2, because the disk takes as long" in page


def test_a_worst_case_is_told_with_the_others():
    page = performance({"some": {"machine": "a laptop", "rows": [row(unit="MiB", each={"one": 3.0, "two": 5.5})]}})
    assert "- a | b, each: one 3.00 MiB, two 5.50 MiB." in page


def test_what_peers_ran_is_told_once():
    page = performance({"some": {"machine": "a laptop", "rows": [row(peer_command="curl -o OUT URL")] * 2}})
    assert page.count("- `curl -o OUT URL`\n") == 1


def test_without_results_the_page_says_so():
    assert "Nothing has been measured yet." in performance({})


def test_committed_pages_are_what_they_are_made_from():
    assert outdated() == []


def test_what_ran_stands_before_the_table():
    page = performance({"some": {"machine": "a laptop", "about": "Both verify.", "rows": [row()]}})
    assert page.index("on a laptop.\n\nBoth verify.\n\n| case") > 0


def test_programs_that_were_measured_are_columns():
    rows = [
        row(case="ls of 100 objects / rclone lsf, CPU"),
        row(case="ls of 100 objects / aws s3 ls, CPU", peer=0.8, ratio=0.025),
        row(case="cp of 1 object / s5cmd cp"),
        row(case="cat / python -c pass, CPU"),
        row(case="ls of 100 objects, peak MiB", peer=None),
    ]
    assert beside(rows).splitlines()[:4] == [
        "| Task | omics | rclone | s5cmd | aws |",
        "|---|---:|---:|---:|---:|",
        "| ls of 100 objects | 20.0 ms | 10.0 ms (2.00) | - | 800.0 ms (0.03) |",
        "| cp of 1 object, wall time | 20.0 ms | - | 10.0 ms (2.00) | - |",
    ]


def test_numbers_of_files_are_columns():
    rows = [
        row(case=f"{number} files listed{what}", ours=ours, peer=None, unit=unit)
        for number, seconds, memory in (("100,000", 1.5, 24.9), ("1,000,000", 15.0, 25.1))
        for what, ours, unit in (("", seconds, "s"), (", peak MiB", memory, "MiB"))
    ]
    assert millions(rows).splitlines() == [
        "| Command | 100,000 | 100,000, memory | 1,000,000 | 1,000,000, memory |",
        "|---|---:|---:|---:|---:|",
        "| files listed | 1.50 s | 25 MiB | 15.00 s | 25 MiB |",
    ]
