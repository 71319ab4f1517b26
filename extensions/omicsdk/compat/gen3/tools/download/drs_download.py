"""gen3.tools.download.drs_download: downloads by DRS, of manifests and of single objects."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from omicsdk.compat.gen3._service import raise_published
from omicsdk.core.credentials import BearerToken, Credentials
from omicsdk.core.errors import (
    APIError,
    AuthError,
    ConfigError,
    OmicsError,
    SomeFailed,
    TransferError,
    Unauthorized,
    first_of,
)
from omicsdk.core.logs import logger
from omicsdk.core.page_items import found_at, items_at
from omicsdk.core.redaction import without_query
from omicsdk.core.response import json_of
from omicsdk.core.type_guards import is_object, only_objects
from omicsdk.drs.downloads import fetch_found
from omicsdk.drs.identifiers import DrsId, NotADrsId, parse_drs_id
from omicsdk.drs.objects import DrsObject, NoAccess, object_of
from omicsdk.drs.planning import DEEPEST, RequestedObject, find
from omicsdk.drs.resolution import Resolver, UnknownPrefix, server_url, settings_from
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.discovery import stated_retry
from omicsdk.gen3.downloads import Logins, download_url, permissions_of
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.manifests import ManifestError, rows_of
from omicsdk.gen3.packages import unpack, unpack_download
from omicsdk.gen3.sources import TokenService, decode_token
from omicsdk.gen3.tokens import get_wts_idps, token_from_service
from omicsdk.transfer import TransferOptions

if TYPE_CHECKING:
    from omicsdk_api.drs import DrsApi

    from omicsdk.drs.servers import Servers
    from omicsdk.transfer import Outcome, Progress


_WIDTH = 40
# Seconds for which a token is used; Fence's are good for 20 minutes.
_TOKEN_SECONDS = 15 * 60
PENDING = "pending"
DOWNLOADED = "downloaded"
ERROR = "error"
# The status of a file by its error, the special errors first.
# The texts are those of the published client.
_REASONS = (
    (UnknownPrefix, "error (resolving DRS host)"),
    (NoAccess, "error (no access methods)"),
    (Unauthorized, "error (no access token)"),
    (AuthError, "error (no auth)"),
)
_log = logger("omicsdk.gen3")


class DRSObjectType(StrEnum):
    """The type of an object."""

    unknown = "unknown"
    object = "object"
    bundle = "bundle"


@dataclass
class DownloadStatus:
    """The result for one file.

    Attributes:
        filename: Its name.
        status: pending, downloaded, or error, which may have a reason in brackets.
        start_time: When its download began.
        end_time: When it ended.
        status_code: The HTTP status of an error, where it had one.
    """

    filename: str
    status: str = PENDING
    start_time: datetime | None = None
    end_time: datetime | None = None
    status_code: int | None = None


def draw(progress: Progress) -> None:
    """Draw a progress bar on stderr; without a terminal, only its final state.

    Args:
        progress: The progress of a download.
    """
    is_terminal = sys.stderr.isatty()
    if not (is_terminal or progress.final):
        return
    # While the size is unknown, the bar is empty until the end.
    share = progress.bytes_done / progress.bytes if progress.bytes else float(progress.final)
    filled = int(_WIDTH * share)
    files = f"{progress.files_done} of {'?' if progress.files is None else progress.files} files"
    bar = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {share:4.0%} {files}, {progress.bytes_done / 1_000_000:.1f} MB"
    sys.stderr.write(("\r" if is_terminal else "") + bar + ("\n" if progress.final else ""))
    sys.stderr.flush()


class InvisibleProgress:
    """A progress bar that shows nothing."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        del args, kwargs

    def update(self, value: object) -> None:
        """Show nothing."""


