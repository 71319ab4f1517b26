"""A file of the platform as the end of an upload: the platform gives presigned URLs for parts, and is told of each."""

# ruff: noqa: ARG002 - methods with the arguments that stores of other kinds need

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from omicsdk.compat.sevenbridges.enums import PartSize
from omicsdk.compat.sevenbridges.errors import SbgError
from omicsdk.compat.sevenbridges.http.answers import Response, items_of, object_of
from omicsdk.compat.sevenbridges.transfer.failures import TransferFailed, for_the_engine, is_taken, is_unsure
from omicsdk.compat.sevenbridges.transfer.utils import total_parts
from omicsdk.core.errors import OmicsError
from omicsdk.transfer import Location, MultipartStore, NoSuchUpload, PartRules, SentPart, Source
from omicsdk.transfer.uploads.plan import Cut, PartPlan

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.transfer.routes import Routes
    from omicsdk.core.request import Request

_MD5 = re.compile(r"[0-9a-f]{32}\Z")


@dataclass(frozen=True, slots=True)
class _Report:
    """What the platform wants to know of a part.

    Attributes:
        codes: Statuses with which the storage has it; empty for any that is good.
        headers: The headers of its answer that are told.
    """

    codes: frozenset[int] = frozenset()
    headers: tuple[str, ...] = ("ETag",)


#: What to do when there is a file of that name.
TAKEN = "Give overwrite=True, or another file_name."


