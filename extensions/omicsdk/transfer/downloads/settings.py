"""How a download is done."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.environment import Network, network
from omicsdk.transfer.control import Control
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.reports.progress import Progress
from omicsdk.transfer.stores.store import Store
from omicsdk.transfer.wire import Patience


@dataclass(frozen=True, slots=True)
class Settings:
    """How to transfer; see `download`."""

    connections: int = 16
    locators: int | None = None
    hashers: int = 2
    patience: Patience = field(default_factory=Patience)
    route: Callable[[str], Network] = network
    progress: Callable[[Progress], None] | None = None
    stop: threading.Event | None = None
    control: Control = field(default_factory=Control)
    clock: Clock = SYSTEM_CLOCK
    jitter: Callable[[], float] = random.random
    disk: Disk = field(default_factory=Disk)
    store: Store | None = None  # where files go from the target folder
