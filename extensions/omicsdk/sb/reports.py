"""The result of downloads and uploads, with the platform's files."""

from __future__ import annotations

from collections.abc import Sequence
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

    Args:
        report: The report of the transfer.
        files: The files, in the order of the outcomes.

    Attributes:
        files: The files, in the order of the outcomes.
    """

    def __init__(self, report: TransferReport, files: Sequence[TransferredFile]) -> None:
        super().__init__(
            report.outcomes,
            report.seconds,
            throughput=report.throughput,
            began=report.began,
            title=report.title,
            why_stopped=report.why_stopped,
            target=report.target,
        )
        self.files = files
