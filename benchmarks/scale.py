"""Planning manifests of very many files: memory and time until the first shard can begin.

    python benchmarks/scale.py

Prints a table and writes benchmarks/results/scale.json. Each figure is that of a fresh process; memory is the highest that it
ever had, interpreter and imports included. A plan is made twice: of a function that makes items, which is all that the
planning itself costs, and of a manifest of the Data Store, which is read from the disk row by row.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from measuring import Row, write_results
from omicsdk.transfer import Item, Location, Plan

SHARDS = 64
GROWTH = 1.5
"""How much more memory a hundred times as many rows may take; in a process of 35 MiB that is a pile of keys and its buckets."""
SIZES = {"items": (100_000, 1_000_000, 10_000_000), "manifest": (100_000, 1_000_000, 10_000_000)}
TITLES = {"items": "items of a function", "manifest": "rows of a manifest"}
_HEADER = "bundle_uuid\tbundle_version\tfile_name\tfile_uuid\tfile_sha256\tfile_size\n"
_UUID = "00000000-0000-4000-8000-%012d"


class Figures(NamedTuple):
    """What a plan took.

    Attributes:
        files: How many files its shards have.
        seconds: Until it was cut into shards.
        mib: The process's highest resident memory.
    """

    files: int
    seconds: float
    mib: float


def items(count: int) -> Iterator[Item]:
    """Files of 20 kB, a thousand folders.

    Args:
        count: How many.
    """
    place = Location("http://127.0.0.1:1/x")
    return (Item(f"{at % 1000:03d}/{at:09d}.fastq.gz", place, 20_000, {"crc32c": "00000000"}) for at in range(count))


def write_manifest(path: Path, count: int) -> None:
    """Writes a manifest, one row in fifty for a file that is there already.

    Args:
        path: The target.
        count: How many rows it has.
    """
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEADER)
        for at in range(count):
            bundle, number = at // 100, at - (at % 50 == 49)
            file.write(
                f"{_UUID % bundle}\t2019-08-01T200147.836832Z\t{at}.fastq.gz\t{_UUID % number}\t"
                f"{number * 0x9E3779B97F4A7C15 % 2**256:064x}\t20000\n"
            )


def planned(kind: str, count: int, folder: Path) -> Figures:
    """Plans in this process.

    Args:
        kind: A key of SIZES.
        count: How many rows there are.
        folder: Where the manifest is, and the files would go.
    """
    if kind == "items":
        plan = Plan(partial(items, count), folder / "target")
    else:
        from omicsdk.hca.dss.files import items_of
        from omicsdk.hca.dss.manifests import Manifest, ManifestFiles

        table = Manifest.open(folder / "manifest.tsv")
        plan = Plan(partial(items_of, ManifestFiles(table, "aws")), folder / "target", repeats=True)
    began = time.perf_counter()
    shards = plan.shards(SHARDS)
    return Figures(sum(shard.files for shard in shards), time.perf_counter() - began, highest())


def highest() -> float:
    """MiB of resident memory that this process had at most."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 1024)


def main() -> None:
    """Measures all cases, each in a separate process; as such a process, measures one and prints it."""
    if len(sys.argv) == 4:
        kind, count, folder = sys.argv[1:]
        print(json.dumps(planned(kind, int(count), Path(folder))))
        return
    rows: list[Row] = []
    for kind, counts in SIZES.items():
        found: list[Figures] = []
        for count in counts:
            with TemporaryDirectory() as folder:
                if kind == "manifest":
                    write_manifest(Path(folder, "manifest.tsv"), count)
                words = [sys.executable, __file__, kind, str(count), folder]
                ran = subprocess.run(words, capture_output=True, text=True, check=True)
            found.append(Figures(*json.loads(ran.stdout)))
            print(f"{count:>12,} {TITLES[kind]}: {found[-1].seconds:8.1f} s  {found[-1].mib:6.1f} MiB", flush=True)
            if found[-1].files != (count if kind == "items" else count - count // 50):
                sys.exit(f"{found[-1].files} of {count} files were planned")
            title = f"{count:,} {TITLES[kind]} into {SHARDS} shards"
            rows.append(row(f"{title}: seconds", found[-1].seconds, "s"))
            rows.append(row(f"{title}: highest memory", found[-1].mib, "MiB"))
        least, most = found[0].mib, found[-1].mib
        title = f"{counts[-1]:,} {TITLES[kind]} / {counts[0]:,}: highest memory"
        rows.append({**row(title, most, "MiB"), "peer": least, "ratio": most / least, "goal": GROWTH})
    write_results("scale", rows)


def row(case: str, figure: float, unit: str) -> Row:
    """A figure without a goal.

    Args:
        case: What was measured.
        figure: How much it was.
        unit: Of what.
    """
    return {"case": case, "ours": figure, "peer": None, "ratio": figure, "goal": None, "rounds": 1, "unit": unit}


if __name__ == "__main__":
    main()
