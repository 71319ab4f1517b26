"""Uploads of files of fields, and the buckets and keys that they need."""

import io
import json
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, cast

from omicsdk.sandbox.pangea.groups import readable_group, samples_in
from omicsdk.sandbox.pangea.people import MEMBER, Person
from omicsdk.sandbox.pangea.resource import Resource, View, found, newest, operations_of, shown
from omicsdk.sandbox.pangea.results import NOUNS, OF_GROUP, ResultKind, readable
from omicsdk.sandbox.pangea.samples import attachment
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.storage import BUCKET, FILE, KEY, Place, file_of, split_uri
from omicsdk.sandbox.pangea.store import Thing, Where
from omicsdk.sandbox.rest_framework.fields import Field, Wrong, choice, fields_of, integer, text, validated
from omicsdk.sandbox.rest_framework.refusals import Refused, invalid, not_found
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
        response: Mapping[str, Any] = {"urls": urls, "upload_id": upload}
    else:
        response = pangea.storage.form(place, key)
    _keep(pangea, kind, field, data)
    return Reply(dict(response))


def _keep(pangea: Pangea, kind: ResultKind, field: Thing, data: Mapping[str, Any]) -> None:
    """Note the location of a field's file, unless a user changed or removed the field during the request to the storage."""
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
        # As deployed servers do: clients that complete an upload have to check the response.
        return Reply()
    return Reply({"status": "success", "upload_id": asked["upload_id"]})


def _parts(value: Any) -> Sequence[Mapping[str, Any]]:
    parts = cast("list[Any]", value) if isinstance(value, list) else []
    if not parts or not all(map(_is_part, parts)):
        raise Wrong('Expected a list of parts, each {"ETag": text, "PartNumber": number from 1}.')
    return [{"ETag": each["ETag"], "PartNumber": each["PartNumber"]} for each in parts]


def _is_part(part: Any) -> bool:
    match part:
        case {"ETag": str(), "PartNumber": int(number)}:
            return number is not True and 1 <= number <= _MOST_PARTS
        case _:
            return False


def _field(pangea: Pangea, call: Call, kind: ResultKind) -> Thing:
    """The field of a path, for who is known and may see it: deployed servers request no more, not for membership."""
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


_OF_FIELDS = for_each(NOUNS, {"upload_{}_field": _upload, "complete_{}_field_upload": _complete})


_MINE = "SELECT one FROM pangea_links WHERE kind = ? AND other = ?"


# -- buckets


class _OfMembers(Resource):
    """Things that exist for members only."""

    key = "id"
    filters: ClassVar[Mapping[str, str]] = {}
    asks = "known"

    def may_see(self, person: Person | None, thing: Thing) -> bool:
        """Members may."""
        return self.may_write(person, thing)

    def refusal(self, person: Person | None) -> Refused:
        """For others there is none."""
        del person
        return not_found()


class Buckets(_OfMembers):
    """Buckets of organizations, for members only."""

    kind, one = BUCKET, "s3_bucket"
    of: ClassVar[Mapping[str, str]] = {"organization_id": "organization"}
    parent = "organization"

    def fields(self) -> Mapping[str, Field]:
        """The writable fields of a bucket."""
        return {
            "name": Field(text(), required=True),
            "endpoint_url": Field(text(), required=True),
            "organization": self.reference("organization", required=True),
        }

    def view(self) -> View:
        """With where it is at present."""
        return lambda bucket: {
            **shown(bucket, ("uuid", "name")),
            "endpoint_url": self.pangea.buckets.endpoint_url(bucket),
            "organization": bucket["organization"],
        }

    def visible(self, person: Person | None) -> Sequence[Where]:
        """The buckets of the caller's organizations."""
        return [Where(f"parent IN ({_MINE})", (MEMBER, person.uuid if person else ""))]

    def remove(self, thing: Thing) -> None:
        """Groups that have it have none then."""
        for group in self.store.all("sample_group"):
            if group["bucket"] == thing["uuid"]:
                self.store.change("sample_group", group["uuid"], {"bucket": None}, touch=False)
        super().remove(thing)


