"""Make the published clients' environments: `make_environments.py [NAME...]`, all of environments.toml by default.

An environment whose marker holds the hash of what it would be made from is left alone, so a second run takes no time.
"""

import argparse
import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PEERS = ROOT / ".peers"
MARKER = "made-from"

Environment = Mapping[str, Sequence[str]]


class NotMade(Exception):
    """An environment that couldn't be made; the message names it and the reason."""


def load(file: Path = HERE / "environments.toml") -> dict[str, Environment]:
    """Name to requirements, forced, imports."""
    return tomllib.loads(file.read_text(encoding="utf-8"))


def fingerprint(environment: Environment, python: str = sys.version) -> str:
    """A hash of all that decides what an environment holds."""
    return hashlib.sha256(json.dumps([environment, python], sort_keys=True).encode()).hexdigest()


def is_made(folder: Path, environment: Environment) -> bool:
    """Whether the environment in `folder` is there, whole, and from these requirements."""
    marker = folder / MARKER
    return marker.is_file() and marker.read_text(encoding="utf-8") == fingerprint(environment)


def make(name: str, environment: Environment, folder: Path) -> None:
    """Make one environment, replacing what is there.

    Raises:
        NotMade: A step failed; the last line that it wrote is in the message.
    """
    shared = _shared()
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    shared.make(folder)
    python = str(shared.python_of(folder))
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run(name, "install", [*pip, *environment["requirements"]])
    if environment.get("forced"):
        _run(name, "install", [*pip, "--no-deps", "--ignore-requires-python", *environment["forced"]])
    for module in environment.get("imports", ()):
        _run(name, f"import {module} in", [python, "-c", f"import {module}"])
    (folder / MARKER).write_text(fingerprint(environment), encoding="utf-8")


def _shared() -> ModuleType:
    """The script that makes the project's own environment; it knows the ways to make one."""
    spec = importlib.util.spec_from_file_location("environment", ROOT / ".ci" / "environment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(name: str, what: str, command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
        raise NotMade(f"could not {what} .peers/{name}: {said[-1] if said else 'no reason was given'}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make what isn't made yet; 1 when one failed, each named on its line."""
    environments = load()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(environments)}")
    names = parser.parse_args(arguments).names or list(environments)
    if unknown := [name for name in names if name not in environments]:
        parser.error(f"no environment {', '.join(unknown)}; there are {', '.join(environments)}")
    failed = False
    for name in names:
        folder = PEERS / name
        if is_made(folder, environments[name]):
            continue
        print(f"compat: making .peers/{name} (half a minute the first time)", file=sys.stderr)
        try:
            make(name, environments[name], folder)
        except NotMade as error:
            print(f"compat: {error}", file=sys.stderr)
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
