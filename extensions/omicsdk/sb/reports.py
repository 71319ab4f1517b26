"""The result of downloads and uploads, with the platform's files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from omicsdk.transfer import TransferReport


class TransferredFile(NamedTuple):
    """A file of a transfer.

    Attributes:
        id: The platform's id; None for an upload that did not create it.
        path: Its path on this machine.
        to: Its path on the platform, of an upload; empty for a download.
        size: Its size in bytes; None if it is unknown.
    """

    id: str | None
    path: str
    to: str
    size: int | None


class FilesReport(TransferReport):
    """The result of a download or an upload.

    Attributes:
        transferred: The files, in the order of the outcomes.
    """

    transferred: Sequence[TransferredFile] = ()

    def details(self, number: int) -> Mapping[str, object]:
        """The platform's id of a file and its paths."""
        file = self.transferred[number]
        return {"id": file.id, "path": file.path, "to": file.to}


def files_report(report: TransferReport, files: Sequence[TransferredFile]) -> FilesReport:
    """Return a report with the platform's files.

    Args:
        report: The report of the transfer.
        files: The files, in the order of the outcomes.
    """
    extended = FilesReport.of(report)
    extended.transferred = files
    return extended
