"""Projects: files, tasks, apps and members."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from omicsdk.compat.sevenbridges.errors import ValidationError
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import Conversion, gives, name_of, plain_mapping
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.resource import Gettable, Resource, Savable, identifier, request_of, several
from omicsdk.compat.sevenbridges.models.member import Membership
from omicsdk.core.type_guards import is_object
from omicsdk.sb.jobs import copy_files

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, App, BillingGroup, Export, File, Import, Member, Task, User, Volume


class ProjectExports(Collection["Export"]):
    """A page of the platform's exports, less those of other projects' files; `total` is -1, because it is unknown."""

    def __init__(self, page: Collection[Export], project: str, api: Api) -> None:
        inside = _files_of(project, [exported_file(export) for export in page], api)
        exports = [export for export in page if exported_file(export) in inside]
        super().__init__(page.resource, page.href, -1, exports, page.links, api)
        self._project = project

    def _fetched(self, href: str) -> Collection[Export]:
        return ProjectExports(super()._fetched(href), self._project, self._api)


def exported_file(export: Export) -> str:
    """The id of the file that is exported; empty if the platform does not state it."""
    source: object = export.field("source")
    return str(source.get("file") or "") if is_object(source) else ""


def _files_of(project: str, ids: Sequence[str], api: Api) -> set[str]:
    """Which files are a project's; what does not exist any more is none's."""
    files = [record.resource for record in api.files.bulk_get(sorted(set(ids) - {""}))]
    return {str(file.id) for file in files if file is not None and file.field("project") == project}


def _is_type(name: str, value: Any) -> None:
    fields.is_text(name, value)
    if len(value) > 2:
        raise ValidationError(f"{name} has at most 2 characters, such as v2, not {value!r}")


def _tags(name: str, value: Iterable[str]) -> list[str] | None:
    """Tags, where one alone is one too; None for none."""
    if isinstance(value, str):
        return [value]
    tags = list(value) if isinstance(value, Iterable) else value  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not check types
    fields.is_listing(name, tags)
    return tags or None


_CONVERSIONS: Mapping[str, Conversion] = {
    "tags": _tags,
    "settings": lambda name, value: plain_mapping(name, value) or None,
}


class Settings(fields.DictView):
    """A project's settings."""


class Project(Membership, Gettable, Savable, path="owner/project", calls="get_project update_project delete_project"):
    """A project."""

    _OWNER = "project"

    name = description = category = fields.text(read_only=False)
    billing_group = fields.uuid(read_only=False)
    type = fields.Field[str](read_only=False, check=_is_type)
    tags = fields.listing(read_only=False)
    settings = fields.View(Settings)
    root_folder = created_by = fields.text()
    created_on = modified_on = fields.time()

    @classmethod
    def query(
        cls,
        owner: User | str | None = None,
        name: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
        api: Api | None = None,
        category: str | None = None,
        tags: Iterable[str] | None = None,
    ) -> Collection[Self]:
        """List projects of the user, or of an owner, by part of the name, category, and all of some tags."""
        api = cls._client(api)
        operation, owner = ("list_owner_projects", name_of(owner)) if owner else ("list_projects", None)
        chosen = {"name": name, "category": category, "tags": None if tags is None else _tags("tags", tags)}
        page = {"offset": offset, "limit": limit, "fields": "_all"}
        request = request_of(api, operation, owner=owner, **chosen, **page)
        if not owner:  # the slash is the published client's, which programs that replace the network compare
            request = replace(request, url=request.url.replace("/projects", "/projects/", 1))
        return Collection.fetch(cls, request, api)

    @classmethod
    @gives("create_project", needs="name", convert=_CONVERSIONS)
    def create(
        cls,
        name: str,
        billing_group: BillingGroup | str | None = None,
        description: str | None = None,
        tags: Iterable[str] | None = None,
        settings: Mapping[str, Any] | None = None,
        api: Api | None = None,
    ) -> Self:
        """Create a project, whose id is made of its name; `settings` are such as {"locked": False}."""
        ...

    # -- contents

    def get_files(self, offset: int | None = None, limit: int | None = None) -> Collection[File]:
        """List files and folders of its topmost folder."""
        return self.api.files.query(project=self, offset=offset, limit=limit)

    def add_files(self, files: Iterable[File | str] | File | str) -> None:
        """Copy files into it, 16 at once; a failed copy does not stop the others.

        Raises:
            SbgError: Files could not be copied. It is the first one's error, and its message names all of them.
        """
        names = ((file, file.field("name") if isinstance(file, Resource) else "") for file in several(files))
        copy_files(self.api.platform, [(identifier(file), name) for file, name in names], identifier(self))

    def get_apps(self, offset: int | None = None, limit: int | None = None) -> Collection[App]:
        """List its apps."""
        return self.api.apps.query(project=self, offset=offset, limit=limit)

    def get_tasks(
        self, status: str | None = None, offset: int | None = None, limit: int | None = None
    ) -> Collection[Task]:
        """List its tasks."""
        return self.api.tasks.query(project=self, status=status, offset=offset, limit=limit)

    def get_imports(
        self,
        volume: Volume | str | None = None,
        state: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> Collection[Import]:
        """List imports into it."""
        return self.api.imports.query(project=self, volume=volume, state=state, offset=offset, limit=limit)

    def get_exports(
        self,
        volume: Volume | str | None = None,
        state: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
    ) -> Collection[Export]:
        """List exports of its files.

        The platform cannot list a project's exports: each page is one of all exports, less those of other projects'
        files and of files that are deleted. It may be shorter than `limit`, and empty; its `total` is -1.
        """
        page = self.api.exports.query(volume=volume, state=state, offset=offset, limit=limit)
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
        """Create a task in it, and run it with `run`; errors as of `Task.create`."""
        rest = description, run, disable_batch, interruptible, execution_settings
        return self.api.tasks.create(name, self, app, revision, batch_input, batch_by, inputs, *rest)

    def add_member_email(self, email: str, permissions: Mapping[str, bool] | None = None) -> Member:
        """Invite a user by email; without `permissions`, with those that the platform gives."""
        return self._add(email=email, permissions=None if permissions is None else self._rights(permissions))
