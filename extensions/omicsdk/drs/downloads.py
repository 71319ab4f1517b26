"""Bytes of DRS objects: downloads into a folder, found, verified by what their servers state, and resumed after an interrupt; and one object
read without storing it: its description, its location, its bytes.
"""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Never, Self, Unpack

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.batches import grouped
from omicsdk.core.clock import SYSTEM_CLOCK
from omicsdk.core.errors import APIError, NameClash, OmicsError, UnsafePath, UsageError
from omicsdk.core.logs import logger
from omicsdk.drs.client import Drs
from omicsdk.drs.identifiers import DrsId, parse_drs_id
from omicsdk.drs.objects import DrsObject, IsABundle, NoAccess, in_order, verifiable
from omicsdk.drs.planning import DrsFile, Layout, RequestedObject, find, requested_objects
from omicsdk.drs.resolution import ResolutionSettings
from omicsdk.drs.server import DrsServer
from omicsdk.drs.servers import HasServers, Servers
from omicsdk.transfer import Item, Location, Outcome, SelectionOptionsDict, TransferOptions, TransferReport
from omicsdk.transfer.filters import fits_rules
from omicsdk.transfer.items import MappedItems, guard_of

if TYPE_CHECKING:
    from omicsdk.transfer.scale.workers import WorkerPool


def expect(files: Sequence[DrsFile], prefer: Sequence[str]) -> None:
    """Announce to each server object which files will be requested.

    Args:
        files: The files that will be fetched.
        prefer: Kinds, clouds or regions of storage to prefer.
    """
    for server, some in grouped((file.server, file) for file in files if file.server is not None).items():
        server.expect((file.found for file in some if file.found is not None), prefer)
        server.expect_objects((file.requested.identifier for file in some if file.found is None), prefer)


def items_of(files: Iterable[DrsFile], prefer: Sequence[str] = (), skip: int = 0) -> MappedItems[DrsFile]:
    """Return items for the engine, created in each iteration.

    Args:
        files: The files.
        prefer: Kinds, clouds or regions of storage to prefer.
        skip: Ways that were tried before and are not any more.
    """
    return MappedItems(lambda file: item_for(file, locator_of(file, prefer, skip)), files)


def item_for(file: DrsFile, locate: Callable[[], Location]) -> Item:
    """Return the engine's item for a file.

    Args:
        file: The file.
        locate: Returns the location of its bytes.
    """
    object_, requested = file.found, file.requested
    checksums = {**(object_.checksums if object_ is not None else {}), **verifiable(requested.checksums)}
    size = requested.size if requested.size is not None or object_ is None else object_.size
    return Item(file.name, locate, size, checksums, label_of(file), source=requested.identifier.text)


def label_of(file: DrsFile) -> str:
    """Return a file's name in messages, if it differs from its path."""
    text = file.requested.identifier.text
    return text if text != file.name else ""


def locator_of(file: DrsFile, prefer: Sequence[str] = (), skip: int = 0) -> Callable[[], Location]:
    """Return a function that locates the bytes of a file; it requests the object first if needed.

    Args:
        file: The file.
        prefer: Kinds, clouds or regions of storage to prefer.
        skip: Ways that were tried before and are not any more.
    """
    server, error = file.server, file.error
    if server is None or error is not None:
        return lambda: _raise(error or OmicsError(f"{file.name}: not found"))
    if file.found is not None:
        return server.locator(file.found, prefer, skip)
    locator: Callable[[], Location] | None = None

    def locate() -> Location:
        nonlocal locator
        if locator is None:
            # Planned as it was stated, so that its server is first asked here; it may be a bundle after all.
            described = server.described(file.requested.identifier)
            if described.is_bundle:
                raise IsABundle(f"{file.requested.identifier} is a bundle, and is stated as one file", name=file.name)
            locator = server.locator(described, prefer, skip)
        return locator()

    return locate


def _raise(error: OmicsError) -> Never:
    raise error


