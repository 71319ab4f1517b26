"""What the Upload service's handlers work on: areas in a bucket of the S3 server, and the switches of the service."""

import hmac
import logging
import threading
import uuid as uuids
from collections.abc import Mapping
from http import HTTPStatus

from omicsdk.sandbox.auth import Caller
from omicsdk.sandbox.problems import Problem, not_found
from omicsdk.sandbox.s3.moto_objects import MotoObject, find_object, objects_below, put_file, remove_objects
from omicsdk.sandbox.s3.sessions import Session, Sessions
from omicsdk.sandbox.service import Grounds
from omicsdk.sandbox.state.credentials import Secrets
from omicsdk.sandbox.state.objects import CHECKSUMS, StoredObject
from omicsdk.sandbox.state.settings import Setting
from omicsdk.sandbox.upload.store import Area, Checked, Job, UploadStore

log = logging.getLogger("omicsdk.sandbox")

STAGE = "sandbox"
"""The deployment stage that areas' addresses name."""
BUCKET_TEMPLATE = "org-humancellatlas-upload-{deployment_stage}"
BUCKET = BUCKET_TEMPLATE.format(deployment_stage=STAGE)

SETTINGS = (
    Setting("upload.credentials_seconds", 3600, "for how long an area's S3 credentials are good, in seconds"),
    Setting("upload.queue_seconds", 1.0, "how long checksums and validations wait for their turn, in seconds"),
    Setting("upload.checksum_seconds", 1.0, "how long the checksums of a file take, in seconds"),
    Setting("upload.validation_seconds", 1.0, "how long a validation takes, in seconds"),
    Setting(
        "upload.validation_results",
        '{"validation_state": "VALID", "validation_errors": []}',
        "what validators print",
    ),
    Setting("upload.delete_seconds", 1.0, "how long the deletion of an area takes, in seconds"),
    Setting("upload.locked", False, "whether all areas are locked, so that nobody can write to them"),
)
_TITLES = {
    "area_not_found": "Upload area not found",
    "file_not_found": "File not found",
    "area_locked": "Upload area is locked",
    "wrong_key": "Authentication Error",
}


def error_body(problem: Problem) -> dict[str, object]:
    """A refusal in the service's shape."""
    title = _TITLES.get(problem.code) or HTTPStatus(problem.status).phrase
    return {"status": problem.status, "title": title, "detail": problem.title}


def api_key(secrets: Secrets) -> str:
    """The deployment's `Api-Key`, which makes areas, deletes them and has files stored and validated."""
    return secrets.derived("upload")


