"""Operations of validations: scheduling them, asking how they went, and the reports of validators."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import unquote

from omicsdk.sandbox.problems import bad_arguments
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.upload.checksums import reported
from omicsdk.sandbox.upload.state import Upload, no_such_job

_RUNNING, _DONE = "VALIDATING", "VALIDATED"
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
    settings = upload.grounds.settings
    job = upload.new_job(area, settings.number("upload.validation_seconds"))
    job = replace(job, results=settings.text("upload.validation_results"))
    upload.store.put_validation(job, names)
    return Reply({"validation_id": job.id})


def validation_status(upload: Upload, call: Call) -> Reply:
    """GET /v1/area/{upload_area_uuid}/{filename}/validate."""
    area = upload.area(call.arguments["upload_area_uuid"]).uuid
    name: str = call.arguments["filename"]
    upload.object(area, name)
    job = upload.store.validation(area, name)
    status = "UNSCHEDULED" if job is None else job.status(upload.now(), _RUNNING, _DONE)
    results = job.results if job is not None and status == _DONE else None
    return Reply({"validation_status": status, "validation_results": results})


def validation_statuses(upload: Upload, call: Call) -> Reply:
    """GET /v1/area/{upload_area_uuid}/validations."""
    area = upload.area(call.arguments["upload_area_uuid"]).uuid
    there, now = upload.objects(area), upload.now()
    jobs = upload.store.validations(area)
    counts = Counter(job.status(now, _RUNNING, _DONE) for name, job in jobs.items() if name in there)
    return Reply({status: counts[status] for status in ("SCHEDULED", _RUNNING, _DONE)})


def update_validation(upload: Upload, call: Call) -> Reply:
    """POST /v1/area/{upload_area_uuid}/update_validation/{validation_id}."""
    area = upload.area(call.arguments["upload_area_uuid"]).uuid
    id: str = call.arguments["validation_id"]
    job = upload.store.validation_by_id(area, id)
    if job is None:
        raise no_such_job("validation", id)
    status: str = call.body["status"]
    job = reported(job, status, upload.now(), _RUNNING, _DONE)
    if status == _DONE:
        job = replace(job, results=json.dumps(call.body["payload"]))
    upload.store.change_validation(job)
    return Reply(status=204)
