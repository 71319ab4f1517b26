"""What became of each row of a submission, and of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from omicsdk.gen3.records.finding import Finding
from omicsdk.gen3.records.row import Place

Status = Literal["created", "updated", "valid", "unchanged", "invalid", "failed"]
"""created, updated: the commons has taken it. valid: it would (dry run). unchanged: it was taken before, and isn't sent again.
invalid: something is wrong with it. failed: something else went wrong."""
TAKEN = ("created", "updated", "valid", "unchanged")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row.

    Attributes:
        place: Where the row stands.
        type: Its node; empty where it doesn't say.
        name: Its submitter_id; empty where it has none.
        status: What became of it.
        id: The id that the commons gave it; None where it didn't.
        findings: Why it wasn't taken.
    """

    place: Place
    type: str
    name: str
    status: Status
    id: str | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def taken(self) -> bool:
        """Whether the commons has it, or would take it."""
        return self.status in TAKEN

    def as_dict(self) -> dict[str, Any]:
        """Its attributes for JSON and tables."""
        return {
            "file": self.place.file,
            "sheet": self.place.sheet,
            "row": self.place.row,
            "type": self.type,
            "submitter_id": self.name,
            "status": self.status,
            "id": self.id,
            "reasons": [str(each) for each in self.findings],
        }


@dataclass(slots=True)
class Submission:
    """What became of all rows.

    Attributes:
        counts: How many rows there are of each status.
        refused: The rows that weren't taken.
        dry_run: Whether nothing was to be stored.
    """

    counts: dict[str, int] = field(default_factory=dict[str, int])
    refused: list[Outcome] = field(default_factory=list[Outcome])
    dry_run: bool = False

    @property
    def ok(self) -> bool:
        """Whether every row was taken."""
        return not self.refused

    @property
    def total(self) -> int:
        """How many rows there were."""
        return sum(self.counts.values())

    def add(self, outcome: Outcome) -> None:
        """Counts a row."""
        self.counts[outcome.status] = self.counts.get(outcome.status, 0) + 1
        if not outcome.taken:
            self.refused.append(outcome)

    def as_dict(self) -> Mapping[str, Any]:
        """Its attributes for JSON."""
        return {"counts": self.counts, "refused": [each.as_dict() for each in self.refused], "dry_run": self.dry_run}
