"""Workspace storage: a folder of files for each user, read and written at presigned addresses."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from omicsdk.sandbox.gen3.service import Asked, json_answer, plain_routes
from omicsdk.sandbox.gen3.storage import Grant
from omicsdk.sandbox.problems import Problem, bad_arguments

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

WORKSPACE = "@user"
"""The one workspace that there is: that of whoever asks."""
RESOURCE = "/workspace"
"""Who may do what is `access` of the service `jupyterhub` with it has a workspace."""
ROOT = "s3://sandbox-gen3-workspaces/"
SECONDS = 3600.0
"""For how long addresses are good."""
MOST = 1000
"""Most objects and folders of a list."""
_WAYS = {"upload": "PUT", "download": "GET"}
_ENDPOINTS = ("list/$workspace/$key", "download/$workspace/$key", "upload/$workspace/$key", "healthy", "info")
_FORBIDDEN = frozenset("<>|`'\"$!#&*()\\[]{};~")


class _WrongPath(Exception):
    """A key that can't be one."""


def ws_storage_routes(gen3: "Gen3") -> list[BaseRoute]:
    """The routes.

    Args:
        gen3: The commons.
    """
    endpoints = [f"/ws-storage/{each}" for each in _ENDPOINTS]
    return plain_routes(
        gen3,
        {
            "GET /healthy": lambda _gen3, _asked: json_answer({"status": "awesome"}),
            "GET /info": lambda _gen3, _asked: json_answer({"endpoints": endpoints}),
            "GET,POST,PUT,DELETE /{verb}/{workspace}": _answer,
            "GET,POST,PUT,DELETE /{verb}/{workspace}/{key:path}": _answer,
        },
        lambda problem: json_answer({"Result": problem.title}, problem.status),
    )


def _answer(gen3: "Gen3", asked: Asked) -> Response:
    person = gen3.access.somebody(asked.headers, Problem(401, "unauthorized", "error - there is no token"))
    if not person.may("access", RESOURCE, "jupyterhub"):
        raise Problem(403, "forbidden", f"error - you need access of the service jupyterhub to {RESOURCE}")
    verb, key = asked.path["verb"], asked.path.get("key", "")
    if verb not in ("list", *_WAYS) or asked.path["workspace"] != WORKSPACE:
        raise bad_arguments("invalid input")
    method = "delete" if verb == "list" and asked.method == "DELETE" else verb
    told: dict[str, Any] = {"Version": 1, "Method": method, "Result": "ok", "Data": None}
    try:
        url = _location(person.name, key)
    except _WrongPath as error:
        return json_answer({**told, "Result": f"error - {error}"})
    if method == "list":
        told["Data"] = _listed(gen3, person.name, url, key)
    elif method == "delete":
        gen3.files.remove(url)
    else:
        told["Data"] = gen3.presigned(asked.origin, Grant(_WAYS[verb], url), SECONDS)
    return json_answer(told)


def _location(user: str, key: str) -> str:
    """The storage URL of a key of somebody's workspace.

    Raises:
        _WrongPath: It has `//`, `..`, `/./`, or a character that is not allowed.
    """
    if not user or "/" in user:
        raise _WrongPath(f"invalid user {user}")
    path = f"{user}/{key.removeprefix('/')}"
    if "//" in path or ".." in path or "/./" in path or _FORBIDDEN & set(path):
        raise _WrongPath(f"invalid path - // or .. or /./: {path}")
    return ROOT + path


def _listed(gen3: "Gen3", user: str, url: str, prefix: str) -> dict[str, Any]:
    moments = gen3.files.below(url)
    start = len(_location(user, ""))
    keys, folders = _one_level((each[start:] for each in moments), prefix)
    objects: list[dict[str, Any]] = []
    for key in keys:
        place = _location(user, key)
        stored = gen3.files.find(place)
        if stored is not None:
            moment = datetime.fromtimestamp(moments[place], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            told = {"Workspace": user, "WorkspaceKey": key, "SizeBytes": stored.size, "LastModified": moment}
            objects.append(told)
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
