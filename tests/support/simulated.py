"""Both engines in a simulated world: network, threads and clock are one random sequence, files and journals are real.

Each time that an engine waits, one thing happens: a response begins, bytes come or go, a request ends or breaks, a thread's task
is done, another thread that moves bytes does so or is heard of, time passes, the user pauses or continues, or the process dies. A cell and a part have 64 bytes here, so that a file of
many parts is small.
"""

import errno
import functools
import random
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Unpack
from urllib.parse import parse_qs, urlsplit

import pytest
from omicsdk import Lock
from omicsdk.core import ConnectionLost, ManualClock, ServerError, TimedOut
from omicsdk.core.checksums import digest
from omicsdk.transfer import (
    Control,
    Item,
    Location,
    MultipartStore,
    NoSuchUpload,
    PartRules,
    SentPart,
    TransferReport,
    Upload,
    download,
    upload,
)
from omicsdk.transfer import Source as UploadSource
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.downloads.files import Committer
from omicsdk.transfer.engine.options import EngineOptionsDict
from omicsdk.transfer.network.wire import Ask, Body, Ended, Receiver
from omicsdk.transfer.uploads.store import Cut
from small_cells import cells_of

CELL = 64
"""Bytes of a cell in this world."""
BATCH = CELL // 2
"""Bytes that are written at once, and whose position is then recorded."""
ROUNDS = 100_000
"""A world in which more than this happens comes to no end."""


class Killed(BaseException):
    """The process dies here: nothing of it runs any more."""


@dataclass
class Source:
    """A file on the server.

    Attributes:
        content: Its bytes now.
        declared_content: Its bytes as the platform states them.
        ranged: Whether the server serves ranges.
        strong: Whether it sends a strong ETag; a weak one stays the same whatever the content is.
    """

    content: bytes
    declared_content: bytes
    ranged: bool = True
    strong: bool = True
    version: int = 0
    issued: int = 0  # URLs
    ended: set[int] = field(default_factory=set[int])  # of them


@dataclass
class _Flight:
    ask: Ask
    receiver: Receiver
    answered: bool = False
    body: bytes = b""


