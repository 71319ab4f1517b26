"""Items to download, which may be created while they are iterated, and the checks of their names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from omicsdk.core.checksums import ALGORITHMS, FORMS, is_algorithm, is_checksum, text_digest
from omicsdk.core.errors import NameClash
from omicsdk.core.frozen import EMPTY, Frozen
from omicsdk.core.redaction import without_query
from omicsdk.transfer.arguments import a, instances, many, number, whole_number
from omicsdk.transfer.names import NameGuard, check_links, check_names, folds_case, room_in
from omicsdk.transfer.network.requests import Location

if TYPE_CHECKING:
    from dataclasses import KW_ONLY
else:
    KW_ONLY = None  # for programs that evaluate annotations

T = TypeVar("T")


class Item(Frozen, hidden=("locate", "renew")):
    """One file to download.

    Attributes:
        name: The final path within the target folder, with "/" between its parts.
        locate: A Location, or a function that returns one. The function is called in a thread shortly before the
            download, and again when its URL has expired.
        size: The file's size in bytes as stated by the platform; None if unknown.
        checksums: The platform's checksums by algorithm (omicsdk.core.checksums.ALGORITHMS); all are verified. Values
            are compared without regard to case.
        label: The file's name in messages; by default its name.
        retries: Consecutive failures after which it fails, if they differ from those of the transfer's options.
        min_delay: Seconds before its first retry, if they differ from those of the transfer's options.
        renew: If `locate` is a Location, a function that returns another one when it is refused or has expired, called
            in a thread; None if there is no other.
        states: Whether the responses of its server may state checksums (`Location.states`): a file of which none is known
            beforehand is requested even where one is required.
        source: Where its bytes come from, in the plan of a dry run: a URI; by default the URL of `locate` if it is a
            Location, else the label.
        overwrite: Whether an existing file with other content is replaced even if it is not as a download left it; otherwise
            the item fails with LocalChange.

    Raises:
        ValueError: A negative size, retries or delay, an unknown algorithm, or an invalid checksum.
        TypeError: A field of another type.
    """

    name: str
    locate: Callable[[], Location] | Location
    size: int | None = None
    checksums: Mapping[str, str] = EMPTY
    label: str = ""
    retries: int | None = None
    min_delay: float | None = None
    renew: Callable[[], Location] | None = None
    source: str = ""
    _: KW_ONLY
    states: bool = False
    overwrite: bool = True

    def __post_init__(self) -> None:
        self._check_types()
        # Compared one by one: there may be a million items, most of them without these.
        if (
            (self.size is not None and self.size < 0)
            or (self.retries is not None and self.retries < 0)
            or (self.min_delay is not None and self.min_delay < 0)
        ):
            raise ValueError(f"{self.name}: size, retries and min_delay cannot be negative")
        checksums = {algorithm.lower(): value.strip().lower() for algorithm, value in self.checksums.items() if value}
        for algorithm, value in checksums.items():
            if not is_algorithm(algorithm):
                algorithms = ", ".join(ALGORITHMS)
                raise ValueError(f"{self.name}: no checksum '{algorithm}' can be verified; known are {algorithms}")
            if not is_checksum(algorithm, value):
                raise ValueError(
                    f"{self.name}: {value!r} is not a valid {algorithm}, which is {FORMS[algorithm.partition(':')[0]]}"
                )
        object.__setattr__(self, "checksums", checksums)

    def _check_types(self) -> None:
        name, checksums = cast("tuple[object, object]", (self.name, self.checksums))
        if not isinstance(name, str):
            raise TypeError(f"an item's name must be text, not {a(self.name)}")
        if not (isinstance(self.locate, Location) or callable(self.locate)):  # pyright: ignore[reportUnnecessaryComparison]
            problem = f"{self.name}: locate must be a Location or a function that returns one, not {a(self.locate)}"
            raise TypeError(f"{problem}; wrap a URL in Location(url)")
        if self.renew is not None and not callable(cast("object", self.renew)):
            raise TypeError(f"{self.name}: renew must be a function that returns a Location, not {a(self.renew)}")
        if type(self.size) is not int and self.size is not None:
            # numpy's numbers qualify too, but no journal can write them.
            object.__setattr__(self, "size", whole_number(f"{self.name}: size", self.size, 0, "bytes"))
        if type(self.retries) is not int and self.retries is not None:
            object.__setattr__(self, "retries", whole_number(f"{self.name}: retries", self.retries, 0))
        if type(self.min_delay) is not float and self.min_delay is not None:
            number(f"{self.name}: min_delay", self.min_delay, "seconds")
        # The first comparison takes a tenth of the second's time, whose class is abstract.
        if type(checksums) is not dict and not isinstance(checksums, Mapping):
            kind = "a mapping from algorithm to value"
            raise TypeError(f"{self.name}: checksums must be {kind}, not {a(self.checksums)}")
        for algorithm, value in self.checksums.items():
            if value and type(value) is not str and not isinstance(cast("object", value), str):
                raise TypeError(f"{self.name}: the {algorithm} must be text, not {type(value).__name__}")

    @property
    def title(self) -> str:
        """Its name in messages."""
        return self.label or self.name

    @property
    def stated_source(self) -> str:
        """Where its bytes come from, without secrets; empty if nothing states it."""
        text = self.source or (self.locate.url if isinstance(self.locate, Location) else self.label)
        return _without_secrets(text)

    def may_be_from(self, source: str) -> bool:
        """Return whether bytes of some source may be its own: its checksums identify it, else the source does.

        Args:
            source: The `source_digest` of an earlier item; empty if it is unknown.
        """
        return bool(self.checksums and not self.states) or source in ("", self.source_digest or source)

    @property
    def source_digest(self) -> str:
        """What represents its source in a journal, which contains no URL; empty if nothing states it."""
        # A label is the URI of a file in a store, whose URL may be of another endpoint the next time.
        source = _without_secrets(self.source or self.label) or self.stated_source
        return text_digest(source, 8) if source else ""


def _without_secrets(text: str) -> str:
    return without_query(text) if "://" in text else text


class MappedItems(Iterable[Item], Generic[T]):
    """Items created again in each iteration, so that their number does not affect memory.

    Args:
        make: Makes the item of an object.
        objects: The objects; iterated as often as the items.
    """

    def __init__(self, make: Callable[[T], Item], objects: Iterable[T]) -> None:
        self._make = make
        self._objects = objects

    def __iter__(self) -> Iterator[Item]:
        return map(self._make, self._objects)


class ItemSource:
    """The items of a transfer, iterated one by one.

    Iterables that can be iterated again (a list, an object that opens a manifest each time) are checked and counted
    before the first byte is downloaded. The items of an iterator are checked and counted as they arrive.

    Args:
        items: The items.

    Raises:
        TypeError: They are not iterable; or, during iteration, one is not an Item.

    Attributes:
        once: Whether they can be iterated only once.
        files: Their number, None if not known beforehand.
        size: The sum of their stated sizes, in bytes.
        unsized: The number of items without a stated size.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        many("items", items, Item)
        self._items = items
        self.once = isinstance(items, Iterator)
        self.files = len(items) if isinstance(items, Sized) else None
        self.size = 0
        self.unsized = 0

    def __iter__(self) -> Iterator[Item]:
        return instances(self._items, Item)

    def check(self, folder: str, make: Callable[[], None] | None) -> None:
        """Check all names as `check_all` does, and count the items: one pass, since each may be made anew.

        Args:
            folder: The target folder.
            make: As for `check_all`.

        Raises:
            UnsafePath: A name leads out of the folder.
            NameClash: Two names refer to one path.
            NotWritable: The folder cannot be created.
        """
        check_all(_Counted(self), folder, make)


