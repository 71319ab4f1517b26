"""Downloads from commons: GUIDs, DRS URIs and manifests, of one commons or of several, verified and resumed."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack
from urllib.parse import urlsplit

import omicsdk.transfer
from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.checked_json import checked_json
from omicsdk.core.credentials import ANONYMOUS, BearerToken, Credentials, origin_of
from omicsdk.core.errors import OmicsError, Unauthorized
from omicsdk.core.logs import logger
from omicsdk.core.model import STRING, members
from omicsdk.core.page_items import found_at
from omicsdk.core.response import json_of
from omicsdk.core.type_guards import is_object, only_objects
from omicsdk.drs.downloads import Shared, download_objects
from omicsdk.drs.identifiers import DrsId, parse_drs_id
from omicsdk.drs.objects import checksums_of
from omicsdk.drs.planning import Layout, RequestedObject, requested_objects
from omicsdk.drs.resolution import ResolutionSettings, Resolver, server_url
from omicsdk.drs.servers import Servers
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.index_records import guids_prefix, record_of
from omicsdk.gen3.login import Gen3Login
from omicsdk.gen3.manifests.rows import rows_of
from omicsdk.gen3.manifests.tables import Fault, OnFault
from omicsdk.gen3.sources import endpoint_of
from omicsdk.transfer import Item, Location, SelectionOptionsDict, TransferOptions, TransferOptionsDict, TransferReport
from omicsdk.transfer.journal import journal_for, remove_journal
from omicsdk.transfer.names import safe_name
from omicsdk.transfer.scale import worker_pool

if TYPE_CHECKING:
    import httpx


_log = logger("omicsdk.gen3")
_VERIFIED = ("md5", "sha1", "sha256", "sha512")


class Logins:
    """The login for each host; callable, as `omicsdk.drs` requires.

    Args:
        commons: Your own commons, with its login.

    Attributes:
        refused: Why there is no login for a host, by its name.
    """

    def __init__(self, commons: Gen3) -> None:
        self._commons = commons
        self._home = origin_of(commons.base_url)
        self.refused: dict[str, str] = {}

    def __call__(self, host: str) -> Credentials | None:
        """Return the login for a host.

        Args:
            host: Its name, with a port if it has one.

        Returns:
            The commons' own; for another commons a token of its workspace token service, which also renews it; None if
            there is none: public data can be read without.
        """
        auth = self._commons.credentials
        url = server_url(host)
        if origin_of(url) == self._home:
            return auth  # pyright: ignore[reportReturnType] - an httpx.Auth will do, too
        if not isinstance(auth, Gen3Login):
            self.refused[host] = "the login is for one commons only"
            return None
        try:
            token = auth.get_access_token_from_wts(url)
        except OmicsError as error:
            self.refused[host] = error.message
            _log.warning("not logged in to %s: %s", host, error.message)
            return None
        # To that commons alone; Fence's tokens end after 20 minutes, and are then requested anew.
        return BearerToken(token, origins=[url], refresh=lambda: auth.get_access_token_from_wts(url))

    def token(self, host: str) -> str | None:
        """Return an access token for a host; None without a login, with a warning if there could be one.

        Args:
            host: Its name, with a port if it has one.
        """
        login = self(host)
        try:
            header = login.headers("GET", server_url(host)).get("authorization", "") if login is not None else ""
        except OmicsError as error:
            _log.warning("%s: %s", host, error)
            return None
        return header.partition(" ")[2] or None

    def explained(self, error: Unauthorized) -> Unauthorized:
        """State whether a 401 means that another commons was asked without a login.

        Args:
            error: The response.

        Returns:
            The response with a remedy.
        """
        refusing_host = urlsplit(error.url).netloc.lower()
        refused_hosts = list(self.refused)  # other threads add to it meanwhile
        host = next((refused_host for refused_host in refused_hosts if refused_host.lower() == refusing_host), "")
        if host:
            why = f"There is no login for {host}: {self.refused[host]}."
            error.remedy = f"{why} Log in to it on your profile page, or use its own credentials."
        return error


@text_is_one_item
def download(
    client: Gen3,
    what: str | DrsId | RequestedObject | Iterable[str | DrsId | RequestedObject],
    folder: str | os.PathLike[str] = ".",
    *,
    layout: Layout = "name",
    prefer: str | Sequence[str] = (),
    settings: ResolutionSettings | None = None,
    workers: int | None = None,
    scheduler: Any = None,
    **options: Unpack[SelectionOptionsDict],
) -> TransferReport:
    """Download files; bundles become folders.

    Each file is verified by its size and every checksum that its record states. If a manifest states name, size and
    checksum, these are verified, and the record is requested only when the file's turn comes. Identifiers that name
    another commons, or have its prefix, are downloaded there, with a token of the workspace token service if it has
    one. Complete files are not downloaded again, and a file that fails does not stop the others.

    Args:
        what: One or several: GUIDs, `drs://HOST/ID`, compact identifiers, or with what a manifest states of them.
        folder: The folder; it is created.
        layout: `name` puts files under their names, `id` each into a folder named by its GUID, for sets with repeated
            names.
        prefer: Types, clouds or regions of storage that are tried first, such as `gs`.
        settings: How prefixes of other commons are resolved; by default from the environment.
        workers: Worker processes on this machine, 1 or more; by default this one downloads alone. They import the
            program's main module: it starts its work below `if __name__ == "__main__":`.
        scheduler: Workers of a Dask cluster in their place: its scheduler's address (`tcp://HOST:8786`), a cluster, or
            a `distributed.Client`. They must see the folder under the same path; the login is sent to them.
        **options: See `omicsdk.transfer.TransferOptions`. A dry run requests the records that are not stated. Times
            of change are not known, so that `newer` and `older` select nothing.

    Returns:
        The outcome of each file, in order.

    Raises:
        NotADrsId: One of them is not an identifier; nothing was requested.
        NotWritable: The folder cannot be written.
        UsageError: Both workers and a scheduler are given, or a login that cannot be sent to them.
        MissingExtra: A scheduler is given, and `distributed` is not installed.
        NoScheduler: No Dask scheduler responds at the address.
        TransferFailed: A file failed.

    Example:
        client.download("0c8ae6a5-5b0e-4f37-9d1e-2a7f6c3b1d90", "data")
    """
    chosen = TransferOptions.of(options, selects=True)
    objects = list(requested_objects(what))
    pool = worker_pool(workers, scheduler)
    shared = None if pool is None else Shared(pool, SameCommons(type(client), client.base_url, client.credentials))
    with client.servers(settings) as servers:
        report = download_objects(
            objects, folder, servers=servers, layout=layout, prefer=prefer, options=chosen, shared=shared
        )
    return chosen.checked(report)


def listed_objects(path: str | os.PathLike[str], on_fault: OnFault) -> Iterator[RequestedObject]:
    """Read the objects that a manifest lists, each with the name, size and checksums that it states.

    Args:
        path: The manifest, as `omicsdk.gen3.manifests.rows_of` reads it. A row may name its commons.
        on_fault: Takes the fault of a row, which is left out.

    Raises:
        ManifestError: It is not a manifest.
    """
    for row in rows_of(path, on_fault=on_fault):
        try:
            host = endpoint_of(row.commons_url).partition("://")[2] if row.commons_url else ""
            named = f"drs://{host}/{row.guid}" if host and not row.guid.startswith("drs://") else row.guid
            identifier = parse_drs_id(named)
        except OmicsError as error:
            on_fault(Fault(row.line, "", "", error.message, error.remedy))
            continue
        sums = {kind: value for kind, value in row.checksums.items() if kind in _VERIFIED}
        yield RequestedObject(identifier, row.file_name, row.size, sums)


def download_record(
    client: Gen3, guid: str, folder: str | os.PathLike[str] = ".", **options: Unpack[TransferOptionsDict]
) -> TransferReport:
    """Download one file by its record of the index, under the record's name; nothing else is written to the folder.

    It is verified by its size and all checksums of its record, and appears under its name when it is verified. A
    stopped download is resumed.

    Args:
        guid: Its GUID.
        folder: The folder; it is created.
        **options: See `omicsdk.transfer.TransferOptions`. A dry run requests the record.

    Returns:
        The outcome of the file, whose name is its path within the folder.

    Raises:
        NotFound: There is no such record.
        UnsafePath: Its name would lead out of the folder.
        TransferFailed: It has no bytes anywhere, or they did not arrive, or are not those of its record.

    Example:
        report = client.download_record("0c8ae6a5-5b0e-4f37-9d1e-2a7f6c3b1d90", "data")
        print(report.files[0].name)
    """
    chosen = TransferOptions.of(options)
    record = record_of(client.indexd.get_record.raw(guid=guid), f"get_record of {guid}")
    checksums = checksums_of(record.get("hashes"))
    if not checksums:
        _log.warning("%s has no hash that can be computed: only its size is compared", guid)
    # A GUID has the commons' prefix before a slash, which is no folder.
    named: str = record.get("file_name") or guid.rstrip("/").rpartition("/")[2]
    name = safe_name(named.lstrip(), f"record {guid}")
    report = download_url(
        # Requested when the transfer begins, and again when the URL has expired: Fence signs it for an hour at most.
        lambda: checked_json(
            client.fence.get_presigned_url.raw(file_id=guid), "get_presigned_url", members(url=STRING)
        )["url"],
        name,
        folder,
        what=guid,
        size=record.get("size"),
        checksums=checksums,
        options=chosen,
    )
    return chosen.checked(report)


def download_url(
    url: Callable[[], str],
    name: str,
    folder: str | os.PathLike[str],
    *,
    what: str,
    options: TransferOptions,
    size: int | None = None,
    checksums: Mapping[str, str] | None = None,
) -> TransferReport:
    """Download a presigned URL; a stopped download is resumed, and the file appears under its name when it is complete.

    Args:
        url: Returns the URL, and another one when that has expired.
        name: Its path within the folder, as a server names it.
        folder: The folder; it is created.
        what: Its name in messages, which distinguishes it from others.
        options: The options of the transfer.
        size: Its size in bytes, if it is known.
        checksums: What it is verified by, from algorithm to value.

    Raises:
        UnsafePath: The name would lead out of the folder.
    """
    target = Path(folder)
    label = f"{what} ({name})" if what != name else what
    item = Item(name, lambda: Location(url()), size, checksums or {}, label=label)
    journal = journal_for("gen3/files", what, str(target.absolute()), name)
    report = omicsdk.transfer.download([item], target, options=options, journal=journal)
    if report.ok and not options.dry_run:
        remove_journal(journal)
    return report


@dataclass(frozen=True, slots=True)
class SameCommons:
    """Open the servers of a commons, and of others that its login is valid for, in another process.

    Attributes:
        make: The class of its client.
        endpoint: The commons.
        auth: Its login.
    """

    make: type[Gen3]
    endpoint: str
    auth: Credentials | httpx.Auth | None = field(repr=False)

    @contextmanager
    def __call__(self) -> Generator[Servers]:
        """Open them for as long as the block runs."""
        home = Resolver(self.endpoint.partition("://")[2])  # the host of each object is known already
        with (
            self.make(self.endpoint, credentials=self.auth or ANONYMOUS) as commons,
            servers_of(commons, home) as servers,
        ):
            yield servers


def servers_of(commons: Gen3, resolver: Resolver) -> Servers:
    """Open the servers of identifiers for a block, over a client's connections.

    Args:
        commons: The user's own commons, whose login gives those of others.
        resolver: Finds the hosts of identifiers.
    """
    logins = Logins(commons)
    return Servers(resolver, logins, client=commons, explain=logins.explained)


def resolver_of(commons: Gen3, settings: ResolutionSettings | None = None) -> Resolver:
    """Return the resolver of identifiers: your own commons for its prefix and for identifiers without one.

    Args:
        commons: Your own commons; its prefix is requested when an identifier has one.
        settings: How prefixes of others are resolved; by default from the environment.
    """
    host = commons.base_url.partition("://")[2]
    return Resolver(
        host,
        mds_url=commons.base_url,
        known_hosts=lambda: {own_prefix(commons): host},  # requested when there is a prefix to look up
        settings=settings,
        client=commons,
    )


def own_prefix(commons: Gen3) -> str:
    """The prefix of a commons' own GUIDs, such as `dg.4503`; empty if it has none, or does not state it."""
    return guids_prefix(commons).strip().rstrip("/:")


