"""Reading what a JSON Web Token states of itself, without checking its signature: that is the business of who is asked."""

import base64
import json
import math
from collections.abc import Mapping

from omicsdk.core.narrowing import is_object


def jwt_expiry(token: str) -> float | None:
    """Reads when a JSON Web Token ends.

    Args:
        token: Any token.

    Returns:
        Seconds since 1970, or None when it isn't a JSON Web Token or doesn't say.
    """
    return _seconds(jwt_claims(token).get("exp"))


def jwt_start(token: str) -> float | None:
    """Reads from when on a JSON Web Token is valid: what it states itself (nbf), or else when it was made (iat).

    Args:
        token: Any token.

    Returns:
        Seconds since 1970, or None when it isn't a JSON Web Token or doesn't say.
    """
    claims = jwt_claims(token)
    start = _seconds(claims.get("nbf"))
    return _seconds(claims.get("iat")) if start is None else start


def jwt_claims(token: str) -> Mapping[str, object]:
    """Reads what a JSON Web Token states.

    Args:
        token: Any token.

    Returns:
        Its claims; none when it isn't a JSON Web Token.
    """
    pieces = token.split(".")
    if len(pieces) != 3:
        return {}
    try:
        claims: object = json.loads(base64.urlsafe_b64decode(pieces[1] + "=" * (-len(pieces[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if is_object(claims) else {}


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        seconds = float(value)
    except OverflowError:
        return None
    return seconds if math.isfinite(seconds) else None
