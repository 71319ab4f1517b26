"""What the documented downloads ask servers: objects, access, hosts of prefixes, and tokens of the workspace token service."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.core.credentials import BearerToken
from omicsdk.core.errors import ConfigError
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.core.paging import items_at
from omicsdk.drs.identifiers import DrsId, NotADrsId, parse_drs_id
from omicsdk.drs.objects import object_of
from omicsdk.drs.resolution import Resolver, UnknownPrefix, server_url, settings_from
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.tools.download.kinds import Downloadable, DRSObjectType

if TYPE_CHECKING:
    from omicsdk_api.drs import DrsApi


def get_hostname_from_endpoint(endpoint: str) -> str:
    """The host of a commons, with its port where one is named.

    Args:
        endpoint: Its URL.
    """
    return endpoint.strip().partition("://")[2].partition("/")[0] or endpoint.strip().partition("/")[0]


def parse_drs_identifier(drs_candidate: str) -> tuple[str, str, str]:
    """Takes an identifier apart.

    Args:
        drs_candidate: `drs://HOST/ID`, `drs://PREFIX:ID`, `PREFIX/ID`, or an ID alone.

    Returns:
        The host or prefix, the object's id, and what the first of them is: `hostname`, `compact` or `unknown`. All are empty
        (and `unknown`) for a text that is no identifier.
    """
    try:
        found = parse_drs_id(drs_candidate)
    except NotADrsId:
        return "", "", "unknown"
    if found.host:
        return found.host, found.accession, "hostname"
    return (found.prefix, found.accession, "compact") if found.prefix else ("", found.accession, "unknown")


def resolve_drs_hostname_from_id(
    object_id: str, resolved_drs_prefix_cache: dict[str, str], mds_url: str
) -> tuple[str, str, str] | None:
    """Finds the host that has an object.

    Args:
        object_id: Its identifier.
        resolved_drs_prefix_cache: Hosts by prefix that are known already; what is found is added.
        mds_url: The commons whose metadata service knows prefixes, as a host or URL.

    Returns:
        The host, the identifier without prefix or host, and the kind, as `parse_drs_identifier` gives it. None for an
        identifier without prefix and host.

    Raises:
        UnknownPrefix: Nobody knows where the prefix leads.
        Gen3UserError: It is no identifier.
    """
    start, accession, kind = parse_drs_identifier(object_id)
    if not accession:
        raise Gen3UserError(
            f"{object_id!r} isn't an identifier of a DRS object", remedy="Write drs://HOST/ID or PREFIX/ID."
        )
    if kind == "hostname":
        return start, accession, kind
    if kind == "unknown":
        return None
    if start not in resolved_drs_prefix_cache:
        url = mds_url if "://" in mds_url else server_url(mds_url) if mds_url else ""
        resolver = Resolver(mds_url=url.removesuffix("/mds").rstrip("/"), settings=settings_from())
        resolved_drs_prefix_cache[start] = resolver.host(parse_drs_id(object_id))
    return resolved_drs_prefix_cache[start], accession, kind


def resolve_objects_drs_hostname(
    object_ids: Iterable[Downloadable],
    resolved_drs_prefix_cache: dict[str, str],
    mds_url: str,
    commons_url: str | None = None,
) -> None:
    """Finds the host of each of several objects, and writes it into them.

    Args:
        object_ids: The objects; those that have a host keep it.
        resolved_drs_prefix_cache: Hosts by prefix that are known already; what is found is added.
        mds_url: The commons whose metadata service knows prefixes.
        commons_url: The host of all that name none themselves; then nothing is looked up.
    """
    for each in object_ids:
        if each.hostname:
            continue
        if commons_url and not parse_drs_id(each.object_id).host:
            each.hostname = get_hostname_from_endpoint(commons_url)
            continue
        try:
            found = resolve_drs_hostname_from_id(each.object_id, resolved_drs_prefix_cache, mds_url)
        except UnknownPrefix:
            continue
        if found is not None:
            each.hostname = found[0]


def get_drs_object_info(hostname: str, object_id: str) -> dict[str, Any]:
    """Asks a server for an object.

    Args:
        hostname: The server.
        object_id: The object's id there.

    Returns:
        What it says.

    Raises:
        NotFound: It has none.
        APIError: It answered with another error.
    """
    with _drs(hostname) as api:
        told: object = api.get_object.raw(object_id=_id(object_id)).json()
    return told if is_object(told) else {}


def get_access_methods(object_info: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The ways to an object's bytes.

    Args:
        object_info: What a server says of the object.
    """
    listed = object_info.get("access_methods")
    return [each for each in listed if is_object(each)] if is_array(listed) else []


def get_drs_object_type(object_info: Mapping[str, Any]) -> DRSObjectType:
    """Whether an object is a file or a bundle.

    Args:
        object_info: What a server says of it.
    """
    if "form" in object_info and object_info["form"] in ("object", "bundle"):
        return DRSObjectType(object_info["form"])
    return DRSObjectType.bundle if object_of(object_info).is_bundle else DRSObjectType.object


def get_drs_object_timestamp(s: str | None) -> datetime | None:
    """Reads a time as servers write it; None where there is none, or where it can't be read.

    Args:
        s: The time, in the form of ISO 8601; without a zone it is UTC.
    """
    if not s:
        return None
    try:
        found = datetime.fromisoformat(re.sub(r"Z\Z", "+00:00", s))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def extract_filename_from_object_info(object_info: Mapping[str, Any]) -> str | None:
    """What an object is called as a file: its name, or what its storage calls it; None where neither is known.

    Args:
        object_info: What a server says of it.
    """
    name = object_info.get("name")
    if isinstance(name, str) and name:
        return name
    urls = [method.url for method in object_of(object_info).methods if method.url]
    return urls[0].rpartition("/")[2] or None if urls else None


