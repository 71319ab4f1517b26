"""The published package's names, as specs/gen3/published-names.json has them for the table of the manual."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.compat("gen3")
def test_the_names_are_those_of_the_published_package(interpreter_of: Callable[[str], Path]):
    program = "import json, gen3_names; print(json.dumps(gen3_names.read()))"
    done = subprocess.run(
        [interpreter_of("gen3"), "-c", program], capture_output=True, text=True, check=True, cwd=ROOT / "docs"
    )
    told = done.stdout.splitlines()[-1]  # some modules print as they are imported
    assert json.loads(told) == json.loads((ROOT / "specs/gen3/published-names.json").read_text(encoding="utf-8"))
