"""How any transfer is done, in whatever direction."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.sending.connections import Network, network
from omicsdk.transfer.control import Control
from omicsdk.transfer.reports.progress import Progress
from omicsdk.transfer.retrying import Patience


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonSettings:
    """What downloads and uploads have in common; see `download`."""

    connections: int
    hashers: int = 2
    patience: Patience = field(default_factory=Patience)
    route: Callable[[str], Network] = network
    progress: Callable[[Progress], None] | None = None
    stop: threading.Event | None = None
    control: Control = field(default_factory=Control)
    clock: Clock = SYSTEM_CLOCK
    jitter: Callable[[], float] = random.random
