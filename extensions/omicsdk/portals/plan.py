"""Plan of a download: rows with their files, completed by services, in a temporary file.

However many rows there are, few of them are in memory: the items of the engine and the result manifest are made from the file.
"""

from __future__ import annotations

import pickle
import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BufferedReader
from itertools import chain, count
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple, cast

from omicsdk.core.batches import batches, grouped
from omicsdk.core.clock import never
from omicsdk.core.errors import Interrupted
from omicsdk.fs.copying.planning import ALL
from omicsdk.portals.cells import without_logins
from omicsdk.portals.file_kinds import kind_of
from omicsdk.portals.lists import FAULT, SHOWN_FAULTS, FileList, Format, ListedFile, ListError, Row, RowFault, UnsafeRow
from omicsdk.portals.rows import recorded_of
from omicsdk.portals.selection import NOTHING_LEFT_OUT, Sample, Selection
from omicsdk.portals.sources import SOURCES, Sources
from omicsdk.transfer import Item
from omicsdk.transfer.filters import Filters, fits_rules
from omicsdk.transfer.names import NameSet

# Layout of files in the folder: by name, or in a folder named after the identifier in the list.
Layout = Literal["name", "id"]

_SUMS = "Write HEX, two blanks and NAME, or ALGORITHM (NAME) = HEX."

# Names of files, and values of each column, that are shown if no file is selected.
SHOWN_NAMES = 3
# Rows that are completed together.
BATCH = 500


class PlannedRow(NamedTuple):
    """Row of a list, with its files.

    Attributes:
        cells: Its values by column.
        files: Its files; those that an earlier row names, too, are downloaded once.
        again: For each file, whether an earlier row names it.
    """

    cells: dict[str, str]
    files: Sequence[ListedFile]
    again: Sequence[bool]


@dataclass(slots=True)
class Related:
    """Companions of files.

    Attributes:
        kinds: Those that exist, by kind and source.
        unknown: How many could not be looked up.
        why: Why the first of these could not.
    """

    kinds: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    unknown: int = 0
    why: str = ""


