"""Manifests of records that stand for files, and what was written down about uploads through the service."""

from typing import TYPE_CHECKING, Any, cast

from jsonschema import Draft4Validator

from omicsdk.sandbox.gen3.records.graph import Record
from omicsdk.sandbox.gen3.sheepdog.export import attachment, columns
from omicsdk.sandbox.gen3.sheepdog.gate import enter, refuse
from omicsdk.sandbox.service import Call, Reply

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

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


def get_project_manifest(gen3: "Gen3", call: Call) -> Reply:
    """GET /v0/submission/{program}/{project}/manifest, and upload_manifest."""
    import yaml

    visit = enter(gen3, call, "read")
    wanted = dict(call.query).get("ids", "")
    if not wanted:
        raise refuse(400, "No ids specified. Use query parameter 'ids', e.g. 'ids=id1,id2'.")
    files = [_file(gen3, visit.project_id, each) for each in dict.fromkeys(wanted.split(","))]
    text = yaml.safe_dump({"files": files}, default_flow_style=False, allow_unicode=True)
    return Reply(text=text, headers=attachment("submission_manifest.yaml", "text/html; charset=utf-8"))


def _file(gen3: "Gen3", project_id: str, record_id: str) -> dict[str, Any]:
    record: Record | None = gen3.records.graph.by_id.get(record_id)
    if record is None or record.project_id != project_id:
        raise refuse(404, f"Unable to find {record_id}")
    node = gen3.records.dictionary.nodes[record.type]
    if not node.is_file:
        raise refuse(400, f"{record.type} {record.id} is not a data file.")
    values = {name: gen3.records.value(record, name) for name in columns(node)}
    none: dict[str, list[dict[str, Any]]] = {name: [] for name in node.links}
    links = {**none, **gen3.records.links(record)}
    path = record.properties.get("file_name")
    return {**values, **links, "id": record.id, "type": record.type, "local_file_path": path}


def validate_upload_manifest(gen3: "Gen3", call: Call) -> Reply:
    """POST /v0/submission/validation/upload_manifest: JSON or YAML."""
    import yaml

    del gen3
    try:
        stated = cast("object", yaml.safe_load(call.content))
    except yaml.YAMLError as error:
        return Reply({"errors": [f"Unable to parse manifest: {error}"], "valid": False})
    validator: Any = Draft4Validator(_MANIFEST)
    errors = [each.message for each in validator.iter_errors(stated)]
    return Reply({"errors": errors, "valid": not errors})


def list_file_parts(gen3: "Gen3", call: Call) -> Reply:
    """GET /v0/submission/{program}/{project}/files/{file_uuid}, also tried: no upload is under way."""
    visit = enter(gen3, call, "read")
    if "uploadId" not in dict(call.query):
        raise refuse(405, "Method GET not allowed on file")
    record = gen3.records.graph.by_id.get(call.arguments["file_uuid"])
    if record is None or record.project_id != visit.project_id:
        raise refuse(404, f"Unable to find {call.arguments['file_uuid']}")
    state = record.properties.get("file_state")
    raise refuse(400, f"File in {state} state, list_parts not allowed")


HANDLERS = (get_project_manifest, validate_upload_manifest, list_file_parts)
SAME = {"get_project_upload_manifest": "get_project_manifest", "try_list_file_parts": "list_file_parts"}
"""Operations that do the same as another."""
