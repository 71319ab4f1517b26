"""The cases of benchmarks/gen3.py: what both clients are asked to do, and the goals."""

import hashlib
import json
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from urllib.request import Request, urlopen

import beginning
from measuring import Case, Row, compared, figure_row
from script import Entry
from transferring import programs
from transferring.files import Served, rows_of, served_file, whole
from transferring.floor import Floor

from data_commons.api import PREFIX, object_of, record_of
from data_commons.bench import Bench
from data_commons.clients import HOST, token

_FORGET_AFTER = "\nimport re; print(re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1])"


def helping(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """The help of both commands, from the start of a process to its end."""
    ours = beginning.helping(bench.ours.client, "gen3", shows="drs-pull")
    peer = beginning.helping(bench.peer.client, shows="drs-pull")
    return compared(Case(name, ours, peer, goal, rounds, facts={"peer_command": "gen3 --help"}))


def importing(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """The import alone, in processes that have just begun."""
    ours = beginning.importing(bench.ours.client, "from omicsdk.compat.gen3.auth import Gen3Auth")
    peer = beginning.importing(bench.peer.client, "import gen3.auth")
    return compared(Case(name, ours, peer, goal, rounds, facts={"peer_command": "import gen3.auth"}))


def listing(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """All records of the index."""
    ours, peer = (
        side.worker.task(do="listing", package=side.client.package, url=bench.api, count=bench.sizes.records)
        for side in (bench.ours, bench.peer)
    )
    told = {"peer_command": "Gen3Index(URL).get_all_records(limit=1000, paginate=True)"}
    return compared(Case(name, ours, peer, goal, rounds, facts=told))


def pull(bench: Bench, name: str, goal: float | None, rounds: int, *, slow: bool = False) -> Row:
    """The objects of a manifest, into memory; ours holds them against their MD5."""
    kind = "late" if slow else "file"  # nginx continues serving what it has open under a name
    names = [f"{kind}-{number:04}.bam" for number in range(bench.sizes.files)]
    files = [served_file(bench.root, name, bench.sizes.file) for name in names]
    manifest = bench.source / "manifest.json"
    rows = [_put(bench.slow_api if slow else bench.api, bench.root, file) for file in files]
    manifest.write_text(json.dumps(rows))
    task = {"do": "pull", "host": HOST, "token": token(), "manifest": str(manifest), "folder": str(bench.place.out)}
    ours, peer = (
        (side.through_slow if slow else side.through).task(package=side.client.package, **task)
        for side in (bench.ours, bench.peer)
    )
    told = {"peer_command": "download_files_in_drs_manifest(HOST, auth, MANIFEST, FOLDER)", **bench.place.facts()}
    check = whole(bench.place.out, files)
    try:
        case = Case(name, ours, peer, goal, rounds, bench.place.empty, check, told)
        return compared(case) if slow else _floor(bench, files).compared(case)
    finally:
        bench.place.empty()
        for file in files:
            (bench.root / file.name).unlink()


def _floor(bench: Bench, files: Sequence[Served]) -> Floor:
    """What fetching the files by curl and their MD5 take at least."""
    config = bench.source / "curl"
    command = programs.curl_list(config, bench.place.out, rows_of(bench.nginx.http, files))
    return Floor(bench.nginx.root, programs.shell(command), files, "md5")


def _put(api: str, root: Path, file: Served) -> dict[str, object]:
    """Tells the commons of a file, and gives its row of a manifest."""
    md5 = hashlib.md5((root / file.name).read_bytes(), usedforsecurity=False).hexdigest()
    id = f"{PREFIX}/{file.name}"
    body = json.dumps(object_of(id, file.size, md5)).encode()
    with urlopen(Request(f"{api}/_objects/{id}", body, method="PUT")):
        pass
    return {"object_id": id, "file_name": file.name, "file_size": file.size, "md5sum": md5, "commons_url": HOST}


def validating(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """A manifest that is right."""
    manifest = str(_manifest(bench))
    ours, peer = (
        side.worker.task(do="validating", package=side.client.package, manifest=manifest)
        for side in (bench.ours, bench.peer)
    )
    told = {"peer_command": "is_valid_manifest_format(MANIFEST)", **bench.place.facts()}
    return compared(Case(name, ours, peer, goal, rounds, facts=told))


def peak(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """The most memory that a process of ours had in use that validated it."""
    manifest = _manifest(bench)
    module = "omicsdk.compat.gen3.tools.indexing.validate_manifest_format"
    program = f"from {module} import is_valid_manifest_format as valid\nassert valid({str(manifest)!r}){_FORGET_AFTER}"
    values = [int(re.findall(r"\d+", bench.ours.client.said(program))[-1]) / 1024 for _ in range(rounds)]
    return figure_row(name, values, goal, "MiB", bench.place.facts())


def _manifest(bench: Bench) -> Path:
    """A manifest of as many rows as there should be, made when it is first requested."""
    manifest = bench.source / "manifest.tsv"
    if not manifest.exists():
        with manifest.open("w") as file:
            file.write("guid\tmd5\tsize\turl\tauthz\tfile_name\n")
            for number in range(bench.sizes.rows):
                record = record_of(number)
                cells = (
                    record["did"],
                    f"{number:032x}",
                    record["size"],
                    f"s3://bench/sample_{number:06}.bam gs://bench/sample_{number:06}.bam",
                    "/programs/bench/projects/one",
                    record["file_name"],
                )
                file.write("\t".join(map(str, cells)) + "\n")
    return manifest


_NEEDS = ("gen3",)

ENTRIES: list[Entry[Bench]] = [
    Entry("omics gen3 --help / gen3 --help", 0.065, _NEEDS, helping),
    Entry("import of Gen3Auth / import gen3.auth", 0.42, _NEEDS, importing),
    Entry("20,000 index records / gen3", 0.36, _NEEDS, listing),
    Entry("200 x 5 MB with md5 / drs-pull", 0.34, _NEEDS, pull),
    Entry("200 x 5 MB with md5, 50 ms API / drs-pull", 0.07, _NEEDS, partial(pull, slow=True)),
    Entry("validate a 1,000,000-row manifest / gen3", 0.09, _NEEDS, validating),
    Entry("validate a 1,000,000-row manifest, peak MiB", 32, _NEEDS, peak),
]
