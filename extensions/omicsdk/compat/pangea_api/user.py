"""Users: registering, logging in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from omicsdk.compat.pangea_api.knex import Knex


class User:
    """A user of a server.

    Args:
        knex: The server; after the login the user's token is sent.
        email: The user's e-mail address, which is the name to log in with.
        password: The password.
    """

    def __init__(self, knex: Knex, email: str, password: str) -> None:
        self.knex = knex
        self.email = email
        self.password = password

    @property
    def username(self) -> str:
        """The e-mail address."""
        return self.email

    def login(self) -> Self:
        """Log in.

        Returns:
            This object.

        Raises:
            PangeaLoginError: There is no such user, or the password is another.
            PangeaGeneralError: The server refused, or did not answer.
        """
        self.knex.login(self.username, self.password)
        return self

    def register(self) -> Self:
        """Register the user, and log in.

        Returns:
            This object.

        Raises:
            PangeaOtherError: There is one of that address, or the server does not accept the password.
            PangeaGeneralError: The server refused, or did not answer.
        """
        self.knex.register(self.email, self.password)
        return self.login()

    def get_info(self) -> dict[str, Any]:
        """Return the server's details of the logged-in user.

        Returns:
            The user's fields, such as `uuid`, `email` and `organization_objs`.

        Raises:
            PangeaGeneralError: No user is logged in, or the server did not answer.
        """
        return self.knex.get("users/me")

    def change_password(self, new_password: str) -> None:
        """Change the password; tokens stay valid.

        Args:
            new_password: The new one: at least 8 characters, no common word, not only digits, unlike the address.

        Raises:
            PangeaOtherError: The server does not accept it, or the present one is another.
            PangeaGeneralError: No user is logged in, or the server did not answer.
        """
        sent = {"new_password": new_password, "current_password": self.password}
        self.knex.post("auth/users/set_password/", json=sent)
        self.password = new_password

    def logout(self) -> None:
        """Log out, and revoke the user's only token everywhere.

        Raises:
            PangeaGeneralError: The server refused, or did not answer.
        """
        self.knex.post("auth/token/logout/")
        self.knex.auth = None

    def __repr__(self) -> str:
        return f"<Pangea::User {self.email}>"
