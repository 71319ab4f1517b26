"""`make mutants` draws modules and mutants, finds their tests and judges them as it states."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import coverage
import pytest

pytest.importorskip("resource", reason="the script limits memory as POSIX systems do")

ROOT = Path(__file__).parents[3]
RETRY = "omicsdk.core.retry"
RETRY_FILE = ROOT / "extensions/omicsdk/core/retry.py"
RETURNS = [
    line for line, text in enumerate(RETRY_FILE.read_text().splitlines(), 1) if text.startswith("        return ")
]


@pytest.fixture
def reach() -> Iterator[coverage.CoverageData]:
    """What tests reach, made by the process that reads it: a fork of it would find it empty."""
    data = coverage.CoverageData(no_disk=True)
    data.set_context("tests/unit/core/test_retry.py::test_x[a|b]|run")
    data.add_lines({str(RETRY_FILE): [1, *RETURNS]})
    yield data
    data.close(force=True)


@pytest.fixture
def mutants(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModuleType]:
    """The script, which starts no process."""
    spec = importlib.util.spec_from_file_location("mutants", ROOT / "tests" / "mutants.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "mutants", module)  # its dataclass looks for it there
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "REACH", tmp_path / "reach")
    (tmp_path / "reach").touch()
    return module


def measured(
    mutants: ModuleType, monkeypatch: pytest.MonkeyPatch, reach: coverage.CoverageData, outcomes: list[bool]
) -> int | None:
    """Measure a module of which each mutant has the next outcome, and then the unchanged module."""
    following = iter(outcomes)
    monkeypatch.setattr(
        mutants.Trials,
        "_outcomes",
        lambda _, config, module, tests, tried: {mutant: next(following) for mutant in tried},
    )
    config: Any = None
    return mutants.Trials([RETRY], reach, 1).pytest_cmdline_main(config)


def test_what_is_argued_is_a_mutant_that_is_drawn_and_at_most_four_a_module_are(mutants: ModuleType) -> None:
    for module, argued in mutants.EQUIVALENT.items():
        drawn = {mutant.label for mutant in mutants.sample_of(mutants.mutants_of(mutants.path_of(module).read_text()))}
        assert argued.keys() <= drawn
        assert 1 <= len(argued) <= 4 == mutants.MOST_EQUIVALENT
        assert all(argued.values())


@pytest.mark.parametrize("words", [("omicsdk.core.retri",), (RETRY, "core.retry"), ("",), ("omicsdk/core/retry",)])
def test_a_module_that_does_not_exist_is_an_error(
    mutants: ModuleType, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sys, "argv", ["mutants.py", *words])
    with pytest.raises(SystemExit, match=f"mutants: not found: {words[-1]}. Correct EQUIVALENT"):
        mutants.main()


@pytest.mark.parametrize("argued", [{"pause: 1 -> 2000": "no such mutant"}, dict.fromkeys("abcde", "too many")])
def test_an_argument_without_its_mutant_is_an_error(
    mutants: ModuleType, reach: coverage.CoverageData, monkeypatch: pytest.MonkeyPatch, argued: dict[str, str]
) -> None:
    monkeypatch.setitem(mutants.EQUIVALENT, RETRY, argued)
    with pytest.raises(SystemExit, match=f"EQUIVALENT of {RETRY}"):
        measured(mutants, monkeypatch, reach, [])


SOURCE = "def f(a):\n    if a < 1:\n        return 2\n    return a + 3\n"


def test_a_mutant_differs_in_one_place_and_forty_are_drawn(mutants: ModuleType) -> None:
    candidates = mutants.mutants_of(SOURCE)
    assert {mutant.label for mutant in candidates} >= {"f: Lt -> LtE", "f: 1 -> 2", "f: 3 -> 4", "f: Add -> Sub"}
    assert len({mutant.source for mutant in candidates}) == len(candidates)
    assert all(compile(mutant.source, "mutant", "exec") for mutant in candidates)
    many = mutants.mutants_of("\n".join(f"a{number} = {number}" for number in range(100)))
    assert len(many) == 100
    drawn = mutants.sample_of(many)
    assert len(drawn) == mutants.SAMPLE == 40
    assert drawn == mutants.sample_of(list(reversed(many)))


def test_a_seed_draws_the_same_modules_and_none_without_enough_mutants(
    mutants: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "p" / "q").mkdir(parents=True)
    for name, count in {"a": 40, "b": 39, "q/c": 41, "q/d": 50, "__init__": 60, "table": 60}.items():
        (tmp_path / "p" / f"{name}.py").write_text("".join(f"a{number} = {number}\n" for number in range(count)))
    (tmp_path / "p" / "table.json").touch()
    monkeypatch.setattr(mutants, "SOURCES", {"p": tmp_path})
    assert mutants.drawn_modules(1) == ["p.a", "p.q.c", "p.q.d"]
    monkeypatch.setattr(mutants, "DRAWN", 1)
    draws = [mutants.drawn_modules(seed) for seed in range(20)]
    assert draws == [mutants.drawn_modules(seed) for seed in range(20)]
    assert {name for draw in draws for name in draw} == {"p.a", "p.q.c", "p.q.d"}


def test_the_tests_of_a_mutant_are_those_that_run_its_line(mutants: ModuleType, reach: coverage.CoverageData) -> None:
    tests = mutants.tests_of(RETRY, reach)
    assert tests.unit[0] == "tests/unit/core/test_retry.py"
    assert [*tests.lines.items()] == [(line, {"tests/unit/core/test_retry.py::test_x[a|b]"}) for line in RETURNS]
    assert tests.functional[0].startswith("tests/functional/core/")
    importing = mutants.tests_of("omicsdk.transfer.downloads.targets", reach).functional
    assert importing[0] == "tests/functional/transfer/targets/test_store.py"
    assert "tests/functional/transfer/targets/test_downloading.py" in importing  # from the package
    firsts = {
        "omicsdk.sb.storage": "cli/test_sb_storage.py",  # of its commands
        "omicsdk.compat.__main__": "compat/test_install.py",  # starts it
        "omicsdk.compat.gen3.submission": "gen3/submission/test_client.py",
    }
    assert {name: mutants.tests_of(name, reach).functional[0] for name in firsts} == {
        name: f"tests/functional/{file}" for name, file in firsts.items()
    }
    two = mutants.Tests({2: {"a"}, 5: {"b"}}, {1, 2, 4, 6}, [], [])
    lines = [two.of(mutants.Mutant("f", line, "", "", "")) for line in (1, 2, 4, 6, 7)]
    assert lines == [{"a"}, {"a"}, {"a", "b"}, {"b"}, {"a", "b"}]  # 7 is no line of a body, such as a default


def test_a_file_of_tests_that_is_gone_is_an_error(mutants: ModuleType, reach: coverage.CoverageData) -> None:
    reach.set_context("tests/unit/core/test_gone.py::test_x|run")
    reach.add_lines({str(RETRY_FILE): RETURNS})
    with pytest.raises(SystemExit, match=r"not found: tests/unit/core/test_gone\.py\. Remove .*reach, which"):
        mutants.tests_of(RETRY, reach)


def test_functional_tests_that_run_a_line_come_before_those_that_are_near(
    mutants: ModuleType, reach: coverage.CoverageData
) -> None:
    reach.set_context("tests/functional/cli/test_doctor.py::test_y|run")
    reach.add_lines({str(RETRY_FILE): RETURNS[:1]})
    tests = mutants.tests_of(RETRY, reach)
    assert (tests.unit, tests.functional) == (
        ["tests/unit/core/test_retry.py"],
        ["tests/functional/cli/test_doctor.py"],
    )
    unit, functional = "tests/unit/core/test_retry.py::test_x[a|b]", "tests/functional/cli/test_doctor.py::test_y"
    reaching = [tests.of(mutants.Mutant("f", line, "", "", "")) for line in RETURNS[:2]]
    assert reaching == [{unit, functional}, {unit}]


@pytest.mark.parametrize(("killed", "failed"), [(36, 0), (35, 1), (40, 0), (0, 1)])
def test_the_goal_is_nine_of_ten(
    mutants: ModuleType,
    reach: coverage.CoverageData,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    killed: int,
    failed: int,
) -> None:
    outcomes = [*[True] * killed, *[False] * 41][:41]
    assert measured(mutants, monkeypatch, reach, outcomes) == failed
    printed = capsys.readouterr()
    assert printed.out.count(f"{killed} of 40 killed") == 2
    assert printed.out.count("    line ") == 40 - killed
    assert (f"fewer than 90% killed in {RETRY}" in printed.err) is bool(failed)


def test_tests_that_fail_without_a_change_measure_nothing(
    mutants: ModuleType,
    reach: coverage.CoverageData,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert measured(mutants, monkeypatch, reach, [True] * 41) == 1
    printed = capsys.readouterr()
    assert "0 of 0 killed" in printed.out
    assert f"tests fail without a change: of {RETRY}" in printed.err
