"""From an endpoint and credentials to a login."""

from __future__ import annotations

import os
from collections.abc import Mapping

from omicsdk.core.files import home_folder
from omicsdk.dtp.auth import Auth
from omicsdk.gen3.errors import Gen3AuthError
from omicsdk.gen3.login import Gen3Login
from omicsdk.gen3.sources import Arguments, TokenService, login_of

Proof = str | os.PathLike[str] | Mapping[str, str] | Gen3Login
"""A credentials file, what stands in one, or a login."""


def login_to(endpoint: str | None, credentials: Proof) -> Gen3Login:
    """Gives the login to a commons.

    Args:
        endpoint: The commons; None is the one that issued the credentials.
        credentials: A credentials file (a path, or a name within ~/.gen3), what stands in one, or a login, which is given
            back as it is.

    Raises:
        Gen3AuthError: There is no such file, or it is none.
        ConfigError: The endpoint isn't one.
    """
    if isinstance(credentials, Gen3Login):
        return credentials
    if isinstance(credentials, Mapping):
        return Auth(endpoint=endpoint, refresh_token=credentials)
    named = os.fspath(credentials)
    source = login_of(Arguments(endpoint, named), os.environ, home_folder).source
    if isinstance(source, TokenService) and source.missing is not None:
        raise Gen3AuthError(
            f"There is no credentials file {source.missing}",
            remedy="Download credentials.json from your profile page of the commons, and give its path.",
        )
    return Auth(endpoint=endpoint, refresh_file=named)
