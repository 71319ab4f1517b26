"""Organizations, sample groups, some of which are libraries, which samples are in them, and projects."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from omicsdk.sandbox.pangea.people import MEMBER, USER
from omicsdk.sandbox.pangea.resource import KINDS, PAGE, Resource, existing, items, operations_of
from omicsdk.sandbox.pangea.state import NEW_GROUP, Pangea
from omicsdk.sandbox.pangea.store import Record, Store, Where, linked_from, with_field
from omicsdk.sandbox.rest_framework import fields as drf
from omicsdk.sandbox.rest_framework.service import Refused, forbidden, not_found, page
from omicsdk.sandbox.service import Call, Reply, for_each


class Organizations(Resource):
    """Organizations: every user sees all of them, and the creator of one is a member."""

    kind = one = "organization"
    schema = "Organization"
    unique = ("name",)
    login_first = False

    def may_write(self, record: Mapping[str, Any]) -> bool:
        """Every user with an account may make one, and deployed servers let the members of any change all."""
        return "uuid" not in record or self.access.is_member_anywhere(self.person)

    def add(self, fields: dict[str, Any]) -> Record:
        """Its creator is its first member."""
        organization = super().add(fields)
        self.store.link(MEMBER, organization["uuid"], (self.person or organization)["uuid"])
        return organization


_FLAGS = {"true": True, "1": True, "false": False, "0": False}


class SampleGroups(Resource):
    """Sample groups: public ones are seen by every user, others by members of their organization."""

    kind = one = "sample_group"
    schema = "SampleGroup"
    of: ClassVar[Mapping[str, str]] = {"organization_id": "organization"}
    parent = "organization"
    unique = ("name",)
    new = NEW_GROUP
    filled = ("description",)
    references: ClassVar[Mapping[str, str]] = {"organization": "organization", "bucket": "s3_bucket"}
    login_first = False

    def requested(self) -> Sequence[Where]:
        """`is_public` narrows, too."""
        word = dict(self.call.query).get("is_public", "").strip().lower()
        return [*super().requested(), *([with_field("is_public", _FLAGS[word])] if word in _FLAGS else [])]

    def add(self, fields: dict[str, Any]) -> Record:
        """The storage provider is not taken from who makes a group."""
        defaults = {"storage_provider_name": NEW_GROUP["storage_provider_name"]}
        return super().add({**fields, **defaults, "has_library": fields.get("is_library", False)})

    def change(self, record: Record, fields: dict[str, Any]) -> Record:
        """A group that was a library once accepts samples from then on."""
        return super().change(
            record, {**fields, "has_library": record["has_library"] or fields.get("is_library", False)}
        )


def readable_group(pangea: Pangea, call: Call, person: Record | None) -> Record:
    """The group of a path, whose contents a user may read.

    Raises:
        Refused: 404 or 403; there is none, or it is private to others.
    """
    group = existing(pangea.store, "sample_group", call.arguments["id"])
    if not pangea.access.may_see(person, "sample_group", group["uuid"]):
        raise forbidden("Insufficient permissions to access group.")
    return group


# The link between a group and the samples that are in it.
GROUP_SAMPLE = "group_sample"


def list_sample_group_samples(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{group_pk}/samples: all of them, or none where one may not see them."""
    person = pangea.access.principal(call)
    group = pangea.store.find("sample_group", call.arguments["group_pk"])
    if group is None:  # deployed servers do not look whether there is one
        raise not_found(crashes=True)
    view = KINDS["sample"](pangea, call).view
    count = pangea.store.count_linked(GROUP_SAMPLE, group["uuid"]) if _may_list(pangea, person, group) else 0

    def some(start: int, size: int) -> list[object]:
        return [view(record) for record in pangea.store.some_linked(GROUP_SAMPLE, group["uuid"], start, size)]

    return page(call, count, some if count else lambda _start, _size: [], PAGE)


def _may_list(pangea: Pangea, person: Record | None, group: Record) -> bool:
    """A library is visible to users who may see it; another group to those with an account who may see all its samples."""
    if group["is_library"]:
        return pangea.access.may_see(person, "sample_group", group["uuid"])
    seen = pangea.access.visible(person, "sample")
    hidden = Where(f"NOT {seen.text}", seen.values)
    return person is not None and not pangea.store.count("sample", linked_from(GROUP_SAMPLE, group["uuid"]), hidden)


