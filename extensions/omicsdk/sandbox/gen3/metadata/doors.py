"""The two addresses of the service: /mds, where documents are only read, and /mds-admin, for who administers them."""

import json

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.gateway import READ_ONLY
from omicsdk.sandbox.gen3.metadata.refusals import Refusal, error_body
from omicsdk.sandbox.problems import Problem

_OBJECTS = "/objects"
RESOURCE = "/mds_gateway"
"""Who may do what is `access` of the service `mds_gateway` with it comes in at /mds-admin."""


class Doors:
    """Lets requests in, and tells what isn't routed in the service's words.

    The gateway of a commons lets nobody in at /mds-admin without the permission, and doesn't pass tokens on there. The
    service itself refuses what needs an administrator at /mds; who makes or deletes objects shows a token there.

    Args:
        app: The service's routes.
        access: People and their tokens.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            await self._app(_stated(self._let_in(scope)), receive, send)
        except HTTPException as error:
            await _refused(Refusal(error.status_code, error.detail))(scope, receive, send)
        except Problem as problem:
            await _refused(problem)(scope, receive, send)

    def _let_in(self, scope: Scope) -> Scope:
        came_by = "/" + str(scope.get("gen3.path", "")).lstrip(
            "/"
        )  # as the gateway, which takes several slashes for one
        if any(came_by == place or came_by.startswith(f"{place}/") for place in READ_ONLY):
            if _needs_administrator(scope):
                raise Refusal(403, "Forbidden")
            return scope
        person = self._access.bearer(Headers(scope=scope))
        if person is None or not person.may("access", RESOURCE, "mds_gateway"):
            raise Refusal(403, "Forbidden")
        return {**scope, "headers": [each for each in scope["headers"] if each[0] != b"authorization"]}


def _stated(scope: Scope) -> Scope:
    """The request with the address that the document states: published clients make objects at an older one."""
    root = scope.get("root_path", "")
    if scope["method"] == "POST" and scope["path"] == f"{root}{_OBJECTS}":
        return {**scope, "path": f"{root}{_OBJECTS}/upload"}
    return scope


def _needs_administrator(scope: Scope) -> bool:
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path.startswith("/metadata_index") or (path.startswith("/metadata") and scope["method"] != "GET")


def _refused(problem: Problem) -> Response:
    content = json.dumps(error_body(problem)).encode()
    return Response(content, problem.status, problem.headers, media_type="application/json")