def add_drs_object_info(info: Downloadable) -> bool:
    """Asks an object's server for it, and writes down what it says, of a bundle for all that is in it.

    Args:
        info: The object, with its host.

    Returns:
        True when it is known now.

    Raises:
        Gen3UserError: It has no host.
        APIError: The server answered with an error.
    """
    if not info.hostname:
        raise Gen3UserError(f"The host of {info.object_id} isn't known", remedy="Resolve it first.")
    told = get_drs_object_info(info.hostname, info.object_id)
    fill(info, told)
    return True


def fill(info: Downloadable, told: Mapping[str, Any]) -> None:
    """Writes into an object what its server says of it.

    Args:
        info: The object.
        told: What the server says.
    """
    found = object_of(told, info.object_id)
    info.object_type = get_drs_object_type(told)
    info.file_name = info.file_name or extract_filename_from_object_info(told)
    info.file_size = found.size if found.size is not None else info.file_size
    info.created_time = get_drs_object_timestamp(told.get("created_time"))
    info.updated_time = get_drs_object_timestamp(told.get("updated_time"))
    info.access_methods = get_access_methods(told)
    info.children = [
        Downloadable(member.id or member.uri, hostname=info.hostname if member.id else None, file_name=member.name)
        for member in found.members or ()
    ]


def get_download_url_using_drs(
    drs_hostname: str, object_id: str, access_method: str, access_token: str | None
) -> tuple[str | None, int]:
    """Asks a server for a URL of an object's bytes.

    Args:
        drs_hostname: The server.
        object_id: The object's id there.
        access_method: The access id of a way.
        access_token: A token for the server; None for what is open.

    Returns:
        The URL, None where the answer has none; and the answer's status.

    Raises:
        Unauthorized: The server wants another token.
        APIError: It answered with another error.
    """
    with _drs(drs_hostname, access_token) as api:
        answer = api.get_access_url.raw(object_id=_id(object_id), access_id=access_method)
    told: object = answer.json()
    url = told.get("url") if is_object(told) else None
    return url if isinstance(url, str) else None, answer.status_code


def wts_external_oidc(hostname: str) -> dict[str, Any]:
    """The other commons that a workspace token service has logins of, by host.

    Args:
        hostname: The service's commons.

    Returns:
        For each host what the service says of its login: `idp`, `base_url`, `name` ...
    """
    from omicsdk.gen3.auth import get_wts_idps

    told = get_wts_idps(external_wts_host=f"{server_url(hostname)}/wts/")
    entries = [each for each in items_at(told, "providers", "get_external_oidc") if is_object(each)]
    return {get_hostname_from_endpoint(str(each.get("base_url") or "")): each for each in entries}


def wts_get_token(hostname: str, idp: str, access_token: str) -> str:
    """Asks a workspace token service for a token of another commons.

    Args:
        hostname: The service's commons.
        idp: The name of the login.
        access_token: A token of the service's own commons.

    Raises:
        APIError: The service refused.
    """
    from omicsdk_api.gen3.wts import WtsApi

    url = server_url(hostname)
    with WtsApi(f"{url}/wts", credentials=_bearer(access_token, url)) as wts:
        told: object = wts.get_token.raw(idp=idp).json()
    return str(told.get("token") or "") if is_object(told) else ""


@dataclass
class KnownDRSEndpoint:
    """A server with the token that it is asked with.

    Attributes:
        hostname: The server.
        expire: When the token is looked upon as ended.
        idp: The name of its login at the workspace token service.
        access_token: The token.
        identifier: The prefix that it has.
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
        """Whether it can be asked: it needs no token of the service, or has one, or can get one."""
        return not self.use_wts or self.access_token is not None or self.idp is not None

    def expired(self) -> bool:
        """Whether there is no token, or an old one."""
        return self.access_token is None or self.expire is None or datetime.now(UTC) > self.expire

    def renew_token(self, wts_server_name: str, server_access_token: str) -> None:
        """Gets another token.

        Args:
            wts_server_name: The workspace token service's commons.
            server_access_token: A token of that commons.

        Raises:
            APIError: The service refused.
        """
        if self.idp is None:
            raise Gen3UserError(
                f"There is no login of {self.hostname}", remedy="Log in to it on the commons' profile page."
            )
        self.access_token = wts_get_token(wts_server_name, self.idp, server_access_token)
        from omicsdk.gen3.sources import decode_token

        ends = decode_token(self.access_token).get("exp")
        self.expire = datetime.fromtimestamp(float(ends), UTC) if ends else None


def get_user_auth(commons_url: str, access_token: str) -> dict[str, Any]:
    """What whoever has a token may do in a commons.

    Args:
        commons_url: The commons.
        access_token: The token.

    Returns:
        Resources, each with what may be done with it, as Fence says it.

    Raises:
        Unauthorized: It isn't good.
    """
    with Gen3(commons_url, credentials=BearerToken(access_token, origins=[commons_url])) as commons:
        told: object = commons.fence.get_user_info.raw().json()
    access = told.get("authz") if is_object(told) else None
    return dict(access) if is_object(access) else {}


def ensure_dirpath_exists(path: Path) -> Path:
    """Makes a folder, and those above it, where they aren't there.

    Args:
        path: The folder.

    Raises:
        Gen3UserError: There is something else of that name, or it can't be made.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Gen3UserError(f"{path} can't be made: {error.strerror}", remedy="Choose another folder.") from error
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
    found: DrsId = parse_drs_id(object_id)
    return found.accession if found.host else found.name