@dataclass
class Manifest:
    """One entry of a manifest.

    Attributes:
        object_id: The object's identifier.
        file_size: Its size in bytes, where the manifest states it; -1 where not.
        file_name: Its name, if the manifest states it.
        md5sum: Its MD5, if the manifest states it; the file is verified against it.
        commons_url: Its commons, if the manifest states it.
    """

    object_id: str
    file_size: int | None = -1
    file_name: str | None = None
    md5sum: str | None = None
    commons_url: str | None = None

    @classmethod
    def from_dict(cls, kvs: Mapping[str, Any], *, infer_missing: bool = False) -> Self:
        """Create an entry from a JSON object; unknown members are ignored.

        Args:
            kvs: The object.
            infer_missing: No effect: what is missing has its default.
        """
        del infer_missing
        field_names = {attribute.name for attribute in fields(cls)}
        return cls(**{name: value for name, value in kvs.items() if name in field_names})

    @classmethod
    def from_json(cls, s: str | bytes, *, infer_missing: bool = False, **kw: Any) -> Self:
        """Create an entry from JSON text; `kw` is passed to json.loads, other arguments as for `from_dict`."""
        return cls.from_dict(json.loads(s, **kw), infer_missing=infer_missing)

    def to_dict(self, encode_json: bool = False) -> dict[str, Any]:
        """Return the entry as a JSON object."""
        del encode_json
        return asdict(self)

    def to_json(self, **kw: Any) -> str:
        """Return the entry as JSON text; `kw` is passed to json.dumps."""
        return json.dumps(self.to_dict(), **kw)

    @classmethod
    def load(cls, filename: str | Path) -> list[Downloadable]:
        """Read a manifest, and return the objects to download; argument and errors are those of `load_manifest`."""
        return cls.create_object_list(cls.load_manifest(filename))

    @classmethod
    def load_manifest(cls, path: str | Path) -> list[Self]:
        """Read a manifest: a JSON list of objects with `object_id`, and, where known, `file_size`, `file_name`, `md5sum` and
        `commons_url`.

        Args:
            path: The file.

        Raises:
            Gen3UserError: It cannot be read, or an entry is wrong; the message names the entry.
        """
        try:
            return [
                cls(
                    row.guid,
                    -1 if row.size is None else row.size,
                    row.file_name or None,
                    row.checksums.get("md5"),
                    row.commons_url or None,
                )
                for row in rows_of(path)
            ]
        except ManifestError as error:
            raise Gen3UserError(error.message, remedy=error.remedy) from error

    @staticmethod
    def create_object_list(manifest: Sequence[Manifest]) -> list[Downloadable]:
        """Return the objects to download.

        Args:
            manifest: The entries.
        """
        return [
            Downloadable(
                # The published client takes the id and host alone, and so verifies nothing.
                entry.object_id,
                file_size=entry.file_size,
                file_name=entry.file_name,
                # Manifests state a host or a URL.
                hostname=(entry.commons_url or "").rpartition("://")[2] or None,
                md5sum=entry.md5sum,
            )
            for entry in manifest
        ]


@dataclass
class Downloadable:
    """An object that can be downloaded.

    Attributes:
        object_id: Its identifier.
        object_type: Whether it is a file or a bundle, once that is known.
        hostname: The host that has it, once that is known.
        file_size: Its size in bytes.
        file_name: Its name.
        updated_time: When it was changed last.
        created_time: When it was created.
        access_methods: The access methods that the server lists.
        children: The members of a bundle.
        md5sum: The MD5 sum that a manifest states.
    """

    object_id: str
    object_type: DRSObjectType | None = DRSObjectType.unknown
    hostname: str | None = None
    file_size: int | None = -1
    file_name: str | None = None
    updated_time: datetime | None = None
    created_time: datetime | None = None
    access_methods: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    children: list[Downloadable] = field(default_factory=list["Downloadable"])
    md5sum: str | None = None

    def download(self) -> None:
        """Do nothing: a `DownloadManager` downloads."""

    def pprint(self, indent: str = "") -> str:
        """Print the object and its members, one per line.

        Args:
            indent: The beginning of its line.

        Returns:
            The text.
        """
        kind = self.object_type.value if self.object_type else "unknown"
        size = "" if self.file_size in (None, -1) else f", {self.file_size} bytes"
        lines = [
            f"{indent}{self.file_name or self.object_id} ({kind}{size}) {self.hostname or ''} {self.object_id}".rstrip()
        ]
        lines += [child.pprint(f"{indent}  ") for child in self.children]
        text = "\n".join(lines)
        if not indent:
            print(text)  # noqa: T201 - documented output
        return text


