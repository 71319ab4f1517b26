"""What came of shards: small, so that it travels from workers at no cost, however many files there were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from omicsdk.core.display import Displayed
from omicsdk.core.errors import Interrupted, OmicsError, SomeFailed, first_of
from omicsdk.transfer.reports.outcome import STATES, VERIFICATIONS, Outcome, State, Verification

#: A result carries so many failures by default; its JSONL report has all of them.
KEPT = 20


@dataclass(frozen=True, slots=True, repr=False)
class ShardResult(Displayed):
    """What one shard did.

    Attributes:
        index: The shard's number, from 0.
        of: How many shards there are.
        counts: How many files are in each state.
        bytes_fetched: Bytes that came over the network, in the attempt that ended.
        seconds: How long that attempt took.
        failures: The first files that failed, as many as the plan says, with their errors.
        worker: Host and process that ran it.
        report: The path of its JSONL report, None when none was asked for.
        error: Why the shard as a whole came to no end, None when it did.
        verification: How many of its files that are done or skipped are verified, by their size only, or not at all.
    """

    index: int
    of: int
    counts: Mapping[State, int] = field(default_factory=dict[State, int])
    bytes_fetched: int = 0
    seconds: float = 0.0
    failures: tuple[Outcome, ...] = ()
    worker: str = ""
    report: str | None = None
    error: OmicsError | None = None
    verification: Mapping[Verification, int] = field(default_factory=dict[Verification, int])

    @property
    def ok(self) -> bool:
        """Whether every file of it is at its target."""
        return self.error is None and not self.counts.get("failed") and not self.counts.get("stopped")

    def to_dict(self) -> dict[str, object]:
        """Gives plain values for JSON."""
        told: dict[str, object] = {
            "index": self.index,
            "of": self.of,
            "ok": self.ok,
            "counts": dict(self.counts),
            "verification": dict(self.verification),
            "bytes_fetched": self.bytes_fetched,
            "seconds": round(self.seconds, 3),
            "failures": [outcome.to_dict() for outcome in self.failures],
            "worker": self.worker,
            "report": self.report,
        }
        if self.error is not None:
            told["error"] = {"type": type(self.error).__name__, "message": str(self.error)}
        return told


@dataclass(frozen=True, slots=True, repr=False)
class ShardsReport(Displayed):
    """What all shards of a plan did.

    Attributes:
        results: One for each shard, in their order.
        seconds: How long it took.
        lost: How often a shard was begun again, because its worker was lost or it ended with an unforeseen error.
        why_stopped: Why it ended before its end, in words; "" when it didn't.
    """

    results: tuple[ShardResult, ...]
    seconds: float = 0.0
    lost: int = 0
    why_stopped: str = ""

    @property
    def ok(self) -> bool:
        """Whether every file is at its target; `verification` says what is known of their bytes."""
        return all(result.ok for result in self.results)

    @property
    def open(self) -> tuple[int, ...]:
        """The shards that came to no end: to be run again."""
        return tuple(result.index for result in self.results if result.error or result.counts.get("stopped"))

    @property
    def counts(self) -> dict[State, int]:
        """How many files are in each state."""
        return {state: sum(result.counts.get(state, 0) for result in self.results) for state in STATES}

    @property
    def verification(self) -> dict[Verification, int]:
        """How many of the files that are done or skipped are verified, by their size only, or not at all."""
        return {kind: sum(result.verification.get(kind, 0) for result in self.results) for kind in VERIFICATIONS}

    @property
    def bytes_fetched(self) -> int:
        """Bytes that came over the network; without those of lost workers."""
        return sum(result.bytes_fetched for result in self.results)

    @property
    def failures(self) -> tuple[Outcome, ...]:
        """The first failures of each shard."""
        return tuple(outcome for result in self.results for outcome in result.failures)

    def raise_if_failed(self) -> None:
        """Raises when a file or a shard failed, or it was stopped.

        Raises:
            OmicsError: The only error that there is.
            SomeFailed: There are several; `errors` has the first of each shard.
            Interrupted: It ended before its end.
        """
        errors = [result.error for result in self.results if result.error is not None]
        count = len(errors) + self.counts["failed"]
        errors += [outcome.error for outcome in self.failures if outcome.error is not None]
        if count == 1 and errors:
            raise errors[0]
        if errors:
            raise SomeFailed(f"{count} errors in {len(self.results)} shards: {first_of(errors, count)}", errors)
        if not self.ok:
            why = self.why_stopped or "it was stopped"
            raise Interrupted(f"{why}; shards {numbers(self.open)} of {len(self.results)} are open")

    def to_dict(self) -> dict[str, object]:
        """Gives plain values for JSON."""
        return {
            "ok": self.ok,
            "counts": self.counts,
            "verification": self.verification,
            "bytes_fetched": self.bytes_fetched,
            "seconds": round(self.seconds, 3),
            "lost": self.lost,
            "why_stopped": self.why_stopped,
            "shards": [result.to_dict() for result in self.results],
        }


class ShardsOpen(SomeFailed):
    """The executor broke, and shards are left that nobody runs.

    Args:
        report: What the others did.
        reason: Why, in words.
    """

    default_remedy = (
        "Run the same shards again: finished files are skipped. Give a function that creates an executor "
        "to have a broken executor replaced."
    )

    def __init__(self, report: ShardsReport, reason: str) -> None:
        errors = [result.error for result in report.results if result.error is not None]
        super().__init__(f"{numbers(report.open)} of {len(report.results)} shards are open: {reason}", errors)
        self.report = report
        self.reason = reason
        self.open = report.open


def numbers(shards: Sequence[int]) -> str:
    """Names shards in words: the first ten of them."""
    shown = ", ".join(map(str, shards[:10]))
    return f"{shown} and {len(shards) - 10} more" if len(shards) > 10 else shown
