"""The cases of benchmarks/file_systems.py: what is done, against what, and the goals."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from measuring import Case, Row, compared, run
from script import Entry
from transferring import programs
from transferring.files import Served

from file_access.bench import PEER, Bench

LENGTH = 64 << 10
"""Bytes of a part that is read at a random place."""

Scheme = Literal["dss", "s3"]


def reading(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """A large file in sequence, against fsspec's http file system."""
    return _by_http(bench, name, goal, rounds, do="read", size=bench.sizes.one)


def reading_curl(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """The same against curl, which drops the bytes."""
    file = bench.bundle.one
    command = ["curl", "--silent", "--show-error", "--fail", "--output", "/dev/null", _http(bench, file)]
    ours = bench.ours.task(do="read", **_ours(bench, file, "dss"), size=file.size)
    facts = {"peer_command": programs.spelled(command)}
    return compared(Case(name, ours, programs.shell(command), goal, rounds, facts=facts))


def seeking(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """Parts at random places, against fsspec's http file system."""
    size = bench.sizes.one
    return _by_http(bench, name, goal, rounds, do="seek", size=size, count=bench.sizes.reads, length=LENGTH)


def _by_http(bench: Bench, name: str, goal: float | None, rounds: int, **task: Any) -> Row:
    file = bench.bundle.one
    ours = bench.ours.task(**task, **_ours(bench, file, "dss"))
    peer = bench.peer.task(**task, url=_http(bench, file), options={})
    return compared(Case(name, ours, peer, goal, rounds, facts={"peer_command": "fsspec.open('http://...')"}))


def table(
    bench: Bench, name: str, goal: float | None, rounds: int, *, do: str, scheme: Scheme, columns: int = 0
) -> Row:
    """A table, or columns of one, by a library that opens files by fsspec, against s3fs."""
    file = bench.bundle.table if columns else bench.bundle.text
    task: dict[str, Any] = {"do": do, **({"columns": [f"c{number}" for number in range(columns)]} if columns else {})}
    ours = bench.ours.task(**task, **_ours(bench, file, scheme))
    peer = bench.peer.task(**task, **_s3fs(f"s3://bucket/{file.name}", bench.nginx.http))
    return compared(Case(name, ours, peer, goal, rounds, facts={"peer_command": f"{do} of s3:// by s3fs"}))


def writing(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """A large file, against s3fs."""
    task = {"do": "write", "size": bench.sizes.written}
    url = "s3://bucket/written"
    ours = bench.ours.task(**task, url=url, options={"endpoint_url": bench.sink})
    peer = bench.peer.task(**task, **_s3fs(url, bench.sink))
    return compared(Case(name, ours, peer, goal, rounds, facts={"peer_command": "fsspec.open('s3://...', 'wb')"}))


def syncing(bench: Bench, name: str, goal: float | None, rounds: int, *, again: bool = False) -> Row:
    """A folder of small files into another one in memory, against rclone; `again` finds all of them there."""
    place, source = bench.place, bench.small_files
    target, config = place.out / "target", ["--config", "/dev/null"]
    ours = run(bench.command.command, "sync", source, target, env=bench.command.environ)
    peer = run(bench.rclone.command, "sync", *config, source, target, env=bench.rclone.environ)
    place.empty()

    def check() -> None:
        found = sum(1 for path in target.rglob("*") if path.is_file())
        if found != bench.sizes.synced:
            raise RuntimeError(f"{found} of {bench.sizes.synced} files are at the target")

    prepare = peer if again else place.empty
    facts = {"peer_command": "rclone sync SOURCE TARGET", **place.facts()}
    return compared(Case(name, ours, peer, goal, rounds, prepare=prepare, check=check, facts=facts))


def _http(bench: Bench, file: Served) -> str:
    return f"{bench.nginx.http}/{file.name}"


def _ours(bench: Bench, file: Served, scheme: Scheme) -> dict[str, Any]:
    """The URL and the options by which ours opens a file."""
    if scheme == "s3":
        return {"url": f"s3://bucket/{file.name}", "options": {"endpoint_url": bench.nginx.http}}
    return {"url": bench.bundle.uri(file), "options": {"base_url": f"{bench.api}/v1", "token": "token"}}


def _s3fs(url: str, endpoint: str) -> Mapping[str, Any]:
    return {"url": url, "options": {"client_kwargs": {"endpoint_url": endpoint}}}


_NEEDS = (PEER.name,)
_READ = "read 256 MiB in sequence, dss://"
_SYNC = "omics sync of 20,000 small local files"

ENTRIES: list[Entry[Bench]] = [
    Entry(f"{_READ} / fsspec http", 0.7, _NEEDS, reading),
    Entry(f"{_READ} / curl", 2, ("curl",), reading_curl),
    Entry("200 random reads of 64 KiB, dss:// / fsspec http", 0.3, _NEEDS, seeking),
    *(
        Entry(f"{what}, {scheme}:// / s3fs", None, _NEEDS, partial(table, do=do, scheme=scheme, columns=columns))
        for what, do, columns in (
            ("pandas.read_csv of 24 MB", "csv", 0),
            ("pyarrow, 2 of 20 Parquet columns of 160 MB", "parquet", 2),
            ("dask, 2 of 20 Parquet columns of 160 MB", "dask", 2),
        )
        for scheme in ("dss", "s3")
    ),
    Entry("write 256 MiB, s3:// / s3fs", None, _NEEDS, writing),
    Entry(f"{_SYNC} / rclone", 1.2, _NEEDS, syncing),
    Entry(f"{_SYNC}, nothing to do / rclone", 2, _NEEDS, partial(syncing, again=True)),
]
