"""SDS data sets by Gen3Convertor: how long it takes, and how much memory, to make records of 10,000 files' manifests.

    python benchmarks/dtp.py [--case TEXT] [--rounds N] [--quick]

Prints seconds and MiB; all cases together write benchmarks/results/dtp.json.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from measuring import Row, figure_row
from openpyxl import Workbook
from script import Entry, Session, options

ABOUT = """\
A separate process converts the manifests of a data set into files of records, measured from the first import to the last file. This
includes reading the dictionary and validating every record against it. The data set has one subject for each 100 files. Each row of a manifest has all
ten columns of the template, two of them with several lines, as openpyxl writes them. Memory is the peak of the process, including
the interpreter. There is no peer: the documented software was never published as a package."""

ROOT = Path(__file__).parents[1]
DICTIONARY = ROOT / "extensions" / "omicsdk" / "sandbox" / "gen3" / "records" / "sds.json"
FILES, QUICK_FILES = 10_000, 500
A_FOLDER = 100
"""Files of a subject, and of a folder's manifest."""
HEADER = (
    *("filename", "timestamp", "description", "file type", "additional types", "isDescribedBy", "isDerivedFrom"),
    *("isSourceOf", "Additional Metadata", "Supplemental JSON Metadata"),
)
PROGRAM = """\
import sys, time
begin = time.perf_counter()
from omicsdk.dtp import Gen3Convertor
convertor = Gen3Convertor("12L", "bench")
convertor.set_schema_dir(sys.argv[1])
made = convertor.execute(sys.argv[2], sys.argv[3])
spent, cpu = time.perf_counter() - begin, time.process_time()
status = open("/proc/self/status").read()
peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
import json
print(json.dumps({"seconds": spent, "cpu": cpu, "peak": peak, "files": made.counts["manifest"]}))
"""


class Bench(NamedTuple):
    """What cases work with.

    Attributes:
        files: How many files the data sets speak of.
        whole: A data set with one manifest.
        divided: A data set with a manifest in each subject's folder.
        out: Where records are put.
    """

    files: int
    whole: Path
    divided: Path
    out: Path


def write(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    """Writes a workbook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet("Sheet1")
    for row in rows:
        sheet.append(row)
    book.save(path)


def manifest_row(number: int, folder: str = "") -> Sequence[Any]:
    """What a manifest states of a file."""
    name = f"{folder}slice_{number:05}.dcm"
    text = f"Slice {number} of a series of images"
    derived = f"source/raw_{number}.dat\nsource/log_{number}.txt"
    types = ("application/dicom", "protocol/scan.md", derived, f"derivative/mesh_{number}.vtk\nderivative/mesh.json")
    return (name, "2024-01-02T03:04:05Z", text, ".dcm", *types, number / 7, '{"station": 3}')


def data_sets(folder: Path, files: int) -> Bench:
    """Writes the data sets."""
    subjects = range(1, files // A_FOLDER + 1)
    whole, divided = folder / "whole", folder / "divided"
    for place in (whole, divided):
        write(
            place / "dataset_description.xlsx",
            [("Metadata element", "Description", "Example", "Value"), ("Metadata Version", "", "", "2.0.0")],
        )
        ids = ((f"sub-{number}", "adult", "F", 20 + number % 50) for number in subjects)
        write(place / "subjects.xlsx", [("subject id", "age category", "sex", "age"), *ids])
    write(whole / "manifest.xlsx", _rows(range(files), lambda n: f"primary/sub-{n // A_FOLDER + 1}/"))
    for subject in subjects:
        numbers = range((subject - 1) * A_FOLDER, subject * A_FOLDER)
        write(divided / "primary" / f"sub-{subject}" / "manifest.xlsx", _rows(numbers, lambda _: ""))
    return Bench(files, whole, divided, folder / "out")


def _rows(numbers: Iterable[int], folder_of: Callable[[int], str]) -> Iterator[Sequence[Any]]:
    yield HEADER
    for number in numbers:
        yield manifest_row(number, folder_of(number))


def converted(bench: Bench, source: Path) -> dict[str, float]:
    """What a separate process took to convert a data set."""
    command = [sys.executable, "-c", PROGRAM, DICTIONARY, source, bench.out]
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    if told["files"] != bench.files:
        raise RuntimeError(f"{told['files']} files became records, not {bench.files}")
    return told


def seconds(source: str) -> Callable[[Bench, str, float | None, int], Row]:
    """Measures how long it takes; the first round does not count."""

    def measure(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
        took = [converted(bench, getattr(bench, source)) for _ in range(rounds + 1)][1:]
        cpu = {"ours_cpu": round(median(each["cpu"] for each in took), 4)}
        return figure_row(name, [each["seconds"] for each in took], goal, "s", cpu)

    return measure


def memory(bench: Bench, name: str, goal: float | None, rounds: int) -> Row:
    """Measures the most memory that it has in use at once, of both data sets the one that needs more."""
    peaks = [max(converted(bench, each)["peak"] for each in (bench.whole, bench.divided)) for _ in range(rounds)]
    return figure_row(name, peaks, goal, "MiB", {})


ENTRIES: tuple[Entry[Bench], ...] = (
    Entry("convert 10,000 manifest rows, one manifest", 2.0, (), seconds("whole")),
    Entry("convert 10,000 manifest rows, 100 manifests", 2.0, (), seconds("divided")),
    Entry("convert 10,000 manifest rows, peak memory", 150.0, (), memory),
)


def main() -> int:
    """Measures the cases that are requested; gives the exit code."""
    asked = options(__doc__)
    session = Session("dtp", ENTRIES, asked)
    with TemporaryDirectory() as folder:
        session.measure(data_sets(Path(folder), QUICK_FILES if asked.quick else FILES), lambda _: [])
    return session.end(ABOUT, openpyxl=version("openpyxl"))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("interrupted; nothing was written")
