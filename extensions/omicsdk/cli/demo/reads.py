"""Paired sequencing reads drawn from a genome, the same on every machine and every run."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass

# The multiplier and increment of Knuth's MMIX generator: a sequence that no release of Python can change.
_MULTIPLIER, _INCREMENT, _MASK = 6364136223846793005, 1442695040888963407, (1 << 64) - 1

_COMPLEMENT = str.maketrans("ACGT", "TGCA")
_OTHER = {base: [other for other in "ACGT" if other != base] for base in "ACGT"}

READ_LENGTH = 100
"""Bases of a read."""
FRAGMENT = 350
"""Mean length of the fragments that are read from both ends, in bases."""
SPREAD = 120
"""Width of the range that fragments' lengths lie in, in bases."""
MISREAD = 250
"""One base of so many is read wrongly, a usual rate of short-read instruments."""


@dataclass(frozen=True, slots=True)
class Read:
    """One read.

    Attributes:
        name: Of its pair.
        bases: As read.
        qualities: One Phred+33 character a base.
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
        """A number from 0 to limit - 1; the limit is at most 2**32."""
        self._state = (self._state * _MULTIPLIER + _INCREMENT) & _MASK
        return ((self._state >> 32) * limit) >> 32


def reverse_complement(bases: str) -> str:
    """The other strand, read in its own direction."""
    return bases.translate(_COMPLEMENT)[::-1]


def paired_reads(genome: str, sample: str, pairs: int, seed: int) -> Iterator[tuple[Read, Read]]:
    """Draw fragments and read each from both ends.

    Args:
        genome: Upper-case A, C, G, T; longer than a fragment.
        sample: Begins the reads' names.
        pairs: How many.
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
        qualities[position] = "?"  # instruments tire towards a read's end
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
