"""Files and folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from omicsdk.compat.sevenbridges._arguments import Number, check_texts, may_be, value_text
from omicsdk.compat.sevenbridges.enums import STREAMED, FileApiFormats, PartSize, RequestParameters
from omicsdk.compat.sevenbridges.errors import PaginationError, ResourceNotModified, SbgError, ValidationError
from omicsdk.compat.sevenbridges.http.responses import items_of, object_of
from omicsdk.compat.sevenbridges.meta import fields, resource
from omicsdk.compat.sevenbridges.meta._operations import destination, gives
from omicsdk.compat.sevenbridges.meta.collection import Collection, pages_after
from omicsdk.compat.sevenbridges.meta.resource import Gettable, Resource, Value, identifier, identifiers, request_of
from omicsdk.compat.sevenbridges.models.bulk import BulkRecord
from omicsdk.core.redaction import without_query
from omicsdk.core.request import Request, query_text
from omicsdk.core.type_guards import is_array, is_mapping
from omicsdk.sb.paths import LONGEST, wrong_with

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, Dataset, Project
    from omicsdk.compat.sevenbridges.transfer.download import Download
    from omicsdk.compat.sevenbridges.transfer.upload import Upload


class Metadata(fields.DictView):
    """A file's metadata: texts, numbers, or lists of them by name."""


class FileOrigin(Value):
    """Origin of a file."""

    task = fields.text()


class FileStorage(Value):
    """Storage of a file: the platform's own, or a location on a volume."""

    type = volume = location = fields.text()


class DownloadInfo(Value):
    """Temporary download URL of a file, valid for some hours. The URL is a secret."""

    url = fields.text()

    def __repr__(self) -> str:
        return f"<DownloadInfo: url={without_query(str(self.field('url') or ''))}>"


def is_file_name(name: str, value: Any) -> None:
    """Reject a name of a file or folder that is not text, is empty or too long, or has a slash in it."""
    fields.is_text(name, value)
    wrong = wrong_with(value)
    if wrong:
        raise ValidationError(f"{name} {wrong}", remedy=f"Pass the last part alone, of 1 to {LONGEST} characters.")


def as_list(value: Any) -> list[Any]:
    """One value or several as a list, empty for None."""
    if value is None:
        return []
    return [value] if isinstance(value, str) or not isinstance(value, Iterable) else list(cast("Iterable[Any]", value))


class SearchResponse(Value):
    """A page of what a search found."""

    count = fields.whole()
    cont_token = fields.text()
    result_set = fields.listing()

    @classmethod
    def fetch(cls, query: str, cont_token: str | None, limit: int | None, api: Api) -> Self:
        """Request a page; `cont_token` is that of the page before."""
        check_texts({"query": query})
        if not query:
            raise ValidationError("A search needs a query", remedy="Pass one, such as query='IN \"me/my-project\"'.")
        if limit is not None and not may_be(Number("", is_whole=True, least=1), limit):
            raise ValidationError(f"limit is {value_text(limit)}", remedy="Pass a whole number, 1 or more.")
        parameters = {"query": query, "limit": limit}  # for the next page
        response = api.send(request_of(api, "search_files", cont_token=cont_token, **parameters))
        payload = object_of(response)
        items_of(payload, response, "result_set")
        return cls.of({**payload, **parameters}, api)

    @property
    def files(self) -> list[File]:
        """The page's files."""
        results: list[dict[str, Any]] = self.field("result_set") or []
        return self.part("files", self.field("result_set"), lambda: [File.of(result, self.api) for result in results])

    def next_page(self) -> Self:
        """The page after this one; a PaginationError on the last one."""
        token = self._following
        if not token:
            raise PaginationError("This is the last page")
        return type(self).fetch(self.field("query"), token, self.field("limit"), self.api)

    def all(self) -> Iterator[File]:
        """All files from this page on, page after page."""
        yield from self.files
        for page in pages_after(self, SearchResponse.next_page, lambda page: page._following):
            yield from page.files

    @property
    def _following(self) -> str | None:
        """The token of the page after this one; None if this is the last."""
        return self.field("cont_token") if self.field("result_set") else None

    def __repr__(self) -> str:
        return f"<SearchResponse: count={self.field('count')}, fetched={len(self.field('result_set') or ())}>"


