"""Uploads: blank records with URLs that take their bytes, whole or in parts; and deletion of files with their records."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from omicsdk.sandbox.gen3.access import Person
from omicsdk.sandbox.gen3.fence import signing
from omicsdk.sandbox.gen3.fence.askers import asker, fields_of, text_of, texts_of
from omicsdk.sandbox.gen3.fence.needs import Needs
from omicsdk.sandbox.gen3.storage_uploads import StorageRefusal
from omicsdk.sandbox.gen3.storage_urls import Grant, presigned
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.service import Call, Reply


def upload_file(gen3: Needs, call: Call) -> Reply:
    """POST /data/upload."""
    person = asker(gen3, call, "data").person
    body = _body(call, "file_name")
    name, authz = text_of(body, "file_name"), texts_of(body, "authz")
    if not _may_upload(person, authz):
        raise Problem(
            403,
            "forbidden",
            "You do not have access to upload data. You either need general file uploader permissions or create and"
            " write-storage permissions on the authz resources you specified (if you specified any).",
        )
    seconds = signing.lifetime(gen3, body.get("expires_in"))
    if body.get("protocol") == "az":
        raise Problem(500, "internal", "fence not configured with data upload container; can't create signed URL")
    signing.upload_location("", "", text_of(body, "bucket"))  # before there is a record
    guid = text_of(body, "guid") or _blank(gen3, person, name, authz)
    location = signing.upload_location(guid, name, text_of(body, "bucket"))
    return Reply(
        {"guid": guid, "url": presigned(gen3.grounds.signer, call.origin, Grant("PUT", location), seconds)}, 201
    )


def upload_file_to_guid(gen3: Needs, call: Call) -> Reply:
    """GET /data/upload/{file_id}."""
    query = dict(call.query)
    guid = call.arguments["file_id"]
    name = query.get("file_name") or guid.replace("/", "_")
    signing.upload_location("", "", query.get("bucket"))
    record = signing.record_of(gen3, guid)
    seconds = signing.lifetime(gen3, query.get("expires_in"))
    signing.check(gen3, record, gen3.access.anyone(call.headers), signing.WRITE)
    location = signing.upload_location(record["did"], name, query.get("bucket"))
    return Reply({"url": presigned(gen3.grounds.signer, call.origin, Grant("PUT", location), seconds)})


def init_multipart_upload(gen3: Needs, call: Call) -> Reply:
    """POST /data/multipart/init."""
    person = _uploader(gen3, call)
    body = _body(call, "file_name")
    signing.lifetime(gen3, body.get("expires_in"))
    name = text_of(body, "file_name")
    signing.upload_location("", "", text_of(body, "bucket"))
    guid = text_of(body, "guid") or _blank(gen3, person, name, ())
    location = signing.upload_location(guid, name, text_of(body, "bucket"))
    return Reply({"guid": guid, "uploadId": gen3.uploads.begin(location)}, 201)


def get_multipart_upload_url(gen3: Needs, call: Call) -> Reply:
    """POST /data/multipart/upload."""
    _uploader(gen3, call)
    body = _body(call, "key", "uploadId", "partNumber")
    seconds = signing.lifetime(gen3, body.get("expires_in"))
    number = body["partNumber"]
    if not isinstance(number, int) or isinstance(number, bool):
        raise Problem(500, "internal", f"Can not generate presigned url for part number {number} of key {body['key']}.")
    grant = Grant("PUT", _location(body), str(body["uploadId"]), number)
    return Reply({"presigned_url": presigned(gen3.grounds.signer, call.origin, grant, seconds)})


def complete_multipart_upload(gen3: Needs, call: Call) -> Reply:
    """POST /data/multipart/complete."""
    _uploader(gen3, call)
    body = _body(call, "key", "uploadId", "parts")
    signing.lifetime(gen3, body.get("expires_in"))
    location = _location(body)
    try:
        gen3.uploads.complete(str(body["uploadId"]), location, _parts(body["parts"]))
    except StorageRefusal as refusal:
        detail = (
            f"An error occurred ({refusal.code}) when calling the CompleteMultipartUpload operation: {refusal.message}"
        )
        return Reply({"message": f"Can not complete multipart upload for {body['key']}. Detail {detail}"}, 500)
    gen3.indexing.stored(location)
    return Reply({"message": "OK"})


def delete_file_locations(gen3: Needs, call: Call) -> Reply:
    """DELETE /data/{file_id}."""
    person = asker(gen3, call, "data").person
    record = signing.record_of(gen3, call.arguments["file_id"])
    authz: Sequence[str] = record.get("authz") or []
    if authz and not all(person.may("delete", resource, "fence") for resource in authz):
        return Reply({"message": "You do not have arborist permissions to delete this file."}, 403)
    if not authz and (not record.get("uploader") or record["uploader"] != person.name):
        told = "You cannot delete this file because the uploader field indicates it does not belong to you."
        return Reply({"message": told}, 403)
    for url in record.get("urls") or ():
        gen3.files.remove(url)
    gen3.index.delete(record["did"])
    return Reply(status=204)


def _uploader(gen3: Needs, call: Call) -> Person:
    """Who sent a request that only general uploaders may send."""
    person = asker(gen3, call, "data").person
    if not _may_upload(person, ()):
        raise Problem(403, "forbidden", "user does not have privileges to access this endpoint")
    return person


def _may_upload(person: Person, authz: Sequence[str]) -> bool:
    if authz:
        return all(person.may(method, each, "fence") for each in authz for method in ("create", signing.WRITE))
    return person.may("file_upload", "/data_file", "fence")


def _blank(gen3: Needs, person: Person, name: str, authz: Sequence[str]) -> str:
    """A new record without contents; one under resources doesn't name who uploads it."""
    made = gen3.index.create_blank(None if authz else person.name or None, name, authz=list(authz))
    return str(made["did"])


def _body(call: Call, *needed: str) -> Mapping[str, Any]:
    """The JSON body.

    Raises:
        Problem: 400; there is none, or a field is missing.
    """
    body = fields_of(call)
    if "json" not in call.headers.get("content-type", "") or not body:
        raise bad_arguments("wrong Content-Type; expected application/json")
    if missing := [name for name in needed if name not in body]:
        if len(needed) == 1:
            raise bad_arguments(f"missing required argument `{missing[0]}`")
        raise bad_arguments(f"missing required arguments: {missing}")
    return body


def _location(body: Mapping[str, Any]) -> str:
    guid, _, name = text_of(body, "key").rpartition("/")
    return signing.upload_location(guid, name, text_of(body, "bucket"))


def _parts(stated: object) -> list[tuple[int, str]]:
    """Number and ETag of each part.

    Raises:
        StorageRefusal: It isn't a list of them.
    """
    if not isinstance(stated, list):
        raise StorageRefusal(400, "MalformedXML", "The XML you provided was not well-formed")
    try:
        return [(int(each["PartNumber"]), str(each["ETag"])) for each in cast("list[Any]", stated)]
    except (KeyError, TypeError, ValueError):
        raise StorageRefusal(400, "MalformedXML", "The XML you provided was not well-formed") from None
