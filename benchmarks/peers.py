"""Published clients that ours are measured against: their environments, and what a client is to a benchmark."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from transferring.programs import ROOT

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@dataclass(frozen=True)
class Client:
    """A client.

    Attributes:
        package: The Python package that it is.
        command: Its command, as it is installed.
        environ: The environment's variables that it gets.
    """

    package: str
    command: Path
    environ: Mapping[str, str]

    @property
    def python(self) -> Path:
        """Its environment's interpreter."""
        return self.command.with_name("python")

    def said(self, program: str) -> str:
        """What a program prints that runs in its environment."""
        command = [self.python, "-c", program]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=self.environ).stdout


class Peer:
    """A published client.

    Args:
        name: Its environment's, as tests/compat/environments.toml has it.
        libraries: Its package's name, then those of what it does its work with.
    """

    def __init__(self, name: str, libraries: Sequence[str]) -> None:
        self.name = name
        self.folder = ROOT / ".peers" / name
        self._libraries = libraries

    def make(self) -> None:
        """Makes its environment when it does not exist.

        Raises:
            subprocess.CalledProcessError: It could not be made.
        """
        subprocess.run([sys.executable, ROOT / "tests" / "compat" / "make_environments.py", self.name], check=True)

    def missing(self, needs: Iterable[str]) -> list[str]:
        """Which of what cases need does not exist."""
        return [need for need in needs if not self.has(need)]

    def has(self, need: str) -> bool:
        """Whether something that a case needs is there."""
        return need == self.name and (self.folder / "made-from").is_file()

    def versions(self) -> dict[str, str]:
        """Its version, and those of what it does its work with."""
        program = f"from importlib.metadata import version\nfor name in {tuple(self._libraries)}: print(version(name))"
        command = [self.folder / "bin" / "python", "-c", program]
        first, *others = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        return {self.name: first} | {
            f"its {name}": found for name, found in zip(self._libraries[1:], others, strict=True)
        }

    def program(self, command: str) -> Path:
        """A command of its environment."""
        return self.folder / "bin" / command


def our_command() -> Path:
    """Our command, in the environment that measures."""
    return Path(sys.executable).with_name("omics")


def environ(home: Path, dropped: Sequence[str]) -> dict[str, str]:
    """The variables of a client with a separate home folder and no proxy before it.

    Args:
        home: The folder; made where it does not exist.
        dropped: What names of variables begin with that are not handed on.
    """
    home.mkdir(exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith((*dropped, "OMICS_", *_PROXIES))}
    return {**kept, "HOME": str(home), "PYTHONWARNINGS": "ignore"}
