"""Samples, one by one and many at once, their metadata, and their manifests."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from omicsdk.sandbox.pangea.groups import GROUP_SAMPLE, readable_group, samples_in
from omicsdk.sandbox.pangea.people import Person
from omicsdk.sandbox.pangea.resource import Resource, View, Views, found, items, operations_of, shown
from omicsdk.sandbox.pangea.results import OF_GROUP, OF_SAMPLE, ResultKind, ResultViews
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.store import Store, Thing, Where, below, named
from omicsdk.sandbox.rest_framework import fields as drf
from omicsdk.sandbox.rest_framework.refusals import NO_FIELD, forbidden, invalid
from omicsdk.sandbox.service import Call, Reply

METADATA_VERSION = "sample_metadata"
"""The kind of what keeps a sample's earlier metadata."""


class Samples(Resource):
    """Samples: their library decides who sees them."""

    kind, one = "sample", "sample"
    of: ClassVar[Mapping[str, str]] = {"library_id": "sample_group"}
    parent = "library"
    unique = ("name", "library")
    login_first = False

    def fields(self) -> Mapping[str, drf.Field]:
        """The writable fields of a sample."""
        library = drf.uuid_reference(self._library)
        return {
            "name": drf.Field(drf.text(), required=True),
            "library": drf.Field(lambda value: library(value)["uuid"], required=True),
            "metadata": drf.Field(drf.json_value, null=True),
            "description": drf.Field(drf.text(blank=True)),
        }

    def _library(self, uuid: str) -> Thing | None:
        group = self.store.find("sample_group", uuid)
        return group if group is not None and group["has_library"] else None

    def sent(self, *, partial: bool = False) -> dict[str, Any]:
        """Null represents no metadata."""
        fields = super().sent(partial=partial)
        return {**fields, "metadata": {}} if fields.get("metadata", {}) is None else fields

    def view(self) -> View:
        """With its library."""
        return Views(self.store).sample

    def visible(self, person: Person | None) -> Sequence[Where]:
        """The samples of libraries that the caller may see."""
        return [self.access.visible_samples(person)]

    def may_see(self, person: Person | None, thing: Thing) -> bool:
        """Also who works off an order of it."""
        return self.access.may_see_sample(person, thing) or self.may_write(person, thing)

    def may_create(self, person: Person, fields: Mapping[str, Any]) -> bool:
        """Members of the library's organization may."""
        return self.access.owns(person, fields)

    def may_write(self, person: Person | None, thing: Mapping[str, Any]) -> bool:
        """Members, and who works off an order of it."""
        return self.access.may_write(self.call, person, thing)

    def add(self, person: Person, fields: dict[str, Any]) -> Thing:
        """It is in its library's group."""
        del person
        return new_sample(self.store, **fields)

    def change(self, thing: Thing, fields: dict[str, Any]) -> Thing:
        """Another library takes it into its group, and earlier metadata are kept."""
        after = {**thing, **fields}
        if after["library"] != thing["library"]:
            self.store.unlink(GROUP_SAMPLE, thing["library"], thing["uuid"])
            self.store.link(GROUP_SAMPLE, after["library"], thing["uuid"])
        if after["metadata"] != thing["metadata"]:
            self.store.add(METADATA_VERSION, "", {"metadata": after["metadata"]}, parent=thing["uuid"])
        return super().change(thing, fields)


HANDLERS = operations_of(Samples)


def new_sample(store: Store, *, name: str, library: str, metadata: Any = None, description: str = "") -> Thing:
    """Keep a new sample, which is in its library's group.

    Args:
        store: The platform's data.
        name: Its name.
        library: The UUID of its library.
        metadata: Its metadata; null represents none.
        description: Its description.
    """
    kept: Any = {} if metadata is None else metadata
    made = store.add("sample", name, {"library": library, "metadata": kept, "description": description}, parent=library)
    store.link(GROUP_SAMPLE, library, made["uuid"])
    if kept != {}:
        store.add(METADATA_VERSION, "", {"metadata": kept}, parent=made["uuid"])
    return made


