"""Downloads of DRS objects into a folder: found, verified by what their servers state, and gone on with after an interrupt."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Never

from omicsdk.core.errors import APIError, OmicsError
from omicsdk.drs.access import in_order
from omicsdk.drs.identifiers import DrsId
from omicsdk.drs.objects import AccessMethod, DrsObject
from omicsdk.drs.planning import DrsFile, Layout, Wanted, find, wanted_of
from omicsdk.drs.resolution import Resolver
from omicsdk.drs.server import DrsServer
from omicsdk.drs.servers import CredentialsOf, Servers
from omicsdk.transfer import Control, Item, Location, Outcome, Progress, TransferReport
from omicsdk.transfer import download as fetch

if TYPE_CHECKING:
    import threading

_GONE = (403, 404, 410)
"""Statuses of a storage that say that another copy may be there."""


def download(
    identifiers: Iterable[str | DrsId | Wanted],
    folder: str | os.PathLike[str],
    *,
    default_host: str = "",
    credentials: CredentialsOf | None = None,
    servers: Servers | None = None,
    layout: Layout = "name",
    preferred: Sequence[str] = (),
    retries: int = 10,
    connections: int = 16,
    progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    control: Control | None = None,
    dry_run: bool = False,
) -> TransferReport:
    """Fetches objects into a folder; bundles become folders.

    Each file is verified by its size and all checksums that its server states. Where a server lists several ways to its bytes,
    they are tried in turn. What was fetched once isn't fetched again, and a file that fails doesn't stop the others.

    Args:
        identifiers: What to fetch: `drs://HOST/ID`, compact identifiers, or identifiers alone (which `default_host` has).
        folder: Where to; made when it isn't there.
        default_host: The server of identifiers that name none.
        credentials: Gives the login for a host; it goes to that server alone, never to where the bytes are.
        servers: Servers to ask in the place of new ones; they stay open.
        layout: `name` puts files under their names, `id` each into a folder that is called like its identifier, for sets in
            which names come more than once.
        preferred: Kinds, clouds or regions of storage that are wanted most, such as `gs`.
        retries: Failures in a row that end a file, 0 for none.
        connections: How many requests for bytes run at once, at most.
        progress: Called a few times a second.
        stop: Set it to end the download within a second; the same call goes on from there.
        control: Stops and pauses it, limits its rate, and bounds its time.
        dry_run: Only tell what would happen with each file; servers are asked for objects, nothing is written.

    Returns:
        The outcome of each file, in the order of the identifiers.

    Raises:
        NotADrsId: One of them isn't an identifier; nothing was asked for.
        NotWritable: The folder can't be written.
    """
    wanted = list(wanted_of(identifiers))
    own = None if servers is not None else Servers(Resolver(default_host), credentials)
    asked = servers or own
    assert asked is not None
    options: dict[str, Any] = {
        "connections": connections,
        "progress": progress,
        "stop": stop,
        "control": control,
        "dry_run": dry_run,
    }
    try:
        return fetch_found(find(wanted, asked, layout), folder, preferred, retries, **options)
    finally:
        if own is not None:
            own.close()


def fetch_found(
    files: Sequence[DrsFile],
    folder: str | os.PathLike[str],
    preferred: Sequence[str] = (),
    retries: int = 10,
    **options: Any,
) -> TransferReport:
    """Fetches files that were found, by the first way that works.

    Args:
        files: The files; the servers that have them must still be open.
        folder: Where to; made when it isn't there.
        preferred: Kinds, clouds or regions of storage that are wanted most.
        retries: Failures in a row that end a file, 0 for none.
        **options: Of `omicsdk.transfer.download`, such as connections, progress, stop, control and dry_run.

    Returns:
        The outcome of each file, in their order.

    Raises:
        NotWritable: The folder can't be written.
    """
    _expect(files, preferred)
    report = fetch(items_of(files, preferred, retries), folder, **options)
    return report if options.get("dry_run") else _by_other_ways(report, files, folder, preferred, retries, options)


def _expect(files: Iterable[DrsFile], preferred: Sequence[str]) -> None:
    """Tells each server which URLs will be asked of it."""
    by_server: dict[DrsServer, list[tuple[DrsObject, AccessMethod]]] = {}
    for file in files:
        ways = in_order(file.found.methods, preferred) if file.found is not None else []
        if ways and file.server is not None and file.found is not None:
            by_server.setdefault(file.server, []).append((file.found, ways[0]))
    for server, wanted in by_server.items():
        server.expect(wanted)


def items_of(files: Iterable[DrsFile], preferred: Sequence[str] = (), retries: int = 10) -> Iterator[Item]:
    """What the engine fetches for files that were found; those that weren't fail with their errors.

    Args:
        files: The files.
        preferred: Kinds, clouds or regions of storage that are wanted most.
        retries: Failures in a row that end a file.
    """
    for file in files:
        yield item_of(file, preferred, retries)


def item_of(file: DrsFile, preferred: Sequence[str] = (), retries: int = 10, skip: int = 0) -> Item:
    """What the engine fetches for a file.

    Args:
        file: The file.
        preferred: Kinds, clouds or regions of storage that are wanted most.
        retries: Failures in a row that end it.
        skip: Ways that were tried before and aren't any more.
    """
    found, server, label = file.found, file.server, file.wanted.identifier.text
    if found is None or server is None:
        return Item(file.name, _failing(file.error), label=label, retries=0)
    stated = {**found.checksums, **file.wanted.checksums}
    size = found.size if file.wanted.size is None else file.wanted.size
    locate = server.locator(found, preferred, skip)
    return Item(file.name, locate, size, stated, label if file.name != label else "", retries)


def _failing(error: OmicsError | None) -> Callable[[], Location]:
    def fail() -> Never:
        raise error or OmicsError("the object wasn't found")

    return fail


def _by_other_ways(
    report: TransferReport,
    files: Sequence[DrsFile],
    folder: str | os.PathLike[str],
    preferred: Sequence[str],
    retries: int,
    options: dict[str, Any],
) -> TransferReport:
    """Fetches files again whose storage hasn't got them, where their servers list another one."""
    skip = 1
    while report.ok is False and not report.why_stopped:
        again = {
            file.name: file
            for file, outcome in zip(files, report.outcomes, strict=True)
            if _is_gone(outcome) and file.found is not None and len(in_order(file.found.methods, preferred)) > skip
        }
        if not again:
            return report
        second = fetch((item_of(file, preferred, retries, skip) for file in again.values()), folder, **options)
        better = {outcome.name: outcome for outcome in second.outcomes}
        outcomes = [better.get(each.name, each) if _is_gone(each) else each for each in report.outcomes]
        report = TransferReport(
            outcomes,
            report.seconds + second.seconds,
            throughput=report.throughput,
            began=report.began,
            title=report.title,
            why_stopped=second.why_stopped,
        )
        skip += 1
    return report


def _is_gone(outcome: Outcome) -> bool:
    return outcome.state == "failed" and isinstance(outcome.error, APIError) and outcome.error.status in _GONE
