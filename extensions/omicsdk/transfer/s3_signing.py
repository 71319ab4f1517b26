"""Signing many requests of one kind: boto3 signs the first, the others follow its example.

boto3 takes 0.2 ms a signature, most of it for finding out endpoint, arguments and headers anew. A pattern keeps what it
found, and is only used when signing its example by our own arithmetic (AWS Signature Version 4, query parameters:
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html) gives boto3's own signature.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

from omicsdk.transfer.requests import Location

#: Arguments whose values go into a header as they are; of all others the values are part of a pattern's example.
VARIABLE = {
    "ChecksumCRC32C": "x-amz-checksum-crc32c",
    "ChecksumSHA1": "x-amz-checksum-sha1",
    "ChecksumSHA256": "x-amz-checksum-sha256",
    "ContentMD5": "content-md5",
    "ContentType": "content-type",
    "Tagging": "x-amz-tagging",
}
#: Keys that stand in a URL as they are.
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_.~/-]+\Z")
_PLAIN_VALUE = re.compile(r"[!-~]+( [!-~]+)*\Z")
_ALGORITHM = "AWS4-HMAC-SHA256"


class Keys(NamedTuple):
    """Credentials as they are now."""

    access_key: str
    secret_key: str
    token: str | None

    def __repr__(self) -> str:
        return "<Keys>"


def keys_of(client: Any) -> Keys | None:
    """A client's credentials, renewed when they are about to end; None where it doesn't show them."""
    credentials = getattr(getattr(client, "_request_signer", None), "_credentials", None)
    if credentials is None:
        return None
    frozen = credentials.get_frozen_credentials()
    return Keys(frozen.access_key, frozen.secret_key, frozen.token)


@dataclass(frozen=True, slots=True)
class Pattern:
    """How requests of one kind are signed.

    Attributes:
        origin: The URL up to its path.
        host: The host that is signed.
        before: The path up to the key.
        scope: The credential's scope behind the date: region, service, and a fixed word.
        query: The query's parameters but for those that time and keys decide.
        headers: The headers of the example, by their names in lower case.
        signed: Names of the headers that are signed, in order.
    """

    origin: str
    host: str
    before: str
    scope: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    signed: tuple[str, ...]

    def sign(self, keys: Keys, key: str, values: Mapping[str, str], now: datetime) -> Location | None:
        """Signs a request.

        Args:
            keys: The credentials.
            key: The object's key.
            values: The values of variable headers, by their names in lower case.
            now: The time, in UTC.

        Returns:
            Where to, with the headers; None where the values need more care than is taken here.
        """
        if not _PLAIN_KEY.match(key) or not all(map(_PLAIN_VALUE.match, values.values())):
            return None
        date = now.strftime("%Y%m%dT%H%M%SZ")
        scope = f"{date[:8]}/{self.scope}"
        headers = {**self.headers, **values}
        parameters = [*self.query, ("X-Amz-Credential", f"{keys.access_key}/{scope}"), ("X-Amz-Date", date)]
        if keys.token:
            parameters.append(("X-Amz-Security-Token", keys.token))
        query = "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in sorted(parameters))
        path = f"{self.before}{key}"
        lines = "".join(f"{name}:{self.host if name == 'host' else headers[name]}\n" for name in self.signed)
        canonical = f"PUT\n{path}\n{query}\n{lines}\n{';'.join(self.signed)}\nUNSIGNED-PAYLOAD"
        text = f"{_ALGORITHM}\n{date}\n{scope}\n{sha256(canonical.encode()).hexdigest()}"
        secret = f"AWS4{keys.secret_key}".encode()
        for word in scope.split("/"):
            secret = hmac.digest(secret, word.encode(), "sha256")
        signature = hmac.digest(secret, text.encode(), "sha256").hex()
        return Location(f"{self.origin}{path}?{query}&X-Amz-Signature={signature}", headers)


def pattern_of(example: Location, key: str, values: Mapping[str, str], keys: Keys) -> Pattern | None:
    """Makes a pattern of what boto3 signed.

    Args:
        example: boto3's URL and headers.
        key: The key that it is for.
        values: The values of its variable headers.
        keys: The credentials that it was signed with.

    Returns:
        The pattern; None where the example isn't signed in the way that is understood here.
    """
    parts = urlsplit(example.url)
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    headers = {name.lower(): value for name, value in example.headers.items()}
    signed = tuple(given.get("X-Amz-SignedHeaders", "").split(";"))
    credential = given.get("X-Amz-Credential", "").split("/", 2)
    known = (
        given.get("X-Amz-Algorithm") == _ALGORITHM and len(credential) == 3 and "x-amz-content-sha256" not in headers
    )
    if not known or not parts.path.endswith(f"/{key}") or not set(values) <= set(signed) <= {"host", *headers}:
        return None
    decided = {"X-Amz-Credential", "X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Signature"}
    pattern = Pattern(
        origin=f"{parts.scheme}://{parts.netloc}",
        host=parts.netloc,
        before=parts.path.removesuffix(key),
        scope=credential[2],
        query=tuple((name, value) for name, value in given.items() if name not in decided),
        headers=headers,
        signed=signed,
    )
    try:
        then = datetime.strptime(given["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except (KeyError, ValueError):
        return None
    again = pattern.sign(keys, key, values, then)
    return pattern if again is not None and again.url.endswith(f"={given.get('X-Amz-Signature')}") else None
