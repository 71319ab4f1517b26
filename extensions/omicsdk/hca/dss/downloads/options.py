"""How files are downloaded: what a caller may choose, checked before anything is asked for."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from omicsdk.core.errors import UsageError
from omicsdk.hca.dss.sharded_manifest import Shared
from omicsdk.transfer import Control, Progress


@dataclass(frozen=True, slots=True)
class FetchOptions:
    """How persistently files are fetched, and who watches.

    Attributes:
        num_retries: Failures in a row that end a file; 0 for none. It rises again with what arrives.
        min_delay_seconds: Least wait before a retry.
        progress: Called a few times a second.
        stop: Set it to end the transfer within a second; what arrived is kept for the next run.
        control: Stops and pauses it, limits its rate, and bounds its time.
        dry_run: Only tell what would happen with each file; nothing is written.
        shared: The workers that fetch; None where this process does. A dry run asks none of them.

    Raises:
        InvalidOption: A number is negative.
    """

    num_retries: int = 10
    min_delay_seconds: float = 0.25
    progress: Callable[[Progress], None] | None = None
    stop: threading.Event | None = None
    control: Control | None = None
    dry_run: bool = False
    shared: Shared | None = None

    def __post_init__(self) -> None:
        if self.num_retries < 0:
            raise InvalidOption(f"num_retries is {self.num_retries}", remedy="Give 0 (none) or more.")
        if not 0 <= self.min_delay_seconds < float("inf"):
            raise InvalidOption(f"min_delay_seconds is {self.min_delay_seconds}", remedy="Give 0 or more seconds.")


def check_layout(layout: str, no_metadata: bool, no_data: bool) -> None:
    """Refuse a layout that isn't one, and flags that don't go with it.

    Raises:
        InvalidLayout: As said.
    """
    if layout not in ("none", "bundle"):
        raise InvalidLayout(f"Invalid layout {layout} not one of [none, bundle]", remedy="Give one of the two.")
    if layout == "none" and (no_metadata or no_data):
        raise InvalidLayout(
            "--no-metadata and --no-data are only compatible with the 'bundle' layout", remedy="Add --layout bundle."
        )


class InvalidLayout(UsageError, ValueError):
    """A layout that isn't one, or flags that don't go with it."""


class InvalidOption(UsageError, ValueError):
    """An option of a download that can't be meant."""
