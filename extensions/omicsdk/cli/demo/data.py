"""The demo's data: reads of phage lambda's genome, as two samples with metadata of the Human Cell Atlas."""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from string import Template
from typing import Any
from uuid import NAMESPACE_URL, uuid5

# RefSeq accession of the complete genome of Enterobacteria phage lambda.
ACCESSION = "NC_001416.1"

_DOCUMENTS = files("omicsdk.cli.demo").joinpath("documents.json.in")
_FILE = files("omicsdk.cli.demo").joinpath(f"{ACCESSION}.fasta.gz")


def fasta() -> bytes:
    """The published record: FASTA, lines of 70 bases."""
    return gzip.decompress(_FILE.read_bytes())


def sequence(record: bytes) -> str:
    """The bases of a FASTA text of one record.

    Raises:
        ValueError: It does not have exactly one record.
    """
    lines = record.decode("ascii").splitlines()
    if [line for line in lines if line.startswith(">")] != lines[:1]:
        raise ValueError("expected FASTA with one record, its title first")
    return "".join(lines[1:])


# The multiplier and increment of Knuth's MMIX generator: a sequence that no release of Python can change.
_MULTIPLIER, _INCREMENT, _MASK = 6364136223846793005, 1442695040888963407, (1 << 64) - 1

_COMPLEMENT = str.maketrans("ACGT", "TGCA")
_OTHER = {base: [other for other in "ACGT" if other != base] for base in "ACGT"}

# Bases of a read.
READ_LENGTH = 100
# Mean length of the fragments that are read from both ends, in bases.
FRAGMENT = 350
# Width of the range of fragment lengths, in bases.
SPREAD = 120
# Reciprocal of the rate of wrong bases, typical of short-read instruments.
MISREAD = 250


@dataclass(frozen=True, slots=True)
class Read:
    """One read.

    Attributes:
        name: Of its pair.
        bases: As read.
        qualities: One Phred+33 character per base.
    """

    name: str
    bases: str
    qualities: str


class Draws:
    """Pseudo-random whole numbers.

    Args:
        seed: Equal seeds give equal numbers.
    """

    def __init__(self, seed: int) -> None:
        self._state = (seed * _MULTIPLIER + _INCREMENT) & _MASK

    def below(self, limit: int) -> int:
        """Return a number from 0 to limit - 1; the limit is at most 2**32."""
        self._state = (self._state * _MULTIPLIER + _INCREMENT) & _MASK
        return ((self._state >> 32) * limit) >> 32


def reverse_complement(bases: str) -> str:
    """Return the reverse complement."""
    return bases.translate(_COMPLEMENT)[::-1]


def paired_reads(genome: str, sample: str, pairs: int, seed: int) -> Iterator[tuple[Read, Read]]:
    """Draw fragments and read each from both ends.

    Args:
        genome: Upper-case A, C, G, T; longer than a fragment.
        sample: Begins the reads' names.
        pairs: Number of pairs.
        seed: Equal seeds give equal reads.

    Yields:
        Both reads of a pair; the second is of the other strand.
    """
    draws = Draws(seed)
    for number in range(1, pairs + 1):
        length = FRAGMENT - SPREAD // 2 + draws.below(SPREAD)
        start = draws.below(len(genome) - length + 1)
        fragment = genome[start : start + length]
        if draws.below(2):
            fragment = reverse_complement(fragment)
        name = f"{sample}:{number}"
        other_end = reverse_complement(fragment[-READ_LENGTH:])
        yield _read(name, fragment[:READ_LENGTH], draws), _read(name, other_end, draws)


def _read(name: str, bases: str, draws: Draws) -> Read:
    wrong = [position for position in range(len(bases)) if not draws.below(MISREAD)]
    letters = list(bases)
    qualities = ["I"] * len(bases)
    for position in range(len(bases) - draws.below(30), len(bases)):
        qualities[position] = "?"  # qualities decrease towards a read's end
    for position in wrong:
        letters[position] = _OTHER[letters[position]][draws.below(3)]
        qualities[position] = "#"
    return Read(name, "".join(letters), "".join(qualities))


def fastq(reads: Iterator[Read], mate: int) -> bytes:
    """Reads as FASTQ, compressed with gzip; the same reads give the same bytes.

    Args:
        reads: In the order of the file.
        mate: 1 or 2, which of a pair they are.
    """
    text = "".join(f"@{read.name}/{mate}\n{read.bases}\n+\n{read.qualities}\n" for read in reads)
    return gzip.compress(text.encode("ascii"), 6, mtime=0)


_SCHEMAS = "https://schema.humancellatlas.org"
_SUBMITTED = "2026-01-15T09:00:00.000Z"
_NAMESPACE = uuid5(NAMESPACE_URL, "https://www.ncbi.nlm.nih.gov/nuccore/NC_001416.1")