@dataclass(frozen=True, slots=True)
class Shared:
    """A download that several workers share.

    Attributes:
        pool: The workers.
        servers: Opens the servers in a worker, with the login of the process that downloads; it must be picklable.
    """

    pool: WorkerPool
    servers: Callable[[], AbstractContextManager[Servers]]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A placeholder for a file's location until a worker has opened its servers."""

    requested: RequestedObject
    drs_object: DrsObject | None
    host: str

    @classmethod
    def of(cls, file: DrsFile) -> Self:
        """The placeholder for the location of a file."""
        assert file.server is not None  # or it could not be fetched
        return cls(file.requested, file.found, file.server.host)

    def __call__(self) -> Never:
        raise RuntimeError(f"{self.requested.identifier} was requested before its worker opened a server")


@dataclass(frozen=True, slots=True)
class _Opening:
    """Opens servers for a shard."""

    servers: Callable[[], AbstractContextManager[Servers]]
    prefer: Sequence[str]
    skip: int

    @contextmanager
    def __call__(self, items: Iterable[Item]) -> Generator[Iterable[Item]]:
        with self.servers() as servers:
            files = list(_files(items, servers))
            expect(files, self.prefer)
            yield items_of(files, self.prefer, self.skip)


def _files(items: Iterable[Item], servers: Servers) -> Iterator[DrsFile]:
    """The files of a shard's items; one without a login fails alone."""
    for item in items:
        waiting = item.locate
        assert isinstance(waiting, _Waiting)
        server: DrsServer | None = None
        error: OmicsError | None = None
        try:
            server = servers.at(waiting.host)
        except OmicsError as refused:
            error = refused
        yield DrsFile(waiting.requested, item.name, waiting.drs_object, server, error)


_CLASH_REMEDY = "Name each file once, or place each in a folder named after its identifier (layout id)."
_UNSAFE = "The other files are not affected. Give it another name."


def fetch_found(
    files: Sequence[DrsFile],
    folder: str | os.PathLike[str],
    prefer: Sequence[str] = (),
    *,
    options: TransferOptions,
    shared: Shared | None = None,
) -> TransferReport:
    """Download found files by the first access method that works.

    A file that was not found, or whose name is unsafe or used by an earlier one, fails without stopping the others.

    Args:
        files: The files; the servers that have them must still be open.
        folder: The target folder, created if missing.
        prefer: Kinds, clouds or regions of storage to prefer.
        options: The options of the transfer.
        shared: The workers that download; None if this process does. A dry run uses none of them.

    Returns:
        The outcome of each file, in order.

    Raises:
        NotWritable: The folder is not writable.
    """
    from omicsdk.transfer import download as fetch

    lost = _lost(files, folder)
    good = [file for at, file in enumerate(files) if at not in lost]

    def fetched(some: Sequence[DrsFile], skip: int = 0) -> TransferReport:
        if shared is None or options.dry_run:
            return fetch(items_of(some, prefer, skip), folder, options=options)
        from omicsdk.transfer.scale.workers import download_by

        # Servers have locks and connections: workers get the host's name, and open their own.
        items = [item_for(file, _Waiting.of(file)) for file in some]
        opening = _Opening(shared.servers, tuple(prefer), skip)
        return download_by(shared.pool, items, folder, opening=opening, options=options)

    if shared is None:  # workers find the servers themselves
        expect(good, prefer)
    report = fetched(good)
    if not options.dry_run:
        report = _by_other_ways(report, good, prefer, fetched)
    sent = iter(report.outcomes)
    return report.with_outcomes(lost.get(at) or next(sent) for at in range(len(files))) if lost else report


