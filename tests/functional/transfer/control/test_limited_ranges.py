"""A limited rate is shared by few requests for large files: each brings whole cells soon, which a stop leaves behind."""

from pathlib import Path
from threading import Barrier
from typing import Any

from omicsdk.transfer import Control, download

MIB = 1024 * 1024


def test_a_limited_download_requests_few_parts_at_once(server: Any, target: Path, noise: Any) -> None:
    item = server.item("one", noise(40 * MIB), "crc32c")
    control, flying, lifted = Control(rate_limit=4 * MIB), list[int](), list[int]()

    def look(progress: Any) -> None:
        (lifted if control.rate_limit is None else flying).append(progress.connections)
        if len(flying) == 3:
            control.rate_limit = None

    download([item], target, control=control, progress=look).raise_if_failed()
    assert max(flying) <= 2


def test_a_limited_download_requests_small_files_as_before(server: Any, target: Path, noise: Any) -> None:
    together = Barrier(4)  # no request is answered before four have arrived
    items = [server.item(f"f{n}", noise(20_000, n), "crc32c") for n in range(4)]
    for item in items:
        server.always[item.name] = lambda *_: (together.wait(30), None)[1]
    download(items, target, control=Control(rate_limit=4 * MIB)).raise_if_failed()
    assert not together.broken
