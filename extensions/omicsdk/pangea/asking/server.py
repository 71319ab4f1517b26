"""Which server is asked, when it is asked again, and that a password goes to it unread."""

from __future__ import annotations

import os
from collections.abc import Mapping

from omicsdk.core.base_urls import checked_base_url
from omicsdk.core.errors import AuthError
from omicsdk.core.origins import is_confidential
from omicsdk.core.redaction import mask_url
from omicsdk.pangea.asking.routes import API

DEFAULT_ENDPOINT = "https://pangeabio.io"
"""The server that is asked when nothing says which."""
ENDPOINT_VARIABLE = "PANGEA_ENDPOINT"
"""Environment variable: the server that is asked when nothing else says which."""
RETRIED = frozenset({408, 429, 502, 503, 504})
"""Answers that may be other next time. 500 isn't among them: it is how the server tells of many a wrong request."""


def check_is_encrypted(endpoint: str) -> None:
    """Makes sure that a password can't be read on its way to a server.

    Args:
        endpoint: The server's address.

    Raises:
        AuthError: It can: the address is one of plain http, and not of this machine.
    """
    if not is_confidential(endpoint):
        raise AuthError(
            f"The password isn't sent to {mask_url(endpoint)} because the connection isn't encrypted",
            remedy="Use the server's https:// address.",
        )


def endpoint_of(given: str | None, environ: Mapping[str, str] | None = None) -> str:
    """The server that is meant, without /api and a slash at its end.

    Args:
        given: Its address; None for PANGEA_ENDPOINT, else https://pangeabio.io.
        environ: The environment's variables; by default the process's own.

    Raises:
        ConfigError: It isn't an address; says which, and where it came from.
    """
    told = given or (os.environ if environ is None else environ).get(ENDPOINT_VARIABLE) or DEFAULT_ENDPOINT
    remedy = f"Give the server's address, as endpoint or in {ENDPOINT_VARIABLE}: it begins with https://."
    source = "The address of the Pangea server" if given else ENDPOINT_VARIABLE
    return checked_base_url(told, source=source, remedy=remedy).removesuffix(API)
