"""Uploads of files of fields: a form for a small one, addresses of parts for a large one, and what makes one of parts.

Its handlers ask the storage, and so hold nothing of the database meanwhile."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from omicsdk.sandbox.pangea.requests.flat import found
from omicsdk.sandbox.pangea.results.fields import readable
from omicsdk.sandbox.pangea.results.kinds import NOUNS, OF_GROUP, ResultKind
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.buckets import BUCKET, FILE, file_of, split_uri
from omicsdk.sandbox.pangea.stores.presigned import Place
from omicsdk.sandbox.pangea.stores.things import Thing
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Field, Wrong, choice, integer, text, validated
from omicsdk.sandbox.rest_framework.refusals import Refused, invalid
from omicsdk.sandbox.service import Call, Reply, for_each

WHOLE, IN_PARTS = "upload", "upload-multipart"
_MOST_PARTS = 10_000
_PREFIX = "pangea/v1"
_OVERWRITES = "Creating S3 result would overwrite existing data"


def _part_count(value: Any) -> int:
    count = integer(value)
    if not 0 <= count <= _MOST_PARTS:
        raise Wrong(f"Ensure this value is between 0 and {_MOST_PARTS}.")
    return count


_ASKED: Mapping[str, Field] = {
    "filename": Field(text(trim=False), required=True),
    "stance": Field(choice({WHOLE: WHOLE, IN_PARTS: IN_PARTS}), default=WHOLE),
    "n_parts": Field(_part_count, default=1),
}


def _upload(pangea: Pangea, call: Call, kind: ResultKind) -> Reply:
    field = _field(pangea, call, kind)
    asked = validated(_ASKED, fields_of(call))
    group, key = _key_of(pangea, field, kind, asked["filename"])
    place = _place(pangea, group)
    stated = file_of(field["stored_data"])
    if stated is None and field["stored_data"] != {}:
        raise Refused(400, _OVERWRITES)
    if stated is not None:
        bucket, key = split_uri(stated["uri"])
        if bucket != place.bucket:
            raise Refused(400, f"The field is a file of another bucket: {bucket}")
    data = {"__type__": FILE, "uri": f"s3://{place.bucket}/{key}", "endpoint_url": place.endpoint_url}
    if asked["stance"] == IN_PARTS:
        upload, urls = pangea.storage.begin(place, key, asked["n_parts"])
        answer: Mapping[str, Any] = {"urls": urls, "upload_id": upload}
    else:
        answer = pangea.storage.form(place, key)
    _keep(pangea, kind, field, data)
    return Reply(dict(answer))


def _keep(pangea: Pangea, kind: ResultKind, field: Thing, data: Mapping[str, Any]) -> None:
    """Notes where a field's file is, unless somebody changed or removed the field while the storage was asked."""
    with pangea.store.database.transaction():
        there = found(pangea.store, kind.field_kind, field["uuid"])["stored_data"]
        if there not in (field["stored_data"], data):
            raise Refused(400, _OVERWRITES)
        if there != data:
            pangea.store.change(kind.field_kind, field["uuid"], {"stored_data": data})


def _complete(pangea: Pangea, call: Call, kind: ResultKind) -> Reply:
    field = _field(pangea, call, kind)
    asked = validated(
        {"parts": Field(_parts, required=True), "upload_id": Field(text(), required=True)}, fields_of(call)
    )
    group, _ = _key_of(pangea, field, kind, "")
    place = _place(pangea, group)
    stated = file_of(field["stored_data"])
    bucket, key = split_uri(stated["uri"]) if stated is not None else ("", "")
    if bucket != place.bucket:
        raise Refused(400, "No upload of a file was begun for this field")
    if not pangea.storage.complete(place, key, asked["upload_id"], asked["parts"]):
        # As deployed servers do: whoever completes an upload has to look at the answer.
        return Reply()
    return Reply({"status": "success", "upload_id": asked["upload_id"]})


def _parts(value: Any) -> Sequence[Mapping[str, Any]]:
    parts = cast("list[Any]", value) if isinstance(value, list) else []
    if not parts or not all(_is_part(each) for each in parts):
        raise Wrong('Expected a list of parts, each {"ETag": text, "PartNumber": number from 1}.')
    return [{"ETag": each["ETag"], "PartNumber": each["PartNumber"]} for each in parts]


def _is_part(value: Any) -> bool:
    match value:
        case {"ETag": str(), "PartNumber": bool()}:
            return False
        case {"ETag": str(), "PartNumber": int(number)}:
            return 1 <= number <= _MOST_PARTS
        case _:
            return False


def _field(pangea: Pangea, call: Call, kind: ResultKind) -> Thing:
    """The field of a path, for who is known and may see it: deployed servers ask for no more, not for membership."""
    pangea.access.need(call)
    detail = "Insufficient permissions to get upload url."
    return readable(pangea, call, kind, call.arguments["id"], detail)


def _key_of(pangea: Pangea, field: Thing, kind: ResultKind, filename: str) -> tuple[Thing, str]:
    """The group whose bucket a field's file goes to, and the object's name there."""
    store = pangea.store
    result = found(store, kind.kind, field["analysis_result"])
    group = found(store, "sample_group", pangea.access.library_of(result))
    if kind is OF_GROUP:
        return group, f"{_PREFIX}/{group['name']}/results/{filename}"
    sample = found(store, "sample", result["sample"])
    return group, f"{_PREFIX}/{group['name']}/samples/{sample['name']}/{filename}"


def _place(pangea: Pangea, group: Thing) -> Place:
    bucket = pangea.store.find(BUCKET, group["bucket"]) if group["bucket"] else None
    if bucket is None:
        raise invalid("bucket", f"The group {group['name']} has no bucket: register one, and set it.")
    place = pangea.buckets.writable(bucket)
    if place is None:
        raise invalid(
            "bucket",
            f"The bucket {bucket['name']} has no private key: register it (a restart of the sandbox forgets it).",
        )
    return place


HANDLERS = for_each(NOUNS, {"upload_{}_field": _upload, "complete_{}_field_upload": _complete})
