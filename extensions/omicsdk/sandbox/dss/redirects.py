"""The 301 to itself with which the Data Store asks for patience while it copies data for a reader.

Which requests of one client belong together is told by the `token` that the redirect adds to the URL, so the server
keeps no state for it.
"""

import base64
import binascii
import json
from typing import NamedTuple

from omicsdk.sandbox.dss.state import Dss
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Reply


def redirect_while_copying(dss: Dss, call: Call, subject: str) -> Reply | None:
    """The redirect, or None when the data is ready.

    Args:
        dss: The Data Store.
        call: The request.
        subject: What is copied; a token of another subject begins anew.

    Returns:
        A 301 to the request's own URL with Retry-After, or None.

    Raises:
        Problem: 400 illegal_token; the token isn't one of ours.
    """
    token = call.arguments.get("token")
    seen = _decode(token) if token else None
    if seen is None or seen.subject != subject:
        seen = _Token(subject, dss.now(), 0)
    settings = dss.grounds.settings
    enough = seen.attempts >= settings.number("dss.checkout_redirects")
    if enough and dss.now() >= seen.began + settings.number("dss.redirect_seconds"):
        return None
    token = _encode(seen._replace(attempts=seen.attempts + 1))
    later = {"Location": call.url(token=token), "Retry-After": str(round(settings.number("dss.retry_after")))}
    return Reply(status=301, headers=later)


class _Token(NamedTuple):
    subject: str
    began: float
    attempts: int


def _encode(token: _Token) -> str:
    return base64.urlsafe_b64encode(json.dumps(token).encode()).decode().rstrip("=")


def _decode(token: str) -> _Token:
    try:
        subject, began, attempts = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return _Token(str(subject), float(began), int(attempts))
    except (binascii.Error, ValueError, TypeError) as error:
        raise Problem(400, "illegal_token", "Could not understand token") from error
