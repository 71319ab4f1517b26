"""The published package's names, as specs/sb/published-names.json has them for the table of the manual."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".peers" / "sevenbridges" / "bin" / "python"


@pytest.mark.compat
@pytest.mark.skipif(not PYTHON.exists(), reason="make compat makes .peers/sevenbridges")
def test_the_names_are_those_of_the_published_package():
    program = "import json, sevenbridges_names; print(json.dumps(sevenbridges_names.read()))"
    done = subprocess.run([PYTHON, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT / "docs")
    assert json.loads(done.stdout) == json.loads((ROOT / "specs/sb/published-names.json").read_text(encoding="utf-8"))
