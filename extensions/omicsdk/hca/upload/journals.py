"""Where an unfinished upload is remembered: one journal for what was asked for, gone when all of it is there."""

from __future__ import annotations

from collections.abc import Iterable
from logging import getLogger
from pathlib import Path
from tempfile import TemporaryFile

from omicsdk.hca.upload.sources import LocalFile
from omicsdk.transfer.journals.places import journal_for

#: Bytes that there must be room for, or nothing is remembered.
ROOM = 64 * 1024

_log = getLogger("omicsdk.hca.upload")


def journal_of(area: str, files: Iterable[LocalFile]) -> Path | None:
    """Gives the journal for uploading these files to this area; the same ones have the same journal.

    So nothing is taken for sent that another command sent long ago: only who runs the same again goes on.

    Args:
        area: The area's URI.
        files: The files.

    Returns:
        The journal's path; None where it can't be written or there is no room for it, with a warning.
    """
    facts = [fact for file in files for fact in (str(Path(file.path).absolute()), file.name)]
    path = journal_for("uploads", area, *facts)
    if path is None:
        return None
    try:
        with TemporaryFile(dir=path.parent) as trial:
            trial.write(bytes(ROOM))  # a full disk shall stop no upload that would do without
        path.touch(mode=0o600)
    except OSError as error:
        _log.warning("%s can't be written (%s): an upload that is stopped begins anew", path, error.strerror or error)
        return None
    return path
