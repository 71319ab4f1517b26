"""What names of repositories give, with recorded responses in place of the network."""

from __future__ import annotations

from collections.abc import Mapping

from omicsdk.portals.lists import ListedFile
from omicsdk.portals.names import ArchiveOptions, Archives, Name, NamedRow, names_in

from tests.unit.portals.names.recorded import Recorded, RecordedResponses


class Resolved:
    """The rows of a name.

    Args:
        name: The name, or its text.
        responses: As for `RecordedResponses`.
        environ: The environment's variables.

    Attributes:
        rows: The rows.
        requests: What was requested, as `METHOD URL`.
    """

    def __init__(
        self, name: str | Name, responses: Mapping[str, Recorded], environ: Mapping[str, str] | None = None
    ) -> None:
        network = RecordedResponses(responses)
        self.rows: list[NamedRow] = []
        with Archives(ArchiveOptions(environ or {}, transport=network)) as archives:
            self.rows += archives.rows([name] if isinstance(name, Name) else names_in(name))
        self.requests = [f"{request.method} {request.url}" for request in network.requests]
        self.sent = network.requests

    @property
    def files(self) -> list[ListedFile]:
        return [file for row in self.rows for file in row.files]

    @property
    def stated(self) -> list[tuple[str, int | None, dict[str, str]]]:
        """Name, size and checksums of each file."""
        return [(file.name, file.size, dict(file.checksums)) for file in self.files]

    @property
    def notes(self) -> list[str]:
        return [row.note for row in self.rows if row.note]
