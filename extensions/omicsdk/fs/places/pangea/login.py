"""Who asks a Pangea server: a token, or an address with its password; nobody in particular where there is neither."""

from __future__ import annotations

from omicsdk.core.errors import AuthError, UsageError
from omicsdk.fs.places._shared import said
from omicsdk.pangea.knex import Knex

_GIVE = "Give email and password, or set PANGEA_USER and PANGEA_PASS; without them only what is public can be read."


def logged_in(endpoint: str | None, email: str | None, password: str | None, token: str | None) -> Knex:
    """A connection, logged in where there is a login.

    Args:
        endpoint: The server's address; None for OMICS_PANGEA_URL, else what PANGEA_ENDPOINT says.
        email: The address to log in with; None for PANGEA_USER, where no token is given.
        password: Its password; None for PANGEA_PASS.
        token: A token in the place of both; None for OMICS_PANGEA_TOKEN, where no address is given.

    Raises:
        AuthError: Half of a login is missing, the server doesn't take it, or it would be readable on its way.
        UsageError: Both a token and a login were given.
        PangeaGeneralError: The endpoint isn't an address, or doesn't answer.
    """
    if token and (email or password):
        raise UsageError("email and token both say who asks", remedy="Give one of them.")
    if not (email or password):
        token = said(token, "OMICS_PANGEA_TOKEN")
    knex = Knex(said(endpoint, "OMICS_PANGEA_URL"))
    if token:
        knex.add_auth_token(token)
        return knex
    email, password = said(email, "PANGEA_USER"), said(password, "PANGEA_PASS")
    if bool(email) != bool(password):
        raise AuthError("A login has an address and a password, and one of them is missing", remedy=_GIVE)
    return knex.login(email, password) if email and password else knex
