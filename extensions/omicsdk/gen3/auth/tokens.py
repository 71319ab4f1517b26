"""What tokens say of themselves: whose they are, who issued them, and until when they are good."""

from __future__ import annotations

from math import inf
from typing import Any
from urllib.parse import urlsplit

from omicsdk.core.json_web_token import jwt_claims, jwt_expiry
from omicsdk.gen3.errors import Gen3AuthError

#: Seconds before its end from which on a token is renewed.
RENEW_BEFORE = 300.0


def decode_token(token_str: str) -> dict[str, Any]:
    """Reads what a token states. Its signature isn't checked: that is the business of the commons.

    Args:
        token_str: A JSON Web Token: an access token or an API key.

    Returns:
        Its claims, such as `iss`, `exp` and `sub`.

    Raises:
        Gen3AuthError: It isn't a JSON Web Token.
    """
    claims = jwt_claims(token_str)
    if not claims:
        raise Gen3AuthError(
            "The token can't be read: it isn't a JSON Web Token",
            remedy="Give a whole access token or API key, without 'bearer' and without quotes.",
        )
    return dict(claims)


def endpoint_from_token(token_str: str) -> str:
    """Tells which commons issued a token.

    Args:
        token_str: An access token or an API key.

    Returns:
        Scheme, host and, where it has one, port of the issuer, such as https://commons.example.org.

    Raises:
        Gen3AuthError: It isn't a JSON Web Token, or doesn't name an issuer.
    """
    issuer = decode_token(token_str).get("iss")
    parts = urlsplit(issuer) if isinstance(issuer, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
        raise Gen3AuthError(
            "The token doesn't say which commons issued it", remedy="Name the endpoint, such as https://HOST, too."
        )
    return f"{parts.scheme}://{parts.netloc}"


def renewal_of_new(token: str, now: float) -> float:
    """Tells from when on a token that has just come is to be renewed.

    The token's own lifetime counts, not its end, so that a clock that is wrong doesn't ask for a new one each time.

    Args:
        token: The token.
        now: The time by this machine's clock, in seconds since 1970.

    Returns:
        Seconds since 1970: five minutes before its end, or half its life where that is later; infinity when it doesn't say.
    """
    end = jwt_expiry(token)
    if end is None:
        return inf
    begin = jwt_claims(token).get("iat")
    lifetime = end - begin if isinstance(begin, int | float) and 0 < begin < end else end - now
    return now + lifetime - min(RENEW_BEFORE, lifetime / 2)


def renewal_of_old(token: str) -> float:
    """Tells from when on a token that was kept is to be renewed.

    Args:
        token: The token.

    Returns:
        Seconds since 1970: five minutes before its end; 0 when it doesn't say when it ends.
    """
    end = jwt_expiry(token)
    return 0.0 if end is None else end - RENEW_BEFORE
