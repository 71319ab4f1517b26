"""Operations of OAuth 2.0 and OpenID Connect."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from omicsdk.sandbox.fusillade.clients import CLIENT_ID, OAuthError
from omicsdk.sandbox.fusillade.login import Answer, allowed, answer, check_request, exchange, login_request
from omicsdk.sandbox.fusillade.state import Fusillade
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.state.credentials import ALGORITHM

APP_METADATA = "https://auth.data.humancellatlas.org/app_metadata"
HOST = "auth.data.humancellatlas.org"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def issuer_of(origin: str) -> str:
    """Who signs the tokens of a server."""
    return f"{origin}/auth/"


def get_login(_fusillade: Fusillade, call: Call) -> Reply:
    """GET /login."""
    query = {"redirect_uri": call.arguments["redirect_uri"], "state": call.arguments.get("state", "")}
    location = call.service_url("/oauth/authorize", {name: value for name, value in query.items() if value})
    return Reply(status=301, headers={"Location": location})


def get_logout(_fusillade: Fusillade, call: Call) -> Reply:
    """GET /logout."""
    client = call.arguments.get("client_id", CLIENT_ID)
    return Reply(headers={"Location": call.service_url("/logged-out", {"client_id": client})})


def get_oauth_authorize(fusillade: Fusillade, call: Call) -> Reply:
    """GET /oauth/authorize."""
    query = dict(reversed(call.query))
    request = login_request(query, call.origin)
    somebody = fusillade.grounds.settings.text("auth.login_as")
    try:
        check_request(query)
        if somebody:
            return sent(allowed(fusillade, request, somebody, issuer_of(call.origin)))
        if query.get("prompt") == "none":
            raise OAuthError("login_required", "Somebody has to log in, and prompt=none forbids to ask")
    except OAuthError as error:
        return sent(answer(request, error.fields()), 400)
    location = call.service_url("/consent", {"ticket": fusillade.grants.put_ticket(request)})
    return Reply(status=302, headers={"Location": location, **_NOT_KEPT})


def sent(found: Answer, status: int = 200) -> Reply:
    """A login's answer: a redirect, or with the given status what is shown in its place."""
    if found.location:
        return Reply(status=302, headers={"Location": found.location, **_NOT_KEPT})
    return Reply(found.shown, status, _NOT_KEPT)


def post_oauth_token(fusillade: Fusillade, call: Call) -> Reply:
    """POST /oauth/token."""
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind != "application/x-www-form-urlencoded":
        raise Problem(415, "illegal_arguments", f"The body is {kind}, not application/x-www-form-urlencoded")
    form = dict(reversed(parse_qsl(call.content.decode(errors="replace"), keep_blank_values=True)))
    authorization = call.headers.get("authorization", "")
    try:
        issued = exchange(fusillade, form, authorization, issuer_of(call.origin))
    except OAuthError as error:
        challenge = {"WWW-Authenticate": 'Basic realm="sandbox"'} if error.status == 401 else {}
        return Reply(error.fields(), error.status, {**_NOT_KEPT, **challenge})
    return Reply(issued, 200, _NOT_KEPT)


def post_oauth_revoke(fusillade: Fusillade, call: Call) -> Reply:
    """POST /oauth/revoke."""
    client = call.body["client_id"]
    if client != CLIENT_ID:
        raise Problem(401, "Unauthorized", f"There is no application {client[:80]!r}; here it is {CLIENT_ID!r}")
    fusillade.grants.revoke(call.body["token"], client)
    return Reply()


def get_oauth_userinfo(fusillade: Fusillade, call: Call) -> Reply:
    """GET /oauth/userinfo."""
    email, token = call.sender.email, call.headers.get("authorization", "").partition(" ")[2].strip()
    claims = fusillade.claims(token) if token.count(".") == 2 else {"sub": email, "email": email}
    groups = sorted(fusillade.groups_of(fusillade.account(email).name))
    roles = fusillade.roles_of(email, groups)
    scope = _widest(fusillade.allowed_actions(email, groups))
    known = {"groups": groups, "roles": roles, "group": groups, "role": roles, "scope": scope}
    return Reply({**claims, "sub": claims["sub"], "email": email, APP_METADATA: {"authorization": known}})


def post_oauth_userinfo(fusillade: Fusillade, call: Call) -> Reply:
    """POST /oauth/userinfo."""
    return get_oauth_userinfo(fusillade, call)


def _widest(actions: Sequence[str]) -> list[str]:
    """Actions without those that a longer one with `*` at its end stands for."""
    stars = [action[:-1] for action in actions if action.endswith("*")]
    return [
        action
        for action in sorted(set(actions))
        if not any(action.startswith(star) and action != f"{star}*" for star in stars)
    ]


def get_openid_configuration(_fusillade: Fusillade, call: Call) -> Reply:
    """GET /.well-known/openid-configuration."""
    host: str = call.arguments["host"]
    name = _host_name(host)
    if name not in (*_LOOPBACK, HOST):
        raise Problem(400, "Bad Request", f"The host is {HOST}, or this machine, not {host[:80]!r}")
    # A client that names the deployment by the header still reaches this server.
    origin = call.origin if name in _LOOPBACK else call.server
    return Reply(
        {
            "issuer": issuer_of(origin),
            "authorization_endpoint": f"{origin}/auth/oauth/authorize",
            "token_endpoint": f"{origin}/auth/oauth/token",
            "userinfo_endpoint": f"{origin}/auth/oauth/userinfo",
            "jwks_uri": f"{origin}/auth/.well-known/jwks.json",
            "revocation_endpoint": f"{origin}/auth/oauth/revoke",
            "logout_endpoint": f"{origin}/auth/logout",
            "scopes_supported": ["openid", "email", "profile", "offline_access"],
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "none"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
        }
    )


def _host_name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def _keys(fusillade: Fusillade, _call: Call) -> Reply:
    """GET /.well-known/jwks.json."""
    return Reply({"keys": [fusillade.key.as_jwk()]})


def get_echo(_fusillade: Fusillade, call: Call) -> Reply:
    """GET /echo."""
    return Reply(text=echoed(call.path, dict(reversed(call.query)), call.headers), headers=ECHO_HEADERS)


ECHO_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
"""A code may stand in what is echoed, and a browser mustn't take it for HTML."""


def echoed(path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """A request as the service saw it, without credentials."""
    kept = {name: value for name, value in headers.items() if name.lower() not in ("authorization", "cookie")}
    told: dict[str, Any] = {"method": "GET", "path": quote(path), "query_params": dict(query), "headers": kept}
    return json.dumps(told, indent=2)


HANDLERS = {"get_jwks.json": _keys}  # a function cannot have a dot
