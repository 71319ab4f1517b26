"""Signatures of AWS, Version 4, in a request's headers and in its query: for clients that sign and servers that compare. Pure."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache

from omicsdk.core.checksums import builtin_hash
from omicsdk.core.frozen import Frozen

ALGORITHM = "AWS4-HMAC-SHA256"
#: In place of a body's digest: the signature does not cover the body.
UNSIGNED = "UNSIGNED-PAYLOAD"
#: Characters that are escaped in a query, and those of a path.
_IN_QUERY, _IN_PATH = re.compile("[^A-Za-z0-9_.~-]+"), re.compile("[^A-Za-z0-9_.~/-]+")
_ESCAPES = re.compile("(?:%[0-9A-Fa-f]{2})+")


_sha256 = builtin_hash("sha256")
#: The digest of no body.
EMPTY: str = _sha256().hexdigest()
#: RFC 2104: what a key is combined with, byte by byte.
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
_BLOCK = 64


class Keys(Frozen, hidden=("secret", "token")):
    """A pair of keys.

    Attributes:
        access: Identifies the secret; public.
        secret: The secret.
        token: The token of temporary keys; empty for lasting ones.
    """

    access: str
    secret: str
    token: str = ""


class Signer(Frozen):
    """Signs requests to one service in one region.

    Attributes:
        keys: The keys.
        region: The region.
        service: The service.
    """

    keys: Keys
    region: str
    service: str = "s3"

    def headers(
        self,
        method: str,
        host: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        *,
        payload: str = UNSIGNED,
        now: float,
    ) -> dict[str, str]:
        """Sign a request by headers.

        Args:
            method: Its HTTP method.
            host: Its Host header: the name, and the port unless it is the scheme's own.
            path: Its path as it is sent.
            query: Its query as it is sent.
            headers: Headers to be signed with it, names in lower case. Others may be added afterwards.
            payload: The SHA-256 of its body.
            now: Seconds since 1970.

        Returns:
            The headers to send: the given ones, and those of the signature.
        """
        moment = moment_of(now)
        signed = {**(headers or {}), "x-amz-content-sha256": payload, "x-amz-date": moment}
        if self.keys.token:
            signed["x-amz-security-token"] = self.keys.token
        # The Host header always, or the same signature would be valid at another host.
        names = sorted([*signed, "host"])
        lines = [f"{name}:{host if name == 'host' else trimmed(signed[name])}" for name in names]
        scope, signed_names = self._scope(moment), ";".join(names)
        request = canonical_request(method, path, canonical_query(query), lines, signed_names, payload)
        signature = signature_of(self.keys.secret, scope, moment, request)
        signed["authorization"] = (
            f"{ALGORITHM} Credential={self.keys.access}/{scope}, SignedHeaders={signed_names}, Signature={signature}"
        )
        return signed

    def query(
        self,
        method: str,
        host: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        *,
        seconds: int,
        now: float,
    ) -> str:
        """Sign a request by its query, so that its URL is valid for a while.

        Args:
            method: Its HTTP method.
            host: Its Host header.
            path: Its path as it is sent.
            query: The query so far.
            headers: Headers that have to be sent with it, names in lower case.
            seconds: How long it is valid.
            now: Seconds since 1970.

        Returns:
            The whole query.
        """
        moment, signed = moment_of(now), dict(headers or {})
        names = sorted([*signed, "host"])
        scope, signed_names = self._scope(moment), ";".join(names)
        pairs = {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{self.keys.access}/{scope}",
            "X-Amz-Date": moment,
            "X-Amz-Expires": str(seconds),
            "X-Amz-SignedHeaders": signed_names,
        }
        if self.keys.token:
            pairs["X-Amz-Security-Token"] = self.keys.token
        whole = "&".join([*([query] if query else []), *(f"{name}={escaped(value)}" for name, value in pairs.items())])
        lines = [f"{name}:{host if name == 'host' else trimmed(signed[name])}" for name in names]
        # A URL is signed before the body of its request is known.
        request = canonical_request(method, path, canonical_query(whole), lines, signed_names, UNSIGNED)
        return f"{whole}&X-Amz-Signature={signature_of(self.keys.secret, scope, moment, request)}"

    def _scope(self, moment: str) -> str:
        return f"{moment[:8]}/{self.region}/{self.service}/aws4_request"


@lru_cache(maxsize=4)
def _moment(second: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(second))


def moment_of(now: float) -> str:
    """Return a time as signatures state it.

    Args:
        now: Seconds since 1970.
    """
    return _moment(int(now))


def canonical_request(
    method: str, path: str, query: str, lines: Iterable[str], signed_headers: str, payload: str
) -> str:
    """Return the text of a request that is signed.

    Args:
        method: Its HTTP method.
        path: Its path as it is sent; S3 does not normalise it.
        query: Its canonical query.
        lines: Its signed headers, as `name:value`, by name.
        signed_headers: Their names, with semicolons between them.
        payload: The SHA-256 of its body.
    """
    return "\n".join((method, path, query, *lines, "", signed_headers, payload))


def trimmed(value: str) -> str:
    """Return a header's value as AWS compares signatures of it: trimmed, with one space in place of several.

    Args:
        value: The value, decoded as Latin-1.
    """
    # As bytes: in a text, the last bytes of letters such as UTF-8's "à" and "Å" are spaces, too.
    return b" ".join(value.encode("latin-1").split()).decode("latin-1")


def canonical_query(query: str) -> str:
    """Return a query as it is signed: escaped alike, by name, without the signature itself.

    Args:
        query: As it is sent.
    """
    if not query:
        return ""
    pairs = (part.partition("=") for part in query.split("&") if part)
    # Unescaped first: a query that was escaped by other rules must be signed as the server will read it.
    alike = sorted((escaped(unescaped(name)), escaped(unescaped(value))) for name, _, value in pairs)
    return "&".join(f"{name}={value}" for name, value in alike if name != "X-Amz-Signature")


def escaped(text: str) -> str:
    """Escape a name or value of a query.

    Args:
        text: The text.
    """
    return _IN_QUERY.sub(_escape, text)


def escaped_path(text: str) -> str:
    """Escape a path, or a key as a part of one, whose slashes stay.

    Args:
        text: The text.
    """
    return _IN_PATH.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return "".join([f"%{byte:02X}" for byte in match[0].encode()])


def unescaped(text: str) -> str:
    """Return a text without escapes.

    Args:
        text: A name or value of a query, as it is sent.
    """
    return _ESCAPES.sub(lambda match: bytes.fromhex(match[0].replace("%", "")).decode(errors="replace"), text)


def query_of(pairs: Mapping[str, str]) -> str:
    """Return a query.

    Args:
        pairs: Values by name.
    """
    return "&".join([f"{escaped(name)}={escaped(value)}" for name, value in pairs.items()])


def signature_of(secret: str, scope: str, moment: str, request: str) -> str:
    """Return a signature.

    Args:
        secret: The secret key.
        scope: Day, region, service and `aws4_request`, with slashes between them.
        moment: The time as the request states it.
        request: Its canonical form.
    """
    digest = _sha256(request.encode("latin-1")).hexdigest()  # as HTTP sends headers
    return keyed(secret, scope, f"{ALGORITHM}\n{moment}\n{scope}\n{digest}")


def keyed(secret: str, scope: str, text: str) -> str:
    """Sign a text, such as the policy of a form.

    Args:
        secret: The secret key.
        scope: As for `signature_of`.
        text: The text.
    """
    return _hmac(_key(secret, scope), text.encode()).hex()


@lru_cache(maxsize=64)
def _key(secret: str, scope: str) -> bytes:
    """The key of a day, a region and a service, which signs thousands of requests."""
    key = f"AWS4{secret}".encode()
    for step in scope.split("/"):
        key = _hmac(key, step.encode())
    return key


def _hmac(key: bytes, text: bytes) -> bytes:
    """HMAC-SHA-256; the module hmac loads OpenSSL."""
    # RFC 2104, 2: a longer key is hashed, a shorter one is filled with zeros.
    padded = (key if len(key) <= _BLOCK else _sha256(key).digest()).ljust(_BLOCK, b"\0")
    digest: bytes = _sha256(padded.translate(_OUTER) + _sha256(padded.translate(_INNER) + text).digest()).digest()
    return digest
