"""The cases of benchmarks/sevenbridges.py: what both clients are asked to do, and the goals."""

import json
from functools import partial
from typing import Any
from urllib.request import Request, urlopen

import beginning
from counting import Came
from measuring import Case, Row, compared
from script import Entry
from transferring.files import served_file, whole
from transferring.floor import sending_bound

from seven_bridges.bench import Bench

PART = 32 << 20
"""Bytes in a part of an upload, by both clients' default."""

BULK = 100
"""Files in a bulk call, at most."""


def importing(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """The import alone, in processes that have just begun."""
    ours = beginning.importing(bench.ours.client, "from omicsdk.compat.sevenbridges import Api")
    peer = beginning.importing(bench.peer.client, "import sevenbridges")
    return compared(Case(name, ours, peer, goal, rounds, facts={"peer_command": "import sevenbridges"}))


def listing(bench: Bench, name: str, goal: float | None, rounds: int, *, slow: bool = False) -> Row:
    """All files of a project, page after page."""
    count = bench.sizes.files
    task = {"do": "listing", "url": _base(bench, slow=slow), "count": count}
    told = {"peer_command": "api.files.query(project=PROJECT).all()"}
    return compared(Case(**_case(bench, name, goal, rounds, task, task), facts=told))


def download(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """A file into memory; ours holds it against the SHA-256 that its metadata state."""
    served = served_file(bench.root, "d" * 24, bench.sizes.download)
    body = json.dumps({"size": served.size, "name": "one.bam", "metadata": {"sha256": served.sha256}}).encode()
    with urlopen(Request(f"{bench.api}/_files/{served.name}", body, method="PUT")):
        pass
    path = bench.place.out / served.name
    task = {"do": "download", "url": _base(bench), "file": served.name, "path": str(path)}
    case = _case(bench, name, goal, rounds, task, task)
    facts = {"peer_command": "api.files.get(ID).download(PATH)", **bench.place.facts()}
    try:
        return compared(Case(**case, prepare=bench.place.empty, check=whole(bench.place.out, [served]), facts=facts))
    finally:
        bench.place.empty()
        (bench.root / served.name).unlink()


def upload(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """A file from memory, in parts of 32 MiB; its bytes and parts are counted."""
    size = bench.sizes.upload
    served_file(bench.source, "reads.fastq.gz", size)
    source = bench.source / "reads.fastq.gz"
    task = {"do": "upload", "url": _base(bench), "path": str(source)}
    wanted = {"parts": -(-size // PART), "uploads": 1, "bytes": size}
    case = _case(bench, name, goal, rounds, task, task)
    facts = {"peer_command": "api.files.upload(PATH, project=PROJECT)", **bench.place.facts()}
    try:
        row = compared(Case(**case, check=Came(wanted, (bench.api,), bench.sink), facts=facts))
        return {**row, "bound": sending_bound(source, bench.sink, PART, row["peer"], rounds)}
    finally:
        source.unlink()


def updates(bench: Bench, name: str, goal: float | None, rounds: int, *, bulk: int = 0) -> Row:
    """A key of many files' metadata: ours in one call of bulk_edit, the published client's by `save` or in calls of 100."""
    count = bench.sizes.updates
    task = {"do": "metadata", "url": _base(bench), "count": count}
    told = f"api.files.bulk_edit({bulk} files)" if bulk else "file.metadata[...] = ...; file.save()"
    case = _case(bench, name, goal, rounds, {**task, "bulk": count}, {**task, "bulk": bulk})
    for side in ("ours", "peer"):
        case[side]()  # lists the files, which is not measured
    return compared(Case(**case, check=Came({"saved": count}, (bench.api,)), facts={"peer_command": told}))


def _case(
    bench: Bench, name: str, goal: float | None, rounds: int, ours: dict[str, Any], peer: dict[str, Any]
) -> dict[str, Any]:
    """What a case is made of: a task for each client, in processes that have made their Api."""
    return {
        "name": name,
        "ours": bench.ours.worker.task(package=bench.ours.client.package, **ours),
        "peer": bench.peer.worker.task(package=bench.peer.client.package, **peer),
        "goal": goal,
        "rounds": rounds,
    }


def _base(bench: Bench, *, slow: bool = False) -> str:
    return f"{bench.slow_api if slow else bench.api}/v2"


_NEEDS = ("sevenbridges",)

ENTRIES: list[Entry[Bench]] = [
    Entry("import of Api / import sevenbridges", 0.3, _NEEDS, importing),
    Entry("list 5,000 files / sevenbridges", 0.4, _NEEDS, listing),
    Entry("list 5,000 files, 50 ms API / sevenbridges", 0.06, _NEEDS, partial(listing, slow=True)),
    Entry("download 1 GiB, SHA-256 / sevenbridges (no checksum)", 0.85, _NEEDS, download),
    Entry("upload 512 MiB, warm process / sevenbridges", 0.65, _NEEDS, upload),
    Entry("10,000 metadata updates / sevenbridges", 0.04, _NEEDS, updates),
    Entry(
        "10,000 metadata updates / sevenbridges (bulk_edit, 100 at a time)", None, _NEEDS, partial(updates, bulk=BULK)
    ),
]
