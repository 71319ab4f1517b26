"""Files of workspaces (the workspace storage of a commons)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

from omicsdk.core.answer import json_of
from omicsdk.core.errors import DecodeError
from omicsdk.core.narrowing import is_object
from omicsdk.core.paging import items_at
from omicsdk.core.request import segment
from omicsdk.gen3.errors import Gen3Error, Gen3UserError
from omicsdk.gen3.local_files import fetch, send
from omicsdk.gen3.plain_client import PlainService, plain_request

SCHEME = "ws"
PAGE_LIMIT = 1000
"""Objects and folders of one listing, at most: the service has S3's limit and no further page."""


def wsurl_to_tokens(ws_urlstr: str) -> tuple[str, str]:
    """Takes the URL of a file in a workspace apart.

    Args:
        ws_urlstr: Such as ws:///@user/folder/file.

    Returns:
        The workspace, such as `@user`, and the key in it, such as `folder/file`; the key may be empty.

    Raises:
        Gen3UserError: It is no such URL.
    """
    parts = urlsplit(ws_urlstr)
    workspace, _, key = unquote(parts.path).lstrip("/").partition("/")
    if parts.scheme != SCHEME or parts.netloc or not workspace:
        raise Gen3UserError(
            f"{ws_urlstr!r} is no URL of a workspace",
            remedy="Write it as ws:///WORKSPACE/KEY, such as ws:///@user/a.txt.",
        )
    return workspace, key


def get_url(urlstr: str, dest_path: str | os.PathLike[str]) -> None:
    """Fetches what is at a URL into a file.

    Args:
        urlstr: The URL, which may be a presigned one.
        dest_path: The file.

    Raises:
        TransferError: It didn't arrive.
    """
    _fetched(lambda: urlstr, dest_path, urlstr.partition("?")[0])


def put_url(urlstr: str, src_path: str | os.PathLike[str]) -> None:
    """Sends a file to a URL by PUT.

    Args:
        urlstr: The URL, which may be a presigned one.
        src_path: The file.

    Raises:
        UsageError: There is no such file.
        TransferError: It didn't arrive.
    """
    send(src_path, lambda: urlstr)


