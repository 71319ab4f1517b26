"""Portals: the GDC, ENA with its reports and files, the SRA's data locator (SDL), NCBI's E-utilities, and Zenodo.

They have no documents of the sandbox: each answers the requests that searches and downloads need, and refuses others. They were made from the portals'
descriptions; no real server was compared with them.
"""

import csv
import io
import json
import re
import uuid as uuids
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.types import Receive, Scope, Send

from omicsdk.sandbox.dss.seeds import files_below
from omicsdk.sandbox.problems import Problem, not_found, or_raise
from omicsdk.sandbox.routing import headers_of, origin
from omicsdk.sandbox.service import SandboxContext, grouped
from omicsdk.sandbox.state.database import Table
from omicsdk.sandbox.state.objects import StoredObject
from omicsdk.sandbox.state.presigned import StorageServer

GDC_PREFIX, ENA_PREFIX, SDL_PREFIX, EUTILS_PREFIX, ZENODO_PREFIX = "/gdc", "/ena", "/sdl/2", "/eutils", "/zenodo/api"
# Kinds of files of a run, each with its folder below /vol1: those that ENA made, those that were submitted, and the
# SRA's archive.
FOLDERS = {"fastq": "fastq", "submitted": "run", "sra": "srr"}
_REPORTED = tuple(f"{kind}_{what}" for kind in FOLDERS for what in ("ftp", "md5", "bytes"))
# Columns of a report that the sandbox states the same of all runs, but the layout.
_DESCRIBED = {
    "experiment_accession": "",
    "sample_accession": "",
    "scientific_name": "Homo sapiens",
    "library_layout": "PAIRED",
    "library_strategy": "RNA-Seq",
    "library_source": "TRANSCRIPTOMIC",
    "instrument_model": "Illumina NovaSeq 6000",
    "library_name": "",
    "sample_title": "",
    **dict.fromkeys(("bam_ftp", "bam_md5", "bam_bytes"), ""),
}
_FIELDS = ("run_accession", "study_accession", *_DESCRIBED, *_REPORTED)
_STUDY_FIELDS = ("study_accession", "study_title", "description", "scientific_name")
_OF_RUNS = f"kind IN ({', '.join(map(repr, FOLDERS))})"
_OF_PROJECT = "cases.project.project_id"
# The project of the GDC's files, with the name of a program whose projects clients recognise.
_PROJECT = "TCGA-SANDBOX"
_ACCESSION = re.compile(r"(PRJ[A-Z]{2}|[EDS]R[A-Z]|SAM[A-Z]{1,3})\d+")
# Files in a response of the GDC that states no size.
_GDC_SIZE = 10
# The folder whose files need a token when it is added to the GDC.
_CONTROLLED = "controlled"


@dataclass(frozen=True, slots=True)
class PortalFile:
    """A file of a portal.

    Attributes:
        kind: gdc, zenodo, or a key of FOLDERS.
        id: Its UUID at the GDC, the accession of its run, or the number of its record.
        name: Its name; at the GDC that of its list.
        study: The accession of the run's study, or the title of the record; empty at the GDC.
        md5: Its MD5 in hexadecimal digits.
        size: Its size in bytes.
        blob: Its contents in the object store.
        controlled: Whether the GDC gives it with a token only.
    """

    kind: str
    id: str
    name: str
    study: str
    md5: str
    size: int
    blob: str
    controlled: bool = False


