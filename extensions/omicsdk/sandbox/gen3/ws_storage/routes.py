"""The addresses of workspace storage."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Mount

from omicsdk.sandbox.gen3.gateway import HOME
from omicsdk.sandbox.gen3.plain_routes import Asked, json_answer, plain_route
from omicsdk.sandbox.gen3.storage_urls import Grant, presigned
from omicsdk.sandbox.gen3.ws_storage.places import WORKSPACE, WrongPath, listed, location
from omicsdk.sandbox.problems import Problem, bad_arguments

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

RESOURCE = "/workspace"
"""Who may do what is `access` of the service `jupyterhub` with it has a workspace."""
SECONDS = 3600.0
"""For how long addresses are good."""
_WAYS = {"upload": "PUT", "download": "GET"}
_ENDPOINTS = ("list/$workspace/$key", "download/$workspace/$key", "upload/$workspace/$key", "healthy", "info")


def ws_storage_routes(gen3: "Gen3") -> list[BaseRoute]:
    """The routes.

    Args:
        gen3: The commons.
    """

    def answer(asked: Asked) -> Response:
        person = gen3.access.bearer(asked.headers)
        if person is None:
            raise Problem(401, "unauthorized", "error - there is no token")
        if not person.may("access", RESOURCE, "jupyterhub"):
            raise Problem(403, "forbidden", f"error - you need access of the service jupyterhub to {RESOURCE}")
        verb, key = asked.path["verb"], asked.path.get("key", "")
        if verb not in ("list", *_WAYS) or asked.path["workspace"] != WORKSPACE:
            raise bad_arguments("invalid input")
        method = "delete" if verb == "list" and asked.method == "DELETE" else verb
        told: dict[str, Any] = {"Version": 1, "Method": method, "Result": "ok", "Data": None}
        try:
            url = location(person.name, key)
        except WrongPath as error:
            return json_answer({**told, "Result": f"error - {error}"})
        if method == "list":
            told["Data"] = _listed(gen3, person.name, url, key)
        elif method == "delete":
            gen3.files.remove(url)
        else:
            told["Data"] = presigned(gen3.grounds.signer, asked.origin, Grant(_WAYS[verb], url), SECONDS)
        return json_answer(told)

    def healthy(asked: Asked) -> Response:
        del asked
        return json_answer({"status": "awesome"})

    def info(asked: Asked) -> Response:
        del asked
        return json_answer({"endpoints": [f"/ws-storage/{each}" for each in _ENDPOINTS]})

    methods = ("GET", "POST", "PUT", "DELETE")
    return [
        Mount(
            f"{HOME}/ws-storage",
            routes=[
                plain_route("/healthy", healthy, _refused),
                plain_route("/info", info, _refused),
                plain_route("/{verb}/{workspace}", answer, _refused, methods),
                plain_route("/{verb}/{workspace}/{key:path}", answer, _refused, methods),
            ],
        )
    ]


def _refused(problem: Problem) -> Response:
    return json_answer({"Result": problem.title}, problem.status)


def _listed(gen3: "Gen3", user: str, url: str, prefix: str) -> dict[str, Any]:
    moments = _stored(gen3, url)
    found = listed(moments, user, prefix)
    objects: list[dict[str, Any]] = []
    for key in found.keys:
        place = location(user, key)
        stored = gen3.files.find(place)
        if stored is not None:
            moment = datetime.fromtimestamp(moments[place], UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            told = {"Workspace": user, "WorkspaceKey": key, "SizeBytes": stored.size, "LastModified": moment}
            objects.append(told)
    return {"Workspace": user, "Prefix": prefix, "Objects": objects, "Prefixes": found.folders}


def _stored(gen3: "Gen3", url: str) -> dict[str, float]:
    """The storage URLs that begin with one, in order, and when something was stored there."""
    rows = gen3.grounds.database.rows(
        "SELECT url, stored FROM gen3_files WHERE url >= ? AND url < ? ORDER BY url", (url, f"{url}\U0010ffff")
    )
    return {row["url"]: row["stored"] for row in rows}
