"""`omics` as a user types it, in this process: with streams and a separate environment."""

import io
import os
import subprocess
import sys
from collections.abc import Mapping

import pytest
from omicsdk.cli.main import main


class Stream(io.TextIOWrapper):
    """A standard stream in memory, which may pass for a terminal."""

    def __init__(self, *, tty: bool = False, content: bytes = b"") -> None:
        super().__init__(io.BytesIO(content), encoding="utf-8", newline="")
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty

    def content(self) -> bytes:
        self.flush()
        return self.buffer.getvalue()


class Terminal(io.StringIO):
    """A stream of text that passes for a terminal."""

    def __init__(self, typed: str = "", *, tty: bool = True) -> None:
        super().__init__(typed)
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


def run_here(environ: Mapping[str, str], *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run `omics WORDS` to its end.

    What a process finds out once, such as its keyring or its browser, is that of the developer's environment: use a process for those.

    Args:
        environ: All variables of its environment.
        words: The command line.
        typed: What is on stdin.
    """
    out, err = Stream(), Stream()
    with pytest.MonkeyPatch.context() as patched:
        for name in os.environ.keys() - environ.keys():
            patched.delenv(name)
        for name, value in environ.items():
            patched.setenv(name, value)
        for name, stream in {"stdin": Stream(content=typed.encode()), "stdout": out, "stderr": err}.items():
            patched.setattr(sys, name, stream)
        code = main(words)
    return subprocess.CompletedProcess(words, code, out.content().decode(), err.content().decode())
