"""The recipes of docs/testing-with-the-sandbox.md: each file of the page is run by pytest, in a process of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# A test may wait for what another process runs.
pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(600)]

PAGE = Path(__file__).parents[2] / "docs" / "testing-with-the-sandbox.md"
RECIPES = dict(
    re.findall(r'^```python title="(\S+)"\n(.*?)^```$', PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
)
TESTS = [(name, test) for name, text in RECIPES.items() for test in re.findall(r"^def (test_\w+)", text, re.MULTILINE)]


@pytest.fixture(scope="module")
def ran(once: Callable[[str, Callable[[Path], None]], Path]) -> str:
    """The output of pytest for all recipes, as a user's project with nothing but them runs them."""
    return (once("project", _run_all) / "output.txt").read_text(encoding="utf-8")


def _run_all(project: Path) -> None:
    for name, text in RECIPES.items():
        (project / name).write_text(text, encoding="utf-8")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("OMICS_", "PYTEST_", "HCA_"))}
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-rA",
        "-q",
        "-p",
        "no:cacheprovider",
        "--strict-markers",
        "--basetemp=made",
        ".",
    ]
    result = subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True, check=False)
    (project / "output.txt").write_text(result.stdout + result.stderr, encoding="utf-8")


def test_the_page_has_a_recipe_for_each_of_its_subjects():
    assert {
        "test_pipeline.py",
        "test_each_platform.py",
        "test_recording.py",
        "test_failing_network.py",
        "test_expiry.py",
        "test_seeds.py",
        "test_snapshots.py",
        "test_as_servers.py",
        "conftest.py",
        "test_own_document.py",
    } == set(RECIPES)
    assert len(re.findall(r"^```python", PAGE.read_text(encoding="utf-8"), re.MULTILINE)) == len(RECIPES)


@pytest.mark.parametrize(("name", "test"), TESTS)
def test_a_recipe_holds(ran: str, name: str, test: str):
    assert f"PASSED {name}::{test}" in ran, ran