class Upload:
    """The Upload service.

    Args:
        grounds: What it stands on.
        sessions: The temporary credentials of its bucket.
    """

    def __init__(self, grounds: Grounds, sessions: Sessions) -> None:
        self.grounds = grounds
        self.sessions = sessions
        self.store = UploadStore(grounds.database, grounds.clock.now)
        grounds.settings.declare(*SETTINGS)
        self._computing = threading.Lock()

    def now(self) -> float:
        """The sandbox's time in seconds since 1970."""
        return self.grounds.clock.now()

    def authenticate(self, headers: Mapping[str, str]) -> Caller:
        """Who sent a request with the deployment's key.

        Raises:
            Problem: 401; there is no key, or another one.
        """
        key = headers.get("api-key")
        if key is None or not hmac.compare_digest(key.encode(), api_key(self.grounds.secrets).encode()):
            said = "has no Api-Key" if key is None else "has another Api-Key than this deployment's"
            raise Problem(401, "wrong_key", f"The request {said}")
        return Caller("ingest", frozenset())

    # -- areas

    def area(self, uuid: str) -> Area:
        """An area; a 404 when it isn't there or was deleted."""
        found = self.store.area(uuid)
        if found is None:
            raise Problem(404, "area_not_found", f"There is no upload area {uuid}")
        return found

    def lasting_area(self, uuid: str) -> Area:
        """An area that nobody deletes; a 404 when it isn't there, a 423 when it is being deleted."""
        found = self.area(uuid)
        if found.gone is not None:
            raise Problem(423, "area_locked", f"Upload area {uuid} is being deleted")
        return found

    def open_area(self, uuid: str) -> Area:
        """An area that can be written to; a 404 when it isn't there, a 423 when it is locked or being deleted."""
        found = self.lasting_area(uuid)
        if found.locked or self.grounds.settings.flag("upload.locked"):
            raise Problem(423, "area_locked", f"Upload area {uuid} is locked")
        return found

    def create(self, uuid: str) -> str:
        """Makes an area unless it is there, and returns its address."""
        if self.store.area(uuid) is None:
            self.store.put_area(uuid)
        self.lasting_area(uuid)
        return f"s3://{BUCKET}/{uuid}/"

    def delete(self, uuid: str) -> None:
        """Empties an area at once; it counts as existing until the time that this would take is over."""
        gone = self.now() + self.grounds.settings.number("upload.delete_seconds")
        self.store.delete_area(uuid, gone)
        remove_objects(BUCKET, f"{uuid}/")

    def session(self, uuid: str) -> Session:
        """New S3 credentials of an area."""
        seconds = self.grounds.settings.number("upload.credentials_seconds")
        return self.sessions.issue(BUCKET, f"{uuid}/", seconds)

    def may_write(self, session: Session) -> bool:
        """Whether the area of credentials can be written to at present."""
        found = self.store.area(session.prefix.rstrip("/"))
        locked = found is None or found.locked or found.gone is not None
        return not locked and not self.grounds.settings.flag("upload.locked")

    # -- files

    def object(self, area: str, name: str) -> MotoObject:
        """A file's object in the bucket; a 404 when it isn't there."""
        self.grounds.staging.client()
        found = find_object(BUCKET, f"{area}/{name}") if name else None
        if found is None:
            raise Problem(404, "file_not_found", f"There is no file {name!r} in upload area {area}")
        return found

    def objects(self, area: str) -> dict[str, MotoObject]:
        """The objects of an area's files by the files' names."""
        self.grounds.staging.client()
        prefix = f"{area}/"
        return {found.name.removeprefix(prefix): found for found in objects_below(BUCKET, prefix)}

    def schedule(self, area: str, name: str) -> Job:
        """Queues the computation of a file's checksums."""
        job = self.new_job(area, self.grounds.settings.number("upload.checksum_seconds"))
        self.store.put_job(job, name)
        return job

    def new_job(self, area: str, seconds: float) -> Job:
        """A job that takes so many seconds once it has left the queue."""
        starts = self.now() + self.grounds.settings.number("upload.queue_seconds")
        return Job(str(uuids.uuid4()), area, starts, starts + seconds)

    # -- checksums

    def settle(self, bucket: str, key: str) -> None:
        """Computes an object's checksums if they are due; nothing does in the background."""
        area, _, name = key.partition("/")
        if bucket != BUCKET or not self.store.is_due(area, name):
            return
        with self._computing:
            if self.store.is_due(area, name):  # nobody else has just done it
                self._compute(area, name)

    def _compute(self, area: str, name: str) -> None:
        found = find_object(BUCKET, f"{area}/{name}")
        if found is None:
            self.store.mark_computed(area, name)
            return
        with self.grounds.objects.receive(found.size) as incoming:
            for block in found.blocks():
                incoming.write(block)
        self.keep(area, name, found, incoming.finish())

    def keep(self, area: str, name: str, found: MotoObject, content: StoredObject) -> None:
        """Enters the checksums of a file whose contents have been stored."""
        self.enter(area, name, found, {each: getattr(content, each) for each in CHECKSUMS})

    def enter(self, area: str, name: str, found: MotoObject, checksums: Mapping[str, str]) -> None:
        """Enters a file's checksums, and puts them on its object as the tags that the Data Store asks for."""
        found.tag({f"hca-dss-{each}": value for each, value in checksums.items()})
        self.store.put_checked(area, Checked(name, found.etag, found.content_type, found.metadata, checksums))

    def checksums(self, area: str, name: str) -> Mapping[str, str] | None:
        """A file's checksums; None while nobody has computed those of what is there now."""
        self.settle(BUCKET, f"{area}/{name}")
        found = find_object(BUCKET, f"{area}/{name}")
        checked = self.store.checked_file(area, name)
        return checked.checksums if found and checked and checked.etag == found.etag else None

    # -- life

    def settle_all(self) -> None:
        """Keeps all files that the service was told of, so that they outlive the S3 server; whatever fails, others are kept."""
        for area, name in self.store.uncomputed():
            try:
                self._compute(area, name)
            except OSError:
                log.exception("s3://%s/%s/%s isn't kept", BUCKET, area, name)

    def refill(self) -> None:
        """Puts files whose checksums were computed back into the bucket of an S3 server that has just started."""
        for area in self.store.areas():
            for checked in self.store.checked(area).values():
                self._put_back(area, checked)

    def _put_back(self, area: str, checked: Checked) -> None:
        sha256 = checked.checksums["sha256"]
        if self.grounds.objects.get(sha256) is None:  # the checksums are a job's that somebody else did
            return
        found = put_file(
            BUCKET,
            f"{area}/{checked.name}",
            self.grounds.objects.path(sha256),
            etag=checked.checksums["s3_etag"],
            content_type=checked.content_type,
            metadata=checked.metadata,
        )
        self.enter(area, checked.name, found, checked.checksums)

    def finish(self) -> int:
        """Ends jobs and deletions that are under way and returns how many they were."""
        return self.store.finish()


def no_such_job(kind: str, id: str) -> Problem:
    """A 404 for a job that isn't there."""
    return not_found(f"There is no {kind} {id} in this upload area")
