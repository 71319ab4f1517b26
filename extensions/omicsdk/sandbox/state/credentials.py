"""Secrets: those of the services derive from one random key; passwords and tokens are hashed, those of others not kept; and the keys that sign tokens."""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from omicsdk.core.files import PRIVATE, in_place_of
from omicsdk.sandbox.state.database import Database

_KEY = "signing.key"
# Of RFC 7914, section 2, for interactive logins: 16 MiB and some 40 ms for each guess.
_COST, _BLOCK, _PARALLEL = 2**14, 8, 1
# Stands where the salt does, for a password that was drawn at random.
_RANDOM = "sha256"


class Secrets:
    """The secrets of one sandbox.

    The tokens, passwords and keys of its services derive from one key, which is drawn at random when a folder is first used
    and kept there, readable by its owner only. So each sandbox has its own, they are the same after a restart and after
    a reset, and none of them is written down a second time.

    Args:
        key: The key; see `key_of`.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._issued: dict[tuple[str, str], str] = {}

    def derived(self, *purpose: str, length: int = 40) -> str:
        """A secret.

        Args:
            purpose: Its purpose; each gives another secret.
            length: Number of hexadecimal digits, at most 64; default 40.
        """
        # With each part's length before it, so that no two purposes run together.
        named = "".join(f"{len(part)}:{part}" for part in purpose)
        return hmac.new(self._key, named.encode(), hashlib.sha256).hexdigest()[:length]

    @cached_property
    def password(self) -> str:
        """The password of the accounts that the sandbox makes, django-crunch's and Pangea's."""
        return self.derived("password")

    @cached_property
    def token(self) -> str:
        """The administrator's token, which no reset and no moved time ends: users have it in their shells' variables."""
        return self.derived("token")

    @cached_property
    def password_hash(self) -> str:
        """How `password` is stored: a digest suffices for 160 random bits, and scrypt would be half of a sandbox's start."""
        return f"{_RANDOM}${digest(self.password)}"

    # -- secrets of other services, which the sandbox has to present there: they end with the process

    def hold(self, kind: str, id: str, secret: str) -> None:
        """Hold a secret of another service in memory; no file of the sandbox ever has it.

        Args:
            kind: Kind of its owner, such as `subscription`.
            id: Identity of its owner.
            secret: The secret.
        """
        self._issued[kind, id] = secret

    def held(self, kind: str, id: str) -> str | None:
        """A secret of another service; None where none was given since the sandbox was started."""
        return self._issued.get((kind, id))

    def release(self, kind: str, id: str) -> None:
        """Forget such a secret, if there is one."""
        self._issued.pop((kind, id), None)

    def release_all(self) -> None:
        """Forget all such secrets."""
        self._issued.clear()

    def __repr__(self) -> str:
        return "<Secrets of a sandbox>"


def key_of(folder: Path) -> bytes:
    """The key of a sandbox's folder, drawn when it does not exist.

    It is not changed by a reset, so a client that holds an old URL is returned 404 and not 403.
    """
    path = folder / _KEY
    if not path.exists():
        with in_place_of(path, mode=PRIVATE) as file:
            file.write(secrets.token_bytes(32))
    return path.read_bytes()


def digest(secret: str) -> str:
    """Hash a token or another random secret for storage; for passwords of users there is `hashed`."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def hashed(password: str) -> str:
    """Hash a password for storage: scrypt with a salt."""
    salt = secrets.token_hex(16)
    return f"{salt}${_scrypt(password, salt)}"


def is_password(password: str, stored_hash: str) -> bool:
    """Whether a password is the one that was kept."""
    salt, _, expected = stored_hash.partition("$")
    return hmac.compare_digest(digest(password) if salt == _RANDOM else _scrypt(password, salt), expected)


# Clients send a password with each request; these are in the process's memory anyway.
@lru_cache(1_000)
def _scrypt(password: str, salt: str) -> str:
    text = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(text, salt=salt.encode(), n=_COST, r=_BLOCK, p=_PARALLEL).hex()


ALGORITHM = "RS256"
_BITS = 2048


# The key's identifier in the sandbox's own tokens, which a reset does not end.
LASTING = "sandbox"


class SigningKey:
    """The key of a folder's sandbox. It stays after a reset, under another identifier, so older tokens end there.

    Args:
        path: The key's file; made, readable by its owner only, when the key is first needed.
        database: The sandbox's database.
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
            new_id = secrets.token_hex(8)
            self._database.execute(f"INSERT INTO {self._table} VALUES (?)", (new_id,))  # noqa: S608 - our own word
            return new_id

    def sign(self, claims: Mapping[str, Any], *, lasting: bool = False) -> str:
        """Make a JSON Web Token.

        Args:
            claims: Its claims.
            lasting: Whether it stays valid after a reset.
        """
        import jwt

        headers = {"kid": LASTING if lasting else self.id}
        return jwt.encode(dict(claims), self._load(), algorithm=ALGORITHM, headers=headers)

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

                if self._path.exists():
                    self._private = load_pem_private_key(self._path.read_bytes(), None)
                else:
                    key = new_key()
                    with in_place_of(self._path, mode=PRIVATE) as file:
                        file.write(private_pem(key))
                    self._private = key
            return self._private


def new_key() -> Any:
    """A new private key."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=_BITS)


def private_pem(key: Any) -> bytes:
    """A private key as PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