class Portals:
    """The files of the portals.

    Args:
        context: State and settings that all services share.
    """

    def __init__(self, context: SandboxContext) -> None:
        self.context = context
        self.files = Table(context.database, "portal_files", PortalFile, key="kind id name")

    def add_gdc(self, name: str, content: StoredObject, id: str = "", *, controlled: bool = False) -> str:
        """Add a file of the GDC.

        Args:
            name: Its name.
            content: Its contents.
            id: Its UUID; by default a new one.
            controlled: Whether it needs a token.

        Returns:
            Its UUID.
        """
        id = id or str(uuids.uuid4())
        self._put("gdc", id, name, "", content, controlled=controlled)
        return id

    def add_run(self, run: str, study: str, files: Iterable[tuple[str, str, StoredObject]]) -> None:
        """Add a run of ENA and the SRA.

        Args:
            run: Its accession.
            study: The accession of its study.
            files: The kind, name and contents of each of its files.
        """
        for kind, name, content in files:
            self._put(kind, run, name, study, content)

    # Rows have the MD5, which the portals state in their lists: it is computed once, when a file is added.
    def _put(
        self, kind: str, id: str, name: str, study: str, content: StoredObject, *, controlled: bool = False
    ) -> None:
        md5 = self.context.objects.md5(content.sha256)
        self.files.put(PortalFile(kind, id, name, study, md5, content.size, content.sha256, controlled))

    def add_to_gdc(self, folder: Path) -> dict[str, Any]:
        """Add the files of a folder to the GDC; those below a folder `controlled` need a token.

        Args:
            folder: The folder.

        Returns:
            The UUID of each file.
        """
        ids: dict[str, str] = {}
        with self.context.database.transaction():
            for name, path in files_below(folder):
                above, _, last = name.rpartition("/")
                content = self.context.objects.put_file(path)
                ids[name] = self.add_gdc(last, content, controlled=_CONTROLLED in above.split("/"))
        return {"files": ids}

    def add_to_ena(self, folder: Path) -> dict[str, Any]:
        """Add a folder to ENA and the SRA as a study: each folder in it is a run, and so are its own files.

        Files of names in .fastq.gz are what ENA made of the run and are named by its accession, one in .sra is its archive, and
        others were submitted.

        Args:
            folder: The folder.

        Returns:
            The accession of the study, and those of the runs by folder.
        """
        by_run: dict[str, list[tuple[str, Path]]] = {}
        for name, path in files_below(folder):
            above, inside = name.split("/", 1) if "/" in name else ("", name)
            by_run.setdefault(above, []).append((inside, path))
        runs: dict[str, str] = {}
        with self.context.database.transaction():
            study = f"PRJEB{1 + self._count('study')}"
            for above, files in by_run.items():
                runs[above] = run = f"ERR{1 + self._count('id'):07}"
                self.add_run(run, study, self._of_run(run, files))
        return {"study": study, "runs": runs}

    def add_to_zenodo(self, folder: Path) -> dict[str, Any]:
        """Add a folder to Zenodo as a record of its name.

        Args:
            folder: The folder.

        Returns:
            The number of the record and its DOI.
        """
        with self.context.database.transaction():
            record = str(1 + self._count("id", "kind = 'zenodo'"))
            for name, path in files_below(folder):
                content = self.context.objects.put_file(path)
                self._put("zenodo", record, name, folder.name, content)
        return {"record": record, "doi": _doi(record)}

    def _count(self, column: str, where: str = _OF_RUNS) -> int:
        row = self.context.database.row(f"SELECT count(DISTINCT {column}) AS n FROM portal_files WHERE {where}")  # noqa: S608 - our own texts
        return row["n"] if row else 0

    def _of_run(self, run: str, files: Sequence[tuple[str, Path]]) -> Iterable[tuple[str, str, StoredObject]]:
        fastq_names = [name for name, _ in files if name.endswith(".fastq.gz")]
        for name, path in files:
            content = self.context.objects.put_file(path)
            # ENA names its files by the run, whatever they were called when they were submitted.
            if name in fastq_names:
                number = f"_{1 + fastq_names.index(name)}" if len(fastq_names) > 1 else ""
                yield "fastq", f"{run}{number}.fastq.gz", content
            elif name.endswith(".sra"):
                yield "sra", run, content
            else:
                yield "submitted", name, content

    def routes(self) -> list[BaseRoute]:
        """The routes of all portals."""
        served = {GDC_PREFIX: _Gdc, ENA_PREFIX: _Ena, SDL_PREFIX: _Sdl, EUTILS_PREFIX: _Eutils, ZENODO_PREFIX: _Zenodo}
        return [Mount(prefix, app=kind(self)) for prefix, kind in served.items()]


class _Portal(StorageServer):
    """A portal's requests; refusals are JSON with a message."""

    def __init__(self, portals: Portals) -> None:
        super().__init__(portals.context.objects, portals.context.signer)
        self.portals = portals

    def refusal(self, problem: Problem) -> tuple[str, bytes]:
        return "application/json", json.dumps({"message": problem.title}).encode()

    async def response(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        file = await run_sync(self.file, scope, path)
        if file is None:
            sent = await Request(scope, receive).body()
            await (await run_sync(self.asked, scope, path, sent))(scope, receive, send)
            return
        # The MD5 is in hexadecimal digits, as the GDC sends it; the RFC states Base64.
        headers = {"Content-Disposition": f"attachment; filename={file.name}", "Content-MD5": file.md5}
        await self.give(scope, send, self.objects.get(file.blob), headers, etag=file.md5)

    def file(self, scope: Scope, path: str) -> PortalFile | None:
        """The file of a request; None where it asks for something else. Raises a Problem where it is refused."""
        del scope, path
        return None

    def asked(self, scope: Scope, path: str, sent: bytes) -> Response:
        """The response to a request that is not for a file's bytes. Raises a Problem where it is refused."""
        del sent
        raise not_found(f"There is no {scope['method']} {path}")


def _holds(query: str, condition: Callable[[str], bool]) -> bool:
    """Whether conditions hold, of which those with OR between them are alternatives, in brackets between AND."""
    alternatives = (part.strip().strip("()").split(" OR ") for part in query.split(" AND "))
    return all(any(map(condition, some)) for some in alternatives)


def _query(scope: Scope) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()}


