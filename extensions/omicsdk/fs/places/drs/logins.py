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

SB_HEADER = "X-SBG-Auth-Token"


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
    from omicsdk.gen3.access import found

    access = found()
    return access.login if access.has_login() and _host_of(access.endpoint) == host.lower() else None


def _of_seven_bridges(host: str) -> Credentials | None:
    from omicsdk.core.credentials import ApiKey
    from omicsdk.drs.hosts import server_url
    from omicsdk.sb.access import chosen
    from omicsdk.sb.errors import SettingsError

    try:
        access = chosen(os.environ.get("OMICS_SB_URL") or None, os.environ.get("OMICS_SB_TOKEN") or None, None)
    except SettingsError as error:
        if error.file is None:
            return None  # nothing is set
        raise
    if host.lower() not in (drs_host_of(access.api_endpoint), _host_of(access.api_endpoint)):
        return None
    return ApiKey(access.auth_token, header=SB_HEADER, origins=[server_url(host)])


def _if_readable(ask: Callable[[str], Credentials | None], host: str) -> Credentials | None:
    try:
        return ask(host)
    except OmicsError as error:
        _log.warning("%s is asked without a login: %s", host, error)
        return None


def _host_of(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].lower()