class _Counted(Iterable[str]):
    """The names of items, which a complete iteration counts."""

    def __init__(self, source: ItemSource) -> None:
        self._source = source

    def __iter__(self) -> Iterator[str]:
        files = size = unsized = 0
        for item in self._source:
            yield item.name
            files += 1
            if item.size is None:
                unsized += 1
            else:
                size += item.size
        source = self._source
        # Only after a whole pass: the names are read again where two seem to clash.
        source.files, source.size, source.unsized = files, size, unsized


def check_all(names: Iterable[str], folder: str, make: Callable[[], None] | None) -> NameClash | None:
    """Check all names before anything is downloaded.

    Args:
        names: Paths within the target folder; iterated several times.
        folder: The target folder.
        make: Creates the folder, to test whether it distinguishes case; None if nothing may be written.

    Returns:
        The clash of two names on file systems that ignore case, if this one does not; None without one.

    Raises:
        UnsafePath: A name leads out of the folder.
        NameClash: Two names refer to one path.
        NotWritable: The folder cannot be created.
    """
    room, case_clash = room_in(folder), None
    try:
        # The stricter rule first: only names that it refuses make it necessary to examine the disk.
        check_names(names, folds_case=True, room=room)
    except NameClash as clash:
        case_clash = clash
        check_names(names, folds_case=False, room=room)
        if make is not None:
            make()
        if _folds_case(folder, probes=make is not None):  # most disks distinguish case
            raise
    if check_links(names, folder):  # different names may refer to one path then
        guard = guard_of(folder, read_only=make is None)
        for name in names:
            guard.check(name)
    return case_clash


def guard_of(folder: str, *, read_only: bool = False, empty: bool = False) -> NameGuard:
    """Return a guard that checks names one by one, as they arrive.

    Args:
        folder: The target folder, which exists.
        read_only: Create nothing to test the file system; the folder need not exist then.
        empty: Whether the folder is known to be empty, so that it contains no links.
    """
    folds = _folds_case(folder, probes=not read_only)
    return NameGuard(folds_case=folds, room=room_in(folder), folder=None if empty else folder)


def _folds_case(folder: str, *, probes: bool) -> bool:
    if not probes:
        return folds_case(_lettered(folder))
    # In the folder itself, since a mount or a setting of a folder decides it, not the system.
    probe = os.path.join(folder, f"Case{os.urandom(8).hex()}")
    os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        return folds_case(probe)
    finally:
        os.unlink(probe)


def _lettered(folder: str) -> str:
    """Return this folder or its nearest existing parent whose name contains letters, to test case with."""
    while os.path.dirname(folder) != folder and not (
        os.path.exists(folder) and os.path.basename(folder).swapcase() != os.path.basename(folder)
    ):
        folder = os.path.dirname(folder)
    return folder
