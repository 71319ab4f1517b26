"""What the demo tells its reader: numbered steps, commands as they would be typed, results with sizes and times."""

import os
import shlex
import time
from collections.abc import Sequence
from typing import TextIO


def size_text(size: int) -> str:
    """A number of bytes for people: 1.5 MiB."""
    if size < 1024:
        return f"{size} bytes"
    power = 1 if size < 1000 << 10 else 2 if size < 1000 << 20 else 3
    return f"{size / 1024**power:.1f} {('KiB', 'MiB', 'GiB')[power - 1]}"


def seconds_text(seconds: float) -> str:
    """A time for people: 1.3 s."""
    return f"{seconds:.1f} s"


def counted(number: int, what: str) -> str:
    """A number of things: 1 file, 2 files."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def typed(words: Sequence[str]) -> str:
    """A command as a user would type it into a shell."""
    return shlex.join(words) if os.name != "nt" else " ".join(f'"{word}"' if " " in word else word for word in words)


class Story:
    """Writes lines as things happen.

    Args:
        out: Where to.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._steps = 0
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since the story began."""
        return time.monotonic() - self._began

    def line(self, text: str = "") -> None:
        """One line."""
        self._out.write(f"{text}\n")
        self._out.flush()

    def step(self, title: str) -> None:
        """Begins the next step."""
        self._steps += 1
        self.line(f"\n{self._steps}. {title}")

    def command(self, words: Sequence[str]) -> None:
        """What is run next."""
        self.line(f"   $ {typed(words)}")

    def python(self, *lines: str) -> None:
        """What is called next, from Python."""
        for number, line in enumerate(lines):
            self.line(f"   {'>>>' if not number else '...'} {line}")

    def fact(self, text: str) -> None:
        """What came of it."""
        self.line(f"   {text}")
