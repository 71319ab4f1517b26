"""What a download did: the bundles that it laid out, what became of each file, what failed."""

from dataclasses import dataclass, field
from typing import Any

from omicsdk.core.errors import OmicsError, SomeFailed, TransferError, first_of
from omicsdk.hca.dss.downloads.bundle import folder_name
from omicsdk.hca.dss.files import DSSFile
from omicsdk.transfer import Report


class DownloadFailed(SomeFailed, RuntimeError):
    """Some files of a download failed; `errors` has each, all others are in place."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that is to be had.

    Attributes:
        manifest: What get_bundle answers, all pages merged.
        files: Those of its files that are wanted.
    """

    manifest: dict[str, Any]
    files: list[DSSFile]

    @property
    def folder(self) -> str:
        """Its folder below the download folder."""
        return folder_name(self.manifest)


@dataclass(slots=True)
class Result:
    """What a download did.

    Attributes:
        bundles: The bundles whose folders it made.
        report: What the transfer engine says of each file of the filestore.
        errors: Everything that failed.
    """

    bundles: list[Bundle] = field(default_factory=list[Bundle])
    report: Report = field(default_factory=lambda: Report(()))
    errors: list[OmicsError] = field(default_factory=list[OmicsError])

    def raise_if_failed(self) -> None:
        """Raise when anything failed.

        Raises:
            DownloadFailed: Naming the first three; `errors` has all.
        """
        if self.report.stopped and not self.errors:
            raise DownloadStopped(
                f"{len(self.report.stopped)} of {len(self.report.outcomes)} files were stopped before their end"
                + (f": {self.report.why_stopped}" if self.report.why_stopped else ""),
                remedy="The same call goes on where it stopped.",
            )
        if self.errors:
            raise DownloadFailed(f"{len(self.errors)} download task(s) failed: {first_of(self.errors)}", self.errors)

    def to_dict(self) -> dict[str, Any]:
        """The result as plain JSON data: counts, folders, failures."""
        summary = self.report.summary()
        return {
            "ok": self.report.ok and not self.errors,
            **{name: summary[name] for name in ("counts", "verification", "bytes_fetched", "seconds")},
            "bundles": [bundle.folder for bundle in self.bundles],
            "errors": [str(error) for error in self.errors],
        }


class DownloadStopped(TransferError):
    """A download was stopped from outside; what arrived is kept."""


def errors_of(report: Report) -> list[OmicsError]:
    """The errors of the files that failed."""
    return [outcome.error for outcome in report.failed if outcome.error is not None]
