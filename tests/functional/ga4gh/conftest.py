"""Clients of htsget for tickets that a test states, and a file of reads."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from bam_files import bam
from htsget_tickets import Tickets
from omicsdk import NO_RETRY, Htsget
from omicsdk.sandbox import Sandbox

READS = [(f"read-{at}", 0, at, "ACGT" * 25) for at in range(0, 5_000, 10)]


@pytest.fixture(scope="session")
def a_bam() -> bytes:
    """A BAM file of several BGZF blocks."""
    return bam([("chr1", 10_000)], READS)


@pytest.fixture
def tickets(omics_sandbox: Sandbox) -> Tickets:
    return Tickets(omics_sandbox)


@pytest.fixture
def htsget(tickets: Tickets) -> Iterator[Callable[..., Htsget]]:
    """Makes a client that gets these tickets."""
    with ExitStack() as stack:

        def make(**more: Any) -> Htsget:
            transport = httpx.MockTransport(tickets.response)
            return stack.enter_context(
                Htsget("https://htsget.example.org", transport=transport, retry=NO_RETRY, environ={}, **more)
            )

        yield make
