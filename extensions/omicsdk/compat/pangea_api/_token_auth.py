"""Token of a user as credentials; exported by `knex`."""

from __future__ import annotations

from hashlib import sha256

from omicsdk.core.credentials import ApiKey


class TokenAuth(ApiKey):
    """Token of a user, sent to the server of its Knex only; `owner` identifies the user without revealing the token."""

    def __init__(self, token: str, user: str = "") -> None:
        super().__init__(token, header="Authorization", prefix="Token ")
        self.owner = user or sha256(token.encode()).hexdigest()
