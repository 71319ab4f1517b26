"""Operations of uploads in parts, of files and of automations' code: start, where a part goes, reports, complete, abort."""

from collections.abc import Mapping, Sequence
from typing import Any

from omicsdk.sandbox.sb.files import check_name, destination, file_json
from omicsdk.sandbox.sb.responses import refuse, shown, when
from omicsdk.sandbox.sb.state import Sb, new_id
from omicsdk.sandbox.sb.uploadstore import MOST_PARTS, Part, Upload, choose_part_size, complaint
from omicsdk.sandbox.service import Call, JsonObject, Reply


def start_upload(sb: Sb, call: Call) -> Reply:
    """POST /upload/multipart."""
    body: Mapping[str, Any] = call.body
    folder = destination(sb, call, body)
    overwrite = bool(call.arguments.get("overwrite"))
    _check_free(sb, folder.id, check_name(body["name"]), overwrite)
    upload = _begin(sb, call, project=folder.project, parent=folder.id, overwrite=overwrite)
    return Reply(_upload_json(sb, call, upload))


def _begin(sb: Sb, call: Call, **fields: Any) -> Upload:
    """Enter a new upload; the request's body has the name, and perhaps the size and that of parts."""
    size: int | None = call.body.get("size")
    if size is not None and size < 0:
        raise refuse(400, 8013, f"A file has 0 bytes or more, not {size}")
    upload = Upload(
        id=new_id(),
        owner=sb.user(call),
        name=call.body["name"],
        size=size,
        part_size=choose_part_size(size or 0, call.body.get("part_size"), int(sb.number("part_least"))),
        initiated=sb.now(),
        by_folder="parent" in call.body,
        **fields,
    )
    sb.uploads.table.add(upload)
    return upload


def _check_free(sb: Sb, parent: str, name: str, overwrite: bool) -> None:
    existing = sb.files.child(parent, name)
    if existing is not None and (existing.type == "folder" or not overwrite):
        more = "" if existing.type == "folder" else " or overwrite it"
        raise refuse(409, 8005, f"There is already a {existing.type} {name!r}: choose another name{more}")


def list_uploads(sb: Sb, call: Call) -> Reply:
    """GET /upload/multipart."""
    return Reply({"items": [_upload_json(sb, call, upload) for upload in sb.uploads.of(sb.user(call))]})


def get_upload(sb: Sb, call: Call) -> Reply:
    """GET /upload/multipart/{upload_id}."""
    upload = _started(sb, call)
    upload_view = _upload_json(sb, call, upload)
    if call.arguments.get("list_parts"):
        parts = sb.uploads.known(upload.id, reported=True)
        upload_view["parts"] = [
            {"part_number": number, "response": {"headers": {"ETag": parts[number].etag}}} for number in parts
        ]
    return Reply(upload_view)


def _started(sb: Sb, call: Call) -> Upload:
    """The upload that a request is about: of the caller's, and of what the operation is for."""
    id: str = call.arguments["upload_id"]
    upload, of_code = sb.uploads.table.get(id), "automation" in call.operation.name
    if upload is None or upload.owner != sb.user(call) or bool(upload.automation) != of_code:
        raise refuse(404, 8003, f"There is no upload {id}: it is complete, was aborted, or never was")
    return upload


def _upload_json(sb: Sb, call: Call, upload: Upload) -> JsonObject:
    part_view = {
        "upload_id": upload.id,
        "project": upload.project,
        "parent": upload.parent if upload.by_folder else None,
        "name": upload.name,
        "initiated": when(upload.initiated),
        "parallel_uploads": True,
        "part_size": upload.part_size,
        "uploaded_parts_count": sb.uploads.parts.count(upload=upload.id, reported=True),
    }
    return shown(call, part_view, "upload", "multipart", upload.id)


