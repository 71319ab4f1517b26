"""Requests to an authorization server's token endpoint and what it answers (RFC 6749, 5 and 6; RFC 7009), as plain data."""

import json
import math
from dataclasses import dataclass, field

from omicsdk.core.bodies import Body, form_body, json_body
from omicsdk.core.errors import AuthError
from omicsdk.core.json_web_token import jwt_expiry
from omicsdk.core.narrowing import is_object
from omicsdk.core.oauth.application import Application
from omicsdk.core.oauth.authorization import Authorization, complaint
from omicsdk.core.request import Request

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Grant:
    """What an authorization server gave.

    Attributes:
        access_token: Goes with requests.
        expires_at: Seconds since 1970 at which it ends; None when nobody says.
        refresh_token: Becomes the next access token; empty when there is none.
        id_token: Says who logged in; empty when there is none.
    """

    access_token: str = field(repr=False)
    expires_at: float | None = None
    refresh_token: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)


def code_request(application: Application, login: Authorization, code: str) -> Request:
    """The request that makes tokens of a login's code; it can be sent once.

    Args:
        application: Who asks.
        login: The login as it was begun.
        code: What it ended with.
    """
    from oauthlib.oauth2 import WebApplicationClient

    body = WebApplicationClient(application.client_id).prepare_request_body(
        code=code,
        redirect_uri=login.redirect_uri,
        code_verifier=login.verifier,
        client_secret=application.client_secret or None,
    )
    return _post(application.token_uri, Body(body.encode(), FORM), "login")


def refresh_request(application: Application, refresh_token: str) -> Request:
    """The request that makes a new access token of a refresh token.

    Args:
        application: Whom the refresh token was issued to.
        refresh_token: The refresh token.
    """
    from oauthlib.oauth2 import WebApplicationClient

    secret = {"client_secret": application.client_secret} if application.client_secret else {}
    body = WebApplicationClient(application.client_id).prepare_refresh_body(
        refresh_token=refresh_token, client_id=application.client_id, **secret
    )
    return _post(application.token_uri, Body(body.encode(), FORM), "refresh")


def revoke_request(application: Application, uri: str, refresh_token: str, *, as_json: bool = False) -> Request:
    """The request that makes a refresh token worthless.

    Args:
        application: Whom the refresh token was issued to.
        uri: Where tokens are revoked.
        refresh_token: The refresh token.
        as_json: Send JSON, as some servers want it, instead of RFC 7009's form.
    """
    fields = {"client_id": application.client_id, "token": refresh_token}
    if as_json:
        return _post(uri, json_body(fields), "logout", again=True)
    secret = {"client_secret": application.client_secret} if application.client_secret else {}
    return _post(uri, form_body(fields | secret | {"token_type_hint": "refresh_token"}), "logout", again=True)


def grant_of(text: str, now: float, *, previous: str = "") -> Grant:
    """Reads a token endpoint's answer.

    Args:
        text: The answer's body.
        now: Seconds since 1970 at which it came; lifetimes count from there.
        previous: The refresh token that was sent, which goes on when no new one comes.

    Returns:
        The tokens. Where no lifetime is stated, the end is the one that a JSON Web Token states itself.

    Raises:
        AuthError: It is an error, or has no access token.
    """
    from oauthlib.oauth2 import MissingTokenError, OAuth2Error, WebApplicationClient

    fields = _object(text)
    lifetime = fields.pop("expires_in", None)
    fields.pop("expires_at", None)
    try:
        WebApplicationClient("").parse_request_body_response(json.dumps(fields))
    except MissingTokenError as error:
        raise AuthError("The authorization server answered without an access token") from error
    except OAuth2Error as error:
        raise AuthError(
            f"The authorization server refused: {complaint(error.error, error.description)}", remedy="Log in again."
        ) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise AuthError("The authorization server's answer can't be read") from error
    access, refresh, identity = (fields.get(name) for name in ("access_token", "refresh_token", "id_token"))
    if not isinstance(access, str) or not access:
        raise AuthError("The authorization server answered without an access token")
    seconds = _seconds(lifetime)
    return Grant(
        access,
        jwt_expiry(access) if seconds is None else now + seconds,
        refresh if isinstance(refresh, str) and refresh else previous,
        identity if isinstance(identity, str) else "",
    )


def _object(text: str) -> dict[str, object]:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AuthError("The authorization server's answer isn't JSON") from error
    if not is_object(value):
        raise AuthError("The authorization server's answer isn't a JSON object")
    return dict(value)


def _seconds(lifetime: object) -> float | None:
    """A lifetime in seconds: a number, or one that was written as a text."""
    try:
        seconds = float(lifetime) if isinstance(lifetime, int | float | str) and lifetime is not True else math.nan
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def _post(uri: str, body: Body, operation: str, *, again: bool = False) -> Request:
    headers = (("accept", "application/json"), ("content-type", body.media_type or FORM))
    return Request("POST", uri, headers, body.content, again, False, operation)
