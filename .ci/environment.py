"""Make the virtual environment that the Makefile works in: `python3 .ci/environment.py .venv dev`.

Runs on a bare python3 of the system. Uses `venv`; where a distribution ships Python without it, uv or virtualenv.
"""

import shutil
import subprocess
import sys
from pathlib import Path

LEAST = (3, 11)


def make(folder: Path) -> None:
    """Create the environment in `folder` unless a working one exists."""
    ours = "{}.{}".format(*sys.version_info)
    ask = [python_of(folder), "-c", "import sys, pip; print('{}.{}'.format(*sys.version_info))"]
    existing = subprocess.run(ask, capture_output=True, text=True) if python_of(folder).exists() else None
    if existing and existing.returncode == 0:
        if existing.stdout.strip() != ours:
            sys.exit(
                f"setup: {folder} was made with Python {existing.stdout.strip()}, and this is {ours}. "
                f"Run make setup PYTHON=python{ours} for an environment beside it, or make clean first."
            )
        return
    ways = [[sys.executable, "-m", "venv", "--clear", str(folder)]]
    if shutil.which("uv"):
        ways.append(["uv", "venv", "--quiet", "--clear", "--seed", "--python", sys.executable, str(folder)])
    ways.append([sys.executable, "-m", "virtualenv", "--quiet", "--clear", str(folder)])
    if shutil.which("virtualenv"):
        ways.append(["virtualenv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
    for way in ways:
        if subprocess.run(way, capture_output=True).returncode == 0:
            return
    sys.exit(
        "setup: this python has no venv module; install it (Debian: apt install python3-venv), or uv, or virtualenv"
    )


def python_of(folder: Path) -> Path:
    """The environment's interpreter."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def main(folder: Path, extra: str) -> None:
    """Make the environment and install the project into it, editable, with an extra: dev, or test for the base's tests alone."""
    if sys.version_info < LEAST:
        sys.exit(
            f"setup: Python {LEAST[0]}.{LEAST[1]} or later is needed; this is {sys.version.split()[0]}. Try: make setup PYTHON=python3.12"
        )
    print(f"setup: making {folder} and installing (a minute or two the first time)", file=sys.stderr)
    make(folder)
    install = [python_of(folder), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-e", f".[{extra}]"]
    done = subprocess.run(install, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"setup: pip could not install the project:\n{done.stderr.strip()}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