def get_hostname_from_endpoint(endpoint: str) -> str:
    """Return the host of a commons, with its port where one is named.

    Args:
        endpoint: Its URL.
    """
    # The published function drops the port, without which a commons on this machine is not reached.
    return endpoint.strip().rpartition("://")[2].partition("/")[0]


def parse_drs_identifier(drs_candidate: str) -> tuple[str, str, str]:
    """Split an identifier.

    Args:
        drs_candidate: `drs://HOST/ID`, `drs://PREFIX:ID`, `PREFIX/ID`, or an ID alone.

    Returns:
        The host or prefix, the object's id, and the kind of the first: `hostname`, `compact` or `unknown`. All are
        empty (and `unknown`) for a text that is no identifier.
    """
    try:
        drs_id = parse_drs_id(drs_candidate)
    except NotADrsId:
        return "", "", "unknown"
    kind = "hostname" if drs_id.host else "compact" if drs_id.prefix else "unknown"
    return drs_id.host or drs_id.prefix, drs_id.accession, kind


def resolve_drs_hostname_from_id(
    object_id: str, resolved_drs_prefix_cache: dict[str, str], mds_url: str
) -> tuple[str, str, str] | None:
    """Find the host that has an object.

    Args:
        object_id: Its identifier.
        resolved_drs_prefix_cache: Known hosts by prefix; what is found is added.
        mds_url: The commons whose metadata service knows prefixes, as a host or URL.

    Returns:
        The host, the identifier without prefix or host, and the kind, as `parse_drs_identifier` returns it. None for an
        identifier without prefix and host.

    Raises:
        UnknownPrefix: No source knows the prefix.
        Gen3UserError: It is no identifier.
    """
    start, accession, kind = parse_drs_identifier(object_id)
    if not accession:
        raise Gen3UserError(
            f"{object_id!r} is not an identifier of a DRS object", remedy="Write drs://HOST/ID or PREFIX/ID."
        )
    if kind == "unknown":
        return None
    if kind == "compact" and start not in resolved_drs_prefix_cache:
        url = mds_url if "://" in mds_url else server_url(mds_url) if mds_url else ""
        resolver = Resolver(
            mds_url=url.removesuffix("/mds").rstrip("/"), settings=settings_from(), retry=stated_retry()
        )
        resolved_drs_prefix_cache[start] = resolver.host(parse_drs_id(object_id))
    return start if kind == "hostname" else resolved_drs_prefix_cache[start], accession, kind


def resolve_objects_drs_hostname(
    object_ids: Iterable[Downloadable],
    resolved_drs_prefix_cache: dict[str, str],
    mds_url: str,
    commons_url: str | None = None,
) -> None:
    """Find the host of each of several objects, and set their `hostname`.

    Args:
        object_ids: The objects; those that have a host keep it.
        resolved_drs_prefix_cache: Known hosts by prefix; what is found is added.
        mds_url: The commons whose metadata service knows prefixes.
        commons_url: The host of all that name none themselves; then nothing is looked up.
    """
    for downloadable in object_ids:
        if downloadable.hostname:
            continue
        # The published client takes commons_url for identifiers with another host, too.
        if commons_url and not parse_drs_id(downloadable.object_id).host:
            downloadable.hostname = get_hostname_from_endpoint(commons_url)
            continue
        try:
            resolved = resolve_drs_hostname_from_id(downloadable.object_id, resolved_drs_prefix_cache, mds_url)
        except UnknownPrefix:
            continue
        if resolved is not None:
            downloadable.hostname = resolved[0]


def get_drs_object_info(hostname: str, object_id: str) -> dict[str, Any]:
    """Request an object from a server.

    Args:
        hostname: The server.
        object_id: The object's id there.

    Returns:
        The server's response.

    Raises:
        NotFound: It has no such object.
        APIError: It responded with another error.
    """
    with _drs(hostname) as api:
        payload: object = json_of(api.get_object.raw(object_id=_id(object_id)))
    return payload if is_object(payload) else {}


