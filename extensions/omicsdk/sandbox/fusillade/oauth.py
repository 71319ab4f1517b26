"""Login by OAuth: the operations, the consent page and its response, and the tokens at the end."""

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.resources import files
from string import Template
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from omicsdk.sandbox.fusillade.state import ADMINISTRATOR, EVERYBODY, GROUP, USER, Fusillade, is_name
from omicsdk.sandbox.fusillade.tokens import (
    AUDIENCES,
    CLIENT_ID,
    CODE,
    EMAIL_CLAIM,
    GROUP_CLAIM,
    LOOPBACK,
    REFRESH,
    TICKET,
    Login,
    application_secrets,
    client_secret,
    host_of,
)
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.routing import origin
from omicsdk.sandbox.service import Call, Reply, basic_login, bearer_token
from omicsdk.sandbox.state.credentials import ALGORITHM, Secrets

_NOT_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class OAuthError(Problem):
    """A refusal in the terms of OAuth 2.0 (RFC 6749)."""

    def fields(self) -> dict[str, str]:
        """The error in a response or a redirect."""
        return {"error": self.code, "error_description": self.title}


def login_of(query: Mapping[str, str], origin: str) -> Login:
    """Read the login that a client requests.

    Args:
        query: The query of /oauth/authorize; names that mean nothing are ignored.
        origin: Scheme, host and port of this server as the client reached it.

    Raises:
        Problem: 400; the client is not known, or the redirect points to another machine, which must not get a code.
    """
    uri = query.get("redirect_uri", "")
    if query.get("client_id") != CLIENT_ID:
        raise Problem(400, "Bad Request", f"The application is {CLIENT_ID!r} here")
    is_own_page = uri in ("", f"{origin}/echo", f"{origin}/auth/echo")
    if not is_own_page and (host_of(uri) not in LOOPBACK or not uri.startswith(("http:", "https:"))):
        raise Problem(400, "Bad Request", f"The redirect_uri isn't on this machine, where logins end: {uri[:200]!r}")
    if query.get("code_challenge_method", "S256") != "S256":
        raise Problem(400, "Bad Request", "The code_challenge_method is 'S256'")
    parameters = (query.get(name, "") for name in ("state", "scope", "code_challenge", "audience"))
    return Login("", "", "", 0.0, uri, *parameters)


def response(login: Login, fields: Mapping[str, Any]) -> Reply:
    """Answer the browser at the end of a login, with a redirect to the client if it states one."""
    all_fields = {**fields, **({"state": login.state} if login.state else {})}
    if not login.redirect_uri:
        return Reply(all_fields, 200, _NOT_KEPT)
    separator = "&" if "?" in login.redirect_uri else "?"
    location = f"{login.redirect_uri}{separator}{urlencode(all_fields)}"
    return Reply(status=302, headers={"Location": location, **_NOT_KEPT})


def allowed(fusillade: Fusillade, login: Login, email: str) -> Reply:
    """The response to a yes: a code.

    Raises:
        Problem: 400; the address cannot be the name of a user.
    """
    if not is_name(email):
        raise Problem(400, "Bad Request", "An address has 1 to 128 letters, digits and .@_-$,=")
    fusillade.add(USER, email, groups=[] if fusillade.missing(GROUP, ["hca"]) else ["hca"])
    return response(login, {"code": fusillade.logins.put(CODE, replace(login, email=email))})


def exchange(fusillade: Fusillade, form: Mapping[str, str], issuer: str) -> dict[str, Any]:
    """Tokens for a code or a refresh token.

    Args:
        fusillade: The service's state.
        form: The request's form.
        issuer: The issuer of the tokens.

    Raises:
        OAuthError: The client is not known, or what it has is not valid.
    """
    secret = form.get("client_secret", "")
    # An installed application may come without its secret, and with PKCE in its place.
    if form.get("client_id") != CLIENT_ID or secret not in ("", client_secret(fusillade.context.secrets)):
        raise OAuthError(401, "invalid_client", f"The client is not {CLIENT_ID!r}, or its secret is wrong")
    match form.get("grant_type"):
        case "authorization_code":
            login = fusillade.logins.take(CODE, form.get("code", ""))
            # A code is valid with the redirect that it was requested for only (RFC 6749, 4.1.3).
            if login is None or login.redirect_uri != form.get("redirect_uri", ""):
                raise OAuthError(
                    400, "invalid_grant", "The code is unknown, was used before, or is of another redirect"
                )
            _check_verifier(login.challenge, form.get("code_verifier", ""), has_secret=bool(secret))
            issued = tokens(fusillade, login, issuer)
            if "offline_access" in login.scope.split():
                issued["refresh_token"] = fusillade.logins.put(REFRESH, login)
            return issued
        case "refresh_token":
            login = fusillade.logins.find(REFRESH, form.get("refresh_token", ""))
            if login is None:
                raise OAuthError(400, "invalid_grant", "The refresh token is unknown or was revoked: log in again")
            scope = form.get("scope") or login.scope
            if not set(scope.split()) <= set(login.scope.split()):
                raise OAuthError(400, "invalid_scope", "A refresh cannot request more than the login did")
            return tokens(fusillade, replace(login, scope=scope), issuer)
        case _:
            supported = "authorization_code or refresh_token"
            raise OAuthError(400, "unsupported_grant_type", f"The grant_type is {supported}")


