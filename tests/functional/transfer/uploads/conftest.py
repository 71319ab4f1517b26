"""A store that breaks on demand, and uploads to it without waiting in earnest."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import ManualClock
from omicsdk.transfer import TransferReport, Upload, upload
from sink import file as file
from sink import parts as parts
from sink import reply as reply
from sink import sink as sink
from sink import store as store


@pytest.fixture
def clock() -> ManualClock:
    """A clock that moves when somebody waits."""
    return ManualClock()


@pytest.fixture
def send(clock: ManualClock) -> Callable[..., TransferReport]:
    """Uploads one file without waiting in earnest."""

    def sent(
        path: Path, to: Any, *, name: str = "", checksums: Sequence[str] = (), retries: int = 10, **how: Any
    ) -> Any:
        return upload([Upload(path, to, name, checksums, retries)], **{"clock": clock} | how)

    return sent