#: What bulk calls can change.
CHANGEABLE = ("name", "tags", "metadata")


def changes_of(file: object, *, whole: bool) -> dict[str, Any]:
    """Return the body of `bulk_edit` and `bulk_update` for a file.

    Args:
        file: The file, or what is sent.
        whole: Whether all that can be changed is sent; else what was edited, or all that is known where nothing was.
    """
    if is_mapping(file):
        if not file.get("id"):
            raise SbgError(f"A file with {', '.join(file) or 'nothing'} has no id", remedy='Add "id".')
        return dict(file)
    if not isinstance(file, Resource):
        raise SbgError(f"{file!r} does not name a file to change", remedy="Pass a File, or a dictionary with its id.")
    if whole:
        return {"id": identifier(file), **{name: file.look_up(name) for name in CHANGEABLE}}
    edited = {name: value for name, value in file.changes().items() if name in CHANGEABLE}
    current = {name: file.field(name) for name in CHANGEABLE if file.field(name) is not None}
    return {"id": identifier(file), **(edited or current)}


def _changed(api: Api, operation: str, files: object, *, whole: bool) -> list[FileBulkRecord]:
    items = [changes_of(file, whole=whole) for file in resource.several(files)]
    if not items:
        raise SbgError("No files to change", remedy="Pass files.")
    return FileBulkRecord.collect(api, operation, items, in_order=_repeats([item["id"] for item in items]))


def _repeats(ids: Sequence[str]) -> bool:
    """Return whether a file is named twice, so that the order matters."""
    return len(set(ids)) < len(ids)


def _page(api: Api, operation: str, offset: int | None, limit: int | None, token: str | None, **chosen: Any) -> Request:
    """The request of a page of a list, or of one that continues by tokens."""
    if token is not None and offset:
        remedy = "Pass one of them: cont_token states the position."
        raise SbgError("offset and cont_token are mutually exclusive", remedy=remedy)
    if token is None:
        return request_of(api, operation, **chosen, offset=offset, limit=limit, fields="_all")
    return request_of(api, operation.replace("list", "scroll"), **chosen, token=token, limit=limit, fields="_all")


