"""Apps: tools and workflows, described in CWL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from omicsdk.compat.sevenbridges.enums import AppCopyStrategy
from omicsdk.compat.sevenbridges.errors import ValidationError, as_invalid
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta._operations import lists
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.resource import Resource, identifier, request_of, several
from omicsdk.sb.apps import add_revision
from omicsdk.sb.paths import WrongPath, app_id

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, Project
    from omicsdk.core.request import Request


class AppId(NamedTuple):
    """An app's identity: owner, short names of project and app, and the revision, from 0; None for the latest."""

    owner: str
    project: str
    app: str
    revision: int | None = None

    @classmethod
    def of(cls, reference: object) -> Self:
        """Split the id of an app, or of an App."""
        text = identifier(reference)
        try:
            id, revision = app_id(text.strip("/"))
        except WrongPath:
            remedy = "Pass owner/project/app, or owner/project/app/revision."
            raise ValidationError(f"{text!r} is not the id of an app", remedy=remedy) from None
        owner, project, app = id.split("/")
        return cls(owner, project, app, revision)

    @property
    def latest(self) -> AppId:
        """The same app without a revision."""
        return self._replace(revision=None)

    def at(self, revision: int | str) -> AppId:
        """The same app in a revision, a number from 0."""
        if isinstance(revision, bool) or not re.fullmatch("[0-9]+", str(revision)):
            raise ValidationError(f"Invalid revision {revision!r}", remedy="Pass a whole number, 0 or above.")
        return self._replace(revision=int(revision))

    def __str__(self) -> str:
        return "/".join(str(part) for part in self if part is not None)


def _ids(_: str, value: object) -> list[Any]:
    return [app.id if isinstance(app, App) else app for app in several(value)]


class App(Resource):
    """A tool or workflow, in one of its revisions. Two revisions of one app are equal."""

    href = project = name = copy_of = fields.text()
    revision = latest_revision = fields.whole()
    raw = fields.mapping(read_only=False)

    @property
    def id(self) -> str:
        """owner/project/app, without the revision."""
        return str(AppId.of(self).latest)

    @classmethod
    @lists("list_apps", convert={"q": lambda _, value: several(value), "id": _ids})
    def query(
        cls,
        project: Project | str | None = None,
        visibility: str | None = None,
        q: Iterable[str] | None = None,
        id: Iterable[App | str] | None = None,
        offset: int | None = None,
        limit: int | None = None,
        api: Api | None = None,
    ) -> Collection[Self]:
        """List apps, without their CWL.

        Args:
            visibility: "public" for the platform's own, "private" (default) for those of the user's projects.
            q: With these words in their names, labels or descriptions; one word, or several.
            id: With these ids; one, or several.
        """
        ...

    @classmethod
    def get(cls, id: App | str, api: Api | None = None) -> Self:
        """Get one app with its CWL, by owner/project/app for its latest revision or with /revision; of an App the latest."""
        parsed_id = AppId.of(id)
        return cls._fetched(parsed_id.latest if isinstance(id, Resource) else parsed_id, cls._client(api))

    @classmethod
    def get_revision(cls, id: App | str, revision: int, api: Api | None = None) -> Self:
        """Get one app in a revision, with its CWL."""
        return cls._fetched(AppId.of(id).at(revision), cls._client(api))

    @classmethod
    def install_app(
        cls, id: str, raw: Mapping[str, Any] | str, api: Api | None = None, raw_format: str | None = None
    ) -> Self:
        """Create an app, owner/project/app, of CWL, and return its first revision; a Conflict for an existing id.

        Args:
            raw_format: Format of text, "json" or "yaml" (AppRawFormat); by default it is detected.
        """
        return cls._installed(AppId.of(id).latest, raw, raw_format, api)

    @classmethod
    def create_revision(
        cls, id: App | str, revision: int, raw: Mapping[str, Any] | str, api: Api | None = None
    ) -> Self:
        """Add a revision to an app; `revision` is one more than the latest, else it is a Conflict."""
        return cls._installed(AppId.of(id).at(revision), raw, None, api)

    # -- one app

    def copy(
        self,
        project: Project | str,
        name: str | None = None,
        strategy: str | None = None,
        use_revision: bool = False,
        api: Api | None = None,
    ) -> Self:
        """Copy it into a project.

        Args:
            strategy: What the copy keeps of its origin (AppCopyStrategy): "clone" (default) for all revisions and later ones with
                `sync`, "direct" for the latest alone, "clone_direct" and "transient" as the platform describes them.
            use_revision: Whether this revision is copied in place of the latest.
        """
        at, api = AppId.of(self), api or self.api
        if use_revision and at.revision is None:
            at = at.at(self.revision)
        source_id = str(at if use_revision else at.latest)
        how = AppCopyStrategy.CLONE if strategy is None else strategy
        with as_invalid():
            copied_app = api.platform.copy_app(source_id, identifier(project), name=name, strategy=how)
        return self.of(copied_app.to_dict(), api)

    def sync(self) -> Self:
        """Update a copy to its origin's latest revision."""
        return self._from_operation(self.api, "sync_app", **AppId.of(self).latest._asdict())

    # -- as an object

    def _identity(self) -> str | None:
        return self.id if self.field("id") else None

    def _request(self) -> Request | None:
        api = self.api_or_none
        return None if api is None or not self.field("id") else _get(AppId.of(self), api)

    @classmethod
    def _fetched(cls, at: AppId, api: Api) -> Self:
        return cls.of(api.call_object(_get(at, api)), api)

    @classmethod
    def _installed(cls, at: AppId, raw: object, form: str | None, api: Api | None) -> Self:
        api = cls._client(api)
        with as_invalid():
            return cls.of(add_revision(api.platform, str(at.latest), at.revision, raw, form).to_dict(), api)


def _get(at: AppId, api: Api) -> Request:
    return request_of(api, "get_app" if at.revision is None else "get_app_revision", **at._asdict())