class World:
    """What happens, drawn from one seed.

    Args:
        seed: The seed.
        sources: Files by name.
        trouble: How often something goes wrong, 0 to 1.
        kills: How often the process may die, or be reported to stop.
        stops: Which share of these are stops.
        disk: How often a change of the disk fails, 0 to 1.
    """

    def __init__(
        self,
        seed: int,
        sources: dict[str, Source],
        *,
        trouble: float = 0.0,
        kills: int = 0,
        stops: float = 0.3,
        disk: float = 0.0,
    ) -> None:
        self.chance = random.Random(seed)
        self.sources = sources
        self.trouble = trouble
        self.kills = kills
        self.stops = stops
        self.deaths = 0
        self.disk = _Disk(self, disk)
        self.here = Path()
        self.next = Path()
        self.corrupts = True  # whether bytes may be changed on their way
        self.clock = ManualClock()
        self.control = Control()
        self.served = 0  # bytes of bodies
        self.requests = 0
        self.flying = 0
        self.most_flying = 0
        self.threads = self.chance.choice((1, 1, 2, 3))  # that move bytes
        self.rounds = 0
        self.watch: Callable[[], None] = lambda: None
        self.platforms = dict[str, Platform]()  # objects to upload to, by name

    # -- the service that gives URLs

    def item(self, name: str, checksums: dict[str, str]) -> Item:
        """An item whose URL must be requested."""
        source = self.sources[name]

        def locate() -> Location:
            source.issued += 1
            return Location(f"http://127.0.0.1:9/{name}?url={source.issued}")

        return Item(name, locate, len(source.declared_content), checksums, retries=1000, min_delay=0.01)

    # -- the server

    def response(self, ask: Ask) -> tuple[list[bytes], bytes]:
        """The head and the body of a response."""
        address = urlsplit(ask.url)
        source = self.sources[address.path[1:]]
        if self.happens():
            return self.refusal(source, int(parse_qs(address.query)["url"][0]))
        if int(parse_qs(address.query)["url"][0]) in source.ended:
            return [b"HTTP/1.1 403 Ended\r\n", b"\r\n"], b"ended"
        content = source.content
        etag = b'ETag: "v%d"\r\n' % source.version if source.strong else b'ETag: W/"like before"\r\n'
        span = dict(ask.headers).get("range") or dict(ask.headers).get("Range")
        if span and source.ranged:
            first, _, last = span.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last) + 1 if last else len(content), len(content))
            if start >= len(content):
                return [b"HTTP/1.1 416 Range\r\n", b"Content-Range: bytes */%d\r\n" % len(content), b"\r\n"], b""
            content_range = b"Content-Range: bytes %d-%d/%d\r\n" % (start, end - 1, len(content))
            return [b"HTTP/1.1 206 Part\r\n", content_range, etag, b"\r\n"], content[start:end]
        return [b"HTTP/1.1 200 OK\r\n", b"Content-Length: %d\r\n" % len(content), etag, b"\r\n"], content

    def refusal(self, source: Source, url: int) -> tuple[list[bytes], bytes]:
        """Something else than the file."""
        match self.chance.randrange(5):
            case 0:
                source.ended.add(url)
                return [b"HTTP/1.1 403 Ended\r\n", b"\r\n"], b"ended"
            case 1:
                return [b"HTTP/1.1 503 Later\r\n", b"Retry-After: 1\r\n", b"\r\n"], b""
            case 2:
                return [b"HTTP/1.1 500 Sorry\r\n", b"\r\n"], b"sorry"
            case 3:
                return [b"HTTP/1.1 429 Slow\r\n", b"\r\n"], b""
            case _:
                return [b"HTTP/1.1 408 Timeout\r\n", b"\r\n"], b""

    def put(self, ask: Ask, content: bytes) -> tuple[list[bytes], bytes]:
        """Take a body, and response."""
        address = urlsplit(ask.url)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        platform = self.platforms[address.path[1:]]
        if int(query["url"]) in platform.ended or self.happens():
            if self.chance.random() < 0.3:
                platform.ended.add(int(query["url"]))
            if int(query["url"]) in platform.ended:
                return [b"HTTP/1.1 403 Ended\r\n", b"\r\n"], b"ended"
            status = self.chance.choice((b"503 Later", b"500 Sorry", b"429 Slow", b"408 Timeout"))
            return [b"HTTP/1.1 %s\r\n" % status, b"\r\n"], b""
        if "part" not in query:
            platform.content = content
        elif query["upload"] not in platform.parts:
            return [b"HTTP/1.1 404 Gone\r\n", b"\r\n"], b"<Error><Code>NoSuchUpload</Code></Error>"
        else:
            platform.parts[query["upload"]][int(query["part"])] = content
        return [b"HTTP/1.1 200 OK\r\n", b'ETag: "%s"\r\n' % digest(content, "md5").encode(), b"\r\n"], b""

    def happens(self) -> bool:
        """Whether something goes wrong now."""
        return self.chance.random() < self.trouble


