"""The least that fetching, writing and hashing files can take on a machine: work that no user is spared, spread over its cores."""

import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from hashlib import file_digest
from pathlib import Path
from statistics import median
from typing import Any, Literal

import pycurl
from measuring import Action, Case, Row, Spent, cpu_seconds, measured, rounds_of, row_of
from omicsdk.transfer.network.wire import SEND_BUFFER

from transferring.files import Served
from transferring.processes import cpu_of_descendants


class Floor:
    """Measures receiving and writing without anything else, and at once, beside it, hashing the same bytes.

    At once, because cores that share caches, memory and their units are slower together than each of them alone.

    Args:
        root: The folder that the server serves.
        receive: Fetches the files.
        files: Their names in that folder.
        algorithm: What they are hashed with; None for nothing.
    """

    def __init__(self, root: Path, receive: Action, files: Sequence[Served], algorithm: str | None = "sha256") -> None:
        self._receive = receive
        self._files = [root / file.name for file in files]
        self._algorithm = algorithm

    def measure(self, *, serving: bool = True) -> float:
        """Has all of it done once, and gives the CPU seconds that it took.

        Args:
            serving: Whether those of the servers count: each request that is needed has to be answered, too.
        """
        hashing = threading.Thread(target=self._hash)
        running, spent = cpu_of_descendants(), cpu_seconds()
        hashing.start()
        received = self._receive()
        hashing.join()
        in_client = received.cpu if isinstance(received, Spent) else 0.0  # whose process continues
        return cpu_seconds() - spent + (cpu_of_descendants() - running if serving else in_client)

    def compared(self, case: Case, of: Literal["wall", "cpu"] = "wall") -> Row:
        """A row of results with its bound. This is measured directly after each run of the peer, and does not count.

        Args:
            case: The comparison.
            of: What the ratio is of.
        """

        def checked(action: Action) -> Spent:
            spent = measured(action)
            case.check()  # before the floor, whose files are others
            return spent

        def peer() -> Spent:
            spent = checked(case.peer)
            case.prepare()
            return spent._replace(least=self.measure(serving=of == "wall"))

        rounds = rounds_of(replace(case, ours=partial(checked, case.ours), peer=peer, check=lambda: None))
        return {**row_of(case, rounds, of), "bound": self._bound([of_peer for _, of_peer in rounds], of)}

    def _bound(self, peers: Sequence[Spent], of: Literal["wall", "cpu"]) -> dict[str, Any]:
        """A row's bound.

        Args:
            peers: What the peer took in each round that counts.
            of: What the row's ratio is of.
        """
        cores, work = os.cpu_count() or 1, median(each.least for each in peers)
        beside = "" if self._algorithm is None else ", with hashing in parallel,"
        if of == "cpu":
            ratio = work / median(each.cpu for each in peers)
            return {
                "ratio": round(ratio, 3),
                "reason": f"receiving with libcurl and writing{beside} take {work:.2f} s of CPU",
            }
        what = f"receiving with libcurl, writing and serving{beside} take {work:.2f} s of CPU"
        reason = f"{what}, which is {work / cores:.2f} s when spread evenly over {cores} cores"
        return {"ratio": round(work / cores / median(each.wall for each in peers), 3), "reason": reason}

    def _hash(self) -> None:
        for file in self._files if self._algorithm else ():
            with file.open("rb", buffering=0) as opened:
                file_digest(opened, self._algorithm or "")


def sending_bound(source: Path, sink: str, part: int, peer: float, rounds: int) -> dict[str, Any]:
    """A row's bound where one thread sends a file: handing its bytes to libcurl, part after part, and nothing else.

    Args:
        source: The file.
        sink: What takes the parts and drops them.
        part: Bytes in a part.
        peer: The wall seconds that the row's ratio is of.
        rounds: How often it is measured; once more before does not count.
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
    reason = f"a single thread that only passes the file to libcurl takes {least:.2f} s"
    return {"ratio": round(least / peer, 3), "reason": reason}
