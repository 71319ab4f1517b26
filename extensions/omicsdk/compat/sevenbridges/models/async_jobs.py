"""Jobs on many files and folders, which the platform runs: copies, moves, deletions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

from omicsdk.compat.sevenbridges.enums import AsyncFileOperations, AsyncJobStates
from omicsdk.compat.sevenbridges.errors import NotFound, SbgError
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import destination, lists, required
from omicsdk.compat.sevenbridges.meta._waiting import BackgroundJob
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.resource import identifier, request_of, several
from omicsdk.compat.sevenbridges.models.file import FileBulkRecord
from omicsdk.core.type_guards import is_mapping

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, File
    from omicsdk.core.request import Request


class AsyncFileBulkRecord(FileBulkRecord):
    """The result for one file of a job."""


class AsyncJob(BackgroundJob):
    """A job on many files and folders: `failed_files` states how many failed, `get_result` which and why."""

    _ENDED = frozenset({AsyncJobStates.FINISHED})

    type = fields.text()
    result = fields.listing()
    total_files = failed_files = completed_files = fields.whole()

    def _request(self) -> Request | None:
        id, kind, api = self.field("id"), str(self.field("type")).lower(), self.api_or_none
        if not id or api is None or kind not in _KINDS:
            return super()._request()
        return request_of(api, f"get_file_{kind}_job", job_id=id)

    # -- starting

    @classmethod
    def file_bulk_copy(cls, files: Iterable[Mapping[str, Any]], api: Api | None = None) -> Self:
        """Start to copy files and folders with their contents.

        Args:
            files: For each a dictionary with "file", one of "project" and "parent", and optionally "name"; objects or ids.
        """
        return cls._started("copy", _items(files, "copy", targets=True), api)

    @classmethod
    def file_bulk_move(cls, files: Iterable[Mapping[str, Any]], api: Api | None = None) -> Self:
        """Start to move files and folders with their contents; arguments as of `file_bulk_copy`."""
        return cls._started("move", _items(files, "move", targets=True), api)

    @classmethod
    def file_bulk_delete(cls, files: Iterable[Mapping[str, Any] | File | str], api: Api | None = None) -> Self:
        """Start to delete files and folders with their contents: each a dictionary with "file", the object, or its id."""
        return cls._started("delete", _items(files, "delete", targets=False), api)

    # -- finding

    @classmethod
    @lists("list_file_jobs")
    def list_file_jobs(
        cls, offset: int | None = None, limit: int | None = None, api: Api | None = None
    ) -> Collection[Self]:
        """List the jobs that the user started."""
        ...

    @classmethod
    def get_file_copy_job(cls, id: AsyncJob | str, api: Api | None = None) -> Self:
        """Get a job that copies."""
        return cls._of_kind(AsyncFileOperations.COPY, id, api)

    @classmethod
    def get_file_move_job(cls, id: AsyncJob | str, api: Api | None = None) -> Self:
        """Get a job that moves."""
        return cls._of_kind(AsyncFileOperations.MOVE, id, api)

    @classmethod
    def get_file_delete_job(cls, id: AsyncJob | str, api: Api | None = None) -> Self:
        """Get a job that deletes."""
        return cls._of_kind(AsyncFileOperations.DELETE, id, api)

    @classmethod
    def get(cls, id: AsyncJob | str, api: Api | None = None) -> Self:
        """Get a job of any kind, with a request for each kind until there is one."""
        first: NotFound | None = None
        for kind in _KINDS:
            try:
                return cls._of_kind(kind, id, api)
            except NotFound as error:
                first = first or error
        assert first is not None
        raise first

    @classmethod
    def _started(cls, kind: str, items: list[dict[str, str]], api: Api | None) -> Self:
        return cls._from_operation(api, f"start_file_{kind}_job", items=items)

    @classmethod
    def _of_kind(cls, kind: str, id: AsyncJob | str, api: Api | None) -> Self:
        api = cls._client(api)
        request = request_of(api, f"get_file_{kind}_job", job_id=identifier(id))
        return cls.of({"type": kind.upper(), **api.call_object(request)}, api)

    # -- results

    def get_result(self, api: Api | None = None) -> list[AsyncFileBulkRecord]:
        """Return a record for each processed file: the file, or what is wrong with it."""
        return AsyncFileBulkRecord.of_items(self.result, self.api_or_none if api is None else api)

    def __repr__(self) -> str:
        return f"<AsyncJob: type={self.field('type')} id={self.field('id')}>"


#: The kinds of jobs, in the order in which they are tried.
_KINDS = (AsyncFileOperations.COPY, AsyncFileOperations.MOVE, AsyncFileOperations.DELETE)


def _items(files: Iterable[Any], what: str, *, targets: bool) -> list[dict[str, str]]:
    """Return the body for the files of a job."""
    items: list[dict[str, str]] = []
    for at, entry in enumerate(several(files)):
        entry_fields: Mapping[str, Any] = entry if is_mapping(entry) else {"file": entry}
        item = {**entry_fields, "file": identifier(required(entry_fields, "file", at))}
        if targets and (entry_fields is not entry or entry_fields.keys() & {"project", "parent"}):
            item |= destination(entry_fields.get("project"), entry_fields.get("parent"), f"Item {at}")
        items.append(item)
    if not items:
        raise SbgError(f"No files to {what}", remedy="Pass dictionaries with 'file' and the target.")
    return items
