"""Every recipe of docs/how-to/shape-a-client.md does what the page states; in this process, which takes a tenth of the time of commands."""

import contextlib
import io
import runpy
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from manual import CHECKOUT, Block, blocks, prints
from omicsdk.cli.main import main

PAGE = CHECKOUT / "docs" / "how-to" / "shape-a-client.md"
LEAST = 10


def recipes() -> dict[str, list[Block]]:
    """The blocks of the page by the headings that they are below."""
    every = blocks(PAGE)
    inside = {line for block in every for line in range(block.line, block.line + block.text.count("\n") + 2)}
    headings = {
        number: line.removeprefix("## ")
        for number, line in enumerate(PAGE.read_text().splitlines(), 1)
        if line.startswith("## ") and number not in inside
    }
    by_heading: dict[str, list[Block]] = {}
    for block in every:
        by_heading.setdefault(headings[max(number for number in headings if number < block.line)], []).append(block)
    return by_heading


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The reader's folder, with the examples; the imports of generated packages are undone."""
    shutil.copytree(CHECKOUT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("data"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])
    yield tmp_path
    for name, module in [*sys.modules.items()]:
        if str(getattr(module, "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("recipe", recipes())
def test_a_recipe(recipe: str, folder: Path) -> None:
    printed, compared = "", 0
    for block in recipes()[recipe]:
        if block.title:
            (folder / block.title).parent.mkdir(exist_ok=True)
            (folder / block.title).write_text(block.text)
        elif block.language == "text":
            assert prints(block.text, printed) == "", printed
            compared += 1
        else:
            printed = _printed(block)
    assert compared == sum(block.language == "text" for block in recipes()[recipe]) > 0


def _printed(block: Block) -> str:
    """What a block prints, errors included."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        if block.language == "python":
            Path(".block.py").write_text(block.text)
            runpy.run_path(".block.py")
        for line in block.text.splitlines() if block.language == "sh" else ():
            _run(line)
    return output.getvalue()


def _run(line: str) -> None:
    """Run a command of the page."""
    words = shlex.split(line)
    if words[0].startswith("PYTHONPATH="):
        sys.path.insert(0, words.pop(0).partition("=")[2])
    if words[0] == "omics":
        assert main(words[1:]) == 0, line
    elif words[0] == "cat":
        print(Path(words[1]).read_text())
    elif words[:2] == ["python", "-c"]:
        exec(words[2], {})
    else:
        assert words[:2] == ["python", "-m"], line
        assert runpy.run_module(f"{words[2]}.__main__")["PROGRAM"].run(words[3:]) == 0


def test_there_are_ten_of_them() -> None:
    assert len(recipes()) >= LEAST
    assert all(any(block.title for block in recipe) for recipe in recipes().values())
