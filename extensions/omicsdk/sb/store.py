"""A file on its way to the platform as the transfer engine sees it: `PlatformStore`.

The platform returns a presigned URL for each part and receives the storage's response; then it makes a file of the parts.
"""

# ruff: noqa: ARG002 - methods with the arguments that stores of other kinds need

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from omicsdk.core.checked_json import check_fields
from omicsdk.core.consistency import ResponseMismatch, declared_number
from omicsdk.core.errors import (
    APIError,
    ConnectFailed,
    OmicsError,
    RateLimited,
    ServerError,
    ServiceUnavailable,
    TransferError,
    TransportError,
)
from omicsdk.core.omit import OMIT
from omicsdk.sb.listings import FILE_NAME, Target
from omicsdk.transfer.uploads.store import Cut, MultipartStore, NoSuchUpload, PartPlan, PartRules, SentPart, Source

if TYPE_CHECKING:
    from omicsdk_api.sb import SbApi

    from omicsdk.transfer import Location

# Bytes of a part, unless there would be too many parts or the platform chooses another size.
PART_SIZE = 32 * 1024 * 1024
LARGEST_PART = 5 * 1024**3
MOST_PARTS = 10_000

# The platform's code for a name that is taken.
FILE_EXISTS = "8005"
# The platform's code for a part that could not be reserved for now.
NOT_RESERVED = "8008"
# What to do about a name that is taken.
REPLACE = "Set overwrite (--overwrite) to replace it, or choose another name."