def get_access_methods(object_info: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the access methods of an object.

    Args:
        object_info: The server's response for the object.
    """
    return only_objects(object_info.get("access_methods"))


def get_drs_object_type(object_info: Mapping[str, Any]) -> DRSObjectType:
    """Return whether an object is a file or a bundle.

    Args:
        object_info: The server's response for the object.
    """
    # Gen3's servers state the kind; DRS itself does not.
    if (form := object_info.get("form")) in ("object", "bundle"):
        return DRSObjectType(form)
    return DRSObjectType.bundle if object_of(object_info).is_bundle else DRSObjectType.object


def get_drs_object_timestamp(s: str | None) -> datetime | None:
    """Parse a time as servers write it; None for a missing or invalid one.

    Args:
        s: The time, in the form of ISO 8601; without a zone it is UTC.
    """
    try:
        timestamp = datetime.fromisoformat(s or "")
    except (TypeError, ValueError):  # what a server has is not always a text
        return None
    return timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)


def extract_filename_from_object_info(object_info: Mapping[str, Any]) -> str | None:
    """Return the file name of an object: its name, or that in its storage; None if neither is known.

    Args:
        object_info: The server's response for the object.
    """
    name = object_info.get("name")
    if isinstance(name, str) and name:
        return name
    urls = [method.url for method in object_of(object_info).methods if method.url]
    return urls[0].rpartition("/")[2] or None if urls else None


def add_drs_object_info(info: Downloadable) -> bool:
    """Request an object from its server, and set its attributes; for a bundle, those of its members.

    Args:
        info: The object, with its host.

    Returns:
        True when it is known now.

    Raises:
        Gen3UserError: It has no host.
        APIError: The server responded with an error.
    """
    if not info.hostname:
        raise Gen3UserError(f"The host of {info.object_id} is unknown", remedy="Resolve it first.")
    object_info = get_drs_object_info(info.hostname, info.object_id)
    info.file_name = info.file_name or extract_filename_from_object_info(object_info)
    _take(info, object_of(object_info, info.object_id))
    info.object_type = get_drs_object_type(object_info)
    info.access_methods = get_access_methods(object_info)
    info.created_time = get_drs_object_timestamp(object_info.get("created_time"))
    info.updated_time = get_drs_object_timestamp(object_info.get("updated_time"))
    return True


def _take(info: Downloadable, drs_object: DrsObject) -> None:
    """Set the attributes of an object from the server's description."""
    info.object_type = DRSObjectType.bundle if drs_object.is_bundle else DRSObjectType.object
    info.file_name = info.file_name or drs_object.name
    info.file_size = drs_object.size if drs_object.size is not None else info.file_size
    info.access_methods = [{"type": method.kind, "access_id": method.access_id} for method in drs_object.methods]
    info.children = [
        # An id is of the bundle's own server; what has only a URI may be at another one.
        Downloadable(member.id or member.uri, hostname=info.hostname if member.id else None, file_name=member.name)
        for member in drs_object.members or ()
    ]


def get_download_url_using_drs(
    drs_hostname: str, object_id: str, access_method: str, access_token: str | None
) -> tuple[str | None, int]:
    """Request a URL of an object's bytes from a server.

    Args:
        drs_hostname: The server.
        object_id: The object's id there.
        access_method: The access id of an access method.
        access_token: A token for the server; None for public data.

    Returns:
        The URL, None if the response has none; and the response's status.

    Raises:
        Unauthorized: The server requires another token.
        APIError: It responded with another error.
    """
    with _drs(drs_hostname, access_token) as api:
        response = api.get_access_url.raw(object_id=_id(object_id), access_id=access_method)
    url = found_at(json_of(response), "url")
    return url if isinstance(url, str) else None, response.status_code


def wts_external_oidc(hostname: str) -> dict[str, Any]:
    """Return the other commons for which a workspace token service has logins, by host.

    Args:
        hostname: The service's commons.

    Returns:
        For each host its login as the service lists it: `idp`, `base_url`, `name` ...
    """
    payload = get_wts_idps(external_wts_host=f"{server_url(hostname)}/wts/")
    entries = only_objects(items_at(payload, "providers", "get_external_oidc"))
    return {get_hostname_from_endpoint(str(entry.get("base_url") or "")): entry for entry in entries}


def wts_get_token(hostname: str, idp: str, access_token: str) -> str:
    """Request a token of another commons from a workspace token service.

    Args:
        hostname: The service's commons.
        idp: The name of the login.
        access_token: A token of the service's own commons.

    Raises:
        Gen3AuthError: The service refused.
    """
    url = server_url(hostname)
    return token_from_service(TokenService(f"{url}/wts", idp), "", _bearer(access_token, url), {})


@dataclass
class KnownDRSEndpoint:
    """A server with its token.

    Attributes:
        hostname: The server.
        expire: When the token is treated as expired.
        idp: The name of its login at the workspace token service.
        access_token: The token.
        identifier: Its prefix.
        use_wts: Whether its tokens come from the workspace token service.
    """

    hostname: str
    expire: datetime | None = None
    idp: str | None = None
    access_token: str | None = None
    identifier: str | None = None
    use_wts: bool = True

    @property
    def available(self) -> bool:
        """Whether the server can be used: it requires no token of the service, or has or can get one."""
        return not self.use_wts or self.access_token is not None or self.idp is not None

    def expired(self) -> bool:
        """Whether the token is missing or expired."""
        return self.access_token is None or self.expire is None or datetime.now(UTC) > self.expire

    def renew_token(self, wts_server_name: str, server_access_token: str) -> None:
        """Renew the token.

        Args:
            wts_server_name: The workspace token service's commons.
            server_access_token: A token of that commons.

        Raises:
            Gen3AuthError: The service refused.
        """
        if self.idp is None:
            raise Gen3UserError(
                f"Not logged in to {self.hostname}", remedy="Log in to it on the commons' profile page."
            )
        self.access_token = wts_get_token(wts_server_name, self.idp, server_access_token)
        expiry = decode_token(self.access_token).get("exp")
        self.expire = datetime.fromtimestamp(float(expiry), UTC) if expiry else None


def get_user_auth(commons_url: str, access_token: str) -> dict[str, Any]:
    """Return the permissions in a commons of the user that a token belongs to.

    Args:
        commons_url: The commons.
        access_token: The token.

    Returns:
        Resources, each with its methods, as Fence lists them.

    Raises:
        Unauthorized: It is invalid.
    """
    with Gen3(commons_url, credentials=_bearer(access_token, commons_url)) as commons:
        return permissions_of(commons)


def ensure_dirpath_exists(path: Path) -> Path:
    """Create a folder and its parents, unless they exist.

    Args:
        path: The folder.

    Raises:
        Gen3UserError: Something else has that name, or it cannot be created.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Gen3UserError(f"Cannot create {path}: {error.strerror}", remedy="Choose another folder.") from error
    return Path(path)


def _drs(hostname: str, access_token: str | None = None) -> DrsApi:
    from omicsdk_api.drs import DrsApi

    url = server_url(hostname)
    return DrsApi(f"{url}/ga4gh/drs/v1", credentials=_bearer(access_token, url) if access_token else None)


def _bearer(token: str, url: str) -> BearerToken:
    try:
        return BearerToken(token, origins=[url])
    except ConfigError as error:
        raise Gen3UserError(error.message, remedy=error.remedy) from None


def _id(object_id: str) -> str:
    drs_id = parse_drs_id(object_id)
    # Without a host, the prefix is a part of the GUID.
    return drs_id.accession if drs_id.host else drs_id.name


def _located(downloadable: Downloadable) -> DrsId:
    """The identifier of an object, with its host where that is known."""
    drs_id = parse_drs_id(downloadable.object_id)
    return (
        drs_id
        if drs_id.host or not downloadable.hostname
        else parse_drs_id(f"drs://{downloadable.hostname}/{drs_id.name}")
    )


class DownloadManager:
    """Downloads of objects from one commons, and from others for which it has logins.

    Args:
        hostname: The commons, as a host.
        auth: The credentials.
        download_list: The objects; their hosts are resolved at once.
        show_progress: No effect: the objects' records are requested together.
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
        self.download_list = list(download_list)
        self._auth = auth
        self._commons_host = get_hostname_from_endpoint(commons_url or "")
        # Records that were requested for the list are not requested again for the download.
        self._objects: dict[DrsId, DrsObject] = {}
        self.resolve_objects(self.download_list, show_progress)

    @contextmanager
    def _servers(self) -> Generator[Servers]:
        with self._commons() as commons, commons.servers() as servers:
            yield servers

    def _commons(self) -> Gen3:
        return Gen3(server_url(self.hostname), credentials=self._auth)

    def resolve_objects(self, object_list: Sequence[Downloadable], show_progress: bool) -> None:
        """Find the hosts and types of objects; unresolved ones keep an unknown type or an empty host.

        Args:
            object_list: The objects.
            show_progress: No effect: many are requested at once.
        """
        del show_progress
        with self._servers() as servers:
            for downloadable in object_list:
                try:
                    downloadable.hostname = (
                        downloadable.hostname or self._commons_host or servers.resolver.host(downloadable.object_id)
                    )
                except OmicsError as error:
                    _log.warning("%s: %s", downloadable.object_id, error)
            self._describe([(downloadable, frozenset()) for downloadable in object_list], servers)

    def _describe(self, objects: Sequence[tuple[Downloadable, frozenset[str]]], servers: Servers) -> None:
        """Request objects, grouped by server, then the members of bundles; each comes with the bundles that contain it."""
        by_host: dict[str, list[Downloadable]] = {}
        for downloadable, above in objects:
            # A bundle may contain itself.
            if downloadable.hostname and downloadable.object_id not in above and len(above) <= DEEPEST:
                by_host.setdefault(downloadable.hostname, []).append(downloadable)
        for host, some in by_host.items():
            try:
                responses = servers.at(host).describe_many([parse_drs_id(item.object_id) for item in some])
            except OmicsError as error:
                responses = [error] * len(some)
            for downloadable, response in zip(some, responses, strict=True):
                if isinstance(response, OmicsError):
                    _log.warning("%s: %s", downloadable.object_id, response)
                else:
                    self._objects[_located(downloadable)] = response
                    _take(downloadable, response)
        if members := [(child, above | {parent.object_id}) for parent, above in objects for child in parent.children]:
            self._describe(members, servers)

    def cache_hosts_wts_tokens(self, object_list: Iterable[Downloadable]) -> None:
        """Get a token for each commons with some of the objects; commons without a login are skipped with a warning.

        Args:
            object_list: The objects.
        """
        for host in sorted({downloadable.hostname for downloadable in object_list if downloadable.hostname}):
            if host not in self.known_hosts:
                self.known_hosts[host] = self._endpoint_of(host)
            self.get_fresh_token(host)

    def get_fresh_token(self, drs_hostname: str) -> str | None:
        """Return a token for a server, renewed after it expires; None without a login.

        Args:
            drs_hostname: The server.
        """
        endpoint = self.known_hosts.get(drs_hostname)
        if endpoint is None or not endpoint.expired():
            return endpoint.access_token if endpoint else None
        with self._commons() as commons:
            token = Logins(commons).token(drs_hostname)
        if token is not None:
            endpoint.access_token = token
            endpoint.expire = datetime.now(UTC) + timedelta(seconds=_TOKEN_SECONDS)
        return token

    def _endpoint_of(self, host: str) -> KnownDRSEndpoint:
        if host == self.hostname:
            # The service has logins of other commons only; this one accepts the user's own token.
            return KnownDRSEndpoint(host, use_wts=False)
        try:
            login: dict[str, Any] = wts_external_oidc(self.hostname).get(host) or {}
        except OmicsError:  # a commons may lack the service
            login = {}
        return KnownDRSEndpoint(host, idp=login.get("idp"))

    def user_access(self) -> dict[str, Any]:
        """Return the user's permissions in each commons that has one of the objects.

        Returns:
            By host what its Fence lists: resources, each with its methods. A commons that does not respond is left out, with a
            warning.
        """
        self.cache_hosts_wts_tokens(self.download_list)
        access: dict[str, Any] = {}
        for host, endpoint in self.known_hosts.items():
            # No login at that commons.
            if endpoint.access_token is None:
                continue
            try:
                access[host] = get_user_auth(server_url(host), endpoint.access_token)
            except OmicsError as error:
                _log.warning("%s: %s", host, error)
        return access

    def download(
        self,
        object_list: Sequence[Downloadable],
        save_directory: str | os.PathLike[str] = ".",
        show_progress: bool = False,
        unpack_packages: bool = True,
        delete_unpacked_packages: bool = False,
    ) -> dict[str, DownloadStatus]:
        """Download objects; bundles become folders. A file that fails does not stop the others.

        Args:
            object_list: The objects.
            save_directory: The folder; by default the current one.
            show_progress: Whether to show a progress bar on stderr.
            unpack_packages: Whether packages (zip archives that their records call so) are unpacked beside the archive, never
                outside the folder and never over existing files.
            delete_unpacked_packages: Whether the archives are deleted then.

        Returns:
            The result for each object by its identifier; for a bundle's files by theirs.
        """
        # The published client has another dictionary in place of a bundle's status.
        statuses: dict[str, DownloadStatus] = {}
        ids = {_located(downloadable): downloadable.object_id for downloadable in object_list}
        requested = [
            RequestedObject(
                _located(downloadable),
                downloadable.file_name or "",
                None,
                {"md5": downloadable.md5sum.lower()} if downloadable.md5sum else {},
            )
            for downloadable in object_list
        ]
        start = datetime.now(UTC)
        with self._servers() as servers:
            files = find(requested, servers, known_objects=self._objects)
            options = TransferOptions(progress=draw if show_progress else None)
            report = fetch_found(files, save_directory, options=options)
        for file, outcome in zip(files, report.outcomes, strict=True):
            identifier = file.requested.identifier
            status = _status(outcome, start, identifier)
            statuses[ids.get(identifier, identifier.text)] = status
            # After all files have arrived: an archive that cannot be unpacked concerns no other file.
            if unpack_packages and status.status == DOWNLOADED:
                try:
                    unpack_download(Path(save_directory, outcome.name), delete=delete_unpacked_packages)
                except OmicsError as error:
                    _log.error("%s: %s", outcome.name, error)
                    status.status = ERROR
        return statuses


def _status(outcome: Outcome, start: datetime, identifier: DrsId) -> DownloadStatus:
    status = DownloadStatus(outcome.name, DOWNLOADED, start, datetime.now(UTC))
    if outcome.state not in ("done", "skipped"):
        error = outcome.error
        _log.error("%s: %s", identifier, error or "it was stopped")
        status.status_code = error.status if isinstance(error, APIError) else None
        status.status = next((text for kind, text in _REASONS if isinstance(error, kind)), ERROR)
    return status


def download_files_in_drs_manifest(
    hostname: str,
    auth: Credentials,
    infile: str | os.PathLike[str],
    output_dir: str | os.PathLike[str],
    show_progress: bool = True,
    unpack_packages: bool = True,
    delete_unpacked_packages: bool = False,
    commons_url: str | None = None,
) -> dict[str, DownloadStatus]:
    """Download all objects of a manifest. A file that fails does not stop the others.

    Args:
        hostname: The commons, as a host.
        auth: The credentials.
        infile: The manifest, a JSON list; see `Manifest.load`.
        output_dir: The folder, which is created.
        show_progress: Whether to show a progress bar on stderr.
        unpack_packages: Whether packages are unpacked.
        delete_unpacked_packages: Whether they are deleted then.
        commons_url: The host that has all of them; by default each is looked up.

    Returns:
        The result for each object by its identifier; for a bundle's files by theirs.

    Raises:
        Gen3UserError: The manifest cannot be read.
        SomeFailed: Some files failed; the others were downloaded.
    """
    manager = DownloadManager(hostname, auth, Manifest.load(Path(infile)), show_progress, commons_url)
    return _downloaded(manager, output_dir, unpack_packages, delete_unpacked_packages)


def download_drs_objects(
    hostname: str,
    auth: Credentials,
    object_ids: Sequence[str],
    output_dir: str | os.PathLike[str],
    show_progress: bool = True,
    unpack_packages: bool = True,
    delete_unpacked_packages: bool = False,
    commons_url: str | None = None,
) -> dict[str, DownloadStatus]:
    """Download objects; arguments, result and errors are those of `download_files_in_drs_manifest`.

    Args:
        hostname: The commons, as a host.
        auth: The credentials.
        object_ids: The objects' identifiers.
        output_dir: The folder.
        show_progress: Whether to show a progress bar.
        unpack_packages: Whether packages are unpacked.
        delete_unpacked_packages: Whether they are deleted then.
        commons_url: The host that has all of them.
    """
    manager = DownloadManager(hostname, auth, [*map(Downloadable, object_ids)], show_progress, commons_url)
    return _downloaded(manager, output_dir, unpack_packages, delete_unpacked_packages)


def list_files_in_drs_manifest(hostname: str, auth: Credentials, infile: str | os.PathLike[str]) -> bool:
    """Print the objects of a manifest: names, sizes, hosts, and the members of bundles.

    Args:
        hostname: The commons, as a host.
        auth: The credentials.
        infile: The manifest.

    Returns:
        True when all of them are known.
    """
    return _print_objects(hostname, auth, Manifest.load(Path(infile)))


def list_drs_object(hostname: str, auth: Credentials, object_id: str) -> bool:
    """Print one object; arguments are those of `list_files_in_drs_manifest`.

    Args:
        hostname: The commons, as a host.
        auth: The credentials.
        object_id: Its identifier.
    """
    return _print_objects(hostname, auth, [Downloadable(object_id)])


def list_access_in_drs_manifest(hostname: str, auth: Credentials, infile: str | os.PathLike[str]) -> bool:
    """Print the user's permissions in each commons that a manifest points to.

    Args:
        hostname: The commons, as a host.
        auth: The credentials.
        infile: The manifest.

    Returns:
        True.
    """
    manager = DownloadManager(hostname, auth, Manifest.load(Path(infile)))
    for host, access in manager.user_access().items():
        list_auth(host, access)
    return True


def list_auth(hostname: str, authz: Mapping[str, Any]) -> None:
    """Print the user's permissions in a commons.

    Args:
        hostname: The commons.
        authz: The methods of each resource, as Fence lists them.
    """
    print(f"Access in {hostname}:")  # noqa: T201 - documented output
    for resource, allowed in sorted(authz.items()):
        methods = sorted({str(permission.get("method")) for permission in only_objects(allowed)})
        print(f"  {resource}: {' '.join(methods)}")  # noqa: T201 - documented output


def download_file_from_url(url: str, filename: str | os.PathLike[str], show_progress: bool = True) -> bool:
    """Download a presigned URL into a file, atomically.

    Args:
        url: The URL.
        filename: The file; folders above it are created, and an existing file is replaced.
        show_progress: Whether to show a progress bar on stderr.

    Returns:
        True.

    Raises:
        TransferError: It did not arrive.
    """
    path = Path(filename)
    folder = ensure_dirpath_exists(path.parent)
    # The name is the caller's: a URL may end with anything.
    options = TransferOptions(progress=draw if show_progress else None)
    raise_published(download_url(lambda: url, path.name, folder, what=without_query(url), options=options))
    return True


def unpackage_object(filepath: str | os.PathLike[str]) -> bool:
    """Unpack a package beside the archive; nothing leaves that folder, and nothing existing is replaced.

    Args:
        filepath: The archive.

    Returns:
        True.

    Raises:
        BadPackage: It cannot be unpacked.
        UnsafePath: An entry would leave the folder, or replace something.
    """
    unpack(filepath)
    return True


def _downloaded(
    manager: DownloadManager, output_dir: str | os.PathLike[str], unpack_packages: bool, delete_packages: bool
) -> dict[str, DownloadStatus]:
    objects = manager.download_list
    if not objects:
        raise Gen3UserError("Nothing to download", remedy="Name objects, or a manifest that contains objects.")
    folder = ensure_dirpath_exists(Path(output_dir))
    statuses = manager.download(objects, folder, manager.show_progress, unpack_packages, delete_packages)
    failed = [
        TransferError(f"{key}: {status.status}", name=status.filename)
        for key, status in statuses.items()
        if status.status != DOWNLOADED
    ]
    if failed:
        raise SomeFailed(f"{len(failed)} of {len(statuses)} files failed: {first_of(failed)}", failed)
    return statuses


def _print_objects(hostname: str, auth: Credentials, objects: list[Downloadable]) -> bool:
    manager = DownloadManager(hostname, auth, objects)
    for downloadable in manager.download_list:
        downloadable.pprint()
    return all(item.object_type not in (None, DRSObjectType.unknown) for item in manager.download_list)
