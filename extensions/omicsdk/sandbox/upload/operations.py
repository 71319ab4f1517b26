"""Operations of the Upload service: areas and their credentials, files, checksums, validations."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.upload.state import BUCKET, CHECKSUM, STATUSES, VALIDATION, Job, Upload


def area_exists(upload: Upload, call: Call) -> Reply:
    """HEAD /v1/area/{upload_area_uuid}."""
    upload.area(call.arguments["upload_area_uuid"])
    return Reply()


def create_area(upload: Upload, call: Call) -> Reply:
    """POST /v1/area/{upload_area_uuid}."""
    return Reply({"uri": upload.create(call.arguments["upload_area_uuid"])}, 201)


def delete_area(upload: Upload, call: Call) -> Reply:
    """DELETE /v1/area/{upload_area_uuid}."""
    upload.delete(upload.area(call.arguments["upload_area_uuid"]))
    return Reply(status=202)


def get_credentials(upload: Upload, call: Call) -> Reply:
    """POST /v1/area/{upload_area_uuid}/credentials."""
    session = upload.session(upload.area(call.arguments["upload_area_uuid"]))
    response = {
        "AccessKeyId": session.access_key,
        "SecretAccessKey": upload.sessions.secret_key(session),
        "SessionToken": upload.sessions.token(session),
        "Expiration": datetime.fromtimestamp(session.ends, UTC).isoformat(timespec="seconds"),
    }
    return Reply(response, 201)


_DCP_TYPE = re.compile(r';\s*dcp-type\s*=\s*("[^"]+"|[^\s;"]+)', re.IGNORECASE)


def store_file(upload: Upload, call: Call) -> Reply:
    """PUT /v1/area/{upload_area_uuid}/{filename}."""
    area = upload.area(call.arguments["upload_area_uuid"])
    name = _name(call)
    content_type = call.headers.get("content-type", "")
    if not _DCP_TYPE.search(content_type):
        raise bad_arguments(
            f"The Content-Type {content_type!r} has no dcp-type, such as '; dcp-type=\"metadata/sample\"'"
        )
    upload.context.staging.put_bytes(BUCKET, f"{area}/{name}", call.content, content_type)
    upload.schedule(CHECKSUM, area, [name], wait=False)
    upload.settle(BUCKET, f"{area}/{name}")
    return Reply(describe(upload, area, name), 201)


def file_info(upload: Upload, call: Call) -> Reply:
    """GET /v1/area/{upload_area_uuid}/{filename}."""
    return Reply(describe(upload, upload.area(call.arguments["upload_area_uuid"]), call.arguments["filename"]))


def files_info(upload: Upload, call: Call) -> Reply:
    """PUT /v1/area/{upload_area_uuid}/files_info."""
    area = upload.area(call.arguments["upload_area_uuid"])
    names: list[str] = call.body
    return Reply([describe(upload, area, unquote(name)) for name in names])


def file_upload_notification(upload: Upload, call: Call) -> Reply:
    """POST /v1/area/{upload_area_uuid}/{filename}."""
    area = upload.area(call.arguments["upload_area_uuid"])
    upload.schedule(CHECKSUM, area, [_name(call)])
    return Reply(status=202)


def _name(call: Call) -> str:
    name: str = call.arguments["filename"]
    if not name:
        raise Problem(404, "file_not_found", "The path names no file")
    return name


def describe(upload: Upload, area: str, name: str) -> dict[str, Any]:
    """The description of a file; a 404 when it does not exist."""
    stored = upload.object(area, name)
    return {
        "name": name,
        "size": stored.size,
        "content_type": stored.content_type,
        "url": f"s3://{BUCKET}/{stored.name}",
        "checksums": upload.checksums(area, name),
        "last_modified": datetime.fromtimestamp(stored.modified, UTC).isoformat(timespec="seconds"),
        "upload_area_id": area,
    }


def _status(upload: Upload, job: Job | None) -> str:
    return "UNSCHEDULED" if job is None else job.status(upload.now())


def _counts(upload: Upload, call: Call, kind: str) -> Counter[str]:
    """The number of an area's files by their state."""
    area = upload.area(call.arguments["upload_area_uuid"])
    latest = {job.name: job for job in upload.jobs.all(kind=kind, area=area)}
    return Counter(_status(upload, latest.get(name)) for name in upload.objects(area))


def checksum_status(upload: Upload, call: Call) -> Reply:
    """GET /v1/area/{upload_area_uuid}/{filename}/checksum."""
    area = upload.area(call.arguments["upload_area_uuid"])
    name: str = call.arguments["filename"]
    upload.object(area, name)
    status = _status(upload, upload.job(CHECKSUM, area, name))
    checksums = upload.checksums(area, name) if status == "CHECKSUMMED" else None
    return Reply({"checksum_status": status, "checksums": checksums})


def checksum_statuses(upload: Upload, call: Call) -> Reply:
    """GET /v1/area/{upload_area_uuid}/checksums."""
    counts = _counts(upload, call, CHECKSUM)
    response = {status: counts[status] for status in STATUSES[CHECKSUM]}
    return Reply({**response, "CHECKSUMMING_UNSCHEDULED": counts["UNSCHEDULED"], "TOTAL_NUM_FILES": counts.total()})


def validate_file(upload: Upload, call: Call) -> Reply:
    """PUT /v1/area/{upload_area_uuid}/{filename}/validate."""
    return _scheduled(upload, call, [call.arguments["filename"]])


def validate_files(upload: Upload, call: Call) -> Reply:
    """PUT /v1/area/{upload_area_uuid}/validate."""
    return _scheduled(upload, call, [unquote(name) for name in call.body["files"]])


def _scheduled(upload: Upload, call: Call, names: Sequence[str]) -> Reply:
    area = upload.area(call.arguments["upload_area_uuid"])
    if not names:
        raise bad_arguments("The body names no file")
    for name in names:
        upload.object(area, name)
    return Reply({"validation_id": upload.schedule(VALIDATION, area, names)})


def validation_status(upload: Upload, call: Call) -> Reply:
    """GET /v1/area/{upload_area_uuid}/{filename}/validate."""
    area = upload.area(call.arguments["upload_area_uuid"])
    name: str = call.arguments["filename"]
    upload.object(area, name)
    job = upload.job(VALIDATION, area, name)
    status = _status(upload, job)
    results = job.results if job is not None and status == "VALIDATED" else None
    return Reply({"validation_status": status, "validation_results": results})


def validation_statuses(upload: Upload, call: Call) -> Reply:
    """GET /v1/area/{upload_area_uuid}/validations."""
    counts = _counts(upload, call, VALIDATION)
    return Reply({status: counts[status] for status in STATUSES[VALIDATION]})
