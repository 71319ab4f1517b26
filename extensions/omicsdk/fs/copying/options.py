"""How copies are made, as plain data."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from omicsdk.fs.copying.fetching import FetchOptions
from omicsdk.transfer import Control, Progress

#: Bytes that lie on this machine at once on their way from one platform to another; a larger file is there alone.
SPOOL = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """How files are copied.

    Attributes:
        overwrite: Whether what is at a target already is replaced.
        connections: Requests for bytes that run at once, at most.
        control: Stops, pauses, limits the rate, bounds the time.
        progress: Called a few times a second.
        stop: Set it to end within a second; the same copy goes on from there.
        spool: Folder for files on their way between platforms; by default one in the user's state folder.
        spool_bytes: How much lies there at once, at most; a larger file lies there alone.
    """

    overwrite: bool = True
    connections: int = 16
    control: Control = field(default_factory=Control)
    progress: Callable[[Progress], None] | None = None
    stop: threading.Event | None = None
    spool: str | None = None
    spool_bytes: int = SPOOL

    @property
    def stopped(self) -> bool:
        """Whether it shall end."""
        return self.fetching().stopped

    def fetching(self, journal: Path | None = None, *, kept: bool = False) -> FetchOptions:
        """The same for what comes to this machine.

        Args:
            journal: The file that remembers how far it is; by default one in the folder.
            kept: As for `FetchOptions`.
        """
        return FetchOptions(self.connections, self.control, self.progress, self.stop, journal, kept)
