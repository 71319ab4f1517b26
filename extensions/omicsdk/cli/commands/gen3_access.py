"""From what was typed to a Gen3 commons: which one, and who asks."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from omicsdk.core.errors import DecodeError, UsageError
from omicsdk.core.origins import is_confidential
from omicsdk.gen3.auth.provider import Gen3Auth
from omicsdk.gen3.auth.sources import DEFAULT_FILE, FOLDER, KEY_VARIABLE, NAMESPACE_VARIABLE
from omicsdk.gen3.commons import Commons, endpoint_of
from omicsdk.gen3.errors import Gen3AuthError

if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command

ENDPOINT_VARIABLE = "GEN3_ENDPOINT"
GIVE_KEY = "Give --auth FILE, or set GEN3_API_KEY: credentials.json comes from your profile page of the commons."


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
    told = endpoint or base_url or os.environ.get(ENDPOINT_VARIABLE, "").strip() or None
    commons = endpoint_of(told) if told is not None else None
    if commons is not None and not is_confidential(commons):
        raise UsageError(
            f"{commons} isn't https, so everybody on the way could read the token",
            remedy="Give an https address. Only a server on this machine is asked by http, such as that of omics sandbox up.",
        )
    return Access(commons, auth, credentials)


class Access:
    """A commons with its login, both found when they are first needed.

    Args:
        endpoint: The commons; None where the login says which it is.
        source: Where the login comes from: a file, or one of the pseudo URLs; None for the default.
        token: An access token that takes its place.
    """

    def __init__(self, endpoint: str | None, source: str | None, token: str | None) -> None:
        self._endpoint = endpoint
        self._source = source
        self._token = token

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
        if not self._has_login():
            raise Gen3AuthError("There is no login", remedy=GIVE_KEY)
        return Gen3Auth(endpoint=self._endpoint, refresh_file=self._source)

    @cached_property
    def endpoint(self) -> str:
        """The commons.

        Raises:
            UsageError: Nothing says which one it is.
        """
        if self._endpoint is not None:
            return self._endpoint
        if not self._has_login():
            raise UsageError(
                "nothing says which commons is meant",
                remedy=f"Give --endpoint HOST, or set {ENDPOINT_VARIABLE}. A credentials file says it as well: --auth FILE.",
            )
        return self.auth.endpoint

    @cached_property
    def login(self) -> Gen3Auth | None:
        """The login, or None where there is none: what is open can be had without."""
        return self.auth if self._has_login() else None

    @cached_property
    def commons(self) -> Commons:
        """The commons' services."""
        return Commons(self.endpoint, self.login)

    def generated(self, package: str, command: Command) -> Any:
        """The generated client of an operation.

        Args:
            package: Its package, such as gen3.fence.
            command: The operation.
        """
        part = package.rpartition(".")[2]
        if part == "manifest":
            return self.commons.manifests
        if part == "metadata" and _is_of_administrators(command):
            return self.commons.metadata_admin
        return getattr(self.commons, part)

    def _has_login(self) -> bool:
        """Whether anything was given or lies where logins lie; a workspace has its token service."""
        if self._token is not None or self._source is not None or os.environ.get(KEY_VARIABLE):
            return True
        folder = Path.home() / FOLDER
        return bool(os.environ.get(NAMESPACE_VARIABLE)) or any(
            (folder / name).is_file() for name in (DEFAULT_FILE, f"{DEFAULT_FILE}.json")
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DecodeError) and self._endpoint is not None:
            # A commons answers with its page for people wherever it has no service.
            error.remedy = f"{self._endpoint} doesn't answer as a Gen3 commons does: give its host alone, without the path of a page."
        if "commons" in vars(self):
            self.commons.close()


def _is_of_administrators(command: Command) -> bool:
    """Whether an operation of the metadata service changes metadata, which has another address than reading it."""
    return command.get("method") != "GET" and not (command.get("path") or "").startswith("/objects")