class Wire:
    """libcurl's place."""

    world: World  # set by `simulated`
    tasks: deque[Callable[[], None]]
    threads = 1

    def __init__(self, *_: Any, **__: Any) -> None:
        self._flights: list[_Flight] = []

    @property
    def flying(self) -> int:
        return len(self._flights)

    def receivers(self) -> Iterable[Receiver]:
        return [flight.receiver for flight in self._flights]

    def wake(self) -> None:
        pass

    def close(self) -> None:
        self.cancel(lambda _: True)

    def start(self, ask: Ask, receiver: Receiver, *, alone: bool = True) -> None:
        del alone
        self._flights.append(_Flight(ask, receiver))
        self.world.requests += 1
        self.world.flying += 1
        self.world.most_flying = max(self.world.most_flying, self.world.flying)

    def cancel(self, unwanted: Callable[[Receiver], bool]) -> list[Receiver]:
        ended = [flight.receiver for flight in self._flights if unwanted(flight.receiver)]
        self._flights = [flight for flight in self._flights if not unwanted(flight.receiver)]
        self.world.flying -= len(ended)
        return ended

    def cancel_aside(self, _: Callable[[Receiver], bool]) -> list[Receiver]:
        return []

    def save(self, receiver: Any) -> None:
        receiver.save()

    def poll(self, timeout: float) -> list[Ended]:
        world, chance = self.world, self.world.chance
        world.watch()
        world.rounds += 1
        if world.rounds > ROUNDS:
            raise AssertionError("it comes to no end")
        if world.kills and chance.random() < 0.03:
            world.kills -= 1
            if chance.random() < world.stops:
                world.control.stop()
                return []
            world.deaths += 1
            shutil.copytree(world.here, world.next)  # what is done from here on is lost
            raise Killed
        if world.control.paused:
            if chance.random() < 0.5:
                world.control.resume()
        elif world.happens() and chance.random() < 0.1:
            world.control.pause()
        todo = len(self._flights) + len(self.tasks)
        if not todo or chance.random() < 0.1:
            world.clock.advance(timeout)
            return []
        number = chance.randrange(todo)
        if number >= len(self._flights):
            number -= len(self._flights)
            self.tasks.rotate(-number)
            self.tasks.popleft()()
            return []
        return self._move(self._flights[number])

    def move(self) -> list[Ended]:
        """Have something happen to one of the requests."""
        return self._move(self.world.chance.choice(self._flights)) if self._flights else []

    def _move(self, flight: _Flight) -> list[Ended]:
        world, receiver = self.world, flight.receiver
        if flight.ask.body is not None:
            return self._send(flight, flight.ask.body)
        if not flight.answered:
            if world.happens():
                return self._over(flight, world.chance.choice((ConnectionLost("reset"), TimedOut("silent"))))
            head, flight.body = world.response(flight.ask)
            receiver.lines.extend(head)
            flight.answered = True
            return [] if flight.body else self._over(flight)
        size = world.chance.randrange(1, 3 * CELL)
        chunk, flight.body = flight.body[:size], flight.body[size:]
        if world.corrupts and world.happens() and world.chance.random() < 0.3:
            chunk = bytes(byte ^ 1 for byte in chunk)  # a bit of each, on its way
        world.served += len(chunk)
        if receiver.take(chunk) == 0:
            return self._over(flight, ConnectionLost("the receiver ended it"))
        if world.happens():
            return self._over(flight, ConnectionLost("cut"))
        return [] if flight.body else self._over(flight)

    def _send(self, flight: _Flight, body: Body) -> list[Ended]:
        world = self.world
        if world.happens():
            return self._over(flight, world.chance.choice((ConnectionLost("reset"), TimedOut("silent"))))
        chunk = body.read(world.chance.randrange(1, 3 * CELL))
        if isinstance(chunk, int):
            return self._over(flight, ConnectionLost("the body ended it"))
        if chunk:
            if world.happens() and world.chance.random() < 0.3:
                chunk = bytes(byte ^ 1 for byte in chunk)
            world.served += len(chunk)
            flight.body += chunk
            return []
        head, response = world.put(flight.ask, flight.body)
        if world.happens():  # it is stored, and no client is notified
            return self._over(flight, ConnectionLost("cut"))
        flight.receiver.lines.extend(head)
        flight.receiver.take(response)
        return self._over(flight)

    def _over(self, flight: _Flight, error: Any = None) -> list[Ended]:
        self._flights.remove(flight)
        self.world.flying -= 1
        return [Ended(flight.receiver, error)]


class Thread:
    """Another thread that moves bytes: it does when the world reports it, and what it states is heard of later, in order."""

    tasks: deque[Callable[[], None]]

    def __init__(self, wire: Wire, outbox: deque[Any], wake: Callable[[], None]) -> None:
        del wake
        self.flying = 0
        self.fault = None
        self._wire = wire
        self._outbox = outbox
        self._news = deque[Any]()

    def start(self, ask: Ask, receiver: Receiver) -> None:
        self._wire.start(ask, receiver)
        self.tasks.append(self._move)

    def cancel(self, unwanted: frozenset[Receiver]) -> None:
        self._wire.cancel(unwanted.__contains__)

    def save(self, receiver: Any) -> None:
        self.tasks.append(lambda: receiver.save() if receiver in self._wire.receivers() else None)

    def close(self) -> None:
        self._wire.close()

    def tell(self, news: Iterable[Receiver | Ended]) -> None:
        for entry in news:
            self._news.append((self, entry))
            self.tasks.append(lambda: self._outbox.append(self._news.popleft()))

    def _move(self) -> None:
        self.tell(self._wire.move())
        if self._wire.flying:
            self.tasks.append(self._move)


class Pool:
    """Threads whose tasks are done when the world reports it."""

    tasks: deque[Callable[[], None]]

    def __init__(self, name: str, threads: int, inbox: Any) -> None:
        del name, threads
        self._inbox = inbox
        self._mine: list[Callable[[], None]] = []

    @property
    def waiting(self) -> int:
        return len(self._mine)

    def submit(self, task: Any, done: Any, failed: Any) -> None:
        def run() -> None:
            self._mine.remove(run)
            try:
                result = task()
            except Exception as error:
                caught = error
                self._inbox.put(lambda: failed(caught))
            else:
                self._inbox.put(lambda: done(result))

        self._mine.append(run)
        self.tasks.append(run)

    def close(self, patience: float) -> None:
        del patience
        for run in self._mine:
            if run in self.tasks:
                self.tasks.remove(run)
        self._mine.clear()


