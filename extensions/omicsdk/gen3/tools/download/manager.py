"""`DownloadManager`: downloads of several objects, as documented, by the one engine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import APIError, AuthError, OmicsError, Unauthorized
from omicsdk.drs.downloads import fetch_found
from omicsdk.drs.identifiers import DrsId, parse_drs_id
from omicsdk.drs.objects import DrsObject, NoAccess
from omicsdk.drs.planning import DrsFile, Wanted, find
from omicsdk.drs.resolution import UnknownPrefix, server_url
from omicsdk.drs.servers import Servers
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.downloads import Logins, resolver_of
from omicsdk.gen3.packages import is_package, unpack
from omicsdk.gen3.tools.download.asking import (
    KnownDRSEndpoint,
    get_hostname_from_endpoint,
    get_user_auth,
    wts_external_oidc,
)
from omicsdk.gen3.tools.download.kinds import (
    DOWNLOADED,
    ERROR,
    NO_AUTH,
    NO_HOST,
    NO_METHODS,
    NO_TOKEN,
    Downloadable,
    DownloadStatus,
    DRSObjectType,
    draw,
)

if TYPE_CHECKING:
    from omicsdk.core.credentials import Credentials
    from omicsdk.transfer import Outcome

_log = getLogger("omicsdk.gen3")


class DownloadManager:
    """Downloads objects of one commons, and of others that it knows logins of.

    Args:
        hostname: The commons, as a host.
        auth: Who asks.
        download_list: The objects; their hosts are found at once.
        show_progress: Has no effect: the objects' records are asked for together.
        commons_url: The host that has all of them; by default each prefix is looked up.

    Attributes:
        hostname: The commons.
        known_hosts: The servers of the objects, by host.
        download_list: The objects.
    """

    def __init__(
        self,
        hostname: str,
        auth: Credentials,
        download_list: Sequence[Downloadable],
        show_progress: bool = False,
        commons_url: str | None = None,
    ) -> None:
        self.hostname = get_hostname_from_endpoint(hostname)
        self.show_progress = show_progress
        self.known_hosts: dict[str, KnownDRSEndpoint] = {}
        self._found: dict[DrsId, DrsObject] = {}
        self.download_list = list(download_list)
        self._commons_host = get_hostname_from_endpoint(commons_url) if commons_url else ""
        with Gen3(server_url(self.hostname), credentials=auth) as commons:
            self._logins = Logins(commons)
            self._resolver = resolver_of(commons)
        self.resolve_objects(self.download_list, show_progress)

    def resolve_objects(self, object_list: Sequence[Downloadable], show_progress: bool) -> None:
        """Finds out what objects are and where; what can't be found keeps an unknown type or an empty host.

        Args:
            object_list: The objects.
            show_progress: Has no effect: many are asked for at once.
        """
        del show_progress
        with self._servers() as servers:
            for each in object_list:
                try:
                    each.hostname = each.hostname or self._commons_host or servers.resolver.host(each.object_id)
                except OmicsError as error:
                    _log.warning("%s: %s", each.object_id, error)
            self._describe([each for each in object_list if each.hostname], servers)

    def _describe(self, objects: Sequence[Downloadable], servers: Servers, depth: int = 0) -> None:
        if not objects or depth > 32:
            return
        children: list[Downloadable] = []
        by_server: dict[str, list[Downloadable]] = {}
        for each in objects:
            by_server.setdefault(each.hostname or "", []).append(each)
        for host, some in by_server.items():
            try:
                answers = list(servers.at(host).describe_many([parse_drs_id(each.object_id) for each in some]))
            except OmicsError as error:
                answers = [error] * len(some)
            for each, answer in zip(some, answers, strict=True):
                if isinstance(answer, OmicsError):
                    _log.warning("%s: %s", each.object_id, answer)
                    continue
                self._found[parse_drs_id(_uri(each))] = answer
                each.object_type = DRSObjectType.bundle if answer.is_bundle else DRSObjectType.object
                each.file_name = each.file_name or answer.name
                each.file_size = answer.size if answer.size is not None else each.file_size
                each.access_methods = [{"type": way.kind, "access_id": way.access_id} for way in answer.methods]
                each.children = [
                    Downloadable(member.id or member.uri, hostname=host if member.id else None, file_name=member.name)
                    for member in answer.members or ()
                ]
                children += [child for child in each.children if child.hostname]
        self._describe(children, servers, depth + 1)

    def cache_hosts_wts_tokens(self, object_list: Iterable[Downloadable]) -> None:
        """Gets a token for each commons that some objects are in; those without a login are left out, with a warning.

        Args:
            object_list: The objects.
        """
        for host in sorted({each.hostname for each in object_list if each.hostname}):
            if host not in self.known_hosts:
                self.known_hosts[host] = self._known(host)
            self.get_fresh_token(host)

    def get_fresh_token(self, drs_hostname: str) -> str | None:
        """A token for a server, another one when the last has ended; None where there is no login.

        Args:
            drs_hostname: The server.
        """
        known = self.known_hosts.get(drs_hostname)
        if known is None or not known.expired():
            return known.access_token if known else None
        login = self._logins(drs_hostname)
        if login is None:
            return None
        try:
            header = login.headers("GET", server_url(drs_hostname)).get("authorization", "")
        except OmicsError as error:
            _log.warning("%s: %s", drs_hostname, error)
            return None
        known.access_token = header.partition(" ")[2] or None
        known.expire = datetime.fromtimestamp(time.time() + 15 * 60, UTC)
        return known.access_token

    def _known(self, host: str) -> KnownDRSEndpoint:
        if host == self.hostname:
            return KnownDRSEndpoint(host, use_wts=False)
        try:
            login: dict[str, Any] = wts_external_oidc(self.hostname).get(host) or {}
        except OmicsError:  # a commons needn't have the service
            return KnownDRSEndpoint(host)
        return KnownDRSEndpoint(host, idp=login.get("idp"))

    def user_access(self) -> dict[str, Any]:
        """What the user may do in each commons that has one of the objects.

        Returns:
            By host, what its Fence says: resources, and what may be done with each. A commons that can't be asked is left
            out, with a warning.
        """
        self.cache_hosts_wts_tokens(self.download_list)
        found: dict[str, Any] = {}
        for host, known in self.known_hosts.items():
            if known.access_token is None:
                continue
            try:
                found[host] = get_user_auth(server_url(host), known.access_token)
            except OmicsError as error:
                _log.warning("%s: %s", host, error)
        return found

    def download(
        self,
        object_list: Sequence[Downloadable],
        save_directory: str | os.PathLike[str] = ".",
        show_progress: bool = False,
        unpack_packages: bool = True,
        delete_unpacked_packages: bool = False,
    ) -> dict[str, DownloadStatus]:
        """Downloads objects; bundles become folders. A file that fails doesn't stop the others.

        Args:
            object_list: The objects.
            save_directory: Where to; by default the folder where the program runs.
            show_progress: Whether to show a progress bar on stderr.
            unpack_packages: Whether packages (zip archives that their records call so) are unpacked beside the archive, never
                outside the folder and never over what is there.
            delete_unpacked_packages: Whether the archives are deleted then.

        Returns:
            What became of each object by its identifier; of a bundle's files by theirs.
        """
        statuses: dict[str, DownloadStatus] = {}
        wanted = [
            Wanted(
                parse_drs_id(_uri(each)),
                each.file_name or "",
                None,
                {"md5": each.md5sum.lower()} if each.md5sum else {},
            )
            for each in object_list
        ]
        began = datetime.now(UTC)
        with self._servers() as servers:
            files = find(wanted, servers, known=self._found)
            report = fetch_found(files, save_directory, progress=draw if show_progress else None)
        names = {wanted[at].identifier: each.object_id for at, each in enumerate(object_list)}
        for file, outcome in zip(files, report.outcomes, strict=True):
            key = names.get(file.wanted.identifier, file.wanted.identifier.text)
            statuses[key] = self._status(file, outcome, began)
            if unpack_packages and statuses[key].status == DOWNLOADED:
                self._unpack(Path(save_directory, outcome.name), statuses[key], delete=delete_unpacked_packages)
        return statuses

    def _status(self, file: DrsFile, outcome: Outcome, began: datetime) -> DownloadStatus:
        status = DownloadStatus(outcome.name, start_time=began, end_time=datetime.now(UTC))
        if outcome.state in ("done", "skipped"):
            status.status = DOWNLOADED
            return status
        error = outcome.error or file.error
        _log.error("%s: %s", file.wanted.identifier, error or "it was stopped")
        status.status_code = error.status if isinstance(error, APIError) else None
        match error:
            case UnknownPrefix():
                status.status = NO_HOST
            case NoAccess():
                status.status = NO_METHODS
            case Unauthorized():
                status.status = NO_TOKEN
            case AuthError():
                status.status = NO_AUTH
            case _:
                status.status = ERROR
        return status

    def _unpack(self, path: Path, status: DownloadStatus, *, delete: bool) -> None:
        if path.suffix.lower() != ".zip" or not is_package(path):
            return
        try:
            unpack(path)
        except OmicsError as error:
            _log.error("%s: %s", path, error)
            status.status = ERROR
            return
        if delete:
            path.unlink()

    def _servers(self) -> Servers:
        return Servers(self._resolver, self._logins)


def _uri(each: Downloadable) -> str:
    found = parse_drs_id(each.object_id)
    return each.object_id if found.host or not each.hostname else f"drs://{each.hostname}/{found.name}"
