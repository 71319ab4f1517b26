"""Login by OAuth: the operations, the consent page and its response, and the tokens at the end."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from string import Template
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from omicsdk.sandbox.fusillade.policies import EVERYBODY
from omicsdk.sandbox.fusillade.state import ADMINISTRATOR, USER, Fusillade, is_name
from omicsdk.sandbox.fusillade.tokens import (
    AUDIENCES,
    CLIENT_ID,
    EMAIL_CLAIM,
    GROUP_CLAIM,
    LOOPBACK,
    LoginRequest,
    OAuthError,
    application_secrets,
    check_client,
    client_secret,
    host_of,
    may_redirect,
)
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.routing import origin
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.state.credentials import ALGORITHM, Secrets

_CHALLENGE = re.compile(r"[A-Za-z0-9_\-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~\-]{43,128}")
_OWN_SCOPE = "openid email profile"


def login_request(query: Mapping[str, str], origin: str) -> LoginRequest:
    """Read what a client requests.

    Args:
        query: The query of /oauth/authorize; names that mean nothing are ignored.
        origin: Scheme, host and port of this server as the client reached it.

    Returns:
        The request.

    Raises:
        Problem: 400; the client or the redirect address is not allowed.
    """
    client, uri = query.get("client_id", ""), query.get("redirect_uri", "")
    if client == "None":  # what the published client sends for nothing
        client = ""
    if client not in ("", CLIENT_ID):
        raise Problem(400, "Bad Request", f"There is no application {client[:80]!r}; here it is {CLIENT_ID!r}")
    if uri and not may_redirect(uri, origin):
        raise Problem(400, "Bad Request", f"The redirect_uri isn't on this machine, where logins end: {uri[:200]!r}")
    return LoginRequest(
        client_id=client,
        redirect_uri=uri,
        state=query.get("state", ""),
        scope=query.get("scope", "") if client else _OWN_SCOPE,
        nonce=query.get("nonce", ""),
        challenge=query.get("code_challenge", ""),
        audience=query.get("audience", ""),
    )


def check_request(query: Mapping[str, str]) -> None:
    """Check the rest of what a client requests.

    Raises:
        OAuthError: It goes back to the client.
    """
    kind = query.get("response_type") or query.get("respone_type") or "code"
    if kind != "code":
        raise OAuthError("unsupported_response_type", "The only response_type is 'code'")
    challenge = query.get("code_challenge")
    if challenge is not None or "code_challenge_method" in query:
        if query.get("code_challenge_method") != "S256":
            raise OAuthError("invalid_request", "The code_challenge_method is 'S256'")
        if not _CHALLENGE.fullmatch(challenge or ""):
            raise OAuthError("invalid_request", "The code_challenge is a SHA-256 digest in base64url without padding")


_NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


def response(request: LoginRequest, fields: Mapping[str, Any], status: int = 200) -> Reply:
    """Answer the browser at the end of a login: with a redirect to the client, with the state, or with a page.

    Args:
        request: The client's request.
        fields: The response.
        status: The status where it is shown.
    """
    shown = {**fields, **({"state": request.state} if request.state else {})}
    if not request.redirect_uri:
        return Reply(shown, status, _NOT_KEPT)
    parts = urlsplit(request.redirect_uri)
    query = "&".join(filter(None, [parts.query, urlencode(shown)]))
    location = urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))
    return Reply(status=302, headers={"Location": location, **_NOT_KEPT})


def allowed(fusillade: Fusillade, request: LoginRequest, email: str, issuer: str) -> Reply:
    """The response to a yes: a code for a client, tokens for the deployment's own application.

    Raises:
        Problem: 400; the address cannot be the name of a user.
    """
    if not is_name(email):
        raise Problem(400, "Bad Request", "An address has 1 to 128 letters, digits and .@_-$,=")
    groups = [each for each in fusillade.first_groups() if each != EVERYBODY]
    fusillade.add(USER, email, groups=groups)
    if request.client_id:
        return response(request, {"code": fusillade.grants.put_code(request, email)})
    issued = tokens(fusillade, request, email, issuer)
    claims = {"decoded_token": json.dumps({"email": email, "email_verified": True})}
    return response(request, {**issued, **claims})


def exchange(fusillade: Fusillade, form: Mapping[str, str], authorization: str, issuer: str) -> dict[str, Any]:
    """Tokens for a code or a refresh token.

    Args:
        fusillade: The service's state.
        form: The request's form.
        authorization: Its Authorization header; empty without.
        issuer: The issuer of the tokens.

    Returns:
        The tokens.

    Raises:
        OAuthError: There are none.
    """
    proved = check_client(form, authorization, client_secret(fusillade.context.secrets))
    match form.get("grant_type"):
        case "authorization_code":
            grant = fusillade.grants.take_code(form.get("code", ""))
            if grant is None:
                raise OAuthError("invalid_grant", "The code is unknown, was used before, or has expired")
            if grant.login.redirect_uri != form.get("redirect_uri", ""):
                raise OAuthError("invalid_grant", "The redirect_uri isn't that of the login")
            _check_verifier(grant.login.challenge, form.get("code_verifier", ""), proved=proved)
            offline = "offline_access" in grant.login.scope.split()
            return tokens(fusillade, grant.login, grant.email, issuer, family=grant.family if offline else "")
        case "refresh_token":
            return _refresh(fusillade, form, issuer)
        case kind:
            known = "authorization_code or refresh_token"
            raise OAuthError("unsupported_grant_type", f"The grant_type is {known}, not {(kind or 'nothing')[:80]}")


def _refresh(fusillade: Fusillade, form: Mapping[str, str], issuer: str) -> dict[str, Any]:
    token = form.get("refresh_token", "")
    if not token:
        raise OAuthError("invalid_request", "There is no refresh_token to renew with: log in again")
    grant = fusillade.grants.refresh(token)
    if grant is None:
        raise OAuthError("invalid_grant", "The refresh token is unknown or was revoked: log in again")
    wanted = form.get("scope", "").split()
    if not set(wanted) <= set(grant.login.scope.split()):
        raise OAuthError("invalid_scope", "A refresh cannot request more than the login did")
    rotated = fusillade.context.settings.flag("auth.rotate_refresh_tokens")
    if rotated and not fusillade.grants.revoke(token):
        raise OAuthError("invalid_grant", "The refresh token was used by another request: log in again")
    request = replace(grant.login, scope=" ".join(wanted)) if wanted else grant.login
    return tokens(fusillade, request, grant.email, issuer, family=grant.family if rotated else "")


def _check_verifier(challenge: str, verifier: str, *, proved: bool) -> None:
    if not challenge:
        if verifier:
            raise OAuthError("invalid_grant", "There is a code_verifier, and the login had no code_challenge")
        if not proved:
            raise OAuthError("invalid_client", "A client without its secret has to use PKCE (code_challenge)", 401)
        return
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    if not _VERIFIER.fullmatch(verifier) or digest != challenge:
        raise OAuthError("invalid_grant", "The code_verifier isn't what the login's code_challenge was made of")


def tokens(fusillade: Fusillade, request: LoginRequest, email: str, issuer: str, *, family: str = "") -> dict[str, Any]:
    """Make tokens for a user.

    Args:
        fusillade: The service's state.
        request: The login request that the user granted.
        email: The user.
        issuer: The issuer that the tokens name.
        family: That of the login, for a refresh token as well; empty for none.

    Returns:
        The response's fields, as RFC 6749 names them.
    """
    now = int(fusillade.now())
    seconds = int(fusillade.context.settings.number("auth.token_seconds"))
    scope = request.scope.split()
    groups = fusillade.groups_of(email) - {EVERYBODY}
    about: dict[str, Any] = {
        "iss": issuer,
        "sub": email,
        "iat": now,
        "exp": now + seconds,
        "email": email,
        "email_verified": True,
        EMAIL_CLAIM: email,
    }
    # The claim has one group; the permissions of its owner are looked up anyway.
    if groups:
        about[GROUP_CLAIM] = "hca" if "hca" in groups else min(groups)
    audience = [request.audience or AUDIENCES[1], f"{issuer}oauth/userinfo"]
    access = {**about, "aud": audience, "azp": request.client_id or CLIENT_ID, "scope": request.scope}
    issued: dict[str, Any] = {
        "access_token": fusillade.key.sign(access),
        "token_type": "Bearer",
        "expires_in": seconds,
        "scope": request.scope,
    }
    if "openid" in scope:
        identity = {**about, "aud": request.client_id or CLIENT_ID}
        issued["id_token"] = fusillade.key.sign({**identity, "nonce": request.nonce} if request.nonce else identity)
    if family:
        issued["refresh_token"] = fusillade.grants.put_refresh(request, email, family)
    return issued


HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""Headers that prevent other pages from framing the page, and its address from leaking."""


