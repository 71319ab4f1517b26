"""Operations of checksums: how far they are, and the reports of jobs that compute them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from omicsdk.sandbox.problems import bad_arguments
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.state.objects import CHECKSUMS
from omicsdk.sandbox.upload.state import Upload, no_such_job
from omicsdk.sandbox.upload.store import Job

_RUNNING, _DONE = "CHECKSUMMING", "CHECKSUMMED"


def _status(job: Job | None, now: float) -> str:
    return "UNSCHEDULED" if job is None else job.status(now, _RUNNING, _DONE)


def checksum_status(upload: Upload, call: Call) -> Reply:
    """GET /v1/area/{upload_area_uuid}/{filename}/checksum."""
    area = upload.area(call.arguments["upload_area_uuid"]).uuid
    name: str = call.arguments["filename"]
    upload.object(area, name)
    status = _status(upload.store.job(area, name), upload.now())
    return Reply({"checksum_status": status, "checksums": upload.checksums(area, name) if status == _DONE else None})


def checksum_statuses(upload: Upload, call: Call) -> Reply:
    """GET /v1/area/{upload_area_uuid}/checksums."""
    area = upload.area(call.arguments["upload_area_uuid"]).uuid
    jobs, now = upload.store.jobs(area), upload.now()
    names = upload.objects(area)
    counts = Counter(_status(jobs.get(name), now) for name in names)
    told = {status: counts[status] for status in ("SCHEDULED", _RUNNING, _DONE)}
    return Reply({**told, "CHECKSUMMING_UNSCHEDULED": counts["UNSCHEDULED"], "TOTAL_NUM_FILES": len(names)})


def update_checksum(upload: Upload, call: Call) -> Reply:
    """POST /v1/area/{upload_area_uuid}/update_checksum/{checksum_id}."""
    area = upload.area(call.arguments["upload_area_uuid"]).uuid
    id: str = call.arguments["checksum_id"]
    found = upload.store.job_by_id(area, id)
    if found is None:
        raise no_such_job("checksum", id)
    job, name = found
    status: str = call.body["status"]
    upload.store.put_job(reported(job, status, upload.now(), _RUNNING, _DONE), name)
    if status == _DONE and (checksums := _checksums(call.body["payload"])):
        upload.enter(area, name, upload.object(area, name), checksums)
    return Reply(status=204)


def reported(job: Job, status: str, now: float, running: str, done: str) -> Job:
    """A job of which somebody reports how far it is.

    Raises:
        Problem: 400; it can't be that far, because no job ever is.
    """
    if status == running:
        # A job that somebody else does is done when that one says so.
        return replace(job, starts=min(job.starts, now), ends=max(job.ends, now + 365 * 24 * 3600.0))
    if status == done:
        return replace(job, starts=min(job.starts, now), ends=now)
    raise bad_arguments(f"status is {running} or {done}, not {status!r}")


def _checksums(payload: Mapping[str, Any]) -> dict[str, str] | None:
    """The four checksums that a report states; None when it doesn't state all of them as texts."""
    stated = payload.get("checksums")
    if not isinstance(stated, Mapping):
        return None
    given = cast("Mapping[str, object]", stated)
    found = {each: value for each in CHECKSUMS if isinstance(value := given.get(each), str)}
    return found if len(found) == len(CHECKSUMS) else None
