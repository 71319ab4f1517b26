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

WORKSPACE = "@user"
"""The only workspace: that of the caller."""
RESOURCE = "/workspace"
"""The resource with whose permission `access`, of the service `jupyterhub`, a user has a workspace."""
ROOT = "s3://sandbox-gen3-workspaces/"
SECONDS = 3600.0
"""Validity of addresses."""
MOST = 1000
"""Most objects and folders of a list."""
_WAYS = {"upload": "PUT", "download": "GET"}
_ENDPOINTS = ("list/$workspace/$key", "download/$workspace/$key", "upload/$workspace/$key", "healthy", "info")
_DOCUMENT = document_of(
    {
        "GET /healthy": "get_health",
        "GET /info": "get_info",
        "GET,POST,PUT,DELETE /{verb}/{workspace}": "use_workspace",
        "GET,POST,PUT,DELETE /{verb}/{workspace}/{key:path}": "use_workspace",
    }
)
_FORBIDDEN = frozenset("<>|`'\"$!#&*()\\[]{};~")


class _WrongPath(Exception):
    """A key that cannot be one."""


def ws_storage_service(gen3: Gen3) -> Service:
    """The service.

    Args:
        gen3: The commons.
    """
    responses = {
        "get_health": Reply({"status": "awesome"}),
        "get_info": Reply({"endpoints": [f"/ws-storage/{each}" for each in _ENDPOINTS]}),
    }
    handlers = handlers_in(_DOCUMENT, gen3, sys.modules[__name__])
    # A slash at the end of a key is part of it.
    return gen3_service("ws-storage", _DOCUMENT, handlers, responses=responses, around=None)


def use_workspace(gen3: Gen3, call: Call) -> Reply:
    """Every method of /{verb}/{workspace}, and of keys below it."""
    person = gen3.access.somebody(call.headers, Problem(401, "unauthorized", "error - there is no token"))
    if not person.may("access", RESOURCE, "jupyterhub"):
        raise Problem(403, "forbidden", f"error - you need access of the service jupyterhub to {RESOURCE}")
    verb, key = call.arguments["verb"], call.arguments.get("key", "")
    if verb not in ("list", *_WAYS) or call.arguments["workspace"] != WORKSPACE:
        raise bad_arguments("invalid input")
    method = "delete" if verb == "list" and call.operation.method == "DELETE" else verb
    response: dict[str, Any] = {"Version": 1, "Method": method, "Result": "ok", "Data": None}
    try:
        url = _location(person.name, key)
    except _WrongPath as error:
        return Reply({**response, "Result": f"error - {error}"})
    if method == "list":
        response["Data"] = _listed(gen3, person.name, url, key)
    elif method == "delete":
        gen3.files.remove(url)
    else:
        response["Data"] = gen3.presigned(call.origin, Grant(_WAYS[verb], url), SECONDS)
    return Reply(response)


def _location(user: str, key: str) -> str:
    """The storage URL of a key of a user's workspace.

    Raises:
        _WrongPath: It has `//`, `..`, `/./`, or a character that is not allowed.
    """
    if not user or "/" in user:
        raise _WrongPath(f"invalid user {user}")
    path = f"{user}/{key.removeprefix('/')}"
    if "//" in path or ".." in path or "/./" in path or _FORBIDDEN & set(path):
        raise _WrongPath(f"invalid path - // or .. or /./: {path}")
    return ROOT + path


def _listed(gen3: Gen3, user: str, url: str, prefix: str) -> dict[str, Any]:
    moments = gen3.files.below(url)
    start = len(_location(user, ""))
    keys, folders = _one_level((each[start:] for each in moments), prefix)
    objects: list[dict[str, Any]] = []
    for key in keys:
        place = _location(user, key)
        stored = gen3.files.find(place)
        if stored is not None:
            moment = datetime.fromtimestamp(moments[place], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            response = {"Workspace": user, "WorkspaceKey": key, "SizeBytes": stored.size, "LastModified": moment}
            objects.append(response)
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
