"""Runs over the rows of a manifest: several at once, in bounded memory, resumed, their outputs written in the rows' order."""

from __future__ import annotations

import os
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import ExitStack, suppress
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple, Self, TypeVar, cast

from omicsdk.core.batches import batches
from omicsdk.core.clock import never
from omicsdk.core.errors import Interrupted, OmicsError, SomeFailed, TransferError, UsageError
from omicsdk.core.files import is_special, make_durable, put_in_place
from omicsdk.core.redaction import mask_text
from omicsdk.core.tables import line_of
from omicsdk.core.threads import Workers
from omicsdk.gen3.errors import tried
from omicsdk.gen3.manifests.tables import ESCAPES, Fault, ManifestError
from omicsdk.transfer.disk import Disk, write_errors
from omicsdk.transfer.journal import JournalFile
from omicsdk.transfer.journal import line_of as journal_line

T = TypeVar("T")
R = TypeVar("R")

# Rows after which progress is noted, at most; as many may be looked up after an interrupt.
NOTED_ROWS = 1000
PART, JOURNAL = ".part", ".journal"
FAILED = "failed"
# Rows that are requested at once, where the commons takes several.
BATCH = 100
# Batches a thread that are under way, or wait for those before them.
AHEAD = 3
# Failures that a summary lists; all of them are in the file of failures.
SHOWN_FAILURES = 100
_RESUMES = "Repeat the call to resume."
_COLUMNS = ("line", "guid", "error")


class Outputs:
    """Output files of a run, renamed at its end, with a journal of its progress. A context manager.

    When its block ends cleanly and `finish` was called, the files get their names and the journal is removed. Otherwise
    a run of the same identity resumes at the last note.

    Args:
        paths: The files; the journal is named after the first.
        identity: What two runs must have in common for one to resume the other.
        noted_rows: Rows after which progress is noted, at most.

    Attributes:
        paths: The files.
        resumed: Whether an earlier run was interrupted; what it did after its last note is unknown.
        rows: Rows that are done, and skipped.
        counts: How many rows ended in each state.
        resume_after: The last item that is done, in the run's own terms; noted with the rows.
        ahead: Rows that earlier runs had in progress at once, at most.
    """

    def __init__(self, paths: Sequence[Path], identity: Mapping[str, Any], noted_rows: int = NOTED_ROWS) -> None:
        self.paths = paths
        self._targets = [path.absolute() for path in paths]
        self._parts = [path.with_name(path.name + PART) for path in self._targets]
        self._journal_path = self._targets[0].with_name(self._targets[0].name + JOURNAL)
        self._head = journal_line(["manifest", dict(identity)])
        self._noted_rows = noted_rows
        self._files: list[IO[bytes]] = []
        self._named: list[bool] = []
        self._noted = 0
        # Lengths stated by a note. The files may be longer: with lines of rows that are not done.
        self._last_note: list[object] = ["done", 0, [0] * len(self.paths), {}, ""]
        self.resumed = False
        self.rows = 0
        self.resume_after = ""
        self.ahead = 0
        self.counts = Counter[str]()

    def __enter__(self) -> Self:
        for path in self._targets:
            with write_errors(str(path)):
                is_special(path)  # raises for a folder, before requests are sent whose result could not be written
        with write_errors(str(self.paths[0])), ExitStack() as opened:
            self._journal = JournalFile(self._journal_path, never, Disk(), read_only=False)
            opened.callback(self._journal.close)
            for part, length in zip(self._parts, self._replayed(), strict=True):
                file = opened.enter_context(part.open("r+b" if part.exists() else "w+b"))
                file.truncate(length)
                file.seek(0, os.SEEK_END)
                self._files.append(file)
            self._open = opened.pop_all()
        return self

    def _replayed(self) -> list[int]:
        """Read the notes of an earlier run of the same identity; the files' lengths at the last one that still holds."""
        with self._journal.reader() as file:
            self.resumed = file.read(len(self._head)) == self._head

        def size_of(path: Path) -> int:
            return path.stat().st_size if path.is_file() else 0

        def replay(record: list[Any], _: int) -> None:
            if record[0] == "ahead":
                self.ahead = max(self.ahead, int(record[1]))
                return
            # The run was killed while it renamed its files: those that have their names already are continued, too.
            for part, path, length in zip(self._parts, self._targets, record[2], strict=True):
                if record[0] == "complete" and length and not part.exists() and size_of(path) == length:
                    path.replace(part)
            # Files shorter than a note states have lost text since: the note before it counts.
            if all(length <= size_of(part) for length, part in zip(record[2], self._parts, strict=True)):
                self._last_note = record

        self._journal.replay(self._head, replay)
        _, rows, lengths, counts, end = self._last_note
        self.rows = self._noted = cast("int", rows)
        self.counts.update(cast("dict[str, int]", counts))
        self.resume_after = str(end)
        return cast("list[int]", lengths)

    @property
    def fresh(self) -> bool:
        """Whether nothing is written yet."""
        return not any(file.tell() for file in self._files)

    def write(self, index: int, text: str) -> None:
        """Write to a file.

        Args:
            index: Its place among the paths.
            text: The text.
        """
        with write_errors(str(self.paths[index])):
            self._files[index].write(text.encode("utf-8", ESCAPES))

    def count_done(self, rows: int) -> None:
        """Count further rows as done, all of whose text was written."""
        self.rows += rows
        self._last_note = [
            "done",
            self.rows,
            [file.tell() for file in self._files],
            dict(self.counts),
            self.resume_after,
        ]
        if self.rows - self._noted >= self._noted_rows:
            self._note()

    def begin(self, ahead: int) -> None:
        """Note how many rows may be in progress at once, for the run that has to look up which of them are done.

        Args:
            ahead: The number, at most.
        """
        if ahead > self.ahead:
            self._append(["ahead", ahead])

    def finish(self, named: Sequence[bool] | None = None) -> None:
        """Rename the files at the end of the block.

        Args:
            named: Which of them; the others are removed, with what had their names before. All by default.
        """
        self._named = list(named or [True] * len(self.paths))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            with write_errors(str(self.paths[0])):
                if self._named and error is None:
                    self._name()
                else:
                    with suppress(TransferError):  # a hint for the next run; the error itself is raised
                        self._note()
        finally:
            with suppress(OSError):  # text that can no longer be written was reported
                self._open.close()

    def _name(self) -> None:
        lengths = [file.tell() * named for file, named in zip(self._files, self._named, strict=True)]
        self._last_note = ["complete", self.rows, lengths, dict(self.counts), self.resume_after]
        self._note()
        for file in self._files:
            file.close()
        # Synced above: a name must not appear for text that a crash can still lose.
        for part, path, named in zip(self._parts, self._targets, self._named, strict=True):
            if named:
                put_in_place(part, path)
            else:
                part.unlink()
                if not is_special(path):
                    path.unlink(missing_ok=True)
        self._journal.remove()

    def _note(self) -> None:
        with write_errors(str(self.paths[0])):
            for file in self._files:
                file.flush()
                make_durable(file.fileno())
        # After the text is synced: a note states lengths that the files have after a crash, too.
        self._append(self._last_note)
        self._noted = self.rows

    def _append(self, record: list[object]) -> None:
        with write_errors(str(self.paths[0])):
            self._journal.append([journal_line(record)])
            self._journal.sync()


