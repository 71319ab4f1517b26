"""Apps: tools and workflows, described in CWL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self, cast

from omicsdk.compat.sevenbridges.enums import AppCopyStrategy
from omicsdk.compat.sevenbridges.errors import NonJSONResponseError, ValidationError
from omicsdk.compat.sevenbridges.http.answers import object_of
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.identity import identifier, several
from omicsdk.compat.sevenbridges.meta.resource import Resource, given
from omicsdk.compat.sevenbridges.models.app.ids import AppId
from omicsdk.compat.sevenbridges.models.app.text import cwl

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges.http.client import HttpClient
    from omicsdk.compat.sevenbridges.models.project import Project
    from omicsdk.core.request import Request

_STRATEGIES = (
    AppCopyStrategy.CLONE,
    AppCopyStrategy.DIRECT,
    AppCopyStrategy.CLONE_DIRECT,
    AppCopyStrategy.TRANSIENT,
)


class App(Resource):
    """A tool or workflow, in one of its revisions. Two revisions of one app are equal."""

    href = fields.text()
    project = fields.text()
    name = fields.text()
    revision = fields.whole()
    raw = fields.mapping(read_only=False)
    copy_of = fields.text()
    latest_revision = fields.whole()

    @property
    def id(self) -> str:
        """owner/project/app, without the revision."""
        return str(AppId.of(self).latest)

    @classmethod
    def query(
        cls,
        project: Project | str | None = None,
        visibility: str | None = None,
        q: Iterable[str] | None = None,
        id: Iterable[App | str] | None = None,
        offset: int | None = None,
        limit: int | None = None,
        api: HttpClient | None = None,
    ) -> Collection[Self]:
        """Lists apps, without their CWL.

        Args:
            project: Of this project.
            visibility: "public" for the platform's own, "private" for those of the user's projects; by default the latter.
            q: With these words in their names, labels or descriptions; one word, or several.
            id: With these ids; one, or several.
            offset: How many are passed over.
            limit: How many are on a page, from 1 to 100; 50 by default.
            api: The Api, where this is the class of none.

        Raises:
            SbgError: The platform answered with an error.
        """
        api = cls._client(api)
        chosen: dict[str, Any] = {
            "project": given(identifier(project) if project else None),
            "visibility": given(visibility),
            "q": given(None if q is None else several(q)),
            "id": given(None if id is None else [_short(app) for app in several(id)]),
            "offset": given(offset),
            "limit": given(limit),
        }
        return Collection.fetch(cls, api.client.list_apps.build(**chosen), api)

    @classmethod
    def get(cls, id: App | str, api: HttpClient | None = None) -> Self:
        """Gets one app with its CWL.

        Args:
            id: owner/project/app for its latest revision, with /revision for another; of an App its latest.
            api: The Api, where this is the class of none.

        Raises:
            NotFound: There is none.
            ValidationError: That isn't an app's id.
            SbgError: The platform answered with another error.
        """
        found = AppId.of(id)
        return cls._fetched(found.latest if isinstance(id, Resource) else found, cls._client(api))

    @classmethod
    def get_revision(cls, id: App | str, revision: int, api: HttpClient | None = None) -> Self:
        """Gets one app in a revision, with its CWL.

        Args:
            id: The app, or its id.
            revision: Its revision, from 0.
            api: The Api, where this is the class of none.

        Raises:
            NotFound: There is none.
            ValidationError: That isn't an app's id or a revision.
            SbgError: The platform answered with another error.
        """
        return cls._fetched(AppId.of(id).at(revision), cls._client(api))

    @classmethod
    def install_app(
        cls,
        id: str,
        raw: Mapping[str, Any] | str,
        api: HttpClient | None = None,
        raw_format: str | None = None,
    ) -> Self:
        """Makes an app of CWL.

        Args:
            id: What it is to be called: owner/project/app.
            raw: Its CWL as a dictionary, or as JSON or YAML text. What it refers to has to be in it.
            api: The Api, where this is the class of none.
            raw_format: How text is written, "json" or "yaml" (AppRawFormat); None to tell by its first character.

        Returns:
            The app, in its first revision.

        Raises:
            ValidationError: That isn't an app's id, or can't be CWL.
            SbgError: The platform answered with an error, such as Conflict for an id that there is.
        """
        api = cls._client(api)
        at, text = AppId.of(id).latest, cwl(raw, raw_format)
        place = {"owner": at.owner, "project": at.project, "app": at.app}
        request = api.client.install_app.build(body=text if isinstance(text, dict) else {}, **place)
        return cls._installed(request, text, at, api)

    @classmethod
    def create_revision(
        cls,
        id: App | str,
        revision: int,
        raw: Mapping[str, Any] | str,
        api: HttpClient | None = None,
    ) -> Self:
        """Adds a revision to an app.

        Args:
            id: The app, or its id.
            revision: The new revision's number: one more than the latest.
            raw: Its CWL as a dictionary, or as JSON or YAML text.
            api: The Api, where this is the class of none.

        Returns:
            The app, in its new revision.

        Raises:
            ValidationError: That isn't an app's id or a revision, or can't be CWL.
            SbgError: The platform answered with an error, such as Conflict for a revision that there is.
        """
        api = cls._client(api)
        at, text = AppId.of(id).at(revision), cwl(raw)
        request = api.client.create_app_revision.build(
            body=text if isinstance(text, dict) else {},
            owner=at.owner,
            project=at.project,
            app=at.app,
            revision=cast("int", at.revision),
        )
        return cls._installed(request, text, at, api)

    # -- one app

    def copy(
        self,
        project: Project | str,
        name: str | None = None,
        strategy: str | None = None,
        use_revision: bool = False,
        api: HttpClient | None = None,
    ) -> Self:
        """Copies it into a project.

        Args:
            project: Where to.
            name: What the copy is called; by default as this one.
            strategy: What the copy keeps of its origin (AppCopyStrategy): "clone" for all revisions and later ones with
                `sync`, "direct" for the latest alone, "clone_direct" and "transient" as the platform describes them. "clone"
                by default.
            use_revision: Whether this revision is copied in place of the latest.
            api: The Api, where this one's isn't meant.

        Returns:
            The copy.

        Raises:
            ValidationError: There is no such strategy.
            SbgError: The platform answered with an error.
        """
        if strategy is not None and strategy not in _STRATEGIES:
            raise ValidationError(f"strategy is {strategy!r}", remedy=f"Give one of {', '.join(_STRATEGIES)}.")
        api = api if api is not None else self.api
        at = AppId.of(self)
        place = {"owner": at.owner, "project": at.project, "app": at.app}
        body: Any = {"project": identifier(project), "strategy": strategy or AppCopyStrategy.CLONE}
        if name:
            body["name"] = name
        if use_revision:
            revision = self.revision if at.revision is None else at.revision
            request = api.client.copy_app_revision.build(body=body, revision=revision, **place)
        else:
            request = api.client.copy_app.build(body=body, **place)
        return type(self).of(api.call_object(request), api)

    def sync(self) -> Self:
        """Brings a copy up to what its origin is now.

        Returns:
            The app, in its newest revision.

        Raises:
            SbgError: The platform answered with an error, such as for an app that is no copy.
        """
        at = AppId.of(self)
        request = self.api.client.sync_app.build(owner=at.owner, project=at.project, app=at.app)
        return type(self).of(self.api.call_object(request), self.api)

    # -- as an object

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, App):
            return NotImplemented
        return self is other or (bool(self.field("id")) and bool(other.field("id")) and self.id == other.id)

    def __hash__(self) -> int:
        return hash((App, self.id)) if self.field("id") else object.__hash__(self)

    def _request(self) -> Request | None:
        api = self.api_or_none
        return None if api is None or not self.field("id") else _get(AppId.of(self), api)

    @classmethod
    def _fetched(cls, at: AppId, api: HttpClient) -> Self:
        return cls.of(api.call_object(_get(at, api)), api)

    @classmethod
    def _installed(cls, request: Request, text: dict[str, Any] | str, at: AppId, api: HttpClient) -> Self:
        """Sends an app's CWL and gets the app."""
        try:
            told = object_of(api.send(_with_yaml(request, text) if isinstance(text, str) else request))
        except NonJSONResponseError as error:
            if error.status is None or error.status >= 400:
                raise
            told = {}  # YAML may come back for YAML; the app is made, and its id known
        return cls._fetched(AppId.of(told.get("sbg:id") or str(at)), api)


def _get(at: AppId, api: HttpClient) -> Request:
    place = {"owner": at.owner, "project": at.project, "app": at.app}
    if at.revision is None:
        return api.client.get_app.build(**place)
    return api.client.get_app_revision.build(revision=at.revision, **place)


def _short(app: App | str) -> str:
    return app.id if isinstance(app, App) else app


def _with_yaml(request: Request, text: str) -> Request:
    """The same request with YAML text for its body; the generated operation knows the JSON form alone."""
    headers = tuple((name, "application/yaml" if name == "content-type" else value) for name, value in request.headers)
    return replace(request, content=text.encode(), headers=headers)
