"""Users: registering, logging in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from omicsdk.compat.pangea_api.knex import Knex


class User:
    """A user of a server, with the e-mail address and password of the login."""

    def __init__(self, knex: Knex, email: str, password: str) -> None:
        self.knex, self.email, self.password = knex, email, password

    @property
    def username(self) -> str:
        """The e-mail address."""
        return self.email

    def login(self) -> Self:
        """Log in; a PangeaLoginError for an unknown user or another password."""
        self.knex.login(self.username, self.password)
        return self

    def register(self) -> Self:
        """Register the user, and log in; a PangeaOtherError for an existing address or a password that the server rejects."""
        self.knex.register(self.email, self.password)
        return self.login()

    def get_info(self) -> dict[str, Any]:
        """Return the logged-in user's fields, such as `uuid`, `email` and `organization_objs`."""
        return self.knex.get("users/me")

    def change_password(self, new_password: str) -> None:
        """Change the password, with rules as of `Knex.register`; tokens stay valid."""
        sent = {"new_password": new_password, "current_password": self.password}
        self.knex.post("auth/users/set_password/", json=sent)
        self.password = new_password

    def logout(self) -> None:
        """Log out, and revoke the user's only token everywhere."""
        self.knex.post("auth/token/logout/")
        self.knex.auth = None

    def __repr__(self) -> str:
        return f"<Pangea::User {self.email}>"
