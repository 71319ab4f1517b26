"""Make the virtual environment that the Makefile uses: `python3 .ci/environment.py .venv dev`.

Runs on a bare python3 of the system. Uses `venv`; where a distribution ships Python without it, uv or virtualenv.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

LEAST = (3, 11)
LOCKED = Path(__file__).parent / "locked"
"""Every dependency of an extra with its version and hashes, written by `make lock`."""


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


def install(python: Path, extra: str) -> None:
    """Install the locked dependencies of an extra, each compared with its hash, and the project, editable.

    uv takes seconds for what takes pip minutes, but reads none of pip's settings: where only these say where packages are,
    pip continues. Modules are compiled when they are first imported; most never are.
    """
    began = time.monotonic()
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--no-compile"]
    uv = [python, "-m", "uv", "pip", "install", "--python", python, *([] if sys.stderr.isatty() else ["--quiet"])]
    locked = ["--no-deps", "--require-hashes", "-r"]
    # The project itself has no hash. What builds it is locked too.
    steps = [[*locked, LOCKED / f"{extra}.txt"], ["--no-deps", "--no-build-isolation", "-e", "."]]
    if not are_done(pip, [[*locked, LOCKED / "uv.txt"]]) or not are_done(uv, steps):
        print("setup: uv could not install the packages; pip does, which takes longer", file=sys.stderr)
        if not are_done(pip, steps):
            sys.exit("setup: pip could not install the project: see above")
    print(f"setup: done ({time.monotonic() - began:.0f} s)", file=sys.stderr)


def are_done(command: list[str | Path], steps: list[list[str | Path]]) -> bool:
    """Run a command with the arguments of each step, until one fails."""
    return all(subprocess.run([*command, *step]).returncode == 0 for step in steps)


def main(folder: Path, extra: str) -> None:
    """Make the environment and install into it: `sandbox` for the demo, `dev` for everything, `test` for the base's tests."""
    if sys.version_info < LEAST:
        sys.exit(
            f"setup: Python {LEAST[0]}.{LEAST[1]} or later is needed; this is {sys.version.split()[0]}. Try: make setup PYTHON=python3.12"
        )
    print(f"setup: installing omicsdk[{extra}] into {folder}", file=sys.stderr)
    make(folder)
    install(python_of(folder), extra)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
