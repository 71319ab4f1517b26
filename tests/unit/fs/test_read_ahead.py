"""What fsspec's files read ahead: the requested bytes, wherever a reader seeks and whatever its stream does."""

import random
from collections.abc import Generator

import pytest
from omicsdk.fs.open_files import GrowingReadAhead

MIB = 1 << 20
BODY = random.Random(1).randbytes(8 * MIB)
STEP = 100_000


@pytest.fixture
def cache() -> GrowingReadAhead:
    cache = GrowingReadAhead(MIB, lambda start, stop: BODY[start:stop], len(BODY))
    cache.stream = lambda at: (BODY[start : start + 700_000] for start in range(at, len(BODY), 700_000))
    return cache


def read_in_order(cache: GrowingReadAhead, start: int, stop: int = len(BODY)) -> None:
    for at in range(start, stop, STEP):
        assert cache._fetch(at, at + STEP) == BODY[at : at + STEP]


def test_each_reader_gets_what_it_requests(cache: GrowingReadAhead) -> None:
    read_in_order(cache, 0, 6 * MIB)  # the last ones from the stream
    assert cache._fetch(7 * MIB, 7 * MIB + 1) == BODY[7 * MIB : 7 * MIB + 1]
    read_in_order(cache, 1000)


@pytest.mark.parametrize("is_fork", [False, True])
def test_a_stream_that_cannot_continue_is_replaced(
    cache: GrowingReadAhead, monkeypatch: pytest.MonkeyPatch, is_fork: bool
) -> None:
    stream = cache.stream

    def failing(at: int) -> Generator[bytes]:
        yield BODY[at : at + STEP]
        raise OSError("the connection was lost")

    cache.stream = failing
    with pytest.raises(OSError, match="lost"):
        read_in_order(cache, 0)
    at = next(at for at in range(0, len(BODY), STEP) if at >= cache._start)
    if is_fork:  # which has copied the stream without its threads
        cache._pieces = iter([b"never"])
        monkeypatch.setattr("omicsdk.fs.open_files.os.getpid", lambda: 0)
    cache.stream = stream
    read_in_order(cache, at)
