"""The credentials that a service requires, of each operation and in terms of omicsdk.core.credentials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from .declarations import declared_operations
from .operations import asks
from .texts import Code, as_literal, literal, one_line, sentence
from .values import Json, Object, list_in, object_in

# Alternatives, each with the names of schemes that are sent together. Whether they are optional is another fact.
Requirement: TypeAlias = "tuple[tuple[str, ...], ...]"

# OpenAPI's name of an OAuth flow -> what people call it.
_FLOWS = {
    "implicit": "implicit",
    "password": "password",
    "clientCredentials": "client credentials",
    "authorizationCode": "authorization code",
    "deviceAuthorization": "device",
}

# The credentials of omicsdk.core.oauth.flows that get the tokens of a flow.
_FLOW_CREDENTIALS = {
    "clientCredentials": "ClientCredentials(client_id, client_secret)",
    "deviceAuthorization": "DeviceLogin(client_id, on_message=print)",
    "authorizationCode": "RefreshToken(refresh_token, client_id)",
    "password": "RefreshToken(refresh_token, client_id)",
}


@dataclass(frozen=True)
class Security:
    """The security of a document.

    Attributes:
        schemes: the schemes that operations require, by name; all where no operation requires any.
        scopes: the scopes that operations require, by the schemes' names.
        default: the requirement of most operations.
        is_stated: whether any operation requires credentials.
        requirements: those of operations, by their pointers; empty for one that takes no credentials. An operation that
            is not there has the default.
    """

    schemes: Mapping[str, Object]
    scopes: Mapping[str, tuple[str, ...]]
    default: Requirement
    is_stated: bool
    requirements: Mapping[str, Requirement]

    @property
    def has_flows(self) -> bool:
        """Whether a program can get tokens for any scheme by itself."""
        return any(_flows_code(scheme, ()) for scheme in self.schemes.values())

    @property
    def code(self) -> Code:
        """The expression of core's Security."""
        schemes = ", ".join(
            f"{as_literal(name)}: {_scheme_code(scheme, self.scopes.get(name, ()))}"
            for name, scheme in self.schemes.items()
        )
        return Code(
            f"Security({{{schemes}}}, {requirement_code(self.default)}{'' if self.is_stated else ', is_stated=False'})"
        )


def declared_schemes(data: Object) -> Object:
    """Return the security schemes that a document defines, by name."""
    return object_in(data.get("components"), "securitySchemes")


def settle_security(data: Object) -> Security:
    """Settle the security of a document's operations.

    An operation without a requirement takes no credentials if others have one: that is what their absence means. A document
    without any requirement does not state what it requires.

    Args:
        data: the upgraded document.
    """
    all_schemes = {
        name: scheme
        for name, scheme in declared_schemes(data).items()
        if isinstance(scheme, dict) and str(scheme.get("type")) in _KINDS
    }
    root = data.get("security")
    operations = list(declared_operations(data))
    by_operation = {operation.key: operation.data.get("security") for operation in operations}
    written = {key: root if security is None else security for key, security in by_operation.items()}
    is_stated = any(_alternatives(security, all_schemes) for security in written.values())
    # Without any requirement nothing can be concluded, so that each scheme alone is accepted.
    free: Requirement = tuple((name,) for name in all_schemes)
    requirements: dict[str, Requirement] = {}
    for operation in operations:
        alternatives = _alternatives(written[operation.key], all_schemes)
        if operation.data.get("x-omics-public") is True:
            requirements[operation.key] = ()
        elif alternatives is not None:
            requirements[operation.key] = alternatives
        elif written[operation.key] is None and is_stated:
            requirements[operation.key] = ()
    usual = Counter(requirement for requirement in requirements.values() if requirement)
    # The client's module has it, so that most operations need no code for their credentials.
    default = max(usual, key=lambda requirement: usual[requirement], default=free)
    used = {name for requirement in (*requirements.values(), default) for names in requirement for name in names}
    schemes = {name: scheme for name, scheme in all_schemes.items() if name in used}
    # The scopes that operations require, not all that a scheme lists: those often include an administrator's.
    scopes: dict[str, dict[str, None]] = {}
    for security in written.values():
        for item in security if isinstance(security, list) else ():
            for name in item if isinstance(item, dict) else ():
                scopes.setdefault(name, {}).update(dict.fromkeys(map(str, list_in(item, name))))
    return Security(schemes, {name: tuple(names) for name, names in scopes.items()}, default, is_stated, requirements)


