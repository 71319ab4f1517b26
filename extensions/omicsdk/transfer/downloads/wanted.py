"""The items of a download: gone through several times where they can be, never held; and the checks of their names."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from tempfile import NamedTemporaryFile

from omicsdk.core.errors import NameClash
from omicsdk.transfer.arguments import each, many
from omicsdk.transfer.items import Item
from omicsdk.transfer.names import NameGuard, check_links, check_names, folds_case, room_in


class Wanted:
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
        return _Names(self._items)

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


class _Names(Iterable[str]):
    def __init__(self, items: Iterable[Item]) -> None:
        self._items = items

    def __iter__(self) -> Iterator[str]:
        return (item.name for item in each(self._items, Item))


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
    return NameGuard(
        folds_case=_folds_case(folder, None if look else lambda: None),
        room=room_in(folder),
        folder=None if empty else folder,
    )


def _folds_case(folder: str, make: Callable[[], None] | None) -> bool:
    if make is None:
        return folds_case(_lettered(folder))
    make()
    with NamedTemporaryFile(prefix="Case", dir=folder) as probe:
        return folds_case(probe.name)


def _lettered(folder: str) -> str:
    """The nearest folder above, or this one, that is there and whose name can be written in other letters."""
    while os.path.dirname(folder) != folder and not (
        os.path.exists(folder) and os.path.basename(folder).swapcase() != os.path.basename(folder)
    ):
        folder = os.path.dirname(folder)
    return folder
