"""A server and a store that break on demand, and a clock that tests move."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from breakable import clock as clock
from breakable import fault as fault
from breakable import leftovers as leftovers
from breakable import noise as noise
from breakable import server as server
from breakable import target as target
from certificates import certificate as certificate
from omicsdk.transfer import TransferReport, Upload, upload
from sink import file as file
from sink import parts as parts
from sink import reply as reply
from sink import sink as sink
from sink import store as store
from small_cells import small_cells as small_cells
from small_cells import small_etag_parts as small_etag_parts
from small_cells import small_parts as small_parts
from small_cells import usual_cells as usual_cells


@pytest.fixture
def send(clock: Any) -> Callable[..., TransferReport]:
    """Uploads one file without waiting in earnest."""

    def sent(
        path: Path, to: Any, *, name: str = "", checksums: Sequence[str] = (), retries: int = 10, **how: Any
    ) -> Any:
        return upload([Upload(path, to, name, checksums, retries)], **{"clock": clock} | how)

    return sent