def outputs_of(
    manifest: str | os.PathLike[str], output: str | os.PathLike[str], *, failed_rows: bool = False, **settings: object
) -> Outputs:
    """Create the outputs of a run over a manifest: its output, the file of failures beside it, and optionally the
    failed rows.

    Args:
        manifest: The manifest; a run over one that was changed since does not resume.
        output: The output.
        failed_rows: Whether the rows that fail are written as a manifest.
        **settings: Further settings that a run must have to resume.

    Raises:
        ManifestError: The manifest does not exist.
        UsageError: The manifest is the list of failed rows of `output`, whose GUIDs would be lost.
    """
    path, target = Path(manifest), Path(output)
    paths = [target, target.with_name(f"{target.stem}.failures.tsv")]
    if failed_rows:
        paths.append(target.with_name(f"{target.stem}.failed-rows.tsv"))
        if path.resolve() == paths[2].resolve():
            raise UsageError(
                f"{path} has the rows that failed when {target} was written, and {target} would lose the GUIDs of the others",
                remedy="Name another output.",
            )
    try:
        status = path.stat()
    except OSError as error:
        raise ManifestError(path, error.strerror or str(error), remedy="Use the path of a manifest.") from error
    version = {"manifest": str(path.resolve()), "size": status.st_size, "changed": status.st_mtime_ns}
    return Outputs(paths, {**version, "files": len(paths), **settings})


