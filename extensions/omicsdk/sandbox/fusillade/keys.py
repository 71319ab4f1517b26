"""Keys: the one that the sandbox signs its tokens with, and those of service accounts."""

import json
import secrets
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from omicsdk.core.atomic_file import PRIVATE, in_place_of
from omicsdk.sandbox.store import Database

ALGORITHM = "RS256"
_BITS = 2048


class SigningKey:
    """The key of a folder's sandbox. It stays after a reset, under another identifier, so older tokens end there.

    Args:
        path: The key's file; made, readable by its owner only, when the key is first needed.
        database: Where the identifier is kept.
    """

    def __init__(self, path: Path, database: Database) -> None:
        self._path = path
        self._database = database
        self._lock = threading.Lock()
        self._private: Any = None
        database.define(auth_keys="id TEXT PRIMARY KEY")

    @property
    def id(self) -> str:
        """The key's identifier, which the header of a token names."""
        with self._database.transaction():
            row = self._database.row("SELECT id FROM auth_keys")
            if row is not None:
                return row["id"]
            made = secrets.token_hex(8)
            self._database.execute("INSERT INTO auth_keys VALUES (?)", (made,))
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
                        file.write(_pem(_new_key()))
                self._private = load_pem_private_key(self._path.read_bytes(), None)
            return self._private


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
        key, key_id = _new_key(), secrets.token_hex(20)
        public = _public_pem(key)
        content = {
            "type": "service_account",
            "project_id": "omics-sandbox",
            "private_key_id": key_id,
            "private_key": _pem(key).decode(),
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


def _new_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=_BITS)


def _pem(key: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _public_pem(key: Any) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
