"""What a whole transfer did."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import islice

from omicsdk.core.errors import Interrupted, SomeFailed, first_of
from omicsdk.transfer.reports.outcome import Outcome, State, Verification, verification_words
from omicsdk.transfer.reports.outcomes import Outcomes
from omicsdk.transfer.reports.throughput import Throughput
from omicsdk.transfer.reports.words import without_secrets


class TransferReport:
    """What a whole transfer did.

    Args:
        outcomes: What became of each item, in the items' order.
        seconds: How long it took.
        throughput: How fast bytes came over the time.
        began: When it began, in seconds since 1970-01-01T00:00Z; None when nobody looked.
        title: What it was, in words for people.
        why_stopped: Why it ended before its end, in words; "" when it didn't.

    Attributes:
        outcomes: One for each item, in the items' order; whatever their number, few are in memory.
        seconds: How long it took.
        throughput: How fast bytes came over the time.
        began: When it began, in seconds since 1970-01-01T00:00Z.
        title: What it was, in words for people.
        why_stopped: Why it ended before its end, in words; "" when it didn't.
    """

    def __init__(
        self,
        outcomes: Iterable[Outcome] = (),
        seconds: float = 0.0,
        *,
        throughput: Throughput | None = None,
        began: float | None = None,
        title: str = "",
        why_stopped: str = "",
    ) -> None:
        self.outcomes = outcomes if isinstance(outcomes, Outcomes) else Outcomes(outcomes)
        self.seconds = seconds
        self.throughput = throughput or Throughput()
        self.began = began
        self.title = title
        self.why_stopped = why_stopped

    @property
    def ok(self) -> bool:
        """Whether every file is at its target; `verification` says what is known of their bytes."""
        return self.outcomes.ok and not self.why_stopped

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
        """How many files are in each state; planned is named only after a dry run."""
        return {state: count for state, count in self.outcomes.counts.items() if count or state != "planned"}

    @property
    def verification(self) -> dict[Verification, int]:
        """How many of the files that are done or skipped are verified, by their size only, or not at all."""
        return dict(self.outcomes.verification)

    @property
    def bytes_fetched(self) -> int:
        """Bytes that came over the network."""
        return self.outcomes.bytes_fetched

    def with_outcomes(
        self,
        outcomes: Iterable[Outcome],
        *,
        seconds: float | None = None,
        title: str | None = None,
        why_stopped: str | None = None,
    ) -> TransferReport:
        """Return the same report of other outcomes.

        Args:
            outcomes: One for each item.
            seconds: How long it took, where that differs.
            title: Its title, likewise.
            why_stopped: Why it ended before its end, likewise.
        """
        return TransferReport(
            outcomes,
            self.seconds if seconds is None else seconds,
            throughput=self.throughput,
            began=self.began,
            title=self.title if title is None else title,
            why_stopped=self.why_stopped if why_stopped is None else why_stopped,
        )

    def with_rerun(self, numbers: Sequence[int], again: TransferReport) -> TransferReport:
        """Return the report of this run and a second one of some of its files.

        Args:
            numbers: The numbers of those files, from 0.
            again: The report of the second run; its outcomes take the place of the first ones.
        """
        better = dict(zip(numbers, again.outcomes, strict=True))
        return self.with_outcomes(
            (better.get(number, outcome) for number, outcome in enumerate(self.outcomes)),
            seconds=self.seconds + again.seconds,
            why_stopped=again.why_stopped or self.why_stopped,
        )

    def raise_if_failed(self) -> None:
        """Raises when a file failed or was stopped before its end.

        Raises:
            OmicsError: The error of the only one that failed.
            SomeFailed: Several did; `errors` has those of the first 1,000.
            Interrupted: None failed, but some were stopped; says why, and how to go on.
        """
        count = self.outcomes.counts["failed"]
        errors = [outcome.error for outcome in self.outcomes.failures if outcome.error is not None]
        if count == 1 and errors:
            raise errors[0]
        if count:
            raise SomeFailed(f"{count} of {len(self.outcomes)} files failed: {first_of(errors, count)}", errors)
        if not self.ok:
            counts = self.counts
            there = f"{counts['done'] + counts['skipped']} of {len(self.outcomes)} files are complete"
            raise Interrupted(f"The transfer ended early: {self.why_stopped or 'it was stopped'}; {there}")

    def summary(self) -> dict[str, object]:
        """Gives plain values for JSON: what all files together came to."""
        return {
            "title": self.title,
            "ok": self.ok,
            "why_stopped": self.why_stopped,
            "files": len(self.outcomes),
            "counts": self.counts,
            "verification": self.verification,
            "bytes_fetched": self.bytes_fetched,
            "bytes_kept": self.outcomes.bytes_kept,
            "attempts": self.outcomes.attempts,
            "retries": self.outcomes.retries,
            "began": self.began,
            "seconds": round(self.seconds, 3),
            "throughput": self.throughput.to_dict(),
        }

    def to_dict(self) -> dict[str, object]:
        """Gives plain values for JSON, all files in one list; see `write_jsonl` for very many."""
        return {
            "ok": self.ok,
            "counts": self.counts,
            "verification": self.verification,
            "bytes_fetched": self.bytes_fetched,
            "seconds": round(self.seconds, 3),
            "files": [outcome.to_dict() for outcome in self.outcomes],
        }

    def write_jsonl(self, path: str | os.PathLike[str]) -> None:
        """Writes it as JSON lines: one that sums up, then one a file; `read_jsonl` reads them.

        The first has record "summary" and what `summary` gives; the others record "file" and what `Outcome.to_dict` gives.
        No URL in them has a query.

        Args:
            path: The file; it appears when it is whole.

        Raises:
            DiskFull: There is no room.
            NotWritable: It can't be written.
        """
        from omicsdk.transfer.reports.lines import lines_of
        from omicsdk.transfer.reports.whole import write_whole

        write_whole(path, lines_of(self.summary(), self.outcomes))

    def write_html(self, path: str | os.PathLike[str]) -> None:
        """Writes it as one page that needs nothing else: totals, throughput over time, failures first.

        Args:
            path: The file; it appears when it is whole.

        Raises:
            DiskFull: There is no room.
            NotWritable: It can't be written.
        """
        from omicsdk.transfer.reports.page import page_of
        from omicsdk.transfer.reports.whole import write_whole

        write_whole(path, page_of(self.summary(), self.outcomes, self.throughput))

    def __repr__(self) -> str:
        said = verification_words(self.verification)
        return f"<TransferReport: {self.outcomes!r}{f' ({said})' if said else ''}, {self.seconds:.3g} s>"

    def _repr_html_(self) -> str:
        from omicsdk.core.display import MOST_ROWS, escape, html_table
        from omicsdk.transfer.reports.words import size_words, time_words

        stated = {
            "files": ", ".join(f"{count:,} {state}" for state, count in self.counts.items() if count) or "none",
            "verification": verification_words(self.verification),
            "fetched": size_words(self.bytes_fetched),
            "time": time_words(self.seconds),
            "stopped": self.why_stopped,
        }
        rows = [(name, escape(text)) for name, text in stated.items() if text]
        failures = [
            (escape(outcome.name), escape(without_secrets(str(outcome.error))))
            for outcome in islice(self.outcomes.failures, MOST_ROWS)
        ]
        if failures:
            count = self.outcomes.counts["failed"]
            more = f"<p>{count - len(failures):,} more</p>" if count > len(failures) else ""
            rows.append(("failures", html_table("", failures, ("file", "error")) + more))
        return html_table(self.title or "Transfer", rows)


#: The name that it has where nothing else is called a report.
Report = TransferReport