def create_samples(pangea: Pangea, call: Call) -> Reply:
    """POST /api/bulk_samples: all of them, or none."""
    person = pangea.access.need(call)
    sent = drf.fields_of(call)
    names = drf.validated({"names": drf.Field(_names, required=True)}, sent)["names"]
    library = _library(pangea, person, sent)
    if len(set(names)) < len(names):
        raise invalid("names", "The names must be unique.")
    for name in names:
        if pangea.store.count("sample", below(library), named(name)):
            raise invalid("names", f"The library has a sample {name} already.")
    return Reply({"uuids": [new_sample(pangea.store, name=each, library=library)["uuid"] for each in names]}, 201)


def _names(value: Any) -> list[str]:
    # A text is taken as its letters, as deployed servers do.
    read = drf.text()
    return [read(each) for each in items(list(value) if isinstance(value, str) else value)]


def _library(pangea: Pangea, person: Person, sent: Mapping[str, Any]) -> str:
    uuid = drf.validated({"library": drf.Field(drf.canonical_uuid, required=True)}, sent)["library"]
    group = found(pangea.store, "sample_group", uuid)
    if not pangea.access.is_member(person, group["organization"]):
        raise forbidden("Insufficient permissions to get group manifest.")
    if not group["is_library"]:
        raise invalid("library", "Only libraries can create samples")
    return uuid


def get_sample_metadata(pangea: Pangea, call: Call) -> Reply:
    """GET /api/samples/{id}/metadata: the sample, with all metadata that it ever had."""
    sample = _readable_sample(pangea, call, pangea.access.principal(call))
    names = ("created_at", "updated_at", "metadata")
    versions = pangea.store.all(METADATA_VERSION, parent=sample["uuid"])
    listed = [shown(each, names) for each in versions]
    return Reply({**Views(pangea.store).sample(sample), "versioned_metadata": listed})


