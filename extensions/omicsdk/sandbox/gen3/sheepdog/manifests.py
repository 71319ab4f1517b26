"""Manifests of records that stand for files, and what was written down about uploads through the service."""

from typing import Any, cast

from jsonschema import Draft4Validator

from omicsdk.core.yaml_text import YamlFault, read_yaml
from omicsdk.sandbox.gen3.records.graph import Record
from omicsdk.sandbox.gen3.sheepdog.export import attachment, columns
from omicsdk.sandbox.gen3.sheepdog.gate import enter, refuse
from omicsdk.sandbox.gen3.sheepdog.state import Commons
from omicsdk.sandbox.service import Call, Reply

_UUID = "^[a-fA-F0-9]{8}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{4}-[a-fA-F0-9]{12}$"
_FILE = {
    "type": "object",
    "properties": {"id": {"type": "string", "pattern": _UUID}},
    "anyOf": [
        {"required": ["id", "project_id", "local_file_path"]},
        {"required": ["id", "project_id", "file_name"]},
    ],
}
_MANIFEST = {"type": "object", "required": ["files"], "properties": {"files": {"type": "array", "items": _FILE}}}


def get_project_manifest(commons: Commons, call: Call) -> Reply:
    """GET /v0/submission/{program}/{project}/manifest, and upload_manifest."""
    import yaml

    visit = enter(commons, call, "read")
    wanted = dict(call.query).get("ids", "")
    if not wanted:
        raise refuse(400, "No ids specified. Use query parameter 'ids', e.g. 'ids=id1,id2'.")
    files = [_file(commons, visit.project_id, each) for each in dict.fromkeys(wanted.split(","))]
    text = yaml.safe_dump({"files": files}, default_flow_style=False, allow_unicode=True)
    return Reply(text=text, headers=attachment("submission_manifest.yaml", "text/html; charset=utf-8"))


def _file(commons: Commons, project_id: str, record_id: str) -> dict[str, Any]:
    record: Record | None = commons.records.graph.by_id.get(record_id)
    if record is None or record.project_id != project_id:
        raise refuse(404, f"Unable to find {record_id}")
    node = commons.records.dictionary.nodes[record.type]
    if not node.is_file:
        raise refuse(400, f"{record.type} {record.id} is not a data file.")
    values = {name: commons.records.value(record, name) for name in columns(node)}
    none: dict[str, list[dict[str, Any]]] = {name: [] for name in node.links}
    links = {**none, **commons.records.links(record)}
    path = record.properties.get("file_name")
    return {**values, **links, "id": record.id, "type": record.type, "local_file_path": path}


def validate_upload_manifest(commons: Commons, call: Call) -> Reply:
    """POST /v0/submission/validation/upload_manifest: JSON or YAML."""
    del commons
    try:
        stated = cast("object", read_yaml(call.content))
    except YamlFault as error:
        return Reply({"errors": [f"Unable to parse manifest: {error}"], "valid": False})
    validator: Any = Draft4Validator(_MANIFEST)
    errors = [each.message for each in validator.iter_errors(stated)]
    return Reply({"errors": errors, "valid": not errors})


def list_file_parts(commons: Commons, call: Call) -> Reply:
    """GET /v0/submission/{program}/{project}/files/{file_uuid}, also tried: no upload is under way."""
    visit = enter(commons, call, "read")
    if "uploadId" not in dict(call.query):
        raise refuse(405, "Method GET not allowed on file")
    record = commons.records.graph.by_id.get(call.arguments["file_uuid"])
    if record is None or record.project_id != visit.project_id:
        raise refuse(404, f"Unable to find {call.arguments['file_uuid']}")
    state = record.properties.get("file_state")
    raise refuse(400, f"File in {state} state, list_parts not allowed")


SAME = {"get_project_upload_manifest": "get_project_manifest", "try_list_file_parts": "list_file_parts"}
"""Operations that do the same as another."""