def _lost(files: Iterable[DrsFile], folder: str | os.PathLike[str]) -> dict[int, Outcome]:
    """The outcomes of files that cannot be fetched, by their places."""
    guard = guard_of(str(Path(folder).absolute()), read_only=True)
    lost: dict[int, Outcome] = {}
    for at, file in enumerate(files):
        error = file.error
        if error is None:
            try:
                guard.check(file.name)
            except UnsafePath as unsafe:
                error = unsafe
        if isinstance(error, UnsafePath):
            error.remedy = _CLASH_REMEDY if isinstance(error, NameClash) else _UNSAFE
        if error is not None:
            lost[at] = Outcome.of_error(file.name, error, file.size)._replace(label=label_of(file))
    return lost


def _by_other_ways(
    report: TransferReport,
    files: Sequence[DrsFile],
    prefer: Sequence[str],
    fetched: Callable[[Sequence[DrsFile], int], TransferReport],
) -> TransferReport:
    """Download files again that their storage lacks, from another one that their servers list."""
    skip = 1
    # One copy less in each round; it ends, since files with no other method are not among those that are fetched again.
    while report.failed and not report.why_stopped:
        gone = {at: files[at] for at, outcome in enumerate(report.outcomes) if outcome.is_gone}
        again = {
            at: file
            for at, file in _described(gone).items()
            if file.found is not None and len(in_order(file.found.methods, prefer)) > skip
        }
        if not again:
            return report
        report = report.with_rerun(list(again), fetched(list(again.values()), skip))
        skip += 1
    return report


def _described(files: Mapping[int, DrsFile]) -> dict[int, DrsFile]:
    """The files with their objects, by their places; those that were planned as they were stated are requested."""
    resolved = {at: file for at, file in files.items() if file.found is not None}
    later = grouped((file.server, at) for at, file in files.items() if file.found is None and file.server is not None)
    for server, places in later.items():
        responses = server.describe_many([files[at].requested.identifier for at in places])
        for at, response in zip(places, responses, strict=True):
            if isinstance(response, DrsObject):
                resolved[at] = DrsFile(files[at].requested, files[at].name, response, server)
    return dict(sorted(resolved.items()))


@text_is_one_item
def download(
    client: Drs,
    what: str | DrsId | RequestedObject | Iterable[str | DrsId | RequestedObject],
    folder: str | os.PathLike[str] = ".",
    *,
    layout: Layout = "name",
    prefer: str | Sequence[str] = (),
    settings: ResolutionSettings | None = None,
    google_project: str | None = None,
    **options: Unpack[SelectionOptionsDict],
) -> TransferReport:
    """Download objects into a folder; bundles become folders.

    Each file is verified by its size and all checksums that its server states, or that were given here. Where a server
    lists several access methods, they are tried in turn. Complete files are not fetched again; run it again to resume.
    A file that fails does not stop the others.

    Args:
        what: Objects: drs://HOST/ID, compact identifiers (drs://PREFIX:ID), or identifiers of the base URL's server.
        folder: Folder for the files; created if missing.
        layout: Store files by name, or each in a folder named after its identifier, for duplicate names.
        prefer: Types, clouds or regions of storage that are tried first, such as gs.
        settings: How prefixes of compact identifiers are resolved; by default from the environment.
        google_project: Google project to bill for gs:// objects in requester-pays buckets; by default OMICS_GOOGLE_PROJECT.
        **options: See `omicsdk.transfer.TransferOptions`. A dry run requests the objects. Servers state no times of
            change, so that `newer` and `older` select nothing.

    Returns:
        The outcome of each file, in the order of the identifiers.

    Raises:
        NotADrsId: One of them is not an identifier; nothing was requested.
        NotWritable: The folder cannot be written.
        TransferFailed: A file failed.

    Example:
        client.download("0c8ae6a5-5b0e-4f37-9d1e-2a7f6c3b1d90", "data")
    """
    chosen = TransferOptions.of(options, selects=True)
    requested = list(requested_objects(what))
    with client.servers(settings) as servers:
        servers.storage.project = google_project or servers.storage.project
        report = download_objects(requested, folder, servers=servers, layout=layout, prefer=prefer, options=chosen)
    return chosen.checked(report)


