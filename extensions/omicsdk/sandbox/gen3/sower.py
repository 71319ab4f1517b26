"""Sower: jobs that are dispatched, run for a while by the sandbox's clock, and write files.

Nothing runs in the background: each request to Sower first does what is due.
"""

import csv
import io
import re
import secrets
import string
import sys
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from omicsdk.core.logs import logger
from omicsdk.sandbox.gen3.access import Access, Person
from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.metadata.documents import Documents
from omicsdk.sandbox.gen3.service import VERSION, document_of, gen3_service, refusing
from omicsdk.sandbox.gen3.storage import BUCKET, PREFIX, Files, Grant, granted, presigned
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.service import Call, Reply, SandboxContext, Service, handlers_in
from omicsdk.sandbox.state.database import Table
from omicsdk.sandbox.state.settings import Setting

log = logger("omicsdk.sandbox")

RESOURCE = "/sower"
"""The resource with whose permission `access`, of the service `job`, a user may dispatch jobs."""
URL_SECONDS = 3600.0
"""Validity of the addresses of files that jobs leave."""
SECONDS = "gen3.job_seconds"
KEPT_SECONDS = 1800.0
"""For how long a job is known after it was dispatched, when it has ended."""
_RUNNING, _COMPLETED, _FAILED = "Running", "Completed", "Failed"
_OBJECT_COLUMNS = ("guid", "urls", "authz", "acl", "md5", "file_size", "file_name")
_NAMES: Mapping[str, tuple[str, ...]] = {
    "guid": ("guid",),
    "file_name": ("filename", "file_name"),
    "size": ("size", "filesize", "file_size", "s3_file_size", "gs_file_size"),
    "md5": ("md5", "md5_hash", "md5hash", "hash", "md5sum", "file_md5sum"),
    "acl": ("acl", "acls"),
    "urls": ("url", "urls", "s3_path", "gs_path", "aws_uri", "gcp_uri"),
    "authz": ("authz",),
}
"""Columns, and how they may be called, in any case."""
_FIELD = {name: field for field, names in _NAMES.items() for name in names}
_AROUND = "[]\"'"
_BETWEEN = re.compile(r"[\s,]+")


# -- manifests of objects as jobs read and write them


@dataclass(frozen=True, slots=True)
class _Manifest:
    """A manifest.

    Attributes:
        columns: Its columns as they are called in it.
        rows: Its rows by these columns.
        delimiter: Separator of columns.
    """

    columns: list[str]
    rows: list[dict[str, str]]
    delimiter: str


def _read_manifest(content: bytes) -> _Manifest:
    """Read a manifest; its columns are separated by tabs, or by commas where its first line has no tab.

    Args:
        content: Its bytes, UTF-8.

    Raises:
        ValueError: It is not text, or has no columns.
    """
    text = content.decode("utf-8-sig")
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = [name.strip() for name in reader.fieldnames or ()]
    if not columns:
        raise ValueError("the manifest is empty")
    reader.fieldnames = columns
    rows = [{name: (row.get(name) or "").strip() for name in columns} for row in reader]
    return _Manifest(columns, rows, delimiter)


