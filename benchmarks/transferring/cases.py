"""The cases of benchmarks/transfer.py: what is done, against what, and the goals."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Literal
from urllib.request import urlopen

from measuring import Action, Case, Row, compared, figure_row, quietest, rounds_of, row_of
from script import Entry

from transferring import programs
from transferring.bench import Bench, Place
from transferring.files import Served, rows_of, whole, write_manifest, write_plan
from transferring.floor import Floor
from transferring.processes import killed, once, server, worker
from transferring.programs import Command


def ours(
    bench: Bench,
    place: Place,
    files: Sequence[Served],
    checksum: str | None,
    at: str,
    *,
    api: str | None = None,
    **options: Any,
) -> Action:
    """Our download of some files in the warm process."""
    return bench.worker.task(**download_of(bench, place, files, checksum, at, api=api, **options))


def download_of(
    bench: Bench,
    place: Place,
    files: Sequence[Served],
    checksum: str | None,
    at: str,
    *,
    api: str | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Our task of fetching some files of a server."""
    plan = write_plan(bench.lists / "plan", rows_of(at, files))
    certificate = str(bench.nginx.certificate) if at == bench.nginx.https else None
    return _task(plan, place, checksum, api=api, certificate=certificate, options=options)


def _task(
    plan: Path,
    place: Place,
    checksum: str | None,
    *,
    api: str | None = None,
    certificate: str | None = None,
    options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    told = {"plan": str(plan), "folder": str(place.out), "checksum": checksum}
    return {"do": "download", **told, "api": api, "certificate": certificate, "options": dict(options or {})}


def against(
    place: Place,
    files: Sequence[Served],
    mine: Action,
    commands: Sequence[Command],
    name: str,
    goal: float | None,
    rounds: int,
) -> Case:
    """A comparison of fetching some files into a place by us and by commands, one after the other."""
    facts = {"peer_command": programs.spelled(*commands), **place.facts()}
    peer, check = programs.shell(*commands), whole(place.out, files)
    return Case(name, mine, peer, goal, rounds, prepare=place.empty, check=check, facts=facts)


def one_file(
    bench: Bench,
    name: str,
    goal: float | None,
    rounds: int,
    *,
    checksum: str | None = None,
    server: str = "http",
    digest: bool = False,
    of: Literal["wall", "cpu"] = "wall",
) -> Row:
    """One large file, against curl, and openssl afterwards where `digest` is set."""
    place, files = bench.memory, bench.files.one
    url = f"{getattr(bench.nginx, server)}/{files[0].name}"
    out = place.out / files[0].name
    trust = ("--cacert", bench.nginx.certificate) if server == "https" else ()
    peer: list[Command] = [programs.curl(url, out, *trust)]
    if digest:
        peer.append(["openssl", "dgst", "-sha256", out])
    mine = ours(bench, place, files, checksum, getattr(bench.nginx, server))
    case = against(place, files, mine, peer, name, goal, rounds)
    if server == "limited":
        return compared(case)
    return bounded(bench, case, files, None if digest else checksum, server, of)


def bounded(
    bench: Bench,
    case: Case,
    files: Sequence[Served],
    checksum: str | None,
    server: str = "http",
    of: Literal["wall", "cpu"] = "wall",
) -> Row:
    """A comparison, and what the cores allow at best."""
    place, at = bench.memory, getattr(bench.nginx, server)
    certificate = str(bench.nginx.certificate) if server == "https" else None
    rows = [[file.name, f"{at}/{file.name}"] for file in files]
    receive = bench.worker.task(do="receive", rows=rows, folder=str(place.out), certificate=certificate)
    hashed = checksum if checksum == "sha256" else None  # CRC32C is a part of receiving
    return Floor(bench.nginx.root, receive, files, hashed).compared(case, of)


def many(
    bench: Bench, name: str, goal: float | None, rounds: int, *, peer: str, kind: str = "many", checksum: str | None
) -> Row:
    """Many files in memory, against a peer; where they are large enough for it, with what the cores allow at best."""
    place, files = bench.memory, getattr(bench.files, kind)
    mine = ours(bench, place, files, checksum, bench.nginx.http)
    other = _PEERS[peer](bench, place, files)
    case = against(place, files, mine, [other], name, goal, rounds)
    return bounded(bench, case, files, checksum) if kind == "medium" else compared(case)


def threads(
    bench: Bench,
    name: str,
    goal: float | None,
    rounds: int,
    *,
    kind: str,
    server: str = "http",
    of: Literal["wall", "cpu"] = "wall",
) -> Row:
    """Our download by two threads that receive, against ours by one."""
    place, files, at = bench.memory, getattr(bench.files, kind), getattr(bench.nginx, server)
    task = download_of(bench, place, files, None, at)
    mine, other = (bench.worker.task(**task, threads=count) for count in (2, 1))
    facts = {"peer_command": "the same download by one thread", **place.facts()}
    case = Case(name, mine, other, goal, rounds, prepare=place.empty, check=whole(place.out, files), facts=facts)
    return row_of(case, rounds_of(case), of)


def ceiling(bench: Bench, name: str, goal: float | None, rounds: int, *, kind: str, server: str = "http") -> Row:
    """How much one thread takes in a second of its CPU: bytes, or files where they are small."""
    place, files, at = bench.memory, getattr(bench.files, kind), getattr(bench.nginx, server)
    task = download_of(bench, place, files, None, at)
    facts = place.facts()
    work = len(files) if kind == "many" else sum(file.size for file in files) / 1e9

    def taken(_number: int) -> float:
        place.empty()
        return work / bench.worker.does(**task, threads=1).cpu

    values = quietest(rounds, taken)
    return {**figure_row(name, values, goal, "files/s" if kind == "many" else "GB/s", facts), "higher": True}


def start_up(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """A single small file, by processes that start and end: what imports and the first connection cost."""
    place, files = bench.memory, bench.files.many[:1]
    mine = once(**download_of(bench, place, files, "sha256", bench.nginx.http))
    peer = programs.curl(f"{bench.nginx.http}/{files[0].name}", place.out / files[0].name)
    return compared(against(place, files, mine, [peer], name, goal, rounds))


def many_on_disk(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """Small files on disk, against curl and a sync of the file system, in CPU."""
    place, files = bench.disk, bench.files.many
    mine = ours(bench, place, files, "sha256", bench.nginx.http)
    peer = [_PEERS["curl -K"](bench, place, files), ["sync", "-f", place.out]]
    case = against(place, files, mine, peer, name, goal, rounds)
    return row_of(case, rounds_of(case), "cpu")


def behind_api(bench: Bench, name: str, goal: float | None, rounds: int, **options: Any) -> Row:
    """Small files, each behind a call of an API that takes its time, against curl with 16 transfers at once."""
    place, files = bench.memory, bench.files.many[: bench.sizes.behind_api]
    with server("transferring.api", bench.nginx.http) as at:
        asked = [(served.name, f"{at}/v1/files/{served.name}?replica=aws", served) for served in files]
        mine = ours(bench, place, files, "sha256", bench.nginx.http, api=f"{at}/v1", **options)
        peer = programs.curl_list(
            bench.lists / "curl", place.out, asked, "--location", "--parallel", "--parallel-max", "16"
        )
        return compared(against(place, files, mine, [peer], name, goal, rounds))


def uploading(
    bench: Bench,
    name: str,
    goal: float | None,
    rounds: int,
    *,
    of: Literal["wall", "cpu"] = "wall",
    payload: bool = True,
) -> Row:
    """A large file to S3 with CRC32C, against boto3's upload_file in a process that is as warm."""
    with server("transferring.sink") as sink, worker(programs.environment()) as other:
        task = {"source": str(bench.files.source), "server": sink, "checksum": "crc32c"}
        mine = bench.worker.task(do="upload", **task)
        peer = other.task(do="boto3_upload", payload=payload, **task)
        config = "" if payload else ", with payload_signing_enabled False, as over https"
        told = f"boto3 upload_file(..., ExtraArgs={{'ChecksumAlgorithm': 'CRC32C'}}) with its default TransferConfig{config}"
        facts = {"peer_command": told, **bench.memory.facts()}
        case = Case(name, mine, peer, goal, rounds, check=_arrived(sink, bench.sizes.upload), facts=facts)
        return row_of(case, rounds_of(case), of)


def _arrived(sink: str, size: int) -> Callable[[], None]:
    """A check that as many bytes as an upload has came to a sink since the last time."""
    before = 0

    def check() -> None:
        nonlocal before
        with urlopen(sink) as response:
            total = int(response.read())
        if total - before < size:
            raise RuntimeError(f"only {total - before} of {size} bytes came to the sink")
        before = total

    return check


_KILLS = 5
_LINK = 60_000_000


def uploading_killed(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """An upload over a slow link whose process is killed again and again: what crosses the link, in sizes of the file."""
    size, source = bench.sizes.killed, bench.lists / "killed"
    source.write_bytes(os.urandom(size))
    facts = bench.memory.facts()
    task = {"do": "upload", "source": str(source), "checksum": "crc32c", "journal": str(bench.lists / "killed.journal")}
    values: list[float] = []
    for _ in range(rounds):
        with server("transferring.sink", str(_LINK)) as sink:

            def moved(sink: str = sink) -> int:
                with urlopen(f"{sink}/moved") as response:
                    return int(response.read())

            for _ in range(_KILLS):
                until = moved() + size // (_KILLS + 2)
                killed(lambda until=until: moved() >= until, server=sink, **task)
            once(server=sink, **task)()
            values.append(moved() / size)
            with urlopen(sink) as response:
                arrived = int(response.read())
        if arrived < size:
            raise RuntimeError(f"only {arrived} of {size} bytes came to the sink in whole parts")
        Path(str(task["journal"])).unlink()
    source.unlink()
    return figure_row(name, values, goal, "x the file", facts)


def nothing_to_do(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """A manifest on disk whose files all are there."""
    place = bench.disk
    place.empty()
    task = _manifest(bench, place, bench.sizes.rows)
    bench.worker.does(**task)
    facts = place.facts()
    took = quietest(rounds, lambda _: bench.worker.does(**task))
    place.empty()
    cpu = {"ours_cpu": round(median(each.cpu for each in took), 4)}
    return figure_row(name, [each.wall for each in took], goal, "s", {**cpu, **facts})


def memory(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """How far the resident memory of a fresh process rises above what it is after imports, in the worst of some cases."""
    place, http = bench.memory, bench.nginx.http
    facts = place.facts()
    each: dict[str, list[float]] = {}

    def rises(what: str, task: Mapping[str, Any], *, anew: bool = True) -> None:
        for _ in range(rounds):
            if anew:
                place.empty()
            with worker() as fresh:
                each.setdefault(what, []).append(fresh.does(**task).rose)

    rises("a file of 2 GiB", download_of(bench, place, bench.files.huge, "sha256", http))
    place.empty()
    bench.files.forget("huge")
    rises("5,000 x 20 KB", download_of(bench, place, bench.files.many, "sha256", http))
    rises("200 x 5 MB", download_of(bench, place, bench.files.medium, "sha256", http))
    with server("transferring.sink") as sink:
        source = str(bench.files.source)
        rises("upload of 1 GiB", {"do": "upload", "source": source, "server": sink, "checksum": "crc32c"})
    place.empty()
    task = _manifest(bench, place, bench.sizes.streamed_rows)
    bench.worker.does(**task)
    rises("a manifest of 1,000,000 rows, nothing to do", task, anew=False)
    place.empty()
    told = {what: round(median(values), 2) for what, values in each.items()}
    print("; ".join(f"{what}: {value} MiB" for what, value in told.items()))
    return figure_row(
        name, [max(values) for values in zip(*each.values(), strict=True)], goal, "MiB", {"each": told, **facts}
    )


def _manifest(bench: Bench, place: Place, rows: int) -> dict[str, Any]:
    """Our task for a manifest of tiny files."""
    tiny = bench.files.tiny
    plan = write_manifest(bench.lists / f"manifest-{rows}", f"{bench.nginx.http}/{tiny.name}", tiny, rows)
    return _task(plan, place, "sha256")


_PEERS: dict[str, Callable[[Bench, Place, Sequence[Served]], Command]] = {
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
_API = "1,000 x 20 KB behind an API call of 50 ms"
_UPLOAD = "upload 1 GiB to S3 part sink, CRC32C, signing included / boto3 upload_file"

ENTRIES: list[Entry[Bench]] = [
    Entry(f"{_LARGE}, no checksum / curl", 0.78, ("curl",), one_file),
    Entry(f"{_LARGE}, CRC32C / curl", 0.8, ("curl",), partial(one_file, checksum="crc32c")),
    Entry(f"{_LARGE}, SHA-256 / curl", 1.1, ("curl",), partial(one_file, checksum="sha256")),
    Entry(
        f"{_LARGE}, SHA-256 / curl then openssl dgst -sha256",
        0.65,
        ("curl", "openssl"),
        partial(one_file, checksum="sha256", digest=True),
    ),
    Entry(f"{_LARGE} over HTTPS / curl", 0.85, ("curl",), partial(one_file, server="https")),
    Entry("60 MB/s a connection, 512 MiB / curl", 0.1, ("curl",), partial(one_file, server="limited")),
    Entry(
        f"{_SMALL}, SHA-256, memory file system, warm process / curl -K",
        0.9,
        ("curl",),
        partial(many, peer="curl -K", checksum="sha256"),
    ),
    Entry(f"{_SMALL}, SHA-256, disk / curl -K then sync -f, CPU", 1.1, ("curl",), many_on_disk),
    Entry(f"{_SMALL} / aria2c", 0.7, ("aria2c",), partial(many, peer="aria2c", checksum="sha256")),
    # These two have no checksum to hold files of such servers against, so neither has ours.
    Entry(f"{_SMALL} / rclone", 0.87, ("rclone",), partial(many, peer="rclone", checksum=None)),
    Entry(f"{_SMALL} / s5cmd", 0.22, ("s5cmd",), partial(many, peer="s5cmd", checksum=None)),
    Entry(f"{_API}, 16 calls at once / curl -Z 16", 1.05, ("curl",), partial(behind_api, locators=16)),
    Entry(f"{_API}, default / curl -Z 16", 0.33, ("curl",), partial(behind_api, connections=64)),
    Entry(
        "200 x 5 MB, no checksum / curl", 0.85, ("curl",), partial(many, peer="curl -K", kind="medium", checksum=None)
    ),
    Entry(
        "200 x 5 MB, SHA-256 / curl", 1.3, ("curl",), partial(many, peer="curl -K", kind="medium", checksum="sha256")
    ),
    Entry(f"{_LARGE}, two threads / one thread", 1.05, (), partial(threads, kind="one")),
    Entry(f"{_LARGE}, two threads / one thread, CPU", 1.15, (), partial(threads, kind="one", of="cpu")),
    Entry(f"{_LARGE} over HTTPS, two threads / one thread", 1.05, (), partial(threads, kind="one", server="https")),
    Entry("200 x 5 MB, two threads / one thread", 1.05, (), partial(threads, kind="medium")),
    Entry("200 x 5 MB, two threads / one thread, CPU", 1.15, (), partial(threads, kind="medium", of="cpu")),
    Entry("one thread over HTTP, GB a second of CPU", None, (), partial(ceiling, kind="one")),
    Entry("one thread over HTTPS, GB a second of CPU", None, (), partial(ceiling, kind="one", server="https")),
    Entry("one process, files of 20 KB a second of CPU", None, (), partial(ceiling, kind="many")),
    Entry(f"{_UPLOAD}, wall", 0.22, ("boto3",), uploading),
    Entry(f"{_UPLOAD}, CPU", 0.2, ("boto3",), partial(uploading, of="cpu")),
    Entry(f"{_UPLOAD} without signing the payload", None, ("boto3",), partial(uploading, payload=False)),
    # 1.15 times the file, and for each of five kills a part of 5 MiB for each of two connections.
    Entry("upload of 120 MB at 60 MB/s, killed five times, bytes sent", 1.587, (), uploading_killed),
    Entry("peak memory over baseline, MiB, worst case", 32, (), memory),
    Entry("100,000-row manifest, nothing to do, seconds", 2.7, (), nothing_to_do),
    Entry("one file of 20 KB, from the start of the process to its end / curl", None, ("curl",), start_up),
]
