"""Where a crunch site is and who asks it: from arguments, else from CRUNCH_URL and CRUNCH_TOKEN."""

from __future__ import annotations

import os
from collections.abc import Mapping

from omicsdk.core.base_urls import checked_base_url
from omicsdk.core.errors import ConfigError, UsageError
from omicsdk.core.request import WrongSegment, segment
from omicsdk.crunch.client import TOKEN_VARIABLE, URL_VARIABLE
from omicsdk.crunch.errors import crunch_error


def site_url(given: str | None, environ: Mapping[str, str] | None = None) -> str:
    """Where the site is, without a slash at the end.

    Args:
        given: The URL that paths such as `api/projects/` stand under; None for what CRUNCH_URL says.
        environ: The environment's variables; by default the process's own.

    Raises:
        CrunchAPIException: There is none, or it isn't one (a ConfigError).
    """
    url = (given or (os.environ if environ is None else environ).get(URL_VARIABLE) or "").strip()
    remedy = f"Give base_url=, or set {URL_VARIABLE}: the site's address, beginning with https://."
    if not url:
        raise crunch_error(ConfigError("Nothing says where the crunch site is", remedy=remedy))
    try:
        return checked_base_url(url, source="base_url" if given else URL_VARIABLE, remedy=remedy)
    except ConfigError as error:
        raise crunch_error(error) from error


def site_token(given: str | None, environ: Mapping[str, str] | None = None) -> str:
    """The token of the user who asks.

    Args:
        given: The token; None for that of CRUNCH_TOKEN.
        environ: The environment's variables; by default the process's own.

    Raises:
        CrunchAPIException: There is none (a ConfigError).
    """
    token = (given or (os.environ if environ is None else environ).get(TOKEN_VARIABLE) or "").strip()
    if not token:
        remedy = f"Give token=, or set {TOKEN_VARIABLE}; an administrator of the site issues tokens."
        raise crunch_error(ConfigError("There is no token for the crunch site", remedy=remedy))
    return token


def address_of(kind: str, slug: str) -> str:
    """Where a thing is, relative to the site.

    Args:
        kind: datasets, items or projects.
        slug: Its slug.

    Raises:
        CrunchAPIException: It can't be one: it is empty, or leads to another address (a UsageError).
    """
    try:
        return f"api/{kind}/{segment('the slug', slug)}/"
    except WrongSegment as error:
        raise crunch_error(UsageError(error.message, remedy="Give a slug such as my-project:reads.")) from error
