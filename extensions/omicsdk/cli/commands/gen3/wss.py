"""What `omics gen3 wss` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.agreement import agreed
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.gen3.wss import Gen3WsStorage, wsurl_to_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.gen3.access import Access
    from omicsdk.cli.console import Console


def ls(access: Access, arguments: Mapping[str, Any], console: Console) -> list[Any]:
    """`omics gen3 wss ls`: what is below a key, as rows: folders first."""
    del console
    with _storage(access) as storage:
        told = storage.ls_path(arguments["path"])
    data = told.get("Data")
    stated = (data.get("Prefixes"), data.get("Objects")) if is_object(data) else (data,)
    rows = [each for part in stated if is_array(part) for each in part]
    return [each if is_object(each) else {"WorkspaceKey": each} for each in rows]


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
    wsurl_to_tokens(path)
    if arguments.get("dry_run"):
        return {"would delete": path}
    if not agreed(f"Deleting {path} is for good. Go on?", console):
        return None
    with _storage(access) as storage:
        storage.rm_path(path)
    return {"deleted": path}


def download_url(access: Access, arguments: Mapping[str, Any], console: Console) -> str:
    """`omics gen3 wss download-url`."""
    del console
    with _storage(access) as storage:
        return str(storage.download_url(*wsurl_to_tokens(arguments["path"])).get("Data"))


def upload_url(access: Access, arguments: Mapping[str, Any], console: Console) -> str:
    """`omics gen3 wss upload-url`."""
    del console
    with _storage(access) as storage:
        return str(storage.upload_url(*wsurl_to_tokens(arguments["path"])).get("Data"))


def _storage(access: Access) -> Gen3WsStorage:
    return Gen3WsStorage(access.auth, endpoint=access.endpoint)
