"""Uploads of files of fields, and the buckets and keys that they need."""

import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from omicsdk.sandbox.pangea.groups import attachment, readable_group, samples_in
from omicsdk.sandbox.pangea.resource import KINDS, Resource, existing, newest, operations_of
from omicsdk.sandbox.pangea.results import NOUNS, OF_GROUP, ResultKind
from omicsdk.sandbox.pangea.state import MEMBER, Pangea
from omicsdk.sandbox.pangea.storage import BUCKET, FILE, KEY, Place, file_of, split_uri
from omicsdk.sandbox.pangea.store import Record, Where
from omicsdk.sandbox.rest_framework.fields import Field, Wrong, choice, fields_of, integer, text, validated
from omicsdk.sandbox.rest_framework.service import Refused, invalid, not_found
from omicsdk.sandbox.service import Call, Reply, for_each

WHOLE, IN_PARTS = "upload", "upload-multipart"
_MOST_PARTS = 10_000
_OVERWRITES = "Creating S3 result would overwrite existing data"


def _part_count(value: Any) -> int:
    count = integer(value)
    if not 0 <= count <= _MOST_PARTS:
        raise Wrong(f"Ensure this value is between 0 and {_MOST_PARTS}.")
    return count


_REQUESTED: Mapping[str, Field] = {
    "filename": Field(text(trim=False), required=True),
    "stance": Field(choice(WHOLE, IN_PARTS), default=WHOLE),
    "n_parts": Field(_part_count, default=1),
}


def _upload(pangea: Pangea, call: Call, kind: ResultKind) -> Reply:
    field = _field(pangea, call, kind)
    requested = validated(_REQUESTED, fields_of(call))
    location, prefix = _place(pangea, kind, field)
    key, stored_file = f"{prefix}/{requested['filename']}", file_of(field["stored_data"])
    if stored_file is None and field["stored_data"] != {}:
        raise Refused(400, _OVERWRITES)
    if stored_file is not None:
        bucket, key = split_uri(stored_file["uri"])
        if bucket != location.bucket:
            raise Refused(400, f"The field is a file of another bucket: {bucket}")
    data = {"__type__": FILE, "uri": f"s3://{location.bucket}/{key}", "endpoint_url": location.endpoint_url}
    if requested["stance"] == IN_PARTS:
        upload, urls = pangea.storage.begin(location, key, requested["n_parts"])
        response: Mapping[str, Any] = {"urls": urls, "upload_id": upload}
    else:
        response = pangea.storage.form(location, key)
    _keep(pangea, kind, field, data)
    return Reply(dict(response))


def _keep(pangea: Pangea, kind: ResultKind, field: Record, data: Mapping[str, Any]) -> None:
    """Note the location of a field's file, unless a user changed or removed the field during the request to the storage."""
    with pangea.store.database.transaction():
        stored = existing(pangea.store, kind.field_kind, field["uuid"])["stored_data"]
        if stored not in (field["stored_data"], data):
            raise Refused(400, _OVERWRITES)
        if stored != data:
            pangea.store.change(kind.field_kind, field["uuid"], {"stored_data": data})


def _complete(pangea: Pangea, call: Call, kind: ResultKind) -> Reply:
    field = _field(pangea, call, kind)
    fields = {"parts": Field(_parts, required=True), "upload_id": Field(text(), required=True)}
    requested = validated(fields, fields_of(call))
    location, _ = _place(pangea, kind, field)
    stored_file = file_of(field["stored_data"])
    bucket, key = split_uri(stored_file["uri"]) if stored_file is not None else ("", "")
    if bucket != location.bucket:
        raise Refused(400, "No upload of a file was begun for this field")
    if not pangea.storage.complete(location, key, requested["upload_id"], requested["parts"]):
        # As deployed servers do: clients that complete an upload have to check the response.
        return Reply()
    return Reply({"status": "success", "upload_id": requested["upload_id"]})


def _parts(value: Any) -> Sequence[Mapping[str, Any]]:
    parts = cast("list[Any]", value) if isinstance(value, list) else []
    if not parts or not all(map(_is_part, parts)):
        raise Wrong('Expected a list of parts, each {"ETag": text, "PartNumber": number from 1}.')
    return [{"ETag": part["ETag"], "PartNumber": part["PartNumber"]} for part in parts]


def _is_part(part: Any) -> bool:
    match part:
        case {"ETag": str(), "PartNumber": int(number)}:
            return number is not True and 1 <= number <= _MOST_PARTS
        case _:
            return False


def _field(pangea: Pangea, call: Call, kind: ResultKind) -> Record:
    """The field of a path, for who is known and may see it: deployed servers request no more, not for membership."""
    fields = KINDS[kind.field_kind](pangea, call)
    fields.person = pangea.access.need(call)
    field = existing(pangea.store, kind.field_kind, call.arguments["id"])
    if not fields.may_see(field):
        raise pangea.access.refusal(fields.person, "Insufficient permissions to get upload url.")
    return field