def _table(rows: Iterable[Mapping[str, object]], columns: Sequence[str], name: str) -> Response:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, dialect="excel-tab", lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return PlainTextResponse(text.getvalue(), headers=headers, media_type="text/tab-separated-values")


class _Gdc(_Portal):
    """GET /data/UUID, GET and POST /files with a filter of ids or the project, as JSON or as a manifest, and GET /projects."""

    def file(self, scope: Scope, path: str) -> PortalFile | None:
        if scope["method"] != "GET" or not path.startswith("/data/"):
            return None
        file = or_raise(self.portals.files.first(kind="gdc", id=path.removeprefix("/data/")), not_found("Not found"))
        if file.controlled:
            try:
                self.portals.context.tokens.caller(f"Bearer {headers_of(scope).get('x-auth-token', '')}")
            except Problem as error:
                message = "You don't have access to the data: a valid X-Auth-Token is needed"
                raise Problem(403, "forbidden", message) from error
        return file

    def asked(self, scope: Scope, path: str, sent: bytes) -> Response:
        if path == "/projects" and scope["method"] == "GET":
            return JSONResponse(self._projects())
        if path != "/files" or scope["method"] not in ("GET", "POST"):
            return super().asked(scope, path, sent)
        try:
            parameters: dict[str, Any] = json.loads(sent) if scope["method"] == "POST" else _query(scope)
            filters: Any = parameters.get("filters") or "null"
            where = _requested_ids(json.loads(filters) if isinstance(filters, str) else filters)
            size = int(parameters.get("size") or _GDC_SIZE)
        except (ValueError, LookupError, TypeError) as error:
            raise Problem(400, "bad_request", "The request is not of the sandbox's: a filter of file_id") from error
        files = [file for file in self.portals.files.all(kind="gdc") if where is None or file.id in where]
        if parameters.get("return_type") == "manifest":  # it ignores the size
            rows = ({"id": file.id, "filename": file.name, **_stated(file), "state": "released"} for file in files)
            return _table(rows, ("id", "filename", "md5", "size", "state"), "gdc_manifest.txt")
        hits = [
            {
                "id": file.id,
                "file_id": file.id,
                "file_name": file.name,
                "file_size": file.size,
                "md5sum": file.md5,
                "access": _CONTROLLED if file.controlled else "open",
            }
            for file in files
        ]
        pagination = {"count": len(hits[:size]), "total": len(hits), "size": size, "from": 0}
        return JSONResponse({"data": {"hits": hits[:size], "pagination": pagination}, "warnings": {}})

    def _projects(self) -> dict[str, Any]:
        files = self.portals.files.all(kind="gdc")
        summary = {"file_count": len(files), "file_size": sum(file.size for file in files)}
        project = {"id": _PROJECT, "project_id": _PROJECT, "name": "Files of the sandbox", "summary": summary}
        hits = [project] if files else []
        return {"data": {"hits": hits, "pagination": {"count": len(hits), "total": len(hits)}}, "warnings": {}}


def _stated(file: PortalFile) -> dict[str, object]:
    return {"md5": file.md5, "size": file.size}


def _requested_ids(filters: Mapping[str, Any] | None) -> frozenset[str] | None:
    """The ids that a filter selects; None for those of all files."""
    if filters is None:
        return None
    content = filters["content"]
    if filters["op"] == "or":  # of ids of files, cases and samples: the sandbox's files have no cases
        fields = {_OF_PROJECT, "file_id"}
        selected = [_requested_ids(clause) for clause in content if clause["content"]["field"] in fields]
        return None if None in selected else frozenset[str]().union(*filter(None, selected))
    value = content["value"]
    values = frozenset([value] if isinstance(value, str) else value)
    if filters["op"] in ("in", "=") and content["field"] == _OF_PROJECT:
        return None if _PROJECT in values else frozenset()
    if filters["op"] not in ("in", "=") or content["field"] not in ("file_id", "files.file_id"):
        raise ValueError(filters["op"])
    return values


