"""Projects: groups under one name, of an organization."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.pangea.requests.flat import (
    asked,
    asked_reference,
    asked_uuid,
    check_name,
    found,
    listed,
    references,
)
from omicsdk.sandbox.pangea.requests.views import Views, shown
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.things import Store, Thing, linked_from
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Field, text, uuid_reference, validated
from omicsdk.sandbox.rest_framework.refusals import forbidden
from omicsdk.sandbox.service import Call, Reply

_PROJECT = "project"
_GROUPS = "project_group"
_PARTS = "project_part"


def list_projects(pangea: Pangea, call: Call) -> Reply:
    """GET /api/projects: all of them, whoever asks."""
    pangea.access.asker(call)
    where = [
        *asked_uuid(call),
        *asked_reference(call, pangea.store, "organization_id", "organization"),
        *asked(call, "name"),
    ]
    return listed(call, pangea.store, _PROJECT, where, lambda each: _view(pangea, each))


def create_project(pangea: Pangea, call: Call) -> Reply:
    """POST /api/projects: members of its organization may."""
    person = pangea.access.need(call)
    fields = _written(pangea.store, call, partial=False)
    check_name(pangea.store, _PROJECT, fields)
    if not pangea.access.is_member(person, fields["organization"]):
        raise forbidden("Organization membership is required to create a project.")
    new = {"organization": fields["organization"], "description": fields.get("description", "")}
    made = pangea.store.add(_PROJECT, fields["name"], new, parent=fields["organization"])
    _relink(pangea.store, made["uuid"], fields)
    return Reply(_view(pangea, made), 201)


def get_project(pangea: Pangea, call: Call) -> Reply:
    """GET /api/projects/{uuid}."""
    pangea.access.asker(call)
    return Reply(_view(pangea, found(pangea.store, _PROJECT, call.arguments["uuid"])))


def put_project(pangea: Pangea, call: Call) -> Reply:
    """PUT /api/projects/{uuid}."""
    return _changed(pangea, call, partial=False)


def patch_project(pangea: Pangea, call: Call) -> Reply:
    """PATCH /api/projects/{uuid}."""
    return _changed(pangea, call, partial=True)


def delete_project(pangea: Pangea, call: Call) -> Reply:
    """DELETE /api/projects/{uuid}: its groups stay."""
    project = _writable(pangea, call)
    pangea.store.remove_tree(project["uuid"])
    return Reply(status=204)


def list_project_sample_groups(pangea: Pangea, call: Call) -> Reply:
    """GET /api/projects/{project_pk}/sample_groups: those that one may see."""
    person = pangea.access.asker(call)
    project = found(pangea.store, _PROJECT, call.arguments["project_pk"])
    where = [linked_from(_GROUPS, project["uuid"]), pangea.access.visible_groups(person)]
    return listed(call, pangea.store, "sample_group", where, Views(pangea.store).group)


def add_project_sample_group(pangea: Pangea, call: Call) -> Reply:
    """POST /api/projects/{project_pk}/sample_groups: members of both organizations may."""
    person = pangea.access.need(call)
    project = found(pangea.store, _PROJECT, call.arguments["project_pk"])
    fields = validated({"sample_group_uuid": _reference(pangea.store, "sample_group")}, fields_of(call))
    group: Thing = fields["sample_group_uuid"]
    if not pangea.access.owns(person, project) or not pangea.access.owns(person, group):
        raise forbidden("Insufficient permissions to add sample group to project.")
    pangea.store.link(_GROUPS, project["uuid"], group["uuid"])
    return Reply({"status": "success"})


def _view(pangea: Pangea, project: Thing) -> dict[str, Any]:
    names = ("uuid", "name", "created_at", "updated_at", "organization", "description")
    return {
        **shown(project, names),
        "organization_obj": Views(pangea.store).organization_of(project["organization"]),
        "sample_groups": list(pangea.store.linked(_GROUPS, project["uuid"])),
        "sub_projects": list(pangea.store.linked(_PARTS, project["uuid"])),
    }


def _changed(pangea: Pangea, call: Call, *, partial: bool) -> Reply:
    project = _writable(pangea, call)
    fields = _written(pangea.store, call, partial=partial)
    check_name(pangea.store, _PROJECT, fields, but=project["uuid"])
    own = {name: fields[name] for name in ("name", "organization", "description") if name in fields}
    changed = pangea.store.change(_PROJECT, project["uuid"], own, parent=own.get("organization"))
    _relink(pangea.store, project["uuid"], fields)
    return Reply(_view(pangea, changed))


def _writable(pangea: Pangea, call: Call) -> Thing:
    person = pangea.access.asker(call)
    project = found(pangea.store, _PROJECT, call.arguments["uuid"])
    if not pangea.access.owns(person, project):
        raise pangea.access.refusal(person)
    return project


def _written(store: Store, call: Call, *, partial: bool) -> dict[str, Any]:
    fields = {
        "name": Field(text(), required=True),
        "organization": _reference(store, "organization"),
        "description": Field(text(blank=True)),
        "sample_groups": references(store, "sample_group"),
        "sub_projects": references(store, _PROJECT),
    }
    written = validated(fields, fields_of(call), partial=partial)
    if "organization" in written:
        written["organization"] = written["organization"]["uuid"]
    return written


def _reference(store: Store, kind: str) -> Field:
    return Field(uuid_reference(lambda uuid: store.find(kind, uuid)), required=True)


def _relink(store: Store, project: str, fields: Mapping[str, Any]) -> None:
    for name, kind in (("sample_groups", _GROUPS), ("sub_projects", _PARTS)):
        if name in fields:
            for each in store.linked(kind, project):
                store.unlink(kind, project, each)
            for each in fields[name]:
                store.link(kind, project, each)