def download_objects(
    requested: Sequence[RequestedObject],
    folder: str | os.PathLike[str],
    *,
    servers: Servers,
    options: TransferOptions,
    layout: Layout = "name",
    prefer: Sequence[str] = (),
    shared: Shared | None = None,
) -> TransferReport:
    """Download objects from servers; arguments and errors are those of `download`, but the report states failures.

    Args:
        servers: The servers; they stay open.
        options: The options of the transfer.
        shared: The workers that fetch; None if this process does. A dry run uses none of them.
    """
    options.control.begin(SYSTEM_CLOCK.monotonic())

    def stopped() -> bool:
        return options.stopped

    def fetched(files: Sequence[DrsFile]) -> TransferReport:
        return fetch_found(files, folder, prefer, options=options, shared=shared)

    def selected(files: Iterable[DrsFile]) -> list[DrsFile]:
        return [file for file in files if options.fits(file.name, file.size) or _is_unsized(file, options)]

    # Manifests are joined, and list a file again then; with other facts, they contradict each other.
    distinct = {(item.identifier, item.name, item.size, *sorted(item.checksums.items())): item for item in requested}
    files = selected(find(list(distinct.values()), servers, layout, stopped))
    report = fetched(files)
    if report.ok:
        return report
    # A stated file that proved to be a bundle: its members are downloaded instead.
    members: dict[int, list[Outcome]] = {}
    for at in [at for at, outcome in enumerate(report.outcomes) if isinstance(outcome.error, IsABundle)]:
        bundle = replace(files[at].requested, name=files[at].name, size=None, checksums={})
        inner = fetched(selected(find([bundle], servers, stopped=stopped)))
        members[at] = list(inner.outcomes)
        report.seconds += inner.seconds
        report.why_stopped = report.why_stopped or inner.why_stopped
    if not members:
        return report
    return report.with_outcomes(
        (outcome for at, outcome_file in enumerate(report.outcomes) for outcome in members.get(at, [outcome_file]))
    )


def _is_unsized(file: DrsFile, options: TransferOptions) -> bool:
    """Whether a file was not found, so that nothing is known of it but a name that is selected."""
    return file.error is not None and fits_rules(options.rules, file.name)


# -- results


def verify(
    client: HasServers,
    what: str | DrsId | RequestedObject | Iterable[str | DrsId | RequestedObject],
    folder: str | os.PathLike[str] = ".",
    *,
    layout: Layout = "name",
    settings: ResolutionSettings | None = None,
    stop: threading.Event | None = None,
) -> TransferReport:
    """Compare downloaded files with the sizes and checksums that their servers state.

    Args:
        what: The downloaded objects; as for `download`.
        folder: The folder that it was downloaded to.
        layout: The layout that it was downloaded with.
        settings: How prefixes of compact identifiers are resolved; by default from the environment.
        stop: Stops the comparison when set.

    Returns:
        The outcome of each file, in order: done if it is right, failed if it is missing or differs.

    Raises:
        OmicsError: An object cannot be described by its server.
    """
    from omicsdk.transfer import verify

    with client.servers(settings) as servers:
        files = find(list(requested_objects(what)), servers, layout)
        for file in files:
            if file.error is not None:
                raise file.error
        return verify(list(items_of(files)), folder, stop=stop)


_log = logger("omicsdk.drs")

BUFFER = 1 << 18
"""Bytes that are read ahead of a reader's own requests."""


