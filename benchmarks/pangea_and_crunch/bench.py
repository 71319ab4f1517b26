"""What all cases share while they run: servers, both clients in processes that are warm, folders for what is moved."""

from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from peers import Client
from transferring.bench import Place, file_system_of, temporary_folder
from transferring.nginx import Nginx, serving
from transferring.processes import Worker, server, worker

from pangea_and_crunch import clients


@dataclass(frozen=True)
class Sizes:
    """How large and how many; `QUICK` is for trying whether everything runs."""

    samples: int = 2_000
    download: int = 1 << 30
    upload: int = 1 << 30
    files: int = 2_000
    file: int = 100_000


QUICK = Sizes(samples=300, download=64 << 20, upload=64 << 20, files=100)


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
        api: Pangea and the site.
        sink: Where parts of uploads go.
        ours: Our client.
        peer: The published one.
        homes: Where their homes are.
        place: A folder in memory for what is fetched.
        source: A folder in memory for what is uploaded, and for crunch.
        sizes: How large and how many.
    """

    nginx: Nginx
    root: Path
    api: str
    sink: str
    ours: Side
    peer: Side
    homes: Path
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
        for name in ("www", "out", "nginx", "source", "homes"):
            (folder / name).mkdir()
        nginx = stack.enter_context(serving(folder / "www", folder / "nginx"))
        sink = stack.enter_context(server("transferring.sink"))
        api = stack.enter_context(server("pangea_and_crunch.api", sink, str(sizes.samples)))
        script = Path(__file__).with_name("worker.py")
        ours, peer = (
            Side(client, stack.enter_context(worker(client.python, script, client.environ)))
            for client in clients.both(folder / "homes")
        )
        yield Bench(
            nginx=nginx,
            root=folder / "www",
            api=api,
            sink=sink,
            ours=ours,
            peer=peer,
            homes=folder / "homes",
            place=Place(folder / "out", f"memory ({file_system_of(folder)})"),
            source=folder / "source",
            sizes=sizes,
        )
