"""Uploads: handles of files, and of the code of automations."""

from __future__ import annotations

import os
from abc import abstractmethod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

from omicsdk.compat.sevenbridges._arguments import check_texts, path_of
from omicsdk.compat.sevenbridges.enums import PartSize, RequestParameters
from omicsdk.compat.sevenbridges.errors import SbgError, as_ours
from omicsdk.compat.sevenbridges.meta._operations import ONE_PLACE, destination
from omicsdk.compat.sevenbridges.meta.resource import identifier
from omicsdk.compat.sevenbridges.transfer.handle import Handle, check_part_size
from omicsdk.compat.sevenbridges.transfer.utils import Part, total_parts
from omicsdk.sb.paths import checked_name
from omicsdk.sb.store import CodeStore, PlatformStore, part_rules
from omicsdk.sb.uploads import local_size
from omicsdk.transfer import Upload as EngineUpload
from omicsdk.transfer import upload
from omicsdk.transfer.journal import journal_for, remove_journal
from omicsdk.transfer.uploads.store import PartPlan, plan_parts

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, Automation, File, Project
    from omicsdk.sb.listings import Target
    from omicsdk.transfer import TransferReport


class Sending(Handle):
    """Base of both kinds of uploads."""

    def __init__(
        self,
        api: Api | None,
        file_path: str | os.PathLike[str],
        file_name: str | None,
        part_size: int | None,
        retry_count: int | None,
        timeout: float | None,
        resume: bool,
    ) -> None:
        size = check_part_size(part_size, PartSize.UPLOAD_RECOMMENDED_SIZE, PartSize.UPLOAD_MINIMUM_PART_SIZE)
        super().__init__(api, "upload", size, retry_count, timeout)
        self._path = Path(path_of("file_path", file_path))
        name = self._path.name if file_name is None else file_name
        check_texts({"file_name": name})
        with as_ours():
            self._file_size, self._file_name = local_size(self._path), checked_name(name)
        self._part_size = plan_parts(self._file_size, part_rules(size)).part_size
        self._resume = resume
        self._journal: Path | None = None
        self._store: PlatformStore | None = None

    @property
    def file_name(self) -> str:
        """Name of the file on the platform."""
        return self._file_name

    def partition_file(self, fp: IO[bytes] | None = None) -> list[Part]:
        """The parts that the file is sent in, unless the platform chooses others; the size of an open file counts if it is given."""
        size = self._file_size if fp is None else os.fstat(fp.fileno()).st_size
        plan = PartPlan(size, self._part_size)
        cuts = (plan.cut(number) for number in range(1, plan.count + 1))
        return [Part(cut.start, cut.length) for cut in cuts]

    @abstractmethod
    def _new_store(self) -> PlatformStore:
        """Return the store that the engine sends it to."""

    def _move(self, connections: int) -> TransferReport:
        if self._resume and total_parts(self._file_size, self._part_size) > 1:
            facts = self._api.url, self._new_store().target, str(self._path.absolute())
            self._journal = journal_for("sb/uploads", *facts)
        report = self._send(connections)
        if report.counts["skipped"]:  # an earlier run ended before it could delete its record
            remove_journal(self._journal)
            report = self._send(connections)
        if report.ok:
            remove_journal(self._journal)
        return report

    def _send(self, connections: int) -> TransferReport:
        self._store = self._new_store()
        self._store.compares_name = False  # the platform's file is returned, whatever it is called
        sent = EngineUpload(self._path, self._store, self._file_name, retries=self._retries)
        return upload([sent], journal=self._journal, **self._settings(connections))

    def _clean_up(self) -> None:
        if self._store is not None and self._store.upload_id:
            self._store.abort(self._store.upload_id)
        remove_journal(self._journal)

    def _description(self) -> dict[str, Any] | None:
        """Return the platform's description of the file; None until it is complete, an SbgError if it has failed."""
        if self._failure is not None:
            raise self._failure
        return self._store.created_file if self._store is not None and self._store.created_file else None


