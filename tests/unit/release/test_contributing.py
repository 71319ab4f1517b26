"""The commands of the contributing guide work, and the things that it names exist."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = [shlex.split(line, comments=True) for block in BLOCKS for line in block.splitlines()]
TARGETS = sorted({word for words in re.findall(r"`make ([a-z -]+?)[`A-Z]", PAGE) for word in words.split()})
NAMED = re.findall(r"`((?:\.ci|codegen|docs|extensions|specs|tests)/[\w./-]*|[\w-]+\.(?:md|toml|yml))`", PAGE)


def test_what_is_run_in_the_first_hour_is_in_the_makefile():
    first = [words[1] for words in COMMANDS if words[0] == "make"]
    assert first == ["demo", "setup", "unit", "test"]
    assert set(first) <= set(TARGETS) | {"setup", "demo"}


def test_the_readme_states_the_coverage_below_which_the_nightly_run_fails():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    floor = project["tool"]["coverage"]["report"]["fail_under"]
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    assert f"reach {floor} % of all lines and branches, below which the nightly run fails" in readme


@pytest.mark.parametrize("name", sorted(set(NAMED)))
def test_what_is_named_is_there(name):
    assert (ROOT / name).exists() or list((ROOT / ".github").rglob(name)), name


def test_every_target_is_reported():
    targets = {*TARGETS, *(words[1] for words in COMMANDS if words[0] == "make")}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert set(phony.split()) <= targets
