"""The login as it goes on: from a client's request over somebody's yes to tokens. Knows no HTTP."""

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from omicsdk.sandbox.fusillade.bearers import AUDIENCES, EMAIL_CLAIM, GROUP_CLAIM
from omicsdk.sandbox.fusillade.clients import CLIENT_ID, OAuthError, check_client, client_secret, may_redirect
from omicsdk.sandbox.fusillade.defaults import EVERYBODY
from omicsdk.sandbox.fusillade.grants import Grant, LoginRequest, narrowed
from omicsdk.sandbox.fusillade.state import Fusillade, is_name
from omicsdk.sandbox.problems import Problem

_CHALLENGE = re.compile(r"[A-Za-z0-9_\-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~\-]{43,128}")
_OWN_SCOPE = "openid email profile"


@dataclass(frozen=True, slots=True)
class Answer:
    """How a login ends for the browser.

    Attributes:
        location: Where it is sent; empty when `shown` is.
        shown: What is shown when there is nowhere to send it.
    """

    location: str
    shown: Mapping[str, Any]


def login_request(query: Mapping[str, str], origin: str) -> LoginRequest:
    """Reads what a client asks for.

    Args:
        query: The query of /oauth/authorize; names that mean nothing are ignored.
        origin: Scheme, host and port of this server as the client reached it.

    Returns:
        The request.

    Raises:
        Problem: 400; the client or the address to come back to isn't one that anything may be sent to.
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
    """Checks the rest of what a client asks for.

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


def answer(request: LoginRequest, fields: Mapping[str, Any]) -> Answer:
    """Where a browser goes with an answer: back to the client, with the state; else the answer is shown."""
    told = {**fields, **({"state": request.state} if request.state else {})}
    if not request.redirect_uri:
        return Answer("", told)
    parts = urlsplit(request.redirect_uri)
    query = "&".join(filter(None, [parts.query, urlencode(told)]))
    return Answer(urlunsplit((parts.scheme, parts.netloc, parts.path, query, "")), {})


def allowed(fusillade: Fusillade, request: LoginRequest, email: str, issuer: str) -> Answer:
    """What a yes leads to: a code for a client, tokens for the deployment's own application.

    Raises:
        Problem: 400; the address can't be the name of a user.
    """
    if not is_name(email):
        raise Problem(400, "Bad Request", "An address has 1 to 128 letters, digits and .@_-$,=")
    groups = [each for each in fusillade.first_groups() if each != EVERYBODY]
    fusillade.add_user(email, groups=groups)
    if request.client_id:
        return answer(request, {"code": fusillade.grants.put_code(request, email)})
    issued = tokens(fusillade, Grant(request, email, ""), issuer)
    claims = {"decoded_token": json.dumps({"email": email, "email_verified": True})}
    return answer(request, {**issued, **claims})


def exchange(fusillade: Fusillade, form: Mapping[str, str], authorization: str, issuer: str) -> dict[str, Any]:
    """Tokens for a code or a refresh token.

    Args:
        fusillade: The service's state.
        form: The request's form.
        authorization: Its Authorization header; empty without.
        issuer: Who signs the tokens.

    Returns:
        The tokens.

    Raises:
        OAuthError: There are none.
    """
    proved = check_client(form, authorization, client_secret(fusillade.grounds.secrets))
    match form.get("grant_type"):
        case "authorization_code":
            grant = fusillade.grants.take_code(form.get("code", ""))
            if grant is None:
                raise OAuthError("invalid_grant", "The code isn't one of ours, was used before, or has ended")
            if grant.request.redirect_uri != form.get("redirect_uri", ""):
                raise OAuthError("invalid_grant", "The redirect_uri isn't that of the login")
            _check_verifier(grant.request.challenge, form.get("code_verifier", ""), proved=proved)
            return tokens(fusillade, grant, issuer, offline="offline_access" in grant.request.scope.split())
        case "refresh_token":
            return _refresh(fusillade, form, issuer)
        case kind:
            known = "authorization_code or refresh_token"
            raise OAuthError("unsupported_grant_type", f"The grant_type is {known}, not {(kind or 'nothing')[:80]}")


def _refresh(fusillade: Fusillade, form: Mapping[str, str], issuer: str) -> dict[str, Any]:
    token = form.get("refresh_token", "")
    if not token:
        raise OAuthError("invalid_request", "There is no refresh_token to renew with: log in again")
    grant = fusillade.grants.refresh(token, CLIENT_ID)
    if grant is None:
        raise OAuthError("invalid_grant", "The refresh token isn't one of ours, or was revoked: log in again")
    wanted = form.get("scope", "").split()
    if not set(wanted) <= set(grant.request.scope.split()):
        raise OAuthError("invalid_scope", "A refresh can't ask for more than the login did")
    rotated = fusillade.grounds.settings.flag("auth.rotate_refresh_tokens")
    if rotated and not fusillade.grants.revoke(token, CLIENT_ID):
        raise OAuthError("invalid_grant", "The refresh token was used by another request: log in again")
    return tokens(fusillade, narrowed(grant, " ".join(wanted)) if wanted else grant, issuer, offline=rotated)


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


def tokens(fusillade: Fusillade, grant: Grant, issuer: str, *, offline: bool = False) -> dict[str, Any]:
    """Makes tokens for whoever said yes.

    Args:
        fusillade: The service's state.
        grant: What they said yes to.
        issuer: Who signs.
        offline: Whether there is a refresh token, too.

    Returns:
        The answer's fields, as RFC 6749 names them.
    """
    request, now = grant.request, int(fusillade.now())
    seconds = int(fusillade.grounds.settings.number("auth.token_seconds"))
    scope = request.scope.split()
    groups = fusillade.groups_of(grant.email) - {EVERYBODY}
    about: dict[str, Any] = {
        "iss": issuer,
        "sub": grant.email,
        "iat": now,
        "exp": now + seconds,
        "email": grant.email,
        "email_verified": True,
        EMAIL_CLAIM: grant.email,
    }
    # The claim holds one group; what its owner may do is looked up anyway.
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
    if offline:
        issued["refresh_token"] = fusillade.grants.put_refresh(grant)
    return issued