@contextmanager
@text_is_one_item
def open_object(
    client: HasServers,
    what: str | DrsId,
    *,
    prefer: str | Sequence[str] = (),
    settings: ResolutionSettings | None = None,
    resume_unvalidated: bool = False,
) -> Generator[BinaryIO]:
    """Open an object for reading; it can be sought, and nothing is stored.

    A broken connection is resumed where it broke. Checksums are not verified: they are of the whole object.

    Args:
        what: The object: `drs://HOST/ID`, a compact identifier, or an identifier alone (of Gen3 a GUID), which the base
            URL's server has.
        prefer: Types, clouds or regions of storage that are tried first, such as `gs`.
        settings: How prefixes of compact identifiers are resolved; by default from the environment.
        resume_unvalidated: Join the bytes of several responses even if the storage sends no ETag, so that nothing shows
            that they are of one version of the file.

    Raises:
        NotADrsId: It is not an identifier.
        NotFound: Its server has no such object.
        UsageError: It is a bundle.
        TransferError: While reading: the object changed, or its storage does not serve ranges, or gives no ETag to join
            them by.
    """
    from omicsdk.transfer.network.connection_pool import ConnectionPool
    from omicsdk.transfer.ranges import RangeFile, Ranges

    identifier = parse_drs_id(what) if isinstance(what, str) else what
    with client.servers(settings) as servers:
        server = servers.of(identifier)
        object_ = server.describe(identifier)
        if object_.is_bundle:
            raise UsageError(f"{identifier} is a bundle", remedy="List it, and open one of its files.")
        locator = server.locator(object_, prefer)
        ranges = Ranges(
            locator,
            object_.size,
            title=object_.name,
            pool=ConnectionPool(client=servers.client),
            skip=locator.skip,
            unvalidated=resume_unvalidated,
        )
        with io.BufferedReader(RangeFile(ranges), BUFFER) as file:
            yield file


def describe(
    client: HasServers, what: str | DrsId, *, expand: bool = False, settings: ResolutionSettings | None = None
) -> dict[str, Any]:
    """Show an object as its server describes it; no file is written.

    Args:
        what: The object: `drs://HOST/ID`, a compact identifier, or an identifier of the base URL's server.
        expand: Also request the contents of bundles in a bundle.
        settings: How prefixes of compact identifiers are resolved; by default from the environment.

    Returns:
        The server's description, as JSON.

    Raises:
        NotADrsId: It is not an identifier.
        NotFound: Its server has no such object.
    """
    identifier = parse_drs_id(what) if isinstance(what, str) else what
    with client.servers(settings) as servers:
        return servers.of(identifier).document(identifier, expand=expand)


@text_is_one_item
def locate(
    client: HasServers,
    what: str | DrsId,
    *,
    prefer: str | Sequence[str] = (),
    settings: ResolutionSettings | None = None,
) -> dict[str, Any]:
    """Show the location of an object: its server, and the URLs of its bytes.

    A URL may be signed; everyone who has it can read the object until it expires.

    Args:
        what: The object: `drs://HOST/ID`, a compact identifier, or an identifier of the base URL's server.
        prefer: Types, clouds or regions of storage that come first, such as `gs`.
        settings: How prefixes of compact identifiers are resolved; by default from the environment.

    Returns:
        The `host`, the `object_id` there, and of each access method its `type`, `region` and `url`; none of a bundle.
        Those that the server refuses are left out with a warning.

    Raises:
        NotADrsId: It is not an identifier.
        NotFound: Its server has no such object.
        APIError: The server refuses all access methods.
    """
    identifier = parse_drs_id(what) if isinstance(what, str) else what
    with client.servers(settings) as servers:
        server = servers.of(identifier)
        object_ = server.describe(identifier)
        access: list[dict[str, str | None]] = []
        errors: list[OmicsError] = []
        for method in in_order(object_.methods, prefer):
            try:
                url = server.locate(object_, method).url
            except (APIError, NoAccess) as error:  # of one storage; another one may have the bytes, too
                errors.append(error)
                continue
            access.append({"type": method.kind, "region": method.region or None, "url": url})
    if errors and not access:
        raise errors[0]
    for error in errors:
        _log.warning("%s: %s", identifier, error)
    return {"host": server.host, "object_id": object_.id, "is_bundle": object_.is_bundle, "access": access}
