"""Sower: jobs that are dispatched, run for a while by the sandbox's clock, and leave files behind.

Nothing runs in the background: each request to Sower first does what is due.
"""

import csv
import io
import logging
import re
import secrets
import string
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute

from omicsdk.sandbox.gen3.access import Person
from omicsdk.sandbox.gen3.service import VERSION, Asked, json_answer, plain_routes
from omicsdk.sandbox.gen3.storage import BUCKET, PREFIX, Grant, granted
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.state.database import Table
from omicsdk.sandbox.state.settings import Setting

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

log = logging.getLogger("omicsdk.sandbox")

RESOURCE = "/sower"
"""Who may do what is `access` of the service `job` with it may dispatch jobs."""
URL_SECONDS = 3600.0
"""For how long the addresses of files that jobs leave are good."""
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
        delimiter: What stands between columns.
    """

    columns: list[str]
    rows: list[dict[str, str]]
    delimiter: str


def _read_manifest(content: bytes) -> _Manifest:
    """Reads a manifest; its columns are separated by tabs, or by commas where its first line has no tab.

    Args:
        content: Its bytes, UTF-8.

    Raises:
        ValueError: It isn't text, or has no columns.
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
        delimiter: What stands between columns.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", delimiter=delimiter, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def _known(row: Mapping[str, str]) -> dict[str, str]:
    """The known fields of a row under their own names; what is empty isn't there."""
    named = {_FIELD.get(name.lower(), ""): value for name, value in row.items() if value}
    return {name: value for name, value in named.items() if name}


def _several(cell: str) -> list[str]:
    """The values of a cell that may have several, separated by blanks, perhaps in brackets and quotes."""
    parts = (part.strip(_AROUND) for part in _BETWEEN.split(cell.strip().strip("[]")))
    return [part.replace("%20", " ") for part in parts if part]


# -- what jobs do, by the name of their action


class _JobFailed(Exception):
    """A job can't do what it was dispatched for."""


@dataclass(slots=True)
class _Work:
    """A job that is being done.

    Attributes:
        gen3: The commons.
        uid: The job's identity.
        input: What it was dispatched with.
        log: What it tells, line by line.
        left: The storage URLs of the files that it leaves, in the order in which its output names them.
    """

    gen3: "Gen3"
    uid: str
    input: Mapping[str, Any]
    log: list[str] = field(default_factory=list[str])
    left: list[str] = field(default_factory=list[str])

    def leave(self, name: str, content: bytes) -> None:
        """Leaves a file behind."""
        url = f"s3://{BUCKET}/_jobs/{self.uid}/{name}"
        self.gen3.files.put(url, content)
        self.left.append(url)

    def leave_log(self, name: str) -> None:
        """Leaves what was told so far as a file."""
        self.leave(name, "".join(f"{line}\n" for line in self.log).encode())

    def stated(self, name: str) -> str:
        """A text of the input.

        Raises:
            _JobFailed: It isn't there.
        """
        value = self.input.get(name)
        if not isinstance(value, str) or not value:
            raise _JobFailed(f"the input has no {name}")
        return value

    def manifest(self, url: str) -> _Manifest:
        """A manifest in the commons' storage.

        Args:
            url: Its storage URL, or a presigned one.

        Raises:
            _JobFailed: It isn't there, can't be read, or lies elsewhere: the sandbox reaches out to nobody.
        """
        files = self.gen3.files
        stored = files.find(self._storage_url(url))
        if stored is None:
            raise _JobFailed(f"{url} can't be read: manifests must lie in the commons' own storage")
        try:
            return _read_manifest(files.path(stored).read_bytes())
        except ValueError as error:
            raise _JobFailed(f"{url} isn't a manifest: {error}") from error

    def _storage_url(self, url: str) -> str:
        parts = urlsplit(url)
        path = unquote(parts.path)
        if not path.startswith(f"{PREFIX}/"):
            return url
        try:
            return granted(path, self.gen3.grounds.signer.check(path, parts.query)).url
        except Problem as problem:
            raise _JobFailed(f"{url} can't be read: {problem.title}") from problem


def _download_indexd_manifest(work: _Work) -> None:
    """Writes a manifest of all records of the index."""
    rows: list[dict[str, str]] = []
    for record in work.gen3.index.records.listed("1", ()):
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
    """Makes a record of each row of a manifest, or brings the one that is there up to date."""
    manifest = work.manifest(work.stated("URL"))
    replace = bool(work.input.get("replace_urls", True))
    done: list[dict[str, str]] = []
    for number, row in enumerate(manifest.rows, 2):
        try:
            guid = _indexed(work.gen3, _known(row), replace)
        except (_JobFailed, Problem) as error:
            told = error.title if isinstance(error, Problem) else str(error)
            work.log.append(f"ERROR line {number}: {told}")
        else:
            work.log.append(f"INFO line {number}: {guid}")
            done.append({**row, "guid": guid})
    work.leave_log("manifest_indexing.log")
    columns = ["guid", *(name for name in manifest.columns if name.lower() != "guid")]
    work.leave("output_manifest.tsv", _write_manifest(columns, done, "\t"))


