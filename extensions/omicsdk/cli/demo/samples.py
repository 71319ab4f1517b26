"""The demo's data set: two samples, a folder each, that become bundles."""

from dataclasses import dataclass
from pathlib import Path

from omicsdk.cli.demo.genome import ACCESSION, fasta, sequence
from omicsdk.cli.demo.metadata import documents, encoded
from omicsdk.cli.demo.reads import fastq, paired_reads


@dataclass(frozen=True, slots=True)
class Sample:
    """What is told apart by metadata, and by the seed of its reads.

    Attributes:
        name: Its identifier, and its folder's name.
        description: A line.
        minutes: Minutes after induction at which it was taken.
        pairs: How many pairs of reads it has.
        seed: Where its reads come from.
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
        sample: Which one.

    Returns:
        The sample's folder.

    Raises:
        FileExistsError: There is a folder of that name.
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
        (target / name).write_bytes(encoded(document))
    return target


def write_large_file(path: Path, size: int) -> None:
    """Write a file of incompressible, reproducible bytes that stands in for a sequencer's real output.

    Args:
        path: Its folder is made when needed.
        size: In bytes; a multiple of 1 MiB.
    """
    from hashlib import shake_128

    path.parent.mkdir(parents=True, exist_ok=True)
    block = shake_128(ACCESSION.encode()).digest(1 << 20)
    with path.open("wb") as file:
        for number in range(size >> 20):
            # Each MiB differs from all others, so that a block in the wrong place can't go unnoticed.
            file.write(number.to_bytes(8, "big") + block[8:])
