"""The two clients: where they are, and whether they are there."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from transferring.programs import ROOT

PUBLISHED = ROOT / ".peers" / "sevenbridges"
"""The published client's environment."""

_LIBRARIES = ("sevenbridges-python", "requests", "urllib3")
_NOT_OURS = ("SB_", "OMICS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@dataclass(frozen=True)
class Client:
    """A client.

    Attributes:
        package: The Python package that it is.
        python: Its environment's interpreter.
        environ: The environment's variables that it gets.
    """

    package: str
    python: Path
    environ: Mapping[str, str]


def make_published() -> None:
    """Makes the published client's environment when it isn't there.

    Raises:
        subprocess.CalledProcessError: It couldn't be made.
    """
    subprocess.run([sys.executable, ROOT / "tests" / "compat" / "make_environments.py", "sevenbridges"], check=True)


def published(home: Path) -> Client:
    """The published client, with a home of its own."""
    return Client("sevenbridges", PUBLISHED / "bin" / "python", _environ(home))


def ours(home: Path) -> Client:
    """Our client, likewise."""
    return Client("omicsdk.sb", Path(sys.executable), _environ(home))


def versions() -> dict[str, str]:
    """The published client's version, and those of what it does its work with."""
    program = f"from importlib.metadata import version\nfor name in {_LIBRARIES}: print(version(name))"
    told = subprocess.run([PUBLISHED / "bin" / "python", "-c", program], capture_output=True, text=True, check=True)
    first, *others = told.stdout.split()
    return {_LIBRARIES[0]: first} | {f"its {name}": found for name, found in zip(_LIBRARIES[1:], others, strict=True)}


def missing(needs: Iterable[str]) -> list[str]:
    """Which of what cases need isn't there."""
    return [need for need in needs if not (PUBLISHED / "made-from").is_file()]


def _environ(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
    return {**kept, "HOME": str(home), "PYTHONWARNINGS": "ignore"}
