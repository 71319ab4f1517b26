"""Operations of the Upload service: areas and their credentials, files, checksums, validations, health."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import unquote
from uuid import uuid4

import omicsdk
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.state.objects import CHECKSUMS
from omicsdk.sandbox.upload.state import BUCKET, ChecksumJob, Job, Upload, Validated, Validation, no_such_job


def area_exists(upload: Upload, call: Call) -> Reply:
    """HEAD /v1/area/{upload_area_uuid}."""
    upload.area(call.arguments["upload_area_uuid"])
    return Reply()


def create_area(upload: Upload, call: Call) -> Reply:
    """POST /v1/area/{upload_area_uuid}."""
    return Reply({"uri": upload.create(call.arguments["upload_area_uuid"])}, 201)


def delete_area(upload: Upload, call: Call) -> Reply:
    """DELETE /v1/area/{upload_area_uuid}."""
    area = upload.area(call.arguments["upload_area_uuid"])
    if area.gone is None:
        upload.delete(area.uuid)
    return Reply(status=202)


def get_credentials(upload: Upload, call: Call) -> Reply:
    """POST /v1/area/{upload_area_uuid}/credentials."""
    session = upload.session(upload.open_area(call.arguments["upload_area_uuid"]).uuid)
    told = {
        "AccessKeyId": session.access_key,
        "SecretAccessKey": session.secret_key,
        "SessionToken": session.token,
        "Expiration": datetime.fromtimestamp(session.ends, UTC).isoformat(timespec="seconds"),
    }
    return Reply(told, 201)


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
    upload.jobs.put(ChecksumJob(str(uuid4()), area, now, now, name))
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


_CHECKSUMMING, _CHECKSUMMED = "CHECKSUMMING", "CHECKSUMMED"
_VALIDATING, _VALIDATED = "VALIDATING", "VALIDATED"


def _status(job: Job | None, now: float) -> str:
    return "UNSCHEDULED" if job is None else job.status(now, _CHECKSUMMING, _CHECKSUMMED)


def checksum_status(upload: Upload, call: Call) -> Reply:
    """GET /v1/area/{upload_area_uuid}/{filename}/checksum."""
    area = upload.area(call.arguments["upload_area_uuid"]).uuid
    name: str = call.arguments["filename"]
    upload.object(area, name)
    status = _status(upload.jobs.get(area, name), upload.now())
    return Reply(
        {"checksum_status": status, "checksums": upload.checksums(area, name) if status == _CHECKSUMMED else None}
    )


def checksum_statuses(upload: Upload, call: Call) -> Reply:
    """GET /v1/area/{upload_area_uuid}/checksums."""
    area = upload.area(call.arguments["upload_area_uuid"]).uuid
    jobs, now = {job.name: job for job in upload.jobs.all(area=area)}, upload.now()
    names = upload.objects(area)
    counts = Counter(_status(jobs.get(name), now) for name in names)
    told = {status: counts[status] for status in ("SCHEDULED", _CHECKSUMMING, _CHECKSUMMED)}
    return Reply({**told, "CHECKSUMMING_UNSCHEDULED": counts["UNSCHEDULED"], "TOTAL_NUM_FILES": len(names)})


def update_checksum(upload: Upload, call: Call) -> Reply:
    """POST /v1/area/{upload_area_uuid}/update_checksum/{checksum_id}."""
    area = upload.area(call.arguments["upload_area_uuid"]).uuid
    id: str = call.arguments["checksum_id"]
    job = upload.jobs.first(area=area, id=id)
    if job is None:
        raise no_such_job("checksum", id)
    status: str = call.body["status"]
    upload.jobs.put(replace(upload.reported(job, status, _CHECKSUMMING, _CHECKSUMMED), computed=False))
    if status == _CHECKSUMMED and (checksums := _checksums(call.body["payload"])):
        upload.enter(area, job.name, upload.object(area, job.name), checksums)
    return Reply(status=204)


def _checksums(payload: Mapping[str, Any]) -> dict[str, str] | None:
    """The four checksums that a report states; None when it doesn't state all of them as texts."""
    stated = payload.get("checksums")
    if not isinstance(stated, Mapping):
        return None
    given = cast("Mapping[str, object]", stated)
    found = {each: value for each in CHECKSUMS if isinstance(value := given.get(each), str)}
    return found if len(found) == len(CHECKSUMS) else None