def _alternatives(security: Json, schemes: Mapping[str, Object]) -> Requirement | None:
    """Return a requirement in terms of known schemes, without the empty alternative; None if it is not known: none is stated,
    or with unknown schemes only.
    """
    if not isinstance(security, list):
        return None
    alternatives = [tuple(alternative) for alternative in security if isinstance(alternative, dict)]
    fitting = [names for names in alternatives if all(name in schemes for name in names)]
    # The empty alternative states that credentials are optional, which `Draft.secured` has already.
    return tuple(dict.fromkeys(names for names in fitting if names)) if fitting or not alternatives else None


def requirement_code(requirement: Requirement) -> Code:
    """A requirement as code: tuples of names."""
    written = [f"({', '.join(map(as_literal, names))}{',' if len(names) == 1 else ''})" for names in requirement]
    return Code(f"({', '.join(written)}{',' if len(written) == 1 else ''})")


_KINDS = frozenset({"apiKey", "http", "oauth2", "openIdConnect", "mutualTLS"})


def _scheme_code(scheme: Object, scopes: tuple[str, ...]) -> Code:
    kind = str(scheme["type"])
    arguments: list[str] = [as_literal(kind)]
    if kind == "apiKey":
        arguments.append(as_literal(str(scheme.get("name", ""))))
        if scheme.get("in") in ("query", "cookie"):
            arguments.append(as_literal(str(scheme["in"])))
    elif kind == "http":
        arguments.append(as_literal(one_line(scheme.get("scheme")).lower()))
    elif flows := _flows_code(scheme, scopes):
        arguments.append(f"flows={flows}")
    return Code(f"Scheme({', '.join(arguments)})")


def _flows_code(scheme: Object, scopes: tuple[str, ...]) -> str:
    """The flows in which a program can get tokens by itself, as a mapping; empty if there are none."""
    flows_code: list[str] = []
    for name, flow in object_in(scheme, "flows").items():
        # The implicit flow has no tokenUrl: its tokens come to a browser.
        if name not in _FLOWS or not isinstance(flow, dict) or not isinstance(flow.get("tokenUrl"), str):
            continue
        flow_scopes = flow.get("scopes")
        required = [
            scope for scope in scopes if not isinstance(flow_scopes, dict) or not flow_scopes or scope in flow_scopes
        ]
        arguments: list[str] = [as_literal(str(flow["tokenUrl"]))]
        for argument, key in (("refresh_url", "refreshUrl"), ("device_url", "deviceAuthorizationUrl")):
            if isinstance(flow.get(key), str):
                arguments.append(f"{argument}={as_literal(str(flow[key]))}")
        if required:
            arguments.append(f"scopes=({', '.join(map(as_literal, required))},)")
        flows_code.append(f"{as_literal(name)}: Flow({', '.join(arguments)})")
    return f"{{{', '.join(flows_code)}}}" if flows_code else ""


def type_of(scheme: Object) -> Code:
    """The type of what may be passed for a scheme, as an annotation."""
    kinds = ["Credentials", "httpx.Auth"]
    http = one_line(scheme.get("scheme")).lower()
    if scheme["type"] in ("apiKey", "oauth2", "openIdConnect") or http == "bearer":
        kinds.append("str")
    elif http == "basic":
        kinds.append("tuple[str, str]")
    return Code(" | ".join(kinds))


