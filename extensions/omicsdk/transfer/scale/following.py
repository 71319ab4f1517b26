"""How far all shards are together: pure counting over what their workers tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from omicsdk.transfer.scale.results import ShardResult
from omicsdk.transfer.scale.shard import Shard


@dataclass(frozen=True, slots=True)
class Word:
    """What a worker tells of a shard that it is running.

    Attributes:
        index: The shard.
        attempt: Names this attempt; another worker's is another.
        worker: Host and process.
        files_done: Files that are at their target.
        files_failed: Files that failed.
        bytes_done: Bytes that are there.
        bytes_fetched: Bytes that came over the network in this attempt.
        rate: Bytes a second over the last seconds.
    """

    index: int
    attempt: str
    worker: str = ""
    files_done: int = 0
    files_failed: int = 0
    bytes_done: int = 0
    bytes_fetched: int = 0
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class ShardsProgress:
    """How far the shards of a plan are.

    Attributes:
        shards: How many there are.
        shards_done: How many came to their end, well or not.
        shards_lost: How often one was begun again, because its worker was lost.
        workers: The workers that are at it, as host:pid, from shard to worker.
        files: How many files there are.
        files_done: How many are at their target (skipped ones too).
        files_failed: How many failed.
        bytes: The stated sizes of all files together.
        bytes_done: Bytes that are there.
        bytes_fetched: Bytes that came over the network, those for lost workers too, as far as these told.
        rate: Bytes a second over the last seconds.
        seconds: Since the start.
        final: Whether this is the last call.
    """

    shards: int
    shards_done: int = 0
    shards_lost: int = 0
    workers: Mapping[int, str] = field(default_factory=dict[int, str])
    files: int = 0
    files_done: int = 0
    files_failed: int = 0
    bytes: int = 0
    bytes_done: int = 0
    bytes_fetched: int = 0
    rate: float = 0.0
    seconds: float = 0.0
    final: bool = False

    @property
    def remaining(self) -> float | None:
        """Seconds until the end at the present rate, None while that can't be told."""
        return max(0, self.bytes - self.bytes_done) / self.rate if self.rate > 0 else None


class Tracker:
    """Adds up words and results.

    Args:
        shards: All shards.
    """

    def __init__(self, shards: Iterable[Shard]) -> None:
        self._sizes = {shard.index: shard.size for shard in shards}
        self._whole = ShardsProgress(
            len(self._sizes), files=sum(shard.files for shard in shards), bytes=sum(self._sizes.values())
        )
        self._words = dict[int, Word]()
        self._results = dict[int, ShardResult]()
        self._spent = dict[int, int]()
        self.lost = 0

    def told(self, word: Word) -> None:
        """Takes in what a worker tells; an attempt that takes another's place means that the other was lost."""
        if word.index in self._results or word.index not in self._sizes:
            return
        before = self._words.get(word.index)
        if before is not None and before.attempt == word.attempt and not before.worker:
            return  # the last word of one that is lost
        if before is not None and before.attempt != word.attempt:
            self.lost += 1
            self._spent[word.index] = self._spent.get(word.index, 0) + before.bytes_fetched
        self._words[word.index] = word

    def begun(self, index: int) -> bool:
        """Tells whether a worker has begun a shard."""
        return index in self._words

    def is_lost(self, index: int) -> None:
        """Notes that a shard's worker is lost; what it had done stays counted until the next one tells."""
        if index in self._words:
            self._words[index] = replace(self._words[index], worker="", rate=0.0)

    def ended(self, result: ShardResult) -> None:
        """Takes in a shard's end."""
        self._results[result.index] = result

    def progress(self, seconds: float, *, final: bool = False) -> ShardsProgress:
        """Adds everything up.

        Args:
            seconds: Since the start.
            final: Whether it is over.
        """
        running = [word for index, word in self._words.items() if index not in self._results]
        ended = self._results.values()
        right = sum(result.counts.get("done", 0) + result.counts.get("skipped", 0) for result in ended)
        return replace(
            self._whole,
            shards_done=len(self._results),
            shards_lost=self.lost,
            workers={word.index: word.worker for word in running if word.worker},
            files_done=right + sum(word.files_done for word in running),
            files_failed=sum(result.counts.get("failed", 0) for result in ended)
            + sum(word.files_failed for word in running),
            bytes_done=sum(self._present(result) for result in ended) + sum(word.bytes_done for word in running),
            bytes_fetched=sum(self._spent.values())
            + sum(result.bytes_fetched for result in ended)
            + sum(word.bytes_fetched for word in running),
            rate=sum(word.rate for word in running),
            seconds=seconds,
            final=final,
        )

    def _present(self, result: ShardResult) -> int:
        """Bytes of a shard that has ended: all of them, or what its worker told last."""
        word = self._words.get(result.index)
        return self._sizes[result.index] if result.ok or word is None else word.bytes_done
