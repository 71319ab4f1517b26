"""Where files come from, as JSON-LD: an RO-Crate 1.1, whose terms are those of schema.org.

A run is described as Process Run Crate 0.5 has it. The terms for checksums other than SHA-256 are those of the same profiles.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from omicsdk.core.redaction import without_query
from omicsdk.core.version import __version__
from omicsdk.transfer.reports.progress import visible

if TYPE_CHECKING:
    from omicsdk.transfer.reports.report import Outcome, TransferReport

#: The name of the file of a crate.
CRATE_FILE = "ro-crate-metadata.json"
_PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_TERMS = {name: f"https://w3id.org/ro/terms/workflow-run#{name}" for name in ("md5", "sha1", "sha512")}
_SUMS = ("md5", "sha1", "sha256", "sha512")
_HOST = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#\s]+)")
_COMPACT = re.compile(r"(drs)://([^/:]+):[^/]+\Z")
_PORTS = {"http": "80", "https": "443", "ftp": "21"}


class ProvenanceFile(NamedTuple):
    """A file with where it comes from.

    Attributes:
        path: Its path below the folder.
        source: Its URL, or its identifier after the kind of its service: `gdc:UUID`; "" if it is not known.
        size: Its size in bytes; None if it is not known.
        checksums: Its checksums by algorithm.
        server: The server that sent its bytes, "" if that is not known.
        mirrors: Further URLs of it.
        since: Since when this is its content, as a UTC time; "" if it is not known.
    """

    path: str
    source: str
    size: int | None
    checksums: Mapping[str, str]
    server: str = ""
    mirrors: tuple[str, ...] = ()
    since: str = ""

    @property
    def service(self) -> str:
        """The service that its source names: its scheme and host, or the kind before an identifier; "" if neither."""
        if host := _COMPACT.match(self.source) or _HOST.match(self.source):
            return _service_at(host[1], host[2])
        kind, colon, _ = self.source.partition(":")
        return kind if colon and kind.isidentifier() else "drs" if kind.startswith("dg.") else ""

    @property
    def method(self) -> str:
        """How its bytes are got: the scheme and host of the server that sent them, else the service; "" if neither is known."""
        host = _HOST.match(self.server)
        return _service_at(host[1], host[2]) if host else self.service

    @property
    def providers(self) -> tuple[str, ...]:
        """Its service, and the server that sent its bytes where it is another one."""
        return tuple(dict.fromkeys(filter(None, (self.service, self.method))))


def _service_at(scheme: str, host: str) -> str:
    """The URL of a server, without the usual port and user information."""
    name = host.rpartition("@")[2].lower().removesuffix(f":{_PORTS.get(scheme.lower(), '')}")
    return f"{scheme.lower()}://{name}"


def files_of(outcomes: Iterable[Outcome]) -> Iterator[ProvenanceFile]:
    """The files of a run that are at their target.

    Args:
        outcomes: Their outcomes.
    """
    for outcome in outcomes:
        if outcome.is_present:
            source = without_query(outcome.source)
            yield ProvenanceFile(outcome.name, source, outcome.size, outcome.checksums, outcome.server)


def run_crate(report: TransferReport) -> Iterator[str]:
    """The lines of the JSON-LD of a run.

    Args:
        report: Its report.
    """
    name, start = report.title or "Transfer", report.began
    count, total = report.outcomes.counts["failed"] + report.outcomes.counts["stopped"], len(report.outcomes)
    action: dict[str, Any] = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": name,
        "description": f"{name}: {total - count:,} of {total:,} files are complete",
        "instrument": {"@id": "#omicsdk"},
        "result": {"@id": "./"},
        "actionStatus": f"http://schema.org/{'Completed' if report.ok else 'Failed'}ActionStatus",
    }
    if not report.ok:
        action["error"] = report.why_stopped or f"{count:,} of {total:,} files are not complete"
    if start is not None:
        action |= {"startTime": _time(start), "endTime": _time(start + report.seconds)}
    return crate_lines(lambda: files_of(report.outcomes), name, action, versions=report.services)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def crate_lines(
    files: Callable[[], Iterable[ProvenanceFile]],
    name: str,
    action: Mapping[str, Any] | None = None,
    *,
    versions: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[str]:
    """The lines of the JSON-LD of files.

    Args:
        files: Returns the files; called for each part that lists them, so that few are in memory.
        name: The name of all of them.
        action: The run that they are of; None for none.
        versions: The versions of services, by their name, where these state one.
    """
    services: dict[str, None] = {}
    published = "" if action is None else action.get("endTime", "")
    for file in files():
        services |= dict.fromkeys(file.providers)
        published = max(published, file.since)
    root: dict[str, object] = {
        "@id": "./",
        "@type": "Dataset",
        "name": name,
        "description": f"{name}: files with their sizes, checksums and sources",
        "license": {"@id": "#licences"},
    }
    if published:
        root["datePublished"] = published
    run: list[Mapping[str, object]] = []
    if action is not None:
        root |= {"conformsTo": {"@id": _PROFILE}, "mentions": {"@id": action["@id"]}}
        run = [action, {"@id": _PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}]
    yield f'{{"@context": ["https://w3id.org/ro/crate/1.1/context", {json.dumps(_TERMS)}], "@graph": ['
    yield json.dumps(root)[:-1] + ', "hasPart": ['
    yield from comma_separated(f'{{"@id": {json.dumps(_reference(file))}}}' for file in files())
    yield "]},"
    entities = (_service_entity(service, versions.get(service, "unknown")) for service in services)
    others = (*run, *entities, _SOFTWARE, _LICENCES)
    for entity in chain(map(_file_entity, files()), others):
        yield f"{json.dumps(entity)},"
    yield json.dumps(_DESCRIPTOR)
    yield "]}"


_DESCRIPTOR = {
    "@id": CRATE_FILE,
    "@type": "CreativeWork",
    "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
    "about": {"@id": "./"},
}
_SOFTWARE = {
    "@id": "#omicsdk",
    "@type": "SoftwareApplication",
    "name": "omicsdk",
    "softwareVersion": __version__,
}
_LICENCES = {
    "@id": "#licences",
    "@type": "CreativeWork",
    "name": "The terms of each service",
    "description": "No licence is recorded: the service of each file states its terms of use.",
}


def _service_entity(service: str, version: str) -> dict[str, object]:
    application = {"@type": "WebApplication", "name": service, "softwareVersion": version}
    return {"@id": _id_of(service), **application, **({"url": service} if "://" in service else {})}


def _reference(file: ProvenanceFile) -> str:
    return quote(os.fsencode(file.path))  # the bytes of the name, which may be no UTF-8


def _id_of(service: str) -> str:
    return service if "://" in service else f"#{service}"


def _file_entity(file: ProvenanceFile) -> dict[str, object]:
    entity: dict[str, object] = {"@id": _reference(file), "@type": "File", "name": visible(file.path)}
    if file.size is not None:
        entity["contentSize"] = str(file.size)
    entity |= {name: file.checksums[name] for name in _SUMS if name in file.checksums}
    if file.source:
        entity["contentUrl" if "://" in file.source else "identifier"] = file.source
    if file.mirrors:
        entity["sameAs"] = [*file.mirrors]
    if file.since:
        entity["dateModified"] = file.since
    references = [{"@id": _id_of(service)} for service in file.providers]
    if references:
        entity["provider"] = references if len(references) > 1 else references[0]
    return entity


def comma_separated(texts: Iterable[str]) -> Iterator[str]:
    """Yield lines of JSON with a comma after each but the last.

    Args:
        texts: The lines.
    """
    before: str | None = None
    for text in texts:
        if before is not None:
            yield f"{before},"
        before = text
    if before is not None:
        yield before