Document = dict[str, Any]


def documents(sample: str, description: str, minutes: int, reads: Sequence[str]) -> Mapping[str, Document]:
    """The metadata files of a sample.

    Args:
        sample: Its identifier.
        description: Description in one line.
        minutes: Minutes after induction at which it was taken.
        reads: File names of its reads, mate 1 first.

    Returns:
        File name to document; the names are those under which the Data Store's search finds them
        (`files.cell_suspension_json` for cell_suspension_0.json).
    """
    # Kind, schema and subject of each document, then its content.
    template = Template(_DOCUMENTS.read_text(encoding="utf-8"))
    filled = template.substitute(
        sample=sample, description=description, minutes=minutes, read1=reads[0], read2=reads[1]
    )
    templates: dict[str, tuple[str, str, str, Document]] = json.loads(filled)
    by_name = {name: _document(*facts, **fields) for name, (*facts, fields) in templates.items()}
    return {**by_name, "links.json": _links(sample, by_name)}


def _document(kind: str, schema: str, sample: str, **fields: object) -> Document:
    return {
        "describedBy": f"{_SCHEMAS}/{schema}",
        "schema_type": kind,
        **fields,
        "provenance": {"document_id": _uuid(schema, sample), "submission_date": _SUBMITTED, "update_date": _SUBMITTED},
    }


def _uuid(*what: str) -> str:
    return str(uuid5(_NAMESPACE, " ".join(what)))


def _links(sample: str, by_name: Mapping[str, Document]) -> Document:
    """Return the links between documents, one process each."""
    ids = {name: document["provenance"]["document_id"] for name, document in by_name.items()}
    chain = ["donor_organism_0.json", "specimen_from_organism_0.json", "cell_suspension_0.json"]
    steps = [([before], [after], "biomaterial") for before, after in pairwise(chain)]
    steps.append((chain[-1:], [name for name in by_name if name.startswith("sequence_file_")], "file"))
    return {
        "describedBy": f"{_SCHEMAS}/system/1.1.4/links",
        "schema_type": "link_bundle",
        "schema_version": "1.1.4",
        "links": [
            {
                "process": _uuid("process", sample, *outputs),
                "inputs": [ids[name] for name in inputs],
                "input_type": "biomaterial",
                "outputs": [ids[name] for name in outputs],
                "output_type": kind,
                "protocols": [],
            }
            for inputs, outputs, kind in steps
        ],
    }


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample, which its metadata and the seed of its reads distinguish.

    Attributes:
        name: Its identifier, and its folder's name.
        description: A line.
        minutes: Minutes after induction at which it was taken.
        pairs: Number of its pairs of reads.
        seed: Seed of its reads.
    """

    name: str
    description: str
    minutes: int
    pairs: int
    seed: int


SAMPLES = (
    Sample("lambda_early", "Lysogen culture soon after its prophage was induced", 10, 2500, seed=1),
    Sample("lambda_late", "Lysate, after most cells have burst", 60, 5000, seed=2),
)


def write_sample(folder: Path, sample: Sample) -> Path:
    """Write a sample's folder: reads, the reference that they are of, and metadata.

    Args:
        folder: The sample's folder is made in it.
        sample: The sample.

    Returns:
        The sample's folder.

    Raises:
        FileExistsError: A folder with that name already exists.
    """
    target = folder / sample.name
    target.mkdir(parents=True)
    genome = fasta()
    pairs = list(paired_reads(sequence(genome), sample.name, sample.pairs, sample.seed))
    names = [f"{sample.name}_R{mate}.fastq.gz" for mate in (1, 2)]
    for mate, name in enumerate(names, start=1):
        (target / name).write_bytes(fastq((pair[mate - 1] for pair in pairs), mate))
    (target / "reference").mkdir()
    (target / "reference" / f"{ACCESSION}.fasta").write_bytes(genome)
    for name, document in documents(sample.name, sample.description, sample.minutes, names).items():
        (target / name).write_bytes((json.dumps(document, indent=2) + "\n").encode())
    return target


def write_large_file(path: Path, size: int) -> None:
    """Write a file of incompressible, reproducible bytes in place of a sequencer's real output.

    Args:
        path: Its path; the folder is created if missing.
        size: In bytes; a multiple of 1 MiB.
    """
    from hashlib import shake_128

    path.parent.mkdir(parents=True, exist_ok=True)
    block = shake_128(ACCESSION.encode()).digest(1 << 20)
    with path.open("wb") as file:
        for number in range(size >> 20):
            # Each MiB differs from all others, so that a misplaced block is detected.
            file.write(number.to_bytes(8, "big") + block[8:])
