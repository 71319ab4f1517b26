"""The commands of `omics pangea`, and the server that they are sent to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from omicsdk.core.errors import UsageError
from omicsdk.pangea.client import Pangea
from omicsdk.pangea.login import login_in

if TYPE_CHECKING:
    from omicsdk.core.credentials import Credentials


def connect(
    base_url: str | None,
    *,
    credentials: Credentials | str | None = None,
    email: str | None = None,
    password: str | None = None,
    endpoint: str | None = None,
) -> Pangea:
    """The server of a command.

    Args:
        base_url: What --base-url or OMICS_PANGEA_URL states.
        credentials: The token that --access-token or OMICS_PANGEA_TOKEN states.
        email: What --email states.
        password: What --password states.
        endpoint: What --endpoint states, which takes precedence.

    Raises:
        UsageError: A token and a login were given.
        AuthError: Half of a login is missing.
    """
    address = endpoint or base_url
    if credentials is not None and (email or password):
        raise UsageError(
            "--email and --access-token (or OMICS_PANGEA_TOKEN) exclude each other", remedy="Give one of them."
        )
    if credentials is None and (address or email or password):  # else the client finds the login beside the address
        credentials = login_in(os.environ, email, password)
    return Pangea(address, credentials=credentials)
