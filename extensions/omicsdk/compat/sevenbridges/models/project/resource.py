"""Projects: what is kept and done together, and by whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self, cast

from omicsdk.compat.sevenbridges.errors import SbgError, ValidationError
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.fields import DictView, Field
from omicsdk.compat.sevenbridges.meta.identity import identifier, several
from omicsdk.compat.sevenbridges.meta.resource import given
from omicsdk.compat.sevenbridges.models.file.copies import copy_files
from omicsdk.compat.sevenbridges.models.member.resource import name_of
from omicsdk.compat.sevenbridges.models.project.members import ProjectMembers, project_path
from omicsdk.core.omit import OMIT

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.app import App
    from omicsdk.compat.sevenbridges.models.billing_group import BillingGroup
    from omicsdk.compat.sevenbridges.models.file import File
    from omicsdk.compat.sevenbridges.models.storage_export import Export
    from omicsdk.compat.sevenbridges.models.storage_import import Import
    from omicsdk.compat.sevenbridges.models.task import Task
    from omicsdk.compat.sevenbridges.models.user import User
    from omicsdk.compat.sevenbridges.models.volume import Volume
    from omicsdk.core.request import Request


def _is_type(name: str, value: Any) -> None:
    fields.is_text(name, value)
    if len(value) > 2:
        raise ValidationError(f"{name} has at most 2 characters, such as v2, not {value!r}")


class Settings(DictView):
    """A project's settings."""


