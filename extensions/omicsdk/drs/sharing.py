"""Objects for workers that fetch beside each other: what is sent to them, and the servers that each asks by itself."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Never

from omicsdk.core.errors import OmicsError
from omicsdk.drs.items import FoundItems, expect, item_for
from omicsdk.drs.objects import DrsObject
from omicsdk.drs.planning import DrsFile, Wanted
from omicsdk.drs.server import DrsServer
from omicsdk.drs.servers import Servers
from omicsdk.transfer import Item, TransferReport

if TYPE_CHECKING:
    from omicsdk.transfer.scale.crew import Crew


@dataclass(frozen=True, slots=True)
class Shared:
    """A download that several workers share.

    Attributes:
        crew: Who they are.
        servers: Opens the servers in a worker, with the login of whoever downloads; it must be picklable.
    """

    crew: Crew
    servers: Callable[[], AbstractContextManager[Servers]]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What stands for a file's place until a worker has opened its servers."""

    wanted: Wanted
    found: DrsObject | None
    host: str

    def __call__(self) -> Never:
        raise RuntimeError(f"{self.wanted.identifier} was asked for before its worker opened a server")


@dataclass(frozen=True, slots=True)
class _Opening:
    """Opens servers for a shard."""

    servers: Callable[[], AbstractContextManager[Servers]]
    preferred: Sequence[str]
    retries: int
    skip: int

    @contextmanager
    def __call__(self, items: Iterable[Item]) -> Generator[Iterable[Item]]:
        with self.servers() as servers:
            files = list(_files(items, servers))
            expect(files, self.preferred)
            yield FoundItems(files, self.preferred, self.retries, self.skip)


def fetch_shared(
    shared: Shared,
    files: Sequence[DrsFile],
    folder: str | os.PathLike[str],
    preferred: Sequence[str],
    retries: int,
    skip: int,
    **options: Any,
) -> TransferReport:
    """Has workers fetch files that were found.

    Args:
        shared: Who fetches.
        files: The files.
        folder: Where to; made when it isn't there.
        preferred: Kinds, clouds or regions of storage that are wanted most.
        retries: Failures in a row that end a file, 0 for none.
        skip: Ways that were tried before and aren't any more.
        **options: Of `omicsdk.transfer.scale.sharded.download_by`: connections, progress, stop and control.
    """
    from omicsdk.transfer.scale.sharded import download_by

    items = [item_for(file, _waiting(file), retries) for file in files]
    opening = _Opening(shared.servers, tuple(preferred), retries, skip)
    return download_by(shared.crew, items, folder, opening=opening, **options)


def _waiting(file: DrsFile) -> _Waiting:
    assert file.server is not None  # or it couldn't be fetched
    return _Waiting(file.wanted, file.found, file.server.host)


def _files(items: Iterable[Item], servers: Servers) -> Iterator[DrsFile]:
    """The files that a shard's items stand for; what has no login fails by itself."""
    for item in items:
        waiting = item.locate
        assert isinstance(waiting, _Waiting)
        server: DrsServer | None = None
        error: OmicsError | None = None
        try:
            server = servers.at(waiting.host)
        except OmicsError as refused:
            error = refused
        yield DrsFile(waiting.wanted, item.name, waiting.found, server, error)