def _indexed(gen3: "Gen3", row: Mapping[str, str], replace: bool) -> str:
    if missing := [name for name in ("md5", "size") if name not in row]:
        raise _JobFailed(f"there is no {' and no '.join(missing)}")
    if not row["size"].isdecimal():
        raise _JobFailed(f"size is a number, not {row['size']!r}")
    size, md5 = int(row["size"]), row["md5"].lower()
    given: dict[str, Any] = {name: _several(row[name]) for name in ("urls", "acl", "authz") if name in row}
    if "file_name" in row:
        given["file_name"] = row["file_name"]
    found = gen3.index.kept(row["guid"]) if "guid" in row else None
    if found is None:
        new = {"form": "object", "size": size, "hashes": {"md5": md5}, **given}
        if "guid" in row:
            new["did"] = row["guid"]
        return str(gen3.index.create(new)["did"])
    if found["size"] != size or found["hashes"].get("md5") != md5:
        raise _JobFailed(f"{row['guid']} has another size or md5")
    if "urls" in given and not replace:
        given["urls"] = sorted({*found["urls"], *given["urls"]})
    if any(found[name] != value for name, value in given.items()):
        gen3.index.update(found["did"], given)
    return str(found["did"])


def _ingest_metadata_manifest(work: _Work) -> None:
    """Makes a document of each row of a manifest, or replaces the one that is there."""
    manifest = work.manifest(work.stated("URL"))
    source = work.stated("metadata_source")
    if not any(name.lower() == "guid" for name in manifest.columns):
        raise _JobFailed("the manifest has no column guid")
    for number, row in enumerate(manifest.rows, 2):
        guid = _known(row).get("guid")
        if guid is None:
            work.log.append(f"ERROR line {number}: there is no guid")
            continue
        kind = "indexed_file_object" if work.gen3.index.get(guid) else "metadata_object"
        values = {name: value for name, value in row.items() if name.lower() != "guid"}
        work.gen3.metadata.documents.put(guid, {"_guid_type": kind, source: values})
        work.log.append(f"INFO line {number}: {guid}")


def _merge_manifests(work: _Work) -> None:
    """Merges manifests: rows of the same md5 and size become one, with the values of all."""
    stated: Any = work.input.get("URLS")
    urls = [str(each) for each in cast("list[Any]", stated)] if isinstance(stated, list) else []
    if not urls:
        raise _JobFailed("the input has no URLS")
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
                raise _JobFailed(f"{url}, line {number}: there is no md5")
            united = merged.setdefault((known["md5"].lower(), known.get("size", "")), {})
            for name, value in row.items():
                united[name] = [*dict.fromkeys([*united.get(name, []), *_several(value)])]
    rows = [{name: " ".join(values) for name, values in row.items()} for row in merged.values()]
    work.log.append(f"INFO {len(rows)} rows of {len(urls)} manifests")
    work.leave_log("manifest_merging.log")
    work.leave("output_manifest.txt", _write_manifest(list(columns), rows, delimiter))


