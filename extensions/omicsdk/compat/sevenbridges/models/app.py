"""Apps: tools and workflows, described in CWL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self, cast

from omicsdk.compat.sevenbridges.enums import AppCopyStrategy, AppRawFormat
from omicsdk.compat.sevenbridges.errors import NonJSONResponseError, ValidationError
from omicsdk.compat.sevenbridges.http._answers import object_of
from omicsdk.compat.sevenbridges.meta import fields
from omicsdk.compat.sevenbridges.meta.collection import Collection
from omicsdk.compat.sevenbridges.meta.resource import Resource, identifier, request_of, several

if TYPE_CHECKING:
    from omicsdk.compat.sevenbridges import Api, Project
    from omicsdk.core.request import Request


class AppId(NamedTuple):
    """An app's identity in its parts.

    Attributes:
        owner: A user or division.
        project: Its project's short name.
        app: Its own short name.
        revision: Its revision, counted from 0; None for the latest.
    """

    owner: str
    project: str
    app: str
    revision: int | None = None

    @classmethod
    def of(cls, thing: object) -> Self:
        """Takes one apart.

        Args:
            thing: An App, or its id.

        Raises:
            ValidationError: It isn't one.
            SbgError: The App has no id.
        """
        text = identifier(thing)
        parts = text.strip("/").split("/")
        revision = parts.pop() if len(parts) == 4 else None
        named = len(parts) == 3 and all(parts) and not {".", ".."} & set(parts)
        if not named or not (revision is None or _is_number(revision)):
            raise ValidationError(
                f"{text!r} isn't an app's id", remedy="Give owner/project/app, or owner/project/app/revision."
            )
        return cls(parts[0], parts[1], parts[2], None if revision is None else int(revision))

    @property
    def latest(self) -> AppId:
        """The same app without a revision."""
        return self._replace(revision=None)

    def at(self, revision: int | str) -> AppId:
        """The same app in a revision.

        Args:
            revision: Its number, from 0.

        Raises:
            ValidationError: It isn't one.
        """
        if isinstance(revision, bool) or not _is_number(str(revision)):
            raise ValidationError(f"revision is {revision!r}", remedy="Give a whole number, 0 or above.")
        return self._replace(revision=int(revision))

    def __str__(self) -> str:
        return "/".join(str(part) for part in self if part is not None)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def cwl(raw: Mapping[str, Any] | str, raw_format: str | None = None) -> dict[str, Any] | str:
    """Gives an app's CWL as it is sent.

    Args:
        raw: A dictionary, or text.
        raw_format: How text is written, "json" or "yaml"; None to tell by its first character.

    Returns:
        A dictionary, to be sent as JSON; for YAML the text itself, which is for the platform to read.

    Raises:
        ValidationError: It can't be an app.
    """
    form = raw_format.lower() if raw_format else None
    if form not in (None, AppRawFormat.JSON, AppRawFormat.YAML):
        raise ValidationError(f"raw_format is {raw_format!r}", remedy='Give "json" or "yaml".')
    if isinstance(raw, Mapping):
        found = dict(raw)
    elif not isinstance(raw, str):  # pyright: ignore[reportUnnecessaryIsInstance] - callers may not check types
        raise ValidationError(f"raw is a {type(raw).__name__}", remedy="Give an app's CWL as a dictionary or text.")
    elif form == AppRawFormat.JSON or (form is None and raw.lstrip().startswith("{")):
        found = _of_json(raw)
    elif ":" not in raw or ("\n" not in raw.strip() and raw.rstrip().endswith((".cwl", ".json", ".yaml", ".yml"))):
        raise ValidationError(
            f"raw isn't an app's CWL: {raw.strip()[:60]!r}", remedy="Give the text of a CWL file, not its name."
        )
    else:
        return raw
    if not found:
        raise ValidationError("raw is empty", remedy="Give an app's CWL.")
    return found


def _of_json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValidationError(f"raw isn't JSON: {error}", remedy='Mend it, or give raw_format="yaml".') from None
    if not isinstance(found, dict):
        raise ValidationError(
            f"raw is a JSON {type(found).__name__}, and an app is an object",
            remedy='Several together stand in "$graph".',
        )
    return cast("dict[str, Any]", found)


_STRATEGIES = tuple(value for name, value in vars(AppCopyStrategy).items() if name.isupper())


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
        api: Api | None = None,
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
        request = request_of(
            api,
            "list_apps",
            project=identifier(project) if project else None,
            visibility=visibility,
            q=None if q is None else several(q),
            id=None if id is None else [app.id if isinstance(app, App) else app for app in several(id)],
            offset=offset,
            limit=limit,
        )
        return Collection.fetch(cls, request, api)

    @classmethod
    def get(cls, id: App | str, api: Api | None = None) -> Self:
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
    def get_revision(cls, id: App | str, revision: int, api: Api | None = None) -> Self:
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
        cls, id: str, raw: Mapping[str, Any] | str, api: Api | None = None, raw_format: str | None = None
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
        api, at, text = cls._client(api), AppId.of(id).latest, cwl(raw, raw_format)
        body = text if isinstance(text, dict) else {}
        return cls._installed(request_of(api, "install_app", body=body, **at._asdict()), text, at, api)

    @classmethod
    def create_revision(
        cls, id: App | str, revision: int, raw: Mapping[str, Any] | str, api: Api | None = None
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
        api, at, text = cls._client(api), AppId.of(id).at(revision), cwl(raw)
        body = text if isinstance(text, dict) else {}
        return cls._installed(request_of(api, "create_app_revision", body=body, **at._asdict()), text, at, api)

    # -- one app

    def copy(
        self,
        project: Project | str,
        name: str | None = None,
        strategy: str | None = None,
        use_revision: bool = False,
        api: Api | None = None,
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
        at = AppId.of(self)
        body = {"project": identifier(project), "strategy": strategy or AppCopyStrategy.CLONE}
        if name:
            body["name"] = name
        if not use_revision:
            return self._asked(api or self.api, "copy_app", body=body, **at.latest._asdict())
        at = at if at.revision is not None else at.at(self.revision)
        return self._asked(api or self.api, "copy_app_revision", body=body, **at._asdict())

    def sync(self) -> Self:
        """Brings a copy up to what its origin is now.

        Returns:
            The app, in its newest revision.

        Raises:
            SbgError: The platform answered with an error, such as for an app that is no copy.
        """
        return self._asked(self.api, "sync_app", **AppId.of(self).latest._asdict())

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
    def _fetched(cls, at: AppId, api: Api) -> Self:
        return cls.of(api.call_object(_get(at, api)), api)

    @classmethod
    def _installed(cls, request: Request, text: dict[str, Any] | str, at: AppId, api: Api) -> Self:
        """Sends an app's CWL and gets the app."""
        try:
            told = object_of(api.send(_with_yaml(request, text) if isinstance(text, str) else request))
        except NonJSONResponseError as error:
            if error.status is None or error.status >= 400:
                raise
            told = {}  # YAML may come back for YAML; the app is made, and its id known
        return cls._fetched(AppId.of(told.get("sbg:id") or str(at)), api)


def _get(at: AppId, api: Api) -> Request:
    return request_of(api, "get_app" if at.revision is None else "get_app_revision", **at._asdict())


def _with_yaml(request: Request, text: str) -> Request:
    """The same request with YAML text for its body; the generated operation knows the JSON form alone."""
    headers = tuple((name, "application/yaml" if name == "content-type" else value) for name, value in request.headers)
    return replace(request, content=text.encode(), headers=headers)
