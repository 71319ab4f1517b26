"""Options of copies between any two places."""

from __future__ import annotations

import os

from omicsdk.transfer import TransferOptions

#: Bytes of a spool at once: files on their way from one platform to another.
SPOOL = 4 * 1024**3


class CopyOptions(TransferOptions, kw_only=True):
    """Options of a copy, in either or both directions: those of transfers, and where it stores what it needs.

    Attributes:
        overwrite: Whether to replace existing targets; otherwise they are kept, and the put of that file fails.
        journal: A file that records the progress of transfers; None for one in the target folder of a get, and for none of a put.
        spool: Folder for files on their way between platforms; by default one in the user's state folder.
        spool_bytes: How much is stored there at once, at most; a larger file is stored there alone.
    """

    overwrite: bool = True
    journal: str | os.PathLike[str] | None = None
    spool: str | None = None
    spool_bytes: int = SPOOL