def _get_dbgap_metadata(work: _Work) -> None:
    """Would ask dbGaP."""
    del work
    raise _JobFailed("dbGaP isn't asked: the sandbox reaches out to nobody")


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
        owner: Whose it is, a user name.
        name: Its name.
        action: What it does.
        input: With what.
        at: When it was dispatched, in seconds since 1970.
        status: Running, Completed or Failed.
        told: What it says for itself when it has ended.
        files: The storage URLs of the files that it left.
    """

    uid: str
    owner: str
    name: str
    action: str
    input: Mapping[str, Any]
    at: float
    status: str = _RUNNING
    told: str = ""
    files: list[str] = field(default_factory=list[str])


class Sower:
    """Sower's state.

    Args:
        gen3: The commons, in which jobs work.
    """

    def __init__(self, gen3: "Gen3") -> None:
        self._gen3 = gen3
        self._database = gen3.grounds.database
        self._clock = gen3.grounds.clock
        self._lock = threading.Lock()
        gen3.grounds.settings.declare(
            Setting(SECONDS, 2.0, "For how many seconds a job of the Gen3 commons runs before it has done its work.")
        )
        self._jobs = Table(self._database, "gen3_jobs", Job)

    def dispatch(self, owner: str, action: str, input: Mapping[str, Any]) -> Job | None:
        """Begins a job.

        Args:
            owner: Whose it is, a user name.
            action: What it does.
            input: With what.

        Returns:
            The job; None when there is no such action.
        """
        if action not in _ACTIONS:
            return None
        name = f"{action}-{''.join(secrets.choice(string.ascii_lowercase) for _ in range(5))}"
        job = Job(str(uuid.uuid4()), owner, name, action, input, self._clock.now())
        self._jobs.put(job)
        return job

    def find(self, uid: str, owner: str = "") -> Job | None:
        """A job; None when there is none, or it is somebody else's.

        Args:
            uid: Its identity.
            owner: Whose it must be; by default anybody's.
        """
        self.settle()
        return self._jobs.first(uid=uid, owner=owner or None)

    def all_of(self, owner: str) -> list[Job]:
        """Somebody's jobs, as they were dispatched."""
        self.settle()
        return self._jobs.all(order="at, rowid", owner=owner)

    def settle(self) -> None:
        """Does the work of jobs that have run long enough, and forgets jobs that ended long ago."""
        now = self._clock.now()
        self._run(now - self._gen3.grounds.settings.number(SECONDS))
        self._jobs.remove("at < ? AND status <> ?", now - KEPT_SECONDS, _RUNNING)

    def finish(self) -> int:
        """Does the work of all jobs at once and returns how many they were."""
        return self._run(float("inf"))

    def _run(self, before: float) -> int:
        with self._lock:
            due = self._jobs.all("at <= ?", before, order="at, rowid", status=_RUNNING)
            for job in due:
                self._work(job)
        return len(due)

    def _work(self, job: Job) -> None:
        work = _Work(self._gen3, job.uid, job.input)
        status, told = _COMPLETED, ""
        try:
            with self._database.transaction():
                _ACTIONS[job.action](work)
        except _JobFailed as failure:
            status, told = _FAILED, f"{job.action} failed: {failure}"
        except Problem as problem:
            status, told = _FAILED, f"{job.action} failed: {problem.title}"
        except Exception:
            log.exception("job %s failed", job.name)
            status, told = _FAILED, f"{job.action} failed in the sandbox: see its log"
        self._jobs.change(job.uid, status=status, told=told, files=work.left if status == _COMPLETED else [])


# -- addresses


def sower_routes(gen3: "Gen3") -> list[BaseRoute]:
    """The routes.

    Args:
        gen3: The commons.
    """
    return plain_routes(
        gen3,
        {
            "POST /dispatch": _dispatch,
            "GET /status": lambda gen3, asked: json_answer(_told(_asked_job(gen3, asked))),
            "GET /output": _output,
            "GET /list": _list,
            "GET /_status": lambda _gen3, _asked: PlainTextResponse("Healthy"),
            "GET /_version": lambda _gen3, _asked: json_answer({"version": VERSION, "commit": VERSION}),
        },
        # Programs in Go send a refusal's text.
        lambda problem: PlainTextResponse(f"{problem.title}\n", problem.status),
    )


def _dispatch(gen3: "Gen3", asked: Asked) -> Response:
    person = _person(gen3, asked)
    if not person.may("access", RESOURCE, "job"):
        raise Problem(403, "forbidden", f"You need access of the service job to {RESOURCE}")
    sent: object = asked.json()
    if not isinstance(sent, dict):
        raise bad_arguments("The body is an object with action and input")
    body = cast("dict[str, Any]", sent)
    given: Any = body.get("input") or {}
    if not isinstance(given, dict):
        raise bad_arguments("input is an object")
    job = gen3.sower.dispatch(person.name, str(body.get("action")), cast("dict[str, Any]", given))
    # Before its pod is there the status of a job isn't known; an unknown action is answered with null.
    return json_answer(job and {**_told(job), "status": "Unknown"})


def _output(gen3: "Gen3", asked: Asked) -> Response:
    person = _person(gen3, asked)
    job = _asked_job(gen3, asked, person.name)
    urls = [gen3.presigned(asked.origin, Grant("GET", url), URL_SECONDS) for url in job.files]
    return json_answer({"output": " ".join(urls) or job.told})


def _list(gen3: "Gen3", asked: Asked) -> Response:
    return json_answer([_told(job) for job in gen3.sower.all_of(_person(gen3, asked).name)])


def _person(gen3: "Gen3", asked: Asked) -> Person:
    return gen3.access.somebody(asked.headers, Problem(401, "unauthorized", "There is no token"))


def _asked_job(gen3: "Gen3", asked: Asked, owner: str = "") -> Job:
    uid = asked.query.get("UID")
    if not uid:
        raise Problem(300, "missing", "Missing UID argument")
    job = gen3.sower.find(uid, owner)
    if job is None:
        raise Problem(500, "not_found", f"job with jobid {uid} not found")
    return job


def _told(job: Job) -> dict[str, str]:
    return {"uid": job.uid, "name": job.name, "status": job.status}