def consent_page(request: LoginRequest, ticket: str, users: Sequence[str], chosen: str) -> str:
    """The consent page: an e-mail address to choose, and buttons for yes and no.

    Args:
        request: The client's request.
        ticket: The form's ticket.
        users: Addresses to choose from; any other one may be entered.
        chosen: The address that is entered at first.

    Returns:
        HTML; nothing of the request is treated as markup.
    """
    shown = {
        "Application": request.client_id or "this deployment",
        "Requested": request.scope or "nothing in particular",
        "It gets the response at": request.redirect_uri or "this page",
    }
    rows = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in shown.items())
    options = "".join(f'<option value="{html.escape(user)}">' for user in users)
    escaped = {"ticket": html.escape(ticket), "chosen": html.escape(chosen)}
    return _page("Log in to the sandbox", _filled("consent.html", rows=rows, options=options, **escaped))


def message_page(title: str, text: str) -> str:
    """A page with one sentence."""
    return _page(title, f"<p>{html.escape(text)}</p>")


def _page(title: str, body: str) -> str:
    return _filled("page.html", title=html.escape(title), body=body)


def _filled(name: str, **values: str) -> str:
    """A template of this package with HTML in its places."""
    return Template(files("omicsdk.sandbox.fusillade").joinpath(name).read_text(encoding="utf-8")).substitute(values)


