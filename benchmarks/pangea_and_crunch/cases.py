"""The cases of benchmarks/crunch_pangea.py: what is asked of both sides, and the goals."""

import hashlib
import json
import shutil
from functools import partial
from typing import Any
from urllib.request import Request, urlopen

import beginning
from counting import Came
from measuring import Case, Row, compared
from omicsdk.pangea.fields import CHUNK
from script import Entry
from transferring.files import served_file, whole
from transferring.floor import sending_bound

from pangea_and_crunch.bench import Bench

PART = 5 * 1024 * 2014
"""Bytes in a part of an upload, by the published client's default."""


def importing(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """The import alone, in processes that have just begun."""
    ours = beginning.importing(bench.ours.client, "from omicsdk.compat.pangea_api import Knex")
    peer = beginning.importing(bench.peer.client, "import pangea_api")
    return compared(Case(name, ours, peer, goal, rounds, facts={"peer_command": "import pangea_api"}))


def helping(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """The help of both commands, from the start of a process to its end."""
    ours = beginning.helping(bench.ours.client, "pangea", shows="upload")
    peer = beginning.helping(bench.peer.client, shows="upload")
    return compared(Case(name, ours, peer, goal, rounds, facts={"peer_command": "pangea-api --help"}))


def listing(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """All samples of a library, with the caches of both as they are shipped, and empty."""

    def empty() -> None:
        for home in bench.homes.iterdir():
            shutil.rmtree(home)
            home.mkdir()

    told = {"peer_command": "list(library.get_samples())"}
    ours, peer = _tasks(bench, do="listing", count=bench.sizes.samples)
    return compared(Case(name, ours, peer, goal, rounds, prepare=empty, facts=told))


def download(bench: Bench, name: str, goal: float | None, rounds: int, *, md5: bool = False) -> Row:
    """A field's file into memory; ours holds it against its MD5 where one is stated."""
    served = served_file(bench.root, "one.bam", bench.sizes.download)
    url = f"{bench.nginx.http}/{served.name}"
    _store(bench, "one", _with_md5(bench, served.name, url) if md5 else _on_s3(url))
    path = bench.place.out / served.name
    facts = {"peer_command": "field.download_file(PATH)", **bench.place.facts()}
    ours, peer = _tasks(bench, do="download", field="one", path=str(path))
    check = whole(bench.place.out, [served])
    try:
        return compared(Case(name, ours, peer, goal, rounds, bench.place.empty, check, facts))
    finally:
        bench.place.empty()
        (bench.root / served.name).unlink()


def _on_s3(url: str) -> dict[str, str]:
    server, _, key = url.rpartition("/")
    return {"__type__": "s3", "uri": f"s3://bucket/{key}", "endpoint_url": server, "presigned_url": url}


def _with_md5(bench: Bench, name: str, url: str) -> dict[str, Any]:
    with (bench.root / name).open("rb") as file:
        digest = hashlib.file_digest(file, "md5").hexdigest()
    return {"__type__": "sra", "url": url, "md5": digest, "full_record": {}, "alternatives": []}


def upload(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """A file from memory, in parts; its bytes and uploads are counted."""
    size = bench.sizes.upload
    served_file(bench.source, "reads.fastq.gz", size)
    source = bench.source / "reads.fastq.gz"
    ours, peer = _tasks(bench, do="upload", path=str(source))
    facts = {"peer_command": "field.upload_file(PATH)", **bench.place.facts()}
    check = Came({"uploads": 1, "completed": 1, "bytes": size}, (bench.api,), bench.sink)
    try:
        row = compared(Case(name, ours, peer, goal, rounds, check=check, facts=facts))
        return {**row, "bound": sending_bound(source, bench.sink, CHUNK, row["peer"], rounds)}
    finally:
        source.unlink()


def stages(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """A dataset that is set up and uploaded again with nothing changed, against the MD5 of its files alone."""
    storage = bench.source / "storage"
    data = storage / "crunch" / "bench"
    data.mkdir(parents=True)
    for number in range(bench.sizes.files):
        served_file(data, f"reads-{number:06}.fastq", bench.sizes.file)
    work = bench.source / "work"
    ours = bench.ours.worker.task(do="stages", url=bench.api, storage=str(storage), folder=str(work))
    peer = bench.ours.worker.task(do="hashing", folder=str(data))
    facts = {"peer_command": "hashlib.file_digest(file, 'md5') of each", **bench.place.facts()}
    try:
        ours()  # copies the files to the working folder, which is not measured
        return compared(Case(name, ours, peer, goal, rounds, check=_Unchanged(bench), facts=facts))
    finally:
        shutil.rmtree(storage)
        shutil.rmtree(work)


def _tasks(bench: Bench, **task: Any) -> Any:
    """A task for each client."""
    return (side.worker.task(package=side.client.package, url=bench.api, **task) for side in (bench.ours, bench.peer))


def _store(bench: Bench, field: str, value: dict[str, Any]) -> None:
    with urlopen(Request(f"{bench.api}/_stored/{field}", json.dumps(value).encode(), method="PUT")):
        pass


class _Unchanged:
    """A check that the storage and the working folder have as many files of data as there should be."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def __call__(self) -> None:
        for folder in (self._bench.source / "storage", self._bench.source / "work"):
            found = len(list(folder.rglob("reads-*.fastq")))
            if found != self._bench.sizes.files:
                raise RuntimeError(f"{folder} has {found} files, not {self._bench.sizes.files}")


_NEEDS = ("pangea",)

ENTRIES: list[Entry[Bench]] = [
    Entry("import of Knex / import pangea_api", 0.2, _NEEDS, importing),
    Entry("omics pangea --help / pangea-api --help", 0.07, _NEEDS, helping),
    Entry("get_samples over 2,000 / pangea_api", 0.05, _NEEDS, listing),
    Entry("download 1 GiB, no checksum / pangea_api", 0.6, _NEEDS, download),
    Entry("download 1 GiB, md5 / pangea_api (no checksum)", 0.7, _NEEDS, partial(download, md5=True)),
    Entry("upload 1 GiB multipart, warm process / pangea_api", 0.65, _NEEDS, upload),
    Entry("crunch setup and upload stages, 2,000 x 100 KB unchanged / hashing alone", 1.0, (), stages),
]
