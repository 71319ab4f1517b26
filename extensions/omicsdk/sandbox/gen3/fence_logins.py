"""Logins at Fence: API keys and the access tokens that are made of them, programs' logins, and who a user is."""

from urllib.parse import parse_qsl

from omicsdk.sandbox.gen3.access import ACCESS_SECONDS, Person, basic_login, bearer_token
from omicsdk.sandbox.gen3.commons import Gen3
from omicsdk.sandbox.gen3.service import as_object
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.state.settings import Setting

LONGEST_TOKEN = 3600
"""Longest validity of access tokens, in seconds; Fence's default."""
SETTINGS = (Setting("gen3.token_seconds", ACCESS_SECONDS, "Validity of access tokens of the Gen3 commons, in seconds"),)
SAME = {"get_cdis_access_token": "get_access_token"}
"""The operation of an older address, and the one that does the same."""
_SCOPES = ("openid", "fence", "user", "data", "admin")
"""The scopes that tokens of a program may have."""


def principal(gen3: Gen3, call: Call, scope: str) -> Person:
    """The sender of a request that needs a login.

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
    return person


def _unknown(reason: str) -> Problem:
    return Problem(401, "unauthorized", f"Authentication Error: {reason}")


def get_access_token(gen3: Gen3, call: Call) -> Reply:
    """POST /credentials/api/access_token."""
    key = as_object(call.body).get("api_key")
    if not key:
        raise bad_arguments("Please provide an api_key in payload")
    requested = dict(call.query).get("expires_in", gen3.context.settings.number("gen3.token_seconds"))
    try:
        seconds = min(int(requested), LONGEST_TOKEN)
    except ValueError:
        raise bad_arguments(f"Invalid 'expires_in' value '{requested}'") from None
    claims = gen3.access.claims(str(key), "api_key")
    person = gen3.access.person_of(claims)
    token = gen3.access.issue(person.name, call.origin, seconds=seconds, audience=claims["scope"])
    return Reply({"access_token": token})


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


def get_user_info(gen3: Gen3, call: Call) -> Reply:
    """GET /user."""
    person = principal(gen3, call, "user")
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
            "azp": "",
        }
    )
