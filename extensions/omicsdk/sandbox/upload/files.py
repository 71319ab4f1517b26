"""Operations of files: storing small ones, describing them, hearing of those that were put into the bucket."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.upload.state import BUCKET, Upload
from omicsdk.sandbox.upload.store import Job

_DCP_TYPE = re.compile(r';\s*dcp-type\s*=\s*("[^"]+"|[^\s;"]+)', re.IGNORECASE)


def store_file(upload: Upload, call: Call) -> Reply:
    """PUT /v1/area/{upload_area_uuid}/{filename}."""
    area = upload.open_area(call.arguments["upload_area_uuid"]).uuid
    name = _name(call)
    content_type = call.headers.get("content-type", "")
    if not _DCP_TYPE.search(content_type):
        raise bad_arguments(
            f"The Content-Type {content_type!r} has no dcp-type, such as '; dcp-type=\"metadata/sample\"'"
        )
    content = upload.grounds.objects.put_bytes(call.content)
    upload.grounds.staging.put_bytes(BUCKET, f"{area}/{name}", call.content, content_type)
    now = upload.now()
    job = upload.new_job(area, 0)
    upload.store.put_job(Job(job.id, area, now, now), name)
    upload.keep(area, name, upload.object(area, name), content)
    return Reply(describe(upload, area, name), 201)


def file_info(upload: Upload, call: Call) -> Reply:
    """GET /v1/area/{upload_area_uuid}/{filename}."""
    return Reply(describe(upload, upload.area(call.arguments["upload_area_uuid"]).uuid, call.arguments["filename"]))


def files_info(upload: Upload, call: Call) -> Reply:
    """PUT /v1/area/{upload_area_uuid}/files_info."""
    area = upload.area(call.arguments["upload_area_uuid"]).uuid
    names: list[str] = call.body
    return Reply([describe(upload, area, unquote(name)) for name in names])


def file_upload_notification(upload: Upload, call: Call) -> Reply:
    """POST /v1/area/{upload_area_uuid}/{filename}."""
    area = upload.lasting_area(call.arguments["upload_area_uuid"]).uuid
    upload.schedule(area, _name(call))
    return Reply(status=202)


def _name(call: Call) -> str:
    name: str = call.arguments["filename"]
    if not name:
        raise Problem(404, "file_not_found", "The path names no file")
    return name


def describe(upload: Upload, area: str, name: str) -> dict[str, Any]:
    """What is known of a file; a 404 when it isn't there."""
    found = upload.object(area, name)
    return {
        "name": name,
        "size": found.size,
        "content_type": found.content_type,
        "url": f"s3://{BUCKET}/{found.name}",
        "checksums": upload.checksums(area, name),
        "last_modified": datetime.fromtimestamp(found.modified, UTC).isoformat(timespec="seconds"),
        "upload_area_id": area,
    }
