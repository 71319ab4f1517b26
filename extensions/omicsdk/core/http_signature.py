"""HTTP signatures (draft-cavage-http-signatures) with a shared secret: HMAC-SHA256 in the Authorization header.

The Data Store signs its notifications this way, over the headers Date and Digest. The header reads
`Signature keyId="...",algorithm="hmac-sha256",headers="date digest",signature="<base64>"`.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from email.utils import formatdate
from urllib.parse import urlsplit

from omicsdk.core.retry import seconds_of_date

ALGORITHM = "hmac-sha256"

#: Headers that the Data Store signed: the defaults of its library, for a request with a body.
SIGNED = ("date", "digest")

#: Most seconds between a signature's date and the receiver's clock, unless the receiver sets another limit.
MOST_SKEW = 300.0

_PARAMETER = re.compile(r'\s*([A-Za-z]+)\s*=\s*(?:"([^"]*)"|(\d+))\s*(?:,|$)')


class SignatureError(ValueError):
    """A signature that is missing, malformed, out of date or wrong."""


def sign(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    key_id: str,
    key: bytes,
    now: float,
    signed: Sequence[str] = SIGNED,
) -> dict[str, str]:
    """Return the headers that sign a request.

    Args:
        method: The request's method.
        url: The request's URL; host and target are taken from it if they are signed.
        headers: Existing headers, if `signed` names them.
        body: The request's body, as sent.
        key_id: Identifies the secret to the receiver.
        key: The shared secret.
        now: Seconds since 1970, for the Date header.
        signed: Names of the signed headers, lower case, in order; `(request-target)` is method and path with query.

    Returns:
        The headers Date, Digest and Authorization, to be added to the request.

    Raises:
        ValueError: `signed` names a missing header, or `key_id` cannot be quoted.
    """
    if re.search(r'["\r\n]', key_id):
        raise ValueError("a key id cannot contain quotes or line ends")
    added = {"Date": formatdate(now, usegmt=True), "Digest": digest_of(body)}
    text = _text_to_sign(method, url, {**headers, **added}, signed)
    signature = base64.b64encode(_hmac(key, text)).decode("ascii")
    names = " ".join(signed)
    added["Authorization"] = (
        f'Signature keyId="{key_id}",algorithm="{ALGORITHM}",headers="{names}",signature="{signature}"'
    )
    return added


def verify_signature(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    key_of: Callable[[str], str | bytes | None],
    now: float | None = None,
    most_skew: float = MOST_SKEW,
    required: Sequence[str] = SIGNED,
) -> str:
    """Verify that a notification was signed with the secret and not changed in transit.

    Args:
        method: Method of the received request.
        url: Its URL, or its path with the query.
        headers: Its headers, names in any case.
        body: Its body, as received.
        key_of: Returns the secret of a key id, or None for an unknown one.
        now: Seconds since 1970; the signature must cover the Date header then. None accepts a request of any age.
        most_skew: Maximum seconds between the Date header and `now`.
        required: Headers that the signature must cover, lower case.

    Returns:
        The id of the key that it was signed with.

    Raises:
        SignatureError: The request is not signed as required; the message states why.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    parameters = _parameters(lowered.get("authorization"))
    # The draft's default for a signature that names no headers.
    names = parameters.get("headers", "date").lower().split()
    # A date that is not signed could be replaced, so that an old request is accepted again.
    missing = [name for name in (*required, *(() if now is None else ("date",))) if name not in names]
    # The sender chooses what is signed: a signature of the date alone would be valid for any body.
    if missing:
        raise SignatureError(f"the signature does not cover {', '.join(missing)}")
    key = key_of(parameters["keyId"])
    if key is None:
        raise SignatureError(f"unknown key {parameters['keyId']!r}")
    try:
        claimed = base64.b64decode(parameters["signature"], validate=True)
        text = _text_to_sign(method, url, lowered, names)
        signature = _hmac(key.encode() if isinstance(key, str) else key, text)
    except (binascii.Error, ValueError) as error:
        raise SignatureError(f"the signature cannot be checked: {error}") from None
    # In constant time: how long a comparison takes must not show how much of a guess is right.
    if not hmac.compare_digest(claimed, signature):
        raise SignatureError(f"the signature of key {parameters['keyId']!r} is wrong")
    # The signature covers the header Digest; only this comparison covers the body itself.
    if "digest" in names and not _is_digest_of(body, lowered["digest"]):
        raise SignatureError("the body is not the one that was signed: its Digest differs")
    if now is not None:
        _check_age(lowered.get("date"), now, most_skew)
    return parameters["keyId"]


def digest_of(body: bytes) -> str:
    """Return a body's Digest header (RFC 3230) with SHA-256."""
    return "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode("ascii")


def _is_digest_of(body: bytes, header: str) -> bool:
    algorithm, _, value = header.partition("=")
    return algorithm.lower() == "sha-256" and value == digest_of(body).partition("=")[2]


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _text_to_sign(method: str, url: str, headers: Mapping[str, str], names: Sequence[str]) -> str:
    have = {name.lower(): value for name, value in headers.items()}
    # A path may begin with two slashes, after which `urlsplit` expects a host.
    parts = urlsplit(f"http://{url}" if url.startswith("/") else url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    have["(request-target)"] = f"{method.lower()} {target}"
    if parts.netloc:
        # The header Host has no user information (RFC 9110, 7.2).
        have.setdefault("host", parts.netloc.rpartition("@")[2])
    absent = [name for name in names if name not in have]
    if absent:
        raise ValueError(f"the request has no {', '.join(absent)}")
    return "\n".join(f"{name}: {have[name]}" for name in names)


def _parameters(authorization: str | None) -> dict[str, str]:
    scheme, _, rest = (authorization or "").partition(" ")
    if scheme.lower() != "signature":
        raise SignatureError("the request has no Authorization header of the scheme Signature")
    parameters: dict[str, str] = {}
    offset = 0
    while offset < len(rest):
        match = _PARAMETER.match(rest, offset)
        # A parameter that comes twice could be one thing for this reader and another for the next.
        if match is None or match[1] in parameters:
            raise SignatureError("the Authorization header is not a list of distinct name=value pairs")
        parameters[match[1]] = match[2] if match[2] is not None else match[3]
        offset = match.end()
    lacking = [name for name in ("keyId", "algorithm", "signature") if name not in parameters]
    if lacking:
        raise SignatureError(f"the Authorization header has no {', '.join(lacking)}")
    # The sender must not choose another algorithm, which may be a weaker one.
    if parameters["algorithm"].lower() != ALGORITHM:
        raise SignatureError(f"algorithm {parameters['algorithm']!r} is not {ALGORITHM}")
    return parameters


def _check_age(date: str | None, now: float, most_skew: float) -> None:
    sent = seconds_of_date(date or "")
    if sent is None:
        raise SignatureError("the Date header is not a date")
    if abs(now - sent) > most_skew:
        raise SignatureError(
            f"the request was signed {abs(now - sent):.0f} s away from now; {most_skew:.0f} s are allowed"
        )
