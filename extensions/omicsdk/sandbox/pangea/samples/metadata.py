"""Metadata of samples: of one with its history, of a group as JSON or CSV, and what its columns are."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, cast

from omicsdk.sandbox.pangea.requests.views import Views, shown
from omicsdk.sandbox.pangea.samples.groups import readable_group
from omicsdk.sandbox.pangea.samples.manifests import readable_sample
from omicsdk.sandbox.pangea.samples.membership import samples_in
from omicsdk.sandbox.pangea.samples.operations import METADATA_VERSION
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.things import Thing
from omicsdk.sandbox.rest_framework.refusals import NO_FIELD, invalid
from omicsdk.sandbox.service import Call, Reply


def get_sample_metadata(pangea: Pangea, call: Call) -> Reply:
    """GET /api/samples/{id}/metadata: the sample, with all metadata that it ever had."""
    sample = readable_sample(pangea, pangea.access.asker(call), call.arguments["id"])
    names = ("created_at", "updated_at", "metadata")
    versions = pangea.store.all(METADATA_VERSION, parent=sample["uuid"])
    told = [shown(each, names) for each in versions]
    return Reply({**Views(pangea.store).sample(sample), "versioned_metadata": told})


def get_sample_group_metadata(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{id}/metadata: by the samples' names; `?kind=csv` is a table."""
    person = pangea.access.asker(call, in_query=True)
    group = readable_group(pangea, person, call.arguments["id"])
    metadata = {each["name"]: each["metadata"] for each in samples_in(pangea, group)}
    if dict(call.query).get("kind") != "csv":
        return Reply(metadata)
    name = group["name"].replace(" ", "_")
    headers = {"Content-Type": "text/csv", "Content-Disposition": attachment(f"{name}_metadata.csv")}
    return Reply(text=_table(metadata), headers=headers)


def generate_sample_group_metadata_schema(pangea: Pangea, call: Call) -> Reply:
    """POST /api/sample_groups/{id}/generate_metadata_schema: columns with their types; kept, once or with `?overwrite=`."""
    person = pangea.access.need(call)
    group = readable_group(pangea, person, call.arguments["id"])
    if group["sample_metadata_schema"] and not dict(call.query).get("overwrite"):
        raise invalid(NO_FIELD, "no_overwrite_existing_sample_metadata_schema")
    rows = _rows(samples_in(pangea, group))
    schema = {"fields": [_column(name, [row.get(name) for row in rows]) for name in _columns(rows)]}
    pangea.store.change("sample_group", group["uuid"], {"sample_metadata_schema": schema})
    return Reply({"schema": schema}, 201)


def validate_sample_group_metadata_schema(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{id}/validate_metadata_schema: which values aren't of their column's type."""
    person = pangea.access.asker(call)
    group = readable_group(pangea, person, call.arguments["id"])
    types = _types(group["sample_metadata_schema"])
    errors = [
        [sample["name"], column, "type-error", f'Type error in the cell "{row[column]}" in field "{column}"']
        for sample in samples_in(pangea, group)
        for row in _rows([sample])
        for column, kind in types.items()
        if row.get(column) is not None and _kind([row[column]]) not in (kind, *_NARROWER.get(kind, ()))
    ]
    return Reply({"errors": errors, "stats": {"errors": len(errors), "tasks": 1}})


_NARROWER: Mapping[str, Sequence[str]] = {"number": ("integer",), "string": ("integer", "number", "boolean")}
"""Types whose values another type takes, too."""


def attachment(name: str) -> str:
    """The header that names the file of an answer."""
    plain = name.encode("ascii", "replace").decode().replace('"', "'").replace("\r", "").replace("\n", "")
    return f'attachment; filename="{plain}"'


def _rows(samples: Sequence[Thing]) -> list[Mapping[str, Any]]:
    """The metadata of samples; what isn't a mapping has no columns."""
    return [cast("dict[str, Any]", each["metadata"]) if isinstance(each["metadata"], dict) else {} for each in samples]


def _columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _table(metadata: Mapping[str, Any]) -> str:
    if not metadata:
        return '""\n'
    rows = {name: cast("dict[str, Any]", each) if isinstance(each, dict) else {} for name, each in metadata.items()}
    columns = _columns(list(rows.values()))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["", *columns])
    writer.writerows([name, *(_cell(row.get(column)) for column in columns)] for name, row in rows.items())
    return out.getvalue()


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


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
    """The types of a schema's columns; of what isn't a schema, none."""
    columns: Any = cast("dict[str, Any]", schema).get("fields") if isinstance(schema, dict) else None
    stated = [
        cast("dict[str, Any]", each)
        for each in cast("list[Any]", columns if isinstance(columns, list) else [])
        if isinstance(each, dict)
    ]
    return {
        each["name"]: each["type"]
        for each in stated
        if isinstance(each.get("name"), str) and isinstance(each.get("type"), str)
    }
