"""What to download: items, gone through several times where they can be and never held; and the checks of their names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

from omicsdk.core.checksums import ALGORITHMS, FORMS, is_checksum
from omicsdk.core.errors import NameClash
from omicsdk.transfer.arguments import a, each, many, number, whole_number
from omicsdk.transfer.names import NameGuard, check_links, check_names, folds_case, room_in
from omicsdk.transfer.network.requests import Location

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Item:
    """One file to fetch.

    Attributes:
        name: The path of the final file within the target folder, with "/" between its parts.
        locate: A Location, or a function that gives one. The function is called in a thread shortly before the fetch,
            and again when the URL that it gave has ended.
        size: The file's size in bytes as the platform states it; None when it doesn't.
        checksums: What the platform states, from algorithm (omicsdk.core.checksums.ALGORITHMS) to value; all are
            verified. Values are compared without case.
        label: What to call the file in messages; by default its name.
        retries: How many failures in a row end it, 0 for none. Each cell of 4 MiB that arrives wins one back.
        min_delay: Seconds before the first retry; each further one without progress waits twice as long, at most 60 s.
        renew: Where `locate` is a Location, a function that gives another one when that isn't accepted (any longer), called
            in a thread; None when there is no other.

    Raises:
        ValueError: A negative size, retries or delay, an algorithm that isn't known, or a value that is no such checksum.
        TypeError: A field of another type.
    """

    name: str
    locate: Callable[[], Location] | Location = field(repr=False)
    size: int | None = None
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])
    label: str = ""
    retries: int = 10
    min_delay: float = 0.25
    renew: Callable[[], Location] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self._check_types()
        if (self.size or 0) < 0 or self.retries < 0 or self.min_delay < 0:
            raise ValueError(f"{self.name}: size, retries and min_delay cannot be negative")
        checksums = {algorithm.lower(): value.strip().lower() for algorithm, value in self.checksums.items() if value}
        if unknown := [algorithm for algorithm in checksums if algorithm not in ALGORITHMS]:
            known = ", ".join(ALGORITHMS)
            raise ValueError(f"{self.name}: no checksum '{unknown[0]}' can be verified; known are {known}")
        for algorithm, value in checksums.items():
            if not is_checksum(algorithm, value):
                raise ValueError(f"{self.name}: {value!r} is not a valid {algorithm}, which is {FORMS[algorithm]}")
        object.__setattr__(self, "checksums", checksums)

    def _check_types(self) -> None:
        if not isinstance(cast("object", self.name), str):
            raise TypeError(f"an item's name must be text, not {a(self.name)}")
        if not (isinstance(self.locate, Location) or callable(cast("object", self.locate))):
            said = f"{self.name}: locate must be a Location or a function that returns one, not {a(self.locate)}"
            raise TypeError(f"{said}; wrap a URL in Location(url)")
        if self.renew is not None and not callable(cast("object", self.renew)):
            raise TypeError(f"{self.name}: renew must be a function that returns a Location, not {a(self.renew)}")
        if type(self.size) is not int and self.size is not None:
            # numpy's are numbers too, but no journal can write them.
            object.__setattr__(self, "size", whole_number(f"{self.name}: size", self.size, 0, "bytes"))
        if type(self.retries) is not int:
            object.__setattr__(self, "retries", whole_number(f"{self.name}: retries", self.retries, 0))
        if type(self.min_delay) is not float:
            number(f"{self.name}: min_delay", self.min_delay, "seconds")
        if not isinstance(cast("object", self.checksums), Mapping):
            kind = "a mapping from algorithm to value"
            raise TypeError(f"{self.name}: checksums must be {kind}, not {a(self.checksums)}")
        for algorithm, value in self.checksums.items():
            if value and not isinstance(cast("object", value), str):
                raise TypeError(f"{self.name}: the {algorithm} must be text, not {type(value).__name__}")

    @property
    def title(self) -> str:
        """What messages call it."""
        return self.label or self.name


class _Mapped(Iterable[R], Generic[T, R]):
    def __init__(self, make: Callable[[T], R], things: Iterable[T]) -> None:
        self._make = make
        self._things = things

    def __iter__(self) -> Iterator[R]:
        return map(self._make, self._things)


class MappedItems(_Mapped[T, Item]):
    """Items that are made one by one, each time that they are iterated over: many of them need no memory.

    Args:
        make: Makes the item of a thing.
        things: The things; iterated over as often.
    """


class ItemSource:
    """Items that are gone through one by one.

    What can be gone through again (a list, an object that opens a manifest each time) is checked and counted before the
    first byte is fetched. An iterator comes once: its items are checked and counted as they come.

    Args:
        items: The items.

    Raises:
        TypeError: They can't be gone through; or, when it comes to it, one is no Item.

    Attributes:
        once: Whether they come once.
        files: How many they are, None when that isn't known before.
        size: Their stated sizes together, in bytes.
        unsized: How many of them state none.
    """

    def __init__(self, items: Iterable[Item]) -> None:
        many("items", items, Item)
        self._items = items
        self.once = isinstance(items, Iterator)
        self.files: int | None = None
        self.size = 0
        self.unsized = 0

    def __iter__(self) -> Iterator[Item]:
        return each(self._items, Item)

    def names(self) -> Iterable[str]:
        """Their names, as often as they are asked for."""
        return _Mapped(lambda item: item.name, self)

    def count(self) -> None:
        """Counts them, and what they state."""
        files = size = unsized = 0
        for item in self:
            files += 1
            if item.size is None:
                unsized += 1
            else:
                size += item.size
        self.files, self.size, self.unsized = files, size, unsized


def check_all(names: Iterable[str], folder: str, make: Callable[[], None] | None) -> None:
    """Checks names before anything is fetched.

    Args:
        names: Paths within the target folder; gone through several times.
        folder: The target folder.
        make: Makes the folder, to see whether names may differ in case only; None where nothing may be written.

    Raises:
        UnsafePath: One would lead out of the folder.
        NameClash: Two would land on one path.
        NotWritable: The folder can't be made.
    """
    room = room_in(folder)
    try:
        check_names(names, folds_case=True, room=room)
    except NameClash:
        check_names(names, folds_case=False, room=room)
        if _folds_case(folder, make):  # names that differ in case are fine on most disks
            raise
    if check_links(names, folder):  # names that differ may lead to one path then
        guard = guard_of(folder, look=make is None)
        for name in names:
            guard.check(name)


def guard_of(folder: str, *, look: bool = False, empty: bool = False) -> NameGuard:
    """Gives what checks names one by one, as they come.

    Args:
        folder: The target folder, which is there.
        look: Make nothing to find out about the file system; the folder needn't be there then.
        empty: Whether it is known to be empty, so that no links are in it.
    """
    folds = _folds_case(folder, None if look else lambda: None)
    return NameGuard(folds_case=folds, room=room_in(folder), folder=None if empty else folder)


def _folds_case(folder: str, make: Callable[[], None] | None) -> bool:
    if make is None:
        return folds_case(_lettered(folder))
    make()
    probe = os.path.join(folder, f"Case{os.urandom(8).hex()}")
    os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        return folds_case(probe)
    finally:
        os.unlink(probe)


def _lettered(folder: str) -> str:
    """The nearest folder above, or this one, that is there and whose name can be written in other letters."""
    while os.path.dirname(folder) != folder and not (
        os.path.exists(folder) and os.path.basename(folder).swapcase() != os.path.basename(folder)
    ):
        folder = os.path.dirname(folder)
    return folder
