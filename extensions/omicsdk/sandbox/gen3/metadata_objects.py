"""Objects: records of the index with their documents, made and deleted together."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from omicsdk.sandbox.gen3 import fence_files
from omicsdk.sandbox.gen3.commons import Gen3
from omicsdk.sandbox.gen3.indexd import aliases as index_aliases
from omicsdk.sandbox.gen3.indexd import records
from omicsdk.sandbox.gen3.metadata.requests import Refusal, read_body
from omicsdk.sandbox.gen3.service import is_texts
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Reply

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
    person = gen3.access.known(call.headers)
    if person is None:
        raise Refusal(401, _NO_TOKEN)
    resources: object = authz.get("resource_paths")
    if str(authz.get("version", "")) != "0" or not is_texts(resources):
        raise Refusal(400, f"authz has to be version 0 and a list of resource_paths, got: {authz}")
    with gen3.context.database.transaction():
        upload = _forwarded(fence_files.upload_file, gen3, call, {"file_name": new.file_name, "authz": resources})
        guid = upload["guid"]
        if aliases:
            names = {"aliases": [{"value": name} for name in aliases]}
            _forwarded(index_aliases.create_aliases, gen3.index, call, names, GUID=guid)
        document = {
            **(new.metadata or {}),
            "_resource_paths": resources,
            "_uploader_id": str(person.number),
            "_upload_status": "not_uploaded",
        }
        gen3.metadata.documents.put(guid, document)
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
    with gen3.context.database.transaction():
        try:
            if with_bytes:
                _forwarded(fence_files.delete_file_locations, gen3, call, file_id=guid)
            else:
                found = gen3.index.get(guid) or {"did": guid, "rev": ""}
                _forwarded(records.delete_record, gen3.index, call, rev=found["rev"], GUID=found["did"])
        except Problem as problem:
            service = "fence" if with_bytes else "indexd"
            raise Refusal(problem.status, f"Error during request to {service}") from problem
        if gen3.metadata.documents.has(guid):
            gen3.metadata.documents.delete(guid)
    return Reply({})


def _view(gen3: Gen3, guid: str, record: dict[str, Any] | None) -> Reply:
    try:
        document = gen3.metadata.documents.find(record["did"] if record else guid)
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
