"""The commands of `omics pangea`, and the client that they use."""

from __future__ import annotations

import os

from omicsdk.core.credentials import Credentials
from omicsdk.core.errors import UsageError
from omicsdk.pangea.client import Pangea, logged_in
from omicsdk.pangea.login import TOKEN_VARIABLE


def connect(
    base_url: str | None,
    *,
    credentials: Credentials | str | None = None,
    email: str | None = None,
    password: str | None = None,
) -> Pangea:
    """Make the client of a server.

    Args:
        base_url: The value of --base-url.
        credentials: The token of --access-token.
        email: The value of --email.
        password: The value of --password.

    Raises:
        UsageError: Both a token and a login are given.
        AuthError: Half of a login is missing.
    """
    if (credentials is not None or os.environ.get(TOKEN_VARIABLE, "").strip()) and (email or password):
        raise UsageError(
            f"--email and --access-token (or {TOKEN_VARIABLE}) are mutually exclusive", remedy="Use one of them."
        )
    return logged_in(base_url, credentials, email, password)