_MAX_FORM = 16 * 1024
_GONE = "This login has ended, or was answered before. Begin it again where you came from."


def login_pages(fusillade: Fusillade) -> list[BaseRoute]:
    """The routes below the service's prefix: the consent page, its response, and the page after a logout."""

    def ask(request: Request) -> Response:
        ticket = request.query_params.get("ticket", "")
        wanted = fusillade.grants.ticket(ticket, take=False)
        if wanted is None:
            return _message("Too late", _GONE, 400)
        users = [each.name for each in fusillade.principals.all(kind=USER, order="name", limit=50)]
        chosen = ADMINISTRATOR if ADMINISTRATOR in users else "".join(users[:1])
        return HTMLResponse(consent_page(wanted, ticket, users, chosen), headers=HEADERS)

    def pressed(form: Mapping[str, str], issuer: str) -> Response:
        wanted = fusillade.grants.ticket(form.get("ticket", ""), take=True)
        if wanted is None:
            return _message("Too late", _GONE, 400)
        if form.get("decision") == "allow":
            try:
                found = allowed(fusillade, wanted, form.get("email", "").strip(), issuer)
            except Problem as problem:
                return _message("Not logged in", problem.title, problem.status)
        else:
            found = response(wanted, OAuthError("access_denied", "The user said no").fields())
        if location := found.headers.get("Location"):
            # 303: the browser continues with GET, whatever its method was.
            return RedirectResponse(location, 303, HEADERS)
        return JSONResponse(found.body, headers=HEADERS)

    async def press(request: Request) -> Response:
        content = b""
        async for block in request.stream():
            content += block
            if len(content) > _MAX_FORM:
                return _message("Too much", "The form is larger than the page's.", 413)
        form = dict(parse_qsl(content.decode(errors="replace")))
        return await run_in_threadpool(pressed, form, issuer_of(origin(request)))

    def logged_out(_request: Request) -> Response:
        return _message("Logged out", "The sandbox keeps no sessions, so there is nothing left to end.")

    return [
        Route("/consent", ask, methods=["GET"]),
        Route("/consent", press, methods=["POST"]),
        Route("/logged-out", logged_out, methods=["GET"]),
    ]