def _change_samples(pangea: Pangea, call: Call, change: Callable[[Store, str, str, str], None]) -> Reply:
    """Samples that leave a group stay in their library."""
    person = pangea.access.need(call)
    group = existing(pangea.store, "sample_group", call.arguments["group_pk"])
    sent = drf.fields_of(call)
    read = drf.uuid_reference(lambda uuid: pangea.store.find("sample", uuid))
    uuids = [*drf.read_as("sample_uuids", items, sent.get("sample_uuids") or []), sent.get("sample_uuid")]
    samples = [drf.read_as("sample_uuid", read, uuid) for uuid in uuids if uuid]
    if not all(pangea.access.owns(person, record["uuid"]) for record in (*samples, *([group] if samples else []))):
        detail = "Insufficient permissions to add sample to sample group."
        raise Refused(403, detail, crashes=call.operation.method == "DELETE")
    for sample in samples:
        change(pangea.store, GROUP_SAMPLE, group["uuid"], sample["uuid"])
    return Reply({"status": "success"})


def samples_in(pangea: Pangea, group: Record) -> list[Record]:
    """The samples of a group, in the order in which they were made."""
    return pangea.store.some_linked(GROUP_SAMPLE, group["uuid"])


_GROUPS = "project_group"


class Projects(Resource):
    """Projects: groups under one name, of an organization. Every user sees them."""

    kind = one = "project"
    schema = "Project"
    of: ClassVar[Mapping[str, str]] = {"organization_id": "organization"}
    parent = "organization"
    unique = ("name",)
    new: ClassVar[Mapping[str, Any]] = {"description": ""}
    references: ClassVar[Mapping[str, str]] = {"organization": "organization"}
    links: ClassVar[Mapping[str, tuple[str, str]]] = {
        "sample_groups": (_GROUPS, "sample_group"),
        "sub_projects": ("project_part", "project"),
    }
    login_first = False


def list_project_sample_groups(pangea: Pangea, call: Call) -> Reply:
    """GET /api/projects/{project_pk}/sample_groups: those that one may see."""
    groups = SampleGroups(pangea, call)
    groups.person = pangea.access.principal(call)
    project = existing(pangea.store, "project", call.arguments["project_pk"])
    return groups.listed(linked_from(_GROUPS, project["uuid"]), *groups.visible())


def add_project_sample_group(pangea: Pangea, call: Call) -> Reply:
    """POST /api/projects/{project_pk}/sample_groups: members of both organizations may."""
    person = pangea.access.need(call)
    project = existing(pangea.store, "project", call.arguments["project_pk"])
    reference = drf.Field(Projects(pangea, call).reference("sample_group"), required=True)
    group: str = drf.validated({"sample_group_uuid": reference}, drf.fields_of(call))["sample_group_uuid"]
    if not pangea.access.owns(person, project["uuid"]) or not pangea.access.owns(person, group):
        raise forbidden("Insufficient permissions to add sample group to project.")
    pangea.store.link(_GROUPS, project["uuid"], group)
    return Reply({"status": "success"})


def list_organization_users(pangea: Pangea, call: Call) -> Reply:
    """GET /api/organizations/{organization_pk}/users."""
    pangea.access.principal(call)
    return KINDS[USER](pangea, call).listed(linked_from(MEMBER, call.arguments["organization_pk"]))


def add_organization_user(pangea: Pangea, call: Call) -> Reply:
    """POST /api/organizations/{organization_pk}/users: a member takes a user in."""
    person = pangea.access.need(call)
    organization = existing(pangea.store, "organization", call.arguments["organization_pk"])["uuid"]
    if not pangea.access.is_member(person, organization):
        raise forbidden("Insufficient permissions to add user to organization.")
    by_number = drf.Field(drf.number_reference(pangea.people.by_id), required=True)
    pangea.access.join(organization, drf.validated({"user": by_number}, drf.fields_of(call))["user"])
    return Reply({"status": "success"})


HANDLERS = {
    **operations_of(Organizations, SampleGroups, Projects),
    **for_each({"add": Store.link, "remove": Store.unlink}, {"{}_sample_group_samples": _change_samples}),
}
