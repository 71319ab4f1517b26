"""What `omics sb apps` does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.sb.rows import APP, row
from omicsdk.cli.told import Told
from omicsdk.core.errors import UsageError
from omicsdk.core.json_encoding import written
from omicsdk.sb import apps
from omicsdk.sb.listings import PAGE
from omicsdk.sb.paths import app_id, project_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.console import Console
    from omicsdk.sb.client import SevenBridges

NOTE = "sbg:revisionNotes"
"""Where an app's document says what is new in a revision."""


def ls(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> list[dict[str, Any]]:
    """`omics sb apps ls`: rows of apps."""
    project, words = arguments.get("project"), arguments.get("search")
    chosen: dict[str, Any] = {
        **({} if project is None else {"project": project_id(project)}),
        **({} if words is None else {"q": [words] if isinstance(words, str) else list(words)}),
        **({} if arguments.get("visibility") is None else {"visibility": arguments["visibility"]}),
    }
    found = client.list_apps.iterate(**chosen, limit=PAGE)
    return [row(app, APP) for app in console.limited(found, arguments.get("limit"))]


def get(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics sb apps get`: the app's document."""
    del console
    document: Any = apps.get_app(client, arguments["app"]).raw
    return Told(written(document, indent=2, ensure_ascii=False), document)


def install(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics sb apps install`: the app as a row; with --dry-run its document."""
    id, revision = app_id(arguments["app"])
    if revision is not None:
        raise UsageError(f"{arguments['app']} names a revision", remedy=f"The next one is made by itself: give {id}.")
    document = apps.read_app(Path(arguments["file"]))
    if arguments.get("note"):
        document = {**document, NOTE: arguments["note"]}
    if arguments.get("dry_run"):
        return document
    made = client.install_app(id, document)
    console.message(f"{id} is there as revision {made.revision}")
    return row(made, APP)


def copy(client: SevenBridges, arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics sb apps copy`: the copy as a row."""
    del console
    strategy = arguments.get("strategy") or "clone"
    project = project_id(arguments["project"])
    return row(client.copy_app(arguments["app"], project, name=arguments.get("name"), strategy=strategy), APP)
