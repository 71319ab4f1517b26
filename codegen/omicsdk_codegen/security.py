"""The credentials that a service requires, in terms of omicsdk.core.credentials."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .operations import Stated, asks, stated_operations
from .texts import literal, one_line, sentence
from .values import Object

# OpenAPI's name of an OAuth flow -> what people call it.
_FLOWS = {
    "implicit": "implicit",
    "password": "password",
    "clientCredentials": "client credentials",
    "authorizationCode": "authorization code",
    "deviceAuthorization": "device",
}


@dataclass(frozen=True)
class Way:
    """One way to authenticate.

    Attributes:
        scheme: what the document calls it.
        code: the expression to give as `credentials`; empty if there is none of ours.
        description: one or two sentences on it.
        deprecated: whether the document advises against it.
    """

    scheme: str
    code: str
    description: str
    deprecated: bool = False


def ways_of(data: Object) -> list[Way]:
    """Return the meaning of a document's security schemes for a client, in order."""
    components = data.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, dict) else None
    found: list[Way] = []
    for name, scheme in schemes.items() if isinstance(schemes, dict) else ():
        if isinstance(scheme, dict):
            code, description = _way(scheme)
            said = sentence(scheme.get("description"))
            old = scheme.get("deprecated") is True
            texts = ("Deprecated." if old else "", description, said)
            found.append(Way(one_line(name), code, " ".join(text for text in texts if text), old))
    return found


def _way(scheme: Object) -> tuple[str, str]:
    kind, name = scheme.get("type"), one_line(scheme.get("name"))
    if kind == "apiKey":
        return _key(str(scheme.get("in")), name, "bearer" in str(scheme.get("description", "")).lower())
    if kind == "http":
        return _http(one_line(scheme.get("scheme")).lower(), one_line(scheme.get("bearerFormat")))
    if kind == "oauth2":
        metadata = one_line(scheme.get("oauth2MetadataUrl"))
        described = f", whose server is described at {metadata}" if metadata else ""
        return "BearerToken(token)", f"A token of OAuth 2.0{_flows(scheme)}{described}."
    if kind == "openIdConnect":
        url = one_line(scheme.get("openIdConnectUrl"))
        return (
            "BearerToken(token)",
            f"A token of OpenID Connect{f', whose provider is described at {url}' if url else ''}.",
        )
    if kind == "mutualTLS":
        return "", "A client certificate of the connection."
    return "", "The document doesn't say what it is."


def _key(place: str, name: str, is_bearer: bool) -> tuple[str, str]:
    if place == "cookie":
        return "", f"A key in the cookie {name}: give it with headers={{'cookie': {literal(f'{name}=...')}}}."
    if place == "header" and name.lower() == "authorization" and is_bearer:
        return "BearerToken(token)", "A token in the header Authorization."
    where = "query" if place == "query" else "header"
    return (
        f"ApiKey(key, {where}={literal(name)})",
        f"A key in the {where}{' parameter' if where == 'query' else ''} {name}.",
    )


def _http(scheme: str, form: str) -> tuple[str, str]:
    if scheme == "basic":
        return "Basic(username, password)", "A name and a password."
    if scheme == "bearer":
        return "BearerToken(token)", f"A token{f' ({form})' if form else ''}."
    if scheme == "digest":
        return "httpx.DigestAuth(username, password)", "A name and a password, which are never sent themselves."
    return (
        f"ApiKey(key, header='Authorization', prefix={literal(f'{scheme.capitalize()} ')})",
        f"A key of the kind {scheme}.",
    )


def _flows(scheme: Object) -> str:
    flows = scheme.get("flows")
    parts: list[str] = []
    for name, flow in flows.items() if isinstance(flows, dict) else ():
        if isinstance(flow, dict):
            url = one_line(flow.get("tokenUrl") or flow.get("authorizationUrl"))
            begun = one_line(flow.get("deviceAuthorizationUrl"))
            where = f"{f' from {url}' if url else ''}{f', begun at {begun}' if begun else ''}"
            parts.append(f"{_FLOWS.get(name, one_line(name))}{where}")
    return f" ({'; '.join(parts)})" if parts else ""


def need_of(data: Object) -> str:
    """Return how many operations require credentials, in a sentence; empty if none does."""
    stated = list(stated_operations(data))
    asking = sum(1 for _ in _asking(data, stated))
    if not asking:
        return ""
    return (
        "All operations ask for them."
        if asking == len(stated)
        else f"{asking} of {len(stated)} operations ask for them."
    )


def _asking(data: Object, stated: list[Stated]) -> Iterator[Stated]:
    whole = asks(data.get("security"))
    for operation in stated:
        own = operation.data.get("security")
        if whole if own is None else asks(own):
            yield operation


def describe_ways(ways: list[Way]) -> str:
    """The ways as a phrase for a docstring; empty if there are none."""
    return "; or ".join(
        f"{way.code or 'none of these'} for {way.scheme}: {way.description.rstrip('.')}" for way in ways
    )
