"""The Upload service: areas in a bucket of the S3 server, credentials for them, checksums and validations of files."""

import hmac
import re
import sys
import threading
import uuid as uuids
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from omicsdk.core.logs import logger
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.s3.guard import Session, Sessions
from omicsdk.sandbox.s3.integrity import LONGEST_KEY
from omicsdk.sandbox.s3.staging import MotoObject, find_object, objects_below, put_file, remove_objects
from omicsdk.sandbox.service import REQUEST_ID, Call, Caller, Reply, SandboxContext, Service, handlers_in
from omicsdk.sandbox.state.credentials import Secrets
from omicsdk.sandbox.state.database import Table
from omicsdk.sandbox.state.objects import CHECKSUMS

log = logger("omicsdk.sandbox")

PREFIX = "/upload"
# The deployment stage that areas' addresses name.
STAGE = "sandbox"
BUCKET_TEMPLATE = "org-humancellatlas-upload-{deployment_stage}"
BUCKET = BUCKET_TEMPLATE.format(deployment_stage=STAGE)


def api_key(secrets: Secrets) -> str:
    """The deployment's `Api-Key`, which makes areas, deletes them and has files stored and validated."""
    return secrets.derived("upload")


@dataclass(frozen=True, slots=True)
class Area:
    """An upload area, with its UUID in the spelling of its creator."""

    uuid: str


CHECKSUM, VALIDATION = "checksum", "validation"
# The states of a job, by its kind.
STATUSES = {
    CHECKSUM: ("SCHEDULED", "CHECKSUMMING", "CHECKSUMMED"),
    VALIDATION: ("SCHEDULED", "VALIDATING", "VALIDATED"),
}


@dataclass(frozen=True, slots=True)
class Job:
    """A job that takes time; one of several files is a row for each of them.

    Attributes:
        id: Its uuid.
        name: The file's name in the area.
        area: The area's UUID.
        kind: `checksum` or `validation`.
        starts: When it leaves the queue, in the sandbox's time.
        ends: When it is done.
        results: What a validation printed, or will have printed at its end.
        computed: Whether nothing is left to be computed of the checksums.
    """

    id: str
    name: str
    area: str
    kind: str
    starts: float
    ends: float
    results: str = ""
    computed: bool = False

    def status(self, now: float) -> str:
        """Its state."""
        waiting, running, finished = STATUSES[self.kind]
        return waiting if now < self.starts else running if now < self.ends else finished


@dataclass(frozen=True, slots=True)
class Checked:
    """A file whose checksums are known; its contents are in the store of objects.

    Attributes:
        area: The area's UUID.
        name: Its name in the area.
        etag: ETag of the object in the bucket that they are of.
        content_type: Its media type.
        metadata: Its user metadata.
        checksums: s3_etag, sha1, sha256 and crc32c.
    """

    area: str
    name: str
    etag: str
    content_type: str
    metadata: Mapping[str, str]
    checksums: Mapping[str, str]


