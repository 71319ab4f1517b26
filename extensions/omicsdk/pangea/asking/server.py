"""Which server is asked, and when it is asked again."""

from __future__ import annotations

import os
from collections.abc import Mapping

from omicsdk.core.errors import ConfigError
from omicsdk.pangea.asking.routes import API

DEFAULT_ENDPOINT = "https://pangeabio.io"
"""The server that is asked when nothing says which."""
ENDPOINT_VARIABLE = "PANGEA_ENDPOINT"
"""Environment variable: the server that is asked when nothing else says which."""
RETRIED = frozenset({408, 429, 502, 503, 504})
"""Answers that may be other next time. 500 isn't among them: it is how the server tells of many a wrong request."""


def endpoint_of(given: str | None, environ: Mapping[str, str] | None = None) -> str:
    """The server that is meant, without /api and a slash at its end.

    Args:
        given: Its address; None for PANGEA_ENDPOINT, else https://pangeabio.io.
        environ: The environment's variables; by default the process's own.

    Raises:
        ConfigError: It isn't an address.
    """
    told = given or (os.environ if environ is None else environ).get(ENDPOINT_VARIABLE) or DEFAULT_ENDPOINT
    if not told.strip().lower().startswith(("http://", "https://")):
        raise ConfigError(
            f"{told!r} isn't the address of a Pangea server",
            remedy=f"Give one that begins with https://, as endpoint or in {ENDPOINT_VARIABLE}.",
        )
    return told.strip().rstrip("/").removesuffix(API)
