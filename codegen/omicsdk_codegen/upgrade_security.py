"""Step 4, security schemes: those of Swagger 2.0 are converted to 3.1."""

from __future__ import annotations

from .upgrade_context import Context
from .values import Json, Object

# Swagger 2.0's name of a flow -> OpenAPI 3's.
_FLOWS = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "accessCode": "authorizationCode",
}
_FLOW_MEMBERS = ("authorizationUrl", "tokenUrl", "refreshUrl", "deviceAuthorizationUrl", "scopes")
_TYPES = ("apiKey", "http", "oauth2", "openIdConnect", "mutualTLS")


def security_schemes(context: Context, value: Json, around: Object, key: str) -> Object:
    """Upgrade all security schemes of a document."""
    schemes: Object = {}
    source = context.mapping(value, around, key)
    for name, scheme in source.items():
        if name.startswith("x-"):
            continue
        schemes[name] = _scheme(context, context.mapping(scheme, source, name))
    context.record_origin(schemes, source if source is value else None)
    return schemes


def _scheme(context: Context, old: Object) -> Object:
    new: Object = {"type": old.get("type")}
    new |= context.plain("securityScheme", old, {"type", "scheme", "flow", "flows", *_FLOW_MEMBERS})
    context.record_origin(new, old)
    match old.get("type"):
        case "basic":
            new["type"], new["scheme"] = "http", "basic"
        case "http":
            # Names of schemes are compared without case (RFC 9110, 11.1).
            new["scheme"] = str(old.get("scheme") or "bearer").lower()
        case "oauth2":
            new["flows"] = _flows(context, old)
        case kind if kind not in _TYPES:
            context.omit(old, "type", "no kind of security scheme") if "type" in old else None
        case _:
            pass
    return new


def _flows(context: Context, old: Object) -> Object:
    flows: Object = {}
    declared_flows = old.get("flows")
    if isinstance(declared_flows, dict):
        for name, flow in declared_flows.items():
            if isinstance(flow, dict):
                flows[_FLOWS.get(name, name)] = {"scopes": {}, **flow}
        context.record_origin(flows, declared_flows)
    elif isinstance(old.get("flow"), str):
        flow = {"scopes": {}} | {key: old[key] for key in _FLOW_MEMBERS if key in old}
        flows[_FLOWS.get(str(old["flow"]), str(old["flow"]))] = flow
        context.record_origin(flows, old)
    return flows
