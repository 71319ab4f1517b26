"""The least that fetching, writing and hashing files can take on a machine: work that nobody is spared, spread over its cores."""

import os
import time
from collections.abc import Callable, Sequence
from hashlib import file_digest
from pathlib import Path
from statistics import median
from typing import Any

import pycurl
from measuring import Action, Spent, measured
from omicsdk.transfer.network.wire import SEND_BUFFER

from transferring.nginx import Nginx


class Floor:
    """Measures receiving and writing without anything else, the server's work for it and the hashing, each time in one go.

    Args:
        nginx: The server.
        peer: Has the peer fetch the files.
        files: Where they are then.
        algorithm: What they are hashed with; None for nothing.
        receive: Fetches them by one handle of libcurl, see `worker.receive`; None where the peer's own work counts.
        prepare: Is done between the peer's turn and the other's.
    """

    def __init__(
        self,
        nginx: Nginx,
        peer: Action,
        files: Sequence[Path],
        algorithm: str | None = "sha256",
        receive: Action | None = None,
        prepare: Callable[[], object] = lambda: None,
    ) -> None:
        self._nginx = nginx
        self._peer = peer
        self._receive = receive
        self._files = files
        self._algorithm = algorithm
        self._prepare = prepare
        self._each: list[tuple[float, float, float]] = []

    def measure(self) -> Spent:
        """Has both fetch once, and hashes; gives what the peer took."""
        before = self._nginx.cpu()
        spent = received = measured(self._peer)
        if self._receive is not None:
            self._prepare()
            before = self._nginx.cpu()
            received = measured(self._receive)
        served = self._nginx.cpu() - before
        begun = time.process_time()
        for file in self._files if self._algorithm else ():
            with file.open("rb", buffering=0) as opened:
                file_digest(opened, self._algorithm or "")
        self._each.append((received.cpu, served, time.process_time() - begun))
        return spent

    def bound(self, peer: float) -> dict[str, Any]:
        """A row's bound, by the medians of all but the first time.

        Args:
            peer: The wall seconds that the row's ratio is of.
        """
        receiving, serving, hashing = (median(column) for column in zip(*self._each[1:], strict=True))
        cores = os.cpu_count() or 1
        least = (receiving + serving + hashing) / cores
        hashed = f" and the hashing ({hashing:.2f} s)" if self._algorithm else ""
        reason = (
            f"receiving by libcurl and writing ({receiving:.2f} s of CPU), the server's part ({serving:.2f} s){hashed},"
            f" spread over {cores} cores without a gap, take {least:.2f} s"
        )
        return {"ratio": round(least / peer, 3), "reason": reason}


def sending_bound(source: Path, sink: str, part: int, peer: float, rounds: int) -> dict[str, Any]:
    """A row's bound where one thread sends a file: handing its bytes to libcurl, part after part, and nothing else.

    Args:
        source: The file.
        sink: What takes the parts and drops them.
        part: Bytes in a part.
        peer: The wall seconds that the row's ratio is of.
        rounds: How often it is measured; once more before doesn't count.
    """
    size = source.stat().st_size

    def send() -> None:
        handle: Any = pycurl.Curl()
        with source.open("rb", buffering=0) as file:
            for start in range(0, size, part):
                length = min(part, size - start)
                left = length

                def read(most: int) -> bytes:
                    nonlocal left
                    chunk = file.read(min(most, left))
                    left -= len(chunk)
                    return chunk

                handle.setopt(pycurl.URL, f"{sink}/floor")
                handle.setopt(pycurl.UPLOAD, 1)
                handle.setopt(pycurl.UPLOAD_BUFFERSIZE, SEND_BUFFER)
                handle.setopt(pycurl.INFILESIZE_LARGE, length)
                handle.setopt(pycurl.READFUNCTION, read)
                handle.setopt(pycurl.HTTPHEADER, ["Expect:"])
                handle.setopt(pycurl.WRITEFUNCTION, len)
                handle.perform()
        handle.close()

    least = median([measured(send).wall for _ in range(rounds + 1)][1:])
    reason = f"one thread that only hands the file to libcurl takes {least:.2f} s"
    return {"ratio": round(least / peer, 3), "reason": reason}