def permissions_of(commons: Gen3) -> dict[str, Any]:
    """Return the permissions that a client's login has: resources, each with its methods, as Fence lists them.

    Args:
        commons: The client.

    Raises:
        Unauthorized: The login is invalid.
    """
    authz = found_at(json_of(commons.fence.get_user_info.raw()), "authz")
    return authz if is_object(authz) else {}


def permissions_for(
    commons: Gen3, objects: Iterable[RequestedObject], servers: Servers, on_error: Callable[[str, OmicsError], None]
) -> list[dict[str, Any]]:
    """List what the login may do in each commons that has some of the objects, a row for each resource.

    Args:
        commons: The user's own commons, whose login gives those of others.
        objects: The objects.
        servers: The servers that they are on.
        on_error: Takes the identifier or host that could not be asked, and why.
    """
    hosts: dict[str, None] = {}
    for requested in objects:
        try:
            hosts.setdefault(servers.of(requested.identifier).host)
        except OmicsError as error:
            on_error(requested.identifier.text, error)
    rows: list[dict[str, Any]] = []
    logins = Logins(commons)
    for host in hosts:
        try:
            with type(commons)(server_url(host), credentials=logins(host) or ANONYMOUS) as other:
                authz = permissions_of(other)
        except OmicsError as error:
            on_error(host, error)
            continue
        for resource, allowed in authz.items():
            methods = sorted({str(object_.get("method")) for object_ in only_objects(allowed)})
            rows.append({"host": host, "resource": resource, "methods": methods})
    return rows
