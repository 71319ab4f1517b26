"""Running `omics` as a user would: a process of its own, told where the sandbox is by its environment."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from omicsdk.cli.demo.story import Story, typed
from omicsdk.core.errors import OmicsError

_OMICS = "from omicsdk.cli.main import main; raise SystemExit(main())"
# A user's own settings for these services would lead away from the sandbox.
_FOREIGN = ("OMICS_", "HCA_", "AWS_", "PYTEST_")
_PROXIES = ("http_proxy", "https_proxy", "all_proxy")

LONGEST = 120.0
"""Seconds that one command may take before the demo gives up."""


class DemoFailed(OmicsError):
    """A step of the demo didn't do what it should."""

    default_remedy = "`omics demo --keep FOLDER` leaves its files there to look at."


def environment(pointing: Mapping[str, str], own: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for commands that work with the sandbox and nothing else.

    Args:
        pointing: What points at the sandbox.
        own: The present environment; by default the process'.
    """
    kept = {
        name: value
        for name, value in (os.environ if own is None else own).items()
        if not name.startswith(_FOREIGN) and name.lower() not in _PROXIES
    }
    return kept | dict(pointing) | {"PYTHONUTF8": "1"}


class Omics:
    """Runs commands in the demo's folder; what still runs at its end is killed.

    Args:
        story: Is told each command.
        variables: The commands' environment.
        folder: Their current folder.
    """

    def __init__(self, story: Story, variables: Mapping[str, str], folder: Path) -> None:
        self._story = story
        self._variables = dict(variables)
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running:
            if process.poll() is None:
                process.kill()
            process.communicate()

    def __call__(self, *words: str) -> Any:
        """Runs `omics WORDS` and gives what it printed, decoded from JSON.

        Raises:
            DemoFailed: It ended with another code than 0, or took too long.
        """
        printed = self.finish(self.start(*words), words)
        return json.loads(printed) if printed.strip() else None

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Starts `omics WORDS`."""
        self._story.command(("omics", *words))
        return self._started([sys.executable, "-c", _OMICS, *words])

    def module(self, module: str, *words: str) -> None:
        """Runs a module of Python with arguments.

        Raises:
            DemoFailed: As for commands.
        """
        shown = ("python", "-m", module, *words)
        self._story.command(shown)
        self.finish(self._started([sys.executable, "-m", module, *words]), shown)

    def _started(self, words: Sequence[str]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            words,
            cwd=self._folder,
            env=self._variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._running.append(process)
        return process

    def finish(self, process: subprocess.Popen[bytes], words: Sequence[str]) -> bytes:
        """Waits for a command and gives what it printed.

        Args:
            process: What `start` gave.
            words: Its words, for errors.

        Raises:
            DemoFailed: It ended with another code than 0, or took too long.
        """
        try:
            printed, told = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            raise DemoFailed(f"`{typed(words)}` had not ended after {LONGEST:g} s") from None
        if process.returncode != 0:
            last = told.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it said nothing"]
            raise DemoFailed(f"`{typed(words)}` ended with code {process.returncode}: {last[0]}")
        return printed
