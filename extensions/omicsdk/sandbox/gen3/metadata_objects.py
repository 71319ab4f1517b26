"""Objects: records of the index with their documents, made and deleted together."""

import json
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from omicsdk.sandbox.gen3 import fence_files
from omicsdk.sandbox.gen3.access import Person
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
class _Sent:
    """A new object as it was sent."""

    file_name: str
    aliases: list[str] | None = None
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _SentWithAuthz:
    """The same, with who may use it."""

    file_name: str
    authz: dict[str, Any] | None
    aliases: list[str] | None = None
    metadata: dict[str, Any] | None = None


def create_object(gen3: Gen3, call: Call) -> Reply:
    """POST /objects/upload, and /objects, where published clients send it."""
    sent = read_body(call, _SentWithAuthz)
    authz = sent.authz or {}
    person = _person(gen3, call)
    if str(authz.get("version", "")) != "0":
        raise Refusal(400, f"Unsupported authz version: {authz}")
    places: object = authz.get("resource_paths")
    if not is_texts(places):
        raise Refusal(400, f"Invalid authz.resource_paths, must be valid list of resources, got: {places}")
    with gen3.context.database.transaction():
        stated = {"file_name": sent.file_name, "authz": places}
        with _refused_as(403, f"You do not have access to generate the upload url for: {stated}"):
            response = _asked(fence_files.upload_file, gen3, call, stated)
        return _made(gen3, call, sent, person, response["guid"], places, response["url"])


def create_object_for_id(gen3: Gen3, call: Call) -> Reply:
    """POST /objects/{guid}."""
    sent = read_body(call, _Sent)
    person = _person(gen3, call)
    asked = call.arguments["guid"]
    record = gen3.index.find(asked)
    if record is None:
        raise Refusal(404, f"Could not find GUID or alias '{asked}' in indexd")
    did, places = record["did"], record["authz"]
    with gen3.context.database.transaction():
        # The service itself states "record" twice.
        with _refused_as(403, f"You do not have access to create a blank version of record of record '{did}'"):
            body = {"file_name": sent.file_name, "authz": places}
            guid = _asked(records.create_blank_version, gen3.index, call, body, GUID=did)["did"]
        with _refused_as(403, f"You do not have access to generate the upload url for {guid}"):
            url = _asked(fence_files.upload_file_to_guid, gen3, call, file_id=guid)["url"]
        return _made(gen3, call, sent, person, guid, places, url)


def get_object(gen3: Gen3, call: Call) -> Reply:
    """GET /objects/{guid}."""
    guid = call.arguments["guid"]
    return _view(gen3, guid, gen3.index.find(guid))


def get_latest_object(gen3: Gen3, call: Call) -> Reply:
    """GET /objects/{guid}/latest."""
    guid = call.arguments["guid"]
    return _view(gen3, guid, gen3.index.latest(guid))


def get_object_download_url(gen3: Gen3, call: Call) -> Reply:
    """GET /objects/{guid}/download."""
    guid = call.arguments["guid"]
    message = f"Unable to get signed download url from data access service for GUID or alias '{guid}'"
    reason = f"You do not have access to generate the download url for GUID or alias '{guid}'"
    with (
        _refused_as(404, f"{message}. Record with GUID or alias '{guid}' was not found in indexd."),
        _refused_as(403, f"{message}. {reason}."),
    ):
        return Reply({"url": _asked(fence_files.get_presigned_url, gen3, call, file_id=guid)["url"]})


def delete_object(gen3: Gen3, call: Call) -> Reply:
    """DELETE /objects/{guid}."""
    guid = call.arguments["guid"]
    with_bytes = "delete_file_locations" in dict(call.query)
    with gen3.context.database.transaction():
        try:
            if with_bytes:
                _asked(fence_files.delete_file_locations, gen3, call, file_id=guid)
            else:
                found = gen3.index.get(guid) or {"did": guid, "rev": ""}
                _asked(records.delete_record, gen3.index, call, rev=found["rev"], GUID=found["did"])
        except Problem as problem:
            service = "fence" if with_bytes else "indexd"
            raise Refusal(problem.status, f"Error during request to {service}") from problem
        if gen3.metadata.documents.has(guid):
            gen3.metadata.documents.delete(guid)
    return Reply({})


def _person(gen3: Gen3, call: Call) -> Person:
    """The sender of a request that needs a token.

    Raises:
        Refusal: 401; there is none, or it is not valid.
    """
    person = gen3.access.known(call.headers)
    if person is None:
        raise Refusal(401, _NO_TOKEN)
    return person


@contextmanager
def _refused_as(status: int, detail: str) -> Generator[None]:
    """Word another service's refusal as this service does: with 404, or as a missing permission (401 and 403)."""
    try:
        yield
    except Problem as problem:
        permission = problem.status in (401, 403)
        if isinstance(problem, Refusal) or (403 if permission else problem.status) != status:
            raise
        raise Refusal(status, detail) from problem


def _made(
    gen3: Gen3, call: Call, sent: _Sent | _SentWithAuthz, person: Person, guid: str, resources: list[str], url: str
) -> Reply:
    """The response for an object that waits for its bytes, after its document was stored.

    Args:
        gen3: The commons.
        call: The request.
        sent: The sent value.
        person: The uploader.
        guid: Its GUID.
        resources: Resources that control access to it.
        url: Upload URL of its bytes.
    """
    aliases = sent.aliases or []
    if aliases:
        stated = f"{aliases} to the guid {guid}"
        with (
            _refused_as(409, f"Some of the aliases you are trying to assign to guid {guid} ({aliases}) already exist"),
            _refused_as(403, f"You do not have access to create the aliases you are trying to assign: {stated}"),
        ):
            body = {"aliases": [{"value": name} for name in aliases]}
            _asked(index_aliases.create_aliases, gen3.index, call, body, GUID=guid)
    document = {
        **(sent.metadata or {}),
        "_resource_paths": resources,
        "_uploader_id": str(person.number),
        "_upload_status": "not_uploaded",
    }
    if not gen3.metadata.documents.put(guid, document):
        raise Refusal(409, f"Metadata GUID conflict: {guid}")
    return Reply({"guid": guid, "aliases": aliases, "metadata": document, "upload_url": url}, 201)


def _view(gen3: Gen3, guid: str, record: dict[str, Any] | None) -> Reply:
    try:
        document = gen3.metadata.documents.find(record["did"] if record else guid)
    except Refusal:
        document = {}
    if record is None and not document:
        raise Refusal(404, f"Not found: '{guid}'")
    return Reply({"record": record or {}, "metadata": document})


def _asked(
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
    reply = operation(
        state, replace(call, arguments=path, query=[("rev", rev)], headers=headers, body=body, content=content)
    )
    if reply.status >= 400:
        raise Problem(reply.status, "refused", str(reply.body))
    return reply.body
