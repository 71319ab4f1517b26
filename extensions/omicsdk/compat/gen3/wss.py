"""gen3.wss: files of workspaces."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from omicsdk.compat._requests import __getattr__ as __getattr__
from omicsdk.compat.gen3._service import LoginService, raise_published
from omicsdk.core.errors import UsageError
from omicsdk.core.redaction import without_query
from omicsdk.gen3.workspaces import parse_workspace_url, workspace_response

_STDOUT = "-"


def wsurl_to_tokens(ws_urlstr: str) -> tuple[str, str]:
    """Return the workspace, such as `@user`, and the key of `ws:///WORKSPACE/KEY`; see `parse_workspace_url`."""
    return parse_workspace_url(ws_urlstr)


def get_url(urlstr: str, dest_path: str | os.PathLike[str]) -> None:
    """Download a URL into a file.

    Args:
        urlstr: The URL, which may be a presigned one.
        dest_path: The file; an existing one is replaced. `-` prints the content as text.

    Raises:
        TransferError: It did not arrive.
    """
    from omicsdk.gen3.downloads import download_url
    from omicsdk.transfer import TransferOptions

    if os.fspath(dest_path) == _STDOUT:
        with TemporaryDirectory() as folder:
            get_url(urlstr, Path(folder, "content"))
            sys.stdout.write(Path(folder, "content").read_text("utf-8", "replace"))
        return
    path, what = Path(dest_path), without_query(urlstr)
    raise_published(download_url(lambda: urlstr, path.name, path.parent, what=what, options=TransferOptions()))


def put_url(urlstr: str, src_path: str | os.PathLike[str]) -> None:
    """Send a file to a URL by PUT.

    Args:
        urlstr: The URL, which may be a presigned one.
        src_path: The file.

    Raises:
        UsageError: There is no such file.
        TransferError: It did not arrive.
    """
    from omicsdk.transfer import Location, PutTo, Upload, upload

    if not Path(src_path).is_file():
        raise UsageError(f"{os.fspath(src_path)} is not a file", remedy="Pass the path of a file.")
    raise_published(upload([Upload(src_path, PutTo(lambda _: Location(urlstr)))]))


class Gen3WsStorage(LoginService):
    """Files of workspaces.

    Args:
        auth_provider: The credentials; the commons is the one that they are for, unless `endpoint` is given.
        options: Those of every client of this face: endpoint, timeout, retry, transport, clock.

    Raises:
        Gen3UserError: Nothing states the commons.
    """

    def upload_url(self, ws: str, wskey: str) -> dict[str, Any]:
        """Return a presigned URL for uploading a file with PUT.

        Args:
            ws: The workspace, such as @user.
            wskey: The file's key in it.

        Returns:
            The service's response; the URL is its `Data`.

        Raises:
            DecodeError: The response has no URL.
        """
        return workspace_response(self._commons, "upload", ws, wskey)

    def download_url(self, ws: str, wskey: str) -> dict[str, Any]:
        """Return a presigned URL for downloading a file; see `upload_url`."""
        return workspace_response(self._commons, "download", ws, wskey)

    def upload(self, src_path: str | os.PathLike[str], dest_ws: str, dest_wskey: str) -> None:
        """Upload a file to a workspace.

        Args:
            src_path: The file.
            dest_ws: The workspace.
            dest_wskey: Its key there.

        Raises:
            UsageError: There is no such file.
            TransferError: It did not arrive.
        """
        self.copy(os.fspath(src_path), _url(dest_ws, dest_wskey))

    def download(self, src_ws: str, src_wskey: str, dest_path: str | os.PathLike[str]) -> None:
        """Download a file from a workspace; a stopped download is resumed.

        Args:
            src_ws: The workspace.
            src_wskey: Its key there.
            dest_path: Where to: a file, or a folder, which it goes into under its own name. `-` prints it as text.

        Raises:
            NotFound: There is no such file.
            TransferError: It did not arrive.
        """
        self.copy(_url(src_ws, src_wskey), os.fspath(dest_path))

    def copy(self, src_urlstr: str, dest_urlstr: str) -> None:
        """Copy a file to, from or between workspaces.

        Args:
            src_urlstr: The file: its path, or ws:///WORKSPACE/KEY.
            dest_urlstr: The target, in the same forms.

        Raises:
            Gen3UserError: Neither is in a workspace.
            TransferError: It did not arrive.
        """
        if dest_urlstr == _STDOUT:
            get_url(self.download_url(*wsurl_to_tokens(src_urlstr))["Data"], _STDOUT)
            return
        raise_published(self._commons.workspace_copy(src_urlstr, dest_urlstr, check=False))

    def ls(self, ws: str, wskey: str) -> dict[str, Any]:
        """List the files of a workspace below a key.

        Args:
            ws: The workspace, such as @user.
            wskey: The key; empty for all that is in it.

        Returns:
            The service's response: its `Data` has `Objects` and `Prefixes`, together 1,000 at most.

        Raises:
            DecodeError: The response lacks one of both lists.
        """
        return workspace_response(self._commons, "list", ws, wskey)

    def ls_path(self, ws_urlstr: str) -> dict[str, Any]:
        """List the files below ws:///WORKSPACE/KEY; see `ls`."""
        return self.ls(*wsurl_to_tokens(ws_urlstr))

    def rm(self, ws: str, wskey: str) -> dict[str, Any]:
        """Delete a file of a workspace.

        Args:
            ws: The workspace, such as @user.
            wskey: Its key.

        Returns:
            The service's response.

        Raises:
            Gen3UserError: There is no key, which would be all files.
        """
        return workspace_response(self._commons, "rm", ws, wskey)

    def rm_path(self, ws_urlstr: str) -> dict[str, Any]:
        """Delete the file at ws:///WORKSPACE/KEY; as `rm`."""
        return self.rm(*wsurl_to_tokens(ws_urlstr))


def _url(workspace: str, key: str) -> str:
    return f"ws:///{quote(workspace)}/{quote(key)}"