class Upload:
    """The Upload service.

    Args:
        context: State and settings that all services share.
        sessions: The temporary credentials of its bucket.
    """

    def __init__(self, context: SandboxContext, sessions: Sessions) -> None:
        self.context = context
        self.sessions = sessions
        self.areas = Table(context.database, "upload_areas", Area)
        self.jobs = Table(context.database, "upload_jobs", Job, key="id name", indexes=("area, name",))
        self.checked = Table(context.database, "upload_checked", Checked, key="area name")
        self._computing = threading.Lock()

    def now(self) -> float:
        """The sandbox's time in seconds since 1970."""
        return self.context.clock.now()

    def authenticate(self, headers: Mapping[str, str]) -> Caller:
        """The sender of a request with the deployment's key.

        Raises:
            Problem: 401; the key is missing or wrong.
        """
        key = headers.get("api-key")
        if key is None or not hmac.compare_digest(key.encode(), api_key(self.context.secrets).encode()):
            reason = "has no Api-Key" if key is None else "has another Api-Key than this deployment's"
            raise Problem(401, "wrong_key", f"The request {reason}")
        return Caller("ingest", frozenset())

    # -- areas

    def area(self, uuid: str) -> str:
        """The UUID of an area; a 404 when it does not exist."""
        if self.areas.get(uuid) is None:
            raise Problem(404, "area_not_found", f"There is no upload area {uuid}")
        return uuid

    def create(self, uuid: str) -> str:
        """Make an area unless it exists, and return its address."""
        self.areas.add_new(Area(uuid))
        return f"s3://{BUCKET}/{uuid}/"

    def delete(self, uuid: str) -> None:
        """Delete an area with its files."""
        with self.context.database.transaction():
            self.areas.remove(uuid=uuid)
            self.jobs.remove(area=uuid)
            self.checked.remove(area=uuid)
        remove_objects(BUCKET, f"{uuid}/")

    def session(self, uuid: str) -> Session:
        """New S3 credentials of an area."""
        seconds = self.context.settings.number("upload.credentials_seconds")
        return self.sessions.issue(BUCKET, f"{uuid}/", seconds)

    def may_write(self, session: Session) -> bool:
        """Whether the area of credentials can be written to at present."""
        return self.areas.get(session.prefix.rstrip("/")) is not None

    # -- files

    def object(self, area: str, name: str) -> MotoObject:
        """A file's object in the bucket; a 404 when it does not exist."""
        self.context.staging.client()
        stored = find_object(BUCKET, f"{area}/{name}") if name else None
        if stored is None:
            raise Problem(404, "file_not_found", f"There is no file {name!r} in upload area {area}")
        return stored

    def objects(self, area: str) -> dict[str, MotoObject]:
        """The objects of an area's files by the files' names."""
        self.context.staging.client()
        prefix = f"{area}/"
        return {stored.name.removeprefix(prefix): stored for stored in objects_below(BUCKET, prefix)}

    def schedule(self, kind: str, area: str, names: Iterable[str], *, wait: bool = True) -> str:
        """Queue a job for files and return its uuid; a new computation of checksums takes the place of the one before.

        Args:
            kind: Its kind.
            area: The area's UUID.
            names: The files' names.
            wait: Whether it takes its time; else it is done at once.
        """
        settings, id, starts = self.context.settings, str(uuids.uuid4()), self.now()
        starts += settings.number("upload.queue_seconds") if wait else 0
        end = starts + (settings.number(f"upload.{kind}_seconds") if wait else 0)
        results = settings.text("upload.validation_results")
        with self.context.database.transaction():
            for name in names:
                if kind == CHECKSUM:
                    self.jobs.remove(kind=kind, area=area, name=name)
                self.jobs.put(Job(id, name, area, kind, starts, end, results))
        return id

    def job(self, kind: str, area: str, name: str) -> Job | None:
        """A file's latest job of a kind; None while there was none."""
        return self.jobs.first(order="rowid DESC", kind=kind, area=area, name=name)

    # -- checksums

    def settle(self, bucket: str, key: str) -> None:
        """Compute an object's checksums if they are due; nothing does in the background."""
        area, _, name = key.partition("/")
        if bucket != BUCKET or not self._is_due(area, name):
            return
        with self._computing:
            if self._is_due(area, name):  # another thread may have just done it
                self._compute(area, name)

    def _is_due(self, area: str, name: str) -> bool:
        job = self.job(CHECKSUM, area, name)
        # Due by the sandbox's time: a test that moves the clock sees every state, and no thread has to wait.
        return job is not None and not job.computed and job.ends <= self.now()

    def _compute(self, area: str, name: str) -> None:
        stored = find_object(BUCKET, f"{area}/{name}")
        if stored is not None:
            with self.context.objects.receive(stored.size) as incoming:
                for block in stored.blocks():
                    incoming.write(block)
            content = incoming.finish()
            self.enter(area, name, stored, {algorithm: getattr(content, algorithm) for algorithm in CHECKSUMS})
        if job := self.job(CHECKSUM, area, name):
            self.jobs.change(job.id, name, computed=True)

    def enter(self, area: str, name: str, stored: MotoObject, checksums: Mapping[str, str]) -> None:
        """Enter a file's checksums, and put them on its object as the tags that the Data Store requests."""
        stored.tag({f"hca-dss-{algorithm}": value for algorithm, value in checksums.items()})
        # With the ETag, as a client may have put other bytes there since: their checksums are not known then.
        self.checked.put(Checked(area, name, stored.etag, stored.content_type, dict(stored.metadata), dict(checksums)))

    def checksums(self, area: str, name: str) -> Mapping[str, str] | None:
        """A file's checksums; None while those of the present object were not computed."""
        self.settle(BUCKET, f"{area}/{name}")
        stored = find_object(BUCKET, f"{area}/{name}")
        checked = self.checked.get(area, name)
        return checked.checksums if stored and checked and checked.etag == stored.etag else None

    # -- life

    def settle_all(self) -> None:
        """Store all files that the service was notified of, so that they outlive the S3 server; if one fails, others are stored."""
        for job in self.jobs.all(kind=CHECKSUM, computed=False):
            try:
                self._compute(job.area, job.name)
            except OSError:
                log.exception("s3://%s/%s/%s isn't kept", BUCKET, job.area, job.name)

    def refill(self) -> None:
        """Put files whose checksums were computed back into the bucket of an S3 server that has just started."""
        for checked in self.checked.all():
            stored = put_file(
                BUCKET,
                f"{checked.area}/{checked.name}",
                self.context.objects.path(checked.checksums["sha256"]),
                etag=checked.checksums["s3_etag"],
                content_type=checked.content_type,
                metadata=checked.metadata,
            )
            self.enter(checked.area, checked.name, stored, checked.checksums)

    def finish(self) -> int:
        """End jobs that are under way and return how many they were."""
        now, database = self.now(), self.context.database
        with database.transaction():
            ended = len({job.id for job in self.jobs.all("ends > ?", now)})
            database.execute("UPDATE upload_jobs SET starts = min(starts, ?), ends = ? WHERE ends > ?", (now, now, now))
        return ended


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
    if len(f"{area}/{name}".encode()) > LONGEST_KEY:
        raise bad_arguments(f"The name of the file is too long: a key of S3 has at most {LONGEST_KEY} bytes")
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
    # Names as they are: unlike /validate, the service decodes none here (so the published client's `%20` finds nothing).
    return Reply([describe(upload, area, name) for name in names])


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
    # As the server named it; its document states UNSCHEDULED.
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


_TITLES = {
    "area_not_found": "Upload area not found",
    "file_not_found": "File not found",
    "wrong_key": "Authentication Error",
}


def upload_service(upload: Upload, document: Mapping[str, Any]) -> Service:
    """The service."""
    return Service(
        name="upload",
        prefix=PREFIX,
        document=document,
        document_path="/swagger.json",
        handlers=handlers_in(document, upload, sys.modules[__name__]),
        authenticate=upload.authenticate,
        error_body=lambda problem: {
            "status": problem.status,
            "title": _TITLES.get(problem.code) or HTTPStatus(problem.status).phrase,
            "detail": problem.title,
        },
        request_id=REQUEST_ID,
    )