def _check_verifier(challenge: str, verifier: str, *, has_secret: bool) -> None:
    if not challenge and not has_secret:
        raise OAuthError(401, "invalid_client", "A client without its secret has to use PKCE (code_challenge)")
    digest = hashlib.sha256(verifier.encode(errors="surrogatepass")).digest()
    if challenge and base64.urlsafe_b64encode(digest).decode().rstrip("=") != challenge:
        raise OAuthError(400, "invalid_grant", "The code_verifier isn't what the login's code_challenge was made of")


def tokens(fusillade: Fusillade, login: Login, issuer: str) -> dict[str, Any]:
    """Make tokens for a user.

    Args:
        fusillade: The service's state.
        login: The login that the user granted.
        issuer: The issuer that the tokens name.

    Returns:
        The response's fields, as RFC 6749 names them.
    """
    now, email = int(fusillade.now()), login.email
    seconds = int(fusillade.context.settings.number("auth.token_seconds"))
    groups = fusillade.groups_of(email) - {EVERYBODY}
    about: dict[str, Any] = {"iss": issuer, "sub": email, "iat": now, "exp": now + seconds}
    about |= {"email": email, "email_verified": True, EMAIL_CLAIM: email}
    # The claim has one group; the permissions of its owner are looked up anyway.
    if groups:
        about[GROUP_CLAIM] = "hca" if "hca" in groups else min(groups)
    audience = [login.audience or AUDIENCES[1], f"{issuer}oauth/userinfo"]
    issued: dict[str, Any] = {
        "access_token": fusillade.key.sign({**about, "aud": audience, "azp": CLIENT_ID, "scope": login.scope}),
        "token_type": "Bearer",
        "expires_in": seconds,
        "scope": login.scope,
    }
    if "openid" in login.scope.split():
        issued["id_token"] = fusillade.key.sign({**about, "aud": CLIENT_ID})
    return issued


# Headers that prevent other pages from framing the page, and its address from leaking.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def consent_page(login: Login, ticket: str, users: Sequence[str], chosen: str) -> str:
    """The consent page: an e-mail address to choose, and buttons for yes and no.

    Args:
        login: The client's request.
        ticket: The form's ticket.
        users: Addresses to choose from; any other one may be entered.
        chosen: The address that is entered at first.

    Returns:
        HTML; nothing of the request is treated as markup.
    """
    details = {
        "Application": CLIENT_ID,
        "Requested": login.scope or "nothing in particular",
        "It gets the response at": login.redirect_uri or "this page",
    }
    rows = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>" for name, value in details.items())
    options = "".join(f'<option value="{html.escape(user)}">' for user in users)
    template = files("omicsdk.sandbox.fusillade").joinpath("consent.html").read_text(encoding="utf-8")
    escaped = {"ticket": html.escape(ticket), "chosen": html.escape(chosen)}
    return Template(template).substitute(escaped, rows=rows, options=options)


def login_pages(fusillade: Fusillade) -> list[BaseRoute]:
    """The routes below the service's prefix: the consent page and its response."""
    ended_page = PlainTextResponse(
        "This login has ended, or was answered before. Begin it again where you came from.", 400
    )

    def ask(request: Request) -> Response:
        ticket = request.query_params.get("ticket", "")
        login = fusillade.logins.find(TICKET, ticket)
        if login is None:
            return ended_page
        users = [user.name for user in fusillade.principals.all(kind=USER, order="name", limit=50)]
        chosen = ADMINISTRATOR if ADMINISTRATOR in users else "".join(users[:1])
        return HTMLResponse(consent_page(login, ticket, users, chosen), headers=HEADERS)

    def pressed(form: Mapping[str, str]) -> Response:
        login = fusillade.logins.take(TICKET, form.get("ticket", ""))
        if login is None:
            return ended_page
        if form.get("decision") == "allow":
            try:
                reply = allowed(fusillade, login, form.get("email", "").strip())
            except Problem as problem:
                return PlainTextResponse(problem.title, problem.status)
        else:
            reply = response(login, OAuthError(403, "access_denied", "The user said no").fields())
        if location := reply.headers.get("Location"):
            # 303: the browser continues with GET, whatever its method was.
            return RedirectResponse(location, 303, HEADERS)
        return JSONResponse(reply.body, headers=HEADERS)

    async def press(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(errors="replace")))
        return await run_in_threadpool(pressed, form)

    return [Route("/consent", ask, methods=["GET"]), Route("/consent", press, methods=["POST"])]