def _message(title: str, text: str, status: int = 200) -> Response:
    return HTMLResponse(message_page(title, text), status, HEADERS)


def shared_routes(secrets: Secrets) -> list[BaseRoute]:
    """Addresses of the whole server, where the platform's clients look: the application's secrets, and /echo.

    The published client uses the host's root for both, whatever the service's base address is.

    Args:
        secrets: Secrets from which the application's secret derive.
    """

    def application(request: Request) -> Response:
        return JSONResponse(application_secrets(origin(request), client_secret(secrets)))

    def echo(request: Request) -> Response:
        text = echoed(request.url.path, dict(request.query_params), request.headers)
        return PlainTextResponse(text, headers=ECHO_HEADERS)

    places = ("", "/auth", "/dss", "/dss/v1")
    found: list[BaseRoute] = [Route(f"{place}/internal/application_secrets", application) for place in places]
    return [*found, Route("/echo", echo)]


APP_METADATA = "https://auth.data.humancellatlas.org/app_metadata"
HOST = "auth.data.humancellatlas.org"


def issuer_of(origin: str) -> str:
    """The issuer of a server's tokens."""
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
    somebody = fusillade.context.settings.text("auth.login_as")
    try:
        check_request(query)
        if somebody:
            return allowed(fusillade, request, somebody, issuer_of(call.origin))
        if query.get("prompt") == "none":
            raise OAuthError("login_required", "A login is required, and prompt=none forbids the page")
    except OAuthError as error:
        return response(request, error.fields(), 400)
    location = call.service_url("/consent", {"ticket": fusillade.grants.put_ticket(request)})
    return Reply(status=302, headers={"Location": location, **_NOT_KEPT})


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
    fusillade.grants.revoke(call.body["token"])
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


def _widest(actions: Sequence[str]) -> list[str]:
    """Actions without those that a longer one with `*` at its end represents."""
    stars = [action[:-1] for action in actions if action.endswith("*")]
    return [
        action
        for action in sorted(set(actions))
        if not any(action.startswith(star) and action != f"{star}*" for star in stars)
    ]


def get_openid_configuration(_fusillade: Fusillade, call: Call) -> Reply:
    """GET /.well-known/openid-configuration."""
    host: str = call.arguments["host"]
    name = host_of(f"//{host}")
    if name not in (*LOOPBACK, HOST):
        raise Problem(400, "Bad Request", f"The host is {HOST}, or this machine, not {host[:80]!r}")
    # A client that names the deployment by the header still reaches this server.
    origin = call.origin if name in LOOPBACK else call.server
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


def _keys(fusillade: Fusillade, _call: Call) -> Reply:
    """GET /.well-known/jwks.json."""
    return Reply({"keys": [fusillade.key.as_jwk()]})


def get_echo(_fusillade: Fusillade, call: Call) -> Reply:
    """GET /echo."""
    return Reply(text=echoed(call.path, dict(reversed(call.query)), call.headers), headers=ECHO_HEADERS)


ECHO_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
"""A code may be in what is echoed, and a browser must not take it for HTML."""


def echoed(path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """A request as the service saw it, without credentials."""
    kept = {name: value for name, value in headers.items() if name.lower() not in ("authorization", "cookie")}
    shown: dict[str, Any] = {"method": "GET", "path": quote(path), "query_params": dict(query), "headers": kept}
    return json.dumps(shown, indent=2)


HANDLERS = {"get_jwks.json": _keys, "post_oauth_userinfo": get_oauth_userinfo}  # a function cannot have a dot
