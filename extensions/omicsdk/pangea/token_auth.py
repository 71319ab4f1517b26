"""A user's token as credentials."""

from __future__ import annotations

from hashlib import sha256

from omicsdk.core.credentials import ApiKey


class TokenAuth(ApiKey):
    """A user's token, which goes to the server of its Knex and nowhere else.

    Args:
        token: The token.

    Raises:
        ConfigError: It can't be one: it is empty, or has blanks in it.
    """

    def __init__(self, token: str) -> None:
        super().__init__(token, header="Authorization", prefix="Token ")
        self.fingerprint = sha256(token.encode()).hexdigest()