def get_sample_group_metadata(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{id}/metadata: by the samples' names; `?kind=csv` is a table."""
    group = readable_group(pangea, call, pangea.access.principal(call, in_query=True))
    metadata = {each["name"]: each["metadata"] for each in samples_in(pangea, group)}
    if dict(call.query).get("kind") != "csv":
        return Reply(metadata)
    name = group["name"].replace(" ", "_")
    headers = {"Content-Type": "text/csv", "Content-Disposition": attachment(f"{name}_metadata.csv")}
    return Reply(text=_table(metadata), headers=headers)


def generate_sample_group_metadata_schema(pangea: Pangea, call: Call) -> Reply:
    """POST /api/sample_groups/{id}/generate_metadata_schema: columns with their types; kept, once or with `?overwrite=`."""
    group = readable_group(pangea, call, pangea.access.need(call))
    if group["sample_metadata_schema"] and not dict(call.query).get("overwrite"):
        raise invalid(NO_FIELD, "no_overwrite_existing_sample_metadata_schema")
    rows = [_row(each["metadata"]) for each in samples_in(pangea, group)]
    schema = {"fields": [_column(name, [row.get(name) for row in rows]) for name in _columns(rows)]}
    pangea.store.change("sample_group", group["uuid"], {"sample_metadata_schema": schema})
    return Reply({"schema": schema}, 201)


def validate_sample_group_metadata_schema(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{id}/validate_metadata_schema: which values are not of their column's type."""
    group = readable_group(pangea, call, pangea.access.principal(call))
    types = _types(group["sample_metadata_schema"])
    errors = [
        [sample["name"], column, "type-error", f'Type error in the cell "{row[column]}" in field "{column}"']
        for sample in samples_in(pangea, group)
        for row in [_row(sample["metadata"])]
        for column, kind in types.items()
        if row.get(column) is not None and _kind([row[column]]) not in (kind, *_NARROWER.get(kind, ()))
    ]
    return Reply({"errors": errors, "stats": {"errors": len(errors), "tasks": 1}})


_NARROWER: Mapping[str, Sequence[str]] = {"number": ("integer",), "string": ("integer", "number", "boolean")}
"""Types whose values another type takes, too."""


def attachment(name: str) -> str:
    """The header that names the file of a response."""
    plain = name.encode("ascii", "replace").decode().replace('"', "'").replace("\r", "").replace("\n", "")
    return f'attachment; filename="{plain}"'


def _row(metadata: Any) -> Mapping[str, Any]:
    """Metadata by columns; what is not a mapping has none."""
    return cast("dict[str, Any]", metadata) if isinstance(metadata, dict) else {}


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _table(metadata: Mapping[str, Any]) -> str:
    if not metadata:
        return '""\n'
    rows = {name: _row(each) for name, each in metadata.items()}
    columns = _columns(list(rows.values()))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["", *columns])
    writer.writerows([name, *(row.get(column) for column in columns)] for name, row in rows.items())
    return out.getvalue()


def _column(name: str, values: Sequence[Any]) -> dict[str, str]:
    kind = _kind(values)
    return {"name": name, "type": kind, **({"extDtype": "str"} if kind == "string" else {})}


def _kind(values: Sequence[Any]) -> str:
    kinds: set[type] = {type(each) for each in values if each is not None}
    if kinds and kinds <= {bool}:
        return "boolean"
    if kinds and kinds <= {int, float}:
        whole = kinds == {int} and None not in values
        return "integer" if whole else "number"
    return "string"


def _types(schema: Any) -> dict[str, str]:
    """The types of a schema's columns; of what is not a schema, none."""
    found: dict[str, str] = {}
    match schema:
        case {"fields": [*columns]}:
            for column in columns:
                match column:
                    case {"name": str(name), "type": str(kind)}:
                        found[name] = kind
                    case _:
                        pass
        case _:
            pass
    return found


def get_sample_group_manifest(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{id}/manifest."""
    group = readable_group(pangea, call, pangea.access.principal(call, in_query=True))
    views, of_samples = Views(pangea.store), ResultViews(pangea, OF_SAMPLE)
    samples = [
        {**views.sample_alone(each), "analysis_results": of_samples.manifest(each["uuid"])}
        for each in samples_in(pangea, group)
    ]
    results = ResultViews(pangea, OF_GROUP).manifest(group["uuid"])
    return Reply({**views.group(group), "samples": samples, "analysis_results": results})


def get_sample_manifest(pangea: Pangea, call: Call) -> Reply:
    """GET /api/samples/{id}/manifest."""
    sample = _readable_sample(pangea, call, pangea.access.principal(call, in_query=True))
    results = ResultViews(pangea, OF_SAMPLE).manifest(sample["uuid"])
    return Reply({**Views(pangea.store).sample(sample), "analysis_results": results})


def get_sample_group_module_counts(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{id}/module_counts: in how many samples each module has results."""
    samples = samples_in(pangea, readable_group(pangea, call, pangea.access.principal(call, in_query=True)))
    return Reply(module_counts(pangea, "n_samples", OF_SAMPLE, samples))


def module_counts(pangea: Pangea, total: str, kind: ResultKind, things: Sequence[Thing]) -> dict[str, int]:
    """Count objects, and those that have a result of each module.

    Args:
        pangea: The platform.
        total: What the number of all is called.
        kind: Kind of the results' owners.
        things: The samples or groups; one that exists twice counts twice.
    """
    results = [pangea.store.all(kind.kind, parent=each["uuid"]) for each in things]
    modules = Counter(module for several in results for module in dict.fromkeys(each["name"] for each in several))
    return {total: len(things), **modules}


def get_sample_group_sample_links(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{id}/sample_links: names and UUIDs, with metadata where `?metadata=` states anything."""
    samples = samples_in(pangea, readable_group(pangea, call, pangea.access.principal(call)))
    names = ("uuid", "name", "metadata") if dict(call.query).get("metadata") else ("uuid", "name")
    return Reply({"count": len(samples), "links": [shown(each, names) for each in samples]})


def _readable_sample(pangea: Pangea, call: Call, person: Person | None) -> Thing:
    sample = found(pangea.store, "sample", call.arguments["id"])
    if not pangea.access.may_see_sample(person, sample):
        raise forbidden("Insufficient permissions to get group manifest.")
    return sample