class _Committer(Committer):
    """Syncs and records when the world reports it."""

    tasks: deque[Callable[[], None]]

    def push(self, *, now: bool) -> None:
        del now
        if self._waiting:
            batch, self._waiting = self._waiting, []
            self.tasks.append(lambda: self._commit(batch))

    def close(self, *, hurry: bool = False) -> None:
        del hurry


class Platform(MultipartStore):
    """One object of a platform that takes files in parts or, up to a part's size, whole.

    Args:
        world: The world.
        name: The object's name.
        reports: Whether parts have to be reported.
        lists: Whether it can say which parts it has. What it has it may lose while no process lives.

    Attributes:
        content: The bytes of the object; None as long as there is none.
        completed: How often it was put together.
        parts: Parts by number, of each unfinished upload.
        ended: URLs that are refused.
    """

    def __init__(self, world: World, name: str, *, reports: bool = False, lists: bool = True) -> None:
        self.target = f"sim://{name}"
        self.rules = PartRules(least=1, largest=1 << 40, part_size=CELL, single=CELL)
        self.part_checksum = "md5"
        self.reports_parts = reports
        self.lists = lists
        self.content: bytes | None = None
        self.completed = 0
        self.parts = dict[str, dict[int, bytes]]()
        self.ended = set[int]()
        self._issued = 0
        self._reported = dict[str, set[int]]()
        self._world = world
        self._name = name
        world.platforms[name] = self

    def _perhaps(self) -> None:
        if self._world.happens():
            raise ServerError("it is broken", status=503)

    def _url(self, query: str) -> Location:
        self._issued += 1
        return Location(f"http://127.0.0.1:9/{self._name}?url={self._issued}{query}")

    def begin(self, source: UploadSource) -> str:
        del source
        self._perhaps()
        upload = f"u{len(self._reported)}"
        self.parts[upload], self._reported[upload] = {}, set()
        self._perhaps()  # it has begun, and no client is notified
        return upload

    def sign(self, upload_id: str, cut: Cut, checksums: Mapping[str, str]) -> Location:
        del checksums
        self._perhaps()
        return self._url(f"&upload={upload_id}&part={cut.number}")

    def put(self, source: UploadSource, checksums: Mapping[str, str]) -> Location | None:
        del source, checksums
        self._perhaps()
        return self._url("")

    def sent(self, upload_id: str, part: SentPart, status: int, headers: Mapping[str, str]) -> None:
        assert status == 200
        assert headers["etag"]
        self._perhaps()
        self._reported[upload_id].add(part.number)

    def known(self, upload_id: str) -> Mapping[int, SentPart] | None:
        self._perhaps()
        if upload_id not in self.parts:
            raise NoSuchUpload("gone")
        if not self.lists:
            return None
        return {
            number: SentPart(number, len(content), digest(content, "md5"), {"md5": digest(content, "md5")})
            for number, content in self.parts[upload_id].items()
            if not self.reports_parts or number in self._reported[upload_id]
        }

    def complete(self, upload_id: str, parts: Sequence[SentPart], checksums: Mapping[str, str]) -> Mapping[str, str]:
        del checksums
        self._perhaps()
        if upload_id not in self.parts:
            raise NoSuchUpload("gone")
        stored = self.parts.pop(upload_id)
        assert [part.number for part in parts] == list(range(1, len(parts) + 1))
        assert all(digest(stored[part.number], "md5") == part.etag for part in parts)
        assert not self.reports_parts or {part.number for part in parts} <= self._reported[upload_id]
        self.content = b"".join(stored[part.number] for part in parts)
        self.completed += 1
        self._perhaps()  # it is complete, and no client is notified
        return {}

    def finished(self, parts: Sequence[SentPart]) -> Mapping[str, str] | None:
        self._perhaps()
        etags = [
            digest((self.content or b"")[start : start + CELL], "md5")
            for start in range(0, len(self.content or b""), CELL)
        ]
        return {} if etags == [part.etag for part in parts] else None

    def abort(self, upload_id: str) -> None:
        self._perhaps()
        self.parts.pop(upload_id, None)

    def lose(self) -> None:
        """Lose a part at times."""
        for parts in self.parts.values():
            if self.lists and parts and self._world.happens():
                del parts[self._world.chance.choice(list(parts))]