class Keys(_OfMembers):
    """Keys of buckets, for members only; a private key is never returned again."""

    kind, one = KEY, "s3_api_key"
    parent = "bucket"
    unique = ("bucket",)
    new: ClassVar[Mapping[str, Any]] = {"description": "", "public_key": ""}

    def fields(self) -> Mapping[str, Field]:
        """The writable fields of a key."""
        return {
            "description": Field(text()),
            "bucket": self.reference(BUCKET, required=True),
            "public_key": Field(text(blank=True)),
            "private_key": Field(text(blank=True)),
        }

    def view(self) -> View:
        """Without the private key."""
        return lambda key: shown(key, ("uuid", "description", "created_at", "updated_at", "bucket", "public_key"))

    def visible(self, person: Person | None) -> Sequence[Where]:
        """The keys of buckets of the caller's organizations."""
        buckets = f"SELECT uuid FROM pangea_things WHERE kind = ? AND parent IN ({_MINE})"  # noqa: S608 - our own names
        return [Where(f"parent IN ({buckets})", (BUCKET, MEMBER, person.uuid if person else ""))]

    def may_write(self, person: Person | None, thing: Mapping[str, Any]) -> bool:
        """Members of its bucket's organization may."""
        return self.access.owns(person, found(self.store, BUCKET, thing["bucket"]))

    def add(self, person: Person, fields: dict[str, Any]) -> Thing:
        """The private key is held in memory."""
        private_key = fields.pop("private_key", "")
        key = super().add(person, fields)
        self.pangea.context.secrets.hold(KEY, key["uuid"], private_key)
        return key

    def change(self, thing: Thing, fields: dict[str, Any]) -> Thing:
        """The private key is held in memory."""
        private_key = fields.pop("private_key", None)
        if private_key is not None:
            self.pangea.context.secrets.hold(KEY, thing["uuid"], private_key)
        return super().change(thing, fields)


_NAMING = ("filename", "uri", "url")
"""Fields of the data that may name the file; the first that exists."""


def download_sample_group_module(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{id}/downloads/{module_name}: a tar.gz with a file for each field of the newest results."""
    person = pangea.access.principal(call, in_query=True)
    kind = dict(call.query).get("kind", "tar")
    module: str = call.arguments["module_name"]
    with pangea.store.database.transaction():
        group = readable_group(pangea, call, person)
        if kind != "tar":
            raise invalid("kind", f'"{kind}" is not a valid choice.')
        fields = _fields(pangea, group, module)
    organization: str = group["organization"]
    # The storage may be slow, and no request waits for it.
    files = ((name, _content(pangea, organization, data)) for name, data in fields.items())
    day = pangea.store.moment().partition("T")[0]
    name = f"{_word(group['name'])}__{_word(module)}__{day}.tar.gz".replace("::", "__")
    return Reply(content=_archive(files), headers={"Content-Type": "binary", "Content-Disposition": attachment(name)})


def _fields(pangea: Pangea, group: Mapping[str, Any], module: str) -> dict[str, Any]:
    """The data of all fields, by the name of their file."""
    found: dict[str, Any] = {}
    for sample in samples_in(pangea, dict(group)):
        results = pangea.store.all("sample_ar", parent=sample["uuid"], name=module)
        if results:
            for field in pangea.store.all("sample_ar_field", parent=newest(results)["uuid"]):
                parts = (_word(sample["name"]), _word(module), field["name"].replace(".", "-"))
                name = f"{'.'.join(parts)}.{_extension(field['stored_data'])}".replace("::", "__")
                found[name.replace("/", "_")] = field["stored_data"]
    return found


def _word(name: str) -> str:
    return name.replace(".", "-").replace(" ", "_")


def _extension(data: Any) -> str:
    stated = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    named = next((stated[key] for key in _NAMING if isinstance(stated.get(key), str)), "")
    parts = named.rpartition("/")[2].split(".")
    if len(parts) < 2:
        return "json"
    return ".".join(parts[-2:]) if parts[-1] == "gz" and len(parts) > 2 else parts[-1]


def _content(pangea: Pangea, organization: str, data: Any) -> bytes:
    """The object that data represent where it is on the sandbox's own storage, else the data themselves."""
    stated = file_of(data)
    if stated is not None and pangea.buckets.is_own(stated["endpoint_url"]):
        bucket, key = split_uri(stated["uri"])
        owned = pangea.buckets.readable(organization, bucket, stated["endpoint_url"]) is not None
        there = pangea.context.staging.find(bucket, key) if owned else None
        if there is not None:
            return b"".join(there.blocks())
    return json.dumps(data).encode()


def _archive(files: Iterable[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


HANDLERS = {**_OF_FIELDS, **operations_of(Buckets, Keys)}
