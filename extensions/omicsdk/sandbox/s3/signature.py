"""AWS's Signature Version 4, as the receiver of a request checks it."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Signed:
    """How a request is signed.

    Attributes:
        access_key: Identifier of the key.
        scope: Date, region, service and `aws4_request`, with slashes between them.
        names: Names of the signed headers, lower case.
        signature: The signature, hexadecimal.
        date: When it was signed, as 20260101T090000Z.
        token: The session's token; empty for lasting keys.
        in_query: Whether all that stands in the query: a presigned URL.
    """

    access_key: str
    scope: str
    names: tuple[str, ...]
    signature: str
    date: str
    token: str
    in_query: bool


def read_signature(headers: Mapping[str, str], query: str) -> Signed | None:
    """How a request says that it is signed; None when it isn't, or in another way.

    Args:
        headers: Its headers, names in lower case.
        query: Its query as sent.
    """
    given = dict(parse_qsl(query, keep_blank_values=True))
    if given.get("X-Amz-Algorithm") == ALGORITHM:
        fields = {
            "Credential": given.get("X-Amz-Credential", ""),
            "SignedHeaders": given.get("X-Amz-SignedHeaders", ""),
            "Signature": given.get("X-Amz-Signature", ""),
        }
        date, token, in_query = given.get("X-Amz-Date", ""), given.get("X-Amz-Security-Token", ""), True
    else:
        scheme, _, rest = headers.get("authorization", "").partition(" ")
        if scheme != ALGORITHM:
            return None
        parts = (part.strip().partition("=") for part in rest.split(","))
        fields = {name: value for name, _, value in parts}
        date, token, in_query = headers.get("x-amz-date", ""), headers.get("x-amz-security-token", ""), False
    access_key, _, scope = fields.get("Credential", "").partition("/")
    return Signed(
        access_key=access_key,
        scope=scope,
        names=tuple(fields.get("SignedHeaders", "").split(";")),
        signature=fields.get("Signature", ""),
        date=date,
        token=token,
        in_query=in_query,
    )


def is_right(signed: Signed, secret_key: str, method: str, path: str, query: str, headers: Mapping[str, str]) -> bool:
    """Whether a request was signed with a secret, and wasn't changed after that.

    Its body is covered only by the checksum that the request states of it.

    Args:
        signed: How it says that it is signed.
        secret_key: The secret of its key.
        method: The HTTP method.
        path: Its path as sent, without the query.
        query: Its query as sent.
        headers: Its headers, names in lower case.
    """
    payload = "UNSIGNED-PAYLOAD" if signed.in_query else headers.get("x-amz-content-sha256", "")
    canonical = "\n".join(
        (
            method,
            path,
            _canonical_query(query),
            *(f"{name}:{' '.join(headers.get(name, '').split())}" for name in signed.names),
            "",
            ";".join(signed.names),
            payload,
        )
    )
    digest = hashlib.sha256(canonical.encode("latin-1")).hexdigest()  # as http.server read it
    text = "\n".join((ALGORITHM, signed.date, signed.scope, digest))
    key = f"AWS4{secret_key}".encode()
    for step in signed.scope.split("/"):
        key = hmac.new(key, step.encode(), hashlib.sha256).digest()
    expected = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, signed.signature)


def _canonical_query(query: str) -> str:
    pairs = (part.partition("=") for part in query.split("&") if part)
    encoded = [(_encoded(name), _encoded(value)) for name, _, value in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded) if name != "X-Amz-Signature")


def _encoded(text: str) -> str:
    return quote(unquote(text), safe="-_.~")
