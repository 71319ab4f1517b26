"""The services of the commons, and what those without a module of their own declare: Fence, indexd, Sheepdog, Guppy and others."""

import sys
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from http import HTTPStatus
from typing import Any, cast

from starlette.types import Scope

from omicsdk.sandbox.gen3 import fence
from omicsdk.sandbox.gen3.access import ANONYMOUS, Access
from omicsdk.sandbox.gen3.commons import Gen3
from omicsdk.sandbox.gen3.guppy import Guppy, RowAccess
from omicsdk.sandbox.gen3.indexd import drs, records
from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.indexd.requests import FrameworkPage
from omicsdk.sandbox.gen3.metadata.service import metadata_service
from omicsdk.sandbox.gen3.peregrine.service import peregrine_service
from omicsdk.sandbox.gen3.records import export, sheepdog
from omicsdk.sandbox.gen3.records.requests import error_body
from omicsdk.sandbox.gen3.service import (
    HTML,
    as_list,
    as_object,
    document_of,
    gen3_service,
    middleware,
    refusing,
    trailing_slashes,
)
from omicsdk.sandbox.gen3.sower import sower_service
from omicsdk.sandbox.gen3.storage import Grant
from omicsdk.sandbox.gen3.wts import wts_service
from omicsdk.sandbox.problems import Problem, bad_arguments, or_raise
from omicsdk.sandbox.service import Call, Handler, Reply, Service, handlers_in, is_reading

_SLASHED = ("/google/billing_projects/", "/google/service_accounts/")


def gen3_services(gen3: Gen3, document: Callable[[str], Mapping[str, Any]]) -> list[Service]:
    """The services.

    Args:
        gen3: The commons.
        document: Gives the document of a service by the name of its generated client, such as gen3/fence.
    """
    services = [
        _fence_service(gen3, document("gen3/fence")),
        _arborist_service(gen3.access, document("gen3/arborist")),
        wts_service(gen3.wts, document("gen3/wts")),
        _manifest_service(gen3, document("gen3/manifest")),
        indexd_service(gen3.index, document("gen3/indexd")),
        metadata_service(gen3, document("gen3/metadata")),
        _sheepdog_service(gen3, document("gen3/sheepdog")),
        peregrine_service(gen3, document("gen3/peregrine")),
        guppy_service(gen3.guppy),
        sower_service(gen3.sower),
        ws_storage_service(gen3),
    ]
    return [gen3.indexing.before(service) for service in services]


def _manifest_service(gen3: Gen3, document: Mapping[str, Any]) -> Service:
    """The service of users' manifests, which the engine answers for."""
    return gen3_service(
        "manifest",
        document,
        {},
        rights=lambda call: gen3.access.somebody(call.headers, Problem(403, "forbidden", "Please log in.")),
    )


def _fence_service(gen3: Gen3, document: Mapping[str, Any]) -> Service:
    return gen3_service(
        "fence",
        document,
        refusing(handlers_in(document, gen3, fence), _page),
        around=lambda app: trailing_slashes(app, _SLASHED),
        rights=lambda call: call.operation.secured and fence.principal(gen3, call, "user"),
        checks=True,
    )


def _page(problem: Problem) -> Reply:
    """Fence's refusals are pages for browsers, whatever sent the request."""
    # The message comes last, below labels that are paragraphs themselves.
    message = f"<p>Error Message:</p>\n<p>{escape(problem.title)}</p>\n" if problem.status < 500 else ""
    text = (
        f"<!doctype html>\n<html>\n<head><title>{problem.status}</title></head>\n<body>\n<h1>Gen3 Data Commons</h1>\n"
        f"<h1>{problem.status}</h1>\n<h2>{HTTPStatus(problem.status).phrase}</h2>\n"
        f"<p>Error Identifier:</p>\n<p>{uuid.uuid4()}</p>\n{message}<p>Please try again!</p>\n</body>\n</html>\n"
    )
    return Reply(status=problem.status, headers={**HTML, **problem.headers}, text=text)


def _sheepdog_service(gen3: Gen3, document: Mapping[str, Any]) -> Service:
    return gen3_service(
        "sheepdog",
        document,
        handlers_in(document, gen3, sheepdog, export),
        error_body=error_body,
        around=lambda app: trailing_slashes(app, ("/v0/submission/",), error_body),
    )


def _arborist_service(access: Access, document: Mapping[str, Any]) -> Service:
    """The service that knows who may do what; the engine has its policies, roles and resources."""

    def administrator(call: Call) -> None:
        missing = Problem(401, "unauthorized", "a token of the commons' administrator is needed")
        if not access.somebody(call.headers, missing).may("*", "/"):
            raise Problem(403, "forbidden", "only the commons' administrator may do this")

    return gen3_service(
        "arborist", document, handlers_in(document, access, sys.modules[__name__]), rights=administrator
    )


def get_auth_mapping(access: Access, call: Call) -> Reply:
    """GET /auth/mapping."""
    return Reply(access.mapping(access.anyone(call.headers)))


