"""A server that takes multipart uploads as S3 does, and forgets the bytes.

    python -m transferring.sink [RATE]

Writes the port that it listens on, and ends with its input. The kernel drops the bytes of bodies (MSG_TRUNC): they are
never copied out of it, so the sink costs next to nothing and the figures are the clients'. An ETag is a number, not an MD5;
what is sent is counted, not examined: correctness is the tests' matter. `GET /` answers with the bytes of all whole bodies,
`GET /moved` with those of begun ones too. With a rate, all connections together bring so many bytes a second.
"""

import itertools
import socket
import sys
import threading
import time
from contextlib import suppress
from urllib.parse import parse_qs

_MSG_TRUNC = 0x20
_AT_ONCE = 4 << 20
_NUMBERS = itertools.count(1)
_SIZES: list[int] = []  # of the bodies that came in full
_PARTS: dict[str, dict[int, tuple[str, int]]] = {}  # ETag and size by upload and number
_LISTED = "<Part><PartNumber>%d</PartNumber><ETag>&quot;%s&quot;</ETag><Size>%d</Size></Part>"
_LIST = '<?xml version="1.0"?><ListPartsResult><IsTruncated>false</IsTruncated>%s</ListPartsResult>'
# Bytes that a link with a rate brings at once.
_PACE = 256 << 10
_INITIATED = b'<?xml version="1.0"?><InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>%d</UploadId></InitiateMultipartUploadResult>'
_COMPLETED = b'<?xml version="1.0"?><CompleteMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><ETag>"%d"</ETag></CompleteMultipartUploadResult>'


class Link:
    """What all connections share: how fast bytes come, and how many came.

    Args:
        rate: Bytes a second; None for as fast as they arrive.
    """

    def __init__(self, rate: float | None) -> None:
        self.at_once = _AT_ONCE if rate is None else _PACE
        self.moved = 0
        self._rate = rate
        self._free = 0.0  # when the link is free again
        self._guard = threading.Lock()

    def brings(self, count: int) -> None:
        """Counts bytes, and returns when the link has brought them."""
        with self._guard:
            self.moved += count
            if self._rate is None:
                return
            self._free = max(self._free, time.monotonic()) + count / self._rate
            wait = self._free - time.monotonic()
        if wait > 0:
            time.sleep(wait)


_LINK = Link(None)


def response(connection: socket.socket, link: Link = _LINK) -> None:
    """Responses the requests of a connection until it ends."""
    place = bytearray(link.at_once)
    came = b""
    with connection, suppress(ConnectionResetError):  # a client was killed
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while True:
            while b"\r\n\r\n" not in came:
                more = connection.recv(65536)
                if not more:
                    return
                came += more
            head, _, came = came.partition(b"\r\n\r\n")
            request, _, lines = head.partition(b"\r\n")
            fields = (line.split(b":", 1) for line in lines.split(b"\r\n") if b":" in line)
            headers = {name.lower(): value.strip() for name, value in fields}
            size = int(headers.get(b"content-length", b"0"))
            left = size - len(came)
            if b"100-continue" in headers.get(b"expect", b""):
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            came, left = (came[left:], 0) if left < 0 else (b"", left)
            while left:
                dropped = connection.recv_into(place, min(left, link.at_once), _MSG_TRUNC)
                if not dropped:
                    return
                left -= dropped
                link.brings(dropped)
            _SIZES.append(size)
            connection.sendall(_reply(request, headers, size, link.moved))


def _reply(request: bytes, headers: dict[bytes, bytes], size: int, moved: int) -> bytes:
    method, target, _ = request.split(b" ", 2)
    number = next(_NUMBERS)
    asked = parse_qs(target.partition(b"?")[2].decode())
    upload = asked.get("uploadId", [""])[0]
    if method == b"PUT":
        if upload:
            _PARTS.setdefault(upload, {})[int(asked["partNumber"][0])] = (f"{number:016x}", size)
        echoed = b"".join(
            b"%s: %s\r\n" % (name, value) for name, value in headers.items() if name.startswith(b"x-amz-checksum-")
        )
        return b'HTTP/1.1 200 OK\r\nETag: "%016x"\r\n%sContent-Length: 0\r\n\r\n' % (number, echoed)
    if method == b"GET":
        listed = "".join(_LISTED % (each, *part) for each, part in sorted(_PARTS.get(upload, {}).items()))
        counted = b"%d" % (moved if target == b"/moved" else sum(_SIZES))
        body = (_LIST % listed).encode() if upload else counted
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    if method == b"POST":
        body = (_INITIATED if b"uploads" in target.partition(b"?")[2].split(b"&") else _COMPLETED) % number
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    return b"HTTP/1.1 204 No Content\r\n\r\n"  # an upload that is abandoned


def main() -> None:
    """Serves until the input ends."""
    link = Link(float(sys.argv[1]) if len(sys.argv) > 1 else None)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        print(listener.getsockname()[1], flush=True)

        def accept() -> None:
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=response, args=(connection, link), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        sys.stdin.read()


if __name__ == "__main__":
    main()
