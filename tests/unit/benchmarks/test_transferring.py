"""The tools of the transfer benchmark."""

import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmark asks Linux for what it measures")


def test_commands_are_spelled_without_what_differs_from_run_to_run():
    from transferring.programs import spelled

    out = Path("/dev/shm/omicsdk-bench-x_1/out")
    command = ["/usr/bin/curl", "--output", out / "one", "http://127.0.0.1:4711/one"]
    assert spelled(command, ["sync", "-f", out]) == "curl --output OUT/one URL/one && sync -f OUT"


def test_files_that_are_missing_or_cut_are_found(tmp_path):
    from transferring.files import Served, whole

    files = [Served("one", 3, "", ""), Served("two", 3, "", "")]
    (tmp_path / "one").write_bytes(b"abc")
    with pytest.raises(RuntimeError, match="1 of 2 files aren't whole"):
        whole(tmp_path, files)()
    (tmp_path / "two").write_bytes(b"ab")
    with pytest.raises(RuntimeError, match="two"):
        whole(tmp_path, files)()
    (tmp_path / "two").write_bytes(b"abc")
    whole(tmp_path, files)()


def test_cases_have_separate_names():
    from transferring.cases import ENTRIES

    names = [entry.name for entry in ENTRIES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("by_calls", [True, False])
def test_files_behind_an_api_are_found_as_the_package_finds_them(by_calls: bool):
    from transferring.worker import finder

    find = finder("http://127.0.0.1:9/v1", by_calls=by_calls)
    locate, renew = find("name", "http://127.0.0.1:9/f7", 20_000, "a" * 64)
    if by_calls:
        assert callable(locate)
        assert renew is None
    else:
        assert locate.url == "http://127.0.0.1:9/v1/files/f7?replica=aws"
        assert callable(renew)


def test_a_row_that_hashing_bounds_states_the_bound(tmp_path):
    """The floor is measured after each run of the peer, in a place that is empty again."""
    from measuring import Case
    from transferring.files import Served
    from transferring.floor import Floor

    (tmp_path / "one").write_bytes(b"abc")
    steps: list[str] = []
    floor = Floor(tmp_path, lambda: steps.append("floor"), [Served("one", 3, "", "")])
    case = Case("a / b", lambda: steps.append("a"), lambda: steps.append("b"), 1, 1, lambda: steps.append("empty"))
    row = floor.compared(case)
    assert set(row["bound"]) == {"ratio", "reason"}
    assert row["rounds"] == 1
    assert "".join(step[0] for step in steps).count("ebef") == steps.count("b") > 1