_MD5 = re.compile(r"[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True)
class _Report:
    """The report that the platform requires for a part.

    Attributes:
        codes: Statuses with which the storage has it; empty for any below 400.
        headers: The headers of its response that are reported.
    """

    codes: frozenset[int] = frozenset()
    headers: tuple[str, ...] = ("ETag",)


class _StartedUpload(Protocol):
    """An upload as the platform describes it: MultipartUpload, or that of an automation's code."""

    upload_id: str
    part_size: int | None


class PlatformStore(MultipartStore):
    """One file on its way to the platform.

    Args:
        client: The platform.
        name: The file's name there.
        folder: The folder that it goes to.
        size: Its size in bytes.
        part_size: Bytes of a part; by default 5 to 32 MiB, as fits the file and the link. Larger ones are taken where
            there would be too many.
        overwrite: Whether to replace a file of that name.
        upload_id: An earlier upload to resume.

    Attributes:
        upload_id: The platform's id of the upload; empty before there is one.
        created_file: The platform's file, as a JSON object, when it is complete; empty before.
        compares_name: Whether a file of another name than the requested one is an error.
    """

    reports_parts = True
    compares_name = True

    def __init__(
        self,
        client: SbApi,
        name: str,
        folder: Target,
        size: int,
        part_size: int | None = None,
        *,
        overwrite: bool = False,
        upload_id: str = "",
    ) -> None:
        self.target = f"{folder.get('project') or folder.get('parent')}/{name}"
        self.rules = part_rules(part_size)
        self.upload_id = ""
        self.created_file: dict[str, Any] = {}
        self._client = client
        self._name, self._folder, self._overwrite = name, folder, overwrite
        self._size = size
        self._earlier = upload_id
        self._chosen: int | None = None
        self._reports: dict[int, _Report] = {}
        self._is_unsure = False

    # -- the operations, which a store of another kind replaces

    def _start(self, size: int, part_size: int) -> _StartedUpload:
        return self._client.start_upload(
            name=self._name, size=size, part_size=part_size, overwrite=True if self._overwrite else OMIT, **self._folder
        )

    def _part_url(self, upload_id: str, number: int) -> Any:
        return self._client.get_upload_part_url(upload_id=upload_id, part_number=number)

    def _report_part(self, upload_id: str, number: int, headers: Mapping[str, str]) -> None:
        self._client.report_upload_part(upload_id=upload_id, part_number=number, response={"headers": dict(headers)})

    def _complete(self, upload_id: str) -> dict[str, Any]:
        return self._client.complete_upload(upload_id=upload_id).to_dict()

    def _abort(self, upload_id: str) -> None:
        self._client.abort_upload(upload_id=upload_id)

    def _reported(self, upload_id: str) -> tuple[_StartedUpload, Mapping[int, str]] | None:
        """The upload, and the ETags of the parts that were reported; None if the platform does not list them."""
        upload = self._client.get_upload(upload_id=upload_id, list_parts=True)
        check_fields("get_upload", upload, optional=("parts",))
        etags: dict[int, str] = {}
        for at, part in enumerate(upload.parts or ()):
            check_fields("get_upload", part, "part_number", "response", path=f"parts[{at}]")
            check_fields("get_upload", part.response, optional=("headers",), path=f"parts[{at}].response")
            headers: Mapping[str, str] = part.response.headers or {}
            # Clients reported these headers, each in its own spelling.
            etag = next((value for name, value in headers.items() if name.lower() == "etag"), "")
            etags[part.part_number] = etag.strip('"')
        return upload, etags

    def _find_upload(self) -> dict[str, Any] | None:
        """The file of this name and size, if the platform has it."""
        page = self._client.list_files(name=[self._name], fields="_all", **self._folder)
        files = page.items or ()
        return next((file.to_dict() for file in files if file.name == self._name and file.size == self._size), None)

    # -- the engine's

    def begin(self, source: Source) -> str:
        """Begin an upload; the platform may choose another size of parts."""
        self._size = source.size
        try:
            # After a lost response an empty upload remains, which the platform removes.
            with _for_the_engine():
                upload = self._start(source.size, source.part_size)
        except APIError as error:
            if is_taken(error):
                error.remedy = REPLACE
            raise
        self.upload_id = str(upload.upload_id or "")
        if not self.upload_id:
            raise TransferError(f"{self.target}: the platform began the upload without naming it")
        try:
            self._chosen = self._choice(upload, source.part_size)
        except TransferError:
            # No run could resume it.
            self.abort(self.upload_id)
            raise
        return self.upload_id

    def part_size(self, upload_id: str) -> int | None:
        """Return the size that the platform chose."""
        return self._chosen if upload_id == self.upload_id else None

    def unfinished(self, source: Source) -> str:
        """The upload to resume."""
        return self._earlier

    def known(self, upload_id: str) -> Mapping[int, SentPart] | None:
        """Return the parts that were reported to the platform."""
        self.upload_id = upload_id
        with _for_the_engine(is_gone=True):
            reported = self._reported(upload_id)
        if reported is None:
            return None
        upload, etags = reported
        self._chosen = self._choice(upload, self.rules.part_size)
        plan = PartPlan(self._size, self._chosen)
        return {
            number: SentPart(number, plan.cut(number).length, etag, {"md5": etag} if _MD5.match(etag) else {})
            for number, etag in etags.items()
            if 1 <= number <= plan.count
        }

    def sign(self, upload_id: str, cut: Cut, checksums: Mapping[str, str]) -> Location:
        """Request the URL and the headers of a part's PUT."""
        from omicsdk.transfer.network.requests import Location

        with _for_the_engine(is_gone=True):
            part = self._part_url(upload_id, cut.number)
        check_fields("get_upload_part_url", part, optional=("url", "method", "headers", "report"))
        if part.report is not None:
            check_fields("get_upload_part_url", part.report, optional=("success_codes", "headers"), path="report")
        if (part.method or "PUT").upper() != "PUT" or not part.url:
            raise TransferError(f"{self.target}: the platform does not state the URL of part {cut.number}")
        codes = () if part.report is None else part.report.success_codes or ()
        headers = () if part.report is None else part.report.headers or ()
        self._reports[cut.number] = _Report(frozenset(codes), tuple(headers) or ("ETag",))
        return Location(part.url, part.headers or {})

    def sent(self, upload_id: str, part: SentPart, status: int, headers: Mapping[str, str]) -> None:
        """Report the storage's response to a part."""
        report = self._reports.get(part.number, _Report())
        if report.codes and status not in report.codes:
            codes = ", ".join(map(str, sorted(report.codes)))
            raise TransferError(
                f"{self.target}: the storage answered part {part.number} with {status}, not with {codes}",
                remedy="Try again; if it persists, report it to the platform's operators.",
            )
        # The ETag as the engine has it, without quotes: the published client reports it like that.
        reported = {
            name: part.etag if name.lower() == "etag" else headers.get(name.lower(), "") for name in report.headers
        }
        with _for_the_engine(is_gone=True):
            self._report_part(upload_id, part.number, reported)

    def complete(self, upload_id: str, parts: Sequence[SentPart], checksums: Mapping[str, str]) -> Mapping[str, str]:
        """Have the platform make a file of the parts."""
        try:
            with _for_the_engine(is_gone=True):
                response = self._complete(upload_id)
        except OmicsError as error:
            # Never reset: a refusal after a lost response may mean that the first request did it.
            self._is_unsure |= is_unsure(error)
            raise
        size = declared_number(response.get("size"), "size", f"complete_upload of {self.target}")
        if size not in (None, self._size):
            raise TransferError(
                f"{self.target}: {self._size} bytes were sent, but the platform created a file of {size}",
                remedy="Delete that file, then upload it again.",
            )
        name = response.get("name")
        if self.compares_name and isinstance(name, str) and not FILE_NAME.same(self._name, name):
            raise ResponseMismatch(f"complete_upload of {self.target}", "name", self._name, name)
        self.created_file = response
        return {} if size is None else {"size": str(size)}

    def finished(self, parts: Sequence[SentPart]) -> Mapping[str, str] | None:
        """Look for the file when the response to its completion was lost, perhaps by an earlier run.

        With `overwrite`, only in a run that lost it: otherwise the file of this name may be the one to replace.
        """
        file = self._find_upload() if self._is_unsure or not self._overwrite else None
        if file is None:
            return None
        self.created_file = file
        return {"size": str(self._size), **({} if self._is_unsure else {"doubtful": "by name and size"})}

    def abort(self, upload_id: str) -> None:
        """Abort the upload; one that the platform no longer has is no error."""
        try:
            with _for_the_engine(is_gone=True):
                self._abort(upload_id)
        except NoSuchUpload:
            return

    def _choice(self, upload: _StartedUpload, proposed: int) -> int:
        """The size of parts that the platform chose, which must be one that can work."""
        declared = declared_number(upload.part_size, "part_size", f"start_upload of {self.target}")
        size = proposed if declared is None else declared
        if not 1 <= size <= LARGEST_PART or max(1, -(-self._size // size)) > MOST_PARTS:
            raise TransferError(
                f"{self.target}: the platform requires parts of {size} bytes, with which {self._size} bytes cannot be sent",
                remedy="Use another part_size.",
            )
        return size


class CodeStore(PlatformStore):
    """The code of an automation on its way, which has separate operations and none that lists its parts.

    Args:
        client: The platform.
        name: The file's name there.
        automation_id: The automation.
        size: The file's size in bytes.
        part_size: Bytes of a part; by default 5 to 32 MiB, as fits the file and the link.
    """

    def __init__(self, client: SbApi, name: str, automation_id: str, size: int, part_size: int | None = None) -> None:
        super().__init__(client, name, {}, size, part_size)
        self.target = f"automation {automation_id}/{name}"
        self._automation_id = automation_id

    def _start(self, size: int, part_size: int) -> _StartedUpload:
        return self._client.start_automation_upload(
            name=self._name, size=size, automation_id=self._automation_id, part_size=part_size
        )

    def _part_url(self, upload_id: str, number: int) -> Any:
        return self._client.get_automation_upload_part_url(upload_id=upload_id, part_number=number)

    def _report_part(self, upload_id: str, number: int, headers: Mapping[str, str]) -> None:
        self._client.report_automation_upload_part(
            upload_id=upload_id, part_number=number, response={"headers": dict(headers)}
        )

    def _complete(self, upload_id: str) -> dict[str, Any]:
        return self._client.complete_automation_upload(upload_id=upload_id).to_dict()

    def _abort(self, upload_id: str) -> None:
        self._client.abort_automation_upload(upload_id=upload_id)

    def _reported(self, upload_id: str) -> None:
        del upload_id

    def _find_upload(self) -> None:
        return None


def part_rules(part_size: int | None) -> PartRules:
    """Return the rules for dividing files into parts.

    Args:
        part_size: The preferred size of parts in bytes; larger ones are taken where there would be too many. None for
            what fits the file and the link, at most the platform's default.
    """
    return PartRules(
        least=1,
        largest=LARGEST_PART,
        parts=MOST_PARTS,
        part_size=PART_SIZE if part_size is None else part_size,
        single=0,
        adapts=part_size is None,
    )


def is_taken(error: OmicsError) -> bool:
    """Whether a file failed because the platform has one of its name.

    Args:
        error: Why it failed.
    """
    return isinstance(error, APIError) and str(error.code) == FILE_EXISTS


def is_unsure(error: OmicsError) -> bool:
    """Whether a call that failed may have been carried out all the same.

    Args:
        error: Why it failed.
    """
    refused = isinstance(error, ConnectFailed | RateLimited | ServiceUnavailable)
    return isinstance(error, TransportError | ServerError) and not refused


@contextmanager
def _for_the_engine(*, is_gone: bool = False) -> Generator[None]:
    """Raise errors of calls as the engine understands them: to try again, to restart, or to end the file.

    Args:
        is_gone: Whether 404 means that the platform does not know the upload.
    """
    try:
        yield
    except (APIError, TransportError) as error:
        status = error.status if isinstance(error, APIError) else 0
        if is_gone and status == 404:
            raise NoSuchUpload(error.message) from error
        if isinstance(error, APIError) and (str(error.code) == NOT_RESERVED or status == 408):
            raise ServiceUnavailable(error.message, status=503) from error
        raise
