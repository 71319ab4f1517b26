"""API keys, and the access tokens that are made of them."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from omicsdk.sandbox.gen3.access import ACCESS_SECONDS, KEY_SECONDS
from omicsdk.sandbox.gen3.fence.askers import asker, fields_of, texts_of
from omicsdk.sandbox.gen3.fence.needs import Needs
from omicsdk.sandbox.problems import bad_arguments, not_found
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.state.settings import Setting

LONGEST_TOKEN = 3600
"""For how many seconds access tokens are good at most, as Fence has it by default."""
SETTINGS = (
    Setting("gen3.token_seconds", ACCESS_SECONDS, "How many seconds access tokens of the Gen3 commons are good for"),
)
_SCOPES = ("fence", "openid", "user", "data", "admin", "google_credentials", "google_service_account", "google_link")
_FORM = "application/x-www-form-urlencoded"


def list_api_keys(gen3: Needs, call: Call) -> Reply:
    """GET /credentials/api."""
    owner = asker(gen3, call, "credentials").person
    return Reply({"jtis": [{"jti": jti, "exp": ends} for jti, ends in gen3.access.keys_of(owner)]})


def create_api_key(gen3: Needs, call: Call) -> Reply:
    """POST /credentials/api."""
    asking = asker(gen3, call, "credentials")
    stated = _fields(call)
    scopes = stated["scope"].split(",") if isinstance(stated.get("scope"), str) else texts_of(stated, "scope")
    for scope in scopes:
        if scope not in (*_SCOPES, "credentials"):
            raise bad_arguments(f"Scope {scope} is not supported")
    wanted = {*scopes, "fence", "openid", *asking.claims["scope"]} - {"credentials"}
    seconds = min(_seconds(call, int(KEY_SECONDS)), int(KEY_SECONDS))
    key = gen3.access.issue(
        asking.person.name, call.origin, purpose="api_key", seconds=seconds, audience=sorted(wanted)
    )
    return Reply({"key_id": gen3.access.claims(key, "api_key")["jti"], "api_key": key})


def delete_api_key(gen3: Needs, call: Call) -> Reply:
    """DELETE /credentials/api/{key_id}."""
    owner = asker(gen3, call, "credentials").person
    jti = call.arguments["key_id"]
    if jti not in dict(gen3.access.keys_of(owner)):
        raise not_found(f"token not found with JTI {jti} for current user")
    gen3.access.revoke(jti)
    return Reply(status=204)


def get_access_token(gen3: Needs, call: Call) -> Reply:
    """POST /credentials/api/access_token."""
    key = _fields(call).get("api_key")
    if not key:
        raise bad_arguments("Please provide an api_key in payload")
    task = dict(call.query).get("task_token")
    if task:
        raise bad_arguments(f"Invalid 'task_token' value '{task}'. Allowed task token types are: []")
    usual = int(gen3.grounds.settings.number("gen3.token_seconds"))
    seconds = min(_seconds(call, usual), LONGEST_TOKEN)
    claims = gen3.access.claims(str(key), "api_key")
    person = gen3.access.person_of(claims)
    token = gen3.access.issue(person.name, call.origin, seconds=seconds, audience=claims["scope"])
    return Reply({"access_token": token})


def list_credential_sources(gen3: Needs, call: Call) -> Reply:
    """GET /credentials."""
    asker(gen3, call, "user")
    return Reply({"/api": "access to CDIS APIs", "/google": "access to Google storage"})


def _fields(call: Call) -> Mapping[str, Any]:
    if call.headers.get("content-type", "").startswith(_FORM):
        return dict(parse_qsl(call.content.decode(errors="replace")))
    return fields_of(call)


def _seconds(call: Call, usual: int) -> int:
    stated = dict(call.query).get("expires_in")
    try:
        return int(stated) if stated is not None else usual
    except ValueError:
        raise bad_arguments(f"Invalid 'expires_in' value '{stated}'") from None


SYNONYMS = {
    "list_cdis_keys": "list_api_keys",
    "create_cdis_key": "create_api_key",
    "delete_cdis_key": "delete_api_key",
    "get_cdis_access_token": "get_access_token",
}
"""Operations of the older addresses, /credentials/cdis, and those that do the same."""
