"""What workers and the one who started them tell each other while shards run: how far they are, and when to stop.

A line is the worker's end, and travels with the shard; a desk is the other end. Here they meet in small files in a folder
that all of them see anyway; that needs no ports and works with every executor.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from logging import getLogger
from typing import Protocol
from uuid import uuid4

from omicsdk.core.files import in_place_of
from omicsdk.transfer.reports.progress import Progress
from omicsdk.transfer.scale.following import Word
from omicsdk.transfer.scale.held_folder import HeldFolder, held_folder
from omicsdk.transfer.scale.shard import worker_name

#: Seconds between two words of a worker, and between two looks at them.
BEAT = 0.25

_STOP = "stop"
_log = getLogger("omicsdk.transfer")


class Line(Protocol):
    """The worker's end; it must be picklable."""

    def connect(self) -> Callable[[Word], None]:
        """Gives what sends words; it is called in the thread that runs the shard, its result in another one."""
        ...

    def stopped(self) -> bool:
        """Tells whether the worker shall stop."""
        ...


class Desk(Protocol):
    """The end of the one who started the shards."""

    @property
    def line(self) -> Line:
        """The workers' end."""
        ...

    def words(self) -> Iterator[Word]:
        """Gives what came since the last call, or the last word of each worker."""
        ...

    def stop(self) -> None:
        """Has the workers stop, and those that come later not begin."""
        ...

    @property
    def gone(self) -> str:
        """Why no worker will ever be heard again, "" as long as some may be."""
        ...

    @property
    def reachable(self) -> bool:
        """Whether shards can be handed in at present."""
        ...

    def leave(self) -> None:
        """Lets what `stop` said stand when the desk is closed: there are shards that haven't heard it."""
        ...


@dataclass(frozen=True, slots=True)
class FileLine:
    """Words as files, one a shard.

    Attributes:
        folder: Where they are.
    """

    folder: str

    def connect(self) -> Callable[[Word], None]:
        """Gives what writes words; without a place for them nothing is told, and the shard runs all the same."""
        try:
            os.makedirs(self.folder, exist_ok=True)
        except OSError as error:
            _log.debug("%s: %s; progress is not reported", self.folder, error.strerror)

        def tell(word: Word) -> None:
            path = os.path.join(self.folder, str(word.index))
            try:
                with in_place_of(path, durable=False) as file:
                    file.write(json.dumps(asdict(word)).encode())
            except OSError as error:  # the folder is gone when nobody listens any more
                _log.debug("%s: %s", path, error.strerror)

        return tell

    def stopped(self) -> bool:
        """Tells whether the worker shall stop."""
        return os.path.exists(os.path.join(self.folder, _STOP))


class FileDesk:
    """Reads the words.

    Args:
        held: Where they are.
    """

    def __init__(self, held: HeldFolder) -> None:
        self._held = held
        self._folder = held.path

    @classmethod
    @contextmanager
    def within(cls, journals: str, name: str) -> Generator[FileDesk]:
        """Opens a desk of its own for one run.

        Args:
            journals: The folder where the shards' journals are.
            name: The plan's name.

        Raises:
            DiskFull: There is no room.
            NotWritable: The folder can't be made.
        """
        with held_folder(journals, name) as held:
            yield cls(held)

    @property
    def line(self) -> FileLine:
        """The workers' end."""
        return FileLine(self._folder)

    def words(self) -> Iterator[Word]:
        """Gives the last word of each worker."""
        try:
            for name in os.listdir(self._folder):
                if name.isdecimal():
                    with open(os.path.join(self._folder, name), encoding="utf-8") as file:
                        yield Word(**json.load(file))
        except (OSError, ValueError) as error:  # a network file system's moments; shards don't depend on this
            _log.debug("%s: %s", self._folder, error)

    def stop(self) -> None:
        """Has the workers stop."""
        os.makedirs(self._folder, exist_ok=True)  # whoever removed it must not keep them from hearing this
        with open(os.path.join(self._folder, _STOP), "w", encoding="ascii"):
            return

    @property
    def gone(self) -> str:
        """Nothing: files can always be read."""
        return ""

    @property
    def reachable(self) -> bool:
        """Always: the executor is in this process."""
        return True

    def leave(self) -> None:
        """Lets the word to stop stand; the folder stays."""
        self._held.stays = True


@contextmanager
def attending(line: Line, index: int) -> Generator[tuple[Callable[[Progress], None], threading.Event]]:
    """Tells of a shard while it runs, from a thread of its own: a slow network file system must not hold up the bytes.

    Args:
        line: The line.
        index: The shard.

    Yields:
        What to call with the engine's progress, and what is set when it shall stop.
    """
    attempt, worker = uuid4().hex[:12], worker_name()
    tell = line.connect()
    latest: list[Progress] = []
    stop, over = threading.Event(), threading.Event()

    def word() -> Word:
        if not latest:
            return Word(index, attempt, worker)
        last = latest[0]
        return Word(
            index,
            attempt,
            worker,
            files_done=last.files_done,
            files_failed=last.files_failed,
            bytes_done=last.bytes_done,
            bytes_fetched=last.bytes_fetched,
            rate=last.rate,
        )

    def follow() -> None:
        while not over.wait(BEAT):
            tell(word())
            if line.stopped():
                stop.set()

    def note(progress: Progress) -> None:
        latest[:] = [progress]

    tell(word())
    if line.stopped():
        stop.set()
    follower = threading.Thread(target=follow, name="omicsdk-shard", daemon=True)
    follower.start()
    try:
        yield note, stop
    finally:
        over.set()
        follower.join()
