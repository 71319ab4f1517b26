"""What became of a data set that was downloaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from omicsdk.core.errors import OmicsError, SomeFailed, first_of
from omicsdk.transfer.reports.outcome import error_words
from omicsdk.transfer.reports.report import TransferReport


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a file of metadata.

    Attributes:
        name: The file, within the data set's folder.
        records: How many records it has.
        size: Its size in bytes; None where it couldn't be written.
        error: Why it couldn't be written.
    """

    name: str
    records: int
    size: int | None = None
    error: OmicsError | None = None


@dataclass(frozen=True, slots=True)
class DatasetReport:
    """What became of a data set that was downloaded.

    Attributes:
        folder: The data set's folder.
        files: What became of each file of the store; its `counts` say how many were done, skipped (there already), failed
            and stopped, its `verification` what is known of their bytes.
        metadata: What became of each file of the commons' records; empty where no commons was asked.
    """

    folder: Path
    files: TransferReport
    metadata: Sequence[Written] = ()

    @property
    def ok(self) -> bool:
        """Whether every file and all metadata are there."""
        return self.files.ok and not any(each.error for each in self.metadata)

    @property
    def counts(self) -> dict[str, int]:
        """How many files of the store are in each state, and how many of metadata were written."""
        return {**self.files.counts, "metadata": sum(each.error is None for each in self.metadata)}

    def raise_if_failed(self) -> None:
        """Raises when something failed or was stopped.

        Raises:
            OmicsError: The error of the only one that failed.
            SomeFailed: Several did.
            Interrupted: None failed, but some were stopped.
        """
        errors = [each.error for each in self.metadata if each.error is not None]
        if not errors:
            self.files.raise_if_failed()
            return
        count = len(errors) + self.files.outcomes.counts["failed"]
        errors += [each.error for each in self.files.outcomes.failures if each.error is not None]
        if count == 1:
            raise errors[0]
        total = len(self.files.outcomes) + len(self.metadata)
        raise SomeFailed(f"{count} of {total} files failed: {first_of(errors, count)}", errors)

    def summary(self) -> dict[str, object]:
        """Gives plain values for JSON."""
        told = [
            {"name": each.name, "records": each.records, "size": each.size}
            | ({"error": error_words(each.error)} if each.error is not None else {})
            for each in self.metadata
        ]
        return {**self.files.summary(), "ok": self.ok, "folder": str(self.folder), "metadata": told}
