"""A limited rate is shared by few requests for large files: each brings whole cells soon, which a stop leaves behind."""

from pathlib import Path
from threading import Barrier
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from omicsdk.transfer import Control, download
from omicsdk.transfer.network.plan import requests_within

MIB = 1024 * 1024


@given(st.floats(1, 1e12), st.floats(1, 1e12), st.integers(1, 64))
def test_a_higher_limit_takes_no_fewer_requests(one: float, other: float, most: int) -> None:
    fewer, more = (requests_within(rate, most) for rate in sorted((one, other)))
    assert 1 <= fewer <= more <= most


def test_requests_of_a_limited_rate() -> None:
    assert [requests_within(rate * MIB, 16) for rate in (0.1, 1, 5, 10, 100)] == [2, 2, 2, 5, 16]
    assert requests_within(None, 16) == 16
    assert requests_within(1.0, 1) == 1


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