def get_upload_part_url(sb: Sb, call: Call) -> Reply:
    """GET /upload/multipart/{upload_id}/part/{part_number}, GET /automation/upload/{upload_id}/part/{part_number}."""
    upload, number = _started(sb, call), call.arguments["part_number"]
    if not 1 <= number <= MOST_PARTS:
        raise refuse(400, 8012, f"Parts have numbers from 1 to {MOST_PARTS}, not {number}")
    seconds = sb.number("part_url_seconds")
    part_view = {
        "method": "PUT",
        "url": sb.storage.part_url(call.origin, upload.id, number, seconds),
        "expires": when(sb.now() + seconds),
        "headers": {},
        "report": {"success_codes": [200], "headers": ["ETag"]},
    }
    return Reply(part_view)


def report_upload_part(sb: Sb, call: Call) -> Reply:
    """POST /upload/multipart/{upload_id}/part, POST /automation/upload/{upload_id}/part."""
    _report(sb, _started(sb, call), [call.body], 8014)
    return Reply()


def report_upload_parts(sb: Sb, call: Call) -> Reply:
    """POST /upload/multipart/{upload_id}."""
    _report(sb, _started(sb, call), call.body["parts"], 8015)
    return Reply()


def _report(sb: Sb, upload: Upload, reports: Sequence[Mapping[str, Any]], code: int) -> None:
    """Note parts that the client reports as sent, each with the storage's ETag."""
    etags = {report["part_number"]: _reported_etag(report["response"]["headers"]) for report in reports}
    wrong = sb.uploads.report(upload.id, etags)
    if wrong is not None:
        etag = f"the ETag {etags[wrong]!r}" if etags[wrong] else "no ETag"
        raise refuse(400, code, f"Part {wrong} is reported with {etag}, which is not the storage's response for it")


def _reported_etag(headers: Mapping[str, str]) -> str:
    return next((value for name, value in headers.items() if name.lower() == "etag"), "").strip('"')


def complete_upload(sb: Sb, call: Call) -> Reply:
    """POST /upload/multipart/{upload_id}/complete."""
    upload = _started(sb, call)
    body: Mapping[str, Any] = call.body or {}
    parts, files = _all_parts(sb, upload, body.get("parts") or ()), sb.files
    sb.file(call, upload.parent, "write")
    _check_free(sb, upload.parent, upload.name, upload.overwrite)
    content = sb.uploads.finish(upload, parts)
    # A file that is replaced keeps its identity.
    record = files.child(upload.parent, upload.name)
    record = record or files.add(project=upload.project, parent=upload.parent, name=upload.name)
    files.change(record.id, blob=content.sha256, size=content.size, volume="", location="", task="")
    return Reply(file_json(call, files.existing(record.id)))


def _all_parts(sb: Sb, upload: Upload, reports: Sequence[Mapping[str, Any]]) -> list[Part]:
    """Return the parts of an upload to complete, some of which may be reported with the request."""
    if reports:
        _report(sb, upload, reports, 8015)
    parts = list(sb.uploads.known(upload.id, reported=True).values())
    if reason := complaint(parts, upload.size):
        raise refuse(400, 8007, f"Upload {upload.id} cannot be completed: {reason}")
    return parts


def abort_upload(sb: Sb, call: Call) -> Reply:
    """DELETE /upload/multipart/{upload_id}, DELETE /automation/upload/{upload_id}."""
    sb.uploads.drop(_started(sb, call).id)
    return Reply(status=204)


# -- code of automations

get_automation_upload_part_url = get_upload_part_url
report_automation_upload_part = report_upload_part
abort_automation_upload = abort_upload


def start_automation_upload(sb: Sb, call: Call) -> Reply:
    """POST /automation/upload."""
    automation = sb.permitted(call, "automation", call.body["automation_id"], "write")
    upload = _begin(sb, call, automation=automation["id"])
    return Reply({"upload_id": upload.id, "part_size": upload.part_size})


def complete_automation_upload(sb: Sb, call: Call) -> Reply:
    """POST /automation/upload/{upload_id}/complete."""
    upload = _started(sb, call)
    content = sb.uploads.finish(upload, _all_parts(sb, upload, ()))
    code: JsonObject = {"id": new_id(), "name": upload.name}
    sb.documents.put("automation-code", code["id"], {**code, "blob": content.sha256}, group=upload.automation)
    return Reply(code)