def list_auth_resources(access: Access, call: Call) -> Reply:
    """GET /auth/resources."""
    return Reply({"resources": sorted(access.mapping(access.anyone(call.headers)))})


def check_auth_proxy(access: Access, call: Call) -> Reply:
    """GET /auth/proxy: whether the owner of the token may do something, by the status."""
    person = access.somebody(call.headers, Problem(401, "unauthorized", "auth request missing auth header"))
    query = dict(call.query)
    for name, message in _PROXIED.items():
        if name not in query:
            raise bad_arguments(message)
    if not person.may(query["method"], query["resource"], query["service"]):
        raise Problem(403, "forbidden", "Unauthorized: user does not have access to this resource")
    return Reply()


_PROXIED = {
    "resource": "auth proxy request missing `resource` argument",
    **{name: f"auth request missing `{name}` argument" for name in ("service", "method")},
}


def check_auth_request(access: Access, call: Call) -> Reply:
    """POST /auth/request: whether the owner of a token, a user by name, or any user may do something."""
    body = as_object(call.body)
    user = as_object(body.get("user"))
    if user.get("token"):
        person = access.person_of(access.claims(str(user["token"])))
    else:
        person = access.person(str(user.get("user_id"))) or ANONYMOUS
    try:
        rights = [
            (request["action"]["method"], request["resource"], request["action"]["service"])
            for request in as_list(body.get("requests") or body["request"])
        ]
        return Reply({"auth": all(person.may(*right) for right in rights)})
    except (AttributeError, KeyError, TypeError):
        raise bad_arguments("auth request missing resource or action") from None


_QUERY = "query"
_DOCUMENT = document_of({"POST /graphql": _QUERY, "POST /download": "download", "GET /_version": "get_version"})


def guppy_service(guppy: Guppy) -> Service:
    """The service.

    Args:
        guppy: Its state.
    """
    handlers = handlers_in(_DOCUMENT, guppy, sys.modules[__name__])
    query = handlers.pop(_QUERY)
    return gen3_service(
        "guppy", _DOCUMENT, {**refusing(handlers, _refused), **refusing({_QUERY: query}, _refused_query)}
    )


def _refused(problem: Problem) -> Reply:
    """A refusal outside of GraphQL: its text."""
    return Reply(text=problem.title, status=problem.status, headers={"Content-Type": "text/html; charset=utf-8"})


def _refused_query(problem: Problem) -> Reply:
    """A refusal of a whole query."""
    response = {"message": problem.title, "extensions": {"code": problem.code}}
    return Reply({"errors": [response]}, problem.status)


def query(guppy: Guppy, call: Call) -> Reply:
    """POST /graphql."""
    # graphql-core is slow to import, and most sandboxes never receive a query.
    from omicsdk.sandbox.gen3.queries import execute

    body = as_object(call.body)
    text, variables = body.get("query"), body.get("variables")
    if not isinstance(text, str) or not isinstance(variables, dict | None):
        raise Problem(
            400, "BAD_REQUEST", "The body must be an object with a query, and an object of variables if it has any"
        )
    row_access = RowAccess(guppy.access.anyone(call.headers))
    values = cast("dict[str, Any] | None", variables)
    status, response = execute(guppy.types(), row_access, text, values, body.get("operationName"))
    return Reply(response, status)


def download(guppy: Guppy, call: Call) -> Reply:
    """POST /download."""
    body = as_object(call.body)
    type = or_raise(guppy.get(str(body.get("type"))), bad_arguments(f'Invalid es type: "{body.get("type")}"'))
    return Reply(RowAccess(guppy.access.anyone(call.headers)).download(type, body))


_GA4GH = "ga4gh"
# Paths that are taken with and without a slash at the end, as the document has them. Elsewhere a slash is part of a GUID.
_COLLECTIONS = ("/index", "/index/blank", "/bundle", "/urls", "/alias/", "/bulk/documents")


