"""Which Api a transfer belongs to, and where it is remembered while it isn't finished."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING

from omicsdk.core.state_folder import state_folder
from omicsdk.sb.errors import SettingsError

if TYPE_CHECKING:
    from omicsdk.sb.http.client import HttpClient

#: Journals that nobody went on with for so many seconds are removed.
OLD = 30 * 86400.0

_log = getLogger("omicsdk.sb")


def api_of(api: HttpClient | None, what: str) -> HttpClient:
    """Gives the Api of a transfer.

    Args:
        api: The one that was given.
        what: What needs it, in words.

    Raises:
        SettingsError: None was given.
    """
    if api is None:
        raise SettingsError(f"{what} needs an Api", remedy="Give api=.")
    return api


def journal_for(kind: str, *facts: str) -> Path | None:
    """Gives the journal of a transfer: the same one for whoever starts the same again.

    Args:
        kind: What is transferred; the folder's name.
        *facts: What tells the transfer from all others.

    Returns:
        Its path; None where there can't be one, with a warning.
    """
    digest = hashlib.blake2b("\0".join(facts).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    folder = state_folder() / "sb" / kind
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in folder.glob("*.journal"):
            with suppress(FileNotFoundError):  # another process sweeps, too
                if time.time() - old.stat().st_mtime > OLD:
                    old.unlink()
        if not os.access(folder, os.W_OK):
            raise PermissionError(0, "this account may not write there")
    except OSError as error:
        _log.warning(
            "%s can't be written (%s): unfinished transfers aren't remembered there", folder, error.strerror or error
        )
        return None
    return folder / f"{digest}.journal"
