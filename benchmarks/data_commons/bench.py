"""What all cases share while they run: servers, both clients in processes that are warm, a folder for what is fetched."""

import subprocess
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from peers import Client
from transferring.bench import Place, file_system_of, temporary_folder
from transferring.nginx import Nginx, serving
from transferring.processes import Worker, server, worker

from data_commons import clients
from data_commons.clients import HOST

SLOW = 0.05
"""Seconds that the slow commons takes for a response."""


@dataclass(frozen=True)
class Sizes:
    """How large and how many; `QUICK` is for trying whether everything runs."""

    records: int = 20_000
    files: int = 200
    file: int = 5_000_000
    rows: int = 1_000_000


QUICK = Sizes(records=3_000, files=10, rows=5_000)


@dataclass(frozen=True)
class Side:
    """A client, a process of it that asks directly, and processes that reach a commons through its proxy.

    Attributes:
        client: The client.
        worker: A process that asks who it is requested.
        through: A process for the commons that answers at once.
        through_slow: One for the commons that takes its time.
    """

    client: Client
    worker: Worker
    through: Worker
    through_slow: Worker


@dataclass(frozen=True)
class Bench:
    """What cases work with.

    Attributes:
        nginx: The server of files' bytes.
        root: What it serves.
        api: The commons that answers at once.
        slow_api: The one that takes its time.
        ours: Our client.
        peer: The published one.
        place: A folder in memory for what is fetched.
        source: A folder in memory for manifests.
        sizes: How large and how many.
    """

    nginx: Nginx
    root: Path
    api: str
    slow_api: str
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
    with temporary_folder("/dev/shm") as folder, ExitStack() as stack:
        for name in ("www", "out", "nginx", "source", "homes", "tls"):
            (folder / name).mkdir()
        nginx = stack.enter_context(serving(folder / "www", folder / "nginx"))
        certificate(folder / "tls")
        given = (nginx.http, str(folder / "tls"))
        api, slow_api = (
            stack.enter_context(server("data_commons.api", *given, delay, str(sizes.records)))
            for delay in ("0", str(SLOW))
        )
        ours, peer = (
            stack.enter_context(_side(client, api, slow_api))
            for client in clients.both(folder / "homes", folder / "tls" / "cert.pem")
        )
        place = Place(folder / "out", f"memory ({file_system_of(folder)})")
        yield Bench(nginx, folder / "www", api, slow_api, ours, peer, place, folder / "source", sizes)


@contextmanager
def _side(client: Client, api: str, slow_api: str) -> Generator[Side]:
    script = Path(__file__).with_name("worker.py")
    with ExitStack() as stack:
        direct, through, through_slow = (
            stack.enter_context(worker(client.python, script, {**client.environ, **_by(proxy)}))
            for proxy in ("", api, slow_api)
        )
        yield Side(client, direct, through, through_slow)


def _by(proxy: str) -> dict[str, str]:
    return dict.fromkeys(("HTTPS_PROXY", "https_proxy"), proxy) if proxy else {}


def certificate(folder: Path) -> None:
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    files = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    subprocess.run(["openssl", "req", "-x509", *kind, *names, *files], check=True, capture_output=True)
