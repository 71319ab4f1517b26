"""What `omics gen3 wss` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.agreement import agreed
from omicsdk.core.errors import NotFound
from omicsdk.core.narrowing import is_object
from omicsdk.gen3.wss import PAGE_LIMIT, Gen3WsStorage, wsurl_to_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.gen3.access import Access
    from omicsdk.cli.console import Console


def ls(access: Access, arguments: Mapping[str, Any], console: Console) -> list[Any]:
    """`omics gen3 wss ls`: what is below a key, as rows: folders first."""
    with _storage(access) as storage:
        told = storage.ls_path(arguments["path"])
    folders, objects = told["Data"]["Prefixes"], told["Data"]["Objects"]
    if len(folders) + len(objects) >= PAGE_LIMIT:
        console.some_failed(f"the service lists {PAGE_LIMIT} at most, so there may be more; list a folder further down")
    return [{"WorkspaceKey": each} for each in folders] + objects


def cp(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, str]:
    """`omics gen3 wss cp`: what was copied."""
    del console
    source, target = arguments["src"], arguments["dest"]
    with _storage(access) as storage:
        storage.copy(source, target)
    return {"copied": source, "to": target}


def rm(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, str] | None:
    """`omics gen3 wss rm`: what was deleted."""
    path: str = arguments["path"]
    workspace, key = wsurl_to_tokens(path)
    with _storage(access) as storage:
        if arguments.get("dry_run"):
            # The service answers alike to a deletion of what exists and of what doesn't, so that the list has to say it.
            listed = storage.ls(workspace, key)["Data"]["Objects"]
            if not any(each.get("WorkspaceKey") == key for each in listed if is_object(each)):
                raise NotFound(
                    f"There is no file {path}", remedy="`omics gen3 wss ls` gives the names of those that exist."
                )
            return {"would delete": path}
        if not agreed(f"Deleting {path} is for good. Go on?", console):
            return None
        storage.rm(workspace, key)
    return {"deleted": path}


def download_url(access: Access, arguments: Mapping[str, Any], console: Console) -> str:
    """`omics gen3 wss download-url`."""
    del console
    with _storage(access) as storage:
        return str(storage.download_url(*wsurl_to_tokens(arguments["path"]))["Data"])


def upload_url(access: Access, arguments: Mapping[str, Any], console: Console) -> str:
    """`omics gen3 wss upload-url`."""
    del console
    with _storage(access) as storage:
        return str(storage.upload_url(*wsurl_to_tokens(arguments["path"]))["Data"])


def _storage(access: Access) -> Gen3WsStorage:
    return Gen3WsStorage(access.auth, endpoint=access.endpoint)
