"""A server in a separate process that answers for any number of small files at once, and counts what it was
received.

It answers as a Data Store does that has the bytes itself: `GET /v1/files/UUID?...` is the UUID, many times over.
`GET /counts` returns the number of requests for files, and of requested files.
"""

import asyncio
import hashlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TIMES = 8


def content(uuid: str) -> bytes:
    """What a file holds."""
    return uuid.encode() * TIMES


def write_manifest(path: Path, count: int) -> list[str]:
    """Write a manifest of so many files; return their SHA-256."""
    digests: list[str] = []
    with path.open("w", encoding="utf-8") as file:
        file.write("bundle_uuid\tbundle_version\tfile_name\tfile_uuid\tfile_sha256\tfile_size\n")
        for number in range(count):
            uuid = f"00000000-0000-4000-8000-{number:012d}"
            body = content(uuid)
            digests.append(hashlib.sha256(body).hexdigest())
            row = (uuid, "2019-08-01T200147.836832Z", f"{number}.txt", uuid, digests[-1], len(body))
            file.write("\t".join(map(str, row)) + "\n")
    return digests


@contextmanager
def serving() -> Iterator[str]:
    """Start the server; return the service's URL."""
    with subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as ran:
        assert ran.stdin is not None
        assert ran.stdout is not None
        yield f"http://127.0.0.1:{int(ran.stdout.readline())}/v1"
        ran.stdin.close()


class _Answering(asyncio.Protocol):
    counts_by_file = Counter[str]()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.left = b""

    def data_received(self, data: bytes) -> None:
        *heads, self.left = (self.left + data).split(b"\r\n\r\n")
        for head in heads:
            path = head.split(b" ", 2)[1].decode().partition("?")[0]
            if path == "/counts":
                counts = {"requests": self.counts_by_file.total(), "files": len(self.counts_by_file)}
                body = json.dumps(counts).encode()
            else:
                uuid = path.rpartition("/")[2]
                self.counts_by_file[uuid] += 1
                body = content(uuid)
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve())