@contextmanager
def simulated(world: World) -> Any:
    """Has every download of the block run in the world."""
    with cells_of(CELL, PROGRESS=CELL // 4, SMALL=CELL, BATCH=BATCH) as patch:
        tasks = deque[Callable[[], None]]()
        for fake in (Wire, Thread, Pool, _Committer):
            patch.setattr(fake, "tasks", tasks, raising=False)
        patch.setattr(Wire, "world", world, raising=False)
        patch.setattr("omicsdk.transfer.engine.engine.Wire", Wire)
        patch.setattr("omicsdk.transfer.downloads.engine.Pool", Pool)
        patch.setattr("omicsdk.transfer.uploads.engine.Pool", Pool)
        patch.setattr("omicsdk.transfer.network.wires._Thread", Thread)
        patch.setattr("omicsdk.transfer.engine.engine.random_fraction", world.chance.random)
        for name, value in {"PERIOD": 0.0, "FAST": 0, "BUSY": 0.0, "CORES": 99, "THREADS": world.threads}.items():
            patch.setattr(f"omicsdk.transfer.engine.engine.{name}", value)
        # A thread's own time is a request to the system, in each round here, which a busy machine answers late.
        patch.setattr(
            "omicsdk.transfer.engine.engine.time", SimpleNamespace(monotonic=world.clock.monotonic, thread_time=float)
        )
        patch.setattr("omicsdk.transfer.downloads.engine.Committer", _Committer)
        # How files are synced must not depend on what else the machine has to write.
        patch.setattr("omicsdk.transfer.downloads.files._dirty", lambda: 0)
        patch.setattr("omicsdk.transfer.downloads.files._AVOID", 0.0)
        yield tasks


def fetched(
    world: World, items: list[Item], folder: Path, **options: Unpack[EngineOptionsDict]
) -> tuple[TransferReport, Path]:
    """Download until the process lives to the end; return the report of the last run, and the folder that it ran in."""
    return _lived(
        world,
        folder,
        lambda here: download(
            items, here, clock=world.clock, control=world.control, connections=4, disk=world.disk, **options
        ),
    )


def pulled(world: World, folder: Path) -> tuple[TransferReport, Path]:
    """Resolve and pull the lock of a folder until the process lives to the end; returns as `fetched` does."""

    def run(here: Path) -> TransferReport:
        lock = Lock(here, clock=world.clock)
        lock.update(accept=True)
        return lock.pull(control=world.control, connections=4, retries=1000, min_delay=0.01, check=False)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("omicsdk.transfer.download", functools.partial(download, clock=world.clock, disk=world.disk))
        return _lived(world, folder, run)


def sent(world: World, uploads: list[Upload], folder: Path) -> tuple[TransferReport, Path]:
    """Upload until the process lives to the end; return the report of the last run, and the folder of its journal."""
    return _lived(
        world,
        folder,
        lambda here: upload(uploads, journal=here / "journal", clock=world.clock, control=world.control, connections=4),
    )


def _lived(world: World, folder: Path, run: Callable[[Path], TransferReport]) -> tuple[TransferReport, Path]:
    """Run until the process lives to the end.

    A process that dies leaves its folder as it is at that moment: the next one runs in a copy.
    """
    life = max((int(path.name) for path in folder.iterdir()), default=0)
    world.here = folder / str(life)
    with simulated(world) as tasks:
        while True:
            life += 1
            world.next = folder / str(life)
            try:
                report = run(world.here)
            except Killed:
                world.here = world.next
                for platform in world.platforms.values():
                    platform.lose()
            else:
                if not report.counts["stopped"]:
                    return report, world.here
            tasks.clear()
            world.control = Control()


class _Disk(Disk):
    """A disk that is full at times, or refuses."""

    def __init__(self, world: World, trouble: float) -> None:
        super().__init__()
        self._world = world
        self._trouble = trouble

    def _perhaps(self) -> None:
        if self._world.chance.random() < self._trouble:
            raise OSError(self._world.chance.choice((errno.ENOSPC, errno.EIO, errno.EACCES)), "it is broken")

    def write_at(self, descriptor: int, chunks: Sequence[bytes], offset: int) -> int:
        self._perhaps()
        return Disk.write_at(descriptor, chunks, offset)

    def create(self, path: str) -> int:
        self._perhaps()
        return super().create(path)

    def rename(self, source: str, target: str) -> None:
        self._perhaps()
        super().rename(source, target)

    def sync_files(self, paths: Sequence[str]) -> None:
        self._perhaps()
        super().sync_files(paths)
