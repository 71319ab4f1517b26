"""Files of workspaces (the workspace storage of a commons): `ws:///WORKSPACE/KEY`."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, NamedTuple, TypedDict, Unpack
from urllib.parse import unquote

from omicsdk.core.errors import DecodeError, UsageError
from omicsdk.core.page_items import items_at
from omicsdk.core.plain_client import plain_request
from omicsdk.core.request import segment
from omicsdk.core.response import json_of
from omicsdk.core.type_guards import is_object
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.errors import Gen3Error, Gen3UserError
from omicsdk.transfer import Outcome, TransferOptions, TransferOptionsDict, TransferReport

SCHEME = "ws"
# Objects and folders of one listing, at most: the service has S3's limit and no further page.
PAGE_LIMIT = 1000


class WorkspaceObject(TypedDict):
    """A file of a workspace as the service lists it.

    Attributes:
        WorkspaceKey: Its key.
        SizeBytes: Its size in bytes.
        LastModified: When it was changed last.
    """

    WorkspaceKey: str
    SizeBytes: int
    LastModified: str


class WorkspaceListing(NamedTuple):
    """The content below a key of a workspace.

    Attributes:
        folders: The keys of folders, with a slash at their end.
        objects: The files.
    """

    folders: list[str]
    objects: list[WorkspaceObject]


def parse_workspace_url(url: str) -> tuple[str, str]:
    """Return the workspace, such as `@user`, and the key of `ws:///WORKSPACE/KEY`; the key may be empty.

    Args:
        url: The URL.

    Raises:
        Gen3UserError: It is no such URL.
    """
    # Not split as other URLs: keys have "#" and "?" as they are, and a deletion without them would be of another file.
    workspace, _, key = unquote(url.removeprefix(f"{SCHEME}:")).lstrip("/").partition("/")
    if not url.startswith(f"{SCHEME}:///") or not workspace:
        raise Gen3UserError(
            f"{url!r} is not a URL of a workspace", remedy="Write it as ws:///WORKSPACE/KEY, such as ws:///@user/a.txt."
        )
    return workspace, key


def workspace_ls(client: Gen3, url: str) -> WorkspaceListing:
    """List the files of a workspace below a key.

    The service lists at most 1000 folders and files together (PAGE_LIMIT).

    Args:
        url: The URL, ws:///WORKSPACE/KEY.

    Raises:
        Gen3UserError: It is no such URL.
        DecodeError: The response lacks one of both lists.
    """
    data = workspace_response(client, "list", *parse_workspace_url(url))["Data"]
    return WorkspaceListing(data["Prefixes"], data["Objects"])


def workspace_url(client: Gen3, url: str, action: Literal["download", "upload"]) -> str:
    """Return a presigned URL, by which anyone can read or write a file of a workspace for some time.

    Args:
        url: The file, ws:///WORKSPACE/KEY.
        action: Whether the URL is to GET the file's bytes from, or to PUT them to.

    Raises:
        Gen3UserError: It is no such URL.
        DecodeError: The response has no URL.
    """
    return workspace_response(client, action, *parse_workspace_url(url))["Data"]


def workspace_copy(
    client: Gen3, source: str, target: str | os.PathLike[str], **options: Unpack[TransferOptionsDict]
) -> TransferReport:
    """Copy a file to, from or between workspaces.

    Args:
        source: The file: its path, or ws:///WORKSPACE/KEY.
        target: The copy, in the same form; in a folder (FOLDER/), the file keeps its name.
        **options: See `omicsdk.transfer.TransferOptions`. A dry run sends no request.

    Returns:
        The outcome of the file.

    Raises:
        Gen3UserError: Neither is in a workspace, or the source is a URL that names no file.
        UsageError: There is no such file.
        TransferFailed: The workspace has no such file, or it did not arrive.

    Example:
        client.workspace_copy("counts.tsv", "ws:///@user/counts.tsv")
    """
    chosen = TransferOptions.of(options)
    target = os.fspath(target)
    within = [uri.startswith(f"{SCHEME}:") for uri in (source, target)]
    if not any(within):
        raise Gen3UserError(
            f"Neither {source} nor {target} is in a workspace", remedy="Write one as ws:///WORKSPACE/KEY."
        )
    source_name = parse_workspace_url(source)[1].rpartition("/")[2] if within[0] else Path(source).name
    if within[0] and source_name in ("", ".", ".."):
        raise Gen3UserError(f"{source!r} does not name a file", remedy="Write it as ws:///WORKSPACE/KEY.")
    if not within[0] and not Path(source).is_file():
        raise UsageError(f"{source} is not a file", remedy="Use the path of a file.")
    is_folder = not parse_workspace_url(target)[1] if within[1] else Path(target).is_dir()
    if is_folder or target.endswith(("/", os.sep)):
        target = f"{target.rstrip('/')}/{source_name.replace('%', '%25') if within[1] else source_name}"
    path = Path(target)
    if chosen.dry_run:
        folder, _, name = (target if within[1] else path.as_posix()).rpartition("/")
        size = None if within[0] else Path(source).stat().st_size
        return TransferReport([Outcome(name, "planned", size, plan="copy", source=source)], target=folder or ".")
    if all(within):
        with TemporaryDirectory() as folder:
            between = Path(folder, "file")
            report = _fetch(client, source, between, chosen)
            if report.ok:
                report = _send(client, between, target, chosen)
    elif within[0]:
        report = _fetch(client, source, path, chosen)
    else:
        report = _send(client, Path(source), target, chosen)
    return chosen.checked(report)


def workspace_rm(client: Gen3, url: str) -> None:
    """Delete a file of a workspace.

    Args:
        url: The file, ws:///WORKSPACE/KEY.

    Raises:
        Gen3UserError: There is no key, which would be all files.
    """
    workspace_response(client, "rm", *parse_workspace_url(url))


def workspace_response(
    client: Gen3, action: Literal["list", "download", "upload", "rm"], workspace: str, key: str
) -> dict[str, Any]:
    """Return the service's whole response, with the result in `Data`.

    Args:
        action: What is requested.
        workspace: The workspace, such as @user.
        key: The key.

    Raises:
        Gen3UserError: A deletion without a key, which would be of all files.
        Gen3Error: The service refused.
        DecodeError: The response lacks what was requested.
    """
    where, inner = f"ws:///{workspace}/{key}", key.strip("/")
    if action == "rm" and not inner:
        raise Gen3UserError(f"All files of {workspace} cannot be deleted at once", remedy="Name the key of a file.")
    # Files are deleted at the address of lists.
    method, what = ("DELETE", "list") if action == "rm" else ("GET", action)
    location = segment("wskey", inner, raw=True) + "/" * key.endswith("/") if inner else ""
    path = f"/{what}/{segment('ws', workspace)}/{location}"
    response = json_of(client.ws_storage.send(plain_request(what, method, path)))
    # The service responds with 200 to everything that it understands.
    if not is_object(response) or str(response.get("Result", "ok")).startswith("error"):
        result = response.get("Result") if is_object(response) else response
        raise Gen3Error(f"{what} of {where}: {result}", remedy="Check the workspace and the key.")
    if action == "list":
        for member in ("Data.Objects", "Data.Prefixes"):
            items_at(response, member, f"list of {where}")
    elif action != "rm" and (not isinstance(response.get("Data"), str) or not response["Data"]):
        raise DecodeError(f"{action} of {where}", "Data", response.get("Data"), expected="a URL")
    return response


def _fetch(client: Gen3, source: str, path: Path, options: TransferOptions) -> TransferReport:
    from omicsdk.gen3.downloads import download_url

    def url() -> str:
        return workspace_url(client, source, "download")

    return download_url(url, path.name, path.parent, what=source, options=options)


def _send(client: Gen3, path: Path, target: str, options: TransferOptions) -> TransferReport:
    from omicsdk.transfer import Location, PutTo, Upload, upload

    store = PutTo(lambda _: Location(workspace_url(client, target, "upload")))
    return upload([Upload(path, store, parse_workspace_url(target)[1].rpartition("/")[2])], options=options)
