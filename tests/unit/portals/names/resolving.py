"""Resolves names against recorded responses."""

import csv
from collections.abc import Mapping
from typing import NamedTuple

import httpx
from omicsdk.core.errors import OmicsError
from omicsdk.portals.lists import ListedFile
from omicsdk.portals.names import ArchiveOptions, Archives, Name, NamedRow, names_in
from omicsdk.portals.names.archive import Reads

from tests.unit.portals.names.recorded import DATA, Recorded, RecordedResponses


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
    def stated(self) -> list[tuple[str, int | None, dict[str, str]]]:
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
    with Archives(ArchiveOptions(environ or {}, reads, transport=transport)) as archives:
        try:
            for row in archives.rows([name] if isinstance(name, Name) else names_in(name)):
                rows.append(row)  # what came before an error is kept
        except OmicsError as raised:
            error = raised
    return Resolved(rows, error, transport.requests)


def result_of(
    name: str | Name, responses: Mapping[str, Recorded], environ: Mapping[str, str] | None = None
) -> Resolved:
    """Resolve a name that is known; arguments as those of `resolve`, whose error is raised."""
    resolved = resolve(name, responses, environ)
    if resolved.error is not None:
        raise resolved.error
    return resolved


def answers(service: str) -> list[str]:
    """The files of a service's recorded answers, as its index lists them."""
    with (DATA / service / "index.tsv").open(encoding="utf-8") as file:
        return [row["file"] for row in csv.DictReader(file, dialect="excel-tab")]
