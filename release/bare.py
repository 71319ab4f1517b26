"""`make bare`: what a user gets: the wheel of dist/ with all extras, and nothing else, in a separate environment.

    python release/bare.py          make build/bare again and run the demo in it

Dependencies come from where pip gets them. What they are is what `make sbom`, `make licences` and `make audit` look at.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOME = ROOT / "build" / "bare"
NO_ENVIRONMENT = 3
"""Exit code: pip couldn't get what the wheel needs, which says nothing of the wheel."""


def python_of(home: Path) -> Path:
    """An environment's interpreter."""
    return home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def wheel_in(folder: Path) -> Path:
    """The wheel of a folder.

    Raises:
        SystemExit: There is not exactly one.
    """
    found = sorted(folder.glob("omicsdk-*.whl"))
    if len(found) != 1:
        sys.exit(f"{folder}: {len(found)} wheels are there; `make dist` makes one")
    return found[0]


def main() -> int:
    """Make the environment and run the demo; gives the exit code."""
    wheel = wheel_in(ROOT / "dist")
    shutil.rmtree(HOME, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", HOME], check=True)
    install = ["install", "--quiet", "--disable-pip-version-check", f"{wheel}[all]"]
    if subprocess.run([sys.executable, "-m", "pip", "--python", python_of(HOME), *install]).returncode:
        return NO_ENVIRONMENT
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    with tempfile.TemporaryDirectory() as elsewhere:
        omics = shutil.which("omics", path=python_of(HOME).parent) or "omics"
        command = [omics, "demo", "--large-mib", "64"]
        return subprocess.run(command, cwd=elsewhere, env={**variables, "HOME": elsewhere}).returncode


if __name__ == "__main__":
    sys.exit(main())
