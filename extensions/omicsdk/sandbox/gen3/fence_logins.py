"""Logins at Fence: API keys and the access tokens that are made of them, programs' logins, and who a user is."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from omicsdk.sandbox.gen3.access import ACCESS_SECONDS, KEY_SECONDS, Person, basic_login, bearer_token
from omicsdk.sandbox.gen3.commons import Gen3
from omicsdk.sandbox.gen3.service import as_object, texts_of
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.state.settings import Setting

LONGEST_TOKEN = 3600
"""Longest validity of access tokens, in seconds; Fence's default."""
SETTINGS = (Setting("gen3.token_seconds", ACCESS_SECONDS, "Validity of access tokens of the Gen3 commons, in seconds"),)
SAME = {
    "list_cdis_keys": "list_api_keys",
    "create_cdis_key": "create_api_key",
    "delete_cdis_key": "delete_api_key",
    "get_cdis_access_token": "get_access_token",
}
"""Operations of the older addresses, /credentials/cdis, and those that do the same."""
_KEY_SCOPES = (
    "fence",
    "openid",
    "user",
    "data",
    "admin",
    "google_credentials",
    "google_service_account",
    "google_link",
    "credentials",
)
_SCOPES = ("openid", "fence", "user", "data", "admin")
"""The scopes that tokens of a program may have."""
_FORM = "application/x-www-form-urlencoded"


def principal(gen3: Gen3, call: Call, scope: str) -> tuple[Person, Mapping[str, Any]]:
    """The sender of a request that needs a login, and the claims of their token.

    Args:
        gen3: The commons.
        call: The request.
        scope: The scope that the token must have.

    Raises:
        Problem: 401; there is no token, it is not valid, or lacks the scope.
    """
    token = bearer_token(call.headers)
    if not token:
        raise _unknown("Authorization header is missing or has no bearer token")
    claims = gen3.access.claims(token)
    if scope not in claims["scope"]:
        raise _unknown(f"the token has no scope {scope}")
    person = gen3.access.person_of(claims)
    if person.client and scope != "data":
        raise _unknown("the token is of a client that acts for itself")
    return person, claims


def _unknown(reason: str) -> Problem:
    return Problem(401, "unauthorized", f"Authentication Error: {reason}")


# -- API keys


def list_credential_sources(gen3: Gen3, call: Call) -> Reply:
    """GET /credentials."""
    principal(gen3, call, "user")
    return Reply({"/api": "access to CDIS APIs", "/google": "access to Google storage"})


def list_api_keys(gen3: Gen3, call: Call) -> Reply:
    """GET /credentials/api."""
    owner, _ = principal(gen3, call, "credentials")
    return Reply({"jtis": [{"jti": jti, "exp": ends} for jti, ends in gen3.access.keys_of(owner)]})


def create_api_key(gen3: Gen3, call: Call) -> Reply:
    """POST /credentials/api."""
    person, claims = principal(gen3, call, "credentials")
    stated = _fields(call)
    scopes = stated["scope"].split(",") if isinstance(stated.get("scope"), str) else texts_of(stated, "scope")
    for scope in scopes:
        if scope not in _KEY_SCOPES:
            raise bad_arguments(f"Scope {scope} is not supported")
    wanted = sorted({*scopes, "fence", "openid", *claims["scope"]} - {"credentials"})
    seconds = min(_seconds(call, int(KEY_SECONDS)), int(KEY_SECONDS))
    key = gen3.access.issue(person.name, call.origin, purpose="api_key", seconds=seconds, audience=wanted)
    return Reply({"key_id": gen3.access.claims(key, "api_key")["jti"], "api_key": key})


def delete_api_key(gen3: Gen3, call: Call) -> Reply:
    """DELETE /credentials/api/{key_id}."""
    owner, _ = principal(gen3, call, "credentials")
    jti = call.arguments["key_id"]
    if jti not in dict(gen3.access.keys_of(owner)):
        raise not_found(f"token not found with JTI {jti} for current user")
    gen3.access.revoke(jti)
    return Reply(status=204)


