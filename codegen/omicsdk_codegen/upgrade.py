"""Step 4: a document of any dialect becomes one of OpenAPI 3.1, in one form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import urldefrag

from .declarations import parents_of
from .faults import DocumentError
from .progress import OnProgress, counted, silent
from .resolve import Resolved
from .source import Places, Source, SourceLocation, brief, is_of_3_2
from .upgrade_context import Context
from .upgrade_parts import Parts
from .upgrade_paths import Paths
from .upgrade_schema import Schemas
from .values import Json, Object

_SWAGGER = {"swagger", "host", "basePath", "schemes", "consumes", "produces", "definitions", "securityDefinitions"}
# Webhooks before OpenAPI 3.1, which Redocly defined.
_EARLIER_WEBHOOKS = "x-webhooks"
_HANDLED = {"openapi", "info", "servers", "paths", "webhooks", _EARLIER_WEBHOOKS, "components", "$self"}


def upgrade(resolved: Resolved, on_progress: OnProgress = silent) -> Document:
    """Convert a document to the form that the next steps read.

    What its author means beyond doubt but writes as another dialect would (a `schema` straight under a response of 3.0,
    `type: int`, a path parameter that is not required) is corrected; what is not understood is left out. Both are in
    the report.

    Args:
        resolved: the document in its own dialect, in one piece; it is unchanged.
        on_progress: called with the progress.

    Returns:
        The document, without components but schemas and securitySchemes.

    Raises:
        DocumentError: with all faults: no paths, a parameter without a name, two paths that are one.
    """
    context, old = Context(resolved), resolved.data
    schemas = Schemas(context)
    paths = Paths(context, Parts(context, schemas), old)
    swagger = resolved.dialect == "2.0"
    new: Object = {"openapi": "3.1.0", "info": _info(context, old, PurePath(resolved.source.label).stem)}
    # Without any there is one with the URL `/` (OpenAPI 3.1.0, 4.8.1).
    new["servers"] = _swagger_servers(context, old) if swagger else context.servers(old) or [{"url": "/"}]
    new |= context.plain("document", old, _HANDLED | (_SWAGGER if swagger else set()))
    context.record_origin(new, old)
    _check_self(context, old, resolved.source)
    if "tags" in old:
        new["tags"] = _tags(context, old)
    hooked = "webhooks" if "webhooks" in old else _EARLIER_WEBHOOKS
    # OpenAPI 3.1 requires one of these; earlier versions require paths.
    needed = {"paths", "webhooks", "components"} if resolved.dialect == "3.1" else {"paths"}
    if not (needed | {_EARLIER_WEBHOOKS}) & set(old):
        context.fault(
            old, None, "there are no paths, so there is nothing to call", "State them; `paths: {}` means none."
        )
    new["paths"] = paths.paths(old.get("paths"), old, "paths", on_progress)
    if hooked in old:
        hooks = context.mappings(old[hooked], old, hooked)
        new["webhooks"] = {name: paths.item(item, None) for name, item in hooks}
        context.moved(new, "webhooks", old, hooked)
    new["components"] = _components(context, schemas, old, on_progress)
    if context.faults:
        raise DocumentError(context.faults)
    return Document(new, resolved.source.label, resolved.places)


def _check_self(context: Context, old: Object, source: Source) -> None:
    """`$self` was taken when references were resolved; what of it was not is noted."""
    declared_uri = old.get("$self")
    if "$self" not in old:
        return
    if not is_of_3_2(old):
        context.omit(old, "$self", "OpenAPI before 3.2 doesn't know it")
    elif not isinstance(declared_uri, str) or (
        source.base == source.uri and urldefrag(declared_uri)[0] not in ("", source.uri)
    ):
        context.omit(old, "$self", "it is no address")
    elif urldefrag(declared_uri)[1]:
        context.repair(old, "$self", brief(declared_uri), urldefrag(declared_uri)[0])


def _tags(context: Context, old: Object) -> Json:
    """Return tags without parents that are missing or their own children (OpenAPI 3.2: `parent`)."""
    tags: list[Json] = list(context.items(old["tags"], old, "tags"))
    parents = parents_of(old)
    tag_names = {str(tag.get("name")) for tag in tags if isinstance(tag, dict)}
    for at, tag in enumerate(tags):
        if not isinstance(tag, dict) or "parent" not in tag:
            continue
        name, parent = tag.get("name"), tag["parent"]
        above, seen = str(parent), set[str]()
        while above in parents and above != name and above not in seen:
            seen.add(above)
            above = parents[above]
        if not isinstance(parent, str) or parent not in tag_names:
            why = "there is no tag of that name"
        elif above == name:
            why = f"{name} would be above itself"
            parents.pop(str(name), None)  # the circle ends here
        else:
            continue
        context.omit(tag, "parent", why)
        tags[at] = context.record_origin({key: value for key, value in tag.items() if key != "parent"}, tag)
    return context.record_origin(tags, old["tags"])


def _info(context: Context, old: Object, stem: str) -> Object:
    info = context.mapping(old.get("info"), old, "info")
    new: Object = {"title": stem, "version": "0"}
    for key in ("title", "version"):
        value = info.get(key)
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            new[key] = str(value)
        else:
            context.repair(old, "info" if "info" in old else None, f"no {key}", str(new[key]))
    return context.record_origin(new | context.plain("info", info, {"title", "version"}), info)


def _swagger_servers(context: Context, old: Object) -> Json:
    host, base = old.get("host"), old.get("basePath")
    path = "/" + base.strip("/") if isinstance(base, str) else "/"
    if not isinstance(host, str) or not host:
        return [{"url": path}]
    schemes = [scheme for scheme in context.items(old.get("schemes"), old, "schemes") if isinstance(scheme, str)]
    bare = host.partition("://")[2] or host
    if bare != host:
        context.repair(old, "host", brief(host), bare)
    tail = "" if path == "/" else path
    # Without schemes the one applies by which the document was read (Swagger 2.0), which a file does not have.
    return [{"url": f"{scheme}://{bare.rstrip('/')}{tail}"} for scheme in schemes or ["https"]]


def _components(context: Context, schemas: Schemas, old: Object, on_progress: OnProgress) -> Object:
    components = context.mapping(old.get("components"), old, "components")
    home = old if context.dialect == "2.0" else components
    schemas_key, security_key = (
        ("definitions", "securityDefinitions") if home is old else ("schemas", "securitySchemes")
    )
    new = context.record_origin(
        {key: value for key, value in components.items() if key.startswith("x-")}, components or old
    )
    declared_schemas = context.mapping(home.get(schemas_key), home, schemas_key)
    upgraded: Object = {
        name: schemas.schema(value, declared_schemas, name)
        for name, value in counted(declared_schemas.items(), "upgrading schemas", on_progress)
    }
    new["schemas"] = context.record_origin(upgraded, declared_schemas)
    new["securitySchemes"] = security_schemes(context, home.get(security_key), home, security_key)
    for key in components:
        if key not in ("schemas", "securitySchemes") and not key.startswith("x-"):
            context.omit(components, key, "it doesn't belong here")
    return new


@dataclass(frozen=True, eq=False)
class Document:
    """The upgraded document, read-only.

    Attributes:
        data: OpenAPI 3.1. The only references left are schemas' to `#/components/schemas/NAME` (a plain pointer, as
            `values.schema_name` reads it); examples, defaults and extensions are unchanged. Null is a member of a
            type list. Every operation's parameters are its own, those of its path item merged in. A schema that several
            operations reach through one shared response, body or parameter is one object (`is`) in all.
        label: how messages name the document that the user gave.
        places: where each part of `data` came from.
    """

    data: Object
    label: str
    places: Places

    def origin(self, pointer: str) -> SourceLocation:
        """Return the published place of a pointer of `data`.

        Args:
            pointer: JSON pointer into `data`; for a value without an origin, that of the nearest enclosing place.
        """
        return self.places.follow(self.data, pointer) or SourceLocation(self.label, None, pointer)


# -- security schemes: those of Swagger 2.0 are converted to 3.1

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
    source = context.mapping(value, around, key)
    schemes: Object = {
        name: _scheme(context, context.mapping(scheme, source, name))
        for name, scheme in source.items()
        if not name.startswith("x-")
    }
    return context.record_origin(schemes, value)


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
    declared, origin = old.get("flows"), old.get("flows")
    if not isinstance(declared, dict) and isinstance(name := old.get("flow"), str):
        declared, origin = {name: {key: old[key] for key in _FLOW_MEMBERS if key in old}}, old
    flows: Object = {
        _FLOWS.get(name, name): {"scopes": {}, **flow}
        for name, flow in (declared.items() if isinstance(declared, dict) else ())
        if isinstance(flow, dict)
    }
    return context.record_origin(flows, origin)
