"""A user's token as credentials; `knex` offers it."""

from __future__ import annotations

from hashlib import sha256

from omicsdk.core.credentials import ApiKey


class TokenAuth(ApiKey):
    """A user's token, which is sent to the server of its Knex only.

    Args:
        token: The token.
        user: The user, where that is known.

    Attributes:
        owner: What identifies its user, without revealing the token.

    Raises:
        ConfigError: It is empty, or has spaces in it.
    """

    def __init__(self, token: str, user: str = "") -> None:
        super().__init__(token, header="Authorization", prefix="Token ")
        self.owner = user or sha256(token.encode()).hexdigest()
