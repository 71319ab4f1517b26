"""A user's token as credentials."""

from __future__ import annotations

from hashlib import sha256

from omicsdk.core.credentials import ApiKey


class TokenAuth(ApiKey):
    """A user's token, which goes to the server of its Knex and nowhere else.

    Args:
        token: The token.
        user: Whose it is, where that is known.

    Attributes:
        owner: What tells its user from others, without telling the token.

    Raises:
        ConfigError: It can't be one: it is empty, or has blanks in it.
    """

    def __init__(self, token: str, user: str = "") -> None:
        super().__init__(token, header="Authorization", prefix="Token ")
        self.owner = user or sha256(token.encode()).hexdigest()
