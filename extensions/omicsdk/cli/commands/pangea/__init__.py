"""The commands of `omics pangea`, and the client that they use."""

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
) -> Pangea:
    """Make the client of a server.

    Args:
        base_url: The value of --base-url or OMICS_PANGEA_URL.
        credentials: The token of --access-token or OMICS_PANGEA_TOKEN.
        email: The value of --email.
        password: The value of --password.

    Raises:
        UsageError: Both a token and a login are given.
        AuthError: Half of a login is missing.
    """
    if credentials is not None and (email or password):
        raise UsageError(
            "--email and --access-token (or OMICS_PANGEA_TOKEN) are mutually exclusive", remedy="Use one of them."
        )
    if credentials is None and (base_url or email or password):  # else the client finds the login beside the base URL
        credentials = login_in(os.environ, email, password)
    return Pangea(base_url, credentials=credentials)
