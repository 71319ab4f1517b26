"""Workspace storage: a folder of files for each user, read and written at presigned addresses."""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from omicsdk.sandbox.gen3.commons import Gen3
from omicsdk.sandbox.gen3.service import document_of, gen3_service
from omicsdk.sandbox.gen3.storage import Grant
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.service import Call, Reply, Service, handlers_in

# The only workspace: that of the caller.
WORKSPACE = "@user"
# The resource with whose permission `access`, of the service `jupyterhub`, a user has a workspace.
RESOURCE = "/workspace"
ROOT = "s3://sandbox-gen3-workspaces/"
SECONDS = 3600.0
# Most objects and folders of a list.
MOST = 1000
_WAYS = {"upload": "PUT", "download": "GET"}
_DOCUMENT = document_of(
    {
        "GET,DELETE /{verb}/{workspace}": "use_workspace",
        "GET,DELETE /{verb}/{workspace}/{key:path}": "use_workspace",
    }
)
_FORBIDDEN = frozenset("<>|`'\"$!#&*()\\[]{};~")


def ws_storage_service(gen3: Gen3) -> Service:
    """The service.

    Args:
        gen3: The commons.
    """
    # A slash at the end of a key is part of it.
    return gen3_service("ws-storage", _DOCUMENT, handlers_in(_DOCUMENT, gen3, sys.modules[__name__]), around=None)


def use_workspace(gen3: Gen3, call: Call) -> Reply:
    """GET and DELETE of /{verb}/{workspace}, and of keys below it."""
    person = gen3.access.somebody(call.headers, Problem(401, "unauthorized", "error - there is no token"))
    if not person.may("access", RESOURCE, "jupyterhub"):
        raise Problem(403, "forbidden", f"error - you need access of the service jupyterhub to {RESOURCE}")
    verb, key = call.arguments["verb"], call.arguments.get("key", "")
    if verb not in ("list", *_WAYS) or call.arguments["workspace"] != WORKSPACE:
        raise bad_arguments("invalid input")
    method = "delete" if verb == "list" and call.operation.method == "DELETE" else verb
    response: dict[str, Any] = {"Version": 1, "Method": method, "Result": "ok", "Data": None}
    path = f"{person.name}/{key.removeprefix('/')}"
    if "//" in path or ".." in path or "/./" in path or _FORBIDDEN & set(path):
        return Reply({**response, "Result": f"error - invalid path - // or .. or /./: {path}"})
    url = ROOT + path
    if method == "list":
        response["Data"] = _listed(gen3, person.name, url, key)
    elif method == "delete":
        gen3.files.remove(url)
    else:
        response["Data"] = gen3.presigned(call.origin, Grant(_WAYS[verb], url), SECONDS)
    return Reply(response)


def _listed(gen3: Gen3, user: str, url: str, prefix: str) -> dict[str, Any]:
    moments = gen3.files.below(url)
    home = f"{ROOT}{user}/"
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
        if len(keys) + len(folders) >= MOST:
            break
    return keys, list(folders)
