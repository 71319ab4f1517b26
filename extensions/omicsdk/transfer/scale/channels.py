"""What workers and the process that started them send each other: progress one way, the word to stop the other."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from logging import getLogger
from typing import Any, Self, cast
from uuid import uuid4

from omicsdk.core.files import in_place_of, lock_now
from omicsdk.transfer.disk import make_folders, write_error
from omicsdk.transfer.reports.progress import Progress
from omicsdk.transfer.scale.plan import worker_name

#: Seconds between two messages of a worker, and between two looks at them.
HEARTBEAT_SECONDS = 0.25

_STOP = "stop"
_HELD = ".held"
_HELD_NAME = re.compile(r".+\.[0-9a-f]{12}(\.[a-z]+)?\Z")
_log = getLogger("omicsdk.transfer")


@dataclass(frozen=True, slots=True)
class Message:
    """What a worker reports of a shard that it is running.

    Attributes:
        index: The shard.
        attempt: Names this attempt; another worker's is another.
        worker: Host and process; "" when it is lost or has ended.
        progress: How far this attempt is.
    """

    index: int
    attempt: str = ""
    worker: str = ""
    progress: Progress = field(default_factory=Progress)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Return the message of the plain values that `asdict` made."""
        return cls(values["index"], values["attempt"], values["worker"], Progress(**values["progress"]))


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
        if not _HELD_NAME.match(name) or folder == own:
            continue
        with suppress(OSError):  # just made, just removed, left on purpose, or locked
            held = os.open(os.path.join(folder, _HELD), os.O_RDWR)
            try:
                lock_now(held)
            finally:
                os.close(held)
            shutil.rmtree(folder, ignore_errors=True)


class FileChannel:
    """Messages between workers and the process that started them, as files, one a shard. It is picklable; each side has its end.

    A worker calls `connect` and `stopped`, the process that started them everything else.

    Args:
        held: Where they are.
    """

    def __init__(self, held: HeldFolder) -> None:
        self._held = held
        self._stop = os.path.join(held.path, _STOP)

    def connect(self) -> Callable[[Message], None]:
        """Return what sends messages, in another thread than this; without a place for them nothing is reported."""
        with suppress(OSError):
            os.makedirs(self._held.path, exist_ok=True)

        def send(message: Message) -> None:
            path = os.path.join(self._held.path, str(message.index))
            try:
                with in_place_of(path, durable=False) as file:
                    file.write(json.dumps(asdict(message)).encode())
            except OSError as error:  # the folder is gone when no process listens any more
                _log.debug("%s: %s; progress is not reported", path, error)

        return send

    def stopped(self) -> bool:
        """Whether the worker shall stop."""
        return os.path.exists(self._stop)

    def messages(self) -> Iterator[Message]:
        """Yield what came since the last call, or the last message of each worker."""
        try:
            for name in os.listdir(self._held.path):
                if name.isdecimal():
                    with open(os.path.join(self._held.path, name), encoding="utf-8") as file:
                        yield Message.of(json.load(file))
        except (OSError, ValueError) as error:  # a network file system's moments; shards do not depend on this
            _log.debug("%s: %s", self._held.path, error)

    def stop(self) -> None:
        """Have the workers stop, and those that come later not begin."""
        os.makedirs(self._held.path, exist_ok=True)  # they must hear this though the folder was removed
        with open(self._stop, "w", encoding="ascii"):
            return

    def leave(self) -> None:
        """Keep the word to stop after the run: there are shards that have not heard it."""
        self._held.stays = True

    def pack(self, value: object) -> bytes:
        """Pickle a shard, or a part of one, for the workers."""
        return pickle.dumps(value)

    def gone(self) -> str:
        """Why no worker will ever be heard again, "" as long as some may be."""
        return ""

    def reachable(self) -> bool:
        """Whether shards can be handed in at present."""
        return True


# The topics of runs that were told to stop, in the worker's process.
_stopped = set[str]()


def _stop_here(topic: str) -> None:
    _stopped.add(topic)


class DaskChannel:
    """The same as events of the scheduler, which passes them on as they come.

    Args:
        topic: Names the run.
        client: The client, at the end of the process that started the run.
    """

    def __init__(self, topic: str, client: Any = None) -> None:
        self.topic = topic
        self._client = client
        self._heard = deque[Message]()
        self._untold = False  # whether there are workers that have not been told yet that they shall stop

    def __reduce__(self) -> tuple[type[DaskChannel], tuple[str]]:
        return DaskChannel, (self.topic,)

    def connect(self) -> Callable[[Message], None]:
        import distributed

        worker = cast("Any", distributed).get_worker()
        return lambda message: worker.log_event(self.topic, {"message": asdict(message)})  # Dask adds keys of its own

    def stopped(self) -> bool:
        return self.topic in _stopped

    def pack(self, value: object) -> bytes:
        import cloudpickle  # comes with distributed; takes lambdas and functions of a notebook too

        return cloudpickle.dumps(value)

    def hear(self, event: tuple[float, dict[str, Any]]) -> None:
        self._heard.append(Message.of(event[1]["message"]))

    def messages(self) -> Iterator[Message]:
        if self._untold and self.reachable():
            self._untold = False
            self._client.run(_stop_here, self.topic, on_error="ignore")
        while self._heard:
            yield self._heard.popleft()

    def stop(self) -> None:
        self._untold = True

    def leave(self) -> None:
        return  # a word that a worker has heard stays

    def gone(self) -> str:
        return "the connection to the Dask scheduler is lost" if self._client.status == "closed" else ""

    def reachable(self) -> bool:
        return self._client.status == "running"  # for a while the client looks for a scheduler that is lost


Channel = FileChannel | DaskChannel


@contextmanager
def reporting(channel: Channel, index: int) -> Generator[tuple[Callable[[Progress], None], threading.Event]]:
    """Reports on a shard while it runs, from a thread of its own: a slow network file system must not hold up the bytes.

    Args:
        channel: The channel.
        index: The shard.

    Yields:
        What to call with the engine's progress, and what is set when it shall stop.
    """
    message = Message(index, uuid4().hex[:12], worker_name())
    send = channel.connect()
    stop, over = threading.Event(), threading.Event()

    def note(progress: Progress) -> None:
        nonlocal message
        message = replace(message, progress=progress)

    def report() -> None:
        send(message)
        if channel.stopped():
            stop.set()

    def follow() -> None:
        while not over.wait(HEARTBEAT_SECONDS):
            report()

    report()
    follower = threading.Thread(target=follow, name="omicsdk-shard", daemon=True)
    follower.start()
    try:
        yield note, stop
    finally:
        over.set()
        follower.join()
