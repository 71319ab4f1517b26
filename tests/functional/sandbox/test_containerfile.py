"""The container file against the project: its commands exist and parse, its numbers agree. No image is built."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
LINES = re.sub(r"\\\n\s*", "", (CHECKOUT / "Containerfile").read_text(encoding="utf-8")).splitlines()
INSTRUCTIONS = [line.split(None, 1) for line in LINES if line and not line.startswith("#")]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no sh")
@pytest.mark.parametrize(("count", "installed"), [(1, True), (2, False)])
def test_it_takes_one_wheel_and_does_not_guess_among_several(tmp_path: Path, count: int, installed: bool):
    [step] = [rest for name, rest in INSTRUCTIONS if name == "RUN" and "pip install" in rest]
    for number in range(count):
        (tmp_path / f"omicsdk-0.{number}.0-py3-none-any.whl").write_text("")
    script = step.replace("/tmp/", f"{tmp_path}/").replace("pip install", "echo installed")
    ran = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    assert (ran.returncode == 0) is installed
    assert ran.stdout == (
        f"installed {tmp_path}/omicsdk-0.0.0-py3-none-any.whl[sandbox,codegen,fast,google]\n" if installed else ""
    )
    assert ("holds 2 wheels" in ran.stderr) is not installed
