"""Logins of programs, and what clients of OpenID Connect ask for first: keys and addresses."""

import base64
import binascii
from urllib.parse import parse_qsl

from omicsdk.sandbox.gen3.fence.needs import Needs
from omicsdk.sandbox.service import Call, Reply

SCOPES = ("openid", "fence", "user", "data", "admin")
"""What tokens of a program may be good for."""


def get_oauth2_token(gen3: Needs, call: Call) -> Reply:
    """POST /oauth2/token, of which the sandbox has the grant client_credentials."""
    # Clients send the fields in the query or in the body.
    fields = {**dict(call.query), **dict(parse_qsl(call.content.decode(errors="replace")))}
    id, secret = _basic(call) or (fields.get("client_id", ""), fields.get("client_secret", ""))
    if not gen3.access.is_client(id, secret):
        challenge = {"WWW-Authenticate": 'Basic error="invalid_client"'}
        return Reply({"error": "invalid_client"}, 401, challenge)
    if fields.get("grant_type") != "client_credentials":
        return Reply({"error": "unsupported_grant_type"}, 400)
    scopes = fields.get("scope", "").split()
    if any(scope not in SCOPES for scope in scopes):
        told = "The requested scope is invalid, unknown, or malformed."
        return Reply({"error": "invalid_scope", "error_description": told}, 400)
    seconds = gen3.grounds.settings.number("gen3.token_seconds")
    token = gen3.access.issue_to_client(id, call.origin, seconds, scopes)
    told = {"token_type": "Bearer", "access_token": token, "expires_in": int(seconds), "scope": " ".join(scopes)}
    return Reply(told, headers={"Cache-Control": "no-store"})


def get_jwks(gen3: Needs, call: Call) -> Reply:
    """GET /.well-known/jwks."""
    del call
    return Reply({"keys": [gen3.access.key.as_jwk()]})


def get_jwt_keys(gen3: Needs, call: Call) -> Reply:
    """GET /jwt/keys."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    del call
    key = gen3.access.key
    pem = key.public().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return Reply({"keys": [[key.id, pem]]})


def get_openid_configuration(gen3: Needs, call: Call) -> Reply:
    """GET /.well-known/openid-configuration."""
    del gen3
    issuer = f"{call.origin}/user"
    return Reply(
        {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/oauth2/authorize",
            "token_endpoint": f"{issuer}/oauth2/token",
            "userinfo_endpoint": f"{issuer}/user",
            "jwks_uri": f"{issuer}/.well-known/jwks",
            "scopes_supported": list(SCOPES),
            "response_types_supported": ["code"],
            "grant_types_supported": ["client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "claims_supported": ["aud", "sub", "iss", "exp", "jti", "iat", "context"],
        }
    )


def get_status(gen3: Needs, call: Call) -> Reply:
    """GET /_status."""
    del gen3, call
    return Reply(text="Healthy", headers={"Content-Type": "text/html; charset=utf-8"})


def get_version(gen3: Needs, call: Call) -> Reply:
    """GET /_version."""
    del gen3, call
    return Reply({"version": "sandbox", "commit": ""})


def _basic(call: Call) -> tuple[str, str] | None:
    kind, _, text = call.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        id, _, secret = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return id, secret