class Gen3WsStorage(PlainService):
    """Files of workspaces.

    Args:
        auth_provider: Who asks; the commons is the one that it is for, unless `endpoint` is given.
        endpoint: The commons.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect and 60 to read.
        retry: When and how often to try again.
        transport: Takes the place of the network for requests to the commons, for tests.

    Raises:
        Gen3UserError: There is nothing to know the commons from.
    """

    location = "ws-storage"

    def upload_url(self, ws: str, wskey: str) -> dict[str, Any]:
        """Gives a presigned URL that a file's bytes are to be sent to with PUT.

        Args:
            ws: The workspace, such as @user.
            wskey: The file's key in it.

        Returns:
            The service's answer; the URL is its `Data`.

        Raises:
            DecodeError: The answer has no URL.
        """
        return self._presigned("upload", ws, wskey)

    def download_url(self, ws: str, wskey: str) -> dict[str, Any]:
        """Gives a presigned URL that a file can be fetched from.

        Args:
            ws: The workspace, such as @user.
            wskey: The file's key in it.

        Returns:
            The service's answer; the URL is its `Data`.

        Raises:
            DecodeError: The answer has no URL.
        """
        return self._presigned("download", ws, wskey)

    def upload(self, src_path: str | os.PathLike[str], dest_ws: str, dest_wskey: str) -> None:
        """Puts a file into a workspace.

        Args:
            src_path: The file.
            dest_ws: The workspace.
            dest_wskey: Its key there.

        Raises:
            UsageError: There is no such file.
            TransferError: It didn't arrive.
        """
        send(src_path, lambda: self.upload_url(dest_ws, dest_wskey)["Data"])

    def download(self, src_ws: str, src_wskey: str, dest_path: str | os.PathLike[str]) -> None:
        """Fetches a file from a workspace; one that was stopped goes on where it was.

        Args:
            src_ws: The workspace.
            src_wskey: Its key there.
            dest_path: Where to: a file, or a folder, which it goes into under its own name.

        Raises:
            NotFound: There is no such file.
            TransferError: It didn't arrive.
        """
        path = Path(dest_path)
        if path.is_dir() or os.fspath(dest_path).endswith(("/", os.sep)):
            path /= src_wskey.rstrip("/").rpartition("/")[2]
        _fetched(lambda: self.download_url(src_ws, src_wskey)["Data"], path, f"ws:///{src_ws}/{src_wskey}")

    def copy(self, src_urlstr: str, dest_urlstr: str) -> None:
        """Copies a file into a workspace, out of one, or from one to another.

        Args:
            src_urlstr: The file: its path, or ws:///WORKSPACE/KEY.
            dest_urlstr: Where to, likewise.

        Raises:
            Gen3UserError: Neither is in a workspace.
            TransferError: It didn't arrive.
        """
        source, target = (each.startswith(f"{SCHEME}:") for each in (src_urlstr, dest_urlstr))
        if source and target:
            with TemporaryDirectory() as folder:
                between = Path(folder, "file")
                self.download(*wsurl_to_tokens(src_urlstr), between)
                self.upload(between, *wsurl_to_tokens(dest_urlstr))
        elif source:
            self.download(*wsurl_to_tokens(src_urlstr), dest_urlstr)
        elif target:
            self.upload(src_urlstr, *wsurl_to_tokens(dest_urlstr))
        else:
            raise Gen3UserError(
                f"Neither {src_urlstr} nor {dest_urlstr} is in a workspace", remedy="Write one as ws:///WORKSPACE/KEY."
            )

    def ls(self, ws: str, wskey: str) -> dict[str, Any]:
        """Lists what a workspace has below a key.

        Args:
            ws: The workspace, such as @user.
            wskey: The key; empty for all that is in it.

        Returns:
            The service's answer: its `Data` has `Objects` and `Prefixes`, together PAGE_LIMIT at most.

        Raises:
            DecodeError: The answer lacks one of both lists.
        """
        told = self._asked("GET", "list", ws, wskey)
        for key in ("Data.Objects", "Data.Prefixes"):
            items_at(told, key, f"list of ws:///{ws}/{wskey}")
        return told

    def ls_path(self, ws_urlstr: str) -> dict[str, Any]:
        """Lists what is below a URL of a workspace; as `ls`.

        Args:
            ws_urlstr: The URL, ws:///WORKSPACE/KEY.
        """
        return self.ls(*wsurl_to_tokens(ws_urlstr))

    def rm(self, ws: str, wskey: str) -> dict[str, Any]:
        """Deletes a file of a workspace.

        Args:
            ws: The workspace, such as @user.
            wskey: Its key.

        Returns:
            The service's answer.

        Raises:
            Gen3UserError: There is no key, which would be all files.
        """
        if not wskey.strip("/"):
            raise Gen3UserError(f"All files of {ws} can't be deleted at once", remedy="Give the key of one.")
        return self._asked("DELETE", "list", ws, wskey)

    def rm_path(self, ws_urlstr: str) -> dict[str, Any]:
        """Deletes the file at a URL of a workspace; as `rm`.

        Args:
            ws_urlstr: The URL, ws:///WORKSPACE/KEY.
        """
        return self.rm(*wsurl_to_tokens(ws_urlstr))

    def _presigned(self, what: str, workspace: str, key: str) -> dict[str, Any]:
        told = self._asked("GET", what, workspace, key)
        url = told.get("Data")
        if not isinstance(url, str) or not url:
            raise DecodeError(f"{what} of ws:///{workspace}/{key}", "Data", url, expected="a URL")
        return told

    def _asked(self, method: str, what: str, workspace: str, key: str) -> dict[str, Any]:
        inner = key.strip("/")
        place = segment("wskey", inner, raw=True) + "/" * key.endswith("/") if inner else ""
        path = f"/{what}/{segment('ws', workspace)}/{place}"
        told = json_of(self._service.client.send(plain_request(what, method, path)))
        # The service says 200 to everything that it understands.
        if not is_object(told) or str(told.get("Result", "ok")).startswith("error"):
            said = told.get("Result") if is_object(told) else told
            raise Gen3Error(f"{what} of ws:///{workspace}/{key}: {said}", remedy="Check the workspace and the key.")
        return told


def _fetched(url: Callable[[], str], dest_path: str | os.PathLike[str], what: str) -> None:
    path = Path(dest_path)
    fetch(path.name, path.parent, url, what=what)
