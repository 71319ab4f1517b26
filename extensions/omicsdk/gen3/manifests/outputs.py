"""The files that a run over a manifest writes: as the rows are done, gone on with after an interrupt, named when whole."""

from __future__ import annotations

import csv
import io
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple, Self

from omicsdk.core.errors import TransferError
from omicsdk.core.files.atomic_file import is_special, put_in_place
from omicsdk.core.files.file_lock import locked
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.gen3.manifests.faults import ManifestError
from omicsdk.transfer.writing import write_error

#: Rows after which what is done is noted, at most; so many may be looked up after an interrupt.
NOTED_ROWS = 1000
PART, JOURNAL = ".part", ".journal"


def line_of(cells: Sequence[object], delimiter: str) -> str:
    """Cells as a line of a table."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return text.getvalue()


def delimiter_for(path: Path, given: str | None = None) -> str:
    """What separates the cells of a table that is written: tabs where its name ends in .tsv, else commas."""
    return given or ("\t" if path.suffix.lower() == ".tsv" else ",")


def identity_of(path: Path, **settings: object) -> dict[str, Any]:
    """What a run must have in common with one that it goes on with: the manifest as it is, and its settings.

    Raises:
        ManifestError: It isn't there.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise ManifestError(path, error.strerror or str(error), remedy="Give the path of a manifest.") from error
    return {"manifest": str(path.resolve()), "size": status.st_size, "changed": status.st_mtime_ns, **settings}


class _Done(NamedTuple):
    """How far a run has come: rows, how long the files were then, what became of the rows, and where it was."""

    rows: int
    lengths: tuple[int, ...]
    counts: dict[str, int]
    place: str


