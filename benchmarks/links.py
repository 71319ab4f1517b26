"""What one thread can take in, and what several would on machines and links that are not here: measured figures, then simulated ones.

    python benchmarks/links.py [--rounds N]

Needs nginx and openssl, and 2 GiB free in /dev/shm. Writes benchmarks/results/links.json.
"""

import heapq
import os
import sys
import time
from collections import deque
from functools import partial
from hashlib import sha256
from statistics import median
from typing import NamedTuple

from measuring import Row, figure_row, write_results
from omicsdk.core.checksums import crc32c_extend
from omicsdk.transfer.downloads.receiving import BATCH
from script import options
from transferring import nginx
from transferring.bench import Bench, bench
from transferring.cases import download_of
from transferring.files import QUICK, Sizes

ABOUT = """\
Measured: one thread of one process downloads 512 MiB from nginx on loopback into memory, without a checksum. `interpreter` is the part
that holds the interpreter lock (copying, CRC32C and omicsdk's code), measured without network and disk. Simulated: several threads take
turns holding that lock, first come, first served, and do the rest in parallel, each on a separate core; SHA-256 runs on the remaining
cores. Memory bandwidth, the server and the disk are assumed to be no limit, so these figures are upper bounds. Rows marked `simulated`
were not measured."""

CHUNK = 16 * 1024
"""Bytes that libcurl hands over at once."""
GIGABYTE = 1_000_000_000
THREADS = 4
"""Threads of a process that move bytes, at most; as in the engine."""
MACHINES = (8, 32, 96)
LINKS = (25, 100)


class Costs(NamedTuple):
    """Seconds of CPU for a gigabyte.

    Attributes:
        http: All that one thread does, over HTTP.
        https: The same over HTTPS.
        lock: The part that needs the interpreter's lock.
        sha256: Hashing.
    """

    http: float
    https: float
    lock: float
    sha256: float


def simulated(threads: int, unlocked: float, locked: float, turns: int = 20_000) -> float:
    """Let threads take turns at one lock; gives seconds for a turn of all together.

    Args:
        threads: How many, each on a separate core.
        unlocked: Seconds of a turn without the lock.
        locked: Seconds of it with the lock.
        turns: How many turns are simulated.
    """
    ready = [(unlocked * (1 + number / threads), number) for number in range(threads)]  # when each wants the lock
    waiting, free, ended = deque[int](), 0.0, 0.0
    for _ in range(turns):
        asked, number = heapq.heappop(ready)
        waiting.append(number)
        free = max(free, asked) + locked
        ended = free
        heapq.heappush(ready, (free + unlocked, waiting.popleft()))
    return ended / turns


def rate(costs: Costs, cores: int, link: float, *, tls: bool, hashed: bool, processes: int) -> float:
    """Gigabytes a second that a machine brings.

    Args:
        costs: What a gigabyte costs.
        cores: How many cores it has.
        link: Gigabits a second of its link.
        tls: Whether over HTTPS.
        hashed: Whether SHA-256 is computed.
        processes: How many processes share the files.
    """
    each = costs.https if tls else costs.http
    work = each + (costs.sha256 if hashed else 0.0)
    threads = max(1, min(THREADS, int(cores * each / work / processes)))
    turn = simulated(threads, (each - costs.lock) * BATCH / GIGABYTE, costs.lock * BATCH / GIGABYTE)
    return min(link / 8, processes * BATCH / GIGABYTE / turn, cores / work)


def measured(ready: Bench, rounds: int) -> Costs:
    """Measure what a gigabyte costs here."""

    def thread(server: str) -> float:
        took: list[float] = []
        for _ in range(rounds + 1):
            ready.memory.empty()
            task = download_of(ready, ready.memory, ready.files.one, None, getattr(ready.nginx, server))
            took.append(ready.worker.does(**task, threads=1).cpu)
        return median(took[1:]) / sum(file.size for file in ready.files.one) * GIGABYTE

    return Costs(
        thread("http"),
        thread("https"),
        median(locked() for _ in range(rounds)),
        median(hashing() for _ in range(rounds)),
    )


def locked(size: int = 1 << 28) -> float:
    """Seconds for a gigabyte of what a download does while it holds the lock: libcurl's copy, CRC32C, our lines."""
    source, extend, chunks, crc, left = memoryview(bytearray(os.urandom(CHUNK))), crc32c_extend(), list[bytes](), 0, 0

    def take(chunk: bytes) -> None:
        nonlocal crc, left
        left += len(chunk)
        chunks.append(chunk)
        if left >= BATCH:
            for each in chunks:
                crc = extend(crc, each)
            chunks.clear()
            left = 0

    began = time.process_time()
    for _ in range(size // CHUNK):
        take(bytes(source))
    return (time.process_time() - began) / size * GIGABYTE


def hashing(size: int = 1 << 28) -> float:
    """Seconds of SHA-256 for a gigabyte."""
    block, digest = bytes(1 << 20), sha256()
    began = time.process_time()
    for _ in range(size // len(block)):
        digest.update(block)
    return (time.process_time() - began) / size * GIGABYTE


def rows_of(costs: Costs, rounds: int) -> list[Row]:
    """The rows: what was measured, and what follows from it."""
    each = {"over HTTP": costs.http, "over HTTPS": costs.https, "interpreter": costs.lock, "SHA-256": costs.sha256}
    rows = [_figure(f"one gigabyte, {name}, CPU seconds", value, "s", rounds) for name, value in each.items()]
    halves = [simulated(count, costs.http - costs.lock, costs.lock) for count in (2, 1)]
    two = _figure("simulated: two threads / one whose core is full", halves[0] / halves[1], "", rounds)
    rows.append({**two, "goal": 0.625})
    for cores in MACHINES:
        for link in LINKS:
            for secure in (False, True):  # as in a laboratory's own store, and as platforms serve files
                words = f"{cores} cores, {link} Gbit/s, {'HTTPS, SHA-256' if secure else 'HTTP, no checksum'}"
                brings = partial(rate, costs, cores, link, tls=secure, hashed=secure)
                rows.append(_figure(f"simulated: {words}, one process", brings(processes=1), "GB/s", rounds))
                best = max(brings(processes=count) for count in range(1, cores + 1))
                rows.append(_figure(f"simulated: {words}, --workers", best, "GB/s", rounds))
    return rows


def _figure(name: str, value: float, unit: str, rounds: int) -> Row:
    return {**figure_row(name, [value], None, unit, {}), "rounds": rounds, "higher": unit == "GB/s"}


def main() -> int:
    """Measures and simulates; gives the exit code."""
    asked = options(__doc__)
    with bench(QUICK if asked.quick else Sizes()) as ready:
        costs = measured(ready, 1 if asked.quick else asked.rounds)
    rows = rows_of(costs, asked.rounds)
    if not asked.quick:
        write_results("links", rows, ABOUT, nginx=nginx.version())
    return 0


if __name__ == "__main__":
    sys.exit(main())
