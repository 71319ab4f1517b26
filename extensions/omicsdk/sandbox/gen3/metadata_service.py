"""The metadata service of the sandbox: its handlers, and its two addresses.

At /mds documents are only read; /mds-admin is for who administers them.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Scope

from omicsdk.sandbox.document import Operation
from omicsdk.sandbox.gen3 import metadata_objects
from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.commons import Gen3
from omicsdk.sandbox.gen3.gateway import READ_ONLY, Middleware
from omicsdk.sandbox.gen3.metadata import aggregate, documents
from omicsdk.sandbox.gen3.metadata.requests import Refusal, error_body, storable
from omicsdk.sandbox.gen3.service import gen3_service
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.routing import headers_of
from omicsdk.sandbox.service import Call, Reply, Service, handlers_in, is_reading

VERSION = "4.3.0"
RESOURCE = "/mds_gateway"
"""The resource with whose permission `access`, of the service `mds_gateway`, a caller may use /mds-admin."""
_OBJECTS = "/objects"


def metadata_service(gen3: Gen3, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        gen3: The commons.
        document: Its OpenAPI 3.1 document.
    """
    handlers = {
        **handlers_in(document, gen3.metadata.documents, documents),
        **handlers_in(document, gen3.metadata.aggregate, aggregate),
        **handlers_in(document, gen3, metadata_objects, sys.modules[__name__]),
    }
    # The middleware checks who writes; objects request tokens themselves.
    service = gen3_service(
        "metadata",
        document,
        {name: storable(handler) for name, handler in handlers.items()},
        # The document has an operation for each of the two forms of the search's response.
        same={"query_documents": "query"},
        responses={"get_version": Reply(VERSION)},
        error_body=error_body,
        around=lambda app: _Middleware(app, gen3.access),
        crashes={"create_aliases": (404,), "update_aliases": (404, 409)},
        crash=Reply(text="Internal Server Error", status=500),
    )
    return replace(service, at_once=_reads_one)


def _reads_one(operation: Operation, _query: object) -> bool:
    """Whether an operation is answered at once: searches look at all documents."""
    return is_reading(operation) and not operation.name.startswith("query")


def get_status(gen3: Gen3, _call: Call) -> Reply:
    """GET /_status."""
    now = datetime.fromtimestamp(gen3.context.clock.now(), UTC).isoformat()
    enabled = gen3.metadata.aggregate.enabled
    return Reply({"status": "OK", "timestamp": now, "aggregate_metadata_enabled": enabled})


class _Middleware(Middleware):
    """Middleware that checks permission, and words refusals of unknown routes as the service does.

    The gateway of a commons requires the permission at /mds-admin, and does not pass tokens on there. The
    service itself refuses what needs an administrator at /mds; who makes or deletes objects shows a token there.

    Args:
        app: The service's routes.
        access: Users and their tokens.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        super().__init__(app)
        self._access = access

    def rewritten(self, scope: Scope) -> Scope:
        """The request with the address that the document states: published clients make objects at an older one."""
        root = scope.get("root_path", "")
        if scope["method"] == "POST" and scope["path"] == f"{root}{_OBJECTS}":
            return {**self._let_in(scope), "path": f"{root}{_OBJECTS}/upload"}
        return self._let_in(scope)

    def refused(self, refusal: HTTPException | Problem) -> ASGIApp:
        """Word a refusal as the service does."""
        if isinstance(refusal, HTTPException):
            refusal = Refusal(refusal.status_code, refusal.detail)
        content = json.dumps(error_body(refusal)).encode()
        return Response(content, refusal.status, refusal.headers, media_type="application/json")

    def _let_in(self, scope: Scope) -> Scope:
        came_by = "/" + str(scope.get("gen3.path", "")).lstrip(
            "/"
        )  # as the gateway, which treats several slashes as one
        if any(came_by == place or came_by.startswith(f"{place}/") for place in READ_ONLY):
            if _needs_administrator(scope):
                raise Refusal(403, "Forbidden")
            return scope
        person = self._access.bearer(headers_of(scope))
        if person is None or not person.may("access", RESOURCE, "mds_gateway"):
            raise Refusal(403, "Forbidden")
        return {**scope, "headers": [each for each in scope["headers"] if each[0] != b"authorization"]}


def _needs_administrator(scope: Scope) -> bool:
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path.startswith("/metadata_index") or (path.startswith("/metadata") and scope["method"] != "GET")
