"""The cases of benchmarks/hca.py: what both clients are asked to do, and the goals."""

import re
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal

from counting import Came
from measuring import Action, Case, Row, compared, run
from script import Entry
from transferring.bench import Place
from transferring.files import rows_of, whole
from transferring.floor import Floor
from transferring.programs import curl_list, placeless, shell, spelled

from data_store.bench import Bench
from data_store.clients import AREAS
from data_store.holdings import in_filestore

BUCKET = "staging"

Check = Callable[[], None]


def command(
    bench: Bench, name: str, goal: float | None, rounds: int, *, words: Sequence[str], shown: Sequence[str]
) -> Row:
    """A command that needs no server, from the start of its process to the end."""
    for client in (bench.ours.client, bench.peer.client):
        # The published client fetches its documents with this first one, and keeps them for a week.
        done = subprocess.run([client.command, *words], capture_output=True, text=True, env=client.environ)
        if lost := [text for text in shown if text not in done.stdout]:
            told = " ".join(words)
            raise RuntimeError(f"{client.command.name} {told} doesn't show {lost[0]!r}: {done.stderr[-500:]}")
    return compared(Case(name, *_commands(bench, words), goal, rounds, facts=_told(bench, words)))


def manifest(
    bench: Bench,
    name: str,
    goal: float | None,
    rounds: int,
    *,
    kind: str,
    slow: bool = False,
    disk: bool = False,
    of: Literal["wall", "cpu"] = "wall",
) -> Row:
    """The files of a manifest into the filestore."""
    place, files = bench.disk if disk else bench.memory, in_filestore(getattr(bench.holdings, kind))
    arguments = {"manifest": str(bench.holdings.manifest(kind)), **_into(place)}
    task = _task(bench.slow_api if slow else bench.api, place, "download_manifest", arguments)
    case = _call(bench, name, goal, rounds, place, task, whole(place.out, files))
    return _floor(bench, place, kind).compared(case, of) if _is_hashing(kind, disk) else compared(case)


def _is_hashing(kind: str, disk: bool) -> bool:
    """Whether bytes and their checksums are nearly all there is to do."""
    return kind in ("one", "medium") and not disk


def _floor(bench: Bench, place: Place, kind: str) -> Floor:
    """What the files of a manifest take at least, each by a request to the Data Store and its redirect, as for both sides."""
    served = getattr(bench.holdings, kind)
    rows = rows_of(f"{bench.api}/v1/files", served)
    command = curl_list(bench.holdings.lists / "curl", place.out, rows, "--location")
    return Floor(bench.nginx.root, shell(command), served)


def bundle(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """A bundle: what it consists of, its files into the filestore, a folder of links to them."""
    uuid, files = bench.holdings.register_bundle(bench.api)
    place, check = bench.memory, whole(bench.memory.out, [*files, *in_filestore(files)])
    task = _task(bench.api, place, "download", {"bundle_uuid": uuid, **_into(place)})
    return compared(_call(bench, name, goal, rounds, place, task, check))


def upload(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """A folder to a staging bucket, its files registered one by one, then the bundle."""
    arguments = {"src_dir": str(bench.holdings.source), "replica": "aws", "staging_bucket": BUCKET}
    task = _task(bench.api, bench.memory, "upload", arguments)
    return compared(_call(bench, name, goal, rounds, bench.memory, task, _arrived(bench)))


def whole_command(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """Few files of 20 KB by the command, from the start of its process to the end."""
    place, files = bench.disk, bench.holdings.few
    words = ["dss", "download-manifest", "--manifest", str(bench.holdings.manifest("few"))]
    words += ["--replica", "aws", "--download-dir", str(place.out)]
    facts, check = _told(bench, words) | place.facts(), whole(place.out, in_filestore(files))
    ours, peer = _commands(bench, words)
    return compared(Case(name, ours, peer, goal, rounds, prepare=place.empty, check=check, facts=facts))


def _task(api: str, place: Place, method: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """A call of the documented client, as its process is notified of it."""
    where = {"swagger_url": f"{api}/v1/swagger.json", "folder": str(place.out)}
    return {"do": "call", "name": method, "arguments": arguments, **where}


def _call(
    bench: Bench, name: str, goal: float | None, rounds: int, place: Place, task: dict[str, Any], check: Check
) -> Case:
    """A call of the documented client, in processes that have made it."""
    ours, peer = (side.worker.task(package=side.client.package, **task) for side in (bench.ours, bench.peer))
    words = ", ".join(f"{key}={value!r}" for key, value in task["arguments"].items())
    told = _without_uuid(placeless(f"DSSClient().{task['name']}({words})"))
    facts = {"peer_command": told, **place.facts()}
    return Case(name, ours, peer, goal, rounds, prepare=place.empty, check=check, facts=facts)


def _commands(bench: Bench, words: Sequence[str]) -> tuple[Action, Action]:
    ours, peer = (
        run(client.command, *words, env=client.environ, cwd=bench.memory.out.parent)
        for client in (bench.ours.client, bench.peer.client)
    )
    return ours, peer


def _told(bench: Bench, words: Sequence[str]) -> dict[str, str]:
    return {"peer_command": spelled([bench.peer.client.command, *words])}


def _into(place: Place) -> dict[str, str]:
    return {"replica": "aws", "download_dir": str(place.out)}


def _without_uuid(text: str) -> str:
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID", text)


def _arrived(bench: Bench) -> Came:
    """A check that all that makes a bundle came since the last time: objects with their bytes and tags, files, a bundle."""
    count, size = bench.holdings.sizes.uploaded, sum(file.stat().st_size for file in bench.holdings.source.iterdir())
    wanted = {"objects": count, "bytes": size, "tagged": count, "files": count, "bundles": 1}
    return Came(wanted, (bench.api, bench.staging))


_MANY = "download-manifest 1,000 x 20 KB"

ENTRIES: list[Entry[Bench]] = [
    Entry(
        "omics dss --help / hca dss --help",
        0.07,
        ("hca",),
        partial(command, words=["dss", "--help"], shown=["get-bundle", "download-manifest"]),
    ),
    Entry(
        "omics upload areas / hca upload areas",
        0.09,
        ("hca", "omics upload areas"),
        partial(command, words=["upload", "areas"], shown=[*AREAS, "selected"]),
    ),
    Entry("download-manifest 1 GiB / hca", 0.65, ("hca",), partial(manifest, kind="one")),
    Entry(f"{_MANY} / hca", 0.16, ("hca",), partial(manifest, kind="many")),
    Entry("download-manifest 200 x 5 MB / hca", 0.7, ("hca",), partial(manifest, kind="medium")),
    Entry(f"{_MANY}, 50 ms API / hca", 0.09, ("hca",), partial(manifest, kind="many", slow=True)),
    Entry("bundle of 300 x 20 KB / hca", 0.18, ("hca",), bundle),
    Entry("upload of a bundle of 500 files / hca", 0.18, ("hca",), upload),
    Entry("download-manifest 1 GiB, disk / hca", None, ("hca",), partial(manifest, kind="one", disk=True)),
    Entry(f"{_MANY}, disk / hca", None, ("hca",), partial(manifest, kind="many", disk=True)),
    Entry(
        "download-manifest 200 x 5 MB, disk / hca",
        None,
        ("hca",),
        partial(manifest, kind="medium", disk=True),
    ),
    Entry(
        "download-manifest 10 x 20 KB, from the start of the process to its end / hca", None, ("hca",), whole_command
    ),
]
