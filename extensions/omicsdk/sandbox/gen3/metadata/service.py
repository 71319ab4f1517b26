"""The metadata service: documents by GUID, and objects, each a document with a record of the index and a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.types import Scope

from omicsdk.sandbox.document import Operation
from omicsdk.sandbox.gen3 import fence
from omicsdk.sandbox.gen3.access import Access, below
from omicsdk.sandbox.gen3.indexd import records
from omicsdk.sandbox.gen3.metadata import operations
from omicsdk.sandbox.gen3.metadata.documents import Refusal, error_body
from omicsdk.sandbox.gen3.metadata.operations import read_body, storable
from omicsdk.sandbox.gen3.service import READ_ONLY, gen3_service, is_texts, json_refusal, middleware
from omicsdk.sandbox.problems import Problem, or_raise
from omicsdk.sandbox.routing import headers_of
from omicsdk.sandbox.service import Call, Reply, Service, handlers_in, is_reading

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

# The resource with whose permission `access`, of the service `mds_gateway`, a caller may use /mds-admin.
RESOURCE = "/mds_gateway"
_OBJECTS = "/objects"


def metadata_service(gen3: Gen3, document: Mapping[str, Any]) -> Service:
    """The service.

    Args:
        gen3: The commons.
        document: Its OpenAPI 3.1 document.
    """
    handlers = handlers_in(document, gen3.metadata, operations)
    handlers |= handlers_in(document, gen3, sys.modules[__name__])
    # The middleware checks who writes; objects request tokens themselves.
    service = gen3_service(
        "metadata",
        document,
        {name: storable(handler) for name, handler in handlers.items()},
        # The document has an operation for each of the two forms of the search's response.
        error_body=error_body,
        around=lambda app: middleware(app, partial(_let_in, gen3.access), json_refusal(error_body)),
        crash=Reply(text="Internal Server Error", status=500),
    )
    return replace(service, at_once=_reads_one, alone=True)


def _reads_one(operation: Operation, _query: object) -> bool:
    """Whether an operation is answered at once: searches look at all documents."""
    return is_reading(operation) and not operation.name.startswith("query")


def get_status(gen3: Gen3, _call: Call) -> Reply:
    """GET /_status."""
    now = datetime.fromtimestamp(gen3.context.clock.now(), UTC).isoformat()
    enabled = gen3.metadata.aggregate.enabled
    return Reply({"status": "OK", "timestamp": now, "aggregate_metadata_enabled": enabled})


def _let_in(access: Access, scope: Scope) -> Scope:
    """Check permission, and give the request the address that the document states: published clients make objects at an older one.

    The gateway of a commons requires the permission at /mds-admin, and does not pass tokens on there. The
    service itself refuses what needs an administrator at /mds; who makes or deletes objects shows a token there.
    """
    root = scope.get("root_path", "")
    if scope["method"] == "POST" and scope["path"] == f"{root}{_OBJECTS}":
        scope = {**scope, "path": f"{root}{_OBJECTS}/upload"}
    # As the gateway, which treats several slashes as one.
    if below("/" + str(scope.get("gen3.path", "")).lstrip("/"), READ_ONLY):
        if _needs_administrator(scope):
            raise Refusal(403, "Forbidden")
        return scope
    person = access.bearer(headers_of(scope))
    if person is None or not person.may("access", RESOURCE, "mds_gateway"):
        raise Refusal(403, "Forbidden")
    return {**scope, "headers": [header for header in scope["headers"] if header[0] != b"authorization"]}


def _needs_administrator(scope: Scope) -> bool:
    path: str = scope["path"].removeprefix(scope.get("root_path", ""))
    return path.startswith("/metadata_index") or (path.startswith("/metadata") and scope["method"] != "GET")


# -- objects: a document, a record of the index, and a file that Fence takes


State = TypeVar("State")
_NO_TOKEN = "Could not verify, parse, and/or validate scope from provided access token."  # noqa: S105 - a message


@dataclass(frozen=True, slots=True)
class _NewObject:
    """A new object as it was sent."""

    file_name: str
    authz: dict[str, Any] | None
    aliases: list[str] | None = None
    metadata: dict[str, Any] | None = None


def create_object(gen3: Gen3, call: Call) -> Reply:
    """POST /objects/upload, and /objects, where published clients send it: an object that waits for its bytes."""
    new = read_body(call, _NewObject)
    authz, aliases = new.authz or {}, new.aliases or []
    person = or_raise(gen3.access.known(call.headers), Refusal(401, _NO_TOKEN))
    resources: object = authz.get("resource_paths")
    if str(authz.get("version", "")) != "0" or not is_texts(resources):
        raise Refusal(400, f"authz has to be version 0 and a list of resource_paths, got: {authz}")
    upload = _forwarded(fence.upload_file, gen3, call, {"file_name": new.file_name, "authz": resources})
    guid = upload["guid"]
    if aliases:
        names = {"aliases": [{"value": name} for name in aliases]}
        _forwarded(records.create_aliases, gen3.index, call, names, GUID=guid)
    document = {
        **(new.metadata or {}),
        "_resource_paths": resources,
        "_uploader_id": str(person.number),
        "_upload_status": "not_uploaded",
    }
    gen3.metadata.put(guid, document)
    return Reply({"guid": guid, "aliases": aliases, "metadata": document, "upload_url": upload["url"]}, 201)


def get_object(gen3: Gen3, call: Call) -> Reply:
    """GET /objects/{guid}."""
    guid = call.arguments["guid"]
    return _view(gen3, guid, gen3.index.find(guid))


def get_latest_object(gen3: Gen3, call: Call) -> Reply:
    """GET /objects/{guid}/latest."""
    guid = call.arguments["guid"]
    return _view(gen3, guid, gen3.index.latest(guid))


def delete_object(gen3: Gen3, call: Call) -> Reply:
    """DELETE /objects/{guid}."""
    guid = call.arguments["guid"]
    with_bytes = "delete_file_locations" in dict(call.query)
    try:
        if with_bytes:
            _forwarded(fence.delete_file_locations, gen3, call, file_id=guid)
        else:
            record = gen3.index.get(guid) or {"did": guid, "rev": ""}
            _forwarded(records.delete_record, gen3.index, call, rev=record["rev"], GUID=record["did"])
    except Problem as problem:
        service = "fence" if with_bytes else "indexd"
        raise Refusal(problem.status, f"Error during request to {service}") from problem
    if gen3.metadata.has(guid):
        gen3.metadata.delete(guid)
    return Reply({})


def _view(gen3: Gen3, guid: str, record: dict[str, Any] | None) -> Reply:
    try:
        document = gen3.metadata.find(record["did"] if record else guid)
    except Refusal:
        document = {}
    if record is None and not document:
        raise Refusal(404, f"Not found: '{guid}'")
    return Reply({"record": record or {}, "metadata": document})


def _forwarded(
    operation: Callable[[State, Call], Reply], state: State, call: Call, body: object = None, rev: str = "", **path: str
) -> Any:
    """The response of another service's operation: in a real commons over HTTP, with the token of the caller.

    Raises:
        Problem: It refused.
    """
    headers = {"content-type": "application/json"}
    if token := call.headers.get("authorization"):
        headers["authorization"] = token
    content = json.dumps(body).encode()
    request = replace(call, arguments=path, query=[("rev", rev)], headers=headers, body=body, content=content)
    reply = operation(state, request)
    if reply.status >= 400:
        raise Problem(reply.status, "refused", str(reply.body))
    return reply.body