class _Ena(_Portal):
    """GET /portal/api/filereport, the files that it names below /vol1, and GET /portal/api/search for studies."""

    def file(self, scope: Scope, path: str) -> PortalFile | None:
        if scope["method"] not in ("GET", "HEAD") or not path.startswith("/vol1/"):
            return None
        # Below /vol1: the kind's folder, a folder of the run's first six characters, the run, the name.
        run, _, name = path.removeprefix("/vol1/").partition("/")[2].partition("/")[2].partition("/")
        file = next((stored for stored in self.portals.files.all(id=run, name=name) if _place(stored) == path), None)
        if file is None:
            raise not_found("Not found")
        return file

    def asked(self, scope: Scope, path: str, sent: bytes) -> Response:
        if path == "/portal/api/search" and scope["method"] == "GET":
            return self._studies(_query(scope))
        if path != "/portal/api/filereport" or scope["method"] != "GET":
            return super().asked(scope, path, sent)
        parameters = _query(scope)
        accession, result, fields = (parameters.get(name, "") for name in ("accession", "result", "fields"))
        if not _ACCESSION.fullmatch(accession):
            raise Problem(400, "bad_request", f"Invalid accession: {accession}")
        if result not in ("read_run", "analysis"):
            raise Problem(400, "bad_request", f"Invalid result: {result}")
        columns = ["run_accession", *(field for field in fields.split(",") if field and field != "run_accession")]
        if not fields:
            columns = ["run_accession", "fastq_ftp", "fastq_md5", "fastq_bytes"]
        if unknown := [column for column in columns if column not in _FIELDS]:
            raise Problem(400, "bad_request", f"Invalid field(s) supplied: {', '.join(unknown)}")
        where = f"{_OF_RUNS} AND (id = ? OR study = ?)"
        stored = self.portals.files.all(where, accession, accession) if result == "read_run" else ()
        by_run = grouped((file.id, file) for file in stored)
        host = origin(scope).partition("://")[2] + ENA_PREFIX
        rows = [_report(files, host) for files in by_run.values()]
        if parameters.get("format") == "json":
            return JSONResponse([{name: row[name] for name in columns} for row in rows])
        return _table(rows, columns, f"filereport_read_run_{accession}_tsv.txt")

    def _studies(self, parameters: Mapping[str, str]) -> Response:
        """Studies in whose fields the texts of a query occur, as JSON."""
        columns = parameters.get("fields", "").split(",")
        kind, format_ = parameters.get("result"), parameters.get("format")
        if (kind, format_) != ("read_study", "json") or set(columns) - {*_STUDY_FIELDS}:
            raise Problem(400, "bad_request", "The search is not of the sandbox's: studies with reads, as JSON")
        names = grouped((file.study, file.name) for file in self.portals.files.all(_OF_RUNS))
        rows = [
            {
                "study_accession": study,
                "study_title": f"Study {study} of the sandbox",
                "description": " ".join(some),
                "scientific_name": _DESCRIBED["scientific_name"],
            }
            for study, some in names.items()
        ]
        matching = [row for row in rows if _holds(parameters.get("query", ""), partial(_is_in_study, row))]
        return JSONResponse([{name: row[name] for name in columns} for row in matching])


def _is_in_study(row: Mapping[str, str], condition: str) -> bool:
    field, _, text = condition.partition("=")
    return text.strip('"*').lower() in row.get(field, "").lower()


def _place(file: PortalFile) -> str:
    """The path of a file of a run; below its run, as names of submitted files occur twice."""
    return f"/vol1/{FOLDERS[file.kind]}/{file.id[:6]}/{file.id}/{file.name}"


def _report(files: Sequence[PortalFile], host: str) -> dict[str, str]:
    layout = "PAIRED" if sum(file.kind == "fastq" for file in files) > 1 else "SINGLE"
    row = {**_DESCRIBED, "run_accession": files[0].id, "study_accession": files[0].study, "library_layout": layout}
    for kind in FOLDERS:
        some = [file for file in files if file.kind == kind]
        row[f"{kind}_ftp"] = ";".join(f"{host}{_place(file)}" for file in some)
        row[f"{kind}_md5"] = ";".join(file.md5 for file in some)
        row[f"{kind}_bytes"] = ";".join(str(file.size) for file in some)
    return row


