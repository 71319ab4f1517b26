"""Sample groups, some of which are libraries, which samples are in them, and projects."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from omicsdk.sandbox.pangea.people import Person
from omicsdk.sandbox.pangea.resource import PAGE, Resource, View, Views, found, items, listed, operations_of, shown
from omicsdk.sandbox.pangea.state import NEW_GROUP, Pangea
from omicsdk.sandbox.pangea.store import Store, Thing, Where, linked_from, with_field
from omicsdk.sandbox.rest_framework import fields as drf
from omicsdk.sandbox.rest_framework.refusals import Refused, forbidden, not_found, page
from omicsdk.sandbox.service import Call, Reply, for_each

_FLAGS = {"true": True, "1": True, "false": False, "0": False}


class SampleGroups(Resource):
    """Sample groups: public ones are seen by every user, others by members of their organization."""

    kind, one = "sample_group", "sample_group"
    of: ClassVar[Mapping[str, str]] = {"organization_id": "organization"}
    parent = "organization"
    unique = ("name",)
    new = NEW_GROUP
    login_first = False

    def fields(self) -> Mapping[str, drf.Field]:
        """The writable fields of a group."""
        # Only browsers send these in a form, where a box that is not checked is absent.
        flag = drf.Field(drf.boolean, absent_in_form=False)
        return {
            "name": drf.Field(drf.text(), required=True),
            "organization": self.reference("organization", required=True),
            "description": drf.Field(drf.text()),
            "is_library": flag,
            "is_public": flag,
            "theme": drf.Field(drf.text(blank=True)),
            "long_description": drf.Field(drf.text(blank=True)),
            "metadata": drf.Field(drf.json_value),
            "bucket": self.reference("s3_bucket", null=True),
            "storage_provider_name": drf.Field(drf.text()),
            "sample_metadata_schema": drf.Field(drf.json_value),
        }

    def view(self) -> View:
        """With its organization."""
        return Views(self.store).group

    def asked(self) -> Sequence[Where]:
        """`is_public` narrows, too."""
        word = dict(self.call.query).get("is_public", "").strip().lower()
        return [*super().asked(), *([with_field("is_public", _FLAGS[word])] if word in _FLAGS else [])]

    def visible(self, person: Person | None) -> Sequence[Where]:
        """The groups that the caller may see."""
        return [self.access.visible_groups(person)]

    def may_see(self, person: Person | None, thing: Thing) -> bool:
        """Public ones, and those of one's organizations."""
        return self.access.may_see_group(person, thing)

    def add(self, person: Person, fields: dict[str, Any]) -> Thing:
        """The storage provider is not taken from who makes a group."""
        own = {
            "storage_provider_name": NEW_GROUP["storage_provider_name"],
            "has_library": fields.get("is_library", False),
        }
        return super().add(person, {**fields, **own})

    def change(self, thing: Thing, fields: dict[str, Any]) -> Thing:
        """A group that was a library once accepts samples from then on."""
        return super().change(thing, {**fields, "has_library": thing["has_library"] or fields.get("is_library", False)})


def readable_group(pangea: Pangea, call: Call, person: Person | None) -> Thing:
    """The group of a path, whose contents a user may read.

    Raises:
        Refused: 404 or 403; there is none, or it is private to others.
    """
    group = found(pangea.store, "sample_group", call.arguments["id"])
    if not pangea.access.may_see_group(person, group):
        raise forbidden("Insufficient permissions to access group.")
    return group


GROUP_SAMPLE = "group_sample"
"""The link between a group and the samples that are in it."""


