"""From what was typed to Pangea: where it is, and who asks."""

from __future__ import annotations

import os
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING, Self

from omicsdk.core.credentials import ANONYMOUS
from omicsdk.core.errors import AuthError, DecodeError, Forbidden, OmicsError, UsageError
from omicsdk.pangea.client import Pangea
from omicsdk.pangea.login import PasswordLogin, endpoint_of, token_of

if TYPE_CHECKING:
    from omicsdk.cli.shapes import Command
    from omicsdk.core.credentials import Credentials

USER_VARIABLE, PASSWORD_VARIABLE = "PANGEA_USER", "PANGEA_PASS"
GIVE_LOGIN = f"Give --email and --password, or set {USER_VARIABLE} and {PASSWORD_VARIABLE}; or set OMICS_PANGEA_TOKEN."
OF_NOBODY = frozenset({"login", "register", "reset_password", "confirm_reset_password", "activate_account"})
"""Operations that are called without a login, because they lead to one."""


def token(text: str) -> str:
    """What --access-token gives, for `connect`: the service has a word of its own before it."""
    return text


def connect(
    base_url: str | None,
    *,
    credentials: str | None = None,
    email: str | None = None,
    password: str | None = None,
    endpoint: str | None = None,
) -> Access:
    """The service behind `omics pangea`; nothing is asked of it yet.

    Args:
        base_url: What --base-url or OMICS_PANGEA_URL says.
        credentials: The token that --access-token or OMICS_PANGEA_TOKEN says.
        email: What --email says.
        password: What --password says.
        endpoint: What --endpoint says.

    Raises:
        ConfigError: The endpoint isn't an address.
    """
    return Access(endpoint_of(endpoint or base_url), email, password, credentials)


class Access:
    """Pangea as one user sees it, or as everybody does; a login happens when the first request is about to go.

    Args:
        endpoint: Where it is, without /api.
        email: The login that was typed; None for that of the environment.
        password: Its password, likewise.
        token: A token that takes the place of both.
    """

    def __init__(self, endpoint: str, email: str | None, password: str | None, token: str | None) -> None:
        self.endpoint = endpoint
        self._email = email
        self._password = password
        self._token = token
        self._closing = ExitStack()

    def of(self, email: str | None) -> Access:
        """The same as another user, for a command that has an --email of its own.

        Args:
            email: What was typed; None changes nothing.
        """
        if email is not None:
            self._email = email
        return self

    @cached_property
    def login(self) -> tuple[str, str] | None:
        """The e-mail address and the password; None where there is neither.

        Raises:
            AuthError: There is one of them only.
        """
        email = self._email or os.environ.get(USER_VARIABLE) or None
        password = self._password or os.environ.get(PASSWORD_VARIABLE) or None
        if email is not None and password is not None:
            return email, password
        if email is not None:
            raise AuthError(
                f"There is no password for {email}",
                remedy=f"Give --password, or set {PASSWORD_VARIABLE}; without --email and {USER_VARIABLE} nobody is logged in.",
            )
        if password is not None:
            raise AuthError(
                "There is a password, but nothing says whose",
                remedy=f"Give --email, or set {USER_VARIABLE}; without --password and {PASSWORD_VARIABLE} nobody is logged in.",
            )
        return None

    @property
    def email(self) -> str:
        """Whom other services may write to about requests; empty where nobody is logged in by address."""
        return self._email or os.environ.get(USER_VARIABLE) or ""

    @cached_property
    def is_anonymous(self) -> bool:
        """Whether nobody is logged in.

        Raises:
            AuthError: Half of a login is missing.
            UsageError: Both a token and a login were given.
        """
        if self._token is None:
            return self.login is None
        if self._email is not None or self._password is not None:
            raise UsageError(
                "--email and --access-token (or OMICS_PANGEA_TOKEN) both say who asks", remedy="Give one of them."
            )
        return False

    @cached_property
    def api(self) -> Pangea:
        """The client, logged in where there is a login.

        Raises:
            AuthError: Half of a login is missing, or the service refuses it.
            UsageError: Both a token and a login were given.
        """
        client = self._connected()
        if not self.is_anonymous and self._token is None:
            token_of(client)  # what can be read without a login would go on without one
        return client

    def _connected(self, *, anonymously: bool = False) -> Pangea:
        credentials: Credentials | str = ANONYMOUS
        if not anonymously and not self.is_anonymous:
            if self._token is not None:
                credentials = self._token
            elif self.login is not None:
                credentials = PasswordLogin(*self.login)
        return self._closing.enter_context(Pangea(self.endpoint, credentials=credentials))

    def need_login(self) -> None:
        """Check that there is a login, before anything is requested.

        Raises:
            AuthError: There is none.
        """
        if self.is_anonymous:
            raise AuthError("There is no login", remedy=GIVE_LOGIN)

    def token(self) -> str:
        """Return the token.

        Raises:
            AuthError: There is no login, or the service refuses it.
        """
        self.need_login()
        return self._token if self._token is not None else token_of(self.api)

    def generated(self, package: str, command: Command) -> Pangea:
        """The client of an operation; it logs in with its first request.

        Args:
            package: The operation's package.
            command: The operation.
        """
        del package
        return self._connected(anonymously=command.get("name") in OF_NOBODY)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._closing.close()
        if isinstance(error, Forbidden) and (what := of_credentials(error)) is not None:
            raise what from error
        if isinstance(error, DecodeError):
            error.remedy = f"{self.endpoint} doesn't answer as Pangea does: give its address without /api and pages."


def of_credentials(error: OmicsError) -> AuthError | None:
    """The same as an error of credentials, where a refusal is one: this service answers 403 to those as well.

    Args:
        error: What was raised.
    """
    said = error.message.lower() if isinstance(error, Forbidden) else ""
    if "credentials were not provided" in said:
        return AuthError("That takes a login", remedy=GIVE_LOGIN)
    if "invalid token" in said or "user inactive" in said:
        return AuthError("The service doesn't take the token (any longer)", remedy=GIVE_LOGIN)
    return None