LARGEST = 10**12
"""Bytes; what is as large can't be validated."""


def validate_file(upload: Upload, call: Call) -> Reply:
    """PUT /v1/area/{upload_area_uuid}/{filename}/validate."""
    return _scheduled(upload, call, [call.arguments["filename"]])


def validate_files(upload: Upload, call: Call) -> Reply:
    """PUT /v1/area/{upload_area_uuid}/validate."""
    names: list[str] = call.body["files"]
    if not names:
        raise bad_arguments("The body names no file")
    return _scheduled(upload, call, [unquote(name) for name in names])


def _scheduled(upload: Upload, call: Call, names: Sequence[str]) -> Reply:
    area = upload.area(call.arguments["upload_area_uuid"]).uuid
    if not call.body["validator_image"]:
        raise bad_arguments("validator_image is empty")
    for name in names:
        if upload.object(area, name).size >= LARGEST:
            raise bad_arguments(f"{name} is too large to be validated")
    results = upload.grounds.settings.text("upload.validation_results")
    job = Validation(*upload.times(area, "upload.validation_seconds"), results)
    with upload.grounds.database.transaction():
        upload.validations.add(job)
        upload.validated.put_all(Validated(area, name, job.id) for name in names)
    return Reply({"validation_id": job.id})


def validation_status(upload: Upload, call: Call) -> Reply:
    """GET /v1/area/{upload_area_uuid}/{filename}/validate."""
    area = upload.area(call.arguments["upload_area_uuid"]).uuid
    name: str = call.arguments["filename"]
    upload.object(area, name)
    latest = upload.validated.get(area, name)
    job = upload.validations.get(latest.validation) if latest else None
    status = "UNSCHEDULED" if job is None else job.status(upload.now(), _VALIDATING, _VALIDATED)
    results = job.results if job is not None and status == _VALIDATED else None
    return Reply({"validation_status": status, "validation_results": results})


def validation_statuses(upload: Upload, call: Call) -> Reply:
    """GET /v1/area/{upload_area_uuid}/validations."""
    area = upload.area(call.arguments["upload_area_uuid"]).uuid
    there, now = upload.objects(area), upload.now()
    jobs = {job.id: job for job in upload.validations.all(area=area)}
    latest = [jobs[each.validation] for each in upload.validated.all(area=area) if each.name in there]
    counts = Counter(job.status(now, _VALIDATING, _VALIDATED) for job in latest)
    return Reply({status: counts[status] for status in ("SCHEDULED", _VALIDATING, _VALIDATED)})


def update_validation(upload: Upload, call: Call) -> Reply:
    """POST /v1/area/{upload_area_uuid}/update_validation/{validation_id}."""
    area = upload.area(call.arguments["upload_area_uuid"]).uuid
    id: str = call.arguments["validation_id"]
    job = upload.validations.first(area=area, id=id)
    if job is None:
        raise no_such_job("validation", id)
    status: str = call.body["status"]
    job = upload.reported(job, status, _VALIDATING, _VALIDATED)
    if status == _VALIDATED:
        job = replace(job, results=json.dumps(call.body["payload"]))
    upload.validations.put(job)
    return Reply(status=204)


def get_version(_upload: Upload, _call: Call) -> Reply:
    """GET /version."""
    return Reply({"upload_service_version": omicsdk.__version__})


def get_health(upload: Upload, _call: Call) -> Reply:
    """GET /health."""
    upload.areas.count()  # the database answers, or this is a 500
    return Reply()


def get_v1_health(upload: Upload, call: Call) -> Reply:
    """GET /v1/health."""
    return get_health(upload, call)
