"""Accounts of programs, and their keys."""

import json
import secrets
from pathlib import Path
from typing import Any

from omicsdk.core.files import PRIVATE, in_place_of
from omicsdk.sandbox.state.credentials import new_key, private_pem
from omicsdk.sandbox.state.database import Database


class ServiceAccounts:
    """Accounts of programs, which sign their tokens themselves.

    Args:
        database: Where their public keys are kept.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        database.define(auth_accounts="key_id TEXT PRIMARY KEY, email TEXT NOT NULL, public_key TEXT NOT NULL")

    def make(self, folder: Path, email: str, token_uri: str) -> Path:
        """Makes a key for an account and writes its file, in the form of Google's.

        Args:
            folder: Where the file goes; made when it isn't there.
            email: Name of the account.
            token_uri: An address that the form wants.

        Returns:
            The file, readable by its owner only.
        """
        key, key_id = new_key(), secrets.token_hex(20)
        public = _public_pem(key)
        content = {
            "type": "service_account",
            "project_id": "omics-sandbox",
            "private_key_id": key_id,
            "private_key": private_pem(key).decode(),
            "client_email": email,
            "client_id": str(secrets.randbelow(10**21)),
            "token_uri": token_uri,
        }
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"service-account-{key_id[:8]}.json"
        with in_place_of(path, mode=PRIVATE) as file:
            file.write(json.dumps(content, indent=2).encode())
        self._database.execute("INSERT INTO auth_accounts VALUES (?, ?, ?)", (key_id, email, public))
        return path

    def find(self, key_id: str) -> tuple[str, str] | None:
        """E-mail address and public key of an account by a key's identifier; None when there is none."""
        row = self._database.row("SELECT email, public_key FROM auth_accounts WHERE key_id = ?", (key_id,))
        return (row["email"], row["public_key"]) if row else None


def _public_pem(key: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
