"""Sample groups, some of which are libraries."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.pangea.requests.flat import asked, asked_reference, asked_uuid, check_name, found, listed
from omicsdk.sandbox.pangea.requests.views import Views
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.group_fields import NEW_GROUP, group_fields
from omicsdk.sandbox.pangea.stores.people import Person
from omicsdk.sandbox.pangea.stores.things import Thing, Where, with_field
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import validated
from omicsdk.sandbox.rest_framework.refusals import forbidden
from omicsdk.sandbox.service import Call, Reply

_FLAGS = {"true": True, "1": True, "false": False, "0": False}


def list_sample_groups(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups: those that one may see."""
    person = pangea.access.asker(call)
    where = [
        *asked_uuid(call),
        *asked_reference(call, pangea.store, "organization_id", "organization"),
        *asked(call, "name"),
        *_asked_public(call),
        pangea.access.visible_groups(person),
    ]
    return listed(call, pangea.store, "sample_group", where, Views(pangea.store).group)


def create_sample_group(pangea: Pangea, call: Call) -> Reply:
    """POST /api/sample_groups: members of its organization may."""
    person = pangea.access.need(call)
    fields = _written(pangea, call, partial=False)
    check_name(pangea.store, "sample_group", fields)
    if not pangea.access.is_member(person, fields["organization"]):
        detail = "Organization membership is required to create a sample group."
        raise pangea.access.refusal(person, detail)
    new = {**NEW_GROUP, **fields, "storage_provider_name": NEW_GROUP["storage_provider_name"]}
    new["has_library"] = new["is_library"]
    made = pangea.store.add("sample_group", new.pop("name"), new, parent=fields["organization"])
    return Reply(Views(pangea.store).group(made), 201)


def get_sample_group(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{uuid}."""
    person = pangea.access.asker(call)
    group = found(pangea.store, "sample_group", call.arguments["uuid"])
    if not pangea.access.may_see_group(person, group):
        raise pangea.access.refusal(person)
    return Reply(Views(pangea.store).group(group))


def put_sample_group(pangea: Pangea, call: Call) -> Reply:
    """PUT /api/sample_groups/{uuid}."""
    return _changed(pangea, call, partial=False)


def patch_sample_group(pangea: Pangea, call: Call) -> Reply:
    """PATCH /api/sample_groups/{uuid}."""
    return _changed(pangea, call, partial=True)


def delete_sample_group(pangea: Pangea, call: Call) -> Reply:
    """DELETE /api/sample_groups/{uuid}: the samples of a library go with it."""
    pangea.store.remove_tree(_writable(pangea, call)["uuid"])
    return Reply(status=204)


def readable_group(pangea: Pangea, person: Person | None, uuid: str) -> Thing:
    """A group whose contents somebody may read.

    Raises:
        Refused: 404 or 403; there is none, or it is private to others.
    """
    group = found(pangea.store, "sample_group", uuid)
    if not pangea.access.may_see_group(person, group):
        raise forbidden("Insufficient permissions to access group.")
    return group


def _asked_public(call: Call) -> list[Where]:
    word = dict(call.query).get("is_public", "").strip().lower()
    return [with_field("is_public", _FLAGS[word])] if word in _FLAGS else []


def _changed(pangea: Pangea, call: Call, *, partial: bool) -> Reply:
    group = _writable(pangea, call)
    fields: Mapping[str, Any] = _written(pangea, call, partial=partial)
    check_name(pangea.store, "sample_group", fields, but=group["uuid"])
    library = group["has_library"] or fields.get("is_library", False)
    changed = pangea.store.change(
        "sample_group", group["uuid"], {**fields, "has_library": library}, parent=fields.get("organization")
    )
    return Reply(Views(pangea.store).group(changed))


def _written(pangea: Pangea, call: Call, *, partial: bool) -> dict[str, Any]:
    fields = validated(group_fields(pangea.store), fields_of(call), partial=partial)
    for name in ("organization", "bucket"):
        if fields.get(name) is not None:
            fields[name] = fields[name]["uuid"]
    return fields


def _writable(pangea: Pangea, call: Call) -> Thing:
    person = pangea.access.asker(call)
    group = found(pangea.store, "sample_group", call.arguments["uuid"])
    if not pangea.access.is_member(person, group["organization"]):
        raise pangea.access.refusal(person)
    return group
