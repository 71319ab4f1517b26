"""Where the journals of transfers stand that have no folder of their own: with the user's other unfinished work."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from logging import getLogger
from pathlib import Path

from omicsdk.core.errors import ConfigError
from omicsdk.core.files import state_folder

#: Journals that nobody went on with for so many seconds are removed.
OLD = 30 * 86400.0

_log = getLogger("omicsdk.transfer")


def journal_for(place: str, *facts: str) -> Path | None:
    """Gives the journal of a transfer: the same one for whoever starts the same again.

    Args:
        place: What is transferred, as a folder's name below the user's state folder, such as "gen3/uploads".
        *facts: What tells the transfer from all others.

    Returns:
        Its path; None where there can't be one, with a warning.
    """
    digest = hashlib.blake2b("\0".join(facts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    try:
        folder = state_folder() / place
    except ConfigError as error:
        _log.warning("unfinished transfers are not recorded: %s", error)
        return None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in folder.glob("*.journal*"):
            with suppress(FileNotFoundError):  # another process sweeps, too
                if time.time() - old.stat().st_mtime > OLD:
                    old.unlink()
        if not os.access(folder, os.W_OK):
            raise PermissionError(0, "this account cannot write there")
    except OSError as error:
        said = error.strerror or error
        _log.warning("%s cannot be written (%s): unfinished transfers are not recorded there", folder, said)
        return None
    return folder / f"{digest}.journal"
