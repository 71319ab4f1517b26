"""What became of the files of an upload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from omicsdk.core.errors import Interrupted, OmicsError, SomeFailed, first_of
from omicsdk.hca.upload.areas import UploadException
from omicsdk.transfer import TransferReport
from omicsdk.transfer.reports.outcome import PRESENT, Verification


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """What became of one file.

    Attributes:
        path: Where it came from: a local path, or `s3://BUCKET/KEY`.
        name: What it is called in the area.
        state: `done`: it was sent; `skipped`: the area has it already; `failed`; `stopped`: the upload ended before; `planned`: by
            a dry run.
        size: Its length in bytes; None when it couldn't be read.
        content_type: The media type that it was sent with, "" when it wasn't sent.
        checksums: What is known of its contents, from algorithm to value.
        notified: Whether the service was told of it.
        error: Why it failed, None when it didn't.
        verification: What it was compared by where it is in the area: by a checksum (verified), by its size only, or by
            nothing.
    """

    path: str
    name: str
    state: Literal["done", "skipped", "failed", "stopped", "planned"]
    size: int | None = None
    content_type: str = ""
    checksums: Mapping[str, str] = field(default_factory=dict[str, str])
    notified: bool = False
    error: OmicsError | None = None
    verification: Verification = "unverified"

    def to_dict(self) -> dict[str, object]:
        """Gives plain values for JSON; the error as its words."""
        return {
            "path": self.path,
            "name": self.name,
            "state": self.state,
            "verification": self.verification if self.state in PRESENT else None,
            "size": self.size,
            "content_type": self.content_type,
            "checksums": dict(self.checksums),
            "notified": self.notified,
            **({} if self.error is None else {"error": str(self.error)}),
        }


@dataclass(frozen=True, slots=True)
class UploadResult:
    """What became of all files.

    Attributes:
        area_uuid: The upload area.
        files: What became of each, in the order in which they were found.
        report: The same as the engine tells it, with times and rates.
    """

    area_uuid: str
    files: list[UploadedFile]
    report: TransferReport

    @property
    def errors(self) -> list[OmicsError]:
        """Why files failed, in their order."""
        return [file.error for file in self.files if file.error is not None]

    @property
    def counts(self) -> dict[str, int]:
        """How many files are in each state."""
        states = [file.state for file in self.files]
        return {state: states.count(state) for state in ("done", "skipped", "failed", "stopped")}

    def to_dict(self) -> dict[str, object]:
        """Gives plain values for JSON."""
        return {
            "upload_area": self.area_uuid,
            "counts": self.counts,
            "verification": self.report.verification,
            "seconds": round(self.report.seconds, 3),
            "files": [file.to_dict() for file in self.files],
        }

    def raise_if_failed(self) -> None:
        """Raises when a file failed or was stopped.

        Raises:
            UploadFailed: Some failed; `errors` has why, `result` what became of each.
            Interrupted: None failed, but some were stopped.
        """
        errors = self.errors
        if errors:
            told = f"{len(errors)} of {len(self.files)} files failed: {first_of(errors)}"
            raise UploadFailed(told, errors, result=self)
        if stopped := self.counts["stopped"]:
            why = self.report.why_stopped or "it was stopped"
            raise Interrupted(
                f"The upload ended before its end: {why}; {stopped} of {len(self.files)} files are missing"
            )


class UploadFailed(UploadException, SomeFailed):
    """Some files could not be uploaded; the others are there.

    Args:
        message: How many of how many.
        errors: Why, one a file.
        remedy: What to do.
        result: What became of each file.
    """

    default_remedy = "Run the same command again: what is there isn't sent twice."

    def __init__(
        self,
        message: str = "",
        errors: Sequence[OmicsError] = (),
        *,
        remedy: str | None = None,
        result: UploadResult | None = None,
    ) -> None:
        super().__init__(message, errors, remedy=remedy)
        self.result = result
