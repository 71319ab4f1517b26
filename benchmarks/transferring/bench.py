"""What all cases share while they run: servers, files, a warm process, folders for what is fetched."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transferring.files import Files, Sizes
from transferring.nginx import Nginx, serving
from transferring.processes import Worker, worker
from transferring.programs import ROOT


@dataclass(frozen=True)
class Place:
    """Where fetched files go.

    Attributes:
        out: The folder.
        file_system: "memory" or "disk", and its type.
    """

    out: Path
    file_system: str

    def empty(self) -> None:
        """Deletes what was fetched, so that each run writes into a new folder; what is left to write is written."""
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir()
        subprocess.run(["sync", "-f", self.out], check=True)

    def facts(self) -> dict[str, Any]:
        """What a row states of the circumstances: the file system, and the machine's load (1 min) as it begins."""
        return {"file_system": self.file_system, "load": round(os.getloadavg()[0], 2)}


@dataclass(frozen=True)
class Bench:
    """What cases work with.

    Attributes:
        nginx: The server of files.
        files: What it serves.
        sizes: How large and how many.
        worker: Our warm process.
        memory: Folders in memory.
        disk: Folders on the checkout's file system.
        lists: Where lists for programs go.
    """

    nginx: Nginx
    files: Files
    sizes: Sizes
    worker: Worker
    memory: Place
    disk: Place
    lists: Path


@contextmanager
def bench(sizes: Sizes) -> Generator[Bench]:
    """Starts servers, and ends and deletes everything in the end.

    Args:
        sizes: How large and how many files are.
    """
    build = ROOT / "build"
    build.mkdir(exist_ok=True)
    with temporary_folder("/dev/shm") as memory, temporary_folder(build) as disk:
        for name in ("www", "out", "lists", "nginx"):
            (memory / name).mkdir()
        (disk / "out").mkdir()
        with serving(memory / "www", memory / "nginx") as nginx, worker() as ours:
            yield Bench(
                nginx=nginx,
                files=Files(memory / "www", sizes),
                sizes=sizes,
                worker=ours,
                memory=Place(memory / "out", f"memory ({file_system_of(memory)})"),
                disk=Place(disk / "out", f"disk ({file_system_of(disk)})"),
                lists=memory / "lists",
            )


@contextmanager
def temporary_folder(parent: str | Path) -> Generator[Path]:
    """A new folder until the block ends."""
    path = Path(tempfile.mkdtemp(prefix="omicsdk-bench-", dir=parent))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def file_system_of(path: Path) -> str:
    """The type of a folder's file system: tmpfs."""
    asked = subprocess.run(["stat", "-f", "-c", "%T", path], capture_output=True, text=True, check=True)
    return asked.stdout.strip()
