"""Who the bearer of a JSON Web Token is: one that the sandbox signed, or that a service account signed for itself."""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlsplit

from omicsdk.sandbox.fusillade.keys import ServiceAccounts
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.state.credentials import ALGORITHM, SigningKey

EMAIL_CLAIM = "https://auth.data.humancellatlas.org/email"
GROUP_CLAIM = "https://auth.data.humancellatlas.org/group"

AUDIENCES = (
    "https://dev.data.humancellatlas.org/",
    "https://data.humancellatlas.org/",
    "https://auth.data.humancellatlas.org/",
)
"""What tokens of the deployments were for; addresses of this machine are taken as well."""

LEEWAY = 10.0
"""By how many seconds a client's clock may be ahead."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def read_token(token: str, key: SigningKey, accounts: ServiceAccounts, now: float) -> Mapping[str, Any]:
    """Checks a token.

    Args:
        token: A JSON Web Token.
        key: The sandbox's own key.
        accounts: The service accounts.
        now: The time in seconds since 1970.

    Returns:
        Its claims.

    Raises:
        Problem: 401; it isn't well-formed, nobody known signed it, it isn't meant for these services, or it has
            ended or isn't good yet.
    """
    import jwt

    try:
        key_id = jwt.get_unverified_header(token).get("kid", "")
        account = accounts.find(str(key_id))
        if account is None and key_id != key.id:
            raise refused("it was signed with a key that this server doesn't know")
        claims = jwt.decode(
            token,
            account[1] if account else key.public(),
            algorithms=[ALGORITHM],
            # Time is the sandbox's, and the audiences are looked at below.
            options={"verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False},
        )
    except jwt.PyJWTError as error:
        raise refused(f"it can't be read: {error}") from error
    _check_time(claims, now)
    _check_audience(claims.get("aud"))
    email = email_of(claims)
    if account and (email != account[0] or claims.get("iss") != account[0]):
        raise refused(f"{account[0]} may sign for itself only")
    return claims


def email_of(claims: Mapping[str, Any]) -> str:
    """The e-mail address in a token's claims."""
    email = claims.get(EMAIL_CLAIM) or claims.get("email")
    if not isinstance(email, str) or not email:
        raise refused(f"it has no claim {EMAIL_CLAIM}")
    return email


def refused(reason: str) -> Problem:
    """A 401 for a token."""
    challenge = {"WWW-Authenticate": 'Bearer realm="sandbox", error="invalid_token"'}
    return Problem(401, "Unauthorized", f"The token is refused: {reason}", challenge)


def _check_time(claims: Mapping[str, Any], now: float) -> None:
    moments = {name: claims.get(name) for name in ("exp", "nbf", "iat")}
    for name, moment in moments.items():
        if moment is not None and (isinstance(moment, bool) or not isinstance(moment, int | float)):
            raise refused(f"its claim {name} is no number of seconds")
    if moments["exp"] is None:
        raise refused("it has no end (claim exp)")
    if moments["exp"] <= now:
        raise refused("it has ended: get a new one")
    begins = max(moments["nbf"] or 0, moments["iat"] or 0)
    if begins > now + LEEWAY:
        raise refused(f"it isn't good before {begins - now:.0f} s from now: is the clock of your machine right?")


def _check_audience(stated: object) -> None:
    audiences = cast("Sequence[object]", stated) if isinstance(stated, list) else [stated]
    for audience in audiences:
        if audience in AUDIENCES or (isinstance(audience, str) and _of_this_machine(audience)):
            return
    raise refused(f"it is meant for {stated!r}; the claim aud is one of {', '.join(AUDIENCES)}")


def _of_this_machine(audience: str) -> bool:
    try:
        return urlsplit(audience).hostname in _LOOPBACK
    except ValueError:
        return False
