"""What a whole transfer did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from omicsdk.core.errors import SomeFailed, first_of
from omicsdk.transfer.reports.outcome import Outcome, State
from omicsdk.transfer.reports.outcomes import Outcomes


class TransferReport:
    """What a whole transfer did.

    Args:
        outcomes: What became of each item, in the items' order.
        seconds: How long it took.

    Attributes:
        outcomes: One for each item, in the items' order; whatever their number, few are in memory.
        seconds: How long it took.
    """

    def __init__(self, outcomes: Iterable[Outcome] = (), seconds: float = 0.0) -> None:
        self.outcomes = outcomes if isinstance(outcomes, Outcomes) else Outcomes(outcomes)
        self.seconds = seconds

    @property
    def ok(self) -> bool:
        """Whether every file is there and right."""
        return self.outcomes.ok

    @property
    def failed(self) -> Sequence[Outcome]:
        """The files that failed."""
        return self.outcomes.of("failed")

    @property
    def stopped(self) -> Sequence[Outcome]:
        """The files that were stopped before their end."""
        return self.outcomes.of("stopped")

    @property
    def counts(self) -> dict[State, int]:
        """How many files are in each state."""
        return dict(self.outcomes.counts)

    @property
    def bytes_fetched(self) -> int:
        """Bytes that came over the network."""
        return self.outcomes.bytes_fetched

    def raise_if_failed(self) -> None:
        """Raises when a file failed.

        Raises:
            OmicsError: The error of the only one that failed.
            SomeFailed: Several did; `errors` has those of the first 1,000.
        """
        count = self.outcomes.counts["failed"]
        errors = [outcome.error for outcome in self.outcomes.failures if outcome.error is not None]
        if count == 1 and errors:
            raise errors[0]
        if count:
            raise SomeFailed(f"{count} of {len(self.outcomes)} files failed: {first_of(errors, count)}", errors)

    def to_dict(self) -> dict[str, object]:
        """Gives plain values for JSON, all files in one list; see `write_jsonl` for very many."""
        return {
            "ok": self.ok,
            "counts": self.counts,
            "bytes_fetched": self.bytes_fetched,
            "seconds": round(self.seconds, 3),
            "files": [outcome.to_dict() for outcome in self.outcomes],
        }

    def __repr__(self) -> str:
        return f"<TransferReport: {self.outcomes!r}, {self.seconds:.3g} s>"


#: The name that it has where nothing else is called a report.
Report = TransferReport
