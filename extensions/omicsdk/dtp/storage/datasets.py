"""Data sets and their files: as a store lists them, as they landed, and what is told of a download."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from omicsdk.core.errors import OmicsError, SomeFailed, first_of
from omicsdk.transfer.reports.outcome import error_words
from omicsdk.transfer.reports.report import TransferReport

if TYPE_CHECKING:
    from omicsdk.dtp.storage.fetching import Landing


class UnknownDataset(OmicsError):
    """There is no data set of that name, in the commons or in the store."""

    default_remedy = "Check the data set's name; it is the experiment's submitter_id."


@dataclass(frozen=True, slots=True)
class Case:
    """A subject of a data set, as the commons has it.

    Attributes:
        subject_id: Its id in the data set, mostly with `sub-` before it.
        submitter_id: The record's name.
    """

    subject_id: str
    submitter_id: str = ""

    @property
    def study(self) -> str:
        """The StudyInstanceUID of its images: the subject's id without `sub-`."""
        return self.subject_id.removeprefix("sub-")

    @property
    def folder(self) -> str:
        """The name of its folder in a data set."""
        return f"sub-{self.study}"


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set whose files are wanted.

    Attributes:
        id: Its name.
        cases: Its subjects; needed by stores that keep files by subject.
    """

    id: str
    cases: tuple[Case, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file as its store lists it.

    Attributes:
        name: Its path in the data set's folder, with "/" between its parts.
        size: Its size in bytes; None where the store doesn't say.
        checksums: What the store states, from algorithm (omicsdk.core.checksums.ALGORITHMS) to value.
        changed: When it was changed, as the store says; "" where it doesn't.
    """

    name: str
    size: int | None = None
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])
    changed: str = ""


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A part of a data set that couldn't be listed, or a file that can't be fetched.

    Attributes:
        name: What it is, as a path in the data set's folder.
        error: Why.
    """

    name: str
    error: OmicsError


@dataclass(frozen=True, slots=True)
class Landed:
    """A file that is there.

    Attributes:
        size: Its size in bytes.
        checksums: Checksums of its bytes.
        verified: What its bytes were held against, in words.
        fetched: Bytes that came over the network for it.
        kept: Bytes that an earlier run had fetched.
        attempts: How often it was asked for.
    """

    size: int
    checksums: Mapping[str, str]
    verified: str
    fetched: int = 0
    kept: int = 0
    attempts: int = 1


F = TypeVar("F", bound=StoredFile)


class DataStore(Protocol[F]):
    """A store of data sets. Closing it ends its connections."""

    @property
    def title(self) -> str:
        """What messages call it."""
        ...

    @property
    def by_subject(self) -> bool:
        """Whether files are found by a data set's subjects, whom only a commons knows."""
        ...

    def files(self, dataset: Dataset) -> Iterator[F | Unlisted]:
        """Lists the files of a data set, with sizes and checksums where the store has them.

        Args:
            dataset: The data set.

        Yields:
            Its files, and what couldn't be listed.

        Raises:
            UnknownDataset: The store has no such data set.
            AuthError: The store doesn't let this user in.
            TransportError: It can't be reached.
        """
        ...

    def fetch(
        self,
        files: Sequence[F],
        landing: Landing,
        tell: Callable[[F, Landed | OmicsError], None],
        stop: threading.Event,
    ) -> None:
        """Fetches files. One that fails doesn't keep the others from being fetched.

        Args:
            files: Which ones; those that are there already are left out by the caller.
            landing: Where they go.
            tell: Is called for each file when it is there or has failed, by any thread; not for those that were never begun
                because `stop` was set.
            stop: Ends it when it is set.
        """
        ...

    def close(self) -> None:
        """Ends the connections."""
        ...


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