class Plan:
    """Rows with their files, on disk.

    Args:
        path: The temporary file; it is made.
        sources: Where files come from.
        layout: Where files go.
        stopped: Whether to stop.
        filters: Which files are selected. A row none of whose files is selected is left out.
        strict: Whether a list with an invalid row is refused.
        selection: Which of these are planned.
        on_planned: Called with the number of files of further rows.

    Attributes:
        columns: The columns of all lists, in order.
        kinds: The files by kind and source.
        count: The items: files that can be had, each once.
        unavailable: The files whose service refused them, each once.
        first_names: Names of the first files, whether they are selected or not.
        values: The first values of the columns that conditions compare.
    """

    def __init__(
        self,
        path: Path,
        sources: Sources,
        layout: Layout,
        stopped: Callable[[], bool] = never,
        filters: Filters = ALL,
        *,
        strict: bool = False,
        selection: Selection = NOTHING_LEFT_OUT,
        on_planned: Callable[[int], object] | None = None,
    ) -> None:
        self._path = path
        self._sources = sources
        self._layout = layout
        self._stopped = stopped
        self._filters = filters
        self._strict = strict
        self._selection = selection
        self._on_planned = on_planned
        self._planned_files = self._undrawn = self._unrecorded = 0
        self._seen = NameSet()
        self._stated: dict[str, Mapping[str, str]] = {}
        self.columns: dict[str, None] = {}
        self.first_names: list[str] = []
        compared = {condition.field for some in selection.alternatives for condition in some} - {"name", "size"}
        self.values: dict[str, dict[str, None]] = {column: {} for column in sorted(compared)}
        self.kinds: Counter[tuple[str, str]] = Counter()
        self.count = self.unavailable = 0
        path.touch(mode=0o600)  # headers of lists are secrets

    # -- made

    def state(self, format: Format, file_list: FileList) -> bool:
        """Apply the checksums of a checksum file to the files of other lists.

        Args:
            format: Its format.
            file_list: The list.

        Returns:
            Whether all its lines are such statements; else it names files.

        Raises:
            ListError: A line is invalid.
        """
        for _, files in self._read(format, file_list):
            for file in files:
                if file.error is not None:
                    raise ListError(f"{file_list.shown}, {file.error.message}", remedy=_SUMS)
                if file.kind:
                    return False
                self._stated[file.name] = file.checksums
                # A path may refer to the machine that made the list: then the base name is used, if it is unique.
                base = f"/{file.name.rpartition('/')[2]}"
                is_other = self._stated.get(base, file.checksums) != file.checksums
                # Two files of one base name with other checksums: neither is used for it. The slash keeps bases apart from paths.
                self._stated[base] = {} if is_other else file.checksums
        return True

    def add(self, format: Format, file_list: FileList) -> Counter[str]:
        """Add the rows of a list.

        Args:
            format: Its format.
            file_list: The list.

        Returns:
            Counts: its `files`, their stated `size` together in bytes, files that are `unsized` or `unchecked` (without a
            checksum), or `unverifiable` (without both), those that are `repeated` (an earlier row names them, too), and rows that are `empty` (name no file).

        Raises:
            ListError: Rows are invalid; nothing was requested of their services.
            ConfigError: A service or its credentials are not configured.
            Interrupted: It was stopped.
        """
        totals: Counter[str] = Counter()
        with tempfile.TemporaryFile(dir=self._path.parent) as read, self._path.open("ab") as out:

            def add(rows: Iterable[tuple[dict[str, str], list[ListedFile]]]) -> None:
                planned = [row for row in map(self._planned, rows) if row is not None]
                _write(planned, out)
                self.kinds.update(
                    kind_of(file)
                    for _, files, again in planned
                    for file, repeated in zip(files, again, strict=True)
                    if file.error is None and not repeated
                )
                counts = _counts_of(planned)
                totals.update(counts)
                if self._on_planned is not None:
                    self._on_planned(counts["files"])

            for batch in batches(self._read(format, file_list), BATCH):  # errors are raised before the first request
                self._check_stopped()
                if self.is_full:
                    break
                rows = [(row.cells, [self._with_stated(file) for file in files if file.kind]) for row, files in batch]
                # Rows stay in their order: after the first one that needs its service, all wait in the file.
                if read.tell() or not all(_is_stated(file) for _, files in rows for file in files):
                    _write(rows, read)
                else:
                    add(rows)
            for some in self._wanted_in(read):
                self._check_stopped()
                if self.is_full:
                    break
                add(self._completed(some))
        if self._unrecorded:
            file_list.notes["files left out, as by the download of this manifest"] += self._unrecorded
            self._unrecorded = 0
        self.count += totals.pop("available", 0)
        self.unavailable += totals.pop("unavailable", 0)
        return totals

    def _wanted_in(self, read: IO[bytes]) -> Iterator[Sequence[tuple[dict[str, str], Sequence[ListedFile]]]]:
        """The rows that services are asked for: without the files of which it is known before that no sample has them."""
        only = self._selection
        read.seek(0)
        if only.sample is None or only.limit is not None or only.alternatives or not self._filters.fit_all:
            yield from _batches_in(read)
            return
        # Drawn here by addresses, so that services are asked for the sample's files alone and not for all of a list.
        sample, met = Sample(only.sample), NameSet()
        for some in _batches_in(read):
            for file in chain.from_iterable(files for _, files in some):
                if _is_one(file) and met.add(_identity(file)) is None:
                    sample.add(_identity(file))
                    self._undrawn += 1
        self._undrawn -= len(sample)
        read.seek(0)
        for some in _batches_in(read):
            rows = [
                (cells, [file for file in files if not _is_one(file) or sample.has(_identity(file))])
                for cells, files in some
            ]
            yield [row for row in rows if row[1]]

    def _check_stopped(self) -> None:
        if self._stopped():
            raise Interrupted("Stopped while reading the list")

    def _planned(
        self, completed: tuple[dict[str, str], Sequence[ListedFile]]
    ) -> tuple[dict[str, str], Sequence[ListedFile], list[bool]] | None:
        """The fields of a planned row; None if it names files of which none is selected."""
        cells, files = completed
        selected = recorded_of(files, cells)
        self._unrecorded += len(files) - len(selected)
        files = selected
        if len(self.first_names) < SHOWN_NAMES:
            self.first_names += [file.name for file in files if file.error is None][:SHOWN_NAMES]
        named = files if self._layout == "name" else [file._replace(name=self._placed(file)) for file in files]
        if not self._filters.fit_all and files and not (named := [*filter(self._is_selected, named)]):
            return None
        if self._selection is not NOTHING_LEFT_OUT and not (named := self._within(named, cells)):
            return None
        if not cells.keys() <= self.columns.keys():
            self.columns.update(dict.fromkeys(cells))
        cells = {name: without_logins(cell) for name, cell in cells.items()}
        some = [self._once(file) for file in named]
        return cells, [file for file, _ in some], [again for _, again in some]

    def _read(self, format: Format, file_list: FileList) -> Iterator[tuple[Row, list[ListedFile]]]:
        """The rows of a list with their files; one with a fault has a file with that error.

        Where a name is unsafe, every row has a fault, or the list is read strictly, all faults are in one error at its end.
        Faults of rows that are excluded by their names are ignored.
        """
        faults, faulty, refused, is_any_right = list[str](), 0, self._strict, False
        for row in format.rows(file_list):
            try:
                if row.fault:
                    raise RowFault(row.fault)
                files = list(format.files(row, file_list))
            except RowFault as fault:
                if self._is_excluded(row.name):
                    continue
                faulty += 1
                problem = f"line {row.line}: {fault}"
                if len(faults) < SHOWN_FAULTS:
                    faults.append(problem)
                # Rows before it were yielded: the error at the end refuses them, too, before any request.
                refused = refused or isinstance(fault, UnsafeRow)
                if not refused:
                    yield row, [_fault(file_list, row.line, str(fault))]
                continue
            is_any_right = True
            if not (faults and refused):
                yield row, files
        if faulty and (refused or not is_any_right):
            more = f" (and {faulty - len(faults)} more)" if faulty > len(faults) else ""
            problem = f"{file_list.shown}: {'; '.join(faults)}{more}"
            raise ListError(problem, remedy="Nothing was downloaded; correct the list and try again.")

    def _completed(
        self, rows: Sequence[tuple[dict[str, str], Sequence[ListedFile]]]
    ) -> Iterator[tuple[dict[str, str], list[ListedFile]]]:
        """Complete rows with the details from services, requested together for all files of a kind."""
        by_kind = grouped((file.kind, file) for _, files in rows for file in files if file.error is None)
        # A source returns the files of a kind in their order: each row takes its own from the iterators again.
        responses = {kind: iter(self._sources.of(kind).complete(files)) for kind, files in by_kind.items()}
        for cells, files in rows:
            yield (
                cells,
                [
                    response
                    for file in files
                    for response in ([file] if file.error is not None else next(responses[file.kind]))
                ],
            )

    def _with_stated(self, file: ListedFile) -> ListedFile:
        if file.checksums or not self._stated:
            return file
        base = f"/{file.name.rpartition('/')[2]}"
        checksums = self._stated.get(file.name) or self._stated.get(base)
        return file._replace(checksums=checksums) if checksums else file

    @staticmethod
    def _placed(file: ListedFile) -> str:
        if file.kind == FAULT:
            return file.name
        folder = file.folder or re.sub(r"[/\\:]+", "_", file.address.rpartition("://")[2]).strip("_")
        return file.name if file.name.startswith(f"{folder}/") else f"{folder}/{file.name}"

    def _within(self, files: Sequence[ListedFile], cells: Mapping[str, str]) -> Sequence[ListedFile]:
        """The files of a row that the selection has; rows with a fault are never left out for their conditions."""
        for column, value in cells.items() if self.values else ():
            values = self.values.get(column.lower())
            if values is not None and len(values) < SHOWN_NAMES:
                values[value] = None
        fit = [file for file in files if file.kind == FAULT or self._selection.fits(file, cells)]
        if self._selection.limit is not None:
            fit = fit[: self._selection.limit - self._planned_files]
        self._planned_files += len(fit)
        return fit

    @property
    def is_full(self) -> bool:
        """Whether no further file is planned."""
        return self._selection.limit is not None and self._planned_files >= self._selection.limit

    def draw(self) -> int:
        """Leave only a sample of the files, if one was asked for.

        Returns:
            The files that there were; 0 if all are left.
        """
        if self._selection.sample is None:
            return 0
        sample, before = Sample(self._selection.sample), self.count + self.unavailable + self._undrawn
        for file in self.files():
            if file.kind != FAULT:
                sample.add(_identity(file))

        def drawn(rows: Sequence[PlannedRow]) -> list[PlannedRow]:
            return [row for row in (self._drawn(row, sample) for row in rows) if row.files]

        self._rewrite(drawn)
        return before

    @staticmethod
    def _drawn(row: PlannedRow, sample: Sample) -> PlannedRow:
        pairs = [
            (file, again)
            for file, again in zip(row.files, row.again, strict=True)
            if file.kind != FAULT and sample.has(_identity(file))
        ]
        return PlannedRow(row.cells, [file for file, _ in pairs], [again for _, again in pairs])

    def add_related(self) -> Related:
        """Add the companions of the files that can be had, to the rows of these.

        Returns:
            What was added.
        """
        names, related = NameSet(), Related()
        for file in self.files():
            names.add(file.name)

        def with_related(rows: Sequence[PlannedRow]) -> list[PlannedRow]:
            files = [
                file
                for row in rows
                for file, again in zip(row.files, row.again, strict=True)
                if not again and file.error is None
            ]
            companions_by_file: dict[int, list[ListedFile]] = {}
            for kind in dict.fromkeys(file.kind for file in files):
                some = [file for file in files if file.kind == kind]
                companions = self._sources.of(kind).related(some, lambda name: names.add(name) is None)
                for file, its in zip(some, companions, strict=True):
                    errors = [companion.error for companion in its if companion.error is not None]
                    related.unknown += len(errors)
                    related.why = related.why or "".join(error.message for error in errors[:1])
                    companions_by_file[id(file)] = [companion for companion in its if companion.error is None]
                    related.kinds.update(map(kind_of, companions_by_file[id(file)]))
            self._check_stopped()
            return [
                _with_more(row, [companion for file in row.files for companion in companions_by_file.get(id(file), ())])
                for row in rows
            ]

        self._rewrite(with_related)
        return related

    def _rewrite(self, change: Callable[[Sequence[PlannedRow]], Sequence[PlannedRow]]) -> None:
        """Change the rows, some of them at a time."""
        changed, counts = self._path.with_suffix(".changed"), Counter[str]()
        with self._path.open("rb") as file, changed.open("wb") as out:
            for some in _batches_in(file):
                self._check_stopped()
                rows = change([*map(PlannedRow._make, some)])
                _write(rows, out)
                counts.update(_counts_of(rows))
        # At once: a plan that is half rewritten would mix the two states.
        changed.replace(self._path)
        self.count, self.unavailable = counts["available"], counts["unavailable"]

    def _is_selected(self, file: ListedFile) -> bool:
        """Whether a file is selected; of one that cannot be had, only the name is known."""
        if file.error is not None:
            return file.kind == FAULT or fits_rules(self._filters.rules, file.name)
        return self._filters.fits(file.name, file.size)

    def _is_excluded(self, name: str) -> bool:
        """Whether a file is excluded by its name, or all files of a folder, whose name ends with a slash."""
        for includes, pattern in self._filters.rules:
            if name and (pattern.search(name) or (includes and name.endswith("/") and _reaches(pattern, name))):
                return not includes
        return False

    def _once(self, file: ListedFile) -> tuple[ListedFile, bool]:
        """A file, and whether an earlier row names it; one with another checksum than there cannot be had."""
        key = "\0".join((file.name, file.kind, file.address))
        is_known = self._seen.add(key) is not None
        sums = [
            (self._seen.add(f"{key}\0{name}") is not None, self._seen.add(f"{file.name}\0{value}") is not None)
            for name, value in file.checksums.items()
        ]
        if any(is_stated and not is_equal for is_stated, is_equal in sums):
            problem = f"{file.source}: an earlier row states another checksum of it"
            error = ListError(problem, remedy="Keep the row that is right.")
            if self._strict:
                raise error
            return file._replace(error=error), False
        # Equal bytes may have several addresses.
        return file, is_known or any(is_equal for _, is_equal in sums)

    # -- used

    def rows(self) -> Iterator[PlannedRow]:
        """The rows, in the order of their lists."""
        with self._path.open("rb") as file:
            for some in _batches_in(file):
                yield from map(PlannedRow._make, some)

    def files(self) -> Iterator[ListedFile]:
        """The files, each once."""
        for row in self.rows():
            for file, again in zip(row.files, row.again, strict=True):
                if not again:
                    yield file

    def items(self) -> Iterable[Item]:
        """Items of the available files; may be iterated repeatedly."""
        return _Items(self, self._sources)

    def other_copies(self, numbers: Iterable[int], skip: int) -> dict[int, Item]:
        """The items of further copies of some files, by the files' numbers; those without one are left out.

        Args:
            numbers: The files' numbers among those that can be had, from 0.
            skip: Copies that were tried before.
        """
        requested, at = frozenset(numbers), count()
        items: dict[int, Item] = {}
        for file in self.files():
            number = next(at) if file.error is None else -1
            if number in requested and (item := self._sources.of(file.kind).item(file, skip)) is not None:
                items[number] = item
        return items


