"""Samples, one by one and many at once, their metadata, and their manifests."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from omicsdk.sandbox.pangea.groups import GROUP_SAMPLE, SampleGroups, readable_group, samples_in
from omicsdk.sandbox.pangea.resource import Resource, existing, items, operations_of, shown
from omicsdk.sandbox.pangea.results import OF_GROUP, OF_SAMPLE, ResultKind, manifest
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.store import Record, Store, below, named
from omicsdk.sandbox.rest_framework import fields as drf
from omicsdk.sandbox.rest_framework.service import NO_FIELD, Invalid, forbidden, invalid
from omicsdk.sandbox.service import Call, Reply

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


HANDLERS = operations_of(Samples)


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
