"""The commands of the contributing guide work, and the things that it names exist."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.release

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [shlex.split(line, comments=True) for block in BLOCKS for line in block.splitlines()]
TARGETS = sorted({word for words in re.findall(r"`make ([a-z -]+?)[`A-Z]", PAGE) for word in words.split()})


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_every_target_is_one():
    done = subprocess.run(["make", "-n", *TARGETS], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("words", [words for words in COMMANDS if words[0] != "make"], ids=" ".join)
def test_a_command(words):
    """Tests that are named are collected, and the others are run."""
    program = Path(words[0]).name
    command = {
        "python": [sys.executable, *words[1:], "--collect-only", "-q"],
        "omics": [shutil.which("omics", path=Path(sys.executable).parent) or "omics", *words[1:]],
    }[program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout
