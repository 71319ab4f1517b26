"""Which commons is asked, with whose login: what was said, else what is found in variables and files."""

from __future__ import annotations

import os
from functools import cached_property

from omicsdk.core.errors import ConfigError, UsageError
from omicsdk.core.files.home_folder import home_folder
from omicsdk.core.origins import is_confidential
from omicsdk.gen3.auth.provider import Gen3Auth
from omicsdk.gen3.auth.sources import DEFAULT_FILE, FOLDER, KEY_VARIABLE, NAMESPACE_VARIABLE
from omicsdk.gen3.commons import Commons, endpoint_of
from omicsdk.gen3.errors import Gen3AuthError

ENDPOINT_VARIABLE = "GEN3_ENDPOINT"
"""Environment variable: the commons, where nothing else says which it is."""
URL_VARIABLE, TOKEN_VARIABLE = "OMICS_GEN3_URL", "OMICS_GEN3_TOKEN"
"""Environment variables: the commons, and an access token, for all programs of this package."""
PROFILE_PAGE = "credentials.json comes from your profile page of the commons."


class Access:
    """A commons with its login, both found when they are first needed; nothing is asked of it before.

    Args:
        endpoint: The commons; None for what GEN3_ENDPOINT says, else for the one that the login is of.
        source: Where the login comes from: a file, or one of the pseudo URLs that `Gen3Auth` takes; None for GEN3_API_KEY,
            ~/.gen3/credentials or a workspace's token service, whichever there is.
        token: An access token that takes its place.

    Raises:
        UsageError: Both a token and a source were given, or the connection wouldn't be encrypted.
        ConfigError: The endpoint isn't one.
    """

    #: How a login is given, for remedies.
    how_to_log_in = f"Set GEN3_API_KEY to a credentials file: {PROFILE_PAGE}"
    #: How a commons is named, likewise.
    how_to_name = f"Set {ENDPOINT_VARIABLE}, or GEN3_API_KEY to a credentials file, which says it as well."

    def __init__(self, endpoint: str | None, source: str | None, token: str | None) -> None:
        if source is not None and token is not None:
            raise UsageError("A credentials file and an access token both say who asks", remedy="Give one of them.")
        told = endpoint or os.environ.get(ENDPOINT_VARIABLE, "").strip() or None
        self._endpoint = endpoint_of(told) if told is not None else None
        self._source = source
        self._token = token
        if self._endpoint is not None and not is_confidential(self._endpoint):
            raise UsageError(
                f"{self._endpoint} isn't https, so everybody on the way could read the token",
                remedy="Give an https address. Only a server on this machine is asked by http, such as that of omics sandbox "
                "up.",
            )

    @property
    def is_named(self) -> bool:
        """Whether it was said which commons or login is meant."""
        return any(each is not None for each in (self._endpoint, self._source, self._token))

    @cached_property
    def auth(self) -> Gen3Auth:
        """The login.

        Raises:
            Gen3AuthError: There is none, or it can't be one.
        """
        if self._token is not None:
            return Gen3Auth(endpoint=self._endpoint, access_token=self._token)
        if not self.has_login():
            raise Gen3AuthError("There is no login", remedy=self.how_to_log_in)
        return Gen3Auth(endpoint=self._endpoint, refresh_file=self._source)

    @cached_property
    def endpoint(self) -> str:
        """The commons.

        Raises:
            UsageError: Nothing says which one it is.
        """
        if self._endpoint is not None:
            return self._endpoint
        if not self.has_login():
            raise UsageError("nothing says which commons is meant", remedy=self.how_to_name)
        return self.auth.endpoint

    @cached_property
    def login(self) -> Gen3Auth | None:
        """The login, or None where there is none: what is open can be had without."""
        return self.auth if self.has_login() else None

    @cached_property
    def commons(self) -> Commons:
        """The commons' services."""
        return Commons(self.endpoint, self.login)

    def has_login(self) -> bool:
        """Whether anything was given or lies where logins lie; a workspace has its token service."""
        if self._token is not None or self._source is not None or os.environ.get(KEY_VARIABLE):
            return True
        if os.environ.get(NAMESPACE_VARIABLE):
            return True
        try:
            folder = home_folder() / FOLDER
        except ConfigError:  # a user without a folder has no file in it
            return False
        return any((folder / name).is_file() for name in (DEFAULT_FILE, f"{DEFAULT_FILE}.json"))

    def close(self) -> None:
        """Closes the connections of what was asked."""
        if "commons" in vars(self):
            self.commons.close()


def found(endpoint: str | None = None, source: str | None = None, token: str | None = None) -> Access:
    """The commons and login that are given, else those of OMICS_GEN3_URL and OMICS_GEN3_TOKEN, else as `Access` finds them.

    Args:
        endpoint: The commons.
        source: Where the login comes from.
        token: An access token that takes its place.

    Raises:
        UsageError: Both a token and a source were given, or the connection wouldn't be encrypted.
        ConfigError: The endpoint isn't one.
    """
    if token is None and source is None:
        token = os.environ.get(TOKEN_VARIABLE, "").strip() or None
    return Access(endpoint or os.environ.get(URL_VARIABLE, "").strip() or None, source, token)