def shared_routes(secrets: Secrets) -> list[BaseRoute]:
    """Addresses of the whole server, where the platform's clients look: the application's secrets, and /echo.

    The published client uses the host's root for both, whatever the service's base address is.

    Args:
        secrets: Secrets from which the application's secret derive.
    """

    def application(request: Request) -> Response:
        return JSONResponse(application_secrets(origin(request.scope), client_secret(secrets)))

    def echo(request: Request) -> Response:
        text = echoed(request.url.path, dict(request.query_params), request.headers)
        return PlainTextResponse(text, headers=ECHO_HEADERS)

    places = ("", "/auth", "/dss", "/dss/v1")
    routes: list[BaseRoute] = [Route(f"{prefix}/internal/application_secrets", application) for prefix in places]
    return [*routes, Route("/echo", echo)]


APP_METADATA = "https://auth.data.humancellatlas.org/app_metadata"


def get_oauth_authorize(fusillade: Fusillade, call: Call) -> Reply:
    """GET /oauth/authorize."""
    # Reversed, so that the first one of a repeated parameter counts.
    login = login_of(dict(reversed(call.query)), call.origin)
    if email := fusillade.context.settings.text("auth.login_as"):
        return allowed(fusillade, login, email)
    location = call.service_url("/consent", {"ticket": fusillade.logins.put(TICKET, login)})
    return Reply(status=302, headers={"Location": location, **_NOT_KEPT})


def post_oauth_token(fusillade: Fusillade, call: Call) -> Reply:
    """POST /oauth/token."""
    form = dict(reversed(parse_qsl(call.content.decode(errors="replace"), keep_blank_values=True)))
    if login := basic_login(call.headers):  # the published client's way of stating application and secret
        form["client_id"], form["client_secret"] = login
    try:
        return Reply(exchange(fusillade, form, f"{call.origin}/auth/"), 200, _NOT_KEPT)
    except OAuthError as error:
        return Reply(error.fields(), error.status, _NOT_KEPT)


def post_oauth_revoke(fusillade: Fusillade, call: Call) -> Reply:
    """POST /oauth/revoke."""
    fusillade.logins.take(REFRESH, call.body["token"])
    return Reply()


def get_oauth_userinfo(fusillade: Fusillade, call: Call) -> Reply:
    """GET /oauth/userinfo."""
    email, token = call.sender.email, bearer_token(call.headers)
    claims = fusillade.claims(token) if token.count(".") == 2 else {"sub": email}
    groups = sorted(fusillade.groups_of(fusillade.account(email).name))
    roles = fusillade.roles_of(email, groups)
    scope = fusillade.allowed_actions(email, groups)
    claim_values = {"groups": groups, "roles": roles, "group": groups, "role": roles, "scope": scope}
    return Reply({**claims, "email": email, APP_METADATA: {"authorization": claim_values}})


def get_openid_configuration(_fusillade: Fusillade, call: Call) -> Reply:
    """GET /.well-known/openid-configuration."""
    base = f"{call.server}/auth"  # also for a client that names the deployment by its Host
    return Reply(
        {
            "issuer": f"{base}/",
            "authorization_endpoint": f"{base}/oauth/authorize",
            "token_endpoint": f"{base}/oauth/token",
            "userinfo_endpoint": f"{base}/oauth/userinfo",
            "jwks_uri": f"{base}/.well-known/jwks.json",
            "revocation_endpoint": f"{base}/oauth/revoke",
            "response_types_supported": ["code"],
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


# A code may be in what is echoed, and a browser must not take it for HTML.
ECHO_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


def echoed(path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """A request as the service saw it, without credentials."""
    safe_headers = {name: value for name, value in headers.items() if name.lower() not in ("authorization", "cookie")}
    request = {"method": "GET", "path": quote(path), "query_params": dict(query), "headers": safe_headers}
    return json.dumps(request, indent=2)


HANDLERS = {"get_jwks.json": _keys, "post_oauth_userinfo": get_oauth_userinfo}  # a function cannot have a dot