class Project(ProjectMembers):
    """A project."""

    href = fields.text()
    id = fields.text()
    name = fields.text(read_only=False)
    billing_group = fields.uuid(read_only=False)
    description = fields.text(read_only=False)
    type = Field[str](read_only=False, check=_is_type)
    tags = fields.listing(read_only=False)
    settings = fields.View(Settings)
    root_folder = fields.text()
    created_by = fields.text()
    created_on = fields.time()
    modified_on = fields.time()
    category = fields.text(read_only=False)

    @classmethod
    def query(
        cls,
        owner: User | str | None = None,
        name: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
        api: HttpClient | None = None,
        category: str | None = None,
        tags: Iterable[str] | None = None,
    ) -> Collection[Self]:
        """Lists projects.

        Args:
            owner: Of whom; None for all that the user is a member of.
            name: With this in their names.
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.
            api: The Api, where this is the class of none.
            category: Of this category.
            tags: With all of these tags.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        chosen: dict[str, Any] = {
            "name": given(name),
            "category": given(category),
            "tags": OMIT if tags is None else _words(tags),
            "offset": given(offset),
            "limit": given(limit),
            "fields": "_all",
        }
        operations = api.client
        request = (
            operations.list_owner_projects.build(owner=name_of(owner), **chosen)
            if owner
            else operations.list_projects.build(**chosen)
        )
        return Collection.fetch(cls, request, api)

    @classmethod
    def get(cls, id: Self | str, api: HttpClient | None = None) -> Self:
        """Gives a project.

        Args:
            id: Its id, such as owner/project.
            api: The Api, where this is the class of none.

        Raises:
            NotFound: There is no such project, or it may not be seen.
            SbgError: The platform answered with another error, or that is no id.
        """
        return cls._got(id, api)

    @classmethod
    def create(
        cls,
        name: str,
        billing_group: BillingGroup | str | None = None,
        description: str | None = None,
        tags: Iterable[str] | None = None,
        settings: Mapping[str, Any] | None = None,
        api: HttpClient | None = None,
    ) -> Self:
        """Makes a project.

        Args:
            name: What it is called; its id is made of that.
            billing_group: Who pays; None for the platform's choice.
            description: What it is about.
            tags: Its tags.
            settings: Its settings, such as {"locked": False}.
            api: The Api, where this is the class of none.

        Raises:
            Conflict: There is one of that name.
            SbgError: The platform answered with another error, or there is no name.
        """
        api = cls._client(api)
        if not name:
            raise SbgError("A project needs a name", remedy="Give name.")
        if settings is not None:
            fields.is_mapping("settings", settings)
        chosen: dict[str, Any] = {
            "billing_group": identifier(billing_group) if billing_group else OMIT,
            "description": description or OMIT,
            "tags": _words(tags) if tags else OMIT,
            "settings": dict(settings) if settings else OMIT,
        }
        return cls.of(api.call_object(api.client.create_project.build(name=name, **chosen)), api)

    def save(self, inplace: bool = True) -> Self:
        """Saves what was changed.

        Args:
            inplace: Whether this object takes over what the platform has then; else a new one is given.

        Returns:
            Itself, or the new one.

        Raises:
            ResourceNotModified: Nothing was changed.
            SbgError: The platform answered with an error.
        """
        request = self.api.client.update_project.build(**project_path(self), **self._changed())
        return self._saved(self.api.call_object(request), inplace)

    def delete(self) -> None:
        """Deletes it, with all that is in it.

        Raises:
            SbgError: The platform answered with an error.
        """
        self.api.call(self.api.client.delete_project.build(**project_path(self)))

    # -- what is in it

    def get_files(self, offset: int | None = None, limit: int | None = None) -> Collection[File]:
        """Lists files and folders of its topmost folder.

        Args:
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.

        Raises:
            SbgError: The platform answered with an error.
        """
        from omicsdk.compat.sevenbridges.models.file import File

        return File.query(project=identifier(self), offset=offset, limit=limit, api=self.api)

    def add_files(self, files: Iterable[File | str] | File | str) -> None:
        """Copies files into it, 16 at once. One that can't be copied doesn't keep the others from it.

        Args:
            files: A file or many, or their ids.

        Raises:
            SbgError: Files couldn't be copied. It is the first one's error, and its message names all of them.
        """
        copy_files(self.api, several(files), identifier(self))

    def get_apps(self, offset: int | None = None, limit: int | None = None) -> Collection[App]:
        """Lists its apps.

        Args:
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.

        Raises:
            SbgError: The platform answered with an error.
        """
        from omicsdk.compat.sevenbridges.models.app import App

        return App.query(project=identifier(self), offset=offset, limit=limit, api=self.api)

    def get_tasks(
        self, status: str | None = None, offset: int | None = None, limit: int | None = None
    ) -> Collection[Task]:
        """Lists its tasks.

        Args:
            status: Only those that are there; `enums.TaskStatus` has the names.
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.

        Raises:
            SbgError: The platform answered with an error.
        """
        from omicsdk.compat.sevenbridges.models.task import Task

        return Task.query(project=identifier(self), status=status, offset=offset, limit=limit, api=self.api)

    def get_imports(
        self,
        volume: Volume | str | None = None,
        state: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> Collection[Import]:
        """Lists imports into it.

        Args:
            volume: Only those from this volume.
            state: Only those that are there; `enums.ImportExportState` has the names.
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.

        Raises:
            SbgError: The platform answered with an error.
        """
        from omicsdk.compat.sevenbridges.models.storage_import import Import

        return Import.query(
            project=identifier(self), volume=volume, state=state, offset=offset, limit=limit, api=self.api
        )

    def get_exports(
        self,
        volume: Volume | str | None = None,
        state: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> Collection[Export]:
        """Lists exports of its files.

        The platform can't list a project's exports: each page is one of all exports, less those of other projects' files
        and of files that are deleted, and may so be shorter than `limit`, and empty.

        Args:
            volume: Only those to this volume.
            state: Only those that are there; `enums.ImportExportState` has the names.
            offset: How many of all exports are passed over.
            limit: How many of all exports a page is made of, from 1 to 100; 50 by default.

        Returns:
            The page; its `total` is -1.

        Raises:
            SbgError: The platform answered with an error.
        """
        from omicsdk.compat.sevenbridges.models.project.exports import ProjectExports
        from omicsdk.compat.sevenbridges.models.storage_export import Export

        page = Export.query(volume=volume, state=state, offset=offset, limit=limit, api=self.api)
        return ProjectExports(page, identifier(self), self.api)

    def create_task(
        self,
        name: str,
        app: App | str,
        revision: int | None = None,
        batch_input: str | None = None,
        batch_by: Mapping[str, Any] | None = None,
        inputs: Mapping[str, Any] | None = None,
        description: str | None = None,
        run: bool = False,
        disable_batch: bool = False,
        interruptible: bool | None = True,
        execution_settings: Mapping[str, Any] | None = None,
    ) -> Task:
        """Makes a task in it; arguments and errors as those of `Task.create`.

        Args:
            name: What it is called.
            app: The app that it runs, or its id.
            revision: The app's revision; the latest by default.
            batch_input: The input whose files are worked on in tasks of their own.
            batch_by: How they are shared out.
            inputs: Names of inputs to values.
            description: What it is about.
            run: Whether it is started at once.
            disable_batch: Whether it is one task nevertheless.
            interruptible: Whether instances may be used that can be taken away; None for the project's setting.
            execution_settings: On what it runs.
        """
        from omicsdk.compat.sevenbridges.models.task import Task

        return Task.create(
            name=name,
            project=identifier(self),
            app=app,
            revision=revision,
            batch_input=batch_input,
            batch_by=cast("Any", batch_by),
            inputs=cast("Any", inputs),
            description=description,
            run=run,
            disable_batch=disable_batch,
            interruptible=interruptible,
            execution_settings=cast("Any", execution_settings),
            api=self.api,
        )

    @classmethod
    def _asking(cls, id: object, api: HttpClient) -> Request:
        return api.client.get_project.build(**project_path(id))


def _words(tags: Iterable[str]) -> list[str]:
    """Tags, where one alone is one too."""
    if isinstance(tags, str):
        return [tags]
    found = list(tags) if isinstance(tags, Iterable) else tags  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not check types
    fields.is_listing("tags", found)
    return found
