"""Files and folders."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from omicsdk.compat.sevenbridges._arguments import Number, check_texts, may_be, shown
from omicsdk.compat.sevenbridges.enums import STREAMED, FileApiFormats, PartSize, RequestParameters
from omicsdk.compat.sevenbridges.errors import PaginationError, ResourceNotModified, SbgError, ValidationError
from omicsdk.compat.sevenbridges.http._responses import items_of, object_of
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import destination, gives
from omicsdk.compat.sevenbridges.meta.collection import Collection, pages_after
from omicsdk.compat.sevenbridges.meta.resource import (
    Gettable,
    Resource,
    Value,
    identifier,
    identifiers,
    request_of,
    several,
)
from omicsdk.compat.sevenbridges.models.bulk import BulkRecord
from omicsdk.core.redaction import without_query
from omicsdk.core.request import query_text
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

    type = fields.text()
    volume = fields.text()
    location = fields.text()


class DownloadInfo(Value):
    """Temporary download URL of a file, valid for some hours. The URL is a secret."""

    url = fields.text()

    def __repr__(self) -> str:
        return f"<DownloadInfo: url={without_query(str(self.field('url') or ''))}>"


def is_file_name(name: str, value: Any) -> None:
    """Refuse what the platform does not take as the name of a file or folder.

    Args:
        name: What the value is, for errors.
        value: The name.

    Raises:
        ValidationError: It is not text, is empty or too long, or has a slash in it.
    """
    fields.is_text(name, value)
    wrong = wrong_with(value)
    if wrong:
        raise ValidationError(f"{name} {wrong}", remedy=f"Pass the last part alone, of 1 to {LONGEST} characters.")


def listed(value: Any) -> list[Any]:
    """One value or several, as a list.

    Args:
        value: A value, a collection of them, or None for none.
    """
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
        """Request a page.

        Args:
            query: What is searched for, in the platform's query language.
            cont_token: The token of the page before; None for the first.
            limit: How many are on a page.
            api: The target.

        Raises:
            ValidationError: There is no query, or the limit is less than 1.
            SbgError: The platform answered with an error.
        """
        check_texts({"query": query})
        if not query:
            raise ValidationError("A search needs a query", remedy="Pass one, such as query='IN \"me/my-project\"'.")
        if limit is not None and not may_be(Number("", is_whole=True, least=1), limit):
            raise ValidationError(f"limit is {shown(limit)}", remedy="Pass a whole number, 1 or more.")
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
        """The page after this one.

        Raises:
            PaginationError: This is the last.
            SbgError: The platform answered with an error.
        """
        token = self._following
        if not token:
            raise PaginationError("This is the last page")
        return type(self).fetch(self.field("query"), token, self.field("limit"), self.api)

    def all(self) -> Iterator[File]:
        """All files from this page on, page after page.

        Raises:
            SbgError: The platform answered with an error.
        """
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

    Raises:
        SbgError: It has no id, or is neither.
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
    items = [changes_of(file, whole=whole) for file in several(files)]
    if not items:
        raise SbgError("No files to change", remedy="Pass files.")
    return FileBulkRecord.collect(api, operation, items, in_order=_repeats([item["id"] for item in items]))


def _repeats(ids: Sequence[str]) -> bool:
    """Return whether a file is named twice, so that the order matters."""
    return len(set(ids)) < len(ids)


class File(Gettable):
    """A file or folder."""

    _PATH = "file_id"
    _GET, _DELETE = "get_file", "delete_file"

    FOLDER_TYPE = "folder"

    type = fields.text()
    name = fields.Field[str](read_only=False, check=is_file_name)
    size = fields.whole()
    parent = fields.text()
    project = fields.text()
    created_on = fields.time()
    modified_on = fields.time()
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
            metadata: Those with these values, by name; of several values any will do.
            origin: Those of a task: {"task": the task, or its id}; other keys are sent, too.
            tags: Those with these tags.
            offset: Records to skip; excludes `cont_token`.
            limit: How many are on a page, from 1 to 100; 50 by default.
            dataset: The data set, or its id; in place of `project`. In advance access.
            api: The Api, where the class belongs to none.
            parent: The folder, or its id; in place of `project`.
            cont_token: "init" lists in the way that is fast for very many files, without a total; later pages
                page is the matter of `next_page` and `all`. Excludes `metadata`. In advance access.

        Raises:
            SbgError: The arguments contradict each other, or the platform answered with an error.
        """
        for what, value in (("metadata", metadata), ("origin", origin)):
            if value is not None:
                fields.is_mapping(what, value)
        origin, metadata = origin or {}, metadata or {}
        places = {"project": project, "parent": parent, "dataset": dataset}
        location = {name: identifier(container) for name, container in places.items() if container}
        if len(location) != 1:
            raise SbgError(
                f"Files are listed by one of project, parent and dataset; given: {' and '.join(location) or 'none'}",
                remedy="Pass one of them.",
            )
        if cont_token is not None and metadata:
            raise SbgError(
                "metadata and cont_token are mutually exclusive",
                remedy="Omit cont_token, or filter the files of the list.",
            )
        chosen = {
            **location,
            "name": None if names is None else listed(names) or [""],  # no names match no file, not every file
            "tag": listed(tags) or None,
            "metadata": {f"metadata.{name}": listed(value) for name, value in metadata.items()} or None,
        }
        origins = [(f"origin.{name}", identifier(value)) for name, value in origin.items() if value is not None]
        return cls._page(cls._client(api), "list_files", chosen, offset, limit, cont_token, query_text(origins))

    @classmethod
    def search(
        cls, query: str, cont_token: str | None = None, limit: int | None = None, api: Api | None = None
    ) -> SearchResponse:
        """Search for files in all projects and data sets.

        Args:
            query: What is searched for, in the platform's query language.
            cont_token: The token of the page before; None for the first.
            limit: How many are on a page.
            api: The Api, where the class belongs to none.

        Returns:
            A page; its `all()` gives the files of this and all that follow.

        Raises:
            ValidationError: There is no query, or the limit is less than 1; nothing was sent.
            SbgError: The platform answered with an error.
        """
        return SearchResponse.fetch(query, cont_token, limit, cls._client(api))

    def list_files(
        self, offset: int | None = None, limit: int | None = None, api: Api | None = None, cont_token: str | None = None
    ) -> Collection[File]:
        """List what is in this folder; what is in its folders is not listed.

        Args:
            offset: Records to skip; excludes `cont_token`.
            limit: How many are on a page, from 1 to 100; 50 by default.
            api: Another Api than the one that the folder came from.
            cont_token: "init" lists in the way that is fast for very many files; see `query`.

        Raises:
            SbgError: It is not a folder, the arguments contradict each other, or the platform answered with an error.
        """
        api = self.api if api is None else api
        if not self.is_folder():
            raise SbgError(f"{self.field('name') or self!r} is not a folder", remedy="Call it on a folder.")
        path_ids = {"folder_id": identifier(self)}
        return File._page(api, "list_folder_files", path_ids, offset, limit, cont_token)

    @classmethod
    def _page(
        cls,
        api: Api,
        operation: str,
        chosen: Mapping[str, Any],
        offset: int | None,
        limit: int | None,
        token: str | None,
        query: str = "",
    ) -> Collection[Self]:
        """A page of a list, or of one that continues by tokens, which is quick for very many files.

        Of the query, `query` is what is no argument of the operation.
        """
        if token is not None and offset:
            raise SbgError(
                "offset and cont_token are mutually exclusive",
                remedy="Pass one of them: cont_token states the position.",
            )
        if token is None:
            request = request_of(api, operation, **chosen, offset=offset, limit=limit, fields="_all")
        else:
            scroll = operation.replace("list", "scroll")
            request = request_of(api, scroll, **chosen, token=token, limit=limit, fields="_all")
        return Collection.fetch(cls, request.at(f"{request.url}&{query}") if query else request, api)

    # -- making, copying, moving

    @classmethod
    def create_folder(
        cls, name: str, parent: File | str | None = None, project: Project | str | None = None, api: Api | None = None
    ) -> Self:
        """Make a folder.

        Args:
            name: Name of the new file.
            parent: Target folder, or its id.
            project: Project, or its id, whose root is the target; in place of `parent`.
            api: The Api, where the class belongs to none.

        Raises:
            ValidationError: The name is empty, longer than 255 characters, or has a slash in it.
            Conflict: There is one of that name.
            SbgError: Both or neither of parent and project are given, or the platform answered with another error.
        """
        is_file_name("name", name)
        target = destination(project, parent, "A new folder")
        return cls._asked(api, "create_folder", name=name, type="folder", **target)

    def copy(self, project: Project | str, name: str | None = None) -> Self:
        """Copy it into a project's root.

        Args:
            project: The project, or its id.
            name: Name of the copy; by default that of the file.

        Returns:
            The copy.

        Raises:
            ValidationError: The name is longer than 255 characters, or has a slash in it.
            SbgError: The platform answered with an error.
        """
        return self._put("copy_file", self.api, name, project=identifier(project))

    def copy_to_folder(self, parent: File | str, name: str | None = None, api: Api | None = None) -> Self:
        """Copy this file into a folder.

        Args:
            parent: The folder, or its id.
            name: Name of the copy; by default that of the file.
            api: Another Api than the one that the file came from.

        Returns:
            The copy.

        Raises:
            ValidationError: The name is longer than 255 characters, or has a slash in it.
            SbgError: It is a folder, or the platform answered with an error.
        """
        self._no_folder("copied", "file_bulk_copy")
        return self._put("copy_file", self.api if api is None else api, name, parent=identifier(parent))

    def move_to_folder(self, parent: File | str, name: str | None = None, api: Api | None = None) -> Self:
        """Move this file into another folder of its project.

        Args:
            parent: The folder, or its id.
            name: Name in the target; by default unchanged.
            api: Another Api than the one that the file came from.

        Returns:
            The file in the target.

        Raises:
            ValidationError: The name is longer than 255 characters, or has a slash in it.
            SbgError: It is a folder, or the platform answered with an error.
        """
        self._no_folder("moved", "file_bulk_move")
        return self._put("move_file", self.api if api is None else api, name, parent=identifier(parent))

    def _put(self, operation: str, api: Api, name: str | None, **target: str) -> Self:
        if name:
            is_file_name("name", name)
        return self._asked(api, operation, **self._place(self), name=name or None, **target)

    def _no_folder(self, what: str, job: str) -> None:
        if str(self.field("type")).lower() == self.FOLDER_TYPE:
            raise SbgError(
                f"{self!r} is a folder, and cannot be {what} by this method", remedy=f"Use api.async_jobs.{job}."
            )

    # -- changing

    def save(self, inplace: bool = True, silent: bool = False) -> Self:
        """Save what was edited: metadata, then tags, then the name.

        Edited metadata is merged with what the platform has, and what was deleted is deleted there; metadata in whose place
        a whole dictionary was put takes the place of what the platform has.

        Args:
            inplace: Whether this object takes over what the platform has then; else a new one is returned.
            silent: Whether it is no error when nothing was edited.

        Returns:
            Itself, or the new one.

        Raises:
            ResourceNotModified: Nothing was edited, and `silent` is not set.
            SbgError: The platform answered with an error; what was saved before is not an edit any longer.
        """
        changed = self.changes()
        if not changed:
            if silent:
                return self
            raise ResourceNotModified
        target = self if inplace else self.deepcopy()
        path_ids = self._place(self)
        merging = "replace_file_metadata" if "metadata" in self._assigned else "update_file_metadata"
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
        """Upload a file of this machine.

        Args:
            path: The file.
            project: Where it goes: a project, or its id.
            parent: Where it goes: a folder, or its id; in place of `project`.
            file_name: Name of the file on the platform; by default that of the local file.
            overwrite: Whether it may take the place of a file of that name.
            retry: How often a part is sent again that failed, at most.
            timeout: Seconds for each step of a part's request.
            part_size: Bytes in a part, at most 5 GiB; the platform may make it larger.
            wait: Whether to return when it is done. If not, `start()` of what is returned begins it.
            api: The Api, where the class belongs to none.

        Returns:
            The upload; its `result()` is the file.

        Raises:
            SbgError: Both or neither of project and parent are given, or it failed while it was waited for.
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
        """Get where the file's bytes are fetched from.

        Returns:
            The URL. It is a secret, and ends after some hours.

        Raises:
            SbgError: The platform answered with an error: a folder has no bytes.
        """
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
        """Download the file.

        Args:
            path: Path to write; the file exists when it is complete.
            retry: How often a part is requested again that failed, at most.
            timeout: Seconds for each step of a part's request.
            chunk_size: Bytes in a part, 5 MiB or more.
            wait: Whether to return when it is done. If not, `start()` of what is returned begins it.
            overwrite: Whether it may take the place of what is at `path`.

        Returns:
            The download.

        Raises:
            LocalFileAlreadyExists: Something is at `path`, and `overwrite` is not set.
            SbgError: It failed while it was waited for.
        """
        from omicsdk.compat.sevenbridges.transfer.download import Download

        download = Download(None, path, chunk_size, retry, timeout, self.api, file=self, overwrite=overwrite)
        if wait:
            download.start()
            download.wait()
        return download

    def stream(self, part_size: int = STREAMED) -> Iterator[bytes]:
        """Return the file's bytes as they arrive, without keeping them.

        Args:
            part_size: Bytes at a time, above 0.

        Raises:
            SbgError: They cannot be fetched, or end too early.
        """
        from omicsdk.compat.sevenbridges.transfer.download import stream

        return stream(self, part_size)

    def content(
        self, path: str | os.PathLike[str] | None = None, overwrite: bool = True, encoding: str = "utf-8"
    ) -> str:
        """Download the file and read it as text; all of it is held in memory.

        Args:
            path: Where it is to stay; None for nowhere.
            overwrite: Whether it may take the place of what is at `path`.
            encoding: The text's encoding.

        Returns:
            The text.

        Raises:
            LocalFileAlreadyExists: Something is at `path`, and `overwrite` is not set.
            SbgError: It cannot be downloaded, or is not text of that encoding.
        """
        if path is None:
            from tempfile import TemporaryDirectory

            with TemporaryDirectory(prefix="omicsdk-") as folder:
                return self.content(Path(folder, "content"), overwrite, encoding)
        self.download(path, overwrite=overwrite)
        try:
            return Path(path).read_text(encoding)
        except UnicodeDecodeError as error:
            raise SbgError(
                f"{self!r} is not text in {encoding}: invalid byte {error.start}",
                remedy="Pass its encoding, or use download() or stream().",
            ) from error

    @classmethod
    def bulk_get(cls, files: Iterable[File | str] | File | str, api: Api | None = None) -> list[FileBulkRecord]:
        """Get files.

        Args:
            files: Files, or their ids; any number.
            api: The Api, where the class belongs to none.

        Returns:
            A record for each, in their order: the file, or what is wrong with it.

        Raises:
            SbgError: The platform answered with an error as a whole.
        """
        ids = identifiers(files)
        return FileBulkRecord.collect(cls._client(api), "bulk_get_files", ids, "file_ids", in_order=False)

    @classmethod
    def bulk_delete(cls, files: Iterable[File | str] | File | str, api: Api | None = None) -> list[FileBulkRecord]:
        """Delete files.

        Args:
            files: Files, or their ids; any number.
            api: The Api, where the class belongs to none.

        Returns:
            A record for each, in their order, without a file.

        Raises:
            SbgError: The platform answered with an error as a whole.
        """
        ids = identifiers(files)
        return FileBulkRecord.collect(cls._client(api), "bulk_delete_files", ids, "file_ids", in_order=_repeats(ids))

    @classmethod
    def bulk_update(
        cls, files: Iterable[File | Mapping[str, Any]] | File, api: Api | None = None
    ) -> list[FileBulkRecord]:
        """Put names, tags and metadata of files in place of those they have; what is not given is erased.

        Args:
            files: Files with their new values, or dictionaries with "id", "name", "tags" and "metadata"; any
                number.
            api: The Api, where the class belongs to none.

        Returns:
            A record for each, in their order: the file as the platform has it then, or what is wrong with it.

        Raises:
            SbgError: There are none, or the platform answered with an error as a whole.
        """
        return _changed(cls._client(api), "bulk_update_files", files, whole=True)

    @classmethod
    def bulk_edit(
        cls, files: Iterable[File | Mapping[str, Any]] | File, api: Api | None = None
    ) -> list[FileBulkRecord]:
        """Change names, tags and metadata of files; what is not given stays.

        Of a file that was edited, what was edited is sent, deleted metadata too; else all that is known of it.

        Args:
            files: Edited files, or dictionaries with "id" and any of "name", "tags" and "metadata" (None deletes a key of
                the metadata); any number.
            api: The Api, where the class belongs to none.

        Returns:
            A record for each, in their order: the file as the platform has it then, or what is wrong with it.

        Raises:
            SbgError: There are none, or the platform answered with an error as a whole.
        """
        return _changed(cls._client(api), "bulk_edit_files", files, whole=False)


class FileBulkRecord(BulkRecord[File]):
    """The result for one file of a bulk call."""

    _KIND = File


#: What the platform calls, as a File's type, what CWL calls so.
_TYPES = {FileApiFormats.FILE.lower(): "file", FileApiFormats.FOLDER.lower(): "folder"}


def of_cwl(told: Mapping[str, Any], api: Api | None) -> File:
    """The file or folder of a CWL object, or of the platform's form of one; missing fields are requested when they
    is read.

    Args:
        told: The object.
        api: Where it came from.
    """
    kind = type_of_cwl(told) if is_mapping(told) else None
    if kind is None:
        return File.of(told, api)
    name = told.get("basename") or told.get("name")
    data = {"id": told.get("path"), "type": kind, "name": name, "secondaryFiles": told.get("secondaryFiles")}
    return File.of({key: value for key, value in data.items() if value}, api)


def type_of_cwl(told: Mapping[str, Any]) -> str | None:
    """The type of the file or folder that a CWL object represents; None if it is neither.

    Args:
        told: The object.
    """
    return _TYPES.get(str(told.get("class")).lower())
