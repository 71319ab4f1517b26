"""What all cases share while they run: servers, both clients in processes that are warm, a folder for what is fetched."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peers import Client
from transferring.bench import Place, file_system_of, temporary_folder
from transferring.nginx import Nginx, serving
from transferring.processes import Worker, server, worker

from seven_bridges import clients

SLOW = 0.05
"""Seconds that the slow platform takes for a response."""


@dataclass(frozen=True)
class Sizes:
    """How large and how many; `QUICK` is for trying whether everything runs."""

    download: int = 1 << 30
    upload: int = 512 << 20
    files: int = 5_000
    updates: int = 10_000


QUICK = Sizes(download=64 << 20, upload=64 << 20, files=500, updates=300)


@dataclass(frozen=True)
class Side:
    """A client, and a process that uses it."""

    client: Client
    worker: Worker


@dataclass(frozen=True)
class Bench:
    """What cases work with.

    Attributes:
        nginx: The server of files' bytes.
        root: What it serves.
        api: The platform that answers at once.
        slow_api: The one that takes its time.
        sink: Where parts of uploads go.
        ours: Our client.
        peer: The published one.
        place: A folder in memory for what is fetched.
        source: A folder in memory for what is uploaded.
        sizes: How large and how many.
    """

    nginx: Nginx
    root: Path
    api: str
    slow_api: str
    sink: str
    ours: Side
    peer: Side
    place: Place
    source: Path
    sizes: Sizes


@contextmanager
def bench(sizes: Sizes) -> Generator[Bench]:
    """Starts servers and processes, and ends and deletes everything in the end.

    Args:
        sizes: How large and how many files are.
    """
    with temporary_folder("/dev/shm") as folder:
        for name in ("www", "out", "nginx", "source", "home-ours", "home-peer"):
            (folder / name).mkdir()
        with (
            serving(folder / "www", folder / "nginx") as nginx,
            server("transferring.sink") as sink,
            server("seven_bridges.api", nginx.http, sink, "0") as api,
            server("seven_bridges.api", nginx.http, sink, str(SLOW)) as slow_api,
            _side(clients.ours(folder / "home-ours")) as ours,
            _side(clients.published(folder / "home-peer")) as peer,
        ):
            yield Bench(
                nginx=nginx,
                root=folder / "www",
                api=api,
                slow_api=slow_api,
                sink=sink,
                ours=ours,
                peer=peer,
                place=Place(folder / "out", f"memory ({file_system_of(folder)})"),
                source=folder / "source",
                sizes=sizes,
            )


@contextmanager
def _side(client: Client) -> Generator[Side]:
    with worker(client.python, Path(__file__).with_name("worker.py"), client.environ) as process:
        yield Side(client, process)
