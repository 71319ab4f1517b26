"""Buckets of organizations, and the keys that open them. Only members see either.

The routes of one bucket or key are swapped, as on deployed servers: /api/s3_api_keys/{id} is a bucket, /api/s3_buckets/{id} a
key. A private key is never told again. Telling where a bucket is may start the sandbox's S3 server, so that is done after the
database was let go of.
"""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.pangea.requests.flat import asked_reference, found, listed, reference, taken
from omicsdk.sandbox.pangea.requests.views import shown
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.access import MEMBER
from omicsdk.sandbox.pangea.stores.buckets import BUCKET, KEY
from omicsdk.sandbox.pangea.stores.people import Person
from omicsdk.sandbox.pangea.stores.things import Thing, Where
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Field, text, validated
from omicsdk.sandbox.rest_framework.refusals import forbidden, invalid, not_found
from omicsdk.sandbox.service import Call, Reply

_MINE = "SELECT one FROM pangea_links WHERE kind = ? AND other = ?"


# -- buckets


def _bucket_view(pangea: Pangea, bucket: Thing) -> dict[str, Any]:
    return {
        **shown(bucket, ("uuid", "name")),
        "endpoint_url": pangea.buckets.endpoint_url(bucket),
        "organization": bucket["organization"],
    }


def _bucket_fields(pangea: Pangea) -> Mapping[str, Field]:
    return {
        "name": Field(text(), required=True),
        "endpoint_url": Field(text(), required=True),
        "organization": reference(pangea.store, "organization", required=True),
    }


def list_s3_buckets(pangea: Pangea, call: Call) -> Reply:
    """GET /api/s3_buckets."""
    person = pangea.access.need(call)
    mine = Where(f"parent IN ({_MINE})", (MEMBER, person.uuid))
    of = asked_reference(call, pangea.store, "organization_id", "organization")
    return listed(call, pangea.store, BUCKET, [*of, mine], lambda each: _bucket_view(pangea, each))


def create_s3_bucket(pangea: Pangea, call: Call) -> Reply:
    """POST /api/s3_buckets."""
    person = pangea.access.need(call)
    with pangea.store.database.transaction():
        fields = validated(_bucket_fields(pangea), fields_of(call))
        if not pangea.access.owns(person, fields):
            raise forbidden("Organization membership is required to create an s3 bucket.")
        bucket = pangea.store.add(BUCKET, fields.pop("name"), fields, parent=fields["organization"])
    return Reply(_bucket_view(pangea, bucket), 201)


def get_s3_bucket(pangea: Pangea, call: Call) -> Reply:
    """GET /api/s3_api_keys/{id}."""
    return Reply(_bucket_view(pangea, _bucket(pangea, call)))


def put_s3_bucket(pangea: Pangea, call: Call) -> Reply:
    """PUT /api/s3_api_keys/{id}."""
    return _write_bucket(pangea, call, partial=False)


def patch_s3_bucket(pangea: Pangea, call: Call) -> Reply:
    """PATCH /api/s3_api_keys/{id}."""
    return _write_bucket(pangea, call, partial=True)


def delete_s3_bucket(pangea: Pangea, call: Call) -> Reply:
    """DELETE /api/s3_api_keys/{id}: groups that have it have none then."""
    with pangea.store.database.transaction():
        _remove_bucket(pangea, _bucket(pangea, call))
    return Reply(status=204)


def _remove_bucket(pangea: Pangea, bucket: Thing) -> None:
    for group in pangea.store.all("sample_group"):
        if group["bucket"] == bucket["uuid"]:
            pangea.store.change("sample_group", group["uuid"], {"bucket": None}, touch=False)
    pangea.store.remove_tree(bucket["uuid"])


def _bucket(pangea: Pangea, call: Call) -> Thing:
    person = pangea.access.need(call)
    return _own(pangea, person, found(pangea.store, BUCKET, call.arguments["id"]))


def _own(pangea: Pangea, person: Person, bucket: Thing) -> Thing:
    """A bucket of somebody's organization; others' aren't there for them."""
    if not pangea.access.owns(person, bucket):
        raise not_found()
    return bucket


