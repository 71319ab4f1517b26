"""What `omics sb apps` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.sb.rows import APP, row
from omicsdk.cli.told import Told
from omicsdk.core.errors import UsageError
from omicsdk.core.json_encoding import written
from omicsdk.sb.errors import NotFound
from omicsdk.sb.paths import app_id, project_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.console import Console
    from omicsdk.sb.api import Api
    from omicsdk.sb.models.app import App

NOTE = "sbg:revisionNotes"
"""Where an app's document says what is new in a revision."""


def ls(api: Api, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb apps ls`: rows of apps."""
    project = arguments.get("project")
    page = api.apps.query(
        project=None if project is None else project_id(project),
        visibility=arguments.get("visibility"),
        q=arguments.get("search"),
        limit=100,
    )
    return [row(app, APP) for app in console.limited(page.all(), arguments.get("limit"))]


def get(api: Api, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics sb apps get`: the app's document."""
    del console
    document: Any = _app(api, arguments["app"]).field("raw")
    return Told(written(document, indent=2, ensure_ascii=False), document)


def install(api: Api, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics sb apps install`: the app as a row; with --dry-run its document."""
    from pathlib import Path

    from omicsdk.sb.cwl import read_app

    id, revision = app_id(arguments["app"])
    if revision is not None:
        raise UsageError(f"{arguments['app']} names a revision", remedy=f"The next one is made by itself: give {id}.")
    document = read_app(Path(arguments["file"]))
    if arguments.get("note"):
        document = {**document, NOTE: arguments["note"]}
    if arguments.get("dry_run"):
        return document
    try:
        last = api.apps.get(id)
    except NotFound:
        made = api.apps.install_app(id=id, raw=document)
    else:
        made = api.apps.create_revision(id=id, revision=int(last.revision) + 1, raw=document)
    console.message(f"{id} is there as revision {made.revision}")
    return row(made, APP)


def copy(api: Api, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics sb apps copy`: the copy as a row."""
    del console
    made = _app(api, arguments["app"]).copy(
        project=project_id(arguments["project"]),
        name=arguments.get("name"),
        strategy=arguments.get("strategy"),
        use_revision=app_id(arguments["app"])[1] is not None,
    )
    return row(made, APP)


def _app(api: Api, text: str) -> App:
    """The app that a word names, in its latest revision unless the word says which."""
    id, revision = app_id(text)
    return api.apps.get(id) if revision is None else api.apps.get_revision(id=id, revision=revision)