@dataclass(frozen=True)
class AuthMethod:
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


def ways_of(data: Object) -> list[AuthMethod]:
    """Return the meaning of a document's security schemes for a client, in order."""
    uses: list[AuthMethod] = []
    for name, scheme in declared_schemes(data).items():
        if isinstance(scheme, dict):
            code, description = _described(scheme)
            about = sentence(scheme.get("description"))
            old = scheme.get("deprecated") is True
            texts = ("Deprecated." if old else "", description, about)
            uses.append(AuthMethod(one_line(name), code, " ".join(text for text in texts if text), old))
    return uses


def kind_of(scheme: Object) -> str:
    """Return what a scheme sends, in code: the credentials that fit it."""
    return _described(scheme)[0]


def _described(scheme: Object) -> tuple[str, str]:
    kind, name = scheme.get("type"), one_line(scheme.get("name"))
    if kind == "apiKey":
        return _key(str(scheme.get("in")), name, "bearer" in str(scheme.get("description", "")).lower())
    if kind == "http":
        return _http(one_line(scheme.get("scheme")).lower(), one_line(scheme.get("bearerFormat")))
    if kind == "oauth2":
        metadata = one_line(scheme.get("oauth2MetadataUrl"))
        described = f", whose server is described at {metadata}" if metadata else ""
        ours = [_FLOW_CREDENTIALS[name] for name in object_in(scheme, "flows") if name in _FLOW_CREDENTIALS]
        credentials = " or ".join(dict.fromkeys(ours))
        automatic = f" {credentials} of omicsdk.core.oauth.flows gets tokens itself." if ours else ""
        return "BearerToken(token)", f"A token of OAuth 2.0{_flows(scheme)}{described}.{automatic}"
    if kind == "openIdConnect":
        url = one_line(scheme.get("openIdConnectUrl"))
        return (
            "BearerToken(token)",
            f"A token of OpenID Connect{f', whose provider is described at {url}' if url else ''}.",
        )
    if kind == "mutualTLS":
        return (
            "ClientCertificate(certificate, key)",
            "A client certificate of the connection, and its key, as PEM files.",
        )
    return "", "The document doesn't say what it is."


def _key(position: str, name: str, is_bearer: bool) -> tuple[str, str]:
    # Swagger 2.0 has no scheme for bearer tokens: its documents describe a key in the header Authorization.
    if position == "header" and name.lower() == "authorization" and is_bearer:
        return "BearerToken(token)", "A token in the header Authorization."
    where = position if position in ("query", "cookie") else "header"
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
    parts: list[str] = []
    for name, flow in object_in(scheme, "flows").items():
        if isinstance(flow, dict):
            url = one_line(flow.get("tokenUrl") or flow.get("authorizationUrl"))
            started = one_line(flow.get("deviceAuthorizationUrl"))
            where = f"{f' from {url}' if url else ''}{f', begun at {started}' if started else ''}"
            parts.append(f"{_FLOWS.get(name, one_line(name))}{where}")
    return f" ({'; '.join(parts)})" if parts else ""


def need_of(data: Object) -> str:
    """Return how many operations require credentials, in a sentence; empty if none does."""
    operations = list(declared_operations(data))
    requirements = (
        operation.data.get("security") for operation in operations if operation.data.get("x-omics-public") is not True
    )
    asking = sum(asks(data.get("security") if security is None else security) for security in requirements)
    if not asking:
        return ""
    return (
        "All operations require them."
        if asking == len(operations)
        else f"{asking} of {len(operations)} operations require{'s' if asking == 1 else ''} them."
    )


def describe_ways(ways: list[AuthMethod]) -> str:
    """The ways as a phrase for a docstring; empty if there are none."""
    return "; or ".join(
        f"{method.code or 'none of these'} for {method.scheme}: {method.description.rstrip('.')}" for method in ways
    )
