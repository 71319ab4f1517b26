"""The checksums that a request to store bytes states in its headers, compared with the bytes.

What S3 refuses: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html
"""

import base64
from collections.abc import Mapping

from omicsdk.core.checksums import Digests
from omicsdk.sandbox.problems import Problem

CHECKSUM = "x-amz-checksum-"
_LENGTHS = {"crc32": 4, "crc32c": 4, "crc64nvme": 8, "sha1": 20, "sha256": 32, "sha512": 64}
"""The algorithms of S3, and the bytes of their values."""
_PAYLOAD = "payload"
"""The SHA-256 of which the signature is, beside checksums by algorithm."""


def checksum_of(name: str, data: bytes) -> str:
    """Return a checksum of bytes in base64.

    Args:
        name: Of S3: crc32, crc32c, crc64nvme, sha1, sha256 or sha512.
        data: The bytes.
    """
    digests = Digests((name,))
    digests.update(data)
    return base64.b64encode(bytes.fromhex(digests.values()[name])).decode()


class StatedChecksums:
    """The checksums that a request states; what arrives is compared with them at its end.

    Args:
        headers: The request's headers, with lower-case names.

    Attributes:
        are_any: Whether there is something to compare.
        is_chunked: Whether the body is in chunks (`aws-chunked`), of which nothing is compared.

    Raises:
        Problem: 400; a value is none of its kind.
    """

    def __init__(self, headers: Mapping[str, str]) -> None:
        payload = headers.get("x-amz-content-sha256", "")
        self.is_chunked = payload.startswith("STREAMING-")
        self._expected = dict[str, bytes]()
        if not self.is_chunked:
            for name in _LENGTHS:
                if value := headers.get(CHECKSUM + name):
                    self._expected[name] = _decoded(value, name)
            if value := headers.get("content-md5"):
                self._expected["md5"] = _decoded(value, "md5")
            if len(payload) == 64:
                self._expected[_PAYLOAD] = bytes.fromhex(payload)
        self.are_any = bool(self._expected)
        self._digests = Digests(tuple({_algorithm(name) for name in self._expected}))

    def update(self, block: bytes) -> None:
        """Read bytes of the body."""
        self._digests.update(block)

    def check(self) -> None:
        """Compare, at the end of the body.

        Raises:
            Problem: 400; they differ.
        """
        values = self._digests.values()
        for name, expected in self._expected.items():
            if bytes.fromhex(values[_algorithm(name)]) != expected:
                raise _difference(name)


def _algorithm(name: str) -> str:
    return "sha256" if name == _PAYLOAD else name


def _difference(name: str) -> Problem:
    if name == _PAYLOAD:
        message = "The provided 'x-amz-content-sha256' header does not match what was computed."
        return Problem(400, "XAmzContentSHA256Mismatch", message)
    if name == "md5":
        return Problem(400, "BadDigest", "The Content-MD5 you specified did not match what we received.")
    return Problem(400, "BadDigest", f"The {name.upper()} you specified did not match the calculated checksum.")


def _decoded(value: str, name: str) -> bytes:
    try:
        decoded = base64.b64decode(value, validate=True)
    except ValueError:
        decoded = b""
    if len(decoded) == _LENGTHS.get(name, 16):
        return decoded
    if name == "md5":
        raise Problem(400, "InvalidDigest", "The Content-MD5 you specified was invalid.")
    raise Problem(400, "InvalidRequest", f"Value for {CHECKSUM}{name} header is invalid.")
