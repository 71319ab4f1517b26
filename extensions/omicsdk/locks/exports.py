"""A lock in the formats of other programs: lists of checksums, sample sheets of workflows, and bags.

The functions take one that returns the files: a lock of a million files is read anew where a format needs it twice.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from omicsdk.core.checksums import is_algorithm
from omicsdk.core.errors import UsageError
from omicsdk.core.version import __version__
from omicsdk.locks.lockfile import LOCK_FILE, LockedFile, LockError
from omicsdk.portals.services import service_versions
from omicsdk.transfer.disk import write_errors
from omicsdk.transfer.reports.provenance import ProvenanceFile, comma_separated, crate_lines
from omicsdk.transfer.reports.units import count_of

Files = Callable[[], Iterable[LockedFile]]


def utf8_path(file: LockedFile) -> str:
    """Return the path of a file, for a format whose text is UTF-8.

    Args:
        file: The file.

    Raises:
        LockError: A byte of it is not UTF-8.
    """
    try:
        file.path.encode()
    except UnicodeEncodeError:
        problem = f"{file.path!r} is not UTF-8, which the format cannot state"
        raise LockError(problem, remedy="Rename it in its list, or leave its source out.") from None
    return file.path


EXPORTS = ("nextflow", "ro-crate", "snakemake")
"""Formats of lines, beside lists of checksums."""


def exported(files: Files, format: str, on_message: Callable[[str], object]) -> Iterator[str]:
    """The lines of a lock in a format.

    Args:
        files: Returns the files.
        format: An element of EXPORTS, or an algorithm of checksums.
        on_message: Called with what the format cannot state.

    Raises:
        LockError: The lock lacks what the format needs.
        UsageError: The format is unknown.
    """
    if format not in EXPORTS and not is_algorithm(format):
        remedy = f"Use an algorithm of checksums, such as sha256, or {', '.join(EXPORTS)}."
        raise UsageError(f"unknown export {format!r}", remedy=remedy)
    if format == "nextflow":
        return nextflow_lines(files, on_message)
    if format == "ro-crate":
        versions = service_versions(map(provenance_of, files()))
        return crate_lines(lambda: map(provenance_of, files()), LOCK_FILE, versions=versions)
    if format == "snakemake":
        return snakemake_lines(files, on_message)
    return checksum_lines(files, format)


def provenance_of(file: LockedFile) -> ProvenanceFile:
    """Return a file with where it comes from.

    Args:
        file: The file.
    """
    source = file.url or file.list_entry.source
    return ProvenanceFile(utf8_path(file), source, file.size, file.checksums, "", file.mirrors, file.since)


# -- checksums


def checksum_lines(files: Files, algorithm: str) -> Iterator[str]:
    """The lines of a list of checksums, as md5sum and sha256sum write and check them.

    Args:
        files: Returns the files.
        algorithm: The algorithm of the checksums.

    Raises:
        LockError: A file has no such checksum.
    """
    for file in files():
        if algorithm not in file.checksums:
            available = ", ".join(file.checksums) or "no checksum"
            why = f"{file.path} has no {algorithm} in the lock, but {available}"
            raise LockError(why, remedy="Choose an algorithm that the lock has of all files.")
        yield _sum_line(file.checksums[algorithm], file.path)


def _sum_line(value: str, path: str) -> str:
    """Return a line of a list of checksums; coreutils escape a path with a backslash or line break."""
    escaped = path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
    return f"{'' if escaped == path else chr(92)}{value}  {escaped}"


# -- sample sheets

_FASTQ = re.compile(r"(.+)\.(?:fastq|fq)(?:\.gz)?", re.IGNORECASE | re.DOTALL)
_READ = re.compile(
    r"(?P<sample>.+?)"
    r"(?:_S\d+(?=(?:_L\d{3})?_[RI]\d_001\Z))?"  # Illumina's number of the sample in its sheet
    r"(?P<lane>_L\d{3})?"
    r"(?:[._-](?P<kind>[RI])|[._])(?P<number>\d)(?:_001)?",
    re.DOTALL,
)
_SHEET_REMEDY = "Name the sources without it, `omics lock NAME --export ...`, or write the sheet manually."


class Reads(NamedTuple):
    """The reads of a sample, or of one lane of it.

    Attributes:
        sample: The name of the sample.
        first: The path of its reads, or of its first mates.
        second: That of its second mates; empty for single reads.
    """

    sample: str
    first: str
    second: str = ""


def paired_reads(paths: Iterable[str], on_message: Callable[[str], object]) -> list[Reads]:
    """Pair files of reads by their names: `NAME_1` and `NAME_2`, `NAME_R1` and `NAME_R2`, and those of Illumina's lanes.

    Args:
        paths: The paths of FASTQ files; they are in memory at once.
        on_message: Called with the number of those that no sheet has: index reads, and unpaired ones beside a pair.

    Returns:
        A row for each sample or lane, sorted by its first path.

    Raises:
        LockError: Names do not show which files are mates, two folders have reads of one sample, or some of its lanes lack
            second mates.
    """
    groups: dict[tuple[str, str, str, str], dict[int, str]] = {}
    left_out = 0
    for path in paths:
        folder, _, name = path.rpartition("/")
        name_match = _FASTQ.fullmatch(name)
        stem = name_match[1] if name_match else name
        read = _READ.fullmatch(stem)
        if read is None or read["number"] == "0":
            group, number = (folder, stem, "", ""), 0
        elif read["kind"] == "I":
            left_out += 1
            continue
        else:
            group, number = (folder, read["sample"], read["lane"] or "", read["kind"] or "."), int(read["number"])
        if (other := groups.setdefault(group, {}).setdefault(number, path)) != path:
            raise LockError(f"{other} and {path} have the reads of one sample", remedy=_SHEET_REMEDY)
    rows: list[Reads] = []
    layouts: dict[str, tuple[str, bool, bool]] = {}
    for (folder, sample, lane, kind), mates in sorted(groups.items(), key=lambda group: min(group[1].values())):
        first = min(mates.values())
        if not kind and any((folder, sample, "", style) in groups for style in "R."):
            left_out += 1
            continue
        if not mates.keys() <= {0} and mates.keys() not in ({1}, {1, 2}):
            numbers = ", ".join(map(str, sorted(mates)))
            raise LockError(f"{first}: its reads are numbered {numbers}, not 1 and 2", remedy=_SHEET_REMEDY)
        # A workflow joins the lanes of a sample, first and second mates each: one without second mates would shift these.
        layout = (folder, bool(lane), 2 in mates)
        earlier = layouts.setdefault(sample, layout)
        if earlier is not layout and (not lane or earlier != layout):
            problem = f"sample {sample!r} has reads in {earlier[0] or '.'} and as {first}, which a workflow would join"
            if lane and earlier[:2] == layout[:2]:
                problem = f"sample {sample!r} has lanes with and without second mates: {first} is not like the others"
            raise LockError(problem, remedy=_SHEET_REMEDY)
        rows.append(Reads(sample, mates.get(1) or mates[0], mates.get(2, "")))
    if left_out:
        on_message(f"{count_of(left_out, 'FASTQ file')} left out: index reads, or unpaired ones beside a pair")
    return rows


def nextflow_lines(files: Files, on_message: Callable[[str], object]) -> Iterator[str]:
    """The lines of a sample sheet of nf-core's pipelines: sample, fastq_1 and fastq_2.

    Args:
        files: Returns the files.
        on_message: Called with the numbers of files that it has not.

    Raises:
        LockError: There are no reads, a name has a blank, which nf-core refuses, or mates are ambiguous.
    """
    count = 0

    def fastq() -> Iterator[str]:
        nonlocal count
        for file in files():
            if file.path.lower().endswith((".fastq.gz", ".fq.gz")):
                yield utf8_path(file)
            else:
                count += 1

    rows = paired_reads(fastq(), on_message)
    if not rows:
        raise LockError("the lock has no FASTQ file compressed by gzip", remedy="Name sources of reads.")
    if count:
        on_message(f"{count_of(count, 'file')} left out: not FASTQ compressed by gzip")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    yield "sample,fastq_1,fastq_2"
    for row in rows:
        if re.search(r"\s", "".join(row)):
            raise LockError(f"{row.first!r} has a blank, which nf-core's pipelines refuse", remedy=_SHEET_REMEDY)
        writer.writerow(row)
        yield text.getvalue().removesuffix("\n")
        text.seek(text.truncate(0))


def snakemake_lines(files: Files, on_message: Callable[[str], object]) -> Iterator[str]:
    """The lines of a JSON file for Snakemake's `configfile`: the reads by sample, and all files.

    Args:
        files: Returns the files.
        on_message: Called with the number of reads that no sample has.

    Raises:
        LockError: Mates are ambiguous.
    """
    samples: dict[str, dict[str, list[str]]] = {}
    for row in paired_reads((path for path in map(utf8_path, files()) if _FASTQ.fullmatch(path)), on_message):
        reads = samples.setdefault(row.sample, {"fastq_1": [], "fastq_2": []})
        reads["fastq_1"].append(row.first)
        if row.second:
            reads["fastq_2"].append(row.second)
    yield '{"samples": {'
    yield from comma_separated(f"{json.dumps(name)}: {json.dumps(reads)}" for name, reads in samples.items())
    yield '}, "files": ['
    yield from comma_separated(json.dumps(file.path) for file in files())
    yield "]}"


# -- bags

# Those of bags that locks have.
_ALGORITHMS = ("md5", "sha1", "sha256", "sha512")
_AMBIGUOUS = re.compile(r"%[0-9A-Fa-f]{2}|[\n\r]")


def write_bag(files: Files, folder: Path) -> None:
    """Write a bag whose payload is to be fetched: bagit.txt, bag-info.txt, fetch.txt and manifests.

    It is one of BagIt 0.97, as bdbag writes them: a later one would need a checksum of the same algorithm of each file.

    Args:
        files: Returns the files.
        folder: The folder of the bag, which must not exist; it appears once it is complete.

    Raises:
        LockError: A file has no URL or none of the checksums that bags have.
        UsageError: The folder exists.
        NotWritable: It cannot be written.
    """
    if os.path.lexists(folder):
        raise UsageError(f"{folder} exists", remedy="Name a new folder for the bag.")
    with write_errors(str(folder)):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", suffix=".part", dir=folder.parent) as work:
            bag = Path(work, "bag")
            (bag / "data").mkdir(parents=True)
            _write_payload(files, bag)
            names = sorted(path.name for path in bag.iterdir() if path.is_file())
            for algorithm in ("md5", "sha256"):
                lines = (f"{_digest_of(bag / name, algorithm)}  {name}\n" for name in names)
                (bag / f"tagmanifest-{algorithm}.txt").write_text("".join(lines), "utf-8")
            bag.rename(folder)


def _write_payload(files: Files, bag: Path) -> None:
    """Write the tag files; a manifest only where a file has its checksum."""
    manifests: dict[str, IO[str]] = {}
    count, octets = 0, 0
    sized = True
    try:
        with (bag / "fetch.txt").open("w", encoding="utf-8", newline="\n") as fetch:
            for file in files():
                path = f"data/{utf8_path(file)}"
                if _AMBIGUOUS.search(path):
                    problem = (
                        f"{path!r} has a line end or an escape such as %0A, which readers of bags decode differently"
                    )
                    raise LockError(problem, remedy="Rename it in its list, or leave its source out.")
                if not file.url or re.search(r"\s", file.url):
                    why = f"{file.path} has no URL that a bag can state: {file.list_entry.source}"
                    raise LockError(why, remedy="Leave its source out: `omics lock NAME --export bdbag`.")
                if file.checksums.keys().isdisjoint(_ALGORITHMS):
                    why = f"{file.path} has no {', '.join(_ALGORITHMS[:-1])} or {_ALGORITHMS[-1]}, which a bag needs"
                    raise LockError(why, remedy="Leave its source out: `omics lock NAME --export bdbag`.")
                for algorithm in _ALGORITHMS:
                    if algorithm in file.checksums:
                        if algorithm not in manifests:
                            manifest = bag / f"manifest-{algorithm}.txt"
                            manifests[algorithm] = manifest.open("w", encoding="utf-8", newline="\n")
                        manifests[algorithm].write(f"{file.checksums[algorithm]}  {path}\n")
                fetch.write(f"{file.url}\t{'-' if file.size is None else file.size}\t{path}\n")
                count, octets, sized = count + 1, octets + (file.size or 0), sized and file.size is not None
    finally:
        for manifest in manifests.values():
            manifest.close()
    if not count:
        raise LockError("the lock has no files", remedy="Add a source: omics add WHAT.")
    oxum = f"Payload-Oxum: {octets}.{count}\n" if sized else ""
    (bag / "bag-info.txt").write_text(f"Bag-Software-Agent: omicsdk {__version__}\n{oxum}", "utf-8")
    (bag / "bagit.txt").write_text("BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n", "utf-8")


def _digest_of(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
