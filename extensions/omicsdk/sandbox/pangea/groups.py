"""Organizations, sample groups, some of which are libraries, projects, and the samples in them: their metadata and manifests."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, cast

from omicsdk.sandbox.pangea.resource import KINDS, PAGE, Resource, existing, items, operations_of, shown
from omicsdk.sandbox.pangea.results import OF_GROUP, OF_SAMPLE, ResultKind, manifest
from omicsdk.sandbox.pangea.state import MEMBER, NEW_GROUP, USER, Pangea
from omicsdk.sandbox.pangea.store import Record, Store, Where, below, linked_from, named, with_field
from omicsdk.sandbox.rest_framework import fields as drf
from omicsdk.sandbox.rest_framework.service import NO_FIELD, Invalid, Refused, forbidden, invalid, not_found, page
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
        has_library = record["has_library"] or fields.get("is_library", False)
        return super().change(record, {**fields, "has_library": has_library})


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


# The kind of what keeps a sample's earlier metadata.
_VERSION = "sample_metadata"


class Samples(Resource):
    """Samples: their library decides who sees them."""

    kind = one = "sample"
    schema = "Sample"
    of: ClassVar[Mapping[str, str]] = {"library_id": "sample_group"}
    parent = "library"
    unique = ("name", "library")
    new: ClassVar[Mapping[str, Any]] = {"metadata": {}, "description": ""}
    references: ClassVar[Mapping[str, str]] = {"library": "sample_group"}
    login_first = False

    def reference(self, kind: str) -> drf.Reader:
        """Groups that never were a library are no libraries."""

        def library(uuid: str) -> Record | None:
            group = self.store.find(kind, uuid)
            return group if group is not None and group["has_library"] else None

        read = drf.uuid_reference(library)
        return lambda value: read(value)["uuid"]

    def fields(self) -> Mapping[str, drf.Field]:
        """Null represents no metadata."""
        metadata = drf.Field(drf.json_value, null=True, json_in_form=True)
        return {**super().fields(), "metadata": metadata}

    def cleaned(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Null represents no metadata."""
        return {**fields, "metadata": {}} if fields.get("metadata", {}) is None else fields

    def add(self, fields: dict[str, Any]) -> Record:
        """It is in its library's group."""
        return new_sample(self.store, **fields)

    def change(self, record: Record, fields: dict[str, Any]) -> Record:
        """Another library takes it into its group, and earlier metadata are kept."""
        after = {**record, **fields}
        if after["library"] != record["library"]:
            self.store.unlink(GROUP_SAMPLE, record["library"], record["uuid"])
            self.store.link(GROUP_SAMPLE, after["library"], record["uuid"])
        if after["metadata"] != record["metadata"]:
            self.store.add(_VERSION, "", {"metadata": after["metadata"]}, parent=record["uuid"])
        return super().change(record, fields)


HANDLERS = {
    **operations_of(Organizations, SampleGroups, Projects, Samples),
    **for_each({"add": Store.link, "remove": Store.unlink}, {"{}_sample_group_samples": _change_samples}),
}


def new_sample(store: Store, *, name: str, library: str, metadata: Any = None, description: str = "") -> Record:
    """Keep a new sample, which is in its library's group.

    Args:
        store: The platform's data.
        name: Its name.
        library: The UUID of its library.
        metadata: Its metadata; null represents none.
        description: Its description.
    """
    stored_metadata: Any = {} if metadata is None else metadata
    sample = store.add(
        "sample", name, {"library": library, "metadata": stored_metadata, "description": description}, parent=library
    )
    store.link(GROUP_SAMPLE, library, sample["uuid"])
    if stored_metadata != {}:
        store.add(_VERSION, "", {"metadata": stored_metadata}, parent=sample["uuid"])
    return sample


class Kept(Exception):
    """A refusal that does not undo what was done before it."""

    def __init__(self, refusal: Invalid) -> None:
        super().__init__(refusal)
        self.refusal = refusal


def create_samples(pangea: Pangea, call: Call) -> Reply:
    """POST /api/bulk_samples: those before a name that exists are created, as by deployed servers."""
    person = pangea.access.need(call)
    sent = drf.fields_of(call)
    names = drf.validated({"names": drf.Field(_names, required=True)}, sent)["names"]
    library: str = drf.validated({"library": drf.Field(drf.canonical_uuid, required=True)}, sent)["library"]
    group = existing(pangea.store, "sample_group", library)
    if not pangea.access.owns(person, library):
        raise forbidden("Insufficient permissions to get group manifest.")
    if not group["is_library"]:
        raise invalid("library", "Only libraries can create samples")
    uuids: list[str] = []
    for name in names:
        if pangea.store.count("sample", below(library), named(name)):
            raise Kept(invalid("names", f"The library has a sample {name} already."))
        uuids.append(new_sample(pangea.store, name=name, library=library)["uuid"])
    return Reply({"uuids": uuids}, 201)


def _names(value: Any) -> list[str]:
    # A text is taken as its letters, as deployed servers do.
    return [drf.text()(item) for item in items(list(value) if isinstance(value, str) else value)]


def get_sample_metadata(pangea: Pangea, call: Call) -> Reply:
    """GET /api/samples/{id}/metadata: the sample, with all metadata that it ever had."""
    samples = _readable(pangea, call, pangea.access.principal(call))
    names = ("created_at", "updated_at", "metadata")
    versions = [shown(version, names) for version in pangea.store.all(_VERSION, parent=call.arguments["id"])]
    return Reply({**samples, "versioned_metadata": versions})


