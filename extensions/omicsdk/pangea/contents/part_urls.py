"""Presigned URLs of the parts of an unfinished upload: the server gives them once, when the upload begins, for a day.

Without them nobody can go on with an upload after a stop. They may do no more than write those parts of that one object,
and yet they are secrets: they stand in a private file of their own, beside the journal and never in it, until the upload
is complete.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from logging import getLogger
from pathlib import Path
from typing import cast

from omicsdk.core.errors import ConfigError
from omicsdk.core.files.atomic_file import read_private, write_private
from omicsdk.core.narrowing import is_array, is_object

_log = getLogger("omicsdk.pangea")


class PartUrls:
    """The URLs of one file's parts.

    Args:
        path: The private file that keeps them from one run to the next; None keeps them for as long as the object lives.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._upload_id = ""
        self._urls: Sequence[str] = ()

    def find(self, upload_id: str) -> Sequence[str]:
        """Gives the URLs of an upload's parts in order; none when they aren't known.

        Args:
            upload_id: The upload.
        """
        if upload_id != self._upload_id and self._path is not None:
            self._read(self._path)
        return self._urls if upload_id == self._upload_id else ()

    def keep(self, upload_id: str, urls: Sequence[str]) -> None:
        """Writes them down, in the place of those of an earlier upload.

        Args:
            upload_id: The upload.
            urls: One a part, in order.
        """
        self._upload_id, self._urls = upload_id, tuple(urls)
        if self._path is not None:
            try:
                write_private(self._path, json.dumps({"upload": upload_id, "urls": list(urls)}))
            except ConfigError as error:
                _log.warning("An upload that is stopped begins anew the next time: %s", error)

    def forget(self) -> None:
        """Forgets them: the upload is complete, or can't be gone on with."""
        self._upload_id, self._urls = "", ()
        if self._path is not None:
            with suppress(OSError):  # whatever stays is of no use beyond a day, and is swept away with old journals
                self._path.unlink(missing_ok=True)

    def _read(self, path: Path) -> None:
        try:
            told: object = json.loads(read_private(path) or "null")
        except (ValueError, ConfigError) as error:
            _log.warning("The upload begins anew: the URLs of its parts can't be read (%s)", error)
            return
        if is_object(told) and is_array(urls := told.get("urls")) and all(isinstance(url, str) for url in urls):
            self._upload_id, self._urls = str(told.get("upload")), tuple(cast("list[str]", urls))
