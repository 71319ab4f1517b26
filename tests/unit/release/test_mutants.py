"""The list of `make mutants` names what is there, and the script draws, tries and judges mutants as it states."""

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

pytest.importorskip("resource", reason="the script limits memory as POSIX systems do")

ROOT = Path(__file__).parents[3]
ASKED = {
    *(f"core.{name}" for name in ("retry", "redaction", "checksums", "paging", "request")),
    *(f"transfer.{name}" for name in ("names", "network.limits", "network.plan")),
}
"""Modules that must reach the goal."""


@pytest.fixture
def mutants(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The script, which runs no tests and sets no limits."""
    spec = importlib.util.spec_from_file_location("mutants", ROOT / "tests" / "mutants.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "mutants", module)  # its dataclass looks for it there
    spec.loader.exec_module(module)
    monkeypatch.setattr(module.resource, "setrlimit", lambda *_: None)
    monkeypatch.setattr(module, "_outcome", lambda *_: pytest.fail("a mutant was tried"))
    return module


def called(mutants: ModuleType, monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    """What it ends with."""
    monkeypatch.setattr(sys, "argv", ["mutants.py", "--jobs", "1", *words])
    with pytest.raises(SystemExit) as caught:
        mutants.main()
    return str(caught.value)


def test_its_modules_and_tests_exist(mutants: ModuleType) -> None:
    assert set(mutants.MODULES) == ASKED
    packages = [name.partition(".")[0] for name in mutants.FIGURES]
    assert sorted(packages) == ["cli", "fs", "gen3", "sandbox", "sb"]
    for module, tests in {**mutants.MODULES, **mutants.FIGURES}.items():
        assert (ROOT / "extensions" / "omicsdk" / f"{module.replace('.', '/')}.py").is_file()
        assert tests
        for test in tests:
            assert (ROOT / test).is_file()


def test_what_is_argued_is_a_mutant_and_at_most_four_a_module_are(mutants: ModuleType) -> None:
    for module, argued in mutants.EQUIVALENT.items():
        source = (ROOT / "extensions" / "omicsdk" / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")
        drawn = {mutant.label for mutant in mutants.sample_of(mutants.mutants_of(source))}
        assert argued.keys() <= drawn
        assert 1 <= len(argued) <= 4 == mutants.MOST_EQUIVALENT
        assert all(argued.values())


@pytest.mark.parametrize("words", [("core.retri",), ("core.retry", "retry"), ("",), ("core/retry",)])
def test_a_module_that_it_does_not_know_is_an_error(
    mutants: ModuleType, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    ended = called(mutants, monkeypatch, *words)
    assert ended.startswith(f"mutants: not found: {words[-1]}. Correct MODULES, FIGURES or EQUIVALENT")


@pytest.mark.parametrize(
    ("name", "entry", "missing"),
    [
        ("MODULES", {"core.gone": ("tests/unit/core/test_retry.py",)}, "core.gone"),
        ("FIGURES", {"core.gone": ("tests/unit/core/test_retry.py",)}, "core.gone"),
        ("MODULES", {"core.clock": ("tests/core/test_gone.py",)}, "tests/core/test_gone.py"),
        ("EQUIVALENT", {"core.gone": {"x": "y"}}, "core.gone"),
    ],
)
def test_a_name_of_its_lists_that_does_not_exist_is_an_error(
    mutants: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str, entry: dict[str, object], missing: str
) -> None:
    """Also when another module is requested."""
    monkeypatch.setitem(getattr(mutants, name), *next(iter(entry.items())))
    assert called(mutants, monkeypatch, "core.retry").startswith(f"mutants: not found: {missing}.")


@pytest.mark.parametrize("argued", [{"pause: 1 -> 2000": "no such mutant"}, dict.fromkeys("abcde", "too many")])
def test_an_argument_without_its_mutant_is_an_error(
    mutants: ModuleType, monkeypatch: pytest.MonkeyPatch, argued: dict[str, str]
) -> None:
    monkeypatch.setitem(mutants.EQUIVALENT, "core.retry", argued)
    monkeypatch.setattr(mutants, "_outcome", lambda *_: "survived")  # the tests pass without a change
    assert "EQUIVALENT of core.retry" in called(mutants, monkeypatch, "core.retry")


SOURCE = "def f(a):\n    if a < 1:\n        return 2\n    return a + 3\n"


def test_a_mutant_differs_in_one_place_and_forty_are_drawn(mutants: ModuleType) -> None:
    found = mutants.mutants_of(SOURCE)
    assert {mutant.label for mutant in found} >= {"f: Lt -> LtE", "f: 1 -> 2", "f: 3 -> 4", "f: Add -> Sub"}
    assert len({mutant.source for mutant in found}) == len(found)
    assert all(compile(mutant.source, "mutant", "exec") for mutant in found)
    many = mutants.mutants_of("\n".join(f"a{number} = {number}" for number in range(100)))
    assert len(many) == 100
    drawn = mutants.sample_of(many)
    assert len(drawn) == mutants.SAMPLE == 40
    assert drawn == mutants.sample_of(list(reversed(many)))


@pytest.mark.parametrize(("killed", "reached"), [(36, True), (35, False), (40, True), (0, False)])
def test_the_goal_is_nine_of_ten(
    mutants: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    killed: int,
    reached: bool,
) -> None:
    outcomes = iter(["survived", *["killed"] * killed, *["survived"] * 40])
    monkeypatch.setattr(mutants, "_outcome", lambda *_: next(outcomes))
    monkeypatch.setattr(mutants, "EQUIVALENT", {})
    assert mutants.measure("core.retry", ("tests/unit/core/test_retry.py",), 1) is reached
    printed = capsys.readouterr().out
    assert f"{killed} of 40 killed" in printed
    assert printed.count("    line ") == 40 - killed


def test_a_module_below_the_goal_is_an_error_and_a_figure_is_none(
    mutants: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutants, "measure", lambda *_: False)
    assert "fewer than 90% killed in core.retry" in called(mutants, monkeypatch, "core.retry")
    monkeypatch.setattr(sys, "argv", ["mutants.py", "sb.paths"])
    mutants.main()


def test_tests_that_fail_without_a_change_measure_nothing(mutants: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutants, "_outcome", lambda *_: "killed")
    assert "fail without a change" in called(mutants, monkeypatch, "core.retry")