def _write_manifest(columns: Sequence[str], rows: Iterable[Mapping[str, str]], delimiter: str) -> bytes:
    """The bytes of a manifest.

    Args:
        columns: Its columns.
        rows: Its rows; of what they lack the cell is empty.
        delimiter: Separator of columns.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", delimiter=delimiter, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _known(row: Mapping[str, str]) -> dict[str, str]:
    """The known fields of a row under their own names; what is empty does not exist."""
    named = {_FIELD.get(name.lower(), ""): value for name, value in row.items() if value}
    return {name: value for name, value in named.items() if name}


def _several(cell: str) -> list[str]:
    """The values of a cell that may have several, separated by blanks, perhaps in brackets and quotes."""
    parts = (part.strip(_AROUND) for part in _BETWEEN.split(cell.strip().strip("[]")))
    return [part.replace("%20", " ") for part in parts if part]


# -- what jobs do, by the name of their action


@dataclass(slots=True)
class _Work:
    """A job that is being done.

    Attributes:
        sower: Sower's state.
        uid: The job's identity.
        input: Its input.
        log: Its output, line by line.
        left: The storage URLs of the files that it leaves, in the order in which its output names them.
    """

    sower: "Sower"
    uid: str
    input: Mapping[str, Any]
    log: list[str] = field(default_factory=list[str])
    left: list[str] = field(default_factory=list[str])

    def leave(self, name: str, content: bytes) -> None:
        """Write a file."""
        url = f"s3://{BUCKET}/_jobs/{self.uid}/{name}"
        self.sower.files.put(url, content)
        self.left.append(url)

    def leave_log(self, name: str) -> None:
        """Write the output so far as a file."""
        self.leave(name, "".join(f"{line}\n" for line in self.log).encode())

    def stated(self, name: str) -> str:
        """A text of the input.

        Raises:
            Problem: It does not exist.
        """
        value = self.input.get(name)
        if not isinstance(value, str) or not value:
            raise bad_arguments(f"the input has no {name}")
        return value

    def manifest(self, url: str) -> _Manifest:
        """A manifest in the commons' storage.

        Args:
            url: Its storage URL, or a presigned one.

        Raises:
            Problem: It does not exist, cannot be read, or is not local: the sandbox sends no requests to other hosts.
        """
        files = self.sower.files
        stored = files.find(self._storage_url(url))
        if stored is None:
            raise bad_arguments(f"{url} can't be read: manifests must lie in the commons' own storage")
        try:
            return _read_manifest(files.path(stored).read_bytes())
        except ValueError as error:
            raise bad_arguments(f"{url} isn't a manifest: {error}") from error

    def _storage_url(self, url: str) -> str:
        parts = urlsplit(url)
        path = unquote(parts.path)
        if not path.startswith(f"{PREFIX}/"):
            return url
        try:
            return granted(path, self.sower.context.signer.check(path, parts.query)).url
        except Problem as problem:
            raise bad_arguments(f"{url} can't be read: {problem.title}") from problem


def _download_indexd_manifest(work: _Work) -> None:
    """Write a manifest of all records of the index."""
    rows: list[dict[str, str]] = []
    for record in work.sower.index.records.listed("1", ()):
        rows.append(
            {
                "guid": record["did"],
                "urls": " ".join(record["urls"]),
                "authz": " ".join(record["authz"]),
                "acl": " ".join(record["acl"]),
                "md5": record["hashes"].get("md5", ""),
                "file_size": "" if record["size"] is None else str(record["size"]),
                "file_name": record["file_name"] or "",
            }
        )
    work.leave("object-manifest.csv", _write_manifest(_OBJECT_COLUMNS, rows, ","))


def _index_object_manifest(work: _Work) -> None:
    """Make a record of each row of a manifest, or brings the one that exists up to date."""
    manifest = work.manifest(work.stated("URL"))
    replace = bool(work.input.get("replace_urls", True))
    done: list[dict[str, str]] = []
    for number, row in enumerate(manifest.rows, 2):
        try:
            guid = _indexed(work.sower.index, _known(row), replace)
        except Problem as problem:
            work.log.append(f"ERROR line {number}: {problem.title}")
        else:
            work.log.append(f"INFO line {number}: {guid}")
            done.append({**row, "guid": guid})
    work.leave_log("manifest_indexing.log")
    columns = ["guid", *(name for name in manifest.columns if name.lower() != "guid")]
    work.leave("output_manifest.tsv", _write_manifest(columns, done, "\t"))


def _indexed(index: Index, row: Mapping[str, str], replace: bool) -> str:
    if missing := [name for name in ("md5", "size") if name not in row]:
        raise bad_arguments(f"there is no {' and no '.join(missing)}")
    if not row["size"].isdecimal():
        raise bad_arguments(f"size is a number, not {row['size']!r}")
    size, md5 = int(row["size"]), row["md5"].lower()
    given: dict[str, Any] = {name: _several(row[name]) for name in ("urls", "acl", "authz") if name in row}
    if "file_name" in row:
        given["file_name"] = row["file_name"]
    found = index.kept(row["guid"]) if "guid" in row else None
    if found is None:
        new = {"form": "object", "size": size, "hashes": {"md5": md5}, **given}
        if "guid" in row:
            new["did"] = row["guid"]
        return str(index.create(new)["did"])
    if found["size"] != size or found["hashes"].get("md5") != md5:
        raise bad_arguments(f"{row['guid']} has another size or md5")
    if "urls" in given and not replace:
        given["urls"] = sorted({*found["urls"], *given["urls"]})
    if any(found[name] != value for name, value in given.items()):
        index.update(found["did"], given)
    return str(found["did"])


def _ingest_metadata_manifest(work: _Work) -> None:
    """Make a document of each row of a manifest, or replace the one that exists."""
    manifest = work.manifest(work.stated("URL"))
    source = work.stated("metadata_source")
    if not any(name.lower() == "guid" for name in manifest.columns):
        raise bad_arguments("the manifest has no column guid")
    for number, row in enumerate(manifest.rows, 2):
        guid = _known(row).get("guid")
        if guid is None:
            work.log.append(f"ERROR line {number}: there is no guid")
            continue
        kind = "indexed_file_object" if work.sower.index.get(guid) else "metadata_object"
        values = {name: value for name, value in row.items() if name.lower() != "guid"}
        work.sower.documents.put(guid, {"_guid_type": kind, source: values})
        work.log.append(f"INFO line {number}: {guid}")


def _merge_manifests(work: _Work) -> None:
    """Merge manifests: rows of the same md5 and size become one, with the values of all."""
    stated: Any = work.input.get("URLS")
    urls = [str(each) for each in cast("list[Any]", stated)] if isinstance(stated, list) else []
    if not urls:
        raise bad_arguments("the input has no URLS")
    merged: dict[tuple[str, str], dict[str, list[str]]] = {}
    columns: dict[str, None] = {}
    delimiter = "\t"
    for url in urls:
        manifest = work.manifest(url)
        delimiter = manifest.delimiter
        columns.update(dict.fromkeys(manifest.columns))
        for number, row in enumerate(manifest.rows, 2):
            known = _known(row)
            if "md5" not in known:
                raise bad_arguments(f"{url}, line {number}: there is no md5")
            united = merged.setdefault((known["md5"].lower(), known.get("size", "")), {})
            for name, value in row.items():
                united[name] = [*dict.fromkeys([*united.get(name, []), *_several(value)])]
    rows = [{name: " ".join(values) for name, values in row.items()} for row in merged.values()]
    work.log.append(f"INFO {len(rows)} rows of {len(urls)} manifests")
    work.leave_log("manifest_merging.log")
    work.leave("output_manifest.txt", _write_manifest(list(columns), rows, delimiter))


def _get_dbgap_metadata(work: _Work) -> None:
    """Stands for a request to dbGaP."""
    del work
    raise bad_arguments("dbGaP is not requested: the sandbox sends no requests to other hosts")


_ACTIONS: Mapping[str, Callable[[_Work], None]] = {
    "download-indexd-manifest": _download_indexd_manifest,
    "index-object-manifest": _index_object_manifest,
    "ingest-metadata-manifest": _ingest_metadata_manifest,
    "merge-manifests": _merge_manifests,
    "get-dbgap-metadata": _get_dbgap_metadata,
}


# -- the jobs


@dataclass(frozen=True, slots=True)
class Job:
    """A job.

    Attributes:
        uid: Its identity.
        owner: Its owner, a user name.
        name: Its name.
        action: Its action.
        input: With what.
        at: When it was dispatched, in seconds since 1970.
        status: Running, Completed or Failed.
        result: Its result when it has ended.
        files: The storage URLs of the files that it left.
    """

    uid: str
    owner: str
    name: str
    action: str
    input: Mapping[str, Any]
    at: float
    status: str = _RUNNING
    result: str = ""
    files: list[str] = field(default_factory=list[str])


class Sower:
    """Sower's state.

    Args:
        context: State and settings that all services share.
        access: Users and their tokens.
        files: The contents of the commons' buckets.
        index: The records of files.
        documents: The metadata service's documents.
    """

    def __init__(
        self, context: SandboxContext, access: Access, files: Files, index: Index, documents: Documents
    ) -> None:
        self.context = context
        self.access = access
        self.files = files
        self.index = index
        self.documents = documents
        self._lock = threading.Lock()
        context.settings.declare(
            Setting(SECONDS, 2.0, "For how many seconds a job of the Gen3 commons runs before it has done its work.")
        )
        self._jobs = Table(context.database, "gen3_jobs", Job)

    def dispatch(self, owner: str, action: str, input: Mapping[str, Any]) -> Job | None:
        """Begin a job.

        Args:
            owner: Its owner, a user name.
            action: Its action.
            input: With what.

        Returns:
            The job; None when there is no such action.
        """
        if action not in _ACTIONS:
            return None
        name = f"{action}-{''.join(secrets.choice(string.ascii_lowercase) for _ in range(5))}"
        job = Job(str(uuid.uuid4()), owner, name, action, input, self.context.clock.now())
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
                self._work(job)
        return len(due)

    def _work(self, job: Job) -> None:
        work = _Work(self, job.uid, job.input)
        status, result = _COMPLETED, ""
        try:
            with self.context.database.transaction():
                _ACTIONS[job.action](work)
        except Problem as problem:
            status, result = _FAILED, f"{job.action} failed: {problem.title}"
        except Exception:
            log.exception("job %s failed", job.name)
            status, result = _FAILED, f"{job.action} failed in the sandbox: see its log"
        self._jobs.change(job.uid, status=status, result=result, files=work.left if status == _COMPLETED else [])


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
    return gen3_service(
        "job",
        _DOCUMENT,
        refusing(handlers_in(_DOCUMENT, sower, sys.modules[__name__]), _refused),
        responses={"get_status": Reply(text="Healthy"), "get_version": Reply({"version": VERSION, "commit": VERSION})},
    )


def _refused(problem: Problem) -> Reply:
    # Programs in Go send a refusal's text.
    return Reply(text=f"{problem.title}\n", status=problem.status)


def dispatch_job(sower: Sower, call: Call) -> Reply:
    """POST /dispatch."""
    person = _person(sower, call)
    if not person.may("access", RESOURCE, "job"):
        raise Problem(403, "forbidden", f"You need access of the service job to {RESOURCE}")
    if not isinstance(call.body, dict):
        raise bad_arguments("The body is an object with action and input")
    body = cast("dict[str, Any]", call.body)
    given: Any = body.get("input") or {}
    if not isinstance(given, dict):
        raise bad_arguments("input is an object")
    job = sower.dispatch(person.name, str(body.get("action")), cast("dict[str, Any]", given))
    if job is None:  # an unknown action is answered with null
        return Reply(text="null", headers={"Content-Type": "application/json"})
    # Before its pod exists the status of a job is unknown.
    return Reply({**_status(job), "status": "Unknown"})


def get_job_status(sower: Sower, call: Call) -> Reply:
    """GET /status."""
    return Reply(_status(_named_job(sower, call)))


def get_job_output(sower: Sower, call: Call) -> Reply:
    """GET /output."""
    job = _named_job(sower, call, _person(sower, call).name)
    signer = sower.context.signer
    urls = [presigned(signer, call.origin, Grant("GET", url), URL_SECONDS) for url in job.files]
    return Reply({"output": " ".join(urls) or job.result})


def list_jobs(sower: Sower, call: Call) -> Reply:
    """GET /list."""
    return Reply([_status(job) for job in sower.all_of(_person(sower, call).name)])


def _person(sower: Sower, call: Call) -> Person:
    return sower.access.somebody(call.headers, Problem(401, "unauthorized", "There is no token"))


def _named_job(sower: Sower, call: Call, owner: str = "") -> Job:
    uid = dict(call.query).get("UID")
    if not uid:
        raise Problem(300, "missing", "Missing UID argument")
    job = sower.find(uid, owner)
    if job is None:
        raise Problem(500, "not_found", f"job with jobid {uid} not found")
    return job


def _status(job: Job) -> dict[str, str]:
    return {"uid": job.uid, "name": job.name, "status": job.status}
