"""The cases of benchmarks/transfer.py: what is done, against what, and the goals."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from measuring import Action, Case, Row, compared, row_of, rounds_of
from transferring import programs
from transferring.bench import Bench, Place
from transferring.files import Served, rows_of, whole, write_plan


class Entry(NamedTuple):
    """A case.

    Attributes:
        name: As lists of goals call it.
        goal: The ratio or figure, at most; None where there is none.
        needs: The programs that must be there.
        measure: Gives its row, from the bench, the name, the goal and the number of rounds.
    """

    name: str
    goal: float | None
    needs: tuple[str, ...]
    measure: Callable[[Bench, str, float | None, int], Row]


def ours(
    bench: Bench,
    place: Place,
    files: Sequence[Served],
    checksum: str | None,
    server: str,
    *,
    api: str | None = None,
    **options: Any,
) -> Action:
    """Our download of some files in the warm process."""
    plan = write_plan(bench.lists / "plan", rows_of(server, files))
    certificate = str(bench.nginx.certificate) if server == bench.nginx.https else None
    return bench.worker.task(
        do="download",
        plan=str(plan),
        folder=str(place.out),
        checksum=checksum,
        api=api,
        certificate=certificate,
        options=options,
    )


def against(
    place: Place, files: Sequence[Served], mine: Action, peer: Action, name: str, goal: float | None, rounds: int
) -> Case:
    """A comparison of fetching some files into a place."""
    check = whole(place.out, files)
    return Case(name, mine, peer, goal, rounds, prepare=place.empty, check=check, facts=place.facts())


def one_file(
    bench: Bench,
    name: str,
    goal: float | None,
    rounds: int,
    *,
    checksum: str | None = None,
    server: str = "http",
    digest: bool = False,
) -> Row:
    """One large file, against curl, and openssl afterwards where `digest` is set."""
    place, files = bench.memory, bench.files.one
    url = f"{getattr(bench.nginx, server)}/{files[0].name}"
    out = place.out / files[0].name
    peer = [programs.curl(url, out, "--cacert", bench.nginx.certificate)]
    if digest:
        peer.append(["openssl", "dgst", "-sha256", out])
    mine = ours(bench, place, files, checksum, getattr(bench.nginx, server))
    return compared(against(place, files, mine, programs.shell(*peer), name, goal, rounds))


def many(
    bench: Bench, name: str, goal: float | None, rounds: int, *, peer: str, kind: str = "many", checksum: str | None
) -> Row:
    """Many files in memory, against a peer."""
    place, files = bench.memory, getattr(bench.files, kind)
    mine = ours(bench, place, files, checksum, bench.nginx.http)
    other = programs.shell(_PEERS[peer](bench, place, files))
    return compared(against(place, files, mine, other, name, goal, rounds))


def many_on_disk(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """Small files on disk, against curl and a sync of the file system, in CPU."""
    place, files = bench.disk, bench.files.many
    mine = ours(bench, place, files, "sha256", bench.nginx.http)
    peer = programs.shell(_PEERS["curl -K"](bench, place, files), ["sync", "-f", place.out])
    case = against(place, files, mine, peer, name, goal, rounds)
    return row_of(case, rounds_of(case), "cpu")


_PEERS: dict[str, Callable[[Bench, Place, Sequence[Served]], Sequence[str | Path]]] = {
    "curl -K": lambda bench, place, files: programs.curl_list(
        bench.lists / "curl", place.out, rows_of(bench.nginx.http, files)
    ),
    "aria2c": lambda bench, place, files: programs.aria2c(
        bench.lists / "aria2c", place.out, rows_of(bench.nginx.http, files)
    ),
    "rclone": lambda bench, place, files: programs.rclone(bench.lists / "rclone", place.out, bench.nginx.http, files),
    "s5cmd": lambda bench, place, files: programs.s5cmd(bench.lists / "s5cmd", place.out, bench.nginx.http, files),
}

_LARGE = "512 MiB or more"
_SMALL = "5,000 x 20 KB"

ENTRIES = [
    Entry(f"{_LARGE}, no checksum / curl", 0.85, ("curl",), one_file),
    Entry(f"{_LARGE}, CRC32C / curl", 0.95, ("curl",), partial(one_file, checksum="crc32c")),
    Entry(f"{_LARGE}, SHA-256 / curl", 1.25, ("curl",), partial(one_file, checksum="sha256")),
    Entry(
        f"{_LARGE}, SHA-256 / curl then openssl dgst -sha256",
        0.75,
        ("curl", "openssl"),
        partial(one_file, checksum="sha256", digest=True),
    ),
    Entry(f"{_LARGE} over HTTPS / curl", 0.9, ("curl",), partial(one_file, server="https")),
    Entry("60 MB/s a connection, 512 MiB / curl", 0.2, ("curl",), partial(one_file, server="limited")),
    Entry(
        f"{_SMALL}, SHA-256, memory file system, warm process / curl -K",
        0.9,
        ("curl",),
        partial(many, peer="curl -K", checksum="sha256"),
    ),
    Entry(f"{_SMALL}, SHA-256, disk / curl -K then sync -f, CPU", 1.2, ("curl",), many_on_disk),
    Entry(f"{_SMALL} / aria2c", 0.7, ("aria2c",), partial(many, peer="aria2c", checksum="sha256")),
    Entry(f"{_SMALL} / rclone", 0.9, ("rclone",), partial(many, peer="rclone", checksum="sha256")),
    Entry(f"{_SMALL} / s5cmd", 0.5, ("s5cmd",), partial(many, peer="s5cmd", checksum="sha256")),
    Entry(
        "200 x 5 MB, no checksum / curl", 1.0, ("curl",), partial(many, peer="curl -K", kind="medium", checksum=None)
    ),
    Entry(
        "200 x 5 MB, SHA-256 / curl", 1.4, ("curl",), partial(many, peer="curl -K", kind="medium", checksum="sha256")
    ),
]