def _fault(file_list: FileList, line: int, problem: str) -> ListedFile:
    """What stands for a row with a fault."""
    name = f"{file_list.shown.rstrip('/').rpartition('/')[2]}, line {line}"
    error = ListError(problem, remedy="Correct the row, and run the command again; --strict refuses such a list.")
    return ListedFile(FAULT, f"{file_list.shown}, line {line}", name, error=error)


def _reaches(pattern: re.Pattern[str], folder: str) -> bool:
    """Whether a rule's pattern may match files of a folder: unless it is of whole paths, which begin otherwise."""
    literal = re.match(r"\\A((?:[\w/ -]|\\[^\w])*)", pattern.pattern)
    begins = re.sub(r"\\(.)", r"\1", literal[1]) if literal else ""
    return folder.startswith(begins) or begins.startswith(folder)


def _with_more(row: PlannedRow, files: Sequence[ListedFile]) -> PlannedRow:
    return row._replace(files=[*row.files, *files], again=[*row.again, *(False for _ in files)]) if files else row


def _is_one(file: ListedFile) -> bool:
    """Whether a file, which a service may complete, stays one with the same identity."""
    return file.error is None and SOURCES[file.kind].is_one


def _identity(file: ListedFile) -> str:
    """What identifies a file in a sample, before and after its service has completed it."""
    return file.address if _is_one(file) else f"{file.name}\0{file.address}"