def indexd_service(index: Index, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        index: Its state.
        document: Its OpenAPI 3.1 document.

    Returns:
        What the sandbox mounts.
    """
    handlers = {name: _indexd_refusing(handler) for name, handler in handlers_in(document, index, records, drs).items()}
    service = gen3_service(
        "indexd",
        document,
        handlers,
        error_body=_indexd_error,
        around=lambda app: middleware(app, _indexd_request, lambda problem: _framework_page(problem.status)),
        crash=_framework_page(500),
    )
    return replace(service, name="indexd", at_once=is_reading, alone=True)


def _indexd_error(problem: Problem) -> dict[str, object]:
    if problem.code == _GA4GH:
        return {"msg": problem.title, "status_code": problem.status}
    return {"error": problem.title}


def _indexd_refusing(handler: Handler) -> Handler:
    """A handler that refuses with the framework's pages where it should, and as DRS and DOS do where it is of these."""

    def handle(call: Call) -> Reply:
        try:
            return handler(call)
        except FrameworkPage as refusal:
            return _framework_page(refusal.status)
        except Problem as refusal:
            if not call.operation.path.startswith("/ga4gh/"):
                raise
            raise Problem(refusal.status, _GA4GH, refusal.title, refusal.headers, crashes=refusal.crashes) from refusal

    return handle


def _framework_page(status: int) -> Reply:
    """The web framework's page for a status."""
    phrase = HTTPStatus(status).phrase
    text = f"<!doctype html>\n<html lang=en>\n<title>{status} {phrase}</title>\n<h1>{phrase}</h1>\n"
    return Reply(text=text, status=status, headers=HTML)


def _indexd_request(scope: Scope) -> Scope:
    root = scope.get("root_path", "")
    # The server leaves out what a HEAD is answered.
    method = "GET" if scope["method"] == "HEAD" else scope["method"]
    return {**scope, "path": root + _indexd_path(scope["path"].removeprefix(root)), "method": method}


def _indexd_path(path: str) -> str:
    """A path as the document has it."""
    bare = path.rstrip("/")
    if path.startswith("/index/") and path.endswith("/aliases/"):
        return bare
    return next((collection for collection in _COLLECTIONS if collection.rstrip("/") == bare), path)


# Workspace storage is a folder of files for each user, read and written at presigned addresses.
# The only workspace: that of the caller.
WORKSPACE = "@user"
# The resource with whose permission `access`, of the service `jupyterhub`, a user has a workspace.
WORKSPACE_RESOURCE = "/workspace"
WORKSPACES = "s3://sandbox-gen3-workspaces/"
WORKSPACE_SECONDS = 3600.0
# Most objects and folders of a list.
MOST_LISTED = 1000
_WAYS = {"upload": "PUT", "download": "GET"}
_WORKSPACE_DOCUMENT = document_of(
    {"GET,DELETE /{verb}/{workspace}": "use_workspace", "GET,DELETE /{verb}/{workspace}/{key:path}": "use_workspace"}
)
_FORBIDDEN = frozenset("<>|`'\"$!#&*()\\[]{};~")


def ws_storage_service(gen3: Gen3) -> Service:
    """The service.

    Args:
        gen3: The commons.
    """
    # A slash at the end of a key is part of it.
    return gen3_service(
        "ws-storage", _WORKSPACE_DOCUMENT, handlers_in(_WORKSPACE_DOCUMENT, gen3, sys.modules[__name__]), around=None
    )


def use_workspace(gen3: Gen3, call: Call) -> Reply:
    """GET and DELETE of /{verb}/{workspace}, and of keys below it."""
    person = gen3.access.somebody(call.headers, Problem(401, "unauthorized", "error - there is no token"))
    if not person.may("access", WORKSPACE_RESOURCE, "jupyterhub"):
        raise Problem(403, "forbidden", f"error - you need access of the service jupyterhub to {WORKSPACE_RESOURCE}")
    verb, key = call.arguments["verb"], call.arguments.get("key", "")
    if verb not in ("list", *_WAYS) or call.arguments["workspace"] != WORKSPACE:
        raise bad_arguments("invalid input")
    method = "delete" if verb == "list" and call.operation.method == "DELETE" else verb
    response: dict[str, Any] = {"Version": 1, "Method": method, "Result": "ok", "Data": None}
    path = f"{person.name}/{key.removeprefix('/')}"
    if "//" in path or ".." in path or "/./" in path or _FORBIDDEN & set(path):
        return Reply({**response, "Result": f"error - invalid path - // or .. or /./: {path}"})
    url = WORKSPACES + path
    if method == "list":
        response["Data"] = _listed(gen3, person.name, url, key)
    elif method == "delete":
        gen3.files.remove(url)
    else:
        response["Data"] = gen3.presigned(call.origin, Grant(_WAYS[verb], url), WORKSPACE_SECONDS)
    return Reply(response)


def _listed(gen3: Gen3, user: str, url: str, prefix: str) -> dict[str, Any]:
    moments = gen3.files.below(url)
    home = f"{WORKSPACES}{user}/"
    keys, folders = _one_level((url.removeprefix(home) for url in moments), prefix)
    objects: list[dict[str, Any]] = []
    for key in keys:
        location = home + key
        stored = gen3.files.find(location)
        if stored is not None:
            moment = datetime.fromtimestamp(moments[location], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            entry = {"Workspace": user, "WorkspaceKey": key, "SizeBytes": stored.size, "LastModified": moment}
            objects.append(entry)
    return {"Workspace": user, "Prefix": prefix, "Objects": objects, "Prefixes": folders}


def _one_level(below: Iterable[str], prefix: str) -> tuple[list[str], list[str]]:
    """Of keys that begin with a prefix, those of objects and, with a slash at their end, of folders, one level deep."""
    keys: list[str] = []
    folders: dict[str, None] = {}
    for key in below:
        inner, slash, _ = key[len(prefix) :].partition("/")
        if slash:
            folders[f"{prefix}{inner}/"] = None
        else:
            keys.append(key)
        if len(keys) + len(folders) >= MOST_LISTED:
            break
    return keys, list(folders)
