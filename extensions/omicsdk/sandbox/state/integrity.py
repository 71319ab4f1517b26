"""The checksums that a request to store bytes states, in headers or behind the bytes (as trailers), compared with the bytes.

What S3 refuses: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html, and for bodies in chunks
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
"""

import base64
import binascii
from collections.abc import Mapping

from omicsdk.core.checksums import Digests
from omicsdk.sandbox.problems import Problem

CHECKSUM = "x-amz-checksum-"
_LENGTHS = {"crc32": 4, "crc32c": 4, "crc64nvme": 8, "sha1": 20, "sha256": 32, "sha512": 64}
"""The algorithms of S3, and the bytes of their values."""
_STREAMING = "STREAMING-"
_LONGEST_LINE = 16 * 1024


class _Digest:
    def __init__(self, name: str) -> None:
        self._name, self._digests = name, Digests((name,))

    def update(self, data: bytes, /) -> None:
        self._digests.update(data)

    def value(self) -> bytes:
        return bytes.fromhex(self._digests.values()[self._name])


def checksum_of(name: str, data: bytes) -> str:
    """Return a checksum of bytes in base64.

    Args:
        name: Of S3: crc32, crc32c, crc64nvme, sha1, sha256 or sha512.
        data: The bytes.
    """
    digest = _Digest(name)
    digest.update(data)
    return base64.b64encode(digest.value()).decode()


class StatedChecksums:
    """The checksums that a request states; what arrives is compared with them at its end.

    Args:
        headers: The request's headers, with lower-case names.

    Attributes:
        are_any: Whether there is something to compare, or to decode.

    Raises:
        Problem: 400; a value is none of its kind.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._stated = dict[str, bytes]()
        self._digests = dict[str, _Digest]()
        for name, value in headers.items():
            if name.startswith(CHECKSUM) and name.removeprefix(CHECKSUM) in _LENGTHS:
                self._state(name.removeprefix(CHECKSUM), value)
        if "content-md5" in headers:
            self._expect("md5", _decoded(headers["content-md5"], 16), "InvalidDigest")
        payload = headers.get("x-amz-content-sha256", "")
        if len(payload) == 64:
            self._expect("payload", bytes.fromhex(payload), "XAmzContentSHA256Mismatch")
        self._trailer = headers.get("x-amz-trailer", "").lower().removeprefix(CHECKSUM)
        if self._trailer in _LENGTHS:
            self._digests[self._trailer] = _Digest(self._trailer)
        self._chunks = _Chunks() if payload.startswith(_STREAMING) else None
        self._length = headers.get("x-amz-decoded-content-length", "")
        self._size = 0
        self.are_any = bool(self._digests) or self._chunks is not None

    def _state(self, name: str, value: str) -> None:
        stated = _decoded(value, _LENGTHS[name])
        if stated is None:
            raise Problem(400, "InvalidRequest", f"Value for {CHECKSUM}{name} header is invalid.")
        self._stated[name] = stated
        self._digests.setdefault(name, _Digest(name))

    def _expect(self, name: str, value: bytes | None, code: str) -> None:
        if value is None:
            raise Problem(400, code, "The Content-MD5 you specified was invalid.")
        self._stated[name] = value
        self._digests[name] = _Digest("sha256" if name == "payload" else name)

    def update(self, block: bytes) -> bytes:
        """Read bytes of the body as sent, and return those of the object."""
        data = block if self._chunks is None else self._chunks.update(block)
        self._size += len(data)
        for digest in self._digests.values():
            digest.update(data)
        return data

    def check(self) -> None:
        """Compare, at the end of the body.

        Raises:
            Problem: 400; they differ, or the body ended too early.
        """
        if self._chunks is not None:
            if not self._chunks.is_complete or self._length not in ("", str(self._size)):
                said = "You did not provide the number of bytes specified by the Content-Length HTTP header"
                raise Problem(400, "IncompleteBody", said)
            if self._trailer in _LENGTHS:
                if (value := self._chunks.trailers.get(CHECKSUM + self._trailer)) is None:
                    raise Problem(
                        400, "MalformedTrailerError", f"The request has no trailer {CHECKSUM}{self._trailer}."
                    )
                self._state(self._trailer, value)
        for name, stated in self._stated.items():
            if self._digests[name].value() != stated:
                raise _difference(name)


def _difference(name: str) -> Problem:
    if name == "payload":
        said = "The provided 'x-amz-content-sha256' header does not match what was computed."
        return Problem(400, "XAmzContentSHA256Mismatch", said)
    what = "Content-MD5" if name == "md5" else name.upper()
    said = "did not match what we received." if name == "md5" else "did not match the calculated checksum."
    return Problem(400, "BadDigest", f"The {what} you specified {said}")


def _decoded(value: str, length: int) -> bytes | None:
    try:
        decoded = base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        return None
    return decoded if len(decoded) == length else None


class _Chunks:
    """The decoder of `aws-chunked`: `size[;chunk-signature=...]`, the bytes, ..., `0`, trailers, an empty line.

    Signatures of single chunks are not checked.
    """

    def __init__(self) -> None:
        self.trailers = dict[str, str]()
        self.is_complete = False
        self._buffer = b""
        self._left = 0  # bytes of the current chunk, and its line end
        self._is_last = False

    def update(self, block: bytes) -> bytes:
        self._buffer += block
        found = list[bytes]()
        while not self.is_complete:
            if self._left > 2:
                piece = self._buffer[: self._left - 2]
                self._buffer = self._buffer[len(piece) :]
                self._left -= len(piece)
                found.append(piece)
                if self._left > 2:
                    break
            if self._left:
                if len(self._buffer) < 2:
                    break
                self._buffer, self._left = self._buffer[2:], 0
            line, end, rest = self._buffer.partition(b"\n")
            if not end:
                if len(line) > _LONGEST_LINE:
                    raise _malformed()
                break
            self._buffer = rest
            self._read(line.strip())
        return b"".join(found)

    def _read(self, line: bytes) -> None:
        if self._is_last:
            name, _, value = line.decode("latin-1").partition(":")
            self.is_complete = not line
            if line:
                self.trailers[name.strip().lower()] = value.strip()
            return
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            raise _malformed() from None
        self._is_last = size == 0
        self._left = size + 2 if size else 0


def _malformed() -> Problem:
    return Problem(400, "InvalidRequest", "The body is not in chunks as its headers state.")
