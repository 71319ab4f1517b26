"""Which login goes to which DRS server: those that are found where their platforms keep them, each to its own server."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from omicsdk.core.errors import OmicsError

if TYPE_CHECKING:
    from omicsdk.core.credentials import Credentials

_log = logging.getLogger("omicsdk.fs")


class FoundLogins:
    """The login for a host, as `omicsdk.drs` wants it: Gen3's for its commons, Seven Bridges' for its DRS server, else none.

    Settings that can't be read are told in the log: they may be of another server than the one that is asked.
    """

    def __call__(self, host: str) -> Credentials | None:
        """The login for a host.

        Args:
            host: Its name, with a port where it has one.
        """
        for ask in (_of_gen3, _of_seven_bridges):
            login = _if_readable(ask, host)
            if login is not None:
                return login
        return None


def drs_host_of(endpoint: str) -> str:
    """The DRS server that a platform of Seven Bridges is taken to have: its API's host with `ga4gh-` before `api`.

    So cavatica-api.sbgenomics.com would have cavatica-ga4gh-api.sbgenomics.com. No document that this was built from says so:
    it only decides whose token a host of that name is sent. The API of another kind of host is taken to serve DRS itself.

    Args:
        endpoint: The API's URL.
    """
    host = _host_of(endpoint)
    first, dot, rest = host.partition(".")
    if dot and (first == "api" or first.endswith("-api")) and not first.endswith("ga4gh-api"):
        return f"{first.removesuffix('api')}ga4gh-api.{rest}"
    return host


def _of_gen3(host: str) -> Credentials | None:
    from omicsdk.core.platform import resolve
    from omicsdk.gen3.discovery import DISCOVERY, has_login

    if not has_login(os.environ):
        return None
    endpoint, login = resolve(DISCOVERY)
    return login if _host_of(endpoint) == host.lower() else None


def _of_seven_bridges(host: str) -> Credentials | None:
    from omicsdk.core.credentials import ApiKey
    from omicsdk.core.errors import ConfigError
    from omicsdk.core.platform import resolve
    from omicsdk.drs.resolution import server_url
    from omicsdk.sb.client import DISCOVERY, TOKEN_HEADER

    url, token = (os.environ.get(name) or None for name in ("OMICS_SB_URL", "OMICS_SB_TOKEN"))
    try:
        endpoint, login = resolve(DISCOVERY, base_url=url, credentials=token)
    except ConfigError as error:
        if error.file is None:
            return None  # nothing is set
        raise
    if login is None or host.lower() not in (drs_host_of(endpoint), _host_of(endpoint)):
        return None
    sent = login.headers("GET", endpoint)
    return ApiKey(sent[TOKEN_HEADER.lower()], header=TOKEN_HEADER, origins=[server_url(host)])


def _if_readable(ask: Callable[[str], Credentials | None], host: str) -> Credentials | None:
    try:
        return ask(host)
    except OmicsError as error:
        _log.warning("%s is asked without a login: %s", host, error)
        return None


def _host_of(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].lower()