class Outputs:
    """Files that a run writes beside their names, with a journal of how far it has come. A context manager.

    When its block ends well and `finish` was called, the files have their names and the journal is gone; otherwise a run of the
    same identity goes on where this one has noted it last.

    Args:
        paths: The files, the first of which the journal is named after.
        identity: What tells that it is the same run.
        noted_rows: Rows after which what is done is noted, at most.

    Attributes:
        resumed: Whether an earlier run was interrupted; what it has done after its last note isn't known.
        rows: Rows that were done before, and are skipped.
        counts: What became of them, by the words for it.
        place: Where the run is, in words of its own; noted with the rows.
        ahead: How many rows earlier runs had under way at once, at most.
    """

    def __init__(self, paths: Sequence[Path], identity: Mapping[str, Any], noted_rows: int = NOTED_ROWS) -> None:
        self._noted_rows = noted_rows
        self._paths = [path.absolute() for path in paths]
        self._parts = [path.with_name(path.name + PART) for path in self._paths]
        self._journal_path = self._paths[0].with_name(self._paths[0].name + JOURNAL)
        self._identity = json.loads(json.dumps(dict(identity)))
        self._open = ExitStack()
        self._files: list[IO[bytes]] = []
        self._journal: IO[bytes] | None = None
        self._noted = 0
        self._lengths = [0] * len(self._paths)
        self._done = _Done(0, tuple(self._lengths), {}, "")
        self._whole: list[bool] = []
        self._whole_lines = 0
        self.resumed = False
        self.rows = 0
        self.place = ""
        self.ahead = 0
        self.counts = Counter[str]()

    def __enter__(self) -> Self:
        try:
            self._open.enter_context(locked(self._journal_path, patience=0))
            lengths = self._earlier()
            for part, length in zip(self._parts, lengths or [0] * len(self._parts), strict=True):
                file = self._open.enter_context(part.open("r+b" if part.exists() else "w+b"))
                file.truncate(length)
                file.seek(0, os.SEEK_END)
                self._files.append(file)
            self._lengths = list(lengths or self._lengths)
            self._journal = self._open.enter_context(self._journal_path.open("r+b" if lengths else "wb"))
            if lengths:  # what was torn off would spoil the next line
                self._journal.truncate(self._whole_lines)
                self._journal.seek(0, os.SEEK_END)
            if not lengths:
                self._journal.write(_line({"of": self._identity}))
                self._journal.flush()
        except OSError as error:
            self._open.close()
            raise write_error(error, str(self._paths[0])) from error
        except BaseException:
            self._open.close()
            raise
        return self

    @property
    def fresh(self) -> bool:
        """Whether nothing is written yet."""
        return not any(self._lengths)

    def write(self, place: int, text: str) -> None:
        """Writes to a file.

        Args:
            place: Which, by its place among the paths.
            text: What.
        """
        data = text.encode()
        try:
            self._files[place].write(data)
        except OSError as error:
            raise write_error(error, str(self._paths[place])) from error
        self._lengths[place] += len(data)

    def done(self, rows: int) -> None:
        """Says that so many more rows are done, and all that is to be written of them was."""
        self._done = _Done(self._done.rows + rows, tuple(self._lengths), dict(self.counts), self.place)
        if self._done.rows - self._noted >= self._noted_rows:
            self._note()

    def begin(self, ahead: int) -> None:
        """Notes how many rows may be under way at once, for the run that has to look which of them are done.

        Args:
            ahead: How many, at most.
        """
        if self._journal is not None and ahead > self.ahead:
            try:
                self._journal.write(_line({"ahead": ahead}))
                self._journal.flush()
            except OSError as error:
                raise write_error(error, str(self._paths[0])) from error

    def finish(self, named: Sequence[bool] | None = None) -> None:
        """Gives the files their names.

        Args:
            named: Which of them; the others are removed, with what had their names before. All by default.
        """
        self._whole = list(named or [True] * len(self._paths))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if not self._whole or error is not None:
                with suppress(TransferError):  # a hint for the next run; what went wrong is told
                    self._note()
                return
            self._name()
        except OSError as problem:
            raise write_error(problem, str(self._paths[0])) from problem
        finally:
            with suppress(OSError):  # what can't be written any more was told
                self._open.close()

    def _name(self) -> None:
        """Gives the files their names."""
        for file in self._files:
            file.flush()
            os.fsync(file.fileno())
            file.close()
        for part, path, whole in zip(self._parts, self._paths, self._whole, strict=True):
            if whole:
                put_in_place(part, path)
            else:
                part.unlink()
                if not is_special(path):
                    path.unlink(missing_ok=True)
        if self._journal is not None:
            self._journal.close()
        self._journal_path.unlink()

    def _note(self) -> None:
        if self._journal is None:
            return
        done = {
            "rows": self._done.rows,
            "bytes": self._done.lengths,
            "counts": self._done.counts,
            "at": self._done.place,
        }
        try:
            for file in self._files:
                file.flush()
                os.fsync(file.fileno())
            self._journal.write(_line(done))
            self._journal.flush()
            os.fsync(self._journal.fileno())
        except OSError as error:
            raise write_error(error, str(self._paths[0])) from error
        self._noted = self._done.rows

    def _earlier(self) -> list[int] | None:
        """How long the files were when an earlier run of the same identity noted it last; None where there was none."""
        lines, self._whole_lines = _lines(self._journal_path)
        if not lines or lines[0].get("of") != self._identity:
            return None
        self.resumed = True
        self.ahead = max(int(line.get("ahead", 0)) for line in lines)
        sizes = [part.stat().st_size if part.exists() else -1 for part in self._parts]
        for line in reversed(lines[1:]):
            lengths = line.get("bytes")
            if is_array(lengths) and all(length <= size for length, size in zip(lengths, sizes, strict=False)):
                self._noted = self.rows = int(line["rows"])
                self.counts.update(line["counts"])
                self.place = str(line["at"])
                self._done = _Done(self.rows, tuple(lengths), dict(self.counts), self.place)
                return lengths
        return [0] * len(self._parts)


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value).encode() + b"\n"


def _lines(path: Path) -> tuple[list[dict[str, Any]], int]:
    """The whole lines of a journal, and their length in bytes; what was torn off at its end isn't one."""
    found, length = list[dict[str, Any]](), 0
    with suppress(FileNotFoundError), path.open("rb") as file:
        for line in file:
            try:
                value = json.loads(line) if line.endswith(b"\n") else None
            except ValueError:
                value = None
            if not is_object(value):
                break
            found.append(value)
            length += len(line)
    return found, length
