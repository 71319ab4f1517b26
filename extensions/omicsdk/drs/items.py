"""What the engine is given for files that were found: names, sizes, checksums, and what asks for their bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Never

from omicsdk.core.errors import OmicsError
from omicsdk.drs.errors import IsABundle
from omicsdk.drs.objects import DrsObject, verifiable
from omicsdk.drs.planning import DrsFile
from omicsdk.drs.server import DrsServer
from omicsdk.transfer import Item, Location


def expect(files: Sequence[DrsFile], preferred: Sequence[str]) -> None:
    """Tells each server what will be asked of it.

    Args:
        files: The files that will be fetched.
        preferred: Kinds, clouds or regions of storage that are wanted most.
    """
    found: dict[DrsServer, list[DrsObject]] = {}
    stated: dict[DrsServer, list[DrsFile]] = {}
    for file in files:
        if file.server is not None and file.found is not None:
            found.setdefault(file.server, []).append(file.found)
        elif file.server is not None:
            stated.setdefault(file.server, []).append(file)
    for server, objects in found.items():
        server.expect(objects, preferred)
    for server, later in stated.items():
        server.expect_objects((file.wanted.identifier for file in later), preferred)


class FoundItems(Iterable[Item]):
    """What the engine fetches, made each time that it is gone through.

    Args:
        files: The files.
        preferred: Kinds, clouds or regions of storage that are wanted most.
        retries: Failures in a row that end one.
        skip: Ways that were tried before and aren't any more.
    """

    def __init__(self, files: Sequence[DrsFile], preferred: Sequence[str], retries: int, skip: int = 0) -> None:
        self._files = files
        self._preferred = preferred
        self._retries = retries
        self._skip = skip

    def __iter__(self) -> Iterator[Item]:
        return (item_of(file, self._preferred, self._retries, self._skip) for file in self._files)


def item_of(file: DrsFile, preferred: Sequence[str] = (), retries: int = 10, skip: int = 0) -> Item:
    """What the engine fetches for a file.

    Args:
        file: The file.
        preferred: Kinds, clouds or regions of storage that are wanted most.
        retries: Failures in a row that end it.
        skip: Ways that were tried before and aren't any more.
    """
    return item_for(file, _locator(file, preferred, skip), retries)


def item_for(file: DrsFile, locate: Callable[[], Location], retries: int) -> Item:
    """The same with another way to its place.

    Args:
        file: The file.
        locate: Tells where its bytes are.
        retries: Failures in a row that end it.
    """
    found, wanted = file.found, file.wanted
    stated = {**(found.checksums if found is not None else {}), **verifiable(wanted.checksums)}
    size = wanted.size if wanted.size is not None or found is None else found.size
    return Item(file.name, locate, size, stated, label_of(file), retries)


def label_of(file: DrsFile) -> str:
    """What messages call a file, where that isn't its name."""
    text = file.wanted.identifier.text
    return text if text != file.name else ""


def _locator(file: DrsFile, preferred: Sequence[str], skip: int) -> Callable[[], Location]:
    server, error = file.server, file.error
    if server is None or error is not None:
        return lambda: _raise(error or OmicsError(f"{file.name}: it wasn't found"))
    if file.found is not None:
        return server.locator(file.found, preferred, skip)
    locator: Callable[[], Location] | None = None

    def locate() -> Location:
        nonlocal locator
        if locator is None:
            found = server.described(file.wanted.identifier)
            if found.is_bundle:
                raise IsABundle(f"{file.wanted.identifier} is a bundle, and is stated as one file", name=file.name)
            locator = server.locator(found, preferred, skip)
        return locator()

    return locate


def _raise(error: OmicsError) -> Never:
    raise error
