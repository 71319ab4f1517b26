"""Small DRS servers on loopback."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from drs_host import DrsHost


@pytest.fixture
def drs_host() -> Iterator[Callable[[], DrsHost]]:
    with ExitStack() as stack:

        def make() -> DrsHost:
            host = DrsHost()
            stack.callback(host.close)
            return host

        yield make


@pytest.fixture
def host(drs_host: Callable[[], DrsHost]) -> DrsHost:
    return drs_host()
