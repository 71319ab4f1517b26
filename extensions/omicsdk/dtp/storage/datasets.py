"""Data sets and their files as a store lists them, and the report of a download."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, runtime_checkable

from omicsdk.core.errors import OmicsError
from omicsdk.transfer.reports.report import Outcome, TransferReport

if TYPE_CHECKING:
    from omicsdk.dtp.storage.fetching import DatasetFolder


class UnknownDataset(OmicsError):
    """There is no data set of that name, in the commons or in the store."""

    default_remedy = "Check the data set's name; it is the experiment's submitter_id."


@dataclass(frozen=True, slots=True)
class Subject:
    """A subject of a data set, as the commons has it.

    Attributes:
        subject_id: Its id in the data set, usually with `sub-` before it.
    """

    subject_id: str

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
        subjects: Its subjects; needed by stores that keep files by subject.
    """

    id: str
    subjects: tuple[Subject, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file as its store lists it.

    Attributes:
        name: Its path in the data set's folder, with "/" between its parts.
        size: Its size in bytes; None if the store states none.
        checksums: Those that the store states, from algorithm (omicsdk.core.checksums.ALGORITHMS) to value.
        changed: When it was changed, as the store states it; "" where it does not.
    """

    name: str
    size: int | None = None
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])
    changed: str = ""


@dataclass(frozen=True, slots=True)
class Unlisted:
    """A part of a data set that could not be listed, or a file that cannot be fetched.

    Attributes:
        name: Its path in the data set's folder.
        error: The reason.
    """

    name: str
    error: OmicsError


F = TypeVar("F", bound=StoredFile)


@dataclass(frozen=True, slots=True)
class FetchJob(Generic[F]):
    """Files to fetch.

    Attributes:
        files: Those that are not in the folder already.
        folder: Their target.
        report: Called for each file when it is complete or has failed, by any thread; with Interrupted, or not at all,
            for those that `stop` ended.
        stop: Stops the transfer when set.
    """

    files: Sequence[F]
    folder: DatasetFolder
    report: Callable[[F, Outcome | OmicsError], None]
    stop: threading.Event


@runtime_checkable
class DataStore(Protocol[F]):
    """A store of data sets.

    Attributes:
        title: Its name in messages.
        by_subject: Whether files are found by a data set's subjects, which only a commons knows.
    """

    title: str
    by_subject: bool

    def files(self, dataset: Dataset) -> Iterator[F | Unlisted]:
        """List the files of a data set, with sizes and checksums where the store has them.

        Args:
            dataset: The data set.

        Yields:
            Its files, and what could not be listed.

        Raises:
            UnknownDataset: The store has no such data set.
            AuthError: The store refuses this user.
            TransportError: It cannot be reached.
        """
        ...

    def fetch(self, job: FetchJob[F]) -> None:
        """Fetch files. One that fails does not stop the others.

        Args:
            job: The files and their target.
        """
        ...

    def close(self) -> None:
        """End the connections."""
        ...


@dataclass(frozen=True, slots=True)
class MetadataFile:
    """A file of the commons' records.

    Attributes:
        name: The file, within the data set's folder.
        records: How many records it has.
        size: Its size in bytes; None if it could not be written.
        error: The reason why it could not be written.
    """

    name: str
    records: int
    size: int | None = None
    error: OmicsError | None = None


class DatasetReport(TransferReport):
    """The result of a data set's download: the files of the store, and metadata that could not be written.

    Attributes:
        folder: The data set's folder.
        metadata: The files of the commons' records; empty without a commons.
    """

    folder: Path
    metadata: Sequence[MetadataFile] = ()
