"""Questions about many files: which meet conditions, and how large folders are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate
from itertools import islice
from typing import Any, NamedTuple

from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.core.threads import side_by_side
from omicsdk.core.type_guards import is_array
from omicsdk.fs.copying.planning import ALL, Selected
from omicsdk.fs.store import Entry, Store
from omicsdk.transfer.filters import Filters

_RANGE = re.compile(r"([0-9]{0,18})-([0-9]{0,18})\Z")
_AT_ONCE = 64


class Conditions(NamedTuple):
    """Conditions that files must all meet.

    Attributes:
        names: Shell patterns, one of which must match the name or the path below the folder.
        filters: Limits of size and date, which hold for files that are named themselves, too.
        metadata: Keys of the platform's metadata, each with a shell pattern for its value.
    """

    names: Sequence[str] = ()
    filters: Filters = ALL
    metadata: Sequence[tuple[str, str]] = ()

    @property
    def of_names(self) -> bool:
        """Whether the conditions of names are all."""
        return not self.filters.has_facts and not self.metadata

    def meets(self, entry: Entry) -> bool:
        """Whether a file meets the conditions of size and time.

        Args:
            entry: The file.
        """
        return self.filters.fits_facts(entry.size, entry.modified)

    def meets_metadata(self, metadata: Mapping[str, Any]) -> bool:
        """Whether a file meets the conditions of metadata.

        Args:
            metadata: The platform's metadata; one member of a list has to match.
        """
        return all(
            any(fnmatchcase(text, pattern) for text in _texts(metadata.get(key))) for key, pattern in self.metadata
        )


def _matcher(patterns: Sequence[str]) -> Callable[[str], object]:
    """Return what tells whether a path, or its last part, matches a shell pattern; patterns with a slash match paths only."""
    if not patterns:
        return lambda _: True
    whole = re.compile("|".join(map(translate, patterns))).match
    last = [pattern for pattern in patterns if "/" not in pattern]
    if not last:
        return whole
    of_last = re.compile("|".join(map(translate, last))).match
    return lambda name: whole(name) or of_last(name.rpartition("/")[2])


def _texts(value: Any) -> Iterator[str]:
    """Yield a value, or each of a list, as JSON has it: `true`, not `True`."""
    for item in value if is_array(value) else () if value is None else (value,):
        yield item if isinstance(item, str) else json.dumps(item)


def find(store: Store, files: Iterable[Selected], conditions: Conditions) -> Iterator[Selected]:
    """Yield files that meet conditions, in order; metadata is requested only for those that meet the others.

    Args:
        store: The store that has them.
        files: The files.
        conditions: The conditions.

    Raises:
        OmicsError: The metadata of a file cannot be read.
    """
    is_named = _matcher(conditions.names)
    fitting = (file for file in files if is_named(file.name) and conditions.meets(file.entry))
    if not conditions.metadata:
        yield from fitting
        return
    while block := list(islice(fitting, _AT_ONCE)):
        for file, result in zip(block, side_by_side(lambda file: store.metadata(file.entry), block), strict=True):
            if isinstance(result, OmicsError):
                raise result
            if conditions.meets_metadata(result):
                yield file


def parse_range(text: str) -> tuple[int | None, int | None]:
    """Read a range of bytes.

    Args:
        text: FIRST-LAST, FIRST- or -COUNT.

    Returns:
        The first byte, negative when counted from the end, and the byte after the last; None if there is no such
        bound.

    Raises:
        UsageError: It has another form, or the last byte is before the first.
    """
    match = _RANGE.match(text)
    if match is None or text == "-" or (not match[1] and not int(match[2])):  # the last 0 bytes would read as all
        raise UsageError(f"{text!r} is not a range", remedy="Use 0-99, 100- or -100.")
    first, last = match.groups()
    if not first:
        return -int(last), None
    if last and int(last) < int(first):
        raise UsageError(f"range {text}: the last byte is before the first", remedy="Use 0-99.")
    return int(first), int(last) + 1 if last else None


def parse_metadata(texts: Iterable[str]) -> list[tuple[str, str]]:
    """Read conditions of metadata: KEY=PATTERN each.

    Args:
        texts: The conditions.

    Raises:
        UsageError: One is not of that form.
    """
    patterns: list[tuple[str, str]] = []
    for text in texts:
        key, equals, pattern = text.partition("=")
        if not key or not equals:
            raise UsageError(f"{text!r} is not of the form KEY=PATTERN", remedy="Use one such as sample_id=S1*.")
        patterns.append((key, pattern))
    return patterns


@dataclass(slots=True)
class Sum:
    """The totals of a folder with everything below it.

    Attributes:
        name: The folder's path below what was summed up; empty for the whole.
        files: How many files.
        size: Bytes of those whose size is stated.
        unsized: Files whose size is not stated.
    """

    name: str
    files: int = 0
    size: int = 0
    unsized: int = 0

    def add(self, size: int | None) -> None:
        """Count one more file.

        Args:
            size: Its bytes; None if they are not stated.
        """
        self.files += 1
        self.size += size or 0
        self.unsized += size is None


def sums(files: Iterable[tuple[str, Entry]], depth: int = 0) -> Iterator[Sum]:
    """Sum files up.

    Args:
        files: The files, with their names below what is summed up; they are read once and not kept.
        depth: Levels of folders that are summed up separately, 0 for the whole alone.

    Yields:
        The folders in the order of their names, then the whole.
    """
    whole = Sum("")
    folders: dict[str, Sum] = {}
    add = whole.add
    for path, entry in files:
        size = entry.size
        add(size)
        if depth:
            parts = path.split("/")[:-1]
            for level in range(1, min(depth, len(parts)) + 1):
                name = "/".join(parts[:level])
                folders.setdefault(name, Sum(name)).add(size)
    yield from (folders[name] for name in sorted(folders))
    yield whole
