"""A server that takes multipart uploads as S3 does, and forgets the bytes.

    python -m transferring.sink

Writes the port that it listens on, and ends with its input. The kernel drops the bytes of bodies (MSG_TRUNC): they are
never copied out of it, so the sink costs next to nothing and the figures are the clients'. An ETag is a number, not an MD5;
what is sent is counted (a GET tells), not looked at: correctness is the tests' matter.
"""

import itertools
import socket
import sys
import threading

_MSG_TRUNC = 0x20
_AT_ONCE = 4 << 20
_NUMBERS = itertools.count(1)
_SIZES: list[int] = []  # of the bodies that came in full
_INITIATED = b'<?xml version="1.0"?><InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>%d</UploadId></InitiateMultipartUploadResult>'
_COMPLETED = b'<?xml version="1.0"?><CompleteMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><ETag>"%d"</ETag></CompleteMultipartUploadResult>'


def answer(connection: socket.socket) -> None:
    """Answers the requests of a connection until it ends."""
    place = bytearray(_AT_ONCE)
    came = b""
    with connection:
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
                dropped = connection.recv_into(place, min(left, _AT_ONCE), _MSG_TRUNC)
                if not dropped:
                    return
                left -= dropped
            _SIZES.append(size)
            connection.sendall(_reply(request, headers))


def _reply(request: bytes, headers: dict[bytes, bytes]) -> bytes:
    method, target, _ = request.split(b" ", 2)
    number = next(_NUMBERS)
    if method == b"PUT":
        echoed = b"".join(
            b"%s: %s\r\n" % (name, value) for name, value in headers.items() if name.startswith(b"x-amz-checksum-")
        )
        return b'HTTP/1.1 200 OK\r\nETag: "%032x"\r\n%sContent-Length: 0\r\n\r\n' % (number, echoed)
    if method == b"GET":
        body = b"%d" % sum(_SIZES)
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    if method == b"POST":
        body = (_INITIATED if b"uploads" in target.partition(b"?")[2].split(b"&") else _COMPLETED) % number
        return b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    return b"HTTP/1.1 204 No Content\r\n\r\n"  # an upload that is given up


def main() -> None:
    """Serves until the input ends."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        print(listener.getsockname()[1], flush=True)

        def accept() -> None:
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        sys.stdin.read()


if __name__ == "__main__":
    main()