class PlatformStore(MultipartStore):
    """One file on its way to the platform.

    Args:
        api: Where to.
        routes: By which operations.
        target: Names the file in journals and messages, and tells it from all others.
        size: Its size in bytes.
        part_size: The wished size of parts in bytes; larger ones are taken where there would be too many.
        verify: Whether each part is held against what the storage says, where that tells an MD5; costs time.
        upload_id: An upload that was begun before and is to be gone on with.

    Attributes:
        upload_id: The platform's name for the upload, "" as long as there is none.
        made: What the platform says of the file when it is complete, empty before.
    """

    reports_parts = True

    def __init__(
        self,
        api: HttpClient,
        routes: Routes,
        target: str,
        size: int,
        part_size: int,
        *,
        verify: bool = False,
        upload_id: str = "",
    ) -> None:
        self.target = target
        self.rules = PartRules(
            least=1,
            largest=PartSize.MAXIMUM_UPLOAD_SIZE,
            parts=PartSize.MAXIMUM_TOTAL_PARTS,
            part_size=part_size,
            single=0,
        )
        self.part_checksum = "md5" if verify else None
        self.upload_id = ""
        self.made: dict[str, Any] = {}
        self._api = api
        self._routes = routes
        self._size = size
        self._go_on = upload_id
        self._chosen: int | None = None
        self._wanted: dict[int, _Report] = {}
        self._is_unsure = False

    def begin(self, source: Source) -> str:
        """Begins an upload; the platform may choose another size of parts."""
        self._size = source.size
        try:
            told = self._told(self._routes.start(source.size, source.part_size), again=False)
        except SbgError as error:
            if is_taken(error):
                error.remedy = TAKEN
            raise
        self.upload_id = str(told.get("upload_id") or "")
        if not self.upload_id:
            raise TransferFailed(f"{self.target}: the platform began the upload without naming it")
        try:
            self._chosen = self._choice(told, source.part_size)
        except SbgError:
            self.abort(self.upload_id)
            raise
        return self.upload_id

    def part_size(self, upload_id: str) -> int | None:
        """What the platform chose."""
        return self._chosen if upload_id == self.upload_id else None

    def unfinished(self, source: Source) -> str:
        """The upload that is to be gone on with."""
        return self._go_on

    def known(self, upload_id: str) -> Mapping[int, SentPart] | None:
        """The parts that the platform has been told of."""
        self.upload_id = upload_id
        if self._routes.look is None:
            return None
        told = self._told(self._routes.look(upload_id), gone=True)
        self._chosen = self._choice(told, self.rules.part_size)
        plan = PartPlan(self._size, self._chosen)
        found: dict[int, SentPart] = {}
        parts: Sequence[dict[str, Any]] = told.get("parts") or ()
        for part in parts:
            number = int(part.get("part_number") or 0)
            response: dict[str, Any] = part.get("response") or {}
            headers: dict[str, str] = response.get("headers") or {}
            etag = next((value for name, value in headers.items() if name.lower() == "etag"), "").strip('"')
            if 1 <= number <= plan.count:
                checksums = {"md5": etag} if _MD5.match(etag) else {}
                found[number] = SentPart(number, plan.cut(number).length, etag, checksums)
        return found

    def sign(self, upload_id: str, cut: Cut, checksums: Mapping[str, str]) -> Location:
        """Asks where a part goes, and with which headers."""
        told = self._told(self._routes.part(upload_id, cut.number), gone=True)
        if (told.get("method") or "PUT").upper() != "PUT" or not told.get("url"):
            raise TransferFailed(f"{self.target}: the platform doesn't say where part {cut.number} is PUT to")
        report: dict[str, Any] = told.get("report") or {}
        self._wanted[cut.number] = _Report(
            frozenset(report.get("success_codes") or ()), tuple(report.get("headers") or ("ETag",))
        )
        return Location(told["url"], told.get("headers") or {})

    def sent(self, upload_id: str, part: SentPart, status: int, headers: Mapping[str, str]) -> None:
        """Tells the platform what the storage answered to a part."""
        wanted = self._wanted.get(part.number, _Report())
        if wanted.codes and status not in wanted.codes:
            codes = ", ".join(map(str, sorted(wanted.codes)))
            raise TransferFailed(
                f"{self.target}: the storage answered part {part.number} with {status}, and has it only after {codes}",
                remedy="Try again; if it stays, tell the platform's operators.",
            )
        answered = {
            name: part.etag if name.lower() == "etag" else headers.get(name.lower(), "") for name in wanted.headers
        }
        self._asked(self._routes.report(upload_id, part.number, answered), gone=True)

    def complete(self, upload_id: str, parts: Sequence[SentPart], checksums: Mapping[str, str]) -> Mapping[str, str]:
        """Has the platform make a file of the parts."""
        try:
            told = self._told(self._routes.complete(upload_id), gone=True)
        except OmicsError as error:
            self._is_unsure |= is_unsure(error)
            raise
        size = told.get("size")
        if isinstance(size, int) and size != self._size:
            raise TransferFailed(
                f"{self.target}: {self._size} bytes were sent, and the platform made a file of {size}",
                remedy="Delete that file, and send it again.",
            )
        self.made = told
        return {}

    def finished(self, parts: Sequence[SentPart]) -> Mapping[str, str] | None:
        """Looks for the file when the answer to its completion was lost."""
        if not self._is_unsure or self._routes.find is None:
            return None
        name = self.target.rpartition("/")[2]
        response = self._asked(self._routes.find())
        items = items_of(object_of(response), response)
        made = next((item for item in items if item.get("name") == name and item.get("size") == self._size), None)
        if made is None:
            return None
        self.made = made
        return {}

    def abort(self, upload_id: str) -> None:
        """Gives the upload up."""
        try:
            self._asked(self._routes.abort(upload_id), gone=True)
        except NoSuchUpload:
            return

    def _choice(self, told: Mapping[str, Any], asked: int) -> int:
        """The size of parts that the platform chose, which must be one that can work."""
        chosen = told.get("part_size")
        size = asked if chosen is None else int(chosen)
        if not 1 <= size <= PartSize.MAXIMUM_UPLOAD_SIZE or (
            total_parts(self._size, size) > PartSize.MAXIMUM_TOTAL_PARTS
        ):
            raise TransferFailed(
                f"{self.target}: the platform wants parts of {size} bytes, with which {self._size} bytes can't be sent",
                remedy="Give another part_size.",
            )
        return size

    def _told(self, request: Request, *, again: bool = True, gone: bool = False) -> dict[str, Any]:
        return object_of(self._asked(request, again=again, gone=gone))

    def _asked(self, request: Request, *, again: bool = True, gone: bool = False) -> Response:
        try:
            return self._api.send(request)
        except SbgError as error:
            told = for_the_engine(error, again=again, gone=gone)
            if told is error:
                raise
            raise told from error
