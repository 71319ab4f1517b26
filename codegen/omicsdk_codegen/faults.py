"""Faults of a document, and repairs in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from os.path import relpath
from pathlib import Path, PurePath
from typing import Literal

from .values import Json

Kind = Literal[
    "repair", "omission", "loss", "untyped", "fault", "recognition", "suggestion", "template", "name", "group", "pruned"
]


@dataclass(frozen=True)
class Fault:
    """One reason why a document, or a part of it, cannot be read.

    Attributes:
        message: the fault, with the name of the object.
        remedy: what to do about it.
        file: the file that contains it, as the user would name it.
        line: counted from 1; None if the text has none (a missing file).
        pointer: JSON pointer in that file; "" is the whole of it.
    """

    message: str
    remedy: str
    file: str
    line: int | None = None
    pointer: str = ""

    def __str__(self) -> str:
        location = self.file if self.line is None else f"{self.file}:{self.line}"
        pointer = f" ({self.pointer})" if self.pointer else ""
        return _one_line(f"{location}: {self.message}{pointer}. {self.remedy}")


class DocumentError(Exception):
    """A document that cannot be read, with all of its faults, those of a file in the order of its text.

    Attributes:
        faults: at least one, without repetition.
    """

    faults: tuple[Fault, ...]

    def __init__(self, faults: Iterable[Fault]) -> None:
        unique = list(dict.fromkeys(faults))
        files = list(dict.fromkeys(fault.file for fault in unique))
        self.faults = tuple(sorted(unique, key=lambda fault: (files.index(fault.file), fault.line or 0)))
        super().__init__(*self.faults)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


@dataclass(frozen=True)
class Note:
    """A row of report.json: something that was changed, left out, lost its type, or was added that the document implies.

    Attributes:
        pointer: JSON pointer in `file`, as published.
        file: as in `Fault`.
        line: as in `Fault`.
        kind: "repair" (stated otherwise than the dialect wants), "omission" (not taken over), "loss" (an operation,
            parameter or response that is not), "untyped" (taken as any value), "fault" (left out or taken as any value
            because of one of `Report.faults`), "recognition" (pages that it does not state as such), "suggestion" (pages that
            are not certain enough), "template" (a user's template in place of one of ours), "name" (not shortened in its group),
            "group" (operations that became one), "pruned" (left out by --only).
        before: what stood there, in a few words.
        after: its replacement.
        certain: whether the document's intent is beyond doubt.
        remedy: what its author should correct; empty if the note needs no attention.
    """

    pointer: str
    file: str
    line: int | None
    kind: Kind
    before: str
    after: str
    certain: bool
    remedy: str = ""

    def row(self) -> dict[str, Json]:
        """The note as JSON, its keys in a fixed order; without `remedy` if there is none."""
        row: dict[str, Json] = {
            "pointer": self.pointer,
            "file": self.file,
            "line": self.line,
            "kind": self.kind,
            "before": self.before,
            "after": self.after,
            "certain": self.certain,
        }
        return {**row, "remedy": self.remedy} if self.remedy else row


class Report:
    """Collects the notes of one document.

    Args:
        strict: whether a fault of a part refuses the document.

    Attributes:
        strict: as given.
        folder: the document's, set when it is read; `rows` names files from there, the same on every machine.
        faults: those of parts that the rest of the document was read without; never any of a strict report.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self.folder: Path | None = None
        self.faults: list[Fault] = []
        self._notes: dict[Note, None] = {}

    def add(self, note: Note) -> None:
        """Add a note; duplicates are ignored."""
        self._notes[note] = None

    @property
    def notes(self) -> tuple[Note, ...]:
        """All notes, ordered by file, line and pointer."""
        return tuple(sorted(self._notes, key=_order))

    def rows(self) -> list[dict[str, Json]]:
        """All notes as JSON, in the order of `notes`."""
        named = [replace(note, file=self._portable(note.file)) for note in self._notes]
        return [note.row() for note in sorted(named, key=_order)]

    def _portable(self, file: str) -> str:
        if self.folder is None or "://" in file:
            return file
        try:
            return PurePath(relpath(file, self.folder)).as_posix()
        except ValueError:  # on another drive
            return PurePath(file).name


def _order(note: Note) -> tuple[str, int, str, str, str, str]:
    return (note.file, note.line or 0, note.pointer, note.kind, note.before, note.after)


def _one_line(text: str) -> str:
    """Texts of a document reach the message: no control or lone surrogate character of theirs does."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
