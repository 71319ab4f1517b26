"""Files and folders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from omicsdk.compat.sevenbridges.destination import destination
from omicsdk.compat.sevenbridges.errors import ResourceNotModified, SbgError
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.fields import Field
from omicsdk.compat.sevenbridges.meta.identity import identifier
from omicsdk.compat.sevenbridges.meta.resource import given
from omicsdk.compat.sevenbridges.models.file.bulk import FileBulk
from omicsdk.compat.sevenbridges.models.file.parts import FileOrigin, FileStorage, Metadata, is_file_name
from omicsdk.compat.sevenbridges.models.file.query import file_query, scrolls
from omicsdk.compat.sevenbridges.models.file.search import SearchResponse
from omicsdk.compat.sevenbridges.models.file.transfers import FileTransfers

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.dataset import Dataset
    from omicsdk.compat.sevenbridges.models.project import Project
    from omicsdk.core.request import Request


class File(FileTransfers, FileBulk):
    """A file or folder."""

    FOLDER_TYPE = "folder"

    href = fields.text()
    id = fields.text()
    type = fields.text()
    name = Field[str](read_only=False, check=is_file_name)
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
        """Whether it is a folder."""
        return (self.type or "").lower() == self.FOLDER_TYPE

    @property
    def secondary_files(self) -> list[File]:
        """The files that belong to it, such as an index; none where the platform tells none."""
        from omicsdk.compat.sevenbridges.models.file.values import read

        told: list[dict[str, Any]] | None = self.field("secondaryFiles") or self.look_up("_secondary_files")
        if not told:
            return []
        api = self.api_or_none
        return self.part(
            "secondary files",
            told,
            lambda: [read(each, api) if "class" in each else File.of(each, api) for each in told],
        )

    @classmethod
    def _asking(cls, id: object, api: HttpClient) -> Request:
        return api.client.get_file.build(file_id=identifier(id))

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
        api: HttpClient | None = None,
        parent: File | str | None = None,
        cont_token: str | None = None,
    ) -> Collection[Self]:
        """Lists the files and folders of a project, a folder or a data set.

        Args:
            project: The project, or its id.
            names: Those with one of these names.
            metadata: Those with these values, by name; of several values any will do.
            origin: Those of a task: {"task": the task, or its id}.
            tags: Those with these tags.
            offset: How many are passed over; excludes `cont_token`.
            limit: How many are on a page, from 1 to 100; 50 by default.
            dataset: The data set, or its id; in the place of `project`. In advance access.
            api: The Api, where this is the class of none.
            parent: The folder, or its id; in the place of `project`.
            cont_token: "init" lists in the way that is quick for very many files, without a total; what comes after a page
                is the matter of `next_page` and `all`. Excludes `metadata`. In advance access.

        Raises:
            SbgError: The arguments contradict each other, or the platform answered with an error.
        """
        api = cls._client(api)
        request = file_query(
            api.client,
            project=project,
            parent=parent,
            dataset=dataset,
            names=names,
            metadata=metadata,
            origin=origin,
            tags=tags,
            offset=offset,
            limit=limit,
            cont_token=cont_token,
        )
        return Collection.fetch(cls, request, api)

    @classmethod
    def get(cls, id: File | str, api: HttpClient | None = None) -> Self:
        """Gives a file or folder.

        Args:
            id: Its id.
            api: The Api, where this is the class of none.

        Raises:
            NotFound: There is no such file, or it may not be seen.
            SbgError: The platform answered with another error.
        """
        return cls._got(id, api)

    @classmethod
    def search(
        cls, query: str, cont_token: str | None = None, limit: int | None = None, api: HttpClient | None = None
    ) -> SearchResponse:
        """Searches for files in all projects and data sets.

        Args:
            query: What is searched for, in the platform's query language.
            cont_token: The token of the page before; None for the first.
            limit: How many are on a page.
            api: The Api, where this is the class of none.

        Returns:
            A page; its `all()` gives the files of this and all that follow.

        Raises:
            ValidationError: There is no query, or the limit is less than 1; nothing was sent.
            SbgError: The platform answered with an error.
        """
        return SearchResponse.fetch(query, cont_token, limit, cls._client(api))

    def list_files(
        self,
        offset: int | None = None,
        limit: int | None = None,
        api: HttpClient | None = None,
        cont_token: str | None = None,
    ) -> Collection[File]:
        """Lists what is in this folder; what is in its folders isn't listed.

        Args:
            offset: How many are passed over; excludes `cont_token`.
            limit: How many are on a page, from 1 to 100; 50 by default.
            api: Another Api than the one that the folder came from.
            cont_token: "init" lists in the way that is quick for very many files; see `query`.

        Raises:
            SbgError: It isn't a folder, the arguments contradict each other, or the platform answered with an error.
        """
        api = self.api if api is None else api
        if not self.is_folder():
            raise SbgError(f"{self.field('name') or self!r} isn't a folder", remedy="Only folders have files in them.")
        chosen: dict[str, Any] = {"folder_id": identifier(self), "limit": given(limit), "fields": "_all"}
        if cont_token is None:
            request = api.client.list_folder_files.build(**chosen, offset=given(offset))
        else:
            scrolls(offset)
            request = api.client.scroll_folder_files.build(**chosen, token=cont_token)
        return Collection.fetch(File, request, api)

    # -- making, copying, moving

    @classmethod
    def create_folder(
        cls,
        name: str,
        parent: File | str | None = None,
        project: Project | str | None = None,
        api: HttpClient | None = None,
    ) -> Self:
        """Makes a folder.

        Args:
            name: What it is to be called.
            parent: The folder that it is to be in, or its id.
            project: The project, or its id, in whose root it is to be; in the place of `parent`.
            api: The Api, where this is the class of none.

        Raises:
            ValidationError: The name is empty, longer than 255 characters, or has a slash in it.
            Conflict: There is one of that name.
            SbgError: Both or neither of parent and project are given, or the platform answered with another error.
        """
        api = cls._client(api)
        is_file_name("name", name)
        place: dict[str, Any] = {**destination(project, parent, "A new folder")}
        return cls.of(api.call_object(api.client.create_folder.build(name=name, type="folder", **place)), api)

    def copy(self, project: Project | str, name: str | None = None) -> Self:
        """Copies it into a project's root.

        Args:
            project: The project, or its id.
            name: What the copy is to be called; its own name by default.

        Returns:
            The copy.

        Raises:
            ValidationError: The name is longer than 255 characters, or has a slash in it.
            SbgError: The platform answered with an error.
        """
        return self._copied(self.api, name, project=identifier(project))

    def copy_to_folder(self, parent: File | str, name: str | None = None, api: HttpClient | None = None) -> Self:
        """Copies this file into a folder.

        Args:
            parent: The folder, or its id.
            name: What the copy is to be called; its own name by default.
            api: Another Api than the one that the file came from.

        Returns:
            The copy.

        Raises:
            ValidationError: The name is longer than 255 characters, or has a slash in it.
            SbgError: It is a folder, or the platform answered with an error.
        """
        self._no_folder("copied", "file_bulk_copy")
        return self._copied(self.api if api is None else api, name, parent=identifier(parent))

    def move_to_folder(self, parent: File | str, name: str | None = None, api: HttpClient | None = None) -> Self:
        """Moves this file into another folder of its project.

        Args:
            parent: The folder, or its id.
            name: What it is to be called there; its own name by default.
            api: Another Api than the one that the file came from.

        Returns:
            The file as it is there.

        Raises:
            ValidationError: The name is longer than 255 characters, or has a slash in it.
            SbgError: It is a folder, or the platform answered with an error.
        """
        self._no_folder("moved", "file_bulk_move")
        api = self.api if api is None else api
        if name:
            is_file_name("name", name)
        request = api.client.move_file.build(
            file_id=identifier(self), parent=identifier(parent), name=given(name or None)
        )
        return type(self).of(api.call_object(request), api)

    def _copied(self, api: HttpClient, name: str | None, **place: Any) -> Self:
        if name:
            is_file_name("name", name)
        request = api.client.copy_file.build(file_id=identifier(self), name=given(name or None), **place)
        return type(self).of(api.call_object(request), api)

    def _no_folder(self, what: str, job: str) -> None:
        if str(self.field("type")).lower() == self.FOLDER_TYPE:
            raise SbgError(f"{self!r} is a folder, which can't be {what} so", remedy=f"Use api.async_jobs.{job}.")

    # -- changing

    def save(self, inplace: bool = True, silent: bool = False) -> Self:
        """Saves what was edited: metadata, then tags, then the name.

        Edited metadata is merged with what the platform has, and what was deleted is deleted there; metadata in whose place
        a whole dictionary was put takes the place of what the platform has.

        Args:
            inplace: Whether this object takes over what the platform has then; else a new one is given.
            silent: Whether it is no error when nothing was edited.

        Returns:
            Itself, or the new one.

        Raises:
            ResourceNotModified: Nothing was edited, and `silent` isn't set.
            SbgError: The platform answered with an error; what was saved before isn't an edit any longer.
        """
        changed = self.changes()
        if not changed:
            if silent:
                return self
            raise ResourceNotModified
        target = self if inplace else self.deepcopy()
        operations, id = self.api.client, identifier(self)
        if "metadata" in changed:
            build = operations.update_file_metadata.build
            if "metadata" in self._assigned:
                build = operations.replace_file_metadata.build
            target._has_now("metadata", self.api.call(build(file_id=id, body=changed.pop("metadata") or {})))
        if "tags" in changed:
            request = operations.replace_file_tags.build(file_id=id, body=changed.pop("tags") or [])
            target._has_now("tags", self.api.call(request))
        if changed:
            return target._saved(self.api.call_object(operations.update_file.build(file_id=id, **changed)), True)
        target.update_old()
        return target

    def _has_now(self, name: str, told: Any) -> None:
        """Takes a member for saved; when the file was modified is asked for anew when somebody wants to know."""
        now: Any = _without_none(self._data[name]) if told is None else told
        self._data = {**self._data, **self._settled({name: now})}
        self._old = {**self._old, name: now}
        self._assigned.discard(name)
        if "modified_on" in self._data:
            del self._data["modified_on"]
            self._fetched = False

    def delete(self) -> None:
        """Deletes it; a folder has to be empty.

        Raises:
            SbgError: The platform answered with an error.
        """
        self.api.call(self.api.client.delete_file.build(file_id=identifier(self)))


def _without_none(value: Any) -> Any:
    """What the platform has after it was sent this: a key that is None is deleted."""
    if isinstance(value, dict):
        return {key: each for key, each in cast("dict[str, Any]", value).items() if each is not None}
    return value