def _place(pangea: Pangea, kind: ResultKind, field: Record) -> tuple[Place, str]:
    """The bucket that a field's file goes to, and the folder there."""
    store = pangea.store
    group = existing(store, "sample_group", store.above(field["uuid"], "sample_group"))
    bucket = store.find(BUCKET, group["bucket"] or "")
    if bucket is None:
        raise invalid("bucket", f"The group {group['name']} has no bucket: register one, and set it.")
    location = pangea.buckets.writable(bucket)
    if location is None:
        reason = "has no private key: register it (a restart of the sandbox forgets it)."
        raise invalid("bucket", f"The bucket {bucket['name']} {reason}")
    if kind is OF_GROUP:
        return location, f"pangea/v1/{group['name']}/results"
    sample = existing(store, "sample", store.above(field["uuid"], "sample"))
    return location, f"pangea/v1/{group['name']}/samples/{sample['name']}"


# -- buckets


class _OfMembers(Resource):
    """Records that exist for members only."""

    key = "id"
    filters: ClassVar[Mapping[str, str]] = {}
    asks = "known"

    def may_see(self, record: Record) -> bool:
        """Members may."""
        return self.may_write(record)

    def refusal(self) -> Refused:
        """For others there is none."""
        return not_found()

    def visible(self) -> Sequence[Where]:
        """Those of the caller's organizations."""
        inner = "SELECT one FROM pangea_links WHERE kind = ? AND other = ?"
        if self.parent == "bucket":
            inner = f"SELECT uuid FROM pangea_things WHERE parent IN ({inner})"  # noqa: S608 - our own names
        return [Where(f"parent IN ({inner})", (MEMBER, self.person["uuid"] if self.person else ""))]


class Buckets(_OfMembers):
    """Buckets of organizations, for members only."""

    kind = one = BUCKET
    schema = "S3Bucket"
    of: ClassVar[Mapping[str, str]] = {"organization_id": "organization"}
    parent = "organization"
    references: ClassVar[Mapping[str, str]] = {"organization": "organization"}

    def computed(self, record: Record) -> Mapping[str, Any]:
        """With where it is at present."""
        return {"endpoint_url": self.pangea.buckets.endpoint_url(record)}


class Keys(_OfMembers):
    """Keys of buckets, for members only; a private key is held in memory, and never returned again."""

    kind = one = KEY
    schema = "S3ApiKey"
    parent = "bucket"
    unique = ("bucket",)
    new: ClassVar[Mapping[str, Any]] = {"description": "", "public_key": "", "private_key": ""}
    filled = ("description",)
    references: ClassVar[Mapping[str, str]] = {"bucket": BUCKET}

    def add(self, fields: dict[str, Any]) -> Record:
        """The private key is held in memory."""
        private_key = fields.pop("private_key", "")
        key = super().add(fields)
        self.pangea.context.secrets.hold(KEY, key["uuid"], private_key)
        return key

    def change(self, record: Record, fields: dict[str, Any]) -> Record:
        """The private key is held in memory."""
        if "private_key" in fields:
            self.pangea.context.secrets.hold(KEY, record["uuid"], fields.pop("private_key"))
        return super().change(record, fields)


def download_sample_group_module(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{id}/downloads/{module_name}: a tar.gz with the data of each field of the newest results."""
    group = readable_group(pangea, call, pangea.access.principal(call, in_query=True))
    if dict(call.query).get("kind", "tar") != "tar":
        raise invalid("kind", f'"{dict(call.query)["kind"]}" is not a valid choice.')
    module: str = call.arguments["module_name"]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for sample in samples_in(pangea, group):
            results = pangea.store.all("sample_ar", parent=sample["uuid"], name=module)
            for field in pangea.store.all("sample_ar_field", parent=newest(results)["uuid"]) if results else []:
                entry = tarfile.TarInfo(f"{_word(sample['name'])}.{_word(module)}.{_word(field['name'])}.json")
                content = json.dumps(field["stored_data"]).encode()
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
    day = pangea.store.moment().partition("T")[0]
    name = f"{_word(group['name'])}__{_word(module)}__{day}.tar.gz"
    headers = {"Content-Type": "binary", "Content-Disposition": attachment(name)}
    return Reply(content=out.getvalue(), headers=headers)


def _word(name: str) -> str:
    return name.replace(".", "-").replace(" ", "_").replace("::", "__").replace("/", "_")


HANDLERS = {
    **for_each(NOUNS, {"upload_{}_field": _upload, "complete_{}_field_upload": _complete}),
    **operations_of(Buckets, Keys),
}
