"""Messages between workers and the process that started them, and the progress of all shards together."""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from logging import getLogger
from typing import Protocol
from uuid import uuid4

from omicsdk.core.files import in_place_of, lock_now
from omicsdk.transfer.disk import write_error
from omicsdk.transfer.reports.progress import Progress
from omicsdk.transfer.scale.shard import Shard, ShardResult, make_folders, worker_name


@dataclass(frozen=True, slots=True)
class Word:
    """What a worker tells of a shard that it is running.

    Attributes:
        index: The shard.
        attempt: Names this attempt; another worker's is another.
        worker: Host and process.
        files_done: Files that are at their target.
        files_failed: Files that failed.
        bytes_done: Bytes that are there.
        bytes_fetched: Bytes that came over the network in this attempt.
        rate: Bytes a second over the last seconds.
    """

    index: int
    attempt: str
    worker: str = ""
    files_done: int = 0
    files_failed: int = 0
    bytes_done: int = 0
    bytes_fetched: int = 0
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class ShardsProgress:
    """How far the shards of a plan are.

    Attributes:
        shards: How many there are.
        shards_done: How many came to their end, well or not.
        shards_lost: How often one was begun again, because its worker was lost.
        workers: The workers that are at it, as host:pid, from shard to worker.
        files: How many files there are.
        files_done: How many are at their target (skipped ones too).
        files_failed: How many failed.
        bytes: The stated sizes of all files together.
        bytes_done: Bytes that are there.
        bytes_fetched: Bytes that came over the network, those for lost workers too, as far as these told.
        rate: Bytes a second over the last seconds.
        seconds: Since the start.
        final: Whether this is the last call.
    """

    shards: int
    shards_done: int = 0
    shards_lost: int = 0
    workers: Mapping[int, str] = field(default_factory=dict[int, str])
    files: int = 0
    files_done: int = 0
    files_failed: int = 0
    bytes: int = 0
    bytes_done: int = 0
    bytes_fetched: int = 0
    rate: float = 0.0
    seconds: float = 0.0
    final: bool = False

    @property
    def remaining(self) -> float | None:
        """Seconds until the end at the present rate, None while that can't be told."""
        return max(0, self.bytes - self.bytes_done) / self.rate if self.rate > 0 else None


class Tracker:
    """Adds up words and results.

    Args:
        shards: All shards.
    """

    def __init__(self, shards: Iterable[Shard]) -> None:
        self._sizes = {shard.index: shard.size for shard in shards}
        self._whole = ShardsProgress(
            len(self._sizes), files=sum(shard.files for shard in shards), bytes=sum(self._sizes.values())
        )
        self._words = dict[int, Word]()
        self._results = dict[int, ShardResult]()
        self._spent = dict[int, int]()
        self.lost = 0

    def told(self, word: Word) -> None:
        """Takes in what a worker tells; an attempt that takes another's place means that the other was lost."""
        if word.index in self._results or word.index not in self._sizes:
            return
        before = self._words.get(word.index)
        if before is not None and before.attempt == word.attempt and not before.worker:
            return  # the last word of one that is lost
        if before is not None and before.attempt != word.attempt:
            self.lost += 1
            self._spent[word.index] = self._spent.get(word.index, 0) + before.bytes_fetched
        self._words[word.index] = word

    def begun(self, index: int) -> bool:
        """Tells whether a worker has begun a shard."""
        return index in self._words

    def is_lost(self, index: int) -> None:
        """Notes that a shard's worker is lost; what it had done stays counted until the next one tells."""
        if index in self._words:
            self._words[index] = replace(self._words[index], worker="", rate=0.0)

    def ended(self, result: ShardResult) -> None:
        """Takes in a shard's end."""
        self._results[result.index] = result

    def progress(self, seconds: float, *, final: bool = False) -> ShardsProgress:
        """Adds everything up.

        Args:
            seconds: Since the start.
            final: Whether it is over.
        """
        running = [word for index, word in self._words.items() if index not in self._results]
        ended = self._results.values()
        right = sum(result.counts.get("done", 0) + result.counts.get("skipped", 0) for result in ended)
        return replace(
            self._whole,
            shards_done=len(self._results),
            shards_lost=self.lost,
            workers={word.index: word.worker for word in running if word.worker},
            files_done=right + sum(word.files_done for word in running),
            files_failed=sum(result.counts.get("failed", 0) for result in ended)
            + sum(word.files_failed for word in running),
            bytes_done=sum(self._present(result) for result in ended) + sum(word.bytes_done for word in running),
            bytes_fetched=sum(self._spent.values())
            + sum(result.bytes_fetched for result in ended)
            + sum(word.bytes_fetched for word in running),
            rate=sum(word.rate for word in running),
            seconds=seconds,
            final=final,
        )

    def _present(self, result: ShardResult) -> int:
        """Bytes of a shard that has ended: all of them, or what its worker told last."""
        word = self._words.get(result.index)
        return self._sizes[result.index] if result.ok or word is None else word.bytes_done


_NAME = re.compile(r".+\.[0-9a-f]{12}(\.[a-z]+)?\Z")
_HELD = ".held"


@dataclass(slots=True)
class HeldFolder:
    """A folder of one command.

    Attributes:
        path: Where it is.
        stays: Whether it is left in the end, and by later commands too.
    """

    path: str
    stays: bool = False


@contextmanager
def held_folder(journals: str, name: str, suffix: str = "") -> Generator[HeldFolder]:
    """Makes a folder of its own for one command, and removes it in the end; those of commands that were killed go first.

    Args:
        journals: The folder where the shards' journals are.
        name: What its name begins with.
        suffix: What its name ends with: a dot and small letters, or nothing.

    Yields:
        The folder.

    Raises:
        DiskFull: There is no room.
        NotWritable: It can't be made.
    """
    folder = HeldFolder(os.path.join(journals, f"{name}.{uuid4().hex[:12]}{suffix}"))
    make_folders(folder.path)
    sign = os.path.join(folder.path, _HELD)
    try:
        held = os.open(sign, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise write_error(error, sign) from error
    try:
        with suppress(OSError):  # without locks on this file system nobody removes what isn't his own
            lock_now(held)
        _sweep(journals, folder.path)
        yield folder
    finally:
        os.close(held)
        if folder.stays:
            with suppress(OSError):
                os.unlink(sign)
        else:
            shutil.rmtree(folder.path, ignore_errors=True)


def _sweep(journals: str, own: str) -> None:
    """Removes folders whose command is gone: the system has let go of its lock."""
    for name in os.listdir(journals):
        folder = os.path.join(journals, name)
        if not _NAME.match(name) or folder == own:
            continue
        try:
            held = os.open(os.path.join(folder, _HELD), os.O_RDWR)
        except OSError:  # just made, just removed, or left on purpose
            continue
        try:
            lock_now(held)
        except OSError:
            continue
        finally:
            os.close(held)
        shutil.rmtree(folder, ignore_errors=True)


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
