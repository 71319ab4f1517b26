"""Data sets and their files: as a store lists them, and as they landed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from omicsdk.core.errors import OmicsError


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
