"""Checksums of what is uploaded: of each part before it goes, of the whole file beside the sending."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from omicsdk.core.checksums import Digests, crc32c_combine, crc32c_text
from omicsdk.transfer.hashing import Stopped
from omicsdk.transfer.threads import Pool
from omicsdk.transfer.uploads.source import SourceFile, changed
from omicsdk.transfer.uploads.store import SentPart

#: Bytes that a chain hashes before it looks round; one task of a thread.
LINK = 64 * 1024 * 1024
#: Bytes that are read and hashed at once; they stay in the processor's cache.
STRIDE = 256 * 1024


def follow(source: SourceFile, digests: Digests, start: int, end: int, stopped: Callable[[], bool]) -> None:
    """Adds bytes of a file to checksums.

    Args:
        source: The file.
        digests: What to update.
        start: The first byte.
        end: The byte behind the last.
        stopped: Is asked between strides.

    Raises:
        Stopped: `stopped` said so.
        SourceChanged: The file is shorter than that.
        OSError: It can't be read.
    """
    with source.held():
        while start < end:
            if stopped():
                raise Stopped
            data = source.read(min(STRIDE, end - start), start)
            if not data:
                raise changed(source.name, "it became shorter")
            digests.update(data)
            start += len(data)


def checksums_of(
    source: SourceFile, names: Iterable[str], start: int, end: int, stopped: Callable[[], bool]
) -> dict[str, str]:
    """Computes checksums of a stretch of a file; arguments and errors as `follow`'s."""
    digests = Digests(names, end - start)
    follow(source, digests, start, end, stopped)
    return digests.values()


def combined_crc32c(parts: Sequence[SentPart]) -> str:
    """Combines the CRC32C of all parts into the file's own.

    Args:
        parts: All of them, in order, each with its `crc32c`.
    """
    total = int(parts[0].checksums["crc32c"], 16) if parts else 0
    for part in parts[1:]:
        total = crc32c_combine(total, int(part.checksums["crc32c"], 16), part.size)
    return crc32c_text(total)


class Chains:
    """Checksums of a whole file, one chain each, so that several threads can be at one file; a small one has one for all.

    Args:
        source: The file.
        names: Which ones.
        pool: The threads.
        stopped: Tells the threads to end.
        moved: Is called after each link, in the engine's thread.
        failed: Is called with what went wrong.
    """

    def __init__(
        self,
        source: SourceFile,
        names: Iterable[str],
        pool: Pool,
        stopped: Callable[[], bool],
        moved: Callable[[], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._source = source
        self._pool = pool
        self._stopped = stopped
        self._moved = moved
        self._failed = failed
        wanted = tuple(names)
        # Handing a small file to a thread takes longer than a checksum of it.
        together = [wanted] if wanted and source.size <= STRIDE else [(name,) for name in wanted]
        self._digests = {group: Digests(group, source.size) for group in together}
        self._positions = dict.fromkeys(self._digests, 0)
        self._running = set[tuple[str, ...]]()

    @property
    def position(self) -> int:
        """How far the slowest is."""
        return min(self._positions.values(), default=self._source.size)

    @property
    def done(self) -> bool:
        """Whether all have come to the end."""
        return self.position >= self._source.size

    def extend(self, limit: int) -> None:
        """Lets them go on.

        Args:
            limit: The byte that none goes beyond for now.
        """
        limit = min(limit, self._source.size)
        for group, position in self._positions.items():
            if group not in self._running and position < limit:
                self._running.add(group)
                self._submit(group, position, min(limit, position + LINK))

    def values(self) -> Mapping[str, str]:
        """The checksums, when all are done."""
        return {name: value for digests in self._digests.values() for name, value in digests.values().items()}

    def _submit(self, group: tuple[str, ...], start: int, end: int) -> None:
        def done(_: None) -> None:
            self._running.discard(group)
            self._positions[group] = end
            self._moved()

        digests = self._digests[group]
        self._pool.submit(lambda: follow(self._source, digests, start, end, self._stopped), done, self._failed)
