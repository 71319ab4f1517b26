"""Downloads from commons: GUIDs, DRS URIs and manifests, of one commons or of several, verified and gone on with."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import OmicsError, TransportError, Unauthorized
from omicsdk.core.narrowing import is_object
from omicsdk.drs.downloading import download as download_objects
from omicsdk.drs.hosts import ResolutionSettings
from omicsdk.drs.identifiers import DrsId
from omicsdk.drs.planning import Layout, Wanted
from omicsdk.drs.resolution import Resolver
from omicsdk.drs.servers import Servers
from omicsdk.drs.sharing import Shared
from omicsdk.gen3.data.logins import Logins
from omicsdk.gen3.data.refusals import explained
from omicsdk.transfer import Control, Outcome, Outcomes, Progress, TransferReport
from omicsdk.transfer.scale.crew import Crew

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.credentials import Credentials
    from omicsdk.gen3.commons import Commons


def download(
    commons: Commons,
    wanted: Iterable[str | DrsId | Wanted],
    folder: str | os.PathLike[str],
    *,
    layout: Layout = "name",
    preferred: Sequence[str] = (),
    retries: int = 10,
    connections: int = 16,
    settings: ResolutionSettings | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
    control: Control | None = None,
    dry_run: bool = False,
    workers: int | None = None,
    scheduler: Any = None,
) -> TransferReport:
    """Downloads files; bundles become folders.

    Each file is verified by its size and every checksum that its record states; of what a manifest states with name, size and
    checksum, by these, and its record is asked for only when its turn comes. Identifiers that name another commons, or whose
    prefix is another's, are fetched there, with a token of the workspace token service where it has one. What was fetched once
    isn't fetched again, and a file that fails doesn't stop the others.

    Args:
        commons: One's own commons, with its login.
        wanted: GUIDs, `drs://HOST/ID`, compact identifiers, or with what a manifest states of them.
        folder: Where to; made when it isn't there.
        layout: `name` puts files under their names, `id` each into a folder that is called like its GUID, for sets in which
            names come more than once.
        preferred: Kinds, clouds or regions of storage that are wanted most, such as `gs`.
        retries: Failures in a row that end a file, 0 for none.
        connections: How many requests for bytes run at once, at most.
        settings: How prefixes of other commons are resolved; by default as the environment says.
        progress: Called a few times a second.
        stop: Set it to end the download within a second; the same call goes on from there.
        control: Stops and pauses it, limits its rate, and bounds its time.
        dry_run: Only tell what would happen with each file; commons are asked for records that aren't stated, nothing is
            written.
        workers: Processes of this machine that share the files out, 1 or more; by default this one fetches alone. They import
            the program's main module: it begins its work below `if __name__ == "__main__":`.
        scheduler: The workers of a Dask cluster do so in their place: its scheduler's address (`tcp://HOST:8786`), a cluster,
            or a `distributed.Client`. They must see the folder under the same path; the login is sent to them.

    Returns:
        The outcome of each file, in the order of what is wanted. Call `raise_if_failed()` on it.

    Raises:
        NotADrsId: One of them isn't an identifier; nothing was asked for.
        NotWritable: The folder can't be written.
        UsageError: Workers and a scheduler are both given, or a login that can't be sent to them.
        MissingExtra: A scheduler is meant, and `distributed` isn't installed.
        NoScheduler: Nothing that speaks Dask answers there.
    """
    crew = Crew.of(workers, scheduler)
    logins = Logins(commons)
    with Servers(resolver_of(commons, settings), logins) as servers:
        report = download_objects(
            wanted,
            folder,
            servers=servers,
            layout=layout,
            preferred=preferred,
            retries=retries,
            connections=connections,
            progress=progress,
            stop=stop,
            control=control,
            dry_run=dry_run,
            shared=None if crew is None else Shared(crew, SameCommons(commons.endpoint, commons.auth)),
        )
    _explain(report, logins)
    return report


@dataclass(frozen=True, slots=True)
class SameCommons:
    """Opens the servers of a commons, and of others that its login leads to, in another process.

    Attributes:
        endpoint: The commons.
        auth: Its login.
    """

    endpoint: str
    auth: Credentials | httpx.Auth | None = field(repr=False)

    @contextmanager
    def __call__(self) -> Generator[Servers]:
        """Opens them for as long as the block runs."""
        from omicsdk.gen3.commons import Commons

        home = Resolver(self.endpoint.partition("://")[2])  # where each object is was found out before
        with Commons(self.endpoint, self.auth) as commons, Servers(home, Logins(commons)) as servers:
            yield servers


def resolver_of(commons: Commons, settings: ResolutionSettings | None = None) -> Resolver:
    """What finds the commons of identifiers: those of one's own prefix, and those without one, are at home.

    Args:
        commons: One's own commons; it is asked for its prefix.
        settings: How prefixes of others are resolved; by default as the environment says.
    """
    host = commons.endpoint.partition("://")[2]
    prefix = own_prefix(commons)
    return Resolver(host, mds_url=commons.endpoint, known={prefix: host} if prefix else {}, settings=settings)


def own_prefix(commons: Commons) -> str:
    """The prefix of a commons' own GUIDs, such as `dg.4503`; empty where it has none, or doesn't say."""
    try:
        told: object = commons.indexd.get_guids_prefix.raw().json()
    except TransportError:
        raise
    except (OmicsError, ValueError):
        return ""
    prefix = told.get("prefix") if is_object(told) else None
    return prefix.strip().rstrip("/:") if isinstance(prefix, str) else ""


def _explain(report: TransferReport, logins: Logins) -> None:
    """Says with each 401 what it means: another commons was asked without a login, or a good login may not read the file."""
    if any(isinstance(outcome.error, Unauthorized) for outcome in report.failed):
        report.outcomes = Outcomes(_explained(outcome, logins) for outcome in report.outcomes)


def _explained(outcome: Outcome, logins: Logins) -> Outcome:
    error = outcome.error
    return outcome._replace(error=explained(error, logins)) if isinstance(error, Unauthorized) else outcome