class _Sdl(_Portal):
    """POST /retrieve with accessions, whose response is 200 with a status for each."""

    def asked(self, scope: Scope, path: str, sent: bytes) -> Response:
        if path != "/retrieve" or scope["method"] != "POST":
            return super().asked(scope, path, sent)
        runs = parse_qs(sent.decode("latin-1")).get("acc", [])
        return JSONResponse({"version": "2", "result": [self._located(run, origin(scope)) for run in runs]})

    def _located(self, run: str, origin: str) -> dict[str, object]:
        stored = self.portals.files.first(kind="sra", id=run)
        # A run that is unknown is not an error of the request, which may name many.
        if stored is None:
            return {"bundle": run, "status": 404, "msg": f"Cannot resolve accession {run}"}
        links = [  # copies in clouds, which come first, are billed to the reader
            {"link": f"https://cloud.example.org/{run}", "service": "gs", "region": "us", "payRequired": True},
            {"link": f"{origin}{ENA_PREFIX}{_place(stored)}", "service": "sra-ncbi", "region": "public"},
        ]
        file = {"name": run, "type": "sra", **_stated(stored), "locations": links}
        return {"bundle": run, "status": 200, "msg": "ok", "files": [file]}


class _Eutils(_Portal):
    """GET /esearch.fcgi and /efetch.fcgi of the SRA: the run information of a run or study."""

    def asked(self, scope: Scope, path: str, sent: bytes) -> Response:
        parameters = _query(scope)
        if path not in ("/esearch.fcgi", "/efetch.fcgi") or scope["method"] != "GET" or parameters.get("db") != "sra":
            return super().asked(scope, path, sent)
        term = parameters.get("term", parameters.get("WebEnv", ""))  # the search is kept under what was searched for
        files = self.portals.files.all(f"{_OF_RUNS} AND (id = ? OR study = ?)", term, term)
        runs = {file.id: file.study for file in files}
        if path == "/esearch.fcgi":
            matches = {"count": str(len(runs)), "querykey": "1", "webenv": term}
            return JSONResponse({"header": {"type": "esearch", "version": "0.3"}, "esearchresult": matches})
        rows = [{"Run": run, "Experiment": f"{run[:2]}X{run[3:]}", "BioProject": study} for run, study in runs.items()]
        columns = ("Run", "Experiment", "BioProject")
        lines = (",".join(columns), *(",".join(row[name] for name in columns) for row in rows))
        return PlainTextResponse("".join(f"{line}\n" for line in lines))


def _doi(record: str) -> str:
    return f"10.5281/zenodo.{record}"


class _Zenodo(_Portal):
    """GET /records and /records/NUMBER, and the files that they name."""

    def file(self, scope: Scope, path: str) -> PortalFile | None:
        match = re.fullmatch(r"/records/(\d+)/files/(.+)/content", path)
        if scope["method"] not in ("GET", "HEAD") or match is None:
            return None
        file = self.portals.files.first(kind="zenodo", id=match[1], name=match[2])
        if file is None:
            raise not_found("The requested URL was not found on the server.")
        return file

    def asked(self, scope: Scope, path: str, sent: bytes) -> Response:
        top, _, number = path.removeprefix("/").partition("/")
        if top != "records" or scope["method"] != "GET":
            return super().asked(scope, path, sent)
        where, values = ("id = ?", (number,)) if number else ("", ())
        files = grouped((stored.id, stored) for stored in self.portals.files.all(where, *values, kind="zenodo"))
        at = f"{origin(scope)}{ZENODO_PREFIX}/records"
        if number and not files:
            raise not_found("The persistent identifier does not exist.")
        if number:
            return JSONResponse(_record(files[number], at))
        query = _query(scope).get("q", "")
        hits = [_record(some, at) for some in files.values() if _holds(query, partial(_is_in_record, some))]
        return JSONResponse({"hits": {"hits": hits, "total": len(hits)}})


def _is_in_record(files: Sequence[PortalFile], word: str) -> bool:
    text = " ".join([files[0].study, *(file.name for file in files)]).lower()
    return word.strip('"').lower() in text


def _record(files: Sequence[PortalFile], at: str) -> dict[str, Any]:
    number, title = files[0].id, files[0].study
    return {
        "id": int(number),
        "recid": number,
        "doi": _doi(number),
        "metadata": {"title": title, "doi": _doi(number), "access_right": "open"},
        "links": {"self": f"{at}/{number}"},
        "files": [
            {
                "key": file.name,
                "size": file.size,
                "checksum": f"md5:{file.md5}",
                "links": {"self": f"{at}/{number}/files/{quote(file.name)}/content"},
            }
            for file in files
        ],
    }
