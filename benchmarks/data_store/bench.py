"""What all cases share while they run: servers, both clients in processes that are warm, a folder for what is fetched."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peers import Client
from transferring.bench import Place, file_system_of, temporary_folder
from transferring.nginx import Nginx, serving
from transferring.processes import Worker, server, worker
from transferring.programs import ROOT

from data_store import clients
from data_store.holdings import Holdings, Sizes

SLOW = 0.05
"""Seconds that the slow Data Store takes for a response."""


@dataclass(frozen=True)
class Side:
    """A client, and a process that calls it."""

    client: Client
    worker: Worker


@dataclass(frozen=True)
class Bench:
    """What cases work with.

    Attributes:
        nginx: The server of bytes.
        api: The Data Store that answers at once.
        slow_api: The one that takes its time.
        staging: The server of staging buckets.
        holdings: The Data Store's files.
        ours: Our client.
        peer: The published one.
        disk: Where fetched files go: a folder on the checkout's file system.
        memory: A folder in memory.
    """

    nginx: Nginx
    api: str
    slow_api: str
    staging: str
    holdings: Holdings
    ours: Side
    peer: Side
    disk: Place
    memory: Place


@contextmanager
def bench(sizes: Sizes) -> Generator[Bench]:
    """Starts servers and processes, and ends and deletes everything in the end.

    Args:
        sizes: How large and how many files are.
    """
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    with temporary_folder("/dev/shm") as folder, temporary_folder(build) as disk:
        for name in ("www", "out", "lists", "nginx", "home"):
            (folder / name).mkdir()
        (disk / "out").mkdir()
        with (
            serving(folder / "www", folder / "nginx") as nginx,
            server("data_store.api", nginx.http, "0") as api,
            server("data_store.api", nginx.http, str(SLOW)) as slow_api,
            server("data_store.staging") as staging,
            _side(clients.ours(folder / "home", api, staging)) as ours,
            _side(clients.published(folder / "home", api, staging)) as peer,
        ):
            yield Bench(
                nginx=nginx,
                api=api,
                slow_api=slow_api,
                staging=staging,
                holdings=Holdings(folder / "www", folder / "lists", folder / "source", sizes),
                ours=ours,
                peer=peer,
                disk=Place(disk / "out", f"disk ({file_system_of(disk)})"),
                memory=Place(folder / "out", f"memory ({file_system_of(folder)})"),
            )


@contextmanager
def _side(client: Client) -> Generator[Side]:
    script = Path(__file__).with_name("worker.py")
    with worker(client.python, script, client.environ) as process:
        yield Side(client, process)