def list_sample_group_samples(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{group_pk}/samples: all of them, or none where one may not see them."""
    person = pangea.access.principal(call)
    group = pangea.store.find("sample_group", call.arguments["group_pk"])
    if group is None:  # deployed servers do not look whether there is one
        raise not_found(crashes=True)
    count = pangea.store.count_linked(GROUP_SAMPLE, group["uuid"]) if _may_list(pangea, person, group) else 0
    view = Views(pangea.store).sample

    def some(start: int, size: int) -> list[object]:
        return [view(each) for each in pangea.store.some_linked(GROUP_SAMPLE, group["uuid"], start, size)]

    return page(call, count, some if count else lambda _start, _size: [], PAGE)


def _change_samples(pangea: Pangea, call: Call, change: Callable[[Store, str, str, str], None]) -> Reply:
    """Samples that leave a group stay in their library."""
    group, samples = _sent(pangea, call)
    for each in samples:
        change(pangea.store, GROUP_SAMPLE, group["uuid"], each["uuid"])
    return Reply({"status": "success"})


def samples_in(pangea: Pangea, group: Thing) -> list[Thing]:
    """The samples of a group, in the order in which they were made."""
    return pangea.store.some_linked(GROUP_SAMPLE, group["uuid"])


def _may_list(pangea: Pangea, person: Person | None, group: Thing) -> bool:
    """A library is visible to users who may see it; another group to those with an account who may see all its samples."""
    if group["is_library"]:
        return pangea.access.may_see_group(person, group)
    if person is None:
        return False
    libraries = [
        pangea.store.find("sample_group", each) for each in pangea.store.above_linked(GROUP_SAMPLE, group["uuid"])
    ]
    return all(each is not None and pangea.access.may_see_group(person, each) for each in libraries)


def _sent(pangea: Pangea, call: Call) -> tuple[Thing, list[Thing]]:
    person = pangea.access.need(call)
    group = found(pangea.store, "sample_group", call.arguments["group_pk"])
    read = drf.uuid_reference(lambda uuid: pangea.store.find("sample", uuid))
    samples = [drf.read_as("sample_uuid", read, each) for each in _uuids(drf.fields_of(call))]
    for each in samples:
        if not pangea.access.owns(person, group) or not pangea.access.owns(person, each):
            refusal = "Insufficient permissions to add sample to sample group."
            raise Refused(403, refusal, crashes=call.operation.method == "DELETE")
    return group, samples


def _uuids(sent: Mapping[str, Any]) -> list[Any]:
    one = sent.get("sample_uuid")
    return [*drf.read_as("sample_uuids", items, sent.get("sample_uuids") or []), *([one] if one else [])]


_PROJECT = "project"
_GROUPS = "project_group"
_PARTS = "project_part"


class Projects(Resource):
    """Projects: groups under one name, of an organization. Every user sees them."""

    kind, one = _PROJECT, "project"
    of: ClassVar[Mapping[str, str]] = {"organization_id": "organization"}
    parent = "organization"
    unique = ("name",)
    new: ClassVar[Mapping[str, Any]] = {"description": ""}
    links: ClassVar[Mapping[str, str]] = {"sample_groups": _GROUPS, "sub_projects": _PARTS}
    login_first = False

    def fields(self) -> Mapping[str, drf.Field]:
        """The writable fields of a project."""
        return {
            "name": drf.Field(drf.text(), required=True),
            "organization": self.reference("organization", required=True),
            "description": drf.Field(drf.text(blank=True)),
            "sample_groups": self.references("sample_group"),
            "sub_projects": self.references(_PROJECT),
        }

    def view(self) -> View:
        """With its organization, its groups and its parts."""
        names = ("uuid", "name", "created_at", "updated_at", "organization", "description")
        views = Views(self.store)
        return lambda project: {
            **shown(project, names),
            "organization_obj": views.of("organization", project["organization"]),
            **{name: [*self.store.linked(kind, project["uuid"])] for name, kind in self.links.items()},
        }


_CHANGES = {"add": Store.link, "remove": Store.unlink}
HANDLERS = {**operations_of(SampleGroups, Projects), **for_each(_CHANGES, {"{}_sample_group_samples": _change_samples})}


def list_project_sample_groups(pangea: Pangea, call: Call) -> Reply:
    """GET /api/projects/{project_pk}/sample_groups: those that one may see."""
    person = pangea.access.principal(call)
    project = found(pangea.store, _PROJECT, call.arguments["project_pk"])
    where = [linked_from(_GROUPS, project["uuid"]), pangea.access.visible_groups(person)]
    return listed(call, pangea.store, "sample_group", where, Views(pangea.store).group)


def add_project_sample_group(pangea: Pangea, call: Call) -> Reply:
    """POST /api/projects/{project_pk}/sample_groups: members of both organizations may."""
    person = pangea.access.need(call)
    project = found(pangea.store, _PROJECT, call.arguments["project_pk"])
    sent = drf.validated(
        {"sample_group_uuid": Projects(pangea, call).reference("sample_group", required=True)}, drf.fields_of(call)
    )
    group = found(pangea.store, "sample_group", sent["sample_group_uuid"])
    if not pangea.access.owns(person, project) or not pangea.access.owns(person, group):
        raise forbidden("Insufficient permissions to add sample group to project.")
    pangea.store.link(_GROUPS, project["uuid"], group["uuid"])
    return Reply({"status": "success"})
