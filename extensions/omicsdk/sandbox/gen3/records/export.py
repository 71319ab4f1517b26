"""Exports of records and the dictionary: single ones, exports for resubmission, empty tables, manifests of files."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from omicsdk.core.yaml_text import YamlFault, read_yaml
from omicsdk.sandbox.gen3.records.dictionary import OWN_KEYS, Node
from omicsdk.sandbox.gen3.records.requests import (
    FORMATS,
    JSON,
    ROOT,
    SERVICE,
    TSV,
    enter,
    enter_empty,
    refuse,
    resource_of,
    write_node_table,
    write_table,
)
from omicsdk.sandbox.gen3.records.store import Record, Store
from omicsdk.sandbox.gen3.service import crash_if_real
from omicsdk.sandbox.problems import or_raise
from omicsdk.sandbox.service import Call, Reply, grouped

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

_BYTES = "application/octet-stream"
_UUID = "^[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}$"
_FILE = {
    "type": "object",
    "properties": {"id": {"type": "string", "pattern": _UUID}},
    "anyOf": [{"required": ["id", "project_id", "local_file_path"]}, {"required": ["id", "project_id", "file_name"]}],
}
_MANIFEST = {"type": "object", "required": ["files"], "properties": {"files": {"type": "array", "items": _FILE}}}


# -- single records


def get_records(commons: Gen3, call: Call) -> Reply:
    """GET /v0/submission/{program}/{project}/entities/{entity_id_string}."""
    person, _, _ = enter_empty(commons, call, "read")
    entries: list[dict[str, Any]] = []
    for part in call.arguments["entity_id_string"]:
        record = commons.records.graph.by_id.get(part)
        # The service responds with records of any project; this one leaves out those that its reader may not see.
        program, project = ("", "") if record is None else commons.records.place(record.project_id)
        if record is None or not person.may("read", resource_of(program, project), SERVICE):
            raise refuse(400, f"Not found: {part}")
        entries.append({"program": program, "project": project, "properties": _properties(commons, record)})
    return Reply({"entities": entries})


def _properties(commons: Gen3, record: Record) -> dict[str, Any]:
    links = {
        name: [{"id": target.id, "submitter_id": target.submitter_id} for target in targets]
        for name in record.links
        if (targets := commons.records.graph.targets(record, name))
    }
    return {**commons.records.properties(record), **links}


# -- exports


def _attachment(name: str, kind: str = "") -> dict[str, str]:
    """The headers of a response that is a file."""
    return {"Content-Disposition": f"attachment; filename={name}", **({"Content-Type": kind} if kind else {})}


def _archive(files: Iterable[tuple[str, str]]) -> bytes:
    """A compressed archive of texts by file name."""
    packed_files = io.BytesIO()
    with tarfile.open(fileobj=packed_files, mode="w:gz") as tar:
        for name, text in files:
            content = text.encode()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed_files.getvalue()


def export(commons: Gen3, call: Call) -> Reply:
    """GET /v0/submission/{program}/{project}/export."""
    return _export(commons, call, dict(call.query))


def export_by_body(commons: Gen3, call: Call) -> Reply:
    """POST /v0/submission/{program}/{project}/export."""
    body = cast("object", call.body)
    if not isinstance(body, dict):
        raise refuse(400, "expected either `ids` or `node_label` parameter")
    return _export(commons, call, {key: str(value) for key, value in cast("dict[str, object]", body).items()})


def _export(commons: Gen3, call: Call, parameters: Mapping[str, str]) -> Reply:
    _, program, code = enter_empty(commons, call, "read")
    project_id, records = f"{program}-{code}", commons.records
    kind = parameters.get("format", TSV).lower()
    if kind not in FORMATS:
        raise refuse(400, f"Format {kind} not supported")
    without_id = parameters.get("without_id", "").lower() == "true"
    if parameters.get("ids"):
        exported = _by_ids(commons, project_id, parameters["ids"].split(","))
        with_children = parameters.get("with_children", "").lower() == "true"
        if with_children:
            exported = _with_children(records, exported)
        if with_children or len({record.type for record in exported}) > 1:
            crash_if_real(commons.context, "an export of several node types")
        return _records_reply(records, exported, kind, without_id)
    if parameters.get("node_label"):
        node = records.dictionary.nodes.get(parameters["node_label"])
        if node is None:
            raise refuse(400, f"dictionary does not have node with type {parameters['node_label']}")
        exported = sorted(records.graph.of_type(node.name, (project_id,)), key=lambda record: record.id)
        return _node_reply(records, node, exported, kind, without_id)
    raise refuse(400, "expected either `ids` or `node_label` parameter")


def _record(commons: Gen3, project_id: str, record_id: str) -> Record:
    record = commons.records.graph.by_id.get(record_id)
    if record is None or record.project_id != project_id:
        raise refuse(404, f"Unable to find {record_id}")
    return record


def _by_ids(commons: Gen3, project_id: str, ids: Sequence[str]) -> list[Record]:
    selected = [_record(commons, project_id, id_) for id_ in dict.fromkeys(ids)]
    if unnamed := next((record for record in selected if record.submitter_id is None), None):
        raise refuse(404, f"Unable to find {unnamed.id}")
    return selected


def _with_children(records: Store, selected: Sequence[Record]) -> list[Record]:
    reached = {record.id: record for record in selected}
    waiting = list(selected)
    while waiting:
        for child in records.graph.sources(waiting.pop().id):
            if child.id not in reached:
                reached[child.id] = child
                waiting.append(child)
    return list(reached.values())


def _columns(node: Node) -> tuple[str, ...]:
    """The properties that an export of a node type has, without id, type and links."""
    return tuple(name for name in node.submitted if name in node.stored)


def _records_reply(records: Store, selected: Sequence[Record], kind: str, without_id: bool) -> Reply:
    """Chosen records: nulls are returned."""
    by_type = grouped((record.type, record) for record in selected)
    if kind == JSON:
        objects = {
            name: [_object(records, record, without_id, nulls=True) for record in every]
            for name, every in by_type.items()
        }
        if len(objects) == 1:
            name, every = next(iter(objects.items()))
            return Reply(every, headers=_attachment(f"{name}.json"))
        return Reply(objects, headers=_attachment("export.json"))

    def cell(record: Record, name: str) -> object:
        return str(value) if (value := records.value(record, name)) is None or isinstance(value, bool) else value

    tables = [
        (f"{name}.{kind}", write_table(kind, *_table(records, records.dictionary.nodes[name], every, without_id, cell)))
        for name, every in by_type.items()
    ]
    if len(tables) == 1:
        return Reply(text=tables[0][1], headers=_attachment(tables[0][0], _BYTES))
    return Reply(content=_archive(tables), headers=_attachment("export.tar.gz", "application/gzip"))


def _object(records: Store, record: Record, without_id: bool, *, nulls: bool) -> dict[str, Any]:
    """A record as JSON; with nulls it has its id, whatever was requested."""
    values = {name: records.value(record, name) for name in _columns(records.dictionary.nodes[record.type])}
    present = {name: value for name, value in values.items() if nulls or value is not None}
    id_field = {"id": record.id} if nulls or not without_id else {}
    return {**present, **records.links(record, ids=not without_id), **id_field, "type": record.type}


def _node_reply(records: Store, node: Node, selected: Sequence[Record], kind: str, without_id: bool) -> Reply:
    """All records of a node type: nulls are passed over."""
    if kind == JSON:
        objects = [_object(records, record, without_id, nulls=False) for record in selected]
        return Reply(text=json.dumps({"data": objects}), headers=_attachment(f"{node.name}.json", "application/json"))
    text = write_node_table(kind, *_table(records, node, selected, without_id, records.value))
    return Reply(text=text, headers=_attachment(f"{node.name}.{kind}", _BYTES))


def _table(
    records: Store, node: Node, selected: Sequence[Record], without_id: bool, cell: Callable[[Record, str], object]
) -> tuple[list[str], list[list[object]]]:
    """The names of the columns, and the cells of each row."""
    names = _columns(node)
    fixed_columns = ("type",) if without_id else ("type", "id")
    id_keys = () if without_id else ("id",)
    link_columns = [(name, key) for name, link in sorted(node.links.items()) for key in (*id_keys, link.key)]

    def row(record: Record) -> list[object]:
        values = [record.type if name == "type" else record.id for name in fixed_columns]
        targets = {name: records.graph.targets(record, name) for name in record.links}
        linked = (
            [target.id if key == "id" else target.name for target in targets.get(name, [])]
            for name, key in link_columns
        )
        return [*values, *(cell(record, name) for name in names), *linked]

    header = [*fixed_columns, *names, *(f"{name}.{key}" for name, key in link_columns)]
    return header, [row(record) for record in selected]


# -- the dictionary, and empty tables to fill in, of the commons and of each project


def get_dictionary(commons: Gen3, call: Call) -> Reply:
    """GET /v0/submission/_dictionary, also of a project."""
    path = ROOT
    if "project" in call.arguments:
        visit = enter(commons, call, "read")
        path = f"{ROOT}/{visit.program}/{visit.code}"
    return Reply({"links": [f"{path}/_dictionary/{name}" for name in (*commons.records.dictionary.nodes, "_all")]})


def get_dictionary_node(commons: Gen3, call: Call) -> Reply:
    """GET /v0/submission/_dictionary/{entry}, also of a project."""
    if "project" in call.arguments:
        enter(commons, call, "read")
    entry, document = call.arguments["entry"], commons.records.dictionary.document
    if entry != "_all" and entry not in document:
        raise refuse(404, f"Entry {entry} not in dictionary")
    return Reply(dict(document) if entry == "_all" else document[entry])


def get_template(commons: Gen3, call: Call) -> Reply:
    """GET /v0/submission/template/{entity}, also of a project."""
    kind, name = call.arguments.get("format", TSV).lower(), call.arguments["entity"]
    if kind not in FORMATS:
        raise refuse(400, f"Format {kind} is not supported; supported formats are: csv,tsv,json.")
    node = or_raise(commons.records.dictionary.nodes.get(name), refuse(404, f"Entity type {name} is not in dictionary"))
    headers = _attachment(f"submission_{name}_template.{kind}", "application/octet-stream")
    if kind == JSON:
        return Reply(text=json.dumps(_json_template(node)), headers=headers)
    return Reply(text=_table_template(node, kind), headers=headers)


def _starred(node: Node, name: str) -> str:
    return f"*{name}" if name in node.required else name


def _for_index(node: Node) -> tuple[str, ...]:
    """What is submitted with records of a node type and is none of their properties."""
    return ("urls",) if node.category == "data_file" else ()


def _table_template(node: Node, kind: str) -> str:
    keys = [name for name in node.submitted if name in ("project_id", "submitter_id", *OWN_KEYS.values())]
    keys = keys if node.name not in OWN_KEYS else keys[:1]
    links = [f"{_starred(node, name)}.{link.key}" for name, link in sorted(node.links.items())]
    rest = [*(_starred(node, name) for name in node.submitted if name not in keys), *_for_index(node)]
    header = [_starred(node, "type"), *(_starred(node, name) for name in keys), *links, *rest]
    return write_table(kind, header, [[node.name, *("" for _ in header[1:])]])


def _json_template(node: Node) -> dict[str, Any]:
    links = {_starred(node, name): {link.key: None} for name, link in node.links.items()}
    rest = dict.fromkeys((*(_starred(node, name) for name in node.submitted), *_for_index(node)))
    return {_starred(node, "type"): node.name, **rest, **links}


# -- manifests of records that represent files, and records of uploads through the service


def get_project_manifest(commons: Gen3, call: Call) -> Reply:
    """GET /v0/submission/{program}/{project}/manifest, and upload_manifest."""
    import yaml

    visit = enter(commons, call, "read")
    ids = dict(call.query).get("ids", "")
    if not ids:
        raise refuse(400, "No ids specified. Use query parameter 'ids', e.g. 'ids=id1,id2'.")
    files = [_file(commons, visit.project_id, file_id) for file_id in dict.fromkeys(ids.split(","))]
    text = yaml.safe_dump({"files": files}, default_flow_style=False, allow_unicode=True)
    return Reply(text=text, headers=_attachment("submission_manifest.yaml", "text/html; charset=utf-8"))


def _file(commons: Gen3, project_id: str, record_id: str) -> dict[str, Any]:
    record = _record(commons, project_id, record_id)
    node = commons.records.dictionary.nodes[record.type]
    if not node.is_file:
        raise refuse(400, f"{record.type} {record.id} is not a data file.")
    values = {name: commons.records.value(record, name) for name in _columns(node)}
    none: dict[str, list[dict[str, Any]]] = {name: [] for name in node.links}
    links = {**none, **commons.records.links(record)}
    path = record.properties.get("file_name")
    return {**values, **links, "id": record.id, "type": record.type, "local_file_path": path}


def validate_upload_manifest(_commons: Gen3, call: Call) -> Reply:
    """POST /v0/submission/validation/upload_manifest: JSON or YAML."""
    try:
        manifest = cast("object", read_yaml(call.content))
    except YamlFault as error:
        return Reply({"errors": [f"Unable to parse manifest: {error}"], "valid": False})
    from jsonschema import Draft4Validator  # its import takes a while

    validator: Any = Draft4Validator(_MANIFEST)
    errors = [error.message for error in validator.iter_errors(manifest)]
    return Reply({"errors": errors, "valid": not errors})


def list_file_parts(commons: Gen3, call: Call) -> Reply:
    """GET /v0/submission/{program}/{project}/files/{file_uuid}, also tried: no upload is under way."""
    visit = enter(commons, call, "read")
    if "uploadId" not in dict(call.query):
        raise refuse(405, "Method GET not allowed on file")
    state = _record(commons, visit.project_id, call.arguments["file_uuid"]).properties.get("file_state")
    raise refuse(400, f"File in {state} state, list_parts not allowed")