def digest_of(texts: Iterable[str]) -> bytes:
    """A digest of 16 bytes; two different lists of texts have the same with a chance of 2**-128."""
    return blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Outcome(NamedTuple):
    """The result for a row.

    Attributes:
        line: The line of the row in the manifest.
        guid: The file's GUID; empty if there is none.
        state: Its state, such as created, updated, same, failed.
        text: The text for the output.
        error: Why it failed.
        row: The row as its manifest has it, for the manifest of failed rows.
    """

    line: int
    guid: str
    state: str
    text: str = ""
    error: str = ""
    row: str = ""


def raise_failures(failed: int, of: str, errors: Sequence[str], remedy: str) -> None:
    """Raise the failures of a run, if there are any.

    Args:
        failed: How many failed; a run that resumed knows only the errors of the rows that it processed.
        of: The failed operation, as text.
        errors: The first errors, each with its line.
        remedy: What to do.

    Raises:
        SomeFailed: There are failures.
    """
    if failed:
        first = f": {errors[0]}" if errors else ""
        raise SomeFailed(f"{failed} of {of}{first}", [UsageError(error) for error in errors], remedy=remedy)


class Summary(NamedTuple):
    """The result of a run over a manifest.

    Attributes:
        rows: Rows of the manifest.
        counts: How many of them ended in each state.
        output: The file that was written.
        failures: The file of failures, one line each; None without any.
        errors: The first failures.
        failed_rows: The failed rows as a complete manifest; None without any.
    """

    rows: int
    counts: dict[str, int]
    output: Path
    failures: Path | None
    errors: tuple[str, ...]
    failed_rows: Path | None = None

    @property
    def failed(self) -> int:
        """Rows that failed."""
        return self.counts.get(FAILED, 0)

    def raise_if_failed(self, what: str = "processed") -> Self:
        """Return this summary, unless rows failed.

        Args:
            what: The action, as it reads after "rows could not be".

        Raises:
            SomeFailed: Some did.
        """
        alone = f" {self.failed_rows} is a manifest of these rows alone." if self.failed_rows else ""
        remedy = f"All of them are in {self.failures}. Correct their cause, and run the same again.{alone}"
        raise_failures(self.failed, f"{self.rows} rows could not be {what}", self.errors, remedy)
        return self


class Published(NamedTuple):
    """The result of publishing or deleting metadata.

    Attributes:
        counts: How many documents were created, updated, deleted, and how many rows were skipped or unknown.
        failures: Why others failed, by the line of a table or the number of an entry.
    """

    counts: dict[str, int]
    failures: dict[int, str]

    def add(self, line: int, result: str | OmicsError, guid: str = "") -> None:
        """Count a state, or keep the failure of a line.

        Args:
            line: The line.
            result: The state, or the error.
            guid: What failed, where the line does not say it.
        """
        if isinstance(result, str):
            self.counts[result] = self.counts.get(result, 0) + 1
        else:
            self.failures[line] = mask_text(f"{guid}: {result}" if guid else str(result))

    @property
    def errors(self) -> list[str]:
        """The failures with their places."""
        return [
            error if error.startswith(("line ", "entry ")) else f"line {line}: {error}"
            for line, error in self.failures.items()
        ]

    def raise_if_failed(self, what: str = "published") -> Self:
        """Return this result, unless something failed.

        Args:
            what: The action, as it reads after "rows could not be".

        Raises:
            SomeFailed: Something did.
        """
        errors = self.errors
        raise_failures(
            len(errors),
            f"{len(errors) + sum(self.counts.values())} rows could not be {what}",
            errors,
            "Correct their cause, and run the same again: rows that are done already stay the same.",
        )
        return self


def in_order(
    items: Iterable[T],
    work: Callable[[T], R],
    threads: int,
    stop: threading.Event | None = None,
    keys: Callable[[T], Iterable[str]] = lambda _: (),
) -> Iterator[R]:
    """Do work on items in several threads, and yield the results in the items' order.

    Args:
        items: The items; taken as they are needed.
        work: The work.
        threads: The number of threads, from 1.
        stop: Ends it between two items when set.
        keys: Returns what an item changes. Work on an item begins after that on earlier items with one of its keys.

    Raises:
        Interrupted: `stop` was set.
    """
    waiting: deque[tuple[Future[R], set[str]]] = deque()
    latest = dict[str, Future[R]]()
    source = iter(items)

    def begun(item: T, before: set[Future[R]]) -> R:
        # Items are begun in order, so those before it never wait for this one.
        for earlier in before:
            earlier.result()
        return work(item)

    with Workers(max(1, threads), "gen3-manifest") as workers:
        try:
            while True:
                for item in islice(source, max(1, threads) * AHEAD - len(waiting)):
                    names = set(keys(item))
                    future = workers.submit(begun, item, {latest[name] for name in names & latest.keys()})
                    waiting.append((future, names))
                    latest |= dict.fromkeys(names, future)
                if stop is not None and stop.is_set():
                    raise Interrupted("The run was stopped before the end of the manifest", remedy=_RESUMES)
                if not waiting:
                    return
                future, names = waiting.popleft()
                yield future.result()
                for name in names:
                    if latest[name] is future:
                        del latest[name]
        except (Exception, GeneratorExit):  # Ctrl-C does not wait for requests under way
            wait([future for future, _ in waiting if not future.cancel()])
            raise


