"""What `omics gen3 wss` does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.agreement import agreed
from omicsdk.core.errors import NotFound
from omicsdk.gen3.workspaces import PAGE_LIMIT, parse_workspace_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.commands.gen3.access import Access
    from omicsdk.cli.console import Console


def ls(access: Access, arguments: Mapping[str, Any], console: Console) -> list[Any]:
    """`omics gen3 wss ls`: what is below a key, as rows: folders first."""
    folders, objects = access.logged_in.workspace_ls(arguments["path"])
    if len(folders) + len(objects) >= PAGE_LIMIT:
        console.some_failed(f"the service lists {PAGE_LIMIT} at most, so there may be more; list a folder further down")
    return [*({"WorkspaceKey": each} for each in folders), *objects]


def cp(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, str]:
    """`omics gen3 wss cp`: what was copied."""
    del console
    source, target = arguments["src"], arguments["dest"]
    access.logged_in.workspace_copy(source, target)
    return {"copied": source, "to": target}


def rm(access: Access, arguments: Mapping[str, Any], console: Console) -> dict[str, str] | None:
    """`omics gen3 wss rm`: what was deleted."""
    path: str = arguments["path"]
    if arguments.get("dry_run"):
        # The service answers alike to a deletion of what exists and of what doesn't, so that the list has to say it.
        listed, key = access.logged_in.workspace_ls(path), parse_workspace_url(path)[1]
        if not any(each.get("WorkspaceKey") == key for each in listed.objects):
            raise NotFound(
                f"There is no file {path}", remedy="`omics gen3 wss ls` gives the names of those that exist."
            )
        return {"would delete": path}
    if not agreed(f"Deleting {path} is for good. Go on?", console):
        return None
    access.logged_in.workspace_rm(path)
    return {"deleted": path}


def download_url(access: Access, arguments: Mapping[str, Any], console: Console) -> str:
    """`omics gen3 wss download-url`."""
    del console
    return access.logged_in.workspace_url(arguments["path"], "download")


def upload_url(access: Access, arguments: Mapping[str, Any], console: Console) -> str:
    """`omics gen3 wss upload-url`."""
    del console
    return access.logged_in.workspace_url(arguments["path"], "upload")
