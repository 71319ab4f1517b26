"""How a folder is uploaded: what a caller may choose."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from omicsdk.transfer import Control, Progress, TransferReport


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """How a folder is uploaded, and who watches.

    Attributes:
        timeout_seconds: How long the service may take to copy one file.
        bundle_uuid: The bundle's UUID; by default a new one.
        creator_uid: Who makes it, a number.
        resume: Whether to go on with what an earlier run of the same upload left unfinished.
        progress: Called a few times a second.
        on_report: Given what became of each file when the upload is over, however it ends.
        stop: Set it to end the upload; no bundle is made.
        control: Stops and pauses it, limits its rate, and bounds its time.
        dry_run: Only tell what would be sent; nothing is.
    """

    timeout_seconds: float = 1200
    bundle_uuid: str | None = None
    creator_uid: int = 0
    resume: bool = True
    progress: Callable[[Progress], None] | None = None
    on_report: Callable[[TransferReport], None] | None = None
    stop: threading.Event | None = None
    control: Control | None = None
    dry_run: bool = False
