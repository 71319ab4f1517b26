"""From what was typed to a Gen3 commons: which one, and who asks."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from omicsdk.core.credentials import ANONYMOUS, is_confidential
from omicsdk.core.errors import DecodeError, UsageError
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.discovery import ENDPOINT_VARIABLE, PROFILE_PAGE, has_login
from omicsdk.gen3.errors import Gen3AuthError
from omicsdk.gen3.login import Gen3Login
from omicsdk.gen3.sources import endpoint_of

if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command


def token(text: str) -> str:
    """What --access-token gives, for `connect`: a login of its own is made of it."""
    return text


def connect(
    base_url: str | None, *, credentials: str | None = None, auth: str | None = None, endpoint: str | None = None
) -> Access:
    """The commons behind `omics gen3`; nothing is asked of it yet.

    Args:
        base_url: What --base-url or OMICS_GEN3_URL says.
        credentials: The token that --access-token or OMICS_GEN3_TOKEN says.
        auth: What --auth says.
        endpoint: What --endpoint says.

    Raises:
        UsageError: Both a token and a credentials file were given, or the connection wouldn't be encrypted.
        ConfigError: The endpoint isn't one.
    """
    if auth is not None and credentials is not None:
        raise UsageError(
            "--auth and --access-token (or OMICS_GEN3_TOKEN) both say who asks", remedy="Give one of them."
        )
    return Access(endpoint or base_url, auth, credentials)


LOG_IN = f"Give --auth FILE, or set GEN3_API_KEY: {PROFILE_PAGE}"
NAME_COMMONS = f"Give --endpoint HOST, or set {ENDPOINT_VARIABLE}. A credentials file says it as well: --auth FILE."


class Access:
    """A commons with its login, both found when they are first needed; nothing is requested before.

    Args:
        endpoint: The commons; None for that of GEN3_ENDPOINT, else the one that the login is for.
        source: A credentials file, or one of the pseudo URLs that `Gen3Login` takes; None to find a login.
        token: An access token in its place.

    Raises:
        UsageError: The connection would not be encrypted.
        ConfigError: The endpoint is invalid.
    """

    def __init__(self, endpoint: str | None, source: str | None, token: str | None) -> None:
        named = endpoint or os.environ.get(ENDPOINT_VARIABLE, "").strip() or None
        self._endpoint = endpoint_of(named) if named is not None else None
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
        """Whether the commons or the login was given."""
        return any(each is not None for each in (self._endpoint, self._source, self._token))

    @cached_property
    def auth(self) -> Gen3Login:
        """The login.

        Raises:
            Gen3AuthError: There is none, or it is invalid.
        """
        if self._token is not None:
            return Gen3Login(endpoint=self._endpoint, access_token=self._token)
        if not self.has_login():
            raise Gen3AuthError("There is no login", remedy=LOG_IN)
        return Gen3Login(endpoint=self._endpoint, refresh_file=self._source)

    @cached_property
    def endpoint(self) -> str:
        """The commons.

        Raises:
            UsageError: Nothing names one.
        """
        if self._endpoint is not None:
            return self._endpoint
        if not self.has_login():
            raise UsageError("nothing says which commons is meant", remedy=NAME_COMMONS)
        return self.auth.endpoint

    @cached_property
    def login(self) -> Gen3Login | None:
        """The login; None without one: public data can be read."""
        return self.auth if self.has_login() else None

    @cached_property
    def commons(self) -> Gen3:
        """The client of the commons."""
        return Gen3(self.endpoint, credentials=self.login or ANONYMOUS)

    @property
    def logged_in(self) -> Gen3:
        """The client of the commons, for what requires a login.

        Raises:
            Gen3AuthError: There is none.
        """
        if self.login is None:
            raise Gen3AuthError("There is no login", remedy=LOG_IN)
        return self.commons

    def has_login(self) -> bool:
        """Whether a login was given, or the environment or the user's folder has one."""
        return self._token is not None or self._source is not None or has_login(os.environ)

    def close(self) -> None:
        """Close the connections."""
        if "commons" in vars(self):
            self.commons.close()

    def generated(self, package: str, command: Command) -> Any:
        """The generated client of an operation.

        Args:
            package: Its package, such as gen3.fence.
            command: The operation.
        """
        part = package.rpartition(".")[2]
        if part == "manifest":
            return self.commons.manifest
        if part == "metadata" and _is_of_administrators(command):
            return self.commons.metadata_admin
        return getattr(self.commons, part)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DecodeError) and self._endpoint is not None:
            # A commons answers with its page for people wherever it has no service.
            error.remedy = f"{self._endpoint} doesn't answer as a Gen3 commons does: give its host alone, without the path of a page."
        self.close()


def _is_of_administrators(command: Command) -> bool:
    """Whether an operation of the metadata service changes metadata, which has another address than reading it."""
    return command.get("method") != "GET" and not (command.get("path") or "").startswith("/objects")