class Upload(Sending):
    """Upload of a file; see `Handle` for controls and states.

    Parts are read from the file, several in parallel, so it must not change until the end. An upload in several
    parts that failed, was aborted, or died with its program resumes there when the same one is started again.

    Args:
        file_path: The file.
        project: The target project, or its id; either this or `parent`.
        parent: The target folder, or its id.
        file_name: Its name there, at most 255 characters without slashes; by default that of the local file.
        overwrite: Whether to replace a file of that name.
        part_size: The size of parts in bytes, 5 MiB to 5 GiB, 32 MiB by default; larger ones are taken where there
            would be more than 10,000. The platform may choose another.
        retry_count: How many failures in a row end it; each part that is sent wins one back. 6 by default, 0 for none.
        timeout: Seconds to wait for a silent server, 300 by default.
        api: The target.
        resume: Whether to record what was sent, to resume it.
        upload_id: An upload that the platform knows, to resume; its parts are verified against the file.
    """

    def __init__(
        self,
        file_path: str | os.PathLike[str],
        project: Project | str | None = None,
        parent: File | str | None = None,
        file_name: str | None = None,
        overwrite: bool = False,
        part_size: int | None = PartSize.UPLOAD_RECOMMENDED_SIZE,
        retry_count: int | None = RequestParameters.DEFAULT_RETRY_COUNT,
        timeout: float | None = RequestParameters.DEFAULT_TIMEOUT,
        api: Api | None = None,
        *,
        resume: bool = True,
        upload_id: str = "",
    ) -> None:
        # Before release 2 the third argument was the name; a name mistaken for a folder would be stored in the wrong place.
        remedy = f"{ONE_PLACE} The third argument is parent; give a name as file_name=."
        self._folder = cast("Target", destination(project, parent, "An upload", remedy))
        self._options: dict[str, Any] = {"overwrite": overwrite, "upload_id": upload_id}
        super().__init__(api, file_path, file_name, part_size, retry_count, timeout, resume and not upload_id)

    def result(self) -> File | None:
        """The file on the platform; None before it is complete, or if it was stopped. An SbgError if it has failed."""
        payload = self._description()
        return None if payload is None else self._api.files.of(payload, self._api)

    def _new_store(self) -> PlatformStore:
        what = self._file_name, self._folder, self._file_size, self._part_size
        return PlatformStore(self._api.platform, *what, **self._options)


class CodePackage(NamedTuple):
    """An automation's code on the platform: its name, and the id that a new package takes as its location."""

    id: str
    name: str


class CodePackageUpload(Sending):
    """Upload of the code of an automation; arguments as of `Upload`, and `parent` has no effect: code has no folder."""

    def __init__(
        self,
        file_path: str | os.PathLike[str],
        automation_id: Automation | str,
        file_name: str | None = None,
        part_size: int | None = PartSize.UPLOAD_RECOMMENDED_SIZE,
        retry_count: int | None = RequestParameters.DEFAULT_RETRY_COUNT,
        timeout: float | None = RequestParameters.DEFAULT_TIMEOUT,
        parent: object = None,
        api: Api | None = None,
        *,
        resume: bool = True,
    ) -> None:
        del parent
        self._automation = identifier(automation_id)
        super().__init__(api, file_path, file_name, part_size, retry_count, timeout, resume)
        if not self._file_size:
            raise SbgError(f"{self._path} is empty", remedy="Pass the package's archive.")

    def result(self) -> CodePackage | None:
        """The code on the platform; None before it is complete, or if it was stopped. An SbgError if it has failed."""
        payload = self._description()
        if payload is None:
            return None
        return CodePackage(str(payload.get("id")), str(payload.get("name") or self._file_name))

    def _new_store(self) -> PlatformStore:
        return CodeStore(self._api.platform, self._file_name, self._automation, self._file_size, self._part_size)