def _is_stated(file: ListedFile) -> bool:
    return file.error is not None or SOURCES[file.kind].states(file)


def _write(rows: Sequence[tuple[Any, Sequence[ListedFile], *tuple[Any, ...]]], file: IO[bytes]) -> None:
    """Write a batch of rows, whose second members are files; as plain tuples, which take a third of the time."""
    pickle.dump([(cells, [tuple(file) for file in files], *more) for cells, files, *more in rows], file, 5)


def _batches_in(file: IO[bytes]) -> Iterator[Sequence[Any]]:
    """The batches of rows in a file, one after the other."""
    reader, make = cast("BufferedReader", file), ListedFile._make
    # pickle raises EOFError at the end of the file and within a batch that was cut alike: only the first ends the plan.
    while reader.peek(1):
        batch: list[Any] = pickle.load(reader)  # noqa: S301 - only this process could write it
        yield [(cells, [*map(make, files)], *more) for cells, files, *more in batch]


def _counts_of(rows: Sequence[tuple[object, Sequence[ListedFile], Sequence[bool]]]) -> Counter[str]:
    """Count files as `Plan.add` does, those that are `available`, and those that are `unavailable`."""
    new = [file for _, files, again in rows for file, repeated in zip(files, again, strict=True) if not repeated]
    available = [file for file in new if file.error is None]
    return Counter(
        files=len(new),
        faulty=sum(file.kind == FAULT for file in new) if len(new) > len(available) else 0,
        size=sum(file.size or 0 for file in new),
        unsized=sum(file.size is None and file.kind != FAULT for file in new),
        unchecked=sum(not file.checksums for file in available),
        unverifiable=sum(not file.checksums and file.size is None for file in available),
        empty=sum(not files for _, files, _ in rows),
        repeated=sum(map(sum, (again for _, _, again in rows))),
        available=len(available),
        unavailable=len(new) - len(available),
    )


class _Items(Iterable[Item]):
    def __init__(self, plan: Plan, sources: Sources) -> None:
        self._plan = plan
        self._sources = sources

    def __len__(self) -> int:
        return self._plan.count

    def __iter__(self) -> Iterator[Item]:
        for file in self._plan.files():
            if file.error is None and (item := self._sources.of(file.kind).item(file)) is not None:
                is_stated = item.source or item.stated_source == file.source
                yield item if is_stated else replace(item, source=file.source)
