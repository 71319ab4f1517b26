"""Somebody at a terminal: the installed command with settings of its own that lead to the sandbox, and a login to make."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fork_server import forked
from small_cells import small_cells as small_cells
from small_cells import small_etag_parts as small_etag_parts
from small_cells import small_parts as small_parts
from user_commands import run_here

OMICS = Path(sys.executable).with_name("omics.exe" if sys.platform == "win32" else "omics")
LONGEST = 60


class Terminal:
    """Runs `omics`; nothing of this process's own settings is seen.

    Args:
        folder: Home.
        sandbox: The sandbox that the settings lead to.
    """

    def __init__(self, folder: Path, sandbox: Any) -> None:
        self.token_file = folder / "tokens.json"
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "LANG", "LC_ALL") if name in os.environ}
        leading = {name: text for name, text in sandbox.environment().items() if not name.endswith("_TOKEN")}
        self.environ = {
            **kept,
            **leading,
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "OMICS_TOKEN_FILE": str(self.token_file),
            "BROWSER": "true",  # a program that opens nothing
            "NO_PROXY": "*",
        }
        self._begun: list[subprocess.Popen[str]] = []

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, in this process."""
        return run_here(self.environ, *words)

    def run_process(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end in a process, which finds a browser of its own."""
        return forked.run(
            [OMICS, *words],
            env=self.environ | variables,
            input="",
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )

    def begin(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        """Begin a command; it is ended with the test."""
        begun = forked.start(
            [OMICS, *words],
            env=self.environ | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._begun.append(begun)
        return begun

    def end(self) -> None:
        """End what still runs."""
        for begun in self._begun:
            if begun.poll() is None:
                begun.kill()
            begun.communicate(timeout=LONGEST)


@pytest.fixture
def terminal(tmp_path: Path, omics_sandbox: Any) -> Iterator[Terminal]:
    """A terminal whose settings lead to the sandbox."""
    made = Terminal(tmp_path, omics_sandbox)
    yield made
    made.end()


def address_of(begun: subprocess.Popen[str]) -> str:
    """The address that a login tells."""
    assert begun.stderr is not None
    for line in begun.stderr:
        if line.startswith("http"):
            return line.strip()
    raise AssertionError("no address was told")


@pytest.fixture(name="address_of")
def address_of_fixture() -> Any:
    """Reads the address that a login tells."""
    return address_of
