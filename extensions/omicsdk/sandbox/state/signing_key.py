"""The key that a service of the sandbox signs its tokens with."""

import secrets
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omicsdk.core.files import PRIVATE, in_place_of
from omicsdk.sandbox.state.database import Database

ALGORITHM = "RS256"
_BITS = 2048


class SigningKey:
    """The key of a folder's sandbox. It stays after a reset, under another identifier, so older tokens end there.

    Args:
        path: The key's file; made, readable by its owner only, when the key is first needed.
        database: Where the identifier is kept.
        table: The identifier's table, one a service.
    """

    def __init__(self, path: Path, database: Database, table: str) -> None:
        self._path = path
        self._database = database
        self._lock = threading.Lock()
        self._private: Any = None
        self._table = table
        database.define(**{table: "id TEXT PRIMARY KEY"})

    @property
    def id(self) -> str:
        """The key's identifier, which the header of a token names."""
        with self._database.transaction():
            row = self._database.row(f"SELECT id FROM {self._table}")  # noqa: S608 - our own word
            if row is not None:
                return row["id"]
            made = secrets.token_hex(8)
            self._database.execute(f"INSERT INTO {self._table} VALUES (?)", (made,))  # noqa: S608 - our own word
            return made

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Makes a JSON Web Token."""
        import jwt

        return jwt.encode(dict(claims), self._load(), algorithm=ALGORITHM, headers={"kid": self.id})

    def public(self) -> Any:
        """The key that signatures are checked with."""
        return self._load().public_key()

    def as_jwk(self) -> dict[str, Any]:
        """The public key as a JSON Web Key."""
        from jwt.algorithms import RSAAlgorithm

        numbers = RSAAlgorithm.to_jwk(self.public(), as_dict=True)
        return {"kid": self.id, "kty": "RSA", "alg": ALGORITHM, "use": "sig", "n": numbers["n"], "e": numbers["e"]}

    def _load(self) -> Any:
        with self._lock:
            if self._private is None:
                from cryptography.hazmat.primitives.serialization import load_pem_private_key

                if not self._path.exists():
                    with in_place_of(self._path, mode=PRIVATE) as file:
                        file.write(private_pem(new_key()))
                self._private = load_pem_private_key(self._path.read_bytes(), None)
            return self._private


def new_key() -> Any:
    """A new private key."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=_BITS)


def private_pem(key: Any) -> bytes:
    """A private key as PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
