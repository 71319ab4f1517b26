"""The data of the three services, from examples and from folders of files."""

import threading
from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from omicsdk.sandbox.ga4gh.alignments import bam
from omicsdk.sandbox.ga4gh.htsget import Htsget, htsget_service
from omicsdk.sandbox.ga4gh.refget import Refget, refget_service
from omicsdk.sandbox.ga4gh.trs import Trs, trs_service
from omicsdk.sandbox.service import SandboxContext, Service

EXAMPLE_READS = "sample-1"
EXAMPLE_TOOL = "#workflow/sandbox/example/count"
_CHROMOSOMES = {"chr1": 10_000, "chr2": 2_000}
_READ, _STEP = 100, 40

_FILES = ("main.cwl", "tools/count.cwl", "tests/reads.json", "Dockerfile")
"""The files of the tool that exists from the start, its primary descriptor first."""


class Ga4gh:
    """The GA4GH services that are read from.

    Args:
        context: State and settings that all services share.

    Attributes:
        htsget: Files of reads and variants.
        refget: Reference sequences.
        trs: Tools.
    """

    def __init__(self, context: SandboxContext) -> None:
        self._context = context
        self._lock = threading.RLock()
        self._is_seeded = False
        self.htsget = Htsget(context, self.seed)
        self.refget = Refget(context, self.seed)
        self.trs = Trs(context, self.seed)

    def clear(self) -> None:
        """Have the examples made again, once something is requested."""
        self._is_seeded = False

    def seed(self) -> None:
        """Make the examples, unless there is any data. The first request or listing calls it: most sandboxes never need them."""
        with self._lock:
            if self._is_seeded:
                return
            self._is_seeded = True
            if not (self.htsget.sets.count() or self.refget.sequences.count() or self.trs.described.count()):
                self._make_examples()

    def _make_examples(self) -> None:
        sequences, *made = _examples()
        folder = files("omicsdk.sandbox.ga4gh").joinpath("example")
        texts = {name: folder.joinpath(name).read_text("utf-8") for name in _FILES}
        with self._context.database.transaction():
            for format, content in zip(("BAM", "VCF"), made, strict=True):
                self.htsget.add(EXAMPLE_READS, format, content)
            for name, letters in sequences.items():
                self.refget.add(name, letters)
            self.refget.add("plasmid", _letters(600), circular=True)
            for version in ("v1.0", "v1.1"):
                self.trs.add(EXAMPLE_TOOL, version, "CWL", texts, "Counts reads", name=f"release {version[1:]}")

    def services(self, document: Callable[[str], Mapping[str, Any]]) -> list[Service]:
        """The services that the sandbox mounts.

        Args:
            document: Gives the OpenAPI 3.1 document of a service.
        """
        return [
            htsget_service(self.htsget, document("htsget")),
            refget_service(self.refget, document("refget")),
            trs_service(self.trs, document("trs")),
        ]

    def add_folder(self, service: str, folder: Path) -> dict[str, Any]:
        """Add the files of a folder to a service.

        Args:
            service: htsget (BAM, CRAM, VCF and BCF files), refget (FASTA files) or trs (VERSION/TYPE/files of one tool).
            folder: The folder.

        Returns:
            What was added, and in `left` which files were not.

        Raises:
            ValueError: The folder has nothing for the service.
        """
        if service == "trs":
            return {"tool": f"#workflow/sandbox/{folder.name}", "versions": self.trs.add_folder(folder)}
        added, left = list[str](), list[str]()
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            name = path.relative_to(folder).as_posix()
            if service == "refget" and path.suffix in (".fa", ".fasta", ".fna"):
                added += self.refget.add_fasta(path.read_text("ascii"))
            elif service == "htsget" and self.htsget.add_file(path, name):
                added.append(name)
            else:
                left.append(name)
        if not added:
            raise ValueError(f"{folder} has no files for {service}")
        return {"added": added, "left": left}


@cache
def _examples() -> tuple[Mapping[str, str], bytes, bytes]:
    """Reference sequences by name, a BAM file of reads from them, and a VCF file."""
    sequences = {name: _letters(length) for name, length in _CHROMOSOMES.items()}
    return sequences, bam(_CHROMOSOMES.items(), _reads(sequences)), _variants(sequences)


def _letters(length: int) -> str:
    """A sequence that is the same each time, and repeats itself late."""
    state, made = length, list[str]()
    for _ in range(length):
        state = (state * 1_103_515_245 + 12_345) & 0x7FFFFFFF
        made.append("ACGT"[state >> 16 & 3])
    return "".join(made)


def _reads(sequences: Mapping[str, str]) -> list[tuple[str, int, int, str]]:
    return [
        (f"read-{index}-{at}", index, at, letters[at : at + _READ])
        for index, letters in enumerate(sequences.values())
        for at in range(0, len(letters) - _READ, _STEP)
    ]


def _variants(sequences: Mapping[str, str]) -> bytes:
    lines = ["##fileformat=VCFv4.3"]
    lines += [f"##contig=<ID={name},length={len(letters)}>" for name, letters in sequences.items()]
    lines.append("#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO")
    for name, letters in sequences.items():
        for at in range(99, len(letters), 100):
            other = "ACGT"[("ACGT".index(letters[at]) + 1) % 4]
            lines.append(f"{name}\t{at + 1}\t.\t{letters[at]}\t{other}\t60\tPASS\t.")
    return "".join(f"{line}\n" for line in lines).encode()
