"""Which platform is asked, with whose token: what was said, else what is found in variables and profiles."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING

from omicsdk.core.base_urls import fault_of
from omicsdk.core.errors import UsageError
from omicsdk.core.origins import is_confidential, origin_of
from omicsdk.core.redaction import mask_url
from omicsdk.sb.api import Api
from omicsdk.sb.config import Access, UserProfile, by_default, from_variables
from omicsdk.sb.errors import SettingsError
from omicsdk.sb.http.error_handlers import rate_limit_sleeper, repeatable_handler

if TYPE_CHECKING:
    from omicsdk.sb.http.answers import Response
    from omicsdk.sb.http.client import HttpClient

_log = logging.getLogger(__name__)


def connected(url: str | None, token: str | None, profile: str | None) -> Api:
    """The Api of a platform that waits where it is asked too often; a server on this machine is asked by plain http.

    Args:
        url: Where the platform is; None to find it.
        token: The token; None to find it.
        profile: The profile of ~/.sevenbridges/credentials; None for none in particular.

    Raises:
        ConfigError: Something is missing or malformed.
        UsageError: Both a profile and where the platform is were given.
    """
    access = chosen(url, token, profile)
    check_endpoint(access.api_endpoint)
    return Api(
        access.api_endpoint,
        access.auth_token,
        proxies=access.proxies,
        advance_access=access.advance_access,
        error_handlers=[told_rate_limit],
        debug=True,  # the endpoint was looked at: https, or this machine
    )


def chosen(base_url: str | None, credentials: str | None, profile: str | None) -> Access:
    """Settles which platform is asked, with whose token.

    A token that is found somewhere goes to the platform that it was found beside and to no other.

    Args:
        base_url: Where the platform is, as the user says; None to find it.
        credentials: The token, as the user says; None to find it.
        profile: The profile that the user names; None for the variables, else the one that SB_PROFILE names, else the
            default one.

    Raises:
        ConfigError: Something is missing or malformed.
        UsageError: Both a profile and where the platform is were given.
    """
    if profile is not None and base_url is not None:
        raise UsageError(
            "--profile and --base-url (or OMICS_SB_URL) both say where the platform is", remedy="Give one of them."
        )
    if profile is not None:
        access = UserProfile(profile).access
        return access if credentials is None else access._replace(auth_token=credentials)
    if base_url is not None and credentials is not None:
        return Access(base_url, credentials, {}, advance_access=False)
    endpoint = os.environ.get("SB_API_ENDPOINT", "").strip()
    if credentials is not None and endpoint:
        return Access(endpoint, credentials, {}, advance_access=False)
    named = os.environ.get("SB_PROFILE", "").strip()
    access = UserProfile(named).access if named and from_variables() is None else _default()
    if credentials is not None:
        return access._replace(auth_token=credentials)
    if base_url is not None and origin_of(base_url) != origin_of(access.api_endpoint):
        raise UsageError(
            f"there is no token for {base_url}: the one that is set belongs to {access.api_endpoint}",
            remedy="Set OMICS_SB_TOKEN, or name a profile with --profile.",
        )
    return access if base_url is None else access._replace(api_endpoint=base_url)


def check_endpoint(url: str) -> None:
    """Refuses a platform to which everybody on the way could read the token.

    Args:
        url: Where it is.

    Raises:
        SettingsError: No service can be there, or plain http to another machine.
    """
    fault = fault_of(url)
    if fault is not None:
        raise SettingsError(
            f"the platform's URL is {mask_url(url)!r}, which {fault}",
            remedy="Write it with https:// in SB_API_ENDPOINT, the profile or --base-url: https://api.sbgenomics.com/v2.",
        )
    if not is_confidential(url):
        raise SettingsError(
            f"{mask_url(url)} isn't https, so everybody on the way could read the token",
            remedy="Give an https URL by --base-url, OMICS_SB_URL, SB_API_ENDPOINT or a profile. Only a server on this machine "
            "is asked by http, such as http://127.0.0.1:8080/sb/v2 of omics sandbox up.",
        )


def _default() -> Access:
    try:
        return by_default()
    except SettingsError as error:
        if error.file is not None:
            raise
        raise SettingsError(
            "Nothing says which platform to ask, with whose token",
            remedy="Set SB_API_ENDPOINT and SB_AUTH_TOKEN, or write a section [default] with api_endpoint and auth_token "
            "into ~/.sevenbridges/credentials.",
        ) from error


@repeatable_handler
def told_rate_limit(api: HttpClient, response: Response) -> Response:
    """Waits where the platform has had too many requests, and says so.

    Args:
        api: The client.
        response: An answer.
    """
    if response.status_code == 429:
        _log.info("%s takes no more requests for now: waiting until it does", api.url)
    return rate_limit_sleeper(api, response)
