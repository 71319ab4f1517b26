"""Downloads of DRS objects into a folder: found, verified by what their servers state, and gone on with after an interrupt."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from omicsdk.core.clock import SYSTEM_CLOCK
from omicsdk.drs.errors import IsABundle
from omicsdk.drs.fetching import fetch_found as fetch_found
from omicsdk.drs.fetching import with_outcomes
from omicsdk.drs.identifiers import DrsId
from omicsdk.drs.planning import DrsFile, Layout, Wanted, find, wanted_of
from omicsdk.drs.resolution import Resolver
from omicsdk.drs.servers import CredentialsOf, Servers
from omicsdk.transfer import Control, Outcome, Progress, TransferReport

if TYPE_CHECKING:
    import threading

    from omicsdk.drs.sharing import Shared


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
    shared: Shared | None = None,
) -> TransferReport:
    """Fetches objects into a folder; bundles become folders.

    Each file is verified by its size and all checksums that its server states; of what is stated here with name, size and
    checksum, by these, and its server is asked for it only when its turn comes. Where a server lists several ways to its bytes,
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
        shared: The workers that fetch what was found; None where this process does. A dry run asks none of them.

    Returns:
        The outcome of each file, in the order of the identifiers.

    Raises:
        NotADrsId: One of them isn't an identifier; nothing was asked for.
        NotWritable: The folder can't be written.
    """
    wanted = list(wanted_of(identifiers))
    control = control or Control()
    control.begin(SYSTEM_CLOCK.monotonic())
    own = None if servers is not None else Servers(Resolver(default_host), credentials)
    asked = servers or own
    assert asked is not None
    options: dict[str, Any] = {
        "connections": connections,
        "progress": progress,
        "stop": stop,
        "control": control,
        "dry_run": dry_run,
        "shared": shared,
    }

    def stopped() -> bool:
        return control.over(SYSTEM_CLOCK.monotonic(), stop)

    def fetched(files: Sequence[DrsFile]) -> TransferReport:
        return fetch_found(files, folder, preferred, retries, **options)

    try:
        files = find(wanted, asked, layout, stopped)
        report = fetched(files)
        return report if report.ok else _with_bundles(report, files, asked, fetched, stopped)
    finally:
        if own is not None:
            own.close()


def _with_bundles(
    report: TransferReport,
    files: Sequence[DrsFile],
    servers: Servers,
    fetched: Callable[[Sequence[DrsFile]], TransferReport],
    stopped: Callable[[], bool],
) -> TransferReport:
    """Fetches the members of what was stated as files and proved to be bundles."""
    bundles = [at for at, outcome in enumerate(report.outcomes) if isinstance(outcome.error, IsABundle)]
    members: dict[int, list[Outcome]] = {}
    for at in bundles:
        wanted = replace(files[at].wanted, name=files[at].name, size=None, checksums={})
        inner = fetched(find([wanted], servers, stopped=stopped))
        members[at] = list(inner.outcomes)
        report.seconds += inner.seconds
        report.why_stopped = report.why_stopped or inner.why_stopped
    if not members:
        return report
    return with_outcomes(report, (one for at, each in enumerate(report.outcomes) for one in members.get(at, [each])))