class File(Gettable, path="file_id", calls="get_file delete_file"):
    """A file or folder."""

    FOLDER_TYPE = "folder"

    type = parent = project = fields.text()
    name = fields.Field[str](read_only=False, check=is_file_name)
    size = fields.whole()
    created_on = modified_on = fields.time()
    origin = fields.Part(lambda: FileOrigin)
    storage = fields.Part(lambda: FileStorage)
    metadata = fields.View(Metadata)
    tags = fields.listing(read_only=False)

    def is_folder(self) -> bool:
        """Return whether it is a folder."""
        return str(self.type).lower() == self.FOLDER_TYPE

    @property
    def secondary_files(self) -> list[File]:
        """The files that belong to it, such as an index; empty if the platform states none."""
        # Files of tasks have them under CWL's name; the published field is `_secondary_files`.
        name = "secondaryFiles" if self.field("secondaryFiles") else "_secondary_files"
        values = fields.typed(self, name, self.look_up(name), is_array)
        if not values:
            return []
        return self.part("secondary files", values, lambda: [of_cwl(value, self.api_or_none) for value in values])

    # -- finding

    @classmethod
    def query(
        cls,
        project: Project | str | None = None,
        names: Iterable[str] | str | None = None,
        metadata: Mapping[str, Any] | None = None,
        origin: Mapping[str, Any] | None = None,
        tags: Iterable[str] | str | None = None,
        offset: int | None = None,
        limit: int | None = None,
        dataset: Dataset | str | None = None,
        api: Api | None = None,
        parent: File | str | None = None,
        cont_token: str | None = None,
    ) -> Collection[Self]:
        """List the files and folders of a project, a folder or a data set.

        Args:
            project: The project, or its id.
            names: Those with one of these names.
            metadata: Those with these values, by name; of several values any matches.
            origin: Those of a task: {"task": the task, or its id}; other keys are sent, too.
            tags: Those with these tags.
            dataset: The data set, or its id; in place of `project`. In advance access.
            parent: The folder, or its id; in place of `project`.
            cont_token: "init" lists very many files faster, without a total; `next_page` and `all` continue. Excludes `metadata`
                and `offset`. In advance access.
        """
        for what, value in (("metadata", metadata), ("origin", origin)):
            if value is not None:
                fields.is_mapping(what, value)
        origin, metadata = origin or {}, metadata or {}
        places = {"project": project, "parent": parent, "dataset": dataset}
        location = {name: identifier(container) for name, container in places.items() if container}
        if len(location) != 1:
            named = " and ".join(location) or "none"
            problem = f"Files are listed by one of project, parent and dataset; given: {named}"
            raise SbgError(problem, remedy="Pass one of them.")
        if cont_token is not None and metadata:
            remedy = "Omit cont_token, or filter the files of the list."
            raise SbgError("metadata and cont_token are mutually exclusive", remedy=remedy)
        chosen = {
            **location,
            "name": None if names is None else as_list(names) or [""],  # no names match no file, not every file
            "tag": as_list(tags) or None,
            "metadata": {f"metadata.{name}": as_list(value) for name, value in metadata.items()} or None,
        }
        origins = [(f"origin.{name}", identifier(value)) for name, value in origin.items() if value is not None]
        api = cls._client(api)
        request = _page(api, "list_files", offset, limit, cont_token, **chosen)
        query = query_text(origins)
        return Collection.fetch(cls, request.at(f"{request.url}&{query}") if query else request, api)

    @classmethod
    def search(
        cls, query: str, cont_token: str | None = None, limit: int | None = None, api: Api | None = None
    ) -> SearchResponse:
        """Search for files in all projects and data sets, in the platform's query language.

        Returns:
            A page; its `all()` yields the files of this and all later ones.
        """
        return SearchResponse.fetch(query, cont_token, limit, cls._client(api))

    def list_files(
        self, offset: int | None = None, limit: int | None = None, api: Api | None = None, cont_token: str | None = None
    ) -> Collection[File]:
        """List the direct contents of this folder; `cont_token` as of `query`."""
        api = self.api if api is None else api
        if not self.is_folder():
            raise SbgError(f"{self.field('name') or self!r} is not a folder", remedy="Call it on a folder.")
        request = _page(api, "list_folder_files", offset, limit, cont_token, folder_id=identifier(self))
        return Collection.fetch(File, request, api)

    # -- making, copying, moving

    @classmethod
    def create_folder(
        cls, name: str, parent: File | str | None = None, project: Project | str | None = None, api: Api | None = None
    ) -> Self:
        """Create a folder in a folder, or in a project's root."""
        is_file_name("name", name)
        target = destination(project, parent, "A new folder")
        return cls._from_operation(api, "create_folder", name=name, type="folder", **target)

    def copy(self, project: Project | str, name: str | None = None) -> Self:
        """Copy it into a project's root."""
        return self._put("copy_file", self.api, name, project=identifier(project))

    def copy_to_folder(self, parent: File | str, name: str | None = None, api: Api | None = None) -> Self:
        """Copy this file into a folder."""
        self._no_folder("copied", "file_bulk_copy")
        return self._put("copy_file", self.api if api is None else api, name, parent=identifier(parent))

    def move_to_folder(self, parent: File | str, name: str | None = None, api: Api | None = None) -> Self:
        """Move this file into another folder of its project."""
        self._no_folder("moved", "file_bulk_move")
        return self._put("move_file", self.api if api is None else api, name, parent=identifier(parent))

    def _put(self, operation: str, api: Api, name: str | None, **target: str) -> Self:
        if name:
            is_file_name("name", name)
        return self._from_operation(api, operation, **self._path_arguments(self), name=name or None, **target)

    def _no_folder(self, what: str, job: str) -> None:
        if str(self.field("type")).lower() == self.FOLDER_TYPE:
            remedy = f"Use api.async_jobs.{job}."
            raise SbgError(f"{self!r} is a folder, and cannot be {what} by this method", remedy=remedy)

    # -- changing

    def save(self, inplace: bool = True, silent: bool = False) -> Self:
        """Save the edits: metadata, then tags, then the name; what was saved before an error is not an edit any longer.

        Edited metadata is merged with what the platform has, and what was deleted is deleted there; a dictionary that was set as
        a whole replaces it.

        Args:
            silent: Whether to ignore that there are no edits; else it is a ResourceNotModified.
        """
        changed = self.changes()
        if not changed:
            if silent:
                return self
            raise ResourceNotModified
        target = self if inplace else self.deepcopy()
        path_ids = self._path_arguments(self)
        merging = "replace_file_metadata" if "metadata" in self._assigned else "update_file_metadata"
        # The order of the published client.
        for name, operation, kind in (("metadata", merging, dict), ("tags", "replace_file_tags", list)):
            if name in changed:
                request = request_of(self.api, operation, **path_ids, body=changed.pop(name) or kind())
                target._has_now(name, self.api.call(request))
        if changed:
            return target._saved(self.api.call_object(request_of(self.api, "update_file", **path_ids, **changed)), True)
        target.update_old()
        return target

    def _has_now(self, name: str, payload: Any) -> None:
        """Take a member for saved; when the file was modified is requested again when it is read."""
        now: Any = self._data[name] if payload is None else payload
        if payload is None and isinstance(now, dict):  # a key that was sent as None is deleted there
            now = {key: value for key, value in cast("dict[str, Any]", now).items() if value is not None}
        self._data = {**self._data, **self._settled({name: now})}
        self._old = {**self._old, name: now}
        self._assigned -= {name}
        if "modified_on" in self._data:
            del self._data["modified_on"]
            self._fetched = False

    @classmethod
    def upload(
        cls,
        path: str | os.PathLike[str],
        project: Project | str | None = None,
        parent: File | str | None = None,
        file_name: str | None = None,
        overwrite: bool = False,
        retry: int = RequestParameters.DEFAULT_RETRY_COUNT,
        timeout: float = RequestParameters.DEFAULT_TIMEOUT,
        part_size: int = PartSize.UPLOAD_RECOMMENDED_SIZE,
        wait: bool = True,
        api: Api | None = None,
    ) -> Upload:
        """Upload a local file.

        Args:
            project: The target project, or its id; either this or `parent`.
            parent: The target folder, or its id.
            wait: Whether to return when it is done. If not, `start()` of the returned upload begins it.

        Returns:
            The upload; its `result()` is the file.
        """
        from omicsdk.compat.sevenbridges.transfer.upload import Upload

        api = cls._client(api)
        upload = Upload(path, project, parent, file_name, overwrite, part_size, retry, timeout, api)
        if wait:
            upload.start()
            upload.wait()
        return upload

    @gives("get_file_download_info", of=DownloadInfo)
    def download_info(self) -> DownloadInfo:
        """Get a temporary URL of the file's bytes, a secret."""
        ...

    def download(
        self,
        path: str | os.PathLike[str],
        retry: int = RequestParameters.DEFAULT_RETRY_COUNT,
        timeout: float = RequestParameters.DEFAULT_TIMEOUT,
        chunk_size: int = PartSize.DOWNLOAD_MINIMUM_PART_SIZE,
        wait: bool = True,
        overwrite: bool = False,
    ) -> Download:
        """Download the file; it exists at `path` when it is complete.

        Args:
            chunk_size: Bytes in a part, 5 MiB or more.
            wait: Whether to return when it is done. If not, `start()` of the returned download begins it.

        Raises:
            LocalFileAlreadyExists: Something is at `path`, and `overwrite` is not set.
        """
        from omicsdk.compat.sevenbridges.transfer.download import Download

        download = Download(None, path, chunk_size, retry, timeout, self.api, file=self, overwrite=overwrite)
        if wait:
            download.start()
            download.wait()
        return download

    def stream(self, part_size: int = STREAMED) -> Iterator[bytes]:
        """Yield the file's bytes as they arrive, `part_size` at a time, without storing them."""
        from omicsdk.compat.sevenbridges.transfer.download import stream

        return stream(self, part_size)

    def content(
        self, path: str | os.PathLike[str] | None = None, overwrite: bool = True, encoding: str = "utf-8"
    ) -> str:
        """Download the file and return it as text, all of it in memory; it is kept at `path`, if that is given."""
        if path is None:
            from tempfile import TemporaryDirectory

            with TemporaryDirectory(prefix="omicsdk-") as folder:
                return self.content(Path(folder, "content"), overwrite, encoding)
        self.download(path, overwrite=overwrite)
        try:
            return Path(path).read_text(encoding)
        except UnicodeDecodeError as error:
            remedy = "Pass its encoding, or use download() or stream()."
            raise SbgError(f"{self!r} is not text in {encoding}: invalid byte {error.start}", remedy=remedy) from error

    @classmethod
    def bulk_get(cls, files: Iterable[File | str] | File | str, api: Api | None = None) -> list[FileBulkRecord]:
        """Get files, in any number: a record for each, in their order, with the file or what is wrong with it."""
        ids = identifiers(files)
        return FileBulkRecord.collect(cls._client(api), "bulk_get_files", ids, "file_ids", in_order=False)

    @classmethod
    def bulk_delete(cls, files: Iterable[File | str] | File | str, api: Api | None = None) -> list[FileBulkRecord]:
        """Delete files, in any number: a record for each, in their order, without a file."""
        ids = identifiers(files)
        return FileBulkRecord.collect(cls._client(api), "bulk_delete_files", ids, "file_ids", in_order=_repeats(ids))

    @classmethod
    def bulk_update(
        cls, files: Iterable[File | Mapping[str, Any]] | File, api: Api | None = None
    ) -> list[FileBulkRecord]:
        """Replace the names, tags and metadata of files; what is not given is erased.

        Args:
            files: Files with their new values, or dictionaries with "id", "name", "tags" and "metadata"; any number.

        Returns:
            A record for each, in their order: the file as the platform has it then, or what is wrong with it.
        """
        return _changed(cls._client(api), "bulk_update_files", files, whole=True)

    @classmethod
    def bulk_edit(
        cls, files: Iterable[File | Mapping[str, Any]] | File, api: Api | None = None
    ) -> list[FileBulkRecord]:
        """Change names, tags and metadata of files; what is not given stays.

        Of an edited file the edits are sent, deleted metadata too; of others all that is known. Returns records as `bulk_update`.

        Args:
            files: Edited files, or dictionaries with "id" and any of "name", "tags" and "metadata" (None deletes a key of
                the metadata); any number.
        """
        return _changed(cls._client(api), "bulk_edit_files", files, whole=False)


class FileBulkRecord(BulkRecord[File]):
    """The result for one file of a bulk call."""

    _KIND = File


#: What the platform calls, as a File's type, what CWL calls so.
_TYPES = {FileApiFormats.FILE.lower(): "file", FileApiFormats.FOLDER.lower(): "folder"}


def of_cwl(description: Mapping[str, Any], api: Api | None) -> File:
    """The file or folder of a CWL object, or of the platform's form of one; missing fields are requested when they are read."""
    kind = type_of_cwl(description) if is_mapping(description) else None
    if kind is None:
        return File.of(description, api)
    name = description.get("basename") or description.get("name")
    data = {
        "id": description.get("path"),
        "type": kind,
        "name": name,
        "secondaryFiles": description.get("secondaryFiles"),
    }
    return File.of({key: value for key, value in data.items() if value}, api)


def type_of_cwl(description: Mapping[str, Any]) -> str | None:
    """The type of the file or folder that a CWL object represents; None if it is neither."""
    return _TYPES.get(str(description.get("class")).lower())
