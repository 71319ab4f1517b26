"""Temporary S3 credentials that open one folder of one bucket, and the rules of what they allow there."""

import base64
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from omicsdk.sandbox.state.credentials import Secrets
from omicsdk.sandbox.state.database import Database

_LETTERS = string.ascii_uppercase + string.digits
KEY_PREFIX = "ASIA"
"""What the identifiers of temporary keys begin with, as AWS's do."""


@dataclass(frozen=True, slots=True)
class Session:
    """Temporary credentials.

    Attributes:
        access_key: Identifier of the key.
        secret_key: What requests are signed with.
        token: What goes with each request.
        bucket: The one bucket that they open.
        prefix: What the keys in it must begin with, with the slash at its end.
        ends: When they end, in the sandbox's time.
    """

    access_key: str
    secret_key: str
    token: str
    bucket: str
    prefix: str
    ends: float

    def __repr__(self) -> str:
        return f"<Session of s3://{self.bucket}/{self.prefix}>"


class Sessions:
    """The temporary credentials of one sandbox.

    Args:
        database: Where they are kept, without what is secret of them.
        now: The sandbox's time in seconds since 1970.
        secrets: What their secrets derive from.
    """

    def __init__(self, database: Database, now: Callable[[], float], secrets: Secrets) -> None:
        self._database = database
        self._secrets = secrets
        self._now = now
        database.define(
            s3_sessions=("access_key TEXT PRIMARY KEY, bucket TEXT NOT NULL, prefix TEXT NOT NULL, ends REAL NOT NULL")
        )

    def issue(self, bucket: str, prefix: str, seconds: float) -> Session:
        """Makes credentials.

        Args:
            bucket: The bucket that they open.
            prefix: What the keys in it must begin with, with the slash at its end.
            seconds: How long they are good for, in the sandbox's time.
        """
        access_key = KEY_PREFIX + "".join(secrets.choice(_LETTERS) for _ in range(16))
        values = (access_key, bucket, prefix, self._now() + seconds)
        self._database.execute("INSERT INTO s3_sessions VALUES (?, ?, ?, ?)", values)
        return self._session(*values)

    def find(self, access_key: str) -> Session | None:
        """The credentials of a key, ended ones too; None when they aren't ours."""
        row = self._database.row("SELECT * FROM s3_sessions WHERE access_key = ?", (access_key,))
        return None if row is None else self._session(**row)

    def _session(self, access_key: str, bucket: str, prefix: str, ends: float) -> Session:
        secret_key = self._secrets.derived("s3 session", "key", access_key)
        # As long as AWS's tokens, which carry much more.
        parts = (self._secrets.derived("s3 session", f"token {n}", access_key, length=64) for n in range(6))
        token = base64.b64encode(bytes.fromhex("".join(parts))).decode()
        return Session(access_key, secret_key, token, bucket, prefix, ends)

    def has_ended(self, session: Session) -> bool:
        """Whether credentials have ended."""
        return session.ends <= self._now()


READ = "read"
WRITE = "write"
_OBJECT_READS = frozenset({"acl", "attributes", "tagging"})
_OBJECT_WRITES = frozenset({"acl", "tagging"})


def wanted(method: str, key: str, query: Mapping[str, str]) -> str | None:
    """What a request wants of a folder that it may be allowed: `read`, `write`; None for all that never is.

    Reading and listing, putting in one piece or in parts, tagging; nothing of the bucket itself, and no deleting.
    A listing counts as reading, if it names a prefix.

    Args:
        method: The HTTP method.
        key: The object's key; empty for requests of the bucket.
        query: The query's parameters, those without a value with an empty one.
    """
    sub = {name for name in query if name in _SUBRESOURCES}
    if not key:
        listing = method == "GET" and sub <= {"uploads"} and "prefix" in query
        return READ if listing else None
    if method in ("GET", "HEAD"):
        return READ if sub <= _OBJECT_READS else None
    if method == "PUT":
        return WRITE if sub <= _OBJECT_WRITES else None
    if method == "POST":
        return WRITE if sub == {"uploads"} or (not sub and "uploadId" in query) else None
    return WRITE if method == "DELETE" and not sub and "uploadId" in query else None


_SUBRESOURCES = frozenset(
    {"acl", "attributes", "delete", "legal-hold", "restore", "retention", "select", "tagging", "torrent", "uploads"}
    | {"accelerate", "cors", "lifecycle", "location", "logging", "notification", "policy", "versioning", "versions"}
    | {"encryption", "website", "replication", "requestPayment", "object-lock", "publicAccessBlock", "analytics"}
    | {"inventory", "metrics", "ownershipControls", "intelligent-tiering", "renameObject"}
)