def get_access_token(gen3: Gen3, call: Call) -> Reply:
    """POST /credentials/api/access_token."""
    key = _fields(call).get("api_key")
    if not key:
        raise bad_arguments("Please provide an api_key in payload")
    task = dict(call.query).get("task_token")
    if task:
        raise bad_arguments(f"Invalid 'task_token' value '{task}'. Allowed task token types are: []")
    seconds = min(_seconds(call, int(gen3.context.settings.number("gen3.token_seconds"))), LONGEST_TOKEN)
    claims = gen3.access.claims(str(key), "api_key")
    person = gen3.access.person_of(claims)
    token = gen3.access.issue(person.name, call.origin, seconds=seconds, audience=claims["scope"])
    return Reply({"access_token": token})


def _fields(call: Call) -> Mapping[str, Any]:
    if call.headers.get("content-type", "").startswith(_FORM):
        return dict(parse_qsl(call.content.decode(errors="replace")))
    return as_object(call.body)


def _seconds(call: Call, usual: int) -> int:
    stated = dict(call.query).get("expires_in")
    try:
        return int(stated) if stated is not None else usual
    except ValueError:
        raise bad_arguments(f"Invalid 'expires_in' value '{stated}'") from None


# -- OpenID Connect


def get_oauth2_token(gen3: Gen3, call: Call) -> Reply:
    """POST /oauth2/token, of which the sandbox has the grant client_credentials."""
    # Clients send the fields in the query or in the body.
    fields = {**dict(call.query), **dict(parse_qsl(call.content.decode(errors="replace")))}
    id, secret = basic_login(call.headers) or (fields.get("client_id", ""), fields.get("client_secret", ""))
    if not gen3.access.is_client(id, secret):
        challenge = {"WWW-Authenticate": 'Basic error="invalid_client"'}
        return Reply({"error": "invalid_client"}, 401, challenge)
    if fields.get("grant_type") != "client_credentials":
        return Reply({"error": "unsupported_grant_type"}, 400)
    scopes = fields.get("scope", "").split()
    if any(scope not in _SCOPES for scope in scopes):
        response = "The requested scope is invalid, unknown, or malformed."
        return Reply({"error": "invalid_scope", "error_description": response}, 400)
    seconds = gen3.context.settings.number("gen3.token_seconds")
    token = gen3.access.issue_to_client(id, call.origin, seconds, scopes)
    response = {"token_type": "Bearer", "access_token": token, "expires_in": int(seconds), "scope": " ".join(scopes)}
    return Reply(response, headers={"Cache-Control": "no-store"})


def get_jwks(gen3: Gen3, _call: Call) -> Reply:
    """GET /.well-known/jwks."""
    return Reply({"keys": [gen3.access.key.as_jwk()]})


def get_jwt_keys(gen3: Gen3, _call: Call) -> Reply:
    """GET /jwt/keys."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = gen3.access.key
    pem = key.public().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return Reply({"keys": [[key.id, pem]]})


def get_openid_configuration(_gen3: Gen3, call: Call) -> Reply:
    """GET /.well-known/openid-configuration."""
    issuer = f"{call.origin}/user"
    return Reply(
        {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/oauth2/authorize",
            "token_endpoint": f"{issuer}/oauth2/token",
            "userinfo_endpoint": f"{issuer}/user",
            "jwks_uri": f"{issuer}/.well-known/jwks",
            "scopes_supported": list(_SCOPES),
            "response_types_supported": ["code"],
            "grant_types_supported": ["client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "claims_supported": ["aud", "sub", "iss", "exp", "jti", "iat", "context"],
        }
    )


# -- who am I


def get_user_info(gen3: Gen3, call: Call) -> Reply:
    """GET /user."""
    person, claims = principal(gen3, call, "user")
    administers = person.may("*", "/")
    mapping = gen3.access.mapping(person)
    return Reply(
        {
            "user_id": person.number,
            "sub": str(person.number),
            "idp": "google",
            **dict.fromkeys(("username", "name", "display_name", "preferred_username", "email"), person.name),
            "phone_number": "",
            "is_admin": administers,
            "active": True,
            "role": "admin" if administers else "user",
            "project_access": gen3.access.projects(person),
            "certificates_uploaded": [],
            "resources_granted": [],
            "groups": [],
            "message": "",
            "resources": sorted(mapping),
            "authz": mapping,
            "azp": claims.get("azp") or "",
        }
    )
