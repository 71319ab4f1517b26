"""Where an unfinished upload is remembered: one journal for what was asked for, gone when all of it is there."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from contextlib import suppress
from logging import getLogger
from pathlib import Path
from tempfile import TemporaryFile

from omicsdk.core.files.state_folder import state_folder
from omicsdk.upload.sources import LocalFile

#: Journals of uploads that nobody went on with for so many seconds are removed; S3 forgets unfinished uploads too.
OLD = 30 * 86400.0

#: Bytes that there must be room for, or nothing is remembered.
ROOM = 64 * 1024

_log = getLogger("omicsdk.upload")


def journal_of(area: str, files: Iterable[LocalFile], folder: Path | None = None) -> Path | None:
    """Gives the journal for uploading these files to this area; the same ones have the same journal.

    So nothing is taken for sent that another command sent long ago: only who runs the same again goes on.

    Args:
        area: The area's URI.
        files: The files.
        folder: Where journals are; by default OMICS_STATE_DIR, else that of the user's state.

    Returns:
        The journal's path; None where there is no room for it, with a warning.
    """
    digest = hashlib.blake2b(area.encode(), digest_size=12)
    for file in files:
        digest.update(f"\0{Path(file.path).absolute()}\0{file.name}".encode("utf-8", "surrogatepass"))
    folder = folder or state_folder() / "uploads"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(folder)
        with TemporaryFile(dir=folder) as trial:
            trial.write(bytes(ROOM))  # a full disk shall stop no upload that would do without
        path = folder / f"{digest.hexdigest()}.journal"
        path.touch(mode=0o600)
    except OSError as error:
        _log.warning("%s can't be written (%s): an upload that is stopped begins anew", folder, error.strerror or error)
        return None
    return path


def _sweep(folder: Path) -> None:
    """Removes journals that nobody went on with."""
    for path in folder.glob("*.journal"):
        with suppress(FileNotFoundError):  # another process came to its end, or sweeps too
            if time.time() - path.stat().st_mtime > OLD:
                path.unlink()