def get_sample_group_metadata(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{id}/metadata: by the samples' names; `?kind=csv` is a table."""
    group = readable_group(pangea, call, pangea.access.principal(call, in_query=True))
    samples = samples_in(pangea, group)
    if dict(call.query).get("kind") != "csv":
        return Reply({sample["name"]: sample["metadata"] for sample in samples})
    name = group["name"].replace(" ", "_")
    headers = {"Content-Type": "text/csv", "Content-Disposition": attachment(f"{name}_metadata.csv")}
    return Reply(text=_table(samples), headers=headers)


def generate_sample_group_metadata_schema(pangea: Pangea, call: Call) -> Reply:
    """POST /api/sample_groups/{id}/generate_metadata_schema: columns with their types; kept, once or with `?overwrite=`."""
    group = readable_group(pangea, call, pangea.access.need(call))
    if group["sample_metadata_schema"] and not dict(call.query).get("overwrite"):
        raise invalid(NO_FIELD, "no_overwrite_existing_sample_metadata_schema")
    columns, rows = _rows(samples_in(pangea, group))
    schema = {"fields": [_column(name, [row.get(name) for row in rows]) for name in columns]}
    pangea.store.change("sample_group", group["uuid"], {"sample_metadata_schema": schema})
    return Reply({"schema": schema}, 201)


def attachment(name: str) -> str:
    """The header that names the file of a response."""
    plain = name.encode("ascii", "replace").decode().replace('"', "'").replace("\r", "").replace("\n", "")
    return f'attachment; filename="{plain}"'


def _rows(samples: Sequence[Record]) -> tuple[list[str], list[dict[str, Any]]]:
    """The columns of samples' metadata, and these; what is not a mapping has none."""
    rows = [
        cast("dict[str, Any]", sample["metadata"]) if isinstance(sample["metadata"], dict) else {} for sample in samples
    ]
    return list(dict.fromkeys(name for row in rows for name in row)), rows


def _table(samples: Sequence[Record]) -> str:
    columns, rows = _rows(samples)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["", *columns] if samples else [""])
    writer.writerows(
        [sample["name"], *(row.get(column) for column in columns)] for sample, row in zip(samples, rows, strict=True)
    )
    return out.getvalue()


def _column(name: str, values: Sequence[Any]) -> dict[str, str]:
    kinds: set[type] = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return {"name": name, "type": "boolean"}
    if kinds and kinds <= {int, float}:
        return {"name": name, "type": "integer" if kinds == {int} and None not in values else "number"}
    return {"name": name, "type": "string", "extDtype": "str"}


def get_sample_group_manifest(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{id}/manifest."""
    group = readable_group(pangea, call, pangea.access.principal(call, in_query=True))
    groups = SampleGroups(pangea, call)
    samples = Samples(pangea, call, groups.views)
    of_samples = [
        {**_without_library(samples.view(sample)), "analysis_results": manifest(samples, OF_SAMPLE, sample["uuid"])}
        for sample in samples_in(pangea, group)
    ]
    results = manifest(groups, OF_GROUP, group["uuid"])
    return Reply({**groups.view(group), "samples": of_samples, "analysis_results": results})


def _without_library(sample: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sample.items() if name != "library_obj"}


def get_sample_manifest(pangea: Pangea, call: Call) -> Reply:
    """GET /api/samples/{id}/manifest."""
    sample = _readable(pangea, call, pangea.access.principal(call, in_query=True))
    return Reply({**sample, "analysis_results": manifest(Samples(pangea, call), OF_SAMPLE, sample["uuid"])})


def get_sample_group_module_counts(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{id}/module_counts: in how many samples each module has results."""
    samples = samples_in(pangea, readable_group(pangea, call, pangea.access.principal(call, in_query=True)))
    return Reply(module_counts(pangea, "n_samples", OF_SAMPLE, samples))


def module_counts(pangea: Pangea, total: str, kind: ResultKind, records: Sequence[Record]) -> dict[str, int]:
    """Count objects, and those that have a result of each module.

    Args:
        pangea: The platform.
        total: What the number of all is called.
        kind: Kind of the results' owners.
        records: The samples or groups; one that exists twice counts twice.
    """
    results = [pangea.store.all(kind.kind, parent=record["uuid"]) for record in records]
    modules = Counter(module for several in results for module in dict.fromkeys(result["name"] for result in several))
    return {total: len(records), **modules}


def get_sample_group_sample_links(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{id}/sample_links: names and UUIDs, with metadata where `?metadata=` states anything."""
    samples = samples_in(pangea, readable_group(pangea, call, pangea.access.principal(call)))
    names = ("uuid", "name", "metadata") if dict(call.query).get("metadata") else ("uuid", "name")
    return Reply({"count": len(samples), "links": [shown(sample, names) for sample in samples]})


def _readable(pangea: Pangea, call: Call, person: Record | None) -> dict[str, Any]:
    """The JSON of the sample of a path."""
    sample = existing(pangea.store, "sample", call.arguments["id"])
    if not pangea.access.may_see(person, "sample", sample["uuid"]):
        raise forbidden("Insufficient permissions to get group manifest.")
    return Samples(pangea, call).view(sample)
