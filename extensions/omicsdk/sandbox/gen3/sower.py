"""Sower: jobs that are dispatched, run for a while by the sandbox's clock, and write files.

Nothing runs in the background: each request to Sower first does what is due.
"""

import csv
import io
import secrets
import string
import sys
import threading
import uuid
from dataclasses import dataclass

from omicsdk.sandbox.gen3.access import Access, Person
from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.service import as_object, document_of, gen3_service, refusing
from omicsdk.sandbox.gen3.storage import BUCKET, Files, Grant, presigned
from omicsdk.sandbox.problems import Problem, or_raise
from omicsdk.sandbox.service import Call, Reply, SandboxContext, Service, handlers_in
from omicsdk.sandbox.state.database import Table

# The resource with whose permission `access`, of the service `job`, a user may dispatch jobs.
RESOURCE = "/sower"
# Validity of the addresses of files that jobs leave.
URL_SECONDS = 3600.0
SECONDS = "gen3.job_seconds"
# For how long a job is known after it was dispatched, when it has ended.
KEPT_SECONDS = 1800.0
_RUNNING, _COMPLETED = "Running", "Completed"
# The only action: a manifest of all records of the index.
ACTION = "download-indexd-manifest"
_COLUMNS = ("guid", "urls", "authz", "acl", "md5", "file_size", "file_name")


def _manifest(index: Index) -> bytes:
    """The records of the index, a row for each."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for record in index.records.listed("1", ()):
        lists = (" ".join(record[name]) for name in ("urls", "authz", "acl"))
        writer.writerow((record["did"], *lists, record["hashes"].get("md5"), record["size"], record["file_name"]))
    return out.getvalue().encode()


@dataclass(frozen=True, slots=True)
class Job:
    """A job.

    Attributes:
        uid: Its identity.
        owner: Its owner, a user name.
        name: Its name.
        at: When it was dispatched, in seconds since 1970.
        status: Running or Completed.
    """

    uid: str
    owner: str
    name: str
    at: float
    status: str = _RUNNING

    @property
    def url(self) -> str:
        """The storage URL of the file that it leaves."""
        return f"s3://{BUCKET}/_jobs/{self.uid}/object-manifest.csv"


class Sower:
    """Sower's state.

    Args:
        context: State and settings that all services share.
        access: Users and their tokens.
        files: The contents of the commons' buckets.
        index: The records of files.

    Attributes:
        context: State and settings that all services share.
        access: Users and their tokens.
    """

    def __init__(self, context: SandboxContext, access: Access, files: Files, index: Index) -> None:
        self.context = context
        self.access = access
        self._files = files
        self._index = index
        self._lock = threading.Lock()
        self._jobs = Table(context.database, "gen3_jobs", Job)

    def dispatch(self, owner: str) -> Job:
        """Begin a job.

        Args:
            owner: Its owner, a user name.
        """
        name = f"{ACTION}-{''.join(secrets.choice(string.ascii_lowercase) for _ in range(5))}"
        job = Job(str(uuid.uuid4()), owner, name, self.context.clock.now())
        self._jobs.put(job)
        return job

    def find(self, uid: str, owner: str = "") -> Job | None:
        """A job; None when there is none, or it is another user's.

        Args:
            uid: Its identity.
            owner: Its required owner; by default any user's.
        """
        self.settle()
        return self._jobs.first(uid=uid, owner=owner or None)

    def all_of(self, owner: str) -> list[Job]:
        """A user's jobs, as they were dispatched."""
        self.settle()
        return self._jobs.all(order="at, rowid", owner=owner)

    def settle(self) -> None:
        """Do the work of jobs that have run long enough, and forget jobs that ended long ago."""
        now = self.context.clock.now()
        self._run(now - self.context.settings.number(SECONDS))
        self._jobs.remove("at < ? AND status <> ?", now - KEPT_SECONDS, _RUNNING)

    def finish(self) -> int:
        """Do the work of all jobs at once and return how many they were."""
        return self._run(float("inf"))

    def _run(self, before: float) -> int:
        with self._lock:
            due = self._jobs.all("at <= ?", before, order="at, rowid", status=_RUNNING)
            for job in due:
                self._files.put(job.url, _manifest(self._index))
                self._jobs.change(job.uid, status=_COMPLETED)
        return len(due)


# -- the service

_DOCUMENT = document_of(
    {
        "POST /dispatch": "dispatch_job",
        "GET /status": "get_job_status",
        "GET /output": "get_job_output",
        "GET /list": "list_jobs",
        "GET /_status": "get_status",
        "GET /_version": "get_version",
    }
)


def sower_service(sower: Sower) -> Service:
    """The service.

    Args:
        sower: Its state.
    """
    return gen3_service("job", _DOCUMENT, refusing(handlers_in(_DOCUMENT, sower, sys.modules[__name__]), _refused))


def _refused(problem: Problem) -> Reply:
    # Programs in Go send a refusal's text.
    return Reply(text=f"{problem.title}\n", status=problem.status)


def get_status(_sower: Sower, _call: Call) -> Reply:
    """GET /_status, a text as other programs in Go send it."""
    return Reply(text="Healthy")


def dispatch_job(sower: Sower, call: Call) -> Reply:
    """POST /dispatch."""
    person = _person(sower, call)
    if not person.may("access", RESOURCE, "job"):
        raise Problem(403, "forbidden", f"You need access of the service job to {RESOURCE}")
    if as_object(call.body).get("action") != ACTION:  # an unknown action is answered with null
        return Reply(text="null", headers={"Content-Type": "application/json"})
    job = sower.dispatch(person.name)
    # Before its pod exists the status of a job is unknown.
    return Reply({**_status(job), "status": "Unknown"})


def get_job_status(sower: Sower, call: Call) -> Reply:
    """GET /status."""
    return Reply(_status(_named_job(sower, call)))


def get_job_output(sower: Sower, call: Call) -> Reply:
    """GET /output."""
    job = _named_job(sower, call, _person(sower, call).name)
    signer, grant = sower.context.signer, Grant("GET", job.url)
    is_done = job.status == _COMPLETED
    return Reply({"output": presigned(signer, call.origin, grant, URL_SECONDS) if is_done else ""})


def list_jobs(sower: Sower, call: Call) -> Reply:
    """GET /list."""
    return Reply([_status(job) for job in sower.all_of(_person(sower, call).name)])


def _person(sower: Sower, call: Call) -> Person:
    return sower.access.somebody(call.headers, Problem(401, "unauthorized", "There is no token"))


def _named_job(sower: Sower, call: Call, owner: str = "") -> Job:
    uid = dict(call.query).get("UID")
    if not uid:
        raise Problem(300, "missing", "Missing UID argument")
    return or_raise(sower.find(uid, owner), Problem(500, "not_found", f"job with jobid {uid} not found"))


def _status(job: Job) -> dict[str, str]:
    return {"uid": job.uid, "name": job.name, "status": job.status}
