"""The applications that may ask for logins, and where a browser may be sent afterwards."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from omicsdk.sandbox.state.credentials import Secrets

CLIENT_ID = "omics-sandbox"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class OAuthError(Exception):
    """A refusal in the terms of OAuth 2.0.

    Args:
        code: The error as RFC 6749 names it, such as `invalid_grant`.
        description: One sentence for people.
        status: The HTTP status.
    """

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description
        self.status = status

    def fields(self) -> dict[str, str]:
        """The error as it stands in an answer or a redirect."""
        return {"error": self.code, "error_description": self.description}


def client_secret(secrets: Secrets) -> str:
    """The application's secret, which every program that asks gets, as of any installed application."""
    return secrets.derived("auth", CLIENT_ID)


def application_secrets(origin: str, secret: str) -> dict[str, Any]:
    """What an installed application has to know, in the form of Google's client secrets.

    Args:
        origin: Scheme, host and port of this server as the client reached it.
        secret: The application's secret.
    """
    return {
        "installed": {
            "client_id": CLIENT_ID,
            "client_secret": secret,
            "auth_uri": f"{origin}/auth/oauth/authorize",
            "token_uri": f"{origin}/auth/oauth/token",
            "redirect_uris": ["http://localhost", "http://127.0.0.1", f"{origin}/echo", f"{origin}/auth/echo"],
        }
    }


def check_client(form: Mapping[str, str], authorization: str, expected: str) -> bool:
    """Checks which client sent a request for tokens; there is one, the sandbox's own application.

    Args:
        form: The request's form.
        authorization: Its Authorization header, where client and secret may stand instead.
        expected: The application's secret.

    Returns:
        Whether it proved who it is by its secret.

    Raises:
        OAuthError: The client isn't known or its secret is wrong.
    """
    name, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            name, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, ValueError) as error:
            raise OAuthError("invalid_client", "The Authorization header isn't readable", 401) from error
        name, secret = unquote(name), unquote(secret)
    if name != CLIENT_ID:
        raise OAuthError("invalid_client", f"The client is {CLIENT_ID!r} here, not {name[:80]!r}", 401)
    if secret and not hmac.compare_digest(secret.encode(errors="surrogatepass"), expected.encode()):
        raise OAuthError("invalid_client", "The client's secret is wrong", 401)
    return bool(secret)


def may_redirect(uri: str, origin: str) -> bool:
    """Whether a browser may be sent somewhere with a code: to this machine or server, so that no page gets one.

    Args:
        uri: Where a client wants the browser to come back to.
        origin: Scheme, host and port of this server as the client reached it, whose /echo shows the code.
    """
    if uri in (f"{origin}/echo", f"{origin}/auth/echo"):
        return True
    parts = _split(uri)
    return (
        parts is not None
        and parts.scheme in ("http", "https")
        and parts.hostname in _LOOPBACK
        and not parts.fragment
        and not parts.username
    )


def _split(uri: str) -> SplitResult | None:
    try:
        parts = urlsplit(uri)
        _ = parts.port  # raises for one that is no number
    except ValueError:
        return None
    return parts if uri.isprintable() else None
