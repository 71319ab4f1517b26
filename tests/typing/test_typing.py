"""The public surface as a strict type checker sees it: what is right passes, what is wrong is refused where it is wrong."""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
pytestmark = pytest.mark.types
MARK = re.compile(r"# error: (.+)$")
NOT_TYPES = {"reportUnusedExpression", "reportUnusedCallResult", "reportUnusedCoroutine"}
"""Rules that speak of statements without effect: those are what the wrong files are made of."""

BLOCK = re.compile(r"^```python(?: [^\n]*)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
UNTYPED = (
    "def test_",
    "sys.path.insert",
    "from runs import ",
    "from registry import ",
    "from fastapi import ",
    "import pandas",
    "import fsspec",
)
"""What stands in examples without types: fixtures, a client that the page makes itself, a library without stubs."""

Errors = dict[Path, dict[int, list[str]]]
"""Messages by file and line."""


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Errors:
    """Errors by file and line, of all files in one run; the manual's examples and those of examples/ are among them."""
    examples = _examples(tmp_path_factory.mktemp("pages"))
    files = [*HERE.glob("right_*.py"), *(HERE / "wrong").glob("*.py"), *_typed(CHECKOUT / "examples"), *examples]
    # An own project file: the checkout's leaves out the files that are wrong on purpose.
    project = tmp_path_factory.mktemp("project") / "pyrightconfig.json"
    project.write_text(
        json.dumps(
            {
                "include": [str(file) for file in files],
                "typeCheckingMode": "strict",
                "pythonVersion": "3.11",
                "stubPath": str(CHECKOUT / "typings"),
                "extraPaths": [str(CHECKOUT / name) for name in ("codegen", "generated", "extensions")],
            }
        )
    )
    result = subprocess.run(
        [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(project)],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    report = json.loads(result.stdout)
    assert report["summary"]["filesAnalyzed"] == len(files), result.stdout[-2000:]
    errors: Errors = {file.resolve(): defaultdict[int, list[str]](list) for file in files}
    for one in report["generalDiagnostics"]:
        if one["severity"] == "error" and one.get("rule") not in NOT_TYPES:
            errors[Path(one["file"]).resolve()][one["range"]["start"]["line"] + 1].append(one["message"])
    return errors


@pytest.fixture(scope="module")
def seen_by_mypy() -> dict[Path, set[int]]:
    """The lines that mypy --strict refuses, by file."""
    files = [*HERE.glob("right_*.py"), *(HERE / "wrong").glob("*.py")]
    cache = CHECKOUT / "build" / "mypy"  # that of `make types`: it has read our packages
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), "--config-file", "", "--no-pretty"]
    result = subprocess.run(
        [*command, *map(str, files)],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
        cwd=CHECKOUT,
        env={**os.environ, "MYPYPATH": os.pathsep.join(str(CHECKOUT / name) for name in ("generated", "extensions"))},
    )
    assert result.returncode in (0, 1), result.stderr
    lines: dict[Path, set[int]] = {file.resolve(): set() for file in files}
    for line in result.stdout.splitlines():
        if match := re.match(r"(.+?):(\d+): error: ", line):
            lines[(CHECKOUT / match[1]).resolve()].add(int(match[2]))
    return lines


def test_mypy_refuses_the_same_lines_and_no_other(seen_by_mypy: dict[Path, set[int]]) -> None:
    marked = {
        file: {number for number, line in enumerate(file.read_text().splitlines(), 1) if MARK.search(line)}
        for file in seen_by_mypy
    }
    assert seen_by_mypy == marked
    assert sum(map(len, marked.values())) > 150


def _examples(folder: Path) -> list[Path]:
    """The Python examples of the README and of the pages that teach, a file each."""
    pages = [CHECKOUT / "README.md", CHECKOUT / "docs" / "start.md"]
    pages += sorted(page for part in ("how-to", "tutorials") for page in (CHECKOUT / "docs" / part).glob("*.md"))
    files: list[Path] = []
    for page in pages:
        for number, block in enumerate(BLOCK.findall(page.read_text(encoding="utf-8"))):
            if _is_typed(block):
                files.append(folder / f"{page.parent.name}_{page.stem}_{number}.py")
                files[-1].write_text(block, encoding="utf-8")
    assert len(files) >= 15
    return files


def _typed(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.py") if _is_typed(path.read_text(encoding="utf-8"))]


def _is_typed(text: str) -> bool:
    return not any(word in text for word in UNTYPED)


def test_what_is_right_passes_and_what_is_wrong_is_refused(checked: Errors) -> None:
    """One test: workers that share its parts would each run the type checker."""
    wrong = {path.name: dict(lines) for path, lines in checked.items() if lines and path.parent.name != "wrong"}
    assert wrong == {}
    files = sorted((HERE / "wrong").glob("*.py"))
    assert len(files) >= 7
    for file in files:
        lines = file.read_text().splitlines()
        expected = {number: match[1] for number, line in enumerate(lines, 1) if (match := MARK.search(line))}
        errors = checked[file.resolve()]
        missed = {
            number: words for number, words in expected.items() if not any(words in m for m in errors.get(number, []))
        }
        assert {(file.name, number): (words, errors.get(number)) for number, words in missed.items()} == {}
        assert {(file.name, number): messages for number, messages in errors.items() if number not in expected} == {}
        assert len(expected) >= 20, file