def run(
    rows: Iterator[T | Fault],
    work: Callable[[Sequence[T], bool], Sequence[Outcome]],
    outputs: Outputs,
    *,
    threads: int,
    batch: int = BATCH,
    header: str = "",
    columns: str = "",
    stop: threading.Event | None = None,
    guid_of: Callable[[T], str | None] = lambda _: None,
) -> Summary:
    """Do work on the rows of a manifest and write the outcomes.

    Args:
        rows: The rows, or the fault of each that is wrong.
        work: The work on several rows; its second argument is whether an earlier run may have done it. Returns as many
            outcomes.
        outputs: The output, the failures, and perhaps the manifest of failed rows.
        threads: Batches in progress at once.
        batch: Rows of a batch.
        header: The first line of the output.
        columns: The first line of the manifest of failed rows.
        stop: Stops it when set.
        guid_of: Returns the GUID of a row. Rows with the same one are worked on in the manifest's order, so the last one
            counts.

    Raises:
        AuthError: The commons does not accept the login.
        ConnectFailed: The commons cannot be reached.
        Interrupted: `stop` was set.
    """
    with_rows = len(outputs.paths) > 2
    if outputs.fresh:
        outputs.write(0, header)
        outputs.write(1, line_of(_COLUMNS, "\t"))
        if with_rows:
            outputs.write(2, columns)
    ahead = batch * (max(1, threads) * AHEAD + 1)
    # An earlier run may have done as many rows without a note; it may have had more threads than this one.
    uncertain = NOTED_ROWS + max(ahead, outputs.ahead) if outputs.resumed else 0
    # Before the first request: the next run has to know it however this one ends.
    outputs.begin(ahead)
    errors = list[str]()
    numbered = enumerate(batches(islice(rows, outputs.rows, None), batch))

    def worked(item: tuple[int, list[T | Fault]]) -> list[Outcome]:
        number, entries = item
        right = [row for row in entries if not isinstance(row, Fault)]
        outcomes = iter(work(right, number * batch < uncertain) if right else ())
        return [
            Outcome(row.line, "", FAILED, error=row.summary) if isinstance(row, Fault) else next(outcomes)
            for row in entries
        ]

    def guids(item: tuple[int, list[T | Fault]]) -> Iterator[str]:
        # Without the commons' prefix, which rows may state or not.
        names = (guid_of(row) or "" for row in item[1] if not isinstance(row, Fault))
        return (name.rpartition("/")[2] for name in names if name)

    for outcomes in in_order(numbered, worked, threads, stop, guids):
        for outcome in outcomes:
            outputs.counts[outcome.state] += 1
            outputs.write(0, outcome.text)
            if outcome.state == FAILED:
                outputs.write(1, line_of((outcome.line, outcome.guid, outcome.error), "\t"))
                if with_rows:
                    outputs.write(2, outcome.row)
                if len(errors) < SHOWN_FAILURES:
                    errors.append(f"line {outcome.line}: {outcome.error}")
        outputs.count_done(len(outcomes))
    failed = outputs.counts[FAILED] > 0
    outputs.finish([True, *[failed] * (len(outputs.paths) - 1)])
    beside = [path if failed else None for path in outputs.paths[1:]]
    return Summary(outputs.rows, dict(outputs.counts), outputs.paths[0], beside[0], tuple(errors), *beside[1:])


def attempted(line: int, guid: str, work: Callable[[], Outcome]) -> Outcome:
    """Return the outcome of a row, or its failure if the commons refuses it.

    Args:
        line: The line of the row.
        guid: The file's GUID.
        work: The work.

    Raises:
        OmicsError: One of `FATAL`.
    """
    result = tried(work)
    return Outcome(line, guid, FAILED, error=mask_text(str(result))) if isinstance(result, OmicsError) else result
