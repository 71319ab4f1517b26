"""Objects: records of the index with their documents, made and deleted together."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from omicsdk.sandbox.gen3.access import Person
from omicsdk.sandbox.gen3.files import BUCKET
from omicsdk.sandbox.gen3.metadata.refusals import Refusal
from omicsdk.sandbox.gen3.metadata.requests import Reading
from omicsdk.sandbox.gen3.storage_urls import Grant, presigned
from omicsdk.sandbox.service import Call, Reply

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

SECONDS = 3600.0
"""For how long the addresses of bytes are good."""
_NO_TOKEN = "Could not verify, parse, and/or validate scope from provided access token."  # noqa: S105 - a message
_UPLOADS = "/data_file"


def create_object(gen3: "Gen3", call: Call) -> Reply:
    """POST /objects/upload, and /objects, where older releases have it and the published client sends it."""
    reading = Reading(call)
    fields = reading.fields()
    name, authz = reading.text(fields, "file_name"), reading.object(fields, "authz", required=True)
    aliases, metadata = reading.texts(fields, "aliases"), reading.object(fields, "metadata")
    reading.done()
    person = _person(gen3, call)
    if str(authz.get("version", "")) != "0":
        raise Refusal(400, f"Unsupported authz version: {authz}")
    resources: Any = authz.get("resource_paths")
    if not isinstance(resources, list) or not all(isinstance(each, str) for each in cast("list[Any]", resources)):
        raise Refusal(400, f"Invalid authz.resource_paths, must be valid list of resources, got: {resources}")
    return _made(gen3, call, person, name, cast("list[str]", resources), aliases, metadata)


def create_object_for_id(gen3: "Gen3", call: Call) -> Reply:
    """POST /objects/{guid}."""
    reading = Reading(call)
    fields = reading.fields()
    name, aliases = reading.text(fields, "file_name"), reading.texts(fields, "aliases")
    metadata = reading.object(fields, "metadata")
    reading.done()
    person = _person(gen3, call)
    guid = call.arguments["guid"]
    record = gen3.index.find(guid)
    if record is None:
        raise Refusal(404, f"Could not find GUID or alias '{guid}' in indexd")
    return _made(gen3, call, person, name, record["authz"], aliases, metadata, of=record)


def get_object(gen3: "Gen3", call: Call) -> Reply:
    """GET /objects/{guid}."""
    guid = call.arguments["guid"]
    return _view(gen3, guid, gen3.index.find(guid))


def get_latest_object(gen3: "Gen3", call: Call) -> Reply:
    """GET /objects/{guid}/latest."""
    guid = call.arguments["guid"]
    return _view(gen3, guid, gen3.index.latest(guid))


def get_object_download_url(gen3: "Gen3", call: Call) -> Reply:
    """GET /objects/{guid}/download."""
    guid = call.arguments["guid"]
    message = f"Unable to get signed download url from data access service for GUID or alias '{guid}'"
    record = gen3.index.find(guid)
    if record is None:
        raise Refusal(404, f"{message}. Record with GUID or alias '{guid}' was not found in indexd.")
    person = gen3.access.anyone(call.headers)
    if not _may(person, ("read-storage",), record["authz"], "fence"):
        reason = f"You do not have access to generate the download url for GUID or alias '{guid}'"
        raise Refusal(403, f"{message}. {reason}.")
    url = next((each for each in record["urls"] if gen3.files.find(each) is not None), None)
    if url is None:
        raise Refusal(404, f"{message}. Record with GUID or alias '{guid}' was not found in indexd.")
    return Reply({"url": presigned(gen3.grounds.signer, call.origin, Grant("GET", url), SECONDS)})


def delete_object(gen3: "Gen3", call: Call) -> Reply:
    """DELETE /objects/{guid}."""
    guid = call.arguments["guid"]
    with_bytes = "delete_file_locations" in dict(call.query)
    service = "fence" if with_bytes else "indexd"
    failed = f"Error during request to {service}"
    person = gen3.access.bearer(call.headers)
    if person is None:
        raise Refusal(401 if with_bytes else 403, failed)
    record = gen3.index.get(guid)
    if record is None:
        raise Refusal(404, failed)
    if not _may(person, ("delete",), record["authz"], service):
        raise Refusal(403, failed)
    with gen3.grounds.database.transaction():
        for url in record["urls"] if with_bytes else ():
            gen3.files.remove(url)
        gen3.index.delete(guid)
        if gen3.metadata.documents.has(guid):
            gen3.metadata.documents.delete(guid)
    return Reply({})


def _person(gen3: "Gen3", call: Call) -> Person:
    """Who sent a request that needs a token.

    Raises:
        Refusal: 401; there is none.
        Problem: 401; it isn't good.
    """
    person = gen3.access.bearer(call.headers)
    if person is None:
        raise Refusal(401, _NO_TOKEN)
    return person


def _made(
    gen3: "Gen3",
    call: Call,
    person: Person,
    name: str,
    resources: list[str],
    aliases: list[str],
    metadata: dict[str, Any],
    of: dict[str, Any] | None = None,
) -> Reply:
    """Makes an object that waits for its bytes.

    Args:
        gen3: The commons.
        call: The request.
        person: Who uploads.
        name: The file's name.
        resources: Who may use the object.
        aliases: The record's other names.
        metadata: Its document.
        of: The record of which it is a new version; by default of none.
    """
    if of is None and not _may_upload(person, resources):
        stated = {"file_name": name, "authz": resources}
        raise Refusal(403, f"You do not have access to generate the upload url for: {stated}")
    if of is not None and not _may(person, ("update",), resources, "indexd"):
        raise Refusal(403, f"You do not have access to create a blank version of record of record '{of['did']}'")
    document = {
        **metadata,
        "_resource_paths": resources,
        "_uploader_id": str(person.number),
        "_upload_status": "not_uploaded",
    }
    with gen3.grounds.database.transaction():
        if any(gen3.index.find(alias) for alias in aliases):
            raise Refusal(409, f"Some of the aliases you are trying to assign ({aliases}) already exist")
        record = gen3.index.create_blank(person.name, name, resources)
        guid: str = record["did"]
        if of is not None:
            gen3.index.update(guid, {"baseid": of["baseid"]})
        if aliases:
            gen3.index.add_aliases(guid, aliases)
        gen3.metadata.documents.put(guid, document)
    url = presigned(gen3.grounds.signer, call.origin, Grant("PUT", f"s3://{BUCKET}/{guid}/{name}"), SECONDS)
    return Reply({"guid": guid, "aliases": aliases, "metadata": document, "upload_url": url}, 201)


def _may_upload(person: Person, resources: list[str]) -> bool:
    if not resources:
        return person.may("file_upload", _UPLOADS, "fence")
    return _may(person, ("create", "write-storage"), resources, "fence")


def _may(person: Person, methods: Iterable[str], resources: Iterable[str], service: str) -> bool:
    """Whether somebody may do something with all resources; with none only who may do it everywhere."""
    places = [*resources] or ["/"]
    return all(person.may(method, place, service) for method in methods for place in places)


def _view(gen3: "Gen3", guid: str, record: dict[str, Any] | None) -> Reply:
    try:
        document = gen3.metadata.documents.find(record["did"] if record else guid)
    except KeyError:
        document = {}
    if record is None and not document:
        raise Refusal(404, f"Not found: '{guid}'")
    return Reply({"record": record or {}, "metadata": document})


HANDLERS = (
    create_object,
    create_object_for_id,
    get_object,
    get_latest_object,
    get_object_download_url,
    delete_object,
)
