"""Make the virtual environment that the Makefile uses: `python3 .ci/environment.py .venv dev`.

Runs on a bare python3 of the system. Uses `venv`; where a distribution ships Python without it, uv or virtualenv.
"""

import shutil
import subprocess
import sys
import tempfile
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
    """Install the locked dependencies of an extra, each compared with its hash, and the project, editable; print how far pip is."""
    pip = [python, "-m", "pip", "install", "--disable-pip-version-check", "--progress-bar", "off"]
    began, found = time.monotonic(), 0
    # The project itself has no hash. What builds it is locked too.
    for words in (
        ["--no-deps", "--require-hashes", "-r", LOCKED / f"{extra}.txt"],
        ["--no-deps", "--no-build-isolation", "-e", "."],
    ):
        with tempfile.TemporaryFile("w+") as errors:
            with subprocess.Popen([*pip, *words], stdout=subprocess.PIPE, stderr=errors, text=True) as running:
                assert running.stdout is not None
                for line in running.stdout:
                    if line.startswith("Collecting "):
                        found += 1
                        show(f"collecting packages: {found}", began, passing=True)
                    elif line.startswith("Installing collected packages: "):
                        show(f"installing {len(line.partition(': ')[2].split(','))} packages", began)
            if running.returncode:
                errors.seek(0)
                sys.exit(f"setup: pip could not install the project:\n{errors.read().strip()}")
    show("done", began)


def show(text: str, began: float, *, passing: bool = False) -> None:
    """Print a line of progress; a passing one only to a terminal, where the next one replaces it."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[Ksetup: {text} ({time.monotonic() - began:.0f} s){'' if passing else chr(10)}")
    elif not passing:
        sys.stderr.write(f"setup: {text} ({time.monotonic() - began:.0f} s)\n")
    sys.stderr.flush()


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
