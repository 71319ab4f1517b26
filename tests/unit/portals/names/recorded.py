"""Responses of archives from files of tests/data/archives in place of the network, and names that are resolved against them."""

import csv
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from omicsdk.core.errors import OmicsError
from omicsdk.core.manual_clock import ManualClock
from omicsdk.portals.lists import ListedFile
from omicsdk.portals.names import ArchiveOptions, Archives, Name, NamedRow, names_in
from omicsdk.portals.names.archive import Reads

DATA = Path(__file__).parents[3] / "data" / "archives"

Recorded = str | tuple[int, str] | httpx.Response
"""A file below DATA, responded with status 200 or another one; or a response made in the test."""


class RecordedResponses(httpx.BaseTransport):
    """Answers requests with recorded responses, and refuses others.

    Args:
        responses: By `METHOD URL`, GET if no method is stated: the path matches exactly, and all parameters of the query are in
            the request's; the first that matches is taken.

    Attributes:
        requests: What was requested.
    """

    def __init__(self, responses: Mapping[str, Recorded]) -> None:
        self._responses = responses
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        for target, recorded in self._responses.items():
            method, _, url = target.rpartition(" ")
            if (method or "GET") == request.method and _matches(url, str(request.url)):
                return _response(recorded)
        raise AssertionError(f"no response is recorded for {request.method} {request.url}")


def _matches(recorded_url: str, requested: str) -> bool:
    one, other = urlsplit(recorded_url), urlsplit(requested)
    same = (one.scheme, one.netloc, one.path) == (other.scheme, other.netloc, other.path)
    return same and set(parse_qsl(one.query, True)) <= set(parse_qsl(other.query, True))


def _response(recorded: Recorded) -> httpx.Response:
    if isinstance(recorded, httpx.Response):
        return recorded
    status, name = (200, recorded) if isinstance(recorded, str) else recorded
    kinds = {".json": "application/json", ".xml": "text/xml", ".tsv": "text/tab-separated-values"}
    path = DATA / name
    return httpx.Response(
        status, headers={"Content-Type": kinds.get(path.suffix, "text/plain")}, content=path.read_bytes()
    )


class Resolved(NamedTuple):
    """What a name gave.

    Attributes:
        rows: The rows until the error.
        error: What ended it; None if nothing did.
        sent: The requests.
    """

    rows: list[NamedRow]
    error: OmicsError | None
    sent: list[httpx.Request]

    @property
    def requests(self) -> list[str]:
        """What was requested, as `METHOD URL`."""
        return [f"{request.method} {request.url}" for request in self.sent]

    @property
    def notes(self) -> list[str]:
        return [row.note for row in self.rows if row.note]

    @property
    def files(self) -> list[ListedFile]:
        return [file for row in self.rows for file in row.files]

    @property
    def summaries(self) -> list[tuple[str, int | None, dict[str, str]]]:
        """Name, size and checksums of each file."""
        return [(file.name, file.size, dict(file.checksums)) for file in self.files]


def resolve(
    name: str | Name,
    responses: Mapping[str, Recorded] | RecordedResponses,
    environ: Mapping[str, str] | None = None,
    reads: Reads = "fastq",
) -> Resolved:
    """Resolve a name.

    Args:
        name: The name, or its text.
        responses: What the archives answer, as for `RecordedResponses`, or what answers.
        environ: The environment's variables.
        reads: Which files of a run are meant.
    """
    transport = responses if isinstance(responses, RecordedResponses) else RecordedResponses(responses)
    rows: list[NamedRow] = []
    error: OmicsError | None = None
    with Archives(ArchiveOptions(environ or {}, reads, transport=transport, clock=ManualClock())) as archives:
        try:
            for row in archives.rows([name] if isinstance(name, Name) else names_in(name)):
                rows.append(row)  # what came before an error is kept
        except OmicsError as raised:
            error = raised
    return Resolved(rows, error, transport.requests)


def result_of(
    name: str | Name,
    responses: Mapping[str, Recorded],
    environ: Mapping[str, str] | None = None,
    reads: Reads = "fastq",
) -> Resolved:
    """Resolve a name that is known; arguments as those of `resolve`, whose error is raised."""
    resolved = resolve(name, responses, environ, reads)
    if resolved.error is not None:
        raise resolved.error
    return resolved


def rows_of(name: str, responses: Mapping[str, Recorded], reads: Reads = "fastq") -> list[NamedRow]:
    """The rows of a name that is known."""
    return result_of(name, responses, reads=reads).rows


def error_of(work: Callable[[], object]) -> OmicsError:
    with pytest.raises(OmicsError) as caught:
        work()
    return caught.value


def answers(service: str) -> list[str]:
    """The files of a service's recorded answers, as its index lists them."""
    with (DATA / service / "index.tsv").open(encoding="utf-8") as file:
        return [row["file"] for row in csv.DictReader(file, dialect="excel-tab")]
