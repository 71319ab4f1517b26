"""Folders of studies at EMBL-EBI: the addresses of their files, and their tables and lists, which are read as they arrive."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from omicsdk.core.closing import Closing
from omicsdk.core.errors import DecodeError, UnsafePath
from omicsdk.core.plain_client import PlainClient, plain_request, stopping_by
from omicsdk.core.response import json_of
from omicsdk.core.tables import LONGEST_LINE, LONGEST_RECORD, RowError, rows_of
from omicsdk.gen3.records.exports import rows_of as objects_of
from omicsdk.portals.lists import FAULT, ListedFile, numbered
from omicsdk.portals.names.responses import lines_in, stated_file
from omicsdk.transfer.names import wrong_with

if TYPE_CHECKING:
    from omicsdk.core.request import Request
    from omicsdk.core.streaming import Body
    from omicsdk.portals.names.archive import ArchiveOptions

_FILES_OF_EBI = re.compile(r"(?:ftp|http)://(?=(?:[\w-]+\.)*ebi\.ac\.uk(?:/|\Z))", re.IGNORECASE)


def https_of(url: str) -> str:
    """An address at EMBL-EBI by HTTPS, which its file servers serve with the same paths as FTP and HTTP.

    Args:
        url: The address; one of another host is returned as it is.
    """
    return _FILES_OF_EBI.sub("https://", url.strip(), count=1)


def file_below(url: str, path: str, folder: str, **fields: Any) -> ListedFile:
    """A file of a study.

    Args:
        url: The address of its folder.
        path: Its path in the folder, which is its name in the target folder, too.
        folder: Its folder in the layout `id`.
        **fields: Its `size` and `checksums`, where the archive declares them.

    Returns:
        The file; one whose path would leave the folder, or whose address is none, has an error.
    """
    if reason := wrong_with(path):
        error = UnsafePath(path, reason, remedy="Report it to the archive.")
        return ListedFile(FAULT, path, re.sub(r"[^\w.-]", "_", path), error=error)
    address = f"{url}/{quote(path, errors='replace')}"
    return stated_file(address, folder, "the address", name=path, folder=folder, **fields)


class StudyFolder(Closing):
    """The folder of a study.

    Args:
        url: Its address.
        study: The accession of the study.
        options: How archives work.

    Attributes:
        url: Its address by HTTPS, without a slash at its end.
    """

    def __init__(self, url: str, study: str, options: ArchiveOptions) -> None:
        self.url = https_of(url).rstrip("/")
        self._study = study
        client = PlainClient(self.url, transport=options.transport, environ=options.environ, clock=options.clock)
        self._client = stopping_by(client, options.stopped)

    def close(self) -> None:
        self._client.close()

    def file(self, path: str, **fields: Any) -> ListedFile:
        """A file in it; arguments as those of `file_below`."""
        return file_below(self.url, path, self._study, **fields)

    def document(self, path: str) -> Any:
        """The JSON document of a file.

        Args:
            path: Its path.
        """
        return json_of(self._client.send(self._request(path)), f"{self._study}: {path}")

    def objects(self, path: str) -> Generator[dict[str, Any]]:
        """The objects of a JSON array, one by one.

        Args:
            path: Its path.

        Raises:
            DecodeError: It is none, or ends before its end.
        """
        with self._client.streamed(self._request(path)) as body:
            yield from objects_of(body.read, f"{self._study}: {path}", longest=LONGEST_LINE)

    def table(self, path: str) -> Generator[dict[str, str]]:
        """The rows of a table with tabs, by its columns; of columns with one name the second is `NAME 2`.

        Args:
            path: Its path.

        Raises:
            DecodeError: It is no table.
        """
        with self._client.streamed(self._request(path)) as body:
            yield from table_rows(body, f"{self._study}: {path}")

    def _request(self, path: str) -> Request:
        return plain_request(f"{self._study}: {path}", "GET", f"/{quote(path)}", headers={"accept": "*/*"})


def table_rows(body: Body, operation: str) -> Iterator[dict[str, str]]:
    """The rows of a table with tabs, as it arrives.

    Args:
        body: The table.
        operation: What it is, for errors.

    Raises:
        DecodeError: It is no table.
    """
    names: list[str] = []
    try:
        for _, cells in rows_of(lines_in(body, operation, "replace"), "\t", longest=LONGEST_RECORD):
            if not names:
                if len(cells) < 2 or cells[0].lstrip().startswith("<"):
                    raise DecodeError(operation, "the header", "\t".join(cells)[:200], expected="columns with tabs")
                names = numbered([name.strip() for name in cells])
            elif any(map(str.strip, cells)):
                yield dict(zip(names, cells, strict=False))
    except RowError as error:
        raise DecodeError(operation, f"line {error.line}", str(error), expected="a row") from error