def _write_bucket(pangea: Pangea, call: Call, *, partial: bool) -> Reply:
    with pangea.store.database.transaction():
        bucket = _bucket(pangea, call)
        fields = validated(_bucket_fields(pangea), fields_of(call), partial=partial)
        changed = pangea.store.change(BUCKET, bucket["uuid"], fields, parent=fields.get("organization"))
    return Reply(_bucket_view(pangea, changed))


# -- keys


def _key_view(key: Thing) -> dict[str, Any]:
    return shown(key, ("uuid", "description", "created_at", "updated_at", "bucket", "public_key"))


def _key_fields(pangea: Pangea) -> Mapping[str, Field]:
    return {
        "description": Field(text()),
        "bucket": reference(pangea.store, BUCKET, required=True),
        "public_key": Field(text(blank=True)),
        "private_key": Field(text(blank=True)),
    }


def list_s3_api_keys(pangea: Pangea, call: Call) -> Reply:
    """GET /api/s3_api_keys."""
    person = pangea.access.need(call)
    buckets = f"SELECT uuid FROM pangea_things WHERE kind = ? AND parent IN ({_MINE})"  # noqa: S608 - our own names
    mine = Where(f"parent IN ({buckets})", (BUCKET, MEMBER, person.uuid))
    return listed(call, pangea.store, KEY, [mine], _key_view)


def create_s3_api_key(pangea: Pangea, call: Call) -> Reply:
    """POST /api/s3_api_keys."""
    person = pangea.access.need(call)
    with pangea.store.database.transaction():
        fields = validated(_key_fields(pangea), fields_of(call))
        _check_only(pangea, fields)
        if not pangea.access.owns(person, found(pangea.store, BUCKET, fields["bucket"])):
            raise forbidden("Organization membership is required to create an s3 api key.")
        private_key = fields.pop("private_key", "")
        key = pangea.store.add(KEY, "", {"description": "", "public_key": "", **fields}, parent=fields["bucket"])
    pangea.grounds.secrets.hold(KEY, key["uuid"], private_key)
    return Reply(_key_view(key), 201)


def get_s3_api_key(pangea: Pangea, call: Call) -> Reply:
    """GET /api/s3_buckets/{id}."""
    return Reply(_key_view(_key(pangea, call)))


def put_s3_api_key(pangea: Pangea, call: Call) -> Reply:
    """PUT /api/s3_buckets/{id}."""
    return _write_key(pangea, call, partial=False)


def patch_s3_api_key(pangea: Pangea, call: Call) -> Reply:
    """PATCH /api/s3_buckets/{id}."""
    return _write_key(pangea, call, partial=True)


def delete_s3_api_key(pangea: Pangea, call: Call) -> Reply:
    """DELETE /api/s3_buckets/{id}."""
    with pangea.store.database.transaction():
        pangea.store.remove(_key(pangea, call)["uuid"])
    return Reply(status=204)


def _key(pangea: Pangea, call: Call) -> Thing:
    person = pangea.access.need(call)
    key = found(pangea.store, KEY, call.arguments["id"])
    _own(pangea, person, found(pangea.store, BUCKET, key["bucket"]))
    return key


def _write_key(pangea: Pangea, call: Call, *, partial: bool) -> Reply:
    with pangea.store.database.transaction():
        key = _key(pangea, call)
        fields = validated(_key_fields(pangea), fields_of(call), partial=partial)
        _check_only(pangea, fields, but=key["uuid"])
        private_key = fields.pop("private_key", None)
        changed = pangea.store.change(KEY, key["uuid"], fields, parent=fields.get("bucket"))
    if private_key is not None:
        pangea.grounds.secrets.hold(KEY, key["uuid"], private_key)
    return Reply(_key_view(changed))


def _check_only(pangea: Pangea, fields: Mapping[str, Any], but: str = "") -> None:
    if "bucket" in fields and taken(pangea.store.all(KEY, parent=fields["bucket"]), but=but):
        raise invalid("bucket", "This field must be unique.")
